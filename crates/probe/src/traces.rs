//! Pages that show the inside of a program: debuggers, debug pages, stack traces.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use crate::exchange::Answer;

/// What an answer gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) kind: TraceKind,
    /// What it is, for a sentence.
    pub(crate) what: &'static str,
    /// Where it is seen, in the body.
    pub(crate) range: Range<usize>,
}

/// How much it gives away, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TraceKind {
    /// A debugger that runs code.
    Debugger,
    /// A page with settings, code and values of variables.
    DebugPage,
    /// A stack trace.
    StackTrace,
    /// A message of an exception.
    Message,
}

/// A text that pages of one kind have, and no others: all of `texts` must be there.
struct Mark {
    kind: TraceKind,
    what: &'static str,
    texts: &'static [&'static str],
}

const MARKS: &[Mark] = &[
    Mark {
        kind: TraceKind::Debugger,
        what: "the interactive debugger of Werkzeug",
        texts: &["__debugger__", "EVALEX = true"],
    },
    Mark {
        kind: TraceKind::Debugger,
        what: "the interactive console of Werkzeug",
        texts: &["CONSOLE_MODE", "Interactive Console"],
    },
    Mark {
        kind: TraceKind::Debugger,
        what: "the interactive debugger of Pyramid",
        texts: &["pyramid_debugtoolbar", "debug_execution"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Werkzeug",
        texts: &["__debugger__", "EVALEX"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Django",
        texts: &["DEBUG = True", "Django settings file"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Django",
        texts: &["DEBUG=True", "The install worked successfully"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Django",
        texts: &["Using the URLconf defined in", "Django"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Django",
        texts: &["Request Method:", "Django Version:", "Exception Type:"],
    },
    Mark { kind: TraceKind::DebugPage, what: "the debug page of Starlette", texts: &["Starlette Debugger"] },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Starlette",
        texts: &["traceback-container", "frame-line"],
    },
    Mark { kind: TraceKind::DebugPage, what: "the debug page of Sanic", texts: &["Sanic", "Traceback of"] },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Litestar",
        texts: &["Litestar", "Frame Stack"],
    },
    Mark {
        kind: TraceKind::DebugPage,
        what: "the debug page of Quart",
        texts: &["Quart", "class=\"traceback\""],
    },
];

/// Exceptions of databases and templates, in the words of their messages.
static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?:sqlalchemy\.exc\.|\bpsycopg2?\.(?:errors\.|OperationalError)|\bsqlite3\.[A-Z]\w+Error|\bpymysql\.err\.|",
        r"\bdjango\.(?:db\.utils|core\.exceptions)\.|\bjinja2\.exceptions\.|\bpymongo\.errors\.|asyncpg\.exceptions\.)"
    ))
    .expect("tested")
});

/// A line of a stack trace, as text, in HTML, or in a string of JSON.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"File (?:"|&quot;|&#34;|\\")[^"&\\\n<>]{1,300}\.pyc?(?:"|&quot;|&#34;|\\"), line \d+"#)
        .expect("tested")
});

const TRACEBACK: &str = "Traceback (most recent call last)";

/// What a body gives away, the worst of it.
pub(crate) fn trace(answer: &Answer) -> Option<Trace> {
    let body = answer.body_text();
    for mark in MARKS {
        let found: Option<Vec<usize>> = mark.texts.iter().map(|text| body.find(text)).collect();
        if let Some(at) = found.and_then(|found| found.first().copied()) {
            return Some(Trace { kind: mark.kind, what: mark.what, range: at..at + mark.texts[0].len() });
        }
    }
    if let Some(found) = FRAME.find(body) {
        return Some(Trace {
            kind: TraceKind::StackTrace,
            what: "a stack trace of Python",
            range: found.range(),
        });
    }
    if let Some(at) = body.find(TRACEBACK) {
        return Some(Trace {
            kind: TraceKind::StackTrace,
            what: "a stack trace of Python",
            range: at..at + TRACEBACK.len(),
        });
    }
    MESSAGE.find(body).map(|found| Trace {
        kind: TraceKind::Message,
        what: "the name of an exception inside the application",
        range: found.range(),
    })
}
