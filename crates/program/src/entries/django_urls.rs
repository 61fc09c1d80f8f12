//! Django's URL configuration: `path`, `re_path`, `url`, `include` in all its forms, and the routers of Django REST framework.

use clearance_python::ir::{Op, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    ParamSource,
    collect::{Collector, Hit, Target},
    pattern::{self, ANY, Pattern, SEGMENT, from_regex},
};
use crate::{Entity, Known, ModuleId, Site, imports::join};

/// A pattern that leads to a view.
pub(super) struct UrlView {
    /// Full address, without the leading slash.
    pub(super) pattern: Pattern,
    pub(super) target: Target,
    /// The argument that names it, with what is wrapped around it.
    pub(super) view: Site,
    /// The call of `as_view`, if there is one.
    pub(super) as_view: Option<Site>,
    pub(super) site: Site,
    pub(super) served: bool,
}

/// A router's registration of a view set.
pub(super) struct Registered {
    /// Address below which the view set is served.
    pub(super) prefix: Pattern,
    pub(super) class: crate::ClassRef,
    pub(super) site: Site,
    pub(super) served: bool,
    /// Whether each address also exists with the format as its ending.
    pub(super) formats: bool,
}

/// Everything that URL configurations of the program say.
#[derive(Default)]
pub(super) struct Urls {
    pub(super) views: Vec<UrlView>,
    pub(super) registered: Vec<Registered>,
    /// Patterns that lead to views of libraries: address, view, call, and whether it is served.
    pub(super) external: Vec<(Pattern, Site, Site, bool)>,
    /// The addresses of routers that show what they lead to.
    pub(super) roots: Vec<(Pattern, Site, bool)>,
}

const PATTERN: &[&str] = &["django.urls.path", "django.urls.re_path", "django.conf.urls.url"];

pub(super) fn collect(c: &mut Collector<'_>, hits: &[Hit]) -> Urls {
    let mut conf = Conf::default();
    let mut urls = Urls::default();
    let patterns: Vec<Hit> = hits.iter().copied().filter(|hit| PATTERN.contains(&hit.path)).collect();
    conf.patterns.extend(patterns.iter().map(|hit| (hit.site, hit.path)));
    conf.find_roots(c);
    for hit in &patterns {
        let Some(view) = c.argument(hit.site, 1, "view") else { continue };
        match c.is_reached(hit.site) {
            true => conf.mount(c, hit.site, view),
            false => _ = conf.unreached.insert(hit.site),
        }
    }
    for hit in &patterns {
        let Some(view) = c.argument(hit.site, 1, "view") else { continue };
        let unreached = conf.unreached.contains(&hit.site);
        if conf.mounting.contains(&hit.site) && !conf.sites.contains(&hit.site) {
            continue;
        }
        let Some((target, as_view)) = conf.view(c, view) else {
            for (pattern, served) in conf.full(c, hit.site, 0) {
                urls.external.push((pattern, view, hit.site, served && !unreached));
            }
            continue;
        };
        for (pattern, served) in conf.full(c, hit.site, 0) {
            let served = served && !unreached;
            urls.views.push(UrlView { pattern, target, view, as_view, site: hit.site, served });
        }
    }
    for hit in hits.iter().filter(|hit| hit.path.ends_with("Router.register")) {
        let Some(class) = c.argument(hit.site, 1, "viewset").and_then(|view| c.view(view)) else { continue };
        let Target::Class(class) = class else { continue };
        let prefix = match c.argument(hit.site, 0, "prefix") {
            Some(prefix) => from_regex(&c.text(prefix)),
            None => continue,
        };
        let routers = c.receivers(hit.site);
        let formats = routers.iter().any(|router| c.is_a(*router, "rest_framework.routers.DefaultRouter"));
        for (above, served) in conf.router(c, &routers, hit.site.module) {
            let prefix = concatenate(&above, &prefix);
            urls.registered.push(Registered { prefix, class, site: hit.site, served, formats });
        }
    }
    for hit in hits.iter().filter(|hit| hit.path.ends_with("DefaultRouter")) {
        if let Some(parents) = conf.routers.get(&hit.site).cloned() {
            for (above, served) in conf.all(c, &parents, 0) {
                urls.roots.push((above, hit.site, served));
            }
        }
    }
    urls
}

#[derive(Default)]
struct Conf {
    /// All pattern calls and which function they call.
    patterns: FxHashMap<Site, &'static str>,
    /// Pattern calls that include others.
    mounting: FxHashSet<Site>,
    /// Pattern call → the pattern calls that include the list that it stands in.
    lists: FxHashMap<Site, Vec<Site>>,
    /// Module → the pattern calls that include it.
    modules: FxHashMap<ModuleId, Vec<Site>>,
    /// Router (where it is made) → the pattern calls that include its patterns.
    routers: FxHashMap<Site, Vec<Site>>,
    /// Pattern calls that lead to sites of Django's admin.
    sites: FxHashSet<Site>,
    /// Pattern calls that control does not come to when nothing is set in the environment.
    unreached: FxHashSet<Site>,
    /// Modules that a `ROOT_URLCONF` names.
    roots: FxHashSet<ModuleId>,
}

impl Conf {
    fn find_roots(&mut self, c: &mut Collector<'_>) {
        let program = c.program;
        for (id, module) in program.modules() {
            let Some(name) = module.ir.names.find("ROOT_URLCONF") else { continue };
            for value in module.global(name) {
                if let Some(dotted) = c.constant(Site { module: id, value })
                    && let Some(root) = module_named(c, id, &dotted)
                {
                    self.roots.insert(root);
                }
            }
        }
    }

    /// If the view of a pattern call is an `include`, notes what it includes.
    fn mount(&mut self, c: &mut Collector<'_>, parent: Site, view: Site) {
        let program = c.program;
        let include = program.models.find("django.urls.include");
        let ir = &program.module(view.module).ir;
        let Op::Call { callee, .. } = ir.op(view.value) else {
            // `path("api/", router.urls)`, `path("admin/", admin.site.urls)`: tuples made elsewhere.
            if let Op::Attr { base, name } = ir.op(view.value)
                && ir.name(name) == "urls"
            {
                self.mounting.insert(parent);
                let base = Site { module: view.module, value: base };
                if c.is_a(base, "django.contrib.admin.AdminSite") {
                    self.sites.insert(parent);
                }
                self.mount_what(c, parent, view, 0);
            }
            return;
        };
        let paths: Vec<_> = c.resolver.paths(Site { module: view.module, value: callee }).collect();
        if include.is_none_or(|include| !paths.contains(&include)) {
            return;
        }
        self.mounting.insert(parent);
        if let Some(what) = c.argument(view, 0, "arg") {
            self.mount_what(c, parent, what, 0);
        }
    }

    fn mount_what(&mut self, c: &mut Collector<'_>, parent: Site, what: Site, depth: u32) {
        if depth > 4 || what.value == Value::NONE {
            return;
        }
        let program = c.program;
        let ir = &program.module(what.module).ir;
        if let Op::Attr { base, name } = ir.op(what.value)
            && ir.name(name) == "urls"
        {
            for router in c.origins(Site { module: what.module, value: base }) {
                self.routers.entry(router).or_default().push(parent);
            }
        }
        let modules: Vec<ModuleId> = c
            .resolver
            .entities(what)
            .into_iter()
            .filter_map(|entity| match entity {
                Entity::Module(module) => Some(module),
                _ => None,
            })
            .collect();
        if let [module] = modules[..] {
            self.modules.entry(module).or_default().push(parent);
            return;
        }
        match c.known(what) {
            Known::Str(dotted) => {
                if let Some(module) = module_named(c, what.module, &dotted) {
                    self.modules.entry(module).or_default().push(parent);
                }
            }
            Known::Sequence(_, items) => {
                for item in items {
                    if self.patterns.contains_key(&item) {
                        self.lists.entry(item).or_default().push(parent);
                    } else if !matches!(program.op(item), Op::Str(_)) {
                        // `include((patterns, "name"))`
                        self.mount_what(c, parent, item, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// The full addresses of a pattern call, and whether they are served.
    fn full(&self, c: &mut Collector<'_>, call: Site, depth: u32) -> Vec<(Pattern, bool)> {
        let own = self.own(c, call);
        if depth > 6 {
            return vec![(own, false)];
        }
        let above = match self.lists.get(&call) {
            Some(parents) => self.all(c, parents, depth),
            None => self.module(c, call.module, depth),
        };
        above.into_iter().map(|(prefix, served)| (concatenate(&prefix, &own), served)).collect()
    }

    fn all(&self, c: &mut Collector<'_>, parents: &[Site], depth: u32) -> Vec<(Pattern, bool)> {
        let mut found: Vec<(Pattern, bool)> = Vec::new();
        for parent in parents.iter().take(8) {
            for above in self.full(c, *parent, depth + 1) {
                if found.len() < 16 && !found.contains(&above) {
                    found.push(above);
                }
            }
        }
        found
    }

    /// The prefixes of a module's patterns.
    fn module(&self, c: &mut Collector<'_>, module: ModuleId, depth: u32) -> Vec<(Pattern, bool)> {
        let mut found = match self.modules.get(&module) {
            Some(parents) => self.all(c, parents, depth),
            None => Vec::new(),
        };
        if found.is_empty() || self.roots.contains(&module) {
            let served = self.roots.is_empty() || self.roots.contains(&module);
            found.push((Pattern::default(), served));
        }
        found
    }

    fn router(&self, c: &mut Collector<'_>, routers: &[Site], module: ModuleId) -> Vec<(Pattern, bool)> {
        let mut found = Vec::new();
        for router in routers {
            if let Some(parents) = self.routers.get(router) {
                found.extend(self.all(c, parents, 0));
            }
        }
        if found.is_empty() { self.module(c, module, 0) } else { found }
    }

    fn own(&self, c: &mut Collector<'_>, call: Site) -> Pattern {
        let names: &[&str] = &["route", "regex"];
        let text = c.positional(call, 0).or_else(|| names.iter().find_map(|name| c.keyword(call, name)));
        let text = text.map_or_else(|| "{?}".to_owned(), |text| c.text(text));
        match self.patterns.get(&call) {
            Some(&"django.urls.path") => route(&text),
            _ => from_regex(&text),
        }
    }

    fn view(&self, c: &mut Collector<'_>, site: Site) -> Option<(Target, Option<Site>)> {
        if let Some(found) = c.view_call(site, 0) {
            return Some(found);
        }
        // `url(r"^x$", "shop.views.index")`
        let dotted = c.constant(site)?;
        let (module, name) = dotted.rsplit_once('.')?;
        let module = module_named(c, site.module, module)?;
        c.resolver.refuel();
        c.resolver.module_member(module, name).into_iter().find_map(|entity| match entity {
            Entity::Function(function) => Some((Target::Function(function), None)),
            Entity::Class(class) => Some((Target::Class(class), None)),
            _ => None,
        })
    }
}

/// The module of a dotted name, as an absolute import in `from` would find it.
pub(super) fn module_named(c: &Collector<'_>, from: ModuleId, dotted: &str) -> Option<ModuleId> {
    let mut base = c.program.module(from).dotted.as_str();
    loop {
        if let Some(Entity::Module(module)) = c.program.entity_at(&join(base, dotted)) {
            return Some(module);
        }
        base = match base.rsplit_once('.') {
            Some((parent, _)) => parent,
            None if base.is_empty() => return None,
            None => "",
        };
    }
}

/// Django puts prefix and route together as they are.
pub(super) fn concatenate(prefix: &Pattern, own: &Pattern) -> Pattern {
    let fields = prefix.fields.iter().chain(&own.fields).cloned().collect();
    Pattern { text: format!("{}{}", prefix.text, own.text), fields }
}

/// A route with path converters.
fn route(text: &str) -> Pattern {
    let fields = pattern::angled(text, &mut |converter, _| match converter {
        "int" | "uuid" => ParamSource::Clean,
        "slug" => pattern::matching("[-a-zA-Z0-9_]+"),
        "" | "str" => SEGMENT,
        // `path`, and converters of the application's own.
        _ => ANY,
    });
    Pattern { text: text.to_owned(), fields }
}
