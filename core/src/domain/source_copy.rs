//! What was retrieved from sources: the contents they had, and where the words of facts stand in them.

mod changes;

use chrono::{DateTime, Utc};

pub use self::changes::{TextChange, TextChangeKind, changes};

use crate::{
    hash::Digest,
    ids::{ApiKeyId, FactId, SourceCopyId, SourceId, SourceRetrievalId},
};

/// The most bytes that a copy has.
pub const COPY_BYTES: usize = 10 << 20;
/// The most bytes that are kept of a copy's text.
pub const TEXT_BYTES: usize = 2 << 20;
/// The most hours after which a source is to be read again: ten years.
pub const MOST_HOURS: i32 = 87_600;

/// A content, as it was retrieved. Its bytes are stored before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSourceCopy {
    /// BLAKE3 of the bytes, which names the blob.
    pub blob: Digest,
    /// What the bytes are, as who brought them said.
    pub media_type: String,
    /// How many bytes.
    pub byte_count: i64,
}

/// A content that a source had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCopy {
    /// Its id.
    pub id: SourceCopyId,
    /// The source.
    pub source: SourceId,
    /// What was retrieved.
    pub content: NewSourceCopy,
    /// When it came first.
    pub created_at: DateTime<Utc>,
}

/// The text of a copy, which offsets count in; or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyText {
    /// Its text, without markup.
    Read {
        /// The text.
        text: String,
        /// Whether it went on and was cut.
        cut: bool,
    },
    /// Why no text could be read.
    Unread(String),
}

words! {
    /// How a retrieval of a source ended.
    RetrievalOutcome {
        /// It had another content than before, or the first.
        Changed = "changed",
        /// It had the same content as before.
        Unchanged = "unchanged",
        /// What it had could not be told.
        Failed = "failed",
    }
}

/// How a source was fetched: where it was found in the end, and the validators of HTTP that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// The address, at the end of all redirects.
    pub url: Option<String>,
    /// The status of the answer.
    pub status: Option<i32>,
    /// The entity tag.
    pub etag: Option<String>,
    /// The date of the last change, as HTTP writes it.
    pub last_modified: Option<String>,
}

/// A reading of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRetrieval {
    /// Its id; ids of one source's retrievals ascend.
    pub id: SourceRetrievalId,
    /// The source.
    pub source: SourceId,
    /// How it ended.
    pub outcome: RetrievalOutcome,
    /// What the source had.
    pub copy: Option<SourceCopyId>,
    /// How it was fetched; nothing of it where someone sent the copy.
    pub fetched: Fetched,
    /// Why it failed.
    pub problem: Option<String>,
    /// The key that sent it.
    pub key: Option<ApiKeyId>,
    /// When.
    pub at: DateTime<Utc>,
}

words! {
    /// How the words that a fact quotes stand in a copy of its source.
    QuoteStanding {
        /// They stand there.
        Stands = "stands",
        /// Something like them does.
        Differs = "differs",
        /// Nothing like them does.
        Missing = "missing",
    }
}

/// Where the words that a fact quotes stand in a copy of its source.
#[derive(Debug, Clone, PartialEq)]
pub struct QuotePlace {
    /// The copy.
    pub copy: SourceCopyId,
    /// The fact.
    pub fact: FactId,
    /// How they stand there.
    pub standing: QuoteStanding,
    /// The share of the quoted words that stand there, in order, 0 to 1.
    pub similarity: f64,
    /// Where the passage stands, by bytes of the copy's text.
    pub span: Option<(i32, i32)>,
    /// The passage.
    pub passage: Option<String>,
}

/// How fresh a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// When it was last read, or entered where it never was.
    pub read_at: DateTime<Utc>,
    /// Until when what it says is taken for current; none where it need not be read again.
    pub fresh_until: Option<DateTime<Utc>>,
    /// Whether it should have been read again by now.
    pub stale: bool,
    /// Whether its last retrieval failed.
    pub failing: bool,
}
