//! Whether the pattern of a match is one that can take long.

use clearance_program::{Entity, Evaluator, Known, Program, Resolver, Site};
use clearance_python::ir::Op;

use super::{ambiguity::ambiguity, pattern::Flags, pattern::parse};

/// Whether the call at `call` matches a text against a pattern on which the time grows faster than linearly: `re.match(pattern, text)`, or a method of
/// a compiled pattern.
pub(crate) fn is_slow(program: &Program, call: Site) -> bool {
    let mut resolver = Resolver::new(program);
    let ir = &program.module(call.module).ir;
    let Op::Call { callee, args } = ir.op(call.value) else { return false };
    let first = |module, args| {
        let value = program.module(module).ir.args(args).first()?.value;
        Some(Site { module, value })
    };
    let mut whole = false;
    let mut pattern = first(call.module, args);
    if let Op::Attr { base, name } = ir.op(callee) {
        whole = ir.name(name) == "fullmatch";
        for entity in resolver.entities(Site { module: call.module, value: base }) {
            if let Entity::Instance(_, made) = entity
                && let Op::Call { args, .. } = program.op(made)
            {
                pattern = first(made.module, args);
            }
        }
    }
    let Some(pattern) = pattern else { return false };
    let known = Evaluator::untraced(&mut resolver).evaluate(pattern);
    known.possibilities().into_iter().any(|known| match known {
        Known::Str(text) | Known::Bytes(text) => {
            parse(text, Flags::default()).is_some_and(|pattern| ambiguity(&pattern, whole).is_some())
        }
        _ => false,
    })
}
