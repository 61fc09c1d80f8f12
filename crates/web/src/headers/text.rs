//! The text of a header's value as code writes it.

use clearance_program::{Known, Site};
use clearance_python::ir::{BinaryOp, Op, Part};

use crate::protect::Judge;

const MAX_DEPTH: u32 = 12;
const MAX_TEXT: usize = 16_384;

impl Judge<'_> {
    /// A value as text, with `{}` for the parts that are not known; nothing where none of it is.
    pub(super) fn header_text(&mut self, site: Site) -> Option<String> {
        let text = self.header_piece(site, 0)?;
        (text.len() <= MAX_TEXT).then_some(text)
    }

    fn header_piece(&mut self, site: Site, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let ir = &self.program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::Str(text) => Some(ir.text(text).to_owned()),
            Op::Sigma { value, .. } => self.header_piece(at(value), depth + 1),
            Op::Format(span) => {
                let mut whole = String::new();
                for part in ir.parts(span) {
                    match part {
                        Part::Text(text) => whole.push_str(ir.text(*text)),
                        Part::Value { value, .. } => {
                            whole.push_str(
                                &self.header_piece(at(*value), depth + 1).unwrap_or_else(|| "{}".to_owned()),
                            );
                        }
                    }
                }
                Some(whole)
            }
            Op::Binary { op: BinaryOp::Add, left, right, .. } => {
                let left = self.header_piece(at(left), depth + 1);
                let right = self.header_piece(at(right), depth + 1);
                if left.is_none() && right.is_none() {
                    return None;
                }
                let hole = || "{}".to_owned();
                Some(left.unwrap_or_else(hole) + &right.unwrap_or_else(hole))
            }
            Op::Call { callee, args } => {
                if let Op::Attr { base, name } = ir.op(callee)
                    && ir.name(name) == "join"
                    && let [arg] = ir.args(args)
                    && let Some(separator) = self.header_piece(at(base), depth + 1)
                    && let Known::Sequence(_, items) = self.resolver.known(at(arg.value))
                {
                    let pieces: Vec<String> = items
                        .into_iter()
                        .take(200)
                        .map(|item| self.header_piece(item, depth + 1).unwrap_or_else(|| "{}".to_owned()))
                        .collect();
                    return Some(pieces.join(&separator));
                }
                self.known_text(site)
            }
            _ => self.known_text(site),
        }
    }

    fn known_text(&mut self, site: Site) -> Option<String> {
        match self.resolver.known(site) {
            Known::Str(text) => Some(text.to_string()),
            Known::Int(number) => Some(number.to_string()),
            Known::Text { prefix, suffix } => Some(format!("{prefix}{{}}{suffix}")),
            _ => None,
        }
    }
}
