//! The locations of an nginx server, each with the headers that are in force in it.

use super::{
    Directive,
    sites::{Context, Header, Part, Site},
};

/// Locations of one server.
const MAX_PARTS: usize = 200;

/// What hands requests on.
const PASSES: &[&str] = &["proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass", "scgi_pass"];

/// What is in force in a block: nginx takes `add_header` of the blocks around over only where the block has none itself. What replaces headers is taken over always.
pub(super) fn inherited(own: Vec<Header>, outer: &[Header]) -> Vec<Header> {
    let adds = own.iter().any(|header| header.replaces != Some(true));
    let mut all: Vec<Header> =
        outer.iter().filter(|header| !adds || header.replaces == Some(true)).cloned().collect();
    all.extend(own);
    all
}

impl<'c> Context<'c, '_> {
    /// The locations that answer, outermost first.
    pub(super) fn parts(&self, server: &'c Directive, site: &Site<'c>) -> Vec<Part<'c>> {
        let hidden = hidden(server, &[]);
        let sends_files =
            server.find("root").or_else(|| super::directives::find(site.around, "root")).is_some();
        let mut parts = Vec::new();
        self.below(server, &site.headers, &hidden, sends_files, &mut parts);
        parts
    }

    fn below(
        &self,
        block: &'c Directive,
        outer: &[Header],
        outer_hidden: &[String],
        sends_files: bool,
        parts: &mut Vec<Part<'c>>,
    ) {
        for location in block.all("location").filter(|location| location.block.is_some()) {
            if parts.len() >= MAX_PARTS {
                return;
            }
            let mut open = false;
            let headers = inherited(self.add_headers(location.inside(), &mut open, 0), outer);
            let hidden = hidden(location, outer_hidden);
            let has = |names: &[&str]| {
                location.inside().iter().any(|directive| names.contains(&directive.name.as_str()))
            };
            let passes = has(PASSES)
                || location
                    .all("if")
                    .any(|condition| PASSES.iter().any(|name| condition.find(name).is_some()));
            let denies = location.all("deny").any(|deny| deny.arg(0) == "all")
                || location
                    .inside()
                    .iter()
                    .any(|directive| directive.name == "return" && !directive.arg(0).starts_with('2'));
            let files = has(&["root", "alias", "try_files"]) || sends_files;
            open |= location.all("if").any(|condition| condition.find("add_header").is_some());
            if (passes || files) && !denies {
                let (headers, hidden) = (headers.clone(), hidden.clone());
                parts.push(Part { directive: location, passes, headers, hidden, open });
            }
            self.below(location, &headers, &hidden, files, parts);
        }
    }
}

/// `proxy_hide_header` of a block, or of those around it.
fn hidden(block: &Directive, outer: &[String]) -> Vec<String> {
    let own: Vec<String> = block
        .inside()
        .iter()
        .filter(|directive| directive.name.ends_with("_hide_header"))
        .map(|directive| directive.arg(0).to_ascii_lowercase())
        .collect();
    if own.is_empty() { outer.to_vec() } else { own }
}
