//! Comparisons, and arithmetic on what is known.

use std::sync::Arc;

use clearance_python::ir::{BinaryOp, CompareOp};

use crate::{Evaluator, Known, Site};

/// Longest string built by evaluation, in bytes.
const MAX_TEXT: usize = 1 << 16;

impl Evaluator<'_, '_> {
    pub(crate) fn compare(&mut self, op: CompareOp, left: Known, right: Known) -> Known {
        // The members are evaluated first: a comparison may then be mapped over the left side's possibilities.
        let members: Option<Vec<Known>> = match (&op, &right) {
            (CompareOp::In | CompareOp::NotIn, Known::Sequence(_, items)) => {
                Some(items.clone().into_iter().map(|item| self.evaluate(item)).collect())
            }
            (CompareOp::In | CompareOp::NotIn, Known::Mapping(entries)) => {
                let keys: Option<Vec<Site>> = entries.iter().map(|entry| entry.0).collect();
                keys.map(|keys| keys.into_iter().map(|key| self.evaluate(key)).collect())
            }
            _ => None,
        };
        if let Known::Environment { variable, default } = right {
            let default = default
                .map(|default| self.compare(op, left, *default))
                .filter(|known| *known != Known::Unknown);
            return Known::Environment { variable, default: default.map(Box::new) };
        }
        left.map(&mut |left| {
            let decided = match (op, &left, &right) {
                (CompareOp::In | CompareOp::NotIn, _, _) if members.is_some() && left.is_constant() => {
                    let members = members.as_deref().unwrap_or(&[]);
                    if members.contains(&left) {
                        Some(op == CompareOp::In)
                    } else if members.iter().all(Known::is_constant) {
                        Some(op == CompareOp::NotIn)
                    } else {
                        None
                    }
                }
                (CompareOp::In | CompareOp::NotIn, Known::Str(needle), Known::Str(text)) => {
                    Some(text.contains(&**needle) == (op == CompareOp::In))
                }
                (CompareOp::Eq | CompareOp::Is, a, b) if a.is_constant() && b.is_constant() => Some(a == b),
                (CompareOp::NotEq | CompareOp::IsNot, a, b) if a.is_constant() && b.is_constant() => {
                    Some(a != b)
                }
                (_, a, b) => match (a.as_int(), b.as_int()) {
                    (Some(a), Some(b)) => match op {
                        CompareOp::Lt => Some(a < b),
                        CompareOp::LtE => Some(a <= b),
                        CompareOp::Gt => Some(a > b),
                        CompareOp::GtE => Some(a >= b),
                        _ => None,
                    },
                    _ => None,
                },
            };
            decided.map_or(Known::Unknown, Known::Bool)
        })
    }
}

pub(crate) fn to_text(value: Known) -> Known {
    match value {
        Known::Str(_) | Known::Text { .. } => value,
        Known::Int(number) => Known::str(&number.to_string()),
        Known::Bool(flag) => Known::str(if flag { "True" } else { "False" }),
        Known::None => Known::str("None"),
        _ => Known::Unknown,
    }
}

pub(crate) fn concatenate(left: Known, right: Known) -> Known {
    let ends = |value: &Known| -> (Arc<str>, Arc<str>, bool) {
        match value {
            Known::Str(text) => (text.clone(), text.clone(), true),
            Known::Text { prefix, suffix } => (prefix.clone(), suffix.clone(), false),
            _ => ("".into(), "".into(), false),
        }
    };
    if let (Known::Choice(_) | Known::Environment { .. }, Known::Str(right)) = (&left, &right) {
        let right = right.clone();
        return left.map(&mut |left| concatenate(left, Known::Str(right.clone())));
    }
    if let (Known::Str(left), Known::Choice(_) | Known::Environment { .. }) = (&left, &right) {
        let left = left.clone();
        return right.map(&mut |right| concatenate(Known::Str(left.clone()), right));
    }
    let (left_prefix, left_suffix, left_whole) = ends(&left);
    let (right_prefix, right_suffix, right_whole) = ends(&right);
    let bounded = |a: &str, b: &str| -> Option<Arc<str>> {
        (a.len() + b.len() <= MAX_TEXT).then(|| format!("{a}{b}").into())
    };
    if left_whole && right_whole {
        return bounded(&left_prefix, &right_prefix).map_or(Known::Unknown, Known::Str);
    }
    let prefix =
        if left_whole { bounded(&left_prefix, &right_prefix).unwrap_or(left_prefix) } else { left_prefix };
    let suffix =
        if right_whole { bounded(&left_suffix, &right_suffix).unwrap_or(right_suffix) } else { right_suffix };
    Known::Text { prefix, suffix }
}

pub(crate) fn binary(op: BinaryOp, left: Known, right: Known) -> Known {
    match (op, &left, &right) {
        (BinaryOp::Add, Known::Int(a), Known::Int(b)) => a.checked_add(*b).map_or(Known::Unknown, Known::Int),
        (BinaryOp::Sub, Known::Int(a), Known::Int(b)) => a.checked_sub(*b).map_or(Known::Unknown, Known::Int),
        (BinaryOp::Mult, Known::Int(a), Known::Int(b)) => {
            a.checked_mul(*b).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::Mult, Known::Float(a), Known::Int(b))
        | (BinaryOp::Mult, Known::Int(b), Known::Float(a)) => Known::Float(a * *b as f64),
        (BinaryOp::FloorDiv, Known::Int(a), Known::Int(b)) if *b > 0 => Known::Int(a.div_euclid(*b)),
        (BinaryOp::Mod, Known::Int(a), Known::Int(b)) if *b > 0 => Known::Int(a.rem_euclid(*b)),
        (BinaryOp::Div, Known::Int(a), Known::Int(b)) if *b != 0 => Known::Float(*a as f64 / *b as f64),
        (BinaryOp::Pow, Known::Int(a), Known::Int(b)) => {
            u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::LShift, Known::Int(a), Known::Int(b)) if (0..63).contains(b) => {
            a.checked_mul(1 << b).map_or(Known::Unknown, Known::Int)
        }
        (BinaryOp::BitOr, Known::Int(a), Known::Int(b)) => Known::Int(a | b),
        (BinaryOp::BitAnd, Known::Int(a), Known::Int(b)) => Known::Int(a & b),
        (BinaryOp::BitXor, Known::Int(a), Known::Int(b)) => Known::Int(a ^ b),
        (BinaryOp::Add, Known::Bytes(a), Known::Bytes(b)) if a.len() + b.len() <= MAX_TEXT => {
            Known::Bytes(format!("{a}{b}").into())
        }
        (BinaryOp::Add, Known::Sequence(kind, a), Known::Sequence(_, b)) => {
            Known::Sequence(*kind, a.iter().chain(b).copied().collect())
        }
        (BinaryOp::Add, a, b) if is_textual(a) || is_textual(b) => concatenate(left, right),
        (BinaryOp::Mod, Known::Str(format), _) => {
            let (prefix, suffix) = match (format.find('%'), format.rfind('%')) {
                (Some(first), Some(last)) => {
                    let rest = &format[last + 1..];
                    (&format[..first], rest.get(1..).unwrap_or(""))
                }
                _ => return left,
            };
            match &right {
                Known::Str(value)
                    if format.matches('%').count() == 1 && format[prefix.len()..].starts_with("%s") =>
                {
                    Known::Str(format!("{prefix}{value}{suffix}").into())
                }
                _ => Known::Text { prefix: prefix.into(), suffix: suffix.into() },
            }
        }
        _ => Known::Unknown,
    }
}

fn is_textual(value: &Known) -> bool {
    match value {
        Known::Str(_) | Known::Text { .. } => true,
        Known::Choice(choices) => choices.iter().any(is_textual),
        Known::Environment { default, .. } => default.as_deref().is_none_or(is_textual),
        _ => false,
    }
}
