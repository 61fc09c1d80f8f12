//! Reads the directives in one comment.
//!
//! Forms of Bandit, Flake8, Ruff, Semgrep, CodeQL and the secret scanners are read the way their own tools read them, with two differences on the
//! careful side: a code is never taken for prose (`# noqa S608` is for S608 only), and text behind the codes is kept as the reason.

use super::{CommentLine, Dialect, Directive, Scope, Until, read_until};

/// The directives in `comment`, in order. A comment that holds none gives an empty list. Names are not checked here: some may
/// be codes that only other tools know.
pub fn parse(comment: &CommentLine) -> Vec<Directive> {
    let mut directives = Vec::new();
    for segment in segments(head(&comment.text)) {
        if let Some(read) = read_segment(segment)
            && let Some(scope) = scope(comment, read.reach)
        {
            let (reason, until) = split_until(read.rest);
            directives.push(Directive {
                dialect: read.dialect,
                scope,
                names: read.names,
                reason,
                until,
                text: segment.trim_end().to_owned(),
                location: comment.location.clone(),
            });
        }
    }
    directives
}

/// A directive before its scope is known.
struct Read<'a> {
    dialect: Dialect,
    reach: Reach,
    names: Option<Vec<String>>,
    rest: &'a str,
}

/// What kind of reach the form has.
#[derive(Clone, Copy)]
enum Reach {
    /// The statement that it stands in; on a line between statements, nothing.
    Within,
    /// The statement that it stands in or precedes.
    WithinOrNext,
    /// The line after the comment.
    NextLine,
    File,
    Begin,
    End,
}

fn scope(comment: &CommentLine, reach: Reach) -> Option<Scope> {
    let (first, last) = comment.statement_lines;
    let line = comment.line;
    let inside = !comment.own_line || (first <= line && line <= last);
    match reach {
        Reach::Within if !inside => None,
        Reach::Within | Reach::WithinOrNext => {
            Some(Scope::Lines { first: first.min(line), last: last.max(line), near: line })
        }
        Reach::NextLine => {
            let next = line.saturating_add(1);
            Some(Scope::Lines { first: next, last: next.max(last), near: next })
        }
        Reach::File => Some(Scope::File),
        Reach::Begin => Some(Scope::Begin(line)),
        Reach::End => Some(Scope::End(line)),
    }
}

/// The part of a comment that is read: a directive further out than this serves nobody.
fn head(text: &str) -> &str {
    let mut end = text.len().min(2048);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a comment before every `#` that begins a directive, and before the marks of secret scanners that need no `#`.
fn segments(text: &str) -> Vec<&str> {
    let mut cuts: Vec<usize> = text
        .char_indices()
        .filter(|&(at, c)| {
            c == '#' && !text[at + 1..].starts_with('#') && read_segment(&text[at..]).is_some()
        })
        .map(|(at, _)| at)
        .collect();
    for mark in ["gitleaks:allow", "trufflehog:ignore"] {
        let found = text.find(mark).filter(|&at| !text[..at].trim_end().ends_with('#'));
        cuts.extend(found);
    }
    cuts.sort_unstable();
    let ends = cuts.iter().skip(1).copied().chain([text.len()]);
    cuts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect()
}

/// Reads the directive that `segment` begins with, if it does.
fn read_segment(segment: &str) -> Option<Read<'_>> {
    let body = segment.trim_start_matches('#').trim_start();
    if let Some(rest) = word(body, "clearance").and_then(colon).and_then(|rest| word(rest, "accept")) {
        let (names, rest) = brackets(rest).unwrap_or((Vec::new(), rest));
        return Some(Read { dialect: Dialect::Own, reach: Reach::WithinOrNext, names: Some(names), rest });
    }
    if let Some(rest) = word(body, "nosec") {
        let (names, rest) = codes(rest, true);
        return Some(Read { dialect: Dialect::Nosec, reach: Reach::Within, names, rest });
    }
    if let Some(rest) = word(body, "noqa") {
        let (names, rest) = codes(rest, false);
        return Some(Read { dialect: Dialect::Noqa, reach: Reach::Within, names, rest });
    }
    if let Some(rest) = word(body, "ruff").and_then(colon) {
        return read_ruff(rest);
    }
    if let Some(rest) = word(body, "flake8").and_then(|rest| colon(rest).or_else(|| rest.strip_prefix('=')))
        && let Some(rest) = word(rest.trim_start(), "noqa")
    {
        let (names, rest) = codes(rest, false);
        return Some(Read { dialect: Dialect::Noqa, reach: Reach::File, names, rest });
    }
    if let Some(rest) = word(body, "nosemgrep").or_else(|| word(body, "nosem")) {
        let (names, rest) = match colon(rest) {
            Some(rest) => semgrep_ids(rest),
            None => (None, rest),
        };
        return Some(Read { dialect: Dialect::Semgrep, reach: Reach::WithinOrNext, names, rest });
    }
    for name in ["codeql", "lgtm"] {
        if let Some((names, rest)) = word(body, name).and_then(brackets) {
            let names = Some(names);
            return Some(Read { dialect: Dialect::CodeQl, reach: Reach::WithinOrNext, names, rest });
        }
    }
    let secrets = |reach, rest| Some(Read { dialect: Dialect::Secrets, reach, names: None, rest });
    if let Some(rest) = word(body, "pragma")
        .and_then(colon)
        .and_then(|rest| word(rest, "allowlist").or(word(rest, "whitelist")))
    {
        let rest = rest.trim_start();
        if let Some(rest) = word(rest, "nextline").and_then(|rest| word(rest.trim_start(), "secret")) {
            return secrets(Reach::NextLine, rest);
        }
        return word(rest, "secret").and_then(|rest| secrets(Reach::Within, rest));
    }
    for mark in ["gitleaks:allow", "trufflehog:ignore"] {
        if let Some(rest) = word(body, mark) {
            return secrets(Reach::Within, rest);
        }
    }
    None
}

/// What follows `# ruff:`.
fn read_ruff(rest: &str) -> Option<Read<'_>> {
    if let Some(rest) = word(rest, "noqa") {
        let (names, rest) = codes(rest, false);
        return Some(Read { dialect: Dialect::Noqa, reach: Reach::File, names, rest });
    }
    let forms = [
        ("file-ignore", Reach::File),
        ("ignore", Reach::WithinOrNext),
        ("disable", Reach::Begin),
        ("enable", Reach::End),
    ];
    forms.into_iter().find_map(|(name, reach)| {
        let (names, rest) = word(rest, name).and_then(brackets)?;
        Some(Read { dialect: Dialect::Ruff, reach, names: Some(names), rest })
    })
}

/// What follows `name` in `text`, ignoring ASCII case, if `text` begins with `name` as a whole word.
fn word<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.get(..name.len())?;
    let rest = &text[name.len()..];
    let whole = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    (head.eq_ignore_ascii_case(name) && whole).then_some(rest)
}

/// What follows a colon with any white space around it.
fn colon(text: &str) -> Option<&str> {
    Some(text.trim_start().strip_prefix(':')?.trim_start())
}

/// The names in `[a, b]`, and what follows.
fn brackets(text: &str) -> Option<(Vec<String>, &str)> {
    let (inside, rest) = text.trim_start().strip_prefix('[')?.split_once(']')?;
    let names = inside.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some((names.map(str::to_owned).collect(), rest))
}

/// The codes after `noqa` or `nosec`, with or without a colon, and what follows them; no names when there are none.
/// `test_names`: whether lower-case test names (`assert_used`) count, as they do for Bandit.
fn codes(text: &str, test_names: bool) -> (Option<Vec<String>>, &str) {
    let has_colon = text.trim_start().starts_with(':');
    let mut rest = text.trim_start().trim_start_matches(':');
    let mut names = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', ',']);
        let end = trimmed
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '#' | ';'))
            .unwrap_or(trimmed.len());
        let (token, after) = trimmed.split_at(end);
        let code = token.trim_end_matches(['.', ':', '!']);
        let family = has_colon && names.is_empty() && !test_names && is_family(code);
        if !(is_code(code) || family || test_names && is_test_name(code)) {
            return ((!names.is_empty()).then_some(names), rest);
        }
        names.push(code.to_owned());
        rest = after;
    }
}

/// `S608`, `B101`, `PLE2502`, also in lower case: up to six letters and two to five digits.
fn is_code(token: &str) -> bool {
    let letters = token.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = &token[letters..];
    (1..=6).contains(&letters)
        && (2..=5).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `S`, `S6`: a family of codes.
fn is_family(token: &str) -> bool {
    let letters = token.bytes().take_while(u8::is_ascii_uppercase).count();
    (1..=4).contains(&letters)
        && token.len() - letters <= 1
        && token[letters..].bytes().all(|b| b.is_ascii_digit())
}

/// `assert_used`: words joined by underscores, in lower case. Single words (`pickle`) are prose.
fn is_test_name(token: &str) -> bool {
    token.contains('_')
        && token.starts_with(|c: char| c.is_ascii_lowercase())
        && token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Dotted ids separated by commas, and what follows.
fn semgrep_ids(text: &str) -> (Option<Vec<String>>, &str) {
    let mut rest = text;
    let mut names = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        let end = trimmed
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')))
            .unwrap_or(trimmed.len());
        if end == 0 {
            break;
        }
        names.push(trimmed[..end].to_owned());
        rest = &trimmed[end..];
        match rest.trim_start().strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
    }
    ((!names.is_empty()).then_some(names), rest)
}

/// Takes `until=…` out of the text behind a directive; what remains is the reason.
fn split_until(rest: &str) -> (Option<String>, Until) {
    let mut until = Until::Open;
    let mut text = rest.to_owned();
    if let Some(at) = find_until(rest) {
        let value = &rest[at + "until=".len()..];
        let end = value
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '#' | ')'))
            .unwrap_or(value.len());
        until = read_until(value[..end].trim_end_matches('.'));
        text = format!(
            "{} {}",
            rest[..at].trim_end_matches(SEPARATORS),
            value[end..].trim_start_matches(SEPARATORS)
        );
    }
    let reason = text.trim_matches(SEPARATORS);
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    (reason.chars().any(char::is_alphanumeric).then_some(reason), until)
}

const SEPARATORS: &[char] = &[' ', '\t', ',', ';', ':', '-', '–', '—', '#', '(', ')'];

fn find_until(text: &str) -> Option<usize> {
    text.match_indices("until=").map(|(at, _)| at).find(|&at| !text[..at].ends_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearance_finding::Location;

    fn comment(text: &str) -> CommentLine {
        CommentLine {
            path: "a.py".into(),
            line: 5,
            own_line: false,
            text: text.to_owned(),
            statement_lines: (3, 6),
            location: Location::file("a.py".into()),
        }
    }

    /// `dialect names reason until`, one directive a line.
    fn show(text: &str) -> String {
        parse(&comment(text))
            .iter()
            .map(|d| {
                let names = d.names.as_ref().map_or("*".to_owned(), |names| names.join("+"));
                let until = match &d.until {
                    Until::Open => String::new(),
                    Until::Day(day) => format!(" until {day}"),
                    Until::Unreadable(text) => format!(" until? {text}"),
                };
                let scope = match d.scope {
                    Scope::Lines { .. } => "",
                    Scope::File => " file",
                    Scope::Begin(_) => " begin",
                    Scope::End(_) => " end",
                };
                format!("{:?} {names}{scope} {}{until}", d.dialect, d.reason.as_deref().unwrap_or("-"))
            })
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn every_form_is_read() {
        let cases = [
            (
                "# clearance: accept[weak-hash, B303] cache key, until=2026-12-31",
                "Own weak-hash+B303 cache key until 2026-12-31",
            ),
            ("#clearance:accept[x] why not", "Own x why not"),
            ("# clearance: accept[x] until=2026-01-02, the reason", "Own x the reason until 2026-01-02"),
            ("# clearance: accept[x] until=soon", "Own x - until? soon"),
            ("# clearance: accept no names", "Own  no names"),
            ("# nosec", "Nosec * -"),
            ("#nosec", "Nosec * -"),
            ("# nosec B602, B607", "Nosec B602+B607 -"),
            ("# nosec: B101", "Nosec B101 -"),
            ("# nosec:B101,B102", "Nosec B101+B102 -"),
            ("# nosec assert_used is fine in here", "Nosec assert_used is fine in here"),
            ("# nosec B608 - the table is a constant", "Nosec B608 the table is a constant"),
            ("# nosec because I said so", "Nosec * because I said so"),
            ("# nosec B101 # see #12", "Nosec B101 see #12"),
            ("# noqa", "Noqa * -"),
            ("# NOQA", "Noqa * -"),
            ("# noqa: S608", "Noqa S608 -"),
            ("#noqa:S608", "Noqa S608 -"),
            ("# noqa : S608", "Noqa S608 -"),
            ("# noqa:S608,E501 reason", "Noqa S608+E501 reason"),
            ("# noqa: S608 E501", "Noqa S608+E501 -"),
            ("# noqa S608", "Noqa S608 -"),
            ("# noqa: S", "Noqa S -"),
            ("# noqa - A reason", "Noqa * A reason"),
            ("# ruff: noqa", "Noqa * file -"),
            ("# ruff: noqa: S608", "Noqa S608 file -"),
            ("# flake8: noqa", "Noqa * file -"),
            ("# flake8: noqa: S101, S102", "Noqa S101+S102 file -"),
            ("# ruff: ignore[S608] fixed list", "Ruff S608 fixed list"),
            ("# ruff: file-ignore[S101,S102]", "Ruff S101+S102 file -"),
            ("# ruff: disable[S608]", "Ruff S608 begin -"),
            ("# ruff: enable[S608]", "Ruff S608 end -"),
            ("# nosem", "Semgrep * -"),
            (
                "# nosemgrep: python.lang.security.audit.eval-detected, other",
                "Semgrep python.lang.security.audit.eval-detected+other -",
            ),
            ("# codeql[py/sql-injection] fixed", "CodeQl py/sql-injection fixed"),
            ("# lgtm[py/weak-crypto-key]", "CodeQl py/weak-crypto-key -"),
            ("# lgtm", ""),
            ("# pragma: allowlist secret", "Secrets * -"),
            ("# pragma: allowlist nextline secret", "Secrets * -"),
            ("# gitleaks:allow", "Secrets * -"),
            ("# a test key, trufflehog:ignore", "Secrets * -"),
            ("# type: ignore # nosec B301 # noqa: S301", "Nosec B301 - | Noqa S301 -"),
            ("# nosecret", ""),
            ("# noqa-like", ""),
            ("# ruff: isort: skip", ""),
            ("# just prose about nosec", ""),
            ("# pragma: no cover", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(show(text), expected, "{text}");
        }
    }

    #[test]
    fn directives_reach_their_statement_and_no_other() {
        let scope = |line, own_line, text: &str| {
            let given = CommentLine { line, own_line, ..comment(text) };
            parse(&given).first().map(|directive| directive.scope)
        };
        let lines = |first, last, near| Some(Scope::Lines { first, last, near });
        assert_eq!(scope(6, false, "# nosec"), lines(3, 6, 6));
        assert_eq!(scope(4, true, "# nosec"), lines(3, 6, 4));
        assert_eq!(scope(2, true, "# nosec"), None, "Bandit does not look above the statement");
        assert_eq!(scope(2, true, "# clearance: accept[x] y"), lines(2, 6, 2));
        assert_eq!(scope(2, true, "# ruff: ignore[S101]"), lines(2, 6, 2));
        assert_eq!(scope(2, true, "# pragma: allowlist nextline secret"), lines(3, 6, 3));
    }

    #[test]
    fn no_text_makes_the_parser_fail() {
        let pieces = [
            "#",
            " ",
            "nosec",
            "noqa",
            ":",
            "[",
            "]",
            ",",
            "S608",
            "B1",
            "é",
            "🦀",
            "clearance",
            "accept",
            "until=",
            "2026-13-45",
            "ruff",
            "disable",
            "\t",
            "\u{202e}",
            "pragma",
            "allowlist",
            "secret",
            "nextline",
            "gitleaks:allow",
            "lgtm",
            "nosem",
            "\0",
            "flake8",
            "=",
        ];
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let mut text = String::from("#");
            for _ in 0..12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(pieces[(state % pieces.len() as u64) as usize]);
            }
            for directive in parse(&comment(&text)) {
                assert!(directive.text.len() <= text.len());
            }
        }
    }

    #[test]
    fn long_comments_are_read_to_a_bound() {
        for piece in ["# nosec ", "# lgtm[", "#", "# until=", "é"] {
            assert!(parse(&comment(&format!("#{}", piece.repeat(20_000)))).len() <= 2048 / 8);
        }
        assert_eq!(show("## nosec B101"), "Nosec B101 -");
    }
}
