//! Bytes become text: byte order marks, coding cookies (PEP 263), and what to say when they lie.

use clearance_finding::NoticeKind;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::FileKind;

/// Something to say about the decoding; the caller adds the path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) kind: NoticeKind,
    pub(crate) line: Option<u32>,
    pub(crate) text: String,
}

/// Decodes `bytes`. Valid UTF-8 without mark and cookie is taken over without a copy. There is always a text; the complaint says
/// what of it is not faithful.
pub(crate) fn decode(mut bytes: Vec<u8>, kind: FileKind) -> (String, Option<Complaint>) {
    let python = matches!(kind, FileKind::Python | FileKind::PythonStub);
    let (mut text, mut complaint) = match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => {
            bytes.drain(..3);
            let lie = cookie(&bytes).filter(|name| python && !is_utf8(name)).map(|name| Complaint {
                kind: NoticeKind::Undecodable,
                line: None,
                text: format!(
                    "the byte order mark says UTF-8 and the coding comment says `{name}`, which Python rejects; read as \
                     UTF-8: remove one of the two"
                ),
            });
            let (text, broken) = utf8(bytes);
            (text, lie.or(broken))
        }
        [0xFF, 0xFE, ..] => utf16(&bytes[2..], UTF_16LE, python),
        [0xFE, 0xFF, ..] => utf16(&bytes[2..], UTF_16BE, python),
        _ if python => match cookie(&bytes) {
            Some(name) if !is_utf8(&name) => declared(bytes, &name),
            _ => utf8(bytes),
        },
        _ => utf8(bytes),
    };
    if python && let Some(first) = memchr::memchr(0, text.as_bytes()) {
        let line = line_at(text.as_bytes(), first);
        // One byte for one byte, so that every offset stays.
        text = text.replace('\0', " ");
        complaint = complaint.or(Some(Complaint {
            kind: NoticeKind::Partial,
            line: Some(line),
            text: format!(
                "line {line} contains a NUL byte, which Python rejects; read as a space: remove it"
            ),
        }));
    }
    (text, complaint)
}

fn utf8(bytes: Vec<u8>) -> (String, Option<Complaint>) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = line_at(bytes, at);
            let complaint = Complaint {
                kind: NoticeKind::Undecodable,
                line: Some(line),
                text: format!(
                    "not valid UTF-8: byte 0x{:02x} at offset {at}, line {line}; read with replacement characters: save \
                     the file as UTF-8 or declare its encoding",
                    bytes[at]
                ),
            };
            (String::from_utf8_lossy(bytes).into_owned(), Some(complaint))
        }
    }
}

fn utf16(bytes: &[u8], encoding: &'static Encoding, python: bool) -> (String, Option<Complaint>) {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let problem = if python {
        Some(
            "encoded as UTF-16, which Python does not accept; decoded all the same: save the file as UTF-8"
                .to_owned(),
        )
    } else if broken {
        Some("not valid UTF-16; read with replacement characters: save the file as UTF-8".to_owned())
    } else {
        None
    };
    let complaint = problem.map(|text| Complaint { kind: NoticeKind::Undecodable, line: None, text });
    (text.into_owned(), complaint)
}

/// Decodes by the coding comment's `name`, which is not UTF-8.
fn declared(bytes: Vec<u8>, name: &str) -> (String, Option<Complaint>) {
    match codec(name) {
        Some(Codec::Ascii) if bytes.is_ascii() => utf8(bytes),
        Some(Codec::Ascii) => {
            let at = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0);
            let line = line_at(&bytes, at);
            let complaint = Complaint {
                kind: NoticeKind::Undecodable,
                line: Some(line),
                text: format!(
                    "declared as ASCII, but byte 0x{:02x} at offset {at}, line {line}, is not; read as UTF-8: correct \
                     the coding comment",
                    bytes[at]
                ),
            };
            (utf8(bytes).0, Some(complaint))
        }
        Some(Codec::Latin1) => (encoding_rs::mem::decode_latin1(&bytes).into_owned(), None),
        Some(Codec::Other(encoding)) => {
            match encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
                Some(text) => (text.into_owned(), None),
                None => {
                    let (text, _) = encoding.decode_without_bom_handling(&bytes);
                    let line = text.find('\u{FFFD}').map(|at| line_at(text.as_bytes(), at));
                    let place = line.map(|line| format!(" in line {line}")).unwrap_or_default();
                    let complaint = Complaint {
                        kind: NoticeKind::Undecodable,
                        line,
                        text: format!(
                            "not valid in its declared encoding `{name}`{place}; read with replacement characters: correct \
                         the coding comment or the text"
                        ),
                    };
                    (text.into_owned(), Some(complaint))
                }
            }
        }
        None => {
            let complaint = Complaint {
                kind: NoticeKind::Undecodable,
                line: None,
                text: format!(
                    "declares the encoding `{name}`, which is not supported; read as UTF-8, which may not be what Python \
                     runs: save the file as UTF-8"
                ),
            };
            (utf8(bytes).0, Some(complaint))
        }
    }
}

enum Codec {
    Ascii,
    Latin1,
    Other(&'static Encoding),
}

/// Python's codec names, by their documented aliases (`Lib/encodings/aliases.py`), as far as they name an encoding that the WHATWG
/// Encoding Standard has. Its labels cover most; the table holds Python's own spellings.
fn codec(name: &str) -> Option<Codec> {
    let name = normalise(name);
    let label = match name.as_str() {
        "ascii" | "646" | "us" | "us-ascii" | "ansi-x3.4-1968" | "iso646-us" => return Some(Codec::Ascii),
        // The WHATWG reads Latin-1 as windows-1252; Python does not.
        "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "iso88591" | "8859"
        | "cp819" => {
            return Some(Codec::Latin1);
        }
        "iso8859-9" | "iso-8859-9" | "latin5" | "l5" => "windows-1254",
        "cp932" | "932" | "ms932" | "mskanji" | "ms-kanji" | "shiftjis" | "sjis" | "s-jis" | "shift-jis" => {
            "shift_jis"
        }
        "cp936" | "936" | "ms936" | "gbk" => "gbk",
        "gb18030-2000" => "gb18030",
        "euccn" | "euc-cn" | "eucgb2312-cn" | "gb2312-80" | "gb2312" => "gb2312",
        "cp949" | "949" | "ms949" | "uhc" | "euckr" | "euc-kr" | "ks-x-1001" => "euc-kr",
        "cp950" | "950" | "ms950" | "big5-tw" | "big5hkscs" | "big5-hkscs" | "hkscs" => "big5",
        "eucjp" | "ujis" | "u-jis" => "euc-jp",
        "iso2022jp" => "iso-2022-jp",
        "maccyrillic" | "mac-cyrillic" => "x-mac-cyrillic",
        "macroman" | "mac-roman" | "macintosh" => "macintosh",
        "thai" | "tis620" | "tis-620" | "iso8859-11" | "cp874" => "windows-874",
        "ibm866" | "866" | "cp866" => "ibm866",
        other => other,
    };
    let windows =
        label.strip_prefix("cp").or(Some(label)).filter(|code| code.len() == 4 && code.starts_with("125"));
    let found = match windows {
        Some(code) => Encoding::for_label(format!("windows-{code}").as_bytes()),
        None => Encoding::for_label(label.as_bytes()).or_else(|| {
            Encoding::for_label(format!("iso-8859-{}", label.strip_prefix("iso8859-")?).as_bytes())
        }),
    }?;
    // UTF-16 cannot carry a coding comment, and `replacement` stands for encodings that hide text.
    let usable = found.is_ascii_compatible() || found == encoding_rs::ISO_2022_JP;
    (usable && found != encoding_rs::X_USER_DEFINED && found != encoding_rs::UTF_8)
        .then_some(Codec::Other(found))
}

fn is_utf8(name: &str) -> bool {
    matches!(normalise(name).as_str(), "utf-8" | "utf8" | "u8" | "utf" | "utf8-ucs2" | "utf8-ucs4" | "cp65001")
        // `utf-8-sig` and `utf-8-unix`, which editors write: Python looks at the first five letters only.
        || normalise(name).starts_with("utf-8-")
}

fn normalise(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// The encoding named in the first two lines, PEP 263: `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`. The second line counts
/// only if the first is blank or a comment.
fn cookie(bytes: &[u8]) -> Option<String> {
    let (first, rest) = split_line(bytes);
    if let Some(name) = cookie_in(first) {
        return Some(name);
    }
    let start = first.trim_ascii_start();
    if start.is_empty() || start[0] == b'#' { cookie_in(split_line(rest).0) } else { None }
}

fn cookie_in(line: &[u8]) -> Option<String> {
    let comment = line.iter().position(|b| !matches!(b, b' ' | b'\t' | 0x0c)).map(|start| &line[start..])?;
    if comment[0] != b'#' {
        return None;
    }
    memchr::memmem::find_iter(comment, b"coding").find_map(|at| {
        let after = &comment[at + 6..];
        if !matches!(after.first(), Some(b':' | b'=')) {
            return None;
        }
        let value = &after[1..];
        let value = &value[value.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()..];
        let length =
            value.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
        (length > 0).then(|| String::from_utf8_lossy(&value[..length.min(40)]).into_owned())
    })
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr2(b'\n', b'\r', bytes) {
        Some(end) => {
            let next = if bytes[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 };
            (&bytes[..end], &bytes[next..])
        }
        None => (bytes, &[]),
    }
}

/// The 1-based line of the byte at `offset`.
fn line_at(bytes: &[u8], offset: usize) -> u32 {
    crate::text::line_starts(&bytes[..offset]).len() as u32
}

/// Whether `bytes` are no text: a NUL among the first 8,000, the test that git applies, and no UTF-16 mark.
pub(crate) fn looks_binary(bytes: &[u8]) -> bool {
    !bytes.starts_with(&[0xFF, 0xFE])
        && !bytes.starts_with(&[0xFE, 0xFF])
        && memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(bytes: &[u8]) -> (String, Option<Complaint>) {
        decode(bytes.to_vec(), FileKind::Python)
    }

    #[test]
    fn plain_text_is_not_copied() {
        let bytes = "é = 1\n".as_bytes().to_vec();
        let place = bytes.as_ptr();
        let (text, complaint) = decode(bytes, FileKind::Python);
        assert_eq!((text.as_ptr(), complaint), (place, None));
    }

    #[test]
    fn cookies_follow_pep_263() {
        assert_eq!(cookie(b"# -*- coding: latin-1 -*-\n").as_deref(), Some("latin-1"));
        assert_eq!(
            cookie(b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n").as_deref(),
            Some("cp1252")
        );
        assert_eq!(cookie(b"\r# coding=gbk\r").as_deref(), Some("gbk"));
        assert_eq!(cookie(b"x = 1\n# coding: gbk\n"), None);
        assert_eq!(cookie(b"\n\n# coding: gbk\n"), None);
        assert_eq!(cookie(b"x = '# coding: gbk'\n"), None);
        assert_eq!(cookie(b"# coding gbk, coding: koi8-r\n").as_deref(), Some("koi8-r"));
    }

    #[test]
    fn declared_encodings() {
        for (bytes, expected) in [
            (&b"# coding: latin-1\ns = '\xe9\x80'\n"[..], "é\u{80}"),
            (b"# coding: iso-8859-15\ns = '\xa4'\n", "€"),
            (b"# coding: iso8859_15\ns = '\xa4'\n", "€"),
            (b"# coding: cp1252\ns = '\x80'\n", "€"),
            (b"# coding: windows-1251\ns = '\xc6'\n", "Ж"),
            (b"# coding: koi8_r\ns = '\xf6'\n", "Ж"),
            (b"# coding: euc_jp\ns = '\xa4\xa2'\n", "あ"),
            (b"# coding: shift_jis\ns = '\x82\xa0'\n", "あ"),
            (b"# coding: cp932\ns = '\x82\xa0'\n", "あ"),
            (b"# coding: gbk\ns = '\xc4\xe3'\n", "你"),
            (b"# coding: big5\ns = '\xa7A'\n", "你"),
            (b"# coding: UTF8\ns = '\xc3\xa9'\n", "é"),
            (b"# coding: utf-8-sig\ns = '\xc3\xa9'\n", "é"),
        ] {
            let (text, complaint) = python(bytes);
            assert_eq!(complaint, None, "{text}");
            assert!(text.contains(&format!("'{expected}'")), "{text}");
        }
    }

    #[test]
    fn codecs_that_hide_code_are_reported() {
        for name in
            ["utf-7", "unicode_escape", "rot13", "utf-16", "hz", "iso-2022-kr", "cp037", "x-user-defined"]
        {
            let (_, complaint) = python(format!("# coding: {name}\nx = 1\n").as_bytes());
            let complaint = complaint.unwrap();
            assert_eq!(complaint.kind, NoticeKind::Undecodable, "{name}");
            assert!(complaint.text.contains(name));
        }
    }

    #[test]
    fn broken_text_is_placed() {
        let (text, complaint) = python(b"a = 1\nb = '\xff'\n");
        assert_eq!(text, "a = 1\nb = '\u{FFFD}'\n");
        let complaint = complaint.unwrap();
        assert_eq!((complaint.kind, complaint.line), (NoticeKind::Undecodable, Some(2)));
        assert!(complaint.text.contains("0xff at offset 11"), "{}", complaint.text);
        let (_, complaint) = python(b"# coding: euc-jp\n\nb = '\xff'\n");
        assert_eq!(complaint.unwrap().line, Some(3));
        let (_, complaint) = python(b"# coding: ascii\nb = '\xc3\xa9'\n");
        assert_eq!(complaint.unwrap().line, Some(2));
    }

    #[test]
    fn marks() {
        assert_eq!(python(b"\xef\xbb\xbfx = 1\n"), ("x = 1\n".to_owned(), None));
        assert!(python(b"\xef\xbb\xbf# coding: latin-1\n").1.is_some());
        let utf16: Vec<u8> =
            [0xFEFF].into_iter().chain("x = 'é'\n".encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let (text, complaint) = python(&utf16);
        assert_eq!(text, "x = 'é'\n");
        assert_eq!(complaint.unwrap().kind, NoticeKind::Undecodable);
        assert_eq!(decode(utf16, FileKind::Config), ("x = 'é'\n".to_owned(), None));
    }

    #[test]
    fn nul_bytes_keep_offsets() {
        let (text, complaint) = python(b"a = 1\n\0b = 2\n");
        assert_eq!(text, "a = 1\n b = 2\n");
        let complaint = complaint.unwrap();
        assert_eq!((complaint.kind, complaint.line), (NoticeKind::Partial, Some(2)));
    }
}
