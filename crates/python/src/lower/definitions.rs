//! Functions, lambdas, classes and type parameters.

use ruff_python_ast::{
    Decorator, Expr, ExprLambda, Parameter, ParameterWithDefault, Parameters, StmtClassDef, StmtFunctionDef,
    StmtTypeAlias, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextSize};

use crate::ir::{
    Binding, BindingScope, Class, ClassData, Func, Function, FunctionKind, Name, Op, Param, ParamKind, Span,
    Value,
};

use super::scopes::Place;
use super::{Body, Lowering};

/// How many variables of comprehensions around it a lambda can see.
const MOST_SHOWN: usize = 64;

/// The names of type parameters in the body around, and what they were.
type Hidden = Vec<(Name, Option<Place>)>;

impl<'a> Lowering<'a> {
    pub(super) fn function_definition(&mut self, node: &'a StmtFunctionDef) {
        let end = node.returns.as_ref().map_or(node.parameters.range.end(), |returns| returns.range().end());
        self.header(node.range.start(), end);
        let decorators = self.decorators(&node.decorator_list);
        let hidden = self.type_parameters(node.type_params.as_deref());
        let params = self.parameters(&node.parameters);
        let returns = node.returns.as_ref().map_or(Value::NONE, |returns| self.expr(returns));
        self.show_again(hidden);
        let name = self.intern(&node.name.id);
        let func = self.new_function(
            node.range.start(),
            Body::Def(node),
            Function {
                kind: FunctionKind::Def,
                name,
                parent: Some(self.func),
                is_async: node.is_async,
                is_generator: false,
                range: node.range,
                name_range: node.name.range,
                params,
                decorators: decorators.clone(),
                returns,
                docstring: None,
                insts: Span::default(),
                blocks: Span::default(),
                bindings: Span::default(),
            },
        );
        let made = self.builder.emit(Op::Function(func), node.range);
        let value = self.decorate(&node.decorator_list, &decorators, made);
        self.bind_definition(name, value, node.name.range);
    }

    pub(super) fn class_definition(&mut self, node: &'a StmtClassDef) {
        let end = node.arguments.as_ref().map(|arguments| arguments.range.end());
        self.header(node.range.start(), end.unwrap_or(node.name.range.end()));
        let decorators = self.decorators(&node.decorator_list);
        let hidden = self.type_parameters(node.type_params.as_deref());
        let args = match &node.arguments {
            Some(arguments) => self.arguments(arguments),
            None => Span::default(),
        };
        self.show_again(hidden);
        let name = self.intern(&node.name.id);
        let class = Class(self.ir.classes.len() as u32);
        let body = self.new_function(
            node.range.start(),
            Body::Class(node),
            Function {
                kind: FunctionKind::Class(class),
                name,
                parent: Some(self.func),
                is_async: false,
                is_generator: false,
                range: node.range,
                name_range: node.name.range,
                params: Vec::new(),
                decorators: decorators.clone(),
                returns: Value::NONE,
                docstring: None,
                insts: Span::default(),
                blocks: Span::default(),
                bindings: Span::default(),
            },
        );
        let class = match self.ir.functions[body.index()].kind {
            FunctionKind::Class(known) => known,
            _ => class,
        };
        if class.index() == self.ir.classes.len() {
            self.ir.classes.push(ClassData {
                name,
                body,
                parent: self.func,
                args,
                decorators: decorators.clone(),
                range: node.range,
                name_range: node.name.range,
            });
        }
        self.builder.has_call = true;
        let made = self.builder.emit_raising(Op::Class(class), node.range);
        let value = self.decorate(&node.decorator_list, &decorators, made);
        self.bind_definition(name, value, node.name.range);
    }

    pub(super) fn lambda(&mut self, node: &'a ExprLambda) -> Value {
        let params = match &node.parameters {
            Some(parameters) => self.parameters(parameters),
            None => Vec::new(),
        };
        for at in self.hidden.len().saturating_sub(MOST_SHOWN)..self.hidden.len() {
            self.scopes.show(self.hidden[at]);
        }
        let name = self.intern("");
        let func = self.new_function(
            node.range.start(),
            Body::Lambda(node),
            Function {
                kind: FunctionKind::Lambda,
                name,
                parent: Some(self.func),
                is_async: false,
                is_generator: false,
                range: node.range,
                name_range: node.range,
                params,
                decorators: Vec::new(),
                returns: Value::NONE,
                docstring: None,
                insts: Span::default(),
                blocks: Span::default(),
                bindings: Span::default(),
            },
        );
        self.builder.emit(Op::Function(func), node.range)
    }

    /// Queues a body; in a further copy of a `finally` body, finds it again.
    fn new_function(&mut self, start: TextSize, body: Body<'a>, function: Function) -> Func {
        self.has_nested = true;
        if self.is_copy
            && let Some(known) = self.defined.get(&start)
        {
            return Func(*known);
        }
        let func = Func(self.ir.functions.len() as u32);
        self.ir.functions.push(function);
        self.bodies.push((body, self.tree_depth() + 2));
        if self.finally_depth > 0 {
            self.defined.insert(start, func.0);
        }
        func
    }

    fn decorators(&mut self, decorators: &'a [Decorator]) -> Vec<Value> {
        let mut values = Vec::with_capacity(decorators.len());
        for decorator in decorators {
            values.push(self.expr(&decorator.expression));
        }
        values
    }

    /// Applies decorators, the innermost first.
    fn decorate(&mut self, decorators: &'a [Decorator], values: &[Value], target: Value) -> Value {
        let mut result = target;
        for (decorator, value) in decorators.iter().zip(values).rev() {
            self.builder.has_call = true;
            let op = Op::Decorate { decorator: *value, target: result };
            result = self.builder.emit_raising(op, decorator.range);
        }
        result
    }

    /// Lowers defaults and annotations.
    fn parameters(&mut self, parameters: &'a Parameters) -> Vec<Param> {
        let mut params = Vec::with_capacity(parameters.len());
        for parameter in &parameters.posonlyargs {
            params.push(self.parameter_with_default(parameter, ParamKind::PositionalOnly));
        }
        for parameter in &parameters.args {
            params.push(self.parameter_with_default(parameter, ParamKind::Normal));
        }
        if let Some(parameter) = &parameters.vararg {
            params.push(self.parameter(parameter, ParamKind::Star, None));
        }
        for parameter in &parameters.kwonlyargs {
            params.push(self.parameter_with_default(parameter, ParamKind::KeywordOnly));
        }
        if let Some(parameter) = &parameters.kwarg {
            params.push(self.parameter(parameter, ParamKind::DoubleStar, None));
        }
        params
    }

    fn parameter_with_default(&mut self, parameter: &'a ParameterWithDefault, kind: ParamKind) -> Param {
        let default = parameter.default.as_deref();
        self.parameter(&parameter.parameter, kind, default)
    }

    fn parameter(&mut self, parameter: &'a Parameter, kind: ParamKind, default: Option<&'a Expr>) -> Param {
        let name = self.intern(&parameter.name.id);
        let annotation =
            parameter.annotation.as_ref().map_or(Value::NONE, |annotation| self.expr(annotation));
        let default = default.map_or(Value::NONE, |default| self.expr(default));
        Param { name, kind, default, annotation, range: parameter.range }
    }

    /// At the start of a function: its parameters.
    pub(super) fn bind_parameters(&mut self) {
        for index in 0..self.ir.functions[self.func.index()].params.len() {
            let param = self.ir.functions[self.func.index()].params[index];
            let value = self.builder.emit(Op::Param(index as u32), param.range);
            if let Some(var) = self.declare(param.name) {
                self.builder.write(var, value);
                if index == 0 && self.has_receiver(param.kind) {
                    self.receiver = Some(var);
                }
            }
            self.ir.bindings.push(Binding { name: param.name, value, scope: BindingScope::Own });
        }
    }

    /// Whether the first parameter is the object or class that a method is called on.
    fn has_receiver(&self, kind: ParamKind) -> bool {
        let function = &self.ir.functions[self.func.index()];
        let in_class = function
            .parent
            .is_some_and(|parent| matches!(self.ir.functions[parent.index()].kind, FunctionKind::Class(_)));
        let is_static = || match self.bodies.get(self.func.index()) {
            Some((Body::Def(def), _)) => def.decorator_list.iter().any(
                |decorator| matches!(&decorator.expression, Expr::Name(name) if name.id == "staticmethod"),
            ),
            _ => false,
        };
        in_class
            && function.kind == FunctionKind::Def
            && matches!(kind, ParamKind::Normal | ParamKind::PositionalOnly)
            && !is_static()
    }

    /// At the start of a body: the type parameters of the definition, which it and the bodies in it can see.
    pub(super) fn bind_type_parameters(&mut self, parameters: Option<&'a TypeParams>) {
        let is_class = matches!(self.kind, FunctionKind::Class(_));
        for parameter in parameters.iter().flat_map(|parameters| &parameters.type_params) {
            let name = self.intern(&parameter.name().id);
            let value = self.builder.emit(Op::Unknown, parameter.range());
            if let Some(var) = self.declare(name) {
                self.builder.write(var, value);
            }
            if is_class {
                self.scopes.show(name);
            } else {
                self.ir.bindings.push(Binding { name, value, scope: BindingScope::Own });
            }
        }
    }

    /// In the body around a definition: its type parameters, visible to annotations, bases and bounds.
    fn type_parameters(&mut self, parameters: Option<&'a TypeParams>) -> Hidden {
        let mut hidden = Hidden::new();
        let Some(parameters) = parameters else {
            return hidden;
        };
        for parameter in &parameters.type_params {
            let name = self.intern(&parameter.name().id);
            let var = self.builder.variable(Op::Unknown);
            let value = self.builder.emit(Op::Unknown, parameter.range());
            self.builder.write(var, value);
            hidden.push((name, self.scopes.set(name, Some(Place::Variable(var)))));
        }
        for parameter in &parameters.type_params {
            if let TypeParam::TypeVar(variable) = parameter
                && let Some(bound) = &variable.bound
            {
                self.expr(bound);
            }
            if let Some(default) = parameter.default() {
                self.expr(default);
            }
        }
        hidden
    }

    fn show_again(&mut self, hidden: Hidden) {
        for (name, place) in hidden.into_iter().rev() {
            self.scopes.set(name, place);
        }
    }

    pub(super) fn type_alias(&mut self, node: &'a StmtTypeAlias) {
        let hidden = self.type_parameters(node.type_params.as_deref());
        let value = self.expr(&node.value);
        self.show_again(hidden);
        self.assign(&node.name, value, node.range);
    }
}
