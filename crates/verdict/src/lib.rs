//! Findings and facts become controls, standards tables, a remediation plan and the decision.
