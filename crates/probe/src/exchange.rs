//! A request and what came of it.

use std::{ops::Range, sync::Arc};

use clearance_finding::Location;
use url::Url;

use crate::net::{Trouble, http::Raw};

/// Why a request was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The address that was named.
    Start,
    /// Where a redirect leads.
    Followed,
    /// A page of the application: linked, listed, or a usual address of a log-in.
    Page,
    /// A page that was read before, for a new session.
    Again,
    /// An address that nothing has.
    Absent,
    /// A method that nothing has.
    Method,
    /// A request that breaks the rules of HTTP.
    Malformed,
    /// Input that nobody expects.
    Input,
    /// Another host's name.
    Host,
    /// Another host's name, told by a header of proxies.
    ForwardedHost,
    /// A debugger's address, by its place in the list.
    Debugger(usize),
    /// A file that should not be served, by its place in the list.
    File(usize),
    /// A folder.
    Folder,
    /// From another site, with this `Origin`.
    Origin(String),
    /// What another site asks before it sends, with this `Origin`.
    Preflight(String),
    /// `OPTIONS`.
    Options,
    /// `TRACE`.
    Trace,
    /// The name of a parameter that says where to go next.
    Redirect(String),
    /// A form, by its place in the list, sent as another site would send it: with its token, or without.
    Form(usize, bool),
    /// A log-in with a wrong password, by number.
    Login(u32),
    /// Plain HTTP beside HTTPS.
    Plain,
}

impl Purpose {
    /// Whether the answer is one that a visitor gets, in error or not.
    pub(crate) fn is_document(&self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::Followed
                | Self::Page
                | Self::Absent
                | Self::Method
                | Self::Malformed
                | Self::Input
        )
    }

    /// Whether the request is one that a server may turn down without a word.
    pub(crate) fn is_rude(&self) -> bool {
        matches!(self, Self::Malformed | Self::Method | Self::Trace | Self::Host | Self::Input | Self::Plain)
    }
}

/// A request in the making.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) purpose: Purpose,
    pub(crate) method: &'static str,
    pub(crate) url: Url,
    /// What is sent in place of path and query of the address.
    pub(crate) raw_target: Option<String>,
    /// What is sent in place of the host of the address.
    pub(crate) host: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Ask {
    pub(crate) fn get(purpose: Purpose, url: &Url) -> Self {
        Self::with(purpose, "GET", url)
    }

    pub(crate) fn with(purpose: Purpose, method: &'static str, url: &Url) -> Self {
        let mut url = url.clone();
        url.set_fragment(None);
        Self { purpose, method, url, raw_target: None, host: None, headers: Vec::new(), body: None }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The body of a form.
    pub(crate) fn form(mut self, fields: &[(String, String)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = Some(body.into_bytes());
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }

    /// Path and query as they are sent.
    pub(crate) fn target(&self) -> String {
        self.raw_target.clone().unwrap_or_else(|| {
            let query = self.url.query().map_or(String::new(), |query| format!("?{query}"));
            format!("{}{query}", self.url.path())
        })
    }
}

/// A request and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) purpose: Purpose,
    pub(crate) method: &'static str,
    /// The address that was asked.
    pub(crate) url: Url,
    /// The address as reports show it.
    pub(crate) path: Arc<str>,
    pub(crate) outcome: Result<Answer, Trouble>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in the order of the answer.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Why the body is not whole, if it is not.
    pub(crate) cut: Option<&'static str>,
    /// What reports show: the head, an empty line, the body. Values of cookies are left out.
    text: Arc<str>,
    line_starts: Arc<[u32]>,
    /// Where the body begins in `text`.
    body_at: usize,
}

impl Answer {
    pub(crate) fn new(raw: Raw) -> Self {
        let mut text = format!("HTTP {} {}\n", raw.status, clean(&raw.reason));
        for (name, value) in &raw.headers {
            let value =
                if name.eq_ignore_ascii_case("set-cookie") { without_value(value) } else { value.clone() };
            text.push_str(&format!("{}: {}\n", clean(name), clean(&value)));
        }
        text.push('\n');
        let body_at = text.len();
        text.push_str(&String::from_utf8_lossy(&raw.body));
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        Self {
            status: raw.status,
            headers: raw
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            body: raw.body,
            cut: raw.cut,
            text: text.into(),
            line_starts: starts,
            body_at,
        }
    }

    /// The first header of a name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// All headers of a name in lower case.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `text/html`, in lower case, without parameters; empty where there is none.
    pub(crate) fn content_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    pub(crate) fn is_html(&self) -> bool {
        matches!(self.content_type().as_str(), "text/html" | "application/xhtml+xml")
    }

    /// Whether a browser would show it as a page: HTML, what it may take for HTML, and what does not say what it is. An empty answer is one, too:
    /// the next time it may not be empty.
    pub(crate) fn is_page(&self) -> bool {
        match self.content_type().as_str() {
            "" => true,
            "image/svg+xml" | "application/xml" | "text/xml" => true,
            other => self.is_html() || self.body.is_empty() && !other.contains("json"),
        }
    }

    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status) && self.header("location").is_some()
    }

    /// The body as text.
    pub(crate) fn body_text(&self) -> &str {
        &self.text[self.body_at..]
    }
}

impl Exchange {
    /// The answer, if there is one.
    pub(crate) fn answer(&self) -> Option<&Answer> {
        self.outcome.as_ref().ok()
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// What it was, for a sentence: `GET /login`.
    pub(crate) fn what(&self) -> String {
        let query = self.url.query().map_or(String::new(), |query| format!("?{query}"));
        format!("`{} {}{query}`", self.method, self.url.path()).chars().take(120).collect()
    }

    /// The status line.
    pub(crate) fn at_status(&self) -> Location {
        match self.answer() {
            Some(answer) => {
                let end = answer.text.find('\n').unwrap_or(0);
                self.located(answer, 0..end)
            }
            None => Location::file(Arc::clone(&self.path)),
        }
    }

    /// The `index`-th header of this name, else the status line.
    pub(crate) fn at_header(&self, name: &str, index: usize) -> Location {
        let Some(answer) = self.answer() else { return self.at_status() };
        let place = answer.headers.iter().enumerate().filter(|(_, (known, _))| known == name).nth(index);
        let Some((place, _)) = place else { return self.at_status() };
        let start = answer.line_starts.get(place + 1).map_or(0, |start| *start as usize);
        let end = answer.text[start..].find('\n').map_or(answer.text.len(), |length| start + length);
        self.located(answer, start..end)
    }

    /// A range of [`Answer::body_text`].
    pub(crate) fn at_body(&self, range: Range<usize>) -> Location {
        match self.answer() {
            Some(answer) => self.located(answer, answer.body_at + range.start..answer.body_at + range.end),
            None => self.at_status(),
        }
    }

    fn located(&self, answer: &Answer, range: Range<usize>) -> Location {
        // A line of a body may go on for ever, and a report shows its beginning.
        let line_end = answer.text[range.start..].find('\n').map_or(answer.text.len(), |at| range.start + at);
        let end = range.end.min(line_end).max(range.start);
        let range = (range.start as u32, end as u32);
        Location::in_text(Arc::clone(&self.path), &answer.text, &answer.line_starts, range)
    }
}

/// One line, whatever was sent.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A `Set-Cookie` header without the value: it may be a session.
fn without_value(cookie: &str) -> String {
    let (pair, attributes) = match cookie.split_once(';') {
        Some((pair, attributes)) => (pair, format!(";{attributes}")),
        None => (cookie, String::new()),
    };
    match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() => format!("{name}=…{attributes}"),
        _ => cookie.to_owned(),
    }
}
