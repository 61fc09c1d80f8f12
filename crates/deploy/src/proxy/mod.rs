//! Proxies in front of the application: the servers that nginx, Apache and Caddy are told to be.

pub mod directives;
pub(crate) mod edit;
mod parts;
mod sites;

pub use directives::{Directive, Tree};
pub use sites::{Header, Listen, Part, Site, sites};

/// Which server a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// nginx.
    Nginx,
    /// The Apache HTTP server.
    Apache,
    /// Caddy.
    Caddy,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::Caddy => "Caddy",
        }
    }
}

/// A file of configuration.
#[derive(Debug)]
pub struct Config {
    /// Its file, as an index.
    pub file: usize,
    /// For which server.
    pub kind: Kind,
    /// What it says.
    pub tree: Tree,
}

impl Config {
    /// Parses a file.
    pub fn parse(kind: Kind, text: &str, file: usize) -> Self {
        let tree = match kind {
            Kind::Nginx => directives::nginx(text),
            Kind::Apache => directives::apache(text),
            Kind::Caddy => directives::caddy(text),
        };
        Self { file, kind, tree }
    }

    /// Every directive, outermost first.
    pub fn each<'d>(&'d self, visit: &mut dyn FnMut(&'d Directive)) {
        for directive in &self.tree.directives {
            directive.each(visit);
        }
    }

    /// Whether the file says anything that this kind of server reads.
    pub fn is_one(&self) -> bool {
        const NGINX: &[&str] = &[
            "server",
            "location",
            "upstream",
            "http",
            "proxy_pass",
            "add_header",
            "proxy_set_header",
            "ssl_protocols",
            "listen",
            "server_tokens",
            "gzip",
            "uwsgi_pass",
            "map",
        ];
        match self.kind {
            Kind::Nginx => {
                self.tree.directives.iter().any(|directive| NGINX.contains(&directive.name.as_str()))
            }
            Kind::Apache | Kind::Caddy => !self.tree.directives.is_empty(),
        }
    }
}
