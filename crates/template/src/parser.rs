//! From pieces to a tree: which tags hold what.

use crate::{
    delimiters::Delimiters,
    expression::Reader,
    html::{Html, MAX_ELEMENTS},
    lexer::Token,
    markup::Span,
    pieces::{Kind, Pieces},
    tree::{Expr, Mark, MarkKind, Node, Output, Place, Problem, Template},
};

/// How deep tags may be nested; what is nested deeper belongs to the last one that counts.
const MAX_NESTED: usize = 60;
/// Problems that are told.
const MAX_PROBLEMS: usize = 8;
/// Names in one tag.
const MAX_NAMES: usize = 64;
/// Filters that say that a text is finished HTML.
const SAFE: &[&str] = &["safe", "safeseq", "mark_safe", "markup"];

/// Tags that are kept because they say something by themselves.
const MAX_MARKS: usize = 10_000;
/// Other templates that are kept.
const MAX_TAKES: usize = 1_000;
/// Comments that are kept.
const MAX_COMMENTS: usize = 2_000;
/// What comments have in them that something may be asked of.
const DIRECTIVES: &[&str] =
    &["clearance", "nosec", "noqa", "nosem", "codeql", "lgtm", "allowlist", "gitleaks", "trufflehog"];

/// Reads a template with the usual delimiters. Any text gives one.
pub fn parse(text: &str) -> Template {
    parse_with(text, &Delimiters::default())
}

/// Reads a template with these delimiters. Any text gives one.
pub fn parse_with(text: &str, delimiters: &Delimiters) -> Template {
    let mut parser = Parser {
        template: Template::default(),
        html: Html::new(),
        nodes: Vec::new(),
        open: Vec::new(),
        escape: None,
    };
    let has_directives = DIRECTIVES.iter().any(|word| text.contains(word));
    let mut pieces = Pieces::new(text, delimiters);
    while let Some(piece) = pieces.next() {
        let (start, end) = (piece.start as u32, piece.end as u32);
        match piece.kind {
            Kind::Text => parser.text(piece.inner, piece.start),
            Kind::Output => parser.output(piece.inner, (start, end), None),
            Kind::Raw => parser.output(piece.inner, (start, end), Some(false)),
            Kind::Comment if has_directives => parser.comment((start, end)),
            Kind::Comment => {}
            Kind::Tag => {
                let mut reader = Reader::new(piece.inner);
                let Some(name) = reader.lexer.name() else { continue };
                match name {
                    "raw" | "verbatim" | "comment" => {
                        let from = piece.end;
                        let to = pieces.skip_to(&format!("end{name}"));
                        if name != "comment" {
                            parser.text(&text[from..to], from);
                        } else if has_directives {
                            parser.comment((piece.end as u32, to as u32));
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
    if has_directives {
        parser.page_comments(text);
    }
    parser.finish(text.len() as u32)
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
    /// Where on the page the branches so far have left off, the last of them.
    left: Option<Html>,
    /// Where its tag stands.
    range: Span,
}

enum Holds {
    If(Vec<Vec<Node>>),
    For {
        targets: Vec<Box<str>>,
        iterable: Expr,
        place: Place,
        body: Option<Vec<Node>>,
    },
    With(Vec<(Box<str>, Expr)>, Place),
    Block(Box<str>),
    Macro(Box<str>, Vec<(Box<str>, Option<Expr>)>),
    Call(Vec<Box<str>>, Expr, Place),
    Capture(Box<str>),
    /// What it says of escaping.
    Escape(Option<bool>),
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
            Self::Escape(_) => end == "endautoescape",
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

    fn text(&mut self, text: &str, start: usize) {
        let before = self.template.elements.len();
        self.html.text(text, start, &mut self.template.elements);
        if before <= MAX_ELEMENTS && self.template.elements.len() > MAX_ELEMENTS {
            self.problem(start as u32, "the page has too many tags");
        }
    }

    fn comment(&mut self, range: Span) {
        if self.template.comments.len() < MAX_COMMENTS {
            self.template.comments.push(range);
        }
    }

    /// The comments of the page itself.
    fn page_comments(&mut self, text: &str) {
        let mut from = 0;
        while let Some(found) = text[from..].find("<!--") {
            let start = from + found;
            let end = text[start..].find("-->").map_or(text.len(), |end| start + end + 3);
            self.comment((start as u32, end as u32));
            from = end;
        }
        self.template.comments.sort_unstable();
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
        let (attribute, begins_address) = (self.html.attribute(), self.html.begins_address());
        self.html.hole(range.0);
        let is_raw = escape == Some(false);
        let escape = escape.or(self.escape);
        if matches!(value, Expr::Plain | Expr::Str(_) | Expr::Unknown) {
            return;
        }
        self.template.is_risky |= escape == Some(false) || context.is_delicate() || value.has_filter(SAFE);
        let place = self.place(range);
        self.nodes.push(Node::Output(Output {
            value,
            place,
            context,
            escape,
            is_raw,
            attribute,
            begins_address,
        }));
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
                let takes: Vec<Box<str>> = params(reader).into_iter().map(|(name, _)| name).collect();
                reader.lexer.eat(")");
                let call = reader.expression();
                let place = self.place(range);
                self.enter(range, Holds::Call(takes, call, place));
            }
            "autoescape" => {
                let escape = match reader.lexer.advance() {
                    Token::Name("off" | "false" | "False") => Some(false),
                    Token::Name("on" | "true" | "True") => Some(true),
                    // `autoescape "js"`, or decided when it runs.
                    _ => None,
                };
                self.enter(range, Holds::Escape(escape));
                self.escape = escape;
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
            _ if name.starts_with("end") => self.leave(name, range.1),
            "csrf_token" => self.mark(MarkKind::Token, range, range),
            "debug" => self.mark(MarkKind::Debug, range, range),
            // What other tags show is not known; they stand somewhere on the page all the same.
            _ => self.other(name, reader, range),
        }
        if reader.lost {
            self.problem(range.0, "a tag that was not understood");
        }
    }

    fn mark(&mut self, kind: MarkKind, tag: Span, range: Span) {
        if self.template.marks.len() < MAX_MARKS {
            self.template.marks.push(Mark { kind, tag, range });
        } else {
            self.problem(tag.0, "the page has too many tags");
        }
    }

    /// A tag of a library. `{% url "page" as link %}` binds a name and shows nothing.
    fn other(&mut self, name: &str, reader: &mut Reader<'_>, range: (u32, u32)) {
        let mut bound = None;
        while reader.lexer.peek() != Token::End {
            if reader.lexer.eat_word("as") {
                bound = reader.lexer.name();
            } else {
                reader.lexer.advance();
            }
        }
        let Some(target) = bound else { return self.html.hole(range.0) };
        let is_plain = matches!(
            name,
            "url" | "static" | "get_static_prefix" | "get_media_prefix" | "now" | "cycle" | "path"
        ) || name.starts_with("get_current_language");
        let place = self.place(range);
        let value = if is_plain { Expr::Plain } else { Expr::Unknown };
        self.nodes.push(Node::Set { targets: vec![target.into()], value, place });
    }

    fn takes(&mut self, name: &Expr) {
        for text in name.texts() {
            let takes = &self.template.takes;
            if takes.len() < MAX_TAKES && !takes.iter().any(|known| &**known == text) {
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
        self.html.hole(range.0);
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
            } else if name == "as"
                && let Some(target) = reader.lexer.name()
            {
                // `{% trans "text" as name %}`: a text of the catalogue of translations.
                let place = self.place(range);
                self.nodes.push(Node::Set { targets: vec![target.into()], value: Expr::Plain, place });
            }
        }
    }

    fn enter(&mut self, range: (u32, u32), holds: Holds) {
        if self.open.len() >= MAX_NESTED {
            self.problem(range.0, "tags are nested too deeply");
            return;
        }
        let before = std::mem::take(&mut self.nodes);
        let html = self.html.clone();
        self.open.push(Open { holds, before, escape: self.escape, html, left: None, range });
        if matches!(self.open.last(), Some(Open { holds: Holds::Macro(..) | Holds::Capture(_), .. })) {
            // Where it is shown is not known.
            self.html = Html::new();
        }
    }

    fn other_branch(&mut self) {
        let nodes = std::mem::take(&mut self.nodes);
        match self.open.last_mut() {
            Some(Open { holds: Holds::If(branches), html, left, .. }) => {
                branches.push(nodes);
                let mut left_off = std::mem::replace(&mut self.html, html.clone());
                if let Some(before) = left {
                    left_off.after_branch(before);
                }
                *left = Some(left_off);
            }
            _ => self.nodes = nodes,
        }
    }

    fn otherwise(&mut self) {
        if let Some(Open { holds: Holds::For { body, .. }, html, left, .. }) = self.open.last_mut() {
            if body.is_none() {
                *body = Some(std::mem::take(&mut self.nodes));
                *left = Some(std::mem::replace(&mut self.html, html.clone()));
            }
        } else {
            self.other_branch();
        }
    }

    /// Closes the innermost tag that ends so, and what was left open in it, with an end tag that ends before `end`.
    fn leave(&mut self, name: &str, end: u32) {
        let Some(at) = self.open.iter().rposition(|open| open.holds.ends_with(name)) else { return };
        while self.open.len() > at {
            self.close(end);
        }
    }

    fn close(&mut self, end: u32) {
        let Some(open) = self.open.pop() else { return };
        let body = std::mem::replace(&mut self.nodes, open.before);
        self.escape = open.escape;
        if let Some(left) = &open.left {
            self.html.after_branch(left);
        }
        let range = (open.range.0, end);
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
            Holds::Block(name) => {
                self.mark(MarkKind::Block, open.range, range);
                Node::Block { name, body }
            }
            Holds::Macro(name, params) => {
                self.html = open.html;
                Node::Macro { name, params, body, range }
            }
            Holds::Call(params, call, place) => Node::Call { params, call, body, place },
            Holds::Capture(target) => {
                self.html = open.html;
                Node::Capture { target, body }
            }
            Holds::Escape(escape) => {
                if escape == Some(false) {
                    self.mark(MarkKind::Unescaped, open.range, range);
                }
                self.nodes.extend(body);
                return;
            }
        };
        self.nodes.push(node);
    }

    fn finish(mut self, end: u32) -> Template {
        while !self.open.is_empty() {
            self.close(end);
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
