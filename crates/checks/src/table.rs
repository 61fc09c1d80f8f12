//! The listeners of the rules that run, by what they listen for.

use clearance_program::Program;
use clearance_template::{Element, Output};
use rustc_hash::FxHashMap;

use crate::{
    AssertEvent, CallEvent, ClassEvent, CodeRule, CompareEvent, Cx, FunctionEvent, HandlerEvent, ImportEvent,
    Listen, Names, PageCx, Settings, StoreEvent, TextEvent, code_rules,
    interest::{Interest, Interests, MOST, Set},
};

/// The number of a rule that runs, and its check.
pub(crate) type Check<E> = (usize, fn(&mut Cx<'_, '_>, E));
/// A check of literals, after the function that says which.
pub(crate) type TextCheck = (fn(&str) -> bool, Check<TextEvent>);
pub(crate) type ModuleCheck = (usize, fn(&mut Cx<'_, '_>));
pub(crate) type OutputCheck = (usize, fn(&mut PageCx<'_, '_>, &Output));
/// A check of start tags, after their names.
pub(crate) type ElementCheck = (&'static [&'static str], usize, fn(&mut PageCx<'_, '_>, &Element));
pub(crate) type PageCheck = (usize, fn(&mut PageCx<'_, '_>));

/// The listeners, by what they listen for.
pub(crate) struct Table {
    pub(crate) rules: Vec<&'static CodeRule>,
    /// By external path.
    pub(crate) calls: Vec<Vec<Check<CallEvent>>>,
    pub(crate) any_calls: Vec<Check<CallEvent>>,
    /// By number in [`Interest::calls`].
    pub(crate) named_calls: Vec<Check<CallEvent>>,
    /// By number in [`Interest::keywords`].
    pub(crate) calls_with: Vec<Check<CallEvent>>,
    /// By top-level module.
    pub(crate) imports: FxHashMap<&'static str, Vec<(&'static str, Check<ImportEvent>)>>,
    pub(crate) texts: Vec<TextCheck>,
    pub(crate) stores: Vec<Check<StoreEvent>>,
    /// By number in [`Interest::stores`].
    pub(crate) named_stores: Vec<Check<StoreEvent>>,
    pub(crate) computed_stores: Vec<Check<StoreEvent>>,
    pub(crate) defaults: Vec<Check<StoreEvent>>,
    pub(crate) interests: Interests,
    pub(crate) compares: Vec<Check<CompareEvent>>,
    pub(crate) asserts: Vec<Check<AssertEvent>>,
    pub(crate) handlers: Vec<Check<HandlerEvent>>,
    pub(crate) functions: Vec<Check<FunctionEvent>>,
    pub(crate) classes: Vec<Check<ClassEvent>>,
    pub(crate) buildings: Vec<Check<TextEvent>>,
    pub(crate) modules: Vec<ModuleCheck>,
    pub(crate) outputs: Vec<OutputCheck>,
    pub(crate) elements: Vec<ElementCheck>,
    pub(crate) pages: Vec<PageCheck>,
}

impl Table {
    pub(crate) fn new(program: &Program, settings: &Settings) -> Self {
        let rules: Vec<&'static CodeRule> =
            code_rules().filter(|rule| settings.rules.contains(rule.rule.id)).collect();
        let mut table = Self {
            calls: vec![Vec::new(); program.models.len()],
            any_calls: Vec::new(),
            named_calls: Vec::new(),
            calls_with: Vec::new(),
            imports: FxHashMap::default(),
            texts: Vec::new(),
            stores: Vec::new(),
            named_stores: Vec::new(),
            computed_stores: Vec::new(),
            defaults: Vec::new(),
            interests: Interests::new(),
            compares: Vec::new(),
            asserts: Vec::new(),
            handlers: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            buildings: Vec::new(),
            modules: Vec::new(),
            outputs: Vec::new(),
            elements: Vec::new(),
            pages: Vec::new(),
            rules,
        };
        for (number, rule) in table.rules.iter().enumerate() {
            for listen in rule.listens {
                match *listen {
                    Listen::Call(paths, check) => {
                        for path in paths {
                            if let Some(path) = program.models.find(path) {
                                let listeners = &mut table.calls[path.index()];
                                if !listeners.iter().any(|(other, _)| *other == number) {
                                    listeners.push((number, check));
                                }
                            }
                        }
                    }
                    Listen::AnyCall(check) => table.any_calls.push((number, check)),
                    Listen::CallNamed(names, check) => {
                        match numbered(&mut table.named_calls, number, check) {
                            Some(calls) => {
                                let interest = Interest { calls, ..Interest::default() };
                                table.interests.add(Names::Exactly(names), interest);
                            }
                            None => table.any_calls.push((number, check)),
                        }
                    }
                    Listen::CallWith(names, check) => match numbered(&mut table.calls_with, number, check) {
                        Some(keywords) => {
                            let interest = Interest { keywords, ..Interest::default() };
                            table.interests.add(Names::Exactly(names), interest);
                        }
                        None => table.any_calls.push((number, check)),
                    },
                    Listen::Import(paths, check) => {
                        for path in paths {
                            let top = path.split('.').next().unwrap_or(path);
                            table.imports.entry(top).or_default().push((path, (number, check)));
                        }
                    }
                    Listen::Text(accepts, check) => table.texts.push((accepts, (number, check))),
                    Listen::Store(check) => table.stores.push((number, check)),
                    Listen::StoreNamed(names, check) => {
                        match numbered(&mut table.named_stores, number, check) {
                            Some(stores) => {
                                table.interests.add(names, Interest { stores, ..Interest::default() });
                            }
                            None => table.stores.push((number, check)),
                        }
                    }
                    Listen::StoreComputed(check) => table.computed_stores.push((number, check)),
                    Listen::Default(check) => table.defaults.push((number, check)),
                    Listen::Compare(check) => table.compares.push((number, check)),
                    Listen::Assert(check) => table.asserts.push((number, check)),
                    Listen::Handler(check) => table.handlers.push((number, check)),
                    Listen::Function(check) => table.functions.push((number, check)),
                    Listen::Class(check) => table.classes.push((number, check)),
                    Listen::Building(check) => table.buildings.push((number, check)),
                    Listen::Module(check) => table.modules.push((number, check)),
                    Listen::Output(check) => table.outputs.push((number, check)),
                    Listen::Element(names, check) => table.elements.push((names, number, check)),
                    Listen::Page(check) => table.pages.push((number, check)),
                }
            }
        }
        table
    }
}

/// Adds a listener; its number as a set of one, if there is room for it.
fn numbered<E>(listeners: &mut Vec<Check<E>>, rule: usize, check: fn(&mut Cx<'_, '_>, E)) -> Option<Set> {
    let number = listeners.len();
    if number >= MOST {
        return None;
    }
    listeners.push((rule, check));
    Some(1 << number)
}
