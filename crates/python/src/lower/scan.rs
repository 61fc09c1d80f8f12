//! The scan of a scope before it is lowered: which names it binds, and which of them each loop assigns.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprName, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};
use smallvec::{SmallVec, smallvec};

use crate::ir::BindingScope;

use super::{DEEPEST, LEVELS_PER_CHECK, Lowering, RED_ZONE, STACK};

impl<'a> Lowering<'a> {
    /// Finds the names that statements bind.
    pub(super) fn scan_statements(&mut self, body: &'a [Stmt]) {
        self.deeper(|this| {
            for statement in body {
                this.scan_statement(statement);
            }
        });
    }

    fn scan_statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.scan_simple(statement, def.body.first());
                self.bind_scanned(&def.name);
            }
            Stmt::ClassDef(class) => {
                self.scan_simple(statement, class.body.first());
                self.bind_scanned(&class.name);
            }
            Stmt::For(node) => {
                self.scan_expression(&node.iter);
                let number = self.scopes.start_loop(node.range.start());
                self.scan_target(&node.target);
                self.scan_expression(&node.target);
                self.scan_statements(&node.body);
                self.scopes.end_loop(number);
                self.scan_statements(&node.orelse);
            }
            Stmt::While(node) => {
                let number = self.scopes.start_loop(node.range.start());
                self.scan_expression(&node.test);
                self.scan_statements(&node.body);
                self.scopes.end_loop(number);
                self.scan_statements(&node.orelse);
            }
            Stmt::If(node) => {
                self.scan_expression(&node.test);
                self.scan_statements(&node.body);
                for clause in &node.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.scan_expression(test);
                    }
                    self.scan_statements(&clause.body);
                }
            }
            Stmt::With(node) => {
                for item in &node.items {
                    self.scan_expression(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.scan_target(target);
                        self.scan_expression(target);
                    }
                }
                self.scan_statements(&node.body);
            }
            Stmt::Match(node) => {
                self.scan_expression(&node.subject);
                for case in &node.cases {
                    self.scan_pattern(&case.pattern);
                    if let Some(guard) = &case.guard {
                        self.scan_expression(guard);
                    }
                    self.scan_statements(&case.body);
                }
            }
            Stmt::Try(node) => {
                self.scan_statements(&node.body);
                for handler in &node.handlers {
                    let handler = handler.as_except_handler();
                    let Some(handler) = handler else { continue };
                    if let Some(types) = &handler.type_ {
                        self.scan_expression(types);
                    }
                    if let Some(name) = &handler.name {
                        self.bind_scanned(name);
                    }
                    self.scan_statements(&handler.body);
                }
                self.scan_statements(&node.orelse);
                self.scan_statements(&node.finalbody);
            }
            Stmt::Assign(node) => {
                self.scan_simple(statement, None);
                for target in &node.targets {
                    self.scan_target(target);
                }
            }
            Stmt::AugAssign(node) => {
                self.scan_simple(statement, None);
                self.scan_target(&node.target);
            }
            Stmt::AnnAssign(node) => {
                self.scan_simple(statement, None);
                self.scan_target(&node.target);
            }
            Stmt::TypeAlias(node) => self.scan_target(&node.name),
            Stmt::Delete(node) => {
                self.scan_simple(statement, None);
                for target in &node.targets {
                    self.scan_target(target);
                }
            }
            Stmt::Import(node) => {
                for alias in &node.names {
                    match &alias.asname {
                        Some(name) => self.bind_scanned(name),
                        None => self.bind_scanned(alias.name.split('.').next().unwrap_or("")),
                    }
                }
            }
            Stmt::ImportFrom(node) => {
                for alias in &node.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    if name.as_str() != "*" {
                        self.bind_scanned(name);
                    }
                }
            }
            Stmt::Global(node) => {
                for name in &node.names {
                    let name = self.intern(name);
                    self.declare_outer(name, BindingScope::Global);
                }
            }
            Stmt::Nonlocal(node) => {
                for name in &node.names {
                    let name = self.intern(name);
                    self.declare_outer(name, BindingScope::Enclosing);
                }
            }
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Assert(_) | Stmt::Expr(_) => {
                self.scan_simple(statement, None)
            }
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn bind_scanned(&mut self, name: &str) {
        let name = self.intern(name);
        self.declare(name);
    }

    /// The names that an assignment to `target` binds.
    fn scan_target(&mut self, target: &'a Expr) {
        if let Expr::Name(name) = target {
            self.bind_scanned(&name.id);
            return;
        }
        let mut work: SmallVec<[&Expr; 8]> = smallvec![target];
        while let Some(target) = work.pop() {
            match target {
                Expr::Name(name) => self.bind_scanned(&name.id),
                Expr::Tuple(tuple) => work.extend(tuple.elts.iter().rev()),
                Expr::List(list) => work.extend(list.elts.iter().rev()),
                Expr::Starred(starred) => work.push(&starred.value),
                _ => {}
            }
        }
    }

    fn scan_pattern(&mut self, pattern: &'a Pattern) {
        let mut work: SmallVec<[&Pattern; 8]> = smallvec![pattern];
        while let Some(pattern) = work.pop() {
            match pattern {
                Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
                Pattern::MatchSequence(node) => work.extend(node.patterns.iter().rev()),
                Pattern::MatchOr(node) => work.extend(node.patterns.iter().rev()),
                Pattern::MatchMapping(node) => {
                    if let Some(rest) = &node.rest {
                        self.bind_scanned(rest);
                    }
                    work.extend(node.patterns.iter().rev());
                }
                Pattern::MatchClass(node) => {
                    work.extend(node.arguments.keywords.iter().map(|keyword| &keyword.pattern).rev());
                    work.extend(node.arguments.patterns.iter().rev());
                }
                Pattern::MatchStar(node) => {
                    if let Some(name) = &node.name {
                        self.bind_scanned(name);
                    }
                }
                Pattern::MatchAs(node) => {
                    if let Some(name) = &node.name {
                        self.bind_scanned(name);
                    }
                    if let Some(inner) = &node.pattern {
                        work.push(inner);
                    }
                }
            }
        }
    }

    /// The names that assignment expressions in an expression bind.
    pub(super) fn scan_expression(&mut self, expression: &'a Expr) {
        if !self.scopes.has_walrus(expression.range()) {
            return;
        }
        let mut finder = WalrusFinder::default();
        finder.visit_expr(expression);
        self.bind_walruses(finder);
    }

    /// The names that assignment expressions in a statement bind, before the first statement of its body.
    fn scan_simple(&mut self, statement: &'a Stmt, body: Option<&Stmt>) {
        let range = statement.range();
        let end = body.map_or(range.end(), |first| first.range().start().clamp(range.start(), range.end()));
        if !self.scopes.has_walrus(TextRange::new(range.start(), end)) {
            return;
        }
        let mut finder = WalrusFinder::default();
        walk_stmt(&mut finder, statement);
        self.bind_walruses(finder);
    }

    fn bind_walruses(&mut self, finder: WalrusFinder<'a>) {
        for target in finder.targets {
            let name = self.intern(&target.id);
            if let Some(var) = self.declare(name) {
                self.scopes.add_walrus(target.range.start(), var);
            }
        }
    }
}

/// Finds the targets of assignment expressions of one scope.
#[derive(Default)]
struct WalrusFinder<'a> {
    targets: Vec<&'a ExprName>,
    depth: u32,
}

impl<'a> Visitor<'a> for WalrusFinder<'a> {
    // Nested statements are visited on their own.
    fn visit_body(&mut self, _body: &'a [Stmt]) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let visit = |this: &mut Self| match expression {
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    this.visit_parameters(parameters);
                }
            }
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    this.targets.push(name);
                }
                walk_expr(this, expression);
            }
            _ => walk_expr(this, expression),
        };
        if self.depth.is_multiple_of(LEVELS_PER_CHECK) {
            stacker::maybe_grow(RED_ZONE, STACK, || visit(self));
        } else {
            visit(self);
        }
        self.depth -= 1;
    }
}
