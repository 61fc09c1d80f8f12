//! What is set up right where an application is made.

use std::sync::Arc;

use clearance_finding::{Edit, Fix};
use clearance_program::{Form, Program, Site, Writing};
use clearance_python::TextRange;

/// Where an application is made and given a name.
struct Made<'p> {
    /// The name.
    name: &'p str,
    /// The blanks before it.
    indent: &'p str,
    /// The byte behind the line end of the statement.
    end: u32,
    /// What follows it.
    rest: &'p str,
    /// The statement's line has an end.
    closed: bool,
}

/// The statement that makes an application, if it is one of the form `app = Flask(…)`.
fn made(program: &Program, site: Site) -> Option<Made<'_>> {
    let text = program.module(site.module).text.as_str();
    let range = program.range(site);
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let head = text.get(line..start)?;
    let indent = &head[..head.len() - head.trim_start_matches([' ', '\t']).len()];
    let target = head[indent.len()..].trim_end().strip_suffix('=')?.trim_end();
    let name = target.split(':').next()?.trim_end();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) || target.ends_with(['=', '!', '<', '>']) {
        return None;
    }
    let after = text.get(end..)?;
    let tail = after.split('\n').next()?;
    if !(tail.trim().is_empty() || tail.trim_start().starts_with('#')) {
        return None;
    }
    let closed = tail.len() < after.len();
    let end = end + tail.len() + usize::from(closed);
    Some(Made { name, indent, end: u32::try_from(end).ok()?, rest: text.get(end..)?, closed })
}

fn fix(program: &Program, site: Site, title: &str, edits: Vec<Edit>) -> Fix {
    let mut fix = Fix::new(title, false, edits);
    fix.path = Some(Arc::clone(&program.module(site.module).path));
    fix
}

/// `CSRFProtect(app)` behind the application of Flask, where the project uses Flask-WTF.
pub(crate) fn csrf_protect(program: &Program, site: Site) -> Option<Fix> {
    if !program.imports("flask_wtf") {
        return None;
    }
    let made = made(program, site)?;
    let range = program.range(site);
    let function = program.module(site.module).ir.function_of(site.value);
    let place = Writing { module: site.module, function, at: range.start() };
    let spelling = program.spelling(place, "flask_wtf.csrf", "CSRFProtect", Form::Member)?;
    let line = format!("{}{}({})", made.indent, spelling.text, made.name);
    let line = if made.closed { format!("{line}\n") } else { format!("\n{line}") };
    let mut edits = vec![Edit { start: made.end, end: made.end, text: line }];
    let offset = |range: TextRange| (u32::from(range.start()), u32::from(range.end()));
    if let Some((range, text)) = spelling.edit {
        let (start, end) = offset(range);
        edits.push(Edit { start, end, text });
    }
    edits.sort_by_key(|edit| (edit.start, edit.end));
    Some(fix(program, site, "Check tokens of all requests that change something", edits))
}

/// A hook behind an application of Flask that sends headers with every response.
pub(crate) fn headers_hook(program: &Program, site: Site, headers: &[(&str, &str)]) -> Option<Fix> {
    const NAME: &str = "send_security_headers";
    let made = made(program, site)?;
    let ir = &program.module(site.module).ir;
    if headers.is_empty() || ir.names.find(NAME).is_some() {
        return None;
    }
    let Made { name, indent, .. } = made;
    let unit = if indent.contains('\t') { "\t" } else { "    " };
    let mut lines = vec![format!("{indent}@{name}.after_request"), format!("{indent}def {NAME}(response):")];
    lines.extend(headers.iter().map(|(header, value)| {
        format!("{indent}{unit}response.headers.setdefault(\"{header}\", \"{value}\")")
    }));
    lines.push(format!("{indent}{unit}return response"));
    // Around a function there are two blank lines, inside of another one.
    let apart = if indent.is_empty() { "\n\n" } else { "\n" };
    let next = made.rest.trim_start_matches(['\r', '\n', ' ', '\t']);
    let blank = made.rest.len() - made.rest.trim_start_matches(['\r', '\n']).len();
    let behind = if next.is_empty() || blank >= apart.len() { "" } else { &apart[..apart.len() - blank] };
    let before = if made.closed { apart.to_owned() } else { format!("\n{apart}") };
    let text = format!("{before}{}\n{behind}", lines.join("\n"));
    let edits = vec![Edit { start: made.end, end: made.end, text }];
    Some(fix(program, site, "Send headers with every response", edits))
}
