//! Names of TLS versions in `ssl` and pyOpenSSL.

/// Constants that stand for a protocol that is out of date.
pub(crate) const PATHS: &[&str] = &[
    "ssl.PROTOCOL_SSLv2",
    "ssl.PROTOCOL_SSLv3",
    "ssl.PROTOCOL_TLSv1",
    "ssl.PROTOCOL_TLSv1_1",
    "ssl.PROTOCOL_TLSv1_2",
    "ssl.PROTOCOL_SSLv23",
    "ssl.PROTOCOL_TLS",
    "ssl.PROTOCOL_TLS_CLIENT",
    "ssl.PROTOCOL_TLS_SERVER",
    "ssl.TLSVersion.SSLv3",
    "ssl.TLSVersion.TLSv1",
    "ssl.TLSVersion.TLSv1_1",
    "ssl.TLSVersion.TLSv1_2",
    "ssl.TLSVersion.TLSv1_3",
    "ssl.TLSVersion.MINIMUM_SUPPORTED",
    "OpenSSL.SSL.SSLv2_METHOD",
    "OpenSSL.SSL.SSLv3_METHOD",
    "OpenSSL.SSL.SSLv23_METHOD",
    "OpenSSL.SSL.TLSv1_METHOD",
    "OpenSSL.SSL.TLSv1_1_METHOD",
    "OpenSSL.SSL.TLSv1_2_METHOD",
    "OpenSSL.SSL.TLS_METHOD",
    "ssl.SSLContext",
];

/// What a constant stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Broken or withdrawn: the protocol in words.
    Old(&'static str),
    /// pyOpenSSL's `SSLv23_METHOD`: whatever both sides know, old ones included.
    Any,
    /// TLS 1.2 or later, or negotiated with the library's limits.
    Sound,
}

/// What the constant at a path stands for; nothing for other paths.
pub(crate) fn version(path: &str) -> Option<Version> {
    let last = path.rsplit('.').next()?;
    let known = path.starts_with("ssl.") || path.starts_with("OpenSSL.SSL.");
    if !known {
        return None;
    }
    match last {
        "PROTOCOL_SSLv2" | "SSLv2_METHOD" => Some(Version::Old("SSL 2")),
        "PROTOCOL_SSLv3" | "SSLv3_METHOD" | "SSLv3" => Some(Version::Old("SSL 3")),
        "PROTOCOL_TLSv1" | "TLSv1_METHOD" | "TLSv1" => Some(Version::Old("TLS 1.0")),
        "PROTOCOL_TLSv1_1" | "TLSv1_1_METHOD" | "TLSv1_1" => Some(Version::Old("TLS 1.1")),
        "MINIMUM_SUPPORTED" => Some(Version::Old("the oldest version that the library has")),
        "SSLv23_METHOD" => Some(Version::Any),
        "PROTOCOL_TLSv1_2"
        | "PROTOCOL_SSLv23"
        | "PROTOCOL_TLS"
        | "PROTOCOL_TLS_CLIENT"
        | "PROTOCOL_TLS_SERVER"
        | "TLSv1_2"
        | "TLSv1_3"
        | "TLSv1_2_METHOD"
        | "TLS_METHOD" => Some(Version::Sound),
        _ => None,
    }
}
