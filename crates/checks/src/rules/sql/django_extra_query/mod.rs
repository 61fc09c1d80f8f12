//! Django's `QuerySet.extra`.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::{Known, Site};
use clearance_python::ir::{ArgKind, Op};

use crate::{
    CallEvent, CodeRule, Cx, Draft, Listen,
    strings::{Piece, put_in},
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "django-extra-query",
    title: "SQL is added to a Django query with extra()",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[89],
    owasp_2021: "A03",
    owasp_2025: "A05",
    aliases: &[
        "B610",
        "S610",
        "django_extra_used",
        "semgrep:avoid-query-set-extra",
        "semgrep:sql-injection-using-extra-where",
    ],
    effort_minutes: 30,
    audit: false,
    advice: "Use annotate, filter and expressions of the ORM; where extra stays, pass values in params and select_params",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule { rule: &RULE, listens: &[Listen::CallNamed(&["extra"], check)], paths: &[] };

/// The arguments that are SQL, with their positions.
const SQL: &[(&str, usize)] = &[("select", 0), ("where", 1), ("tables", 3)];

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if cx.callee_name(call) != "extra" || cx.receiver(call).is_none() || !is_query(cx, call) {
        return;
    }
    let range = cx.range(call.value);
    cx.examined();
    let mut constant = true;
    let mut literal = true;
    for (name, index) in SQL {
        let Some(value) = cx.arg(call, *index, name) else {
            continue;
        };
        let site = cx.site(value);
        let mut leaves = Vec::new();
        literal &= matches!(cx.op(value), Op::Dict(_) | Op::List(_) | Op::Tuple(_));
        match leaves_of(cx, site) {
            Some(found) => leaves.extend(found),
            None => constant = false,
        }
        for leaf in leaves {
            let mut found = Vec::new();
            put_in(cx, leaf, &mut found, 0);
            constant &= !found.iter().any(|piece| matches!(piece, Piece::Value(_)));
            literal &=
                matches!(cx.program.op(leaf), Op::Str(_)) && range.contains_range(cx.program.range(leaf));
        }
    }
    let draft = Draft::new(&RULE, range, "SQL is added to the query as text");
    if !constant {
        cx.report(draft.severity(Severity::Medium, "it is not made of constants only"));
    } else if literal {
        cx.hold(range, "the added SQL is constant");
    } else {
        cx.report(draft.severity(Severity::Info, "it is made of constants").confidence(Confidence::High));
    }
}

/// A call of `extra` with the arguments of a query set, in a module that knows Django or on something called `objects`.
fn is_query(cx: &Cx<'_, '_>, call: CallEvent) -> bool {
    let ir = cx.ir();
    let own = ["select", "where", "tables", "params", "order_by", "select_params"];
    let args = cx.args(call);
    let shaped = !args.is_empty()
        && args.iter().all(|arg| match arg.kind {
            ArgKind::Keyword(name) => own.contains(&ir.name(name)),
            ArgKind::Positional => true,
            ArgKind::Star | ArgKind::DoubleStar => false,
        });
    let django = ir.imports.iter().any(|import| ir.text(import.module).split('.').next() == Some("django"));
    shaped && (django || cx.text(call.callee).contains("objects"))
}

/// Keys and values of a dict, items of a list; nothing if it is neither.
fn leaves_of(cx: &mut Cx<'_, '_>, site: Site) -> Option<Vec<Site>> {
    if let Op::Call { callee, args } = cx.program.op(site) {
        // `dict(name="…")`
        let ir = &cx.program.module(site.module).ir;
        if matches!(ir.op(callee), Op::Global(name) if ir.name(name) == "dict") {
            return Some(
                ir.args(args).iter().map(|arg| Site { module: site.module, value: arg.value }).collect(),
            );
        }
    }
    match cx.known_at(site) {
        Known::Sequence(_, items) => Some(items),
        Known::Mapping(entries) => {
            Some(entries.into_iter().flat_map(|(key, value)| key.into_iter().chain([value])).collect())
        }
        Known::None => Some(Vec::new()),
        _ => None,
    }
}
