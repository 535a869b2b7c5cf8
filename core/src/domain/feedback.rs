//! Users' feedback: what someone who asked a model said of its answer. It is no verdict: nothing is derived from it, it
//! is one small term of the reward, and it tells where experts should look.
//!
//! The scale is that of a rating, from -1 (bad) over 0 (neither) to 1 (good). A thumb up is 1, down is -1; of one to five
//! stars, n are (n - 3) / 2. A correction without a rating says that the answer was wrong, -1; a comment alone says
//! nothing of it. What is below 0 is bad feedback.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Rejection, check,
    grounding::EXTERNAL_ID,
    new_trace::KEY,
    rejection,
    review::TraceRef,
    span::{SpanId, SpanTraceId},
};
use crate::{
    hash::{self, Digest},
    ids::{BatchId, FeedbackId, TraceId},
};

/// The most characters of a correction.
const CORRECTION: usize = 100_000;
/// The most characters of a comment.
const COMMENT: usize = 20_000;

words! {
    /// A thumb.
    Thumbs {
        /// Good: a rating of 1.
        Up = "up",
        /// Bad: a rating of -1.
        Down = "down",
    }
}

/// Feedback as sent: one line of `POST /v1/ingest/feedback`. It names what it is about by exactly one of `trace`,
/// `trace_external_id` and `trace_id`, and gives at least one of a rating (as `rating`, `thumbs` or `stars`), a
/// correction and a comment. A text that is blank counts as not given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = check::one_of(&["trace", "trace_external_id", "trace_id"])))]
pub struct FeedbackInput {
    /// The sender's id: sending it again with the same content changes nothing. Without one, the same content about the
    /// same trace is taken for the same feedback.
    #[schemars(length(max = EXTERNAL_ID))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The trace, by its id here (`trc_…`); it must be stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The trace, by its sender's id; it may come later.
    #[schemars(length(min = 1, max = KEY))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_external_id: Option<String>,
    /// The trace, by the id that OpenTelemetry gave it, 32 hex digits; it may come later.
    #[schemars(length(equal = 32))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The span of `trace_id` that it is about, 16 hex digits; the whole trace if not given.
    #[schemars(length(equal = 16))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// From -1 (bad) to 1 (good).
    #[schemars(range(min = -1, max = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// The rating as a thumb.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbs: Option<Thumbs>,
    /// The rating as stars, 1 to 5.
    #[schemars(range(min = 1, max = 5))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stars: Option<i64>,
    /// What the answer should have been.
    #[schemars(length(max = CORRECTION))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
    /// In the user's words.
    #[schemars(length(max = COMMENT))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// New feedback, checked by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NewFeedback {
    /// The sender's id.
    pub external_id: Option<String>,
    /// The trace.
    pub trace: TraceRef,
    /// The span within the trace.
    pub span: Option<SpanId>,
    /// What is said.
    pub said: Said,
}

/// What feedback says, apart from what it is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Said {
    /// From -1 (bad) to 1 (good).
    pub rating: Option<f64>,
    /// What the answer should have been.
    pub correction: Option<String>,
    /// In the user's words.
    pub comment: Option<String>,
}

impl Said {
    /// What it says of the answer, -1 to 1; nothing where it is a comment alone.
    pub fn opinion(&self) -> Option<f64> {
        self.rating.or(self.correction.as_ref().map(|_| -1.0))
    }
}

/// What stored feedback is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Subject {
    /// The trace with this sender's id, which for spans is their trace id in hex; it may not be there yet.
    Named(String),
    /// A trace that has no sender's id.
    Unnamed(TraceId),
}

impl Subject {
    /// The trace of spans it may be.
    pub fn spans(&self) -> Option<SpanTraceId> {
        match self {
            // As ids are written, so that a name in capitals is another.
            Self::Named(name) => name.parse().ok().filter(|id: &SpanTraceId| id.to_string() == *name),
            Self::Unnamed(_) => None,
        }
    }
}

/// What a user said of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// Its id.
    pub id: FeedbackId,
    /// The sender's id.
    pub external_id: Option<String>,
    /// What it is about.
    pub subject: Subject,
    /// The span within the trace.
    pub span: Option<SpanId>,
    /// What is said.
    pub said: Said,
    /// What it says of the answer, -1 to 1.
    pub opinion: Option<f64>,
    /// The batch that brought it.
    pub batch: BatchId,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

impl NewFeedback {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the field at fault and the remedy.
    pub fn parse(json: &[u8]) -> Result<Self, Rejection> {
        rejection::read::<FeedbackInput>(json)?.try_into()
    }

    /// Hash of its content with what it is about: the same external id with another hash is a conflict.
    pub fn content_hash(&self, subject: &Subject) -> Digest {
        hash::of_json(&(subject, self.span, &self.said))
    }

    /// What tells it from all other feedback.
    pub fn key(&self, subject: &Subject) -> Digest {
        match &self.external_id {
            Some(id) => hash::of_json(&("external_id", id)),
            None => self.content_hash(subject),
        }
    }

    /// The line that says it: read back, it is the same.
    pub fn line(&self) -> serde_json::Value {
        let Said { rating, correction, comment } = self.said.clone();
        let input = FeedbackInput {
            external_id: self.external_id.clone(),
            span_id: self.span.map(|id| id.to_string()),
            rating,
            correction,
            comment,
            ..FeedbackInput::default()
        };
        serde_json::json!(match &self.trace {
            TraceRef::Id(id) => FeedbackInput { trace: Some(id.to_string()), ..input },
            // A span is one of a trace of spans.
            TraceRef::External(id) if self.span.is_some() => FeedbackInput { trace_id: Some(id.clone()), ..input },
            TraceRef::External(id) => FeedbackInput { trace_external_id: Some(id.clone()), ..input },
        })
    }
}

impl TryFrom<FeedbackInput> for NewFeedback {
    type Error = Rejection;
    fn try_from(sent: FeedbackInput) -> Result<Self, Rejection> {
        if sent.span_id.is_some() && sent.trace_id.is_none() {
            return Err(Rejection::new("span_id", "is a span of what: give the trace_id it belongs to"));
        }
        let trace = match (sent.trace, sent.trace_external_id, sent.trace_id) {
            (Some(id), None, None) => TraceRef::Id(id.parse().map_err(|error: crate::ids::IdError| {
                let others = "a sender's own id goes into trace_external_id, OpenTelemetry's into trace_id";
                Rejection::new("trace", format!("{error}; {others}"))
            })?),
            (None, Some(external), None) => TraceRef::External(check::text("trace_external_id", external, KEY)?),
            (None, None, Some(id)) => TraceRef::External(id.parse::<SpanTraceId>()?.to_string()),
            _ => {
                let message =
                    "give one of trace (its id), trace_external_id (its sender's) and trace_id (OpenTelemetry's)";
                return Err(Rejection::new("trace", message));
            }
        };
        let said = Said {
            rating: rating(sent.rating, sent.thumbs, sent.stars)?,
            correction: check::optional_text("correction", sent.correction, CORRECTION)?,
            comment: check::optional_text("comment", sent.comment, COMMENT)?,
        };
        if said.rating.is_none() && said.correction.is_none() && said.comment.is_none() {
            return Err(Rejection::new("rating", "is missing: give a rating, a correction or a comment"));
        }
        Ok(Self {
            external_id: check::optional_text("external_id", sent.external_id, EXTERNAL_ID)?,
            trace,
            span: sent.span_id.map(|id| id.parse()).transpose()?,
            said,
        })
    }
}

/// The rating, however it is said.
fn rating(rating: Option<f64>, thumbs: Option<Thumbs>, stars: Option<i64>) -> Result<Option<f64>, Rejection> {
    match (rating, thumbs, stars) {
        (None, None, None) => Ok(None),
        (Some(rating), None, None) if (-1.0..=1.0).contains(&rating) => Ok(Some(rating)),
        (Some(rating), None, None) => Err(Rejection::new("rating", format!("is {rating}: give -1 (bad) to 1 (good)"))),
        (None, Some(thumb), None) => Ok(Some(if thumb == Thumbs::Up { 1.0 } else { -1.0 })),
        (None, None, Some(stars @ 1..=5)) => Ok(Some((stars - 3) as f64 / 2.0)),
        (None, None, Some(stars)) => Err(Rejection::new("stars", format!("is {stars}: give 1 to 5"))),
        _ => Err(Rejection::new("rating", "is given twice: give one of rating, thumbs and stars")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(line: &Value) -> Result<NewFeedback, Rejection> {
        NewFeedback::parse(line.to_string().as_bytes())
    }

    #[test]
    fn thumbs_and_stars_are_ratings() {
        let scale = [
            (json!({"thumbs": "up"}), 1.0),
            (json!({"thumbs": "down"}), -1.0),
            (json!({"stars": 1}), -1.0),
            (json!({"stars": 2}), -0.5),
            (json!({"stars": 3}), 0.0),
            (json!({"stars": 5}), 1.0),
            (json!({"rating": -0.25}), -0.25),
        ];
        for (mut line, rating) in scale {
            line["trace_external_id"] = json!("t");
            let read = read(&line).expect("feedback");
            assert_eq!((read.said.rating, read.said.opinion()), (Some(rating), Some(rating)), "{line}");
        }
    }

    #[test]
    fn a_correction_says_that_the_answer_was_wrong_unless_its_rating_says_otherwise_and_a_comment_says_nothing_of_it() {
        let opinion = |line: Value| read(&line).expect("feedback").said.opinion();
        assert_eq!(opinion(json!({"trace_external_id": "t", "correction": "Au"})), Some(-1.0));
        assert_eq!(opinion(json!({"trace_external_id": "t", "correction": "Au", "stars": 4})), Some(0.5));
        assert_eq!(opinion(json!({"trace_external_id": "t", "comment": "hm"})), None);
    }

    #[test]
    fn what_is_wrong_is_told_by_field() {
        let hex = "ab".repeat(16);
        for (line, field) in [
            (json!({"rating": 1}), "trace"),
            (json!({"trace_external_id": "t", "trace_id": hex, "rating": 1}), "trace"),
            (json!({"trace": "t", "rating": 1}), "trace"),
            (json!({"trace_id": "t", "rating": 1}), "trace_id"),
            (json!({"trace_external_id": "t", "span_id": "0101010101010101", "rating": 1}), "span_id"),
            (json!({"trace_id": hex, "span_id": "01", "rating": 1}), "span_id"),
            (json!({"trace_external_id": "t"}), "rating"),
            (json!({"trace_external_id": "t", "comment": " "}), "rating"),
            (json!({"trace_external_id": "t", "rating": 1.5}), "rating"),
            (json!({"trace_external_id": "t", "rating": 1, "stars": 5}), "rating"),
            (json!({"trace_external_id": "t", "stars": 6}), "stars"),
            (json!({"trace_external_id": "t", "thumbs": "sideways"}), "thumbs"),
            (json!({"trace_external_id": "t", "rating": 1, "verdict": "correct"}), "verdict"),
        ] {
            assert_eq!(read(&line).expect_err("refused").field, field, "{line}");
        }
    }

    proptest! {
        #[test]
        fn the_line_that_says_it_reads_as_itself(
            external_id in prop::option::of("[a-z]{1,9}"), span in prop::option::of("[1-9a-f]{16}"),
            rating in -1.0..=1.0f64, comment in prop::option::of("[a-z]{1,9}"), hex in "[1-9a-f]{32}",
        ) {
            let line = json!({
                "external_id": external_id, "trace_id": hex, "span_id": span, "rating": rating, "comment": comment,
            });
            let once = read(&line).expect("feedback");
            prop_assert_eq!(read(&once.line()).expect("feedback"), once);
        }
    }
}
