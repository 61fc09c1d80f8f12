//! Envelopes: DSSE 1.0.

use std::fmt::Write;

use data_encoding::{BASE64, BASE64URL};
use serde_json::{Value, json};

use crate::{
    key::{KeyError, PublicKey, SigningKey},
    strict,
    verify::Refusal,
};

/// What a payload is.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// Most bytes of an envelope that is read.
pub const MAX_ENVELOPE: usize = 16 << 20;
/// Most signatures of an envelope that are looked at.
const MAX_SIGNATURES: usize = 64;

/// What is signed: the pre-authentication encoding of the payload and its type.
pub(crate) fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut front = String::new();
    // Writing to a string cannot fail.
    let _ = write!(front, "DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    let mut bytes = front.into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// The envelope around `statement` with one signature, as one line of JSON.
///
/// # Errors
/// If the system gives no random numbers.
pub fn seal(statement: &[u8], key: &SigningKey) -> Result<String, KeyError> {
    let signature = key.sign(&pae(PAYLOAD_TYPE, statement))?;
    let envelope = json!({
        "payloadType": PAYLOAD_TYPE,
        "payload": BASE64.encode(statement),
        "signatures": [{ "keyid": key.public().id(), "sig": BASE64.encode(&signature) }],
    });
    Ok(format!("{envelope}\n"))
}

/// A payload with a signature that holds.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) payload: Vec<u8>,
    /// Signatures of other keys, which nobody checked.
    pub(crate) unchecked: usize,
}

/// Opens an envelope that `key` has signed. The payload is looked at only after that.
///
/// Signatures of others may stand beside ours: they say nothing to us. A signature that names our key and does not hold is another matter.
pub(crate) fn open(envelope: &[u8], key: &PublicKey) -> Result<Opened, Refusal> {
    if envelope.len() > MAX_ENVELOPE {
        return Err(Refusal::TooLarge);
    }
    if envelope.iter().all(u8::is_ascii_whitespace) {
        return Err(Refusal::Envelope("it is empty".to_owned()));
    }
    let envelope = strict::parse(envelope).map_err(|error| Refusal::Envelope(error.to_string()))?;
    let bad = |what: &str| Refusal::Envelope(what.to_owned());
    let object = envelope.as_object().ok_or_else(|| bad("it is no JSON object"))?;
    if let Some(name) = strict::lookalike(object, &["payload", "payloadType", "signatures"]) {
        return Err(Refusal::Lookalike(name.to_owned()));
    }
    let text = |name: &str| {
        let text = object.get(name).and_then(Value::as_str);
        text.ok_or_else(|| bad(&format!("`{name}` is missing, or no text")))
    };
    let payload_type = text("payloadType")?;
    if payload_type != PAYLOAD_TYPE {
        return Err(Refusal::PayloadType(shortened(payload_type)));
    }
    let payload = decode(text("payload")?).ok_or_else(|| bad("`payload` is no base64"))?;
    let signatures = object.get("signatures").and_then(Value::as_array);
    let signatures = signatures.ok_or_else(|| bad("`signatures` is missing, or no list"))?;
    if signatures.is_empty() {
        return Err(Refusal::Unsigned);
    }
    if signatures.len() > MAX_SIGNATURES {
        return Err(bad(&format!("it has more than {MAX_SIGNATURES} signatures")));
    }
    let message = pae(payload_type, &payload);
    let own = key.id();
    let (mut good, mut unchecked) = (0_usize, 0);
    for signature in signatures {
        let object = signature.as_object().ok_or_else(|| bad("a signature is no JSON object"))?;
        if let Some(name) = strict::lookalike(object, &["keyid", "sig"]) {
            return Err(Refusal::Lookalike(name.to_owned()));
        }
        let hint = match object.get("keyid") {
            None | Some(Value::Null) => "",
            Some(Value::String(hint)) => hint,
            Some(_) => return Err(bad("a `keyid` is no text")),
        };
        let sig = object.get("sig").and_then(Value::as_str);
        let sig = sig.ok_or_else(|| bad("a signature has no `sig`"))?;
        let sig = decode(sig).ok_or_else(|| bad("a `sig` is no base64"))?;
        if key.verifies(&message, &sig) {
            good += 1;
        } else if hint.eq_ignore_ascii_case(&own) {
            return Err(Refusal::WrongSignature);
        } else {
            unchecked += 1;
        }
    }
    if good == 0 {
        return Err(Refusal::NotByKey { key: own });
    }
    Ok(Opened { payload, unchecked })
}

/// Decodes base64 of either alphabet, padded, without anything else in it.
fn decode(text: &str) -> Option<Vec<u8>> {
    let url = text.contains(['-', '_']);
    let encoding = if url { BASE64URL } else { BASE64 };
    encoding.decode(text.as_bytes()).ok()
}

/// The beginning of a text from outside, for a message.
pub(crate) fn shortened(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // The vector of the DSSE specification, protocol.md.
        let bytes = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(bytes, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        assert_eq!(pae("ü", b""), "DSSEv1 2 ü 0 ".as_bytes());
    }

    #[test]
    fn base64_is_whole() {
        assert_eq!(decode("+/8=").as_deref(), Some(&[0xfb, 0xff][..]));
        assert_eq!(decode("-_8=").as_deref(), Some(&[0xfb, 0xff][..]));
        for bad in ["+/8", "+/9=", "+_8=", "+/8=\n", "é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
