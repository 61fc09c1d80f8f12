//! Comprehensions, as loops in the body around them with variables of their own.

use ruff_python_ast::{Comprehension, Expr};
use ruff_text_size::Ranged;
use smallvec::{SmallVec, smallvec};

use crate::ir::{CollectKind, Name, Op, Value};

use super::Lowering;
use super::scopes::Place;

/// What a comprehension yields each time round.
#[derive(Clone, Copy)]
struct Yielded<'a> {
    key: Option<&'a Expr>,
    element: &'a Expr,
    whole: &'a Expr,
}

impl<'a> Lowering<'a> {
    /// Lowers a comprehension; `whole` is all of it.
    pub(super) fn comprehension(
        &mut self,
        kind: CollectKind,
        key: Option<&'a Expr>,
        element: &'a Expr,
        generators: &'a [Comprehension],
        whole: &'a Expr,
    ) -> Value {
        let Some((first, rest)) = generators.split_first() else {
            return self.builder.emit(Op::Unknown, whole.range());
        };
        // Only the first iterable is evaluated in the scope around.
        let iterable = self.expr(&first.iter);
        let mut hidden: SmallVec<[(Name, Option<Place>); 4]> = SmallVec::new();
        for generator in generators {
            self.hide_targets(&generator.target, &mut hidden);
        }
        self.comprehensions += 1;
        let yielded = Yielded { key, element, whole };
        let (element, key) = self.generator(first, iterable, rest, yielded);
        self.comprehensions -= 1;
        for (name, place) in hidden.iter().rev() {
            self.scopes.set(*name, *place);
            self.hidden.pop();
        }
        self.builder.emit(Op::Collect { kind, element, key }, whole.range())
    }

    /// Gives the names of a target variables of their own, and keeps what they were.
    fn hide_targets(&mut self, target: &'a Expr, hidden: &mut SmallVec<[(Name, Option<Place>); 4]>) {
        let mut work: SmallVec<[&Expr; 8]> = smallvec![target];
        while let Some(target) = work.pop() {
            match target {
                Expr::Name(node) => {
                    let name = self.intern(&node.id);
                    let var = self.builder.variable(super::builder::unbound(name));
                    let before = self.scopes.set(name, Some(Place::Variable(var)));
                    hidden.push((name, before));
                    self.hidden.push(name);
                }
                Expr::Tuple(tuple) => work.extend(tuple.elts.iter().rev()),
                Expr::List(list) => work.extend(list.elts.iter().rev()),
                Expr::Starred(starred) => work.push(&starred.value),
                _ => {}
            }
        }
    }

    /// Lowers the loop of one `for` clause and those inside it; returns element and key.
    fn generator(
        &mut self,
        generator: &'a Comprehension,
        iterable: Value,
        inner: &'a [Comprehension],
        yielded: Yielded<'a>,
    ) -> (Value, Value) {
        let range = generator.range;
        let joins = self.builder.join_count();
        let assigned = self.scopes.walrus_assigned(yielded.whole.range());
        let open = self.builder.open_loop(assigned, range);
        let (mark, before) = self.builder.mark();
        let body = self.builder.join(mark, range);
        let done = self.builder.join(mark, range);
        self.builder.iterate(body, done);
        self.builder.enter(body);
        let element = Op::Element { iterable, is_async: generator.is_async };
        let element = self.builder.emit_raising(element, generator.target.range());
        self.assign_plain(&generator.target, element);
        for condition in &generator.ifs {
            let (mark, before) = self.builder.mark();
            let next = self.builder.join(mark, range);
            self.condition(condition, next, open.again);
            self.builder.undo(mark);
            self.builder.restore_mark(before);
            self.builder.enter(next);
        }
        let result = match inner.split_first() {
            Some((first, rest)) => {
                let iterable = self.expr(&first.iter);
                self.deeper(|this| this.generator(first, iterable, rest, yielded))
                    .unwrap_or((Value::NONE, Value::NONE))
            }
            None => {
                let key = yielded.key.map_or(Value::NONE, |key| self.expr(key));
                (self.expr(yielded.element), key)
            }
        };
        self.builder.jump(open.again);
        self.builder.undo(mark);
        self.builder.close_loop(open);
        self.builder.restore_mark(before);
        self.builder.enter(done);
        self.builder.drop_joins(joins);
        result
    }
}
