//! TLS: the version that a client of today gets, older ones, weak ciphers, the certificate; and plain HTTP beside it.

use clearance_finding::NoticeKind;
use url::Host;

use crate::{
    certificate::Certificate,
    exchange::{Ask, Purpose},
    net::{
        Trouble,
        hello::{self, OldVersion, Reply},
        tls::Distrust,
    },
    seen::TlsSeen,
};

use super::{Journey, notice};

impl Journey<'_> {
    pub(super) fn transport(&mut self) {
        if self.options.url.scheme() != "https" {
            return;
        }
        let origin = self.options.url.origin().ascii_serialization();
        self.would(|| format!("{:9} {origin}  a handshake with TLS 1.3 or 1.2", "TLS"));
        for version in OldVersion::ALL {
            self.would(|| format!("{:9} {origin}  a first message with {}", "TLS", version.name()));
        }
        self.would(|| format!("{:9} {origin}  a first message with weak ciphers", "TLS"));
        if !self.is_dry() {
            let seen = self.handshakes();
            self.seen.tls = Some(seen);
        }
        if let Some(plain) = self.options.plain.clone() {
            self.ask(Ask::get(Purpose::Plain, &plain));
        }
    }

    fn handshakes(&mut self) -> TlsSeen {
        let mut seen = TlsSeen { version: None, old: Vec::new(), weak: None, certificate: None, trust: None };
        let url = self.options.url.clone();
        let path = crate::client::shown_address(&url);
        match self.shake_hands() {
            Ok(shown) => {
                seen.version = Some(shown.version);
                seen.certificate = shown.chain.first().and_then(|own| Certificate::read(own));
                let judge = |now: i64| {
                    let now = u64::try_from(now).unwrap_or_default();
                    self.client.tls().trust(&url, &shown, &self.options.roots, now)
                };
                let mut trust = judge(self.options.now);
                // The dates are a matter of their own: what else is wrong is seen on a day on which they are right.
                if trust == Err(Distrust::Dates)
                    && let Some(own) = &seen.certificate
                {
                    trust = judge(own.not_after - 1);
                }
                seen.trust = Some(trust);
            }
            Err(trouble) => {
                self.seen.notices.push(notice(&path, NoticeKind::Unreadable, format!("TLS: {trouble}")));
                if matches!(trouble, Trouble::Unreachable(_) | Trouble::Proxy(_) | Trouble::Late(_)) {
                    return seen;
                }
            }
        }
        let name = match url.host() {
            Some(Host::Domain(name)) => Some(name.to_owned()),
            _ => None,
        };
        for version in OldVersion::ALL {
            let reply = self.hello(|stream| hello::ask_old(stream, name.as_deref(), version));
            seen.old.push((version, reply));
        }
        seen.weak = Some(self.hello(|stream| hello::ask_weak(stream, name.as_deref())));
        seen
    }

    fn shake_hands(&mut self) -> Result<crate::net::tls::Shown, Trouble> {
        let url = self.options.url.clone();
        let way = self.client.way(&url)?;
        let end = self.client.budget.turn()?;
        let wait = self.client.budget.wait();
        let tls = self.client.tls().clone();
        let outcome = way.connect(wait, end).and_then(|stream| tls.wrap(&url, stream));
        self.client.budget.done(outcome.as_ref().err());
        outcome.map(|(_, shown)| shown)
    }

    fn hello(&mut self, ask: impl FnOnce(&mut crate::net::deadline::Timed) -> Reply) -> Reply {
        let made = self.client.way(&self.options.url).and_then(|way| {
            let end = self.client.budget.turn()?;
            way.connect(self.client.budget.wait(), end)
        });
        match made {
            Ok(mut stream) => ask(&mut stream),
            Err(trouble) => Reply::Unclear(trouble.to_string()),
        }
    }
}
