//! Guidelines: how answers of a domain are to be judged. A new text is a new version.

use chrono::{DateTime, Utc};

use super::{Rejection, check};
use crate::ids::GuidelineId;

/// A version of a guideline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guideline {
    /// Its id.
    pub id: GuidelineId,
    /// The domain; empty is every domain that has none of its own.
    pub domain: String,
    /// From 1; the highest of a domain holds.
    pub version: i32,
    /// What it says, as Markdown.
    pub text: String,
    /// When it was written.
    pub written_at: DateTime<Utc>,
}

/// A guideline to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGuideline {
    /// The domain; empty is every domain that has none of its own.
    pub domain: String,
    /// What it says.
    pub text: String,
}

impl NewGuideline {
    /// Checks what is sent.
    ///
    /// # Errors
    /// If the domain or the text is too long, or the text is blank.
    pub fn new(domain: Option<String>, text: String) -> Result<Self, Rejection> {
        let domain = check::optional_text("domain", domain, 128)?.unwrap_or_default();
        Ok(Self { domain, text: check::text("text", text, 50_000)? })
    }
}
