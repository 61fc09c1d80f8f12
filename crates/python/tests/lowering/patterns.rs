//! `match`.

use super::check;

#[test]
fn literals_captures_and_guards() {
    check(
        r##"
def f(v):
    match v:
        case "a" | "b":
            return 1
        case None:
            return 2
        case int(n) if n > 3:
            return n
        case _:
            return v
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = "a"
    v4 = v2 == v3
    branch v4 b2 b3
  b2: from b1
    jump b5
  b3: from b1
    v5 = sigma v2 where v4 is false
    v6 = "b"
    v7 = v2 == v6
    branch v7 b4 b6
  b4: from b3
    jump b5
  b5: from b2 b4
    v8 = 1
    v9 = return v8
    exit
  b6: from b3
    v10 = sigma v5 where v7 is false
    v11 = None
    v12 = v2 is v11
    branch v12 b7 b8
  b7: from b6
    v13 = 2
    v14 = return v13
    exit
  b8: from b6
    v15 = sigma v10 where v12 is false
    v16 = global int
    v17 = v2 is an instance of v16
    branch v17 b9 b11
  b9: from b8
    v18 = sigma v15 where v17 is true
    v19 = bind n = v18
    v20 = 3
    v21 = v18 > v20
    branch v21 b10 b11
  b10: from b9
    v22 = sigma v18 where v21 is true
    v23 = return v22
    exit
  b11: from b8 b9
    v25 = phi(v15, v18)
    v24 = return v25
    exit
"##,
    );
}

#[test]
fn sequences_mappings_and_classes() {
    check(
        r##"
def f(v):
    match v:
        case [1, *rest, last]:
            return rest, last
        case {"k": x, **others}:
            return x, others
        case Point(x, y=0) as p:
            return x, p
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = v2 is a sequence
    branch v3 b2 b4
  b2: from b1
    v4 = unpack v2 0
    v5 = 1
    v6 = v4 == v5
    branch v6 b3 b4
  b3: from b2
    v7 = unpack v2 1..-1
    v8 = bind rest = v7
    v9 = unpack v2 -1
    v10 = bind last = v9
    v11 = tuple(v7, v9)
    v12 = return v11
    exit
  b4: from b1 b2
    v13 = v2 is a mapping
    branch v13 b5 b7
  b5: from b4
    v14 = "k"
    v15 = v2 has the key v14
    branch v15 b6 b7
  b6: from b5
    v16 = v2[v14]
    v17 = bind x = v16
    v18 = dict(-, v2)
    v19 = bind others = v18
    v20 = tuple(v16, v18)
    v21 = return v20
    exit
  b7: from b4 b5
    v22 = global Point
    v23 = v2 is an instance of v22
    branch v23 b8 b10
  b8: from b7
    v24 = unpack v2 0
    v25 = bind x = v24
    v26 = v2.y
    v27 = 0
    v28 = v26 == v27
    branch v28 b9 b10
  b9: from b8
    v29 = bind p = v2
    v30 = tuple(v24, v2)
    v31 = return v30
    exit
  b10: from b7 b8
    exit
"##,
    );
}

#[test]
fn alternatives_bind_the_same_name() {
    check(
        r##"
def f(v):
    match v.kind, v:
        case ("a", x) | ("b", [x]):
            return x
"##,
        r##"
f1 def f(v) in f0
  b1:
    v2 = param 0
    v3 = v2.kind
    v4 = tuple(v3, v2)
    v5 = v4 is a sequence
    branch v5 b2 b4
  b2: from b1
    v6 = unpack v4 0
    v7 = "a"
    v8 = v6 == v7
    branch v8 b3 b4
  b3: from b2
    v9 = unpack v4 1
    v10 = bind x = v9
    jump b8
  b4: from b1 b2
    v11 = v4 is a sequence
    branch v11 b5 b9
  b5: from b4
    v12 = unpack v4 0
    v13 = "b"
    v14 = v12 == v13
    branch v14 b6 b9
  b6: from b5
    v15 = unpack v4 1
    v16 = v15 is a sequence
    branch v16 b7 b9
  b7: from b6
    v17 = unpack v15 0
    v18 = bind x = v17
    jump b8
  b8: from b3 b7
    v20 = phi(v9, v17)
    v19 = return v20
    exit
  b9: from b4 b5 b6
    exit
"##,
    );
}
