//! x
pub(crate) fn run(_: &crate::cli::DebugCommand) -> Result<crate::exit::Exit, crate::exit::Failure> { Ok(crate::exit::Exit::Met) }
