//! Any bytes, as a record, as an archive of records, and as a compiled database: no panic, and what is written can be read again.

#![no_main]

use std::fs;

use clearance_supply::{
    Ecosystem, PackageName, Version,
    advisory::{Builder, Database},
    manifest::RequirementRange,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    if kind % 4 == 3 {
        if let Ok(database) = Database::of_bytes("fuzz", sealed(bytes)) {
            ask(&database);
            let _ = Builder::from_database(&database);
        }
        return;
    }
    let end = ["json", "yaml", "zip"][usize::from(kind % 4)];
    let Ok(file) = tempfile::Builder::new().suffix(&format!(".{end}")).tempfile() else { return };
    if fs::write(file.path(), bytes).is_err() {
        return;
    }
    if let Ok((database, _)) = Database::import(file.path()) {
        ask(&database);
        let again = Builder::from_database(&database).expect("what was written is read");
        assert!(again.build(0).is_ok());
    }
});

fn ask(database: &Database) {
    for ecosystem in [Ecosystem::PyPi, Ecosystem::Npm] {
        let name = PackageName::new(ecosystem, "foo");
        for version in ["1.0", "2!0rc1.dev3+x", "1.0.0-alpha.1", "", "x"] {
            let _ = database.lookup(ecosystem, &name, &Version::new(ecosystem, version));
        }
    }
    let all = RequirementRange::Python("".parse().expect("no specifier is one"));
    let _ = database.range(Ecosystem::PyPi, &PackageName::new(Ecosystem::PyPi, "foo"), &all);
}

/// Bytes as an index whose checksum fits.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"CLRADV\x01\x00".to_vec();
    let head = bytes.first().map_or(0, |first| usize::from(*first) * 4).min(bytes.len());
    let table = (bytes.len() - head) / 32 * 16;
    out.extend_from_slice(&(head as u32).to_le_bytes());
    out.extend_from_slice(&(table as u32).to_le_bytes());
    let sum = blake3::Hasher::new().update(&out).update(&bytes[..head + table]).finalize();
    out.extend_from_slice(sum.as_bytes());
    out.extend_from_slice(bytes);
    out
}
