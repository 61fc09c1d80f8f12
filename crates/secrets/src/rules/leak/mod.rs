//! Rules about credentials that stand where others can read them.

use clearance_finding::Rule;

pub mod credential_in_history;
pub mod credential_in_tree;
pub mod password_in_address;
pub mod private_key_in_tree;
pub mod random_secret_in_file;

/// The family's rules, by folder name.
pub static RULES: &[&Rule] = &[
    &credential_in_history::RULE,
    &credential_in_tree::RULE,
    &password_in_address::RULE,
    &private_key_in_tree::RULE,
    &random_secret_in_file::RULE,
];
