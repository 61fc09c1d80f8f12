//! The tree of external paths.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{compile::compile, flow::FlowModels, library::Library};

/// A dotted external path that something is known about, or that a rule asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(u32);

impl PathId {
    /// Position, dense from 0; for tables indexed by path.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug)]
struct Node {
    /// The whole dotted path.
    text: Box<str>,
    /// Where its last part begins in it.
    last: u32,
    /// Sorted by name.
    children: Vec<(Box<str>, PathId)>,
    /// The path that this one is another spelling of.
    same_as: Option<PathId>,
    /// Class of the result when called.
    returns: Option<PathId>,
    /// Class of the object itself.
    instance_of: Option<PathId>,
    /// Class of its items.
    items: Option<PathId>,
    bases: Vec<PathId>,
}

impl Node {
    fn name(&self) -> &str {
        &self.text[self.last as usize..]
    }
}

/// All external paths of interest.
#[derive(Debug)]
pub struct Models {
    nodes: Vec<Node>,
    roots: FxHashMap<Box<str>, PathId>,
    names: FxHashSet<Box<str>>,
    flow: FlowModels,
}

impl Models {
    /// Builds the tree from libraries and from further paths of interest.
    pub fn new<'a>(libraries: &[Library], paths: impl Iterator<Item = &'a str>) -> Self {
        let mut models = Self::without_flow(libraries, paths);
        models.flow = compile(libraries, &mut models);
        models
    }

    /// The same without what libraries do with data: smaller, for runs that do not follow it.
    pub fn without_flow<'a>(libraries: &[Library], paths: impl Iterator<Item = &'a str>) -> Self {
        let mut models = Self {
            nodes: Vec::new(),
            roots: FxHashMap::default(),
            names: FxHashSet::default(),
            flow: FlowModels::default(),
        };
        // Aliases first, so that every other path, however spelt, lands on the canonical node.
        // Short ones before long ones, and twice, because each may be written in terms of others.
        let mut aliases: Vec<_> = libraries.iter().flat_map(|library| &library.aliases).collect();
        aliases.sort_by_key(|entry| entry.path.matches('.').count());
        for _ in 0..2 {
            for entry in &aliases {
                let canonical = models.add(&entry.is);
                let alias = models.add_raw(&entry.path);
                if alias != canonical {
                    models.nodes[alias.index()].same_as = Some(canonical);
                }
            }
        }
        for entry in libraries.iter().flat_map(|library| &library.classes) {
            let class = models.add(&entry.path);
            let bases = entry.bases.iter().map(|base| models.add(base)).collect();
            models.nodes[class.index()].bases = bases;
        }
        // What things are comes before what they give: the paths of the latter go through the former.
        let types = || libraries.iter().flat_map(|library| &library.types);
        for entry in types().filter(|entry| entry.is.is_some()).chain(types()) {
            let mut class_of = |class: &Option<String>| class.as_ref().map(|class| models.add(class));
            let (returns, is, items) =
                (class_of(&entry.returns), class_of(&entry.is), class_of(&entry.items));
            for path in &entry.paths {
                let node = models.add_member(path).index();
                let node = &mut models.nodes[node];
                node.returns = returns.or(node.returns);
                node.instance_of = is.or(node.instance_of);
                node.items = items.or(node.items);
            }
        }
        for path in paths {
            models.add(path);
            for name in path.split('.') {
                if !models.names.contains(name) {
                    models.names.insert(name.into());
                }
            }
        }
        models
    }

    /// The same with further paths, which calls are not listed for: who asks about them resolves calls himself.
    pub fn unlisted<'a>(mut self, paths: impl Iterator<Item = &'a str>) -> Self {
        for path in paths {
            self.add(path);
        }
        self
    }

    /// What libraries do with data.
    pub fn flow(&self) -> &FlowModels {
        &self.flow
    }

    /// How many paths there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The top-level module `name`.
    pub fn root(&self, name: &str) -> Option<PathId> {
        self.roots.get(name).map(|&id| self.canonical(id))
    }

    /// The member `name` of `base`: its own, else that of a base class.
    pub fn member(&self, base: PathId, name: &str) -> Option<PathId> {
        self.member_bounded(base, name, 8)
    }

    fn member_bounded(&self, base: PathId, name: &str, depth: u32) -> Option<PathId> {
        let node = &self.nodes[base.index()];
        if let Ok(at) = node.children.binary_search_by(|(child, _)| (**child).cmp(name)) {
            return Some(self.canonical(node.children[at].1));
        }
        let depth = depth.checked_sub(1)?;
        node.bases.iter().find_map(|&base| self.member_bounded(base, name, depth))
    }

    /// The node of a dotted path, through aliases and base classes.
    pub fn find(&self, path: &str) -> Option<PathId> {
        let mut parts = path.split('.');
        let root = self.root(parts.next()?)?;
        parts.try_fold(root, |base, name| self.member(base, name))
    }

    /// The class of what calling `path` gives, where it is known. A path whose last part is capitalised is taken for a class.
    pub fn result(&self, path: PathId) -> Option<PathId> {
        let node = &self.nodes[path.index()];
        let class_like = || {
            node.name().trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase()).then_some(path)
        };
        node.returns.or_else(class_like)
    }

    /// The class that the object at `path` is an instance of, where it is known.
    pub fn instance_of(&self, path: PathId) -> Option<PathId> {
        self.nodes[path.index()].instance_of
    }

    /// The class of the items of the object at `path`, where it is known.
    pub fn items(&self, path: PathId) -> Option<PathId> {
        self.nodes[path.index()].items
    }

    /// Whether class `class` is, or derives from, `base`.
    pub fn derives(&self, class: PathId, base: PathId) -> bool {
        let mut todo = vec![class];
        let mut seen = 0;
        while let Some(next) = todo.pop() {
            seen += 1;
            if next == base {
                return true;
            }
            if seen < 64 {
                todo.extend(&self.nodes[next.index()].bases);
            }
        }
        false
    }

    /// Whether some path that calls are listed for has a part of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The last part of a path.
    pub fn last_name(&self, path: PathId) -> &str {
        self.nodes[path.index()].name()
    }

    /// The first part of a path.
    pub fn root_name(&self, path: PathId) -> &str {
        let text = &self.nodes[path.index()].text;
        text.split('.').next().unwrap_or(text)
    }

    /// The canonical dotted path.
    pub fn text(&self, path: PathId) -> String {
        self.dotted(path).to_owned()
    }

    /// Like [`Models::text`], to look at.
    pub fn dotted(&self, path: PathId) -> &str {
        &self.nodes[path.index()].text
    }

    fn canonical(&self, mut id: PathId) -> PathId {
        // Aliases point at canonical nodes, but an alias may be given inside the subtree of another.
        for _ in 0..8 {
            match self.nodes[id.index()].same_as {
                Some(other) => id = other,
                None => break,
            }
        }
        id
    }

    fn add(&mut self, path: &str) -> PathId {
        self.add_with(path, true, false)
    }

    /// Like [`Models::add`], but through what is known of the parts: `flask.request.args` is a member of the class of `flask.request`.
    pub(crate) fn add_member(&mut self, path: &str) -> PathId {
        self.add_with(path, true, true)
    }

    /// Like [`Models::add`], but the last part is not replaced by what it is an alias of.
    fn add_raw(&mut self, path: &str) -> PathId {
        self.add_with(path, false, false)
    }

    fn add_with(&mut self, path: &str, follow_last: bool, through_types: bool) -> PathId {
        let mut here: Option<PathId> = None;
        let count = path.split('.').count();
        for (position, name) in path.split('.').enumerate() {
            let found = match here {
                None => self.roots.get(name).copied(),
                Some(base) => {
                    let children = &self.nodes[base.index()].children;
                    children.binary_search_by(|(child, _)| (**child).cmp(name)).ok().map(|at| children[at].1)
                }
            };
            let mut id = found.unwrap_or_else(|| self.push(here, name));
            let inner = position + 1 < count;
            if follow_last || inner {
                id = self.canonical(id);
            }
            if through_types && inner {
                id = self.nodes[id.index()].instance_of.unwrap_or(id);
            }
            here = Some(id);
        }
        here.unwrap_or(PathId(0))
    }

    fn push(&mut self, parent: Option<PathId>, name: &str) -> PathId {
        let id = PathId(self.nodes.len() as u32);
        let text: Box<str> = match parent {
            Some(parent) => [self.dotted(parent), ".", name].concat().into(),
            None => name.into(),
        };
        self.nodes.push(Node {
            last: (text.len() - name.len()) as u32,
            text,
            children: Vec::new(),
            same_as: None,
            returns: None,
            instance_of: None,
            items: None,
            bases: Vec::new(),
        });
        match parent {
            None => {
                self.roots.insert(name.into(), id);
            }
            Some(parent) => {
                let children = &mut self.nodes[parent.index()].children;
                let at = children.partition_point(|(child, _)| **child < *name);
                children.insert(at, (name.into(), id));
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::parse_library;

    fn sample() -> Models {
        let library = parse_library(
            "x.toml",
            r#"
            library = "flask"
            alias = [{ path = "flask.app.Flask", is = "flask.Flask" }, { path = "Cryptodome", is = "Crypto" }]
            class = [{ path = "flask.Flask", bases = ["flask.Scaffold"] }]
            [[type]]
            path = ["flask.current_app"]
            is = "flask.Flask"
            [[type]]
            path = "sqlite3.connect"
            returns = "sqlite3.Connection"
            "#,
        )
        .unwrap();
        Models::new(
            &[library],
            ["flask.Flask.run", "flask.Scaffold.route", "Crypto.Cipher.DES.new"].into_iter(),
        )
    }

    #[test]
    fn aliases_move_whole_subtrees() {
        let models = sample();
        let run = models.find("flask.app.Flask.run").unwrap();
        assert_eq!(models.text(run), "flask.Flask.run");
        assert_eq!(models.find("Cryptodome.Cipher.DES.new"), models.find("Crypto.Cipher.DES.new"));
    }

    #[test]
    fn aliases_may_be_written_in_terms_of_others() {
        let library = parse_library(
            "x.toml",
            r#"
            library = "x"
            alias = [
              { path = "old", is = "web.globals.request" },
              { path = "web.globals.request", is = "web.request" },
              { path = "web.globals", is = "web" },
            ]
            "#,
        )
        .unwrap();
        let models = Models::new(&[library], ["web.request.args"].into_iter());
        let args = models.find("web.request.args").unwrap();
        assert_eq!(models.find("old.args"), Some(args));
        assert_eq!(models.find("web.globals.request.args"), Some(args));
    }

    #[test]
    fn members_come_from_bases_too() {
        let models = sample();
        assert_eq!(models.find("flask.Flask.route"), models.find("flask.Scaffold.route"));
        assert!(models.find("flask.Flask.absent").is_none());
    }

    #[test]
    fn types_are_known() {
        let models = sample();
        let app = models.instance_of(models.find("flask.current_app").unwrap()).unwrap();
        assert_eq!(models.text(app), "flask.Flask");
        assert_eq!(models.result(models.find("flask.Flask").unwrap()), models.find("flask.Flask"));
        assert_eq!(models.result(models.find("sqlite3.connect").unwrap()), models.find("sqlite3.Connection"));
    }
}
