//! The response headers that the application and the servers in front of it send, and what the client gets.
//!
//! A header counts for all responses only where a hook on the application sets it on every way through, or where every server that passes requests on adds it.

mod grade;
mod hooks;
mod judge;
mod text;
mod writes;

pub(crate) use hooks::paths;
pub(crate) use judge::judge;

use clearance_finding::{Fix, HeaderSources, Location, SentHeader};
use clearance_program::{Program, Site};
use clearance_python::ir::Text;

use crate::protect::{Judge, is_aside};

/// A header that matters to browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// `Strict-Transport-Security`
    TransportSecurity,
    /// `X-Content-Type-Options`
    ContentTypeOptions,
    /// `X-Frame-Options`, or `frame-ancestors` of a policy.
    FrameOptions,
    /// `Content-Security-Policy`
    SecurityPolicy,
    /// `Referrer-Policy`
    ReferrerPolicy,
}

impl Header {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TransportSecurity => "Strict-Transport-Security",
            Self::ContentTypeOptions => "X-Content-Type-Options",
            Self::FrameOptions => "X-Frame-Options",
            Self::SecurityPolicy => "Content-Security-Policy",
            Self::ReferrerPolicy => "Referrer-Policy",
        }
    }

    /// Whether a header of this name (lower case) is it.
    fn is(self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// Whether it says something about pages only, and nothing about data.
    fn is_of_pages(self) -> bool {
        matches!(self, Self::FrameOptions | Self::SecurityPolicy | Self::ReferrerPolicy)
    }
}

/// The part of the program that a source of headers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One application object.
    Application(Site),
    /// All applications of a kind of framework.
    Family(Family),
}

/// Kinds of frameworks that share how responses are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Flask,
    Asgi,
    Django,
    Other,
}

impl Family {
    fn of(framework: &str) -> Self {
        match framework {
            "django" | "rest_framework" | "ninja" => Self::Django,
            "fastapi" | "starlette" => Self::Asgi,
            framework if framework.starts_with("flask") || matches!(framework, "quart" | "apiflask") => {
                Self::Flask
            }
            _ => Self::Other,
        }
    }
}

/// A header that code sets.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) header: SentHeader,
    pub(crate) scope: Scope,
}

/// Everything that is known.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    /// What the application sends.
    pub(crate) sources: Vec<Source>,
    /// What is told outside its code.
    pub(crate) told: &'a HeaderSources,
    /// Why code may send headers that are not among these.
    pub(crate) open: Vec<(String, Location)>,
    /// The applications that serve routes.
    pub(crate) applications: Vec<(Family, Option<Site>)>,
    /// Where the first of them is made, or its first route.
    pub(crate) place: Option<Location>,
    /// Whether there are pages.
    pub(crate) pages: bool,
    /// The repair that has the only application send what nothing sends yet, and what that is.
    pub(crate) repair: Option<(Fix, Vec<Header>)>,
    /// Headers that literals of the program name, in lower case, each with the first place.
    mentioned: Vec<(String, Location)>,
}

impl<'a> Picture<'a> {
    /// Looks at the whole program. `served` are the routes that are served, by position.
    pub(crate) fn new(judge: &mut Judge<'a>, served: &[usize], told: &'a HeaderSources) -> Self {
        let program = judge.program;
        let (mut sources, mut open) = judge.sent_headers();
        if told.configured.iter().any(|header| header.by == "Flask-Talisman") {
            open.retain(|(text, _)| !text.contains("talisman"));
        }
        for header in &told.configured {
            let family = if header.by.starts_with("Flask") { Family::Flask } else { Family::Django };
            sources.push(Source { header: header.clone(), scope: Scope::Family(family) });
        }
        sources
            .sort_by(|a, b| (&a.header.location, &a.header.name).cmp(&(&b.header.location, &b.header.name)));
        let made = judge.applications_made();
        let mut applications: Vec<(Family, Option<Site>)> = Vec::new();
        for route in served.iter().map(|number| &program.routes()[*number]) {
            let family = Family::of(route.framework);
            let mut own = made.iter().filter(|(made, _)| *made == family).map(|(_, site)| *site);
            let hangs_on = route.chain.last().map(|link| link.object);
            // Where it is not seen on what a route hangs, it hangs on the only one that there is.
            let object = match hangs_on.filter(|object| made.contains(&(family, *object))) {
                Some(object) => Some(object),
                None => own.next().filter(|_| own.next().is_none()),
            };
            if !applications.contains(&(family, object)) {
                applications.push((family, object));
            }
        }
        let object =
            applications.iter().find_map(|(_, object)| *object).or(made.first().map(|(_, site)| *site));
        let first = served.first().map(|number| &program.routes()[*number]);
        let settings = told.configured.iter().find(|header| header.by != "Flask-Talisman");
        let place = match (object, first) {
            (None, Some(_)) if let Some(header) = settings => Some(header.location.clone()),
            (Some(made), _) => Some(program.location(made.module, program.range(made))),
            (None, Some(route)) => Some(program.location(route.module, route.range)),
            (None, None) => None,
        };
        let pages = program.templates().any(|(id, file)| program.is_shown(id) && !file.path.contains("mail"));
        let mentioned = mentioned(program);
        let unsent: Vec<(Header, &str)> = VALUES
            .iter()
            .copied()
            .filter(|(header, _)| {
                let is_sent = mentioned.iter().any(|(name, _)| header.is(name))
                    || sources.iter().any(|source| header.is(&source.header.name));
                // With a server in front it is that one which speaks TLS.
                let is_elsewhere =
                    *header == Header::TransportSecurity && told.servers.iter().any(|server| server.tls);
                !is_sent && !is_elsewhere && (pages || !header.is_of_pages())
            })
            .collect();
        let repair = match applications.as_slice() {
            [(Family::Flask, Some(site))] => {
                let lines: Vec<(&str, &str)> =
                    unsent.iter().map(|(header, value)| (header.name(), *value)).collect();
                let made = crate::repair::headers_hook(program, *site, &lines);
                made.map(|fix| (fix, unsent.iter().map(|(header, _)| *header).collect()))
            }
            _ => None,
        };
        Self { sources, told, repair, open, applications, place, pages, mentioned }
    }

    /// The only application, if it is one of Flask.
    pub(crate) fn flask(&self) -> Option<Site> {
        match self.applications.as_slice() {
            [(Family::Flask, site)] => *site,
            _ => None,
        }
    }

    /// Where a literal of the program names a header first.
    fn mention(&self, header: Header) -> Option<&Location> {
        self.mentioned.iter().find(|(name, _)| header.is(name)).map(|(_, location)| location)
    }
}

/// Headers with a value that fits most applications. What a policy has to allow is known to nobody but the application.
const VALUES: [(Header, &str); 4] = [
    (Header::ContentTypeOptions, "nosniff"),
    (Header::FrameOptions, "SAMEORIGIN"),
    (Header::ReferrerPolicy, "strict-origin-when-cross-origin"),
    (Header::TransportSecurity, "max-age=31536000"),
];

const ALL: [Header; 5] = [
    Header::TransportSecurity,
    Header::ContentTypeOptions,
    Header::FrameOptions,
    Header::SecurityPolicy,
    Header::ReferrerPolicy,
];

fn mentioned(program: &Program) -> Vec<(String, Location)> {
    let mut found: Vec<(String, Location)> = Vec::new();
    for (id, module) in program.modules().filter(|(id, _)| !is_aside(program, *id)) {
        let ir = &module.ir;
        for header in ALL {
            let name = header.name().to_ascii_lowercase();
            if found.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let names = |text: &str| {
                text.len() < 4096 && text.len() >= name.len() && text.to_ascii_lowercase().contains(&name)
            };
            let text = (0..ir.texts.len() as u32).map(Text).find(|text| names(ir.text(*text)));
            let Some(text) = text else { continue };
            let at = ir.insts.iter().find(|inst| {
                matches!(inst.op, clearance_python::ir::Op::Str(said) | clearance_python::ir::Op::Bytes(said) if said == text)
            });
            let range = at.map(|inst| inst.range).unwrap_or_default();
            found.push((name, program.location(id, range)));
        }
    }
    found
}
