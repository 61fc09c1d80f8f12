//! Everything that was seen of a server: what the rules look at.

use clearance_finding::Notice;
use url::Url;

use crate::{
    certificate::Certificate,
    cookie::Cookie,
    exchange::{Answer, Exchange, Purpose},
    expect::Expected,
    net::{
        hello::{OldVersion, Reply},
        tls::Distrust,
    },
    page::{Form, Page},
    sockets::Sockets,
};

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The address that was named.
    pub(crate) base: Url,
    /// Seconds since 1970.
    pub(crate) now: i64,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) tls: Option<TlsSeen>,
    pub(crate) forms: Vec<FormSeen>,
    /// Forms that were not sent, and why.
    pub(crate) forms_left: Vec<String>,
    pub(crate) sockets: Option<Sockets>,
    /// Where attempts to log in go, if they were asked for.
    pub(crate) login: Option<LoginSeen>,
    pub(crate) expected: Expected,
    pub(crate) notices: Vec<Notice>,
}

/// What was seen of TLS.
#[derive(Debug)]
pub(crate) struct TlsSeen {
    /// The version that a client of today gets.
    pub(crate) version: Option<&'static str>,
    pub(crate) old: Vec<(OldVersion, Reply)>,
    pub(crate) weak: Option<Reply>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) trust: Option<Result<(), Distrust>>,
}

/// A form and the page that it stands on.
#[derive(Debug)]
pub(crate) struct FormSeen {
    pub(crate) form: Form,
    /// The cookies that the page sets.
    pub(crate) cookies: Vec<Cookie>,
}

/// Attempts to log in.
#[derive(Debug)]
pub(crate) struct LoginSeen {
    pub(crate) attempts: u32,
    /// A text that the answer to a log-in that came through has.
    pub(crate) success: Option<String>,
}

impl Seen {
    /// Exchanges with an answer, each with it.
    pub(crate) fn answers(&self) -> impl Iterator<Item = (&Exchange, &Answer)> {
        self.exchanges.iter().filter_map(|exchange| Some((exchange, exchange.answer()?)))
    }

    /// Answers that a visitor gets, in error or not.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&Exchange, &Answer)> {
        self.answers().filter(|(exchange, _)| exchange.purpose.is_document())
    }

    /// Exchanges of a purpose.
    pub(crate) fn of(&self, purpose: Purpose) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(move |exchange| exchange.purpose == purpose)
    }

    /// The answer to the first request, if there is one.
    pub(crate) fn start(&self) -> Option<&Exchange> {
        self.exchanges.iter().find(|exchange| exchange.purpose == Purpose::Start)
    }

    /// Whether the server is on this machine by its address: nobody else reaches it there.
    pub(crate) fn is_loopback(&self) -> bool {
        crate::net::proxy::is_this_machine(&self.base)
    }

    /// Cookies that the application sets, each name once, with the exchange and its place among the `Set-Cookie` headers.
    pub(crate) fn cookies(&self) -> Vec<(&Exchange, usize, Cookie)> {
        let mut found: Vec<(&Exchange, usize, Cookie)> = Vec::new();
        for (exchange, answer) in self.answers() {
            for (index, header) in answer.all("set-cookie").enumerate() {
                let Some(cookie) = Cookie::parse(header) else { continue };
                if !cookie.deletes && !found.iter().any(|(_, _, known)| known.name == cookie.name) {
                    found.push((exchange, index, cookie));
                }
            }
        }
        found
    }
}

/// The page of an exchange.
pub(crate) fn page_of(exchange: &Exchange) -> Option<Page> {
    let answer = exchange.answer().filter(|answer| answer.is_html())?;
    Some(crate::page::look(answer.body_text(), &exchange.url))
}
