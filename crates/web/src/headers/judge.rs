//! What the client gets of one header.

use clearance_finding::{Fact, Finding, Location, ProxyHeader, ProxyPart, ProxyServer, Rule, Severity, Step};

use super::{
    Family, Header, Picture, Scope, Source,
    grade::{Grade, grade},
};
use crate::Report;

/// Longest value that is shown.
const MAX_SHOWN: usize = 100;
/// Most reasons for not knowing.
const MAX_REASONS: usize = 4;

/// Judges one header: findings, facts, or what keeps it open.
pub(crate) fn judge(header: Header, picture: &Picture<'_>, rule: &'static Rule, report: &mut Report) {
    if picture.applications.is_empty() {
        return;
    }
    let look = Look { header, picture, rule };
    let own = look.own();
    look.weak(&own, report);
    let covered = look.is_covered(&own) && !look.is_taken_away();
    let parts = look.parts();
    let added = !parts.is_empty() && parts.iter().all(|(_, part)| look.added(part).is_some());
    if covered || added {
        report.examined();
        look.say_own(&own, report);
        look.say_parts(&parts, report);
        if covered {
            look.differences(&own, &parts, report);
        }
        look.files(report);
        return;
    }
    let somewhere = parts.iter().any(|(_, part)| look.sent_by(part).is_some());
    if own.is_empty() && somewhere && look.is_complete() {
        let mut found = false;
        for (server, part) in parts
            .iter()
            .filter(|(server, part)| !server.open && !part.conditional && look.sent_by(part).is_none())
        {
            found = true;
            let message = format!(
                "{} passes requests to `{}` on and adds no `{}`, and the application sends none",
                server.program,
                shown(&part.name),
                header.name()
            );
            report.finding(Finding::new(rule, part.location.clone(), message));
        }
        if found {
            return;
        }
    }
    if own.is_empty() && !somewhere && look.is_missing() {
        let place = picture.place.clone().expect("an application has a place");
        let message = format!(
            "Nothing in the project sends `{}`: neither the application nor a server in front of it",
            header.name()
        );
        let mut finding = Finding::new(rule, place, message);
        finding.fix = picture
            .repair
            .as_ref()
            .filter(|(_, headers)| headers.contains(&header))
            .map(|(fix, _)| fix.clone());
        report.finding(finding);
        return;
    }
    look.open(&own, &parts, report);
}

struct Look<'p, 'a> {
    header: Header,
    picture: &'p Picture<'a>,
    rule: &'static Rule,
}

type Part<'p> = (&'p ProxyServer, &'p ProxyPart);

impl<'p> Look<'p, '_> {
    /// What the application sends of it, with the grade.
    fn own(&self) -> Vec<(&'p Source, Grade)> {
        let graded = |source: &'p Source| {
            let sent = &source.header;
            Some((source, grade(self.header, &sent.name, sent.value.as_deref())?))
        };
        self.picture.sources.iter().filter_map(graded).collect()
    }

    /// Values that protect little. What the rules on settings say of Django's is left to them.
    fn weak(&self, own: &[(&Source, Grade)], report: &mut Report) {
        for (source, grade) in own {
            let Grade::Weak(why) = grade else { continue };
            let by_settings = source.header.by.ends_with("Middleware`");
            if by_settings && self.header != Header::SecurityPolicy {
                continue;
            }
            let sent = &source.header;
            let mut message = format!("{} sends a weak `{}`: {why}", sent.by, written(&sent.name));
            if !sent.condition.is_empty() {
                message.push_str(&format!(" ({})", sent.condition));
            }
            report.finding(Finding::new(self.rule, sent.location.clone(), message));
        }
        let mut seen: Vec<&Location> = Vec::new();
        for server in self.picture.told.servers.iter().filter(|server| server.deployed) {
            for header in server.parts.iter().flat_map(|part| &part.headers) {
                let Some(Grade::Weak(why)) = self.grade_of(header) else { continue };
                if seen.contains(&&header.location) {
                    continue;
                }
                seen.push(&header.location);
                let message = format!("{} sends a weak `{}`: {why}", server.program, written(&header.name));
                report.finding(Finding::new(self.rule, header.location.clone(), message));
            }
        }
    }

    fn grade_of(&self, header: &ProxyHeader) -> Option<Grade> {
        grade(self.header, &header.name, header.value.as_deref())
    }

    /// Whether every application sets it on all of its responses.
    fn is_covered(&self, own: &[(&Source, Grade)]) -> bool {
        let sure =
            |(source, grade): &&(&Source, Grade)| *grade == Grade::Good && source.header.condition.is_empty();
        self.picture.applications.iter().all(|(family, object)| {
            own.iter().filter(sure).any(|(source, _)| match source.scope {
                Scope::Application(site) => Some(site) == *object,
                Scope::Family(own) => own == *family,
            })
        })
    }

    /// Whether a server in front takes the application's header away.
    fn is_taken_away(&self) -> bool {
        let hides = |part: &ProxyPart| part.hidden.iter().any(|name| self.header.is(name));
        self.servers().any(|server| server.parts.iter().any(hides))
    }

    fn servers(&self) -> impl Iterator<Item = &'p ProxyServer> {
        self.picture.told.servers.iter().filter(|server| server.deployed && !server.redirects)
    }

    /// The parts of servers that pass requests on. Without TLS nobody heeds HSTS.
    fn parts(&self) -> Vec<Part<'p>> {
        let wanted = |server: &&ProxyServer| self.header != Header::TransportSecurity || server.tls;
        self.servers()
            .filter(wanted)
            .flat_map(|server| {
                server.parts.iter().filter(|part| part.application).map(move |part| (server, part))
            })
            .collect()
    }

    /// What a part adds of it.
    fn sent_by<'x>(&self, part: &'x ProxyPart) -> Option<&'x ProxyHeader> {
        part.headers.iter().rev().find(|header| self.grade_of(header).is_some())
    }

    /// The same, if that is enough for every response.
    fn added<'x>(&self, part: &'x ProxyPart) -> Option<&'x ProxyHeader> {
        // Who comes by HTTPS once is told once; pages of errors need not say it again.
        let enough = |header: &&ProxyHeader| {
            self.grade_of(header) == Some(Grade::Good)
                && (header.always || self.header == Header::TransportSecurity)
        };
        part.headers.iter().rev().find(enough)
    }

    fn fact(&self, text: String, location: &Location) -> Fact {
        Fact { rule: self.rule.id, text, location: location.clone() }
    }

    fn own_line(&self, source: &Source) -> String {
        let sent = &source.header;
        let value = sent.value.as_deref().map_or_else(String::new, |value| format!(": {}", short(value)));
        match sent.condition.as_str() {
            "" => format!(
                "{} sets `{}{value}` on every response of the application",
                sent.by,
                written(&sent.name)
            ),
            condition => format!("{} sets `{}{value}`, {condition}", sent.by, written(&sent.name)),
        }
    }

    fn say_own(&self, own: &[(&Source, Grade)], report: &mut Report) {
        for (source, grade) in own.iter().filter(|(_, grade)| !matches!(grade, Grade::Weak(_))) {
            let doubt = if *grade == Grade::Unknown { "; the value is not known" } else { "" };
            report.fact(self.fact(format!("{}{doubt}", self.own_line(source)), &source.header.location));
        }
    }

    fn say_parts(&self, parts: &[Part<'_>], report: &mut Report) {
        let mut said: Vec<&Location> = Vec::new();
        for (server, part) in parts {
            let Some(header) = self.sent_by(part) else { continue };
            if said.contains(&&header.location) {
                continue;
            }
            said.push(&header.location);
            let holders = parts
                .iter()
                .filter(|(_, other)| self.sent_by(other).is_some_and(|own| own.location == header.location));
            let to = if holders.count() == parts.len() {
                "every response of the application".to_owned()
            } else {
                format!("responses of the application below `{}`", shown(&part.name))
            };
            let value =
                header.value.as_deref().map_or_else(String::new, |value| format!(": {}", short(value)));
            let errors = if header.always { "" } else { ", but not to those of errors" };
            let text = format!("{} adds `{}{value}` to {to}{errors}", server.program, written(&header.name));
            report.fact(self.fact(text, &header.location));
        }
    }

    /// Where both send it, and not the same.
    fn differences(&self, own: &[(&Source, Grade)], parts: &[Part<'_>], report: &mut Report) {
        let mut told: Vec<(&Location, &Location)> = Vec::new();
        for (source, _) in own.iter().filter(|(source, _)| source.header.condition.is_empty()) {
            let Some(value) = &source.header.value else { continue };
            for (server, part) in parts {
                for header in part.headers.iter().filter(|header| header.name == source.header.name) {
                    let (Some(other), Some(replaces)) = (&header.value, header.replaces) else { continue };
                    let places = (&source.header.location, &header.location);
                    if same(value, other) || told.contains(&places) {
                        continue;
                    }
                    told.push(places);
                    let name = written(&header.name);
                    let gets = match replaces {
                        true => format!("the client gets only that of {}", server.program),
                        false => format!("the client gets both, and {}", self.both()),
                    };
                    let message = format!(
                        "{} sends `{name}: {}` and {} sends `{}`: {gets}",
                        source.header.by,
                        short(value),
                        server.program,
                        short(other)
                    );
                    let mut finding = Finding::new(self.rule, source.header.location.clone(), message);
                    finding.severity = Severity::Info;
                    finding.severity_reason = "each of the two protects".to_owned();
                    finding.advice = Some(format!("Let one place send `{name}`, and no other"));
                    finding.trace = vec![
                        Step {
                            location: header.location.clone(),
                            note: format!("{} adds `{}`", server.program, short(other)),
                        },
                        Step {
                            location: source.header.location.clone(),
                            note: format!("the application sends `{}`", short(value)),
                        },
                    ];
                    report.finding(finding);
                }
            }
        }
    }

    /// What browsers do with two headers of the name.
    fn both(&self) -> &'static str {
        match self.header {
            // HTML Standard, "checking a navigation response's adherence to X-Frame-Options".
            Header::FrameOptions => {
                "browsers show the page in no frame at all where the values contradict each other"
            }
            // RFC 6797, section 8.1.
            Header::TransportSecurity => "browsers heed the first, which is the application's",
            Header::SecurityPolicy => "browsers enforce both policies: what one of them forbids is forbidden",
            Header::ReferrerPolicy => "browsers heed the last one that they know, which is the server's",
            Header::ContentTypeOptions => "browsers heed the first, which is the application's",
        }
    }

    /// Files that a server sends itself are guessed at as well.
    fn files(&self, report: &mut Report) {
        if self.header != Header::ContentTypeOptions {
            return;
        }
        for server in self.servers().filter(|server| !server.open) {
            let files = server
                .parts
                .iter()
                .filter(|part| !part.application && !part.conditional && !part.name.is_empty());
            for part in files.filter(|part| !part.name.contains("well-known") && self.sent_by(part).is_none())
            {
                let message = format!(
                    "{} sends the files below `{}` without `{}`",
                    server.program,
                    shown(&part.name),
                    self.header.name()
                );
                let mut finding = Finding::new(self.rule, part.location.clone(), message);
                finding.severity = Severity::Low;
                finding.severity_reason = "only files that the server sends itself lack it".to_owned();
                report.finding(finding);
            }
        }
    }

    /// Whether what was not found is not there, as far as code goes.
    fn is_complete(&self) -> bool {
        let families = [Family::Flask, Family::Asgi, Family::Django];
        self.picture.open.is_empty()
            && self.picture.mention(self.header).is_none()
            && self.picture.applications.iter().all(|(family, _)| families.contains(family))
    }

    /// Whether nothing sends it for sure.
    fn is_missing(&self) -> bool {
        let told = self.picture.told;
        let servers_are_known = told
            .servers
            .iter()
            .all(|server| !server.open && server.parts.iter().all(|part| !part.conditional));
        let mentioned = told.mentioned.iter().any(|name| name == "*" || self.header.is(name));
        // The rules on Django's settings speak of the others, and `proxy-hsts-missing` of servers with TLS.
        let django = self.picture.applications.iter().any(|(family, _)| *family == Family::Django);
        let told_elsewhere = (django && self.header != Header::SecurityPolicy)
            || (self.header == Header::TransportSecurity && !self.parts().is_empty());
        self.picture.place.is_some()
            && self.is_complete()
            && servers_are_known
            && !mentioned
            && !told_elsewhere
            && (self.picture.pages || !self.header.is_of_pages())
    }

    /// Says what is known and what is not.
    fn open(&self, own: &[(&Source, Grade)], parts: &[Part<'_>], report: &mut Report) {
        let name = self.header.name();
        let mut reasons: Vec<(String, Location)> = Vec::new();
        for (source, grade) in own.iter().filter(|(_, grade)| !matches!(grade, Grade::Weak(_))) {
            let doubt = match grade {
                Grade::Unknown => "; the value is not known",
                _ if self.is_taken_away() => "; a server in front takes it away",
                _ => "",
            };
            reasons.push((format!("{}{doubt}", self.own_line(source)), source.header.location.clone()));
        }
        let mut said = Report::default();
        self.say_parts(parts, &mut said);
        reasons.extend(said.facts().iter().map(|fact| (fact.text.clone(), fact.location.clone())));
        let silent = parts.iter().find(|(_, part)| self.sent_by(part).is_none());
        if let Some((server, part)) = silent {
            let may =
                if server.open || part.conditional { " as far as its files are in the tree" } else { "" };
            let text = format!(
                "{} adds no `{name}` to responses below `{}`{may}",
                server.program,
                shown(&part.name)
            );
            reasons.push((text, part.location.clone()));
        }
        if own.is_empty()
            && let Some(location) = self.picture.mention(self.header)
        {
            reasons.push((
                format!("`{name}` is named here, and which responses get it is not known"),
                location.clone(),
            ));
        }
        reasons.extend(self.picture.open.iter().cloned());
        if reasons.is_empty() {
            let Some(place) = self.picture.place.clone() else { return };
            reasons.push((format!("nothing was found that sends `{name}`"), place));
        }
        for (text, location) in reasons.into_iter().take(MAX_REASONS) {
            report.undecided(self.fact(text, &location));
        }
    }
}

/// A name of a header as it is usually written.
fn written(name: &str) -> String {
    let part = |part: &str| {
        let mut chars = part.chars();
        chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

fn short(value: &str) -> String {
    let value: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
    match value.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value,
    }
}

fn shown(name: &str) -> &str {
    if name.is_empty() { "/" } else { name }
}

fn same(one: &str, other: &str) -> bool {
    let plain =
        |value: &str| value.split_whitespace().collect::<String>().trim_end_matches(';').to_ascii_lowercase();
    plain(one) == plain(other)
}
