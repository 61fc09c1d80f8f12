//! Files, archives and temporary places.

use crate::CodeRule;

pub mod archive_path_traversal;
pub mod decompression_unbounded;
pub mod file_permissions_too_wide;
pub mod hardcoded_temp_path;
pub mod insecure_mktemp;
pub mod path_traversal;
pub mod tar_extract_unfiltered;
pub mod unrestricted_upload;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &archive_path_traversal::CHECK,
    &decompression_unbounded::CHECK,
    &file_permissions_too_wide::CHECK,
    &hardcoded_temp_path::CHECK,
    &insecure_mktemp::CHECK,
    &path_traversal::CHECK,
    &tar_extract_unfiltered::CHECK,
    &unrestricted_upload::CHECK,
];
