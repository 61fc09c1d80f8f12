//! Evaluation of calls: getters of the program, environment reads, and the pure methods of Python's own types.

use clearance_python::ir::{Arg, ArgKind, Op, Span};

use crate::{Entity, Evaluator, Known, SequenceKind, Site, eval_arithmetic::to_text};

/// The reader of environment variables of django-environ, and by alias of environs.
const ENV: &str = "environ.Env";

impl Evaluator<'_, '_> {
    pub(crate) fn call(&mut self, site: Site, callee: Site, args: Span) -> Known {
        let program = self.program;
        let ir = &program.module(site.module).ir;
        let arguments = ir.args(args);
        let entities = self.resolver.visit(callee);
        match entities[..] {
            [Entity::Function(function)] => return self.returned(function, site, args, 0),
            [Entity::Method(function)] => return self.returned(function, site, args, 1),
            [Entity::Path(path)] => return self.external(program.models.dotted(path), site, arguments),
            [Entity::Instance(class, made)] if program.models.dotted(class) == ENV => {
                return self.declared(made, site, arguments);
            }
            [Entity::Class(_)] => {
                return match self.resolver.visit(site)[..] {
                    [entity] => Known::Entity(entity),
                    _ => Known::Unknown,
                };
            }
            _ => {}
        }
        if let Op::Attr { base, name } = ir.op(callee.value) {
            let receiver = self.evaluate(Site { module: site.module, value: base });
            return self.method(receiver, ir.name(name), site, arguments);
        }
        match self.resolver.visit(site)[..] {
            [entity] => Known::Entity(entity),
            _ => Known::Unknown,
        }
    }

    fn positional(&mut self, site: Site, arguments: &[Arg], index: usize) -> Option<Known> {
        let before = arguments.iter().take(index + 1);
        if before.clone().count() <= index || before.clone().any(|arg| arg.kind != ArgKind::Positional) {
            return None;
        }
        arguments.get(index).map(|arg| self.evaluate(Site { module: site.module, value: arg.value }))
    }

    fn keyword(&mut self, site: Site, arguments: &[Arg], wanted: &str) -> Option<Known> {
        let ir = &self.program.module(site.module).ir;
        let arg = arguments
            .iter()
            .find(|arg| matches!(arg.kind, ArgKind::Keyword(name) if ir.name(name) == wanted))?;
        Some(self.evaluate(Site { module: site.module, value: arg.value }))
    }

    fn external(&mut self, path: &str, site: Site, arguments: &[Arg]) -> Known {
        match path {
            "os.getenv" | "os.environ.get" | "os.environ.setdefault" | "decouple.config" => {
                let Some(variable) = self.positional(site, arguments, 0) else {
                    return Known::Unknown;
                };
                let default = match self.positional(site, arguments, 1) {
                    Some(default) => Some(default),
                    None => self.keyword(site, arguments, "default"),
                };
                let default = default.or_else(|| (path != "decouple.config").then_some(Known::None));
                self.environment(site, &variable, default)
            }
            "environ.Env.bool" | "environ.Env.int" | "environ.Env.str" => {
                let Some(variable) = self.positional(site, arguments, 0) else {
                    return Known::Unknown;
                };
                let default = match self.positional(site, arguments, 1) {
                    Some(default) => Some(default),
                    None => self.keyword(site, arguments, "default"),
                };
                self.environment(site, &variable, default)
            }
            "distutils.util.strtobool" => match self.positional(site, arguments, 0) {
                Some(value) => value.map(&mut |value| match value.as_str().map(str::to_ascii_lowercase) {
                    Some(text) => match text.as_str() {
                        "y" | "yes" | "t" | "true" | "on" | "1" => Known::Bool(true),
                        "n" | "no" | "f" | "false" | "off" | "0" => Known::Bool(false),
                        _ => Known::Unknown,
                    },
                    None => Known::Unknown,
                }),
                None => Known::Unknown,
            },
            "builtins.str" => match self.positional(site, arguments, 0) {
                Some(value) => value.map(&mut to_text),
                None => Known::str(""),
            },
            "builtins.bool" => match self.positional(site, arguments, 0) {
                Some(value) => value.map(&mut |value| value.truth().map_or(Known::Unknown, Known::Bool)),
                None => Known::Bool(false),
            },
            "builtins.int" => match self.positional(site, arguments, 0) {
                Some(value) => value.map(&mut |value| match &value {
                    Known::Int(_) => value,
                    Known::Bool(flag) => Known::Int(i64::from(*flag)),
                    Known::Str(text) => {
                        text.trim().replace('_', "").parse().map_or(Known::Unknown, Known::Int)
                    }
                    _ => Known::Unknown,
                }),
                None => Known::Int(0),
            },
            "builtins.len" => match self.positional(site, arguments, 0) {
                Some(Known::Str(text)) => Known::Int(text.chars().count() as i64),
                Some(Known::Bytes(text)) => Known::Int(text.chars().count() as i64),
                Some(Known::Sequence(SequenceKind::List | SequenceKind::Tuple, items)) => {
                    Known::Int(items.len() as i64)
                }
                _ => Known::Unknown,
            },
            "builtins.dict" => self.dict_call(site, arguments),
            "builtins.list" | "builtins.tuple" | "builtins.set" | "builtins.frozenset" => {
                let kind = match path {
                    "builtins.list" => SequenceKind::List,
                    "builtins.tuple" => SequenceKind::Tuple,
                    _ => SequenceKind::Set,
                };
                match self.positional(site, arguments, 0) {
                    Some(Known::Sequence(_, items)) => Known::Sequence(kind, items),
                    None if arguments.is_empty() => Known::Sequence(kind, Vec::new()),
                    _ => Known::Unknown,
                }
            }
            "builtins.getattr" => match self.resolver.visit(site)[..] {
                [entity] => Known::Entity(entity),
                _ => self.getattr(site, arguments),
            },
            "typing.cast" => self.positional(site, arguments, 1).unwrap_or(Known::Unknown),
            "copy.copy" | "copy.deepcopy" => self.positional(site, arguments, 0).unwrap_or(Known::Unknown),
            _ => match self.resolver.visit(site)[..] {
                [entity] => Known::Entity(entity),
                _ => Known::Unknown,
            },
        }
    }

    /// `getattr(object, "name", default)` on objects of the program.
    fn getattr(&mut self, site: Site, arguments: &[Arg]) -> Known {
        let name = self.positional(site, arguments, 1);
        let Some(base) = arguments.first() else {
            return Known::Unknown;
        };
        let base = Site { module: site.module, value: base.value };
        let Some(name) = name.as_ref().and_then(Known::as_str) else {
            return Known::Unknown;
        };
        match self.resolver.visit(base)[..] {
            [Entity::Class(class)] => self.class_value(class, name, false, site),
            [Entity::Object(class, _)] => self.class_value(class, name, true, site),
            _ => Known::Unknown,
        }
    }

    /// `env("DEBUG", default=…)`, where `made` may declare the default: `Env(DEBUG=(bool, False))`.
    fn declared(&mut self, made: Site, site: Site, arguments: &[Arg]) -> Known {
        let Some(variable) = self.positional(site, arguments, 0) else {
            return Known::Unknown;
        };
        let mut default = self.keyword(site, arguments, "default");
        if default.is_none()
            && let Some(name) = variable.as_str()
            && let Op::Call { args, .. } = self.program.op(made)
        {
            let declared = self.program.module(made.module).ir.args(args);
            default = match self.keyword(made, declared, name) {
                Some(Known::Sequence(_, items)) => items.get(1).map(|item| self.evaluate(*item)),
                _ => None,
            };
        }
        self.environment(site, &variable, default)
    }

    fn environment(&mut self, site: Site, variable: &Known, default: Option<Known>) -> Known {
        let Some(variable) = variable.as_str() else {
            return Known::Unknown;
        };
        let note = match &default {
            Some(Known::Str(text)) => format!("environment variable `{variable}`, default \"{text}\""),
            _ => format!("environment variable `{variable}`"),
        };
        self.note(site, note);
        Known::Environment {
            variable: variable.into(),
            default: default.filter(|default| *default != Known::Unknown).map(Box::new),
        }
    }

    fn dict_call(&mut self, site: Site, arguments: &[Arg]) -> Known {
        // `dict(a=1)` has keys that are names, not values: only `dict(mapping)` is followed.
        match arguments {
            [] => Known::Mapping(Vec::new()),
            [arg] if arg.kind == ArgKind::Positional => {
                match self.evaluate(Site { module: site.module, value: arg.value }) {
                    known @ Known::Mapping(_) => known,
                    _ => Known::Unknown,
                }
            }
            _ => Known::Unknown,
        }
    }

    fn method(&mut self, receiver: Known, name: &str, site: Site, arguments: &[Arg]) -> Known {
        match (&receiver, name) {
            (Known::Mapping(entries), "get" | "pop" | "setdefault") => {
                let entries = entries.clone();
                let Some(key) = self.positional(site, arguments, 0) else {
                    return Known::Unknown;
                };
                let otherwise = self.positional(site, arguments, 1).unwrap_or(Known::None);
                let closed = entries.iter().all(|entry| entry.0.is_some());
                key.map(&mut |key| match self.entry(&entries, &key) {
                    Some(found) => found,
                    None if closed && key.is_constant() => otherwise.clone(),
                    None => Known::Unknown,
                })
            }
            (Known::Mapping(_), "copy") => receiver,
            (Known::Str(_) | Known::Environment { .. } | Known::Choice(_) | Known::Text { .. }, _) => {
                let first = self.positional(site, arguments, 0);
                let second = self.positional(site, arguments, 1);
                receiver.map(&mut |text| match text {
                    Known::Str(text) => text_method(&text, name, first.as_ref(), second.as_ref()),
                    _ => Known::Unknown,
                })
            }
            _ => Known::Unknown,
        }
    }
}

/// The pure methods of `str`, on constants.
fn text_method(text: &str, name: &str, first: Option<&Known>, second: Option<&Known>) -> Known {
    let argument = first.and_then(Known::as_str);
    match (name, argument) {
        ("lower" | "casefold", _) => Known::str(&text.to_lowercase()),
        ("upper", _) => Known::str(&text.to_uppercase()),
        ("title", _) => Known::Unknown,
        ("strip", None) if first.is_none() => Known::str(text.trim()),
        ("strip", Some(set)) => Known::str(text.trim_matches(|c| set.contains(c))),
        ("lstrip", None) if first.is_none() => Known::str(text.trim_start()),
        ("lstrip", Some(set)) => Known::str(text.trim_start_matches(|c| set.contains(c))),
        ("rstrip", None) if first.is_none() => Known::str(text.trim_end()),
        ("rstrip", Some(set)) => Known::str(text.trim_end_matches(|c| set.contains(c))),
        ("startswith", Some(prefix)) => Known::Bool(text.starts_with(prefix)),
        ("endswith", Some(suffix)) => Known::Bool(text.ends_with(suffix)),
        ("removeprefix", Some(prefix)) => Known::str(text.strip_prefix(prefix).unwrap_or(text)),
        ("removesuffix", Some(suffix)) => Known::str(text.strip_suffix(suffix).unwrap_or(text)),
        ("replace", Some(from)) => match second.and_then(Known::as_str) {
            Some(to) if !from.is_empty() && text.len().saturating_mul(to.len() + 1) < 1 << 16 => {
                Known::str(&text.replace(from, to))
            }
            _ => Known::Unknown,
        },
        ("isdigit", _) => Known::Bool(!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())),
        ("encode", _) => Known::Bytes(text.bytes().map(char::from).collect::<String>().into()),
        ("format", _) => match (text.find('{'), text.rfind('}')) {
            (Some(open), Some(close)) if open < close => {
                Known::Text { prefix: text[..open].into(), suffix: text[close + 1..].into() }
            }
            _ => Known::str(text),
        },
        _ => Known::Unknown,
    }
}
