//! One Python file becomes module facts in a compact SSA form.
//!
//! In: the text of one module. Out: [`ir::ModuleIr`]. The parser's syntax tree does not leave this crate, and is gone when
//! [`lower_module`] returns. Nothing here knows other files, libraries or rules.

mod dump;
pub mod ir;
mod keep;
pub mod layout;
mod lower;
mod text;
mod verify;

pub use dump::{dump, dump_with_source};
pub use keep::{decode, encode};
pub use lower::PARSER_FAILED;

pub use ruff_text_size::{TextRange, TextSize};
pub use text::{Names, Texts};
pub use verify::verify;

/// The text of one module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input<'a> {
    /// The text.
    pub text: &'a str,
    /// For notebooks: byte ranges of the cells in `text`, in order, each followed by one line feed that is not its own. Each is parsed
    /// by itself.
    pub cells: Option<&'a [(u32, u32)]>,
    /// Allow IPython syntax (`%magic`, `!command`).
    pub notebook: bool,
}

/// Lowers a module. Never panics, whatever the text: syntax errors are in [`ir::ModuleIr::errors`], and what was too deep or too large to
/// follow is said in [`ir::ModuleIr::truncated`].
pub fn lower_module(input: Input<'_>) -> ir::ModuleIr {
    lower::lower_module(input)
}
