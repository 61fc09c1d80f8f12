//! The Python front end, file by file.

use clearance_python::{ir::ModuleIr, lower_module};
use clearance_source::Text;

/// Lowers the text of one file.
pub(crate) fn lower(text: &Text) -> ModuleIr {
    lower_module(&text.text)
}
