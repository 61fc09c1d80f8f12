//! What reaches a sink, and whether it does harm where it stands.

use clearance_models::flow::{Kinds, Origin};
use clearance_program::{FuncRef, Site};

use super::facts::fixes_host;
use crate::analyse::Shown;
use crate::taint::{Entry, Label, Lacks, Taint, Via};
use crate::value::{Piece, Text};

/// Parameters, and fields of parameters, that one sink is known to take its data from.
const MAX_PARAMS: usize = 5;

/// Data at a sink.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) rule: Box<str>,
    pub(crate) kind: Kinds,
    pub(crate) origins: Option<Vec<Origin>>,
    pub(crate) by_name: bool,
    /// The call.
    pub(crate) site: Site,
    pub(crate) function: FuncRef,
    /// The texts that may get there.
    pub(crate) texts: Vec<Text>,
    /// What else gets there.
    pub(crate) taint: Taint,
    /// Of what a template shows: how.
    pub(crate) shown: Option<Shown>,
}

/// What runs saw at a sink, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    /// Only constants, or what is harmless there.
    Harmless,
    /// Whatever the caller passes.
    ByCaller,
    /// Something that is not known to be harmless.
    Open,
}

/// Data that does harm.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) origin: Origin,
    pub(crate) source: Site,
    pub(crate) via: Via,
    /// It decides only a part (the path of a URL).
    pub(crate) partial: bool,
}

impl Hit {
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.site == other.site
            && self.rule == other.rule
            && self.origins == other.origins
            && self.texts == other.texts
            && self.taint == other.taint
    }

    fn labels(&self) -> impl Iterator<Item = &Entry> {
        let holes = self.texts.iter().flatten().filter_map(|piece| match piece {
            Piece::Hole { taint, .. } => Some(taint),
            Piece::Lit(_) => None,
        });
        holes.chain([&self.taint]).flat_map(|taint| taint.entries())
    }

    pub(crate) fn has_params(&self) -> bool {
        self.labels().any(|entry| matches!(entry.label, Label::Param(_)) && entry.kinds.meets(self.kind))
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.labels().all(|entry| !entry.kinds.meets(self.kind))
    }

    /// Whether what is passed for parameters, by the kinds that it is dangerous for, matters here.
    pub(crate) fn takes(&self, carried: &[Kinds]) -> bool {
        self.labels().any(|entry| match &entry.label {
            Label::Param(sym) => carried
                .get(usize::from(sym.index))
                .is_none_or(|kinds| kinds.and(entry.kinds).meets(self.kind)),
            Label::Source { .. } => true,
        })
    }

    /// For callers: what comes from sources here is already said.
    pub(crate) fn params_only(&self) -> Self {
        let only = |taint: &Taint| {
            let mut kept = 0;
            taint.map(|entry| {
                let counts = matches!(entry.label, Label::Param(_)) && entry.kinds.meets(self.kind);
                kept += usize::from(counts);
                if !counts || kept > MAX_PARAMS {
                    entry.kinds = Kinds::NONE;
                }
            })
        };
        let texts = self
            .texts
            .iter()
            .map(|text| {
                text.iter()
                    .map(|piece| match piece {
                        Piece::Hole { taint, exact } => Piece::Hole { taint: only(taint), exact: *exact },
                        lit => lit.clone(),
                    })
                    .collect()
            })
            .collect();
        Self { texts, taint: only(&self.taint), ..self.clone() }
    }
}

/// What of a hit comes from a source and does harm where it stands.
pub(crate) fn judge(hit: &Hit) -> Vec<Judged> {
    let mut found: Vec<Judged> = Vec::new();
    let mut add = |entry: &Entry, place: Place| {
        let Label::Source { site, origin } = entry.label else { return };
        if !entry.kinds.meets(hit.kind) || !counts(hit, origin) {
            return;
        }
        let Some(partial) = alive(hit.kind, entry.lacks, &place) else { return };
        // Behind a fixed host, what cannot lead elsewhere in a path cannot lead elsewhere in a URL.
        if partial && !entry.kinds.meets(Kinds::PATH) {
            return;
        }
        match found.iter_mut().find(|known| known.source == site && known.origin == origin) {
            Some(known) => {
                known.partial &= partial;
            }
            None => found.push(Judged { origin, source: site, via: entry.via.clone(), partial }),
        }
    };
    for entry in hit.taint.entries() {
        add(entry, Place::default());
    }
    for text in &hit.texts {
        let mut before = String::new();
        let mut open = false;
        for piece in text {
            match piece {
                Piece::Lit(lit) => before.push_str(lit),
                Piece::Hole { taint, .. } => {
                    for entry in taint.entries() {
                        add(entry, Place { before: &before, after_hole: open });
                    }
                    open = true;
                    // Stands for what was in the hole.
                    before.push('\u{1}');
                }
            }
        }
    }
    found
}

/// Where in a text a hole is.
#[derive(Default, Clone, Copy)]
struct Place<'a> {
    /// What stands before it.
    before: &'a str,
    /// Something unknown stands before it.
    after_hole: bool,
}

impl Place<'_> {
    /// Whether the hole stands inside a literal with this quote.
    fn inside(&self, quote: char) -> bool {
        let mut open = None;
        for c in self.before.chars() {
            match (open, c) {
                (None, '\'' | '"') => open = Some(c),
                (Some(known), c) if known == c => open = None,
                _ => {}
            }
        }
        open == Some(quote)
    }
}

/// Whether data at a place can do harm: nothing, or whether it decides only a part.
fn alive(kind: Kinds, lacks: Lacks, place: &Place<'_>) -> Option<bool> {
    let quoted_safe = || {
        (place.inside('\'') && lacks.has(Lacks::SINGLE_QUOTE))
            || (place.inside('"') && lacks.has(Lacks::DOUBLE_QUOTE))
    };
    match kind {
        Kinds::SQL | Kinds::XPATH if quoted_safe() => None,
        // A backslash before the closing quote takes it in.
        Kinds::CODE if quoted_safe() && lacks.has(Lacks::BACKSLASH) => None,
        Kinds::LDAP if lacks.has(Lacks::PARENTHESIS) => None,
        Kinds::PATH => {
            let rooted = !place.before.is_empty();
            if lacks.has(Lacks::SLASH)
                || (lacks.has(Lacks::DOTDOT) && (rooted || lacks.has(Lacks::LEADING_SLASH)))
            {
                return None;
            }
            Some(false)
        }
        Kinds::ARGUMENT => (place.before.is_empty() && !lacks.has(Lacks::LEADING_DASH)).then_some(false),
        Kinds::HEADER | Kinds::LOG | Kinds::MAIL if lacks.has(Lacks::NEWLINE) => None,
        Kinds::HTML if lacks.has(Lacks::ANGLE) => None,
        // What begins with another character is text for a spreadsheet.
        Kinds::CSV
            if !place.before.is_empty()
                && !place.before.starts_with(['=', '+', '-', '@', '\t', '\r', '\u{1}']) =>
        {
            None
        }
        Kinds::URL => {
            let fixed = fixes_host(place.before) || (place.after_hole && after_host(place.before));
            Some(fixed)
        }
        Kinds::REDIRECT => {
            if place.before.is_empty() {
                return (!(lacks.has(Lacks::SLASH) && lacks.has(Lacks::COLON))).then_some(false);
            }
            let before = place.before;
            if before == "/" && lacks.has(Lacks::LEADING_SLASH) {
                return None;
            }
            let leads = matches!(before, "/" | "//" | "http://" | "https://") || before == "\u{1}";
            // `https://shop.example` and more: the host goes on.
            let open = before.contains("://") && (before.ends_with("://") || !before.contains('\u{1}'));
            let free = leads || (!fixes_host(before) && open);
            free.then_some(false)
        }
        _ => Some(false),
    }
}

/// Whether what stands before a hole already went past a URL's host: `{base}/path/`.
fn after_host(before: &str) -> bool {
    match before.find('\u{1}') {
        Some(at) => {
            let scheme = before[..at].ends_with("://") || at == 0;
            scheme && before[at..].contains(['/', '?', '#'])
        }
        None => false,
    }
}

/// Whether data of an origin matters at this sink.
fn counts(hit: &Hit, origin: Origin) -> bool {
    if let Some(origins) = &hit.origins {
        return origins.contains(&origin);
    }
    // What is in a queue is for a page that nobody may see.
    if origin == Origin::Message && hit.kind.meets(Kinds::HTML.with(Kinds::REDIRECT).with(Kinds::HEADER)) {
        return false;
    }
    harms(origin).meets(hit.kind) || (is_stored(origin) && hit.kind == Kinds::SQL)
}

/// Whether the program keeps data of this origin itself. As part of a statement it is told where it is seen how it gets into the store.
fn is_stored(origin: Origin) -> bool {
    matches!(origin, Origin::Database | Origin::Session)
}

/// What data of an origin can do harm as, where a sink does not say which origins count for it.
pub(crate) fn harms(origin: Origin) -> Kinds {
    if origin.is_outside() {
        return Kinds::ALL;
    }
    match origin {
        Origin::Database | Origin::Session => {
            Kinds::HTML.with(Kinds::SHELL).with(Kinds::CODE).with(Kinds::DESERIALISE).with(Kinds::TEMPLATE)
        }
        // The program put it there; who chose it is told where that is seen.
        Origin::Task => Kinds::CODE
            .with(Kinds::SHELL)
            .with(Kinds::SQL)
            .with(Kinds::TEMPLATE)
            .with(Kinds::DESERIALISE)
            .with(Kinds::URL)
            .with(Kinds::PATH)
            .with(Kinds::ARCHIVE),
        Origin::Cli => Kinds::CODE.with(Kinds::SHELL).with(Kinds::SQL).with(Kinds::TEMPLATE),
        Origin::Response => Kinds::CODE.with(Kinds::SHELL).with(Kinds::DESERIALISE),
        Origin::WeakRandom => Kinds::SECRET_VALUE,
        Origin::Secret | Origin::Personal => Kinds::LOG_SECRET.with(Kinds::EXPOSURE),
        Origin::Exception => Kinds::EXPOSURE,
        _ => Kinds::NONE,
    }
}
