//! Everything else of a module as bytes.

use super::{In, Keep, Out, Slot, wire::kept};
use crate::ir::{
    Annotation, Arg, ArgKind, Binding, BindingScope, BlockData, ClassData, Comment, FactKind, Function,
    FunctionKind, HandlerBody, Import, Imported, Param, ParamKind, Part, SyntaxError, SyntaxFact, Terminator,
};

kept!(struct BlockData { insts[BlockInsts], phis[Phis], preds[Preds], end });

kept!(enum Terminator {
    0 Jump(next),
    1 Branch { condition, then, otherwise },
    2 Loop { body, done },
    3 Exit,
    4 Unreachable,
});

kept!(struct Arg { kind, value });

kept!(enum ArgKind { 0 Positional, 1 Star, 2 Keyword(name), 3 DoubleStar });

kept!(enum Part { 0 Text(text), 1 Value { value, conversion, spec } });

kept!(struct Function {
    kind,
    name,
    parent,
    is_async,
    is_generator,
    range,
    name_range,
    params,
    decorators,
    returns,
    docstring,
    insts[Insts],
    blocks[Blocks],
    bindings[Bindings],
});

kept!(enum FunctionKind { 0 Module, 1 Class(class), 2 Def, 3 Lambda });

kept!(struct Param { name, kind, default, annotation, range });

kept!(enum ParamKind { 0 PositionalOnly, 1 Normal, 2 Star, 3 KeywordOnly, 4 DoubleStar });

kept!(struct ClassData { name, body, parent, args[Args], decorators, range, name_range });

kept!(struct Import { module, level, what, bound, range, statement, function });

kept!(enum Imported { 0 Top, 1 Module, 2 Member(name), 3 Star });

kept!(struct Binding { name, value, scope });

kept!(enum BindingScope { 0 Own, 1 Global, 2 Enclosing });

kept!(struct SyntaxFact { kind, range, function, block });

kept!(enum FactKind { 0 Assert(value), 1 Handler { types, body } });

kept!(enum HandlerBody { 0 Pass, 1 Continue, 2 Other });

kept!(struct Annotation { function, base, name, annotation, value, range });

kept!(struct Comment { range, statement, own_line });

kept!(struct SyntaxError { range, message });
