//! Settings of pydantic: fields that are read from the environment.

use clearance_program::ClassRef;

use super::{
    calls::Keywords,
    machine::Machine,
    value::{Data, Object, ObjectId, Value},
};

/// Fields of one class.
const MAX_FIELDS: usize = 1000;

/// Fills an instance: what is passed, then the environment, then the defaults.
pub(crate) fn fill(machine: &mut Machine<'_>, class: ClassRef, instance: ObjectId, passed: &Keywords) {
    let (order, _) = machine.lineage(class);
    let options = options(machine, class);
    for owner in order.into_iter().rev() {
        let scope = machine.class_scope(owner);
        let ir = machine.ir(owner.module);
        let body = ir.classes[owner.class.index()].body;
        let fields: Vec<_> =
            ir.annotations.iter().filter(|annotation| annotation.function == body).take(MAX_FIELDS).collect();
        for field in fields {
            let name = ir.name(field.name);
            if name == "model_config" || name.starts_with('_') {
                continue;
            }
            let place = machine.place(owner.module, field.range, format!("`{name}` is declared here"));
            if let Some((_, value)) = passed.iter().find(|(known, _)| &**known == name) {
                let value = value.clone().at(place);
                machine.write(instance, name, value);
                continue;
            }
            let annotation =
                machine.program.module(owner.module).slice(ir.inst(field.annotation).range).to_owned();
            if annotation.starts_with("ClassVar") {
                continue;
            }
            let default = machine.scope(scope).and_then(|scope| scope.names.get(name)).cloned();
            let default = default.filter(
                |default| !matches!(&default.data, Data::External(path) if &**path == "builtins.Ellipsis"),
            );
            let own =
                alias(machine, field.value, owner).unwrap_or_else(|| format!("{}{name}", options.prefix));
            let candidates = if options.case_sensitive {
                vec![own]
            } else {
                vec![own.to_uppercase(), own.to_lowercase(), own]
            };
            let set = candidates.iter().find(|variable| machine.environment.variable(variable).is_some());
            let variable = set.unwrap_or(&candidates[0]).clone();
            let found = machine.variable(&variable, default.clone(), place.clone());
            let found = if machine.environment.variable(&variable).is_some()
                || !matches!(found.data, Data::Profile)
            {
                found
            } else {
                default.unwrap_or(found)
            };
            let kind = annotation
                .trim_start_matches("Optional[")
                .trim_end_matches(']')
                .split([' ', '|', '['])
                .next()
                .unwrap_or("");
            let found = machine.converted(found, if kind == "list" { "" } else { kind });
            machine.write(instance, name, found.at(place));
        }
    }
}

struct Options {
    prefix: String,
    case_sensitive: bool,
}

/// `model_config = SettingsConfigDict(env_prefix="APP_")`, or `class Config: env_prefix = "APP_"`.
fn options(machine: &mut Machine<'_>, class: ClassRef) -> Options {
    let mut found = Options { prefix: String::new(), case_sensitive: false };
    if let Some(config) = machine.class_attribute(class, "model_config", None) {
        let config = machine.forced(config);
        if let Some(pairs) = machine.pairs(&config) {
            for (key, value) in pairs {
                option(&mut found, key.whole().unwrap_or(""), &value);
            }
        } else if let Data::Made(_) = config.data {
            let ir = machine.ir(class.module);
            let range = ir.classes[class.class.index()].range;
            let keywords = machine.calls.iter().find(|call| {
                call.module == class.module
                    && call.path.ends_with("SettingsConfigDict")
                    && matches!(call.place.spot, super::value::Spot::Code(_, at) if range.contains_range(at))
            });
            let keywords: Vec<_> = keywords.map(|call| call.keywords.clone()).unwrap_or_default();
            for (name, value) in keywords {
                option(&mut found, &name, &value);
            }
        }
    }
    if let Some(Value { data: Data::Class(config), .. }) = machine.class_attribute(class, "Config", None) {
        for name in ["env_prefix", "case_sensitive"] {
            if let Some(value) = machine.class_attribute(config, name, None) {
                option(&mut found, name, &value);
            }
        }
    }
    found
}

fn option(options: &mut Options, name: &str, value: &Value) {
    match (name, &value.data) {
        ("env_prefix", Data::Str(text)) => options.prefix = text.to_string(),
        ("case_sensitive", Data::Bool(flag)) => options.case_sensitive = *flag,
        _ => {}
    }
}

/// The name that a field is read by, where `Field(…)` gives it one.
fn alias(machine: &Machine<'_>, value: clearance_python::ir::Value, owner: ClassRef) -> Option<String> {
    use clearance_python::ir::{ArgKind, Op};
    let ir = machine.ir(owner.module);
    let Op::Call { args, .. } = ir.op(value.some()?) else { return None };
    ir.args(args).iter().find_map(|arg| {
        let ArgKind::Keyword(name) = arg.kind else { return None };
        if !matches!(ir.name(name), "env" | "alias" | "validation_alias") {
            return None;
        }
        match ir.op(arg.value) {
            Op::Str(text) => Some(ir.text(text).to_owned()),
            _ => None,
        }
    })
}

impl Machine<'_> {
    /// The fields of a dataclass that are passed; the others are what the class says.
    pub(crate) fn fill_dataclass(
        &mut self,
        class: ClassRef,
        instance: ObjectId,
        positional: Vec<Value>,
        keywords: &Keywords,
    ) {
        let ir = self.ir(class.module);
        let body = ir.classes[class.class.index()].body;
        let names = ir.annotations.iter().filter(|annotation| annotation.function == body);
        let names: Vec<&str> = names.map(|field| ir.name(field.name)).take(MAX_FIELDS).collect();
        for (name, value) in names.iter().zip(positional) {
            self.write(instance, name, value);
        }
        for (name, value) in keywords.iter().filter(|(name, _)| names.contains(&&**name)) {
            self.write(instance, name, value.clone());
        }
    }
}

/// Makes an instance of a settings class and gives its fields.
pub(crate) fn resolve(machine: &mut Machine<'_>, class: ClassRef) -> ObjectId {
    let scope = super::value::Scope { class: Some(class), ..super::value::Scope::default() };
    let instance = machine.make(Object::Scope(scope));
    fill(machine, class, instance, &Vec::new());
    instance
}
