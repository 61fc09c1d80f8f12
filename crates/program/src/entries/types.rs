//! What the type of a parameter or field lets through.

use clearance_models::flow::{Kinds, Origin};
use clearance_python::ir::{ArgKind, Op, Value};

use super::{
    ParamSource,
    pattern::{Characters, is_anchored},
};
use crate::{ClassRef, Entity, Evaluator, Resolver, Site};

/// External paths that types are told by.
pub(super) const PATHS: &[&str] = &[
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.complex",
    "builtins.str",
    "builtins.bytes",
    "builtins.dict",
    "uuid.UUID",
    "decimal.Decimal",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "enum.Enum",
    "enum.IntEnum",
    "enum.StrEnum",
    "ipaddress.IPv4Address",
    "ipaddress.IPv6Address",
    "pydantic.BaseModel",
    "pydantic.EmailStr",
    "pydantic.HttpUrl",
    "pydantic.AnyUrl",
    "pydantic.AnyHttpUrl",
    "pydantic.constr",
    "pydantic.StringConstraints",
    "pydantic.Field",
    "pydantic.dataclasses.dataclass",
    "dataclasses.dataclass",
    "typing.TypedDict",
    "typing.NamedTuple",
    "msgspec.Struct",
    "ninja.Schema",
    "sqlmodel.SQLModel",
    "strawberry.input",
];

const CLEAN: &[&str] = &[
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "builtins.complex",
    "uuid.UUID",
    "decimal.Decimal",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "ipaddress.IPv4Address",
    "ipaddress.IPv6Address",
];

/// Names of types that no model needs to know: numbers, dates, identifiers, choices.
const CLEAN_NAMES: &[&str] = &[
    "int",
    "float",
    "bool",
    "complex",
    "UUID",
    "UUID1",
    "UUID3",
    "UUID4",
    "UUID5",
    "Decimal",
    "date",
    "datetime",
    "time",
    "timedelta",
    "Literal",
    "PositiveInt",
    "NegativeInt",
    "NonNegativeInt",
    "NonPositiveInt",
    "StrictInt",
    "StrictBool",
    "StrictFloat",
    "PositiveFloat",
    "NonNegativeFloat",
    "FiniteFloat",
    "conint",
    "confloat",
    "condecimal",
    "PastDate",
    "FutureDate",
    "AwareDatetime",
    "NaiveDatetime",
    "PastDatetime",
    "FutureDatetime",
    "IPvAnyAddress",
    "IPv4Address",
    "IPv6Address",
    "ObjectId",
    "PydanticObjectId",
    "None",
    "NoneType",
];

const CONTAINERS: &[&str] = &[
    "Optional",
    "Union",
    "List",
    "list",
    "Set",
    "set",
    "FrozenSet",
    "frozenset",
    "Tuple",
    "tuple",
    "Sequence",
    "Iterable",
    "Collection",
    "Final",
    "ClassVar",
    "Required",
    "NotRequired",
    "conlist",
    "conset",
    "deque",
];

/// Lines and headers cannot be broken by what pydantic's address and URL types let through.
const ONE_LINE: Kinds = Kinds::HEADER.with(Kinds::COOKIE).with(Kinds::LOG);
const NO_MARKUP: Kinds = ONE_LINE.with(Kinds::HTML).with(Kinds::XML).with(Kinds::XML_BOMB).with(Kinds::XSLT);

/// What a value of the annotated type is; no annotation is text. Nothing for types that do not come from outside as data (sessions, services).
pub(super) fn source(
    resolver: &mut Resolver<'_>,
    annotation: Site,
    origin: Origin,
    note: &'static str,
) -> Option<ParamSource> {
    Types { resolver, origin, note }.annotation(annotation, 0)
}

/// See [`crate::Program::model_field`].
pub(super) fn model_field(
    resolver: &mut Resolver<'_>,
    class: ClassRef,
    name: &str,
    origin: Origin,
) -> Option<ParamSource> {
    resolver.refuel();
    for owner in resolver.ancestors(class).0 {
        let module = resolver.program.module(owner.module);
        let body = resolver.program.class(owner).body;
        let Some(number) = module.ir.names.find(name) else { continue };
        let field = module
            .ir
            .annotations
            .iter()
            .find(|field| field.function == body && field.name == number && field.base == Value::NONE);
        let Some(field) = field else { continue };
        let annotation = Site { module: owner.module, value: field.annotation };
        let default = Site { module: owner.module, value: field.value };
        let mut types = Types { resolver, origin, note: "field of the request" };
        let found = types.annotation(annotation, 0)?;
        return Some(types.constrained(found, default));
    }
    None
}

/// What a constraint (`Query(pattern="…")`, `Field(pattern="…")`) leaves.
pub(super) fn constrained(
    resolver: &mut Resolver<'_>,
    what: ParamSource,
    call: Site,
    origin: Origin,
    note: &'static str,
) -> ParamSource {
    Types { resolver, origin, note }.constrained(what, call)
}

/// Whether a class's instances are checked field by field: pydantic models, data classes, structs, typed dicts, input types.
pub(super) fn is_model(resolver: &mut Resolver<'_>, class: ClassRef) -> bool {
    const BASES: &[&str] = &[
        "pydantic.BaseModel",
        "typing.TypedDict",
        "typing.NamedTuple",
        "msgspec.Struct",
        "ninja.Schema",
        "sqlmodel.SQLModel",
    ];
    const DECORATORS: &[&str] =
        &["pydantic.dataclasses.dataclass", "dataclasses.dataclass", "strawberry.input"];
    let program = resolver.program;
    let of = |path, names: &[&str]| {
        names
            .iter()
            .any(|name| program.models.find(name).is_some_and(|base| program.models.derives(path, base)))
    };
    resolver.refuel();
    let (own, external) = resolver.ancestors(class);
    if external.iter().any(|base| matches!(base, Entity::Path(path) if of(*path, BASES))) {
        return true;
    }
    own.iter().any(|owner| {
        let ir = &program.module(owner.module).ir;
        program.class(*owner).decorators.iter().any(|decorator| {
            let callee = match ir.op(*decorator) {
                Op::Call { callee, .. } => callee,
                _ => *decorator,
            };
            resolver.paths(Site { module: owner.module, value: callee }).any(|path| of(path, DECORATORS))
        })
    })
}

struct Types<'r, 'p> {
    resolver: &'r mut Resolver<'p>,
    origin: Origin,
    note: &'static str,
}

impl Types<'_, '_> {
    fn any(&self) -> ParamSource {
        ParamSource::tainted(self.origin, self.note)
    }

    fn without(&self, not: Kinds) -> ParamSource {
        ParamSource::Tainted { origin: self.origin, not, note: self.note }
    }

    fn annotation(&mut self, site: Site, depth: u32) -> Option<ParamSource> {
        if site.value == Value::NONE || depth > 6 {
            return Some(self.any());
        }
        let program = self.resolver.program;
        let ir = &program.module(site.module).ir;
        let at = |value| Site { module: site.module, value };
        match ir.op(site.value) {
            Op::None => Some(ParamSource::Clean),
            Op::Binary { left, right, .. } => self.join(&[at(left), at(right)], depth),
            Op::Item { base, key } => {
                let name = last_name(ir, base);
                let keys: Vec<Site> = match ir.op(key) {
                    Op::Tuple(span) => ir.list(span).iter().map(|value| at(*value)).collect(),
                    _ => vec![at(key)],
                };
                if name == "Literal" {
                    return Some(ParamSource::Clean);
                }
                if name == "Annotated" {
                    let mut found = self.annotation(*keys.first()?, depth + 1)?;
                    for extra in &keys[1..] {
                        found = self.constrained(found, *extra);
                    }
                    return Some(found);
                }
                if CONTAINERS.contains(&name) {
                    return self.join(&keys, depth);
                }
                if matches!(name, "Dict" | "dict" | "Mapping" | "MutableMapping" | "Any") {
                    return Some(self.any());
                }
                self.annotation(at(base), depth + 1)
            }
            Op::Ellipsis => Some(ParamSource::Clean),
            Op::Str(text) => {
                let text = ir.text(text).trim();
                if CLEAN_NAMES.contains(&text) {
                    return Some(ParamSource::Clean);
                }
                self.resolver.refuel();
                match self.resolver.named(site.module, text) {
                    Some(entities) => self.entities(&entities, text),
                    None => Some(self.any()),
                }
            }
            Op::Call { callee, .. } => {
                let name = last_name(ir, callee);
                if CLEAN_NAMES.contains(&name) {
                    return Some(ParamSource::Clean);
                }
                let found = self.any();
                Some(self.constrained(found, site))
            }
            _ => {
                let name = last_name(ir, site.value);
                let entities = self.resolver.entities(site);
                // A type alias: `UserId = Annotated[int, …]`, `NameOrId = str | int`.
                if entities.is_empty()
                    && let Op::Global(global) = ir.op(site.value)
                {
                    let values: Vec<Value> = program.module(site.module).global(global).take(2).collect();
                    if let [value] = values[..]
                        && matches!(ir.op(value), Op::Item { .. } | Op::Binary { .. } | Op::Call { .. })
                    {
                        return self.annotation(at(value), depth + 1);
                    }
                }
                self.entities(&entities, name)
            }
        }
    }

    fn join(&mut self, sites: &[Site], depth: u32) -> Option<ParamSource> {
        sites.iter().filter_map(|site| self.annotation(*site, depth + 1)).reduce(ParamSource::join)
    }

    fn entities(&mut self, entities: &[Entity], name: &str) -> Option<ParamSource> {
        let program = self.resolver.program;
        for entity in entities {
            match entity {
                Entity::Path(path) => {
                    let text = program.models.text(*path);
                    if CLEAN.contains(&text.as_str()) || CLEAN_NAMES.contains(&name) {
                        return Some(ParamSource::Clean);
                    }
                    return match text.as_str() {
                        "pydantic.EmailStr" => Some(self.without(NO_MARKUP)),
                        "pydantic.HttpUrl" | "pydantic.AnyHttpUrl" | "pydantic.AnyUrl" => {
                            Some(self.without(ONE_LINE))
                        }
                        "builtins.str" | "builtins.bytes" => Some(self.without(Kinds::NOSQL)),
                        _ => Some(self.any()),
                    };
                }
                Entity::Class(class) => {
                    if self.is_enum(*class) {
                        return Some(ParamSource::Clean);
                    }
                    if is_model(self.resolver, *class) {
                        return Some(ParamSource::Model { class: *class, origin: self.origin });
                    }
                    return None;
                }
                _ => {}
            }
        }
        Some(match name {
            _ if CLEAN_NAMES.contains(&name) => ParamSource::Clean,
            // Text is no document.
            "str" | "bytes" => self.without(Kinds::NOSQL),
            _ => self.any(),
        })
    }

    fn is_enum(&mut self, class: ClassRef) -> bool {
        let program = self.resolver.program;
        self.resolver.refuel();
        self.resolver.ancestors(class).1.iter().any(|base| match base {
            Entity::Path(path) => {
                let text = program.models.text(*path);
                text.starts_with("enum.") || text.ends_with("Choices")
            }
            _ => false,
        })
    }

    /// `constr(pattern="^…$")`, `Query(regex="^…$")`, `StringConstraints(pattern=…)`.
    fn constrained(&mut self, what: ParamSource, call: Site) -> ParamSource {
        let ParamSource::Tainted { origin, not, note } = what else {
            return what;
        };
        if call.value == Value::NONE {
            return what;
        }
        let program = self.resolver.program;
        let ir = &program.module(call.module).ir;
        let Op::Call { args, .. } = ir.op(call.value) else {
            return what;
        };
        let pattern = ir.args(args).iter().find(
            |arg| matches!(arg.kind, ArgKind::Keyword(name) if matches!(ir.name(name), "pattern" | "regex")),
        );
        let Some(pattern) = pattern else { return what };
        let known =
            Evaluator::untraced(self.resolver).evaluate(Site { module: call.module, value: pattern.value });
        let Some(regex) = known.as_str().filter(|regex| is_anchored(regex)) else {
            return what;
        };
        match Characters::of(regex).map(|set| set.source(origin, note)) {
            Some(ParamSource::Tainted { not: more, .. }) => {
                ParamSource::Tainted { origin, not: not.with(more), note }
            }
            Some(other) => other,
            None => what,
        }
    }
}

/// The last part of a name as written.
pub(super) fn last_name(ir: &clearance_python::ir::ModuleIr, value: Value) -> &str {
    match ir.op(value) {
        Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) => ir.name(name),
        Op::Import(import) => match ir.imports[import.index()].what {
            clearance_python::ir::Imported::Member(name) => ir.name(name),
            _ => ir.name(ir.imports[import.index()].bound),
        },
        Op::Item { base, .. } => last_name(ir, base),
        Op::Call { callee, .. } => last_name(ir, callee),
        _ => "",
    }
}
