//! The pages of the application: the one that was named, where it leads, usual addresses, what the code has.

use clearance_finding::NoticeKind;
use url::Url;

use crate::{
    exchange::{Ask, Purpose},
    expect,
    known::LOGINS,
    seen::page_of,
};

use super::{Journey, MARKER, notice};

/// Most redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// Most linked pages that are read.
const MAX_LINKED: usize = 12;
/// Most addresses that are taken from a description of the interface.
const MAX_LISTED: usize = 12;

impl Journey<'_> {
    /// Asks for the address that was named. Whether the server answers.
    pub(super) fn start(&mut self) -> bool {
        let Some(mut at) = self.ask(Ask::get(Purpose::Start, &self.options.url)) else {
            self.would(|| format!("{:9} up to {MAX_REDIRECTS} redirects of the same host and port", "GET"));
            return true;
        };
        let mut visited = vec![self.options.url.clone()];
        for _ in 0..MAX_REDIRECTS {
            let exchange = &self.seen.exchanges[at];
            let Some(answer) = exchange.answer().filter(|answer| answer.is_redirect()) else { break };
            let next = answer.header("location").and_then(|location| exchange.url.join(location).ok());
            let Some(next) = next.filter(|next| !visited.contains(next)) else {
                self.lost(at, "it is redirected in a circle, or to what is no address");
                break;
            };
            if !self.client.may_ask(&next) {
                let text = format!(
                    "it is redirected to {}, which nobody named",
                    next.origin().ascii_serialization()
                );
                let path = self.seen.exchanges[at].path.to_string();
                self.seen.notices.push(notice(&path, NoticeKind::Skipped, text));
                break;
            }
            visited.push(next.clone());
            match self.ask(Ask::get(Purpose::Followed, &next)) {
                Some(followed) => at = followed,
                None => break,
            }
        }
        if visited.len() > MAX_REDIRECTS {
            self.lost(at, "it is redirected too often");
        }
        self.pages.push(at);
        self.seen.exchanges[at].answer().is_some()
    }

    fn lost(&mut self, at: usize, why: &str) {
        let exchange = &self.seen.exchanges[at];
        let text = format!("{}: {why}", exchange.what());
        let notice = notice(&exchange.path, NoticeKind::Partial, text);
        self.seen.notices.push(notice);
    }

    /// Reads what the first page leads to.
    pub(super) fn discover(&mut self) {
        self.would(|| {
            format!("{:9} up to {MAX_LINKED} pages of the same host and port that it links to", "GET")
        });
        let mut wanted: Vec<Url> = Vec::new();
        let home = self.home();
        let page = self.pages.first().and_then(|&at| page_of(&self.seen.exchanges[at]));
        for link in page.into_iter().flat_map(|page| page.links).take(200) {
            let is_new = !wanted.contains(&link) && link != home;
            if is_new && self.client.may_ask(&link) && !is_fateful(&link) && wanted.len() < MAX_LINKED {
                wanted.push(link);
            }
        }
        let base = self.options.url.clone();
        let code: Vec<Url> = self
            .seen
            .expected
            .code
            .iter()
            .flat_map(|code| &code.routes)
            .filter_map(|route| expect::address(&route.path, &base))
            .filter(|url| !is_fateful(url))
            .take(expect::MAX_ROUTES)
            .collect();
        for url in code.into_iter().chain(LOGINS.iter().map(|path| self.below(path))) {
            if !wanted.contains(&url) && url != home {
                wanted.push(url);
            }
        }
        for mut url in wanted {
            url.set_fragment(None);
            let at = self.ask(Ask::get(Purpose::Page, &url));
            self.pages.extend(at);
        }
        self.listed();
    }

    /// What a description of the interface lists.
    fn listed(&mut self) {
        let description = self.below("/openapi.json");
        let found = self.ask(Ask::get(Purpose::Page, &description));
        self.would(|| format!("{:9} up to {MAX_LISTED} addresses that it lists", "GET"));
        let Some(answer) = found.and_then(|at| self.seen.exchanges[at].answer()) else { return };
        let Ok(document) = serde_json::from_slice::<serde_json::Value>(&answer.body) else { return };
        let Some(paths) = document["paths"].as_object() else { return };
        let gets = paths.iter().filter(|(_, item)| item.get("get").is_some()).map(|(path, _)| path.as_str());
        let known: Vec<Url> = self.pages.iter().map(|&at| self.seen.exchanges[at].url.clone()).collect();
        let base = self.options.url.clone();
        let wanted: Vec<Url> = gets
            .filter_map(|path| expect::address(path, &base))
            .filter(|url| !known.contains(url) && !is_fateful(url))
            .take(MAX_LISTED)
            .collect();
        let odd = paths.iter().filter_map(|(path, item)| odd(path, item.get("get")?, &base));
        self.odd = odd.filter(|url| !is_fateful(url)).take(MAX_LISTED).collect();
        for url in wanted {
            let at = self.ask(Ask::get(Purpose::Page, &url));
            self.pages.extend(at);
        }
    }
}

/// The address of an operation with odd values for its parameters, if it has any.
fn odd(path: &str, operation: &serde_json::Value, base: &Url) -> Option<Url> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let of_query = parameters.filter(|parameter| parameter["in"] == "query");
    let names: Vec<&str> = of_query.filter_map(|parameter| parameter["name"].as_str()).take(20).collect();
    let mut filled = String::new();
    let mut rest = path;
    let mut is_filled = false;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(MARKER);
        rest = after;
        is_filled = true;
    }
    filled.push_str(rest);
    let mut url = base.join(&format!("/{}", filled.trim_start_matches('/'))).ok()?;
    if names.is_empty() && !is_filled {
        return None;
    }
    if !names.is_empty() {
        url.query_pairs_mut().extend_pairs(names.iter().map(|name| (name, format!("{MARKER}'\"\0"))));
    }
    Some(url)
}

/// Whether asking for an address may do something: such ones are left alone.
pub(super) fn is_fateful(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    ["logout", "signout", "sign-out", "delete", "remove", "unsubscribe", "shutdown", "purge"]
        .iter()
        .any(|word| path.contains(word))
}
