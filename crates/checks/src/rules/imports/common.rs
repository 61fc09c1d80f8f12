//! One check for all imports: say that it is there.

use clearance_finding::Rule;

use crate::{CallEvent, Cx, Draft, ImportEvent};

/// What imports a module by its name.
pub(super) const LOADERS: &[&str] =
    &["builtins.__import__", "importlib.import_module", "importlib.__import__"];

/// An import statement. A statement that takes several members of one module is one finding.
pub(super) fn imported(cx: &mut Cx<'_, '_>, import: ImportEvent, rule: &'static Rule, why: &str) {
    let statement = cx.ir().imports[import.import.index()].statement;
    say(cx, statement, rule, import.path, why);
}

/// A call of a loader with a constant name.
pub(super) fn loaded(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    rule: &'static Rule,
    modules: &[&'static str],
    why: &str,
) {
    let Some(argument) = cx.arg(call, 0, "name") else {
        return;
    };
    let Some(name) = cx.known_str(argument) else {
        return;
    };
    let below =
        |module: &str| name.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some(module) = modules.iter().find(|module| below(module)) {
        say(cx, cx.range(call.value), rule, module, why);
    }
}

/// A use of a listed class through its module.
pub(super) fn called(cx: &mut Cx<'_, '_>, call: CallEvent, rule: &'static Rule, why: &str) {
    let path = cx.path(call);
    say(cx, cx.range(call.value), rule, &path, why);
}

fn say(
    cx: &mut Cx<'_, '_>,
    range: clearance_python::TextRange,
    rule: &'static Rule,
    module: &str,
    why: &str,
) {
    cx.report(Draft::new(rule, range, format!("`{module}` is used: {why}")));
}
