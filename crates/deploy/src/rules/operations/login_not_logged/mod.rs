//! A log-in leaves no trace in the log.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};
use clearance_program::{Module, Site};
use clearance_python::ir::{Func, FunctionKind, ModuleIr, Op};
use clearance_source::Role;

use crate::{DeployRule, Deployment, Report, rules::settings::common::hold_at};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "login-not-logged",
    title: "Log-ins leave no trace in the log",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[778],
    owasp_2021: "A09",
    owasp_2025: "A09",
    aliases: &[],
    effort_minutes: 30,
    audit: false,
    advice: "Log every log-in and every refused one with the account and the address, without the password",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Calls that log a user in.
pub(super) const LOGINS: &[&str] =
    &["flask_login.login_user", "flask_security.login_user", "django.contrib.auth.login"];

/// Signals that tell of log-ins.
pub(super) const SIGNALS: &[&str] = &[
    "flask_login.user_logged_in.connect",
    "flask_login.signals.user_logged_in.connect",
    "flask_security.user_authenticated.connect",
    "django.contrib.auth.signals.user_logged_in.connect",
    "django.contrib.auth.signals.user_login_failed.connect",
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let program = deployment.program;
    let find = |paths: &[&str]| paths.iter().filter_map(|path| program.models.find(path)).collect::<Vec<_>>();
    let (logins, signals) = (find(LOGINS), find(SIGNALS));
    let application = || program.modules().filter(|(_, module)| module.role == Role::Application);
    let heard = application().find_map(|(id, module)| {
        let call = module.externals.iter().find(|call| signals.contains(&call.path))?;
        Some(program.location(id, program.range(Site { module: id, value: call.value })))
    });
    for (id, module) in application() {
        for call in module.externals.iter().filter(|call| logins.contains(&call.path)) {
            let function = &module.ir.functions[call.function.index()];
            if function.kind != FunctionKind::Def {
                continue;
            }
            // What logs in without asking for a password is no check of anyone: after a registration, for an embedded page, for a job.
            if !checks_password(&module.ir, call.function) {
                continue;
            }
            let name = module.ir.name(function.name);
            let location = program.location(id, program.range(Site { module: id, value: call.value }));
            report.examined();
            let near =
                module.edges.iter().filter(|edge| edge.function == call.function).map(|edge| edge.callee);
            let logs = writes_log(module, call.function)
                || near.take(64).any(|callee| writes_log(program.module(callee.module), callee.func));
            if logs {
                hold_at(report, &RULE, &location, &format!("the log-in in `{name}` is logged"));
            } else if let Some(heard) = &heard {
                hold_at(report, &RULE, heard, "a handler is told of every log-in");
            } else {
                let message = format!("The log-in in `{name}` is not logged, nor is a refused one");
                report.finding(Finding::new(&RULE, location, message));
            }
        }
    }
}

/// Whether a body speaks of a password.
fn checks_password(ir: &ModuleIr, function: Func) -> bool {
    ir.values(function).any(|value| {
        let name = match ir.op(value) {
            Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) => ir.name(name),
            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
            Op::Str(text) => ir.text(text),
            _ => return false,
        };
        name.len() < 40 && (name.contains("password") || name.contains("authenticate"))
    })
}

/// Whether a body calls a method of a logger.
fn writes_log(module: &Module, function: Func) -> bool {
    let ir = &module.ir;
    let is_logger = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.ends_with("logger")
            || matches!(name.as_str(), "log" | "logging" | "logs" | "audit" | "audit_log")
    };
    ir.values(function).any(|value| {
        let Op::Call { callee, .. } = ir.op(value) else { return false };
        match ir.op(callee) {
            Op::Attr { base, name } => {
                let writes = matches!(
                    ir.name(name),
                    "debug"
                        | "info"
                        | "warning"
                        | "warn"
                        | "error"
                        | "critical"
                        | "exception"
                        | "log"
                        | "write"
                );
                writes
                    && match ir.op(base) {
                        Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => is_logger(ir.name(name)),
                        Op::Import(import) => is_logger(ir.name(ir.imports[import.index()].bound)),
                        _ => false,
                    }
            }
            Op::Global(name) | Op::Free(name) => is_audit(ir.name(name)),
            Op::Import(import) => is_audit(ir.name(ir.imports[import.index()].bound)),
            _ => false,
        }
    })
}

/// `log_event(…)`, `audit(…)`
fn is_audit(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "log"
        || name.starts_with("log_") && !name.starts_with("log_in") && !name.starts_with("log_out")
        || name.starts_with("audit")
        || name.ends_with("_log")
}
