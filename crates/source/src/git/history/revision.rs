//! The revision that the user names as the start of a range (gitrevisions(7)): a name or an identity, and steps back from it.

/// A parsed revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision {
    /// A reference, or the digits of an identity.
    pub(super) name: String,
    /// From commit to commit.
    pub(super) steps: Vec<Step>,
}

/// One step to an ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// `~n`: that many times the first parent.
    Back(u32),
    /// `^n`: the parent of this number, from 1.
    Parent(u32),
}

impl Revision {
    /// Takes a revision apart. None: it uses more of the notation than is understood here.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let end = text.find(['~', '^']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        // `@` alone is the head; `@{…}` asks the reflog, `..` is a range, `:` names a file.
        let name = if name == "@" { "HEAD" } else { name };
        if name.is_empty() || name.contains("..") || name.contains("@{") || name.contains([':', ' ']) {
            return None;
        }
        let mut steps = Vec::new();
        while let Some(sign) = rest.chars().next() {
            rest = &rest[1..];
            if sign == '^'
                && let Some(tail) = rest.strip_prefix("{commit}").or_else(|| rest.strip_prefix("{}"))
            {
                rest = tail;
                continue;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = if digits == 0 { 1 } else { rest[..digits].parse().ok()? };
            rest = &rest[digits..];
            match sign {
                '~' => steps.push(Step::Back(number)),
                '^' if number == 0 => {}
                '^' => steps.push(Step::Parent(number)),
                _ => return None,
            }
        }
        Some(Self { name: name.to_owned(), steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_steps() {
        let parsed = |text: &str| Revision::parse(text).map(|revision| (revision.name, revision.steps));
        assert_eq!(parsed("origin/main"), Some(("origin/main".to_owned(), vec![])));
        assert_eq!(
            parsed("HEAD~2^^2~"),
            Some(("HEAD".to_owned(), vec![Step::Back(2), Step::Parent(1), Step::Parent(2), Step::Back(1)]))
        );
        assert_eq!(parsed("@^{commit}"), Some(("HEAD".to_owned(), vec![])));
        assert_eq!(parsed("v1^0"), Some(("v1".to_owned(), vec![])));
        for text in ["", "~1", "a..b", "HEAD@{1}", ":a.py", "HEAD:a.py", "a^{tree}", "a^-", "a~99999999999"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
