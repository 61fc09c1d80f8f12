//! Texts made to be too deep or too large: no overflow, no panic, no long wait.

use std::time::{Duration, Instant};

use clearance_python::ir::ModuleIr;

use super::lower;

/// Far more than any of these takes even in a debug build on a busy machine; quadratic work takes minutes.
const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
fn survives(text: &str) -> ModuleIr {
    let start = Instant::now();
    let module = lower(text);
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    module
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("x = {}{inner}{}\n", open.repeat(depth), close.repeat(depth))
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn long_chains_are_lowered_whole() {
    for text in [
        nested("1+", "1", "", 100_000),
        nested("", "a", ".b", 100_000),
        nested("", "f", "()", 100_000),
        nested("not ", "a", "", 100_000),
        nested("-", "1", "", 100_000),
        nested("(", "1", ")", 50_000),
        format!("if {} a: pass\n", "not ".repeat(50_000)),
        format!("x = {}1\n", "a = ".repeat(50_000)),
        nested("lambda: ", "1", "", 20_000),
        format!("@d\n{}def f(): pass\n", "@d\n".repeat(20_000)),
    ] {
        assert_eq!(survives(&text).truncated, None, "{}", &text[..40]);
    }
}

#[test]
fn what_is_too_deep_is_given_up() {
    for (open, inner, close) in [
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("2**", "1", ""),
        ("a if b else ", "c", ""),
        ("(a := ", "1", ")"),
        ("(yield ", "1", ")"),
        ("[1 for x in ", "y", "]"),
        ("[", "1", " for x in y]"),
        ("(a or (b and ", "c", "))"),
        ("[(a := 1), ", "1", " for x in y]"),
    ] {
        let module = survives(&nested(open, inner, close, 30_000));
        assert_eq!(module.truncated, Some("too deeply nested"), "{open}");
    }
    survives(&format!("{}x{} = y\n", "(".repeat(30_000), ",)".repeat(30_000)));
    survives(&format!("del {}x{}\n", "(".repeat(30_000), ",)".repeat(30_000)));
    survives(&format!("match a:\n case {}x{}: pass\n", "[".repeat(30_000), "]".repeat(30_000)));
    survives(&nested("[", "", "", 30_000));
    survives(&nested("(", "", "", 30_000));
    survives(&nested("f'{", "", "", 500));
}

#[test]
fn nested_statements() {
    let nest = |header: &str, depth: usize| {
        lines(depth, |i| "\t".repeat(i) + header + "\n") + &"\t".repeat(depth) + "pass\n"
    };
    survives(&nest("if a:", 3_000));
    survives(&nest("while a:", 1_000));
    survives(&nest("for x in y:", 1_000));
    survives(&nest("def f(a):", 1_000));
    survives(&nest("class A:", 1_000));
    survives(&nest("with a as b:", 1_000));
    survives(&lines(300, |i| format!("{0}try: a()\n{0}finally:\n", "\t".repeat(i))));
    survives(&lines(1_000, |i| format!("{0}if a: pass\n{0}else:\n", "\t".repeat(i))));
}

#[test]
fn finally_inside_finally_does_not_multiply() {
    let levels = lines(60, |i| {
        let tabs = "\t".repeat(i + 2);
        format!(
            "{tabs}try:\n{tabs}\tif a: return 1\n{tabs}\telif b: break\n{tabs}\telse: continue\n{tabs}finally:\n"
        )
    });
    let module = survives(&format!("def f():\n\tfor x in y:\n{levels}{}g()\n", "\t".repeat(62)));
    assert!(module.blocks.len() < 20_000, "{}", module.blocks.len());
    let large = "\t\tg(1, 2, 3)\n".repeat(5_000);
    let module = survives(&format!("def f():\n\ttry:\n\t\tif a: return 1\n\t\tb()\n\tfinally:\n{large}"));
    assert!(module.insts.len() < 150_000, "{}", module.insts.len());
}

#[test]
fn many_branches_and_variables() {
    let all = |count: usize| (0..count).map(|i| format!("x{i}")).collect::<Vec<_>>().join(", ");
    let start = lines(2_000, |i| format!(" x{i} = 0\n"));
    let body = |step: &dyn Fn(usize) -> String| {
        format!("def f(c):\n{start}{} return {}\n", lines(20_000, step), all(2_000))
    };
    for text in [
        body(&|_| " if c: pass\n".to_owned()),
        body(&|i| format!(" if c: x{} = 1\n", i % 2_000)),
        body(&|i| format!(" while c: x{} += 1\n", i % 2_000)),
        body(&|i| format!(" try: x{0} = g()\n except E: x{0} = 1\n", i % 2_000)),
    ] {
        assert_eq!(survives(&text).truncated, None);
    }
    let elif = |step: &dyn Fn(usize) -> String| {
        format!("def f(a):\n if a: x = 0\n{} return x\n", lines(20_000, step))
    };
    assert_eq!(survives(&elif(&|i| format!(" elif a == {i}: x = {i}\n"))).truncated, None);
    // Merging 20,000 variables at joins of 20,000 edges is not tried.
    let truncated = Some("too many merges of variables");
    assert_eq!(survives(&elif(&|i| format!(" elif a == {i}: x{i} = {i}\n"))).truncated, truncated);
    let text = format!(
        "def f():\n try:\n{} except E: pass\n return {}\n",
        lines(10_000, |i| format!("  x{i} = g()\n")),
        all(10_000)
    );
    assert_eq!(survives(&text).truncated, truncated);
    let text = format!(
        "def f():\n while a:\n{} return {}\n",
        lines(10_000, |i| format!("  x{i} = 1\n  if c: break\n")),
        all(10_000)
    );
    assert_eq!(survives(&text).truncated, truncated);
    let text =
        format!("def f({0}):\n if {1}: pass\n return {0}\n", all(5_000), all(5_000).replace(", ", " and "));
    assert_eq!(survives(&text).truncated, truncated);
}

#[test]
fn wide_texts() {
    survives(&format!("x = {}\n", vec!["a"; 50_000].join(" or ")));
    survives(&format!("x = {}\n", vec!["a"; 50_000].join(" < ")));
    survives(&format!("if {}: pass\n", vec!["a"; 50_000].join(" < ")));
    survives(&format!("x = [1 for x in y {}]\n", "if x ".repeat(30_000)));
    survives(&format!("x = [1 {}]\n", "for x in y ".repeat(30_000)));
    survives(&format!("match a:\n case {}: pass\n", vec!["1"; 50_000].join(" | ")));
    survives(&format!(
        "def f():\n global {}\n",
        (0..50_000).map(|i| format!("x{i}")).collect::<Vec<_>>().join(", ")
    ));
    survives(&format!(
        "class A[{}]: pass\n",
        (0..20_000).map(|i| format!("T{i}")).collect::<Vec<_>>().join(", ")
    ));
    survives(&format!("x = '{}'\n", "# nosec ".repeat(100_000)));
    survives(&format!("x = [\n{}]\n", "1, # nosec\n".repeat(30_000)));
    survives(&format!("{}# nosec\n", "x; ".repeat(50_000)));
    survives(&"\\".repeat(100_000));
    survives(&"if def class for :\n".repeat(10_000));
    survives(&")(*&^%$#@!".repeat(10_000));
}

#[test]
fn functions_see_their_surroundings_however_deep() {
    let depth = 200;
    let defs = lines(depth, |i| format!("{}def f{i}(a{i}):\n", " ".repeat(i)));
    let names = (0..depth).map(|i| format!("a{i}")).collect::<Vec<_>>().join(", ");
    let module = survives(&format!("{defs}{}return {names}, b\n", " ".repeat(depth)));
    let free =
        module.insts.iter().filter(|inst| matches!(inst.op, clearance_python::ir::Op::Free(_))).count();
    assert_eq!(free, depth - 1);
}
