//! `clearance verify --attestation`: is a signed statement what is asked for?

use std::{fs, io::Read, path::Path};

use clearance_attest::{Digest, Expected, MAX_ENVELOPE, PublicKey, Requirement, Verified, verify};
use clearance_report::clean;

use super::super::attest::{artefact, read_key};
use crate::{
    cli_attest::ExpectedArgs,
    console,
    exit::{Exit, Failure},
    run::clock::Clock,
};

/// Checks the signed statement `file`.
pub(super) fn run(file: &Path, args: &ExpectedArgs) -> Result<Exit, Failure> {
    let Some(key_file) = &args.public_key else {
        return Err(Failure::Usage("--attestation needs --public-key".to_owned()));
    };
    let key = PublicKey::from_pem(&read_key("--public-key", key_file)?)
        .map_err(|error| Failure::Usage(format!("--public-key {}: {error}", key_file.display())))?;
    if args.require.is_some() && !args.predicate.has_result() {
        return Err(Failure::Usage(format!(
            "a {} statement has no result that --require could ask for",
            args.predicate
        )));
    }
    let mut subjects = Vec::new();
    if let Some(commit) = &args.about.commit {
        subjects.push(Digest::commit(commit).map_err(|error| Failure::Usage(format!("--commit: {error}")))?);
    }
    for subject in &args.about.subject {
        subjects.push(artefact(subject)?.digest);
    }
    let expected = Expected {
        predicate: args.predicate,
        subjects: &subjects,
        now: Clock::start()?.begin,
        max_age: args.max_age.map(|age| age.0),
        require: args.require.or_else(|| args.predicate.has_result().then_some(Requirement::Warned)),
        allow_dirty: args.allow_dirty,
    };
    let shown = file.display();
    let refused = |why: &str| {
        console::write_stderr("refused", &format!("{shown}: {why}"));
        Ok(Exit::NotMet)
    };
    let envelope = match read(file) {
        Ok(envelope) => envelope,
        Err(error) => return refused(&format!("it cannot be read: {error}")),
    };
    match verify(&envelope, &key, &expected) {
        Ok(verified) => {
            console::write_stdout(told(&verified, &expected, &key).as_bytes())?;
            Ok(Exit::Met)
        }
        Err(refusal) => refused(&refusal.to_string()),
    }
}

/// One byte more than any envelope may have, at most.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(MAX_ENVELOPE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn told(verified: &Verified, expected: &Expected<'_>, key: &PublicKey) -> String {
    let time = verified.time.map_or_else(|| "time not stated".to_owned(), |time| format!("of {time}"));
    let mut out = format!("verified  {} · {} · {time}\n", expected.predicate, clean::line(&verified.result),);
    for subject in expected.subjects {
        out.push_str(&format!("about     {} {}\n", subject.algorithm(), subject.value()));
    }
    out.push_str(&format!("signed    {} key {}\n", key.algorithm().as_str(), key.id()));
    if verified.unchecked > 0 {
        out.push_str(&format!("unchecked signatures of other keys: {}\n", verified.unchecked));
    }
    out
}
