//! Requests that go wrong on purpose, and harmlessly.

use url::Url;

use crate::exchange::{Ask, Purpose};

use super::{FOREIGN, Journey, MARKER};

/// Most addresses with parameters that get odd input.
const MAX_ODD: usize = 4;

impl Journey<'_> {
    pub(super) fn errors(&mut self) {
        let home = self.home();
        let absent = self.below(&format!("/{MARKER}-absent"));
        self.ask(Ask::get(Purpose::Absent, &absent));
        self.ask(Ask::with(Purpose::Method, "CLEARANCE", &home));
        for target in ["/%", MARKER] {
            let ask = Ask::get(Purpose::Malformed, &self.options.url);
            self.ask(Ask { raw_target: Some(target.to_owned()), ..ask });
        }
        self.ask(Ask::get(Purpose::Malformed, &home).header("Content-Length", "x"));
        self.odd_input(&home);
        let ask = Ask::get(Purpose::Host, &home);
        self.ask(Ask { host: Some(FOREIGN.to_owned()), ..ask });
        self.ask(Ask::get(Purpose::ForwardedHost, &home).header("X-Forwarded-Host", FOREIGN));
    }

    fn odd_input(&mut self, home: &Url) {
        let path = Ask::get(Purpose::Input, home);
        self.ask(Ask { raw_target: Some(format!("/{MARKER}/%FF%FE%00'\"").replace('"', "%22")), ..path });
        let mut query = home.clone();
        query.set_query(Some(&format!("id={MARKER}'&page=-1&limit={MARKER}&q=%00%FF&sort={MARKER}%22")));
        self.ask(Ask::get(Purpose::Input, &query));
        let cookies = ["session", "sessionid", "csrftoken"].map(|name| format!("{name}={MARKER}.%FF.x"));
        self.ask(Ask::get(Purpose::Input, home).header("Cookie", cookies.join("; ")));
        self.would(|| {
            format!("{:9} up to {MAX_ODD} of the linked addresses with odd values of their parameters", "GET")
        });
        let mut odd: Vec<Url> = Vec::new();
        let links = self.pages.iter().filter_map(|&at| crate::seen::page_of(&self.seen.exchanges[at]));
        for link in links.flat_map(|page| page.links) {
            let names: Vec<String> = link.query_pairs().map(|(name, _)| name.into_owned()).collect();
            if names.is_empty() || !self.client.may_ask(&link) || super::pages::is_fateful(&link) {
                continue;
            }
            let mut changed = link.clone();
            changed
                .query_pairs_mut()
                .clear()
                .extend_pairs(names.iter().map(|name| (name, format!("{MARKER}'\"\0"))));
            if !odd.contains(&changed) && odd.len() < MAX_ODD {
                odd.push(changed);
            }
        }
        // Where an address ends in a number, a text in its place.
        let numbered = self.pages.iter().filter_map(|&at| {
            let url = &self.seen.exchanges[at].url;
            let (folder, last) = url.path().rsplit_once('/')?;
            (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())).then(|| {
                let mut changed = url.clone();
                changed.set_path(&format!("{folder}/{MARKER}"));
                changed
            })
        });
        odd.extend(numbered.take(MAX_ODD));
        odd.append(&mut self.odd);
        for url in odd {
            self.ask(Ask::get(Purpose::Input, &url));
        }
    }
}
