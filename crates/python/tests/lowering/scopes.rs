//! Names: whose they are, and what is recorded of them.

use super::{check, check_module};

#[test]
fn module_names_are_variables_and_stores() {
    check_module(
        r##"
x = 1
print(x, y)
if c:
    y = 2
print(y)
"##,
        r##"
f0 module
  b0:
    v0 = global y
    v1 = 1
    v2 = store x = v1
    v3 = global print
    v4 = global y
    v5 = call v3(v1, v4)
    v6 = global c
    branch v6 b1 b2
  b1: from b0
    v7 = 2
    v8 = store y = v7
    jump b2
  b2: from b1 b0
    v11 = phi(v7, v0)
    v9 = global print
    v10 = call v9(v11)
    exit
  binding Own x = v1
  binding Own y = v7
"##,
    );
}

#[test]
fn functions_read_globals_and_enclosing_variables() {
    check(
        r##"
def f(a):
    b = a
    def g():
        nonlocal b
        b = a
        return b, c
    return g
"##,
        r##"
f1 def f(a) in f0
  b1:
    v2 = param 0
    v3 = bind b = v2
    v4 = function f2
    v5 = return v4
    exit
  binding Own a = v2
  binding Own b = v2
  binding Own g = v4
f2 def g in f1
  b2:
    v6 = free a
    v7 = store b = v6
    v8 = free b
    v9 = global c
    v10 = tuple(v8, v9)
    v11 = return v10
    exit
  binding Enclosing b = v6
"##,
    );
}

#[test]
fn class_names_are_not_seen_by_methods() {
    check_module(
        r##"
class A(B, metaclass=M):
    x = 1
    y = x
    def m(self):
        return x, __class__
"##,
        r##"
f0 module
  b0:
    v0 = global B
    v1 = global M
    v2 = class c0(v0, metaclass=v1)
    v3 = store A = v2
    exit
  binding Own A = v2
f1 class c0 A in f0
  b1:
    v4 = 1
    v5 = store x = v4
    v6 = store y = v4
    v7 = function f2
    v8 = store m = v7
    exit
  binding Own x = v4
  binding Own y = v4
  binding Own m = v7
f2 def m(self) in f1
  b2:
    v9 = param 0
    v10 = global x
    v11 = free __class__
    v12 = tuple(v10, v11)
    v13 = return v12
    exit
"##,
    );
}

#[test]
fn global_declarations() {
    check(
        r##"
def f():
    global g
    g = 1
    def h():
        return g
    return g
"##,
        r##"
f1 def f in f0
  b1:
    v2 = 1
    v3 = store g = v2
    v4 = function f2
    v5 = global g
    v6 = return v5
    exit
  binding Global g = v2
  binding Own h = v4
f2 def h in f1
  b2:
    v7 = global g
    v8 = return v7
    exit
"##,
    );
}

#[test]
fn locals_before_their_assignment_are_unbound() {
    check(
        r##"
def f(c):
    if c:
        x = 1
    print(x)
    del x
    print(x)
"##,
        r##"
f1 def f(c) in f0
  b1:
    v2 = param 0
    v3 = unbound x
    branch v2 b2 b3
  b2: from b1
    v4 = 1
    v5 = bind x = v4
    jump b4
  b3: from b1
    jump b4
  b4: from b2 b3
    v12 = phi(v4, v3)
    v6 = global print
    v7 = call v6(v12)
    v8 = delete x
    v9 = global print
    v10 = unbound x
    v11 = call v9(v10)
    exit
"##,
    );
}

#[test]
fn comprehensions_have_variables_of_their_own() {
    check(
        r##"
def f(x, xs):
    y = [x for x in xs if (z := x)]
    return x, y, z
"##,
        r##"
f1 def f(x, xs) in f0
  b1:
    v2 = param 0
    v3 = param 1
    v4 = unbound z
    jump b2
  b2: from b1 b3 b4
    v13 = phi(v4, v5, v7)
    loop b3 b5
  b3: from b2
    v5 = element of v3
    v6 = bind z = v5
    branch v5 b4 b2
  b4: from b3
    v7 = sigma v5 where v5 is true
    v8 = sigma v5 where v5 is true
    jump b2
  b5: from b2
    v9 = collect list v8
    v10 = bind y = v9
    v11 = tuple(v2, v9, v13)
    v12 = return v11
    exit
"##,
    );
}

#[test]
fn comprehensions_in_classes_do_not_see_the_class() {
    check_module(
        r##"
class A:
    n = 1
    m = [n for _ in n]
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
    v2 = 1
    v3 = store n = v2
    jump b2
  b2: from b1 b3
    loop b3 b4
  b3: from b2
    v4 = element of v2
    v5 = global n
    jump b2
  b4: from b2
    v6 = collect list v5
    v7 = store m = v6
    exit
  binding Own n = v2
  binding Own m = v6
"##,
    );
}

#[test]
fn lambdas_in_comprehensions_capture_its_variables() {
    check(
        r##"
def f(xs):
    return [lambda: x for x in xs]
"##,
        r##"
f1 def f(xs) in f0
  b1:
    v2 = param 0
    jump b2
  b2: from b1 b3
    loop b3 b4
  b3: from b2
    v3 = element of v2
    v4 = function f2
    jump b2
  b4: from b2
    v5 = collect list v4
    v6 = return v5
    exit
  binding Own xs = v2
  binding Own x = v3
f2 lambda in f1
  b5:
    v7 = free x
    v8 = return v7
    exit
"##,
    );
}

#[test]
fn type_parameters_are_seen_inside() {
    check_module(
        r##"
def f[T: int](x: T = 1) -> T:
    return T
class C[U](Base[U]):
    def m(self):
        return U
type A[V] = list[V]
"##,
        r##"
f0 module
  b0:
    v0 = unknown
    v1 = global int
    v2 = 1
    v3 = function f1
    v4 = store f = v3
    v5 = unknown
    v6 = global Base
    v7 = v6[v5]
    v8 = class c0(v7)
    v9 = store C = v8
    v10 = unknown
    v11 = global list
    v12 = v11[v10]
    v13 = store A = v12
    exit
  binding Own f = v3
  binding Own C = v8
  binding Own A = v12
f1 def f(x: v0 = v2) -> v0 in f0
  b1:
    v14 = param 0
    v15 = unknown
    v16 = return v15
    exit
f2 class c0 C in f0
  b2:
    v17 = unknown
    v18 = function f3
    v19 = store m = v18
    exit
  binding Own m = v18
f3 def m(self) in f2
  b3:
    v20 = param 0
    v21 = free U
    v22 = return v21
    exit
"##,
    );
}

#[test]
fn a_global_declared_outside_stays_global_inside() {
    check(
        r##"
def f(x):
    def g():
        global x
        def h():
            return x
"##,
        r##"
f1 def f(x) in f0
  b1:
    v2 = param 0
    v3 = function f2
    exit
  binding Own x = v2
  binding Own g = v3
f2 def g in f1
  b2:
    v4 = function f3
    exit
  binding Own h = v4
f3 def h in f2
  b3:
    v5 = global x
    v6 = return v5
    exit
"##,
    );
}
