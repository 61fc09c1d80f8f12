//! Rules about acceptances.

pub mod acceptance_expired;
pub mod acceptance_unexplained;
pub mod acceptance_unused;
