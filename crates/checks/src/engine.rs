//! Runs the rules over a program: one pass over the instructions of each module, each event handed to the rules that listen for it.

use clearance_finding::{
    Examined, Fact, Finding, Fingerprint, Judgement, Label, Location, Notice, NoticeKind, Rule, Severity,
    Step, normalise_code, number_equals,
};
use clearance_flow::Analysis;
use clearance_models::PathId;
use clearance_program::{FuncRef, ModuleId, Program, Resolver};
use clearance_python::ir::{
    ArgKind, BinaryOp, Class, FactKind, Func, FunctionKind, ImportId, Imported, ModuleIr, Name, Op, Value,
};
use clearance_source::Role;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::{
    AssertEvent, CallEvent, ClassEvent, CompareEvent, Cx, Draft, FunctionEvent, HandlerEvent, ImportEvent,
    StoreEvent, StoreTarget, TextEvent, code_rules,
    draft::trace,
    flows,
    flows::ModuleFlows,
    interest::{Interest, Set},
    repair,
    table::{Check, Table},
};

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Ids of the rules to run.
    pub rules: FxHashSet<&'static str>,
    /// Somebody looks through everything: rules of single calls do not yield to flow rules.
    pub auditor: bool,
    /// Data is followed through the whole program, and flow rules run.
    pub flow: bool,
}

impl Settings {
    /// All rules that are on by default.
    pub fn default_rules() -> Self {
        Self {
            rules: code_rules().filter(|rule| !rule.rule.audit).map(|rule| rule.rule.id).collect(),
            auditor: false,
            flow: false,
        }
    }

    /// All rules, the audit ones too.
    pub fn all_rules() -> Self {
        Self { rules: code_rules().map(|rule| rule.rule.id).collect(), auditor: false, flow: false }
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Findings, by path, place, rule.
    pub findings: Vec<Finding>,
    /// What rules of single calls would report and is not told: data was followed and is harmless there, or a flow rule tells it. By path, place, rule.
    pub silent: Vec<Finding>,
    /// Positive evidence, by path, place, rule.
    pub facts: Vec<Fact>,
    /// How many objects each rule that ran judged in application code, by rule id.
    pub examined: Vec<Examined>,
    /// Functions whose data was not followed to the end because a bound was hit.
    pub truncated: Vec<Notice>,
    /// Credentials that rules found in the code, with their files: nothing may show them.
    pub secrets: Vec<(Location, String)>,
}

/// Runs the rules. Works in parallel on the current thread pool; the outcome does not depend on it.
pub fn run(program: &Program, settings: &Settings) -> Outcome {
    let table = Table::new(program, settings);
    let ids: Vec<ModuleId> = program.modules().map(|(id, _)| id).collect();
    let analysis = if settings.flow { clearance_flow::analyse(program) } else { Analysis::default() };
    let flows = flows::by_module(program, &analysis, |rule| settings.rules.contains(rule));
    let parts: Vec<Part> =
        ids.par_iter().map(|id| Pass::new(program, &table, *id, flows.get(&id.0), settings).run()).collect();
    let shown = crate::pages::run(program, &table, &flows, settings);
    let mut counts = vec![0u32; table.rules.len()];
    let mut outcome = Outcome::default();
    let has_pages = shown.iter().any(|part| !part.findings.is_empty() || !part.silent.is_empty());
    for part in parts.into_iter().chain(shown) {
        for (count, more) in counts.iter_mut().zip(&part.examined) {
            *count += more;
        }
        outcome.facts.extend(part.facts);
        outcome.findings.extend(part.findings);
        outcome.silent.extend(part.silent);
        outcome.secrets.extend(part.secrets);
    }
    told_at_the_draw(&mut outcome.findings);
    if has_pages {
        outcome.findings.sort_by(|a, b| a.location.path.cmp(&b.location.path));
        outcome.silent.sort_by(|a, b| a.location.path.cmp(&b.location.path));
    }
    outcome.facts.sort_by(|a, b| {
        (&a.location.path, a.location.bytes, a.rule, &a.text).cmp(&(
            &b.location.path,
            b.location.bytes,
            b.rule,
            &b.text,
        ))
    });
    outcome.facts.dedup();
    outcome.examined =
        table.rules.iter().zip(counts).map(|(rule, count)| Examined { rule: rule.rule.id, count }).collect();
    if settings.flow {
        let judged = flows::examined(program, &analysis);
        for examined in &mut outcome.examined {
            examined.count += judged.get(examined.rule).copied().unwrap_or(0);
        }
    }
    outcome.examined.sort_by_key(|examined| examined.rule);
    outcome.truncated = analysis.truncated.iter().map(|function| truncated(program, *function)).collect();
    outcome
}

/// A number that is told where it is drawn is not told again where it gets to.
fn told_at_the_draw(findings: &mut Vec<Finding>) {
    let place = |location: &Location| (location.path.clone(), location.start.line);
    let start = |finding: &Finding| {
        finding.trace.first().map_or_else(|| finding.location.clone(), |step| step.location.clone())
    };
    let drawn: FxHashSet<_> = findings
        .iter()
        .filter(|finding| finding.rule.id == "insecure-random" && finding.severity > Severity::Info)
        .map(|finding| place(&finding.location))
        .collect();
    findings.retain(|finding| {
        finding.rule.id != "weak-random-secret" || !drawn.contains(&place(&start(finding)))
    });
    // Where it becomes a secret, it is no mere number.
    let secrets: FxHashSet<_> = findings
        .iter()
        .filter(|finding| finding.rule.id == "weak-random-secret")
        .map(|finding| place(&start(finding)))
        .collect();
    findings.retain(|finding| {
        finding.rule.id != "insecure-random"
            || finding.severity > Severity::Info
            || !secrets.contains(&place(&finding.location))
    });
}

/// Code whose findings weigh little, and whose calls do not count as examined: it is not deployed.
pub(crate) fn is_aside(role: Role) -> bool {
    matches!(role, Role::Test | Role::Documentation | Role::Example)
}

/// A function whose data was not followed to the end.
fn truncated(program: &Program, function: FuncRef) -> Notice {
    let range = program.function(function).name_range;
    let location = program.location(function.module, range);
    let symbol = program.symbol(function.module, function.func);
    let name = if symbol.is_empty() { "the module's own code".to_owned() } else { format!("`{symbol}`") };
    Notice {
        path: location.path,
        line: Some(location.start.line),
        kind: NoticeKind::Truncated,
        text: format!(
            "the bound on work was hit: the ways of data through {name} were not followed to the end"
        ),
    }
}

/// What one module or template gives.
pub(crate) struct Part {
    pub(crate) findings: Vec<Finding>,
    pub(crate) silent: Vec<Finding>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) examined: Vec<u32>,
    /// Credentials that were found, which nothing may show.
    pub(crate) secrets: Vec<(Location, String)>,
}

/// One module's pass.
struct Pass<'t, 'p> {
    program: &'p Program,
    table: &'t Table,
    module: ModuleId,
    resolver: Resolver<'p>,
    drafts: Vec<Draft>,
    flows: Option<&'t ModuleFlows>,
    /// Rules of single calls yield to flow rules.
    quiet: bool,
    /// Data was followed through the program.
    followed: bool,
    facts: Vec<Fact>,
    examined: Vec<u32>,
    counts: bool,
    /// Of each name of the module, once it is met.
    interests: Vec<Option<Interest>>,
}

impl<'t, 'p> Pass<'t, 'p> {
    fn new(
        program: &'p Program,
        table: &'t Table,
        module: ModuleId,
        flows: Option<&'t ModuleFlows>,
        settings: &Settings,
    ) -> Self {
        let role = program.module(module).role;
        let names = program.module(module).ir.names.len();
        Self {
            program,
            table,
            module,
            resolver: Resolver::new(program),
            drafts: Vec::new(),
            flows,
            quiet: !settings.auditor,
            followed: settings.flow,
            facts: Vec::new(),
            examined: vec![0; table.rules.len()],
            counts: !is_aside(role),
            interests: vec![None; names],
        }
    }

    fn with(&mut self, rule: usize, function: Option<Func>, work: impl FnOnce(&mut Cx<'_, 'p>)) {
        let mut ignored = 0;
        let mut cx = Cx {
            program: self.program,
            resolver: &mut self.resolver,
            module: self.module,
            rule: self.table.rules[rule].rule,
            function,
            drafts: &mut self.drafts,
            facts: &mut self.facts,
            examined: if self.counts { &mut self.examined[rule] } else { &mut ignored },
            growing: 0,
        };
        work(&mut cx);
    }

    fn tell<E: Copy>(&mut self, listeners: &'t [Check<E>], function: Option<Func>, event: E) {
        for (rule, check) in listeners {
            self.with(*rule, function, |cx| check(cx, event));
        }
    }

    /// Tells those of numbered listeners that are in a set.
    fn tell_some<E: Copy>(
        &mut self,
        listeners: &'t [Check<E>],
        mut some: Set,
        function: Option<Func>,
        event: E,
    ) {
        while some != 0 {
            let (rule, check) = listeners[some.trailing_zeros() as usize];
            some &= some - 1;
            self.with(rule, function, |cx| check(cx, event));
        }
    }

    /// The listeners of a name.
    fn interest(&mut self, name: Name) -> Interest {
        if let Some(known) = self.interests[name.index()] {
            return known;
        }
        let interest = self.table.interests.of(self.program.module(self.module).ir.name(name));
        self.interests[name.index()] = Some(interest);
        interest
    }

    /// Tells that a value gets a name.
    fn store(&mut self, event: StoreEvent) {
        let table = self.table;
        let here = Some(event.function);
        self.tell(&table.stores, here, event);
        let ir = &self.program.module(self.module).ir;
        let interest = match event.target {
            StoreTarget::Variable(name) | StoreTarget::Attribute(_, name) | StoreTarget::Keyword(name) => {
                self.interest(name)
            }
            StoreTarget::Default(name) => {
                self.tell(&table.defaults, here, event);
                self.interest(name)
            }
            StoreTarget::Item(_, key) | StoreTarget::Entry(key) => match ir.op(key) {
                Op::Str(text) => table.interests.of(ir.text(text)),
                _ => return self.tell(&table.computed_stores, here, event),
            },
        };
        self.tell_some(&table.named_stores, interest.stores, here, event);
    }

    /// Tells of a call, whatever it calls.
    fn call(&mut self, ir: &'p ModuleIr, event: CallEvent, path: impl FnOnce() -> Option<PathId>) {
        let table = self.table;
        let here = Some(event.function);
        let called = match ir.op(event.callee) {
            Op::Attr { name, .. } | Op::Global(name) | Op::Free(name) | Op::Unbound(name) => {
                self.interest(name).calls
            }
            Op::Import(import) => self.interest(ir.imports[import.index()].bound).calls,
            _ if table.named_calls.is_empty() => 0,
            _ => {
                let mut name = "";
                self.with(0, here, |cx| name = cx.callee_name(event));
                table.interests.of(name).calls
            }
        };
        let mut with = 0;
        for arg in ir.args(event.args) {
            if let ArgKind::Keyword(name) = arg.kind {
                with |= self.interest(name).keywords;
            }
        }
        if called | with != 0 || !table.any_calls.is_empty() {
            let event = CallEvent { path: path(), ..event };
            self.tell(&table.any_calls, here, event);
            self.tell_some(&table.named_calls, called, here, event);
            self.tell_some(&table.calls_with, with, here, event);
        }
    }

    fn run(mut self) -> Part {
        let table = self.table;
        let module = self.program.module(self.module);
        for (rule, check) in &table.modules {
            self.with(*rule, None, |cx| check(cx));
        }
        self.imports();
        self.calls();
        let ir = &module.ir;
        for number in 0..ir.functions.len() as u32 {
            self.function(ir, Func(number));
        }
        for number in 0..ir.classes.len() as u32 {
            let class = Class(number);
            self.tell(&table.classes, Some(ir.classes[class.index()].parent), ClassEvent { class });
        }
        if !table.asserts.is_empty() || !table.handlers.is_empty() {
            for fact in &ir.facts {
                match fact.kind {
                    FactKind::Assert(test) => {
                        let event = AssertEvent { test, function: fact.function, range: fact.range };
                        self.tell(&table.asserts, Some(fact.function), event);
                    }
                    FactKind::Handler { types, body } => {
                        let (function, range, block) = (fact.function, fact.range, fact.block);
                        let event = HandlerEvent { types, body, function, range, block };
                        self.tell(&table.handlers, Some(fact.function), event);
                    }
                }
            }
        }
        self.finish()
    }

    fn imports(&mut self) {
        let table = self.table;
        let module = self.program.module(self.module);
        for (number, import) in module.ir.imports.iter().enumerate() {
            if import.level > 0 {
                continue;
            }
            let dotted = module.ir.text(import.module);
            let top = dotted.split('.').next().unwrap_or(dotted);
            let Some(listeners) = table.imports.get(top) else {
                continue;
            };
            let internal = matches!(
                module.imports.get(number),
                Some(
                    clearance_program::ImportTarget::MemberOf(_)
                        | clearance_program::ImportTarget::Whole(
                            clearance_program::Entity::Module(_) | clearance_program::Entity::Folder(_)
                        )
                )
            );
            if internal {
                continue;
            }
            let full = match import.what {
                Imported::Member(name) => format!("{dotted}.{}", module.ir.name(name)),
                _ => dotted.to_owned(),
            };
            for (path, (rule, check)) in listeners {
                let below =
                    full.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
                if below {
                    let event = ImportEvent { import: ImportId(number as u32), path };
                    self.with(*rule, Some(import.function), |cx| {
                        cx.examined();
                        check(cx, event);
                    });
                }
            }
        }
    }

    fn calls(&mut self) {
        let table = self.table;
        let module = self.program.module(self.module);
        for callee in &module.externals {
            let listeners = &table.calls[callee.path.index()];
            if listeners.is_empty() {
                continue;
            }
            let (called, args) = match module.ir.op(callee.value) {
                Op::Call { callee, args } => (callee, args),
                Op::Decorate { decorator, .. } => (decorator, clearance_python::ir::Span::default()),
                _ => continue,
            };
            let event = CallEvent {
                value: callee.value,
                function: callee.function,
                path: Some(callee.path),
                callee: called,
                args,
            };
            for (rule, check) in listeners {
                self.with(*rule, Some(callee.function), |cx| {
                    cx.examined();
                    check(cx, event);
                });
            }
        }
    }

    fn function(&mut self, ir: &'p ModuleIr, func: Func) {
        let table = self.table;
        let function = &ir.functions[func.index()];
        let here = Some(func);
        if matches!(function.kind, FunctionKind::Def | FunctionKind::Lambda) {
            self.tell(&table.functions, here, FunctionEvent { function: func });
            for param in &function.params {
                if let Some(value) = param.default.some() {
                    let target = StoreTarget::Default(param.name);
                    self.store(StoreEvent { target, value, function: func, at: value });
                }
            }
        }
        let mut externals = self.program.module(self.module).externals.iter().peekable();
        for value in ir.values(func) {
            let store = |target, stored| StoreEvent { target, value: stored, function: func, at: value };
            match ir.op(value) {
                Op::Str(text) | Op::Bytes(text) => {
                    let literal = ir.text(text);
                    for (accepts, listener) in &table.texts {
                        if accepts(literal) {
                            let event = TextEvent { value, function: func, text: Some(text) };
                            self.tell(std::slice::from_ref(listener), here, event);
                        }
                    }
                }
                Op::Call { callee, args } => {
                    let event = CallEvent { value, function: func, path: None, callee, args };
                    self.call(ir, event, || {
                        while externals.next_if(|known| known.value < value).is_some() {}
                        externals.peek().filter(|known| known.value == value).map(|known| known.path)
                    });
                    for arg in ir.args(args) {
                        if let ArgKind::Keyword(name) = arg.kind {
                            self.store(store(StoreTarget::Keyword(name), arg.value));
                        }
                    }
                    if !table.buildings.is_empty() && is_text_call(ir, callee) {
                        self.tell(&table.buildings, here, TextEvent { value, function: func, text: None });
                    }
                }
                Op::StoreName { name, value: stored } | Op::Bind { name, value: stored } => {
                    self.store(store(StoreTarget::Variable(name), stored));
                }
                Op::StoreAttr { base, name, value: stored } => {
                    self.store(store(StoreTarget::Attribute(base, name), stored));
                }
                Op::StoreItem { base, key, value: stored } => {
                    self.store(store(StoreTarget::Item(base, key), stored));
                }
                Op::Dict(span) => {
                    for pair in ir.list(span).chunks_exact(2) {
                        if let Some(key) = pair[0].some() {
                            self.store(store(StoreTarget::Entry(key), pair[1]));
                        }
                    }
                }
                Op::Compare { op, left, right } => {
                    self.tell(&table.compares, here, CompareEvent { value, function: func, op, left, right });
                }
                Op::Format(_) => {
                    self.tell(&table.buildings, here, TextEvent { value, function: func, text: None });
                }
                Op::Binary { op: BinaryOp::Add | BinaryOp::Mod, .. } if !table.buildings.is_empty() => {
                    // Of a chain of `+`, the whole: an inner link is an operand of a wider expression. What a later statement adds is its own.
                    let range = ir.inst(value).range;
                    let inner = ir.insts.get(value.index() + 1..).is_some_and(|after| {
                        after.iter().take(8).any(|inst| {
                            matches!(inst.op, Op::Binary { op: BinaryOp::Add, left, .. } if left == value)
                                && inst.range.contains_range(range)
                        })
                    });
                    if !inner {
                        self.tell(&table.buildings, here, TextEvent { value, function: func, text: None });
                    }
                }
                _ => {}
            }
        }
    }

    fn finish(self) -> Part {
        let program = self.program;
        let mut resolver = self.resolver;
        let module = program.module(self.module);
        let judged = |draft: Draft| {
            let judgement = flows::judgement(self.flows, draft.rule.id, draft.range);
            (judgement.filter(|_| self.followed), draft)
        };
        let mut drafts: Vec<Judged> = self.drafts.into_iter().map(judged).collect();
        let mut silent: Vec<Judged> = Vec::new();
        if let Some(flows) = self.flows {
            if self.quiet {
                let covered = |(_, draft): &Judged| {
                    flows.covers(draft.rule.id, draft.range, draft.severity == Severity::Info)
                };
                (silent, drafts) = drafts.into_iter().partition(covered);
            }
            drafts.extend(flows.drafts.iter().map(|draft| (Some(Judgement::Disproved), draft.clone())));
        }
        if self.followed && self.quiet {
            // Data was followed, and nobody outside was seen to choose what gets there.
            for (_, draft) in drafts.iter_mut().filter(|(_, draft)| flows::UNDECIDED.contains(&draft.rule.id))
            {
                draft.severity = draft.severity.min(Severity::Medium);
            }
        }
        for (_, draft) in drafts.iter_mut().filter(|(_, draft)| repair::may_repair(draft.rule.id)) {
            let (function, mut ignored) = (draft.function, 0);
            let mut cx = Cx {
                program,
                resolver: &mut resolver,
                module: self.module,
                rule: draft.rule,
                function,
                drafts: &mut Vec::new(),
                facts: &mut Vec::new(),
                examined: &mut ignored,
                growing: 0,
            };
            repair::offer(&mut cx, draft);
        }
        let secrets = drafts.iter().chain(&silent).filter_map(|(_, draft)| {
            let value = draft.hidden.clone()?;
            Some((program.location(self.module, draft.range), value))
        });
        let secrets = secrets.collect();
        sort(&mut drafts);
        sort(&mut silent);
        let told = drafts.len();
        drafts.append(&mut silent);
        let keys: Vec<(&str, String, String)> = drafts
            .iter()
            .map(|(_, draft)| {
                let symbol = draft.function.map(|func| program.symbol(self.module, func)).unwrap_or_default();
                (draft.rule.id, symbol, normalise_code(module.slice(draft.range)))
            })
            .collect();
        let ordinals = number_equals::<_, rustc_hash::FxBuildHasher>(keys.iter().cloned());
        let mut findings: Vec<Finding> = drafts
            .into_iter()
            .zip(keys)
            .zip(ordinals)
            .map(|(((judged, draft), (rule, symbol, code)), ordinal)| {
                let fingerprint = Fingerprint::new(rule, &module.path, &symbol, &code, ordinal);
                let finding = self.program.finding(self.module, draft, symbol, fingerprint);
                Finding { judged, ..finding }
            })
            .collect();
        let silent = findings.split_off(told);
        Part { findings, silent, facts: self.facts, examined: self.examined, secrets }
    }
}

/// A draft, and what following data says of it.
type Judged = (Option<Judgement>, Draft);

/// By place, each once.
fn sort(drafts: &mut Vec<Judged>) {
    drafts.sort_by(|(_, a), (_, b)| {
        (a.range.start(), a.range.end(), a.rule.id, &a.message).cmp(&(
            b.range.start(),
            b.range.end(),
            b.rule.id,
            &b.message,
        ))
    });
    drafts.dedup_by(|(_, a), (_, b)| a.rule.id == b.rule.id && a.range == b.range && a.message == b.message);
}

/// `"…".format(…)`, `"…".join(…)`, `"…".replace(…)`.
fn is_text_call(ir: &ModuleIr, callee: Value) -> bool {
    match ir.op(callee) {
        Op::Attr { base, name } => {
            matches!(ir.name(name), "format" | "join" | "replace" | "format_map")
                && matches!(ir.op(base), Op::Str(_) | Op::Binary { .. } | Op::Format(_))
        }
        _ => false,
    }
}

pub(crate) trait Finish {
    fn finding(&self, module: ModuleId, draft: Draft, symbol: String, fingerprint: Fingerprint) -> Finding;
}

impl Finish for Program {
    fn finding(&self, module: ModuleId, draft: Draft, symbol: String, fingerprint: Fingerprint) -> Finding {
        let location = self.location(module, draft.range);
        let role = self.template(module).map_or_else(|| self.module(module).role, |file| file.role);
        let (severity, severity_reason) = in_role(&draft, role);
        let own = Step { location: location.clone(), note: draft.message.clone() };
        let trace = trace(self.steps(&draft.trail), own);
        let labels = draft
            .labels
            .iter()
            .map(|(range, text)| Label { location: self.location(module, *range), text: text.clone() })
            .collect();
        let rule: &'static Rule = draft.rule;
        Finding {
            rule,
            severity,
            severity_reason,
            confidence: draft.confidence,
            location,
            message: draft.message,
            labels,
            trace,
            symbol,
            fingerprint,
            advice: draft.advice,
            fix: draft.fix,
            acceptance: None,
            judged: None,
            package: None,
            also: Vec::new(),
        }
    }
}

/// Code that is not deployed weighs little.
fn in_role(draft: &Draft, role: Role) -> (Severity, String) {
    let reason = match role {
        Role::Test => "test code",
        Role::Example => "example code",
        Role::Documentation => "documentation",
        _ => return (draft.severity, draft.severity_reason.clone()),
    };
    if draft.fixed_severity || draft.severity == Severity::Info {
        return (draft.severity, draft.severity_reason.clone());
    }
    (Severity::Info, reason.to_owned())
}
