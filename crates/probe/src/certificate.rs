//! What a certificate says of itself.

use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer, public_key::PublicKey,
};

/// Most names that are kept.
const MAX_NAMES: usize = 20;

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The names that it is for.
    pub(crate) names: Vec<String>,
    pub(crate) issuer: String,
    /// Whether nobody but itself vouches for it.
    pub(crate) self_signed: bool,
    /// Seconds since 1970.
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    /// The size of its key, in bits, where it is of RSA.
    pub(crate) rsa_bits: Option<usize>,
}

impl Certificate {
    /// Reads one in DER; nothing where it is none.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map_or_else(Vec::new, |names| {
            names.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect()
        });
        let rsa_bits = match certificate.public_key().parsed() {
            Ok(PublicKey::RSA(key)) => Some(key.key_size()),
            _ => None,
        };
        Some(Self {
            names,
            issuer: clean(&certificate.issuer().to_string()),
            self_signed: certificate.issuer() == certificate.subject(),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            rsa_bits,
        })
    }

    /// Whole days until it ends; negative when it has.
    pub(crate) fn days_left(&self, now: i64) -> i64 {
        (self.not_after - now).div_euclid(86_400)
    }

    /// Days from its beginning to its end.
    pub(crate) fn lifetime(&self) -> i64 {
        (self.not_after - self.not_before).div_euclid(86_400)
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            16 => {
                <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string())
            }
            _ => None,
        },
        _ => None,
    }
}

fn clean(text: &str) -> String {
    text.chars().take(120).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
