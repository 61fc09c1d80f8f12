//! Package URLs (ECMA-427), for PyPI and npm.

/// A package URL.
///
/// PyPI names get the form in which the index compares them (PyPA "Names and normalization"); the scope of an npm name is its namespace. A version goes in only
/// where it is exact. Nothing for an ecosystem without a type of its own.
pub(crate) fn purl(ecosystem: &str, name: &str, version: Option<&str>) -> Option<String> {
    let mut out = String::from("pkg:");
    match ecosystem {
        "PyPI" => {
            out.push_str("pypi/");
            encode(&normalised(name), &mut out);
        }
        "npm" => {
            out.push_str("npm/");
            let (scope, name) = scoped(name);
            if let Some(scope) = scope {
                encode(&scope.to_lowercase(), &mut out);
                out.push('/');
            }
            encode(&name.to_lowercase(), &mut out);
        }
        _ => return None,
    }
    if let Some(version) = version {
        out.push('@');
        encode(version, &mut out);
    }
    Some(out)
}

/// The package URL of what was examined: no registry knows it, so its type is `generic`.
pub(crate) fn generic(name: &str, version: Option<&str>) -> String {
    let mut out = String::from("pkg:generic/");
    encode(if name.is_empty() { "target" } else { name }, &mut out);
    if let Some(version) = version {
        out.push('@');
        encode(version, &mut out);
    }
    out
}

/// The scope of an npm name, with its `@`, and the rest.
pub(crate) fn scoped(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((scope, rest)) if scope.len() > 1 && scope.starts_with('@') && !rest.is_empty() => {
            (Some(scope), rest)
        }
        _ => (None, name),
    }
}

/// Lower case, with runs of `-`, `_` and `.` as one `-`.
fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// Percent-encodes everything but letters, digits, `.`, `-`, `_`, `~` and the colon, which the standard wants plain everywhere.
pub(crate) fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_follow_the_standard() {
        let of = |ecosystem, name, version| purl(ecosystem, name, version).unwrap();
        assert_eq!(of("PyPI", "Django_allauth", Some("12.23")), "pkg:pypi/django-allauth@12.23");
        assert_eq!(of("PyPI", "zope.interface", None), "pkg:pypi/zope-interface");
        assert_eq!(of("PyPI", "torch", Some("2.1.0+cu118")), "pkg:pypi/torch@2.1.0%2Bcu118");
        assert_eq!(of("PyPI", "epoch", Some("1!2.0")), "pkg:pypi/epoch@1%212.0");
        assert_eq!(of("npm", "@angular/animation", Some("12.3.1")), "pkg:npm/%40angular/animation@12.3.1");
        assert_eq!(of("npm", "foobar", Some("12.3.1")), "pkg:npm/foobar@12.3.1");
        assert_eq!(of("npm", "@x", None), "pkg:npm/%40x");
        assert_eq!(of("PyPI", "a b/ü?#%", None), "pkg:pypi/a%20b%2F%C3%BC%3F%23%25");
        assert_eq!(purl("Debian", "openssl", None), None);
        assert_eq!(generic("my shop", Some("0a1b")), "pkg:generic/my%20shop@0a1b");
        assert_eq!(generic("", None), "pkg:generic/target");
    }
}
