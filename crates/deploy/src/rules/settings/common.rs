//! What the rules on settings share.

use std::sync::Arc;

use clearance_finding::{Confidence, Fact, Finding, Location, Rule, Severity, Step};
use clearance_python::ir::{Imported, Op};
use clearance_source::{FileKind, Role};

use super::code::in_code;
use crate::{
    DeployFile, Deployment, Report, Span,
    edit::{fix, other_truth},
    settings::{
        Application, Effective, Framework, Strength, environment, is_secret_name, mask, mask_step, strength,
    },
};

/// A setting that must be on, or off.
pub(crate) struct Flag {
    pub(crate) framework: Framework,
    pub(crate) name: &'static str,
    /// What the framework takes where nothing sets it; nothing where that says nothing.
    pub(crate) default: Option<bool>,
    /// How it must be.
    pub(crate) want: bool,
    /// What is said where it is not.
    pub(crate) wrong: &'static str,
    /// What is said where it is.
    pub(crate) right: &'static str,
    /// Whether it matters.
    pub(crate) applies: fn(&Deployment<'_>, &Application) -> bool,
}

impl Flag {
    pub(crate) fn check(&self, deployment: &Deployment<'_>, report: &mut Report, rule: &'static Rule) {
        for app in applications(deployment, self.framework) {
            if !(self.applies)(deployment, app) {
                continue;
            }
            let value = app.get(self.name);
            let found = match value {
                Some(value) => value.truth(),
                None if app.open.is_some() || deployment.settings.cut => None,
                None => self.default,
            };
            let Some(found) = found else {
                report.undecided();
                continue;
            };
            report.examined();
            if found != self.want {
                let mut finding = finding(rule, app, value, self.wrong);
                let simple =
                    ["DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"].contains(&self.name);
                let new = if self.want { "True" } else { "False" };
                let steps = value.map_or(&[][..], |value| &value.steps);
                finding.fix = written(deployment, &finding, steps, (self.name, self.want), simple)
                    .or_else(|| in_code(deployment, &finding, app, value, (self.name, new)));
                report.finding(finding);
            } else if let Some(value) = value {
                hold(report, rule, app, value, self.right);
            }
        }
    }
}

/// The applications of a framework.
pub(crate) fn applications<'a>(
    deployment: &Deployment<'a>,
    framework: Framework,
) -> impl Iterator<Item = &'a Application> + use<'a> {
    deployment.settings.applications.iter().filter(move |app| app.framework == framework)
}

/// A finding about a setting at the place that decides, or at the application that lacks it. What is secret in the code there is hidden.
pub(crate) fn finding(
    rule: &'static Rule,
    app: &Application,
    value: Option<&Effective>,
    message: &str,
) -> Finding {
    let steps: Vec<Step> = value.map_or_else(Vec::new, |value| {
        value.steps.iter().map(|step| mask_step(step, &value.plain)).collect()
    });
    let location = steps.first().map_or(&app.location, |step| &step.location);
    let mut finding = Finding::new(rule, location.clone(), message);
    if steps.len() > 1 {
        finding.trace = steps.into_iter().rev().collect();
    }
    if let Some(value) = value
        && !value.vars.is_empty()
    {
        let names: Vec<String> = value.vars.iter().map(|name| name.to_string()).collect();
        finding.severity_reason = format!("unless the environment sets {}", names.join(" or "));
    }
    if value.is_some_and(|value| value.unsure) || app.open.is_some() {
        finding.confidence = finding.confidence.min(Confidence::Medium);
    }
    finding
}

/// Reports a finding about a setting.
pub(crate) fn say(
    report: &mut Report,
    rule: &'static Rule,
    app: &Application,
    value: Option<&Effective>,
    message: &str,
) {
    report.finding(finding(rule, app, value, message));
}

/// States that a setting is in order.
pub(crate) fn hold(
    report: &mut Report,
    rule: &'static Rule,
    app: &Application,
    value: &Effective,
    text: &str,
) {
    let location = value.steps.first().map_or(&app.location, |step| &step.location);
    let location = mask(location, &value.plain);
    if report.blind
        && let Some(variable) = value.vars.first()
    {
        let text = format!("{text}, unless {variable} says otherwise in a file that was not seen whole");
        report.doubt(rule, location, text);
        return;
    }
    hold_at(report, rule, &location, text);
}

/// States that something is in order.
pub(crate) fn hold_at(report: &mut Report, rule: &'static Rule, location: &Location, text: &str) {
    report.fact(Fact { rule: rule.id, text: text.to_owned(), location: location.clone() });
}

/// A finding with the reason for its severity.
pub(crate) fn because(finding: Finding, reason: &str) -> Finding {
    let severity = finding.severity;
    weigh(finding, severity, reason)
}

/// A finding with another severity, and why.
pub(crate) fn weigh(mut finding: Finding, severity: Severity, reason: &str) -> Finding {
    finding.severity = severity;
    finding.severity_reason = reason.to_owned();
    finding
}

/// Matters everywhere.
pub(crate) fn always(_: &Deployment<'_>, _: &Application) -> bool {
    true
}

/// Whether an application has sessions.
pub(crate) fn sessions(deployment: &Deployment<'_>, app: &Application) -> bool {
    match app.framework {
        Framework::Django => {
            app.get("INSTALLED_APPS").is_some_and(|apps| apps.texts().contains(&"django.contrib.sessions"))
        }
        _ => {
            let talisman =
                deployment.settings.calls.iter().any(|call| call.path.starts_with("flask_talisman."));
            app.get("SECRET_KEY").is_some() && !talisman
        }
    }
}

/// Whether the program imports what needs a key: the session, forms, log-ins.
pub(crate) fn asks_for_sessions(deployment: &Deployment<'_>) -> bool {
    let program = deployment.program;
    if ["flask_login", "flask_wtf", "flask_security"].iter().any(|package| program.imports(package)) {
        return true;
    }
    program.modules().any(|(_, module)| {
        module.role == Role::Application
            && module.ir.imports.iter().any(|import| match import.what {
                Imported::Member(name) => {
                    module.ir.text(import.module) == "flask"
                        && matches!(module.ir.name(name), "session" | "flash")
                }
                _ => false,
            })
    })
}

/// Whether users are remembered by Flask-Login.
pub(crate) fn remembers(deployment: &Deployment<'_>, _: &Application) -> bool {
    deployment.program.imports("flask_login")
        && deployment.program.modules().any(|(_, module)| {
            let ir = &module.ir;
            module.role == Role::Application
                && ir.names.find("login_user").is_some()
                && ir.args.iter().any(|arg| {
                    matches!(arg.kind, clearance_python::ir::ArgKind::Keyword(name) if ir.name(name) == "remember")
                        && !matches!(ir.op(arg.value), Op::Bool(false))
                })
        })
}

/// Whether the effective middleware of Django has an entry whose path ends so.
pub(crate) fn has_middleware(app: &Application, name: &str) -> bool {
    let middleware = app.get("MIDDLEWARE").or_else(|| app.get("MIDDLEWARE_CLASSES"));
    middleware.is_some_and(|list| list.texts().iter().any(|path| path.rsplit('.').next() == Some(name)))
}

/// Whether `SecurityMiddleware` is in force.
pub(crate) fn security_middleware(_: &Deployment<'_>, app: &Application) -> bool {
    has_middleware(app, "SecurityMiddleware")
}

/// Whether Django keeps its token against cross-site requests in a cookie.
pub(crate) fn csrf_cookie(_: &Deployment<'_>, app: &Application) -> bool {
    has_middleware(app, "CsrfViewMiddleware")
        && app.get("CSRF_USE_SESSIONS").and_then(Effective::truth) != Some(true)
}

/// Whether Django REST framework is installed.
pub(crate) fn has_rest_framework(app: &Application) -> bool {
    app.get("INSTALLED_APPS").is_some_and(|apps| apps.texts().contains(&"rest_framework"))
}

/// Whether forms of Flask-WTF are used.
pub(crate) fn forms(deployment: &Deployment<'_>, _: &Application) -> bool {
    deployment.program.imports("flask_wtf")
}

/// Whether the application reads files of requests.
pub(crate) fn takes_files(deployment: &Deployment<'_>) -> bool {
    deployment.program.modules().any(|(_, module)| {
        let ir = &module.ir;
        let Some(files) = ir.names.find("files") else { return false };
        module.role == Role::Application
            && ir.insts.iter().any(|inst| match inst.op {
                Op::Attr { base, name } if name == files => match ir.op(base) {
                    Op::Global(name) => ir.name(name) == "request",
                    Op::Import(import) => ir.name(ir.imports[import.index()].bound) == "request",
                    _ => false,
                },
                _ => false,
            })
    })
}

/// Whether mail is sent: by an extension, or by code that reads the settings.
pub(crate) fn sends_mail(deployment: &Deployment<'_>, _: &Application) -> bool {
    ["flask_mail", "flask_mailman", "smtplib"].iter().any(|package| deployment.program.imports(package))
}

/// Whether a value comes from a file of the environment.
pub(crate) fn is_from_file(value: &Effective) -> bool {
    value.steps.iter().any(|step| !step.location.path.ends_with(".py"))
}

/// The environment files of the deployment that are no patterns.
pub(crate) fn environment_files<'a>(
    deployment: &Deployment<'a>,
) -> impl Iterator<Item = &'a DeployFile> + use<'a> {
    deployment.files.iter().filter(|file| {
        file.kind == FileKind::EnvFile
            && environment::is_deployed(file)
            && !environment::is_pattern(file.name())
    })
}

/// What an environment file sets that is secret, with places that do not show it.
pub(crate) fn secrets_of(file: &DeployFile) -> Vec<(String, Location)> {
    environment::dotenv::assignments(&file.text)
        .into_iter()
        .filter(|one| {
            let password = crate::settings::url_password(&one.value).is_some();
            (password || is_secret_name(&one.name)) && strength(&one.value) != Strength::Absent
        })
        .map(|one| {
            let place = file.location(one.range.0, one.range.1);
            let text = crate::settings::Plain::Str(one.value.as_str().into());
            (one.name, mask(&place, &text))
        })
        .collect()
}

/// Whether an application is the one that the program is about, and not a small one beside it.
pub(crate) fn is_main(deployment: &Deployment<'_>, app: &Application) -> bool {
    applications(deployment, app.framework).all(|other| other.settings.len() <= app.settings.len())
}

/// Whether some comparison of the program names the constant, itself or through a name of it: `if key == "dev": raise …`.
pub(crate) fn refused(deployment: &Deployment<'_>, text: &str) -> bool {
    let program = deployment.program;
    let mut names: Vec<&str> = Vec::new();
    for (_, module) in program.modules() {
        let ir = &module.ir;
        let bound = module
            .global_bindings()
            .filter(|(_, value)| matches!(ir.op(*value), Op::Str(said) if ir.text(said) == text));
        names.extend(bound.map(|(name, _)| ir.name(name)));
    }
    program.modules().any(|(_, module)| {
        let ir = &module.ir;
        if matches!(module.role, Role::Test) {
            return false;
        }
        let named = |value: clearance_python::ir::Value| match ir.op(value) {
            Op::Str(said) => ir.text(said) == text,
            Op::Global(name) | Op::Attr { name, .. } => names.contains(&ir.name(name)),
            Op::Import(import) => names.contains(&ir.name(ir.imports[import.index()].bound)),
            _ => false,
        };
        ir.insts.iter().any(|inst| match inst.op {
            Op::Compare { left, right, .. } => {
                let listed = match ir.op(right) {
                    Op::Tuple(span) | Op::List(span) | Op::Set(span) => {
                        ir.list(span).iter().any(|item| named(*item))
                    }
                    _ => false,
                };
                named(left) || named(right) || listed
            }
            _ => false,
        })
    })
}

/// The repair of a switch that stands in a file of settings or of the environment: the other value, written in the same way. Code is none of its business.
pub(crate) fn written(
    deployment: &Deployment<'_>,
    finding: &Finding,
    steps: &[Step],
    (name, want): (&str, bool),
    safe: bool,
) -> Option<clearance_finding::Fix> {
    let file_of = |path: &str| deployment.files.iter().find(|file| &*file.path == path);
    let is_data = |file: &&DeployFile| !matches!(file.kind, FileKind::Python | FileKind::Notebook);
    let own = steps.iter().rev().find_map(|step| {
        let file = file_of(&step.location.path).filter(is_data)?;
        let (start, end) = step.location.bytes;
        Some((file, Span::new(start as usize, end as usize)))
    });
    let (file, span) = own.or_else(|| variable_of(deployment, &finding.location))?;
    let edit = other_truth(&file.text, span)?;
    let is_on = ["1", "true", "yes", "on"].contains(&edit.1.to_ascii_lowercase().as_str());
    let switch = if want { "on" } else { "off" };
    let title = format!("Switch {name} {switch}");
    let mut made = fix(title, safe && file.is_deployed(), [edit]).filter(|_| is_on == want)?;
    made.path = (file.path != finding.location.path).then(|| Arc::clone(&file.path));
    Some(made)
}

/// The assignment of a variable that the code at a place names, where only one file of the environment has it.
fn variable_of<'a>(deployment: &Deployment<'a>, location: &Location) -> Option<(&'a DeployFile, Span)> {
    let names = |name: &str| {
        location.code.iter().any(|line| {
            [format!("\"{name}\""), format!("'{name}'")].iter().any(|quoted| line.text.contains(quoted))
        })
    };
    let mut found = environment_files(deployment).flat_map(|file| {
        let all = environment::dotenv::assignments(&file.text).into_iter();
        all.filter(|one| names(&one.name)).map(move |one| (file, Span::new(one.range.0, one.range.1)))
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
