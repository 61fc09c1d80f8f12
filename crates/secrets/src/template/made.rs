//! Generated texts that have a structure: what the checks accept.

use data_encoding::{BASE64, BASE64URL_NOPAD};

use super::{BASE32, Random, alphabet};
use crate::check;

/// The text that `<name:argument>` stands for. Errors: no such generator, or an argument that it does not take.
pub(super) fn make(name: &str, argument: &str, random: &mut Random) -> Result<String, String> {
    let number = || argument.parse::<usize>().ok().filter(|number| (2..=4096).contains(number));
    let wanted = || number().ok_or_else(|| format!("`<{name}:{argument}>` needs a length"));
    Ok(match name {
        "b64" => BASE64.encode(&random.bytes(wanted()?)),
        "b64url" => BASE64URL_NOPAD.encode(&random.bytes(wanted()?)),
        "uuid" => uuid(random),
        "luhn" => luhn(wanted()?, random),
        "iban" => iban(random),
        "aws-key-id" => format!("{argument}{}{}", random.text(b"QRSTUVWXYZ", 1), random.text(BASE32, 15)),
        "gitlab" => gitlab(argument, random),
        "basic" => BASE64.encode(format!("{}:{}", lower(random, 8), password(random, 14)).as_bytes()),
        "password" => password(random, wanted()?),
        "snowflake64" => {
            let number = 200_000_000_000_000_000 + random.next() % 900_000_000_000_000_000;
            BASE64URL_NOPAD.encode(number.to_string().as_bytes())
        }
        "macaroon" => macaroon(argument, random),
        "json64" => {
            let text = format!(
                "{{\"o\":\"{}\",\"n\":\"{}\",\"k\":\"{}\"}}",
                random.below(900_000),
                lower(random, 9),
                password(random, 24)
            );
            BASE64.encode(text.as_bytes())
        }
        "BECH32" => check::bech32(argument, &random.bytes(32)).to_ascii_uppercase(),
        "bech32" => check::bech32(argument, &random.bytes(32)),
        "jwt" => jwt(argument, random),
        "pem" => pem(argument, "\n", random),
        "pem-escaped" => pem(argument, "\\n", random),
        "openssh" => openssh(argument == "encrypted", random),
        "pgp" => pgp(random),
        "putty" => putty(random),
        _ => return Err(format!("nothing is known of `<{name}>`")),
    })
}

fn lower(random: &mut Random, length: usize) -> String {
    random.text(alphabet("lower").unwrap_or_default(), length)
}

/// Letters of both cases, digits and a sign, in which no word for a placeholder can come about.
fn password(random: &mut Random, length: usize) -> String {
    let body = random.text(alphabet("base62").unwrap_or_default(), length.saturating_sub(2));
    format!("{body}7q")
}

fn uuid(random: &mut Random) -> String {
    let mut bytes = random.bytes(16);
    bytes[6] = 0x40 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn luhn(length: usize, random: &mut Random) -> String {
    let body = format!("4{}", random.text(b"0123456789", length - 2));
    (0..10).map(|last| format!("{body}{last}")).find(|number| check::luhn(number.as_bytes())).unwrap_or(body)
}

/// A German account: 18 digits behind the two check digits.
fn iban(random: &mut Random) -> String {
    let body = random.text(b"123456789", 18);
    let number =
        format!("{body}131400").bytes().fold(0u32, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
    format!("DE{:02}{body}", 98 - number)
}

fn gitlab(prefix: &str, random: &mut Random) -> String {
    let payload = random.text(alphabet("base64url").unwrap_or_default(), 27);
    let body = format!("{prefix}{payload}.01.0r");
    let crc = check::base36_crc32(body.as_bytes());
    format!("{body}{crc}")
}

/// A macaroon of version 2 whose location is the argument.
fn macaroon(location: &str, random: &mut Random) -> String {
    let mut bytes = vec![2, 1, location.len() as u8];
    bytes.extend_from_slice(location.as_bytes());
    bytes.extend([2, 36]);
    bytes.extend(uuid(random).bytes());
    bytes.extend(random.bytes(60));
    BASE64URL_NOPAD.encode(&bytes)
}

fn jwt(algorithm: &str, random: &mut Random) -> String {
    let algorithm = if algorithm.is_empty() { "HS256" } else { algorithm };
    let header = format!("{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\"}}");
    let payload =
        format!("{{\"sub\":\"{}\",\"exp\":{}}}", lower(random, 10), 1_900_000_000 + random.below(90_000_000));
    let signature =
        if algorithm == "none" { String::new() } else { BASE64URL_NOPAD.encode(&random.bytes(32)) };
    let [header, payload] = [header, payload].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
    format!("{header}.{payload}.{signature}")
}

fn armour(label: &str, headers: &str, body: &[u8], width: usize, line: &str) -> String {
    let text = BASE64.encode(body);
    let mut out = format!("-----BEGIN {label}-----{line}{headers}");
    for part in text.as_bytes().chunks(width) {
        out.extend(part.iter().map(|&byte| char::from(byte)));
        out.push_str(line);
    }
    out.push_str(&format!("-----END {label}-----"));
    out
}

/// A DER SEQUENCE of random bytes in PEM's armour; `label+encrypted` has the headers of a passphrase.
fn pem(label: &str, line: &str, random: &mut Random) -> String {
    if let Some(label) = label.strip_suffix("+encrypted") {
        let iv = random.text(b"0123456789ABCDEF", 32);
        let headers = format!("Proc-Type: 4,ENCRYPTED{line}DEK-Info: AES-128-CBC,{iv}{line}{line}");
        return armour(label, &headers, &random.bytes(320), 64, line);
    }
    let length = 300 + random.below(60);
    let inner = random.bytes(length);
    let mut bytes = vec![0x30, 0x82, (inner.len() >> 8) as u8, inner.len() as u8];
    bytes.extend(inner);
    armour(label, "", &bytes, 64, line)
}

fn openssh(encrypted: bool, random: &mut Random) -> String {
    let (cipher, kdf): (&[u8], &[u8]) =
        if encrypted { (b"aes256-ctr", b"bcrypt") } else { (b"none", b"none") };
    let mut bytes = b"openssh-key-v1\0".to_vec();
    for field in [cipher, kdf] {
        bytes.extend([0, 0, 0, field.len() as u8]);
        bytes.extend(field);
    }
    bytes.extend(random.bytes(300));
    armour("OPENSSH PRIVATE KEY", "", &bytes, 70, "\n")
}

fn pgp(random: &mut Random) -> String {
    let inner = random.bytes(400);
    let mut bytes = vec![0x95, (inner.len() >> 8) as u8, inner.len() as u8];
    bytes.extend(inner);
    armour("PGP PRIVATE KEY BLOCK", "Version: 2\n\n", &bytes, 64, "\n")
}

fn putty(random: &mut Random) -> String {
    let mut lines = |count: usize| -> String {
        (0..count).map(|_| format!("{}\n", BASE64.encode(&random.bytes(48)))).collect()
    };
    let (public, private) = (lines(3), lines(4));
    let mac = random.text(b"0123456789abcdef", 64);
    format!(
        "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: example\nPublic-Lines: 3\n{public}Private-Lines: 4\n{private}Private-MAC: {mac}"
    )
}
