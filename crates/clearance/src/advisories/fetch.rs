//! Fetches one file over HTTPS: bounded, resumable, and checked as far as the server lets it.
//!
//! What has come is kept beside the database under a name of its own, with a note of what it is a part of; a later run goes on from there if the server still has the same.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use data_encoding::BASE64;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use ureq::{
    Agent, Body, Error, Proxy,
    http::{Response, header},
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::place::beside;

/// Bytes of a file at most.
const MAX_BYTES: u64 = 4 << 30;
/// Redirects that are followed.
const MAX_REDIRECTS: u32 = 5;
/// Time for a whole file.
const WHOLE: Duration = Duration::from_hours(2);
const CASTAGNOLI: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);

/// How to go to the network.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    /// Nothing may take longer without a sign of life.
    pub(crate) timeout: Duration,
    /// Certificates to trust instead of the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Which proxy is between.
    pub(crate) proxy: Between,
    /// Whether progress is shown on a terminal.
    pub(crate) progress: bool,
}

/// The proxy.
#[derive(Debug, Clone)]
pub(crate) enum Between {
    /// What the environment says.
    Environment,
    /// None, whatever the environment says.
    Nothing,
    /// This one, for every host.
    Proxy(Proxy),
}

impl Between {
    /// As the command line says it.
    pub(crate) fn of(asked_for: Option<&str>) -> Result<Self, String> {
        match asked_for {
            None => Ok(Self::Environment),
            Some("none") => Ok(Self::Nothing),
            // The address may hold a password: it is not repeated.
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Proxy::new(url).map(Self::Proxy).map_err(|_| "the address is not understood".to_owned())
            }
            Some(_) => Err("the address begins neither with http:// nor with https://".to_owned()),
        }
    }
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The server has nothing newer.
    Unchanged,
    /// A whole file, and what the server calls this state of it.
    File { path: PathBuf, etag: Option<String> },
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the server answers {0}; {hint}", hint = status_hint(*.0))]
    Status(u16),
    #[error("nothing came for {0} s; try again later, or give more time with --timeout")]
    Stalled(u64),
    #[error("it took more than two hours; run again, and it goes on from where it was")]
    TooSlow,
    #[error("the host cannot be found; check the network, HTTPS_PROXY and the address of the mirror")]
    Host,
    #[error(
        "the connection cannot be made: {0}; check the network, HTTPS_PROXY and the address of the mirror"
    )]
    Connection(String),
    #[error(
        "the connection is not trusted: {0}; if a proxy or mirror has a certificate of its own, name it with --ca-file"
    )]
    Trust(String),
    #[error("the proxy does not connect: {0}; check --proxy, HTTPS_PROXY and NO_PROXY")]
    Proxy(String),
    #[error(
        "it is redirected to an address without https, which is refused; check the address of the mirror"
    )]
    Plain,
    #[error("it is redirected more than {MAX_REDIRECTS} times; check the address of the mirror")]
    Redirects,
    #[error("the connection ended after {got} of {whole} bytes; run again, and it goes on from there")]
    Truncated { got: u64, whole: String },
    #[error("what came does not have the checksum ({0}) that the server gives; run again")]
    Checksum(&'static str),
    #[error("the server sends another part of the file than was asked for; run again")]
    Part,
    #[error("it has more than 4 GiB; check the address of the mirror")]
    TooLarge,
    #[error("{file} cannot be used: {cause}")]
    Disk { file: String, cause: io::Error },
    #[error("{0} has no certificate in the form PEM")]
    Certificates(String),
    #[error("the answer is not understood: {0}; check HTTPS_PROXY and the address of the mirror")]
    Answer(String),
}

fn status_hint(status: u16) -> &'static str {
    match status {
        401 | 403 | 407 => "check the address of the mirror, and whether the proxy lets it through",
        404 | 410 => "there is no such file; check the address of the mirror",
        429 | 500.. => "try again later",
        _ => "check the address of the mirror",
    }
}

/// What a part is a part of.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    url: String,
    /// `ETag`, or `Last-Modified`.
    validator: String,
}

/// An agent that trusts what it should.
pub(crate) fn agent(network: &Network) -> Result<Agent, FetchError> {
    let tls = TlsConfig::builder().root_certs(roots(network.ca_file.as_deref())?).build();
    let timeout = Some(network.timeout);
    let mut builder = Agent::config_builder();
    match &network.proxy {
        Between::Environment => {}
        Between::Nothing => builder = builder.proxy(None),
        Between::Proxy(proxy) => builder = builder.proxy(Some(proxy.clone())),
    }
    let config = builder
        .https_only(true)
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .tls_config(tls)
        .user_agent(concat!("clearance/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .timeout_global(Some(WHOLE))
        .timeout_resolve(timeout)
        .timeout_connect(timeout)
        .timeout_send_request(timeout)
        .timeout_recv_response(timeout)
        .timeout_per_read(timeout)
        .build();
    Ok(Agent::new_with_config(config))
}

/// The certificates of a file; else those of the system, which `SSL_CERT_FILE` and `SSL_CERT_DIR` may name; else Mozilla's, as built in.
fn roots(file: Option<&Path>) -> Result<RootCerts, FetchError> {
    let certificates: Vec<Certificate<'static>> = match file {
        Some(file) => {
            let shown = file.display().to_string();
            let text = fs::read(file).map_err(|cause| FetchError::Disk { file: shown.clone(), cause })?;
            let items = parse_pem(&text).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            let found: Vec<Certificate<'static>> = items.collect();
            if found.is_empty() {
                return Err(FetchError::Certificates(shown));
            }
            found
        }
        None => {
            let found = rustls_native_certs::load_native_certs().certs;
            found.iter().map(|der| Certificate::from_der(der).to_owned()).collect()
        }
    };
    Ok(if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&certificates) })
}

/// Fetches `url`, unless it is still in the state `known`. `part` is where what comes is kept.
pub(crate) fn fetch(
    agent: &Agent,
    network: &Network,
    url: &str,
    known: Option<&str>,
    part: &Path,
) -> Result<Fetched, FetchError> {
    let mut resume = resumable(url, part);
    loop {
        let mut request = agent.get(url);
        match (&resume, known) {
            (Some((length, validator)), _) => {
                request = request
                    .header(header::RANGE, format!("bytes={length}-"))
                    .header(header::IF_RANGE, validator);
            }
            (None, Some(etag)) => request = request.header(header::IF_NONE_MATCH, etag),
            (None, None) => {}
        }
        let response = request.call().map_err(|error| from_ureq(error, network))?;
        let start = match (response.status().as_u16(), &resume) {
            (304, None) if known.is_some() => return Ok(Fetched::Unchanged),
            (200, _) => 0,
            (206, Some((length, _))) if part_start(&response) == Some(*length) => *length,
            (206, _) => {
                forget(part);
                return Err(FetchError::Part);
            }
            // The file is shorter than what there is of it: it is another one.
            (416, Some(_)) => {
                forget(part);
                resume = None;
                continue;
            }
            (status, _) => return Err(FetchError::Status(status)),
        };
        return receive(response, network, url, part, start);
    }
}

/// Removes what has come of a file.
pub(crate) fn forget(part: &Path) {
    let _ = fs::remove_file(part);
    let _ = fs::remove_file(beside(part, ".json"));
}

/// How much of the file there is, and of which state.
fn resumable(url: &str, part: &Path) -> Option<(u64, String)> {
    let note: Note = serde_json::from_slice(&fs::read(beside(part, ".json")).ok()?).ok()?;
    let metadata = fs::symlink_metadata(part).ok()?;
    (note.url == url && metadata.is_file() && metadata.len() > 0).then_some((metadata.len(), note.validator))
}

fn text<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok().map(str::trim)
}

/// `Content-Range: bytes START-END/WHOLE` (RFC 9110, 14.4).
fn part_start(response: &Response<Body>) -> Option<u64> {
    text(response, "content-range")?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn whole_length(response: &Response<Body>, start: u64) -> Option<u64> {
    match text(response, "content-range") {
        Some(range) if start > 0 => range.rsplit('/').next()?.parse().ok(),
        _ => text(response, "content-length")?.parse().ok(),
    }
}

/// Writes what comes behind `start`, and looks at it as a whole.
fn receive(
    response: Response<Body>,
    network: &Network,
    url: &str,
    part: &Path,
    start: u64,
) -> Result<Fetched, FetchError> {
    let disk = |cause| FetchError::Disk { file: part.display().to_string(), cause };
    let whole = whole_length(&response, start);
    if whole.is_some_and(|whole| whole > MAX_BYTES) {
        return Err(FetchError::TooLarge);
    }
    let etag = text(&response, "etag").map(str::to_owned);
    let sums = checksums(&response);
    if start == 0 {
        forget(part);
        // A weak validator does not say that the bytes are the same (RFC 9110, 13.1.5).
        let strong = etag.clone().filter(|etag| !etag.starts_with("W/"));
        if let Some(validator) = strong.or_else(|| text(&response, "last-modified").map(str::to_owned)) {
            let note = Note { url: url.to_owned(), validator };
            let note = serde_json::to_vec(&note).unwrap_or_default();
            fs::write(beside(part, ".json"), note).map_err(disk)?;
        }
    }
    let mut file =
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(part).map_err(disk)?;
    file.set_len(start).map_err(disk)?;
    file.seek(SeekFrom::End(0)).map_err(disk)?;
    let bar = bar(network.progress, whole, start);
    let mut from = response.into_body().into_with_config().limit(MAX_BYTES + 1).reader();
    let mut buffer = vec![0; 1 << 16];
    let mut got = start;
    let ended = loop {
        match from.read(&mut buffer) {
            Ok(0) => break None,
            Ok(count) => {
                got += count as u64;
                if got > MAX_BYTES {
                    forget(part);
                    return Err(FetchError::TooLarge);
                }
                file.write_all(&buffer[..count]).map_err(disk)?;
                bar.set_position(got);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
    };
    bar.finish_and_clear();
    file.flush().map_err(disk)?;
    let is_whole = whole.is_none_or(|whole| whole == got);
    match ended.map(|error| from_ureq(error.into(), network)) {
        Some(error @ (FetchError::Stalled(_) | FetchError::TooSlow | FetchError::Trust(_))) => {
            return Err(error);
        }
        Some(_) if !is_whole || whole.is_none() => return Err(truncated(got, whole)),
        None if !is_whole => return Err(truncated(got, whole)),
        Some(_) | None => {}
    }
    if let Some(wrong) = wrong_checksum(&mut file, &sums).map_err(disk)? {
        forget(part);
        return Err(FetchError::Checksum(wrong));
    }
    Ok(Fetched::File { path: part.to_owned(), etag })
}

fn truncated(got: u64, whole: Option<u64>) -> FetchError {
    FetchError::Truncated {
        got,
        whole: whole.map_or_else(|| "an unknown number of".to_owned(), |whole| whole.to_string()),
    }
}

/// Checksums of the whole file that the server gives: `x-goog-hash: crc32c=…, md5=…`, in base 64.
#[derive(Debug, Default)]
struct Checksums {
    md5: Option<Vec<u8>>,
    crc32c: Option<Vec<u8>>,
}

fn checksums(response: &Response<Body>) -> Checksums {
    let mut found = Checksums::default();
    let given = response.headers().get_all("x-goog-hash");
    for pair in given.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
        match pair.trim().split_once('=') {
            Some(("md5", sum)) => found.md5 = BASE64.decode(sum.as_bytes()).ok(),
            Some(("crc32c", sum)) => found.crc32c = BASE64.decode(sum.as_bytes()).ok(),
            _ => {}
        }
    }
    found
}

/// The name of a checksum that does not fit.
fn wrong_checksum(file: &mut File, sums: &Checksums) -> io::Result<Option<&'static str>> {
    if sums.md5.is_none() && sums.crc32c.is_none() {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(0))?;
    let mut md5 = Md5::new();
    let mut crc = CASTAGNOLI.digest();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => {
                md5.update(&buffer[..count]);
                crc.update(&buffer[..count]);
            }
        }
    }
    let crc = crc.finalize().to_be_bytes();
    if sums.crc32c.as_ref().is_some_and(|given| *given != crc) {
        return Ok(Some("crc32c"));
    }
    let md5 = md5.finalize();
    Ok(sums.md5.as_ref().is_some_and(|given| given[..] != md5[..]).then_some("md5"))
}

fn bar(wanted: bool, whole: Option<u64>, start: u64) -> ProgressBar {
    let shown = wanted && io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr_with_hz(10) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(whole, target);
    if let Ok(style) = ProgressStyle::with_template("{bytes}/{total_bytes} {bar:32} {bytes_per_sec} {eta}") {
        bar.set_style(style);
    }
    bar.set_position(start);
    bar
}

fn from_ureq(error: Error, network: &Network) -> FetchError {
    match error {
        Error::StatusCode(status) => FetchError::Status(status),
        Error::Timeout(ureq::Timeout::Global) => FetchError::TooSlow,
        Error::Timeout(_) => FetchError::Stalled(network.timeout.as_secs()),
        Error::HostNotFound => FetchError::Host,
        Error::RequireHttpsOnly(_) => FetchError::Plain,
        Error::TooManyRedirects => FetchError::Redirects,
        Error::ConnectProxyFailed(why) => FetchError::Proxy(why),
        Error::InvalidProxyUrl => FetchError::Proxy("its address is not understood".to_owned()),
        Error::Tls(why) => FetchError::Trust(why.to_owned()),
        Error::Rustls(why) => FetchError::Trust(why.to_string()),
        Error::Io(cause) if is_time(&cause) => FetchError::Stalled(network.timeout.as_secs()),
        // Problems of the certificate come as errors of the connection.
        Error::Io(cause) if cause.to_string().contains("certificate") => FetchError::Trust(cause.to_string()),
        Error::Io(cause) => FetchError::Connection(cause.to_string()),
        Error::ConnectionFailed => FetchError::Connection("no address of the host answers".to_owned()),
        other => FetchError::Answer(other.to_string()),
    }
}

fn is_time(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_specifications() {
        // RFC 1321, A.5; RFC 3720, B.4 is of 32 zeros.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, [0; 32]).unwrap();
        let mut file = File::open(&path).unwrap();
        let sums = Checksums { md5: None, crc32c: Some(vec![0x8a, 0x91, 0x36, 0xaa]) };
        assert_eq!(wrong_checksum(&mut file, &sums).unwrap(), None);
        fs::write(&path, "abc").unwrap();
        let mut file = File::open(&path).unwrap();
        let md5 = BASE64.decode(b"kAFQmDzST7DWlj99KOF/cg==").ok();
        assert_eq!(wrong_checksum(&mut file, &Checksums { md5: md5.clone(), crc32c: None }).unwrap(), None);
        fs::write(&path, "abd").unwrap();
        let mut file = File::open(&path).unwrap();
        assert_eq!(wrong_checksum(&mut file, &Checksums { md5, crc32c: None }).unwrap(), Some("md5"));
    }
}
