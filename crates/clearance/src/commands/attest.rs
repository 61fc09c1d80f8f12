//! `clearance attest`: examine a project, and sign what came of it.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use clearance_attest::{
    CannotAttest, ConfigurationFile, Digest, Occasion, SigningKey, Subject, seal, sha256, statement,
};
use clearance_source::tracked_files;

use super::check::{self, Examined};
use crate::{
    catalogue::Catalogue,
    cli_attest::AttestArgs,
    console,
    exit::{Exit, Failure},
};

/// Most bytes of a file with a key.
const MAX_KEY: u64 = 64 << 10;

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &AttestArgs) -> Result<Exit, Failure> {
    // What can be wrong without a run is told before it.
    let key = SigningKey::from_pem(&read_key("--key", &args.key)?)
        .map_err(|error| Failure::Usage(format!("--key {}: {error}", args.key.display())))?;
    let artefacts = args.subject.iter().map(|file| artefact(file)).collect::<Result<Vec<_>, _>>()?;
    if !args.path.is_dir() {
        return Err(Failure::Usage(format!(
            "{} is not a folder; an attestation is about a whole project",
            args.path.display()
        )));
    }
    let mut check_args = check::silent(std::slice::from_ref(&args.path), &args.rules);
    check_args.fail_on = args.fail_on;
    check_args.exit_zero = args.fail_on.is_none();
    check_args.work = args.work.clone();
    check_args.console = args.console;
    check::examine_for(catalogue, &check_args, |examined| {
        let assessment = &examined.assessment;
        if !assessment.coverage.failed.is_empty() || assessment.coverage.is_empty() {
            return Err(Failure::File(
                "the run failed, so that there is nothing to attest; `clearance check` says why".to_owned(),
            ));
        }
        let occasion = Occasion {
            artefacts,
            allow_dirty: args.allow_dirty,
            untracked: untracked(examined)?,
            files: configuration(examined, args)?,
            database: examined.database.clone(),
        };
        let statement = statement(args.predicate, assessment, &occasion).map_err(refused)?;
        let envelope = seal(&statement, &key).map_err(|error| Failure::File(error.to_string()))?;
        match &args.output {
            Some(file) => {
                fs::write(file, envelope).map_err(|cause| Failure::Output { path: file.clone(), cause })?
            }
            None => console::write_stdout(envelope.as_bytes())?,
        }
        if !args.console.quiet {
            let said = format!(
                "signed: {} {}, decision {}, with {} key {}",
                assessment.header.target,
                args.predicate,
                assessment.decision,
                key.public().algorithm().as_str(),
                key.public().id(),
            );
            console::write_stderr("note", &said);
        }
        Ok(check::exit(examined, check_args.exit_zero))
    })
}

fn refused(error: CannotAttest) -> Failure {
    Failure::Usage(format!("nothing was attested: {error}"))
}

/// What was there to be examined and is in no commit. Outside of git there is no commit that it could be missing in.
fn untracked(examined: &Examined) -> Result<Vec<String>, Failure> {
    if examined.assessment.header.commit.is_none() {
        return Ok(Vec::new());
    }
    let tracked = tracked_files(&examined.base)
        .ok_or_else(|| Failure::File("nothing was attested: git's index cannot be read".to_owned()))?;
    let missing = examined.inventory.iter().filter(|file| !tracked.contains(&file.absolute));
    let mut untracked: Vec<String> = missing.map(|file| file.path.to_string()).collect();
    untracked.sort();
    Ok(untracked)
}

/// The configuration files in force, with digests of their content.
fn configuration(examined: &Examined, args: &AttestArgs) -> Result<Vec<ConfigurationFile>, Failure> {
    let one = |name: &String| {
        let named = args.rules.config.as_deref().filter(|file| file.display().to_string() == *name);
        let path = named.map_or_else(|| examined.base.join(name), Path::to_owned);
        Ok(ConfigurationFile { name: name.clone(), sha256: digest(&path, "the configuration file")? })
    };
    examined.configuration.iter().map(one).collect()
}

/// A file as a subject: its name without folders, and the digest of its content.
pub(super) fn artefact(file: &Path) -> Result<Subject, Failure> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Subject { name, digest: Digest::Sha256(digest(file, "--subject")?) })
}

fn digest(path: &Path, what: &str) -> Result<String, Failure> {
    let unreadable =
        |error: io::Error| Failure::Usage(format!("{what} {} cannot be read: {error}", path.display()));
    sha256(fs::File::open(path).map_err(unreadable)?).map_err(unreadable)
}

/// The bytes of a file with a key.
pub(super) fn read_key(option: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    let bad = |why: String| Failure::Usage(format!("{option} {}: {why}", file.display()));
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_KEY + 1).read_to_end(&mut bytes))
        .map_err(|error| bad(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_KEY {
        return Err(bad("is larger than any key".to_owned()));
    }
    Ok(bytes)
}
