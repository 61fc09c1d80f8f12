//! Listings of folders.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::{Replaced, without_word},
    proxy::{Directive, Kind, edit::word},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-directory-listing",
    title: "The proxy lists folders",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[548],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["semgrep:directory-listing-enabled"],
    effort_minutes: 5,
    audit: false,
    advice: "Switch the listing off, or put it behind a login",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for config in &deployment.model.proxies {
        let file = &deployment.files[config.file];
        walk(config.kind, &config.tree.directives, false, &mut |directive, is_on, is_kept| {
            report.judged(file);
            if !is_on {
                report.hold(&RULE, file, directive.span, "folders are not listed");
                return;
            }
            let draft = deployment.draft(
                &RULE,
                config.file,
                directive.span,
                "Whoever asks for a folder gets a list of what is in it",
            );
            let edit = unlisted(config.kind, &file.text, directive);
            let draft = draft.repair("Do not list folders", false, edit);
            report.take(if is_kept {
                draft.severity(Severity::Info, "access to it is limited")
            } else {
                draft
            });
        });
    }
}

/// Visits what says whether folders are listed, with whether access is limited around it. The depth of trees is bounded.
fn walk<'d>(kind: Kind, list: &'d [Directive], kept: bool, visit: &mut dyn FnMut(&'d Directive, bool, bool)) {
    let limits = |directive: &Directive| match directive.name.as_str() {
        "auth_basic" => directive.arg(0) != "off",
        "deny" => directive.arg(0) == "all",
        "auth_request" | "internal" | "authtype" | "basicauth" | "basic_auth" => true,
        "require" => !directive.arg(0).eq_ignore_ascii_case("all"),
        _ => false,
    };
    let kept = kept || list.iter().any(limits);
    for directive in list {
        let state = match kind {
            Kind::Nginx if directive.name == "autoindex" => Some(directive.arg(0) == "on"),
            Kind::Apache if directive.name == "options" => {
                let is = |text: &str| directive.args.iter().any(|word| word.text.eq_ignore_ascii_case(text));
                if is("indexes") || is("+indexes") || is("all") {
                    Some(true)
                } else if is("-indexes") {
                    Some(false)
                } else {
                    None
                }
            }
            Kind::Caddy if directive.name == "file_server" => {
                let on = directive.args.iter().any(|word| word.text == "browse")
                    || directive.inside().iter().any(|inner| inner.name == "browse");
                on.then_some(true)
            }
            _ => None,
        };
        if let Some(is_on) = state {
            visit(directive, is_on, kept);
        }
        walk(kind, directive.inside(), kept, visit);
    }
}

/// The directive without the list.
fn unlisted(kind: Kind, text: &str, directive: &Directive) -> Option<Replaced> {
    let named = |name: &str| directive.args.iter().position(|word| word.text.eq_ignore_ascii_case(name));
    match kind {
        Kind::Nginx => Some((word(text, directive, 0)?, "off".to_owned())),
        Kind::Apache => {
            if let Some(at) = named("+indexes") {
                return Some((word(text, directive, at)?, "-Indexes".to_owned()));
            }
            let place = word(text, directive, named("indexes")?)?;
            // Without any word it would be an error.
            Some(if directive.args.len() == 1 {
                (place, "None".to_owned())
            } else {
                without_word(text, place)
            })
        }
        Kind::Caddy => Some(without_word(text, word(text, directive, named("browse")?)?)),
    }
}
