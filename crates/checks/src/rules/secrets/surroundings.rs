//! Where a constant stands: in settings for development, in an enumeration, in a program of its own.

use clearance_program::{ClassRef, Entity};
use clearance_python::ir::{Func, FunctionKind};

use crate::{Cx, Situation, words};

/// Base classes of enumerations. Checks that use this module list them in `CodeRule::paths`.
pub(super) const ENUMERATIONS: &[&str] = &[
    "enum.Enum",
    "enum.StrEnum",
    "enum.IntEnum",
    "enum.Flag",
    "enum.IntFlag",
    "strenum.StrEnum",
    "aenum.Enum",
    "django.db.models.TextChoices",
    "django.db.models.IntegerChoices",
];

/// Words of classes and files that production does not use.
const DEVELOPMENT_WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "dev",
    "develop",
    "development",
    "local",
    "debug",
    "ci",
    "example",
    "examples",
    "demo",
    "sample",
    "mock",
    "fake",
    "dummy",
    "stub",
    "fixture",
    "fixtures",
    "unittest",
    "conftest",
    "benchmark",
    "playground",
    "sandbox",
];

/// Why a place is not part of production: by the class, the function or the file around it, or by the condition that it stands under.
pub(super) fn development(cx: &Cx<'_, '_>, function: Func, situation: &Situation) -> Option<String> {
    let speaks = |name: &str| words(name).find(|word| DEVELOPMENT_WORDS.contains(&word.as_str()));
    let ir = cx.ir();
    let mut here = Some(function);
    while let Some(current) = here {
        let data = &ir.functions[current.index()];
        if data.kind != FunctionKind::Module {
            let name = ir.name(data.name);
            if speaks(name).is_some() {
                return Some(format!("only `{name}` uses it"));
            }
        }
        here = data.parent;
    }
    let path = cx.source().path.clone();
    let file = path.rsplit('/').next().unwrap_or(&path);
    // Files of examples and tests have roles of their own.
    if speaks(file).is_some_and(|word| !word.starts_with("example")) {
        return Some(format!("by its name, {file} is not for production"));
    }
    situation
        .development
        .as_ref()
        .map(|development| format!("it applies only under {}", development.condition))
}

/// Whether the body is that of an enumeration.
pub(super) fn in_enumeration(cx: &mut Cx<'_, '_>, function: Func) -> bool {
    let FunctionKind::Class(class) = cx.ir().functions[function.index()].kind else {
        return false;
    };
    let class = ClassRef { module: cx.module, class };
    let (order, external) = cx.resolver.ancestors(class);
    let models = &cx.program.models;
    external
        .iter()
        .any(|base| matches!(base, Entity::Path(path) if ENUMERATIONS.contains(&models.text(*path).as_str())))
        || order.iter().any(|class| {
            let name = cx.program.module(class.module).ir.name(cx.program.class(*class).name);
            name.ends_with("Enum") || name.ends_with("Choices")
        })
}
