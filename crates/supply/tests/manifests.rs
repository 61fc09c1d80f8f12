//! Every format, by a sample and by what is special about it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use clearance_supply::manifest::{IndexKind, ReferenceKind, Scope, is_wanted};
use common::{SAMPLES, asked, chosen, manifest};

fn sample(path: &str) -> &'static str {
    SAMPLES.iter().find(|(known, _)| *known == path).map(|(_, text)| *text).unwrap()
}

#[track_caller]
fn asks(path: &str, text: &str, expected: &[&str]) {
    assert_eq!(asked(path, text), expected, "{path}");
}

#[track_caller]
fn has(path: &str, expected: &[&str]) {
    assert_eq!(chosen(path, sample(path)), expected, "{path}");
}

#[test]
fn requirements_files() {
    asks(
        "requirements.txt",
        sample("requirements.txt"),
        &[
            "celery[redis,pytest] ==4.4.7",
            "pyjwt[crypto] ==2.1.0 ; python_full_version < '3.13'",
            "torch ==2.0.0+cpu",
            "pyjwt >=2.10.0, <3",
            "flask ==3.0.0 #2",
            "my-lib[x] editable <- https://***@github.com/org/lib.git at v1.2",
            "other <- ssh://git@github.com/org/other.git",
            "name ==1.0 <- https://files.example/name-1.0.tar.gz",
            "wheel-name ==2.5 <- https://files.example/wheel_name-2.5-py3-none-any.whl #1",
            "broken = 1",
        ],
    );
    let read = manifest("requirements.txt", sample("requirements.txt"));
    let references: Vec<_> = read
        .references
        .iter()
        .map(|found| (found.kind, found.path.as_deref(), found.groups.join(",")))
        .collect();
    assert_eq!(
        references,
        [
            (ReferenceKind::Requirements, Some("requirements/base.txt"), String::new()),
            (ReferenceKind::Constraints, Some("constraints.txt"), String::new()),
            (ReferenceKind::Requirements, None, String::new()),
            (ReferenceKind::Project, Some("local"), String::new()),
            (ReferenceKind::Project, Some(""), "dev".to_owned()),
        ]
    );
    let indexes: Vec<_> = read.indexes.iter().map(|index| (index.kind, index.url.as_str())).collect();
    assert_eq!(
        indexes,
        [
            (IndexKind::Default, "https://***@index.example/simple"),
            (IndexKind::Extra, "https://extra.example/simple"),
            (IndexKind::TrustedHost, "extra.example"),
        ]
    );
    let notices: Vec<_> =
        read.notices.iter().map(|notice| (notice.line.unwrap(), notice.text.as_str())).collect();
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices.iter().any(|(line, text)| *line == 7 && text.contains("not a file of the target")));
}

#[test]
fn places_are_those_of_name_and_versions() {
    for (path, text) in SAMPLES {
        let read = manifest(path, text);
        for found in &read.requirements {
            let cut = |(start, end): (u32, u32)| &text[start as usize..end as usize];
            let name = cut(found.name_bytes).to_lowercase().replace(['_', '.'], "-");
            assert!(
                name.is_empty() || name == found.name.as_str() || name.starts_with('@'),
                "{path}: {name}"
            );
            let versions = cut(found.specifier_bytes);
            assert!(
                (!versions.contains(['#', ';']) || path.ends_with(".json"))
                    && !versions.contains('"')
                    && versions.trim() == versions,
                "{path}: {versions}"
            );
            let line = text[..found.location.bytes.0 as usize].matches('\n').count() + 1;
            assert_eq!(found.location.start.line as usize, line, "{path}");
        }
    }
    let text = "# é\r\nflask [x]  >= 2.0 ; os_name == 'posix'\r\n";
    let read = manifest("requirements.txt", text);
    let found = &read.requirements[0];
    assert_eq!(&text[found.name_bytes.0 as usize..found.name_bytes.1 as usize], "flask");
    assert_eq!(&text[found.specifier_bytes.0 as usize..found.specifier_bytes.1 as usize], ">= 2.0");
    assert_eq!((found.location.start.line, found.location.start.column), (2, 1));
    // Where none are given, they would go behind the extras.
    let text = "flask[x] # why\n";
    let at = manifest("requirements.txt", text).requirements[0].specifier_bytes;
    assert_eq!(at, (8, 8));
}

#[test]
fn lines_of_requirements() {
    let cases: &[(&str, &[&str])] = &[
        ("flask", &["flask"]),
        ("Flask_Login == 0.6 # x", &["flask-login ==0.6"]),
        ("a==1;python_version<'3.9'", &["a ==1 ; python_full_version < '3.9'"]),
        ("a>=1,<2,", &["a >=1, <2"]),
        ("a>=1.9.*", &["a >=1.9"]),
        ("a===1.0", &["a ===1.0"]),
        ("a (==1.0)", &["a ==1.0"]),
        ("a==1 \\\n  ; os_name == 'nt'", &["a ==1 ; os_name == 'nt'"]),
        ("a==1 \\\n  # note\nb==2", &["a ==1", "b ==2"]),
        ("a==1 --global-option=\"x y\" --hash=sha256:1", &["a ==1 #1"]),
        ("a @ file:///tmp/a-1.0.tar.gz", &["a ==1.0 <- path /tmp/a-1.0.tar.gz"]),
        (
            "a[b] @ git+https://h/o/a@0a1b ; os_name == 'posix'",
            &["a[b] <- https://h/o/a at 0a1b ; os_name == 'posix'"],
        ),
        ("https://h/a-1.0.zip", &["a ==1.0 <- https://h/a-1.0.zip"]),
        ("hg+https://h/o/repo@tip#egg=thing", &["thing <- https://h/o/repo at tip"]),
        ("./wheels/a_b-1.0-py3-none-any.whl", &["a-b ==1.0 <- path ./wheels/a_b-1.0-py3-none-any.whl"]),
        ("a==1\rb==2\r\nc==3", &["a ==1", "b ==2", "c ==3"]),
        ("--no-index\n-f ./wheels\na", &["a"]),
        ("a==1\n\\\n", &["a ==1"]),
        ("", &[]),
    ];
    for (text, expected) in cases {
        asks("requirements.txt", text, expected);
    }
    asks("constraints.txt", "a==1\n", &["a ==1 limit"]);
}

#[test]
fn prose_is_no_requirement() {
    let read = manifest("requirements.txt", "You need a database.\nSee https://example.org for more.\n");
    assert!(read.requirements.is_empty(), "{:?}", read.requirements);
    assert_eq!(read.notices.len(), 2);
}

#[test]
fn pyproject_files() {
    asks(
        "pyproject.toml",
        sample("pyproject.toml"),
        &[
            "flask >=3, <4",
            "requests[security] ; python_full_version < '3.12'",
            "lib <- https://github.com/org/lib at abc",
            "psycopg ==3.1 (postgres) optional",
            "pytest (test) development",
            "ruff ==0.5.0 (lint) development",
            "mypy (lint) development",
            "mypy (base) development",
            "hatchling >=1.18 (build-system) development",
            "sphinx ~=7.0 (docs) development",
            "bandit (hatch:check) development",
            "ipython (dev) development",
            "urllib3 <2 limit",
            "idna ==3.7 limit",
        ],
    );
    asks(
        "pyproject.toml",
        sample("poetry/pyproject.toml"),
        &[
            "flask >=2.3, <3",
            "requests[socks] >=2.31, <2.32",
            "numpy <2 ; python_full_version < '3.10'",
            "numpy >=2.0, <3 ; python_full_version >= '3.10'",
            "psycopg (db) optional",
            "internal <- https://github.com/org/internal.git at v2",
            "local editable <- path ../local",
            "pytest >=8, <9 (test) development",
            "statsd ==4.* (metrics) optional",
            "black ==24.1.0 (dev) development",
        ],
    );
    let text = "[project]\nname = \"x\"\ndynamic = [\"dependencies\"]\n[tool.setuptools.dynamic]\ndependencies = {file = [\"requirements.txt\"]}\n";
    assert_eq!(manifest("pyproject.toml", text).references[0].path.as_deref(), Some("requirements.txt"));
}

#[test]
fn setup_files() {
    asks(
        "setup.cfg",
        sample("setup.cfg"),
        &[
            "flask >=2",
            "requests ; python_full_version < '3.9'",
            "wheel (setup_requires) development",
            "psycopg2 (db) optional",
            "pytest (test) development",
        ],
    );
    asks(
        "setup.py",
        sample("setup.py"),
        &[
            "flask >=2",
            "requests",
            "click",
            "rich ==13.0",
            "psycopg2 (db) optional",
            "typing ; python_full_version < '3.8'",
            "pytest (tests_require) development",
            "mock >=4 (tests_require) development",
        ],
    );
    let read = manifest("setup.py", sample("setup.py"));
    assert_eq!(read.references[0].path.as_deref(), Some("requirements.txt"));
    assert!(read.notices.iter().any(|notice| notice.text.contains("computed")));
}

#[test]
fn pipenv_files() {
    asks(
        "Pipfile",
        sample("Pipfile"),
        &[
            "flask",
            "requests[socks] >=2.31",
            "win ==1.0 ; sys_platform == 'win32'",
            "lib editable <- https://github.com/org/lib.git at main",
            "pytest ~=8.0 (dev) development",
        ],
    );
    has(
        "Pipfile.lock",
        &[
            "flask==3.0.0 (default) ; python_full_version >= '3.8' #2",
            "lib (default) <- https://github.com/org/lib.git at 0a1b",
            "pytest==8.0.1 development (develop)",
        ],
    );
}

#[test]
fn lock_files_of_python() {
    has(
        "poetry.lock",
        &[
            "flask==2.3.3 (main) -> werkzeug, importlib-metadata, asgiref with async #1",
            "werkzeug==2.3.7 (main,test)",
            "pytest==8.0.0 development (test) ; python_full_version >= '3.8'",
            "internal==2.0 (main) <- https://github.com/org/internal.git at 0a1b",
        ],
    );
    has(
        "pdm.lock",
        &[
            "flask==3.0.0 (default) -> werkzeug, importlib-metadata #1",
            "requests==2.31.0 (default) -> pysocks with socks",
            "sphinx==7.0.0 development (docs)",
        ],
    );
    has(
        "uv.lock",
        &[
            "flask==3.0.0 -> werkzeug, colorama, asgiref with async #2",
            "asgiref==3.7.2",
            "colorama==0.4.6",
            "lib==1.0 <- https://github.com/org/lib at 0a1b",
            "pytest==8.0.0",
            "shop==0.1.0 own -> flask[async], lib, pytest with dev for development <- path .",
            "werkzeug==3.0.1",
        ],
    );
    has(
        "pylock.toml",
        &[
            "flask==3.0.0 ; python_full_version >= '3.8' #2",
            "lib <- https://github.com/org/lib at 0a1b",
            "shop own <- path .",
        ],
    );
}

#[test]
fn conda_and_scripts() {
    asks("environment.yml", sample("environment.yml"), &["flask ==3.0.0", "requests[socks] >=2"]);
    let read = manifest("environment.yml", sample("environment.yml"));
    let system: Vec<_> =
        read.system.iter().map(|found| (found.name.as_str(), found.version.as_deref())).collect();
    assert_eq!(system, [("numpy", Some("1.26")), ("redis", None), ("pip", None)]);
    assert_eq!(read.python.map(|python| python.text).as_deref(), Some("3.10"));
    assert_eq!(read.references[0].path.as_deref(), Some("requirements.txt"));
    asks("tool.py", sample("tool.py"), &["requests <3", "rich"]);
    assert!(!is_wanted("tool.py"));
}

#[test]
fn files_of_npm() {
    asks(
        "package.json",
        sample("package.json"),
        &[
            "react >=18.2.0 <19.0.0-0",
            "left-pad 1.3.0",
            "fork * <- github:org/fork at main",
            "local * <- path ../local",
            "any *",
            "vite >=5.0.0 <5.1.0-0 (dev) development",
            "semver 7.5.4 limit",
            "b 1.0.0 limit",
        ],
    );
    has(
        "package-lock.json",
        &[
            "shop-ui own -> react==18.2.0, vite==5.0.0 for development",
            "react==18.2.0 -> loose-envify==1.4.0 #1",
            "loose-envify==1.4.0 #1",
            "vite==5.0.0 development -> esbuild==0.19.2",
            "esbuild==0.19.2 development",
            "esbuild==0.18.0 development",
        ],
    );
    has(
        "old/package-lock.json",
        &[
            "a==1.0.0 -> b==2.1.0",
            "b==2.1.0 -> c==git+https://github.com/org/c.git#0a1b",
            "b==1.5.0 development",
            "c <- https://github.com/org/c.git at 0a1b",
        ],
    );
    has("yarn.lock", &["@babel/core==7.2.0 -> debug==4.3.4 #1", "debug==4.3.4 #1"]);
    has(
        "berry/yarn.lock",
        &["debug==4.3.4 -> ms==2.1.2 #1", "ms==2.1.2", "shop==0.0.0-use.local own -> debug==4.3.4 <- path ."],
    );
    has(
        "pnpm-lock.yaml",
        &[
            ". own -> react==18.2.0, vite==5.0.0 for development <- path .",
            "react==18.2.0 -> @scope/pad==1.0.0 #1",
            "@scope/pad==1.0.0 #1",
            "vite==5.0.0 #1",
        ],
    );
    has(
        "bun.lock",
        &[
            "shop own -> react, vite for development <- path ",
            "react==18.2.0 -> @scope/pad #1",
            "@scope/pad==1.0.0 #1",
            "vite==5.0.0 #1",
        ],
    );
    has(
        "old/pnpm-lock.yaml",
        &[
            ". own -> react==18.2.0, vite==5.0.0 for development <- path .",
            "react==18.2.0 -> @scope/pad==1.0.0 #1",
            "@scope/pad==1.0.0 #1",
            "vite==5.0.0 development #1",
        ],
    );
}

#[test]
fn optional_packages_and_peers_of_npm() {
    asks(
        "package.json",
        r#"{"dependencies": {"a": "1.0.0"}, "optionalDependencies": {"b": "1.0.0"}, "peerDependencies": {"c": "1.0.0", "d": "1.0.0"},
            "peerDependenciesMeta": {"d": {"optional": true}}}"#,
        &["a 1.0.0", "b 1.0.0 (optional)", "c 1.0.0 (peer)", "d 1.0.0 (peer) optional"],
    );
    let lock = r#"{"lockfileVersion": 3, "packages": {
        "node_modules/a": {"version": "1.0.0", "optional": true},
        "node_modules/b": {"version": "1.0.0", "devOptional": true},
        "node_modules/c": {"version": "1.0.0", "peer": true},
        "node_modules/d": {"version": "1.0.0", "dev": true, "optional": true, "peer": true}}}"#;
    assert_eq!(
        chosen("package-lock.json", lock),
        [
            "a==1.0.0 (optional)",
            "b==1.0.0 (optional)",
            "c==1.0.0 (peer)",
            "d==1.0.0 development (optional,peer)"
        ]
    );
}

#[test]
fn commands_that_install() {
    asks("Dockerfile", sample("Dockerfile"), &["uvicorn[standard] ==0.23", "gunicorn ==21.2.0"]);
    let read = manifest("Dockerfile", sample("Dockerfile"));
    assert_eq!(read.python.as_ref().map(|python| python.text.as_str()), Some("3.11"));
    let system: Vec<_> =
        read.system.iter().map(|found| (found.name.as_str(), found.version.as_deref())).collect();
    assert_eq!(system, [("libpq5", None), ("curl", Some("7.88"))]);
    let references: Vec<_> =
        read.references.iter().map(|found| (found.kind, found.written.as_str())).collect();
    assert_eq!(references, [(ReferenceKind::Requirements, "requirements.txt"), (ReferenceKind::Lock, ".")]);
    assert_eq!(read.references[1].groups, ["web"]);
    assert_eq!(read.indexes.len(), 1);
    assert!(read.notices[0].text.contains("$UNKNOWN"));
    let deploy = manifest(".github/workflows/deploy.yml", sample(".github/workflows/deploy.yml"));
    assert_eq!(deploy.scope, Scope::Production);
    assert_eq!(deploy.references.len(), 2);
    asks(".github/workflows/deploy.yml", sample(".github/workflows/deploy.yml"), &["awscli ==1.32"]);
    asks(
        "docker/Dockerfile",
        "RUN [\"pip\", \"install\", \\\n  \"a==1\", \"b[x]>=2\"]\nRUN --mount=type=cache,target=/x [\"/bin/bash\", \"-c\", \"pip install c && pip install 'd==1'\"]\nCMD [\"pip\" ]\nRUN [\"pip\", \"install\", 1]\nRUN [ -f x ] && pip install e\n",
        &["a ==1", "b[x] >=2", "c", "d ==1", "e"],
    );
    asks(
        "install.sh",
        "bash -c 'pip install \"a==1\"' && echo pip install b\npip3 install -U c; python -m pip install -t lib d>=1\n",
        &["a ==1", "c", "d >=1"],
    );
}

#[test]
fn what_is_in_the_tree() {
    has("app/_vendor/vendor.txt", &["a==1.0", "b==2.0"]);
    has("app/_vendor/a-1.0.dist-info/METADATA", &["a==1.0 -> b with x, c"]);
    has(
        "bom.json",
        &[
            "shop==1.0 own -> flask==3.0.0",
            "flask==3.0.0 -> werkzeug==3.0.1 #1",
            "werkzeug==3.0.1 optional",
            "@scope/pad==1.0.0",
        ],
    );
    has("app.spdx.json", &["flask==3.0.0 -> werkzeug==3.0.1", "werkzeug==3.0.1"]);
    for (path, version) in [("runtime.txt", "3.11.4"), (".python-version", "3.10")] {
        let python = manifest(path, sample(path)).python.unwrap();
        assert_eq!((python.text.as_str(), python.runs), (version, true));
    }
}

#[test]
fn environments_are_read_by_directory() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("lib/python3.12/site-packages");
    for (name, file, text) in [
        ("flask-3.0.0.dist-info", "METADATA", "Name: Flask\nVersion: 3.0.0\nRequires-Dist: werkzeug>=3\n\n"),
        ("old-1.0-py3.12.egg-info", "PKG-INFO", "Name: old\nVersion: 1.0\n"),
        ("broken-2.0.dist-info", "RECORD", ""),
        ("lib-1.0.dist-info", "METADATA", "Name: lib\nVersion: 1.0\n"),
    ] {
        std::fs::create_dir_all(site.join(name)).unwrap();
        std::fs::write(site.join(name).join(file), text).unwrap();
    }
    let direct = r#"{"url": "https://github.com/org/lib", "vcs_info": {"vcs": "git", "commit_id": "0a1b"}}"#;
    std::fs::write(site.join("lib-1.0.dist-info/direct_url.json"), direct).unwrap();
    std::fs::write(folder.path().join("pyvenv.cfg"), "home = /usr\nversion = 3.12.1\n").unwrap();
    let read = clearance_supply::manifest::read_environment(folder.path(), "venv").unwrap();
    let shown: Vec<_> = read.packages.iter().map(common::package).collect();
    assert_eq!(
        shown,
        [
            "broken==2.0",
            "flask==3.0.0 -> werkzeug",
            "lib==1.0 <- https://github.com/org/lib at 0a1b",
            "old==1.0"
        ]
    );
    assert_eq!(read.python.unwrap().text, "3.12.1");
    let wheels = tempfile::tempdir().unwrap();
    std::fs::write(wheels.path().join("a_b-1.0-py3-none-any.whl"), "").unwrap();
    std::fs::write(wheels.path().join("c-2.0.tar.gz"), "").unwrap();
    let read = clearance_supply::manifest::read_environment(wheels.path(), "wheels").unwrap();
    assert_eq!(read.packages.iter().map(common::package).collect::<Vec<_>>(), ["a-b==1.0", "c==2.0"]);
    assert!(clearance_supply::manifest::read_environment(&wheels.path().join("none"), "x").is_err());
}
