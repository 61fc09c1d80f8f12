//! From ways of data to findings: which rule, how bad, in which words; and which other rules have nothing more to say there.

use clearance_finding::{Confidence, Judgement, Rule, Severity};
use clearance_flow::{Analysis, FirstHalf, Flow, Shown};
use clearance_models::flow::{Kinds, Origin};
use clearance_program::{Program, Site, TrailStep};
use clearance_python::{TextRange, ir::Op};
use clearance_template::Context;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Draft, catalogue, engine::is_aside, rules::regex::is_slow};

/// Rules of single calls that say no more where a flow rule already says that data from outside gets there. Rules for auditors are lists and never yield.
const YIELDS: &[(&str, &[&str])] = &[
    ("sql-injection", &["sql-built-from-strings", "django-raw-sql", "django-extra-query"]),
    (
        "command-injection",
        &["subprocess-shell", "process-started-by-shell", "shell-true-argument", "paramiko-command"],
    ),
    ("code-injection", &["eval-used", "exec-used"]),
    (
        "model-output-execution",
        &[
            "eval-used",
            "exec-used",
            "subprocess-shell",
            "process-started-by-shell",
            "shell-true-argument",
            "paramiko-command",
            "sql-built-from-strings",
            "django-raw-sql",
            "django-extra-query",
        ],
    ),
    ("unsafe-deserialisation", &["pickle-load", "marshal-load", "yaml-unsafe-load", "torch-load"]),
    ("cross-site-scripting", MARKUP),
    ("stored-cross-site-scripting", MARKUP),
    ("server-side-request-forgery", &["url-open-any-scheme"]),
    ("partial-server-side-request-forgery", &["url-open-any-scheme"]),
    ("archive-path-traversal", &["tar-extract-unfiltered"]),
    ("weak-hash-sensitive-data", &["weak-hash", "weak-hash-object"]),
    ("slow-regex-input", &["catastrophic-regex"]),
    ("weak-random-secret", &["insecure-random"]),
    ("xml-external-entity", XML_PARSERS),
    ("xml-bomb", XML_PARSERS),
];

/// Rules of single calls that weigh less where data was followed and none from outside was seen to get there.
pub(crate) const UNDECIDED: &[&str] =
    &["eval-used", "exec-used", "sql-built-from-strings", "django-raw-sql", "django-extra-query"];

/// Rules about what is not escaped; those of templates yield at the place itself.
const MARKUP: &[&str] = &["markup-from-expression", "django-mark-safe"];

const XML_PARSERS: &[&str] = &[
    "lxml-parse",
    "xml-etree-parse",
    "xml-sax-parse",
    "xml-minidom-parse",
    "xml-pulldom-parse",
    "xml-expatreader",
];

/// The findings of one module.
#[derive(Default)]
pub(crate) struct ModuleFlows {
    pub(crate) drafts: Vec<Draft>,
    /// Where what another rule says is said by a flow rule: its id and the place.
    reported: Vec<(&'static str, TextRange)>,
    /// Where what another rule says is proven harmless.
    silent: Vec<(&'static str, TextRange)>,
    /// Where what another rule says is proven harmless; what it says as a mere note stays.
    harmless: Vec<(&'static str, TextRange)>,
}

impl ModuleFlows {
    /// Whether a rule of single calls has nothing more to say at a place, or, as a mere note, may still say it.
    pub(crate) fn covers(&self, rule: &str, range: TextRange, note: bool) -> bool {
        covered(&self.reported, rule, range)
            || covered(&self.silent, rule, range)
            || (!note && covered(&self.harmless, rule, range))
    }
}

/// What following data says of what a rule of single calls reports at a place; nothing for rules that it says nothing of.
pub(crate) fn judgement(flows: Option<&ModuleFlows>, rule: &str, range: TextRange) -> Option<Judgement> {
    if !YIELDS.iter().any(|(_, others)| others.contains(&rule)) {
        return None;
    }
    let Some(flows) = flows else { return Some(Judgement::Undecided) };
    if covered(&flows.reported, rule, range) {
        return Some(Judgement::Disproved);
    }
    let harmless = covered(&flows.silent, rule, range) || covered(&flows.harmless, rule, range);
    Some(if harmless { Judgement::Proven } else { Judgement::Undecided })
}

fn covered(places: &[(&'static str, TextRange)], rule: &str, range: TextRange) -> bool {
    places.iter().any(|(silent, place)| {
        *silent == rule && (place.contains_range(range) || range.contains_range(*place))
    })
}

/// The findings of an analysis, by module number.
pub(crate) fn by_module(
    program: &Program,
    analysis: &Analysis,
    on: impl Fn(&str) -> bool,
) -> FxHashMap<u32, ModuleFlows> {
    let mut found: FxHashMap<u32, ModuleFlows> = FxHashMap::default();
    for flow in &analysis.flows {
        // Data whose file is also read or written is told there, or nowhere if that is harmless.
        if only_asks(program, flow)
            && (is_told_elsewhere(program, analysis, flow) || is_checked(program, analysis, flow))
        {
            continue;
        }
        let Some(rule) = rule_of(flow) else { continue };
        if !on(rule.id) || (rule.id == "slow-regex-input" && !is_slow(program, flow.sink)) {
            continue;
        }
        // That a number gets a secret's name is seen where it is drawn, too; what it is used for is not.
        let only_named = rule.id == "weak-random-secret" && !matches!(program.op(flow.sink), Op::Call { .. });
        if only_named && (picks(program, flow) || is_named_before(analysis, flow)) {
            continue;
        }
        for (_, others) in YIELDS.iter().filter(|(id, _)| *id == rule.id && !only_named) {
            let steps = flow.steps.iter().map(|step| step.site).chain([flow.sink]);
            for site in steps.filter(|site| program.template(site.module).is_none()) {
                let ranges = places(program, site);
                let module = found.entry(site.module.0).or_default();
                for other in *others {
                    module.reported.extend(ranges.iter().map(|range| (*other, *range)));
                }
            }
        }
        found.entry(flow.sink.module.0).or_default().drafts.push(draft(program, flow, rule));
    }
    for (site, rule) in &analysis.harmless {
        // A rule may yield to several: all that judge the place must find it harmless.
        let open: Vec<&str> = judged_at(analysis, *site)
            .filter(|judged| analysis.harmless.binary_search(judged).is_err())
            .flat_map(|(_, rule)| yielding(rule))
            .collect();
        // Without a rule: it is never reached at all.
        for (_, others) in YIELDS.iter().filter(|(id, _)| rule.is_empty() || *id == &**rule) {
            let module = found.entry(site.module.0).or_default();
            for range in places(program, *site) {
                // Markup that is made by hand is worth a note even where it is harmless.
                let list = if rule.ends_with("cross-site-scripting") {
                    &mut module.harmless
                } else {
                    &mut module.silent
                };
                list.extend(others.iter().filter(|other| !open.contains(other)).map(|other| (*other, range)));
            }
        }
    }
    found
}

/// How many sinks each flow rule judged in code that is deployed: those that were met on the way of data, and all calls of what models say of.
pub(crate) fn examined(program: &Program, analysis: &Analysis) -> FxHashMap<&'static str, u32> {
    let mut sinks: FxHashSet<(Site, &str)> =
        analysis.judged.iter().map(|(site, rule)| (*site, &**rule)).collect();
    sinks.extend(analysis.flows.iter().map(|flow| (flow.sink, &*flow.rule)));
    let flow = program.models.flow();
    for (id, module) in program.modules() {
        for callee in &module.externals {
            let site = Site { module: id, value: callee.value };
            sinks.extend(flow.sinks(callee.path).iter().map(|sink| (site, &*sink.rule)));
        }
    }
    let mut counts: FxHashMap<&'static str, u32> = FxHashMap::default();
    let role = |site: &Site| match program.template(site.module) {
        Some(file) => file.role,
        None => program.module(site.module).role,
    };
    for (_, rule) in sinks.into_iter().filter(|(site, _)| !is_aside(role(site))) {
        for rule in told_as(rule).filter_map(rule_named) {
            *counts.entry(rule.id).or_default() += 1;
        }
    }
    counts
}

/// The rules under which what a model calls by one name is told.
fn told_as(rule: &str) -> impl Iterator<Item = &str> {
    let more = match rule {
        "server-side-request-forgery" => Some("partial-server-side-request-forgery"),
        "cross-site-scripting" => Some("stored-cross-site-scripting"),
        _ => None,
    };
    std::iter::once(rule).chain(more)
}

fn rule_named(id: &str) -> Option<&'static Rule> {
    let all = catalogue();
    all.binary_search_by_key(&id, |rule| rule.id).ok().map(|at| all[at])
}

/// The sinks judged at a place.
fn judged_at(analysis: &Analysis, site: Site) -> impl Iterator<Item = &(Site, Box<str>)> {
    let first = analysis.judged.partition_point(|(other, _)| *other < site);
    analysis.judged[first..].iter().take_while(move |(other, _)| *other == site)
}

/// `token = random.choice(tokens)`: one of several secrets is picked, none is made.
fn picks(program: &Program, flow: &Flow) -> bool {
    let ir = &program.module(flow.sink.module).ir;
    let (Op::Bind { value, .. }
    | Op::StoreName { value, .. }
    | Op::StoreAttr { value, .. }
    | Op::StoreItem { value, .. }) = ir.op(flow.sink.value)
    else {
        return false;
    };
    let Op::Call { callee, .. } = ir.op(value) else { return false };
    matches!(ir.op(callee), Op::Attr { name, .. } if ir.name(name) == "choice")
        && flow.source.module == flow.sink.module
        && (flow.source.value == callee || flow.source.value == value)
}

/// Whether a secret got such a name already on its way here.
fn is_named_before(analysis: &Analysis, flow: &Flow) -> bool {
    analysis.flows.iter().any(|other| {
        other.rule == flow.rule
            && other.source == flow.source
            && other.sink != flow.sink
            && flow.steps.iter().any(|step| step.site == other.sink)
    })
}

/// The rules that yield to a flow rule.
fn yielding(rule: &str) -> impl Iterator<Item = &'static str> {
    YIELDS.iter().filter(move |(id, _)| *id == rule).flat_map(|(_, others)| others.iter().copied())
}

/// A call and where its arguments are made, or what a name is bound to: the rules of single calls report at either.
fn places(program: &Program, site: Site) -> Vec<TextRange> {
    if program.template(site.module).is_some() {
        return vec![program.range(site)];
    }
    let ir = &program.module(site.module).ir;
    let mut found = vec![program.range(site)];
    if let Op::Bind { value, .. } | Op::StoreName { value, .. } = ir.op(site.value) {
        found.push(program.range(Site { module: site.module, value }));
    }
    if let Op::Call { args, .. } = ir.op(site.value) {
        for arg in ir.args(args) {
            let mut made = arg.value;
            while let Op::Sigma { value, .. } = ir.op(made) {
                made = value;
            }
            if matches!(ir.op(made), Op::Call { .. } | Op::Format(_) | Op::Binary { .. }) {
                found.push(program.range(Site { module: site.module, value: made }));
            }
        }
    }
    found
}

fn rule_of(flow: &Flow) -> Option<&'static Rule> {
    let stored = matches!(flow.origin, Origin::Database | Origin::Session);
    let id = match (&*flow.rule, flow.partial, stored) {
        ("server-side-request-forgery", true, _) => "partial-server-side-request-forgery",
        ("cross-site-scripting", _, true) => "stored-cross-site-scripting",
        ("code-injection" | "command-injection" | "argument-injection" | "sql-injection", ..)
            if flow.origin == Origin::Model =>
        {
            "model-output-execution"
        }
        (id, _, _) => id,
    };
    rule_named(id)
}

fn draft(program: &Program, flow: &Flow, rule: &'static Rule) -> Draft {
    let range = program.range(flow.sink);
    let from = match &flow.first {
        Some(half) => format!("{}, kept in `{}`,", origin_words(half.origin), half.store),
        None => origin_words(flow.origin).to_owned(),
    };
    let message = match flow.shown.and_then(not_enough) {
        Some(place) => {
            format!("Outside data is escaped for HTML, which is not enough {place}: {from} gets here")
        }
        None => format!("{}: {from} gets here", rule.title),
    };
    let mut draft = Draft::new(rule, range, message);
    let (severity, reason) = severity(program, flow, rule);
    let (severity, reason) = match flow.shown.and_then(not_enough) {
        Some(place) => (lower(severity), format!("it is escaped, but stands {place}")),
        None => (severity, reason),
    };
    let (severity, reason) = if only_asks(program, flow) {
        (Severity::Low, "it tells only whether a file is there".to_owned())
    } else {
        (severity, reason)
    };
    draft = draft.severity(severity, reason).confidence(confidence(program, flow, rule));
    let mut trail = trail(program, flow);
    trail.dedup_by(|b, a| a.module == b.module && a.range == b.range);
    // A template's place is in no function.
    let function = program.template(flow.sink.module).is_none().then_some(flow.function.func);
    draft.trail(trail).at(flow.sink.module, function)
}

/// The way of data, as people read it: for stored data, first how it gets into the store where that is known.
fn trail(program: &Program, flow: &Flow) -> Vec<TrailStep> {
    let step = |site: Site, note: String| TrailStep { module: site.module, range: program.range(site), note };
    let mut trail: Vec<TrailStep> = Vec::new();
    if let Some(half) = &flow.first
        && let Some((last, before)) = half.steps.split_last()
    {
        let line = |site: Site| (site.module, program.location(site.module, program.range(site)).start.line);
        let from = origin_words(half.origin);
        // A line is told once.
        let told: Vec<_> = before.iter().filter(|at| line(at.site) != line(last.site)).collect();
        for (number, at) in told.iter().enumerate() {
            let note = if number == 0 { format!("{from} comes in here") } else { at.note.to_owned() };
            trail.push(step(at.site, note));
        }
        let who = if told.is_empty() { format!("{from} is ") } else { String::new() };
        trail.push(step(last.site, format!("{who}kept in `{}` here", half.store)));
    }
    for (number, at) in flow.steps.iter().enumerate() {
        let note = match (number, &flow.first) {
            (0, Some(half)) => format!("`{}` is read here", half.store),
            (0, None) => format!("{} comes in here", origin_words(flow.origin)),
            _ => at.note.to_owned(),
        };
        trail.push(step(at.site, note));
    }
    trail
}

/// Where escaping for HTML does not help.
fn not_enough(shown: Shown) -> Option<&'static str> {
    match shown {
        Shown::AsItIs => None,
        Shown::Escaped(context) => Some(match context {
            Context::Unquoted => "in an attribute without quotes",
            Context::Address => "at the beginning of an address",
            Context::Handler => "in the script of an event",
            _ => "in a script",
        }),
    }
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}

/// Whether data whose path is asked about is told where the file is read or written.
fn is_told_elsewhere(program: &Program, analysis: &Analysis, flow: &Flow) -> bool {
    analysis.flows.iter().any(|other| {
        other.rule == flow.rule
            && other.source == flow.source
            && other.function == flow.function
            && !only_asks(program, other)
    })
}

/// Whether the same function uses a path in earnest later on, and nothing from outside chooses that one.
fn is_checked(program: &Program, analysis: &Analysis, flow: &Flow) -> bool {
    let ir = &program.module(flow.function.module).ir;
    let span = ir.functions[flow.function.func.index()].insts;
    analysis.judged.iter().any(|(site, rule)| {
        *rule == flow.rule
            && site.module == flow.function.module
            && (span.start..span.start + span.len).contains(&site.value.0)
            && site.value > flow.sink.value
            && !asks(program, *site)
            && !analysis.flows.iter().any(|other| other.sink == *site)
    })
}

/// Whether a path is only asked about: whether it exists, what kind of file it is.
fn only_asks(program: &Program, flow: &Flow) -> bool {
    flow.kind == Kinds::PATH && asks(program, flow.sink)
}

fn asks(program: &Program, sink: Site) -> bool {
    let ir = &program.module(sink.module).ir;
    let Op::Call { callee, .. } = ir.op(sink.value) else { return false };
    let Op::Attr { name, .. } = ir.op(callee) else { return false };
    matches!(
        ir.name(name),
        "exists"
            | "lexists"
            | "isfile"
            | "isdir"
            | "is_file"
            | "is_dir"
            | "getsize"
            | "getmtime"
            | "stat"
            | "access"
    )
}

/// The decorator by whose name only administrators get to where the data comes in.
fn for_admins(program: &Program, source: Site) -> Option<&str> {
    let module = program.modules.get(source.module.index())?;
    let ir = &module.ir;
    let function = &ir.functions[ir.function_of(source.value).index()];
    function.decorators.iter().find_map(|decorator| {
        let callee = match ir.op(*decorator) {
            Op::Call { callee, .. } => callee,
            _ => *decorator,
        };
        let name = match ir.op(callee) {
            Op::Attr { name, .. } | Op::Global(name) => ir.name(name),
            Op::Import(import) => ir.name(ir.imports[import.index()].bound),
            _ => return None,
        };
        (name.contains("admin") || name.contains("superuser")).then_some(name)
    })
}

fn severity(program: &Program, flow: &Flow, rule: &Rule) -> (Severity, String) {
    if flow.kind == Kinds::HTML
        && flow.origin.is_outside()
        && let Some(decorator) = for_admins(program, flow.source)
    {
        let words = origin_words(flow.origin);
        return (
            lower(rule.severity),
            format!("it is {words}, of administrators by the name of `{decorator}`"),
        );
    }
    if let Some(half) = &flow.first {
        if flow.origin == Origin::Session && rule.id == "stored-cross-site-scripting" {
            let words = origin_words(half.origin);
            return (rule.severity, format!("it is {words}, kept in the session of whoever sent it"));
        }
        return kept_severity(program, half, rule);
    }
    match flow.origin {
        Origin::Cli => (lower(lower(rule.severity)), "the data comes from the command line".to_owned()),
        Origin::Database | Origin::Session if rule.id != "stored-cross-site-scripting" => {
            (lower(rule.severity), "the data was stored before".to_owned())
        }
        Origin::Response | Origin::File | Origin::Environment | Origin::Task => {
            (lower(rule.severity), format!("the data is {}", origin_words(flow.origin)))
        }
        _ => (rule.severity, format!("it is {}", origin_words(flow.origin))),
    }
}

/// How bad it is that what somebody sends is kept, and does harm where it is read again: as bad as if it came at once.
fn kept_severity(program: &Program, half: &FirstHalf, rule: &Rule) -> (Severity, String) {
    let words = origin_words(half.origin);
    let stored = rule.id == "stored-cross-site-scripting";
    let direct = if stored { rule_named("cross-site-scripting").unwrap_or(rule) } else { rule };
    match for_admins(program, half.source) {
        Some(decorator) if stored => {
            (rule.severity, format!("it is {words}, of administrators by the name of `{decorator}`"))
        }
        _ => (direct.severity, format!("it is {words}, kept in `{}`", half.store)),
    }
}

fn confidence(program: &Program, flow: &Flow, rule: &Rule) -> Confidence {
    let alone = flow.steps.iter().all(|step| program.template(step.site.module).is_some());
    if alone || matches!(flow.shown, Some(Shown::Escaped(_))) {
        return rule.confidence.min(Confidence::Medium);
    }
    if flow.first.is_some() {
        return rule.confidence.min(Confidence::Medium);
    }
    if flow.by_name || matches!(flow.origin, Origin::Database | Origin::Session | Origin::Task) {
        return rule.confidence.min(if flow.kind == Kinds::HTML {
            Confidence::Medium
        } else {
            Confidence::Low
        });
    }
    rule.confidence
}

/// What the data is, for people.
pub fn origin_words(origin: Origin) -> &'static str {
    match origin {
        Origin::Remote => "data that a client sends",
        Origin::Header => "a request header",
        Origin::Cookie => "a cookie",
        Origin::Upload => "an uploaded file",
        Origin::Message => "a message from outside",
        Origin::Task => "an argument of a queued task",
        Origin::Model => "the answer of a language model",
        Origin::Response => "the answer of another server",
        Origin::Database => "data from the database",
        Origin::Session => "data from the session",
        Origin::File => "the content of a file",
        Origin::Cli => "an argument of the command line",
        Origin::Environment => "an environment variable",
        Origin::WeakRandom => "a predictable random number",
        Origin::Secret => "a secret",
        Origin::Personal => "personal data",
        Origin::Exception => "the text of an exception",
        Origin::Identity => "the requester's identity",
    }
}
