//! `if`, loops and conditions.

use super::check;

#[test]
fn a_condition_refines_the_variables_it_mentions() {
    check(
        r##"
def f(v):
    if v not in ALLOWED:
        abort(400)
    return v
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = global ALLOWED
    v4 = v2 not in v3
    branch v4 b2 b3
  b2: from b1
    v5 = sigma v2 where v4 is true
    v6 = global abort
    v7 = 400
    v8 = call v6(v7)
    jump b4
  b3: from b1
    v9 = sigma v2 where v4 is false
    jump b4
  b4: from b2 b3
    v11 = phi(v5, v9)
    v10 = return v11
    exit
"##,
    );
}

#[test]
fn an_early_return_leaves_one_way() {
    check(
        r##"
def f(v):
    if not ok(v):
        return None
    return v
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = global ok
    v4 = call v3(v2)
    branch v4 b3 b2
  b2: from b1
    v5 = None
    v6 = return v5
    exit
  b3: from b1
    v7 = sigma v2 where v4 is true
    v8 = return v7
    exit
"##,
    );
}

#[test]
fn and_or_not_are_control_flow() {
    check(
        r##"
def f(a, b):
    if a and not (b or c(a)):
        return a
    return b
"##,
        r##"
f1 def f(a, b) in f0
  b1:
    v2 = param 0
    v3 = param 1
    branch v2 b2 b5
  b2: from b1
    v4 = sigma v2 where v2 is true
    branch v3 b5 b3
  b3: from b2
    v5 = sigma v3 where v3 is false
    v6 = global c
    v7 = call v6(v4)
    branch v7 b5 b4
  b4: from b3
    v8 = sigma v4 where v7 is false
    v9 = return v8
    exit
  b5: from b1 b2 b3
    v11 = phi(v3, v3, v5)
    v10 = return v11
    exit
"##,
    );
}

#[test]
fn values_of_and_or_and_conditional_expressions_merge() {
    check(
        r##"
def f(a, b):
    x = a or b
    y = a and b
    return x if a is None else y
"##,
        r##"
f1 def f(a, b) in f0
  b1:
    v2 = param 0
    v3 = param 1
    branch v2 b3 b2
  b2: from b1
    jump b3
  b3: from b1 b2
    v9 = phi(v2, v3)
    v4 = bind x = v9
    branch v2 b4 b5
  b4: from b3
    jump b5
  b5: from b3 b4
    v10 = phi(v2, v3)
    v5 = bind y = v10
    v6 = None
    v7 = v2 is v6
    branch v7 b6 b7
  b6: from b5
    jump b8
  b7: from b5
    jump b8
  b8: from b6 b7
    v11 = phi(v9, v10)
    v8 = return v11
    exit
"##,
    );
}

#[test]
fn chained_comparisons_stop_early() {
    check(
        r##"
def f(a, b, c):
    x = a < b < c
    if a <= b() != c:
        return x
"##,
        r##"
f1 def f(a, b, c) in f0
  b1:
    v2 = param 0
    v3 = param 1
    v4 = param 2
    v5 = v2 < v3
    branch v5 b2 b3
  b2: from b1
    v6 = v3 < v4
    jump b3
  b3: from b1 b2
    v12 = phi(v5, v6)
    v7 = bind x = v12
    v8 = call v3()
    v9 = v2 <= v8
    branch v9 b4 b6
  b4: from b3
    v10 = v8 != v4
    branch v10 b5 b6
  b5: from b4
    v11 = return v12
    exit
  b6: from b3 b4
    exit
"##,
    );
}

#[test]
fn for_else_runs_when_nothing_breaks() {
    check(
        r##"
def f(items):
    total = 0
    for i in items:
        if i < 0:
            continue
        total += i
        if total > 10:
            break
    else:
        total = -1
    return total
"##,
        r##"
f1 def f(items) in f0
  b1:
    v2 = param 0
    v3 = 0
    v4 = bind total = v3
    jump b2
  b2: from b1 b4 b7
    v20 = phi(v3, v20, v15)
    loop b3 b8
  b3: from b2
    v5 = element of v2
    v6 = bind i = v5
    v7 = 0
    v8 = v5 < v7
    branch v8 b4 b5
  b4: from b3
    jump b2
  b5: from b3
    v9 = sigma v5 where v8 is false
    v10 = v20 Add= v9
    v11 = bind total = v10
    v12 = 10
    v13 = v10 > v12
    branch v13 b6 b7
  b6: from b5
    v14 = sigma v10 where v13 is true
    jump b9
  b7: from b5
    v15 = sigma v10 where v13 is false
    jump b2
  b8: from b2
    v16 = 1
    v17 = -v16
    v18 = bind total = v17
    jump b9
  b9: from b6 b8
    v21 = phi(v14, v17)
    v19 = return v21
    exit
"##,
    );
}

#[test]
fn while_merges_what_its_body_assigns() {
    check(
        r##"
def f(n):
    i = 0
    seen = n
    while i < n:
        i = i + 1
        last = i
    return i, last, seen
"##,
        r##"
f1 def f(n) in f0
  b1:
    v2 = param 0
    v3 = unbound last
    v4 = 0
    v5 = bind i = v4
    v6 = bind seen = v2
    jump b2
  b2: from b1 b3
    v16 = phi(v4, v10)
    v17 = phi(v3, v10)
    v7 = v16 < v2
    branch v7 b3 b4
  b3: from b2
    v8 = sigma v16 where v7 is true
    v9 = 1
    v10 = v8 Add v9
    v11 = bind i = v10
    v12 = bind last = v10
    jump b2
  b4: from b2
    v13 = sigma v16 where v7 is false
    v14 = tuple(v13, v17, v2)
    v15 = return v14
    exit
"##,
    );
}

#[test]
fn a_loop_that_assigns_the_same_value_needs_no_phi() {
    check(
        r##"
def f(n):
    a = 1
    while n():
        b = a
        a = b
    return a
"##,
        r##"
f1 def f(n) in f0
  b1:
    v2 = param 0
    v3 = 1
    v4 = bind a = v3
    jump b2
  b2: from b1 b3
    v5 = call v2()
    branch v5 b3 b4
  b3: from b2
    v6 = bind b = v3
    v7 = bind a = v3
    jump b2
  b4: from b2
    v8 = return v3
    exit
"##,
    );
}

#[test]
fn unreachable_code_is_lowered() {
    check(
        r##"
def f():
    return 1
    g(2)
"##,
        r##"
f1 def f in f0
  b1:
    v2 = 1
    v3 = return v2
    exit
  b2:
    v4 = global g
    v5 = 2
    v6 = call v4(v5)
    exit
"##,
    );
}

#[test]
fn elif_and_else() {
    check(
        r##"
def f(a):
    if a == 1:
        x = 1
    elif a == 2:
        pass
    else:
        x = 3
    return x
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    v3 = unbound x
    v4 = 1
    v5 = v2 == v4
    branch v5 b2 b3
  b2: from b1
    v6 = 1
    v7 = bind x = v6
    jump b6
  b3: from b1
    v8 = sigma v2 where v5 is false
    v9 = 2
    v10 = v8 == v9
    branch v10 b4 b5
  b4: from b3
    jump b6
  b5: from b3
    v11 = 3
    v12 = bind x = v11
    jump b6
  b6: from b2 b4 b5
    v14 = phi(v6, v3, v11)
    v13 = return v14
    exit
"##,
    );
}

#[test]
fn an_assert_branches_and_raises() {
    check(
        r##"
def f(a):
    assert a and a.ok(), "no"
    return a
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    branch v2 b2 b3
  b2: from b1
    v3 = sigma v2 where v2 is true
    v4 = v3.ok
    v5 = call v4()
    branch v5 b4 b3
  b3: from b1 b2
    v6 = "no"
    v7 = raise v6 from -
    exit
  b4: from b2
    v8 = sigma v3 where v5 is true
    v9 = return v8
    exit
assert v2 in f1 b1
assert v5 in f1 b2
"##,
    );
}

#[test]
fn with_enters_each_manager() {
    check(
        r##"
async def f(a):
    async with a() as b, b.c() as (d, e):
        return d
"##,
        r##"
f1 async def f(a) in f0
  b1:
    v2 = param 0
    v3 = call v2()
    v4 = async enter v3
    v5 = bind b = v4
    v6 = v4.c
    v7 = call v6()
    v8 = async enter v7
    v9 = unpack v8 0
    v10 = bind d = v9
    v11 = unpack v8 1
    v12 = bind e = v11
    v13 = return v9
    exit
"##,
    );
}
