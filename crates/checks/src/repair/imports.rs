//! Names of libraries in new code.

use clearance_program::{Form, Spelling, Writing};
use clearance_python::{TextSize, ir::Func};

use crate::Cx;

impl Cx<'_, '_> {
    /// How `member` of the external module `module` is written at a place of this module (the module itself, if `member` is empty), with the import that it needs;
    /// nothing where every name for it is taken by something else.
    pub(crate) fn spelling(&self, at: TextSize, module: &str, member: &str, form: Form) -> Option<Spelling> {
        let function = self.function.unwrap_or(Func(0));
        self.program.spelling(Writing { module: self.module, function, at }, module, member, form)
    }
}
