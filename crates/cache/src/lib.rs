//! A private folder of results that a later run may take over instead of working them out again.
//!
//! In: bytes under a [`Key`]. Out: the same bytes, or nothing. Nothing here knows what the bytes mean.
//!
//! What is kept may be lost or damaged at any time without harm: every piece carries its key and a checksum, and what does not fit is as good as
//! absent. Files are written beside their place and renamed into it, so that neither a killed run nor one at the same time leaves half a file under a
//! name that is read. The folder and its files are for their owner only, because texts of the target are in them; links are not followed.

mod file;
mod key;
mod pack;
mod store;

pub use key::{Key, KeyBuilder};
pub use pack::{Pack, Sealed};
pub use store::{DEFAULT_LIMIT, Refused, Store};
