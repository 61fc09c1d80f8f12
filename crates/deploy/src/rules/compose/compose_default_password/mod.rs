//! Default passwords in compositions.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    DeployFile, DeployRule, Deployment, Report, Span,
    compose::{Compose, Service},
    docker::Variable,
    edit::Replaced,
    words::{default_inside, is_default_password, is_reference, is_secret_name, password_in_url},
};

const TITLE: &str = "Take the password from the environment";

/// The rule.
pub static RULE: Rule = Rule {
    id: "compose-default-password",
    title: "A service has a password that everybody knows",
    plane: Plane::Deploy,
    severity: Severity::High,
    confidence: Confidence::High,
    cwe: &[1392, 259, 798],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["CKV_SECRET_4"],
    effort_minutes: 10,
    audit: false,
    advice: "Take the password from a secret or from the environment without a default (${POSTGRES_PASSWORD:?}), and change it where it was used",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub static CHECK: DeployRule = DeployRule { rule: &RULE, check };

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    for composition in &deployment.model.compositions {
        for service in &composition.services {
            for variable in &service.environment {
                one(deployment, report, composition, service, variable);
            }
            trusts(deployment, report, composition.file, service);
        }
    }
}

fn one(
    deployment: &Deployment<'_>,
    report: &mut Report,
    composition: &Compose,
    service: &Service,
    variable: &Variable,
) {
    let index = composition.file;
    let file = &deployment.files[index];
    let Some(value) = variable.value.as_deref().map(str::trim) else { return };
    let names = known_names(service);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (password, by_default) = match default_inside(value) {
        Some((_, default)) => (default, true),
        None => (value, false),
    };
    let secret = |draft: crate::report::Draft| draft.symbol(&service.name).secret(file, variable.value_span);
    if let Some((user, password, _)) = password_in_url(value) {
        let (password, by_default) = match default_inside(password) {
            Some((_, default)) => (default, true),
            None => (password, by_default),
        };
        report.judged(file);
        if is_reference(password) {
            return;
        }
        let user_default = default_inside(user).map_or(user, |(_, default)| default);
        if is_default_password(password, &[&names[..], &[user_default]].concat()) {
            let message =
                format!("{} reaches its server with a password that everybody knows", variable.name);
            let draft = deployment.draft(&RULE, index, variable.span, message);
            let written = password_in_url(value).map_or("", |(_, written, _)| written);
            let edits = from_environment(file, composition, variable, written).into_iter().flatten();
            let draft = draft.repair(TITLE, false, edits);
            report.take(secret(weighed(draft, service, by_default)));
        }
        return;
    }
    if !is_secret_name(&variable.name) {
        return;
    }
    report.judged(file);
    if is_reference(password) || !is_default_password(password, &names) {
        if value.starts_with('$') && default_inside(value).is_none() {
            report.hold(
                &RULE,
                file,
                variable.span,
                format!("{} comes from the environment and has no default", variable.name),
            );
        }
        return;
    }
    let message = if by_default {
        format!("Unless the environment says otherwise, {} is a password that everybody knows", variable.name)
    } else {
        format!("{} is a password that everybody knows", variable.name)
    };
    let draft = deployment.draft(&RULE, index, variable.span, message);
    let edits = from_environment(file, composition, variable, password).into_iter().flatten();
    let draft = draft.repair(TITLE, false, edits);
    report.take(secret(weighed(draft, service, by_default)));
}

fn weighed(draft: crate::report::Draft, service: &Service, by_default: bool) -> crate::report::Draft {
    if service.is_optional() {
        draft.severity(Severity::Low, "the service belongs to a profile of development")
    } else if by_default {
        draft.severity(Severity::Medium, "only where the environment does not set it")
    } else {
        draft
    }
}

/// Names of users and databases that stand beside a password.
fn known_names(service: &Service) -> Vec<String> {
    let ends = ["USER", "USERNAME", "_DB", "DATABASE", "_USER"];
    let named = service
        .environment
        .iter()
        .filter(|variable| ends.iter().any(|end| variable.name.to_ascii_uppercase().ends_with(end)));
    let mut names: Vec<String> = named
        .filter_map(|variable| {
            let value = variable.value.as_deref()?;
            Some(default_inside(value).map_or(value, |(_, default)| default).to_owned())
        })
        .collect();
    names.push(service.name.clone());
    names
}

/// Databases that let everybody in without a password.
fn trusts(deployment: &Deployment<'_>, report: &mut Report, index: usize, service: &Service) {
    let settings = [
        ("POSTGRES_HOST_AUTH_METHOD", "trust"),
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("MYSQL_ALLOW_EMPTY_PASSWORD", ""),
        ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", ""),
    ];
    for (name, value) in settings {
        let Some(variable) = service.variable(name) else { continue };
        let given = variable.value.as_deref().unwrap_or_default();
        let is_off = given.is_empty() || matches!(given, "0" | "no" | "false");
        if (value.is_empty() && !is_off) || (!value.is_empty() && given == value) {
            let span: Span = variable.span;
            let draft =
                deployment.draft(&RULE, index, span, format!("{name} lets everybody in without a password"));
            report.take(weighed(draft, service, false).symbol(&service.name));
        }
    }
}

/// A variable of the environment that must be set.
fn required(name: &str) -> Option<String> {
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    (is_name && !name.is_empty()).then(|| format!("${{{name}:?must be set}}"))
}

/// Takes a password that everybody knows from the environment, wherever the composition has it: the server and those that log in must have the same. A default inside of
/// `${NAME:-…}` goes by itself.
fn from_environment(
    file: &DeployFile,
    composition: &Compose,
    variable: &Variable,
    password: &str,
) -> Option<Vec<Replaced>> {
    let value = variable.value.as_deref()?.trim();
    if let Some((name, _)) = default_inside(value) {
        let whole = file.slice(variable.value_span).trim() == value;
        return whole.then(|| Some(vec![(variable.value_span, required(name)?)]))?;
    }
    if let Some((name, _)) = default_inside(password) {
        return Some(vec![in_address(file, variable, password, &required(name)?)?]);
    }
    let all = || composition.services.iter().flat_map(|service| &service.environment);
    let plain: Vec<&Variable> = all()
        .filter(|other| {
            is_secret_name(&other.name) && other.value.as_deref().map(str::trim) == Some(password)
        })
        .collect();
    // The server's own name for it, if there is one.
    let rank = |name: &&str| (!is_of_server(name), name.contains("ROOT"));
    let name = plain.iter().map(|other| other.name.as_str()).min_by_key(rank)?;
    let taken = required(name)?;
    let mut edits: Vec<Replaced> = Vec::new();
    for other in all() {
        let edit = if plain.iter().any(|one| one.value_span == other.value_span) {
            // Two that a server tells apart stay two.
            let own = if is_of_server(&other.name) { required(&other.name)? } else { taken.clone() };
            (file.slice(other.value_span).trim() == password).then_some((other.value_span, own))?
        } else {
            let same = |value: &str| password_in_url(value).is_some_and(|(_, found, _)| found == password);
            if !other.value.as_deref().is_some_and(same) {
                continue;
            }
            in_address(file, other, password, &taken)?
        };
        // What is merged in is written once.
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    Some(edits)
}

/// Whether a variable is one of those that images of servers read.
fn is_of_server(name: &str) -> bool {
    ["POSTGRES_", "MYSQL_", "MARIADB_", "MONGO_", "REDIS_", "RABBITMQ_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Another password inside of an address.
fn in_address(file: &DeployFile, variable: &Variable, password: &str, taken: &str) -> Option<Replaced> {
    let (_, found, at) = password_in_url(file.slice(variable.value_span))?;
    let start = variable.value_span.start + at;
    (found == password).then(|| (Span::new(start, start + password.len()), taken.to_owned()))
}
