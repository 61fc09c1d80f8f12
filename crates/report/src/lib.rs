//! An assessment becomes terminal text, Markdown, JSON or SARIF.
