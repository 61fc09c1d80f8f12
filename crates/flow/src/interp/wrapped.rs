//! Entry points under decorators of the program: what a wrapper passes to the function beside what the framework does, and what it makes of what
//! the function raises.

use std::sync::Arc;

use clearance_models::flow::Kinds;
use clearance_program::{Entity, EntryPoint, FuncRef, ParamSource, Program, Resolver, Site};
use clearance_python::ir::{ArgKind, Op, ParamKind, Value};

use super::{Arena, Engine, FUEL, Frame};
use crate::heap::Heap;
use crate::value::{Args, Atom, Val};

/// Decorators of one function that are gone through.
const MAX_DECORATORS: usize = 4;

/// The decorators of a function that are functions of the program, innermost first.
fn own_decorators(
    program: &Program,
    resolver: &mut Resolver<'_>,
    function: FuncRef,
) -> Vec<(Value, FuncRef)> {
    let ir = &program.module(function.module).ir;
    let decorators = &ir.functions[function.func.index()].decorators;
    let mut found = Vec::new();
    for decorator in decorators.iter().rev() {
        let callee = match ir.op(*decorator) {
            Op::Call { callee, .. } => callee,
            _ => *decorator,
        };
        let entities = resolver.entities(Site { module: function.module, value: callee });
        if let [Entity::Function(by)] = entities[..]
            && found.len() < MAX_DECORATORS
        {
            found.push((*decorator, by));
        }
    }
    found
}

/// What the decorators of the program may pass to an entry point: anything, where it takes more than the framework passes.
pub(crate) fn passed_by_wrapper(program: &Program, resolver: &mut Resolver<'_>, entry: &EntryPoint) -> Kinds {
    let function = entry.function;
    let data = program.function(function);
    if data.decorators.is_empty() {
        return Kinds::NONE;
    }
    let skipped = usize::from(resolver.is_method(function));
    let open = (skipped..data.params.len()).any(|index| entry.param(index as u32).is_none());
    if open && !own_decorators(program, resolver, function).is_empty() { Kinds::CHOSEN } else { Kinds::NONE }
}

impl Engine<'_> {
    /// Runs an entry point by way of the decorators of the program that stand on it, where these read data from outside or do something with
    /// what the function gives or raises. Nothing where there are none.
    pub(crate) fn run_wrapped(&mut self, entry: &EntryPoint, params: &[Val], heap: Heap) -> Option<Frame> {
        let function = entry.function;
        let decorators = own_decorators(self.program, &mut self.resolver, function);
        if !decorators.iter().any(|(_, by)| self.graph.takes_part(*by)) {
            return None;
        }
        let ir = self.ir(function);
        let func = ir.function_of(decorators.first()?.0);
        let outer = FuncRef { module: function.module, func };
        let mut frame = Frame::blank(outer, ir.functions[func.index()].insts);
        let arena =
            std::mem::replace(&mut self.arena, Arena { first: heap.len() as u32, ..Arena::default() });
        let fuel = std::mem::replace(&mut self.fuel, FUEL);
        let running = std::mem::replace(&mut self.running, vec![outer]);
        frame.heap = heap;
        let mut wrapped = Val::of(Atom::Function { func: function, env: None });
        for (at, by) in &decorators {
            let wrapper = self.applied(&mut frame, *at, *by, &wrapped);
            if wrapper.atoms.iter().any(|atom| matches!(atom, Atom::Function { .. })) {
                wrapped = wrapper;
            }
        }
        let changed = !matches!(wrapped.single(), Some(Atom::Function { func, .. }) if *func == function);
        if changed {
            let args = self.request_args(entry, params);
            let at = decorators.last()?.0;
            let result = self.call_value(&mut frame, at, &wrapped, args, None);
            frame.returned.join(&result);
        }
        self.arena = arena;
        self.fuel = fuel;
        self.running = running;
        changed.then_some(frame)
    }

    /// `@by` or `@by(…)` on a function.
    fn applied(&mut self, frame: &mut Frame, at: Value, by: FuncRef, function: &Val) -> Val {
        let ir = self.ir(frame.func);
        let first = Args::of([function.clone()]);
        let Op::Call { args, .. } = ir.op(at) else {
            return self.call_function(frame, at, by, None, first, None);
        };
        let mut given = Args::default();
        for arg in ir.args(args) {
            let site = frame.site(arg.value);
            let value = self.static_value(frame, site, 1);
            match arg.kind {
                ArgKind::Positional => given.positional.push(value),
                ArgKind::Keyword(name) => given.keywords.push((Arc::from(ir.name(name)), value)),
                ArgKind::Star | ArgKind::DoubleStar => {}
            }
        }
        let decorator = self.call_function(frame, at, by, None, given, None);
        match decorator.single() {
            Some(Atom::Function { func, env }) => {
                let (func, env) = (*func, *env);
                self.call_function(frame, at, func, None, first, env)
            }
            _ => Val::default(),
        }
    }

    /// What the framework passes: the receiver and objects of the framework by position, data of the address by name.
    fn request_args(&mut self, entry: &EntryPoint, params: &[Val]) -> Args {
        let function = entry.function;
        let ir = self.ir(function);
        let data = &ir.functions[function.func.index()];
        let leading = usize::from(self.resolver.is_method(function));
        let mut args = Args::default();
        for (index, (param, value)) in data.params.iter().zip(params).enumerate() {
            let what = entry.param(index as u32);
            let object = matches!(what, Some(ParamSource::Instance(_)));
            if index < leading || (object && args.keywords.is_empty()) {
                args.positional.push(value.clone());
            } else if what.is_some() && !matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar) {
                args.keywords.push((Arc::from(ir.name(param.name)), value.clone()));
            }
        }
        args
    }
}
