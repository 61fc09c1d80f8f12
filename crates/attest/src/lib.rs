//! A finished assessment becomes a signed statement about a commit or files, and such a statement is checked by whoever deploys them.
//!
//! What is written: a Statement of in-toto (<https://github.com/in-toto/attestation/tree/main/spec/v1>) with one of the predicates in [`Predicate`], in an
//! envelope of DSSE 1.0 (<https://github.com/secure-systems-lab/dsse>), signed with Ed25519 or ECDSA on P-256. [`verify`] takes what [`seal`] makes, and
//! what others sign in the same form; whatever it cannot make sense of, it refuses.
//!
//! Nothing here reads a file or a clock.

mod digest;
mod dsse;
mod key;
mod predicate;
mod statement;
mod strict;
mod time;
mod verify;

pub use digest::{Digest, DigestError, sha256};
pub use dsse::{MAX_ENVELOPE, PAYLOAD_TYPE, seal};
pub use key::{Algorithm, KeyError, PublicKey, SigningKey};
pub use predicate::Predicate;
pub use statement::{
    AdvisoryDatabase, CannotAttest, ConfigurationFile, Occasion, STATEMENT_TYPE, Subject, statement,
};
pub use verify::{Expected, Refusal, Requirement, TOLERANCE, Verified, verify};
