//! What a text under a telling name looks like: a secret, or one of the many other things that stand there.

mod hand;
mod sample;
mod shape;
mod shape_words;

pub use hand::is_made_up;
pub use sample::{entropy, is_sample};
pub use shape::{Shape, is_plain_name, names_development, shape};
