//! Expressions of templates.

use clearance_models::flow::{Kinds, Origin};
use clearance_program::Site;
use clearance_template::{Arg, Expr};
use smallvec::smallvec;

use super::filters::{Effect, effect, hands_on, is_plain_member, translates};
use super::page_context::makes_markup;
use super::pages::{Bound, Page, Piecewise, Unit, macro_of};
use super::{Engine, Frame};
use crate::heap::{Key, Kind};
use crate::taint::{Label, Note, Taint};
use crate::value::{Args, Atom, Piece, Text, Val, concat};

impl<'p> Engine<'p> {
    pub(super) fn expression<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        expr: &'t Expr,
        site: Site,
    ) -> Piecewise
    where
        'p: 't,
    {
        if !page.step() {
            return Piecewise::plain();
        }
        match expr {
            Expr::Name(name) => match page.bound(name) {
                Some(Bound::Value(value)) => value.clone(),
                Some(Bound::Macro(..) | Bound::Macros(_)) => Piecewise::plain(),
                None => Piecewise::of(self.given(frame, page, name, site)),
            },
            Expr::Attr(base, name) => {
                if matches!(&**base, Expr::Name(base) if &**base == "block") && &**name == "super" {
                    self.inherited(frame, page);
                    return Piecewise::plain();
                }
                if is_plain_member(name) {
                    return Piecewise::plain();
                }
                let base = self.expression(frame, page, unit, base, site);
                let value = self.page_member(frame, page, site, &base.value, name);
                Piecewise::of(self.called_by_itself(frame, page, value))
            }
            Expr::Item(base, key) => {
                if let Expr::Attr(_, name) = &**base
                    && &**name == "errors"
                {
                    return Piecewise::of(self.echoed(site));
                }
                let base = self.expression(frame, page, unit, base, site);
                let value = match &**key {
                    Expr::Str(name) if is_plain_member(name) => return Piecewise::plain(),
                    Expr::Str(name) => self.page_member(frame, page, site, &base.value, name),
                    _ => self.part(frame, &base.value, site),
                };
                Piecewise::of(value)
            }
            Expr::Call(callee, args) => self.page_call(frame, page, unit, callee, args, site),
            Expr::Filter(value, name, args) => self.filter(frame, page, unit, value, (name, args), site),
            Expr::Str(text) => Piecewise::of(Val::str(text)),
            Expr::Plain => Piecewise::plain(),
            Expr::Any(all) => {
                let all: Vec<Piecewise> =
                    all.iter().map(|each| self.expression(frame, page, unit, each, site)).collect();
                either(unit, all)
            }
            Expr::Concat(all) => {
                let all: Vec<Piecewise> =
                    all.iter().map(|each| self.expression(frame, page, unit, each, site)).collect();
                let marked = all.iter().any(|each| each.marked);
                let mut text = Text::new();
                for each in &all {
                    let escapes = marked && !each.marked;
                    let taint =
                        |taint: &Taint| if escapes { taint.remove(Kinds::HTML) } else { taint.clone() };
                    let pieces = match each.value.single() {
                        Some(Atom::Text(_)) => each.value.map_taint(&taint).pieces(),
                        _ => {
                            smallvec![Piece::Hole {
                                taint: taint(&frame.heap.deep_taint(&each.value)),
                                exact: false
                            }]
                        }
                    };
                    text = concat(&text, &pieces);
                }
                Piecewise { value: Val::from_text(text, false), marked }
            }
            Expr::List(all) => {
                let mut value = Val::tainted(Taint::default());
                for each in all {
                    let each = self.expression(frame, page, unit, each, site);
                    value.join(&each.value);
                }
                Piecewise::of(value)
            }
            Expr::Dict(all) => {
                let mut value = Val::tainted(Taint::default());
                for (_, each) in all {
                    let each = self.expression(frame, page, unit, each, site);
                    value.taint.join(&frame.heap.deep_taint(&each.value));
                }
                Piecewise::of(value)
            }
            Expr::Unknown => Piecewise::plain(),
        }
    }

    /// What the page is given under a name.
    fn given(&mut self, frame: &mut Frame, page: &Page<'_>, name: &str, site: Site) -> Val {
        if page.floor == 0 {
            if let Some(known) = page.given.known.get(name) {
                return known.clone();
            }
            if let Some((sym, base)) = &page.given.field {
                let field = sym.field(&format!("[{name}]"));
                let mut value = self.read_sym(frame, &field, base);
                value.taint = value.taint.relabel(|entry| {
                    if matches!(&entry.label, Label::Param(known) if known.index == field.index) {
                        entry.label = Label::Param(field.clone());
                    }
                });
                return value;
            }
            if let Some(rest) = &page.given.rest {
                return rest.clone();
            }
        }
        if name == "request"
            && let Some(path) = self.known.page_request()
        {
            return Val::of(Atom::Instance(path));
        }
        self.by_processors(frame, page, name, site)
    }

    /// What a page knows without being given it: what context processors give, who is logged in, the session.
    fn by_processors(&mut self, frame: &mut Frame, page: &Page<'_>, name: &str, site: Site) -> Val {
        let context = self.shared.page_context(self.program);
        let mut found = Val::default();
        for (func, takes_request) in context.processors(name) {
            let request = self.known.page_request().filter(|_| *takes_request);
            let returned = self.processed(frame, *func, request);
            for atom in &returned.atoms {
                if let Atom::Object(id) = atom
                    && let Some(object) = frame.heap.get(*id).filter(|object| object.kind == Kind::Dict)
                {
                    found.join(&super::container::read_item(object, Some(&Key::Str(name.into()))));
                }
            }
        }
        if !found.is_bottom() {
            return found;
        }
        match context.origin(name, page.is_alone) {
            Some(origin) => Val::tainted(self.source(site, origin, Kinds::HTML)),
            None => Val::unknown(),
        }
    }

    /// Errors of a form's field quote what was typed.
    fn echoed(&self, site: Site) -> Val {
        if !self.program.imports("django") {
            return Val::unknown();
        }
        Val::tainted(self.source(site, Origin::Remote, Kinds::HTML))
    }

    /// What each name of a loop stands for.
    pub(super) fn elements<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        iterable: &'t Expr,
        count: usize,
        site: Site,
    ) -> Vec<Val>
    where
        'p: 't,
    {
        if let Expr::Attr(_, name) = iterable
            && matches!(&**name, "errors" | "non_field_errors")
            && count == 1
        {
            return vec![self.echoed(site)];
        }
        // Keys and values of a mapping.
        let pairs = match iterable {
            Expr::Call(callee, _) => match &**callee {
                Expr::Attr(base, name) if &**name == "items" => Some(base),
                _ => None,
            },
            Expr::Attr(base, name) if &**name == "items" => Some(base),
            Expr::Filter(base, name, _) if &**name == "items" || &**name == "dictsort" => Some(base),
            _ => None,
        };
        if let Some(base) = pairs
            && count == 2
        {
            let base = self.expression(frame, page, unit, base, site).value;
            let mut key = Val::default();
            let mut value = Val::tainted(base.taint.clone());
            for atom in &base.atoms {
                if let Atom::Object(id) = atom
                    && let Some(object) = frame.heap.get(*id)
                {
                    key.taint.join(&object.key_taint);
                    value.join(&object.content());
                } else {
                    value.taint.join(&frame.heap.deep_taint(&Val::of(atom.clone())));
                }
            }
            key.atoms.push(Atom::Unknown);
            return vec![key, value.map_taint(&|taint| taint.at(site, Note::Element))];
        }
        let whole = self.expression(frame, page, unit, iterable, site).value;
        let part = self.part(frame, &whole, site);
        if count == 1 {
            return vec![part];
        }
        (0..count)
            .map(|index| match part.single() {
                Some(Atom::Object(_)) => self.unpack(frame, &part, index as i32),
                _ => Val::tainted(frame.heap.deep_taint(&part)),
            })
            .collect()
    }

    /// `base.name`, which is an attribute, an item, or an item by number.
    fn page_member(&mut self, frame: &mut Frame, page: &Page<'_>, site: Site, base: &Val, name: &str) -> Val {
        let found = self.any_member(frame, page, site, base, name);
        if matches!(
            name,
            "path"
                | "full_path"
                | "path_info"
                | "url"
                | "base_url"
                | "url_root"
                | "root_url"
                | "root_path"
                | "script_root"
                | "host_url"
                | "get_full_path"
                | "build_absolute_uri"
        ) && base.atoms.iter().any(|atom| matches!(atom, Atom::Instance(_)))
        {
            // An address of this server.
            return found.map_taint(&|taint| taint.remove(Kinds::REDIRECT));
        }
        found
    }

    fn any_member(&mut self, frame: &mut Frame, page: &Page<'_>, site: Site, base: &Val, name: &str) -> Val {
        let mut found = Val::default();
        for atom in &base.atoms {
            let value = match atom {
                Atom::Object(id) => {
                    let Some(object) = frame.heap.get(*id).cloned() else { continue };
                    match object.kind {
                        Kind::Instance(class) => match object.key(&Key::Attr(name.into())) {
                            Some(value) => value.clone(),
                            None => {
                                let receiver = Some(Val::of(atom.clone()));
                                let mut value = self.class_attribute(frame, page.at, class, receiver, name);
                                if let Some(rest) = &object.rest {
                                    value.join(rest);
                                }
                                value
                            }
                        },
                        Kind::Dict => {
                            let key = name.parse().map_or_else(|_| Key::Str(name.into()), Key::Int);
                            super::container::read_item(&object, Some(&key))
                        }
                        Kind::List | Kind::Tuple => {
                            let key = name.parse().ok().map(Key::Int);
                            super::container::read_item(&object, key.as_ref())
                        }
                        Kind::External(class) => self.external_member(site, class, base, name),
                        _ => Val::unknown(),
                    }
                }
                Atom::Sym(sym) => {
                    let by_attribute = sym.field(&format!(".{name}"));
                    let by_key = sym.field(&format!("[{name}]"));
                    let mut value = self.read_sym(frame, &by_attribute, base);
                    value.join(&self.read_sym(frame, &by_key, base));
                    value
                }
                Atom::Instance(class) => self.external_member(site, *class, base, name),
                Atom::Path(path) => match self.program.models.member(*path, name) {
                    Some(member) => self.external_value(site, member, Some(base)),
                    None => Val::tainted(base.taint.clone()),
                },
                Atom::Number | Atom::None | Atom::Bool(_) | Atom::Int(_) | Atom::Fixed => continue,
                other => {
                    let mut taint = Val::of(other.clone()).shallow_taint();
                    taint.join(&base.taint);
                    Val::tainted(taint)
                }
            };
            found.join(&value);
        }
        found
    }

    /// Templates call what can be called without arguments.
    fn called_by_itself(&mut self, frame: &mut Frame, page: &Page<'_>, value: Val) -> Val {
        match value.single() {
            Some(Atom::Method { func, receiver }) => {
                let (func, receiver) = (*func, (**receiver).clone());
                self.call_function(frame, page.at, func, Some(receiver), Args::default(), None)
            }
            _ => value,
        }
    }

    fn page_call<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        callee: &'t Expr,
        args: &'t [Arg],
        site: Site,
    ) -> Piecewise
    where
        'p: 't,
    {
        let finished = Piecewise { value: Val::number(), marked: true };
        match callee {
            Expr::Name(name) => match page.bound(name) {
                Some(Bound::Macro(home, node)) => {
                    let called = (*home, *node);
                    self.call_macro(frame, page, unit, called, args, site);
                    finished
                }
                _ if &**name == "super" => {
                    self.inherited(frame, page);
                    finished
                }
                _ if &**name == "caller" => {
                    for (at, arg) in args.iter().enumerate() {
                        let value = self.expression(frame, page, unit, &arg.value, site);
                        let value = Piecewise {
                            value: value.value.map_taint(&|taint| taint.at(site, Note::Passed)),
                            ..value
                        };
                        let Some(handed) = page.handed.last_mut() else { break };
                        match handed.get_mut(at) {
                            Some(known) => {
                                known.value.join(&value.value);
                                known.marked |= value.marked;
                            }
                            None => handed.push(value),
                        }
                    }
                    finished
                }
                _ if translates(name) => {
                    let mut value = Val::tainted(Taint::default());
                    for arg in args {
                        let arg = self.expression(frame, page, unit, &arg.value, site);
                        value.taint.join(&frame.heap.deep_taint(&arg.value).remove(Kinds::HTML));
                    }
                    Piecewise::of(value)
                }
                _ => match self.shared.page_context(self.program).function(name) {
                    Some(func) => {
                        let mut all = Args::default();
                        for arg in args {
                            let value = self.expression(frame, page, unit, &arg.value, site).value;
                            match &arg.name {
                                Some(name) => all.keywords.push((name.as_ref().into(), value)),
                                None => all.positional.push(value),
                            }
                        }
                        let value = self.call_function(frame, page.at, func, None, all, None);
                        Piecewise { value, marked: makes_markup(self.program, func) }
                    }
                    // What a function makes of its arguments is not known.
                    None => Piecewise::plain(),
                },
            },
            Expr::Attr(base, name) => {
                if let Expr::Name(base) = &**base
                    && let Some(Bound::Macros(home)) = page.bound(base)
                {
                    let home = *home;
                    if let Some(node) = macro_of(home.template, name) {
                        self.call_macro(frame, page, unit, (home, node), args, site);
                    }
                    return finished;
                }
                let base = self.expression(frame, page, unit, base, site);
                if &**name == "get"
                    && let Some(key) = args.first().and_then(|arg| arg.value.as_str())
                    && base.value.atoms.iter().any(|atom| matches!(atom, Atom::Object(_) | Atom::Sym(_)))
                {
                    return Piecewise::of(self.page_member(frame, page, site, &base.value, key));
                }
                let member = self.page_member(frame, page, site, &base.value, name);
                if matches!(member.single(), Some(Atom::Method { .. })) && args.is_empty() {
                    return Piecewise::of(self.called_by_itself(frame, page, member));
                }
                if hands_on(name) {
                    let mut taint = frame.heap.deep_taint(&base.value);
                    for arg in args {
                        let arg = self.expression(frame, page, unit, &arg.value, site);
                        taint.join(&frame.heap.deep_taint(&arg.value));
                    }
                    return Piecewise { value: Val::tainted(taint), marked: base.marked };
                }
                Piecewise::plain()
            }
            _ => Piecewise::plain(),
        }
    }

    fn filter<'t>(
        &mut self,
        frame: &mut Frame,
        page: &mut Page<'t>,
        unit: Unit<'t>,
        value: &'t Expr,
        (name, args): (&'t str, &'t [Arg]),
        site: Site,
    ) -> Piecewise
    where
        'p: 't,
    {
        let given = self.expression(frame, page, unit, value, site);
        let taint = frame.heap.deep_taint(&given.value);
        let cleaned = || Val::tainted(taint.remove(Kinds::HTML));
        match effect(name) {
            Effect::Marks => Piecewise { marked: true, ..given },
            Effect::Cleans => Piecewise { value: cleaned(), marked: true },
            Effect::Plain => Piecewise::plain(),
            Effect::Builds if given.marked => given,
            Effect::Builds => Piecewise { value: cleaned(), marked: true },
            Effect::Keeps => {
                let mut value = given;
                for arg in args {
                    let arg = self.expression(frame, page, unit, &arg.value, site);
                    let more = frame.heap.deep_taint(&arg.value);
                    value.value.taint.join(&if value.marked { more.remove(Kinds::HTML) } else { more });
                }
                Piecewise {
                    value: match value.value.single() {
                        Some(Atom::Text(_)) if name != "replace" && name != "reverse" => value.value,
                        _ => Val::tainted(frame.heap.deep_taint(&value.value)),
                    },
                    marked: value.marked,
                }
            }
            Effect::Part => Piecewise::of(self.part(frame, &given.value, site)),
            Effect::Same => given,
            Effect::Either => {
                let mut all = vec![given];
                if let Some(arg) = args.first() {
                    all.push(self.expression(frame, page, unit, &arg.value, site));
                }
                either(unit, all)
            }
            Effect::Joins => {
                let between = args
                    .first()
                    .map(|arg| self.expression(frame, page, unit, &arg.value, site))
                    .unwrap_or_default();
                let marked = given.marked || between.marked;
                let mut taint = taint.clone();
                if marked && !given.marked {
                    taint = taint.remove(Kinds::HTML);
                }
                Piecewise { value: Val::tainted(taint), marked }
            }
            Effect::Unknown => {
                let own = self.shared.page_context(self.program).filter(name);
                match own {
                    Some(func) => {
                        let mut all = vec![given.value];
                        for arg in args.iter().filter(|arg| arg.name.is_none()) {
                            all.push(self.expression(frame, page, unit, &arg.value, site).value);
                        }
                        let value = self.call_function(frame, page.at, func, None, Args::of(all), None);
                        Piecewise { value, marked: makes_markup(self.program, func) }
                    }
                    None => Piecewise::of(Val::tainted(taint)),
                }
            }
        }
    }
}

/// One of several: where only some are finished HTML, the others are escaped when they are shown.
fn either(unit: Unit<'_>, all: Vec<Piecewise>) -> Piecewise {
    let marked = all.iter().any(|each| each.marked);
    let mut value = Val::default();
    for each in all {
        if marked && !each.marked && unit.escapes {
            value.join(&each.value.without(Kinds::HTML));
        } else {
            value.join(&each.value);
        }
    }
    Piecewise { value, marked }
}
