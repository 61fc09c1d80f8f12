//! An error monitor is started without an address to report to.

use clearance_finding::{Confidence, Finding, Location, Plane, Rule, Severity};
use clearance_program::{Evaluator, Known, Resolver, Site};
use clearance_python::ir::{ArgKind, Op};
use clearance_source::Role;

use crate::{DeployRule, Deployment, Report, rules::settings::common::hold_at, settings::Plain};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "error-monitor-without-address",
    title: "The error monitor has no address to report to",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[778],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Give the monitor its address (DSN, token or key) through the environment of production",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// A call that starts a monitor.
pub(super) struct Monitor {
    pub(super) path: &'static str,
    name: &'static str,
    /// The argument with its address or key.
    argument: &'static str,
    /// The variable that it reads where the argument is not given.
    variable: &'static str,
}

/// Calls that start a monitor.
pub(super) const MONITORS: &[Monitor] = &[
    Monitor { path: "sentry_sdk.init", name: "Sentry", argument: "dsn", variable: "SENTRY_DSN" },
    Monitor { path: "raven.contrib.flask.Sentry", name: "Sentry", argument: "dsn", variable: "SENTRY_DSN" },
    Monitor {
        path: "rollbar.init",
        name: "Rollbar",
        argument: "access_token",
        variable: "ROLLBAR_ACCESS_TOKEN",
    },
    Monitor { path: "bugsnag.configure", name: "Bugsnag", argument: "api_key", variable: "BUGSNAG_API_KEY" },
    Monitor {
        path: "elasticapm.contrib.flask.ElasticAPM",
        name: "Elastic APM",
        argument: "server_url",
        variable: "ELASTIC_APM_SERVER_URL",
    },
    Monitor {
        path: "newrelic.agent.initialize",
        name: "New Relic",
        argument: "license_key",
        variable: "NEW_RELIC_LICENSE_KEY",
    },
];

/// Commands that start a server under an agent, with the variable that tells it where to report to.
const AGENTS: &[(&str, &str)] = &[
    ("newrelic-admin run-program", "NEW_RELIC_LICENSE_KEY"),
    ("opentelemetry-instrument", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("ddtrace-run", "DD_AGENT_HOST"),
];

/// What is known of an address.
enum Address {
    /// Given.
    Given,
    /// There is none.
    Missing,
    /// Only the environment gives it, and no file sets the variable.
    Open(String),
    Unknown,
}

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let program = deployment.program;
    let mut resolver = Resolver::new(program);
    for monitor in MONITORS {
        let Some(path) = program.models.find(monitor.path) else { continue };
        for (id, module) in program.modules().filter(|(_, module)| module.role == Role::Application) {
            for call in module.externals.iter().filter(|call| call.path == path) {
                let Op::Call { args, .. } = module.ir.op(call.value) else { continue };
                let location = program.location(id, program.range(Site { module: id, value: call.value }));
                let given = module.ir.args(args).iter().find(|arg| match arg.kind {
                    ArgKind::Keyword(name) => module.ir.name(name) == monitor.argument,
                    ArgKind::Positional => monitor.path != "raven.contrib.flask.Sentry",
                    _ => false,
                });
                let address = match (effective(deployment, monitor, &location), given) {
                    (Some(address), _) => address,
                    (None, None) => variable(deployment, monitor.variable),
                    (None, Some(given)) => {
                        let site = Site { module: id, value: given.value };
                        known(deployment, &Evaluator::untraced(&mut resolver).evaluate(site))
                    }
                };
                say(report, monitor.name, address, location);
            }
        }
    }
    for file in deployment.files.iter().filter(|file| file.is_deployed() && file.what().is_some()) {
        for (agent, name) in AGENTS {
            let Some(at) = file.text.find(agent) else { continue };
            let location = file.location(at, at + agent.len());
            say(report, agent, variable(deployment, name), location);
        }
    }
}

fn say(report: &mut Report, name: &str, address: Address, location: Location) {
    let mut finding = |severity, message: String| {
        let mut finding = Finding::new(&RULE, location.clone(), message);
        finding.severity = severity;
        report.finding(finding);
    };
    match address {
        Address::Given => {
            report.examined();
            hold_at(report, &RULE, &location, &format!("{name} is started, and has an address to report to"));
        }
        Address::Missing => {
            finding(Severity::Low, format!("{name} is started without an address, so it reports nothing"));
        }
        Address::Open(variable) => finding(
            Severity::Info,
            format!(
                "{name} reports only where the environment sets `{variable}`, and no file of the target does"
            ),
        ),
        Address::Unknown => report.undecided(),
    }
}

/// What the resolution of settings knows of the call at a place.
fn effective(deployment: &Deployment<'_>, monitor: &Monitor, location: &Location) -> Option<Address> {
    let call = deployment.settings.calls.iter().find(|call| {
        &*call.path == monitor.path
            && call.location.bytes == location.bytes
            && call.location.path == location.path
    })?;
    let named = call.keywords.iter().find(|(name, _)| &**name == monitor.argument).map(|entry| &entry.1);
    let value = named.or(call.positional.first())?;
    Some(match &value.plain {
        Plain::Str(text) if !text.is_empty() => Address::Given,
        Plain::None | Plain::Str(_) => match value.vars.first() {
            Some(variable) => Address::Open(variable.to_string()),
            None => Address::Missing,
        },
        Plain::Unknown => match value.vars.first() {
            Some(variable) => Address::Open(variable.to_string()),
            None => return None,
        },
        _ => Address::Unknown,
    })
}

fn known(deployment: &Deployment<'_>, known: &Known) -> Address {
    match known {
        Known::None => Address::Missing,
        Known::Str(text) if text.is_empty() => Address::Missing,
        Known::Str(_) | Known::Text { .. } => Address::Given,
        Known::Environment { variable: name, default } => {
            match (variable(deployment, name), default.as_deref()) {
                (Address::Open(_), Some(Known::Str(text))) if !text.is_empty() => Address::Given,
                (address, _) => address,
            }
        }
        _ => Address::Unknown,
    }
}

fn variable(deployment: &Deployment<'_>, name: &str) -> Address {
    match deployment.settings.variables.iter().find(|variable| variable.0 == name) {
        Some((_, value, _)) if value.trim().is_empty() => Address::Missing,
        Some(_) => Address::Given,
        None => Address::Open(name.to_owned()),
    }
}
