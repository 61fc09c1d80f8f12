//! As plain text.

use clearance_report::clean;
use clearance_verdict::Assessment;

use super::{counts, line, subject, word};
use crate::{Claim, Held, Verdict};

/// Most characters of a claim and of its evidence in one line.
const WIDTH: usize = 160;

pub(super) fn render(held: &Held, now: &Assessment) -> String {
    let mut out = String::new();
    let mut push = |text: &str| {
        out.push_str(&clean::line(text));
        out.push('\n');
    };
    push(&format!("claims of {}, held against {}: {}", held.file, now.header.target, counts(held)));
    for verdict in Verdict::ALL {
        let those: Vec<&Claim> = held.claims.iter().filter(|claim| claim.verdict == *verdict).collect();
        if those.is_empty() {
            continue;
        }
        let title = word(*verdict);
        push("");
        push(&format!("{}{} ({})", title[..1].to_uppercase(), &title[1..], those.len()));
        for claim in those {
            let about =
                claim.subject.as_ref().map_or(String::new(), |about| format!("  [{}]", subject(about)));
            push(&format!("  {}:{}  {}{about}", held.file, claim.line, short(&claim.text)));
            for evidence in &claim.evidence {
                push(&format!("      {}", short(&line(evidence))));
            }
        }
    }
    if held.is_cut {
        push("");
        push("the report has more claims than are held against a project; the rest was left out");
    }
    out
}

fn short(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
