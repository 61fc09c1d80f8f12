//! Rules about compositions of containers.

use crate::DeployRule;

pub mod compose_database_port_exposed;
pub mod compose_default_password;
pub mod compose_docker_socket;
pub mod compose_host_access;
pub mod compose_image_unpinned;
pub mod compose_no_healthcheck;
pub mod compose_privileged;

/// The family's rules, by folder name.
pub static RULES: &[&DeployRule] = &[
    &compose_database_port_exposed::CHECK,
    &compose_default_password::CHECK,
    &compose_docker_socket::CHECK,
    &compose_host_access::CHECK,
    &compose_image_unpinned::CHECK,
    &compose_no_healthcheck::CHECK,
    &compose_privileged::CHECK,
];
