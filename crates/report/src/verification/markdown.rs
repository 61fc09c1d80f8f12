//! As a fix record: for each finding what was wrong, how it was fixed, and what says so.

use std::borrow::Cow;

use clearance_verdict::{Answer, Assessment, Commit, Verification, Verified};

use super::{commit, counts, outcome, place, tree, way};
use crate::{
    clean,
    markdown::{Page, status},
    words,
};

/// Longest line of code that is shown, in characters.
const MAX_WIDTH: usize = 300;

pub(super) fn render(verification: &Verification, now: &Assessment) -> String {
    let mut page = Page(String::new());
    head(&mut page, verification, now);
    for (answer, title) in [
        (Answer::Fixed, "Fixed"),
        (Answer::Still, "Still there"),
        (Answer::Moved, "Still there, moved"),
        (Answer::Unknown, "Cannot be told"),
        (Answer::Accepted, "Accepted"),
    ] {
        let those: Vec<&Verified> =
            verification.findings.iter().filter(|finding| finding.answer == answer).collect();
        if those.is_empty() {
            continue;
        }
        page.heading(2, &format!("{title} ({})", those.len()));
        if answer == Answer::Fixed {
            for (number, verified) in those.iter().enumerate() {
                record(&mut page, number + 1, verified);
            }
            continue;
        }
        page.table(&["severity", "rule", "place", "what", "note"]);
        for verified in those {
            let blocks = if verified.blocks { "**blocks**; " } else { "" };
            page.row(&[
                verified.then.severity.to_string(),
                clean::code(&verified.then.rule),
                clean::code(&place(verified, now)),
                clean::markdown(&verified.then.message),
                format!("{blocks}{}", clean::markdown(&verified.note)),
            ]);
        }
    }
    new(&mut page, verification, now);
    controls(&mut page, verification);
    page.0
}

fn head(page: &mut Page, verification: &Verification, now: &Assessment) {
    let earlier = &verification.earlier;
    page.line(&format!("# Fix record: {}", clean::markdown(&now.header.target)));
    page.blank();
    page.line(&format!("**{}**: {}.", counts(verification), outcome(verification)));
    page.table(&["", "then", "now"]);
    let header = &now.header;
    page.row(&[
        "time".to_owned(),
        earlier.time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        header.time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    ]);
    page.row(&[
        "commit".to_owned(),
        clean::code(&tree(earlier.commit.as_deref(), earlier.dirty)),
        clean::code(&tree(header.commit.as_deref(), header.dirty)),
    ]);
    page.row(&["decision", earlier.decision.as_str(), now.decision.as_str()]);
    page.row(&["rule set".to_owned(), clean::markdown(&earlier.rule_set), clean::markdown(&header.rule_set)]);
    page.blank();
    page.line(&format!(
        "Report of then: {}. {}.",
        clean::code(&earlier.file),
        capital(&verification.history)
    ));
    if !verification.caveats.is_empty() {
        page.blank();
        page.line("The two runs differ in more than the target:");
        page.blank();
        for caveat in &verification.caveats {
            page.line(&format!("- {}", clean::markdown(caveat)));
        }
    }
}

fn capital(text: &str) -> String {
    let text = clean::markdown(text);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// One finding that was fixed.
fn record(page: &mut Page, number: usize, verified: &Verified) {
    let then = &verified.then;
    page.heading(3, &format!("{number}. {}", clean::markdown(&then.title)));
    page.line(&format!(
        "**What was wrong.** {} ({}, rule {}, {}).",
        capital(&then.message),
        then.severity,
        clean::code(&then.rule),
        clean::code(&format!("{}:{}", then.path, then.line))
    ));
    if !then.code.is_empty() {
        page.blank();
        let lines = then.code.iter().map(|(line, text)| Cow::Owned(format!("{line:>5} | {}", short(text))));
        page.0.push_str(&clean::block("text", lines));
    }
    page.blank();
    match &verified.way {
        None => page.line("**How it was fixed.** The history was not searched."),
        Some(found) => {
            page.line(&format!("**How it was fixed.** {}.", capital(&way(found))));
            for one in &found.commits {
                difference(page, one, found.commits.len() > 1);
            }
        }
    }
    page.blank();
    page.line("**What says so.**");
    page.blank();
    for line in &verified.evidence {
        page.line(&format!("- {}", clean::markdown(line)));
    }
}

fn difference(page: &mut Page, one: &Commit, is_named: bool) {
    if one.hunk.lines.is_empty() {
        return;
    }
    page.blank();
    if is_named {
        page.line(&format!("{}:", capital(&commit(one))));
        page.blank();
    }
    let count = |signs: [char; 2]| one.hunk.lines.iter().filter(|line| signs.contains(&line.sign)).count();
    let head = format!(
        "@@ -{},{} +{},{} @@ {}",
        one.hunk.old_start,
        count([' ', '-']),
        one.hunk.new_start,
        count([' ', '+']),
        one.path
    );
    let mut lines = vec![Cow::Owned(head)];
    lines.extend(one.hunk.lines.iter().map(|line| Cow::Owned(format!("{}{}", line.sign, short(&line.text)))));
    if one.hunk.is_cut {
        lines.push(Cow::Borrowed("… more lines are left out"));
    }
    page.0.push_str(&clean::block("diff", lines.into_iter()));
}

fn short(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(MAX_WIDTH) {
        Some((end, _)) => Cow::Owned(format!("{}…", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

fn new(page: &mut Page, verification: &Verification, now: &Assessment) {
    if verification.new.is_empty() {
        return;
    }
    page.heading(2, &format!("New ({})", verification.new.len()));
    page.table(&["severity", "rule", "place", "what"]);
    for finding in verification.new.iter().map(|index| &now.findings[*index]) {
        page.row(&[
            finding.severity.to_string(),
            clean::code(finding.rule.id),
            clean::code(&words::place(&finding.location)),
            clean::markdown(&finding.message),
        ]);
    }
}

fn controls(page: &mut Page, verification: &Verification) {
    let changed: Vec<_> =
        verification.controls.iter().filter(|control| control.then != control.now).collect();
    page.heading(2, "Controls");
    page.line(&format!(
        "{} stand otherwise than then, {} as then.",
        changed.len(),
        verification.controls.len() - changed.len()
    ));
    if changed.is_empty() {
        return;
    }
    let word = |standing| match standing {
        Some(standing) => status(standing),
        None => "off".to_owned(),
    };
    page.table(&["control", "then", "now", "evidence"]);
    for control in changed {
        let evidence: Vec<String> =
            control.evidence.iter().take(3).map(|line| clean::markdown(line)).collect();
        page.row(&[
            format!("{}: {}", clean::code(&control.id), clean::markdown(&control.title)),
            word(control.then),
            word(control.now),
            evidence.join("; "),
        ]);
    }
}
