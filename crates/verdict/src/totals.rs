//! The one table of counts that every report prints.

use clearance_finding::{Finding, Plane, Severity};

/// Findings by severity and plane. Accepted findings are counted apart, never twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    open: [[usize; Plane::ALL.len()]; Severity::ALL.len()],
    accepted: [[usize; Plane::ALL.len()]; Severity::ALL.len()],
}

impl Totals {
    /// Counts `findings`.
    pub fn of(findings: &[Finding]) -> Self {
        let mut totals = Self::default();
        for finding in findings {
            let table = if finding.acceptance.is_some() { &mut totals.accepted } else { &mut totals.open };
            table[finding.severity as usize][finding.rule.plane as usize] += 1;
        }
        totals
    }

    /// Open findings of one severity and plane.
    pub fn at(&self, severity: Severity, plane: Plane) -> usize {
        self.open[severity as usize][plane as usize]
    }

    /// Open findings of one severity.
    pub fn severity(&self, severity: Severity) -> usize {
        self.open[severity as usize].iter().sum()
    }

    /// Open findings of one plane.
    pub fn plane(&self, plane: Plane) -> usize {
        self.open.iter().map(|row| row[plane as usize]).sum()
    }

    /// Accepted findings of one severity.
    pub fn accepted_at(&self, severity: Severity) -> usize {
        self.accepted[severity as usize].iter().sum()
    }

    /// All open findings.
    pub fn open(&self) -> usize {
        self.open.iter().flatten().sum()
    }

    /// All accepted findings.
    pub fn accepted(&self) -> usize {
        self.accepted.iter().flatten().sum()
    }
}
