//! The words of the domain: pure types and transitions, no I/O.

pub mod access;
pub mod adjudication;
pub mod agreement;
pub mod answer;
pub mod assignment;
pub mod attachment;
pub mod audit;
pub mod calendar;
pub mod evaluation;
pub mod example;
pub mod intake;
pub mod judgement;
pub mod keep_rule;
pub mod lineage;
pub mod model;
pub mod new_trace;
pub mod person;
pub mod snapshot;
pub mod span;
mod stored;
pub mod suggestion;
pub mod trace;
pub mod training;

/// Declares an enum whose values have one word each, in the database, in JSON and on the command line.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        // By hand: for what is no text at all, serde_json takes the JSON to be broken when it reads a derived enum.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().find(|known| known.word() == text).copied().ok_or_else(|| {
                    $crate::domain::UnknownWord {
                        found: text.chars().take(60).collect(),
                        known: [$($word),*].join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use words;

pub mod check;
pub mod citation;
pub mod expert;
pub mod feedback;
pub mod flaw;
pub mod gold;
pub mod grounding;
pub mod guideline;
pub mod notice;
pub mod public_url;
pub mod redaction;
pub mod rejection;
pub mod review;
pub mod review_cycle;
pub mod reward_formula;
pub mod source_copy;

pub use rejection::Rejection;

/// A word that is not one of an enum's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {known}")]
pub struct UnknownWord {
    /// The word given.
    pub found: String,
    /// The words there are.
    pub known: String,
}

/// A change that is not possible from the state a record is in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {what} that is {state} cannot {step}")]
pub struct IllegalStep {
    /// Kind of the record.
    pub what: &'static str,
    /// Its state.
    pub state: &'static str,
    /// What was to happen to it.
    pub step: &'static str,
}
