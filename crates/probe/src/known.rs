//! Addresses at which things are found that nobody should find, each with a look at what is there: that something answers proves nothing, since there are
//! servers that answer everything.

use std::sync::LazyLock;

use clearance_finding::Severity;
use regex::bytes::Regex;

use crate::exchange::Answer;

/// A debugger or console.
#[derive(Debug)]
pub(crate) struct KnownDebugger {
    /// Below the root of the server.
    pub(crate) path: &'static str,
    /// What it is, for a sentence.
    pub(crate) what: &'static str,
    /// Whether it runs code that is sent to it.
    pub(crate) runs_code: bool,
    /// Texts of which one must be in the body.
    pub(crate) texts: &'static [&'static str],
    /// What the type of the content begins with.
    pub(crate) content_type: &'static str,
}

/// The debuggers that are tried.
pub(crate) static DEBUGGERS: &[KnownDebugger] = &[
    KnownDebugger {
        path: "/console",
        what: "the interactive console of Werkzeug",
        runs_code: true,
        texts: &["CONSOLE_MODE", "__debugger__"],
        content_type: "text/html",
    },
    KnownDebugger {
        path: "/?__debugger__=yes&cmd=resource&f=style.css",
        what: "the interactive debugger of Werkzeug",
        runs_code: true,
        texts: &["div.debugger", "div.traceback", ".traceback"],
        content_type: "text/css",
    },
    KnownDebugger {
        path: "/?__debugger__=yes&cmd=resource&f=debugger.js",
        what: "the interactive debugger of Werkzeug",
        runs_code: true,
        texts: &["EVALEX", "__debugger__"],
        content_type: "text/javascript",
    },
    KnownDebugger {
        path: "/__debug__/render_panel/",
        what: "the debug toolbar of Django",
        runs_code: false,
        texts: &["djdt", "Data for this panel isn't available anymore"],
        content_type: "",
    },
    KnownDebugger {
        path: "/_debug_toolbar/",
        what: "the debug toolbar of Pyramid",
        runs_code: false,
        texts: &["pyramid_debugtoolbar", "pDebug"],
        content_type: "text/html",
    },
    KnownDebugger {
        path: "/_debugtoolbar",
        what: "the debug toolbar of aiohttp",
        runs_code: false,
        texts: &["aiohttp_debugtoolbar", "pDebug"],
        content_type: "text/html",
    },
    KnownDebugger {
        path: "/silk/",
        what: "the profiler Silk",
        runs_code: false,
        texts: &["silk/lib/", "Silky"],
        content_type: "text/html",
    },
];

impl KnownDebugger {
    /// Whether the answer is its own.
    pub(crate) fn is_there(&self, answer: &Answer) -> bool {
        let body = answer.body_text();
        answer.status < 500
            && answer.content_type().starts_with(self.content_type)
            && self.texts.iter().any(|text| body.contains(text))
    }
}

/// A file that should not be served.
#[derive(Debug)]
pub(crate) struct KnownFile {
    /// Below the folder of the application.
    pub(crate) path: &'static str,
    /// What it is, for a sentence.
    pub(crate) what: &'static str,
    pub(crate) severity: Severity,
    /// What its content has; bytes, since it may be any.
    pattern: &'static str,
}

/// Settings of an environment: at least one assignment of a name in capitals, and no line that is neither assignment nor comment.
const DOTENV: &str = r"(?-u)\A(?:\s*(?:#[^\n]*|(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=[^\n]*)?\r?\n)*\s*(?:export\s+)?[A-Z_][A-Z0-9_]{2,}\s*=";
/// Python source: a line that can be nothing else.
const PYTHON: &str = r"(?m-u)^(?:from [\w.]+ import [\w*(]|import [a-z_][\w.]*\s*$|[A-Z][A-Z0-9_]+ *= *\S|def \w+\(|class \w+[:(])";
const DUMP: &str = r"(?m-u)^(?:-- (?:MySQL|MariaDB|PostgreSQL|SQLite) ?(?:database )?dump|CREATE TABLE |INSERT INTO |PRAGMA foreign_keys)";
const ARCHIVE: &str = r"(?-u)\A(?:PK\x03\x04|\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ\x00|.{257}ustar)";

/// The files that are tried.
pub(crate) static FILES: &[KnownFile] = &[
    KnownFile {
        path: ".env",
        what: "an environment file with settings",
        severity: Severity::Critical,
        pattern: DOTENV,
    },
    KnownFile {
        path: ".env.production",
        what: "an environment file with settings",
        severity: Severity::Critical,
        pattern: DOTENV,
    },
    KnownFile {
        path: ".env.bak",
        what: "a copy of an environment file",
        severity: Severity::Critical,
        pattern: DOTENV,
    },
    KnownFile {
        path: ".git/HEAD",
        what: "the git repository, with the whole history of the source",
        severity: Severity::High,
        pattern: r"(?-u)\A(?:ref: refs/\S+|[0-9a-f]{40})\s*\z",
    },
    KnownFile {
        path: ".git/config",
        what: "the configuration of a git repository",
        severity: Severity::High,
        pattern: r"(?m-u)^\[core\]",
    },
    KnownFile {
        path: ".svn/wc.db",
        what: "a working copy of Subversion",
        severity: Severity::High,
        pattern: r"(?-u)\ASQLite format 3\x00",
    },
    KnownFile {
        path: ".hg/requires",
        what: "a repository of Mercurial",
        severity: Severity::High,
        pattern: r"(?m-u)^(?:revlogv1|store|dotencode)$",
    },
    KnownFile {
        path: ".htpasswd",
        what: "hashes of passwords",
        severity: Severity::High,
        pattern: r"(?m-u)^[^\s:<]+:(?:\$(?:apr1|2[aby]|5|6)\$|\{SHA\})",
    },
    KnownFile {
        path: ".aws/credentials",
        what: "credentials of a cloud account",
        severity: Severity::Critical,
        pattern: r"(?m-u)^aws_(?:access_key_id|secret_access_key)\s*=",
    },
    KnownFile {
        path: "id_rsa",
        what: "a private key",
        severity: Severity::Critical,
        pattern: r"(?-u)-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    },
    KnownFile {
        path: "settings.py",
        what: "source code with settings",
        severity: Severity::High,
        pattern: PYTHON,
    },
    KnownFile {
        path: "config.py",
        what: "source code with settings",
        severity: Severity::High,
        pattern: PYTHON,
    },
    KnownFile { path: "app.py", what: "source code", severity: Severity::High, pattern: PYTHON },
    KnownFile { path: "manage.py", what: "source code", severity: Severity::High, pattern: PYTHON },
    KnownFile {
        path: "settings.py.bak",
        what: "a copy of source code with settings",
        severity: Severity::High,
        pattern: PYTHON,
    },
    KnownFile {
        path: "db.sqlite3",
        what: "a database",
        severity: Severity::Critical,
        pattern: r"(?-u)\ASQLite format 3\x00",
    },
    KnownFile { path: "dump.sql", what: "a dump of a database", severity: Severity::Critical, pattern: DUMP },
    KnownFile {
        path: "backup.sql",
        what: "a dump of a database",
        severity: Severity::Critical,
        pattern: DUMP,
    },
    KnownFile { path: "backup.zip", what: "an archive", severity: Severity::High, pattern: ARCHIVE },
    KnownFile { path: "backup.tar.gz", what: "an archive", severity: Severity::High, pattern: ARCHIVE },
    KnownFile {
        path: "docker-compose.yml",
        what: "the composition of the containers",
        severity: Severity::Medium,
        pattern: r"(?m-u)^services:\s*$",
    },
    KnownFile {
        path: "Dockerfile",
        what: "the build of the image",
        severity: Severity::Low,
        pattern: r"(?m-u)^FROM \S+",
    },
    KnownFile {
        path: "requirements.txt",
        what: "the list of the packages with their versions",
        severity: Severity::Low,
        pattern: r"(?m-u)\A(?:[#\-\s][^\n]*\n)*[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[\w,-]+\])?\s*(?:[=~><!]=)",
    },
    KnownFile {
        path: ".DS_Store",
        what: "a list of the names in a folder",
        severity: Severity::Low,
        pattern: r"(?-u)\A\x00\x00\x00\x01Bud1",
    },
    KnownFile {
        path: "server-status",
        what: "the state of the server, with the requests of others",
        severity: Severity::Medium,
        pattern: r"(?-u)Apache Server Status for|<h1>Apache Status</h1>",
    },
    KnownFile {
        path: "nginx_status",
        what: "the state of the server",
        severity: Severity::Low,
        pattern: r"(?-u)\AActive connections: \d+",
    },
    KnownFile {
        path: "metrics",
        what: "measurements of the application",
        severity: Severity::Low,
        pattern: r"(?m-u)\A# (?:HELP|TYPE) \w+",
    },
];

impl KnownFile {
    /// Whether the answer has its content. Pages of HTML never do, but for those that are looked for.
    pub(crate) fn is_there(&self, index: usize, answer: &Answer) -> bool {
        static PATTERNS: LazyLock<Vec<Regex>> =
            LazyLock::new(|| FILES.iter().map(|file| Regex::new(file.pattern).expect("tested")).collect());
        let start = answer.body.trim_ascii_start();
        let is_markup = start.first() == Some(&b'<') && self.path != "server-status";
        answer.status == 200 && !is_markup && PATTERNS[index].is_match(&answer.body)
    }
}

/// Usual addresses of log-ins.
pub(crate) const LOGINS: &[&str] =
    &["/login", "/accounts/login/", "/admin/login/", "/auth/login", "/user/login"];

/// Folders that servers like to list.
pub(crate) const FOLDERS: &[&str] = &["/static/", "/media/", "/uploads/", "/files/", "/assets/", "/backup/"];

/// Names of parameters that say where to go next.
pub(crate) const NEXT: &[&str] = &[
    "next",
    "url",
    "redirect",
    "redirect_url",
    "redirect_uri",
    "redirect_to",
    "return",
    "return_to",
    "returnto",
    "return_url",
    "continue",
    "dest",
    "destination",
    "goto",
    "target",
    "to",
    "rurl",
    "came_from",
    "back",
    "forward",
];

/// Texts that only lists of folders have: of Apache, nginx, Python's own server, aiohttp, Caddy and others.
const LISTINGS: &[&str] = &[
    "<title>Index of /",
    "<h1>Index of /",
    "<title>Directory listing for",
    "<h1>Directory listing for",
    "<title>Index of ",
    "[To Parent Directory]",
    "<title>Directory: /",
    "Index of: /",
];

/// Where in the body an answer shows that it lists a folder.
pub(crate) fn listing(answer: &Answer) -> Option<std::ops::Range<usize>> {
    let body = answer.body_text();
    let found = LISTINGS.iter().find_map(|text| body.find(text).map(|at| at..at + text.len()));
    found.filter(|_| answer.status == 200 && body.contains("href="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::http::Raw;

    fn answer(body: &[u8]) -> Answer {
        Answer::new(Raw { status: 200, body: body.to_vec(), ..Raw::default() })
    }

    fn are_there(body: &[u8]) -> Vec<&'static str> {
        let answer = answer(body);
        let all = FILES.iter().enumerate().filter(|(index, file)| file.is_there(*index, &answer));
        all.map(|(_, file)| file.path).collect()
    }

    #[test]
    fn a_page_for_everything_is_no_file() {
        let pages: [&[u8]; 6] = [
            b"<!doctype html><html><title>Shop</title><p>import this</p>KEY=1</html>",
            b"\n  <html>SECRET_KEY=abc\nref: refs/heads/main</html>",
            b"{\"error\": \"not found\", \"path\": \"/.env\"}",
            b"Not Found",
            b"",
            b"welcome\nplease = be polite\nfrom us to you",
        ];
        for page in pages {
            assert_eq!(are_there(page), Vec::<&str>::new(), "{}", String::from_utf8_lossy(page));
        }
    }

    #[test]
    fn contents_are_known() {
        assert!(are_there(b"# prod\nDEBUG=0\nSECRET_KEY=abc\n").contains(&".env"));
        assert!(are_there(b"ref: refs/heads/main\n").contains(&".git/HEAD"));
        assert!(are_there(b"import os\n\nDEBUG = True\n").contains(&"settings.py"));
        assert!(are_there(b"SQLite format 3\x00abc").contains(&"db.sqlite3"));
        assert!(are_there(b"# pinned\nflask==3.0.0\n").contains(&"requirements.txt"));
        assert!(are_there(b"\x1f\x8b\x08\x00").contains(&"backup.tar.gz"));
    }
}
