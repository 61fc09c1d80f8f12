//! What a page leads to: links, forms, what it says in `meta` elements. A scan over start tags, as lenient as browsers are where it matters.

use url::Url;

/// Most tags that are looked at.
const MAX_TAGS: usize = 20_000;
/// Most attributes of a tag.
const MAX_ATTRIBUTES: usize = 64;
/// Most forms of a page and most fields of a form.
const MAX_FORMS: usize = 20;
const MAX_FIELDS: usize = 60;

/// What was found on a page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page {
    /// Addresses that the page leads to, resolved, in order.
    pub(crate) links: Vec<Url>,
    /// Addresses of what it loads.
    pub(crate) assets: Vec<Url>,
    pub(crate) forms: Vec<Form>,
    /// `http-equiv` or `name` in lower case, and the content.
    pub(crate) metas: Vec<(String, String)>,
    /// Values of `id` attributes.
    pub(crate) ids: Vec<String>,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) action: Url,
    pub(crate) is_post: bool,
    pub(crate) is_multipart: bool,
    pub(crate) fields: Vec<Field>,
    /// What its buttons say.
    pub(crate) buttons: String,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// `text`, `hidden`, `password`, …, in lower case.
    pub(crate) kind: String,
    pub(crate) value: String,
}

impl Form {
    pub(crate) fn has_password(&self) -> bool {
        self.fields.iter().any(|field| field.kind == "password")
    }

    /// The field that holds a token against requests of other sites.
    pub(crate) fn token(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind == "hidden" && is_token_name(&field.name))
    }
}

/// Whether a name is one that frameworks give tokens.
pub(crate) fn is_token_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["csrf", "xsrf", "authenticity_token", "requestverificationtoken", "__token", "nonce"]
        .iter()
        .any(|word| name.contains(word))
        || matches!(name.as_str(), "_token" | "token" | "form_token" | "formkey" | "_formkey")
}

/// Looks through a page at `base`.
pub(crate) fn look(text: &str, base: &Url) -> Page {
    let mut page = Page::default();
    let mut base = base.clone();
    let mut open: Option<Form> = None;
    let mut button = false;
    let mut rest = text;
    for _ in 0..MAX_TAGS {
        let Some(at) = rest.find('<') else { break };
        if button && let Some(form) = &mut open {
            form.buttons.extend(rest[..at].chars().take(40));
            form.buttons.push(' ');
        }
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if let Some(end) = rest.strip_prefix('/') {
            let name = tag_name(end);
            button &= name != "button";
            if name == "form" {
                page.forms.extend(open.take());
            }
            continue;
        }
        let name = tag_name(rest);
        if name.is_empty() {
            continue;
        }
        let (attributes, after) = attributes(&rest[name.len()..]);
        rest = after;
        let get = |wanted: &str| {
            attributes.iter().find(|(known, _)| known == wanted).map(|(_, value)| value.as_str())
        };
        if let Some(id) = get("id").filter(|_| page.ids.len() < MAX_TAGS) {
            page.ids.push(id.to_owned());
        }
        let resolve = |address: &str| base.join(address.trim()).ok();
        match name.as_str() {
            "base" => base = get("href").and_then(resolve).unwrap_or(base),
            "a" | "area" => page.links.extend(get("href").and_then(resolve)),
            "iframe" | "frame" => page.links.extend(get("src").and_then(resolve)),
            "script" | "img" | "source" | "video" | "audio" => {
                page.assets.extend(get("src").and_then(resolve));
            }
            "link" => page.assets.extend(get("href").and_then(resolve)),
            "meta" => {
                if let (Some(key), Some(content)) = (get("http-equiv").or(get("name")), get("content")) {
                    page.metas.push((key.trim().to_ascii_lowercase(), content.to_owned()));
                }
            }
            "form" => {
                page.forms.extend(open.take());
                let action = get("action").filter(|action| !action.trim().is_empty());
                let action = action.map_or_else(|| Some(base.clone()), resolve);
                open = action.filter(|_| page.forms.len() < MAX_FORMS).map(|action| Form {
                    action,
                    is_post: get("method").is_some_and(|method| method.trim().eq_ignore_ascii_case("post")),
                    is_multipart: get("enctype")
                        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data")),
                    fields: Vec::new(),
                    buttons: String::new(),
                });
            }
            "input" | "textarea" | "select" | "button" => {
                let kind = match name.as_str() {
                    "input" => get("type").unwrap_or("text").trim().to_ascii_lowercase(),
                    "button" => "submit".to_owned(),
                    other => other.to_owned(),
                };
                button |= name == "button";
                if let Some(form) = &mut open {
                    if kind == "submit" {
                        form.buttons.push_str(get("value").unwrap_or_default());
                        form.buttons.push(' ');
                    }
                    let field = get("name").filter(|name| !name.is_empty()).map(|name| Field {
                        name: name.to_owned(),
                        kind,
                        value: get("value").unwrap_or_default().to_owned(),
                    });
                    if form.fields.len() < MAX_FIELDS {
                        form.fields.extend(field);
                    }
                }
            }
            _ => {}
        }
        if matches!(name.as_str(), "script" | "style" | "textarea" | "title" | "noscript") {
            let close = format!("</{name}");
            rest = find_ignoring_case(rest, &close).map_or("", |at| &rest[at..]);
        }
    }
    page.forms.extend(open);
    page
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let wanted = wanted.as_bytes();
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted))
}

/// The name that a tag begins with, in lower case.
fn tag_name(text: &str) -> String {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return String::new();
    }
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(40)
        .collect::<String>()
        .to_ascii_lowercase()
}

/// The attributes behind the name of a tag, and what comes after the tag.
fn attributes(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if text.is_empty() {
            return (found, text);
        }
        if let Some(after) = text.strip_prefix('>') {
            return (found, after);
        }
        let end =
            text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(text.len());
        // A sign of equality at the beginning is part of a name.
        let end = end.max(text.chars().next().map_or(1, char::len_utf8));
        let name = text[..end].to_ascii_lowercase();
        text = text[end..].trim_start();
        let mut value = String::new();
        if let Some(after) = text.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (raw, left) = match quote {
                Some(quote) => {
                    let inside = &after[1..];
                    match inside.find(quote) {
                        Some(end) => (&inside[..end], &inside[end + 1..]),
                        None => (inside, ""),
                    }
                }
                None => {
                    let end = after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len());
                    after.split_at(end)
                }
            };
            value = without_entities(raw);
            text = left;
        }
        if found.len() < MAX_ATTRIBUTES {
            found.push((name, value));
        }
    }
}

/// The character references that addresses and tokens are written with.
fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let known = end.and_then(|end| {
            let name = &rest[1..end];
            let number = |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32);
            let character = match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                _ => match name.strip_prefix('#') {
                    Some(code) => match code.strip_prefix(['x', 'X']) {
                        Some(digits) => number(digits, 16),
                        None => number(code, 10),
                    },
                    None => None,
                },
            };
            character.map(|character| (character, end + 1))
        });
        let (character, length) = known.unwrap_or(('&', 1));
        out.push(character);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        look(text, &Url::parse("https://shop.example/a/").unwrap())
    }

    #[test]
    fn links_and_forms_are_found() {
        let found = page(
            "<!-- <a href=no> --><script>'<a href=no>'</script><a HREF='../b?x=1&amp;y=2'>b</a><link href=/static/s.css>\
             <FORM method=post action=\"/save\"><input name=csrf_token type=hidden value=\"a&#43;b\">\
             <input name=q><textarea name=t><a href=no></textarea><button name=go value=1>Delete <b>all</b></button></form>",
        );
        let links: Vec<&str> = found.links.iter().map(Url::as_str).collect();
        assert_eq!(links, ["https://shop.example/b?x=1&y=2"]);
        assert_eq!(found.assets[0].path(), "/static/s.css");
        let form = &found.forms[0];
        assert!(form.is_post && form.action.path() == "/save" && form.buttons.contains("Delete"));
        assert_eq!(form.token().map(|field| field.value.as_str()), Some("a+b"));
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["csrf_token", "q", "t", "go"]);
    }

    #[test]
    fn broken_pages_end() {
        for text in [
            "<",
            "<a",
            "<a href",
            "<a href=",
            "<a href='",
            "<a =",
            "<!--",
            "<script>",
            "<form><form",
            "<a é=ü",
            "<é>",
            "&<a href='&'>",
            "<a href=&#x110000;>",
        ] {
            page(text);
        }
        assert_eq!(page("<form>").forms.len(), 1);
        assert!(!page("<form>").forms[0].is_post);
    }
}
