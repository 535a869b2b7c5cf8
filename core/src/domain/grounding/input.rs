//! Sources and facts as they are sent, and as they are once checked.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        Rejection,
        attachment::{AttachmentRef, MOST as ATTACHMENTS, REFERENCE, Refers, There},
        check, rejection,
        source_copy::MOST_HOURS,
    },
    FactState, TrustTier,
};
use crate::hash::{self, Digest};

/// The most characters of an external id: it fits an index entry however many bytes each takes.
pub const EXTERNAL_ID: usize = 256;
/// The most characters of a publisher's name and of a subject.
const NAME: usize = 500;
/// The most characters of a title.
const TITLE: usize = 1000;
/// The most characters of a licence.
const LICENCE: usize = 200;
/// The most characters of a domain.
const DOMAIN: usize = 128;
/// The most characters of a statement.
const STATEMENT: usize = 10_000;
/// The most characters of a quotation.
pub(in crate::domain) const QUOTE: usize = 10_000;

/// A line of grounding as sent: one line of `POST /v1/ingest/grounding`.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GroundingInput {
    /// A source.
    Source(SourceInput),
    /// A fact.
    Fact(FactInput),
}

/// A source as sent.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceInput {
    /// The curator's id for it: sending it again with the same content changes nothing.
    #[schemars(length(min = 1, max = EXTERNAL_ID))]
    pub external_id: String,
    /// Who published it.
    #[schemars(length(min = 1, max = NAME))]
    pub publisher: String,
    /// Its title.
    #[schemars(length(min = 1, max = TITLE))]
    pub title: String,
    /// Where it is found.
    pub url: Option<String>,
    /// Its DOI.
    pub doi: Option<String>,
    /// SPDX id or the publisher's words.
    #[schemars(length(min = 1, max = LICENCE))]
    pub licence: String,
    /// How far it is trusted; secondary if not given.
    pub trust_tier: Option<TrustTier>,
    /// When it was read.
    pub retrieved_at: Option<DateTime<Utc>>,
    /// After how many hours it is to be read again, 1 to 87,600: facts of a source that was not are stale. Never, if not given.
    #[schemars(range(min = 1, max = MOST_HOURS))]
    pub refresh_hours: Option<i32>,
}

/// A fact as sent.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactInput {
    /// The curator's id for it: sending it again with the same content changes nothing.
    #[schemars(length(min = 1, max = EXTERNAL_ID))]
    pub external_id: String,
    /// The external id of the source that says so, stored before or earlier in the same batch.
    #[schemars(length(min = 1, max = EXTERNAL_ID))]
    pub source: String,
    /// The field of knowledge.
    #[schemars(length(min = 1, max = DOMAIN))]
    pub domain: String,
    /// What it is about.
    #[schemars(length(min = 1, max = NAME))]
    pub subject: String,
    /// The fact, in one sentence that is understood by itself.
    #[schemars(length(min = 1, max = STATEMENT))]
    pub statement: String,
    /// The words of the source.
    #[schemars(length(max = QUOTE))]
    pub quote: Option<String>,
    /// From when it holds in the world.
    pub valid_from: Option<NaiveDate>,
    /// Until when it holds in the world.
    pub valid_to: Option<NaiveDate>,
    /// proposed or verified; if not given, verified where the sender may vouch for facts, else proposed.
    #[schemars(extend("enum" = [FactState::Proposed, FactState::Verified, ()]))]
    pub state: Option<FactState>,
    /// The attached pictures that it refers to, by their ids (`att_…`) or by BLAKE3 of them, 64 hex digits. They are sent
    /// to `/v1/attachments` before.
    #[serde(default)]
    #[schemars(length(max = ATTACHMENTS), inner(regex(pattern = REFERENCE)))]
    pub attachments: Vec<String>,
}

/// A new source, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewSource {
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
    /// After how many hours it is to be read again. No part of the content: it may change, and the source does not.
    #[serde(skip)]
    pub refresh_hours: Option<i32>,
}

/// A new fact, checked. Its source is still the curator's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewFact {
    /// The curator's id for it.
    pub external_id: String,
    /// The external id of its source.
    pub source: String,
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
    /// The state asked for: proposed or verified. No part of the content: it changes, and the fact does not.
    #[serde(skip)]
    pub state: Option<FactState>,
    /// The attached pictures that it refers to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRef>,
}

/// A line of grounding: a source, or a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewGrounding {
    /// A source.
    Source(NewSource),
    /// A fact.
    Fact(NewFact),
}

impl NewGrounding {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the field at fault and the remedy.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        match GroundingInput::read(json)? {
            GroundingInput::Source(sent) => sent.try_into().map(Self::Source),
            GroundingInput::Fact(sent) => sent.try_into().map(Self::Fact),
        }
    }
}

impl GroundingInput {
    /// Reads a JSON object whose `kind` is `source` or `fact`. By hand: where serde reads a tagged enum, it no longer
    /// knows which field was at fault.
    fn read(json: &[u8]) -> Result<Self, Rejection> {
        let mut line: serde_json::Map<String, serde_json::Value> = rejection::read(json)?;
        let kind = line.remove("kind");
        match kind.as_ref().and_then(|kind| kind.as_str()) {
            Some("source") => rejection::read_value(line.into()).map(Self::Source),
            Some("fact") => rejection::read_value(line.into()).map(Self::Fact),
            _ => Err(Rejection::new("kind", "says what the line is: give `source` or `fact`")),
        }
    }
}

impl TryFrom<SourceInput> for NewSource {
    type Error = Rejection;
    fn try_from(sent: SourceInput) -> Result<Self, Rejection> {
        let given = |value: Option<String>| value.filter(|text| !text.trim().is_empty());
        Ok(Self {
            external_id: external_id(sent.external_id)?,
            publisher: check::text("publisher", sent.publisher, NAME)?,
            title: check::text("title", sent.title, TITLE)?,
            url: given(sent.url).map(|url| check::url("url", url)).transpose()?,
            doi: given(sent.doi).map(|doi| check::doi("doi", &doi)).transpose()?,
            licence: check::text("licence", sent.licence, LICENCE)?,
            trust_tier: sent.trust_tier.unwrap_or(TrustTier::Secondary),
            retrieved_at: sent.retrieved_at,
            refresh_hours: sent.refresh_hours.map(refresh_hours).transpose()?,
        })
    }
}

/// After how many hours a source may be said to be read again.
///
/// # Errors
/// If that is never, or in more than ten years.
pub fn refresh_hours(hours: i32) -> Result<i32, Rejection> {
    if (1..=MOST_HOURS).contains(&hours) {
        return Ok(hours);
    }
    let why = format!("is not from 1 to {MOST_HOURS}: leave it out where the source need not be read again");
    Err(Rejection::new("refresh_hours", why))
}

impl TryFrom<FactInput> for NewFact {
    type Error = Rejection;
    fn try_from(sent: FactInput) -> Result<Self, Rejection> {
        for (field, date) in [("valid_from", sent.valid_from), ("valid_to", sent.valid_to)] {
            if date.is_some_and(|date| !(1..=9999).contains(&date.year())) {
                return Err(Rejection::new(field, "is outside the years 1 to 9999: leave it out if it always held"));
            }
        }
        if let (Some(from), Some(to)) = (sent.valid_from, sent.valid_to)
            && from > to
        {
            return Err(Rejection::new("valid_to", format!("is before valid_from ({from}): exchange them")));
        }
        if let Some(state @ (FactState::Disputed | FactState::Retracted | FactState::Superseded)) = sent.state {
            return Err(Rejection::new(
                "state",
                format!("a new fact is proposed or verified, not {state}: enter it first, then change its state"),
            ));
        }
        Ok(Self {
            external_id: external_id(sent.external_id)?,
            source: check::text("source", sent.source, EXTERNAL_ID)?,
            domain: check::text("domain", sent.domain, DOMAIN)?,
            subject: check::text("subject", sent.subject, NAME)?,
            statement: check::text("statement", sent.statement, STATEMENT)?,
            quote: check::optional_text("quote", sent.quote, QUOTE)?,
            valid_from: sent.valid_from,
            valid_to: sent.valid_to,
            state: sent.state,
            attachments: AttachmentRef::list(sent.attachments)?,
        })
    }
}

impl Refers for NewGrounding {
    fn named(&self) -> Vec<AttachmentRef> {
        match self {
            Self::Source(_) => vec![],
            Self::Fact(fact) => fact.attachments.clone(),
        }
    }

    fn settle(&mut self, there: &There) -> Result<(), Rejection> {
        match self {
            Self::Source(_) => Ok(()),
            Self::Fact(fact) => AttachmentRef::settle(&mut fact.attachments, there),
        }
    }
}

impl NewSource {
    /// Hash of everything it says: the same external id with another hash is a conflict.
    pub fn content_hash(&self) -> Digest {
        hash::of_json(self)
    }

    /// The line that says it: read back, it is the same.
    pub fn line(&self) -> serde_json::Value {
        let mut line = serde_json::json!(self);
        line["kind"] = "source".into();
        line["refresh_hours"] = serde_json::json!(self.refresh_hours);
        line
    }

    /// Checks that it was not read in the future (with a day's grace for clocks that differ), nor before the year 1.
    ///
    /// # Errors
    /// If it was.
    pub fn check_time(&self, now: DateTime<Utc>) -> Result<(), Rejection> {
        match self.retrieved_at {
            Some(at) if at > now + TimeDelta::days(1) => {
                Err(Rejection::new("retrieved_at", format!("{at} lies in the future: correct it")))
            }
            Some(at) if at.year() < 1 => Err(Rejection::new("retrieved_at", format!("{at} is too early: correct it"))),
            _ => Ok(()),
        }
    }
}

impl NewFact {
    /// The line that says it: read back, it is the same.
    pub fn line(&self) -> serde_json::Value {
        let mut line = serde_json::json!(self);
        line["kind"] = "fact".into();
        line["state"] = serde_json::json!(self.state);
        line
    }

    /// The state that it begins in, where the sender may or may not vouch for facts.
    ///
    /// # Errors
    /// If the sender vouches for it and may not.
    pub fn first_state(&self, may_vouch: bool) -> Result<FactState, Rejection> {
        match self.state {
            Some(FactState::Verified) if !may_vouch => Err(Rejection::new(
                "state",
                "verified is not yours to say with this key: leave state out, and a curator verifies the fact",
            )),
            Some(state) => Ok(state),
            None if may_vouch => Ok(FactState::Verified),
            None => Ok(FactState::Proposed),
        }
    }

    /// Hash of everything it says, but for its state: the same external id with another hash is a conflict.
    pub fn content_hash(&self) -> Digest {
        hash::of_json(self)
    }
}

fn external_id(sent: String) -> Result<String, Rejection> {
    check::text("external_id", sent, EXTERNAL_ID)
}

#[cfg(test)]
mod tests;
