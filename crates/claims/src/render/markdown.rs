//! As a table to keep beside the report.

use std::fmt::Write;

use clearance_report::clean;
use clearance_verdict::Assessment;

use super::{counts, line, subject, word};
use crate::{Held, Verdict};

pub(super) fn render(held: &Held, now: &Assessment) -> String {
    let mut out = String::new();
    let header = &now.header;
    let commit =
        header.commit.as_ref().map_or(String::new(), |commit| format!(", commit {}", clean::code(commit)));
    let _ = writeln!(out, "# Claims of {}\n", clean::markdown(&held.file));
    let _ = writeln!(
        out,
        "Held against {}{commit}, {}, by clearance {} with rule set {}: **{}**.\n",
        clean::markdown(&header.target),
        header.time.strftime("%Y-%m-%d %H:%M UTC"),
        clean::markdown(&header.tool_version),
        clean::markdown(&header.rule_set),
        counts(held)
    );
    out.push_str("| line | claim | about | verdict | evidence |\n| ---: | --- | --- | --- | --- |\n");
    for claim in &held.claims {
        let about = claim.subject.as_ref().map_or(String::new(), |about| clean::code(&subject(about)));
        let verdict = match claim.verdict {
            Verdict::Contradicted => "**contradicted**",
            other => word(other),
        };
        let evidence: Vec<String> = claim.evidence.iter().map(|one| clean::markdown(&line(one))).collect();
        let _ = writeln!(
            out,
            "| {} | {} | {about} | {verdict} | {} |",
            claim.line,
            clean::markdown(&claim.text),
            evidence.join("; ")
        );
    }
    if held.is_cut {
        out.push_str(
            "\nThe report has more claims than are held against a project; the rest was left out.\n",
        );
    }
    out
}
