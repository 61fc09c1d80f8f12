//! Closed lists of words that options, configuration and machine formats share.

use clearance_finding::words;

words! {
    /// The environment that the decision is made for.
    Profile {
        /// Reachable by users.
        Production = "production",
        /// Like production, for trials.
        Staging = "staging",
        /// A developer's machine.
        Development = "development",
    }
}

words! {
    /// How much a control weighs.
    Level {
        /// Not judged at all.
        Off = "off",
        /// Shown; its failure leads to `conditional` at most.
        Advisory = "advisory",
        /// Its failure leads to `blocked`, its not being verified to `conditional`.
        Blocking = "blocking",
    }
}

words! {
    /// What the assessment comes to, from best to worst.
    Decision {
        /// Nothing speaks against deployment, and everything that must be known is known.
        Approved = "approved",
        /// May go ahead once what is listed was looked at.
        Conditional = "conditional",
        /// Must not be deployed as it is.
        Blocked = "blocked",
    }
}

words! {
    /// The worst decision that still counts as a failed run.
    FailOn {
        /// Only `blocked` fails.
        Blocked = "blocked",
        /// `conditional` fails too.
        Conditional = "conditional",
    }
}

words! {
    /// What is known about a control.
    Status {
        /// It holds, on positive evidence from this run.
        Pass = "pass",
        /// Weaknesses below the blocking level, or accepted ones.
        Warn = "warn",
        /// It does not hold.
        Fail = "fail",
        /// Not examined, or not decidable from what was examined.
        NotVerified = "not-verified",
        /// What it is about does not occur here.
        NotApplicable = "not-applicable",
    }
}

words! {
    /// What belongs together in a report.
    Category {
        /// How the application is written.
        Code = "code",
        /// Routes, sessions, browsers.
        Web = "web",
        /// Effective settings.
        Configuration = "configuration",
        /// Servers, containers, pipelines.
        Deployment = "deployment",
        /// Dependencies.
        Supply = "supply",
        /// Leaked secrets.
        Secrets = "secrets",
        /// A running deployment.
        Live = "live",
    }
}

words! {
    /// What this run was able to analyse; a control names those without which it cannot be decided.
    Capability {
        /// Calls, names and constant values inside modules.
        Syntax = "syntax",
        /// Values and tainted data followed through the program.
        Flow = "flow",
        /// Every route with the protections in force on it.
        Routes = "routes",
        /// Effective values of settings with their provenance.
        Settings = "settings",
    }
}

words! {
    /// What became of a plane.
    PlaneStatus {
        /// It ran to its end.
        Run = "run",
        /// It was not asked for, is not part of this version, or had nothing to work on.
        Skipped = "skipped",
        /// It could not finish.
        Failed = "failed",
    }
}

words! {
    /// What became of a file.
    FileStatus {
        /// Analysed whole.
        Analysed = "analysed",
        /// Analysed in part.
        Partial = "partial",
        /// Should have been analysed and could not be.
        Unreadable = "unreadable",
        /// Deliberately left out, or of a kind that no plane of this run looks at.
        Skipped = "skipped",
    }
}

words! {
    /// Why findings are not among those shown.
    HiddenBy {
        /// Below the asked severity.
        Severity = "severity",
        /// Below the asked confidence.
        Confidence = "confidence",
        /// Their rule is for auditors and was not asked for.
        Audit = "audit",
        /// The configuration ignores or does not select their rule.
        Configuration = "configuration",
    }
}

impl Decision {
    /// Whether the decision is good enough: `false` asks for exit code 1.
    pub fn meets(self, fail_on: FailOn) -> bool {
        match fail_on {
            FailOn::Blocked => self != Self::Blocked,
            FailOn::Conditional => self == Self::Approved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_meet_what_was_asked() {
        assert!(Decision::Conditional.meets(FailOn::Blocked));
        assert!(!Decision::Blocked.meets(FailOn::Blocked));
        assert!(!Decision::Conditional.meets(FailOn::Conditional));
        assert!(Decision::Approved.meets(FailOn::Conditional));
    }

    #[test]
    fn words_round_trip() {
        for profile in Profile::ALL {
            assert_eq!(profile.as_str().parse(), Ok(*profile));
        }
        assert!("prod".parse::<Profile>().unwrap_err().to_string().contains("staging"));
    }
}
