//! Expressions of a script as variables of its environment.

use crate::{
    DeployFile, Span,
    edit::{Replaced, before_entry, column, is_inline, line, own_entry},
    workflow::{Job, Step, Workflow},
};

/// An expression in a script.
pub(super) struct Expression {
    /// From `${{` to `}}`.
    pub(super) place: Span,
    /// The path in it that comes from outside.
    pub(super) path: String,
}

/// Edits that hand all of these expressions to the script as variables, where that is certain: a script of a POSIX shell, written as it is run. With them, whether
/// each stays one word: outside of quotes, the shell took the text for several.
pub(super) fn edits(
    file: &DeployFile,
    workflow: &Workflow,
    job: &Job,
    step: &Step,
    expressions: &[Expression],
) -> Option<(bool, Vec<Replaced>)> {
    let text = file.text.as_str();
    let node = step.node.as_ref()?;
    let run = own_entry(node, "run")?;
    let script = step.script?;
    if !is_posix(workflow, job, step) || expressions.is_empty() {
        return None;
    }
    let written = file.slice(script);
    // A text in quotes of YAML has escapes; one that begins with the expression would begin with a quote.
    let quoted = text[..script.start].ends_with(['"', '\'']);
    let is_block = text.get(run.span.end..script.start)?.contains('\n');
    if quoted || (!is_block && expressions.iter().any(|one| one.place.start == script.start)) {
        return None;
    }
    // Here-documents have rules of their own.
    if written.contains("<<") {
        return None;
    }
    let known = step.node.as_ref()?.get("env");
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut edits = Vec::new();
    let mut safe = true;
    for expression in expressions {
        let value = file.slice(expression.place);
        if value.contains(['\n', '#']) || value.contains(": ") {
            return None;
        }
        let name = name_of(&expression.path);
        let given = known.and_then(|env| env.get(&name));
        match (given, variables.iter().find(|(known, _)| *known == name)) {
            (Some(given), _) if file.slice(given.span).trim() != value => return None,
            (_, Some((_, other))) if other != value => return None,
            (None, None) => {
                // What the script calls so is something else.
                let taken = written.contains(&format!("${name}"))
                    || written.contains(&format!("${{{name}"))
                    || written.contains(&format!("{name}="))
                    || [workflow.root.get("env"), job.node.get("env")]
                        .into_iter()
                        .flatten()
                        .any(|env| env.get(&name).is_some());
                if taken {
                    return None;
                }
                variables.push((name.clone(), value.to_owned()));
            }
            _ => {}
        }
        let before = &written[..expression.place.start - script.start];
        let after = &written[expression.place.end - script.start..];
        let quote = quote_at(before)?;
        safe &= quote != ' ';
        edits.push(in_place(expression.place, &name, quote, (before, after)));
    }
    if !variables.is_empty() {
        let lines: Vec<String> = variables.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let added = match own_entry(node, "env") {
            Some(env) => {
                let first = env.value.entries().first()?;
                if is_inline(text, env) || first.span.start < env.span.end {
                    return None;
                }
                // An alias stands elsewhere.
                let holder = line(text, env.span.start).end;
                if text.get(holder..first.span.start)?.lines().any(|line| {
                    let line = line.trim();
                    !line.is_empty() && !line.starts_with('#')
                }) {
                    return None;
                }
                before_entry(text, &env.value, first, &lines)?
            }
            None => {
                column(text, node)?;
                let lines: Vec<String> = std::iter::once("env:".to_owned())
                    .chain(lines.iter().map(|line| format!("  {line}")))
                    .collect();
                before_entry(text, node, run, &lines)?
            }
        };
        edits.push(added);
    }
    Some((safe, edits))
}

/// Whether the script is one of a POSIX shell, as far as the workflow says.
fn is_posix(workflow: &Workflow, job: &Job, step: &Step) -> bool {
    let own = step.node.as_ref().and_then(|node| node.text_at("shell"));
    let given = own
        .or_else(|| job.node.at(&["defaults", "run", "shell"])?.text())
        .or_else(|| workflow.root.at(&["defaults", "run", "shell"])?.text());
    match given {
        Some(shell) => matches!(shell.split_whitespace().next(), Some("bash" | "sh")),
        // Elsewhere PowerShell is the default.
        None => job.node.get("runs-on").is_none_or(|machine| {
            machine.text().is_some_and(|name| !name.contains("windows") && !name.contains("${{"))
        }),
    }
}

/// `github.event.issue.title` → `ISSUE_TITLE`
fn name_of(path: &str) -> String {
    let parts: Vec<&str> = path.split(['.', '[', ']', '\'', '*']).filter(|part| !part.is_empty()).collect();
    let parts = match parts.as_slice() {
        ["inputs", rest @ ..] | ["github", "event", "inputs", rest @ ..] => [&["input"], rest].concat(),
        ["github", "event", rest @ ..] | ["github", rest @ ..] => rest.to_vec(),
        all => all.to_vec(),
    };
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    parts.join("_").chars().map(word).collect()
}

/// The quote of the shell that is open at the end of a part of a script; a blank for none. Nothing where that is not certain.
fn quote_at(before: &str) -> Option<char> {
    let mut quote = ' ';
    let mut characters = before.chars().peekable();
    let mut last = '\n';
    while let Some(c) = characters.next() {
        match (quote, c) {
            ('\'', '\'') | ('"', '"') => quote = ' ',
            ('\'', _) => {}
            (_, '\\') => {
                characters.next();
            }
            // What is run inside of quotes has quotes of its own.
            (_, '`') => return None,
            ('"', '$') if characters.peek() == Some(&'(') => return None,
            (' ', '"' | '\'') => quote = c,
            // `${{ … }}` is replaced before the shell reads it; an apostrophe in it is none of the shell's.
            (' ', '#') if last.is_whitespace() => while characters.next_if(|c| *c != '\n').is_some() {},
            (_, '$') if characters.peek() == Some(&'{') => {
                let rest: String = characters.clone().take(2).collect();
                if rest == "{{" {
                    while let Some(c) = characters.next() {
                        if c == '}' && characters.peek() == Some(&'}') {
                            characters.next();
                            break;
                        }
                    }
                }
            }
            _ => {}
        }
        last = c;
    }
    Some(quote)
}

/// The variable in place of the expression.
fn in_place(place: Span, name: &str, quote: char, (before, after): (&str, &str)) -> Replaced {
    let goes_on = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let variable = if goes_on { format!("${{{name}}}") } else { format!("${name}") };
    match quote {
        '"' => (place, variable),
        '\'' if before.ends_with('\'') && after.starts_with('\'') => {
            (Span::new(place.start - 1, place.end + 1), format!("\"${name}\""))
        }
        '\'' => (place, format!("'\"${name}\"'")),
        _ => (place, format!("\"${name}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_event() {
        assert_eq!(name_of("github.event.issue.title"), "ISSUE_TITLE");
        assert_eq!(name_of("github.head_ref"), "HEAD_REF");
        assert_eq!(name_of("inputs.dry-run"), "INPUT_DRY_RUN");
        assert_eq!(name_of("github.event.commits[0].message"), "COMMITS_0_MESSAGE");
    }

    #[test]
    fn quotes_of_the_shell_are_followed() {
        assert_eq!(quote_at("echo \"a"), Some('"'));
        assert_eq!(quote_at("echo 'it''s "), Some('\''));
        assert_eq!(quote_at("# don't\necho "), Some(' '));
        assert_eq!(quote_at("echo ${{ a['b'] }} "), Some(' '));
        assert_eq!(quote_at("x=\"$(echo "), None);
    }
}
