//! Operators and comparisons, and what is true.

use clearance_python::ir::{BinaryOp, CompareOp};

use super::{
    machine::Machine,
    ops::put,
    value::{Data, HOLE, Item, Object, Reach, Value},
};

impl Machine<'_> {
    pub(super) fn binary(&mut self, op: BinaryOp, in_place: bool, left: Value, right: Value) -> Value {
        let whole = Value::unknown().with(&left).with(&right);
        let data = match (op, &left.data, &right.data) {
            (BinaryOp::Add, Data::Int(a), Data::Int(b)) => a.checked_add(*b).map(Data::Int),
            (BinaryOp::Sub, Data::Int(a), Data::Int(b)) => a.checked_sub(*b).map(Data::Int),
            (BinaryOp::Mult, Data::Int(a), Data::Int(b)) => a.checked_mul(*b).map(Data::Int),
            (BinaryOp::Pow, Data::Int(a), Data::Int(b)) => {
                u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)).map(Data::Int)
            }
            (BinaryOp::LShift, Data::Int(a), Data::Int(b)) if (0..62).contains(b) => {
                a.checked_mul(1 << b).map(Data::Int)
            }
            (BinaryOp::FloorDiv, Data::Int(a), Data::Int(b)) if *b != 0 => Some(Data::Int(a.div_euclid(*b))),
            (BinaryOp::Mult, Data::Duration(a), Data::Int(b)) => a.checked_mul(*b).map(Data::Duration),
            (BinaryOp::Add, Data::Str(a), Data::Str(b)) if a.len() + b.len() < 1 << 16 => {
                Some(Data::Str(format!("{a}{b}").into()))
            }
            (BinaryOp::Add, Data::Str(_), _) | (BinaryOp::Add, _, Data::Str(_)) => {
                Some(Data::Str(format!("{}{}", self.piece(&left), self.piece(&right)).into()))
            }
            (BinaryOp::Mod, Data::Str(text), _) => Some(Data::Str(fill(text).into())),
            (BinaryOp::Div, _, Data::Str(b)) => Some(Data::Str(format!("{}/{b}", self.piece(&left)).into())),
            (BinaryOp::Add, Data::Object(_), _) | (BinaryOp::BitOr, Data::Object(_), _) => {
                return self.joined(in_place, left, right);
            }
            (BinaryOp::Sub, Data::Object(_), _) => return Value::unknown().with(&left),
            _ => None,
        };
        match data {
            Some(data) => Value { data, ..whole },
            None => whole,
        }
    }

    /// Lists behind one another, dicts over one another.
    fn joined(&mut self, in_place: bool, left: Value, right: Value) -> Value {
        let Data::Object(id) = left.data else { return Value::unknown() };
        if let Object::Mapping { entries, open } = self.object(id) {
            let (mut entries, mut open) = (entries.clone(), *open);
            match self.pairs(&right) {
                Some(pairs) => {
                    for (key, value) in pairs {
                        put(&mut entries, key, value, Reach::Surely);
                    }
                }
                None => open = true,
            }
            return Value::new(Data::Object(self.make(Object::Mapping { entries, open })));
        }
        let maybe = in_place && self.reach != Reach::Surely;
        let Object::Sequence { kind, items, open } = self.object(id) else { return Value::unknown() };
        let (kind, mut items, mut open) = (*kind, items.clone(), *open);
        match self.elements(&right) {
            Some(more) => {
                items.extend(more.into_iter().map(|(value, open)| Item { value, maybe: maybe || open }));
            }
            None => open = true,
        }
        let rests = Value::unknown().with(&left).with(&right);
        Value { data: Data::Object(self.make(Object::Sequence { kind, items, open })), ..rests }
    }

    pub(super) fn compare(&mut self, op: CompareOp, left: &Value, right: &Value) -> Value {
        let whole = Value::unknown().with(left).with(right);
        let whole = Value { places: Vec::new(), ..whole };
        self.note_comparison(left, right);
        let truth = match op {
            CompareOp::Eq | CompareOp::Is => self.equal(left, right),
            CompareOp::NotEq | CompareOp::IsNot => self.equal(left, right).map(|equal| !equal),
            CompareOp::In => self.contains(right, left),
            CompareOp::NotIn => self.contains(right, left).map(|is_in| !is_in),
            CompareOp::Lt | CompareOp::LtE | CompareOp::Gt | CompareOp::GtE => {
                match (&left.data, &right.data) {
                    (Data::Int(a), Data::Int(b)) => Some(match op {
                        CompareOp::Lt => a < b,
                        CompareOp::LtE => a <= b,
                        CompareOp::Gt => a > b,
                        _ => a >= b,
                    }),
                    _ => None,
                }
            }
        };
        match truth {
            Some(truth) => Value { data: Data::Bool(truth), ..whole },
            None => whole,
        }
    }

    fn equal(&self, left: &Value, right: &Value) -> Option<bool> {
        match (&left.data, &right.data) {
            (Data::Unknown | Data::Either(_) | Data::Lazy(..), _)
            | (_, Data::Unknown | Data::Either(_) | Data::Lazy(..)) => None,
            (Data::Profile, Data::Str(text)) | (Data::Str(text), Data::Profile) => {
                self.profile.is_named(text).or(text.is_empty().then_some(false))
            }
            (Data::Profile, Data::Profile) => Some(true),
            (Data::Profile, _) | (_, Data::Profile) => Some(false),
            (Data::Str(a), Data::Str(b)) if a.contains(HOLE) || b.contains(HOLE) => None,
            (Data::Int(a), Data::Bool(b)) | (Data::Bool(b), Data::Int(a)) => Some(*a == i64::from(*b)),
            (Data::Object(_) | Data::Made(_) | Data::External(_) | Data::Random, Data::None)
            | (Data::None, Data::Object(_) | Data::Made(_) | Data::Random) => Some(false),
            (Data::Object(_) | Data::Made(_) | Data::External(_), _)
            | (_, Data::Object(_) | Data::Made(_) | Data::External(_)) => None,
            _ => Some(left.same(right)),
        }
    }

    fn contains(&self, whole: &Value, part: &Value) -> Option<bool> {
        match (&whole.data, &part.data) {
            (Data::Str(text), Data::Str(piece)) if !text.contains(HOLE) => Some(text.contains(&**piece)),
            // What the command line holds is not that of a deployment.
            (Data::External(path), Data::Str(_)) if &**path == "sys.argv" => Some(false),
            (Data::External(path), Data::Str(name)) if &**path == "os.environ" => {
                self.environment.variable(name).map(|_| true)
            }
            (Data::Object(_), _) => {
                let elements = self.elements(whole)?;
                let mut unsure = false;
                for (element, maybe) in &elements {
                    match self.equal(element, part) {
                        Some(true) if !maybe => return Some(true),
                        Some(false) => {}
                        _ => unsure = true,
                    }
                }
                (!unsure).then_some(false)
            }
            _ => None,
        }
    }

    /// Python's truth of a value, where it is known.
    pub(crate) fn truth(&self, value: &Value) -> Option<bool> {
        Some(match &value.data {
            Data::None => false,
            Data::Bool(flag) => *flag,
            Data::Int(number) | Data::Duration(number) => *number != 0,
            Data::Float(number) => *number != 0.0,
            Data::Str(text) if text.chars().all(|c| c == HOLE) && !text.is_empty() => return None,
            Data::Str(text) | Data::Bytes(text) => !text.is_empty(),
            Data::Profile | Data::Random | Data::Function(..) | Data::Method(..) | Data::Class(_) => true,
            Data::Module(_) => true,
            Data::Object(id) => match self.object(*id) {
                Object::Sequence { items, open, .. } => match (items.iter().any(|item| !item.maybe), open) {
                    (true, _) => true,
                    (false, false) if items.is_empty() => false,
                    _ => return None,
                },
                Object::Mapping { entries, open } => match (entries.is_empty(), open) {
                    (false, _) => true,
                    (true, false) => false,
                    _ => return None,
                },
                Object::Scope(_) | Object::App(_) | Object::Reader { .. } => true,
            },
            Data::Either(all) => {
                let mut truths = all.iter().map(|value| self.truth(value));
                let first = truths.next()??;
                return truths.all(|truth| truth == Some(first)).then_some(first);
            }
            // Names that type checkers know and programs never see true.
            Data::External(path) if &**path == "typing.TYPE_CHECKING" => false,
            _ => return None,
        })
    }
}

/// A format of `%` or `str.format` with holes where something is put in.
pub(crate) fn fill(format: &str) -> String {
    let mut text = String::new();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '%' => {
                if rest.peek() == Some(&'(') {
                    for inner in rest.by_ref() {
                        if inner == ')' {
                            break;
                        }
                    }
                }
                if rest.next_if(|c| c.is_ascii_alphabetic()).is_some() {
                    text.push(HOLE);
                } else {
                    text.push('%');
                }
            }
            '{' => {
                for inner in rest.by_ref() {
                    if inner == '}' {
                        break;
                    }
                }
                text.push(HOLE);
            }
            c => text.push(c),
        }
    }
    text
}
