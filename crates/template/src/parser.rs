//! From pieces to a tree: which tags hold what.

use crate::{
    expression::Reader,
    html::Html,
    lexer::Token,
    pieces::{Kind, Pieces},
    tree::{Expr, Node, Output, Place, Problem, Template},
};

/// How deep tags may be nested; what is nested deeper belongs to the last one that counts.
const MAX_NESTED: usize = 60;
/// Problems that are told.
const MAX_PROBLEMS: usize = 8;
/// Names in one tag.
const MAX_NAMES: usize = 64;
/// Filters that say that a text is finished HTML.
const SAFE: &[&str] = &["safe", "safeseq", "mark_safe", "markup"];

/// Reads a template. Any text gives one.
pub fn parse(text: &str) -> Template {
    let mut parser = Parser {
        template: Template::default(),
        html: Html::new(),
        nodes: Vec::new(),
        open: Vec::new(),
        escape: None,
    };
    let mut pieces = Pieces::new(text);
    while let Some(piece) = pieces.next() {
        let (start, end) = (piece.start as u32, piece.end as u32);
        match piece.kind {
            Kind::Text => parser.html.text(piece.inner),
            Kind::Output => parser.output(piece.inner, (start, end), None),
            Kind::Raw => parser.output(piece.inner, (start, end), Some(false)),
            Kind::Tag => {
                let mut reader = Reader::new(piece.inner);
                let Some(name) = reader.lexer.name() else { continue };
                match name {
                    "raw" | "verbatim" | "comment" => {
                        let from = piece.end;
                        let to = pieces.skip_to(&format!("end{name}"));
                        if name != "comment" {
                            parser.html.text(&text[from..to]);
                        }
                    }
                    _ => parser.tag(name, &mut reader, (start, end)),
                }
            }
        }
    }
    if let Some(at) = pieces.open {
        parser.problem(at as u32, "a delimiter that is never closed");
    }
    parser.finish()
}

/// A tag that is not closed yet.
struct Open {
    holds: Holds,
    /// What stands around it, up to it.
    before: Vec<Node>,
    /// Whether things were escaped around it.
    escape: Option<bool>,
    /// Where on the page it begins.
    html: Html,
}

enum Holds {
    If(Vec<Vec<Node>>),
    For { targets: Vec<Box<str>>, iterable: Expr, place: Place, body: Option<Vec<Node>> },
    With(Vec<(Box<str>, Expr)>, Place),
    Block(Box<str>),
    Macro(Box<str>, Vec<(Box<str>, Option<Expr>)>),
    Call(Expr, Place),
    Capture(Box<str>),
    Escape,
}

impl Holds {
    /// The name of its end tag.
    fn ends_with(&self, end: &str) -> bool {
        match self {
            Self::If(_) => end == "endif",
            Self::For { .. } => end == "endfor",
            Self::With(..) => end == "endwith",
            Self::Block(_) => end == "endblock",
            Self::Macro(..) => end == "endmacro",
            Self::Call(..) => end == "endcall",
            Self::Capture(_) => end == "endset",
            Self::Escape => end == "endautoescape",
        }
    }
}

struct Parser {
    template: Template,
    html: Html,
    /// What the innermost open tag holds.
    nodes: Vec<Node>,
    open: Vec<Open>,
    escape: Option<bool>,
}

impl Parser {
    fn problem(&mut self, at: u32, text: &'static str) {
        if self.template.problems.len() < MAX_PROBLEMS {
            self.template.problems.push(Problem { at, text });
        }
    }

    fn place(&mut self, range: (u32, u32)) -> Place {
        self.template.places.push(range);
        self.template.places.len() as u32 - 1
    }

    fn output(&mut self, inner: &str, range: (u32, u32), escape: Option<bool>) {
        let mut reader = Reader::new(inner);
        let value = reader.whole();
        if reader.lost {
            self.problem(range.0, "an expression that was not understood");
        }
        let context = self.html.context();
        self.html.hole();
        let escape = escape.or(self.escape);
        if matches!(value, Expr::Plain | Expr::Str(_) | Expr::Unknown) {
            return;
        }
        self.template.is_risky |= escape == Some(false) || context.is_delicate() || value.has_filter(SAFE);
        let place = self.place(range);
        self.nodes.push(Node::Output(Output { value, place, context, escape }));
    }

    fn tag(&mut self, name: &str, reader: &mut Reader<'_>, range: (u32, u32)) {
        match name {
            "if" => self.enter(range, Holds::If(Vec::new())),
            "elif" | "elseif" => self.other_branch(),
            "else" | "empty" => self.otherwise(),
            "for" => {
                let targets = names(reader);
                reader.lexer.eat_word("in");
                let iterable = reader.whole();
                let place = self.place(range);
                self.enter(range, Holds::For { targets, iterable, place, body: None });
            }
            "with" => {
                let bindings = bindings(reader);
                let place = self.place(range);
                self.enter(range, Holds::With(bindings, place));
            }
            "block" => {
                let name = reader.lexer.name().unwrap_or_default().into();
                self.enter(range, Holds::Block(name));
            }
            "macro" => {
                let name = reader.lexer.name().unwrap_or_default().into();
                let params = params(reader);
                self.enter(range, Holds::Macro(name, params));
            }
            "call" => {
                if reader.lexer.eat("(") {
                    reader.arguments();
                }
                let call = reader.expression();
                let place = self.place(range);
                self.enter(range, Holds::Call(call, place));
            }
            "autoescape" => {
                self.enter(range, Holds::Escape);
                self.escape = match reader.lexer.advance() {
                    Token::Name("off" | "false" | "False") => Some(false),
                    Token::Name("on" | "true" | "True") => Some(true),
                    // `autoescape "js"`, or decided when it runs.
                    _ => None,
                };
            }
            "set" => self.set(reader, range),
            "trans" | "blocktrans" | "blocktranslate" | "translate" => self.translated(reader, range),
            "extends" => {
                let name = reader.expression();
                self.takes(&name);
                self.nodes.push(Node::Extends(name));
            }
            "include" => {
                let name = reader.expression();
                self.takes(&name);
                let (mut bound, mut only) = (Vec::new(), false);
                while let Some(word) = reader.lexer.name() {
                    match word {
                        "with" if reader.lexer.peek() == Token::Name("context") => {}
                        "with" => bound = bindings(reader),
                        "without" | "only" => only = true,
                        _ => {}
                    }
                }
                // The last of `with a=b only` is read as a binding's end.
                only |= reader.lexer.eat_word("only");
                let place = self.place(range);
                self.nodes.push(Node::Include { name, bindings: bound, only, place });
            }
            "import" => {
                let name = reader.expression();
                self.takes(&name);
                if reader.lexer.eat_word("as")
                    && let Some(target) = reader.lexer.name()
                {
                    self.nodes.push(Node::Import { name, target: target.into() });
                }
            }
            "from" => {
                let name = reader.expression();
                self.takes(&name);
                let mut names = Vec::new();
                if reader.lexer.eat_word("import") {
                    while let Some(there) = reader.lexer.name() {
                        let here = if reader.lexer.eat_word("as") { reader.lexer.name() } else { None };
                        if names.len() < MAX_NAMES {
                            names.push((there.into(), here.unwrap_or(there).into()));
                        }
                        if !reader.lexer.eat(",") {
                            break;
                        }
                    }
                }
                self.nodes.push(Node::From { name, names });
            }
            _ if name.starts_with("end") => self.leave(name),
            // What other tags show is not known; they stand somewhere on the page all the same.
            _ => self.html.hole(),
        }
        if reader.lost {
            self.problem(range.0, "a tag that was not understood");
        }
    }

    fn takes(&mut self, name: &Expr) {
        for text in name.texts() {
            if !self.template.takes.iter().any(|known| &**known == text) {
                self.template.takes.push(text.into());
            }
        }
    }

    fn set(&mut self, reader: &mut Reader<'_>, range: (u32, u32)) {
        let targets = names(reader);
        if reader.lexer.eat("=") {
            let value = reader.whole();
            let place = self.place(range);
            self.nodes.push(Node::Set { targets, value, place });
        } else if reader.lexer.eat(".") {
            // A member of a namespace.
            let _ = reader.lexer.name();
            if reader.lexer.eat("=") {
                let value = Expr::Any(vec![reader.whole()]);
                let place = self.place(range);
                self.nodes.push(Node::Set { targets, value, place });
            }
        } else if let Some(target) = targets.into_iter().next() {
            self.enter(range, Holds::Capture(target));
        }
    }

    /// `{% trans name=user.name %}`, `{% blocktrans with a=b count c=d %}`: names for what follows.
    fn translated(&mut self, reader: &mut Reader<'_>, range: (u32, u32)) {
        self.html.hole();
        for _ in 0..MAX_NAMES {
            let Some(name) = reader.lexer.name() else {
                if reader.lexer.peek() == Token::End {
                    break;
                }
                reader.lexer.advance();
                continue;
            };
            if reader.lexer.eat("=") {
                let value = reader.expression();
                let place = self.place(range);
                self.nodes.push(Node::Set { targets: vec![name.into()], value, place });
            }
        }
    }

    fn enter(&mut self, range: (u32, u32), holds: Holds) {
        if self.open.len() >= MAX_NESTED {
            self.problem(range.0, "tags are nested too deeply");
            return;
        }
        let before = std::mem::take(&mut self.nodes);
        self.open.push(Open { holds, before, escape: self.escape, html: self.html.clone() });
        if matches!(self.open.last(), Some(Open { holds: Holds::Macro(..) | Holds::Capture(_), .. })) {
            // Where it is shown is not known.
            self.html = Html::new();
        }
    }

    fn other_branch(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        match self.open.last_mut() {
            Some(Open { holds: Holds::If(branches), html, .. }) => {
                branches.push(nodes);
                self.html = html.clone();
            }
            _ => self.nodes = nodes,
        }
    }

    fn otherwise(&mut self) {
        if let Some(Open { holds: Holds::For { body, .. }, html, .. }) = self.open.last_mut() {
            if body.is_none() {
                *body = Some(std::mem::take(&mut self.nodes));
                self.html = html.clone();
            }
        } else {
            self.other_branch();
        }
    }

    /// Closes the innermost tag that ends so, and what was left open in it.
    fn leave(&mut self, end: &str) {
        let Some(at) = self.open.iter().rposition(|open| open.holds.ends_with(end)) else { return };
        while self.open.len() > at {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let body = std::mem::replace(&mut self.nodes, open.before);
        self.escape = open.escape;
        let node = match open.holds {
            Holds::If(mut branches) => {
                branches.push(body);
                Node::Branches(branches)
            }
            Holds::For { targets, iterable, place, body: None } => {
                Node::For { targets, iterable, body, otherwise: Vec::new(), place }
            }
            Holds::For { targets, iterable, place, body: Some(first) } => {
                Node::For { targets, iterable, body: first, otherwise: body, place }
            }
            Holds::With(bindings, place) => Node::With { bindings, body, place },
            Holds::Block(name) => Node::Block { name, body },
            Holds::Macro(name, params) => {
                self.html = open.html;
                Node::Macro { name, params, body }
            }
            Holds::Call(call, place) => Node::Call { call, body, place },
            Holds::Capture(target) => {
                self.html = open.html;
                Node::Capture { target, body }
            }
            Holds::Escape => {
                self.nodes.extend(body);
                return;
            }
        };
        self.nodes.push(node);
    }

    fn finish(mut self) -> Template {
        while !self.open.is_empty() {
            self.close();
        }
        self.template.nodes = self.nodes;
        self.template
    }
}

/// `a, b`, also in brackets.
fn names(reader: &mut Reader<'_>) -> Vec<Box<str>> {
    let mut found = Vec::new();
    loop {
        while reader.lexer.eat("(") {}
        let Some(name) = reader.lexer.name() else { break };
        if found.len() < MAX_NAMES {
            found.push(name.into());
        }
        while reader.lexer.eat(")") {}
        if !reader.lexer.eat(",") {
            break;
        }
    }
    found
}

/// `a=b c=d`, `a = b, c = d`, `b as a`.
fn bindings(reader: &mut Reader<'_>) -> Vec<(Box<str>, Expr)> {
    let mut found = Vec::new();
    loop {
        let before = reader.lexer;
        match reader.lexer.name() {
            Some("only") if !matches!(reader.lexer.peek(), Token::Op("=")) => {
                reader.lexer = before;
                break;
            }
            Some(name) if reader.lexer.eat("=") => {
                let value = reader.expression();
                if found.len() < MAX_NAMES {
                    found.push((name.into(), value));
                }
            }
            _ => {
                reader.lexer = before;
                if matches!(reader.lexer.peek(), Token::End) {
                    break;
                }
                let value = reader.expression();
                match reader.lexer.eat_word("as").then(|| reader.lexer.name()).flatten() {
                    Some(name) => found.push((name.into(), value)),
                    None => break,
                }
            }
        }
        let more = reader.lexer.eat(",") || reader.lexer.eat_word("and");
        if !more && reader.lexer.peek() == Token::End {
            break;
        }
    }
    found
}

fn params(reader: &mut Reader<'_>) -> Vec<(Box<str>, Option<Expr>)> {
    let mut found = Vec::new();
    if !reader.lexer.eat("(") {
        return found;
    }
    while let Some(name) = reader.lexer.name() {
        let default = reader.lexer.eat("=").then(|| reader.expression());
        if found.len() < MAX_NAMES {
            found.push((name.into(), default));
        }
        if !reader.lexer.eat(",") {
            break;
        }
    }
    found
}
