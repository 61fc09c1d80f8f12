//! One Python file becomes module facts in a compact SSA form.
