//! Expressions and assignments.

use super::{check, check_module};

#[test]
fn calls_and_their_arguments() {
    check(
        r##"
def f(a, /, b, *c, d=1, **e):
    return a.m(b, *c, k=d, **e)
"##,
        r##"
f1 def f(a, /, b, *c, d = v0, **e) in f0
  b1:
    v3 = param 0
    v4 = param 1
    v5 = param 2
    v6 = param 3
    v7 = param 4
    v8 = v3.m
    v9 = call v8(v4, *v5, k=v6, **v7)
    v10 = return v9
    exit
"##,
    );
}

#[test]
fn chains_of_attributes_items_and_operators() {
    check(
        r##"
def f(a):
    return -a.b[1:2, ::3](c)[0] + 2 ** ~a @ b
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    v3 = v2.b
    v4 = 1
    v5 = 2
    v6 = slice(v4, v5, -)
    v7 = 3
    v8 = slice(-, -, v7)
    v9 = tuple(v6, v8)
    v10 = v3[v9]
    v11 = global c
    v12 = call v10(v11)
    v13 = 0
    v14 = v12[v13]
    v15 = -v14
    v16 = 2
    v17 = ~v2
    v18 = v16 Pow v17
    v19 = global b
    v20 = v18 MatMult v19
    v21 = v15 Add v20
    v22 = return v21
    exit
"##,
    );
}

#[test]
fn literals() {
    check(
        r##"
def f():
    return 1, 2147483648, 1.5, 2j, "a" "b", b"\xff" b"a", None, True, ..., [*a, 1], {1, 2}, {"k": 1, **b}
"##,
        r##"
f1 def f in f0
  b1:
    v2 = 1
    v3 = number 2147483648
    v4 = number 1.5
    v5 = number 2j
    v6 = "ab"
    v7 = b"ÿa"
    v8 = None
    v9 = True
    v10 = ...
    v11 = global a
    v12 = *v11
    v13 = 1
    v14 = list(v12, v13)
    v15 = 1
    v16 = 2
    v17 = set(v15, v16)
    v18 = "k"
    v19 = 1
    v20 = global b
    v21 = dict(v18, v19, -, v20)
    v22 = tuple(v2, v3, v4, v5, v6, v7, v8, v9, v10, v14, v17, v21)
    v23 = return v22
    exit
"##,
    );
}

#[test]
fn format_strings() {
    check(
        r##"
def f(a, b):
    return f"x{a}" "y" f"{b!r:>{a}.2f}{b = }{a:d}"
"##,
        r##"
f1 def f(a, b) in f0
  b1:
    v2 = param 0
    v3 = param 1
    v4 = format(">", v2, ".2f")
    v5 = "d"
    v6 = format("x", v2, "y", v3!r:v4, "b = ", v3!r, v2:v5)
    v7 = return v6
    exit
"##,
    );
}

#[test]
fn template_strings() {
    check(
        r##"
def f(a):
    return t"x{a}{a=}"
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    v3 = template("x", v2, "a=", v2!r)
    v4 = return v3
    exit
"##,
    );
}

#[test]
fn unpacking() {
    check(
        r##"
def f(v):
    a, (b, *c), d = v
    a, b = b, a
    [*d, e] = v
    return a, b, c, d, e
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = unpack v2 0
    v4 = bind a = v3
    v5 = unpack v2 1
    v6 = unpack v5 0
    v7 = bind b = v6
    v8 = unpack v5 1..-0
    v9 = bind c = v8
    v10 = unpack v2 2
    v11 = bind d = v10
    v12 = bind a = v6
    v13 = bind b = v3
    v14 = unpack v2 0..-1
    v15 = bind d = v14
    v16 = unpack v2 -1
    v17 = bind e = v16
    v18 = tuple(v6, v3, v8, v14, v16)
    v19 = return v18
    exit
"##,
    );
}

#[test]
fn augmented_assignments_load_and_store() {
    check(
        r##"
def f(a):
    a += 1
    a.b -= 2
    a[0] *= 3
    return a
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    v3 = 1
    v4 = v2 Add= v3
    v5 = bind a = v4
    v6 = v4.b
    v7 = 2
    v8 = v6 Sub= v7
    v9 = store v4.b = v8
    v10 = 0
    v11 = v4[v10]
    v12 = 3
    v13 = v11 Mult= v12
    v14 = store v4[v10] = v13
    v15 = return v4
    exit
"##,
    );
}

#[test]
fn annotations_are_values_and_facts() {
    check_module(
        r##"
class A:
    x: int
    y: "str" = 1
    def m(self, a: int = 2) -> None:
        self.z: list[int] = []
"##,
        r##"
f0 module
  b0:
    v0 = class c0()
    v1 = store A = v0
    exit
  binding Own A = v0
f1 class c0 A in f0
  b1:
    v2 = global int
    v3 = "str"
    v4 = 1
    v5 = store y = v4
    v6 = global int
    v7 = 2
    v8 = None
    v9 = function f2
    v10 = store m = v9
    exit
  binding Own y = v4
  binding Own m = v9
f2 def m(self, a: v6 = v7) -> v8 in f1
  b2:
    v11 = param 0
    v12 = param 1
    v13 = global list
    v14 = global int
    v15 = v13[v14]
    v16 = list()
    v17 = store v11.z = v16
    exit
annotation x: v2 = - in f1
annotation y: v3 = v4 in f1
annotation v11.z: v15 = v16 in f2
"##,
    );
}

#[test]
fn decorators_apply_from_the_inside() {
    check_module(
        r##"
@a(1)
@b
def f(): ...
"##,
        r##"
f0 module
  b0:
    v0 = global a
    v1 = 1
    v2 = call v0(v1)
    v3 = global b
    v4 = function f1
    v5 = decorate v4 with v3
    v6 = decorate v5 with v2
    v7 = store f = v6
    exit
  binding Own f = v6
f1 def f in f0
  b1:
    v8 = ...
    exit
long 0..17
"##,
    );
}

#[test]
fn comprehensions_are_loops() {
    check(
        r##"
def f(xs):
    return {k: v for k, vs in xs if k for v in vs}
"##,
        r##"
f1 def f(xs) in f0
  b1:
    v2 = param 0
    jump b2
  b2: from b1 b3 b7
    loop b3 b8
  b3: from b2
    v3 = element of v2
    v4 = unpack v3 0
    v5 = unpack v3 1
    branch v4 b4 b2
  b4: from b3
    v6 = sigma v4 where v4 is true
    jump b5
  b5: from b4 b6
    loop b6 b7
  b6: from b5
    v7 = element of v5
    jump b5
  b7: from b5
    jump b2
  b8: from b2
    v8 = collect dict v6: v7
    v9 = return v8
    exit
"##,
    );
}

#[test]
fn yield_and_await() {
    check(
        r##"
async def f(x):
    y = yield x
    yield
    return await y
"##,
        r##"
f1 async def f(x) in f0 generator
  b1:
    v2 = param 0
    v3 = yield v2
    v4 = bind y = v3
    v5 = yield -
    v6 = await v3
    v7 = return v6
    exit
"##,
    );
}

#[test]
fn assignment_expressions_bind() {
    check(
        r##"
def f(r):
    while chunk := r.read():
        g(chunk)
    return chunk
"##,
        r##"
f1 def f(r) in f0
  b1:
    v2 = param 0
    jump b2
  b2: from b1 b3
    v3 = v2.read
    v4 = call v3()
    v5 = bind chunk = v4
    branch v4 b3 b4
  b3: from b2
    v6 = sigma v4 where v4 is true
    v7 = global g
    v8 = call v7(v6)
    jump b2
  b4: from b2
    v9 = sigma v4 where v4 is false
    v10 = return v9
    exit
"##,
    );
}
