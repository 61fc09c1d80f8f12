//! `X-Forwarded-*` headers that nginx passes on.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    edit::Replaced,
    proxy::{
        Directive, Kind, Site,
        edit::{after, holder},
        sites,
    },
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "nginx-forwarded-headers-missing",
    title: "The application does not learn who the client is",
    plane: Plane::Deploy,
    severity: Severity::Info,
    confidence: Confidence::High,
    cwe: &[290, 778],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &[],
    effort_minutes: 5,
    audit: false,
    advice: "Pass on X-Forwarded-For and X-Forwarded-Proto, and let the application believe exactly this proxy",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for site in sites(&deployment.model.proxies, deployment.files) {
        if site.kind != Kind::Nginx || site.open {
            continue;
        }
        let file = &deployment.files[site.file];
        let Some(pass) = site.passes.iter().find(|pass| pass.name == "proxy_pass") else { continue };
        let mut names = Vec::new();
        let mut takes_in = false;
        let mut visit = |directive: &Directive| {
            if directive.name == "proxy_set_header" {
                names.push(directive.arg(0).to_ascii_lowercase());
            }
            takes_in |= directive.name == "include";
        };
        site.directive.each(&mut visit);
        for directive in site.around {
            if directive.block.is_none() {
                visit(directive);
            }
        }
        report.judged(file);
        let missing: Vec<&str> = ["X-Forwarded-For", "X-Forwarded-Proto"]
            .into_iter()
            .filter(|name| {
                !names.contains(&name.to_ascii_lowercase()) && !names.iter().any(|known| known == "forwarded")
            })
            .collect();
        if missing.is_empty() {
            report.hold(&RULE, file, pass.span, "the application learns the client's address and scheme");
        } else if !takes_in {
            let message = format!("The application does not get {}", missing.join(" and "));
            let draft = deployment.draft(&RULE, site.file, pass.span, message);
            let edits = told(&file.text, &site, &missing);
            report.take(draft.repair("Hand them on", false, edits.into_iter().flatten()));
        }
    }
}

/// The headers, beside those that are handed on already: a block with headers of its own does not take over those around it.
fn told(text: &str, site: &Site<'_>, missing: &[&str]) -> Option<Vec<Replaced>> {
    let added: Vec<String> = missing
        .iter()
        .map(|name| {
            let value = if *name == "X-Forwarded-For" { "$proxy_add_x_forwarded_for" } else { "$scheme" };
            format!("proxy_set_header {name} {value};")
        })
        .collect();
    let mut edits: Vec<Replaced> = Vec::new();
    for pass in site.passes.iter().filter(|pass| pass.name == "proxy_pass") {
        let own = std::slice::from_ref(site.directive);
        let blocks: Vec<_> = holder(own, pass.span).into_iter().rev().map(Directive::inside).collect();
        let around = blocks.iter().copied().chain([site.around]);
        let set =
            around.flat_map(|block| block.iter().rev().find(|one| one.name == "proxy_set_header")).next();
        // A directive of another file is written elsewhere.
        let place = set.unwrap_or(pass);
        let edit = after(Kind::Nginx, text, place, &added)?;
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    Some(edits)
}
