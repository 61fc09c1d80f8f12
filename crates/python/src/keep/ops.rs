//! Instructions as bytes.

use super::{In, Keep, Out, Slot, wire::kept};
use crate::ir::{BinaryOp, CollectKind, CompareOp, Op, PatternTest, UnaryOp};

kept!(enum Op {
    0 None,
    1 Bool(value),
    2 Ellipsis,
    3 Int(value),
    4 BigInt(text),
    5 Float(text),
    6 Complex(text),
    7 Str(text),
    8 Bytes(text),
    9 Param(index),
    10 Global(name),
    11 Free(name),
    12 Unbound(name),
    13 Import(import),
    14 Attr { base, name },
    15 Item { base, key },
    16 Slice(bounds[Operands]),
    17 StoreAttr { base, name, value },
    18 StoreItem { base, key, value },
    19 StoreName { name, value },
    20 Bind { name, value },
    21 DeleteAttr { base, name },
    22 DeleteItem { base, key },
    23 DeleteName(name),
    24 Call { callee, args[Args] },
    25 Decorate { decorator, target },
    26 Binary { op, in_place, left, right },
    27 Unary { op, value },
    28 Compare { op, left, right },
    29 Format(parts[Parts]),
    30 Template(parts[Parts]),
    31 Tuple(items[Operands]),
    32 List(items[Operands]),
    33 Set(items[Operands]),
    34 Dict(items[Operands]),
    35 Starred(value),
    36 Collect { kind, element, key },
    37 Element { iterable, is_async },
    38 Unpack { value, index },
    39 UnpackRest { value, before, after },
    40 Enter { manager, is_async },
    41 Caught { types },
    42 Await(value),
    43 Yield(value),
    44 YieldFrom(value),
    45 Function(func),
    46 Class(class),
    47 Phi(operands[Operands]),
    48 Sigma { value, condition, truth },
    49 Match { test, subject, operand },
    50 Return(value),
    51 Raise { exception, cause },
    52 Unknown,
});

kept!(enum BinaryOp {
    0 Add,
    1 Sub,
    2 Mult,
    3 MatMult,
    4 Div,
    5 Mod,
    6 Pow,
    7 LShift,
    8 RShift,
    9 BitOr,
    10 BitXor,
    11 BitAnd,
    12 FloorDiv,
});

kept!(enum UnaryOp { 0 Invert, 1 Not, 2 UAdd, 3 USub });

kept!(enum CompareOp {
    0 Eq,
    1 NotEq,
    2 Lt,
    3 LtE,
    4 Gt,
    5 GtE,
    6 Is,
    7 IsNot,
    8 In,
    9 NotIn,
});

kept!(enum CollectKind { 0 List, 1 Set, 2 Dict, 3 Generator });

kept!(enum PatternTest { 0 Sequence, 1 Mapping, 2 Class, 3 Key });
