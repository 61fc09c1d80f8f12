//! The inline block of a script (PEP 723).

use super::{File, Manifest, ManifestKind, Scope, pyproject, reader::Reader, tree::toml};

const OPEN: &str = "# /// script";

/// Whether a script begins a block of metadata (PEP 723).
pub fn has_script_block(text: &str) -> bool {
    text.starts_with(OPEN) || text.contains("\n# /// script")
}

/// Reads the block of a script.
pub(crate) fn read(file: File<'_>) -> Manifest {
    let mut reader = Reader::new(file, ManifestKind::Script);
    let Some(block) = block(reader.file.text) else { return reader.manifest };
    let parsed = toml(&block);
    reader.problem(&parsed, "TOML");
    if let Some(node) = parsed.root.get("requires-python").filter(|node| node.text().is_some()) {
        reader.python(node.text().unwrap_or_default(), false, node.span.bytes());
    }
    let scope = reader.manifest.scope;
    if let Some(dependencies) = parsed.root.get("dependencies") {
        pyproject::list(&mut reader, dependencies, scope, None, false);
    }
    if let Some(uv) = parsed.root.at(&["tool", "uv"]) {
        pyproject::uv(&mut reader, uv);
    }
    // Only an application's own installation is production.
    for requirement in &mut reader.manifest.requirements {
        requirement.scope = requirement.scope.max(Scope::Development);
    }
    reader.manifest
}

/// The text with everything but the block's content blanked, so that every byte stays where it is.
fn block(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    let mut closed = false;
    let mut pending = String::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let end = &line[content.len()..];
        if !inside && !closed && content.trim_end() == OPEN {
            inside = true;
            out.extend(std::iter::repeat_n(' ', content.len()));
            out.push_str(end);
            continue;
        }
        if inside && (content == "#" || content.starts_with("# ")) {
            if content.trim_end() == "# ///" {
                // The last such line of the comment ends the block.
                out.push_str(&pending);
                pending.clear();
                closed = true;
                out.extend(std::iter::repeat_n(' ', content.len()));
                out.push_str(end);
                inside = false;
                continue;
            }
            pending.push_str(if content == "#" { " " } else { "  " });
            pending.push_str(content.get(2..).unwrap_or_default());
            pending.push_str(end);
            continue;
        }
        if inside {
            inside = false;
            out.extend(pending.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            pending.clear();
        }
        out.extend(std::iter::repeat_n(' ', content.len()));
        out.push_str(end);
    }
    closed.then_some(out)
}
