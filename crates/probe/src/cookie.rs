//! Cookies as browsers read them (RFC 6265bis, 5.6).

/// A `Set-Cookie` header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    /// In lower case.
    pub(crate) same_site: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) domain: Option<String>,
    /// Whether it takes a cookie away.
    pub(crate) deletes: bool,
}

impl Cookie {
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let mut cookie = Self { name: name.trim().to_owned(), value: value.to_owned(), ..Self::default() };
        cookie.deletes = value.is_empty();
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = Some(value.to_ascii_lowercase()),
                "path" => cookie.path = Some(value.to_owned()),
                "domain" if !value.is_empty() => cookie.domain = Some(value.to_owned()),
                "max-age" => cookie.deletes |= value.parse::<i64>().is_ok_and(|age| age <= 0),
                "expires" => cookie.deletes |= value.contains("1970"),
                _ => {}
            }
        }
        (!cookie.name.is_empty()).then_some(cookie)
    }

    /// Whether it keeps a token against requests of other sites, which scripts may have to read.
    pub(crate) fn is_csrf_token(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.contains("csrf") || name.contains("xsrf")
    }

    /// Whether it looks like one that says who somebody is: by its name, or by a long value that looks random, or signed.
    pub(crate) fn is_session(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let name = name.trim_start_matches("__host-").trim_start_matches("__secure-");
        const WORDS: &[&str] = &["sess", "auth", "token", "jwt", "remember", "login", "identity", "sso"];
        let tells = WORDS.iter().any(|word| name.contains(word)) || name.ends_with("sid") || name == "id";
        let digits = self.value.bytes().filter(u8::is_ascii_digit).count();
        let is_random = self.value.len() >= 20
            && digits >= 3
            && self.value.bytes().any(|byte| byte.is_ascii_alphabetic());
        !self.is_csrf_token() && (tells || is_random && (self.http_only || self.value.len() >= 40))
    }

    /// Whether browsers send it along with a form of another site.
    pub(crate) fn is_sent_across_sites(&self) -> bool {
        self.same_site.as_deref() == Some("none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read() {
        let cookie = Cookie::parse("session=eyJ; Path=/; HttpOnly; samesite=LAX; Secure").unwrap();
        assert!(cookie.secure && cookie.http_only && cookie.is_session() && !cookie.deletes);
        assert_eq!(cookie.same_site.as_deref(), Some("lax"));
        assert!(Cookie::parse("a=; expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap().deletes);
        assert!(!Cookie::parse("theme=dark").unwrap().is_session());
        assert!(!Cookie::parse("csrftoken=abc").unwrap().is_session());
        assert_eq!(Cookie::parse("garbage"), None);
    }
}
