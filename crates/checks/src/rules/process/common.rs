//! What the rules about processes share: the functions that start them, and what a command is made of.

use clearance_finding::{Confidence, Severity};
use clearance_program::{Known, Site, TrailStep};
use clearance_python::ir::{ArgKind, Op, Value};

use crate::{
    CallEvent, Cx,
    outside::request_behind,
    strings::{Piece, is_building, pieces, said},
};

/// Functions with a `shell` argument.
pub(super) const WITH_SHELL_ARGUMENT: &[&str] = &[
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.run",
];

/// Functions that always go through a shell.
pub(super) const BY_SHELL: &[&str] = &[
    "asyncio.create_subprocess_shell",
    "commands.getoutput",
    "commands.getstatus",
    "commands.getstatusoutput",
    "os.popen",
    "os.popen2",
    "os.popen3",
    "os.popen4",
    "os.system",
    "popen2.Popen3",
    "popen2.Popen4",
    "popen2.popen2",
    "popen2.popen3",
    "popen2.popen4",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
];

/// Functions that replace the process or start one without a shell.
pub(super) const WITHOUT_SHELL: &[&str] = &[
    "asyncio.create_subprocess_exec",
    "os.execl",
    "os.execle",
    "os.execlp",
    "os.execlpe",
    "os.execv",
    "os.execve",
    "os.execvp",
    "os.execvpe",
    "os.posix_spawn",
    "os.posix_spawnp",
    "os.spawnl",
    "os.spawnle",
    "os.spawnlp",
    "os.spawnlpe",
    "os.spawnv",
    "os.spawnve",
    "os.spawnvp",
    "os.spawnvpe",
    "os.startfile",
];

/// What a command is made of.
pub(super) enum Command {
    /// Decided to be this text.
    Constant(String),
    /// One of several constants.
    Fixed,
    /// Constants and numbers.
    Numbers,
    /// Every value that is put in is quoted for a shell.
    Quoted,
    /// Taken from an environment variable as a whole.
    Environment(String),
    /// Text with a value put in.
    Built(Site),
    /// A value that is not built here and not decided.
    Opaque,
}

/// What a command is, with the way to where that is decided.
pub(super) fn command(cx: &mut Cx<'_, '_>, site: Site) -> (Command, Vec<TrailStep>) {
    let (known, trail) = cx.known_at_with_trail(site);
    if let Some(text) = known.as_str() {
        return (Command::Constant(text.to_owned()), trail);
    }
    if let Some(command) = from_known(&known) {
        return (command, trail);
    }
    let found = pieces(cx, site);
    let open: Vec<Site> = found
        .iter()
        .filter_map(|piece| match piece {
            Piece::Value(site) => Some(*site),
            _ => None,
        })
        .collect();
    let whole = found.len() == 1 && !is_building(cx, site);
    let command = if open.is_empty() {
        let numbers = found.iter().any(|piece| matches!(piece, Piece::Number(_)));
        if numbers { Command::Numbers } else { Command::Fixed }
    } else if open.iter().all(|value| is_quoted(cx, *value)) {
        Command::Quoted
    } else if whole {
        match known {
            Known::Text { .. } => Command::Built(site),
            _ if is_own_program(cx, site) => Command::Fixed,
            _ => Command::Opaque,
        }
    } else {
        let first = open.iter().copied().find(|value| !is_quoted(cx, *value) && !is_own_program(cx, *value));
        first.map_or(Command::Fixed, Command::Built)
    };
    let trail = if matches!(command, Command::Built(_) | Command::Opaque) && !trail.is_empty() {
        trail
    } else {
        Vec::new()
    };
    (command, trail)
}

fn from_known(known: &Known) -> Option<Command> {
    match known {
        Known::Environment { variable, .. } => Some(Command::Environment(variable.to_string())),
        Known::Choice(choices) => {
            let constant = |known: &Known| matches!(known, Known::Str(_));
            choices.iter().all(constant).then_some(Command::Fixed)
        }
        _ => None,
    }
}

/// `shlex.quote(…)` and the like.
fn is_quoted(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let quoting =
        |path: &str| matches!(path, "shlex.quote" | "shlex.join" | "pipes.quote" | "subprocess.list2cmdline");
    if quoting(&cx.callee_at(site)) {
        return true;
    }
    // `" ".join(map(shlex.quote, words))`, `" ".join([shlex.quote(word) for word in words])`
    let Op::Call { callee, args } = ir.op(site.value) else {
        return false;
    };
    let Op::Attr { name, .. } = ir.op(callee) else {
        return false;
    };
    let [items] = ir.args(args) else { return false };
    if ir.name(name) != "join" {
        return false;
    }
    match ir.op(items.value) {
        Op::Collect { element, .. } => is_quoted(cx, Site { module: site.module, value: element }),
        Op::Call { callee, args } => {
            let is_map = matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "map");
            match ir.args(args) {
                [function, _] if is_map => {
                    let function = Site { module: site.module, value: function.value };
                    let paths: Vec<_> = cx.resolver.paths(function).collect();
                    paths.into_iter().any(|path| quoting(&program.models.text(path)))
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// `sys.executable`, and paths made of constants and of `__file__`: what the installation itself decides.
fn is_own_program(cx: &mut Cx<'_, '_>, site: Site) -> bool {
    own_path(cx, site, 0)
}

fn own_path(cx: &mut Cx<'_, '_>, site: Site, depth: u32) -> bool {
    let program = cx.program;
    let ir = &program.module(site.module).ir;
    let paths: Vec<_> = cx.resolver.paths(site).collect();
    if paths.into_iter().any(|path| program.models.text(path) == "sys.executable") {
        return true;
    }
    match ir.op(site.value) {
        Op::Global(name) if ir.name(name) == "__file__" => true,
        Op::Sigma { value, .. } => own_path(cx, Site { module: site.module, value }, depth),
        Op::Call { args, .. } if depth < 6 && cx.callee_at(site).starts_with("os.path.") => {
            let given = ir.args(args).to_vec();
            given.iter().all(|arg| {
                let site = Site { module: site.module, value: arg.value };
                cx.known_at(site).is_constant() || own_path(cx, site, depth + 1)
            })
        }
        _ => false,
    }
}

/// What is said of a command that a shell reads.
pub(super) struct Judgement {
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) reason: String,
    /// The value that is put in.
    pub(super) value: Option<Site>,
    pub(super) trail: Vec<TrailStep>,
}

/// Judges a command that a shell reads.
pub(super) fn judge_shell(cx: &mut Cx<'_, '_>, site: Site) -> Judgement {
    let (command, mut trail) = command(cx, site);
    let request = match command {
        Command::Built(value) => request_behind(cx, value),
        Command::Opaque => request_behind(cx, site),
        _ => None,
    };
    let asked = request.is_some();
    if let Some(step) = request {
        trail.insert(0, step);
    }
    let (severity, confidence, reason, value) = match command {
        Command::Constant(_) => {
            (Severity::Low, Confidence::High, "the command is a constant".to_owned(), None)
        }
        Command::Fixed => {
            (Severity::Low, Confidence::High, "the command is one of several constants".to_owned(), None)
        }
        Command::Numbers => {
            (Severity::Medium, Confidence::Medium, "only numbers and constants are put in".to_owned(), None)
        }
        Command::Quoted => {
            (Severity::Low, Confidence::High, "every value is quoted for the shell".to_owned(), None)
        }
        Command::Environment(variable) => (
            Severity::Medium,
            Confidence::Medium,
            format!("the command comes from the environment variable {variable}"),
            None,
        ),
        Command::Built(value) => (
            Severity::High,
            Confidence::High,
            if asked {
                format!("`{}` comes with a request and is put into the command", said(cx, value))
            } else {
                format!("`{}` is put into the command", said(cx, value))
            },
            Some(value),
        ),
        Command::Opaque if asked => {
            (Severity::High, Confidence::High, "the command comes with a request".to_owned(), None)
        }
        Command::Opaque => (
            Severity::Medium,
            Confidence::Medium,
            "what the command is, is not decided here".to_owned(),
            None,
        ),
    };
    Judgement { severity, confidence, reason, value, trail }
}

/// What the `shell` argument is.
pub(super) enum Shell {
    Off,
    On,
    Unknown,
}

/// The `shell` argument of a function of `subprocess`.
pub(super) fn shell_argument(cx: &mut Cx<'_, '_>, call: CallEvent) -> Shell {
    let Some(shell) = cx.arg(call, 8, "shell") else {
        return Shell::Off;
    };
    match cx.known(shell).truth() {
        Some(true) => Shell::On,
        Some(false) => Shell::Off,
        None => Shell::Unknown,
    }
}

/// The command argument: first, or by one of its names.
pub(super) fn command_argument(cx: &Cx<'_, '_>, call: CallEvent) -> Option<Value> {
    let named = || ["args", "cmd", "command"].iter().find_map(|name| cx.keyword(call, name));
    cx.positional(call, 0).or_else(named)
}

/// The items of a command that is given as a list; nothing for other values.
pub(super) fn words_of(cx: &mut Cx<'_, '_>, value: Value) -> Option<Vec<Site>> {
    match cx.known(value) {
        Known::Sequence(_, items) => Some(items),
        _ => display_of(cx, value),
    }
}

/// `["git"] + arguments`: the items of the left side.
fn display_of(cx: &mut Cx<'_, '_>, value: Value) -> Option<Vec<Site>> {
    match cx.op(value) {
        Op::Binary { op: clearance_python::ir::BinaryOp::Add, left, .. } => words_of(cx, left),
        Op::Sigma { value, .. } => words_of(cx, value),
        _ => None,
    }
}

/// The text that a list hands to a shell: the item after `sh -c`.
pub(super) fn inner_shell(cx: &mut Cx<'_, '_>, words: &[Site]) -> Option<(String, Site)> {
    let shell = cx.known_at(*words.first()?).as_str()?.to_owned();
    let name =
        shell.rsplit(['/', '\\']).next().unwrap_or(&shell).trim_end_matches(".exe").to_ascii_lowercase();
    let posix = matches!(name.as_str(), "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash");
    let windows = matches!(name.as_str(), "cmd" | "powershell" | "pwsh");
    if !posix && !windows {
        return None;
    }
    for (position, word) in words.iter().enumerate().skip(1) {
        let Some(option) = cx.known_at(*word).as_str().map(str::to_owned) else {
            continue;
        };
        let takes_command = if posix {
            option.starts_with('-') && !option.starts_with("--") && option.ends_with('c')
        } else {
            matches!(
                option.to_ascii_lowercase().as_str(),
                "/c" | "/k" | "-command" | "-c" | "-encodedcommand"
            )
        };
        if takes_command {
            return words.get(position + 1).map(|command| (name, *command));
        }
    }
    None
}

/// The words of a call of `os.exec…`/`os.spawn…`: program first, as far as positional arguments show it.
pub(super) fn spawned(cx: &mut Cx<'_, '_>, call: CallEvent) -> (Option<Value>, Vec<Site>) {
    let name = cx.path(call);
    let first = usize::from(name.starts_with("os.spawn"));
    let program = cx.positional(call, first);
    let arguments: Vec<Value> = cx
        .args(call)
        .iter()
        .skip(first + 1)
        .take_while(|arg| arg.kind == ArgKind::Positional)
        .map(|arg| arg.value)
        .collect();
    let words = match arguments.first() {
        Some(list) if name.contains("execv") || name.contains("spawnv") || name.contains("posix_spawn") => {
            words_of(cx, *list).unwrap_or_default()
        }
        _ => arguments.into_iter().map(|value| cx.site(value)).collect(),
    };
    (program, words)
}
