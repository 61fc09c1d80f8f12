//! What is asked of a server, and in which order.

mod errors;
mod exposure;
mod forms;
mod login;
mod pages;
mod requests;
mod transport;

pub(crate) use forms::speaks_of_tokens;
pub(crate) use requests::leads_to;

use clearance_finding::{Notice, NoticeKind};
use url::Url;

use crate::{
    Options,
    client::Client,
    exchange::{Ask, Exchange, Purpose},
    net::Trouble,
    seen::Seen,
    sockets,
};

/// The site that foreign requests claim to come from. Names below `.example` belong to nobody (RFC 2606).
pub(crate) const FOREIGN: &str = "clearance-probe.example";
/// What is in the place of values.
pub(crate) const MARKER: &str = "clearance-probe";

/// A journey to one server.
pub(crate) struct Journey<'o> {
    options: &'o Options,
    client: Client,
    seen: Seen,
    /// Pages of the application, by their place among the exchanges.
    pages: Vec<usize>,
    /// Addresses with values that nobody expects, made of what a description of the interface lists.
    odd: Vec<Url>,
    progress: &'o dyn Fn(u32),
}

impl<'o> Journey<'o> {
    pub(crate) fn new(options: &'o Options, dry: bool, progress: &'o dyn Fn(u32)) -> Result<Self, Trouble> {
        let mut origins = vec![&options.url];
        origins.extend(options.plain.as_ref());
        let client = Client::new(&origins, &options.between, options.limits, &options.user_agent, dry)?;
        let seen = Seen {
            base: options.url.clone(),
            now: options.now,
            exchanges: Vec::new(),
            tls: None,
            forms: Vec::new(),
            forms_left: Vec::new(),
            sockets: None,
            login: None,
            expected: options.expected.clone(),
            notices: Vec::new(),
        };
        Ok(Self { options, client, seen, pages: Vec::new(), odd: Vec::new(), progress })
    }

    /// Goes through all of it. Where the server does not answer at all, the rest is not asked.
    pub(crate) fn make(mut self) -> (Seen, u32) {
        if let Some(proc) = &self.options.listen {
            self.seen.sockets = Some(sockets::look(proc, &self.options.url));
        }
        self.transport();
        if self.start() {
            self.discover();
            self.errors();
            self.exposure();
            self.requests();
            self.forms();
            self.login();
        }
        self.notices();
        (self.seen, self.client.budget.made())
    }

    /// What would be sent.
    pub(crate) fn dry_run(mut self) -> Vec<String> {
        self.transport();
        self.start();
        self.discover();
        self.errors();
        self.exposure();
        self.requests();
        self.forms();
        self.login();
        self.client.dry.unwrap_or_default()
    }

    fn is_dry(&self) -> bool {
        self.client.dry.is_some()
    }

    /// Adds to the list of a dry run what depends on answers.
    fn would(&mut self, what: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.client.dry {
            lines.push(what());
        }
    }

    /// Asks, keeps what came of it, and gives its place.
    fn ask(&mut self, ask: Ask) -> Option<usize> {
        let exchange = self.client.ask(&ask)?;
        (self.progress)(self.client.budget.made());
        self.seen.exchanges.push(exchange);
        Some(self.seen.exchanges.len() - 1)
    }

    /// An address below the one that was named.
    fn below(&self, path: &str) -> Url {
        self.options.url.join(path).unwrap_or_else(|_| self.options.url.clone())
    }

    /// The address that was named, or where it leads.
    fn home(&self) -> Url {
        let home = self.pages.first().and_then(|&at| self.seen.exchanges.get(at));
        home.map_or_else(|| self.options.url.clone(), |exchange| exchange.url.clone())
    }

    /// What could not be looked at. What ends the run is told once.
    fn notices(&mut self) {
        self.unfit();
        let mut spent: Option<(String, u32)> = None;
        let mut seen: Vec<(String, Notice)> = Vec::new();
        for exchange in &self.seen.exchanges {
            match &exchange.outcome {
                Err(Trouble::Spent(why)) => spent.get_or_insert_with(|| (why.clone(), 0)).1 += 1,
                Err(trouble) if !exchange.purpose.is_rude() => {
                    seen.push((exchange.path.to_string(), unread(exchange, trouble)));
                }
                Err(_) => {}
                Ok(answer) => {
                    if let Some(why) = answer.cut.filter(|_| exchange.purpose.is_document()) {
                        let text = format!(
                            "the body of the answer to {} was not read whole: {why}",
                            exchange.what()
                        );
                        seen.push((
                            exchange.path.to_string(),
                            notice(&exchange.path, NoticeKind::Truncated, text),
                        ));
                    }
                }
            }
        }
        seen.dedup_by(|a, b| a.0 == b.0);
        self.seen.notices.extend(seen.into_iter().map(|(_, notice)| notice));
        if let Some((why, count)) = spent {
            let path = crate::client::shown_address(&self.options.url);
            let text = format!("{count} requests: {why}; raise the bound, or look at why the server is slow");
            self.seen.notices.push(notice(&path, NoticeKind::Truncated, text));
        }
    }
}

/// Answers that say that the server has had enough, from which on what is seen is not the application.
const MOST_LIMITED: usize = 5;

impl Journey<'_> {
    /// Tells where what answered may not be the application as its users see it.
    fn unfit(&mut self) {
        let path = crate::client::shown_address(&self.options.url);
        let asked =
            self.seen.answers().filter(|(exchange, _)| !matches!(exchange.purpose, Purpose::Login(_)));
        let limited = asked.filter(|(_, answer)| answer.status == 429).count();
        if limited >= MOST_LIMITED {
            let text = format!(
                "{limited} requests are answered 429: the server limits them; lower --rate, or let this machine through"
            );
            self.seen.notices.push(notice(&path, NoticeKind::Partial, text));
        }
        let home = self.pages.first().and_then(|&at| self.seen.exchanges[at].answer());
        let Some(status) = home.map(|answer| answer.status).filter(|status| *status >= 400) else { return };
        let text = format!(
            "the address that was named is answered {status}; name one that shows a page to look at more"
        );
        let kind = if status >= 500 { NoticeKind::Partial } else { NoticeKind::Skipped };
        self.seen.notices.push(notice(&path, kind, text));
    }
}

fn unread(exchange: &Exchange, trouble: &Trouble) -> Notice {
    notice(&exchange.path, NoticeKind::Unreadable, format!("{}: {trouble}", exchange.what()))
}

fn notice(path: &str, kind: NoticeKind, text: String) -> Notice {
    Notice { path: path.into(), line: None, kind, text }
}
