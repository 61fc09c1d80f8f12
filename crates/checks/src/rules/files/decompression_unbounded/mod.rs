//! Decompression of data from outside without a bound.

use clearance_finding::{Confidence, Plane, Rule, Severity};
use clearance_program::Known;

use crate::{CallEvent, CodeRule, Cx, Draft, Listen, outside::request_behind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "decompression-unbounded",
    title: "Data is decompressed without a bound",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[409, 400],
    owasp_2021: "A05",
    owasp_2025: "A06",
    aliases: &["py/decompression-bomb"],
    effort_minutes: 20,
    audit: false,
    advice: "Decompress step by step up to a largest size: decompressobj().decompress(data, max_length), or read(limit + 1) of the file object",
    doc: include_str!("doc.md"),
};

/// The rule and what it listens for.
pub static CHECK: CodeRule = CodeRule {
    rule: &RULE,
    listens: &[
        Listen::Call(
            &[
                "brotli.decompress",
                "bz2.decompress",
                "gzip.decompress",
                "lz4.frame.decompress",
                "lzma.decompress",
                "snappy.decompress",
                "zlib.decompress",
            ],
            whole,
        ),
        Listen::Call(
            &[
                "bz2.BZ2Decompressor.decompress",
                "lzma.LZMADecompressor.decompress",
                "zlib.Decompress.decompress",
            ],
            step,
        ),
    ],
    paths: &[],
};

fn whole(cx: &mut Cx<'_, '_>, call: CallEvent) {
    judge(cx, call);
}

/// A decompressor object takes a largest length.
fn step(cx: &mut Cx<'_, '_>, call: CallEvent) {
    if let Some(bound) = cx.arg(call, 1, "max_length") {
        let unbounded = matches!(cx.known(bound).as_int(), Some(number) if number <= 0);
        if !unbounded {
            return cx.hold(cx.range(call.value), "the length of the result is bounded");
        }
    }
    judge(cx, call);
}

fn judge(cx: &mut Cx<'_, '_>, call: CallEvent) {
    let Some(data) = cx.arg(call, 0, "data") else {
        return;
    };
    if matches!(cx.known(data), Known::Bytes(_) | Known::Str(_)) || cx.situation(call.value).never {
        return;
    }
    let range = cx.range(call.value);
    let site = cx.site(data);
    let draft = Draft::new(&RULE, range, "A few kilobytes can become gigabytes here");
    let draft = match request_behind(cx, site) {
        Some(step) => draft
            .severity(Severity::Medium, "the data comes with a request")
            .confidence(Confidence::High)
            .trail(vec![step]),
        None => draft
            .severity(Severity::Info, "where the data comes from is not seen here")
            .confidence(Confidence::Low),
    };
    cx.report(draft);
}
