//! The lines that repairs touch, for reports.

use std::{collections::HashMap, sync::Arc};

use clearance_deploy::{DeployFile, words::blanked};
use clearance_finding::Finding;
use clearance_program::Program;
use clearance_source::{read_bytes, text_of};

use super::plan::Plan;

/// Gives every repair the lines that its edits touch. What the finding itself does not show of them is not shown here.
pub(super) fn look(findings: &mut [Finding], program: &Program, deployment: &[DeployFile], plan: &Plan) {
    // Files that no plane hands on are read once more.
    let mut read: HashMap<Arc<str>, Option<String>> = HashMap::new();
    let templates: HashMap<&str, &str> =
        program.templates().map(|(_, file)| (&*file.path, file.text.as_str())).collect();
    for finding in findings {
        let Some(fix) = &mut finding.fix else { continue };
        let path = Arc::clone(fix.path.as_ref().unwrap_or(&finding.location.path));
        let deployed = deployment.iter().find(|file| file.path == path);
        let code = program.module_at(&path).map(|id| program.module(id).text.as_str());
        let known =
            code.or_else(|| templates.get(&*path).copied()).or(deployed.map(|file| file.text.as_str()));
        let location = &finding.location;
        let shown = |number: u32, line: &str| {
            let same = location.path == path;
            let told = location.code.iter().find(|told| same && told.number == number);
            match told.filter(|told| told.text.contains('*') && told.text.len() == line.len()) {
                Some(told) => told.text.clone(),
                None if deployed.is_some() => blanked(line).unwrap_or_else(|| line.to_owned()),
                None => line.to_owned(),
            }
        };
        match known {
            Some(text) => fix.look_at(text, &shown),
            None => {
                let text = read.entry(Arc::clone(&path)).or_insert_with(|| {
                    let file = plan.inventory.files.iter().find(|file| file.path == path)?;
                    let bytes = read_bytes(file, &plan.options).ok()?;
                    Some(text_of(Arc::clone(&path), bytes, file.kind).ok()?.text)
                });
                if let Some(text) = text {
                    fix.look_at(text, &shown);
                }
            }
        }
    }
}
