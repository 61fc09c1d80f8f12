//! How code of a module can name something of a library: by an import that is there, or by one that is added where imports stand.

use clearance_python::{
    TextRange, TextSize,
    ir::{BindingScope, Func, FunctionKind, Import, Imported, ModuleIr, Op},
    layout::{Statement, StatementKind, line_of, statements},
};

use crate::{Entity, ImportTarget, Module, ModuleId, Program};

/// A place in the code where a name is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    /// The module.
    pub module: ModuleId,
    /// The body that the place is in.
    pub function: Func,
    /// The place.
    pub at: TextSize,
}

/// Which import is added if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `import module`
    Module,
    /// `from module import member`
    Member,
}

/// What to write, and what has to be added to the module so that it means what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// The expression: `os.environ`, `environ`.
    pub text: String,
    /// An import: the range that is replaced, mostly an empty one, and the new text. Two that are equal are one.
    pub edit: Option<(TextRange, String)>,
}

/// Lines longer than this are not made by adding a name to a list.
const WIDEST: usize = 100;

impl Program {
    /// How `member` of the external module `module` is written at a place; the module itself, if `member` is empty. Nothing where every name for it is taken by
    /// something else, or the place of an import is not certain.
    pub fn spelling(&self, place: Writing, module: &str, member: &str, form: Form) -> Option<Spelling> {
        let top = module.split('.').next().unwrap_or(module);
        if self.shadows(place.module, top) {
            return None;
        }
        let here = self.module(place.module);
        let body = statements(&here.text)?;
        let scope = Scope { program: self, module: here, body: &body, place };
        if let Some(text) = scope.imported(module, member) {
            return Some(Spelling { text, edit: None });
        }
        let dotted = if member.is_empty() { module.to_owned() } else { format!("{module}.{member}") };
        let forms = match form {
            Form::Module => [Form::Module, Form::Member],
            Form::Member => [Form::Member, Form::Module],
        };
        let (form, text) = forms.into_iter().find_map(|form| match form {
            Form::Module => scope.is_free(top).then(|| (form, dotted.clone())),
            Form::Member if member.is_empty() => None,
            Form::Member => scope.is_free(member).then(|| (form, member.to_owned())),
        })?;
        let edit = scope.edit(module, member, form)?;
        Some(Spelling { text, edit: Some(edit) })
    }
}

struct Scope<'p> {
    program: &'p Program,
    module: &'p Module,
    body: &'p [Statement],
    place: Writing,
}

impl Scope<'_> {
    fn ir(&self) -> &ModuleIr {
        &self.module.ir
    }

    /// What an import that is in force at the place calls it.
    fn imported(&self, module: &str, member: &str) -> Option<String> {
        let ir = self.ir();
        let mut whole = None;
        for import in ir.imports.iter().filter(|import| import.level == 0) {
            let bound = ir.name(import.bound);
            let from = ir.text(import.module);
            let text = match import.what {
                Imported::Member(name) if !member.is_empty() && from == module && ir.name(name) == member => {
                    bound.to_owned()
                }
                Imported::Member(name) if is_joined(module, from, ir.name(name)) => join(bound, member),
                Imported::Module if from == module => join(bound, member),
                Imported::Top if is_in(from, module) => join(module, member),
                _ => continue,
            };
            if !self.is_in_force(import) {
                continue;
            }
            if text.contains('.') || member.is_empty() {
                whole.get_or_insert(text);
            } else {
                return Some(text);
            }
        }
        whole
    }

    /// The bodies around the place whose names can be seen from it, innermost first; without the module.
    fn chain(&self) -> Vec<Func> {
        let ir = self.ir();
        let mut chain = Vec::new();
        let mut here = Some(self.place.function);
        while let Some(func) = here.filter(|func| func.index() != 0) {
            let function = &ir.functions[func.index()];
            // What a class body binds is not seen from its methods.
            if func == self.place.function || !matches!(function.kind, FunctionKind::Class(_)) {
                chain.push(func);
            }
            here = function.parent;
        }
        chain
    }

    fn is_in_force(&self, import: &Import) -> bool {
        let name = self.ir().name(import.bound);
        let chain = self.chain();
        let inside = match chain.iter().position(|func| *func == import.function) {
            Some(at) => &chain[..at],
            None if import.function.index() == 0 => &chain[..],
            None => return false,
        };
        if inside.iter().any(|func| self.binds(*func, name, None))
            || self.binds(import.function, name, Some(import))
        {
            return false;
        }
        if import.function.index() != 0 {
            return self.is_dominated(import);
        }
        let certain = self.body.iter().any(|statement| statement.range == import.statement);
        certain && (self.is_later() || import.statement.end() <= self.place.at)
    }

    /// Whether the place is in a function, which runs after the module's own code.
    fn is_later(&self) -> bool {
        let ir = self.ir();
        self.chain().iter().any(|func| ir.functions[func.index()].kind == FunctionKind::Def)
    }

    /// Whether every way to the place passes an import of a function, as far as indentation tells.
    fn is_dominated(&self, import: &Import) -> bool {
        let text = &self.module.text;
        let (from, to) = (import.statement.start(), line_of(text, self.place.at).end());
        let start = line_of(text, from).start();
        if self.place.at < from {
            return false;
        }
        let Some(between) = text.get(usize::from(start)..usize::from(to)) else { return false };
        let indent = usize::from(from - start);
        between.lines().filter(|line| !line.trim().is_empty()).all(|line| {
            let own = line.len() - line.trim_start().len();
            own >= indent
        })
    }

    /// Whether a body binds a name, otherwise than by imports of the same.
    fn binds(&self, func: Func, name: &str, but: Option<&Import>) -> bool {
        let ir = self.ir();
        let Some(name) = ir.names.find(name) else { return false };
        let is_same = |other: &Import| {
            but.is_some_and(|but| {
                other.level == but.level
                    && other.what == but.what
                    && (ir.text(other.module) == ir.text(but.module) || but.what == Imported::Top)
            })
        };
        let function = &ir.functions[func.index()];
        let is_import = |value| matches!(ir.op(value), Op::Import(_));
        function.params.iter().any(|param| param.name == name)
            || ir.imports.iter().any(|import| {
                import.function == func
                    && import.bound == name
                    && import.what != Imported::Star
                    && !is_same(import)
            })
            || ir.values(func).any(|value| match ir.op(value) {
                Op::Bind { name: bound, value } | Op::StoreName { name: bound, value } => {
                    bound == name && !is_import(value)
                }
                Op::DeleteName(bound) => bound == name,
                _ => false,
            })
            || ir.bindings(func).iter().any(|binding| binding.name == name && !is_import(binding.value))
            || ir.functions.iter().any(|inner| inner.parent == Some(func) && inner.name == name)
            || ir.classes.iter().any(|class| class.parent == func && class.name == name)
            || (func.index() == 0 && self.is_bound_from_inside(name))
    }

    /// Whether a function declares the name `global` and binds it.
    fn is_bound_from_inside(&self, name: clearance_python::ir::Name) -> bool {
        let ir = self.ir();
        let inner = (1..ir.functions.len() as u32).map(Func);
        inner
            .flat_map(|func| ir.bindings(func))
            .any(|binding| binding.name == name && binding.scope == BindingScope::Global)
    }

    /// Whether a new import may bind the name: nothing else does, neither in the module nor around the place, and nothing reads it.
    fn is_free(&self, name: &str) -> bool {
        let ir = self.ir();
        let bound = self.chain().into_iter().chain([Func(0)]).any(|func| self.binds(func, name, None));
        let known = ir.names.find(name);
        let read = || ir.insts.iter().any(|inst| matches!(inst.op, Op::Global(read) if Some(read) == known));
        let starred = || {
            self.module.stars.iter().any(|star| {
                let target = self.module.imports.get(star.index());
                let Some(ImportTarget::Whole(Entity::Module(target))) = target else { return false };
                let target = self.program.module(*target);
                target.ir.names.find(name).is_some_and(|name| target.global(name).next().is_some())
            })
        };
        !bound && (known.is_none() || !read()) && !starred()
    }

    /// The edit that adds an import.
    fn edit(&self, module: &str, member: &str, form: Form) -> Option<(TextRange, String)> {
        let text = &self.module.text;
        // What comes after the first definition, or after the place, is no head.
        let is_head = |statement: &&Statement| {
            statement.kind != StatementKind::Definition && statement.range.end() <= self.place.at
        };
        let head: Vec<&Statement> = self.body.iter().take_while(is_head).collect();
        let imports: Vec<&Statement> = head
            .iter()
            .copied()
            .filter(|statement| self.group(statement).is_some() && is_alone(text, statement.range))
            .collect();
        if form == Form::Member
            && let Some(edit) = imports.iter().find_map(|import| extended(text, import, module, member))
        {
            return Some(edit);
        }
        let line = match form {
            Form::Module => format!("import {module}\n"),
            Form::Member => format!("from {module} import {member}\n"),
        };
        let group = if is_standard(module) { Group::Standard } else { Group::Library };
        let after = |statement: &Statement, line: &str| {
            let end = line_of(text, statement.range.end()).end();
            let open = !text.get(..usize::from(end)).is_some_and(|before| before.ends_with('\n'));
            let line = if open { format!("\n{}", line.trim_end()) } else { line.to_owned() };
            Some((TextRange::empty(end), line))
        };
        let before = |statement: &Statement, line: String| {
            Some((TextRange::empty(line_of(text, statement.range.start()).start()), line))
        };
        let same: Vec<&Statement> =
            imports.iter().copied().filter(|import| self.group(import) == Some(group)).collect();
        let alike: Vec<&Statement> = same
            .iter()
            .copied()
            .filter(|import| matches!(import.kind, StatementKind::Import(_)) == (form == Form::Module))
            .collect();
        if let (Some(first), Some(last)) = (alike.first(), alike.last()) {
            let names: Vec<String> = alike.iter().map(|import| name_of(import).to_lowercase()).collect();
            let new = module.to_lowercase();
            let next = names.iter().position(|name| *name > new).filter(|_| names.is_sorted());
            return match next {
                Some(0) => before(first, line),
                Some(at) => after(alike[at - 1], &line),
                None => after(last, &line),
            };
        }
        if let (Some(first), Some(last)) = (same.first(), same.last()) {
            return match form {
                Form::Module => before(first, line),
                Form::Member => after(last, &line),
            };
        }
        let lower = imports.iter().rfind(|import| self.group(import) < Some(group));
        if let Some(lower) = lower {
            let end = line_of(text, lower.range.end()).end();
            let tail = text.get(usize::from(end)..)?;
            let is_apart = tail.is_empty() || tail.starts_with(['\n', '\r']);
            return after(lower, &if is_apart { format!("\n{line}") } else { line });
        }
        if let Some(higher) = imports.first() {
            return before(higher, format!("{line}\n"));
        }
        self.first_place(&head, &line)
    }

    /// The place of the first import of a module.
    fn first_place(&self, head: &[&Statement], line: &str) -> Option<(TextRange, String)> {
        let text = &self.module.text;
        let is_above =
            |statement: &&&Statement| statement.kind == StatementKind::Docstring || is_future(statement);
        if let Some(above) = head.iter().take_while(is_above).last() {
            if !is_alone(text, above.range) {
                return None;
            }
            let end = line_of(text, above.range.end()).end();
            let tail = text.get(usize::from(end)..)?;
            let is_apart = tail.is_empty() || tail.starts_with(['\n', '\r']);
            return Some((
                TextRange::empty(end),
                if is_apart { format!("\n{line}") } else { format!("\n{line}\n") },
            ));
        }
        let first = self.body.first()?;
        let mut start = line_of(text, first.range.start()).start();
        if start != first.range.start() {
            return None;
        }
        // A comment that stands on the first statement stays with it, unless it is the one at the top of the file.
        let mut above = start;
        while above > TextSize::new(0) {
            let line = line_of(text, above - TextSize::new(1));
            let content = text.get(usize::from(line.start())..usize::from(line.end()))?;
            if !content.starts_with('#') {
                start = above;
                break;
            }
            above = line.start();
        }
        Some((TextRange::empty(start), format!("{line}\n")))
    }

    fn group(&self, statement: &Statement) -> Option<Group> {
        let (module, level) = match &statement.kind {
            StatementKind::Import(module) => (module, 0),
            StatementKind::From { module, level, .. } => (module, *level),
            _ => return None,
        };
        let top = module.split('.').next().unwrap_or(module);
        Some(if is_future(statement) {
            return None;
        } else if level > 0 || self.program.shadows(self.place.module, top) {
            Group::Own
        } else if is_standard(top) {
            Group::Standard
        } else {
            Group::Library
        })
    }
}

/// The groups of imports, in the order in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Standard,
    Library,
    Own,
}

fn is_future(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::From { module, level: 0, .. } if module == "__future__")
}

fn name_of(statement: &Statement) -> &str {
    match &statement.kind {
        StatementKind::Import(module) | StatementKind::From { module, .. } => module,
        _ => "",
    }
}

/// Whether nothing but a comment stands beside a statement on its lines.
fn is_alone(text: &str, range: TextRange) -> bool {
    let last = line_of(text, range.end());
    let rest = text.get(usize::from(range.end())..usize::from(last.end())).unwrap_or(";").trim();
    line_of(text, range.start()).start() == range.start() && (rest.is_empty() || rest.starts_with('#'))
}

/// `from module import …` with one more name.
fn extended(text: &str, statement: &Statement, module: &str, member: &str) -> Option<(TextRange, String)> {
    let StatementKind::From { module: from, level: 0, names, last } = &statement.kind else { return None };
    if from != module || names.iter().any(|name| name == "*") {
        return None;
    }
    let line = line_of(text, last.end());
    let own = text.get(usize::from(line.start())..usize::from(line.end()))?;
    let above = text.get(usize::from(line.start())..usize::from(last.start()))?;
    let whole = text.get(usize::from(statement.range.start())..usize::from(statement.range.end()))?;
    let place = TextRange::empty(last.end());
    if above.trim().is_empty() {
        // One name a line.
        return Some((place, format!(",\n{above}{member}")));
    }
    let fits = own.trim_end().len() + member.len() + 2 <= WIDEST;
    (fits && !whole.contains(['\\', '#', '\n'])).then(|| (place, format!(", {member}")))
}

fn join(base: &str, member: &str) -> String {
    if member.is_empty() { base.to_owned() } else { format!("{base}.{member}") }
}

/// Whether `module` is `from` and `name` below it.
fn is_joined(module: &str, from: &str, name: &str) -> bool {
    module.strip_prefix(from).and_then(|rest| rest.strip_prefix('.')) == Some(name)
}

/// Whether importing `from` also imports `module`, one of the packages above it.
fn is_in(from: &str, module: &str) -> bool {
    from.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a module is one of the standard library's.
pub fn is_standard(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    STANDARD.binary_search(&top).is_ok() || top.starts_with('_')
}

/// The top-level modules of the standard library, of all versions from 3.8 on.
const STANDARD: &[&str] = &[
    "abc",
    "aifc",
    "annotationlib",
    "antigravity",
    "argparse",
    "array",
    "ast",
    "asynchat",
    "asyncio",
    "asyncore",
    "atexit",
    "audioop",
    "base64",
    "bdb",
    "binascii",
    "binhex",
    "bisect",
    "builtins",
    "bz2",
    "cProfile",
    "calendar",
    "cgi",
    "cgitb",
    "chunk",
    "cmath",
    "cmd",
    "code",
    "codecs",
    "codeop",
    "collections",
    "colorsys",
    "compileall",
    "compression",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "crypt",
    "csv",
    "ctypes",
    "curses",
    "dataclasses",
    "datetime",
    "dbm",
    "decimal",
    "difflib",
    "dis",
    "distutils",
    "doctest",
    "dummy_threading",
    "email",
    "encodings",
    "ensurepip",
    "enum",
    "errno",
    "faulthandler",
    "fcntl",
    "filecmp",
    "fileinput",
    "fnmatch",
    "formatter",
    "fractions",
    "ftplib",
    "functools",
    "gc",
    "genericpath",
    "getopt",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "idlelib",
    "imaplib",
    "imghdr",
    "imp",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "lib2to3",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "macpath",
    "mailbox",
    "mailcap",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "modulefinder",
    "msilib",
    "msvcrt",
    "multiprocessing",
    "netrc",
    "nis",
    "nntplib",
    "nt",
    "ntpath",
    "nturl2path",
    "numbers",
    "opcode",
    "operator",
    "optparse",
    "os",
    "ossaudiodev",
    "parser",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "pipes",
    "pkgutil",
    "platform",
    "plistlib",
    "poplib",
    "posix",
    "posixpath",
    "pprint",
    "profile",
    "pstats",
    "pty",
    "pwd",
    "py_compile",
    "pyclbr",
    "pydoc",
    "pydoc_data",
    "pyexpat",
    "queue",
    "quopri",
    "random",
    "re",
    "readline",
    "reprlib",
    "resource",
    "rlcompleter",
    "runpy",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtpd",
    "smtplib",
    "sndhdr",
    "socket",
    "socketserver",
    "spwd",
    "sqlite3",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "ssl",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "subprocess",
    "sunau",
    "symbol",
    "symtable",
    "sys",
    "sysconfig",
    "syslog",
    "tabnanny",
    "tarfile",
    "telnetlib",
    "tempfile",
    "termios",
    "textwrap",
    "this",
    "threading",
    "time",
    "timeit",
    "tkinter",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "turtle",
    "turtledemo",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uu",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "winreg",
    "winsound",
    "wsgiref",
    "xdrlib",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
];
