//! Loading objects from bytes.

use crate::CodeRule;

pub(super) mod origin;

pub mod hub_download_unpinned;
pub mod marshal_load;
pub mod pickle_load;
pub mod torch_load;
pub mod unsafe_deserialisation;
pub mod yaml_unsafe_load;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &hub_download_unpinned::CHECK,
    &marshal_load::CHECK,
    &pickle_load::CHECK,
    &torch_load::CHECK,
    &unsafe_deserialisation::CHECK,
    &yaml_unsafe_load::CHECK,
];
