//! Tokens whose signature is not checked.

use clearance_python::layout::{Passed, Shape};

use super::{Found, Repair, calls::argument_with_comma};
use crate::Cx;

/// `jwt.decode(…)` with its check switched on again, where key and algorithms are given.
pub(super) fn verified(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let node = cx.layout(found.range)?;
    let Shape::Call { brackets, .. } = &node.shape else { return None };
    node.argument(1, "key")?;
    node.argument(2, "algorithms").filter(|argument| !matches!(argument.passed, Passed::Spread))?;
    let repair = Repair::new("Check the signature of the token", false);
    if let Some(verify) = node.named("verify") {
        return Some(repair.edit(argument_with_comma(cx, verify.range, *brackets)?, ""));
    }
    let options = node.named("options")?;
    let Shape::Dict(entries) = &options.value.shape else { return None };
    let off = entries.iter().find(|(key, value)| {
        key.as_ref().and_then(clearance_python::layout::Node::literal).as_deref() == Some("verify_signature")
            && matches!(value.shape, Shape::Bool(false))
    })?;
    if entries.len() == 1 {
        return Some(repair.edit(argument_with_comma(cx, options.range, *brackets)?, ""));
    }
    Some(repair.edit(off.1.range, "True"))
}
