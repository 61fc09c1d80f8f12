//! Host names in patterns whose dots match any sign.

use clearance_finding::{Confidence, Plane, Rule, Severity};

use super::{
    common::{PATTERN_CALLS, given, is_top_level},
    pattern::Node,
};
use crate::{CallEvent, CodeRule, Cx, Draft, Listen, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "incomplete-hostname-regex",
    title: "The dot of a host name matches any character",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[20, 185, 942],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["py/incomplete-hostname-regexp"],
    effort_minutes: 5,
    audit: false,
    advice: "Write `\\.` for the dots of the host name, or compare the host of the parsed URL with the names that are allowed",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Call(PATTERN_CALLS, check)], paths: &[] };

/// A host name found in a pattern.
#[derive(Debug, Default, PartialEq, Eq)]
struct HostName {
    /// As it would be meant: `cdn.example.com`.
    name: String,
    /// Dots that match anything.
    open_dots: usize,
    /// `//` stands before it.
    after_slashes: bool,
    /// The beginning of the text stands before it.
    anchored: bool,
}

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(given) = given(cx, call) else { return };
    let path = cx.path(call);
    if path.ends_with(".re_path") || path.ends_with(".url") {
        return;
    }
    let extracts = path.starts_with("re.")
        && matches!(cx.callee_name(call), "findall" | "finditer" | "split" | "sub" | "subn");
    let range = cx.range(given.argument);
    let about_hosts = [cx.variable_of(call.value), cx.name_of(given.argument), Some(cx.symbol().as_str())]
        .into_iter()
        .flatten()
        .flat_map(words)
        .any(|word| {
            matches!(
                word.as_str(),
                "host"
                    | "hosts"
                    | "hostname"
                    | "domain"
                    | "domains"
                    | "origin"
                    | "origins"
                    | "cors"
                    | "referer"
            )
        });
    let mut names: Vec<HostName> = Vec::new();
    for (_, pattern) in &given.patterns {
        collect(&pattern.root, &mut names);
    }
    let Some(worst) =
        names.iter().filter(|name| name.open_dots > 0).max_by_key(|name| (name.anchored, name.after_slashes))
    else {
        if !names.is_empty() {
            cx.hold(range, "the dots of its host names are escaped");
        }
        return;
    };
    let example = worst.name.replacen('.', "x", 1);
    let message = format!("The dots of {} match any character: `{example}` passes too", worst.name);
    let anchored = worst.anchored || path.ends_with(".match") || path.ends_with(".fullmatch");
    let (severity, reason) = if extracts {
        (Severity::Info, "the pattern picks pieces out of a text, it does not decide")
    } else if worst.after_slashes && anchored || about_hosts {
        (Severity::Medium, "")
    } else if worst.after_slashes || anchored {
        (Severity::Low, "the name is looked for in a longer text")
    } else {
        (Severity::Info, "it is not evident that the pattern decides about a host")
    };
    cx.report(Draft::new(&RULE, range, message).severity(severity, reason).trail(given.trail));
}

/// The host names in a pattern.
fn collect(node: &Node, names: &mut Vec<HostName>) {
    let mut items: Vec<&Node> = Vec::new();
    flatten(node, &mut items);
    in_sequence(&items, names);
    for item in items {
        match item {
            Node::Alternate(branches) => branches.iter().for_each(|branch| collect(branch, names)),
            Node::Repeat { node, .. } | Node::Look(node) | Node::Atomic(node) => collect(node, names),
            _ => {}
        }
    }
}

/// The items of a sequence; of groups in it, and of optional groups, theirs.
fn flatten<'n>(node: &'n Node, items: &mut Vec<&'n Node>) {
    match node {
        Node::Concat(inner) => inner.iter().for_each(|item| flatten(item, items)),
        Node::Group(inner) => flatten(inner, items),
        Node::Repeat { node, min: 0, max: Some(1), .. } if matches!(**node, Node::Group(_)) => {
            flatten(node, items)
        }
        other => items.push(other),
    }
}

fn in_sequence(items: &[&Node], names: &mut Vec<HostName>) {
    let label = |item: &Node| match item {
        Node::Char { c, .. } if c.is_ascii_alphanumeric() || *c == '-' => Some(*c),
        _ => None,
    };
    let mut at = 0;
    while at < items.len() {
        if label(items[at]).is_none() {
            at += 1;
            continue;
        }
        let start = at;
        let mut name = String::new();
        let mut open_dots = 0;
        loop {
            while let Some(c) = items.get(at).and_then(|item| label(item)) {
                name.push(c);
                at += 1;
            }
            let continues = items.get(at + 1).is_some_and(|item| label(item).is_some());
            match items.get(at) {
                Some(Node::Any { .. }) if continues => open_dots += 1,
                Some(Node::Char { c: '.', .. }) if continues => {}
                _ => break,
            }
            name.push('.');
            at += 1;
        }
        // A repetition takes the last character with it: `com+` is no name.
        let cut = matches!(items.get(at), Some(Node::Repeat { .. })) && !ends_label(items[at]);
        let before = &items[..start];
        // `.` right before the first label: `^.*.example.com`.
        let leading = matches!(before, [_, .., Node::Any { .. }]);
        let labels: Vec<&str> = name.split('.').collect();
        let sound = labels.len() >= 2
            && labels.last().is_some_and(|last| is_top_level(last))
            && labels[labels.len() - 2].len() >= 2
            && labels.iter().all(|label| !label.is_empty());
        if sound && !cut {
            let is_slash = |item: Option<&&Node>| matches!(item, Some(Node::Char { c: '/', .. }));
            let slash = before.iter().rposition(|item| matches!(item, Node::Char { c: '/', .. }));
            names.push(HostName {
                name,
                open_dots: open_dots + usize::from(leading),
                after_slashes: slash.is_some_and(|slash| slash > 0 && is_slash(before.get(slash - 1))),
                anchored: matches!(before.first(), Some(Node::Start)),
            });
        }
        at += 1;
    }
}

/// Whether what follows a label cannot belong to it.
fn ends_label(item: &Node) -> bool {
    match item {
        Node::Repeat { node, .. } => match &**node {
            Node::Char { c, .. } => !c.is_ascii_alphanumeric() && *c != '-',
            Node::Group(_) | Node::Any { .. } => true,
            _ => false,
        },
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pattern::parse, *};

    fn open(text: &str) -> Option<String> {
        let mut names = Vec::new();
        collect(&parse(text, Default::default()).unwrap().root, &mut names);
        names.into_iter().find(|name| name.open_dots > 0).map(|name| name.name)
    }

    #[test]
    fn dots_of_host_names() {
        for (text, name) in [
            ("^https://cdn.example.com/", "cdn.example.com"),
            (r"^https?://(www.)?example\.com", "www.example.com"),
            (r"(a|www.example.org)$", "www.example.org"),
            (r"^.*.example\.com$", "example.com"),
            (r"\.example.com", "example.com"),
        ] {
            assert_eq!(open(text).as_deref(), Some(name), "{text}");
        }
        for text in [
            r"^https://cdn\.example\.com/",
            "a.b",
            "foo.bar",
            r"^example\.com+",
            ".com",
            "import.x",
            r"[^.]*\.com",
            r"x.compile",
        ] {
            assert_eq!(open(text), None, "{text}");
        }
    }
}
