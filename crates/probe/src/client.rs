//! Sends requests to the origins that were named, within the budget. On a dry run it writes down what it would send.

use url::{Origin, Url};

use crate::{
    budget::{Budget, Limits},
    exchange::{Answer, Ask, Exchange},
    net::{
        Trouble,
        connect::Way,
        http,
        proxy::Between,
        tls::{Line, Shown, Tls},
    },
};

/// A client for a few origins.
pub(crate) struct Client {
    ways: Vec<(Origin, Result<Way, Trouble>)>,
    tls: Tls,
    pub(crate) budget: Budget,
    user_agent: String,
    /// What would be sent, on a dry run.
    pub(crate) dry: Option<Vec<String>>,
    /// What the server showed in the last handshake.
    pub(crate) shown: Option<Shown>,
}

impl Client {
    pub(crate) fn new(
        origins: &[&Url],
        between: &Between,
        limits: Limits,
        user_agent: &str,
        dry: bool,
    ) -> Result<Self, Trouble> {
        let ways = origins.iter().map(|url| {
            let way = match between.proxy_for(url) {
                _ if dry => Err(Trouble::Spent(String::new())),
                Ok(proxy) => Way::find(url, proxy, limits.wait),
                Err(why) => Err(Trouble::Proxy(why)),
            };
            (url.origin(), way)
        });
        Ok(Self {
            ways: ways.collect(),
            tls: Tls::new()?,
            budget: Budget::new(limits),
            user_agent: user_agent.to_owned(),
            dry: dry.then(Vec::new),
            shown: None,
        })
    }

    /// Whether requests may go there.
    pub(crate) fn may_ask(&self, url: &Url) -> bool {
        let origin = url.origin();
        self.ways.iter().any(|(known, _)| *known == origin)
    }

    /// How connections to the origin of `url` are made.
    pub(crate) fn way(&self, url: &Url) -> Result<Way, Trouble> {
        let origin = url.origin();
        let found = self.ways.iter().find(|(known, _)| *known == origin);
        found.map_or_else(
            || Err(Trouble::Spent("not asked: nobody named this origin".to_owned())),
            |(_, way)| way.clone(),
        )
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Sends a request. Nothing on a dry run.
    pub(crate) fn ask(&mut self, ask: &Ask) -> Option<Exchange> {
        if let Some(lines) = &mut self.dry {
            lines.push(line_of(ask));
            return None;
        }
        let outcome = self.send(ask);
        self.budget.done(outcome.as_ref().err());
        Some(Exchange {
            purpose: ask.purpose.clone(),
            method: ask.method,
            path: shown_address(&ask.url).into(),
            url: ask.url.clone(),
            outcome: outcome.map(Answer::new),
        })
    }

    fn send(&mut self, ask: &Ask) -> Result<http::Raw, Trouble> {
        let way = self.way(&ask.url)?;
        let end = self.budget.turn()?;
        let stream = way.connect(self.budget.wait(), end)?;
        let mut line = match ask.url.scheme() {
            "https" => {
                let (secure, shown) = self.tls.wrap(&ask.url, stream)?;
                self.shown = Some(shown);
                Line::Secure(Box::new(secure))
            }
            _ => Line::Plain(stream),
        };
        let request = self.request(ask, &way);
        http::exchange(&mut line, &request, ask.method == "HEAD")
    }

    /// The bytes of a request.
    fn request(&self, ask: &Ask, way: &Way) -> Vec<u8> {
        let own_host = host_of(&ask.url);
        let host = ask.host.as_deref().unwrap_or(&own_host);
        let target = match way.is_forwarded() {
            true => format!("http://{own_host}/{}", ask.target().trim_start_matches('/')),
            false => ask.target(),
        };
        let mut text = format!(
            "{} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {}\r\nAccept-Encoding: identity\r\nConnection: close\r\n",
            ask.method, self.user_agent
        );
        let is_own = |name: &str| ask.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !is_own("Accept") {
            text.push_str("Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n");
        }
        if let Some(authorization) = way.proxy.as_ref().and_then(|proxy| proxy.authorization.as_ref())
            && way.is_forwarded()
        {
            text.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
        }
        for (name, value) in &ask.headers {
            // What came from a page goes out as one line.
            let value: String = value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).collect();
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = ask.body.as_deref().unwrap_or_default();
        if ask.body.is_some() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// Host and port as the `Host` header has them.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The address as reports show it: without a query, which may hold what a page gave, and cut.
pub(crate) fn shown_address(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.as_str().chars().take(300).collect()
}

/// A request, for the list of a dry run.
fn line_of(ask: &Ask) -> String {
    let mut url = ask.url.clone();
    url.set_query(None);
    url.set_path("");
    let mut line = format!("{:9} {}{}", ask.method, url.as_str().trim_end_matches('/'), ask.target());
    if let Some(host) = &ask.host {
        line.push_str(&format!("  Host: {host}"));
    }
    for (name, value) in &ask.headers {
        line.push_str(&format!("  {name}: {value}"));
    }
    line
}
