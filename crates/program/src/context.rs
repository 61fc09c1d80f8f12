//! Objects of frameworks that take any attribute and live as long as one request (`flask.g`): what the program stores there.

use clearance_models::PathId;
use clearance_python::ir::{Imported, ModuleIr, Op, Value};
use rustc_hash::FxHashMap;

use crate::{Module, ModuleId, Program, Site};

/// Stores to one attribute that are told apart; of one with more, nothing is known.
const MAX_STORES: usize = 6;
/// The class of these objects, as the models name it.
const CLASS: &str = "flask.ctx._AppCtxGlobals";

/// The attributes of these objects.
#[derive(Debug, Default)]
pub(crate) struct Context {
    class: Option<PathId>,
    stores: FxHashMap<Box<str>, Vec<Site>>,
}

impl Program {
    pub(crate) fn find_context_stores(&mut self) {
        if !self.imports("flask") && !self.imports("quart") {
            return;
        }
        let mut context = Context { class: self.models.find(CLASS), ..Context::default() };
        for (number, module) in self.modules.iter().enumerate() {
            if !module.ir.imports.iter().any(|import| is_flask(&module.ir, import.module)) {
                continue;
            }
            for number_of_value in 0..module.ir.insts.len() as u32 {
                let Op::StoreAttr { base, name, value } = module.ir.op(Value(number_of_value)) else {
                    continue;
                };
                if is_context(module, base) {
                    let site = Site { module: ModuleId(number as u32), value };
                    context.stores.entry(module.ir.name(name).into()).or_default().push(site);
                }
            }
        }
        context.stores.retain(|_, sites| sites.len() <= MAX_STORES);
        self.context = context;
    }

    /// Whether instances of the external class take any attribute, for as long as a request lives.
    pub fn is_context(&self, class: PathId) -> bool {
        self.context.class == Some(class)
    }

    /// What the program stores in an attribute of such an object.
    pub(crate) fn context_stores(&self, name: &str) -> &[Site] {
        self.context.stores.get(name).map_or(&[], Vec::as_slice)
    }
}

fn is_flask(ir: &ModuleIr, text: clearance_python::ir::Text) -> bool {
    matches!(ir.text(text), "flask" | "flask.globals" | "quart" | "quart.globals")
}

/// Whether a value is `g`: imported by name, or read from the module.
fn is_context(module: &Module, value: Value) -> bool {
    let ir = &module.ir;
    let imported = |value: Value, member: bool| match ir.op(value) {
        Op::Import(import) => {
            let data = &ir.imports[import.index()];
            let by_name = matches!(data.what, Imported::Member(name) if ir.name(name) == "g");
            data.level == 0
                && is_flask(ir, data.module)
                && (by_name || !member && !matches!(data.what, Imported::Member(_)))
        }
        _ => false,
    };
    let stands_for = |value: Value, member: bool| match ir.op(value) {
        Op::Global(name) => module.global(name).any(|bound| imported(bound, member)),
        _ => imported(value, member),
    };
    match ir.op(value) {
        Op::Attr { base, name } => ir.name(name) == "g" && stands_for(base, false),
        Op::Sigma { value, .. } => is_context(module, value),
        _ => stands_for(value, true),
    }
}
