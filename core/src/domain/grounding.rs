//! Grounding: sources, the facts that they state, and the states of a fact.

mod input;

use chrono::{DateTime, NaiveDate, Utc};

pub(super) use self::input::QUOTE;
pub use self::input::{
    EXTERNAL_ID, FactInput, GroundingInput, NewFact, NewGrounding, NewSource, SourceInput, refresh_hours,
};
use crate::{
    hash::Digest,
    ids::{ApiKeyId, FactConflictId, FactId, FactStateId, ReviewId, SourceCopyId, SourceId},
};

words! {
    /// How far a source is trusted.
    TrustTier {
        /// It made what it states: a register, a standard, a measurement.
        Primary = "primary",
        /// It reports what others made, with an editor: an encyclopedia, a textbook.
        Secondary = "secondary",
        /// Anyone may write in it.
        Community = "community",
    }
}

words! {
    /// The state of a fact.
    FactState {
        /// Entered, and not yet vouched for: no claim is held against it.
        Proposed = "proposed",
        /// Vouched for: claims are held against it.
        Verified = "verified",
        /// Doubted: no claim is held against it until the doubt is settled.
        Disputed = "disputed",
        /// Found to be false.
        Retracted = "retracted",
        /// It was true, and another fact holds instead: no claim is held against it.
        Superseded = "superseded",
    }
}

/// Where facts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// The curator's id for it.
    pub external_id: String,
    /// Who published it.
    pub publisher: String,
    /// Its title.
    pub title: String,
    /// Where it is found.
    pub url: Option<String>,
    /// Its DOI, in lower case.
    pub doi: Option<String>,
    /// SPDX id or the publisher's words.
    pub licence: String,
    /// How far it is trusted.
    pub trust_tier: TrustTier,
    /// When it was read.
    pub retrieved_at: Option<DateTime<Utc>>,
    /// After how many hours it is to be read again; facts of one that was not are stale.
    pub refresh_hours: Option<i32>,
    /// Hash of its content; see [`NewSource::content_hash`].
    pub content_hash: Digest,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
}

/// A statement that a source makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// The curator's id for it.
    pub external_id: String,
    /// The source that says so.
    pub source: SourceId,
    /// The field of knowledge.
    pub domain: String,
    /// What it is about.
    pub subject: String,
    /// The fact, in one sentence.
    pub statement: String,
    /// The words of the source.
    pub quote: Option<String>,
    /// From when it holds in the world.
    pub valid_from: Option<NaiveDate>,
    /// Until when it holds in the world.
    pub valid_to: Option<NaiveDate>,
    /// Hash of its content; see [`NewFact::content_hash`].
    pub content_hash: Digest,
    /// The review whose cited correction proposed it.
    pub review: Option<ReviewId>,
    /// When it was entered.
    pub recorded_at: DateTime<Utc>,
    /// Its state when it was read: the newest of its [`FactStateChange`]s.
    pub state: FactState,
}

impl Fact {
    /// Whether there is a day on which both hold in the world.
    pub fn holds_beside(&self, other: &Self) -> bool {
        let begins = self.valid_from.max(other.valid_from);
        let ends = self.valid_to.into_iter().chain(other.valid_to).min();
        begins.zip(ends).is_none_or(|(begins, ends)| begins <= ends)
    }
}

/// Two facts that cannot both be true, and where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundConflict {
    /// That of the two that was entered first.
    pub earlier: FactId,
    /// The other.
    pub later: FactId,
    /// The part of the earlier's statement in which they differ, in bytes of UTF-8.
    pub earlier_span: (i32, i32),
    /// That of the later's.
    pub later_span: (i32, i32),
}

/// Two facts that cannot both be true, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactConflict {
    /// Its id.
    pub id: FactConflictId,
    /// Which, and where they differ.
    pub found: FoundConflict,
    /// When this was found, the last time.
    pub found_at: DateTime<Utc>,
    /// Since when one of them is verified no more.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A change of a fact's state. The newest of a fact holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactStateChange {
    /// Its id; ids of one fact's changes ascend.
    pub id: FactStateId,
    /// The fact.
    pub fact: FactId,
    /// The state from then on.
    pub state: FactState,
    /// Why.
    pub reason: String,
    /// The key that said so.
    pub key: Option<ApiKeyId>,
    /// The copy that its source had as it was verified, if any was kept.
    pub copy: Option<SourceCopyId>,
    /// Where the words it quotes stand in that copy's text, in bytes.
    pub quote_span: Option<(i32, i32)>,
    /// The fact that holds instead.
    pub successor: Option<FactId>,
    /// When.
    pub at: DateTime<Utc>,
}
