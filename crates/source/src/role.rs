//! What a file is for: part of the application, or one of the things that stand beside it.

use std::{fmt, str::FromStr};

use clearance_finding::UnknownWord;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Goes to production.
    Application,
    /// A test or its support.
    Test,
    /// A step of a database migration.
    Migration,
    /// A copy of somebody else's code.
    Vendored,
    /// Written by a program.
    Generated,
    /// Documentation.
    Documentation,
    /// An example, sample, demonstration or tutorial.
    Example,
}

impl Role {
    /// All roles, in order.
    pub const ALL: &'static [Self] = &[
        Self::Application,
        Self::Test,
        Self::Migration,
        Self::Vendored,
        Self::Generated,
        Self::Documentation,
        Self::Example,
    ];

    const WORDS: &'static [&'static str] =
        &["application", "test", "migration", "vendored", "generated", "documentation", "example"];

    /// The word used in options, configuration and machine formats.
    pub fn as_str(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(given: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|role| role.as_str().eq_ignore_ascii_case(given))
            .ok_or_else(|| UnknownWord { given: given.to_owned(), expected: Self::WORDS })
    }
}

/// The role that a path says, where `path` is relative to the root that the user named: components above it do not count.
pub fn role_of_path(path: &str) -> Role {
    let mut folder = FolderRole::default();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return folder.role_of(part);
        }
        folder = folder.enter(part);
    }
    Role::Application
}

/// What the folders between the root and a file say about its role.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FolderRole {
    vendored: bool,
    test: bool,
    /// The outermost of documentation and example.
    aside: Option<Role>,
    in_migrations: bool,
    in_versions: bool,
}

impl FolderRole {
    /// The same for a folder `name` inside this one.
    pub(crate) fn enter(self, name: &str) -> Self {
        let is = |words: &[&str]| words.iter().any(|word| name.eq_ignore_ascii_case(word));
        let vendored =
            is(&["vendor", "_vendor", "vendored", "third_party", "thirdparty", "extern", "external"]);
        let test = is(&["tests", "test", "testing", "spec"]);
        let documentation = is(&["docs", "doc", "documentation"]);
        let example =
            is(&["examples", "example", "samples", "sample", "demo", "demos", "tutorial", "tutorials"]);
        let aside = match (documentation, example) {
            (true, _) => Some(Role::Documentation),
            (_, true) => Some(Role::Example),
            _ => None,
        };
        Self {
            vendored: self.vendored || vendored,
            test: self.test || test,
            aside: self.aside.or(aside),
            in_migrations: is(&["migrations", "alembic"]),
            in_versions: self.in_migrations && is(&["versions"]),
        }
    }

    /// The role of the file `name` directly inside this folder.
    pub(crate) fn role_of(self, name: &str) -> Role {
        let stem = name.strip_suffix(".py");
        if self.vendored {
            Role::Vendored
        } else if stem.is_some_and(|stem| stem.ends_with("_pb2") || stem.ends_with("_pb2_grpc")) {
            Role::Generated
        } else if self.test || stem.is_some_and(is_test_module) {
            Role::Test
        } else if stem.is_some_and(|stem| self.in_versions || (self.in_migrations && is_numbered(stem))) {
            Role::Migration
        } else if let Some(aside) = self.aside {
            aside
        } else if name.contains(".env") && crate::kind::is_env_pattern(name) {
            Role::Example
        } else {
            Role::Application
        }
    }
}

fn is_test_module(stem: &str) -> bool {
    stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || matches!(stem, "conftest" | "tests")
}

/// `0001_initial`: four digits and an underscore.
fn is_numbered(stem: &str) -> bool {
    let bytes = stem.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'_'
}

/// The role after a look at the text. Only an application file changes: into a generated one if its first lines say that a
/// program wrote it or it is minified markup or script, or into a migration if it is one by structure.
///
/// A line that merely says who created the file, such as Django's in `settings.py`, does not make it generated: people
/// edit those files.
pub fn role_from_content(path_role: Role, text: &str) -> Role {
    if path_role != Role::Application {
        return path_role;
    }
    let head = head(text, 12, 4096);
    if says_generated(head) || is_minified(text) {
        Role::Generated
    } else if is_migration(text) {
        Role::Migration
    } else {
        path_role
    }
}

/// The first `lines` lines, at most `bytes` bytes of them.
fn head(text: &str, lines: usize, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    match memchr::memchr_iter(b'\n', head.as_bytes()).nth(lines - 1) {
        Some(last) => &head[..last],
        None => head,
    }
}

/// Programs whose output nobody edits, by the words that they put into its first lines.
const GENERATORS: &[&str] = &[
    "generated by the protocol buffer compiler",
    "generated by the grpc python protocol compiler",
    "autogenerated by thrift compiler",
    "generated by openapi generator",
    "generated by: https://openapi-generator.tech",
    "generated by swagger",
    "automatically generated by the flatbuffers compiler",
    "form implementation generated from reading ui file",
    "resource object code",
    "generated by datamodel-codegen",
    "generated by the betterproto",
    "automatically generated by swig",
    "generated from antlr",
];

fn says_generated(head: &str) -> bool {
    // Most files say neither, and are not looked at line by line.
    if !(has_words(head, "generated", 0) || has_words(head, "resource object code", 11)) {
        return false;
    }
    let mut generated = false;
    let mut hands_off = false;
    let mut in_text = false;
    for line in head.lines() {
        let line = line.trim();
        let marks = line.matches("\"\"\"").count() + line.matches("'''").count();
        let prose = in_text || marks > 0 || is_comment(line);
        in_text ^= marks % 2 == 1;
        if !prose {
            continue;
        }
        let line = line.to_ascii_lowercase();
        if line.split([' ', '\t', '*', '#', '/', '<']).any(|word| word == "@generated")
            || GENERATORS.iter().any(|words| line.contains(words))
        {
            return true;
        }
        generated |= line.contains("generated");
        hands_off |= ["do not edit", "don't edit", "do not modify", "do not change", "not be edited"]
            .iter()
            .any(|words| line.contains(words));
    }
    generated && hands_off
}

/// Whether a text has these lower-case words, in any case. The byte at `rare` should be one that few texts have many of.
fn has_words(text: &str, words: &str, rare: usize) -> bool {
    let (text, words) = (text.as_bytes(), words.as_bytes());
    memchr::memchr2_iter(words[rare], words[rare].to_ascii_uppercase(), text).any(|at| {
        let start = at.checked_sub(rare);
        let here = start.and_then(|start| text.get(start..start + words.len()));
        here.is_some_and(|here| here.eq_ignore_ascii_case(words))
    })
}

fn is_comment(line: &str) -> bool {
    ["#", "//", "/*", "*", "<!--", "{#", ";", "--"].iter().any(|mark| line.starts_with(mark))
}

/// Markup, script or style sheet in very long lines. Python is never judged so: a long line of it is worth a look.
fn is_minified(text: &str) -> bool {
    const LONG: usize = 1000;
    let start = text.trim_start();
    text.len() > 4 * LONG
        && ["<", "!function", "(function", "/*!", ":root{", "@charset"]
            .iter()
            .any(|mark| start.starts_with(mark))
        && text.len() / (memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1) > LONG
}

/// Django's migration class, or Alembic's pair of revision identifiers.
fn is_migration(text: &str) -> bool {
    let contains = |words: &str| memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some();
    let line_starts = |words: &str| text.starts_with(&words[1..]) || contains(words);
    line_starts("\nclass Migration(migrations.Migration)")
        || (line_starts("\ndown_revision") && line_starts("\nrevision") && contains("def upgrade("))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_roles() {
        use Role::*;
        for (path, expected) in [
            ("app.py", Application),
            ("contest/views.py", Application),
            ("testimonials/models.py", Application),
            ("shop/tests/test_cart.py", Test),
            ("shop/tests/factories.py", Test),
            ("tests/data/.env", Test),
            ("shop/tests.py", Test),
            ("conftest.py", Test),
            ("cart_test.py", Test),
            ("latest.py", Application),
            ("shop/migrations/0001_initial.py", Migration),
            ("shop/migrations/__init__.py", Application),
            ("migrations/versions/ab12_add_user.py", Migration),
            ("alembic/versions/ab12.py", Migration),
            ("versions/ab12.py", Application),
            ("vendor/requests/api.py", Vendored),
            ("pip/_vendor/tests/test_x.py", Vendored),
            ("vendors/models.py", Application),
            ("rpc/user_pb2.py", Generated),
            ("rpc/user_pb2_grpc.py", Generated),
            ("docs/conf.py", Documentation),
            ("docs/examples/app.py", Documentation),
            ("examples/docs/app.py", Example),
            ("Examples/app.py", Example),
            (".env.example", Example),
            (".env", Application),
            ("democracy/app.py", Application),
        ] {
            assert_eq!(role_of_path(path), expected, "{path}");
        }
    }

    #[test]
    fn words_round_trip() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
        }
        assert!("tests".parse::<Role>().is_err());
    }

    #[test]
    fn generated_headers() {
        let after = |text| role_from_content(Role::Application, text);
        assert_eq!(after("# @generated by some tool\nx = 1\n"), Role::Generated);
        assert_eq!(after("# Code generated by x. DO NOT EDIT.\n"), Role::Generated);
        assert_eq!(
            after("\"\"\"\nThis file is automatically\ngenerated.\nDo not edit.\n\"\"\"\n"),
            Role::Generated
        );
        assert_eq!(after("# Generated by the protocol buffer compiler.  DO NOT EDIT!\n"), Role::Generated);
        assert_eq!(after("x = 'generated; do not edit'\n"), Role::Application);
        assert_eq!(after("import os\n# DO NOT EDIT below this line\n"), Role::Application);
        assert_eq!(role_from_content(Role::Test, "# @generated\n"), Role::Test);
    }

    #[test]
    fn scaffolding_is_not_generated() {
        let settings = "\"\"\"\nDjango settings for shop project.\n\nGenerated by 'django-admin startproject' using \
                        Django 5.1.\n\"\"\"\nDEBUG = True\n";
        assert_eq!(role_from_content(Role::Application, settings), Role::Application);
    }

    #[test]
    fn migrations_by_structure() {
        let django = "# Generated by Django 5.1\nfrom django.db import migrations\n\nclass Migration(migrations.Migration):\n";
        assert_eq!(role_from_content(Role::Application, django), Role::Migration);
        let alembic = "revision = 'a'\ndown_revision = None\n\ndef upgrade():\n    pass\n";
        assert_eq!(role_from_content(Role::Application, alembic), Role::Migration);
    }

    #[test]
    fn long_lines_of_python_stay_in_sight() {
        let python = format!("exec('{}')", "a".repeat(10_000));
        assert_eq!(role_from_content(Role::Application, &python), Role::Application);
        let script = format!("!function(){{{}}}", "a".repeat(10_000));
        assert_eq!(role_from_content(Role::Application, &script), Role::Generated);
    }
}
