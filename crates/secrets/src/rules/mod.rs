//! The rules, family by family. A rule lives in one folder; what they have in common is in [`crate::plane`].

pub mod leak;
