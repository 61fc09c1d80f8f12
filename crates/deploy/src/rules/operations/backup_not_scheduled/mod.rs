//! A backup is written down, and nothing runs it.

use clearance_finding::{Confidence, Finding, Plane, Rule, Severity};
use clearance_source::FileKind;

use crate::{
    DeployFile, DeployRule, Deployment, Report, rules::settings::common::hold_at,
    settings::environment::is_deployed, words::without_secrets,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    id: "backup-not-scheduled",
    title: "A backup is written down, and nothing runs it",
    plane: Plane::Deploy,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[1053],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 60,
    audit: false,
    advice: "Let a timer, a cron job or a service of the composition run the backup, and try to restore one",
    doc: include_str!("doc.md"),
};

/// The rule and its check.
pub(super) static CHECK: DeployRule = DeployRule { rule: &RULE, check };

/// Commands that back up data.
const TOOLS: &[&str] = &[
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "mysqldump",
    "mariadb-dump",
    "mongodump",
    "wal-g",
    "pgbackrest",
    "restic backup",
    "borg create",
    "borgmatic",
    "duplicity",
    "dbbackup",
    "litestream replicate",
    "barman backup",
];

fn check(deployment: &Deployment<'_>, report: &mut Report) {
    let files = || deployment.files.iter().filter(|file| is_deployed(file));
    let schedules: Vec<&DeployFile> = files().filter(|file| is_schedule(file)).collect();
    let compositions: Vec<&DeployFile> = deployment
        .model
        .compositions
        .iter()
        .map(|composition| &deployment.files[composition.file])
        .filter(|file| file.is_deployed())
        .collect();
    for file in schedules.iter().chain(&compositions) {
        if let Some((at, tool)) = tool_in(&file.text) {
            report.examined();
            let location = without_secrets(file.location(at, at + tool.len()));
            hold_at(report, &RULE, &location, &format!("`{tool}` is run by this file"));
        }
    }
    for script in files().filter(|file| is_backup_script(file)) {
        let Some((at, tool)) = tool_in(&script.text) else { continue };
        let name = script.name();
        let runner =
            schedules.iter().chain(&compositions).find_map(|file| Some((*file, file.text.find(name)?)));
        let location = without_secrets(script.location(at, at + tool.len()));
        report.examined();
        match runner {
            Some((file, at)) => {
                let place = without_secrets(file.location(at, at + name.len()));
                hold_at(report, &RULE, &place, &format!("the backup script `{name}` is run by this file"));
            }
            None => {
                let message = format!("The backup script `{name}` is run by nothing in the target");
                report.finding(Finding::new(&RULE, location, message));
            }
        }
    }
}

/// A file that runs something at certain times: cron, timers, jobs of Kubernetes.
fn is_schedule(file: &DeployFile) -> bool {
    let name = file.name().to_ascii_lowercase();
    name.starts_with("crontab")
        || name.ends_with(".cron")
        || name.ends_with(".crontab")
        || file.path.contains("cron.d/")
        || name.ends_with(".service")
        || file.text.contains("kind: CronJob")
        || file.kind == FileKind::Workflow && file.text.contains("schedule:")
}

fn is_backup_script(file: &DeployFile) -> bool {
    let name = file.name().to_ascii_lowercase();
    (name.ends_with(".sh") || name.ends_with(".bash"))
        && name.split(['.', '-', '_']).any(|word| matches!(word, "backup" | "backups"))
}

/// The first tool that a line which is no comment names, and where.
fn tool_in(text: &str) -> Option<(usize, &'static str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        for tool in TOOLS {
            if let Some(found) = line.find(tool) {
                let before = line[..found].chars().next_back();
                let after = line[found + tool.len()..].chars().next();
                let inside =
                    |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
                if !inside(before) && !inside(after) {
                    return Some((start + found, tool));
                }
            }
        }
    }
    None
}
