//! What the commands around the application start.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployRule, Deployment, Report,
    server::{Origin, Server, Start, option_on, python},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "development-server-command",
    title: "A development server is started",
    plane: Plane::Deploy,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[489, 1188],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Start the application with gunicorn, uWSGI, uvicorn or waitress",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for start in &deployment.model.starts {
        one(deployment, report, start);
    }
}

fn one(deployment: &Deployment<'_>, report: &mut Report, start: &Start) {
    let file = &deployment.files[start.file];
    let counts = !start.optional && start.origin != Origin::Script;
    match &start.server {
        Server::Production(name) => {
            if counts {
                report.judged(file);
                report.hold(&RULE, file, start.span, format!("{} starts {name}", start.origin.clause()));
            }
        }
        Server::Development(what, how) => {
            if counts {
                report.judged(file);
            }
            let message = format!("{} starts {what} ({how})", capital(&start.origin.clause()));
            let draft = deployment.draft(&RULE, start.file, start.span, message);
            report.take(weighed(deployment, start, draft));
        }
        Server::File(name) => {
            let module = python::module_named(deployment.program, name, file.folder());
            let Some(found) = module.and_then(|module| python::started(deployment.program, module)) else {
                return;
            };
            if counts {
                report.judged(file);
            }
            if !found.development {
                if counts {
                    report.hold(
                        &RULE,
                        file,
                        start.span,
                        format!("{} runs {name}: {}", start.origin.clause(), found.what),
                    );
                }
                return;
            }
            let message = format!("{} runs {name}, where {}", capital(&start.origin.clause()), found.what);
            let step = clearance_finding::Step { location: found.location, note: found.what.to_owned() };
            let draft = deployment
                .draft(&RULE, start.file, start.span, message)
                .trace(vec![step], "the file is run here");
            report.take(weighed(deployment, start, draft));
        }
    }
}

fn weighed(deployment: &Deployment<'_>, start: &Start, draft: crate::report::Draft) -> crate::report::Draft {
    let production = |other: &Start| {
        matches!(other.server, Server::Production(_))
            && deployment.files[other.file].is_deployed()
            && !other.optional
    };
    let starts = &deployment.model.starts;
    if start.optional {
        draft.severity(Severity::Low, "it belongs to a profile or process of development")
    } else if starts.iter().any(|other| {
        other.file == start.file
            && production(other)
            && matches!(start.origin, Origin::Script | Origin::CalledScript)
    }) {
        draft.severity(Severity::Info, "the script starts a production server, too: a condition decides")
    } else if start.origin == Origin::Script {
        draft.severity(Severity::Low, "nothing in the tree runs the script")
    } else if starts
        .iter()
        .any(|other| other.file != start.file && production(other) && other.origin != Origin::Script)
    {
        draft.severity(Severity::Low, "another file starts a production server")
    } else if option_on(start, &["--debug", "--debugger", "-d"]) {
        draft
            .severity(Severity::High, "with the interactive debugger, which runs code for whoever reaches it")
    } else {
        draft
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase()).into_iter();
    first.chain(characters).collect()
}
