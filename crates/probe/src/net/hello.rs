//! The first message of a TLS handshake in versions and with ciphers that no library of today speaks, and what comes back.
//!
//! Nothing is agreed upon: the server's first message says whether it would, and the connection ends.

use std::io::{Read, Write};

use super::deadline::{Timed, is_late};

/// A version that ought to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldVersion {
    Ssl3,
    Tls10,
    Tls11,
}

impl OldVersion {
    pub(crate) const ALL: [Self; 3] = [Self::Ssl3, Self::Tls10, Self::Tls11];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
        }
    }

    fn minor(self) -> u8 {
        match self {
            Self::Ssl3 => 0,
            Self::Tls10 => 1,
            Self::Tls11 => 2,
        }
    }
}

/// What a hello came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The server would go on, with this cipher suite.
    Accepted(u16),
    /// It refuses, by an alert or by ending the connection.
    Refused,
    /// Neither can be said.
    Unclear(String),
}

/// Suites of the old versions, with and without forward secrecy, the weak ones too (IANA TLS Cipher Suites).
const OLD_SUITES: &[u16] = &[
    0xC014, 0xC00A, 0xC013, 0xC009, 0x0039, 0x0038, 0x0033, 0x0032, 0x0035, 0x002F, 0x0088, 0x0087, 0x0084,
    0x0045, 0x0044, 0x0041, 0xC012, 0xC008, 0x0016, 0x0013, 0x000A, 0xC011, 0xC007, 0x0005, 0x0004,
];

/// Suites that are broken whatever the version: without encryption or authentication, for export, RC4, DES and 3DES.
pub(crate) const WEAK_SUITES: &[(u16, &str)] = &[
    (0x0001, "NULL-MD5"),
    (0x0002, "NULL-SHA"),
    (0x003B, "NULL-SHA256"),
    (0xC006, "ECDHE-ECDSA-NULL-SHA"),
    (0xC010, "ECDHE-RSA-NULL-SHA"),
    (0x0018, "ADH-RC4-MD5"),
    (0x001B, "ADH-DES-CBC3-SHA"),
    (0x0034, "ADH-AES128-SHA"),
    (0x003A, "ADH-AES256-SHA"),
    (0xC018, "AECDH-AES128-SHA"),
    (0xC019, "AECDH-AES256-SHA"),
    (0x0003, "EXP-RC4-MD5"),
    (0x0006, "EXP-RC2-CBC-MD5"),
    (0x0008, "EXP-DES-CBC-SHA"),
    (0x0014, "EXP-EDH-RSA-DES-CBC-SHA"),
    (0x0004, "RC4-MD5"),
    (0x0005, "RC4-SHA"),
    (0xC007, "ECDHE-ECDSA-RC4-SHA"),
    (0xC011, "ECDHE-RSA-RC4-SHA"),
    (0x0009, "DES-CBC-SHA"),
    (0x0015, "EDH-RSA-DES-CBC-SHA"),
    (0x000A, "DES-CBC3-SHA"),
    (0x0016, "EDH-RSA-DES-CBC3-SHA"),
    (0xC008, "ECDHE-ECDSA-DES-CBC3-SHA"),
    (0xC012, "ECDHE-RSA-DES-CBC3-SHA"),
];

/// Asks for an old version, and for nothing newer.
pub(crate) fn ask_old(stream: &mut Timed, host: Option<&str>, version: OldVersion) -> Reply {
    let host = host.filter(|_| version != OldVersion::Ssl3);
    let hello = client_hello(version.minor(), OLD_SUITES, host, version != OldVersion::Ssl3);
    exchange(stream, &hello, |minor, _| minor == version.minor())
}

/// Asks for TLS 1.2 or older with weak suites only.
pub(crate) fn ask_weak(stream: &mut Timed, host: Option<&str>) -> Reply {
    let suites: Vec<u16> = WEAK_SUITES.iter().map(|(suite, _)| *suite).collect();
    let hello = client_hello(3, &suites, host, true);
    exchange(stream, &hello, |_, suite| suites.contains(&suite))
}

/// A ClientHello (RFC 5246, 7.4.1.2; RFC 6101, 5.6.1.2) in one record.
fn client_hello(minor: u8, suites: &[u16], host: Option<&str>, with_extensions: bool) -> Vec<u8> {
    let mut body = vec![3, minor];
    body.extend((0..32).map(|index: u8| index.wrapping_mul(37).wrapping_add(11)));
    body.push(0);
    vector(&mut body, 2, |out| suites.iter().for_each(|suite| out.extend(suite.to_be_bytes())));
    body.extend([1, 0]);
    if with_extensions {
        vector(&mut body, 2, |out| {
            if let Some(host) = host {
                extension(out, 0, |out| {
                    vector(out, 2, |out| {
                        out.push(0);
                        vector(out, 2, |out| out.extend(host.as_bytes()));
                    });
                });
            }
            // Groups x25519, P-256, P-384, P-521; points uncompressed.
            extension(out, 10, |out| {
                vector(out, 2, |out| out.extend([0x00, 0x1D, 0x00, 0x17, 0x00, 0x18, 0x00, 0x19]));
            });
            extension(out, 11, |out| vector(out, 1, |out| out.push(0)));
            extension(out, 0xFF01, |out| out.push(0));
            if minor == 3 {
                // RSA, ECDSA with SHA-256, SHA-384, SHA-512, SHA-1.
                extension(out, 13, |out| {
                    vector(out, 2, |out| {
                        out.extend([4, 1, 5, 1, 6, 1, 8, 4, 8, 5, 8, 6, 4, 3, 5, 3, 6, 3, 2, 1, 2, 3]);
                    });
                });
            }
        });
    }
    let mut message = vec![1];
    vector(&mut message, 3, |out| out.extend(&body));
    let mut record = vec![22, 3, minor.min(1)];
    vector(&mut record, 2, |out| out.extend(&message));
    record
}

/// A vector with its length in `width` bytes in front.
fn vector(out: &mut Vec<u8>, width: usize, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.resize(start + width, 0);
    fill(out);
    let length = (out.len() - start - width) as u64;
    out[start..start + width].copy_from_slice(&length.to_be_bytes()[8 - width..]);
}

fn extension(out: &mut Vec<u8>, kind: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    out.extend(kind.to_be_bytes());
    vector(out, 2, fill);
}

/// Sends a hello and reads the beginning of the answer.
fn exchange(stream: &mut Timed, hello: &[u8], agrees: impl Fn(u8, u16) -> bool) -> Reply {
    if let Err(error) = stream.write_all(hello) {
        return if is_late(&error) { Reply::Unclear("nothing was taken".to_owned()) } else { Reply::Refused };
    }
    let mut head = [0; 5];
    if let Err(error) = stream.read_exact(&mut head) {
        return if is_late(&error) { Reply::Unclear("nothing came back".to_owned()) } else { Reply::Refused };
    }
    match (head[0], head[1]) {
        // An alert, in a record of any version.
        (21, 3) => Reply::Refused,
        (22, 3) => {
            let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
            let mut body = vec![0; length.min(1 << 14)];
            if stream.read_exact(&mut body).is_err() {
                return Reply::Unclear("the answer ends too early".to_owned());
            }
            match server_hello(&body) {
                Some((minor, suite)) if agrees(minor, suite) => Reply::Accepted(suite),
                Some(_) => Reply::Refused,
                None => Reply::Unclear("the answer is not one of TLS".to_owned()),
            }
        }
        _ => Reply::Unclear("the answer is not one of TLS".to_owned()),
    }
}

/// The version (its second number) and the suite of a ServerHello (RFC 5246, 7.4.1.3).
fn server_hello(message: &[u8]) -> Option<(u8, u16)> {
    let body = message.strip_prefix(&[2])?.get(3..)?;
    let (&[3, minor], rest) = body.split_first_chunk::<2>()? else { return None };
    let rest = rest.get(32..)?;
    let (&session, rest) = rest.split_first()?;
    let suite = rest.get(usize::from(session)..)?.first_chunk::<2>()?;
    Some((minor, u16::from_be_bytes(*suite)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_add_up() {
        let hello = client_hello(1, OLD_SUITES, Some("shop.example"), true);
        let record = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
        assert_eq!(hello.len(), 5 + record);
        let message = u32::from_be_bytes([0, hello[6], hello[7], hello[8]]) as usize;
        assert_eq!(record, 4 + message);
        assert_eq!(&hello[9..11], [3, 1]);
    }

    #[test]
    fn answers_are_read() {
        let mut message = vec![2, 0, 0, 38, 3, 1];
        message.extend([7; 32]);
        message.extend([0, 0xC0, 0x13, 0]);
        assert_eq!(server_hello(&message), Some((1, 0xC013)));
        for end in 0..message.len() - 1 {
            assert_eq!(server_hello(&message[..end]), None, "{end}");
        }
        message[38] = 200;
        assert_eq!(server_hello(&message), None);
    }
}
