//! Small targets of several manifests: what belongs to production, which versions hold, what does not fit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_supply::{
    manifest::Manifest,
    resolve::{MarkerState, MismatchKind, Resolution, System, Target, resolve},
};
use common::{manifest, scope};

fn read(files: &[(&str, &str)]) -> Vec<Manifest> {
    files.iter().map(|(path, text)| manifest(path, text)).collect()
}

/// `project/name==version scope direct chain state`
fn told(resolution: &Resolution) -> Vec<String> {
    let one = |found: &clearance_supply::resolve::Dependency| {
        let mut out = String::new();
        if !found.project.is_empty() {
            out += &format!("{}/", found.project);
        }
        out += found.name.as_str();
        match (&found.version, &found.range) {
            (Some(version), _) => out += &format!("=={version}"),
            (None, Some(range)) => out += &format!(" {range}"),
            (None, None) => {}
        }
        out = format!("{} {}", out.trim_end(), scope(found.scope));
        if found.chain.len() > 1 {
            let chain: Vec<&str> = found.chain.iter().map(|name| name.as_str()).collect();
            out += &format!(" by {}", chain[..chain.len() - 1].join(">"));
        } else if found.direct != Some(true) {
            out += " indirect";
        }
        match found.marker {
            MarkerState::Holds => {}
            MarkerState::Undecided => out += " undecided",
            MarkerState::DoesNotHold => out += " elsewhere",
        }
        out
    };
    resolution.dependencies.iter().map(one).collect()
}

#[track_caller]
fn gives(files: &[(&str, &str)], expected: &[&str]) -> Resolution {
    let manifests = read(files);
    let resolution = resolve(&manifests, None);
    assert_eq!(told(&resolution), expected);
    // The order in which files come in decides nothing.
    let turned: Vec<Manifest> = manifests.into_iter().rev().collect();
    assert_eq!(told(&resolve(&turned, None)), expected);
    resolution
}

fn reason<'r>(resolution: &'r Resolution, path: &str) -> &'r str {
    resolution.inputs.iter().find(|input| &*input.path == path).map_or("", |input| &input.reason)
}

#[test]
fn names_and_folders_tell_development() {
    gives(
        &[
            ("requirements.txt", "flask==3.0.0\n"),
            ("requirements-dev.txt", "-r requirements.txt\npytest==8.0.0\n"),
            ("docs/requirements.txt", "sphinx\n"),
            ("requirements/test.txt", "mock==5\n"),
        ],
        &[
            "flask==3.0.0 production",
            "mock==5 development",
            "pytest==8.0.0 development",
            "docs/sphinx development",
        ],
    );
}

#[test]
fn inclusion_passes_the_scope_on() {
    let resolution = gives(
        &[
            ("requirements/prod.txt", "-r base.txt\ngunicorn==21\n"),
            ("requirements/base.txt", "flask==3.0.0\n-r ../tools/requirements-local.txt\n"),
            ("tools/requirements-local.txt", "rich==13\n-r ../requirements/prod.txt\n"),
        ],
        &["flask==3.0.0 production", "gunicorn==21 production", "tools/rich==13 production"],
    );
    assert_eq!(reason(&resolution, "tools/requirements-local.txt"), "`requirements/base.txt` takes it in");
}

#[test]
fn an_image_that_installs_a_file_makes_it_production() {
    let resolution = gives(
        &[
            (
                "Dockerfile",
                "FROM python:3.11\nCOPY . /app\nRUN pip install -r /app/requirements-ci.txt uwsgi==2.0\n",
            ),
            ("requirements-ci.txt", "flask==3.0.0\n"),
        ],
        &["flask==3.0.0 production", "uwsgi==2.0 production"],
    );
    assert_eq!(reason(&resolution, "requirements-ci.txt"), "`Dockerfile` installs it");
}

#[test]
fn a_lock_file_beats_its_manifest() {
    let resolution = gives(
        &[
            (
                "pyproject.toml",
                "[project]\nname = \"shop\"\nrequires-python = \">=3.12\"\ndependencies = [\"flask[async]>=3\", \"lib\"]\n[dependency-groups]\ndev = [\"pytest\"]\n",
            ),
            ("uv.lock", include_str!("samples/uv.lock")),
        ],
        &[
            "asgiref==3.7.2 production by flask",
            "colorama==0.4.6 production by flask elsewhere",
            "flask==3.0.0 production",
            "lib==1.0 production",
            "pytest==8.0.0 development",
            "werkzeug==3.0.1 production by flask",
        ],
    );
    assert!(resolution.mismatches.is_empty(), "{:?}", resolution.mismatches);
    assert_eq!(resolution.inputs[0].locked_by.as_deref(), Some("uv.lock"));
    let flask = resolution.dependencies.iter().find(|found| found.name.as_str() == "flask").unwrap();
    assert_eq!(
        flask.manifest.as_ref().map(|place| (&*place.path, place.start.line)),
        Some(("pyproject.toml", 4))
    );
    assert_eq!(flask.lock.as_ref().map(|place| &*place.path), Some("uv.lock"));
    assert!(flask.hashed);
}

#[test]
fn a_lock_file_alone_speaks_for_itself() {
    gives(
        &[("uv.lock", include_str!("samples/uv.lock"))],
        &[
            "asgiref==3.7.2 production by flask",
            "colorama==0.4.6 production by flask elsewhere",
            "flask==3.0.0 production",
            "lib==1.0 production",
            "pytest==8.0.0 development",
            "werkzeug==3.0.1 production by flask",
        ],
    );
    gives(
        &[("ui/package-lock.json", include_str!("samples/package-lock.json"))],
        &[
            "ui/esbuild==0.18.0 development indirect",
            "ui/esbuild==0.19.2 development by vite",
            "ui/loose-envify==1.4.0 production by react",
            "ui/react==18.2.0 production",
            "ui/vite==5.0.0 development",
        ],
    );
}

#[test]
fn a_lock_file_out_of_step_is_told() {
    let resolution = resolve(
        &read(&[
            (
                "pyproject.toml",
                "[project]\nname = \"shop\"\nrequires-python = \">=3.12\"\ndependencies = [\"flask>=4\", \"celery\", \"tomli; python_version < '3.11'\"]\n",
            ),
            ("uv.lock", include_str!("samples/uv.lock")),
        ]),
        None,
    );
    let kinds: Vec<String> = resolution
        .mismatches
        .iter()
        .map(|mismatch| match &mismatch.kind {
            MismatchKind::Missing { name } => format!("{name} is missing"),
            MismatchKind::OutOfRange { name, allowed, locked } => format!("{name} {locked} is not {allowed}"),
            MismatchKind::Digest => "digest".to_owned(),
        })
        .collect();
    assert_eq!(kinds, ["flask 3.0.0 is not >=4", "celery is missing"]);
}

#[test]
fn the_digest_of_poetry_is_computed() {
    // As Poetry 1.8 and 2.1 write it.
    let manifest = |extra: &str| {
        format!(
            "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.9\"\nflask = {{version = \"^2\", extras = [\"async\"]}}\n{extra}"
        )
    };
    let digest = common::manifest("pyproject.toml", &manifest("")).content_hash.unwrap();
    // SHA-256 of {"dependencies": {"flask": {"extras": ["async"], "version": "^2"}, "python": "^3.9"}, "dev-dependencies": null, "extras": null, "source": null}
    assert_eq!(digest, "a7a76e3a9d9da55f903ba82cd42462f73196c6dde59419986154180e98b50b53");
    let lock = format!(
        "[metadata]\nlock-version = \"2.0\"\npython-versions = \"^3.9\"\ncontent-hash = \"{digest}\"\n[[package]]\nname = \"flask\"\nversion = \"2.3.3\"\n"
    );
    let of =
        |text: &str| resolve(&read(&[("pyproject.toml", text), ("poetry.lock", &lock)]), None).mismatches;
    assert!(of(&manifest("")).is_empty());
    let changed = of(&manifest("[tool.poetry.extras]\nx = [\"flask\"]\n"));
    assert!(matches!(changed[0].kind, MismatchKind::Digest));
}

#[test]
fn ranges_stay_ranges() {
    gives(
        &[("requirements.txt", "flask\nPyJWT>=2.10.0\nrequests==2.*\n")],
        &["flask production", "pyjwt >=2.10.0 production", "requests ==2.* production"],
    );
}

#[test]
fn layered_files_may_repeat() {
    gives(
        &[
            ("requirements.txt", "-r base.txt\nflask==3.0.0\n"),
            ("base.txt", ""),
            ("requirements.in", "flask>=2\n"),
            ("setup.cfg", "[options]\ninstall_requires =\n  flask>=2\n  click\n"),
        ]
        .map(|(path, text)| (if path == "base.txt" { "requirements-base.txt" } else { path }, text)),
        &["click production", "flask==3.0.0 production"],
    );
}

#[test]
fn constraints_decide_versions() {
    let resolution = gives(
        &[
            ("requirements.txt", "-c limits/constraints.txt\nflask>=2\nclick\nrich<13\n"),
            ("limits/constraints.txt", "flask==2.3.3\nrich==13.1\nunused==1\n"),
        ],
        &["click production", "flask==2.3.3 production", "rich <13 production"],
    );
    assert!(resolution.missing.is_empty());
}

#[test]
fn markers_are_for_the_target() {
    let files = [
        (
            "requirements.txt",
            "a==1; python_version < '3.11'\nb==1; sys_platform == 'win32'\nc==1; python_version >= '3.10'\nd==1; extra == 'x'\n",
        ),
        ("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \">=3.10\"\n"),
    ];
    gives(
        &files,
        &[
            "a==1 production undecided",
            "b==1 production elsewhere",
            "c==1 production",
            "d==1 production elsewhere",
        ],
    );
    let image = ("Dockerfile", "FROM python:3.11-slim\n");
    let resolution = gives(
        &[files[0], files[1], image],
        &[
            "a==1 production elsewhere",
            "b==1 production elsewhere",
            "c==1 production",
            "d==1 production elsewhere",
        ],
    );
    assert!(resolution.notices.is_empty());
    let windows = Target::new(&["3.10"], System::WindowsX86, "asked for");
    let told = told(&resolve(&read(&files), Some(&windows)));
    assert_eq!(told, ["a==1 production", "b==1 production", "c==1 production", "d==1 production elsewhere"]);
}

#[test]
fn missing_files_are_told() {
    let resolution = resolve(&read(&[("requirements.txt", "-r other.txt\n-r ../outside.txt\n")]), None);
    let missing: Vec<&str> = resolution.missing.iter().map(|missing| &*missing.path).collect();
    assert_eq!(missing, ["other.txt"]);
}

#[test]
fn groups_that_production_installs_are_production() {
    gives(
        &[
            ("Dockerfile", "FROM python:3.12\nRUN uv sync --frozen --group web\n"),
            (
                "pyproject.toml",
                "[project]\nname = \"shop\"\ndependencies = [\"flask\"]\n[dependency-groups]\nweb = [\"pytest\"]\n",
            ),
            ("uv.lock", include_str!("samples/uv.lock")),
        ],
        &[
            "asgiref==3.7.2 production indirect",
            "colorama==0.4.6 production by flask elsewhere",
            "flask==3.0.0 production",
            "lib==1.0 production indirect",
            "pytest==8.0.0 production",
            "werkzeug==3.0.1 production by flask",
        ],
    );
}

#[test]
fn pipenv_and_poetry_lock_files() {
    gives(
        &[
            ("Pipfile", include_str!("samples/Pipfile")),
            ("Pipfile.lock", include_str!("samples/Pipfile.lock")),
        ],
        &["flask==3.0.0 production", "lib production", "pytest==8.0.1 development"],
    );
    gives(
        &[
            (
                "pyproject.toml",
                "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.10\"\nflask = \"^2.3\"\n[tool.poetry.group.test.dependencies]\npytest = \"*\"\n",
            ),
            ("poetry.lock", include_str!("samples/poetry.lock")),
        ],
        &[
            "flask==2.3.3 production",
            "internal==2.0 production indirect",
            "pytest==8.0.0 development",
            "werkzeug==2.3.7 production by flask",
        ],
    );
}
