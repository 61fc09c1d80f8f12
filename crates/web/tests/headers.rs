//! Who sends the headers that browsers heed, and what the client gets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use clearance_casebook::{Case, CaseFile, program_of};
use clearance_deploy::DeployFile;
use clearance_source::{FileKind, Role};
use clearance_web::{Outcome, paths, run};

fn outcome(files: &[(&str, &str)]) -> Outcome {
    let is_code = |path: &str| path.ends_with(".py") || path.ends_with(".html");
    let code = files.iter().filter(|(path, _)| is_code(path));
    let files_of_case = code
        .map(|(path, text)| CaseFile {
            path: (*path).to_owned(),
            language: if path.ends_with(".py") { "python" } else { "html" }.to_owned(),
            text: (*text).to_owned(),
            expected: Vec::new(),
        })
        .collect();
    let case =
        Case { heading: String::new(), line: 1, audit: false, fixed: Vec::new(), files: files_of_case };
    let program = program_of(&case, paths().chain(clearance_deploy::paths()));
    let others = files.iter().filter(|(path, _)| !is_code(path));
    let deployment: Vec<DeployFile> = others
        .map(|(path, text)| DeployFile {
            path: (*path).into(),
            kind: FileKind::Config,
            role: Role::Application,
            text: (*text).to_owned(),
            line_starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| u32::try_from(at).unwrap() + 1))
                .collect(),
            tracked: Some(true),
            mode: None,
        })
        .collect();
    let told = clearance_deploy::run(&program, &deployment);
    run(&program, &[], &[], &told.headers)
}

/// What is said of one rule: `finding …`, `fact …`, `open …`, each with file and line.
fn said(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let plane = outcome(files).plane;
    let place = |location: &clearance_finding::Location| format!("{}:{}", location.path, location.start.line);
    let mut lines = Vec::new();
    for finding in plane.findings.iter().filter(|finding| finding.rule.id == rule) {
        let severity = finding.severity.as_str();
        lines.push(format!("{severity} {}: {}", place(&finding.location), finding.message));
    }
    for (word, facts) in [("fact", &plane.facts), ("open", &plane.undecided)] {
        for fact in facts.iter().filter(|fact| fact.rule == rule) {
            lines.push(format!("{word} {}: {}", place(&fact.location), fact.text));
        }
    }
    let counted = plane.examined.iter().any(|examined| examined.rule == rule);
    assert_eq!(counted, !lines.iter().any(|line| line.starts_with("open")), "what is open is not counted");
    lines
}

const FRAMES: &str = "response-without-frame-options";

fn app(hook: &str) -> String {
    format!(
        "from flask import Flask, Blueprint, render_template, request\n\napp = Flask(__name__)\n\n@app.get(\"/\")\ndef index():\n    return render_template(\"index.html\")\n\n{hook}"
    )
}

fn nginx(server: &str, location: &str) -> String {
    format!(
        "server {{\n    listen 443 ssl;\n{server}\n    location / {{\n        proxy_pass http://app:8000;\n{location}\n    }}\n}}\n"
    )
}

const DENY: &str = "@app.after_request\ndef secured(response):\n    response.headers[\"X-Frame-Options\"] = \"DENY\"\n    return response\n";

#[test]
fn both_send_it_and_not_the_same() {
    let code = app(DENY);
    let server = nginx("    add_header X-Frame-Options SAMEORIGIN always;", "");
    let lines = said(FRAMES, &[("app.py", &code), ("nginx.conf", &server)]);
    assert_eq!(
        lines,
        [
            "info app.py:11: `app.secured` sends `X-Frame-Options: DENY` and nginx sends `SAMEORIGIN`: the client gets both, and browsers show the page in no frame at all where the values contradict each other",
            "fact app.py:11: `app.secured` sets `X-Frame-Options: DENY` on every response of the application",
            "fact nginx.conf:3: nginx adds `X-Frame-Options: SAMEORIGIN` to every response of the application",
        ]
    );
    let same = nginx("    add_header X-Frame-Options deny always;", "");
    let lines = said(FRAMES, &[("app.py", &code), ("nginx.conf", &same)]);
    assert!(lines.iter().all(|line| line.starts_with("fact")), "{lines:?}");
}

#[test]
fn a_condition_decides() {
    let code = app(
        "@app.after_request\ndef secured(response):\n    if request.is_secure:\n        response.headers[\"X-Frame-Options\"] = \"DENY\"\n    return response\n",
    );
    let lines = said(FRAMES, &[("app.py", &code)]);
    assert_eq!(
        lines,
        ["open app.py:12: `app.secured` sets `X-Frame-Options: DENY`, only where `request.is_secure`"]
    );
    let early = app(
        "@app.after_request\ndef secured(response):\n    if response.status_code == 304:\n        return response\n    response.headers[\"X-Frame-Options\"] = \"DENY\"\n    return response\n",
    );
    let lines = said(FRAMES, &[("app.py", &early)]);
    assert!(lines[0].starts_with("open app.py:13"), "{lines:?}");
    let both = app(
        "@app.after_request\ndef secured(response):\n    if request.is_secure:\n        response.headers[\"X-Frame-Options\"] = \"DENY\"\n    else:\n        response.headers[\"X-Frame-Options\"] = \"SAMEORIGIN\"\n    return response\n",
    );
    let lines = said(FRAMES, &[("app.py", &both)]);
    assert!(lines.len() == 2 && lines.iter().all(|line| line.starts_with("fact")), "{lines:?}");
    let taken = app(
        "@app.after_request\ndef secured(response):\n    response.headers[\"X-Frame-Options\"] = \"DENY\"\n    if request.path == \"/embed\":\n        response.headers.pop(\"X-Frame-Options\")\n    return response\n",
    );
    let lines = said(FRAMES, &[("app.py", &taken)]);
    assert_eq!(
        lines,
        ["open app.py:11: `app.secured` sets `X-Frame-Options: DENY`, it is taken away again on some ways"]
    );
}

#[test]
fn a_blueprint_is_not_the_application() {
    let code = app(
        "pages = Blueprint(\"pages\", __name__)\n\n@pages.after_request\ndef secured(response):\n    response.headers[\"X-Frame-Options\"] = \"DENY\"\n    return response\n\napp.register_blueprint(pages)\n",
    );
    let lines = said(FRAMES, &[("app.py", &code)]);
    assert_eq!(
        lines,
        [
            "open app.py:13: `app.secured` sets `X-Frame-Options: DENY`, only responses of one blueprint have it"
        ]
    );
    let all = code.replace("@pages.after_request", "@pages.after_app_request");
    let lines = said(FRAMES, &[("app.py", &all)]);
    assert!(lines.len() == 1 && lines[0].starts_with("fact"), "{lines:?}");
}

#[test]
fn another_application_has_hooks_of_its_own() {
    let first = app(DENY);
    let second = app("");
    let lines = said(FRAMES, &[("first.py", &first), ("second.py", &second)]);
    assert!(lines.len() == 1 && lines[0].starts_with("open first.py:11"), "{lines:?}");
}

#[test]
fn a_location_of_nginx_drops_what_is_set_around_it() {
    let code = app("");
    let page = ("templates/index.html", "<p>Shop</p>");
    let kept = nginx("    add_header X-Frame-Options DENY always;", "");
    let lines = said(FRAMES, &[("app.py", &code), page, ("nginx.conf", &kept)]);
    assert_eq!(
        lines,
        ["fact nginx.conf:3: nginx adds `X-Frame-Options: DENY` to every response of the application"]
    );
    let lost = nginx(
        "    add_header X-Frame-Options DENY always;\n    location /api/ { proxy_pass http://app:8000; }",
        "        add_header X-Shop open;",
    );
    let lines = said(FRAMES, &[("app.py", &code), page, ("nginx.conf", &lost)]);
    assert_eq!(
        lines,
        [
            "medium nginx.conf:5: nginx passes requests to `/` on and adds no `X-Frame-Options`, and the application sends none"
        ]
    );
    let errors = nginx("    add_header X-Frame-Options DENY;", "");
    let lines = said(FRAMES, &[("app.py", &code), page, ("nginx.conf", &errors)]);
    assert_eq!(
        lines,
        [
            "open nginx.conf:3: nginx adds `X-Frame-Options: DENY` to every response of the application, but not to those of errors"
        ]
    );
    let unknown = nginx("    include /etc/nginx/snippets/security.conf;", "");
    let lines = said(FRAMES, &[("app.py", &code), page, ("nginx.conf", &unknown)]);
    assert!(lines.len() == 1 && lines[0].starts_with("open"), "{lines:?}");
}

#[test]
fn a_server_may_take_a_header_away() {
    let code = app(DENY);
    let hides = nginx("    proxy_hide_header X-Frame-Options;", "");
    let lines = said(FRAMES, &[("app.py", &code), ("nginx.conf", &hides)]);
    assert!(
        lines[0].starts_with("open app.py:11") && lines[0].ends_with("a server in front takes it away"),
        "{lines:?}"
    );
}

#[test]
fn files_that_the_server_sends_itself_are_told() {
    let code = app(
        "@app.after_request\ndef secured(response):\n    response.headers[\"X-Content-Type-Options\"] = \"nosniff\"\n    return response\n",
    );
    let server = nginx("    location /static/ { alias /srv/static/; }", "");
    let lines = said("response-without-nosniff", &[("app.py", &code), ("nginx.conf", &server)]);
    assert_eq!(
        lines,
        [
            "low nginx.conf:3: nginx sends the files below `/static/` without `X-Content-Type-Options`",
            "fact app.py:11: `app.secured` sets `X-Content-Type-Options: nosniff` on every response of the application",
        ]
    );
}

#[test]
fn talisman_sends_by_its_options() {
    let code = app("from flask_talisman import Talisman\n\nTalisman(app, content_security_policy=None)\n");
    let files = [("app.py", code.as_str()), ("templates/index.html", "<p>Shop</p>")];
    assert_eq!(
        said(FRAMES, &files),
        [
            "fact app.py:11: Flask-Talisman sets `X-Frame-Options: SAMEORIGIN` on every response of the application"
        ]
    );
    assert!(said("response-without-hsts", &files)[0].starts_with("fact"));
    let lines = said("response-without-content-security-policy", &files);
    assert!(lines.len() == 1 && lines[0].starts_with("medium app.py:3"), "{lines:?}");
}

#[test]
fn what_may_set_headers_keeps_it_open() {
    let page = ("templates/index.html", "<p>Shop</p>");
    for hook in [
        "from secure import Secure\n\nheaders = Secure()\n\n@app.after_request\ndef secured(response):\n    headers.framework.flask(response)\n    return response\n",
        "@app.after_request\ndef secured(response):\n    for name, value in app.config[\"HEADERS\"].items():\n        response.headers[name] = value\n    return response\n",
        "@app.get(\"/frame\")\ndef frame():\n    return \"\", 200, {\"X-Frame-Options\": \"DENY\"}\n",
    ] {
        let code = app(hook);
        let lines = said(FRAMES, &[("app.py", &code), page]);
        assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("open")), "{hook}: {lines:?}");
    }
}

#[test]
fn middleware_of_django_and_starlette_is_followed() {
    let lines = said(
        "response-without-nosniff",
        &[(
            "main.py",
            "from fastapi import FastAPI\nfrom starlette.middleware.base import BaseHTTPMiddleware\n\nclass Headers(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n        response = await call_next(request)\n        response.headers[\"X-Content-Type-Options\"] = \"nosniff\"\n        return response\n\napp = FastAPI()\napp.add_middleware(Headers)\n\n@app.get(\"/\")\nasync def index():\n    return {}\n",
        )],
    );
    assert!(lines.len() == 1 && lines[0].starts_with("fact main.py:7"), "{lines:?}");
    let lines = said(
        "response-without-content-security-policy",
        &[
            (
                "shop/settings.py",
                "INSTALLED_APPS = [\"django.contrib.auth\"]\nMIDDLEWARE = [\"django.middleware.security.SecurityMiddleware\", \"shop.headers.PolicyMiddleware\"]\nROOT_URLCONF = \"shop.urls\"\n",
            ),
            (
                "shop/headers.py",
                "class PolicyMiddleware:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        response = self.get_response(request)\n        response[\"Content-Security-Policy\"] = \"default-src 'self'\"\n        return response\n",
            ),
            (
                "shop/urls.py",
                "from django.urls import path\nfrom shop import views\n\nurlpatterns = [path(\"\", views.index)]\n",
            ),
            (
                "shop/views.py",
                "from django.shortcuts import render\n\ndef index(request):\n    return render(request, \"index.html\")\n",
            ),
            ("shop/__init__.py", ""),
            (
                "manage.py",
                "import os\nimport django\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"shop.settings\")\n",
            ),
        ],
    );
    assert!(lines.len() == 1 && lines[0].starts_with("fact shop/headers.py:7"), "{lines:?}");
}
