//! Whatever is changed, missing or not understood is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_attest::{
    Digest, Expected, KeyError, MAX_ENVELOPE, Predicate, PublicKey, Refusal, Requirement, SigningKey,
    Verified, seal, statement, verify,
};
use common::{COMMIT, FILE, ed25519, ed25519_der, occasion, p256, p256_der, pem, public, sample, vector};
use data_encoding::BASE64;
use jiff::SignedDuration;
use serde_json::{Value, json};

fn commit() -> [Digest; 1] {
    [Digest::commit(COMMIT).unwrap()]
}

fn expected(subjects: &[Digest]) -> Expected<'_> {
    Expected {
        predicate: Predicate::TestResult,
        subjects,
        now: "2026-11-22T10:00:00Z".parse().unwrap(),
        max_age: Some(SignedDuration::from_hours(7 * 24)),
        require: Some(Requirement::Passed),
        allow_dirty: false,
    }
}

/// A statement that is in order.
fn good() -> Value {
    let envelope: Value = serde_json::from_slice(&vector("ed25519.json")).unwrap();
    serde_json::from_slice(&BASE64.decode(envelope["payload"].as_str().unwrap().as_bytes()).unwrap()).unwrap()
}

/// What is said of `text`, signed in order.
fn of_text(text: &str, expected: &Expected<'_>) -> Result<Verified, Refusal> {
    let key = ed25519(1);
    verify(seal(text.as_bytes(), &key).unwrap().as_bytes(), key.public(), expected)
}

/// What is said of the good statement after `change`.
fn of_changed(change: impl FnOnce(&mut Value)) -> Result<Verified, Refusal> {
    let mut statement = good();
    change(&mut statement);
    of_text(&statement.to_string(), &expected(&commit()))
}

/// What is said of the good envelope after `change`.
fn of_envelope(change: impl FnOnce(&mut Value)) -> Result<Verified, Refusal> {
    let mut envelope = serde_json::from_slice(&vector("ed25519.json")).unwrap();
    change(&mut envelope);
    verify(envelope.to_string().as_bytes(), &public("ed25519.pub.pem"), &expected(&commit()))
}

#[test]
fn what_others_signed_is_verified() {
    for (envelope, key, unchecked) in [
        ("ed25519.json", "ed25519.pub.pem", 0),
        ("p256.json", "p256.pub.pem", 0),
        ("three.json", "ed25519.pub.pem", 2),
        ("three.json", "p256.pub.pem", 2),
        ("three.json", "other.pub.pem", 2),
    ] {
        let subjects = [commit()[0].clone(), Digest::Sha256(FILE.to_owned())];
        let verified = verify(&vector(envelope), &public(key), &expected(&subjects)).unwrap();
        assert_eq!(verified.result, "PASSED");
        assert_eq!(verified.unchecked, unchecked);
        assert_eq!(verified.time.unwrap().to_string(), "2026-11-20T10:00:00Z");
    }
}

#[test]
fn keys_are_those_of_others() {
    assert_eq!(*ed25519(1).public(), public("ed25519.pub.pem"));
    assert_eq!(*p256().public(), public("p256.pub.pem"));
    let id = "8ffe78957249d8d931aa0116c884f43ace0b5ffd091942d47cade5bf6456ef1c";
    assert_eq!(ed25519(1).public().id(), id);
    // Ed25519 signs the same bytes the same way, whoever does.
    let envelope: Value = serde_json::from_slice(&vector("ed25519.json")).unwrap();
    let payload = BASE64.decode(envelope["payload"].as_str().unwrap().as_bytes()).unwrap();
    let ours: Value = serde_json::from_str(&seal(&payload, &ed25519(1)).unwrap()).unwrap();
    assert_eq!(ours, envelope);
}

#[test]
fn what_we_sign_is_verified() {
    let assessment = sample();
    for key in [ed25519(1), p256()] {
        for predicate in Predicate::ALL {
            let text = statement(*predicate, &assessment, &occasion()).unwrap();
            let envelope = seal(&text, &key).unwrap();
            let subjects = commit();
            let require = predicate.has_result().then_some(Requirement::Warned);
            let expected = Expected { predicate: *predicate, require, ..expected(&subjects) };
            verify(envelope.as_bytes(), key.public(), &expected).unwrap();
            let strict = Expected { require: Some(Requirement::Passed), ..expected.clone() };
            let refused = verify(envelope.as_bytes(), key.public(), &strict).unwrap_err();
            match predicate {
                Predicate::Vulns => assert_eq!(refused, Refusal::NoResult(Predicate::Vulns)),
                _ => assert!(matches!(refused, Refusal::Result { .. }), "{refused}"),
            }
        }
    }
}

#[test]
fn a_changed_payload_or_signature_is_refused() {
    let swap = |envelope: &mut Value| {
        let mut payload = good();
        payload["predicate"]["result"] = json!("WARNED");
        envelope["payload"] = json!(BASE64.encode(payload.to_string().as_bytes()));
    };
    assert_eq!(of_envelope(swap), Err(Refusal::WrongSignature));
    let unnamed = |envelope: &mut Value| {
        swap(envelope);
        envelope["signatures"][0]["keyid"] = json!("");
    };
    assert!(matches!(of_envelope(unnamed), Err(Refusal::NotByKey { .. })));
    // Every bit of a signature counts.
    let envelope: Value = serde_json::from_slice(&vector("ed25519.json")).unwrap();
    let whole = BASE64.decode(envelope["signatures"][0]["sig"].as_str().unwrap().as_bytes()).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let refused =
            of_envelope(|envelope| envelope["signatures"][0]["sig"] = json!(BASE64.encode(&changed)));
        assert_eq!(refused, Err(Refusal::WrongSignature), "byte {at}");
    }
    for sig in ["", "AAAA"] {
        assert_eq!(
            of_envelope(|envelope| envelope["signatures"][0]["sig"] = json!(sig)),
            Err(Refusal::WrongSignature)
        );
    }
}

#[test]
fn a_wrong_key_is_refused() {
    for key in ["other.pub.pem", "p256.pub.pem"] {
        let refused = verify(&vector("ed25519.json"), &public(key), &expected(&commit()));
        assert!(matches!(refused, Err(Refusal::NotByKey { .. })), "{refused:?}");
    }
    // An id is a hint: writing another one changes nothing, and ours on a strange signature is refused.
    assert!(of_envelope(|envelope| envelope["signatures"][0]["keyid"] = json!("me")).is_ok());
    assert!(
        of_envelope(|envelope| drop(envelope["signatures"][0].as_object_mut().unwrap().remove("keyid")))
            .is_ok()
    );
    let foreign = public("other.pub.pem").id();
    let refused = of_envelope(|envelope| {
        let mut wrong = envelope["signatures"][0].clone();
        wrong["sig"] = json!(BASE64.encode(&[7; 64]));
        envelope["signatures"].as_array_mut().unwrap().push(wrong);
    });
    assert_eq!(refused, Err(Refusal::WrongSignature), "two signatures, one of them wrong");
    let beside = of_envelope(|envelope| {
        let wrong = json!({ "keyid": foreign, "sig": BASE64.encode(&[7; 64]) });
        envelope["signatures"].as_array_mut().unwrap().insert(0, wrong);
    });
    assert_eq!(beside.unwrap().unchecked, 1, "what others sign says nothing to us");
}

#[test]
fn malformed_envelopes_are_refused() {
    assert_eq!(of_envelope(|envelope| envelope["signatures"] = json!([])), Err(Refusal::Unsigned));
    let is_malformed = |refused: Result<Verified, Refusal>| {
        assert!(matches!(refused, Err(Refusal::Envelope(_))), "{refused:?}");
    };
    for field in ["payload", "payloadType", "signatures"] {
        is_malformed(of_envelope(|envelope| drop(envelope.as_object_mut().unwrap().remove(field))));
        is_malformed(of_envelope(|envelope| envelope[field] = json!(7)));
    }
    is_malformed(of_envelope(|envelope| {
        drop(envelope["signatures"][0].as_object_mut().unwrap().remove("sig"))
    }));
    is_malformed(of_envelope(|envelope| envelope["signatures"] = json!(["x"])));
    is_malformed(of_envelope(|envelope| envelope["signatures"][0]["keyid"] = json!(1)));
    is_malformed(of_envelope(|envelope| {
        let one = envelope["signatures"][0].clone();
        envelope["signatures"] = json!(vec![one; 65]);
    }));
    for field in ["/payload", "/signatures/0/sig"] {
        is_malformed(of_envelope(|envelope| {
            let text = envelope.pointer(field).unwrap().as_str().unwrap();
            *envelope.pointer_mut(field).unwrap() = json!(text[..text.len() - 1]);
        }));
    }
    let whole = vector("ed25519.json");
    let key = public("ed25519.pub.pem");
    for length in 0..whole.len() - 2 {
        is_malformed(verify(&whole[..length], &key, &expected(&commit())));
    }
    for text in ["", "null", "[]", "{}", "{\"payload\": \"\", \"payload\": \"\"}"] {
        is_malformed(verify(text.as_bytes(), &key, &expected(&commit())));
    }
    let large = vec![b' '; MAX_ENVELOPE + 1];
    assert_eq!(verify(&large, &key, &expected(&commit())), Err(Refusal::TooLarge));
    let other = of_envelope(|envelope| envelope["payloadType"] = json!("application/json"));
    assert!(matches!(other, Err(Refusal::PayloadType(_))), "{other:?}");
    let double = of_envelope(|envelope| envelope["PAYLOAD"] = json!(""));
    assert_eq!(double, Err(Refusal::Lookalike("PAYLOAD".to_owned())));
    assert!(
        of_envelope(|envelope| envelope["comment"] = json!("x")).is_ok(),
        "unknown fields are ignored, as DSSE asks"
    );
}

#[test]
fn a_statement_of_another_kind_is_refused() {
    let old = of_changed(|statement| statement["_type"] = json!("https://in-toto.io/Statement/v0.1"));
    assert!(matches!(old, Err(Refusal::StatementType(_))), "{old:?}");
    for other in ["https://in-toto.io/attestation/test-result/v0.2", "https://slsa.dev/provenance/v1", ""] {
        let refused = of_changed(|statement| statement["predicateType"] = json!(other));
        assert!(matches!(refused, Err(Refusal::Predicate { .. })), "{refused:?}");
    }
    let text = good().to_string();
    let twice = text.replacen('{', "{\"predicateType\": \"x\", ", 1);
    let refused = of_text(&twice, &expected(&commit()));
    assert!(matches!(&refused, Err(Refusal::Statement(why)) if why.contains("twice")), "{refused:?}");
    for text in ["", "7", "{}", "{\"_type\": \"https://in-toto.io/Statement/v1\"}"] {
        assert!(matches!(of_text(text, &expected(&commit())), Err(Refusal::Statement(_))), "{text}");
    }
    let refused = of_changed(|statement| statement["Subject"] = json!([]));
    assert_eq!(refused, Err(Refusal::Lookalike("Subject".to_owned())));
    let refused = of_changed(|statement| drop(statement.as_object_mut().unwrap().remove("predicate")));
    assert!(matches!(refused, Err(Refusal::Statement(_))), "{refused:?}");
}

#[test]
fn another_subject_is_refused() {
    let text = good().to_string();
    let other = [Digest::commit(&"a".repeat(40)).unwrap()];
    let refused = of_text(&text, &expected(&other));
    assert!(matches!(refused, Err(Refusal::Subject { algorithm: "commit", .. })), "{refused:?}");
    let one_wrong = [commit()[0].clone(), Digest::Sha256("0".repeat(64))];
    assert!(matches!(of_text(&text, &expected(&one_wrong)), Err(Refusal::Subject { .. })));
    // The digits of a commit are not those of a file.
    let crossed = [Digest::GitCommit(FILE.to_owned())];
    assert!(matches!(of_text(&text, &expected(&crossed)), Err(Refusal::Subject { .. })));
    assert_eq!(of_text(&text, &expected(&[])), Err(Refusal::NothingAsked));
    for bad in [json!([{ "name": "x" }]), json!([{ "digest": {} }]), json!("x"), json!([7])] {
        let refused = of_changed(|statement| statement["subject"] = bad);
        assert!(matches!(refused, Err(Refusal::Statement(_))), "{refused:?}");
    }
    let none = of_changed(|statement| statement["subject"] = json!([]));
    assert!(matches!(none, Err(Refusal::Subject { .. })), "{none:?}");
    for dirty in [json!(true), json!("no")] {
        let refused =
            of_changed(|statement| statement["subject"][0]["annotations"] = json!({ "dirty": dirty }));
        assert_eq!(refused, Err(Refusal::Dirty));
    }
    let mut dirty = good();
    dirty["subject"][0]["annotations"] = json!({ "dirty": true });
    let subjects = commit();
    let allowed = Expected { allow_dirty: true, ..expected(&subjects) };
    assert!(of_text(&dirty.to_string(), &allowed).is_ok());
}

#[test]
fn age_counts() {
    const TIME: &str = "/predicate/configuration/0/annotations/time";
    let at = |time: &str| of_changed(|statement| *statement.pointer_mut(TIME).unwrap() = json!(time));
    assert!(at("2026-11-15T10:00:00Z").is_ok(), "a week to the second");
    let stale = at("2026-11-15T09:59:59Z").unwrap_err();
    assert!(stale.to_string().ends_with("which is more than 7 days ago"), "{stale}");
    assert!(at("2026-11-22T10:05:00Z").is_ok(), "clocks differ by minutes");
    assert!(matches!(at("2026-11-22T10:05:01Z"), Err(Refusal::Future(_))));
    for bad in ["soon", "", "2026-11-20", "2026-11-20T10:00:00+01:00"] {
        assert!(matches!(at(bad), Err(Refusal::Malformed(_))), "{bad}");
    }
    let timeless = of_changed(|statement| statement["predicate"]["configuration"] = json!([]));
    assert_eq!(timeless, Err(Refusal::Timeless));
    let mut future = good();
    *future.pointer_mut(TIME).unwrap() = json!("2027-01-01T00:00:00Z");
    let subjects = commit();
    let any_age = Expected { max_age: None, ..expected(&subjects) };
    assert!(matches!(of_text(&future.to_string(), &any_age), Err(Refusal::Future(_))));
    let twice = of_changed(|statement| {
        let run = statement["predicate"]["configuration"][0].clone();
        statement["predicate"]["configuration"].as_array_mut().unwrap().push(run);
    });
    assert!(matches!(twice, Err(Refusal::Malformed(_))), "{twice:?}");
}

#[test]
fn the_result_counts() {
    let with = |result: &str, require| {
        let mut statement = good();
        statement["predicate"]["result"] = json!(result);
        let subjects = commit();
        of_text(&statement.to_string(), &Expected { require: Some(require), ..expected(&subjects) })
    };
    assert!(with("WARNED", Requirement::Warned).is_ok());
    assert!(matches!(with("WARNED", Requirement::Passed), Err(Refusal::Result { .. })));
    assert!(matches!(with("FAILED", Requirement::Warned), Err(Refusal::Result { .. })));
    for unknown in ["passed", "OK", ""] {
        assert!(matches!(with(unknown, Requirement::Warned), Err(Refusal::Malformed(_))), "{unknown}");
    }
    let both =
        of_changed(|statement| statement["predicate"]["failedTests"] = json!(["no-debug-in-production"]));
    assert!(matches!(both, Err(Refusal::Malformed(_))), "{both:?}");
    let shape = of_changed(|statement| statement["predicate"]["failedTests"] = json!("none"));
    assert!(matches!(shape, Err(Refusal::Malformed(_))), "{shape:?}");
    for field in ["result", "configuration"] {
        let without =
            of_changed(|statement| drop(statement["predicate"].as_object_mut().unwrap().remove(field)));
        assert!(matches!(without, Err(Refusal::Malformed(_))), "{without:?}");
    }
}

#[test]
fn keys_that_cannot_be_used_say_why() {
    let signing = |pem: &str| SigningKey::from_pem(pem.as_bytes()).unwrap_err();
    let checking = |pem: &str| PublicKey::from_pem(pem.as_bytes()).unwrap_err();
    assert_eq!(signing("no key"), KeyError::NotPem);
    assert_eq!(signing(&pem("ENCRYPTED PRIVATE KEY", b"x")), KeyError::Encrypted);
    assert_eq!(signing(&pem("ENCRYPTED SIGSTORE PRIVATE KEY", b"x")), KeyError::EncryptedByCosign);
    assert_eq!(signing(&pem("EC PRIVATE KEY", b"x")), KeyError::NotPkcs8);
    assert_eq!(signing(&pem("PRIVATE KEY", b"x")), KeyError::Algorithm);
    assert_eq!(signing(std::str::from_utf8(&vector("p256.pub.pem")).unwrap()), KeyError::Public);
    let key = pem("PRIVATE KEY", &ed25519_der(1));
    assert_eq!(signing(&format!("{key}{key}")), KeyError::Several);
    assert_eq!(signing(&pem("PRIVATE KEY", &ed25519_der(1)[..40])), KeyError::Damaged);
    assert_eq!(checking(&key), KeyError::Private);
    assert_eq!(checking(&pem("CERTIFICATE", b"x")), KeyError::Certificate);
    assert_eq!(checking(&pem("PUBLIC KEY", b"x")), KeyError::Algorithm);
    // A point that does not belong to the secret.
    let mut der = p256_der();
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(signing(&pem("PRIVATE KEY", &der)), KeyError::Damaged);
    let shown = format!("{:?}", ed25519(1));
    assert!(shown.contains(&ed25519(1).public().id()) && shown.len() < 120, "{shown}");
}
