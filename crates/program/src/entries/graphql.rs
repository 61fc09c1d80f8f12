//! Resolvers of GraphQL schemas: graphene, Strawberry, Ariadne.

use clearance_models::flow::Origin;
use clearance_python::ir::{ArgKind, Op, ParamKind, Value};

use super::{
    EntryKind, EntryParam, ParamSource,
    collect::{Collector, Family, Hit, Hits, Target},
    types::last_name,
};
use crate::{ClassRef, FuncRef};

pub(super) const FAMILY: Family = Family {
    tops: &["graphene", "graphene_django", "strawberry", "strawberry_django", "ariadne"],
    paths: &[
        "strawberry.field",
        "strawberry.mutation",
        "strawberry.subscription",
        "ariadne.ObjectType.field",
        "ariadne.ObjectType.set_field",
        "ariadne.SubscriptionType.source",
    ],
    bases: &["graphene.ObjectType", "graphene.Mutation", "graphene.relay.ClientIDMutation"],
    collect,
};

const NOTE: &str = "argument of a GraphQL field";

/// Scalars that hold no text.
const CLEAN: &[&str] = &["Int", "Float", "Boolean", "BigInt", "UUID", "Date", "DateTime", "Time", "Decimal"];

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    for hit in &hits.calls {
        decorated(c, *hit);
    }
    for hit in &hits.classes {
        for (name, function) in c.own_methods(hit.class) {
            if c.is_known(function) {
                continue;
            }
            if let Some(field) = name.strip_prefix("resolve_") {
                let params = graphene(c, function, Declared::Field(hit.class, field));
                c.add_plain(function, EntryKind::GraphQl, "graphene", params);
            } else if matches!(name, "mutate" | "mutate_and_get_payload") && hit.base != "graphene.ObjectType"
            {
                let params = graphene(c, function, Declared::Arguments(hit.class));
                c.add_plain(function, EntryKind::GraphQl, "graphene", params);
            }
        }
    }
}

/// Where graphene declares the arguments of a resolver.
#[derive(Clone, Copy)]
enum Declared<'n> {
    /// Keywords of the field: `user = graphene.Field(User, id=graphene.Int())`.
    Field(ClassRef, &'n str),
    /// Attributes of the class `Arguments` or `Input` inside.
    Arguments(ClassRef),
}

/// `resolve_x(root, info, **arguments)`: static in effect, whatever the first parameter is called.
fn graphene(c: &mut Collector<'_>, function: FuncRef, declared: Declared<'_>) -> Vec<EntryParam> {
    let mut found = Vec::new();
    // A class method has its class before them.
    let data = c.program.function(function);
    let ir = &c.program.module(function.module).ir;
    let on_class = data.decorators.iter().any(|decorator| last_name(ir, *decorator) == "classmethod");
    let leading = 2 + usize::from(on_class);
    for (index, (name, kind)) in c.params(function).into_iter().enumerate().skip(leading) {
        let clean = !matches!(kind, ParamKind::Star | ParamKind::DoubleStar)
            && argument_type(c, declared, name).is_some_and(|name| CLEAN.contains(&name.as_str()));
        let what = if clean { ParamSource::Clean } else { ParamSource::tainted(Origin::Remote, NOTE) };
        found.push(EntryParam { index: index as u32, what });
    }
    found
}

/// The name of the scalar that an argument is declared with.
fn argument_type(c: &mut Collector<'_>, declared: Declared<'_>, argument: &str) -> Option<String> {
    let made = match declared {
        Declared::Field(class, field) => {
            let field = c.attribute(class, field)?;
            if !matches!(c.program.op(field), Op::Call { .. }) {
                return None;
            }
            c.keyword(field, argument)?
        }
        Declared::Arguments(class) => {
            let inner = c.attribute(class, "Arguments").or_else(|| c.attribute(class, "Input"))?;
            let Op::Class(inner_class) = c.program.op(inner) else { return None };
            c.attribute(ClassRef { module: inner.module, class: inner_class }, argument)?
        }
    };
    let ir = &c.program.module(made.module).ir;
    let Op::Call { callee, args } = ir.op(made.value) else { return None };
    let name = last_name(ir, callee);
    // `graphene.Argument(graphene.Int)`, `graphene.List(graphene.Int)`
    if matches!(name, "Argument" | "List" | "NonNull") {
        let inner = ir.args(args).first().filter(|arg| arg.kind == ArgKind::Positional)?;
        return Some(last_name(ir, inner.value).to_owned());
    }
    Some(name.to_owned())
}

fn decorated(c: &mut Collector<'_>, hit: Hit) {
    let strawberry = hit.path.starts_with("strawberry");
    let target = match c.decorated(hit.site) {
        Some(target) => Some(target),
        None => {
            let resolver = if strawberry {
                c.keyword(hit.site, "resolver")
            } else {
                c.argument(hit.site, 1, "resolver")
            };
            resolver.and_then(|resolver| c.view(resolver))
        }
    };
    let Some(Target::Function(function)) = target else { return };
    if !strawberry {
        // `(obj, info, **arguments)`
        let count = c.params(function).len();
        let what = ParamSource::tainted(Origin::Remote, NOTE);
        let params = (2..count).map(|index| EntryParam { index: index as u32, what }).collect();
        return c.add_plain(function, EntryKind::GraphQl, "ariadne", params);
    }
    let data = c.program.function(function);
    let first = c.bound(function);
    let mut params = c.outside_params(function, first, Origin::Remote, NOTE);
    let names = c.params(function);
    params.retain(|param| {
        let index = param.index as usize;
        let annotation = data.params[index].annotation;
        let is_info = annotation != Value::NONE && {
            let ir = &c.program.module(function.module).ir;
            last_name(ir, annotation) == "Info"
        };
        !is_info && !matches!(names[index].0, "info" | "root" | "self" | "parent")
    });
    c.add_plain(function, EntryKind::GraphQl, "strawberry", params);
}
