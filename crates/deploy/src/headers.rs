//! What is told of response headers outside the code of handlers and hooks: settings of Django, Flask-Talisman, servers in front of the application.

use clearance_finding::{HeaderSources, Location, ProxyHeader, ProxyPart, ProxyServer, SentHeader};
use clearance_python::ir::{ArgKind, Op};
use clearance_source::Role;

use crate::{
    Deployment, Span, What,
    proxy::{Config, Directive, Header, Kind, Site, sites},
    settings::{Application, Effective, Framework, Plain},
};

/// Headers that matter here.
const NAMES: &[&str] = &[
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "content-security-policy",
    "referrer-policy",
];

/// Words of ingress controllers and other proxies that set such headers under names of their own.
const OTHER_WORDS: &[&str] = &[
    "kind: ingress",
    "kind: httproute",
    "customresponseheaders",
    "stsseconds",
    "framedeny",
    "contenttypenosniff",
    "http-response set-header",
    "http-response add-header",
];

/// Everything that is told.
pub(crate) fn sources(deployment: &Deployment<'_>) -> HeaderSources {
    let mut found = HeaderSources::default();
    for app in deployment.settings.applications.iter().filter(|app| app.framework == Framework::Django) {
        django(app, &mut found.configured);
    }
    talisman(deployment, &mut found.configured);
    for site in sites(&deployment.model.proxies, deployment.files).iter().filter(|site| site.serves) {
        found.servers.push(server(deployment, site));
    }
    for file in deployment.files.iter().filter(|file| !file.is_aside()) {
        let is_proxy = matches!(file.what(), Some(What::Nginx | What::Apache | What::Caddy));
        if is_proxy
            && deployment.model.proxies.iter().any(|config| deployment.files[config.file].path == file.path)
        {
            continue;
        }
        let text = file.text.to_ascii_lowercase();
        found
            .mentioned
            .extend(NAMES.iter().filter(|name| text.contains(**name)).map(|name| (*name).to_owned()));
        if OTHER_WORDS.iter().any(|word| text.contains(word)) {
            found.mentioned.push("*".to_owned());
        }
    }
    found.mentioned.sort();
    found.mentioned.dedup();
    found
}

fn sent(name: &str, value: Option<String>, by: &str, location: &Location, condition: &str) -> SentHeader {
    SentHeader {
        name: name.to_owned(),
        value,
        by: by.to_owned(),
        location: location.clone(),
        condition: condition.to_owned(),
    }
}

/// What decides about a value, one clause; empty where it is sure.
fn condition(value: &Effective) -> String {
    match value.vars.first() {
        Some(variable) => format!("{variable} in the environment may change it"),
        None if value.unsure => "a condition that is not known decides about it".to_owned(),
        None => String::new(),
    }
}

/// The headers that Django's middleware sends (<https://docs.djangoproject.com/en/stable/ref/middleware/>).
fn django(app: &Application, found: &mut Vec<SentHeader>) {
    let Some(middleware) = app.get("MIDDLEWARE").or_else(|| app.get("MIDDLEWARE_CLASSES")) else { return };
    let has = |name: &str| middleware.texts().iter().any(|path| path.rsplit('.').next() == Some(name));
    let unsure = condition(middleware);
    let place = |value: Option<&Effective>| {
        value
            .and_then(|value| value.steps.first())
            .or_else(|| middleware.steps.first())
            .map_or_else(|| app.location.clone(), |step| step.location.clone())
    };
    // What is not set has its default, unless settings may be there that are not known.
    let mut add =
        |name: &str, setting: &str, by: &str, of: &dyn Fn(Option<&Effective>) -> Option<Option<String>>| {
            let value = app.get(setting);
            let Some(text) = of(value) else { return };
            let mut condition =
                if unsure.is_empty() { value.map_or_else(String::new, condition) } else { unsure.clone() };
            if condition.is_empty() && value.is_none() && app.open.is_some() {
                condition = format!("not all settings are known, and `{setting}` decides about it");
            }
            found.push(sent(name, text, by, &place(value), &condition));
        };
    let text_or = |value: Option<&Effective>, default: &str| match value {
        None => Some(Some(default.to_owned())),
        Some(value) => match &value.plain {
            Plain::None => None,
            Plain::Str(text) if text.is_empty() => None,
            Plain::Str(text) => Some(Some(text.to_string())),
            Plain::List(..) => Some(Some(value.texts().join(", "))),
            _ => Some(None),
        },
    };
    if has("SecurityMiddleware") {
        let by = "`SecurityMiddleware`";
        add("x-content-type-options", "SECURE_CONTENT_TYPE_NOSNIFF", by, &|value| match value
            .map_or(Some(true), Effective::truth)
        {
            Some(true) => Some(Some("nosniff".to_owned())),
            Some(false) => None,
            None => Some(None),
        });
        add("referrer-policy", "SECURE_REFERRER_POLICY", by, &|value| text_or(value, "same-origin"));
        add("strict-transport-security", "SECURE_HSTS_SECONDS", by, &|value| match &value?.plain {
            Plain::Int(0) => None,
            Plain::Int(seconds) => Some(Some(format!("max-age={seconds}"))),
            Plain::None | Plain::Bool(false) => None,
            _ => Some(None),
        });
    }
    if has("XFrameOptionsMiddleware") {
        add("x-frame-options", "X_FRAME_OPTIONS", "`XFrameOptionsMiddleware`", &|value| {
            text_or(value, "DENY")
        });
    }
    for (class, settings) in [
        ("CSPMiddleware", &["CONTENT_SECURITY_POLICY", "CSP_DEFAULT_SRC", "CSP_SCRIPT_SRC"][..]),
        ("ContentSecurityPolicyMiddleware", &["SECURE_CSP"][..]),
    ] {
        if !has(class) {
            continue;
        }
        let setting = settings.iter().find(|name| app.get(name).is_some()).copied();
        let Some(setting) = setting.or((class == "CSPMiddleware").then_some("CONTENT_SECURITY_POLICY"))
        else {
            continue;
        };
        add("content-security-policy", setting, &format!("`{class}`"), &|value| {
            Some(value.and_then(policy_of))
        });
    }
}

/// A policy that is written as a dict: `{"script-src": ["'self'"]}`, below `DIRECTIVES` in django-csp.
fn policy_of(value: &Effective) -> Option<String> {
    let value = value.entry("DIRECTIVES").unwrap_or(value);
    match &value.plain {
        Plain::Str(text) => Some(text.to_string()),
        Plain::Map(entries, false) => {
            let mut parts = Vec::new();
            for (name, sources) in entries {
                let name = name.text()?;
                let sources = match &sources.plain {
                    Plain::Str(text) => text.to_string(),
                    Plain::List(items, _) => {
                        let texts: Vec<String> = items
                            .iter()
                            .map(|item| match &item.0.plain {
                                Plain::Str(text) => text.to_string(),
                                // `csp.constants.SELF`, `NONCE`
                                Plain::Named(path) => {
                                    let last = path.rsplit('.').next().unwrap_or(path);
                                    format!("'{}'", last.to_ascii_lowercase().replace('_', "-"))
                                }
                                _ => "{}".to_owned(),
                            })
                            .collect();
                        texts.join(" ")
                    }
                    Plain::None => continue,
                    _ => "{}".to_owned(),
                };
                parts.push(format!("{name} {sources}"));
            }
            Some(parts.join("; "))
        }
        _ => None,
    }
}

/// The headers that Flask-Talisman sends, by its options and their defaults (<https://github.com/wntrblm/flask-talisman>).
fn talisman(deployment: &Deployment<'_>, found: &mut Vec<SentHeader>) {
    let elsewhere = overrides(deployment);
    for call in &deployment.settings.calls {
        let Some(path) = call.path.strip_prefix("flask_talisman.") else { continue };
        let is_setup = match path.trim_start_matches("talisman.") {
            "Talisman" => {
                !call.positional.is_empty() || call.keywords.iter().any(|(name, _)| &**name == "app")
            }
            path => path == "Talisman.init_app",
        };
        if !is_setup {
            continue;
        }
        let option =
            |name: &str| call.keywords.iter().find(|(known, _)| &**known == name).map(|(_, value)| value);
        let by = "Flask-Talisman";
        let mut add = |name: &str, value: Option<String>, decides: Option<&Effective>, condition_of: &str| {
            let own = decides.map_or_else(String::new, condition);
            let condition = match option_of(name)
                .and_then(|option| elsewhere.iter().find(|(other, _)| *other == option))
            {
                _ if !own.is_empty() => own,
                Some((option, place)) if condition_of.is_empty() => {
                    format!(
                        "but views for which `{option}` is set otherwise ({}:{})",
                        place.path, place.start.line
                    )
                }
                _ => condition_of.to_owned(),
            };
            found.push(sent(name, value, by, &call.location, &condition));
        };
        let flag = |name: &str| option(name).map_or(Some(true), Effective::truth);
        if flag("strict_transport_security") != Some(false) {
            let age = match option("strict_transport_security_max_age").map(|value| &value.plain) {
                None => Some(31_556_926),
                Some(Plain::Int(age) | Plain::Duration(age)) => Some(*age),
                Some(_) => None,
            };
            // It asks the request, which knows of TLS in front of it only through ProxyFix.
            let behind_proxy = !deployment.model.proxies.is_empty();
            let told = deployment.program.modules().any(|(_, module)| module.text.contains("ProxyFix"));
            let condition = if behind_proxy && !told {
                "only requests that the application takes for HTTPS are answered with it"
            } else {
                ""
            };
            add(
                "strict-transport-security",
                age.map(|age| format!("max-age={age}")),
                option("strict_transport_security"),
                condition,
            );
        }
        if flag("x_content_type_options") != Some(false) {
            add("x-content-type-options", Some("nosniff".to_owned()), option("x_content_type_options"), "");
        }
        match option("frame_options").map(|value| (&value.plain, value)) {
            None => add("x-frame-options", Some("SAMEORIGIN".to_owned()), None, ""),
            Some((Plain::Str(text), value)) if !text.is_empty() => {
                add("x-frame-options", Some(text.to_string()), Some(value), "")
            }
            Some((_, value)) if value.truth() == Some(false) => {}
            Some((_, value)) => add("x-frame-options", None, Some(value), ""),
        }
        match option("referrer_policy") {
            None => add("referrer-policy", Some("strict-origin-when-cross-origin".to_owned()), None, ""),
            Some(value) if value.truth() == Some(false) => {}
            Some(value) => add("referrer-policy", value.text().map(str::to_owned), Some(value), ""),
        }
        let only_reports = option("content_security_policy_report_only").map(Effective::truth);
        if only_reports == Some(Some(true)) {
            continue;
        }
        let may_only_report = match only_reports {
            Some(None) => "unless `content_security_policy_report_only` is set",
            _ => "",
        };
        match option("content_security_policy") {
            None => add(
                "content-security-policy",
                Some("default-src 'self'; object-src 'none'".to_owned()),
                None,
                "",
            ),
            Some(value) if value.truth() == Some(false) => {}
            Some(value) => {
                let nonces = option("content_security_policy_nonce_in").is_some();
                let policy = policy_of(value).filter(|_| !nonces);
                add("content-security-policy", policy, Some(value), may_only_report);
            }
        }
    }
}

/// The option that leaves a header out.
fn option_of(header: &str) -> Option<&'static str> {
    Some(match header {
        "strict-transport-security" => "strict_transport_security",
        "x-frame-options" => "frame_options",
        "content-security-policy" => "content_security_policy",
        "referrer-policy" => "referrer_policy",
        _ => return None,
    })
}

/// Options that single views are given: `@talisman(frame_options=None)`.
fn overrides(deployment: &Deployment<'_>) -> Vec<(&'static str, Location)> {
    const OPTIONS: &[&str] =
        &["frame_options", "content_security_policy", "strict_transport_security", "referrer_policy"];
    let program = deployment.program;
    let mut found = Vec::new();
    if !program.imports("flask_talisman") {
        return found;
    }
    for (id, module) in program.modules().filter(|(_, module)| module.role == Role::Application) {
        let ir = &module.ir;
        for inst in &ir.insts {
            let Op::Call { callee, args } = inst.op else { continue };
            let called = match ir.op(callee) {
                Op::Attr { name, .. } | Op::Global(name) => ir.name(name),
                Op::Import(import) => ir.name(ir.imports[import.index()].bound),
                _ => continue,
            };
            if matches!(called, "Talisman" | "init_app") {
                continue;
            }
            for arg in ir.args(args) {
                let ArgKind::Keyword(name) = arg.kind else { continue };
                if let Some(option) = OPTIONS.iter().find(|option| **option == ir.name(name)) {
                    found.push((*option, program.location(id, inst.range)));
                }
            }
        }
    }
    found
}

fn server(deployment: &Deployment<'_>, site: &Site<'_>) -> ProxyServer {
    let files = deployment.files;
    let file = &files[site.file];
    let place = |span: Span| file.location(span.start, span.end);
    let header = |header: &Header| ProxyHeader {
        name: header.name.clone(),
        value: (!header.value.contains(['$', '%']) || header.value.is_empty()).then(|| header.value.clone()),
        always: header.always,
        replaces: header.replaces,
        location: files[header.file].location(header.span.start, header.span.end),
    };
    let mut parts: Vec<ProxyPart> = site
        .parts
        .iter()
        .map(|part| ProxyPart {
            name: part.directive.args.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
            location: place(part.directive.span),
            application: part.passes,
            headers: part.headers.iter().map(header).collect(),
            hidden: part.hidden.clone(),
            conditional: part.open,
        })
        .collect();
    if parts.is_empty() {
        let sure = surely(&deployment.model.proxies, site);
        let all = site.headers.iter();
        let (headers, rest): (Vec<&Header>, Vec<&Header>) = match site.kind {
            Kind::Nginx => (all.collect(), Vec::new()),
            _ => all.partition(|header| sure.contains(&(header.file, header.span))),
        };
        parts.push(ProxyPart {
            name: String::new(),
            location: place(site.directive.span),
            application: !site.passes.is_empty(),
            headers: headers.into_iter().map(header).collect(),
            hidden: Vec::new(),
            conditional: !rest.is_empty(),
        });
    }
    ProxyServer {
        program: site.kind.name(),
        location: place(site.directive.span),
        deployed: file.is_deployed() && !file.path.starts_with(".github/"),
        tls: site.tls(),
        redirects: site.redirects && !site.tls(),
        open: site.open,
        parts,
    }
}

/// Of Apache and Caddy: the places that set a header for everything that a site sends.
fn surely(configs: &[Config], site: &Site<'_>) -> Vec<(usize, Span)> {
    fn collect(list: &[Directive], file: usize, found: &mut Vec<(usize, Span)>) {
        for directive in list {
            let unmatched = !directive.arg(0).starts_with(['@', '/']);
            match directive.name.as_str() {
                "header" if unmatched => {
                    found.push((file, directive.span));
                    found.extend(directive.inside().iter().map(|inner| (file, inner.span)));
                }
                "ifmodule" => collect(directive.inside(), file, found),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    collect(site.directive.inside(), site.file, &mut found);
    for config in configs.iter().filter(|config| config.file == site.file && site.kind == Kind::Apache) {
        collect(&config.tree.directives, config.file, &mut found);
    }
    found
}
