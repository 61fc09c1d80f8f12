//! The Python front end, file by file.

use clearance_python::{Input, ir::ModuleIr, lower_module};
use clearance_source::Text;

/// Lowers the text of one file.
pub(crate) fn lower(text: &Text) -> ModuleIr {
    lower_module(Input { text: &text.text, notebook: text.cells.is_some(), cells: text.cells.as_deref() })
}
