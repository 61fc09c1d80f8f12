//! Hashes, ciphers, keys and randomness.

use crate::CodeRule;

pub(crate) mod common;
mod hashes;
pub mod insecure_random;
pub(crate) mod purpose;
pub mod static_initialisation_vector;
pub mod weak_cipher;
pub mod weak_cipher_mode;
pub mod weak_cipher_sensitive_data;
pub mod weak_hash;
pub mod weak_hash_object;
pub mod weak_hash_sensitive_data;
pub mod weak_kdf_parameters;
pub mod weak_key_size;
pub mod weak_random_secret;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &insecure_random::CHECK,
    &static_initialisation_vector::CHECK,
    &weak_cipher::CHECK,
    &weak_cipher_mode::CHECK,
    &weak_cipher_sensitive_data::CHECK,
    &weak_hash::CHECK,
    &weak_hash_object::CHECK,
    &weak_hash_sensitive_data::CHECK,
    &weak_kdf_parameters::CHECK,
    &weak_key_size::CHECK,
    &weak_random_secret::CHECK,
];
