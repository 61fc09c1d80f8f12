//! As plain text.

use clearance_verdict::{Answer, Assessment, Verification, Verified};

use super::{counts, outcome, place, tree, way};
use crate::{clean, words};

/// Longest list of findings of one kind.
const MOST: usize = 200;

pub(super) fn render(verification: &Verification, now: &Assessment) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(&clean::line(text));
        out.push('\n');
    };
    let earlier = &verification.earlier;
    line(&format!(
        "then  {} of {}, {}, {}",
        earlier.file,
        earlier.time.strftime("%Y-%m-%d %H:%M UTC"),
        tree(earlier.commit.as_deref(), earlier.dirty),
        earlier.decision
    ));
    let header = &now.header;
    line(&format!("now   {}, {}", tree(header.commit.as_deref(), header.dirty), now.decision));
    for caveat in &verification.caveats {
        line(&format!("note  {caveat}"));
    }
    line(&format!("note  {}", verification.history));
    for (answer, title) in [
        (Answer::Still, "Still there"),
        (Answer::Moved, "Still there, moved"),
        (Answer::Unknown, "Cannot be told"),
        (Answer::Accepted, "Accepted"),
        (Answer::Fixed, "Fixed"),
    ] {
        let those: Vec<&Verified> =
            verification.findings.iter().filter(|finding| finding.answer == answer).collect();
        if those.is_empty() {
            continue;
        }
        line("");
        line(&format!("{title} ({})", those.len()));
        for verified in those.iter().take(MOST) {
            let blocked = match (verified.blocked, verified.blocks) {
                (true, true) => "  blocks",
                (true, false) => "  blocked",
                _ => "",
            };
            line(&format!(
                "  {:<8}  {}  {}{blocked}",
                verified.then.severity.as_str(),
                verified.then.rule,
                place(verified, now)
            ));
            if !verified.note.is_empty() {
                line(&format!("            {}", verified.note));
            }
            if let Some(found) = &verified.way {
                line(&format!("            {}", way(found)));
            }
        }
        if those.len() > MOST {
            line(&format!("  and {} more", those.len() - MOST));
        }
    }
    if !verification.new.is_empty() {
        line("");
        line(&format!("New ({})", verification.new.len()));
        for finding in verification.new.iter().take(MOST).map(|index| &now.findings[*index]) {
            let at = words::place(&finding.location);
            line(&format!("  {:<8}  {}  {at}", finding.severity.as_str(), finding.rule.id));
        }
        if verification.new.len() > MOST {
            line(&format!("  and {} more", verification.new.len() - MOST));
        }
    }
    let changed: Vec<_> =
        verification.controls.iter().filter(|control| control.then != control.now).collect();
    line("");
    let same = verification.controls.len() - changed.len();
    line(&format!("Controls ({} otherwise than then, {same} as then)", changed.len()));
    for control in changed {
        let word = |status: Option<clearance_verdict::Status>| status.map_or("off", |status| status.as_str());
        line(&format!("  {:<28}  {} → {}", control.id, word(control.then), word(control.now)));
    }
    line("");
    line(&format!("{}: {}", counts(verification), outcome(verification)));
    out
}
