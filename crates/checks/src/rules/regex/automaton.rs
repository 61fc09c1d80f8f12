//! The position automaton of a pattern, and how ambiguous it is.
//!
//! One state per character position (Glushkov). An edge that arises twice is kept with its multiplicity, so the automaton has as many paths for a text as a
//! backtracking matcher has ways to try. Exponentially many ways exist exactly where a state can return to itself on the same text along two different
//! paths (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991).

use super::{
    charset::CharSet,
    pattern::{Node, Pattern},
};

/// Most positions built.
const MAX_POSITIONS: usize = 300;
/// Most edges built.
const MAX_EDGES: usize = 20_000;
/// Most pairs of edges looked at in one search.
const MAX_WORK: usize = 2_000_000;
/// Bounded repetitions up to here are written out; longer ones are taken for loops.
const WRITTEN_OUT: u32 = 4;

/// What a position takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Symbol {
    /// One of these characters.
    Set(CharSet),
    /// The end of the text.
    End,
    /// A condition that may not hold (a lookaround, a boundary inside a loop), or text repeated.
    Condition,
}

impl Symbol {
    fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Set(a), Self::Set(b)) => a.meets(b),
            (a, b) => a == b,
        }
    }

    fn sample(&self) -> Option<char> {
        match self {
            Self::Set(set) => set.sample(),
            _ => None,
        }
    }

    fn is_universal(&self) -> bool {
        matches!(self, Self::Set(set) if set.is_universal())
    }
}

/// The automaton.
#[derive(Debug, Default)]
pub(super) struct Automaton {
    symbols: Vec<Symbol>,
    /// Target and multiplicity, by source.
    follow: Vec<Vec<(usize, u32)>>,
    first: Vec<usize>,
    last: Vec<usize>,
    nullable: bool,
    edges: usize,
    /// Bodies of lookarounds and atomic groups, which are matched for themselves.
    inner: Vec<Node>,
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

/// How badly a pattern can be attacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ambiguity {
    /// The time doubles with each further one of these characters.
    Exponential(char),
    /// The time grows with this power of the number of these characters.
    Polynomial(char, u32),
}

/// The worst ambiguity that can be reached. `whole`: the pattern must match the whole text (`re.fullmatch`).
pub(super) fn ambiguity(pattern: &Pattern, whole: bool) -> Option<Ambiguity> {
    let mut worst = None;
    let mut waiting: Vec<(Node, bool)> = vec![(pattern.root.clone(), whole)];
    while let Some((node, whole)) = waiting.pop() {
        let Some(automaton) = Automaton::build(&node, whole) else {
            continue;
        };
        let found = automaton.exponential().or_else(|| automaton.polynomial());
        worst = match (worst, found) {
            (Some(Ambiguity::Exponential(c)), _) => Some(Ambiguity::Exponential(c)),
            (_, Some(Ambiguity::Exponential(c))) => Some(Ambiguity::Exponential(c)),
            (Some(Ambiguity::Polynomial(c, a)), Some(Ambiguity::Polynomial(d, b))) => {
                Some(if a >= b { Ambiguity::Polynomial(c, a) } else { Ambiguity::Polynomial(d, b) })
            }
            (None, found) => found,
            (worst, None) => worst,
        };
        waiting.extend(automaton.inner.into_iter().map(|node| (node, false)));
    }
    worst
}

/// Whether the pattern matches somewhere in the text. Conditions are taken to hold. `None` if the pattern is too large.
pub(super) fn matches_in(pattern: &Pattern, text: &str) -> Option<bool> {
    let automaton = Automaton::build(&pattern.root, false)?;
    let characters: Vec<char> = text.chars().collect();
    Some((0..=characters.len()).any(|start| automaton.runs(&characters[start..])))
}

impl Automaton {
    fn build(node: &Node, whole: bool) -> Option<Self> {
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

    /// The positions from which a match is already found, whatever follows: the matcher never comes back to them.
    fn satisfied(&self) -> Vec<bool> {
        let mut accepts = vec![false; self.symbols.len()];
        for &position in &self.last {
            accepts[position] = self.symbols[position] != Symbol::End;
        }
        // `.*` that runs to the end takes any rest (but for line feeds).
        let to_end = |position: usize| {
            let edges = &self.follow[position];
            let again = edges.iter().any(|edge| edge.0 == position);
            let ends =
                edges.iter().any(|edge| self.symbols[edge.0] == Symbol::End && self.last.contains(&edge.0));
            again && self.symbols[position].is_universal() && (accepts[position] || ends)
        };
        let takes_all: Vec<bool> = (0..self.symbols.len()).map(to_end).collect();
        (0..self.symbols.len())
            .map(|position| {
                accepts[position]
                    || takes_all[position]
                    || self.follow[position].iter().any(|edge| takes_all[edge.0])
            })
            .collect()
    }

    /// The edges among positions that the matcher may come back to.
    fn open_edges(&self) -> Vec<Vec<(usize, u32)>> {
        let satisfied = self.satisfied();
        let keep = |position: usize, edges: &Vec<(usize, u32)>| {
            if satisfied[position] {
                return Vec::new();
            }
            edges
                .iter()
                .copied()
                .filter(|edge| !satisfied[edge.0] && self.symbols[edge.0] != Symbol::End)
                .collect()
        };
        self.follow.iter().enumerate().map(|(position, edges)| keep(position, edges)).collect()
    }

    fn exponential(&self) -> Option<Ambiguity> {
        let edges = self.open_edges();
        let plain: Vec<Vec<usize>> =
            edges.iter().map(|list| list.iter().map(|edge| edge.0).collect()).collect();
        let loops = components(&plain);
        for (source, list) in edges.iter().enumerate() {
            for &(target, times) in list {
                if times > 1 && loops[source] == loops[target] {
                    return self.symbols[target].sample().map(Ambiguity::Exponential);
                }
            }
        }
        let mut work = 0;
        let count = loops.iter().max().map_or(0, |most| most + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (position, number) in loops.iter().enumerate() {
            members[*number].push(position);
        }
        members
            .iter()
            .filter(|members| members.len() > 1)
            .find_map(|members| self.twins(members, &plain, &mut work))
    }

    /// Whether two different paths inside a loop lead from one position back to it on one text; a character of it.
    fn twins(&self, members: &[usize], edges: &[Vec<usize>], work: &mut usize) -> Option<Ambiguity> {
        let size = members.len();
        let mut place = vec![usize::MAX; self.symbols.len()];
        for (number, &member) in members.iter().enumerate() {
            place[member] = number;
        }
        let inner = |member: usize| {
            edges[member].iter().map(|target| place[*target]).filter(|number| *number != usize::MAX)
        };
        let meets: Vec<bool> = members
            .iter()
            .flat_map(|a| members.iter().map(move |b| (a, b)))
            .map(|(a, b)| self.symbols[*a].meet(&self.symbols[*b]))
            .collect();
        let mut pairs: Vec<Vec<usize>> = vec![Vec::new(); size * size];
        let mut seen = vec![false; size * size];
        let mut waiting: Vec<usize> = (0..size).map(|number| number * size + number).collect();
        for &start in &waiting {
            seen[start] = true;
        }
        while let Some(pair) = waiting.pop() {
            for left in inner(members[pair / size]) {
                for right in inner(members[pair % size]) {
                    *work += 1;
                    if *work > MAX_WORK {
                        return None;
                    }
                    if !meets[left * size + right] {
                        continue;
                    }
                    // Unordered pairs: the smaller number first.
                    let next = left.min(right) * size + left.max(right);
                    if !pairs[pair].contains(&next) {
                        pairs[pair].push(next);
                    }
                    if !seen[next] {
                        seen[next] = true;
                        waiting.push(next);
                    }
                }
            }
        }
        let loops = components(&pairs);
        let diagonal: Vec<usize> = (0..size).map(|number| loops[number * size + number]).collect();
        (0..size * size).filter(|pair| seen[*pair] && pair / size != pair % size).find_map(|pair| {
            if !diagonal.contains(&loops[pair]) {
                return None;
            }
            self.shared(members[pair / size], members[pair % size]).map(Ambiguity::Exponential)
        })
    }

    /// A character that both positions take.
    fn shared(&self, a: usize, b: usize) -> Option<char> {
        match (&self.symbols[a], &self.symbols[b]) {
            (Symbol::Set(a), Symbol::Set(b)) => a.intersection(b).sample(),
            _ => None,
        }
    }

    /// Runs of one character that several repetitions in a row can share out among themselves.
    fn polynomial(&self) -> Option<Ambiguity> {
        let edges = self.open_edges();
        let again = |position: usize| edges[position].iter().any(|edge| edge.0 == position);
        let repeated: Vec<usize> = (0..self.symbols.len()).filter(|position| again(*position)).collect();
        let mut best: Option<(u32, char)> = None;
        // Longest chain that ends at each repetition, with what all of its links take.
        let mut chains: Vec<(usize, u32, CharSet)> = Vec::new();
        for &position in &repeated {
            let Symbol::Set(own) = &self.symbols[position] else {
                continue;
            };
            let mut chain = (position, 1, own.clone());
            for (before, length, shared) in &chains {
                let common = shared.intersection(own);
                if length + 1 > chain.1
                    && !common.is_empty()
                    && let Some(taken) = self.reaches(*before, position, common, &edges)
                {
                    chain = (position, length + 1, taken);
                }
            }
            if chain.1 > 1
                && best.is_none_or(|(length, _)| chain.1 > length)
                && let Some(c) = chain.2.sample()
            {
                best = Some((chain.1, c));
            }
            chains.push(chain);
        }
        best.map(|(length, c)| Ambiguity::Polynomial(c, length))
    }

    /// The characters of which a run leads from one position to the other, of these.
    fn reaches(
        &self,
        from: usize,
        to: usize,
        common: CharSet,
        edges: &[Vec<(usize, u32)>],
    ) -> Option<CharSet> {
        let mut seen = vec![false; self.symbols.len()];
        let mut waiting = vec![(from, common)];
        while let Some((position, taken)) = waiting.pop() {
            for &(next, _) in &edges[position] {
                if next == to {
                    return Some(taken);
                }
                let Symbol::Set(set) = &self.symbols[next] else {
                    continue;
                };
                let taken = taken.intersection(set);
                if !taken.is_empty() && next > from && !std::mem::replace(&mut seen[next], true) {
                    waiting.push((next, taken));
                }
            }
        }
        None
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

/// The strongly connected component of each node (Tarjan, without recursion).
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let size = edges.len();
    let (mut index, mut low, mut component) = (vec![NEW; size], vec![0; size], vec![NEW; size]);
    let mut stack: Vec<usize> = Vec::new();
    let (mut next_index, mut next_component) = (0, 0);
    for root in 0..size {
        if index[root] != NEW {
            continue;
        }
        let mut calls: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                index[node] = next_index;
                low[node] = next_index;
                next_index += 1;
                stack.push(node);
            }
            if let Some(&target) = edges[node].get(edge) {
                calls.push((node, edge + 1));
                if index[target] == NEW {
                    calls.push((target, 0));
                } else if component[target] == NEW {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    component[member] = next_component;
                    if member == node {
                        break;
                    }
                }
                next_component += 1;
            }
            if let Some(&(caller, _)) = calls.last() {
                low[caller] = low[caller].min(low[node]);
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::{super::pattern::parse, *};

    fn judged(text: &str) -> Option<Ambiguity> {
        ambiguity(&parse(text, Default::default()).unwrap(), false)
    }

    fn is_exponential(text: &str) -> bool {
        matches!(judged(text), Some(Ambiguity::Exponential(_)))
    }

    #[test]
    fn exponential_patterns() {
        for bad in [
            r"^([A-Za-z]+\s?)+$",
            r"^(a+)+$",
            r"(a*)*b",
            r"^(a|a)*$",
            r"^(a|aa)+$",
            r"(\s|\n)+x",
            r#""(?:\\.|[^"])*""#,
            r"^(\w+\s*)*:$",
            r"(?:a|b|ab)*c",
            r"^(?:\s*\w+\s*)+$",
            r"(x+x+)+y",
            r"(?=(a+)+$)b",
            r"((a+)+b)+",
            r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
        ] {
            assert!(is_exponential(bad), "{bad}");
        }
    }

    #[test]
    fn patterns_that_are_not_exponential() {
        for good in [
            r"^[A-Z]{2,4}-\d{6}$",
            r"https://[\w.-]+(?:/[\w./-]*)?",
            r#""(?:\\.|[^"\\])*""#,
            r"^(\w+\s)+$",
            r"(a+)+",
            r"(a+)+.*",
            r"(\w+)+\b",
            r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$",
            r"^(?:(?!--)[a-z-])+$",
            r"(\b\w+\b\s*)+$",
            r"^\d{1,3}(,\d{3})*(\.\d+)?$",
            r"^(a{2})*$",
            r"^[\w.+-]+@[\w-]+\.[\w.-]+$",
            r"^(?:[a-z]+/)*[a-z]+$",
        ] {
            assert!(!is_exponential(good), "{good}: {:?}", judged(good));
        }
    }

    #[test]
    fn neighbours_that_overlap() {
        assert_eq!(judged(r"^\s*(.*?)\s*$"), None);
        assert_eq!(judged(r"^\d+\d+$"), Some(Ambiguity::Polynomial('0', 2)));
        assert_eq!(judged(r"^a*a*a*b$"), Some(Ambiguity::Polynomial('a', 3)));
        assert_eq!(judged(r"^\s+x\s+$"), None);
        assert_eq!(judged(r"^\w+-\w+$"), None);
    }

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

    #[test]
    fn large_patterns_end() {
        let wide = format!("({})+$", vec!["[a-z]+"; 200].join("|"));
        let _ = judged(&wide);
        let deep = "(".repeat(50) + "a" + &"+)".repeat(50) + "$";
        assert!(is_exponential(&deep));
        assert_eq!(judged("(((a{60}){60}){60}){60}"), None);
    }
}
