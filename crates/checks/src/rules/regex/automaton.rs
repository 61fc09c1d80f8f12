//! The position automaton of a pattern.
//!
//! One state per character position (Glushkov). An edge that arises twice is kept with its multiplicity, so the automaton has as many paths for a text as a
//! backtracking matcher has ways to try.

use super::{
    charset::CharSet,
    pattern::{Node, Pattern},
};

/// Most positions built.
const MAX_POSITIONS: usize = 300;
/// Most edges built.
const MAX_EDGES: usize = 20_000;
/// Bounded repetitions up to here are written out; longer ones are taken for loops.
const WRITTEN_OUT: u32 = 4;

/// What a position takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Symbol {
    /// One of these characters.
    Set(CharSet),
    /// The end of the text.
    End,
    /// A condition that may not hold (a lookaround, a boundary inside a loop), or text repeated.
    Condition,
}

impl Symbol {
    pub(super) fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(a), Self::Set(b)) => a.meets(b),
            (a, b) => a == b,
        }
    }

    pub(super) fn sample(&self) -> Option<char> {
        match self {
            Self::Set(set) => set.sample(),
            _ => None,
        }
    }

    pub(super) fn is_universal(&self) -> bool {
        matches!(self, Self::Set(set) if set.is_universal())
    }
}

/// The automaton.
#[derive(Debug, Default)]
pub(super) struct Automaton {
    pub(super) symbols: Vec<Symbol>,
    /// Target and multiplicity, by source.
    pub(super) follow: Vec<Vec<(usize, u32)>>,
    first: Vec<usize>,
    pub(super) last: Vec<usize>,
    nullable: bool,
    edges: usize,
    /// Bodies of lookarounds and atomic groups, which are matched for themselves.
    pub(super) inner: Vec<Node>,
}

/// What one part of the pattern contributes.
struct Part {
    nullable: bool,
    first: Vec<usize>,
    last: Vec<usize>,
}

impl Part {
    fn empty() -> Self {
        Self { nullable: true, first: Vec::new(), last: Vec::new() }
    }
}

/// Whether the pattern matches somewhere in the text. Conditions are taken to hold. `None` if the pattern is too large.
pub(super) fn matches_in(pattern: &Pattern, text: &str) -> Option<bool> {
    let automaton = Automaton::build(&pattern.root, false)?;
    let characters: Vec<char> = text.chars().collect();
    Some((0..=characters.len()).any(|start| automaton.runs(&characters[start..])))
}

impl Automaton {
    pub(super) fn build(node: &Node, whole: bool) -> Option<Self> {
        let mut automaton = Self::default();
        let mut part = automaton.part(node, false)?;
        if whole {
            let end = automaton.position(Symbol::End)?;
            part = automaton.chain(part, end)?;
        }
        automaton.first = part.first;
        automaton.last = part.last;
        automaton.nullable = part.nullable;
        Some(automaton)
    }

    fn position(&mut self, symbol: Symbol) -> Option<Part> {
        if self.symbols.len() >= MAX_POSITIONS {
            return None;
        }
        let at = self.symbols.len();
        self.symbols.push(symbol);
        self.follow.push(Vec::new());
        Some(Part { nullable: false, first: vec![at], last: vec![at] })
    }

    fn link(&mut self, from: &[usize], to: &[usize]) -> Option<()> {
        self.edges += from.len() * to.len();
        if self.edges > MAX_EDGES {
            return None;
        }
        for &source in from {
            for &target in to {
                let edges = &mut self.follow[source];
                match edges.iter_mut().find(|edge| edge.0 == target) {
                    Some(edge) => edge.1 += 1,
                    None => edges.push((target, 1)),
                }
            }
        }
        Some(())
    }

    fn chain(&mut self, left: Part, right: Part) -> Option<Part> {
        self.link(&left.last, &right.first)?;
        let mut first = left.first;
        if left.nullable {
            first.extend(&right.first);
        }
        let mut last = right.last;
        if right.nullable {
            last.extend(&left.last);
        }
        Some(Part { nullable: left.nullable && right.nullable, first, last })
    }

    fn part(&mut self, node: &Node, looped: bool) -> Option<Part> {
        match node {
            Node::Empty => Some(Part::empty()),
            Node::Char { c, fold } => self.position(Symbol::Set(CharSet::of_char(*c, *fold))),
            Node::Any { dot_all } => self.position(Symbol::Set(CharSet::any(*dot_all))),
            Node::Set(set) if set.is_empty() => self.position(Symbol::Condition),
            Node::Set(set) => self.position(Symbol::Set(set.clone())),
            Node::Group(inner) => self.part(inner, looped),
            Node::Concat(items) => {
                let mut whole = Part::empty();
                for item in items {
                    let next = self.part(item, looped)?;
                    whole = self.chain(whole, next)?;
                }
                Some(whole)
            }
            Node::Alternate(branches) => {
                let mut whole = Part { nullable: false, first: Vec::new(), last: Vec::new() };
                for branch in branches {
                    let next = self.part(branch, looped)?;
                    whole.nullable |= next.nullable;
                    whole.first.extend(next.first);
                    whole.last.extend(next.last);
                }
                Some(whole)
            }
            Node::Repeat { node, min, max, possessive } => self.repeat(node, *min, *max, *possessive, looped),
            Node::Atomic(inner) => self.sealed(inner),
            Node::Look(inner) => {
                self.inner.push((**inner).clone());
                self.position(Symbol::Condition)
            }
            // Outside a loop these hold at one place only and take nothing; inside one they keep its rounds apart.
            Node::Start | Node::Boundary if !looped => Some(Part::empty()),
            Node::Start | Node::Boundary | Node::Backreference => self.position(Symbol::Condition),
            Node::End => self.position(Symbol::End),
        }
    }

    fn repeat(
        &mut self,
        node: &Node,
        min: u32,
        max: Option<u32>,
        possessive: bool,
        looped: bool,
    ) -> Option<Part> {
        if max == Some(0) {
            return Some(Part::empty());
        }
        if possessive {
            let mut part = self.sealed(node)?;
            part.nullable |= min == 0;
            return Some(part);
        }
        let exact = max == Some(min) && min <= 64;
        let written_out = max.is_some_and(|max| max <= WRITTEN_OUT) || exact;
        if !written_out {
            let mut part = self.part(node, true)?;
            self.link(&part.last.clone(), &part.first.clone())?;
            part.nullable |= min == 0;
            return Some(part);
        }
        let max = max.unwrap_or(min);
        let looped = looped || max > 1;
        // x{2,4} is x x (x (x)?)?: the copies from the back, so that each optional one holds all that follow it.
        let mut tail = Part::empty();
        for number in (0..max).rev() {
            let copy = self.part(node, looped)?;
            tail = self.chain(copy, tail)?;
            tail.nullable |= number >= min;
        }
        Some(tail)
    }

    /// A part that a matcher never re-enters: one step of any of its characters.
    fn sealed(&mut self, node: &Node) -> Option<Part> {
        self.inner.push(node.clone());
        let nullable = Self::build(node, false)?.nullable;
        let mut part = self.position(Symbol::Condition)?;
        part.nullable = nullable;
        Some(part)
    }

    /// Whether a match begins at the first of these characters.
    fn runs(&self, text: &[char]) -> bool {
        if self.nullable {
            return true;
        }
        let mut states = self.enter(&self.first, text.is_empty());
        for (at, c) in text.iter().enumerate() {
            if self.accepts(&states) {
                return true;
            }
            let taken = states
                .iter()
                .filter(|state| matches!(&self.symbols[**state], Symbol::Set(set) if set.has(*c)));
            let mut next: Vec<usize> = Vec::new();
            for &state in taken {
                if self.last.contains(&state) {
                    return true;
                }
                for edge in &self.follow[state] {
                    if !next.contains(&edge.0) {
                        next.push(edge.0);
                    }
                }
            }
            states = self.enter(&next, at + 1 == text.len());
        }
        self.accepts(&states)
    }

    /// The positions to try, past conditions (and, at the end of the text, past `$`), which take no character.
    fn enter(&self, states: &[usize], at_end: bool) -> Vec<usize> {
        let mut all: Vec<usize> = states.to_vec();
        let mut number = 0;
        while let Some(&state) = all.get(number) {
            number += 1;
            let free = match self.symbols[state] {
                Symbol::Condition => true,
                Symbol::End => at_end,
                Symbol::Set(_) => false,
            };
            if free {
                for edge in &self.follow[state] {
                    if !all.contains(&edge.0) {
                        all.push(edge.0);
                    }
                }
            }
        }
        all.retain(|state| self.symbols[*state] != Symbol::End || at_end);
        all
    }

    /// Whether one of the positions completes a match without taking a character.
    fn accepts(&self, states: &[usize]) -> bool {
        states
            .iter()
            .any(|state| !matches!(self.symbols[*state], Symbol::Set(_)) && self.last.contains(state))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pattern::parse, *};

    #[test]
    fn matching() {
        let runs = |pattern: &str, text: &str| {
            matches_in(&parse(pattern, Default::default()).unwrap(), text).unwrap()
        };
        assert!(runs("b+c", "abbcd"));
        assert!(!runs("^b+d", "abbc"));
        assert!(runs("c$", "abc"));
        assert!(!runs("b$", "abc"));
        assert!(runs(r"\bx(?=y)", "x"));
        assert!(!runs("<script>", "<SCRIPT>"));
        assert!(runs("(?i)<script>", "<SCRIPT>"));
        assert!(!runs("a.b", "a\nb"));
    }
}
