//! The model files that the program carries. The build script reads and checks those below `data/` and packs what they say.

use crate::Library;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/models.bin"));

/// What the files that the program carries say, by file name.
pub fn builtin() -> Vec<Library> {
    postcard::from_bytes(PACKED).unwrap_or_else(|error| unreachable!("packed by the same source: {error}"))
}
