//! Folders that a proxy serves.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    proxy::{Kind, sites},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "proxy-hidden-files-served",
    title: "The proxy serves files that are none of the site",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[552, 538],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 10,
    audit: false,
    advice: "Serve the folder of static files only, and deny names that begin with a dot (location ~ /\\. { deny all; })",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let homes = application_folders(deployment);
    for site in sites(&deployment.model.proxies, deployment.files) {
        if site.kind != Kind::Nginx {
            continue;
        }
        let file = &deployment.files[site.file];
        let denies = site.directive.all("location").any(|location| {
            location.args.iter().any(|word| word.text.contains("/\\.") || word.text.starts_with("/."))
                && location
                    .inside()
                    .iter()
                    .any(|inner| matches!(inner.name.as_str(), "deny" | "return" | "internal"))
        });
        let mut roots = Vec::new();
        site.directive.each(&mut |directive| {
            if matches!(directive.name.as_str(), "root" | "alias") {
                roots.push(directive);
            }
        });
        for root in roots {
            report.judged(file);
            let path = root.arg(0).trim_end_matches('/');
            let is_home = homes.iter().any(|home| home == path);
            if denies || !is_home {
                let why = if denies {
                    "names that begin with a dot are denied"
                } else {
                    "the folder is not that of the application"
                };
                report.hold(&RULE, file, root.span, why);
                continue;
            }
            let message =
                format!("{path} is where the application itself lies: its code and .env can be asked for");
            report.take(deployment.draft(&RULE, site.file, root.span, message));
        }
    }
}

/// Where images put the application.
fn application_folders(deployment: &Deployment<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for image in &deployment.model.images {
        for instruction in image.shipped_instructions().filter(|instruction| instruction.keyword == "WORKDIR")
        {
            let path = instruction.words.first().map_or("", |word| word.text.trim_end_matches('/'));
            if path.len() > 1 {
                found.push(path.to_owned());
            }
        }
    }
    found
}
