//! Protocols without protection.

use clearance_python::ir::Value;

use crate::{
    CodeRule, Cx,
    rules::crypto::common::{is_loopback, texts},
};

pub mod ftp_connection;
pub mod ldap_plain_bind;
pub mod partial_server_side_request_forgery;
pub mod server_side_request_forgery;
pub mod snmp_insecure_version;
pub mod snmp_weak_security;
pub mod telnet_connection;
pub mod url_open_any_scheme;

/// The family's rules, by folder name.
pub static RULES: &[&CodeRule] = &[
    &ftp_connection::CHECK,
    &ldap_plain_bind::CHECK,
    &partial_server_side_request_forgery::CHECK,
    &server_side_request_forgery::CHECK,
    &snmp_insecure_version::CHECK,
    &snmp_weak_security::CHECK,
    &telnet_connection::CHECK,
    &url_open_any_scheme::CHECK,
];

/// Whether a host argument is certainly this machine.
pub(crate) fn goes_to_loopback(cx: &mut Cx<'_, '_>, host: Value) -> bool {
    let known = cx.known(host);
    let hosts = texts(&known);
    !hosts.is_empty()
        && hosts.len() == known.possibilities().len()
        && hosts.iter().all(|host| is_loopback(host))
}
