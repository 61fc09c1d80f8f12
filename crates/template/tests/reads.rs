//! What is made of templates, sound and hostile.

use clearance_template::{Context, Delimiters, Expr, MarkKind, Node, Output, parse, parse_with, slice};

/// Every output, in order, with the text of its place.
fn outputs(text: &str) -> Vec<(Output, String)> {
    fn walk(nodes: &[Node], found: &mut Vec<Output>) {
        for node in nodes {
            match node {
                Node::Output(output) => found.push(output.clone()),
                Node::For { body, otherwise, .. } => {
                    walk(body, found);
                    walk(otherwise, found);
                }
                Node::Branches(branches) => branches.iter().for_each(|branch| walk(branch, found)),
                Node::Capture { body, .. }
                | Node::With { body, .. }
                | Node::Block { body, .. }
                | Node::Macro { body, .. }
                | Node::Call { body, .. } => walk(body, found),
                Node::Set { .. }
                | Node::Extends(_)
                | Node::Include { .. }
                | Node::Import { .. }
                | Node::From { .. } => {}
            }
        }
    }
    let template = parse(text);
    let mut found = Vec::new();
    walk(&template.nodes, &mut found);
    found
        .into_iter()
        .map(|output| {
            let (start, end) = template.places[output.place as usize];
            (output, text[start as usize..end as usize].to_owned())
        })
        .collect()
}

fn shown(text: &str) -> String {
    outputs(text).iter().map(|(output, _)| written(&output.value)).collect::<Vec<_>>().join("; ")
}

/// An expression, short.
fn written(expr: &Expr) -> String {
    let all = |all: &[Expr]| all.iter().map(written).collect::<Vec<_>>().join(", ");
    match expr {
        Expr::Name(name) => name.to_string(),
        Expr::Attr(base, name) => format!("{}.{name}", written(base)),
        Expr::Item(base, key) => format!("{}[{}]", written(base), written(key)),
        Expr::Call(callee, args) => format!("{}({})", written(callee), arguments(args)),
        Expr::Filter(value, name, args) if args.is_empty() => format!("{}|{name}", written(value)),
        Expr::Filter(value, name, args) => format!("{}|{name}({})", written(value), arguments(args)),
        Expr::Str(text) => format!("{text:?}"),
        Expr::Plain => "#".to_owned(),
        Expr::Any(parts) => format!("any({})", all(parts)),
        Expr::Concat(parts) => format!("concat({})", all(parts)),
        Expr::List(parts) => format!("[{}]", all(parts)),
        Expr::Dict(parts) => {
            let pairs: Vec<_> =
                parts.iter().map(|(key, value)| format!("{}: {}", written(key), written(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Expr::Unknown => "?".to_owned(),
    }
}

fn arguments(args: &[clearance_template::Arg]) -> String {
    let one = |arg: &clearance_template::Arg| match &arg.name {
        Some(name) => format!("{name}={}", written(&arg.value)),
        None => written(&arg.value),
    };
    args.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn expressions() {
    for (text, expected) in [
        ("{{ a.b.0|safe }}", "a.b.0|safe"),
        ("{{- a['b'] -}}", "a[\"b\"]"),
        ("{{ a|default:\"x y\"|safe }}", "a|default(\"x y\")|safe"),
        ("{{ a|default(b.c, true)|e }}", "a|default(b.c, #)|e"),
        ("{{ a|date:b.c }}", "a|date(b.c)"),
        ("{{ a ~ '<b>' ~ b|safe }}", "concat(a, \"<b>\", b|safe)"),
        ("{{ (a ~ b)|safe }}", "concat(a, b)|safe"),
        ("{{ a if b is defined else c }}", "any(a, c)"),
        ("{{ a if b }}", "a"),
        ("{{ a or b and not c }}", "any(a, b, #)"),
        ("{{ a == 1 }}", ""),
        ("{{ a not in b }}", ""),
        ("{{ a is not divisibleby 3 }}", ""),
        ("{{ a - 1 }}", ""),
        ("{{ f(a, *b, c=d.e) }}", "f(a, b, c=d.e)"),
        ("{{ {'a': b, \"c\": [d, (e, f)]} }}", "{\"a\": b, \"c\": [d, [e, f]]}"),
        ("{{ a[1:2] }}", "a"),
        ("{{ _('a') }}", "_(\"a\")"),
        ("{{ '}}' ~ a }}", "concat(\"}}\", a)"),
        ("{{! a }}", "a"),
        ("{# {{ a }} #}{{ b }}", "b"),
        ("{% raw %}{{ a }}{% endraw %}{{ b }}", "b"),
        ("{% comment %}{{ a }}{% endcomment %}{{ b }}", "b"),
        ("{{ a.b('c').d }}", "a.b(\"c\").d"),
        ("{{ é|safe }}", "é|safe"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn places_and_escaping() {
    let text = "<p>{{ a }}</p>\n{% autoescape off %}<a href={{ b }}>{% endautoescape %}\n<script>x = {{ c|safe }};</script>";
    let found = outputs(text);
    let seen: Vec<_> =
        found.iter().map(|(output, code)| (code.as_str(), output.context, output.escape)).collect();
    assert_eq!(
        seen,
        [
            ("{{ a }}", Context::Text, None),
            ("{{ b }}", Context::Unquoted, Some(false)),
            ("{{ c|safe }}", Context::Script, None),
        ]
    );
}

#[test]
fn tags_hold_what_is_in_them() {
    let template = parse(
        "{% extends 'base.html' %}{% from \"m.html\" import row as line, cell %}{% import 'n.html' as n with context %}\
         {% block body %}{% for a, b in c.items() %}{{ a }}{% else %}{{ d }}{% endfor %}{% endblock body %}\
         {% with e=f g=h.i|upper %}{{ e }}{% endwith %}{% with j.k as l %}{{ l }}{% endwith %}\
         {% set m, o = p %}{% set q %}{{ r }}{% endset %}{% macro s(t, u='v') %}{{ t }}{% endmacro %}\
         {% call(x) s(y) %}{{ x }}{% endcall %}{% include \"a.html\" with b=c only %}{% include ['d.html', 'e.html'] ignore missing %}\
         {% if a %}{{ b }}{% elif c %}{{ d }}{% else %}{{ e }}{% endif %}{% blocktrans with w=z.a count n=b|length %}{{ w }}{% endblocktrans %}",
    );
    assert!(template.problems.is_empty(), "{:?}", template.problems);
    assert_eq!(
        template.takes.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["base.html", "m.html", "n.html", "a.html", "d.html", "e.html"]
    );
    let mut nodes = template.nodes.iter();
    assert!(matches!(nodes.next(), Some(Node::Extends(_))));
    assert!(
        matches!(nodes.next(), Some(Node::From { names, .. }) if names.len() == 2 && &*names[0].1 == "line")
    );
    assert!(matches!(nodes.next(), Some(Node::Import { target, .. }) if &**target == "n"));
    match nodes.next() {
        Some(Node::Block { name, body }) => {
            assert_eq!(&**name, "body");
            assert!(matches!(&body[0], Node::For { targets, body, otherwise, .. }
                if targets.len() == 2 && body.len() == 1 && otherwise.len() == 1));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(nodes.next(), Some(Node::With { bindings, .. }) if bindings.len() == 2));
    assert!(matches!(nodes.next(), Some(Node::With { bindings, .. }) if &*bindings[0].0 == "l"));
    assert!(matches!(nodes.next(), Some(Node::Set { targets, .. }) if targets.len() == 2));
    assert!(matches!(nodes.next(), Some(Node::Capture { .. })));
    assert!(matches!(nodes.next(), Some(Node::Macro { params, .. }) if params.len() == 2));
    assert!(matches!(nodes.next(), Some(Node::Call { .. })));
    assert!(matches!(nodes.next(), Some(Node::Include { bindings, only: true, .. }) if bindings.len() == 1));
    assert!(matches!(nodes.next(), Some(Node::Include { only: false, .. })));
    assert!(matches!(nodes.next(), Some(Node::Branches(branches)) if branches.len() == 3));
    assert!(matches!(nodes.next(), Some(Node::Set { .. })));
    assert!(matches!(nodes.next(), Some(Node::Set { .. })));
    assert!(matches!(nodes.next(), Some(Node::Output(_))));
    assert!(nodes.next().is_none());
}

#[test]
fn what_is_risky() {
    for (text, risky) in [
        ("<p>{{ a }}</p>", false),
        ("<p>{{ a|safe }}</p>", true),
        ("<p>{{ 'a'|safe }}</p>", true),
        ("{% autoescape false %}{{ a }}{% endautoescape %}", true),
        ("{% autoescape false %}{% endautoescape %}{{ a }}", false),
        ("<p title={{ a }}>", true),
        ("<p title=\"{{ a }}\">", false),
        ("<script>{{ a }}</script>", true),
        ("<script>var a = '{{ a }}'</script>", false),
    ] {
        assert_eq!(parse(text).is_risky, risky, "{text}");
    }
}

#[test]
fn hostile_texts_end() {
    let many = 100_000;
    for text in [
        "{{".repeat(many),
        "{{ ' }}".repeat(many),
        "{{ \"".repeat(many),
        "{#".repeat(many),
        "{##}".repeat(many),
        "{% raw %}".repeat(many),
        "{% if a %}".repeat(many),
        "{% for a in b %}{{ a }}".repeat(many / 4),
        "{% endif %}".repeat(many),
        format!("{{{{ {} }}}}", "(".repeat(many)),
        format!("{{{{ {} }}}}", "[".repeat(many)),
        format!("{{{{ a{} }}}}", "|b".repeat(many)),
        format!("{{{{ a{} }}}}", ".b".repeat(many)),
        format!("{{{{ a|b:c{} }}}}", ".b".repeat(many)),
        format!("{{{{ {} a }}}}", "not ".repeat(many)),
        format!("{{{{ {} a }}}}", "- ".repeat(many)),
        format!("{{{{ {}a }}}}", "a ~ ".repeat(many)),
        format!("{{{{ {} }}}}", "a if b else ".repeat(many)),
        format!("{{% with {} %}}", "a=b ".repeat(many)),
        format!("{{% trans {} %}}", "a=b ".repeat(many)),
        format!("{{% set {} = 1 %}}", "a, ".repeat(many)),
        format!("<{}", "a".repeat(many)),
        "<script>'".repeat(many),
        "<!--".repeat(many),
        "{".repeat(many * 30),
        "<a b=c>".repeat(many),
        format!("<a {}", "b=c ".repeat(many)),
        format!("<a {}", "{% if a %}b=c".repeat(many / 4)),
        "<a b='{% if a %}c'{% else %}d'{% endif %}>".repeat(many / 4),
        "{% autoescape off %}{% block a %}".repeat(many / 4),
        "{% macro m(a) %}<form>{{ m(a) }}".repeat(many / 4),
        "<style></style".repeat(many),
        "{# nosec ".repeat(many),
        "{# nosec #}<!-- noqa -->".repeat(many),
        format!("{{% url {} %}}", "a as b ".repeat(many)),
    ] {
        let template = parse(&text);
        assert!(template.problems.len() <= 8);
    }
}

/// Texts put together at random from what templates are made of.
#[test]
fn random_texts_end() {
    const PARTS: &[&str] = &[
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        " a",
        ".b",
        "|safe",
        "|",
        "(",
        ")",
        "[",
        "]",
        "'",
        "\"",
        "\\",
        " if ",
        " else ",
        " for ",
        " in ",
        "endfor",
        " block ",
        " macro ",
        "endmacro",
        "set ",
        "=",
        ",",
        ":",
        "~",
        "-",
        "<a href=",
        "<script>",
        "</script>",
        ">",
        "é",
        "\u{1F600}",
        "\n",
        "raw",
        "endraw",
        "with ",
        "include ",
        "extends ",
        "from ",
        "import ",
        "!",
        "*",
        "not ",
        "is ",
        "{",
        "}",
        "<!--",
        "-->",
        "1",
        ".",
        "only",
        "trans ",
        "call ",
        "autoescape off",
        "\0",
    ];
    let mut state: u64 = 0x2545_F491_4F6C_DD1D;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..4_000 {
        let mut text = String::new();
        for _ in 0..next() % 60 {
            text.push_str(PARTS[(next() % PARTS.len() as u64) as usize]);
        }
        let template = parse(&text);
        for (start, end) in template.places {
            assert!(text.get(start as usize..end as usize).is_some(), "{text:?}");
        }
        let noise: String = (0..next() % 200).map(|_| char::from((next() % 128) as u8)).collect();
        parse(&noise);
    }
}

/// The start tags with their attributes, as they stand in the text.
fn tags(text: &str) -> Vec<String> {
    let template = parse(text);
    let attribute = |attribute: &clearance_template::Attribute| {
        let mark = if attribute.is_dynamic { "*" } else { "" };
        format!("{}={}{mark}", attribute.name(text), attribute.value(text))
    };
    template
        .elements
        .iter()
        .map(|element| {
            let attributes: Vec<String> = element.attributes.iter().map(attribute).collect();
            format!(
                "{}[{}]{}",
                element.name,
                attributes.join(" "),
                if element.is_open_ended { "…" } else { "" }
            )
        })
        .collect()
}

#[test]
fn start_tags() {
    assert_eq!(tags("<p>a</p><a HREF=\"x\" target=_blank hidden>"), ["a[HREF=x target=_blank hidden=]"]);
    assert_eq!(tags("<a href = 'x' b=\"{{ c }}\">"), ["a[href=x b={{ c }}*]"]);
    assert_eq!(tags("<a {{ attributes }} b=1>"), ["a[b=1]…"]);
    assert_eq!(tags("<form method=post></form >"), ["form[method=post]", "/form[]"]);
    assert_eq!(
        tags("<a href=x {% if a %}rel=\"noopener\"{% else %}rel=\"x\"{% endif %}>"),
        ["a[href=x rel=x rel=noopener]"]
    );
    assert_eq!(tags("<!-- <a href=x> --><script src=a></script>"), ["script[src=a]"]);
    assert_eq!(tags("{# <a href=x> #}{% raw %}<a b={{ c }}>{% endraw %}"), ["a[b={{ c= }}=]"]);
    assert_eq!(tags("<style>a{}</style><script>'<a b=c>'</script>"), ["style[]", "script[]"]);
}

#[test]
fn places_are_exact() {
    let text = "<p>\n  é {{ a }}\n</p>\n<form method=\"post\">\n</form>";
    let template = parse(text);
    assert_eq!(slice(text, template.places[0]), "{{ a }}");
    assert_eq!(slice(text, template.elements[0].range), "<form method=\"post\">");
    assert_eq!(slice(text, template.elements[1].range), "</form>");
}

#[test]
fn tags_that_say_something() {
    let text = "{% autoescape off %}{{ a }}{% endautoescape %}{% block b %}{% csrf_token %}{% endblock %}{% debug %}";
    let marks: Vec<(MarkKind, &str)> =
        parse(text).marks.iter().map(|mark| (mark.kind, slice(text, mark.range))).collect();
    assert_eq!(
        marks,
        [
            (MarkKind::Unescaped, "{% autoescape off %}{{ a }}{% endautoescape %}"),
            (MarkKind::Token, "{% csrf_token %}"),
            (MarkKind::Block, "{% block b %}{% csrf_token %}{% endblock %}"),
            (MarkKind::Debug, "{% debug %}"),
        ]
    );
}

#[test]
fn comments_that_ask_for_something_are_kept() {
    let text = "{# nosec #}a<!-- noqa -->{% comment %} b {% endcomment %}";
    let found: Vec<&str> = parse(text).comments.iter().map(|span| slice(text, *span)).collect();
    assert_eq!(found, ["{# nosec #}", "<!-- noqa -->", " b "]);
    assert!(parse("{# a #}<!-- b -->").comments.is_empty());
}

#[test]
fn other_delimiters() {
    let mut marks = Delimiters::default();
    for (option, mark) in [
        ("block_start_string", "<%"),
        ("block_end_string", "%>"),
        ("variable_start_string", "[["),
        ("variable_end_string", "]]"),
        ("line_statement_prefix", "%%"),
        ("line_comment_prefix", "##"),
    ] {
        assert!(marks.set(option, mark));
    }
    assert!(!marks.set("block_start_string", " "));
    let text =
        "{{ vue }}<% if a %>[[ b|safe ]]<% endif %>\n%% for c in d:\n[[ c ]] ## x\n## [[ f ]]\n%% endfor\n";
    assert!(marks.are_used_in(text));
    assert!(!marks.are_used_in("{{ a }}"));
    let template = parse_with(text, &marks);
    let places: Vec<&str> = template.places.iter().map(|place| slice(text, *place)).collect();
    assert_eq!(places, ["[[ b|safe ]]", "%% for c in d:", "[[ c ]]"]);
    assert!(template.is_risky);
    assert!(matches!(&template.nodes[..], [Node::Branches(_), Node::For { body, .. }] if body.len() == 1));
}

#[test]
fn names_that_tags_bind() {
    let template = parse("{% url 'a' as link %}{% trans 'b' as word %}{% get_it as it %}");
    let bound: Vec<(&str, &Expr)> = template
        .nodes
        .iter()
        .filter_map(|node| match node {
            Node::Set { targets, value, .. } => Some((&*targets[0], value)),
            _ => None,
        })
        .collect();
    assert_eq!(bound, [("link", &Expr::Plain), ("word", &Expr::Plain), ("it", &Expr::Unknown)]);
}
