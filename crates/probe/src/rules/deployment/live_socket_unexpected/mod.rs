use clearance_finding::{Confidence, Plane, Rule, Severity};

use crate::{
    LiveRule,
    expect::Port,
    report::{Draft, Report, count},
    seen::Seen,
    sockets::Socket,
    whole,
};

/// A socket listens that nobody expects.
static RULE: Rule = Rule {
    id: "live-socket-unexpected",
    title: "A socket listens that nobody expects",
    plane: Plane::Live,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[1327, 668],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Bind it to 127.0.0.1 or to a socket file, or close it with the firewall; what is meant to listen belongs into `ports` of the file for --expect",
    doc: include_str!("doc.md"),
};

/// The rule with its check.
pub(super) static CHECK: LiveRule = LiveRule { rule: &RULE, check };

/// Ports of services that are for the application only.
const SERVICES: &[(u16, &str)] = &[
    (1433, "SQL Server"),
    (2375, "Docker"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (5555, "Flower"),
    (5672, "RabbitMQ"),
    (6379, "Redis"),
    (8086, "InfluxDB"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (15672, "the management of RabbitMQ"),
    (27017, "MongoDB"),
];

fn check(seen: &Seen, report: &mut Report) {
    let Some(sockets) = &seen.sockets else { return };
    if let Some(why) = &sockets.unreadable {
        report.doubt(&RULE, whole(seen), why.clone());
        return;
    }
    report.examined(sockets.listening.len());
    if !sockets.has_server {
        report.doubt(
            &RULE,
            whole(seen),
            "the probed port does not listen on this machine: --listen is for the machine of the server",
        );
        return;
    }
    let mut is_clean = true;
    let mut strangers: Vec<&Socket> = Vec::new();
    for socket in &sockets.listening {
        let Some((severity, message, reason)) = judge(seen, socket) else {
            let is_stranger = match &seen.expected.ports {
                Some(ports) => !is_expected(ports, socket),
                None => !socket.is_loopback(),
            };
            strangers.extend((is_stranger && !socket.is_server).then_some(socket));
            continue;
        };
        is_clean = false;
        let draft =
            Draft::new(&RULE, whole(seen), message).symbol(format!("{} {}", socket.address, socket.port));
        report.take(draft.severity(severity, reason));
    }
    if !strangers.is_empty() {
        let shown: Vec<String> = strangers.iter().take(8).map(|socket| socket.shown()).collect();
        let more = strangers.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let number = count(strangers.len(), "further socket");
        let message = format!("{number} of this machine: {}{more}", shown.join(", "));
        let reason = match &seen.expected.ports {
            Some(_) => "they are not expected, and reached from this machine only",
            None => "nothing says which of them are expected (--expect FILE with `ports`)",
        };
        let draft = Draft::new(&RULE, whole(seen), message).symbol("others");
        report.take(draft.severity(Severity::Info, reason));
    }
    if is_clean {
        let own = sockets.listening.iter().filter(|socket| socket.is_server || socket.is_own);
        let shown: Vec<String> = own.take(6).map(Socket::shown).collect();
        let number = count(sockets.listening.len(), "listening socket");
        let text = format!("{number} looked at; of the application: {}", shown.join(", "));
        report.hold(&RULE, whole(seen), text);
    }
    if sockets.unknown > 0 {
        let number = count(sockets.unknown, "socket");
        let text = format!("the programs of {number} are not known: they belong to other users");
        report.hold(&RULE, whole(seen), text);
    }
}

fn is_expected(ports: &[Port], socket: &Socket) -> bool {
    ports
        .iter()
        .any(|port| port.port == socket.port && port.address.is_none_or(|address| address == socket.address))
}

/// What is wrong with a socket.
fn judge(seen: &Seen, socket: &Socket) -> Option<(Severity, String, &'static str)> {
    if let Some(ports) = &seen.expected.ports {
        let is_open = !is_expected(ports, socket) && !socket.is_loopback();
        let message = format!("{} is not expected", socket.shown());
        return is_open.then_some((Severity::Medium, message, "it is reached from elsewhere"));
    }
    if socket.is_loopback() {
        return None;
    }
    if let Some((_, name)) = SERVICES.iter().find(|(port, _)| *port == socket.port) {
        let message = format!("The port of {name} can be reached from elsewhere: {}", socket.shown());
        return Some((Severity::High, message, "it is meant for the application only"));
    }
    if socket.is_server && socket.is_everywhere() && seen.is_loopback() && seen.base.scheme() == "http" {
        let message = format!("The application listens on every interface: {}", socket.shown());
        return Some((
            Severity::Medium,
            message,
            "it is reached around what stands in front of it, without TLS",
        ));
    }
    if socket.is_own && !socket.is_server {
        let message = format!("A program of the application listens on a further port: {}", socket.shown());
        return Some((Severity::Medium, message, "it is reached from elsewhere"));
    }
    None
}
