//! `<form method="post">` without a token.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_template::{Element, Expr, MarkKind, Node, Span};

use crate::{
    CodeRule, Draft, Listen, PageCx, Protection,
    pages::{edit::Replaced, text_range},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "template-form-without-csrf-token",
    title: "A form that changes something carries no token",
    plane: Plane::Template,
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[352],
    owasp_2021: "A01",
    owasp_2025: "A01",
    aliases: &["semgrep:django-no-csrf-token"],
    effort_minutes: 5,
    audit: false,
    advice: "Put `{{ csrf_token() }}` into a hidden field (`{{ form.hidden_tag() }}` with Flask-WTF, `{% csrf_token %}` in Django)",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::Element(&["form"], check)], paths: &[] };

fn check(cx: &mut PageCx<'_, '_>, form: &Element) {
    let text = cx.whole();
    let by_script = form.attributes.iter().any(|attribute| is_sent_by(attribute.name(text)));
    let method = form.value(text, "method").unwrap_or("get");
    let is_post = method.eq_ignore_ascii_case("post");
    if !is_post && !by_script {
        return;
    }
    if form.attributes.iter().any(|attribute| is_taken_over(attribute.name(text), attribute.value(text))) {
        // A script sends what it likes.
        return;
    }
    if form.value(text, "action").is_some_and(leads_elsewhere) {
        return;
    }
    let after = cx.elements().partition_point(|other| other.range.0 < form.range.1);
    let end = cx.elements()[after..].iter().find(|other| &*other.name == "/form");
    // The rest of it is somewhere else.
    let Some(end) = end else { return };
    cx.examined();
    let body = (form.range.0, end.range.1);
    if cx.has_token(body) || (has_block(cx, body) && cx.takers_have_token()) {
        return cx.hold(form.range, "the form carries a token");
    }
    if (by_script && cx.requests_carry_tokens()) || cx.sends_token() {
        return cx.hold(form.range, "scripts of the page send a token");
    }
    if let Some(missing) = cx.is_open(body) {
        let message = "Whether the form carries a token is not decided here";
        let why = format!("the page takes in {missing}, which is not among the templates");
        let draft = Draft::new(&RULE, text_range(form.range), message);
        return cx.report(draft.severity(Severity::Info, why).confidence(Confidence::Low));
    }
    let draft = Draft::new(
        &RULE,
        text_range(form.range),
        "The form carries no token against requests of other sites",
    );
    let draft = match token(cx, form, body) {
        Some((safe, edit)) => draft.edits("Add the token", safe, [edit]),
        None => draft,
    };
    cx.report(match cx.protection() {
        Protection::None => draft.severity(Severity::Low, "nothing in the application checks tokens"),
        Protection::Extension | Protection::Django => draft.severity(
            Severity::Medium,
            "the application checks tokens: the form is refused, or what it is sent to is exempt",
        ),
    });
}

/// Whether an attribute has HTMX send the form.
fn is_sent_by(name: &str) -> bool {
    let name = name.strip_prefix("data-").unwrap_or(name);
    matches!(name, "hx-post" | "hx-put" | "hx-patch" | "hx-delete")
}

/// Whether an attribute has a script of the page send the form in place of the browser.
fn is_taken_over(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let listens = name.starts_with("@submit")
        || name.starts_with("v-on:submit")
        || name.starts_with("x-on:submit")
        || name == "ng-submit"
        || name == "(submit)";
    let prevents = value.contains("return false")
        || value.contains("preventDefault")
        || value.trim_end_matches(';').trim() == "return";
    // Stimulus: a controller of the page sends it.
    let controlled = name == "data-action" && value.contains("#submit");
    (listens && name.contains("prevent"))
        || controlled
        || name == "ng-submit"
        || name == "(submit)"
        || (name == "onsubmit" && prevents)
}

/// Whether an address is one of another site, or none that a browser sends to.
fn leads_elsewhere(action: &str) -> bool {
    let action = action.trim_start().to_ascii_lowercase();
    ["http://", "https://", "//", "mailto:", "javascript:"].iter().any(|start| action.starts_with(start))
}

/// Whether the form has blocks, which other templates fill.
fn has_block(cx: &PageCx<'_, '_>, body: Span) -> bool {
    let inside = |range: Span| body.0 <= range.0 && range.1 <= body.1;
    cx.file.template.marks.iter().any(|mark| mark.kind == MarkKind::Block && inside(mark.range))
}

/// The token as the first thing in the form, and whether nothing else can change: in Django, and where Flask-WTF checks all requests, or where the form is one
/// of Flask-WTF's own.
fn token(cx: &PageCx<'_, '_>, form: &Element, body: Span) -> Option<(bool, Replaced)> {
    let text = cx.whole();
    // It may lead to another site, which would be told the token.
    let own = form.value(text, "action").is_none_or(|action| {
        let action = action.trim_start_matches("{{").trim_start_matches("{%").trim_start();
        !action.starts_with("{{")
            && (action.is_empty()
                || action.starts_with(['/', '.', '?', '#'])
                || action.starts_with("url ")
                || action.starts_with("url_for(")
                || !form.attribute(text, "action").is_some_and(|action| action.is_dynamic))
    });
    let (token, safe) = if cx.is_django() && cx.is_jinja() {
        return None;
    } else if cx.is_django() {
        ("{% csrf_token %}".to_owned(), own)
    } else if !cx.program.imports("flask_wtf") {
        return None;
    } else if let Some(name) = form_name(cx, body) {
        (format!("{{{{ {name}.hidden_tag() }}}}"), false)
    } else if cx.protection() == Protection::Extension {
        (r#"<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">"#.to_owned(), own)
    } else {
        return None;
    };
    let end = form.range.1;
    let rest = text.get(end as usize..)?;
    let line = rest.split('\n').next()?;
    if !line.trim().is_empty() || line.len() == rest.len() {
        return Some((safe, ((end, end), token)));
    }
    // With the indentation of what follows.
    let at = end + line.len() as u32 + 1;
    let next = rest[line.len() + 1..].split('\n').find(|line| !line.trim().is_empty())?;
    let indent = &next[..next.len() - next.trim_start().len()];
    let own_indent = {
        let line = text[..form.range.0 as usize].rsplit('\n').next().unwrap_or("");
        &line[..line.len() - line.trim_start().len()]
    };
    let indent =
        if next.trim_start().starts_with("</form") { format!("{own_indent}    ") } else { indent.to_owned() };
    Some((safe, ((at, at), format!("{indent}{token}\n"))))
}

/// The name of the form of Flask-WTF whose fields are shown in a part of the page, if they are all of one.
fn form_name<'p>(cx: &PageCx<'_, 'p>, body: Span) -> Option<&'p str> {
    let mut found: Option<&'p str> = None;
    let mut several = false;
    cx.file.template.walk(&mut |node| {
        let Node::Output(output) = node else { return };
        let (start, end) = cx.file.template.range(output.place);
        if body.0 > start || end > body.1 {
            return;
        }
        let mut take = |name: &'p str| {
            several |= found.is_some_and(|known| known != name);
            found = Some(name);
        };
        fields(&output.value, &mut take, 0);
    });
    found.filter(|_| !several)
}

/// Names of forms whose members an expression shows.
fn fields<'e>(value: &'e Expr, take: &mut dyn FnMut(&'e str), depth: u32) {
    if depth > 8 {
        return;
    }
    match value {
        Expr::Attr(base, _) | Expr::Item(base, _) => match &**base {
            Expr::Name(name) if &**name == "form" || name.ends_with("_form") => take(name),
            base => fields(base, take, depth + 1),
        },
        Expr::Call(callee, args) => {
            fields(callee, take, depth + 1);
            args.iter().for_each(|arg| fields(&arg.value, take, depth + 1));
        }
        Expr::Filter(value, ..) => fields(value, take, depth + 1),
        _ => {}
    }
}
