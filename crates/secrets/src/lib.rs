//! The secrets plane: credentials that stand where others can read them.
//!
//! In: the bytes of files and of git's objects. Out: what in them is a credential, of which kind, how sure that is. A value never leaves this crate but as a digest.

pub mod check;
pub mod detector;
pub mod template;
