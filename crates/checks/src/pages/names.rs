//! What the names of a template stand for, as far as the template itself says.

use clearance_template::{Expr, Node, Template};
use rustc_hash::{FxHashMap, FxHashSet};

/// Values of one name that are looked at.
const MAX_VALUES: usize = 16;

/// The names that a template binds.
#[derive(Debug, Default)]
pub(crate) struct Names<'t> {
    /// Every value of each.
    values: FxHashMap<&'t str, Vec<&'t Expr>>,
    /// Names that stand for something else as well.
    open: FxHashSet<&'t str>,
    /// Macros, here or imported, and finished pieces of the page.
    pieces: FxHashSet<&'t str>,
    /// Filters of the program that escape or clean what they are given.
    cleaning: Option<&'t FxHashSet<String>>,
}

impl<'t> Names<'t> {
    /// Those of a template, where the program has filters that clean.
    pub(crate) fn of(template: &'t Template, cleaning: &'t FxHashSet<String>) -> Self {
        let mut names = Self { cleaning: Some(cleaning), ..Self::default() };
        template.walk(&mut |node| names.add(node));
        names
    }

    fn add(&mut self, node: &'t Node) {
        match node {
            Node::Set { targets, value, .. } => match &targets[..] {
                [only] => self.bind(only, value),
                several => several.iter().for_each(|name| self.opened(name)),
            },
            Node::With { bindings, .. } | Node::Include { bindings, .. } => {
                bindings.iter().for_each(|(name, value)| self.bind(name, value));
            }
            Node::For { targets, iterable, .. } => {
                let items = match iterable {
                    Expr::List(items) => Some(items),
                    _ => None,
                };
                match (&targets[..], items) {
                    ([only], Some(items)) => items.iter().for_each(|item| self.bind(only, item)),
                    _ => targets.iter().for_each(|name| self.opened(name)),
                }
            }
            Node::Macro { name, params, .. } => {
                self.pieces.insert(name);
                params.iter().for_each(|(name, _)| self.opened(name));
            }
            Node::Call { params, .. } => params.iter().for_each(|name| self.opened(name)),
            Node::Capture { target, .. } | Node::Import { target, .. } => {
                self.pieces.insert(target);
            }
            Node::From { names, .. } => {
                self.pieces.extend(names.iter().map(|(_, here)| &**here));
            }
            Node::Output(_) | Node::Branches(_) | Node::Block { .. } | Node::Extends(_) => {}
        }
    }

    fn bind(&mut self, name: &'t str, value: &'t Expr) {
        let values = self.values.entry(name).or_default();
        if values.len() < MAX_VALUES {
            values.push(value);
        } else {
            self.open.insert(name);
        }
    }

    fn opened(&mut self, name: &'t str) {
        self.open.insert(name);
    }

    /// All values of a name, if they are known.
    pub(crate) fn values(&self, name: &str) -> Option<&[&'t Expr]> {
        if self.open.contains(name) { None } else { self.values.get(name).map(Vec::as_slice) }
    }

    /// The only value of a name.
    pub(crate) fn only(&self, name: &str) -> Option<&'t Expr> {
        match self.values(name)? {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether the template binds a name to something that it does not know.
    pub(crate) fn is_bound(&self, name: &str) -> bool {
        self.open.contains(name)
    }

    /// Whether a filter of the program escapes or cleans what it is given.
    pub(crate) fn cleans(&self, filter: &str) -> bool {
        self.cleaning.is_some_and(|cleaning| cleaning.contains(filter))
    }

    /// Whether a name is a macro or a finished piece of the page.
    pub(crate) fn is_piece(&self, name: &str) -> bool {
        self.pieces.contains(name)
    }
}
