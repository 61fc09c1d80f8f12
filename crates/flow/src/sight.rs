//! What one instruction saw in one run, in words, for `clearance debug flow`.

use clearance_models::flow::{KIND_NAMES, Kinds, Origin};
use clearance_program::{FuncRef, Site};
use clearance_python::ir::{ArgKind, Op, Value};

use crate::analyse::{FlowStep, told};
use crate::heap::{Key, Kind, ObjId, Object};
use crate::interp::{Engine, Frame, MADE_WITH, Refine, root};
use crate::taint::{Entry, Label, Lacks, Taint, steps};
use crate::value::{Atom, Piece, Sym, Text, Val};

/// Keys and elements of an object that are named.
const MAX_NAMED: usize = 8;
/// Characters of a known text that are shown.
const MAX_SHOWN: usize = 80;

/// What one instruction saw in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The instruction.
    pub site: Site,
    /// The functions that were running, outermost first; the last one holds the instruction.
    pub through: Vec<FuncRef>,
    /// The outermost function was run as an entry point, with what the outside world passes; else with unknown arguments.
    pub entry: bool,
    /// What came of it.
    pub result: Seen,
    /// Of a call: its receiver and arguments; of an assignment or return: its value.
    pub operands: Vec<(String, Seen)>,
    /// What is known here of other values, by checks on the way: their place, and what.
    pub facts: Vec<(Site, String)>,
}

/// A value, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What it can be.
    pub what: Vec<String>,
    /// Where it comes from.
    pub labels: Vec<SeenLabel>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLabel {
    /// Who.
    pub from: From,
    /// Kinds of danger that are left.
    pub kinds: Kinds,
    /// What a text of it surely does not hold.
    pub lacks: Vec<&'static str>,
    /// The way to here.
    pub way: Vec<FlowStep>,
}

/// Where data begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A source.
    Source(Site, Origin),
    /// Whatever the caller of the outermost function passes for a parameter, by its name.
    Param(String),
}

impl Engine<'_> {
    /// What an instruction of the running function saw.
    pub(crate) fn sight(&mut self, frame: &Frame, value: Value) -> Sight {
        let ir = self.ir(frame.func);
        let mut operands = Vec::new();
        if let Op::Call { callee, args } = ir.op(value) {
            if let Op::Attr { base, .. } = ir.op(root(ir, callee)) {
                let receiver = self.operand(frame, base);
                operands.push(("receiver".to_owned(), self.seen(frame, &receiver)));
            }
            let mut position = 0;
            for arg in ir.args(args) {
                let name = match arg.kind {
                    ArgKind::Positional => {
                        position += 1;
                        format!("argument {}", position - 1)
                    }
                    ArgKind::Star => "argument *".to_owned(),
                    ArgKind::Keyword(name) => format!("argument {}", ir.name(name)),
                    ArgKind::DoubleStar => "argument **".to_owned(),
                };
                let passed = self.operand(frame, arg.value);
                operands.push((name, self.seen(frame, &passed)));
            }
        }
        if let Op::Bind { value, .. }
        | Op::StoreName { value, .. }
        | Op::StoreAttr { value, .. }
        | Op::StoreItem { value, .. }
        | Op::Return(value) = ir.op(value)
        {
            let stored = self.operand(frame, value);
            operands.push(("value".to_owned(), self.seen(frame, &stored)));
        }
        let facts = frame
            .facts
            .iter()
            .map(|(subject, fact)| (frame.site(*subject), self.fact(frame, fact)))
            .collect();
        let mut through = self.running().to_vec();
        if through.last() != Some(&frame.func) {
            through.push(frame.func);
        }
        let result = frame.value(value).clone();
        Sight {
            site: frame.site(value),
            through,
            entry: self.entry_run,
            result: self.seen(frame, &result),
            operands,
            facts,
        }
    }

    fn seen(&self, frame: &Frame, value: &Val) -> Seen {
        let mut what: Vec<String> = value.atoms.iter().map(|atom| self.atom(frame, atom)).collect();
        what.sort();
        what.dedup();
        let taint: Taint = frame.heap.deep_taint(value);
        Seen { what, labels: taint.entries().iter().map(|entry| self.label(frame, entry)).collect() }
    }

    fn label(&self, frame: &Frame, entry: &Entry) -> SeenLabel {
        let from = match &entry.label {
            Label::Source { site, origin } => From::Source(*site, *origin),
            Label::Param(sym) => From::Param(self.symbol(frame, sym)),
        };
        let mut way: Vec<FlowStep> = Vec::new();
        for (site, note) in steps(&entry.via) {
            if way.last().is_none_or(|last| last.site != site) {
                way.push(FlowStep { site, note: told(note) });
            }
        }
        SeenLabel { from, kinds: entry.kinds, lacks: lacks(entry.lacks), way }
    }

    /// A parameter, or what is reached through it, of the outermost function.
    fn symbol(&self, frame: &Frame, sym: &Sym) -> String {
        let outermost = self.running().first().copied().unwrap_or(frame.func);
        let params = &self.program.function(outermost).params;
        let ir = self.ir(outermost);
        let mut name = match params.get(usize::from(sym.index)) {
            Some(param) => ir.name(param.name).to_owned(),
            None => format!("captured variable {}", usize::from(sym.index) - params.len()),
        };
        for part in sym.path().iter() {
            name.push_str(part);
        }
        name
    }

    fn atom(&self, frame: &Frame, atom: &Atom) -> String {
        let models = &self.program.models;
        let named = |function: FuncRef| self.program.symbol(function.module, function.func);
        match atom {
            Atom::Unknown => "unknown".to_owned(),
            Atom::None => "None".to_owned(),
            Atom::Bool(true) => "True".to_owned(),
            Atom::Bool(false) => "False".to_owned(),
            Atom::Int(value) => value.to_string(),
            Atom::Number => "some number".to_owned(),
            Atom::Fixed => "something made of constants".to_owned(),
            Atom::Text(text) => shape(text),
            Atom::Bytes(text) => format!("b{}", shape(text)),
            Atom::Sym(sym) => format!("what `{}` holds", self.symbol(frame, sym)),
            Atom::Object(id) => object(*id, frame),
            Atom::Function { func, .. } => format!("the function `{}`", named(*func)),
            Atom::Method { func, .. } => format!("the method `{}`", named(*func)),
            Atom::Class(class) => format!("the class `{}`", self.class_name(*class)),
            Atom::Entity(_) => "a module of the program".to_owned(),
            Atom::Path(path) => format!("`{}`", models.dotted(*path)),
            Atom::Instance(path) => format!("an instance of `{}`", models.dotted(*path)),
            Atom::Bound { name, path, .. } => match path {
                Some(path) => format!("the method `{}`", models.dotted(*path)),
                None => format!("a method `{name}`"),
            },
            Atom::Partial(_) => "a function with its first arguments".to_owned(),
        }
    }

    fn class_name(&self, class: clearance_program::ClassRef) -> String {
        let ir = &self.program.module(class.module).ir;
        ir.name(self.program.class(class).name).to_owned()
    }

    fn fact(&self, frame: &Frame, fact: &Refine) -> String {
        match fact {
            Refine::Is(value) => {
                let what: Vec<String> = value.atoms.iter().map(|atom| self.atom(frame, atom)).collect();
                format!("is {}", what.join(" or "))
            }
            Refine::Without(kinds) => {
                format!("is at most dangerous for {}", kind_words(Kinds::CHOSEN.without(*kinds)))
            }
            Refine::Lacks(what) => format!("has no {}", lacks(*what).join(", no ")),
            Refine::Begins(text) => format!("begins with {text:?}"),
            Refine::InnerLacks(quote) => format!("has no {quote} inside"),
        }
    }
}

fn object(id: ObjId, frame: &Frame) -> String {
    let Some(object) = frame.heap.get(id) else { return "an object".to_owned() };
    let kind = match object.kind {
        Kind::List => "a list",
        Kind::Tuple => "a tuple",
        Kind::Set => "a set",
        Kind::Dict => "a dict",
        Kind::Instance(_) => "an object",
        Kind::External(_) => "an object of a library",
        Kind::Env => "captured variables",
        Kind::Buffer => "a text that is written piece by piece",
    };
    format!("{kind}{}", parts(object))
}

fn parts(object: &Object) -> String {
    let mut parts: Vec<String> = object
        .keys
        .iter()
        .take(MAX_NAMED)
        .map(|(key, _)| match key {
            Key::Str(text) => format!("{text:?}"),
            Key::Int(number) => number.to_string(),
            Key::Attr(name) => match name.strip_prefix(MADE_WITH) {
                Some(argument) if argument.bytes().all(|byte| byte.is_ascii_digit()) => {
                    format!("made with argument {argument}")
                }
                Some(argument) => format!("made with `{argument}`"),
                None => format!(".{name}"),
            },
        })
        .collect();
    if !object.items.is_empty() {
        parts.push(format!("{} elements", object.items.len()));
    }
    if object.rest.is_some() || object.keys.len() > MAX_NAMED {
        parts.push("more".to_owned());
    }
    if parts.is_empty() { String::new() } else { format!(" with {}", parts.join(", ")) }
}

/// `"select " + {data}`, as one literal with holes: `{data}` from somewhere, `{}` from nowhere that matters.
fn shape(text: &Text) -> String {
    let mut shown = String::new();
    for piece in text {
        match piece {
            Piece::Lit(lit) => shown.push_str(lit),
            Piece::Hole { taint, .. } if taint.is_empty() => shown.push_str("{}"),
            Piece::Hole { .. } => shown.push_str("{data}"),
        }
    }
    if shown.chars().count() > MAX_SHOWN {
        shown = shown.chars().take(MAX_SHOWN).collect();
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Kinds in words, whichever way is shorter.
pub fn kind_words(kinds: Kinds) -> String {
    let names = |kinds: Kinds| {
        let names: Vec<&str> = KIND_NAMES
            .iter()
            .copied()
            .filter(|name| Kinds::named(name).is_some_and(|kind| kind.meets(kinds)))
            .collect();
        names
    };
    let (are, are_not) = (names(kinds), names(Kinds::CHOSEN.without(kinds)));
    if are.is_empty() {
        return "nothing".to_owned();
    }
    if are_not.len() >= are.len() || !kinds.meets(Kinds::CHOSEN) {
        return are.join(", ");
    }
    if are_not.is_empty() {
        "everything".to_owned()
    } else {
        format!("everything but {}", are_not.join(", "))
    }
}

fn lacks(what: Lacks) -> Vec<&'static str> {
    let all = [
        (Lacks::SINGLE_QUOTE, "'"),
        (Lacks::DOUBLE_QUOTE, "\""),
        (Lacks::SLASH, "/"),
        (Lacks::DOTDOT, ".."),
        (Lacks::BACKSLASH, "\\"),
        (Lacks::NEWLINE, "line break"),
        (Lacks::ANGLE, "< >"),
        (Lacks::SPACE, "space"),
        (Lacks::LEADING_DASH, "leading -"),
        (Lacks::LEADING_SLASH, "leading /"),
        (Lacks::PARENTHESIS, "( )"),
        (Lacks::COLON, ":"),
        (Lacks::UNRESOLVED, "unresolved .."),
    ];
    all.into_iter().filter(|(one, _)| what.has(*one)).map(|(_, name)| name).collect()
}
