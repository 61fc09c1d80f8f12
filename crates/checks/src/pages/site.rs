//! What all templates of an application together say.

use clearance_program::{ModuleId, Program, TemplateFile};
use clearance_python::ir::{Imported, Op, Text, Value};
use clearance_source::Role;
use clearance_template::{Expr, Node, Span};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::renders::Renders;

/// How an application protects itself against requests that other sites let a browser send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Nothing was seen.
    None,
    /// An extension checks tokens: `CSRFProtect`, `SeaSurf`.
    Extension,
    /// Django's middleware.
    Django,
}

/// How far before a place a comment may begin.
const MAX_COMMENT: usize = 400;
/// Bytes of a text that may be a policy.
const MAX_POLICY: usize = 4000;
/// Bytes of one script that are looked through.
const MAX_SCRIPT: usize = 1 << 16;
/// Templates that are looked into for a token that a page takes from elsewhere.
const MAX_PAGES: usize = 40;

/// What is known once for all templates.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) protection: Protection,
    pub(crate) is_django: bool,
    /// Names of macros that hold a token.
    token_macros: FxHashSet<String>,
    /// Scripts on some page send a token with every request of HTMX.
    pub(crate) requests_carry_tokens: bool,
    /// Of each template.
    files: FxHashMap<ModuleId, FileFacts>,
    /// Fields whose scheme something checks.
    checked_addresses: FxHashSet<String>,
    /// Filters of the program that escape or clean what they are given.
    pub(crate) cleaning_filters: FxHashSet<String>,
    /// Which calls show which templates.
    pub(crate) renders: Renders,
    /// What the code says of a policy for the content of pages.
    pub(crate) policy: Policy,
}

/// What the code says of a Content-Security-Policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Nothing.
    None,
    /// There is one, and it names `'unsafe-inline'`.
    Inline,
    /// There is one that does not.
    Strict,
}

#[derive(Debug, Default)]
struct FileFacts {
    /// Where it has signs of a token.
    tokens: Vec<u32>,
    /// Its scripts send a token in a header.
    sends: bool,
}

impl Site {
    pub(crate) fn of(program: &Program) -> Self {
        let mut site = Self {
            protection: Protection::None,
            is_django: program.imports("django"),
            token_macros: FxHashSet::default(),
            requests_carry_tokens: false,
            files: FxHashMap::default(),
            checked_addresses: FxHashSet::default(),
            cleaning_filters: FxHashSet::default(),
            renders: Renders::default(),
            policy: Policy::None,
        };
        let all: Vec<(ModuleId, &TemplateFile)> = program.templates().collect();
        if all.is_empty() {
            return site;
        }
        site.protection = protection(program);
        site.renders = Renders::of(program);
        site.policy = policy(program);
        site.checked_addresses = checked_addresses(program);
        site.cleaning_filters = cleaning_filters(program);
        site.files = all.par_iter().map(|(id, file)| (*id, facts(file))).collect();
        for (id, file) in &all {
            let tokens = &site.files[id].tokens;
            if !tokens.is_empty() {
                file.template.walk(&mut |node| {
                    if let Node::Macro { name, range, .. } = node
                        && has_in(tokens, *range)
                    {
                        site.token_macros.insert(name.to_string());
                    }
                });
                site.requests_carry_tokens |= sends_with_requests(file);
            }
        }
        // Macros that call such a macro.
        for _ in 0..2 {
            let mut more = Vec::new();
            for (_, file) in all.iter().filter(|_| !site.token_macros.is_empty()) {
                file.template.walk(&mut |node| {
                    if let Node::Macro { name, body, .. } = node
                        && calls_any(body, &site.token_macros, 0)
                    {
                        more.push(name.to_string());
                    }
                });
            }
            site.token_macros.extend(more);
        }
        site
    }

    /// Whether a view of Django shows a template of this name although no code names it.
    pub(crate) fn shows_by_default(&self, path: &str) -> bool {
        const ENDINGS: &[&str] =
            &["_list.html", "_detail.html", "_form.html", "_confirm_delete.html", "_archive.html"];
        self.is_django
            && (ENDINGS.iter().any(|ending| path.ends_with(ending))
                || path.contains("/registration/")
                || matches!(path.rsplit('/').next(), Some("404.html" | "500.html" | "403.html" | "400.html")))
    }

    /// Whether something checks the scheme of the address in a field of this name.
    pub(crate) fn is_checked_address(&self, name: &str) -> bool {
        self.checked_addresses.contains(name)
    }

    /// Whether a template has a token anywhere in its text.
    pub(crate) fn has_token(&self, id: ModuleId) -> bool {
        self.files.get(&id).is_some_and(|facts| !facts.tokens.is_empty())
    }

    /// Where a template has a token, itself or through a macro or a template that it includes; sorted.
    pub(crate) fn tokens(&self, program: &Program, id: ModuleId) -> Vec<u32> {
        let Some(file) = program.template(id) else { return Vec::new() };
        let template = &file.template;
        let mut found = self.files.get(&id).map(|facts| facts.tokens.clone()).unwrap_or_default();
        template.walk(&mut |node| {
            let (place, has) = match node {
                Node::Output(output) => (output.place, calls(&output.value, &self.token_macros)),
                Node::Call { call, place, .. } => (*place, calls(call, &self.token_macros)),
                // The fields of a form of WTForms are gone through with its token.
                Node::For { iterable: Expr::Name(form), place, .. } => {
                    (*place, !self.is_django && form.ends_with("form"))
                }
                Node::Include { name, place, .. } => {
                    let taken =
                        name.texts().into_iter().flat_map(|name| program.templates_named(name, &file.path));
                    (*place, taken.into_iter().any(|taken| self.has_token_inside(program, taken)))
                }
                _ => return,
            };
            if has {
                found.push(template.range(place).0);
            }
        });
        found.sort_unstable();
        found
    }

    /// The same, or one that it includes has one.
    fn has_token_inside(&self, program: &Program, id: ModuleId) -> bool {
        if self.has_token(id) {
            return true;
        }
        let Some(file) = program.template(id) else { return false };
        let mut names = file.template.takes.iter().take(MAX_PAGES);
        names.any(|name| {
            program.templates_named(name, &file.path).into_iter().any(|taken| self.has_token(taken))
        })
    }

    /// Whether the pages that a template is shown as have scripts that send a token: itself, or all that take it in.
    pub(crate) fn sends_tokens(&self, program: &Program, id: ModuleId) -> bool {
        let takers = program.takers(id);
        let by_takers = !takers.is_empty() && takers.len() <= MAX_PAGES;
        self.has_sender(program, id)
            || (by_takers && takers.into_iter().all(|taker| self.has_sender(program, taker)))
    }

    /// Whether a template, or one that it extends or includes, has scripts that send a token.
    fn has_sender(&self, program: &Program, id: ModuleId) -> bool {
        let mut todo = vec![id];
        let mut seen = Vec::new();
        while let Some(id) = todo.pop() {
            if seen.contains(&id) || seen.len() >= MAX_PAGES {
                continue;
            }
            seen.push(id);
            if self.files.get(&id).is_some_and(|facts| facts.sends) {
                return true;
            }
            if let Some(file) = program.template(id) {
                let names = file.template.takes.iter().take(MAX_PAGES);
                todo.extend(names.flat_map(|name| program.templates_named(name, &file.path)));
            }
        }
        false
    }

    /// What a template extends, at any distance, or takes in inside a part of it, and is not to be found.
    pub(crate) fn missing(&self, program: &Program, id: ModuleId, body: Span) -> Option<String> {
        let mut todo = vec![id];
        let mut seen = Vec::new();
        while let Some(next) = todo.pop() {
            if seen.contains(&next) || seen.len() >= MAX_PAGES {
                continue;
            }
            seen.push(next);
            let Some(file) = program.template(next) else { continue };
            let mut missing = None;
            file.template.walk(&mut |node| {
                let name = match node {
                    // A base of Django's own brings no token for the forms of others.
                    Node::Extends(name) if !self.is_django => name,
                    Node::Include { name, place, .. } if next == id => {
                        let (start, _) = file.template.range(*place);
                        if !(body.0 <= start && start < body.1) {
                            return;
                        }
                        name
                    }
                    _ => return,
                };
                let texts = name.texts();
                let found: Vec<ModuleId> =
                    texts.iter().flat_map(|text| program.templates_named(text, &file.path)).collect();
                if found.is_empty() {
                    missing.get_or_insert_with(|| {
                        texts.first().map_or_else(
                            || "a name that is made when the page is shown".to_owned(),
                            |text| format!("`{text}`"),
                        )
                    });
                } else if matches!(node, Node::Extends(_)) {
                    todo.extend(found);
                }
            });
            if missing.is_some() {
                return missing;
            }
        }
        None
    }

    /// Whether templates that take one in have a token.
    pub(crate) fn takers_have_token(&self, program: &Program, id: ModuleId) -> bool {
        let mut todo = program.takers(id);
        let mut seen = Vec::new();
        while let Some(id) = todo.pop() {
            if seen.contains(&id) || seen.len() >= MAX_PAGES {
                continue;
            }
            seen.push(id);
            if self.has_token(id) {
                return true;
            }
            todo.extend(program.takers(id));
        }
        false
    }
}

/// Whether one of sorted places is in a range.
pub(crate) fn has_in(places: &[u32], (start, end): Span) -> bool {
    places.get(places.partition_point(|place| *place < start)).is_some_and(|place| *place < end)
}

fn facts(file: &TemplateFile) -> FileFacts {
    let tokens = signs(&file.text);
    let sends = !tokens.is_empty()
        && (scripts_have(file, &tokens)
            || sends_with_requests(file)
            || file.template.elements.iter().any(|element| {
                &*element.name == "meta"
                    && has(element.value(&file.text, "name").unwrap_or(""), &["csrf", "xsrf"])
            }));
    FileFacts { tokens, sends }
}

/// Whether a script of a page has one of the places in it.
fn scripts_have(file: &TemplateFile, places: &[u32]) -> bool {
    file.template.elements.iter().filter(|element| &*element.name == "script").any(|element| {
        let (_, start) = element.range;
        let rest = file.text.as_bytes().get(start as usize..).unwrap_or_default();
        let rest = &rest[..rest.len().min(MAX_SCRIPT)];
        let end = rest.windows(8).position(|part| part == b"</script").unwrap_or(rest.len());
        has_in(places, (start, start + end as u32))
    })
}

/// Whether scripts of a page have HTMX send a token with every request.
fn sends_with_requests(file: &TemplateFile) -> bool {
    let text = &file.text;
    text.contains("htmx:configRequest")
        || file
            .template
            .elements
            .iter()
            .any(|element| has(element.value(text, "hx-headers").unwrap_or(""), &["csrf", "xsrf"]))
}

/// Whether an expression calls something of these names.
fn calls(value: &Expr, names: &FxHashSet<String>) -> bool {
    match value {
        Expr::Call(callee, args) => {
            let name = match &**callee {
                Expr::Name(name) | Expr::Attr(_, name) => &**name,
                _ => "",
            };
            names.contains(name) || args.iter().any(|arg| calls(&arg.value, names))
        }
        Expr::Filter(value, ..) => calls(value, names),
        Expr::Any(all) | Expr::Concat(all) => all.iter().any(|each| calls(each, names)),
        _ => false,
    }
}

fn calls_any(nodes: &[Node], names: &FxHashSet<String>, depth: u32) -> bool {
    depth < 60
        && nodes.iter().any(|node| match node {
            Node::Output(output) => calls(&output.value, names),
            Node::For { body, .. } | Node::With { body, .. } => calls_any(body, names, depth + 1),
            Node::Branches(branches) => branches.iter().any(|branch| calls_any(branch, names, depth + 1)),
            Node::Call { call, body, .. } => calls(call, names) || calls_any(body, names, depth + 1),
            _ => false,
        })
}

/// Signs of a token, of a field for one, or of a helper that makes a form with one.
const SIGNS: &[&str] = &[
    "anti_forgery",
    "authenticity_token",
    "csrf",
    "form.nonce",
    "hidden_tag",
    "name='nonce'",
    "name=\"nonce\"",
    "quick_form",
    "request_token",
    "xsrf",
    "{% crispy",
];

/// Where a text has such a sign, in any case.
fn signs(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(byte | 0x20, b'a' | b'c' | b'f' | b'h' | b'n' | b'q' | b'r' | b'x' | b'{') {
            let rest = &bytes[at..];
            let begins = |sign: &&str| {
                rest.get(..sign.len()).is_some_and(|part| part.eq_ignore_ascii_case(sign.as_bytes()))
            };
            if SIGNS.iter().any(begins) && !is_in_comment(bytes, at) {
                found.push(at as u32);
            }
        }
    }
    found
}

/// Whether a place is in a comment of the template or the page that begins not far before it.
fn is_in_comment(text: &[u8], at: usize) -> bool {
    let before = &text[at.saturating_sub(MAX_COMMENT)..at];
    let last = |mark: &[u8]| before.windows(mark.len()).rposition(|part| part == mark);
    [(b"{#".as_slice(), b"#}".as_slice()), (b"<!--", b"-->")]
        .iter()
        .any(|(open, close)| last(open) > last(close))
}

/// Whether a text has one of these in it, in any case.
pub(crate) fn has(text: &str, words: &[&str]) -> bool {
    let bytes = text.as_bytes();
    words.iter().any(|word| {
        let word = word.as_bytes();
        bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
    })
}

/// What checks that an address has a scheme of the web.
const CHECKS: &[&str] = &[
    "models.URLField(",
    "forms.URLField(",
    "serializers.URLField(",
    "validate.URL(",
    "validate.Url(",
    "fields.URL(",
    "fields.Url(",
    "HttpUrl",
    "URLValidator(",
];

/// The fields that are made with such a check: `website = models.URLField()`.
fn checked_addresses(program: &Program) -> FxHashSet<String> {
    const NAMES: &[&str] = &["URLField", "URL", "Url", "HttpUrl", "AnyHttpUrl", "URLValidator"];
    let mut found = FxHashSet::default();
    for (_, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
        let ir = &module.ir;
        if !NAMES.iter().any(|name| ir.names.find(name).is_some()) {
            continue;
        }
        for inst in &ir.insts {
            let (Op::Bind { name, value } | Op::StoreName { name, value }) = inst.op else { continue };
            let text = module.slice(ir.inst(value).range);
            if matches!(ir.op(value), Op::Call { .. }) && CHECKS.iter().any(|check| text.contains(check)) {
                found.insert(ir.name(name).to_owned());
            }
        }
    }
    found
}

/// The filters that the program registers and that escape or clean, by what is called in them.
fn cleaning_filters(program: &Program) -> FxHashSet<String> {
    const REGISTERED_BY: &[&str] = &["filter", "template_filter", "app_template_filter", "stringfilter"];
    const CLEANERS: &[&str] = &["bleach", "nh3", "sanitiz", "escape(", "clean_html", "format_html("];
    let mut found = FxHashSet::default();
    for (_, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
        let ir = &module.ir;
        if !REGISTERED_BY.iter().any(|name| ir.names.find(name).is_some()) {
            continue;
        }
        for function in &ir.functions {
            let registers = |decorator: &Value| {
                let (callee, args) = match ir.op(*decorator) {
                    Op::Call { callee, args } => (callee, ir.args(args)),
                    _ => (*decorator, &[][..]),
                };
                let Op::Attr { name, .. } = ir.op(callee) else { return None };
                REGISTERED_BY.contains(&ir.name(name)).then(|| {
                    let first = args.first().map(|arg| ir.op(arg.value));
                    let given =
                        first.and_then(|op| if let Op::Str(text) = op { Some(ir.text(text)) } else { None });
                    given.unwrap_or(ir.name(function.name)).to_owned()
                })
            };
            let Some(name) = function.decorators.iter().find_map(registers) else { continue };
            let body = module.slice(function.range);
            if CLEANERS.iter().any(|cleaner| body.contains(cleaner)) {
                found.insert(name);
            }
        }
    }
    found
}

/// What the texts of the code say of a policy.
fn policy(program: &Program) -> Policy {
    let mut found =
        match ["flask_talisman", "talisman", "csp", "secure"].iter().any(|name| program.imports(name)) {
            true => Policy::Strict,
            false => Policy::None,
        };
    for (_, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
        for number in 0..module.ir.texts.len() as u32 {
            let text = module.ir.texts.get(Text(number));
            if text.len() > MAX_POLICY {
                continue;
            }
            if text.contains("'unsafe-inline'") {
                return Policy::Inline;
            }
            if text.starts_with("default-src") || text.starts_with("script-src") || text == "CSP_DEFAULT_SRC"
            {
                found = Policy::Strict;
            }
        }
    }
    found
}

/// What protects the application, by its imports and settings.
fn protection(program: &Program) -> Protection {
    let mut found = Protection::None;
    for (_, module) in program.modules().filter(|(_, module)| module.role != Role::Test) {
        let ir = &module.ir;
        for import in &ir.imports {
            let path = ir.text(import.module);
            let member = match import.what {
                Imported::Member(name) => ir.name(name),
                _ => "",
            };
            let known = matches!(member, "CSRFProtect" | "CsrfProtect" | "SeaSurf")
                || path.starts_with("flask_seasurf")
                || path.starts_with("starlette_csrf")
                || path.starts_with("fastapi_csrf_protect");
            if known {
                return Protection::Extension;
            }
        }
        if found == Protection::None && program.imports("django") {
            let is_named = (0..ir.texts.len()).any(|number| {
                ir.texts.get(Text(number as u32)) == "django.middleware.csrf.CsrfViewMiddleware"
            });
            if is_named {
                found = Protection::Django;
            }
        }
    }
    found
}
