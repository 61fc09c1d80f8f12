//! Parsers of XML that resolve entities.

use clearance_program::{Form, Spelling};
use clearance_python::{
    TextRange,
    layout::{Passed, Shape},
};

use super::{Found, Repair};
use crate::Cx;

/// Functions of the standard library, and the module of defusedxml with one of the same name.
const DEFUSED: &[(&str, &str, &[&str])] = &[
    ("xml.etree.ElementTree.", "defusedxml.ElementTree", &["parse", "iterparse", "fromstring", "XML"]),
    ("xml.etree.cElementTree.", "defusedxml.ElementTree", &["parse", "iterparse", "fromstring", "XML"]),
    ("xml.dom.minidom.", "defusedxml.minidom", &["parse", "parseString"]),
    ("xml.dom.pulldom.", "defusedxml.pulldom", &["parse", "parseString"]),
    ("xml.dom.expatbuilder.", "defusedxml.expatbuilder", &["parse", "parseString"]),
    ("xml.sax.", "defusedxml.sax", &["parse", "parseString", "make_parser"]),
    ("xml.sax.expatreader.", "defusedxml.expatreader", &["create_parser"]),
];

/// The function of the same name in defusedxml.
pub(super) fn defused(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    let path = cx.called(call);
    if path.starts_with("lxml.") {
        return without_entities(cx, found);
    }
    let (module, name) = DEFUSED.iter().find_map(|(prefix, module, names)| {
        let name = path.strip_prefix(prefix)?;
        names.contains(&name).then_some((*module, name.to_owned()))
    })?;
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    if node.named("parser").is_some() || (module == "defusedxml.ElementTree" && node.arguments().len() > 1) {
        return None;
    }
    let form = if matches!(callee.shape, Shape::Name(_)) { Form::Member } else { Form::Module };
    let spelling = cx.spelling(callee.range.start(), module, &name, form)?;
    let known = cx.program_imports("defusedxml");
    let repair = Repair::new("Parse with defusedxml, which refuses entities", known);
    Some(repair.edit(callee.range, spelling.text.clone()).importing(&spelling))
}

/// `etree.parse(source)` of lxml with a parser that resolves nothing.
pub(super) fn without_entities(cx: &mut Cx<'_, '_>, found: &Found) -> Option<Repair> {
    let call = found.call(cx)?;
    let path = cx.called(call);
    let name = path.strip_prefix("lxml.etree.")?;
    if !matches!(name, "parse" | "fromstring" | "XML") {
        return None;
    }
    let node = cx.layout(found.range)?;
    let Shape::Call { callee, .. } = &node.shape else { return None };
    let [source] = node.arguments() else { return None };
    if source.passed != Passed::Positional {
        return None;
    }
    let spelling = match &callee.shape {
        Shape::Attribute { base, .. } => {
            Spelling { text: format!("{}.XMLParser", cx.slice(base.range)), edit: None }
        }
        _ => cx.spelling(callee.range.start(), "lxml.etree", "XMLParser", Form::Member)?,
    };
    let parser = format!(", {}(resolve_entities=False, no_network=True)", spelling.text);
    let repair = Repair::new("Resolve no entities", false);
    Some(repair.edit(TextRange::empty(source.range.end()), parser).importing(&spelling))
}
