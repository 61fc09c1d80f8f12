//! The tokens of an expression.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Name(&'a str),
    Number(&'a str),
    /// With its escapes, without its quotes.
    Str(&'a str),
    /// An operator or bracket.
    Op(&'a str),
    End,
}

/// Operators of two characters.
const LONG: &[&str] = &["==", "!=", "<=", ">=", "//", "**"];

/// Reads tokens one by one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexer<'a> {
    rest: &'a str,
    token: Token<'a>,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let mut lexer = Self { rest: text, token: Token::End };
        lexer.advance();
        lexer
    }

    pub(crate) fn peek(&self) -> Token<'a> {
        self.token
    }

    /// What is not read yet, after the token at hand.
    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn advance(&mut self) -> Token<'a> {
        let token = self.token;
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            self.token = Token::End;
            return token;
        };
        let length =
            |accepts: fn(char) -> bool| self.rest.find(|c: char| !accepts(c)).unwrap_or(self.rest.len());
        let (next, taken) = if first.is_alphabetic() || first == '_' {
            let end = length(|c| c.is_alphanumeric() || c == '_');
            (Token::Name(&self.rest[..end]), end)
        } else if first.is_ascii_digit() {
            let end = length(|c| c.is_ascii_alphanumeric() || c == '_');
            (Token::Number(&self.rest[..end]), end)
        } else if first == '"' || first == '\'' {
            let mut escaped = false;
            let end = self.rest[1..].find(|c: char| {
                let closes = !escaped && c == first;
                escaped = !escaped && c == '\\';
                closes
            });
            match end {
                Some(end) => (Token::Str(&self.rest[1..1 + end]), end + 2),
                None => (Token::Str(&self.rest[1..]), self.rest.len()),
            }
        } else {
            let end =
                LONG.iter().find(|op| self.rest.starts_with(**op)).map_or(first.len_utf8(), |op| op.len());
            (Token::Op(&self.rest[..end]), end)
        };
        self.rest = &self.rest[taken..];
        self.token = next;
        token
    }

    /// Goes on if this operator is next.
    pub(crate) fn eat(&mut self, op: &str) -> bool {
        let found = self.token == Token::Op(op);
        if found {
            self.advance();
        }
        found
    }

    /// Goes on if this word is next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.token == Token::Name(word);
        if found {
            self.advance();
        }
        found
    }

    /// The next token, if it is a name.
    pub(crate) fn name(&mut self) -> Option<&'a str> {
        match self.token {
            Token::Name(name) => {
                self.advance();
                Some(name)
            }
            _ => None,
        }
    }
}
