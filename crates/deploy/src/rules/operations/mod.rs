//! What keeps an application running and watched: backups, error monitoring, the log of log-ins, the policy for passwords.

mod backup_not_scheduled;
mod error_monitor_without_address;
mod login_not_logged;
mod password_length_unchecked;

use crate::DeployRule;

/// External paths whose calls these rules ask about.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    let monitors = error_monitor_without_address::MONITORS.iter().map(|monitor| monitor.path);
    monitors.chain(login_not_logged::LOGINS.iter().copied()).chain(login_not_logged::SIGNALS.iter().copied())
}

/// The rules, by folder name.
pub(super) static RULES: &[&DeployRule] = &[
    &backup_not_scheduled::CHECK,
    &error_monitor_without_address::CHECK,
    &login_not_logged::CHECK,
    &password_length_unchecked::CHECK,
];
