//! Rules about objects of Kubernetes.

use crate::DeployRule;

pub mod kubernetes_host_access;
pub mod kubernetes_image_unpinned;
pub mod kubernetes_no_limits;
pub mod kubernetes_privileged;
pub mod kubernetes_root_user;
pub mod kubernetes_secret_in_environment;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &kubernetes_host_access::CHECK,
    &kubernetes_image_unpinned::CHECK,
    &kubernetes_no_limits::CHECK,
    &kubernetes_privileged::CHECK,
    &kubernetes_root_user::CHECK,
    &kubernetes_secret_in_environment::CHECK,
];
