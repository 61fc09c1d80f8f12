//! Response headers that are told outside the code of the handlers: by settings, by extensions, by servers in front of the application.

use crate::Location;

/// What settings, extensions and servers in front of the application do with the headers of its responses.
#[derive(Debug, Clone, Default)]
pub struct HeaderSources {
    /// Headers that settings and extensions of the application send.
    pub configured: Vec<SentHeader>,
    /// The servers in front of it.
    pub servers: Vec<ProxyServer>,
    /// Headers, in lower case, that files of deployment name without being understood; `*` stands for all of them.
    pub mentioned: Vec<String>,
}

/// A header that the application sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value, with `{}` for parts that are not known; nothing where none of it is.
    pub value: Option<String>,
    /// What sends it (`` "`add_security_headers`" ``).
    pub by: String,
    /// Where it is set.
    pub location: Location,
    /// What decides whether a response has it, one clause; empty where all have.
    pub condition: String,
}

/// A server of a proxy that serves something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyServer {
    /// Which program (`"nginx"`).
    pub program: &'static str,
    /// Its block.
    pub location: Location,
    /// Whether it is in force in production, as far as its path tells.
    pub deployed: bool,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Whether it does nothing but send to HTTPS.
    pub redirects: bool,
    /// Whether it takes in files that are not in the tree: what is missing may be there.
    pub open: bool,
    /// What it serves, each with the headers that it gets.
    pub parts: Vec<ProxyPart>,
}

/// A part of what a server serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyPart {
    /// Its address as it is written (`"/static/"`); empty for the server itself.
    pub name: String,
    /// Its block.
    pub location: Location,
    /// Whether the application answers; otherwise files are sent.
    pub application: bool,
    /// The headers that are added.
    pub headers: Vec<ProxyHeader>,
    /// Headers of the application, in lower case, that are taken away.
    pub hidden: Vec<String>,
    /// Whether a header may be set there under a condition.
    pub conditional: bool,
}

/// A header that a server adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value; nothing where variables decide it.
    pub value: Option<String>,
    /// Whether pages of errors carry it, too.
    pub always: bool,
    /// Whether it takes the place of one that the application sends; nothing where that is not known. Otherwise the client gets both.
    pub replaces: Option<bool>,
    /// Where it is set.
    pub location: Location,
}
