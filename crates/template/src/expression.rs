//! Expressions: Jinja2's, with the filter arguments of Django (`value|default:"none"`).

use crate::{
    lexer::{Lexer, Token},
    tree::{Arg, Expr},
};

/// How deep expressions may be nested.
const MAX_DEPTH: u32 = 40;
/// How many attributes, items, calls and filters may follow one another.
const MAX_CHAIN: u32 = 24;
/// Operands and items that are kept.
const MAX_PARTS: usize = 256;

/// Reads one expression.
pub(crate) struct Reader<'a> {
    pub(crate) lexer: Lexer<'a>,
    depth: u32,
    /// Something was not understood, or too deep.
    pub(crate) lost: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { lexer: Lexer::new(text), depth: 0, lost: false }
    }

    /// An expression with everything that may stand in `{{ }}`; several are a tuple.
    pub(crate) fn whole(&mut self) -> Expr {
        let first = self.expression();
        if self.lexer.peek() != Token::Op(",") {
            return first;
        }
        let mut all = vec![first];
        while self.lexer.eat(",") && !matches!(self.lexer.peek(), Token::End) {
            let next = self.expression();
            push(&mut all, next);
        }
        Expr::List(all)
    }

    /// `a if b else c`
    pub(crate) fn expression(&mut self) -> Expr {
        if self.depth >= MAX_DEPTH {
            self.give_up();
            return Expr::Unknown;
        }
        self.depth += 1;
        let mut value = self.either();
        if self.lexer.eat_word("if") {
            self.either();
            value =
                if self.lexer.eat_word("else") { Expr::Any(vec![value, self.expression()]) } else { value };
        }
        self.depth -= 1;
        value
    }

    /// What follows is not read.
    fn give_up(&mut self) {
        self.lost = true;
        self.lexer = Lexer::new("");
    }

    fn either(&mut self) -> Expr {
        let mut all = vec![self.negated()];
        while self.lexer.eat_word("or") || self.lexer.eat_word("and") {
            let next = self.negated();
            push(&mut all, next);
        }
        one_or(all, Expr::Any)
    }

    fn negated(&mut self) -> Expr {
        let mut negated = false;
        while self.lexer.eat_word("not") {
            negated = true;
        }
        let value = self.compared();
        if negated { Expr::Plain } else { value }
    }

    fn compared(&mut self) -> Expr {
        let mut value = self.joined();
        loop {
            let compares = match self.lexer.peek() {
                Token::Op("==" | "!=" | "<" | ">" | "<=" | ">=") | Token::Name("in" | "not") => true,
                Token::Name("is") => {
                    self.lexer.advance();
                    self.lexer.eat_word("not");
                    self.lexer.name();
                    if matches!(self.lexer.peek(), Token::Op("(")) {
                        self.lexer.advance();
                        self.arguments();
                    } else if matches!(self.lexer.peek(), Token::Str(_) | Token::Number(_)) {
                        self.lexer.advance();
                    }
                    value = Expr::Plain;
                    continue;
                }
                _ => false,
            };
            if !compares {
                return value;
            }
            if self.lexer.advance() == Token::Name("not") && !self.lexer.eat_word("in") {
                self.lost = true;
                return value;
            }
            self.joined();
            value = Expr::Plain;
        }
    }

    fn joined(&mut self) -> Expr {
        let mut all = vec![self.signed()];
        let mut counts = false;
        loop {
            match self.lexer.peek() {
                Token::Op("~" | "+" | "%") => {}
                Token::Op("-" | "*" | "/" | "//" | "**") => counts = true,
                _ => break,
            }
            self.lexer.advance();
            let next = self.signed();
            push(&mut all, next);
        }
        if counts { Expr::Plain } else { one_or(all, Expr::Concat) }
    }

    fn signed(&mut self) -> Expr {
        let mut signed = false;
        while self.lexer.eat("-") || self.lexer.eat("+") {
            signed = true;
        }
        let value = self.chain();
        if signed { Expr::Plain } else { value }
    }

    fn chain(&mut self) -> Expr {
        let mut value = self.primary();
        for _ in 0..MAX_CHAIN {
            if self.lexer.eat(".") {
                value = match self.lexer.advance() {
                    Token::Name(name) | Token::Number(name) => Expr::Attr(Box::new(value), name.into()),
                    _ => {
                        self.lost = true;
                        return value;
                    }
                };
            } else if self.lexer.eat("[") {
                let key = if self.lexer.peek() == Token::Op(":") { Expr::Plain } else { self.whole() };
                let mut sliced = false;
                while self.lexer.eat(":") {
                    sliced = true;
                    if !matches!(self.lexer.peek(), Token::Op(":" | "]")) {
                        self.expression();
                    }
                }
                self.lost |= !self.lexer.eat("]");
                if !sliced {
                    value = Expr::Item(Box::new(value), Box::new(key));
                }
            } else if self.lexer.eat("(") {
                let args = self.arguments();
                value = Expr::Call(Box::new(value), args);
            } else if self.lexer.eat("|") {
                let Some(name) = self.filter_name() else {
                    self.lost = true;
                    return value;
                };
                let args = self.filter_arguments();
                value = Expr::Filter(Box::new(value), name, args);
            } else {
                return value;
            }
        }
        self.give_up();
        value
    }

    fn filter_name(&mut self) -> Option<Box<str>> {
        let mut name = self.lexer.name()?;
        // `library.name`: its last part is told.
        while self.lexer.peek() == Token::Op(".") {
            self.lexer.advance();
            name = self.lexer.name()?;
        }
        Some(name.into())
    }

    /// `(…)` of Jinja, `:argument` of Django.
    pub(crate) fn filter_arguments(&mut self) -> Vec<Arg> {
        if self.lexer.eat("(") {
            return self.arguments();
        }
        if self.lexer.peek() == Token::Op(":") {
            self.lexer.advance();
            let mut value = self.primary();
            while self.lexer.eat(".") {
                match self.lexer.advance() {
                    Token::Name(name) | Token::Number(name) if self.depth < MAX_DEPTH => {
                        value = Expr::Attr(Box::new(value), name.into());
                        self.depth += 1;
                    }
                    _ => {
                        self.give_up();
                        break;
                    }
                }
            }
            return vec![Arg { name: None, value }];
        }
        Vec::new()
    }

    /// The filters that follow a `|`, for a block that is filtered.
    pub(crate) fn arguments(&mut self) -> Vec<Arg> {
        let mut args = Vec::new();
        while !matches!(self.lexer.peek(), Token::Op(")") | Token::End) {
            while self.lexer.eat("*") || self.lexer.eat("**") {}
            let before = self.lexer;
            let name = match self.lexer.name() {
                Some(name) if self.lexer.peek() == Token::Op("=") => {
                    self.lexer.advance();
                    Some(name.into())
                }
                _ => {
                    self.lexer = before;
                    None
                }
            };
            let value = self.expression();
            push(&mut args, Arg { name, value });
            if !self.lexer.eat(",") {
                break;
            }
        }
        self.lost |= !self.lexer.eat(")");
        args
    }

    fn primary(&mut self) -> Expr {
        match self.lexer.advance() {
            Token::Name("true" | "True" | "false" | "False" | "none" | "None") | Token::Number(_) => {
                // The fraction of a number.
                if self.lexer.peek() == Token::Op(".")
                    && self.lexer.rest().starts_with(|c: char| c.is_ascii_digit())
                {
                    self.lexer.advance();
                    self.lexer.advance();
                }
                Expr::Plain
            }
            // `_("text")` of Django.
            Token::Name(name) => Expr::Name(name.into()),
            Token::Str(text) => {
                let mut text = unescaped(text);
                // Literals that follow one another are one.
                while let Token::Str(more) = self.lexer.peek() {
                    text.push_str(&unescaped(more));
                    self.lexer.advance();
                }
                Expr::Str(text.into())
            }
            Token::Op("(") => {
                if self.lexer.eat(")") {
                    return Expr::List(Vec::new());
                }
                let value = self.whole_nested();
                self.lost |= !self.lexer.eat(")");
                value
            }
            Token::Op("[") => {
                let mut items = Vec::new();
                while !matches!(self.lexer.peek(), Token::Op("]") | Token::End) {
                    let item = self.expression();
                    push(&mut items, item);
                    if !self.lexer.eat(",") {
                        break;
                    }
                }
                self.lost |= !self.lexer.eat("]");
                Expr::List(items)
            }
            Token::Op("{") => {
                let mut items = Vec::new();
                while !matches!(self.lexer.peek(), Token::Op("}") | Token::End) {
                    let key = self.expression();
                    if !self.lexer.eat(":") {
                        self.lost = true;
                        break;
                    }
                    let value = self.expression();
                    push(&mut items, (key, value));
                    if !self.lexer.eat(",") {
                        break;
                    }
                }
                self.lost |= !self.lexer.eat("}");
                Expr::Dict(items)
            }
            Token::Op(_) | Token::End => {
                self.lost = true;
                Expr::Unknown
            }
        }
    }

    /// What stands in brackets.
    fn whole_nested(&mut self) -> Expr {
        if self.depth >= MAX_DEPTH {
            self.give_up();
            return Expr::Unknown;
        }
        self.depth += 1;
        let value = self.whole();
        self.depth -= 1;
        value
    }
}

fn push<T>(all: &mut Vec<T>, new: T) {
    if all.len() < MAX_PARTS {
        all.push(new);
    }
}

fn one_or(mut all: Vec<Expr>, make: fn(Vec<Expr>) -> Expr) -> Expr {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            make(all)
        }
        None => Expr::Unknown,
    }
}

fn unescaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => found.push('\n'),
                Some('t') => found.push('\t'),
                Some(other) => found.push(other),
                None => found.push('\\'),
            },
            c => found.push(c),
        }
    }
    found
}
