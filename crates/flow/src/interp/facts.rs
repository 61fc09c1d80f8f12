//! What is known of values at a place.

use clearance_models::flow::Kinds;
use clearance_python::ir::Value;

use crate::taint::Lacks;
use crate::value::Val;

/// Something known about a value at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refine {
    /// It is one of these.
    Is(Val),
    /// It is not dangerous for these.
    Without(Kinds),
    /// It lacks these.
    Lacks(Lacks),
    /// It begins with this text.
    Begins(String),
    /// Without its first and last character it lacks this one.
    InnerLacks(char),
}

/// What is known at a place, by the value behind refinements.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Facts(Vec<(Value, Refine)>);

impl Facts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Value, Refine)> {
        self.0.iter()
    }

    pub(crate) fn extend(&mut self, more: Vec<(Value, Refine)>) {
        for fact in more {
            if self.0.len() < 64 && !self.0.contains(&fact) {
                self.0.push(fact);
            }
        }
    }

    /// Only what both know.
    pub(crate) fn meet(&mut self, other: &Self) {
        for (value, fact) in &mut self.0 {
            // One of these, or one of those.
            if let Refine::Is(known) = fact
                && let Some(more) = other.0.iter().find_map(|(subject, fact)| match fact {
                    Refine::Is(more) if subject == value => Some(more),
                    _ => None,
                })
            {
                known.join(more);
            }
        }
        self.0.retain(|(value, fact)| match fact {
            Refine::Is(_) => {
                other.0.iter().any(|(subject, fact)| subject == value && matches!(fact, Refine::Is(_)))
            }
            _ => other.0.contains(&(*value, fact.clone())),
        });
    }

    pub(crate) fn apply(&self, root: Value, mut value: Val) -> Val {
        let mut begins: Option<&str> = None;
        let mut inner: Option<char> = None;
        for (subject, fact) in &self.0 {
            if *subject != root {
                continue;
            }
            match fact {
                Refine::Is(to) => value = to.clone(),
                Refine::Without(kinds) => value = value.map_taint(&|taint| taint.remove(*kinds)),
                Refine::Lacks(lacks) => value = value.map_taint(&|taint| taint.lacking(*lacks)),
                Refine::Begins(text) => begins = Some(text),
                Refine::InnerLacks(quote) => inner = Some(*quote),
            }
        }
        if let Some(text) = begins {
            let mut removes = Kinds::NONE;
            if let Some(quote) = inner
                && text.starts_with(quote)
            {
                // A single quoted literal.
                removes = removes.with(Kinds::CODE);
            }
            if fixes_host(text) {
                removes = removes.with(Kinds::REDIRECT).with(Kinds::URL).with(Kinds::HOST);
            }
            // A path that was resolved and lies below a folder.
            value = value.map_taint(&|taint| {
                taint.map(|entry| {
                    entry.kinds = entry.kinds.without(removes);
                    // `/srv/files` is also the beginning of `/srv/files-of-others`.
                    let folder = text.is_empty() || text.ends_with(['/', '\\']);
                    let stays = entry.lacks.has(Lacks::UNRESOLVED) || entry.lacks.has(Lacks::DOTDOT);
                    if folder && stays {
                        entry.kinds = entry.kinds.without(Kinds::PATH);
                    }
                })
            });
        }
        value
    }
}

impl From<Vec<(Value, Refine)>> for Facts {
    fn from(facts: Vec<(Value, Refine)>) -> Self {
        Self(facts)
    }
}

/// Whether somebody outside, or an unknown caller, chooses the data.
pub(super) fn chosen_outside(taint: &crate::taint::Taint) -> bool {
    taint.entries().iter().any(|entry| match &entry.label {
        crate::taint::Label::Source { origin, .. } => origin.is_outside(),
        crate::taint::Label::Param(_) => true,
    })
}

/// Whether a URL that begins so has its host decided: `https://host/`.
pub(crate) fn fixes_host(prefix: &str) -> bool {
    match prefix.split_once("://") {
        Some((scheme, rest)) => {
            !scheme.is_empty() && rest.find(['/', '?', '#']).is_some_and(|at| at > 0 || scheme == "file")
        }
        None => {
            prefix.starts_with('/')
                && !prefix.starts_with("//")
                && !prefix.starts_with("/\\")
                && prefix.len() > 1
        }
    }
}

/// Kinds that a text of letters, digits and `_` is not dangerous for.
pub(crate) const WORD_SAFE: Kinds = Kinds::ALL
    .without(Kinds::TRUST)
    .without(Kinds::WEAK_CRYPTO)
    .without(Kinds::SECRET_VALUE)
    .without(Kinds::LOG_SECRET)
    .without(Kinds::EXPOSURE);
