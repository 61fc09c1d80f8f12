//! The text of files: notebooks, notices.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use clearance_finding::NoticeKind;
use clearance_source::{FileKind, Options, Text, read, text_of};
use support::{Tree, file};

fn notebook(cells: &str) -> String {
    format!(
        r#"{{"cells": [{cells}], "metadata": {{"language_info": {{"name": "python"}}}}, "nbformat": 4, "nbformat_minor": 5}}"#
    )
}

fn code(source: &str) -> String {
    format!(
        r#"{{"cell_type": "code", "execution_count": null, "id": "a{}", "metadata": {{}}, "outputs": [], "source": "{source}"}}"#,
        source.len()
    )
}

const PROSE: &str = r##"{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Title"}"##;

fn text(json: &str) -> Text {
    text_of("n.ipynb".into(), json.as_bytes().to_vec(), FileKind::Notebook).unwrap()
}

#[test]
fn notebooks_become_the_text_of_their_code_cells() {
    let cells = [
        PROSE,
        &code("import os\\n%matplotlib inline"),
        &code("%%bash\\nrm x"),
        PROSE,
        &code(""),
        &code("x = 1\\n"),
    ];
    let text = text(&notebook(&cells.join(",")));
    assert_eq!(text.text, "import os\n%matplotlib inline\n\nx = 1\n\n");
    let ranges = text.cells.clone().unwrap();
    assert_eq!(text.cell_numbers, [2, 5, 6]);
    assert!(ranges.windows(2).all(|pair| &text.text[pair[0].1 as usize..pair[1].0 as usize] == "\n"));
    let at = text.text.find("x = 1").unwrap() as u32;
    assert_eq!(text.cell_at(at), Some((6, 1)));
    assert_eq!(text.cell_at(10), Some((2, 2)));
    assert_eq!(text.line_starts, [0, 10, 29, 30, 36, 37]);
}

#[test]
fn notebooks_that_are_none_say_why() {
    let fails =
        |json: &str| text_of("n.ipynb".into(), json.as_bytes().to_vec(), FileKind::Notebook).unwrap_err();
    let broken = fails("{\n  \"cells\": [\n");
    assert_eq!((broken.kind, broken.line), (NoticeKind::Unreadable, Some(3)));
    assert!(fails(r#"{"cells": 1}"#).text.contains("format 4"));
    assert!(fails(&notebook("").replace("\"nbformat\": 4", "\"nbformat\": 3")).text.contains("format 3"));
    assert_eq!(fails(&notebook("").replace("python", "R")).kind, NoticeKind::Skipped);
    assert_eq!(fails(&"[".repeat(100_000)).kind, NoticeKind::Unreadable);
}

#[test]
fn a_kernel_name_is_enough_to_be_python() {
    let kernel = r#""kernelspec": {"name": "python3", "display_name": "Python 3"}"#;
    let json = notebook(&code("x = 1")).replace(r#""language_info": {"name": "python"}"#, kernel);
    assert_eq!(text(&json).text, "x = 1\n");
}

#[test]
fn an_empty_notebook_has_no_cells() {
    let text = text(&notebook(""));
    assert_eq!((text.cells.as_deref(), text.cell_at(0)), (Some(&[][..]), None));
}

#[test]
fn notices_carry_path_and_line() {
    let tree = Tree::new(&[]);
    tree.write("a.py", b"a = 1\nb = '\xff'\n");
    tree.write("b.py", b"# coding: cp1252\r\na = '\x80'\r\n");
    tree.write("c.py", b"a = 1\0\n");
    let listed = tree.list();
    let text = |path: &str| read(file(&listed, path), &Options::default()).unwrap();
    let notice = text("a.py").notice.unwrap();
    assert_eq!((&*notice.path, notice.line, notice.kind), ("a.py", Some(2), NoticeKind::Undecodable));
    let declared = text("b.py");
    assert_eq!((declared.text.as_str(), declared.notice), ("# coding: cp1252\r\na = '€'\r\n", None));
    assert_eq!(declared.line_starts, [0, 18, 29]);
    assert_eq!(text("c.py").notice.unwrap().kind, NoticeKind::Partial);
}

#[test]
fn any_bytes_give_a_sound_text_or_a_notice() {
    // Xorshift over pieces that matter to decoding.
    let pieces: [&[u8]; 14] = [
        b"# coding: ",
        b"latin-1",
        b"shift_jis",
        b"utf-7",
        b"\n",
        b"\r",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\0",
        b"\x81",
        b"\xe3\x81\x82",
        b"{\"cells\": [",
    ];
    let kinds = [FileKind::Python, FileKind::Notebook, FileKind::EnvFile, FileKind::Other];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..20_000 {
        let mut bytes = Vec::new();
        for _ in 0..state % 9 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(pieces[(state % 14) as usize]);
        }
        state = state.wrapping_add(1);
        for kind in kinds {
            if let Ok(text) = text_of("f".into(), bytes.clone(), kind) {
                assert!(text.line_starts.is_sorted_by(|a, b| a < b));
                assert!(text.line_starts.iter().all(|&start| text.text.is_char_boundary(start as usize)));
                assert!(kind != FileKind::Python || !text.text.contains('\0'));
            }
        }
    }
}
