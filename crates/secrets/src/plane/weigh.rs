//! How bad a leaked credential is, and why.

use clearance_finding::{Confidence, Severity};
use clearance_source::Role;

use super::leak::Leak;
use crate::search::{Searcher, Sure, What};

/// The weight of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) severity: Severity,
    pub(crate) reason: String,
    pub(crate) confidence: Confidence,
}

/// Weighs a place by what the credential opens, how sure it is that it is one, and where it stands.
pub(crate) fn weigh(searcher: &Searcher, leak: &Leak) -> Weight {
    let (mut severity, mut reason, confidence) = match leak.what {
        What::Known(number) => {
            let detector = &searcher.detectors()[number];
            let severity = detector.severity.parse().unwrap_or(Severity::High);
            if leak.sure == Sure::Random {
                let reason = "it is a word, which others may guess as well as read".to_owned();
                return Weight {
                    severity: severity.min(Severity::Low),
                    reason,
                    confidence: Confidence::Medium,
                };
            }
            let (reason, confidence) = match leak.sure {
                Sure::Checked => ("its check digits or structure hold", Confidence::High),
                Sure::Form => ("it has the form that nothing else has", Confidence::High),
                Sure::Placed | Sure::Random => (
                    "it stands where such a credential stands, in the right alphabet and length",
                    Confidence::Medium,
                ),
            };
            (severity, reason.to_owned(), confidence)
        }
        What::InAddress => in_address(leak),
        What::Named => {
            (Severity::Medium, "it looks random under a name of secrecy".to_owned(), Confidence::Medium)
        }
    };
    // Whatever knows it: a password for a host that cannot be reached from elsewhere opens less.
    if matches!(leak.what, What::Known(_)) && leak.host.is_some() {
        let (bound, why, _) = in_address(leak);
        if bound < severity {
            (severity, reason) = (bound, why);
        }
    }
    let lowered = |severity: Severity, certain: Severity| match leak.sure {
        Sure::Checked | Sure::Form if severity > certain => certain,
        Sure::Checked | Sure::Form => severity.min(Severity::Low),
        // In tests values are made up as well as they are anywhere.
        Sure::Placed | Sure::Random if leak.role == Role::Test => Severity::Info,
        Sure::Placed | Sure::Random => severity.min(Severity::Low),
    };
    let sits_in = match leak.role {
        Role::Test => Some("test code"),
        Role::Documentation => Some("documentation"),
        Role::Example => Some("an example"),
        Role::Vendored => Some("a copy of somebody else's code"),
        Role::Generated | Role::Application | Role::Migration => None,
    };
    if leak.sure <= Sure::Placed && runs_tests(&leak.location.path) {
        severity = severity.min(Severity::Low);
        reason = format!(
            "it stands in a file for continuous integration, where services live as long as a test; {reason}"
        );
    }
    if is_pattern(&leak.location.path) && leak.role != Role::Test {
        severity = severity.min(Severity::Medium);
        reason = format!("it stands in a file that is meant to be copied; {reason}");
    } else if let Some(what) = sits_in {
        severity = lowered(severity, Severity::Low);
        reason = format!("it stands in {what}; {reason}");
    }
    Weight { severity, reason, confidence }
}

fn in_address(leak: &Leak) -> (Severity, String, Confidence) {
    let host = leak.host.as_deref().unwrap_or_default();
    let here = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "host.docker.internal" | "");
    let example = host == "host"
        || ["example.com", "example.org", "example.net", ".example", ".test", ".invalid"]
            .iter()
            .any(|end| host.ends_with(end));
    if here || example {
        let what =
            if example { "the host is one of documentation" } else { "the host is the machine itself" };
        return (Severity::Info, what.to_owned(), Confidence::Low);
    }
    match (leak.sure, host.contains('.')) {
        (Sure::Placed | Sure::Form | Sure::Checked, true) => (
            Severity::High,
            "whoever reads it can log in where that can be reached".to_owned(),
            Confidence::High,
        ),
        (Sure::Placed | Sure::Form | Sure::Checked, false) => {
            (Severity::Medium, "the host is known in an inner network only".to_owned(), Confidence::Medium)
        }
        (_, true) => (Severity::Medium, "the password is a word".to_owned(), Confidence::Medium),
        (_, false) => (
            Severity::Low,
            "the password is a word, the host is known in an inner network only".to_owned(),
            Confidence::Low,
        ),
    }
}

/// Whether a file is for services that tests start. Pipelines are none: they deploy, too.
fn runs_tests(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower
        .split(['/', '.'])
        .any(|part| matches!(part, "ci" | "cypress" | "e2e" | "playwright" | "testing" | "test" | "tests"))
}

/// Whether a file is there to be copied and filled in: `.env.example`, `config.sample.yml`.
fn is_pattern(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.split(['.', '-', '_'])
        .any(|part| matches!(part, "example" | "sample" | "template" | "tmpl" | "dist" | "tpl"))
}
