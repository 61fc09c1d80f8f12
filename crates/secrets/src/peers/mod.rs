//! What projects have told other tools that look for credentials: rules of their own, and what they allow.

mod allow;
mod baseline;
mod gitleaks;
mod go_syntax;
mod literals;
mod places;

pub use allow::{Allowance, Allowlist, OnlyIn, Rulings};
pub use baseline::{Baseline, Known};
pub(crate) use gitleaks::SECRET_GROUPS;
pub use gitleaks::{FAMILY, Import};
pub use places::{Ignored, IgnoredPlaces, Named};
