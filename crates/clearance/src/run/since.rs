//! Findings at a revision, to tell new ones apart: the whole program as it was is examined from what git holds, and the work tree stays as it is.

use clearance_source::{AtRevisionError, Inventory, inventory_at, inventory_staged};
use clearance_verdict::Baseline;

use super::{
    analyse::analyse,
    clock::Clock,
    judge::{About, Compared, judge},
    live,
    plan::{self, Plan},
    progress::Progress,
    secrets::{MAX_BYTES, Past, history},
};
use crate::{catalogue::Catalogue, console, exit::Failure};

/// Digits of an identity that are shown.
const SHORT: usize = 10;
/// Most blind spots of the revision that are told.
const MOST_NOTES: usize = 5;

/// Has `plan` examine what is staged for the next commit in place of the work tree. Errors: there is no repository, or its index cannot be read.
pub(crate) fn stage(plan: &mut Plan) -> Result<(), Failure> {
    let staged = inventory_staged(&plan.inventory, &plan.options, MAX_BYTES);
    let mut inventory = staged.map_err(|error| Failure::Usage(format!("--staged: {error}")))?;
    plan::apply(&plan.settings, &mut inventory);
    plan.inventory = inventory;
    Ok(())
}

/// The findings at `revision`, examined by the settings of today, as a baseline. Errors: there is no repository, or no such commit in it.
pub(crate) fn findings_at(
    catalogue: &Catalogue,
    plan: &mut Plan,
    revision: &str,
    progress: &Progress,
) -> Result<Baseline, Failure> {
    let refused = |error: AtRevisionError| Failure::Usage(format!("--since: {error}"));
    let at = inventory_at(&plan.inventory, revision, &plan.options, MAX_BYTES).map_err(refused)?;
    let mut then = at.inventory;
    plan::apply(&plan.settings, &mut then);
    let blind: Vec<String> = then.notices.iter().map(|notice| notice.text.clone()).collect();
    if then.files.is_empty() && !blind.is_empty() {
        return Err(Failure::File(format!("--since: nothing of {revision} could be read: {}", blind[0])));
    }
    let unseen = then
        .notices
        .iter()
        .filter(|notice| notice.kind.is_blind_spot() && !plan.inventory.notices.contains(notice));
    for notice in unseen.take(MOST_NOTES) {
        let place = if notice.path.is_empty() { String::new() } else { format!("{}: ", notice.path) };
        let text = format!("at {revision}, {place}{}; what is found there counts as new", notice.text);
        console::write_stderr("note", &text);
    }
    let commit: String = at.commit.chars().take(SHORT).collect();
    let now = std::mem::replace(&mut plan.inventory, then);
    let past = std::mem::take(&mut plan.past);
    let found = examine(catalogue, plan, progress);
    let _: Inventory = std::mem::replace(&mut plan.inventory, now);
    plan.past = past;
    Ok(Baseline { file: format!("of {revision} ({commit})"), ..found? })
}

fn examine(catalogue: &Catalogue, plan: &Plan, progress: &Progress) -> Result<Baseline, Failure> {
    debug_assert_eq!(plan.past, Past::None);
    let (mut analysis, _) = analyse(plan, None, &history::Found::default(), progress);
    // The server is as it is now.
    let clock = Clock::start()?;
    let live = live::join(None, clock.begin, &mut analysis);
    let about = About { target: String::new(), git: None, command: String::new(), clock };
    let (assessment, _) =
        judge(catalogue, plan, analysis, about, Compared { baseline: None, new_only: false }, live)?;
    Ok(Baseline::of(String::new(), assessment.findings.iter()))
}
