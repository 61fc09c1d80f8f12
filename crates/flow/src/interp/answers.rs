//! What becomes of a call's result in the same function: whether a response is shown as a page, whether what was looked up is called.

use clearance_program::ClassRef;
use clearance_python::ir::{ModuleIr, Op, Part, Value};

use super::{Engine, Frame, root};

/// Class attributes that say what a response is.
const TYPES: &[&str] =
    &["default_mimetype", "mimetype", "media_type", "content_type", "default_content_type"];

impl Engine<'_> {
    /// Whether the response made at a place is declared not to be a page, or to be saved as a file, after it was made.
    pub(crate) fn declared_no_page(&self, frame: &Frame, at: Value) -> bool {
        let ir = self.ir(frame.func);
        // Who hands on `start_response` lets another application answer.
        if let Op::Call { args, .. } = ir.op(at)
            && ir.args(args).iter().any(|arg| match ir.op(root(ir, arg.value)) {
                Op::Param(index) => {
                    let params = &ir.functions[frame.func.func.index()].params;
                    params.get(index as usize).is_some_and(|param| ir.name(param.name) == "start_response")
                }
                _ => false,
            })
        {
            return true;
        }
        ir.values(frame.func.func).skip_while(|value| *value <= at).any(|value| match ir.op(value) {
            Op::StoreAttr { base, name, value } => {
                root(ir, base) == at
                    && TYPES.contains(&ir.name(name))
                    && leading_text(ir, value).is_some_and(is_no_page)
            }
            Op::StoreItem { base, key, value } => {
                let base = root(ir, base);
                let headers = match ir.op(base) {
                    Op::Attr { base, name } => ir.name(name) == "headers" && root(ir, base) == at,
                    _ => base == at,
                };
                headers
                    && leading_text(ir, key).zip(leading_text(ir, value)).is_some_and(|(key, value)| {
                        (key.eq_ignore_ascii_case("content-type") && is_no_page(value))
                            || (key.eq_ignore_ascii_case("content-disposition")
                                && value.trim_start().starts_with("attachment"))
                    })
            }
            _ => false,
        })
    }

    /// Whether a response class of the program says that it is something else than a page.
    pub(crate) fn is_no_page_class(&mut self, class: ClassRef) -> bool {
        let (mut classes, _) = self.resolver.ancestors(class);
        classes.push(class);
        classes.into_iter().any(|class| {
            let module = self.program.module(class.module);
            let body = self.program.class(class).body;
            TYPES.iter().filter_map(|name| module.ir.names.find(name)).any(|name| {
                module
                    .attribute(body, name)
                    .any(|value| leading_text(&module.ir, value).is_some_and(is_no_page))
            })
        })
    }

    /// Whether the result of a call is called itself.
    pub(crate) fn is_called(&self, frame: &Frame, at: Value) -> bool {
        let ir = self.ir(frame.func);
        ir.values(frame.func.func)
            .any(|value| matches!(ir.op(value), Op::Call { callee, .. } if root(ir, callee) == at))
    }
}

/// Whether a content type is never shown as a page.
fn is_no_page(content_type: &str) -> bool {
    let lower = content_type.to_ascii_lowercase();
    lower.contains('/') && !["html", "xml", "svg"].iter().any(|part| lower.contains(part))
}

/// What a text begins with, as it is written.
fn leading_text(ir: &ModuleIr, value: Value) -> Option<&str> {
    match ir.op(root(ir, value)) {
        Op::Str(text) => Some(ir.text(text)),
        Op::Binary { left, .. } => leading_text(ir, left),
        Op::Format(parts) => match ir.parts(parts).first()? {
            Part::Text(text) => Some(ir.text(*text)),
            _ => None,
        },
        Op::Call { callee, .. } => match ir.op(callee) {
            Op::Attr { base, name } if ir.name(name) == "format" => leading_text(ir, base),
            _ => None,
        },
        _ => None,
    }
}
