//! A form that sets a password takes any length.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};
use clearance_python::ir::{ArgKind, ModuleIr, Op, Value};
use clearance_source::Role;

use crate::{DeployRule, Deployment, Report, rules::settings::common::hold_at};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "password-length-unchecked",
    title: "New passwords may be short",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[521],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Give the field `Length(min=8)` or more, and refuse common passwords",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// The least length that a password must have.
const LEAST: i32 = 8;

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let program = deployment.program;
    if !program.imports("wtforms") && !program.imports("flask_wtf") {
        return;
    }
    for (id, module) in program.modules().filter(|(_, module)| module.role == Role::Application) {
        let ir = &module.ir;
        if ir.names.find("PasswordField").is_none() {
            continue;
        }
        for class in &ir.classes {
            let form = ir.name(class.name);
            for value in ir.values(class.body) {
                let Op::StoreName { name, value: call } = ir.op(value) else { continue };
                let field = ir.name(name);
                let Op::Call { callee, args } = ir.op(call) else { continue };
                if named(ir, callee) != Some("PasswordField") || !sets_password(form, field) {
                    continue;
                }
                let location = program.location(id, ir.inst(call).range);
                let mut checks = Checks::default();
                for arg in ir.args(args) {
                    let lists = match arg.kind {
                        ArgKind::Keyword(name) => ir.name(name) == "validators",
                        _ => true,
                    };
                    if lists {
                        checks.look(ir, arg.value);
                    }
                }
                report.examined();
                match checks {
                    Checks { least: Some(least), .. } if least >= LEAST => {
                        let text = format!("`{form}.{field}` takes passwords from {least} characters on");
                        hold_at(report, &RULE, &location, &text);
                    }
                    Checks { least: Some(least), .. } => {
                        let message = format!("`{form}.{field}` takes passwords of {least} characters");
                        report.finding(Finding::new(&RULE, location, message));
                    }
                    // A validator of its own may check the length as well.
                    Checks { own: true, .. } => report.undecided(),
                    Checks { .. } if has_method(ir, class.body, field) => report.undecided(),
                    Checks { .. } => {
                        let message = format!("`{form}.{field}` takes new passwords of any length");
                        report.finding(Finding::new(&RULE, location, message));
                    }
                }
            }
        }
    }
}

/// What the validators of a field check.
#[derive(Default)]
struct Checks {
    /// The least length.
    least: Option<i32>,
    /// Whether there are some that are not of the library.
    own: bool,
}

impl Checks {
    fn look(&mut self, ir: &ModuleIr, value: Value) {
        match ir.op(value) {
            Op::List(span) | Op::Tuple(span) => {
                for item in ir.list(span) {
                    self.look(ir, *item);
                }
            }
            Op::Call { callee, args } => match named(ir, callee) {
                Some("Length") => {
                    let least = ir.args(args).iter().find(|arg| match arg.kind {
                        ArgKind::Keyword(name) => ir.name(name) == "min",
                        ArgKind::Positional => true,
                        _ => false,
                    });
                    match least.map(|arg| ir.op(arg.value)) {
                        Some(Op::Int(least)) => self.least = Some(least),
                        None => self.least = Some(0),
                        Some(_) => self.own = true,
                    }
                }
                Some("DataRequired" | "InputRequired" | "EqualTo" | "Optional" | "Required") => {}
                _ => self.own = true,
            },
            Op::Str(_) | Op::None => {}
            _ => self.own |= !matches!(named(ir, value), Some("DataRequired" | "InputRequired" | "Optional")),
        }
    }
}

/// The last name of what a value stands for.
fn named(ir: &ModuleIr, value: Value) -> Option<&str> {
    match ir.op(value) {
        Op::Global(name) | Op::Free(name) | Op::Attr { name, .. } => Some(ir.name(name)),
        Op::Import(import) => Some(ir.name(ir.imports[import.index()].bound)),
        _ => None,
    }
}

/// Whether a field of a form holds a new password: not that of a log-in, and not its repetition.
fn sets_password(form: &str, field: &str) -> bool {
    let words = crate::settings::words(form);
    let sets = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "register"
                | "registration"
                | "signup"
                | "reset"
                | "change"
                | "create"
                | "new"
                | "setup"
                | "set"
                | "install"
        )
    });
    let field = field.to_ascii_lowercase();
    let repeats = ["confirm", "repeat", "again", "verify", "retype", "2", "old", "current"];
    let new = field.contains("new");
    (sets || new) && field.contains("pass") && !repeats.iter().any(|word| field.contains(word))
}

/// `def validate_password(self, field)`
fn has_method(ir: &ModuleIr, body: clearance_python::ir::Func, field: &str) -> bool {
    let wanted = format!("validate_{field}");
    ir.values(body).any(|value| matches!(ir.op(value), Op::StoreName { name, .. } if ir.name(name) == wanted))
}
