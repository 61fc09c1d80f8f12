//! Repairs: edits that keep how the code is laid out.
//!
//! After the rules have run, each finding without a repair is shown to the repairs of its rule ([`REPAIRS`]). So a finding that following data makes is repaired as
//! one that a single call makes. A repair knows the text that it edits by its layout (`clearance_python::layout`), never by a syntax tree, and writes names of
//! libraries by [`Cx::spelling`]. It says nothing where it is not certain what the code means; whether the finding is gone afterwards is not its business: the program
//! analyses every repair again.

mod calls;
mod commands;
mod comparisons;
mod crypto;
mod files;
mod imports;
mod markup;
mod servers;
mod statements;
mod tokens;
mod xml;

use clearance_finding::{Edit, Severity};
use clearance_program::Spelling;
use clearance_python::{
    TextRange, TextSize,
    ir::{Func, Op},
    layout::{self, Node},
};

use crate::{CallEvent, Cx, Draft};

/// The repairs of rules, by the rules' ids.
const REPAIRS: &[(&[&str], Repairer)] = &[
    (&["assert-used"], comparisons::asserted),
    (&["bind-all-interfaces"], servers::loopback),
    (
        &[
            "cross-site-scripting",
            "stored-cross-site-scripting",
            "markup-from-expression",
            "django-mark-safe",
        ],
        markup::escaped,
    ),
    (
        &["command-injection", "process-started-by-shell", "shell-true-argument", "subprocess-shell"],
        commands::without_shell,
    ),
    (&["debug-setting-enabled"], servers::debug_off),
    (&["file-permissions-too-wide"], files::narrower),
    (&["insecure-mktemp"], files::created),
    (&["insecure-random", "weak-random-secret"], crypto::from_the_system),
    (&["jwt-unverified"], tokens::verified),
    (&["path-traversal"], files::from_directory),
    (
        &["django-raw-sql", "model-output-execution", "sql-built-from-strings", "sql-injection"],
        statements::bound,
    ),
    (&["ssh-host-key-unchecked"], servers::host_key_checked),
    (&["tls-weak-version"], servers::newer_version),
    (&["timing-unsafe-comparison"], comparisons::in_constant_time),
    (&["weak-hash", "weak-hash-object", "weak-hash-sensitive-data"], crypto::sound_hash),
    (&["weak-key-size"], crypto::longer_key),
    (&["lxml-parse"], xml::without_entities),
    (
        &[
            "xml-bomb",
            "xml-etree-parse",
            "xml-expatbuilder",
            "xml-expatreader",
            "xml-external-entity",
            "xml-minidom-parse",
            "xml-pulldom-parse",
            "xml-sax-parse",
        ],
        xml::defused,
    ),
];

type Repairer = fn(&mut Cx<'_, '_>, &Found) -> Option<Repair>;

/// A finding that wants a repair.
pub(crate) struct Found {
    /// The rule.
    pub(crate) rule: &'static str,
    /// Its place.
    pub(crate) range: TextRange,
    /// The body that it stands in.
    pub(crate) function: Func,
    /// What it says.
    pub(crate) message: String,
    /// How bad it is, and why.
    pub(crate) severity: Severity,
    pub(crate) reason: String,
    /// Where what it is about comes from, if that is in the same module.
    pub(crate) source: Option<TextRange>,
}

/// What a repair does.
#[derive(Debug)]
pub(crate) struct Repair {
    title: String,
    safe: bool,
    edits: Vec<Edit>,
}

impl Repair {
    /// A repair with this title, an imperative. It is safe if correct code does the same afterwards.
    pub(crate) fn new(title: impl Into<String>, safe: bool) -> Self {
        Self { title: title.into(), safe, edits: Vec::new() }
    }

    /// Replaces a range.
    pub(crate) fn edit(mut self, range: TextRange, text: impl Into<String>) -> Self {
        let edit = Edit { start: range.start().into(), end: range.end().into(), text: text.into() };
        if !self.edits.contains(&edit) {
            self.edits.push(edit);
        }
        self
    }

    /// Puts text before what stands at an offset, edited or not.
    pub(crate) fn before(mut self, at: TextSize, text: &str) -> Self {
        match self.edits.iter_mut().find(|edit| edit.start == u32::from(at)) {
            Some(edit) => edit.text.insert_str(0, text),
            None => return self.edit(TextRange::empty(at), text),
        }
        self
    }

    /// The import that a name needs.
    pub(crate) fn importing(self, spelling: &Spelling) -> Self {
        match &spelling.edit {
            Some((range, text)) => self.edit(*range, text.clone()),
            None => self,
        }
    }

    /// Whether no two edits are in each other's way.
    fn holds(&self) -> bool {
        let pairs = || self.edits.iter().enumerate();
        !self.edits.is_empty()
            && pairs().all(|(at, one)| self.edits[at + 1..].iter().all(|other| !one.clashes(other)))
    }
}

/// Gives the draft a repair, if its rule has one that fits.
pub(crate) fn offer(cx: &mut Cx<'_, '_>, draft: &mut Draft) {
    if draft.fix.is_some() {
        return;
    }
    let id = draft.rule.id;
    let found = Found {
        rule: id,
        range: draft.range,
        function: draft.function.unwrap_or(Func(0)),
        message: draft.message.clone(),
        severity: draft.severity,
        reason: draft.severity_reason.clone(),
        source: draft.trail.first().filter(|step| step.module == cx.module).map(|step| step.range),
    };
    let repair = REPAIRS
        .iter()
        .filter(|(rules, _)| rules.contains(&id))
        .find_map(|(_, repairer)| repairer(cx, &found))
        .filter(Repair::holds);
    if let Some(repair) = repair {
        draft.set_repair(repair.title, repair.safe, repair.edits);
    }
}

/// Whether a rule has repairs here.
pub(crate) fn may_repair(id: &str) -> bool {
    REPAIRS.iter().any(|(rules, _)| rules.contains(&id))
}

impl Found {
    /// The call that stands at the place of the finding.
    pub(crate) fn call(&self, cx: &Cx<'_, '_>) -> Option<CallEvent> {
        call_at(cx, self.function, self.range)
    }
}

/// The call whose expression has exactly this range.
pub(crate) fn call_at(cx: &Cx<'_, '_>, function: Func, range: TextRange) -> Option<CallEvent> {
    let ir = cx.ir();
    ir.values(function).find_map(|value| match ir.op(value) {
        Op::Call { callee, args } if ir.inst(value).range == range => {
            Some(CallEvent { value, function, path: None, callee, args })
        }
        _ => None,
    })
}

impl Cx<'_, '_> {
    /// How the expression at a range is laid out.
    pub(crate) fn layout(&self, range: TextRange) -> Option<Node> {
        layout::expression(&self.source().text, range)
    }

    /// The text of a range.
    pub(crate) fn slice(&self, range: TextRange) -> &str {
        self.source().slice(range)
    }

    /// The canonical path of what a call calls; empty where it is not known.
    pub(crate) fn called(&mut self, call: CallEvent) -> String {
        self.callee_at(self.site(call.value))
    }
}
