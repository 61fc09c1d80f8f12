//! HTTP/1.1 (RFC 9112) as far as a client needs it that sends one request on a connection and wants to see the answer as it is: every header
//! in its order, malformed requests, no redirect followed.

use std::io::{self, Read, Write};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::{Trouble, deadline::is_late, tls::Line};

/// Most bytes of an answer's head.
pub(crate) const MAX_HEAD: usize = 64 << 10;
/// Most headers of an answer.
const MAX_HEADERS: usize = 128;
/// Most bytes of a body that are read, and most that become of it.
pub(crate) const MAX_BODY: usize = 1 << 20;
/// Most interim answers before the real one.
const MAX_INTERIM: usize = 4;
/// Longest line with the size of a chunk.
const MAX_CHUNK_LINE: usize = 1 << 10;

/// An answer as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Names as they were written.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Why the body is not whole, if it is not.
    pub(crate) cut: Option<&'static str>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Sends `request`, all of its bytes, and reads the answer.
pub(crate) fn exchange(line: &mut Line, request: &[u8], is_head: bool) -> Result<Raw, Trouble> {
    if let Err(error) = line.write_all(request).and_then(|()| line.flush()) {
        // A server may answer and close before it has read everything.
        if is_late(&error) {
            return Err(Trouble::Late("the request is not taken"));
        }
    }
    let mut input = Input { line, buffer: Vec::new(), ended: false };
    let mut raw = head(&mut input)?;
    for _ in 0..MAX_INTERIM {
        if !(100..200).contains(&raw.status) || raw.status == 101 {
            break;
        }
        raw = head(&mut input)?;
    }
    if is_head || matches!(raw.status, 101 | 204 | 304) {
        return Ok(raw);
    }
    body(&mut input, &mut raw);
    decode(&mut raw);
    Ok(raw)
}

/// What was read and not used.
struct Input<'l> {
    line: &'l mut Line,
    buffer: Vec<u8>,
    ended: bool,
}

impl Input<'_> {
    /// Reads more. `Ok(false)` at the end.
    fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let mut piece = [0; 16 << 10];
        loop {
            match self.line.read(&mut piece) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.buffer.extend_from_slice(&piece[..count]);
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if is_late(&error) => return Err(error),
                // A reset, or an end without a farewell: what came before it counts.
                Err(_) => self.ended = true,
            }
            return Ok(false);
        }
    }

    /// The next `count` bytes, or as many as come.
    fn take(&mut self, count: usize, into: &mut Vec<u8>) -> io::Result<bool> {
        let mut left = count;
        while left > 0 {
            if self.buffer.is_empty() && !self.more()? {
                return Ok(false);
            }
            let part = self.buffer.len().min(left);
            into.extend(self.buffer.drain(..part));
            left -= part;
        }
        Ok(true)
    }

    /// A line without its end.
    fn text_line(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let mut text: Vec<u8> = self.buffer.drain(..=end).collect();
                text.truncate(text.trim_ascii_end().len());
                return Ok(Some(text));
            }
            if self.buffer.len() > most || !self.more()? {
                return Ok(None);
            }
        }
    }
}

fn head(input: &mut Input<'_>) -> Result<Raw, Trouble> {
    let mut config = httparse::ParserConfig::default();
    config
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match config.parse_response(&mut response, &input.buffer) {
            Ok(httparse::Status::Complete(length)) => {
                let raw = Raw {
                    status: response.code.unwrap_or_default(),
                    reason: response.reason.unwrap_or_default().to_owned(),
                    headers: response
                        .headers
                        .iter()
                        .map(|header| {
                            (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned())
                        })
                        .collect(),
                    ..Raw::default()
                };
                input.buffer.drain(..length);
                return Ok(raw);
            }
            Ok(httparse::Status::Partial) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Trouble::TooLarge),
            Err(error) => return Err(Trouble::NotHttp(error.to_string())),
        }
        if input.buffer.len() > MAX_HEAD {
            return Err(Trouble::TooLarge);
        }
        match input.more() {
            Ok(true) => {}
            Ok(false) if input.buffer.is_empty() => return Err(Trouble::Closed),
            Ok(false) => return Err(Trouble::NotHttp("it ends in its head".to_owned())),
            Err(_) if input.buffer.is_empty() => return Err(Trouble::Late("nothing comes")),
            Err(_) => return Err(Trouble::Late("the head of the answer does not end")),
        }
    }
}

const SLOW: &str = "it does not end in time";
const EARLY: &str = "the connection ends in it";
const LARGE: &str = "it has more than 1 MiB";

/// The body, delimited as RFC 9112, 6.3 says.
fn body(input: &mut Input<'_>, raw: &mut Raw) {
    let chunked = raw.header("transfer-encoding").is_some_and(|value| {
        value.rsplit(',').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
    });
    let length = raw.header("content-length").and_then(|value| value.parse::<u64>().ok());
    let cut = if chunked {
        chunks(input, &mut raw.body)
    } else {
        match length {
            Some(length) => {
                let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(MAX_BODY);
                match input.take(wanted, &mut raw.body) {
                    Ok(true) if (wanted as u64) < length => Some(LARGE),
                    Ok(true) => None,
                    Ok(false) => Some(EARLY),
                    Err(_) => Some(SLOW),
                }
            }
            None => match input.take(MAX_BODY, &mut raw.body) {
                Ok(true) => Some(LARGE),
                Ok(false) => None,
                Err(_) => Some(SLOW),
            },
        }
    };
    raw.cut = cut;
}

/// A body in chunks (RFC 9112, 7.1).
fn chunks(input: &mut Input<'_>, body: &mut Vec<u8>) -> Option<&'static str> {
    loop {
        let line = match input.text_line(MAX_CHUNK_LINE) {
            Ok(Some(line)) => line,
            Ok(None) => return Some(EARLY),
            Err(_) => return Some(SLOW),
        };
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(size) = size else { return Some("its chunks are malformed") };
        if size == 0 {
            return None;
        }
        let room = MAX_BODY.saturating_sub(body.len());
        match input.take(size.min(room), body) {
            Ok(true) if size > room => return Some(LARGE),
            Ok(true) => {}
            Ok(false) => return Some(EARLY),
            Err(_) => return Some(SLOW),
        }
        match input.text_line(MAX_CHUNK_LINE) {
            Ok(Some(_)) => {}
            Ok(None) => return Some(EARLY),
            Err(_) => return Some(SLOW),
        }
    }
}

/// Takes off an encoding that was not asked for.
fn decode(raw: &mut Raw) {
    let encoding = raw.header("content-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    let mut out = Vec::new();
    let most = MAX_BODY as u64 + 1;
    let read = match encoding.as_str() {
        "" | "identity" => return,
        "gzip" | "x-gzip" => MultiGzDecoder::new(raw.body.as_slice()).take(most).read_to_end(&mut out),
        "deflate" => ZlibDecoder::new(raw.body.as_slice()).take(most).read_to_end(&mut out),
        _ => {
            raw.body.clear();
            raw.cut = Some("it is packed in a way that is not known");
            return;
        }
    };
    if out.len() > MAX_BODY {
        out.truncate(MAX_BODY);
        raw.cut = Some(LARGE);
    } else if read.is_err() && raw.cut.is_none() {
        raw.cut = Some("what it is packed in is damaged");
    }
    raw.body = out;
}
