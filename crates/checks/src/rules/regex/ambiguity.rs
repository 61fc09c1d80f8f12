//! How ambiguous an automaton is.
//!
//! Exponentially many ways exist exactly where a state can return to itself on the same text along two different paths (Weber and Seidl, "On the degree of
//! ambiguity of finite automata", 1991).

use super::{
    automaton::{Automaton, Symbol},
    charset::CharSet,
    pattern::{Node, Pattern},
};

/// Most pairs of edges looked at in one search.
const MAX_WORK: usize = 2_000_000;

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

impl Automaton {
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
    fn large_patterns_end() {
        let wide = format!("({})+$", vec!["[a-z]+"; 200].join("|"));
        let _ = judged(&wide);
        let deep = "(".repeat(50) + "a" + &"+)".repeat(50) + "$";
        assert!(is_exponential(&deep));
        assert_eq!(judged("(((a{60}){60}){60}){60}"), None);
    }
}
