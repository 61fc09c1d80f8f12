//! String literals, f-strings and t-strings.

use ruff_python_ast::{
    ExprFString, ExprTString, FStringPart, InterpolatedElement, InterpolatedStringElement,
    InterpolatedStringFormatSpec, StringLiteralValue,
};

use crate::ir::{Op, Part, Span, Text, Value};

use super::Lowering;

impl<'a> Lowering<'a> {
    /// The text of a string literal, adjacent ones joined.
    pub(super) fn literal(&mut self, value: &StringLiteralValue) -> Text {
        let mut pieces = value.iter();
        let text = self.ir.texts.push(pieces.next().map_or("", |piece| piece.as_str()));
        for piece in pieces {
            self.ir.texts.extend_last(piece.as_str());
        }
        text
    }

    pub(super) fn f_string(&mut self, node: &'a ExprFString) -> Value {
        let base = self.parts.len();
        for part in node.value.as_slice() {
            match part {
                FStringPart::Literal(literal) => self.push_text(base, literal.as_str()),
                FStringPart::FString(string) => self.interpolated(&string.elements, base),
            }
        }
        let span = self.parts_from(base);
        self.builder.emit_raising(Op::Format(span), node.range)
    }

    pub(super) fn t_string(&mut self, node: &'a ExprTString) -> Value {
        let base = self.parts.len();
        for string in node.value.as_slice() {
            self.interpolated(&string.elements, base);
        }
        let span = self.parts_from(base);
        self.builder.emit_raising(Op::Template(span), node.range)
    }

    fn interpolated(&mut self, elements: &'a [InterpolatedStringElement], base: usize) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => self.push_text(base, &literal.value),
                InterpolatedStringElement::Interpolation(node) => self.interpolation(node, base),
            }
        }
    }

    fn interpolation(&mut self, node: &'a InterpolatedElement, base: usize) {
        if let Some(debug) = &node.debug_text {
            // `f"{x = }"` shows the expression as it is written.
            for text in [debug.leading(), debug.expression(), debug.trailing()] {
                self.push_text(base, text);
            }
        }
        let value = self.expr(&node.expression);
        let spec = match &node.format_spec {
            Some(spec) => self.deeper(|this| this.format_spec(spec)).unwrap_or(Value::NONE),
            None => Value::NONE,
        };
        let implied = if node.debug_text.is_some() && spec == Value::NONE { 'r' } else { '\0' };
        let conversion = node.conversion.to_char().unwrap_or(implied);
        self.parts.push(Part::Value { value, conversion, spec });
    }

    fn format_spec(&mut self, spec: &'a InterpolatedStringFormatSpec) -> Value {
        self.note_depth(1);
        let base = self.parts.len();
        self.interpolated(&spec.elements, base);
        let op = match self.parts.get(base..) {
            Some([Part::Text(text)]) => {
                let op = Op::Str(*text);
                self.parts.truncate(base);
                op
            }
            _ => Op::Format(self.parts_from(base)),
        };
        self.builder.emit(op, spec.range)
    }

    /// Adds literal text, to the last part if that is literal text too.
    fn push_text(&mut self, base: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Text(_)) = self.parts[base..].last() {
            self.ir.texts.extend_last(text);
        } else {
            let text = self.ir.texts.push(text);
            self.parts.push(Part::Text(text));
        }
    }

    fn parts_from(&mut self, base: usize) -> Span {
        let start = self.ir.parts.len() as u32;
        self.ir.parts.extend(self.parts.drain(base..));
        Span { start, len: self.ir.parts.len() as u32 - start }
    }
}
