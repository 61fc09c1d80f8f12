//! What a proxy serves, whatever it is called in its configuration.

use super::{Config, Directive, Kind, directives::find, parts::inherited};
use crate::file::{DeployFile, Span};

/// A server of a proxy: an nginx `server`, an Apache `VirtualHost`, a Caddy site.
#[derive(Debug)]
pub struct Site<'c> {
    /// Its file, as an index.
    pub file: usize,
    /// For which server.
    pub kind: Kind,
    /// The block.
    pub directive: &'c Directive,
    /// What surrounds it (`http`), in the same file.
    pub around: &'c [Directive],
    /// Its names.
    pub names: Vec<String>,
    /// Where it listens.
    pub listens: Vec<Listen>,
    /// Whether every request is sent to HTTPS.
    pub redirects: bool,
    /// Whether it serves something: an application, files.
    pub serves: bool,
    /// Where it passes requests on to an application, the directive.
    pub passes: Vec<&'c Directive>,
    /// Headers set for all responses, as far as blocks do not replace them.
    pub headers: Vec<Header>,
    /// Whether it takes in files that are not in the tree: what is missing may be there.
    pub open: bool,
    /// Of nginx: its locations that answer, each with its headers.
    pub parts: Vec<Part<'c>>,
}

/// A location of nginx that answers.
#[derive(Debug)]
pub struct Part<'c> {
    /// Its block.
    pub directive: &'c Directive,
    /// Whether requests are passed on to an application.
    pub passes: bool,
    /// Headers set for its responses.
    pub headers: Vec<Header>,
    /// Headers of the application that are taken away, lower case.
    pub hidden: Vec<String>,
    /// Whether conditions, or files that are not in the tree, may set more.
    pub open: bool,
}

/// Where a site listens.
#[derive(Debug, Clone)]
pub struct Listen {
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// Whether only this machine gets there.
    pub loopback: bool,
    /// Where it says so.
    pub span: Span,
}

/// A response header that is set.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name, lower case.
    pub name: String,
    /// Its value, as written.
    pub value: String,
    /// Whether errors carry it, too.
    pub always: bool,
    /// Whether it takes the place of one that the application sends; nothing where that is not known.
    pub replaces: Option<bool>,
    /// The file and place that set it.
    pub file: usize,
    /// The directive.
    pub span: Span,
}

impl Site<'_> {
    /// Whether it speaks TLS anywhere.
    pub fn tls(&self) -> bool {
        self.listens.iter().any(|listen| listen.tls)
    }

    /// Whether it speaks plain HTTP to others than this machine.
    pub fn plain(&self) -> bool {
        self.listens.iter().any(|listen| !listen.tls && !listen.loopback)
    }

    /// A header that it sets.
    pub fn header(&self, name: &str) -> Option<&Header> {
        self.headers.iter().rev().find(|header| header.name == name)
    }

    /// How it is called in a message.
    pub fn label(&self) -> String {
        match self.names.first() {
            Some(name) if !matches!(name.as_str(), "_" | "" | "localhost") => format!("the server {name}"),
            _ => "this server".to_owned(),
        }
    }
}

/// The sites of all files. Files that take each other in are seen together.
pub fn sites<'c>(configs: &'c [Config], files: &[DeployFile]) -> Vec<Site<'c>> {
    let mut found = Vec::new();
    for config in configs {
        let context = Context { config, configs, files };
        match config.kind {
            Kind::Nginx => {
                for directive in &config.tree.directives {
                    match directive.name.as_str() {
                        "server" if directive.block.is_some() => found.push(context.nginx(directive, &[])),
                        "http" => found.extend(
                            directive
                                .all("server")
                                .filter(|server| server.block.is_some())
                                .map(|server| context.nginx(server, directive.inside())),
                        ),
                        _ => {}
                    }
                }
            }
            Kind::Apache => {
                let mut hosts = Vec::new();
                config.each(&mut |directive| {
                    if directive.name == "virtualhost" {
                        hosts.push(directive);
                    }
                });
                found.extend(hosts.into_iter().map(|host| context.apache(host)));
            }
            Kind::Caddy => {
                let sites = config.tree.directives.iter().filter(|directive| {
                    directive.block.is_some()
                        && !directive.name.is_empty()
                        && !directive.name.starts_with('(')
                });
                found.extend(sites.map(|site| context.caddy(site)));
            }
        }
    }
    found
}

pub(super) struct Context<'c, 'f> {
    config: &'c Config,
    configs: &'c [Config],
    files: &'f [DeployFile],
}

impl<'c> Context<'c, '_> {
    fn nginx(&self, server: &'c Directive, around: &'c [Directive]) -> Site<'c> {
        let mut site = self.empty(server, around);
        for name in server.all("server_name") {
            site.names.extend(name.args.iter().map(|word| word.text.clone()));
        }
        let ssl_on = find(server.inside(), "ssl").is_some_and(|ssl| ssl.arg(0) == "on");
        for listen in server.all("listen") {
            let address = listen.arg(0);
            if address.starts_with("unix:") {
                continue;
            }
            let (host, port) = match address.rsplit_once(':') {
                Some((host, port)) if !port.contains(']') => (host, port),
                _ if address.bytes().all(|b| b.is_ascii_digit()) => ("", address),
                _ => (address, "80"),
            };
            let tls = ssl_on || listen.args.iter().any(|word| matches!(word.text.as_str(), "ssl" | "quic"));
            let loopback = host.starts_with("127.") || host == "localhost" || host == "[::1]";
            let Ok(port) = port.parse() else { continue };
            site.listens.push(Listen { port, tls, loopback, span: listen.span });
        }
        if server.all("listen").next().is_none() {
            site.listens.push(Listen { port: 80, tls: ssl_on, loopback: false, span: server.span });
        }
        let mut redirect_all = server.inside().iter().any(is_https_redirect);
        let mut all_locations_redirect = true;
        server.each(&mut |directive| {
            match directive.name.as_str() {
                "proxy_pass" | "uwsgi_pass" | "fastcgi_pass" | "grpc_pass" | "scgi_pass" => {
                    site.passes.push(directive)
                }
                // An `if` on the scheme, or on a header of an outer proxy.
                "if" if directive.inside().iter().any(is_https_redirect) => {
                    let condition: String = directive.args.iter().map(|word| word.text.as_str()).collect();
                    redirect_all |= ["scheme", "https", "forwarded_proto", "$host", "ssl"]
                        .iter()
                        .any(|word| condition.contains(word));
                }
                "location" => {
                    let is_challenge = directive.args.iter().any(|word| word.text.contains("well-known"));
                    let answers = directive.inside().iter().any(|inner| {
                        is_https_redirect(inner) || (inner.name == "return" && !inner.arg(0).starts_with('2'))
                    });
                    all_locations_redirect &= is_challenge || answers;
                }
                "root" | "alias" => site.serves = true,
                _ => {}
            }
        });
        let has_locations = server.all("location").next().is_some();
        site.redirects = redirect_all || (has_locations && all_locations_redirect);
        site.serves |= !site.passes.is_empty();
        site.serves &= !server
            .inside()
            .iter()
            .any(|directive| directive.name == "return" && !directive.arg(0).starts_with('2'));
        let mut outer = self.add_headers(around, &mut site.open, 0);
        if around.is_empty() {
            outer.extend(self.http_headers());
        }
        let own = self.add_headers(server.inside(), &mut site.open, 0);
        site.headers = inherited(own, &outer);
        site.parts = self.parts(server, &site);
        site
    }

    fn empty(&self, directive: &'c Directive, around: &'c [Directive]) -> Site<'c> {
        Site {
            file: self.config.file,
            kind: self.config.kind,
            directive,
            around,
            names: Vec::new(),
            listens: Vec::new(),
            redirects: false,
            serves: false,
            passes: Vec::new(),
            headers: Vec::new(),
            open: false,
            parts: Vec::new(),
        }
    }

    /// `add_header` of a list, with those of the files that it takes in.
    pub(super) fn add_headers(&self, list: &'c [Directive], open: &mut bool, depth: u8) -> Vec<Header> {
        self.add_headers_of(self.config.file, list, open, depth)
    }

    fn add_headers_of(&self, file: usize, list: &'c [Directive], open: &mut bool, depth: u8) -> Vec<Header> {
        let mut headers = Vec::new();
        for directive in list {
            match directive.name.as_str() {
                "add_header" | "more_set_headers" => headers.extend(nginx_headers(directive, file)),
                "include" if depth < 4 => match self.included(directive.arg(0)) {
                    Included::Known(configs) => {
                        for config in configs {
                            headers.extend(self.add_headers_of(
                                config.file,
                                &config.tree.directives,
                                open,
                                depth + 1,
                            ));
                        }
                    }
                    Included::Harmless => {}
                    Included::Unknown => *open = true,
                },
                _ => {}
            }
        }
        headers
    }

    /// Headers at the level of `http` in other files of the tree: files below `conf.d` are taken in there.
    fn http_headers(&self) -> Vec<Header> {
        let mut headers = Vec::new();
        for config in self.configs.iter().filter(|config| config.kind == Kind::Nginx) {
            for http in config.tree.directives.iter().filter(|directive| directive.name == "http") {
                headers.extend(
                    http.all("add_header").flat_map(|directive| nginx_headers(directive, config.file)),
                );
            }
        }
        headers
    }

    /// The files of the tree that an `include` names.
    fn included(&self, name: &str) -> Included<'c> {
        const KNOWN: &[&str] = &[
            "mime.types",
            "proxy_params",
            "uwsgi_params",
            "fastcgi_params",
            "scgi_params",
            "options-ssl-nginx.conf",
            "fastcgi.conf",
        ];
        let last = name.rsplit('/').next().unwrap_or(name);
        if KNOWN.contains(&last) || name.contains("modules-enabled") {
            return Included::Harmless;
        }
        let matches = |file: &DeployFile| match last.split_once('*') {
            None => file.name() == last,
            Some((start, end)) => {
                let folder = name.rsplit('/').nth(1).unwrap_or_default();
                file.name().starts_with(start)
                    && file.name().ends_with(end)
                    && file.folder().ends_with(folder)
            }
        };
        let found: Vec<&'c Config> = self
            .configs
            .iter()
            .filter(|config| {
                config.file != self.config.file && self.files.get(config.file).is_some_and(matches)
            })
            .take(16)
            .collect();
        if found.is_empty() { Included::Unknown } else { Included::Known(found) }
    }

    fn apache(&self, host: &'c Directive) -> Site<'c> {
        let mut site = self.empty(host, &self.config.tree.directives);
        let mut engine = false;
        let mut collect = |list: &'c [Directive]| {
            for directive in list {
                directive.each(&mut |directive| match directive.name.as_str() {
                    "servername" | "serveralias" => {
                        site.names.extend(directive.args.iter().map(|word| word.text.clone()))
                    }
                    "sslengine" => engine |= directive.arg(0).eq_ignore_ascii_case("on"),
                    "proxypass" | "proxypassmatch" | "wsgiscriptalias" => site.passes.push(directive),
                    "documentroot" | "alias" => site.serves = true,
                    "redirect" | "redirectmatch" | "redirectpermanent" => {
                        site.redirects |=
                            directive.args.last().is_some_and(|word| word.text.starts_with("https:"));
                    }
                    "rewriterule" => site.redirects |= directive.arg(1).starts_with("https:"),
                    "header" => site.headers.extend(apache_header(directive, self.config.file)),
                    "include" | "includeoptional" | "use" => {
                        site.open |= !directive.arg(0).contains("options-ssl-apache")
                    }
                    _ => {}
                });
            }
        };
        collect(host.inside());
        // What stands outside of hosts holds for all of them.
        let outer: Vec<Header> = self
            .config
            .tree
            .directives
            .iter()
            .filter(|directive| directive.name == "header")
            .filter_map(|directive| apache_header(directive, self.config.file))
            .collect();
        site.headers.extend(outer);
        site.serves |= !site.passes.is_empty();
        for word in &host.args {
            let port = word.text.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(80);
            let loopback = word.text.starts_with("127.") || word.text.starts_with("localhost");
            site.listens.push(Listen { port, tls: engine || port == 443, loopback, span: word.span });
        }
        site
    }

    fn caddy(&self, block: &'c Directive) -> Site<'c> {
        let mut site = self.empty(block, &[]);
        let addresses = std::iter::once((block.name.as_str(), block.span))
            .chain(block.args.iter().map(|word| (word.text.as_str(), word.span)));
        for (address, span) in addresses {
            let address = address.trim_end_matches(',');
            let plain = address.starts_with("http://") || address.starts_with(':') && address != ":443";
            let name = address.trim_start_matches("http://").trim_start_matches("https://");
            site.names.push(name.to_owned());
            let port = name.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
            let loopback = name.starts_with("localhost") || name.starts_with("127.");
            site.listens.push(Listen {
                port: port.unwrap_or(if plain { 80 } else { 443 }),
                tls: !plain,
                loopback,
                span,
            });
        }
        // Caddy redirects by itself where it speaks TLS.
        site.redirects = site.tls();
        block.each(&mut |directive| match directive.name.as_str() {
            "reverse_proxy" | "php_fastcgi" => site.passes.push(directive),
            "file_server" | "root" => site.serves = true,
            "import" => site.open = true,
            "header" => site.headers.extend(caddy_headers(directive, self.config.file)),
            _ => {}
        });
        site.serves |= !site.passes.is_empty();
        site
    }
}

enum Included<'c> {
    Known(Vec<&'c Config>),
    /// Sets no headers.
    Harmless,
    /// Not in the tree.
    Unknown,
}

/// `return 301 https://…`, `rewrite ^ https://…`
fn is_https_redirect(directive: &Directive) -> bool {
    match directive.name.as_str() {
        "return" => directive
            .args
            .iter()
            .any(|word| word.text.starts_with("https://") || word.text.starts_with("$scheme_redirect")),
        "rewrite" => directive.arg(1).starts_with("https://"),
        _ => false,
    }
}

fn nginx_headers(directive: &Directive, file: usize) -> Vec<Header> {
    if directive.name == "more_set_headers" {
        let headers = directive.args.iter().filter_map(|word| word.text.split_once(':'));
        return headers
            .map(|(name, value)| Header {
                name: name.trim().to_ascii_lowercase(),
                value: value.trim().to_owned(),
                always: true,
                replaces: Some(true),
                file,
                span: directive.span,
            })
            .collect();
    }
    vec![Header {
        name: directive.arg(0).to_ascii_lowercase(),
        value: directive.arg(1).to_owned(),
        always: directive.arg(2) == "always",
        replaces: Some(false),
        file,
        span: directive.span,
    }]
}

fn apache_header(directive: &Directive, file: usize) -> Option<Header> {
    let always = directive.arg(0).eq_ignore_ascii_case("always");
    let skip = usize::from(always || directive.arg(0).eq_ignore_ascii_case("onsuccess"));
    let action = directive.arg(skip).to_ascii_lowercase();
    matches!(action.as_str(), "set" | "append" | "add" | "merge" | "setifempty").then(|| Header {
        name: directive.arg(skip + 1).to_ascii_lowercase(),
        value: directive.arg(skip + 2).to_owned(),
        always,
        // What `always` sets stands beside what a proxied answer brings.
        replaces: Some(action == "set" && !always),
        file,
        span: directive.span,
    })
}

fn caddy_headers(directive: &Directive, file: usize) -> Vec<Header> {
    let header = |name: &str, value: &str, span: Span| {
        let name = name.trim_start_matches(['+', '?', '>']);
        (!name.starts_with('-')).then(|| Header {
            name: name.to_ascii_lowercase(),
            value: value.to_owned(),
            always: true,
            replaces: None,
            file,
            span,
        })
    };
    if directive.block.is_some() {
        return directive
            .inside()
            .iter()
            .filter_map(|inner| header(&inner.name, inner.arg(0), inner.span))
            .collect();
    }
    // A matcher may stand first.
    let skip = usize::from(directive.arg(0).starts_with(['@', '/', '*']));
    header(directive.arg(skip), directive.arg(skip + 1), directive.span).into_iter().collect()
}
