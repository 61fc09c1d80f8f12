//! Requests of other sites, unusual methods, and parameters that say where to go next.

use url::Url;

use crate::{
    exchange::{Ask, Purpose},
    known::{LOGINS, NEXT},
    seen::page_of,
};

use super::{FOREIGN, Journey, MARKER};

/// Most pages that are asked as another site would.
const MAX_ORIGINS: usize = 3;
/// Most addresses with a parameter that says where to go next.
const MAX_NEXT: usize = 8;

impl Journey<'_> {
    pub(super) fn requests(&mut self) {
        let home = self.home();
        self.origins(&home);
        self.ask(Ask::with(Purpose::Options, "OPTIONS", &home));
        self.ask(Ask::with(Purpose::Trace, "TRACE", &home).header("X-Clearance-Probe", MARKER));
        self.redirects(&home);
    }

    fn origins(&mut self, home: &Url) {
        let mut urls = vec![home.clone()];
        // What is no page is what other sites would read: an interface.
        let answers = self.pages.iter().map(|&at| &self.seen.exchanges[at]);
        let data = answers.filter(|exchange| {
            exchange
                .answer()
                .is_some_and(|answer| answer.status < 400 && answer.content_type().contains("json"))
        });
        for exchange in data {
            if urls.len() < MAX_ORIGINS && !urls.contains(&exchange.url) {
                urls.push(exchange.url.clone());
            }
        }
        self.would(|| {
            format!("{:9} up to {} other addresses with each of these origins", "GET", MAX_ORIGINS - 1)
        });
        let host = home.host_str().unwrap_or_default();
        let origins = [format!("https://{FOREIGN}"), "null".to_owned(), format!("https://{host}.{FOREIGN}")];
        for url in &urls {
            for origin in &origins {
                self.ask(Ask::get(Purpose::Origin(origin.clone()), url).header("Origin", origin));
            }
            let origin = &origins[0];
            self.ask(
                Ask::with(Purpose::Preflight(origin.clone()), "OPTIONS", url)
                    .header("Origin", origin)
                    .header("Access-Control-Request-Method", "PUT")
                    .header("Access-Control-Request-Headers", "authorization"),
            );
        }
    }

    fn redirects(&mut self, home: &Url) {
        let mut wanted: Vec<(Url, String)> = Vec::new();
        let pages: Vec<_> =
            self.pages.iter().filter_map(|&at| Some((at, page_of(&self.seen.exchanges[at])?))).collect();
        let found: Vec<_> = self.pages.iter().map(|&at| self.seen.exchanges[at].url.clone()).collect();
        let links = pages.iter().flat_map(|(_, page)| page.links.iter().cloned());
        for link in links.chain(found) {
            let next = link.query_pairs().map(|(name, _)| name.into_owned()).find(|name| is_next(name));
            wanted.extend(next.map(|name| (link, name)));
        }
        for (_, page) in &pages {
            for form in page.forms.iter().filter(|form| !form.is_post) {
                let next = form.fields.iter().find(|field| is_next(&field.name));
                wanted.extend(next.map(|field| (form.action.clone(), field.name.clone())));
            }
        }
        let is_login = |url: &Url| {
            LOGINS.iter().any(|path| url.path().trim_end_matches('/') == path.trim_end_matches('/'))
        };
        for &at in &self.pages {
            let exchange = &self.seen.exchanges[at];
            let there = exchange.answer().is_some_and(|answer| answer.status < 400);
            if there && is_login(&exchange.url) {
                wanted.push((exchange.url.clone(), "next".to_owned()));
            }
        }
        for name in ["next", "url"] {
            wanted.push((home.clone(), name.to_owned()));
        }
        // What redirects at all may take the target from a parameter.
        for path in ["/redirect", "/go"] {
            wanted.push((self.below(path), "url".to_owned()));
        }
        self.would(|| {
            format!("{:9} up to {MAX_NEXT} addresses with a parameter that says where to go next", "GET")
        });
        let mut asked: Vec<(Url, String)> = Vec::new();
        for (url, name) in wanted {
            let mut plain = url.clone();
            plain.set_query(None);
            plain.set_fragment(None);
            let key = (plain, name.clone());
            if asked.contains(&key)
                || asked.len() >= MAX_NEXT + 4
                || !self.client.may_ask(&url)
                || super::pages::is_fateful(&url)
            {
                continue;
            }
            asked.push(key);
            for value in [format!("https://{FOREIGN}/"), format!("/\\{FOREIGN}/")] {
                let at =
                    self.ask(Ask::get(Purpose::Redirect(name.clone()), &with_parameter(&url, &name, &value)));
                // The second value is for those that look at the first characters only.
                let leads = at
                    .and_then(|at| self.seen.exchanges[at].answer())
                    .is_some_and(|answer| answer.is_redirect());
                let follows = at.is_some_and(|at| leads_to(&self.seen.exchanges[at], FOREIGN));
                if follows || at.is_some() && !leads {
                    break;
                }
            }
        }
        let ask = Ask::get(Purpose::Redirect("path".to_owned()), home);
        self.ask(Ask { raw_target: Some(format!("//{FOREIGN}/%2e%2e")), ..ask });
    }
}

fn is_next(name: &str) -> bool {
    NEXT.contains(&name.to_ascii_lowercase().as_str())
}

fn with_parameter(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut changed = url.clone();
    changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    changed
}

/// Whether the answer sends the browser to `host`.
pub(crate) fn leads_to(exchange: &crate::exchange::Exchange, host: &str) -> bool {
    let Some(answer) = exchange.answer().filter(|answer| answer.is_redirect()) else { return false };
    let location = answer.header("location").unwrap_or_default();
    exchange.url.join(location).is_ok_and(|url| url.host_str().is_some_and(|found| found == host))
}
