//! `clearance probe`: look at a running server and decide.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use clearance_probe::{Between, Expected, Limits, Login, Options, Saved, Url};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::check;
use crate::{
    catalogue::Catalogue,
    cli_probe::ProbeArgs,
    console,
    exit::{Exit, Failure},
    run::{clock::Clock, command_line, judge::About, live, progress::Progress},
};

/// Most bytes of a file that is named.
const MAX_FILE: u64 = 1 << 30;

/// Runs the subcommand.
pub(crate) fn run(catalogue: &Catalogue, args: &ProbeArgs) -> Result<Exit, Failure> {
    let clock = Clock::start()?;
    check::check_outputs(&args.output)?;
    let options = options(args, clock)?;
    let settings = live::settings(catalogue, args)?;
    if args.dry_run {
        let lines =
            clearance_probe::dry_run(&options).map_err(|trouble| Failure::File(trouble.to_string()))?;
        let text: String = lines.iter().map(|line| format!("{}\n", console::safe(line))).collect();
        console::write_stdout(text.as_bytes())?;
        return Ok(Exit::Met);
    }
    let progress = Progress::new(args.console.quiet);
    progress.phase("asking", 130);
    let probed = clearance_probe::run(&options, &|_| progress.step());
    progress.finish();
    let probed = probed.map_err(|trouble| Failure::File(trouble.to_string()))?;
    let saved = Saved { url: options.url.to_string(), time: clock.begin.to_string(), probed };
    if let Some(file) = &args.save {
        fs::write(file, saved.write()).map_err(|cause| Failure::Output { path: file.clone(), cause })?;
    }
    let is_silent = saved.probed.answered.is_empty() && saved.probed.plane.findings.is_empty();
    if is_silent && args.format == clearance_report::Format::Terminal {
        let why = saved.probed.plane.notices.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>();
        let why = if why.is_empty() { "it gave no answer".to_owned() } else { why.join("\n") };
        return Err(Failure::NothingToScan(format!("{}: {why}", options.url)));
    }
    let about = About {
        target: options.url.to_string(),
        git: None,
        command: command_line::shown(std::env::args_os()),
        clock,
    };
    let assessment = live::judge(catalogue, &settings, saved, about)?;
    check::tell_probe(args, &assessment, settings.run.fail_on.value)
}

fn options(args: &ProbeArgs, clock: Clock) -> Result<Options, Failure> {
    let url = address("URL", &args.url)?;
    let plain = match &args.plain {
        Some(plain) => {
            let plain = address("--plain", &with_http(plain))?;
            if plain.scheme() != "http" {
                return Err(Failure::Usage("--plain: plain HTTP is at an address with http://".to_owned()));
            }
            Some(plain)
        }
        None => counterpart(&url),
    };
    if args.plain.is_some() && url.scheme() == "http" {
        return Err(Failure::Usage("--plain goes with an address with https://".to_owned()));
    }
    let mut expected = Expected::default();
    for file in &args.expect {
        let text = read("--expect", file)?;
        expected.read(&file.display().to_string(), &text).map_err(|why| wrong("--expect", file, &why))?;
    }
    let login = match &args.login {
        Some(file) => Some(Login::read(&read("--login", file)?).map_err(|why| wrong("--login", file, &why))?),
        None => None,
    };
    let between = match args.proxy.as_deref().map(str::trim) {
        None => Between::Environment,
        Some("" | "none") => Between::Nothing,
        Some(proxy) => Between::Proxy(address("--proxy", &with_http(proxy))?),
    };
    Ok(Options {
        url,
        plain,
        limits: Limits {
            rate: f64::from(args.rate),
            requests: args.max_requests,
            wait: Duration::from_secs(args.timeout),
            whole: Duration::from_secs(args.max_time),
        },
        between,
        roots: roots(args.ca.as_deref())?,
        now: clock.begin.as_second(),
        expected,
        login,
        listen: args.listen.then(|| PathBuf::from("/proc")),
        submit: !args.no_submit,
        user_agent: concat!("clearance-probe/", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

fn address(option: &str, text: &str) -> Result<Url, Failure> {
    let parsed = match option {
        // A proxy may have a name and a password.
        "--proxy" => Url::parse(text).map_err(|error| error.to_string()),
        _ => clearance_probe::address(text),
    };
    parsed.map_err(|why| Failure::Usage(format!("{option}: {why}")))
}

fn with_http(text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("http://{text}") }
}

/// Port 80 of the same host, beside port 443.
fn counterpart(url: &Url) -> Option<Url> {
    if url.scheme() != "https" || url.port().is_some() {
        return None;
    }
    Url::parse(&format!("http://{}{}", url.host_str()?, url.path())).ok()
}

fn wrong(option: &str, file: &Path, why: &str) -> Failure {
    Failure::Usage(format!("{option} {}: {why}", file.display()))
}

/// The text of a file that an option names.
pub(crate) fn read(option: &str, file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|error| wrong(option, file, &format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(wrong(option, file, "is larger than any such file"));
    }
    String::from_utf8(bytes).map_err(|_| wrong(option, file, "is not text in UTF-8"))
}

/// The certificates of a file; else those of the system, which `SSL_CERT_FILE` and `SSL_CERT_DIR` may name.
fn roots(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let Some(file) = file else { return Ok(rustls_native_certs::load_native_certs().certs) };
    let text = read("--ca", file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(wrong("--ca", file, "has no certificate in the form PEM")),
    }
}

/// Reads the result of a probe for `clearance check --live`.
pub(crate) fn read_saved(file: &Path) -> Result<Saved, Failure> {
    let text = read("--live", file)?;
    Saved::read(&text).map_err(|error| wrong("--live", file, &error.to_string()))
}
