//! Rules about Dockerfiles.

use crate::DeployRule;

mod common;
pub mod dockerfile_base_image_unpinned;
pub mod dockerfile_certificate_check_disabled;
pub mod dockerfile_copies_everything;
pub mod dockerfile_no_healthcheck;
pub mod dockerfile_port_exposed;
pub mod dockerfile_remote_add;
pub mod dockerfile_remote_script;
pub mod dockerfile_root_user;
pub mod dockerfile_secret_in_layer;
pub mod dockerfile_wide_permissions;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &dockerfile_base_image_unpinned::CHECK,
    &dockerfile_certificate_check_disabled::CHECK,
    &dockerfile_copies_everything::CHECK,
    &dockerfile_no_healthcheck::CHECK,
    &dockerfile_port_exposed::CHECK,
    &dockerfile_remote_add::CHECK,
    &dockerfile_remote_script::CHECK,
    &dockerfile_root_user::CHECK,
    &dockerfile_secret_in_layer::CHECK,
    &dockerfile_wide_permissions::CHECK,
];
