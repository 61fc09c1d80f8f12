//! One sample assessment for all formats, and many generated ones.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod checks;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use clearance_finding::{
    Acceptance, Confidence, Edit, Examined, Exploitation, Fact, Finding, Fingerprint, Fix, Forecast,
    Judgement, Label, Location, Notice, NoticeKind, Plane, Rule, Severity, Step,
};
use clearance_verdict::{
    Assessment, Capability, Decision, Dependency, DependencyScope, Earlier, EarlierControl, EarlierFinding,
    Environment, EnvironmentLine, EnvironmentValue, FileLine, FileStatus, Header, Hidden, HiddenBy, Input,
    KnownVulnerability, PlaneRun, PlaneStatus, Policy, Profile, Protection, ProtectionStatus, RULES,
    Reachable, Route, Setting, SettingStatus, Status, Unknown, Upload, UploadParts, assess, controls,
};

const BASE: Rule = Rule {
    id: "",
    title: "",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::High,
    cwe: &[],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "",
    doc: "",
};

pub static DEBUG: Rule = Rule {
    id: "flask-debug-enabled",
    title: "Flask runs with the interactive debugger",
    severity: Severity::High,
    cwe: &[489, 94],
    owasp_2021: "A05",
    owasp_2025: "A02",
    aliases: &["B201", "flask_debug_true", "S201", "py/flask-debug"],
    effort_minutes: 5,
    advice: "Start with gunicorn, as Procfile does; keep this entry on 127.0.0.1.",
    doc: "# Flask runs with the interactive debugger\n\nThe debugger runs any Python code for whoever reaches an error page.\n\n## How to fix\n\nStart with gunicorn.\n",
    ..BASE
};
pub static SQL: Rule = Rule {
    id: "sql-built-from-strings",
    title: "SQL text is built from strings",
    severity: Severity::High,
    cwe: &[89],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &["B608", "S608", "py/sql-injection"],
    advice: "Choose the column from a fixed table, and pass values as parameters.",
    doc: "# SQL text is built from strings\n\nWhoever sends the request chooses part of the query.\n",
    ..BASE
};
pub static YAML: Rule = Rule {
    id: "yaml-unsafe-load",
    title: "YAML is loaded in a way that can run code",
    severity: Severity::High,
    cwe: &[502],
    owasp_2021: "A08",
    owasp_2025: "A08",
    aliases: &["B506", "S506"],
    advice: "Use `yaml.safe_load`.",
    doc: "# YAML is loaded in a way that can run code\n\nA document can name any Python object.\n",
    ..BASE
};
pub static PASSWORD: Rule = Rule {
    id: "hardcoded-password-string",
    title: "A password stands in the code",
    severity: Severity::Low,
    confidence: Confidence::Medium,
    cwe: &[259],
    owasp_2021: "A07",
    owasp_2025: "A07",
    aliases: &["B105", "S105"],
    advice: "Read it from the environment.",
    doc: "# A password stands in the code\n\nEverybody who reads the code knows it.\n",
    ..BASE
};
pub static HASH: Rule = Rule {
    id: "weak-hash",
    title: "A weak hash function",
    cwe: &[327],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B324", "S324"],
    advice: "Use SHA-256.",
    doc: "# A weak hash function\n\nCollisions can be made.\n",
    ..BASE
};
pub static BIDI: Rule = Rule {
    id: "bidirectional-text",
    title: "Text that reads otherwise than it runs",
    cwe: &[1007],
    aliases: &["B613", "PLE2502"],
    advice: "Remove the control characters.",
    doc: "# Text that reads otherwise than it runs\n\nReview sees other code than the machine.\n",
    ..BASE
};
pub static DEPENDENCY: Rule = Rule {
    id: "vulnerable-dependency",
    title: "A dependency has a known vulnerability",
    plane: Plane::Supply,
    cwe: &[1395],
    owasp_2021: "A06",
    owasp_2025: "A03",
    effort_minutes: 30,
    advice: "Take a release that is free of it.",
    doc: "# A dependency has a known vulnerability\n\nAttacks are public.\n",
    ..BASE
};

pub static CATALOGUE: &[&Rule] = &[&DEBUG, &SQL, &YAML, &PASSWORD, &HASH, &BIDI, &DEPENDENCY];

/// A path that tries everything at once.
pub const ODD_PATH: &str = "src/odd dir/ünï|`c`\u{1b}[31m\r\n::error::<b>\u{202e}x.py";

pub struct File {
    path: Arc<str>,
    text: &'static str,
}

impl File {
    pub fn new(path: &str, text: &'static str) -> Self {
        Self { path: path.into(), text }
    }

    pub fn at(&self, part: &str) -> Location {
        let start = self.text.find(part).expect("the part stands in the text") as u32;
        let starts: Vec<u32> =
            [0].into_iter().chain(self.text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        Location::in_text(self.path.clone(), self.text, &starts, (start, start + part.len() as u32))
    }
}

pub fn finding(rule: &'static Rule, location: Location, message: &str) -> Finding {
    let code = location.code.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    Finding {
        rule,
        severity: rule.severity,
        severity_reason: String::new(),
        confidence: rule.confidence,
        fingerprint: Fingerprint::new(rule.id, &location.path, "", &code, 0),
        location,
        message: message.to_owned(),
        labels: Vec::new(),
        trace: Vec::new(),
        also: Vec::new(),
        symbol: String::new(),
        advice: None,
        fix: None,
        acceptance: None,
        judged: None,
        package: None,
    }
}

fn debug_finding() -> Finding {
    let main = File::new(
        "storefront/__main__.py",
        "app = create_app()\napp.run(host=settings.api_host(), debug=True)\n",
    );
    let mut made = finding(
        &DEBUG,
        main.at("app.run(host=settings.api_host(), debug=True)"),
        "The Werkzeug debugger listens on every interface",
    );
    made.severity = Severity::Critical;
    made.severity_reason = "it is bound to 0.0.0.0".to_owned();
    made.labels = vec![
        Label {
            location: main.at("settings.api_host()"),
            text: "\"0.0.0.0\", from config/settings.py:31".to_owned(),
        },
        Label {
            location: main.at("debug=True"),
            text: "interactive debugger: runs code for whoever reaches it".to_owned(),
        },
    ];
    made
}

fn flow_finding() -> Finding {
    let search = File::new(
        "storefront/catalogue/search.py",
        "def search():\n    sort = request.args.get(\"sort\", \"name\")\n    clause = ordering(sort, desc)\n    db.session.execute(text(BASE + clause))\n",
    );
    let sql = File::new(
        "storefront/sql.py",
        "def ordering(column, desc):\n    return f\"{column} {'DESC' if desc else 'ASC'}\"\n",
    );
    let step = |location, note: &str| Step { location, note: note.to_owned() };
    let mut made = finding(
        &SQL,
        search.at("db.session.execute(text(BASE + clause))"),
        "The order of a query is taken from the request [sort] {0}",
    );
    made.symbol = "search".to_owned();
    made.trace = vec![
        step(search.at("request.args.get(\"sort\", \"name\")"), "whoever sends the request"),
        step(search.at("ordering(sort, desc)"), "passed on"),
        step(sql.at("f\"{column} {'DESC' if desc else 'ASC'}\""), "joined into SQL text"),
        step(search.at("db.session.execute(text(BASE + clause))"), "run"),
    ];
    made
}

fn fixable_finding() -> Finding {
    let odd = File::new(ODD_PATH, "import yaml\n\n\tdata = yaml.load(stream)  # 漢字 `` | <b>\n");
    let mut made =
        finding(&YAML, odd.at("yaml.load(stream)"), "`yaml.load` without a safe loader in <b>|odd|</b> code");
    let start = odd.at("yaml.load").bytes.0;
    let edits = vec![Edit { start, end: start + 9, text: "yaml.safe_load".to_owned() }];
    let mut fix = Fix::new("Replace yaml.load with yaml.safe_load", false, edits);
    fix.look_at(odd.text, &|_, line| line.to_owned());
    made.fix = Some(fix);
    made
}

/// The sample: a flow of several steps, a finding about a file, an advisory, a redacted secret, an odd path, an accepted finding,
/// and two findings of one rule on one line.
pub fn sample() -> Assessment {
    assess(sample_input(), &Policy::default())
}

pub fn sample_input() -> Input {
    let keys = File::new("storefront/keys.py", "PAIR = (\"********\", \"********\")\n");
    let mut first = finding(&PASSWORD, keys.at("\"********\""), "A password stands in the code: 'h…r2'");
    let mut second = first.clone();
    first.fingerprint = Fingerprint::new(PASSWORD.id, "storefront/keys.py", "", "first", 0);
    second.fingerprint = Fingerprint::new(PASSWORD.id, "storefront/keys.py", "", "second", 0);
    second.location.start.column += 12;
    second.location.end.column += 12;
    second.location.bytes = (second.location.bytes.0 + 12, second.location.bytes.1 + 12);

    let cache = File::new("storefront/cache.py", "key = hashlib.md5(url)  # nosec B324 - cache key\n");
    let mut accepted = finding(&HASH, cache.at("hashlib.md5(url)"), "MD5 is used");
    accepted.judged = Some(Judgement::Proven);
    accepted.acceptance = Some(Acceptance {
        by: "# nosec B324 - cache key".to_owned(),
        location: Some(cache.at("# nosec B324 - cache key")),
        reason: Some("cache key".to_owned()),
        until: Some("2026-12-31".to_owned()),
    });
    let whole_file =
        finding(&BIDI, Location::file("storefront/i18n.py".into()), "The file reorders what a reader sees");
    let requirements = File::new("requirements.txt", "flask==3.0.0\nwerkzeug==3.0.0\n");
    let advisory = finding(
        &DEPENDENCY,
        requirements.at("werkzeug==3.0.0"),
        "werkzeug 3.0.0: GHSA-2g68-c3qc-8985, fixed in 3.0.3",
    );

    let file = |path: &str, status, lines| FileLine {
        path: path.into(),
        role: "application",
        kind: "python",
        status,
        lines,
    };
    let ids: BTreeSet<&'static str> =
        controls().iter().flat_map(|control| control.rules.iter().map(String::as_str)).collect();
    let protection = |status, by: &str| Protection { status, by: by.to_owned(), file: None, line: None };
    Input {
        header: Header {
            tool_version: "0.4.0".to_owned(),
            rule_set: "2026.11-ab12cd".to_owned(),
            target: "storefront".to_owned(),
            commit: Some("3f2c1ab4c5d6e7f8091a2b3c4d5e6f7081920a1b".to_owned()),
            dirty: Some(false),
            profile: Profile::Production,
            time: "2026-11-22T09:14:00Z".parse().expect("a valid time"),
            duration: Duration::from_millis(190),
            command: "clearance check".to_owned(),
        },
        planes: vec![
            PlaneRun { plane: Plane::Code, status: PlaneStatus::Run, why: String::new() },
            PlaneRun { plane: Plane::Supply, status: PlaneStatus::Run, why: String::new() },
            PlaneRun { plane: Plane::Live, status: PlaneStatus::Skipped, why: "no URL given".to_owned() },
        ],
        capabilities: [Capability::Syntax].into(),
        findings: vec![
            accepted,
            first,
            second,
            whole_file,
            advisory,
            fixable_finding(),
            flow_finding(),
            debug_finding(),
        ],
        undecided: Vec::new(),
        facts: vec![Fact {
            rule: "weak-cipher",
            text: "AES in GCM mode".to_owned(),
            location: keys.at("PAIR"),
        }],
        examined: ids.iter().map(|&rule| Examined { rule, count: rule.len() as u32 % 3 }).collect(),
        routes: vec![Route {
            path: "/orders/<int:id>".to_owned(),
            methods: vec!["POST".to_owned()],
            handler: "orders.change".to_owned(),
            file: "storefront/orders.py".into(),
            line: 12,
            bodies: Vec::new(),
            authentication: Protection {
                file: Some("storefront/orders.py".into()),
                line: Some(11),
                ..protection(ProtectionStatus::InForce, "`@login_required`")
            },
            authorisation: protection(ProtectionStatus::Absent, ""),
            csrf: protection(ProtectionStatus::Undecided, ""),
            rate_limit: protection(ProtectionStatus::NotApplicable, ""),
            validation: protection(ProtectionStatus::Partial, "form `OrderForm`"),
            upload: Upload::of(UploadParts {
                size: protection(ProtectionStatus::InForce, "`MAX_CONTENT_LENGTH`"),
                name: protection(ProtectionStatus::InForce, "`secure_filename`"),
                kind: protection(ProtectionStatus::Absent, ""),
            }),
        }],
        settings: vec![
            Setting {
                name: "SECRET_KEY".to_owned(),
                value: Some("hunter2".to_owned()),
                redacted: true,
                status: SettingStatus::Decided,
                provenance: vec![Step { location: keys.at("PAIR"), note: "default in code".to_owned() }],
                environments: Vec::new(),
            },
            Setting {
                name: "DEBUG".to_owned(),
                value: Some("False".to_owned()),
                redacted: false,
                status: SettingStatus::Conditional,
                provenance: Vec::new(),
                environments: vec![
                    EnvironmentValue {
                        environment: Environment::Development,
                        value: Some("True".to_owned()),
                        redacted: false,
                        status: SettingStatus::Decided,
                        provenance: vec![Step {
                            location: keys.at("PAIR"),
                            note: "the entry for development".to_owned(),
                        }],
                    },
                    EnvironmentValue {
                        environment: Environment::Production,
                        value: Some("False".to_owned()),
                        redacted: false,
                        status: SettingStatus::Conditional,
                        provenance: Vec::new(),
                    },
                ],
            },
        ],
        environments: Environment::ALL
            .iter()
            .map(|&environment| EnvironmentLine {
                environment,
                evidence: if environment == Environment::Development {
                    vec![Step { location: keys.at("PAIR"), note: "the class `Development`".to_owned() }]
                } else {
                    Vec::new()
                },
            })
            .collect(),
        dependencies: vec![Dependency {
            ecosystem: "PyPI".to_owned(),
            name: "werkzeug".to_owned(),
            version: Some("3.0.0".to_owned()),
            range: None,
            source: "requirements.txt".into(),
            location: Location::file("requirements.txt".into()),
            scope: DependencyScope::Production,
            direct: false,
            needs: vec!["markupsafe".to_owned()],
            hashes: Vec::new(),
            origin: None,
            evidence: Vec::new(),
            chain: vec!["flask".to_owned(), "werkzeug".to_owned()],
            advisories: vec![KnownVulnerability {
                id: "GHSA-2g68-c3qc-8985".to_owned(),
                aliases: vec!["CVE-2024-34069".to_owned()],
                summary: "Debugger may be made to run code".to_owned(),
                severity: Severity::High,
                vector: None,
                reachable: Reachable::Undecided,
                evidence: Vec::new(),
                fixed: vec!["3.0.3".to_owned()],
                exploitation: Exploitation {
                    known_exploited: Some(false),
                    epss: Some(Forecast { probability: 1_234, percentile: 84_500 }),
                },
            }],
            reachable: Reachable::Undecided,
        }],
        files: vec![
            file("storefront/__main__.py", FileStatus::Analysed, 15),
            file("storefront/catalogue/search.py", FileStatus::Analysed, 41),
            file("storefront/legacy.py", FileStatus::Partial, 1200),
            file("storefront/keys.py", FileStatus::Analysed, 4),
            file(ODD_PATH, FileStatus::Analysed, 3),
        ],
        notices: vec![Notice {
            path: "storefront/legacy.py".into(),
            line: Some(17),
            kind: NoticeKind::Partial,
            text: "Syntax error: expected `:`; what parsed was analysed".to_owned(),
        }],
        rules: CATALOGUE.iter().chain(RULES).copied().collect(),
        enabled: ids.into_iter().chain(CATALOGUE.iter().chain(RULES).map(|rule| rule.id)).collect(),
        hidden: vec![Hidden { rule: &HASH, severity: Severity::Low, by: HiddenBy::Severity, count: 4 }],
        deployment: std::collections::BTreeMap::new(),
    }
}

/// The sample beside an earlier run: something new, something fixed, something that is gone with its file, an acceptance on both sides.
pub fn changed() -> Assessment {
    let now = sample();
    let was = |rule: &str, path: &str, accepted: bool, fingerprint: Fingerprint| EarlierFinding {
        fingerprint,
        rule: rule.to_owned(),
        title: "A rule of then".to_owned(),
        severity: Severity::High,
        confidence: Confidence::High,
        path: path.to_owned(),
        line: 7,
        end_line: 7,
        symbol: String::new(),
        code: Vec::new(),
        steps: Vec::new(),
        message: format!("`{rule}` in <b>{path}</b>"),
        accepted,
    };
    let of = |rule: &Rule| {
        let found = now.findings.iter().find(|finding| finding.rule == rule).expect("a finding of the rule");
        (found.location.path.to_string(), found.fingerprint)
    };
    let (debug, hash) = (of(&DEBUG), of(&HASH));
    let earlier = Earlier {
        file: "reports/last.json".to_owned(),
        target: "storefront".to_owned(),
        commit: Some("0a1b2c3d4e5f".to_owned()),
        dirty: Some(false),
        time: "2026-11-01T08:00:00Z".parse().expect("a valid time"),
        tool_version: "0.3.0".to_owned(),
        rule_set: now.header.rule_set.clone(),
        profile: "production".to_owned(),
        decision: Decision::Conditional,
        blocking: Severity::High,
        blocking_confidence: Confidence::Medium,
        capabilities: vec!["syntax".to_owned()],
        findings: vec![
            was(DEBUG.id, &debug.0, true, debug.1),
            was(HASH.id, &hash.0, false, hash.1),
            was(YAML.id, "storefront/keys.py", false, Fingerprint(1)),
            was(YAML.id, "storefront/gone.py", false, Fingerprint(2)),
            was("retired-rule", "storefront/keys.py", true, Fingerprint(3)),
        ],
        hidden: Vec::new(),
        controls: now
            .controls
            .iter()
            .map(|control| EarlierControl {
                id: control.definition.id.clone(),
                title: control.definition.title.clone(),
                level: control.level,
                status: if control.status == Status::Fail { Status::Pass } else { control.status },
            })
            .collect(),
    };
    now.compared_with(earlier, &Unknown)
}

/// An empty, clean run.
pub fn empty() -> Assessment {
    let given = Input {
        findings: Vec::new(),
        undecided: Vec::new(),
        facts: Vec::new(),
        routes: Vec::new(),
        settings: Vec::new(),
        environments: Vec::new(),
        dependencies: Vec::new(),
        files: Vec::new(),
        notices: Vec::new(),
        hidden: Vec::new(),
        deployment: std::collections::BTreeMap::new(),
        rules: Vec::new(),
        ..sample_input()
    };
    assess(given, &Policy::for_profile(Profile::Development))
}

/// An assessment with `number` findings.
pub fn large(number: u32) -> Assessment {
    let mut given = sample_input();
    given.findings = (0..number)
        .map(|index| {
            let mut made = flow_finding();
            made.location.start.line = index + 1;
            made.location.end.line = index + 1;
            made.severity = Severity::ALL[index as usize % 5];
            made.fingerprint = Fingerprint::new(SQL.id, "a.py", "", "x", index);
            made
        })
        .collect();
    assess(given, &Policy::default())
}
