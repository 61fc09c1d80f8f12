//! Descriptions of interfaces among the files of the target, for the frameworks that read them.

use clearance_finding::{Notice, NoticeKind};
use clearance_program::{Document, MAX_DOCUMENT, MAX_DOCUMENTS, ModuleInput, Program};
use clearance_source::{File, Inventory, Options, read};

/// The OpenAPI documents of the inventory, if something in the program reads any, and what could not be read of them.
pub(crate) fn documents(
    modules: &[ModuleInput],
    inventory: &Inventory,
    options: &Options,
) -> (Vec<Document>, Vec<Notice>) {
    let (mut found, mut notices) = (Vec::new(), Vec::new());
    if !Program::wants_documents(modules) {
        return (found, notices);
    }
    for file in inventory.files.iter().filter(|file| is_candidate(file)) {
        let name = file.path.to_ascii_lowercase();
        let by_name = name.contains("openapi") || name.contains("swagger");
        let unseen = |kind, why: &str| Notice {
            path: file.path.clone(),
            line: None,
            kind,
            text: format!("{why}, so the functions that it names are not known as entry points"),
        };
        if file.bytes > MAX_DOCUMENT {
            if by_name {
                notices.push(unseen(NoticeKind::TooLarge, "the description of an interface is over 2 MiB"));
            }
            continue;
        }
        match read(file, options) {
            Ok(text) if text.text.contains("openapi") || text.text.contains("swagger") => {
                if found.len() == MAX_DOCUMENTS {
                    let why = format!("the program has more than {MAX_DOCUMENTS} descriptions of interfaces");
                    notices.push(unseen(NoticeKind::Truncated, &why));
                    break;
                }
                found.push(Document { path: file.path.clone(), text: text.text });
            }
            Ok(_) => {}
            Err(notice) if by_name => notices.push(notice),
            Err(_) => {}
        }
    }
    (found, notices)
}

fn is_candidate(file: &File) -> bool {
    let ends = [".yaml", ".yml", ".json"];
    ends.iter().any(|end| file.path.len() > end.len() && file.path.to_ascii_lowercase().ends_with(end))
}
