//! Whether a value evidently comes with a request: a short look back, for rules whose severity depends on it.

use clearance_program::{Entity, FuncRef, Site, TrailStep};
use clearance_python::ir::{Op, Value};

use crate::Cx;

const MAX_DEPTH: u32 = 10;
const MAX_CALLERS: usize = 6;

/// Paths that the look back knows.
pub(crate) const PATHS: &[&str] = &[
    "aiohttp.web.Request",
    "builtins.input",
    "django.http.HttpRequest",
    "fastapi.Request",
    "flask.Request",
    "flask.request",
    "quart.request",
    "rest_framework.request.Request",
    "starlette.requests.Request",
    "tornado.web.RequestHandler",
];

const REQUESTS: &[&str] = &[
    "aiohttp.web.Request",
    "django.http.HttpRequest",
    "fastapi.Request",
    "flask.Request",
    "rest_framework.request.Request",
    "starlette.requests.Request",
];

/// The place where a request is read for this value; `None` where that is not seen.
pub(crate) fn request_behind(cx: &mut Cx<'_, '_>, site: Site) -> Option<TrailStep> {
    look(cx, site, 0)
}

fn look(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> Option<TrailStep> {
    if depth > MAX_DEPTH || site.value == Value::NONE {
        return None;
    }
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let at = |value| Site { module: site.module, value };
    if is_request(cx, site) {
        return Some(TrailStep {
            module: site.module,
            range: program.range(site),
            note: "read from a request".to_owned(),
        });
    }
    match ir.op(site.value) {
        Op::Attr { base, .. } | Op::Item { base, .. } => look(cx, at(base), depth + 1),
        Op::Sigma { value, .. } | Op::Await(value) => look(cx, at(value), depth + 1),
        Op::Phi(span) => {
            let operands = ir.list(span).to_vec();
            operands.into_iter().take(8).find_map(|operand| look(cx, at(operand), depth + 3))
        }
        Op::Call { callee, args } => {
            if let Op::Attr { base, .. } = ir.op(callee)
                && let Some(found) = look(cx, at(base), depth + 1)
            {
                return Some(found);
            }
            // What a function of the program makes of its arguments is not looked into.
            if program.module(site.module).edges.iter().any(|edge| edge.value == site.value) {
                return None;
            }
            let given = ir.args(args).to_vec();
            given.into_iter().take(2).find_map(|arg| look(cx, at(arg.value), depth + 2))
        }
        Op::Param(index) => {
            let function = FuncRef { module: site.module, func: ir.function_of(site.value) };
            let callers = program.callers(function);
            if callers.len() > MAX_CALLERS {
                return None;
            }
            callers.iter().find_map(|call| {
                let argument = cx.resolver.argument_of(*call, function, index)?;
                look(cx, argument, depth + 2)
            })
        }
        _ => None,
    }
}

/// A request object: by type, or a parameter of that name that is read like one.
fn is_request(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let program = cx.program;
    let classes = REQUESTS.iter().filter_map(|class| program.models.find(class));
    for class in classes {
        if cx.resolver.is_instance(site, class) {
            return true;
        }
    }
    let ir = &program.module(site.module).ir;
    match ir.op(site.value) {
        Op::Param(index) => {
            let function = &ir.functions[ir.function_of(site.value).index()];
            let param = function.params.get(index as usize);
            param.is_some_and(|param| ir.name(param.name) == "request")
                && !matches!(cx.resolver.entities(site)[..], [Entity::Object(..)])
        }
        _ => false,
    }
}
