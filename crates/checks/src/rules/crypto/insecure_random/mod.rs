//! The predictable generator of `random` where a secret is made.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_python::ir::FunctionKind;

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    rules::crypto::{
        common::softened,
        purpose::{Flow, Says, first_said, flow, says, surroundings},
    },
    words,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "insecure-random",
    title: "A secret comes from a predictable random generator",
    plane: Plane::Code,
    severity: Severity::High,
    confidence: Confidence::Medium,
    cwe: &[338, 330],
    owasp_2021: "A02",
    owasp_2025: "A04",
    aliases: &["B311", "S311", "py/insecure-randomness"],
    effort_minutes: 10,
    audit: false,
    advice: "Use the secrets module (secrets.token_urlsafe, secrets.choice, secrets.randbelow) or random.SystemRandom",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "random.Random",
                "random.random",
                "random.randrange",
                "random.randint",
                "random.choice",
                "random.choices",
                "random.uniform",
                "random.triangular",
                "random.randbytes",
                "random.sample",
                "random.getrandbits",
            ],
            module,
        ),
        Listen::Call(
            &[
                "random.shuffle",
                "random.Random.random",
                "random.Random.randrange",
                "random.Random.randint",
                "random.Random.choice",
                "random.Random.choices",
                "random.Random.uniform",
                "random.Random.randbytes",
                "random.Random.sample",
                "random.Random.getrandbits",
                "numpy.random.choice",
                "numpy.random.randint",
                "numpy.random.random",
                "numpy.random.rand",
                "numpy.random.bytes",
                "uuid.uuid1",
            ],
            other,
        ),
        Listen::Call(
            &[
                "random.SystemRandom",
                "secrets.token_bytes",
                "secrets.token_hex",
                "secrets.token_urlsafe",
                "secrets.choice",
                "secrets.randbelow",
                "secrets.randbits",
                "os.urandom",
            ],
            sound,
        ),
    ],
    paths: &[
        "random.SystemRandom.random",
        "random.SystemRandom.randrange",
        "random.SystemRandom.randint",
        "random.SystemRandom.choice",
        "random.SystemRandom.choices",
        "random.SystemRandom.uniform",
        "random.SystemRandom.randbytes",
        "random.SystemRandom.sample",
        "random.SystemRandom.getrandbits",
    ],
};

fn sound(cx: &mut Cx<'_, '_>, call: CallEvent) {
    cx.hold(cx.range(call.value), "the numbers come from the operating system");
}

/// The calls that are reported in any case, as worth a look where nothing speaks of a secret.
fn module(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, true);
}

/// The calls that only matter where a secret is made.
fn other(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call, false);
}

fn judge(cx: &mut Cx<'_, '_>, call: CallEvent, always: bool) {
    let path = cx.path(call);
    let (severity, reason, confidence) = weigh(cx, call, &path);
    if severity == Severity::Info && !always {
        return;
    }
    let Some((severity, reason)) = softened(cx, call.value, severity, reason) else {
        return;
    };
    let message = format!("`{path}` gives numbers that can be predicted");
    let draft = Draft::new(&RULE, cx.range(call.value), message);
    cx.report(draft.severity(severity, reason).confidence(confidence));
}

fn weigh(cx: &mut Cx<'_, '_>, call: CallEvent, path: &str) -> (Severity, String, Confidence) {
    let mut flow = flow(cx, call.value);
    let picks = matches!(path.rsplit('.').next().unwrap_or(""), "choice" | "sample" | "shuffle");
    if path.ends_with(".shuffle")
        && let Some(list) = cx.positional(call, 0)
        && let Some(name) = cx.name_of(list)
    {
        flow.names.insert(0, name.to_owned());
        flow.built = true;
    }
    let nothing = |reason: String| (Severity::Info, reason, Confidence::Low);
    if let Some((said, name)) = first_said(&flow.names, |said| said != Says::Plain) {
        return match said {
            Says::Harmless | Says::Plain => nothing(format!("it serves as `{name}`")),
            _ if picks && !flow.built => nothing(format!("it picks one of several for `{name}`")),
            Says::Password | Says::Secret => {
                (Severity::High, format!("the result serves as `{name}`"), Confidence::High)
            }
            Says::Perhaps if path == "uuid.uuid1" => nothing(format!("`{name}` has to be new, not secret")),
            Says::Perhaps if few_numbers(cx, call, path) && words(&name).any(|word| word == "key") => {
                nothing(format!("the range is too small for a secret; it serves as `{name}`"))
            }
            Says::Perhaps => (Severity::Medium, format!("the result serves as `{name}`"), Confidence::Medium),
        };
    }
    if !flow.compared.is_empty() {
        return nothing("it is compared with a threshold".to_owned());
    }
    if picks && !flow.built {
        return nothing("it picks one of several".to_owned());
    }
    match maker(cx, call, &flow) {
        Some((Says::Password | Says::Secret, name)) => {
            (Severity::High, format!("the result serves `{name}`"), Confidence::Medium)
        }
        Some((Says::Perhaps, name)) => {
            (Severity::Medium, format!("the result serves `{name}`"), Confidence::Low)
        }
        _ if flow.built && flow.returned && makes_random_text(cx, call) => {
            (Severity::Low, "what the random text is for is not decided here".to_owned(), Confidence::Low)
        }
        _ => nothing("nothing here speaks of a secret".to_owned()),
    }
}

/// Whether the numbers come from a range of less than a million.
fn few_numbers(cx: &mut Cx<'_, '_>, call: CallEvent, path: &str) -> bool {
    if !path.ends_with(".randint") && !path.ends_with(".randrange") {
        return false;
    }
    let (Some(first), second) = (cx.positional(call, 0), cx.positional(call, 1)) else {
        return false;
    };
    let first = cx.known(first).as_int();
    let second = second.map(|second| cx.known(second).as_int());
    match (first, second) {
        (Some(end), None) => end < 1_000_000,
        (Some(start), Some(Some(end))) => end.saturating_sub(start) < 1_000_000,
        _ => false,
    }
}

/// `get_random_string`, `random_text`.
fn makes_random_text(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    surroundings(cx, cx.ir().function_of(call.value)).iter().any(|name| {
        let words: Vec<String> = words(name).collect();
        words.iter().any(|word| word == "random" || word == "rand")
            && words.iter().any(|word| matches!(word.as_str(), "string" | "str" | "text" | "chars" | "hex"))
    })
}

/// A function around the call whose name says that it makes a secret: `generate_token`, or `reset_code` whose result it is.
fn maker(cx: &Cx<'_, '_>, call: CallEvent, flow: &Flow) -> Option<(Says, String)> {
    let ir = cx.ir();
    let function = ir.function_of(call.value);
    if ir.functions[function.index()].kind == FunctionKind::Module {
        return None;
    }
    surroundings(cx, function).into_iter().find_map(|name| {
        let makes = words(&name).any(|word| {
            matches!(
                word.as_str(),
                "generate"
                    | "generates"
                    | "gen"
                    | "make"
                    | "create"
                    | "new"
                    | "random"
                    | "rand"
                    | "get"
                    | "build"
                    | "issue"
                    | "generator"
            )
        });
        let said = says(&name)?;
        ((makes && flow.built) || flow.returned).then_some((said, name))
    })
}
