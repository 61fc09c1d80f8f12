//! A parameter for a password with a constant default.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::{
    password::{self, Named, Use, name_kind},
    surroundings::ENUMERATIONS,
};
use crate::{CodeRule, Cx, Listen, Names, StoreEvent, StoreTarget};
use clearance_secrets::names::SECRET_STEMS;

/// The rule.
pub static RULE: Rule = Rule {
    id: "hardcoded-password-default",
    title: "A password is the default of a parameter",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[259, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["B107", "S107", "hardcoded_password_default", "semgrep:hardcoded-password-default-argument"],
    effort_minutes: 20,
    audit: false,
    advice: "Make the parameter required, or `None` by default, and let the caller take the value from the environment or a secret store",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[Listen::StoreNamed(Names::WithStem(SECRET_STEMS), default)],
    paths: ENUMERATIONS,
};

fn default(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Default(name) = store.target else {
        return;
    };
    let name = cx.ir().name(name);
    let Some(kind) = name_kind(name) else { return };
    let range = cx.range(store.value);
    let named = Named { name, kind, value: store.value, function: store.function, range, how: Use::Default };
    password::judge(cx, &RULE, &named, false);
}
