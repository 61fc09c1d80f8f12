//! What the syntax alone tells: comments, long statements, exports, docstrings, errors, notebooks.

use clearance_python::ir::{FactKind, HandlerBody, ModuleIr, Op};
use clearance_python::{Input, lower_module, verify};

use super::{listing, lower};

/// The comments as (text, text of the statement, on its own line).
fn comments(text: &str) -> Vec<(&str, &str, bool)> {
    let module = lower(text);
    let slice =
        |range: clearance_python::TextRange| &text[usize::from(range.start())..usize::from(range.end())];
    module
        .comments
        .iter()
        .map(|comment| (slice(comment.range), slice(comment.statement), comment.own_line))
        .collect()
}

fn exports(text: &str) -> Option<Vec<String>> {
    let module = lower(text);
    module.exports.as_ref().map(|names| names.iter().map(|name| module.name(*name).to_owned()).collect())
}

fn count(module: &ModuleIr, wanted: impl Fn(Op) -> bool) -> usize {
    module.insts.iter().filter(|inst| wanted(inst.op)).count()
}

#[test]
fn comments_belong_to_the_statement_on_their_line() {
    let text = "x = 1  # nosec\ny = 2\n";
    assert_eq!(comments(text), [("# nosec", "x = 1", false)]);
}

#[test]
fn comments_inside_brackets_belong_to_the_whole_statement() {
    let text = "x = {\n    'a': 1,  # NOSEC B105\n    # noqa\n}\n";
    let statement = "x = {\n    'a': 1,  # NOSEC B105\n    # noqa\n}";
    assert_eq!(comments(text), [("# NOSEC B105", statement, false), ("# noqa", statement, true)]);
}

#[test]
fn comments_after_a_string_of_several_lines_belong_to_it() {
    let text = "q = '''\nselect\n'''  # noqa: S608\n";
    assert_eq!(comments(text), [("# noqa: S608", "q = '''\nselect\n'''", false)]);
}

#[test]
fn comments_on_headers_belong_to_the_header() {
    let text = "@d\ndef f(\n    a,  # noqa\n) -> int:  # nosec\n    return a\nwith a as b:  # pragma: no cover\n    pass\n";
    let header = "@d\ndef f(\n    a,  # noqa\n) -> int:";
    assert_eq!(
        comments(text),
        [
            ("# noqa", header, false),
            ("# nosec", header, false),
            ("# pragma: no cover", "with a as b:", false),
        ]
    );
}

#[test]
fn comments_on_headers_of_clauses() {
    let text =
        "try:\n    f()\nexcept E as e:  # noqa\n    pass\nif a:\n    b\nelif (\n  c\n  ): # nosec\n    d\n";
    assert_eq!(
        comments(text),
        [("# noqa", "except E as e:", false), ("# nosec", "elif (\n  c\n  ):", false)]
    );
}

#[test]
fn comments_on_their_own_line_belong_to_the_statement_below() {
    let text = "x = 1\n\n# clearance: accept[a] because\n# (more)\ny = 2\n# nosem\n";
    assert_eq!(
        comments(text),
        [("# clearance: accept[a] because", "y = 2", true), ("# nosem", "# nosem", true)]
    );
}

#[test]
fn the_smaller_statement_on_a_line_wins() {
    assert_eq!(comments("if abcdef: g()  # nosec\n"), [("# nosec", "g()", false)]);
}

#[test]
fn only_comments_with_a_marker_are_kept() {
    let text = "a = '# nosec'\nb = 1 # nothing\nc = '#'  # codeql[py/x]\nd = 1 # lgtm[x]\ne = 1 # gitleaks:allow\nf = 1 #ruff: noqa\n\
                g = 1 # not sec\nh = 1 # trufflehog:ignore\ni = 1 # flake8: x\nj = f'{1}# nosec'\n";
    let found: Vec<&str> = comments(text).into_iter().map(|comment| comment.0).collect();
    assert_eq!(
        found,
        [
            "# codeql[py/x]",
            "# lgtm[x]",
            "# gitleaks:allow",
            "#ruff: noqa",
            "# trufflehog:ignore",
            "# flake8: x"
        ]
    );
}

#[test]
fn long_statements_are_simple_ones_and_headers() {
    let text = "x = (1,\n 2)\nif (a and\n    b):\n    c\ny = 1\nclass A(\n  B\n  ):\n  z = '''\n'''\n";
    let module = lower(text);
    let mut found: Vec<&str> = module
        .long_statements
        .iter()
        .map(|range| &text[usize::from(range.start())..usize::from(range.end())])
        .collect();
    found.sort_unstable();
    assert_eq!(found, ["class A(\n  B\n  ):", "if (a and\n    b):", "x = (1,\n 2)", "z = '''\n'''"]);
}

#[test]
fn exports_follow_literals() {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(exports("x = 1\n"), None);
    assert_eq!(exports("__all__ = ['a', 'b']\n"), names(&["a", "b"]));
    assert_eq!(exports("__all__: list[str] = ('a',)\n__all__ += ['b']\n"), names(&["a", "b"]));
    assert_eq!(
        exports("__all__ = ['a'] + ['b']\n__all__.extend(['c'])\n__all__.append('d')\n"),
        names(&["a", "b", "c", "d"])
    );
    assert_eq!(exports("__all__ = ['a', 'b']\n__all__.remove('a')\n"), names(&["b"]));
    assert_eq!(exports("__all__ = ['a']\n__all__ += other.__all__\n"), None);
    assert_eq!(exports("__all__ = [name for name in x]\n"), None);
    assert_eq!(exports("def f():\n    __all__ = ['a']\n"), None);
}

#[test]
fn docstrings_are_kept_and_not_lowered() {
    let module = lower("'''m'''\nclass A:\n    'c' 'd'\n    def f(self):\n        \"f\"\n        'no'\n");
    let docstrings: Vec<Option<&str>> =
        module.functions.iter().map(|function| function.docstring.map(|text| module.text(text))).collect();
    assert_eq!(docstrings, [Some("m"), Some("cd"), Some("f")]);
    assert_eq!(count(&module, |op| matches!(op, Op::Str(_))), 1);
}

#[test]
fn imports_say_what_they_bind() {
    let module =
        lower("import a.b, c.d as e\nfrom .. import f\nfrom .g.h import i as j, k\nfrom l import *\n");
    let shown: Vec<String> = module
        .imports
        .iter()
        .map(|import| {
            format!(
                "{} {} {:?} {}",
                import.level,
                module.text(import.module),
                import.what,
                module.name(import.bound)
            )
        })
        .collect();
    let member = |name: &str| format!("Member({:?})", module.names.find(name).unwrap());
    assert_eq!(
        shown,
        [
            "0 a.b Top a".to_owned(),
            "0 c.d Module e".to_owned(),
            format!("2  {} f", member("f")),
            format!("1 g.h {} j", member("i")),
            format!("1 g.h {} k", member("k")),
            "0 l Star *".to_owned(),
        ]
    );
    assert_eq!(count(&module, |op| matches!(op, Op::StoreName { .. })), 5);
}

#[test]
fn handlers_say_what_their_body_amounts_to() {
    let text = "for x in y:\n    try:\n        f()\n    except A:\n        pass\n    except B:\n        'why'; ...\n    except C:\n        \
                continue\n    except D:\n        g()\n";
    let module = lower(text);
    let bodies: Vec<HandlerBody> = module
        .facts
        .iter()
        .filter_map(|fact| match fact.kind {
            FactKind::Handler { body, .. } => Some(body),
            FactKind::Assert(_) => None,
        })
        .collect();
    assert_eq!(bodies, [HandlerBody::Pass, HandlerBody::Pass, HandlerBody::Continue, HandlerBody::Other]);
}

#[test]
fn what_parses_around_an_error_is_lowered() {
    let module = lower("a = f(1)\nprint 'x' % a\nb = (\nc = g(2)\ndef h(:\n    return 3\n");
    assert!(!module.errors.is_empty());
    assert!(module.truncated.is_none());
    assert!(count(&module, |op| matches!(op, Op::Call { .. })) >= 2, "{}", listing(&module));
}

#[test]
fn new_syntax_is_no_error() {
    let text = "type A = int\nmatch a:\n    case 1: pass\nexcept_ = t'{a}'\ntry: f()\nexcept A, B: pass\nx = f'{'a'}'\n";
    assert!(lower(text).errors.is_empty(), "{:?}", lower(text).errors);
}

#[test]
fn broken_functions_still_hang_together() {
    for text in [
        "def f(a, a, *, **k): return a",
        "return 1\nyield 2\nbreak\ncontinue\nawait x",
        "class A:\n    nonlocal x\n    x = 1",
        "def f(x):\n    global x\n    x = 1\n    return x",
        "1 = x\nf() = y\ndel 1\nfor 1 in x: pass\nwith a as 1: pass",
        "x = [*a for b in c]\n{**a for b in c}\n{**a: b for c in d}",
        "match x:\n    case a: pass\n    case a.b: pass\n    case -1+2j: pass\n    case {**a, 'b': c}: pass",
        "try:\n    pass\n",
        "try:\n    a\nexcept\nfinally\n",
        "lambda x, x: (yield)",
        "f'{a!x:{b'\nf'{'",
        "@\ndef f(): pass\n@a\nx = 1",
        "def f():\n    raise E\n    try:\n        return\n    except:\n        g()\n    else:\n        h()\n",
        "if\nelif\nelse\nwhile\nfor in\nwith\n",
        "(a := 1) = 2\n[b := 2]\ndef f(c := 3): pass",
        "\u{feff}x = 1",
        "\0",
        "",
    ] {
        let module = lower(text);
        assert!(module.truncated.is_none(), "{text}");
    }
}

#[test]
fn notebooks_have_cells_and_magics() {
    let text = "%matplotlib inline\nx = 1\n!ls $x\ndef f(\ny = x\n";
    // The unfinished definition is a cell of its own.
    let cells = [(0, 24), (25, 31), (32, 38), (39, 44)];
    let cells = cells.map(|(start, end): (u32, u32)| (start, end.min(text.len() as u32)));
    let module = lower_module(Input { text, cells: Some(&cells), notebook: true });
    assert_eq!(verify(&module), Ok(()));
    assert_eq!(count(&module, |op| op == Op::Unknown), 2, "{}", listing(&module));
    // Cells that do not fit the text are not believed.
    for cells in [&[(0, 1000)][..], &[(5, 3)], &[(0, 10), (5, 20)], &[(0, 3), (9, 12)]] {
        let module = lower_module(Input { text, cells: Some(cells), notebook: true });
        assert_eq!(verify(&module), Ok(()));
    }
}

#[test]
fn a_panic_of_the_parser_costs_little() {
    // Version 0.0.10 of the parser panics on this where IPython syntax is allowed.
    let module = lower_module(Input { text: "a = f(1)\n('','']\n;", cells: None, notebook: true });
    assert_eq!(verify(&module), Ok(()));
    assert_eq!(module.truncated, Some("the parser failed"));
    assert!(!module.errors.is_empty());
    assert_eq!(count(&module, |op| matches!(op, Op::Call { .. })), 1);
}

#[test]
fn ranges_are_those_of_the_text() {
    let text = "\u{feff}é = 'ü'; f(é)\n";
    let module = lower(text);
    for inst in &module.insts {
        assert!(text.get(usize::from(inst.range.start())..usize::from(inst.range.end())).is_some());
    }
}
