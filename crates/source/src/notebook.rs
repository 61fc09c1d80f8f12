//! A Jupyter notebook becomes the text of its Python cells.

use std::sync::Arc;

use clearance_finding::{Notice, NoticeKind};
use ruff_notebook::{Notebook, NotebookError};
use serde::Deserialize;

/// The Python cells of a notebook.
pub(crate) struct Cells {
    /// The cells, each followed by one `\n` that is not its own.
    pub(crate) text: String,
    /// Byte range of each cell in the text, without that `\n`.
    pub(crate) ranges: Vec<(u32, u32)>,
    /// 1-based number of each cell among all cells of the notebook.
    pub(crate) numbers: Vec<u32>,
}

/// Reads a notebook from its JSON text. Errors: not JSON, not a notebook of format 4, or not in Python.
pub(crate) fn cells(path: &Arc<str>, json: &str) -> Result<Cells, Notice> {
    let notebook = Notebook::from_source_code(json).map_err(|error| malformed(path, &error))?;
    if !notebook.is_python_notebook() && !names_python(json) {
        return Err(Notice {
            path: path.clone(),
            line: None,
            kind: NoticeKind::Skipped,
            text: "a notebook in another language than Python; not analysed".to_owned(),
        });
    }
    let text = notebook.source_code().to_owned();
    let ranges = notebook
        .cell_offsets()
        .content_ranges()
        .map(|range| (u32::from(range.start()), u32::from(range.end())))
        .collect();
    let numbers = notebook
        .index()
        .iter()
        .map(|start| u32::try_from(start.cell_index().get()).unwrap_or(u32::MAX))
        .collect();
    Ok(Cells { text, ranges, numbers })
}

/// What a notebook says of its language, for those that name only the kernel.
#[derive(Deserialize)]
struct Head {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    language_info: Option<Named>,
    #[serde(default)]
    kernelspec: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
}

fn names_python(json: &str) -> bool {
    serde_json::from_str::<Head>(json).is_ok_and(|head| {
        let named = [head.metadata.language_info, head.metadata.kernelspec];
        named.into_iter().flatten().any(|named| named.name.to_ascii_lowercase().contains("python"))
    })
}

fn malformed(path: &Arc<str>, error: &NotebookError) -> Notice {
    let (line, reason) = match error {
        NotebookError::Json(error) | NotebookError::InvalidJson(error) => {
            (u32::try_from(error.line()).ok(), format!("not valid JSON: {error}"))
        }
        NotebookError::InvalidSchema(error) => {
            (u32::try_from(error.line()).ok(), format!("not a notebook of format 4: {error}"))
        }
        NotebookError::InvalidFormat(format) => {
            (None, format!("notebook format {format}; convert it to format 4 with `jupyter nbconvert`"))
        }
        NotebookError::Io(error) => (None, error.to_string()),
    };
    let line = line.filter(|&line| line > 0);
    Notice {
        path: path.clone(),
        line,
        kind: NoticeKind::Unreadable,
        text: format!("{reason}; no cell was analysed"),
    }
}
