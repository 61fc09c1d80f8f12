//! Between this program and the server: a proxy, or none.

use std::env;

use data_encoding::BASE64;
use url::{Host, Url};

/// Which proxy is used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Between {
    /// What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say; none for this machine itself.
    #[default]
    Environment,
    /// This one.
    Proxy(Url),
    /// None.
    Nothing,
}

/// A proxy that speaks HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

impl Between {
    /// The proxy for `target`.
    ///
    /// # Errors
    ///
    /// What is wrong with its address, one clause.
    pub(crate) fn proxy_for(&self, target: &Url) -> Result<Option<Proxy>, String> {
        let variable = |names: &[&str]| {
            names.iter().find_map(|name| env::var(name).ok()).filter(|value| !value.trim().is_empty())
        };
        self.choose(target, variable)
    }

    fn choose(
        &self,
        target: &Url,
        variable: impl Fn(&[&str]) -> Option<String>,
    ) -> Result<Option<Proxy>, String> {
        match self {
            Self::Nothing => Ok(None),
            Self::Proxy(url) => parse(url).map(Some),
            Self::Environment => {
                if is_this_machine(target)
                    || variable(&["no_proxy", "NO_PROXY"]).is_some_and(|list| is_exempt(target, &list))
                {
                    return Ok(None);
                }
                // `HTTP_PROXY` in capitals can come from a request in CGI; the small one cannot.
                let names: &[&str] = match target.scheme() {
                    "https" => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
                    _ => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
                };
                let Some(given) = variable(names) else { return Ok(None) };
                let whole = if given.contains("://") { given } else { format!("http://{given}") };
                let url = Url::parse(&whole).map_err(|error| format!("the proxy's address: {error}"))?;
                parse(&url).map(Some)
            }
        }
    }
}

fn parse(url: &Url) -> Result<Proxy, String> {
    if url.scheme() != "http" {
        return Err(format!("a proxy of the kind {} is not supported, only http", url.scheme()));
    }
    let host = url.host_str().ok_or("the proxy's address names no host")?;
    let authorization = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let pair = format!("{}:{}", decoded(url.username()), decoded(url.password().unwrap_or_default()));
        format!("Basic {}", BASE64.encode(pair.as_bytes()))
    });
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(Proxy { host, port: url.port_or_known_default().unwrap_or(80), authorization })
}

/// Percent-encoding taken off.
fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Whether the address is of this machine by its form.
pub(crate) fn is_this_machine(target: &Url) -> bool {
    match target.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a list like that of `NO_PROXY` names the host.
fn is_exempt(target: &Url, list: &str) -> bool {
    let Some(host) = target.host_str() else { return false };
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let port = target.port_or_known_default().unwrap_or(0).to_string();
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (name, named_port) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
                (name.to_owned(), Some(digits.to_owned()))
            }
            _ => (entry.clone(), None),
        };
        let name = name.trim_matches(['[', ']']).trim_start_matches("*.").trim_start_matches('.').to_owned();
        let is_same = name == "*" || host == name || host.ends_with(&format!(".{name}"));
        is_same && named_port.is_none_or(|named| named == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(target: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| {
                variables.iter().find(|(known, _)| known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let proxy = Between::Environment.choose(&Url::parse(target).unwrap(), find)?;
        Ok(proxy.map(|proxy| format!("{}:{}", proxy.host, proxy.port)))
    }

    #[test]
    fn the_environment_decides() {
        let proxies = [("https_proxy", "http://p.example:3128"), ("http_proxy", "q.example:8080")];
        assert_eq!(chosen("https://shop.example/", &proxies), Ok(Some("p.example:3128".to_owned())));
        assert_eq!(chosen("http://shop.example/", &proxies), Ok(Some("q.example:8080".to_owned())));
        assert_eq!(chosen("http://127.0.0.1:80/", &proxies), Ok(None));
        assert_eq!(chosen("http://[::1]:80/", &proxies), Ok(None));
        for list in ["shop.example", ".example", "*", "a, *.shop.example:443"] {
            let all = [proxies[0], proxies[1], ("NO_PROXY", list)];
            assert_eq!(chosen("https://shop.example/", &all), Ok(None), "{list}");
        }
        let other = [proxies[0], ("NO_PROXY", "op.example, shop.example:8443")];
        assert!(chosen("https://shop.example/", &other).unwrap().is_some());
        assert!(chosen("https://shop.example/", &[("ALL_PROXY", "socks5://p:1")]).is_err());
    }

    #[test]
    fn names_and_passwords_are_handed_on() {
        let proxy = parse(&Url::parse("http://ann:p%40ss@p.example").unwrap()).unwrap();
        assert_eq!(proxy.authorization.as_deref(), Some("Basic YW5uOnBAc3M="));
        assert_eq!((proxy.host.as_str(), proxy.port), ("p.example", 80));
    }
}
