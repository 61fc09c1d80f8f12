//! What an environment writes around its tags.

/// Opening and closing marks. The defaults are those of Jinja2 and Django.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delimiters {
    /// Around tags: `{%`, `%}`.
    pub block: (Box<str>, Box<str>),
    /// Around what is shown: `{{`, `}}`.
    pub variable: (Box<str>, Box<str>),
    /// Around comments: `{#`, `#}`.
    pub comment: (Box<str>, Box<str>),
    /// What a line that is a tag begins with.
    pub line_statement: Option<Box<str>>,
    /// What begins a comment up to the end of the line.
    pub line_comment: Option<Box<str>>,
}

impl Default for Delimiters {
    fn default() -> Self {
        let pair = |open: &str, close: &str| (open.into(), close.into());
        Self {
            block: pair("{%", "%}"),
            variable: pair("{{", "}}"),
            comment: pair("{#", "#}"),
            line_statement: None,
            line_comment: None,
        }
    }
}

impl Delimiters {
    /// Sets what an option of `jinja2.Environment` says; false where the name is none of them, or the mark is empty or unreasonably long.
    pub fn set(&mut self, option: &str, mark: &str) -> bool {
        let slot = match option {
            "block_start_string" => &mut self.block.0,
            "block_end_string" => &mut self.block.1,
            "variable_start_string" => &mut self.variable.0,
            "variable_end_string" => &mut self.variable.1,
            "comment_start_string" => &mut self.comment.0,
            "comment_end_string" => &mut self.comment.1,
            "line_statement_prefix" => self.line_statement.get_or_insert_default(),
            "line_comment_prefix" => self.line_comment.get_or_insert_default(),
            _ => return false,
        };
        let is_fine = !mark.trim().is_empty() && mark.len() <= 16;
        if is_fine {
            *slot = mark.into();
        }
        is_fine
    }

    /// Whether a text has marks of these that the defaults do not have.
    pub fn are_used_in(&self, text: &str) -> bool {
        let usual = Self::default();
        let lines = |prefix: &str| text.lines().any(|line| line.trim_start().starts_with(prefix));
        [(&self.block, &usual.block), (&self.variable, &usual.variable), (&self.comment, &usual.comment)]
            .iter()
            .any(|(own, usual)| own != usual && text.contains(&*own.0))
            || self.line_statement.as_deref().is_some_and(lines)
    }
}
