//! What a text under a telling name looks like: a secret, or one of the many other things that stand there.

mod sample;
mod shape;
mod shape_words;

pub use sample::{entropy, is_sample};
pub use shape::{Shape, is_plain_name, names_development, shape};
