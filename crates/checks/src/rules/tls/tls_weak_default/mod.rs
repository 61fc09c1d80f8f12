//! Functions whose default is an outdated version of TLS.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    CodeRule, Cx, Draft, Listen, StoreEvent, StoreTarget,
    rules::tls::versions::{PATHS, Version, version},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tls-weak-default",
    title: "An outdated version of TLS is a function's default",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[327, 326],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B503", "S503", "ssl_with_bad_defaults"],
    effort_minutes: 15,
    audit: false,
    advice: "Make the default ssl.PROTOCOL_TLS_CLIENT, or take a ready context from ssl.create_default_context()",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule { rule: &RULE, listens: &[Listen::Default(default)], paths: PATHS };

fn default(cx: &mut Cx<'_, '_>, store: StoreEvent) {
    let StoreTarget::Default(name) = store.target else {
        return;
    };
    let paths = cx.paths_of(store.value);
    let versions: Vec<Version> = paths.iter().filter_map(|path| version(path)).collect();
    if versions.is_empty() {
        return;
    }
    cx.examined();
    let range = cx.range(store.value);
    let parameter = cx.ir().name(name);
    for version in versions {
        let (what, severity) = match version {
            Version::Old(name) => (name, Severity::Medium),
            Version::Any => ("every version that both sides know", Severity::Low),
            Version::Sound => {
                cx.hold(range, "the default is a current version of TLS");
                continue;
            }
        };
        cx.report(
            Draft::new(&RULE, range, format!("The default of `{parameter}` is {what}"))
                .severity(severity, ""),
        );
    }
}
