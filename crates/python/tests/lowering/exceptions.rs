//! `try`, `raise`, and the ways through `finally`.

use super::check;

#[test]
fn handlers_see_what_was_bound_before_the_call_that_raised() {
    check(
        r##"
def f():
    x = 0
    try:
        x = g()
        y = h(x)
    except (A, B) as e:
        return x, y, e
    except C:
        pass
    return x
"##,
        r##"
f1 def f in f0
  b1:
    v2 = 0
    v3 = bind x = v2
    jump b2
  b2: from b1
    v4 = global g
    v5 = call v4()
    jump b3
  b3: from b2
    v6 = bind x = v5
    v7 = global h
    v8 = call v7(v5)
    jump b4
  b4: from b3
    v9 = bind y = v8
    jump b8
  b5: from b2 b3
    v21 = phi(v2, v5)
    jump b6
  b6: from b5
    v10 = global A
    v11 = global B
    v12 = tuple(v10, v11)
    v13 = caught v12
    v14 = bind e = v13
    v15 = unbound y
    v16 = tuple(v21, v15, v13)
    v17 = return v16
    exit
  b7: from b5
    v18 = global C
    v19 = caught v18
    jump b8
  b8: from b4 b7
    v22 = phi(v5, v21)
    v20 = return v22
    exit
handler v12 Other in f1 b6
handler v18 Pass in f1 b7
"##,
    );
}

#[test]
fn the_name_of_a_handler_is_unbound_after_it() {
    check(
        r##"
def f():
    try:
        g()
    except E as e:
        pass
    return e
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global g
    v3 = call v2()
    jump b4
  b2: from b1
    jump b3
  b3: from b2
    v4 = global E
    v5 = caught v4
    v6 = bind e = v5
    jump b4
  b4: from b1 b3
    v7 = unbound e
    v8 = return v7
    exit
handler v4 Pass in f1 b3
"##,
    );
}

#[test]
fn else_is_not_protected() {
    check(
        r##"
def f():
    try:
        a = g()
    except E:
        a = None
    else:
        h(a)
    return a
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global g
    v3 = call v2()
    jump b2
  b2: from b1
    v4 = bind a = v3
    jump b3
  b3: from b2
    v5 = global h
    v6 = call v5(v3)
    jump b6
  b4: from b1
    jump b5
  b5: from b4
    v7 = global E
    v8 = caught v7
    v9 = None
    v10 = bind a = v9
    jump b6
  b6: from b3 b5
    v12 = phi(v3, v9)
    v11 = return v12
    exit
handler v7 Other in f1 b5
"##,
    );
}

#[test]
fn finally_is_lowered_for_each_way_into_it() {
    check(
        r##"
def f(p):
    h = None
    try:
        h = open(p)
        return h.read()
    finally:
        if h:
            h.close()
"##,
        r##"
f1 def f(p) in f0
  b1:
    v2 = param 0
    v3 = None
    v4 = bind h = v3
    jump b2
  b2: from b1
    v5 = global open
    v6 = call v5(v2)
    jump b3
  b3: from b2
    v7 = bind h = v6
    v8 = v6.read
    v9 = call v8()
    jump b8
  b4: from b2 b3
    v18 = phi(v3, v6)
    branch v18 b5 b6
  b5: from b4
    v10 = sigma v18 where v18 is true
    v11 = v10.close
    v12 = call v11()
    jump b7
  b6: from b4
    jump b7
  b7: from b5 b6
    v13 = raise - from -
    exit
  b8: from b3
    branch v6 b9 b10
  b9: from b8
    v14 = sigma v6 where v6 is true
    v15 = v14.close
    v16 = call v15()
    jump b11
  b10: from b8
    jump b11
  b11: from b9 b10
    v17 = return v9
    exit
"##,
    );
}

#[test]
fn break_and_continue_pass_through_finally() {
    check(
        r##"
def f():
    for x in xs():
        try:
            if x:
                continue
            break
        finally:
            done()
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global xs
    v3 = call v2()
    jump b2
  b2: from b1 b8
    loop b3 b9
  b3: from b2
    v4 = element of v3
    v5 = bind x = v4
    jump b4
  b4: from b3
    branch v4 b5 b6
  b5: from b4
    jump b8
  b6: from b4
    jump b7
  b7: from b6
    v6 = global done
    v7 = call v6()
    jump b9
  b8: from b5
    v8 = global done
    v9 = call v8()
    jump b2
  b9: from b2 b7
    exit
"##,
    );
}

#[test]
fn what_no_handler_catches_goes_outwards() {
    check(
        r##"
def f():
    try:
        try:
            a()
        except A:
            b()
    except B:
        c()
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global a
    v3 = call v2()
    jump b4
  b2: from b1
    jump b3
  b3: from b2
    v4 = global A
    v5 = caught v4
    v6 = global b
    v7 = call v6()
    jump b4
  b4: from b1 b3
    jump b7
  b5: from b2 b3
    jump b6
  b6: from b5
    v8 = global B
    v9 = caught v8
    v10 = global c
    v11 = call v10()
    jump b7
  b7: from b4 b6
    exit
handler v4 Other in f1 b3
handler v8 Other in f1 b6
"##,
    );
}

#[test]
fn a_bare_handler_catches_all() {
    check(
        r##"
def f():
    try:
        try:
            a()
        except:
            pass
    except B:
        c()
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global a
    v3 = call v2()
    jump b4
  b2: from b1
    jump b3
  b3: from b2
    v4 = caught -
    jump b4
  b4: from b1 b3
    jump b7
  b5: from b4
    jump b6
  b6: from b5
    v5 = global B
    v6 = caught v5
    v7 = global c
    v8 = call v7()
    jump b7
  b7: from b4 b6
    exit
handler - Pass in f1 b3
handler v5 Other in f1 b6
"##,
    );
}

#[test]
fn except_star() {
    check(
        r##"
def f():
    try:
        a()
    except* A as group:
        b(group)
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global a
    v3 = call v2()
    jump b4
  b2: from b1
    jump b3
  b3: from b2
    v4 = global A
    v5 = caught v4
    v6 = bind group = v5
    v7 = global b
    v8 = call v7(v5)
    jump b4
  b4: from b1 b3
    exit
handler v4 Other in f1 b3
"##,
    );
}

#[test]
fn definitions_in_finally_are_made_once() {
    check(
        r##"
def f():
    try:
        g()
    finally:
        try:
            h(lambda: 1)
        except E:
            pass
"##,
        r##"
f1 def f in f0
  b1:
    v2 = global g
    v3 = call v2()
    jump b6
  b2: from b1
    v4 = global h
    v5 = function f2
    v6 = call v4(v5)
    jump b5
  b3: from b2
    jump b4
  b4: from b3
    v7 = global E
    v8 = caught v7
    jump b5
  b5: from b2 b4
    v9 = raise - from -
    exit
  b6: from b1
    v10 = global h
    v11 = function f2
    v12 = call v10(v11)
    jump b9
  b7: from b6
    jump b8
  b8: from b7
    v13 = global E
    v14 = caught v13
    jump b9
  b9: from b6 b8
    exit
f2 lambda in f1
  b10:
    v15 = 1
    v16 = return v15
    exit
handler v7 Pass in f1 b4
"##,
    );
}

#[test]
fn raise_from() {
    check(
        r##"
def f(e):
    raise E() from e
"##,
        r##"
f1 def f(e) in f0
  b1:
    v2 = param 0
    v3 = global E
    v4 = call v3()
    v5 = raise v4 from v2
    exit
"##,
    );
}
