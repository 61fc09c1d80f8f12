//! Routes and what protects them.

pub mod admin_route_without_authorisation;
mod common;
pub mod login_without_rate_limit;
pub mod object_access_without_owner_check;
pub mod route_without_authentication;
pub mod route_without_csrf_protection;
pub mod state_change_on_get;
pub mod upload_without_size_limit;

use super::Family;

/// The family.
pub(super) const FAMILY: Family = Family {
    name: "routes",
    rules: &[
        &admin_route_without_authorisation::CHECK,
        &login_without_rate_limit::CHECK,
        &object_access_without_owner_check::CHECK,
        &route_without_authentication::CHECK,
        &route_without_csrf_protection::CHECK,
        &state_change_on_get::CHECK,
        &upload_without_size_limit::CHECK,
    ],
};
