//! What the rules about servers share: whether a flag is on, where a server listens, and under which conditions it starts.

use clearance_finding::Severity;
use clearance_program::{FuncRef, Known, ModuleId, Site, TrailStep};
use clearance_python::ir::{ArgKind, Func, Value};

use crate::{CallEvent, Cx, Development, Situation, situation, words};

/// What a flag is.
pub(super) enum Flag {
    Off,
    On,
    /// On unless the environment says otherwise.
    OnByDefault(String),
    /// Off unless the environment says otherwise.
    OffByDefault(String),
    Unknown,
}

/// What a flag is, from what is known of its value.
pub(super) fn flag(known: &Known) -> Flag {
    match known {
        Known::Environment { variable, default } => match default.as_deref().and_then(Known::truth) {
            Some(true) => Flag::OnByDefault(variable.to_string()),
            Some(false) | None => Flag::OffByDefault(variable.to_string()),
        },
        Known::Choice(choices) => {
            let mut by_default = Flag::Unknown;
            let mut all_off = true;
            for choice in choices {
                match flag(choice) {
                    Flag::On => return Flag::On,
                    Flag::Off => {}
                    found @ Flag::OnByDefault(_) => {
                        by_default = found;
                        all_off = false;
                    }
                    found @ Flag::OffByDefault(_) if matches!(by_default, Flag::Unknown) => {
                        by_default = found;
                        all_off = false;
                    }
                    Flag::OffByDefault(_) => {}
                    Flag::Unknown => all_off = false,
                }
            }
            if all_off { Flag::Off } else { by_default }
        }
        known => match known.truth() {
            Some(true) => Flag::On,
            Some(false) => Flag::Off,
            None => Flag::Unknown,
        },
    }
}

/// Whether a flag is off, or off unless the environment says otherwise.
fn is_off(known: &Known) -> bool {
    matches!(flag(known), Flag::Off | Flag::OffByDefault(_))
}

/// Where a server listens.
pub(super) enum Bind {
    Loopback(String),
    Everywhere(String),
    Other(String),
    Unknown,
}

/// What a value is, with the way to where it comes from; where that is only another place of the same body, that place.
pub(super) fn traced(cx: &mut Cx<'_, '_>, value: Site, note: &str) -> (Known, Vec<TrailStep>) {
    let (known, mut trail) = cx.known_at_with_trail(value);
    if trail.is_empty() {
        trail.push(TrailStep { module: value.module, range: cx.program.range(value), note: note.to_owned() });
    }
    (known, trail)
}

/// Where a server listens, with the way to the address.
pub(super) fn bind(cx: &mut Cx<'_, '_>, host: Option<Site>, hidden: bool) -> (Bind, Vec<TrailStep>) {
    let Some(host) = host else {
        let bind = if hidden { Bind::Unknown } else { Bind::Loopback("127.0.0.1".to_owned()) };
        return (bind, Vec::new());
    };
    let (known, trail) = traced(cx, host, "the address");
    let possibilities = known.possibilities();
    let addresses: Vec<String> =
        possibilities.iter().filter_map(|known| known.as_str().map(str::to_owned)).collect();
    let everywhere = addresses.iter().find(|address| is_everywhere(address));
    // The reading of a variable is one possibility, its default another; only the default is an address.
    let decided = possibilities.iter().all(|known| matches!(known, Known::Str(_) | Known::None));
    let bind = match (everywhere, addresses.first()) {
        (Some(address), _) => Bind::Everywhere(address.clone()),
        (None, None) if matches!(known, Known::None) => Bind::Loopback("127.0.0.1".to_owned()),
        (None, Some(address)) if decided => {
            if addresses.iter().all(|address| is_loopback(address)) {
                Bind::Loopback(address.clone())
            } else {
                Bind::Other(address.clone())
            }
        }
        _ => Bind::Unknown,
    };
    (bind, trail)
}

/// Whether an address means every interface.
pub(super) fn is_everywhere(address: &str) -> bool {
    matches!(address, "0.0.0.0" | "::" | "" | "[::]" | "0" | "::0" | "*")
}

/// Whether an address is reached from the same machine only.
pub(super) fn is_loopback(address: &str) -> bool {
    address.starts_with("127.")
        || matches!(address, "localhost" | "::1" | "[::1]")
        || address.starts_with("unix:")
}

/// The argument at a position or of a name, also from an unpacked dict.
pub(super) fn argument(
    cx: &mut Cx<'_, '_>,
    call: CallEvent,
    index: Option<usize>,
    name: &str,
) -> Option<Site> {
    let given = index.and_then(|index| cx.positional(call, index)).or_else(|| cx.keyword(call, name));
    if let Some(value) = given {
        return Some(cx.site(value));
    }
    let unpacked: Vec<Value> =
        cx.args(call).iter().filter(|arg| arg.kind == ArgKind::DoubleStar).map(|arg| arg.value).collect();
    for value in unpacked {
        if let Some((_, site)) = cx.entries(value).into_iter().rev().find(|entry| entry.0 == name) {
            return Some(site);
        }
    }
    None
}

/// A situation, with what the callers of the function around it say, where the function says nothing itself.
pub(super) struct Surroundings {
    pub(super) situation: Situation,
    /// The module in which [`Development::range`] stands.
    pub(super) module: ModuleId,
}

impl Surroundings {
    pub(super) fn development(&self) -> Option<&Development> {
        self.situation.development.as_ref()
    }

    /// Adds what the value of a flag says by itself: `debug=True if env == "dev" else False` is on in development only, wherever it stands.
    pub(super) fn with_choice_of(mut self, cx: &mut Cx<'_, '_>, flag: Site) -> Self {
        if self.situation.development.is_none() {
            let flag = cx.origin(flag);
            let own = std::mem::replace(&mut cx.module, flag.module);
            self.situation.development = situation::of_choice(cx, flag.value, &is_off);
            self.module = std::mem::replace(&mut cx.module, own);
        }
        self
    }

    /// The trail step of the development branch.
    pub(super) fn trail(&self) -> Option<TrailStep> {
        let development = self.situation.development.as_ref()?;
        let note = format!("runs only if {}", development.condition);
        Some(TrailStep { module: self.module, range: development.range, note })
    }
}

/// Under which conditions a value's instruction runs; through the callers of its function where all of them agree.
pub(super) fn surroundings(cx: &mut Cx<'_, '_>, value: Value) -> Surroundings {
    through_callers(cx, value, 0)
}

fn through_callers(cx: &mut Cx<'_, '_>, value: Value, depth: u32) -> Surroundings {
    let mut situation = cx.situation(value);
    let mut module = cx.module;
    let func = cx.ir().function_of(value);
    let settled = situation.development.is_some() && situation.main_guard;
    if settled || func == Func(0) || depth >= 2 {
        return Surroundings { situation, module };
    }
    let program = cx.program;
    let callers = program.callers(FuncRef { module: cx.module, func });
    if callers.is_empty() || callers.len() > 4 {
        return Surroundings { situation, module };
    }
    let own = cx.module;
    let mut all: Vec<Surroundings> = Vec::new();
    for caller in callers {
        cx.module = caller.module;
        all.push(through_callers(cx, caller.value, depth + 1));
    }
    cx.module = own;
    situation.main_guard |= all.iter().all(|caller| caller.situation.main_guard);
    if situation.development.is_none() && all.iter().all(|caller| caller.situation.development.is_some()) {
        module = all[0].module;
        situation.development = all.swap_remove(0).situation.development;
    }
    Surroundings { situation, module }
}

/// Words of a module path, class or function name that speak of development only.
pub(super) fn names_development(name: &str) -> bool {
    words(name).any(|word| {
        matches!(
            word.as_str(),
            "dev"
                | "devel"
                | "develop"
                | "development"
                | "local"
                | "localhost"
                | "debug"
                | "debugging"
                | "test"
                | "tests"
                | "testing"
                | "unittest"
                | "ci"
                | "pytest"
                | "sandbox"
        )
    })
}

/// Words that speak of production.
pub(super) fn names_production(name: &str) -> bool {
    words(name).any(|word| {
        matches!(
            word.as_str(),
            "prod" | "production" | "live" | "deploy" | "deployment" | "staging" | "stage"
        )
    })
}

/// How bad a debugger is, by where it listens and when it runs; `None` if it is in order, with the clause to say so.
pub(super) fn debugger_severity(
    bind: &Bind,
    surroundings: &Surroundings,
) -> Result<(Severity, String), String> {
    let development = surroundings.development();
    let verdict = match (bind, development) {
        (Bind::Everywhere(address), Some(development)) => (
            Severity::Critical,
            format!(
                "it listens on every interface ({address:?}), and only the condition {} keeps it off",
                development.condition
            ),
        ),
        (Bind::Everywhere(address), None) => {
            (Severity::Critical, format!("it listens on every interface ({address:?})"))
        }
        (Bind::Loopback(address), Some(development)) => {
            return Err(format!(
                "the debugger runs only under {} and listens on {address} only",
                development.condition
            ));
        }
        (Bind::Loopback(address), None) if surroundings.situation.main_guard => (
            Severity::Medium,
            format!("it listens on {address} only, and runs only when the file is started as a program"),
        ),
        (Bind::Loopback(address), None) => {
            (Severity::High, format!("it listens on {address}, but runs in every environment"))
        }
        (Bind::Other(_) | Bind::Unknown, Some(development)) => {
            (Severity::Medium, format!("it runs only under {}", development.condition))
        }
        (Bind::Other(address), None) => (Severity::High, format!("it listens on {address}")),
        (Bind::Unknown, None) => {
            (Severity::High, "the address that it listens on is not decided here".to_owned())
        }
    };
    Ok(verdict)
}
