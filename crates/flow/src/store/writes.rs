//! Where the program writes to a store, and what it writes there.

use clearance_models::flow::{KIND_NAMES, Kinds, Origin};
use clearance_program::{ClassRef, Entity, Program, Resolver, Site};
use clearance_python::ir::{Arg, ArgKind, Imported, ModuleIr, Op, Value};
use clearance_source::Role;

use super::reads::text_of;
use super::statement::{Given, HOLE, writes};
use super::{Column, Store, constant, holders, positional, queried, rule_for};
use crate::heap::{Key, Kind};
use crate::interp::{Engine, Frame, root};
use crate::taint::{Taint, steps};
use crate::value::{Atom, Piece, Val};

/// A place that writes to a store.
#[derive(Debug, Clone)]
pub(crate) struct StoreWrite {
    /// The call or assignment.
    pub(crate) site: Site,
    /// Number of the store.
    store: usize,
    /// What is dangerous for whoever reads it.
    kinds: Kinds,
    what: Written,
}

/// Which part of the call or assignment is stored.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// What is assigned.
    Value,
    /// The keyword argument of this name.
    Keyword(Box<str>),
    /// A positional argument.
    Position(usize),
    /// What the first argument, a dict, has under this key.
    Entry(Box<str>),
    /// Parameters of a statement.
    Given(Vec<Given>),
    /// What is pasted into a statement, for this column.
    Pasted { table: Box<str>, column: Column },
}

/// Methods that make or change rows by keyword arguments.
const BY_KEYWORD: &[&str] =
    &["acreate", "aupdate_or_create", "create", "insert", "update", "update_or_create", "values"];
/// Methods that put objects into the database.
const SAVES: &[&str] = &[
    "add",
    "add_all",
    "asave",
    "bulk_create",
    "bulk_save_objects",
    "commit",
    "flush",
    "insert",
    "merge",
    "put",
    "save",
];

/// All places that write to one of the stores, by place.
pub(super) fn find<'p>(
    program: &'p Program,
    resolver: &mut Resolver<'p>,
    stores: &[(Store, Kinds)],
) -> Vec<StoreWrite> {
    let fields: Vec<&str> = stores
        .iter()
        .filter_map(|(store, _)| match store {
            Store::Field { name, .. } => Some(&**name),
            _ => None,
        })
        .collect();
    let keys = stores.iter().any(|(store, _)| matches!(store, Store::Key { .. }));
    let columns = stores.iter().any(|(store, _)| matches!(store, Store::Column { .. }));
    let mut found: Vec<StoreWrite> = Vec::new();
    for (id, module) in program.modules() {
        if matches!(module.role, Role::Test | Role::Documentation | Role::Generated) {
            continue;
        }
        let ir = &module.ir;
        let saves = SAVES.iter().any(|name| ir.names.find(name).is_some());
        for number in 0..ir.insts.len() as u32 {
            let value = Value(number);
            let site = Site { module: id, value };
            let mut finder = Finder { program, resolver, stores, site, found: &mut found };
            match ir.op(value) {
                Op::StoreAttr { base, name, .. } if fields.contains(&ir.name(name)) => {
                    finder.assigned(base, ir.name(name));
                }
                Op::StoreItem { base, key, .. } if keys => finder.item(base, key, Written::Value),
                Op::Call { callee, args } => {
                    let args = ir.args(args);
                    let method = match ir.op(root(ir, callee)) {
                        Op::Attr { base, name } => Some((base, ir.name(name))),
                        _ => None,
                    };
                    if !fields.is_empty() {
                        finder.row(callee, method, args, &fields, saves);
                    }
                    let Some((base, name)) = method else { continue };
                    if keys {
                        finder.kept(base, name, args);
                    }
                    if columns && name.starts_with("execute") {
                        finder.statement(ir);
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by_key(|write| write.site);
    found
}

struct Finder<'a, 'r, 'p> {
    program: &'p Program,
    resolver: &'r mut Resolver<'p>,
    stores: &'a [(Store, Kinds)],
    site: Site,
    found: &'a mut Vec<StoreWrite>,
}

impl Finder<'_, '_, '_> {
    fn at(&self, value: Value) -> Site {
        Site { module: self.site.module, value }
    }

    fn add(&mut self, store: usize, what: Written) {
        self.found.push(StoreWrite { site: self.site, store, kinds: self.stores[store].1, what });
    }

    fn add_field(&mut self, class: ClassRef, name: &str, what: &Written) {
        let wanted = Store::Field { class, name: name.into() };
        for number in 0..self.stores.len() {
            if self.stores[number].0 == wanted {
                self.add(number, what.clone());
            }
        }
    }

    /// `row.name = value`
    fn assigned(&mut self, base: Value, name: &str) {
        let ir = &self.program.module(self.site.module).ir;
        let mut classes: Vec<ClassRef> = self
            .resolver
            .entities(self.at(base))
            .into_iter()
            .filter_map(|entity| match entity {
                Entity::Object(class, _) => Some(class),
                _ => None,
            })
            .collect();
        if let Op::Param(0) = ir.op(root(ir, base)) {
            let module = self.program.module(self.site.module);
            let class = module.class_of(ir.function_of(self.site.value));
            classes.extend(class.map(|class| ClassRef { module: self.site.module, class }));
        }
        if classes.is_empty() {
            classes.extend(queried(self.program, self.resolver, self.at(root(ir, base))));
        }
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            self.add_field(class, name, &Written::Value);
        }
    }

    /// `Post(text=…)`, `Post.objects.create(text=…)`, `update(Post).values(text=…)`
    fn row(
        &mut self,
        callee: Value,
        method: Option<(Value, &str)>,
        args: &[Arg],
        fields: &[&str],
        saves: bool,
    ) {
        let ir = &self.program.module(self.site.module).ir;
        let by_keyword = method.filter(|(_, name)| BY_KEYWORD.contains(name));
        let mut wanted: Vec<(&str, Written)> = Vec::new();
        for arg in args {
            match arg.kind {
                ArgKind::Keyword(name) if fields.contains(&ir.name(name)) => {
                    wanted.push((ir.name(name), Written::Keyword(ir.name(name).into())));
                }
                ArgKind::Positional if by_keyword.is_some() => {
                    let Op::Dict(pairs) = ir.op(root(ir, arg.value)) else { continue };
                    for pair in ir.list(pairs).chunks_exact(2).filter(|pair| pair[0] != Value::NONE) {
                        if let Op::Str(key) = ir.op(pair[0])
                            && fields.contains(&ir.text(key))
                        {
                            wanted.push((ir.text(key), Written::Entry(ir.text(key).into())));
                        }
                    }
                }
                _ => {}
            }
        }
        if wanted.is_empty() {
            return;
        }
        let mut class = match by_keyword {
            Some((base, _)) => queried(self.program, self.resolver, self.at(base)),
            None => None,
        };
        if class.is_none() && saves {
            class = self.resolver.entities(self.at(callee)).into_iter().find_map(|entity| match entity {
                Entity::Class(class) => Some(class),
                _ => None,
            });
        }
        let Some(class) = class else { return };
        for (name, what) in wanted {
            self.add_field(class, name, &what);
        }
    }

    /// `session[key] = value`
    fn item(&mut self, base: Value, key: Value, what: Written) {
        let ir = &self.program.module(self.site.module).ir;
        let Some(key) = constant(self.resolver, self.at(key)) else { return };
        let matching = |store: &Store| matches!(store, Store::Key { key: known, .. } if *known == key);
        if !self.stores.iter().any(|(store, _)| matching(store)) {
            return;
        }
        let base = self.at(root(ir, base));
        let (exact, by_path) = (holders(self.resolver, base, false), holders(self.resolver, base, true));
        for number in 0..self.stores.len() {
            if let Store::Key { holders, .. } = &self.stores[number].0
                && matching(&self.stores[number].0)
                && holders.iter().any(|holder| exact.contains(holder) || by_path.contains(holder))
            {
                self.add(number, what.clone());
            }
        }
    }

    /// `cache.set(key, value)`, `session.update(key=value)`
    fn kept(&mut self, base: Value, method: &str, args: &[Arg]) {
        let ir = &self.program.module(self.site.module).ir;
        match method {
            "set" | "add" | "setdefault" => {
                if let Some(key) = positional(ir, self.site.value, 0) {
                    self.item(base, key, Written::Position(1));
                }
            }
            "update" => {
                for arg in args {
                    let ArgKind::Keyword(name) = arg.kind else { continue };
                    let name = ir.name(name);
                    let by_path = holders(self.resolver, self.at(root(ir, base)), true);
                    for number in 0..self.stores.len() {
                        if let Store::Key { holders, key } = &self.stores[number].0
                            && **key == *name
                            && holders.iter().any(|holder| by_path.contains(holder))
                        {
                            self.add(number, Written::Keyword(name.into()));
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// `cursor.execute("INSERT INTO …", …)`
    fn statement(&mut self, ir: &ModuleIr) {
        let Some(arg) = positional(ir, self.site.value, 0) else { return };
        let Some(text) = text_of(self.program, self.resolver, self.at(arg)) else { return };
        let known = (!text.contains(HOLE)).then(|| writes(&text)).flatten();
        for number in 0..self.stores.len() {
            let Store::Column { table, column } = &self.stores[number].0 else { continue };
            match &known {
                Some(written) if written.table == *table => {
                    for (_, given) in written.columns.iter().filter(|(name, _)| name == column) {
                        self.add(number, Written::Given(given.clone()));
                    }
                }
                None if begins_with_table(&text, table) => {
                    self.add(number, Written::Pasted { table: table.clone(), column: column.clone() });
                }
                _ => {}
            }
        }
    }
}

/// Whether the beginning of a statement writes to a table.
fn begins_with_table(text: &str, table: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '$')));
    let writes = matches!(words.find(|word| !word.is_empty()), Some("insert" | "update" | "replace"));
    writes && words.take(6).any(|word| word.rsplit('.').next() == Some(table))
}

/// Data that a stranger chooses.
const CHOSEN_BY_STRANGERS: &[Origin] = &[Origin::Remote, Origin::Header, Origin::Cookie, Origin::Upload];

impl Engine<'_> {
    /// Something may be stored here: what of it comes from outside is a hit that stands for the first half of a way.
    pub(crate) fn note_stored(&mut self, frame: &mut Frame, at: Value, all: &[StoreWrite]) {
        let site = frame.site(at);
        let start = all.partition_point(|write| write.site < site);
        for write in all[start..].iter().take_while(|write| write.site == site) {
            for value in self.stored_values(frame, at, &write.what) {
                // Objects are stored by what they hold.
                let value = Val { taint: frame.heap.deep_taint(&value), ..value };
                for (number, name) in KIND_NAMES.iter().enumerate() {
                    let Some(kind) = Kinds::named(name).filter(|kind| kind.meets(write.kinds)) else {
                        continue;
                    };
                    let value = match kind {
                        // What the program itself writes down runs nothing when it is read again.
                        Kinds::DESERIALISE => self.not_written_down(&value),
                        _ => value.clone(),
                    };
                    let rule = rule_for(write.store, number);
                    self.hit(frame, at, &rule, kind, Some(CHOSEN_BY_STRANGERS.to_vec()), false, &value);
                }
            }
        }
    }

    /// Without the data that went through a serialiser.
    fn not_written_down(&self, value: &Val) -> Val {
        let dumps = |site: Site| {
            self.program.template(site.module).is_none()
                && matches!(self.program.op(site), Op::Call { callee, .. }
                    if is_serialiser(&self.program.module(site.module).ir, callee))
        };
        value.map_taint(&|taint| {
            taint.map(|entry| {
                if entry.kinds.meets(Kinds::DESERIALISE)
                    && steps(&entry.via).iter().any(|(site, _)| dumps(*site))
                {
                    entry.kinds = entry.kinds.without(Kinds::DESERIALISE);
                }
            })
        })
    }

    fn stored_values(&mut self, frame: &mut Frame, at: Value, what: &Written) -> Vec<Val> {
        let ir = self.ir(frame.func);
        let args = match ir.op(at) {
            Op::StoreAttr { value, .. } | Op::StoreItem { value, .. } => {
                return vec![self.operand(frame, value)];
            }
            Op::Call { args, .. } => ir.args(args),
            _ => return Vec::new(),
        };
        let keyword = |name: &str| {
            args.iter().find(|arg| matches!(arg.kind, ArgKind::Keyword(known) if ir.name(known) == name))
        };
        match what {
            Written::Value => Vec::new(),
            Written::Keyword(name) => {
                keyword(name).map(|arg| self.operand(frame, arg.value)).into_iter().collect()
            }
            Written::Position(index) => {
                let given = positional(ir, at, *index).map(|arg| self.operand(frame, arg));
                given.into_iter().collect()
            }
            Written::Entry(name) => {
                let dict = positional(ir, at, 0).map(|arg| self.operand(frame, arg));
                dict.iter().flat_map(|dict| entries(frame, dict, name)).collect()
            }
            Written::Given(given) => {
                let mut params = positional(ir, at, 1).map(|arg| self.operand(frame, arg));
                let many = matches!(ir.op(at), Op::Call { callee, .. }
                    if matches!(ir.op(root(ir, callee)), Op::Attr { name, .. } if ir.name(name) == "executemany"));
                if many && let Some(rows) = params.take() {
                    params = Some(self.element(frame, at, &rows));
                }
                let mut found = Vec::new();
                for given in given {
                    match given {
                        Given::Nth(index) => {
                            match params.as_ref().and_then(|params| nth(frame, params, *index)) {
                                Some(value) => found.push(value),
                                // `execute(statement, first, second)`
                                None => {
                                    let direct =
                                        positional(ir, at, 1 + index).map(|arg| self.operand(frame, arg));
                                    let is_data = |value: &Val| {
                                        !value.atoms.iter().any(|atom| matches!(atom, Atom::Object(_)))
                                    };
                                    found.extend(direct.filter(is_data));
                                }
                            }
                        }
                        Given::Named(name) => {
                            found.extend(params.iter().flat_map(|params| entries(frame, params, name)));
                            found.extend(keyword(name).map(|arg| self.operand(frame, arg.value)));
                        }
                        Given::Hole(_) => {}
                    }
                }
                found
            }
            Written::Pasted { table, column } => {
                let text = positional(ir, at, 0).map(|arg| self.operand(frame, arg));
                text.iter().flat_map(|text| pasted(text, table, column)).map(Val::tainted).collect()
            }
        }
    }
}

/// `pickle.dumps`, `from marshal import dumps`
fn is_serialiser(ir: &ModuleIr, callee: Value) -> bool {
    let name = match ir.op(root(ir, callee)) {
        Op::Attr { name, .. } => ir.name(name),
        Op::Import(import) => match ir.imports[import.index()].what {
            Imported::Member(name) => ir.name(name),
            _ => "",
        },
        Op::Global(name) => ir.name(name),
        _ => "",
    };
    matches!(name, "dump" | "dumps" | "safe_dump")
}

/// What a dict has under a key.
fn entries(frame: &Frame, dict: &Val, name: &str) -> Vec<Val> {
    let key = Key::Str(name.into());
    dict.atoms
        .iter()
        .filter_map(|atom| match atom {
            Atom::Object(id) => frame.heap.get(*id).filter(|object| object.kind == Kind::Dict),
            _ => None,
        })
        .filter_map(|object| object.key(&key).cloned())
        .collect()
}

/// A parameter out of a tuple or list of them.
fn nth(frame: &Frame, params: &Val, index: usize) -> Option<Val> {
    let Some(Atom::Object(id)) = params.single() else { return None };
    let object = frame.heap.get(*id)?;
    let listed = matches!(object.kind, Kind::Tuple | Kind::List) && object.positions;
    listed.then(|| object.items.get(index).cloned()).flatten()
}

/// What is pasted into a statement for a column.
fn pasted(text: &Val, table: &str, column: &Column) -> Vec<Taint> {
    let mut found = Vec::new();
    for atom in &text.atoms {
        let Atom::Text(pieces) = atom else { continue };
        let mut whole = String::new();
        let mut holes: Vec<&Taint> = Vec::new();
        for piece in pieces.iter() {
            match piece {
                Piece::Lit(lit) => whole.push_str(&lit.replace(HOLE, " ")),
                Piece::Hole { taint, .. } => {
                    whole.push(HOLE);
                    holes.push(taint);
                }
            }
        }
        let Some(written) = writes(&whole).filter(|written| *written.table == *table) else { continue };
        for (_, given) in written.columns.iter().filter(|(name, _)| name == column) {
            found.extend(given.iter().filter_map(|given| match given {
                Given::Hole(number) => holes.get(*number).map(|taint| (*taint).clone()),
                _ => None,
            }));
        }
    }
    found
}
