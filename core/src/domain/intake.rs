//! What becomes of the items that come in at a door. Nothing that was received is left out of the account:
//! received = stored + duplicate + quarantined + filtered + rejected.
//!
//! What is quarantined is received once and stays counted as quarantined, on the day it came. A replay receives nothing:
//! what it stores or finds stored is counted apart, as `replayed`, in a batch of its own. So what still waits in the
//! quarantine is quarantined - replayed - discarded.

use std::net::IpAddr;

use super::words;
use crate::{
    hash::Digest,
    ids::{ApiKeyId, BatchId},
};

words! {
    /// A door through which items come in in bulk.
    Door {
        /// Error traces.
        Traces = "traces",
        /// Reviews.
        Reviews = "reviews",
        /// Grounding sources and facts.
        Grounding = "grounding",
        /// OpenTelemetry's spans and evaluation events, each an item: a stored one waits for its trace to be assembled.
        Spans = "spans",
        /// Traces put together from spans. An item is an assembly: a trace that went quiet, once for each time it did.
        Assembled = "assembled",
        /// Users' feedback.
        Feedback = "feedback",
    }
}

words! {
    /// How an item left the quarantine.
    Resolution {
        /// A replay stored it.
        Stored = "stored",
        /// A replay found it stored already, with the same content.
        Duplicate = "duplicate",
        /// It was discarded, for a reason.
        Discarded = "discarded",
    }
}

/// Who sent what comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sender {
    /// The key they came with; none for this machine's own commands and what workers make.
    pub key: Option<ApiKeyId>,
    /// The address they sent it from; none as the key, and where it is not one address.
    pub origin: Option<IpAddr>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ItemOutcome {
    /// Stored for the first time, under this id.
    Stored(String),
    /// Stored already with the same content, under this id; nothing changed.
    Duplicate(String),
    /// Well formed, but at odds with what is stored: kept whole for a person to look at. What was stored stays.
    Quarantined {
        /// The id of the quarantined item.
        id: String,
        /// The field that is at odds.
        field: String,
        /// How, and what to do about it.
        message: String,
    },
    /// A rule of the project keeps it out; not kept. Only what is assembled from spans is filtered: at the other doors
    /// senders are told so by the count of 0.
    Filtered {
        /// The rule.
        rule: String,
    },
    /// Refused with an error; not kept.
    Rejected {
        /// The field at fault, as a path from the item.
        field: String,
        /// What is wrong and what to do about it.
        message: String,
    },
}

/// A place in a body of lines, with what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How many bytes stand before it, decompressed.
    pub bytes: u64,
    /// How many lines these are, blank ones too.
    pub lines: u64,
    /// What these bytes are: BLAKE3 of the chain before and the line, line by line.
    pub chain: Digest,
}

impl Default for Position {
    /// The beginning.
    fn default() -> Self {
        Self { bytes: 0, lines: 0, chain: Digest::from_bytes([0; 32]) }
    }
}

/// What became of the items of one transaction, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchOutcome {
    /// One outcome for each item.
    pub items: Vec<ItemOutcome>,
    /// The batch that accounts for them; `None` if there were no items.
    pub batch: Option<BatchId>,
}

/// Counts of items, in which nothing is missing: [`Balance::received`] is the sum of the rest by construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Balance {
    /// Items stored for the first time.
    pub stored: i64,
    /// Items that were stored already, with the same content: sending them again changed nothing.
    pub duplicate: i64,
    /// Items set aside for a person: well formed, but at odds with what is stored.
    pub quarantined: i64,
    /// Items that a rule of the project keeps out: of the traces that are assembled from spans.
    pub filtered: i64,
    /// Items refused with an error, and not kept.
    pub rejected: i64,
}

impl Balance {
    /// Items read: the sum of what became of them.
    pub fn received(&self) -> i64 {
        self.by_status().into_iter().map(|(_, items)| items).sum()
    }

    /// The parts of the sum, each with its name.
    pub fn by_status(&self) -> [(&'static str, i64); 5] {
        [
            ("stored", self.stored),
            ("duplicate", self.duplicate),
            ("quarantined", self.quarantined),
            ("filtered", self.filtered),
            ("rejected", self.rejected),
        ]
    }
}

impl std::ops::AddAssign for Balance {
    fn add_assign(&mut self, more: Self) {
        self.stored += more.stored;
        self.duplicate += more.duplicate;
        self.quarantined += more.quarantined;
        self.filtered += more.filtered;
        self.rejected += more.rejected;
    }
}

impl<'a> FromIterator<&'a ItemOutcome> for Balance {
    fn from_iter<T: IntoIterator<Item = &'a ItemOutcome>>(outcomes: T) -> Self {
        let mut sum = Self::default();
        for outcome in outcomes {
            *match outcome {
                ItemOutcome::Stored(_) => &mut sum.stored,
                ItemOutcome::Duplicate(_) => &mut sum.duplicate,
                ItemOutcome::Quarantined { .. } => &mut sum.quarantined,
                ItemOutcome::Filtered { .. } => &mut sum.filtered,
                ItemOutcome::Rejected { .. } => &mut sum.rejected,
            } += 1;
        }
        sum
    }
}
