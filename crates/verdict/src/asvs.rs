//! ASVS 5.0.0: how the requirements of levels 1 and 2 stand that controls stand for.

use crate::{
    standards::{StandardRow, row_of_controls},
    status::Control,
    words::Level,
};

/// Requirements of level 1 in the whole standard, <https://github.com/OWASP/ASVS/tree/v5.0.0>.
pub const ASVS_LEVEL_1: usize = 70;
/// Requirements of level 2 in the whole standard; level 1 is asked for as well there, and not counted here.
pub const ASVS_LEVEL_2: usize = 183;

/// Requirements of level 1 that controls stand for.
const FIRST: &[&str] = &[
    "V1.2.1", "V1.2.4", "V1.2.5", "V1.3.1", "V1.3.2", "V1.5.1", "V2.2.1", "V2.2.2", "V3.3.1", "V3.4.1",
    "V3.4.2", "V3.5.1", "V5.2.1", "V5.2.2", "V5.3.2", "V6.2.1", "V6.3.1", "V6.3.2", "V8.2.1", "V8.3.1",
    "V9.1.1", "V9.1.2", "V11.3.1", "V11.3.2", "V11.4.1", "V12.1.1", "V12.2.1", "V12.2.2", "V13.4.1",
    "V15.2.1",
];

/// Requirements of level 2 that controls stand for.
const SECOND: &[&str] = &[
    "V1.2.6", "V1.2.7", "V1.2.9", "V1.3.3", "V1.3.5", "V1.3.6", "V1.3.7", "V1.3.10", "V1.3.11", "V1.5.2",
    "V3.3.2", "V3.3.4", "V3.4.3", "V3.4.4", "V3.4.5", "V3.4.6", "V3.7.2", "V4.1.2", "V4.1.3", "V5.2.3",
    "V6.3.3", "V7.3.1", "V7.3.2", "V11.2.3", "V11.4.2", "V11.4.3", "V11.5.1", "V12.3.1", "V12.3.2",
    "V13.2.2", "V13.2.3", "V13.3.1", "V13.4.2", "V13.4.3", "V15.1.2", "V15.2.3", "V15.3.3", "V15.3.4",
    "V16.2.5", "V16.3.1", "V16.3.4", "V16.4.1", "V16.5.1", "V16.5.2", "V16.5.3",
];

/// A requirement and how its controls stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsvsRow {
    /// Its level, 1 or 2.
    pub level: u8,
    /// Id, status, controls and evidence; its title is empty.
    pub row: StandardRow,
}

/// The requirements of levels 1 and 2 that at least one control stands for which is not off, in the order of the standard.
pub(crate) fn asvs(controls: &[Control]) -> Vec<AsvsRow> {
    let all = FIRST.iter().map(|id| (1, *id)).chain(SECOND.iter().map(|id| (2, *id)));
    let mut rows: Vec<AsvsRow> = all
        .filter_map(|(level, id)| {
            let own: Vec<usize> = (0..controls.len())
                .filter(|&at| {
                    controls[at].level != Level::Off
                        && controls[at].definition.asvs.iter().any(|named| named == id)
                })
                .collect();
            (!own.is_empty()).then(|| AsvsRow { level, row: row_of_controls(id.to_owned(), own, controls) })
        })
        .collect();
    rows.sort_by_key(|row| order(&row.row.id));
    rows
}

/// The numbers of an id.
fn order(id: &str) -> Vec<u32> {
    id.trim_start_matches('V').split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controls::controls;

    #[test]
    fn every_requirement_of_a_control_has_a_level() {
        // Those of level 3, which no table lists.
        const THIRD: &[&str] = &["V1.2.10", "V1.3.12", "V3.6.1", "V5.3.3", "V11.2.4", "V11.3.4", "V15.2.4"];
        for id in controls().iter().flat_map(|control| &control.asvs) {
            let id = id.as_str();
            assert!(FIRST.contains(&id) || SECOND.contains(&id) || THIRD.contains(&id), "{id}");
        }
    }
}
