//! Which commits fixed what is fixed.

use std::{path::Path, sync::Arc};

use clearance_finding::Plane;
use clearance_source::{
    Fate, Fates, File, Place, PlaceOptions, Relation, Touch, Unknown, place_changes, read_bytes,
};
use clearance_verdict::{
    Answer, Commit, DiffLine, EarlierFinding, EarlierPlace, Hunk, Verification, Verified, Way,
};
use jiff::Timestamp;

use super::super::check::Examined;
use crate::{exit::Failure, run::secrets::Redactor};

/// Most findings whose places are looked for, and most places of one beside its own.
const MAX_FINDINGS: usize = 2000;
const MAX_STEPS: usize = 6;
/// Weaknesses of which a credential is the matter (CWE).
const CREDENTIALS: &[u16] = &[256, 257, 259, 260, 312, 321, 522, 532, 540, 547, 615, 798];

/// Says how each finding was fixed, where the history tells.
pub(super) fn tell(
    verification: &mut Verification,
    examined: &Examined,
    wanted: bool,
) -> Result<(), Failure> {
    if !wanted {
        "the history was not searched, as asked".clone_into(&mut verification.history);
        return Ok(());
    }
    let fixed: Vec<usize> = (0..verification.findings.len())
        .filter(|index| verification.findings[*index].answer == Answer::Fixed)
        .collect();
    if fixed.is_empty() {
        "the history was not searched: nothing is fixed".clone_into(&mut verification.history);
        return Ok(());
    }
    let Some(since) = verification.earlier.commit.clone() else {
        let why = "the report names no commit";
        verification.history = format!("the history was not searched: {why}");
        fixed.iter().for_each(|index| {
            verification.findings[*index].way = Some(unknown(&verification.findings[*index], why))
        });
        return Ok(());
    };
    // Of each finding its own place comes first.
    let mut questions: Vec<(usize, EarlierPlace)> = Vec::new();
    for index in fixed.iter().copied().take(MAX_FINDINGS) {
        let then = &verification.findings[index].then;
        questions.push((index, own(then)));
        questions.extend(then.steps.iter().take(MAX_STEPS).map(|step| (index, step.clone())));
    }
    let places: Vec<Place> = questions
        .iter()
        .map(|(_, place)| Place {
            path: place.path.clone(),
            first: place.line,
            last: place.end_line,
            now: content(examined, &place.path),
        })
        .collect();
    let answer = place_changes(&examined.base, &since, &places, PlaceOptions::default());
    let dirty = verification.earlier.dirty == Some(true);
    let short: String = since.chars().take(10).collect();
    match answer {
        Err(error) => {
            let why = error.to_string();
            verification.history = format!("the history was not searched: {why}");
            for index in fixed {
                verification.findings[index].way = Some(unknown(&verification.findings[index], &why));
            }
        }
        Ok(fates) => {
            verification.history = said(&fates, &short, dirty);
            for index in fixed {
                let answers = questions.iter().zip(&fates.fates).filter(|((of, _), _)| *of == index);
                let answers: Vec<(&EarlierPlace, &Fate)> =
                    answers.map(|((_, place), fate)| (place, fate)).collect();
                let verified = &verification.findings[index];
                let found = way(verified, &answers, &short, dirty, &|touch| {
                    commit(touch, holds_credential(verified, examined))
                });
                verification.findings[index].way = Some(found);
            }
        }
    }
    Ok(())
}

/// What was searched.
fn said(fates: &Fates, short: &str, dirty: bool) -> String {
    let commits = match fates.commits {
        1 => "1 commit".to_owned(),
        count => format!("{count} commits"),
    };
    let mut said = match fates.relation {
        Relation::Same => {
            format!("commit {short} of the report is checked out; only what is not committed can differ")
        }
        Relation::Ancestor => {
            format!("the history was searched from commit {short} of the report: {commits} since")
        }
        Relation::Descendant => {
            format!("commit {short} of the report came after the one that is checked out")
        }
        Relation::Apart => format!(
            "commit {short} of the report did not lead to the one that is checked out; {commits} that did were searched for its lines"
        ),
    };
    if dirty {
        said.push_str(
            "; the report was made of a changed work tree, so that its lines may not be those of the commit",
        );
    }
    said
}

fn own(then: &EarlierFinding) -> EarlierPlace {
    EarlierPlace { path: then.path.clone(), line: then.line, end_line: then.end_line }
}

fn unknown(verified: &Verified, why: &str) -> Way {
    Way { place: own(&verified.then), is_own: true, commits: Vec::new(), why: Some(why.to_owned()) }
}

/// What a file of the target holds now, where it was listed or lies inside the target.
fn content(examined: &Examined, path: &str) -> Option<Arc<[u8]>> {
    let known = examined.inventory.binary_search_by(|file| (*file.path).as_bytes().cmp(path.as_bytes()));
    let file: &File = examined.inventory.get(known.ok()?)?;
    read_bytes(file, &examined.options).ok().map(Arc::from)
}

/// The first of the places that changed, the finding's own before the others.
fn way(
    verified: &Verified,
    answers: &[(&EarlierPlace, &Fate)],
    short: &str,
    dirty: bool,
    commit: &dyn Fn(&Touch) -> Commit,
) -> Way {
    for (number, (place, fate)) in answers.iter().enumerate() {
        if let Fate::Changed { touches, .. } = fate {
            return Way {
                place: (*place).clone(),
                is_own: number == 0,
                commits: touches.iter().map(commit).collect(),
                why: None,
            };
        }
    }
    let why = match answers.first() {
        None => format!("more than {MAX_FINDINGS} findings are fixed, and it is none of the first"),
        Some((_, Fate::Unchanged { .. } | Fate::Changed { .. })) if answers.len() > 1 => {
            "neither its place nor the other places that the report names changed; what did is elsewhere"
                .to_owned()
        }
        Some((_, Fate::Unchanged { .. } | Fate::Changed { .. })) => {
            "its place did not change; what did is elsewhere".to_owned()
        }
        Some((_, Fate::Unknown(Unknown::NotInCommit))) if dirty => {
            format!("commit {short} does not hold the place; the report was made of a changed work tree")
        }
        Some((_, Fate::Unknown(Unknown::NotInCommit))) => {
            format!("commit {short} does not hold the place: git did not track the file")
        }
        Some((_, Fate::Unknown(Unknown::Unreadable))) => "a version of its file cannot be read".to_owned(),
        Some((_, Fate::Unknown(Unknown::Rewritten))) => {
            "the history was rewritten, and no version of its file on the way here holds the lines".to_owned()
        }
        Some((_, Fate::Unknown(Unknown::TooMuch))) => {
            "the history is too long to be searched for it".to_owned()
        }
    };
    unknown(verified, &why)
}

/// Whether what changed is likely to show a credential.
fn holds_credential(verified: &Verified, examined: &Examined) -> bool {
    let rule = examined.assessment.rules.iter().find(|rule| rule.id == verified.then.rule);
    rule.is_none_or(|rule| {
        rule.plane == Plane::Secrets || rule.cwe.iter().any(|cwe| CREDENTIALS.contains(cwe))
    })
}

fn commit(touch: &Touch, credential: bool) -> Commit {
    let lines = touch.hunk.lines.iter().map(|line| DiffLine {
        sign: line.sign.as_char(),
        text: if credential { blacked_out(&line.text) } else { line.text.clone() },
    });
    let mut hunk = Hunk {
        old_start: touch.hunk.old_start,
        new_start: touch.hunk.new_start,
        lines: lines.collect(),
        is_cut: touch.hunk.is_cut,
    };
    black_out(&touch.path, &mut hunk);
    let line = touch.commit.as_ref();
    let day = |seconds: i64| match Timestamp::from_second(seconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) => "an unknown day".to_owned(),
    };
    let mut subject = line.map_or(String::new(), |line| line.subject.clone());
    Redactor::for_text(&touch.path, &subject).text(&mut subject);
    Commit {
        id: line.map(|line| line.commit.clone()),
        author: line.map_or(String::new(), |line| line.author.to_string()),
        date: line.map_or(String::new(), |line| day(line.author_date)),
        subject,
        path: touch.path.clone(),
        removed_file: touch.removed_file,
        hunk,
    }
}

/// A line without the texts in it, or without what follows the first `=` or `:` where there are none.
fn blacked_out(line: &str) -> String {
    let Some(first) = line.find(['"', '\'']) else {
        return match line.find(['=', ':']) {
            Some(at) => format!("{} ***", &line[..=at]),
            None if line.trim().is_empty() => line.to_owned(),
            None => "***".to_owned(),
        };
    };
    let mut out = String::from(&line[..first]);
    let mut quote = None;
    for c in line[first..].chars() {
        match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(c);
                out.push(c);
                out.push_str("***");
            }
            (Some(open), c) if c == open => {
                quote = None;
                out.push(c);
            }
            (Some(_), _) => {}
            (None, c) => out.push(c),
        }
    }
    out
}

/// Blacks out credentials of known kinds in the lines of a change.
fn black_out(path: &str, hunk: &mut Hunk) {
    let name =
        Path::new(path).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let text: Vec<&str> = hunk.lines.iter().map(|line| line.text.as_str()).collect();
    let redactor = Redactor::for_text(&name, &text.join("\n"));
    for line in &mut hunk.lines {
        redactor.text(&mut line.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_credential_keeps_its_names_only() {
        assert_eq!(blacked_out("    KEY = 'abc' + \"d'e\"  # x"), "    KEY = '***' + \"***\"  # x");
        assert_eq!(blacked_out("PASSWORD=hunter2"), "PASSWORD= ***");
        assert_eq!(blacked_out("MIIEpAIBAAKC"), "***");
        assert_eq!(blacked_out(""), "");
    }
}
