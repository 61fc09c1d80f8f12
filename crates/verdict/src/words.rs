//! Closed lists of words that options, configuration and machine formats share.

use std::{fmt, str::FromStr};

use clearance_finding::UnknownWord;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// All values, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in options, configuration and machine formats.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(given: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|v| v.as_str().eq_ignore_ascii_case(given)).ok_or_else(|| UnknownWord {
                    given: given.to_owned(),
                    expected: &[$($word),+],
                })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

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

words! {
    /// Whether a protection is in force on a route.
    ProtectionStatus {
        /// Seen to act on every request to the route.
        InForce = "in-force",
        /// Acts on some of them.
        Partial = "partial",
        /// There is none.
        Absent = "absent",
        /// The route does not need it.
        NotApplicable = "not-applicable",
        /// The analysis cannot tell.
        Undecided = "undecided",
    }
}

words! {
    /// How well the effective value of a setting is known.
    SettingStatus {
        /// One value, whatever happens.
        Decided = "decided",
        /// Depends on a condition outside the repository.
        Conditional = "conditional",
        /// Not known.
        Undecided = "undecided",
        /// Nothing reads it.
        Dead = "dead",
    }
}

words! {
    /// Whether vulnerable code of a dependency is reached.
    Reachable {
        /// A path was found.
        Yes = "yes",
        /// The search was complete and found none.
        No = "no",
        /// Not known.
        Undecided = "undecided",
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
