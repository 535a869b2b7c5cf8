//! The wire form of a trace.

use serde::{Deserialize, Serialize};

use super::{ENTRIES, KEY, NAME, STEPS, TEXT, TURNS};
use crate::domain::{
    attachment::{MOST as ATTACHMENTS, REFERENCE},
    trace::{Pillar, Signals, Speaker, Split, StepKind},
};

/// Forms of texts, for the published schema; what is checked is more, and says what is wrong.
const LICENCE: &str = "^[A-Za-z0-9+.:() -]*$";
const SPAN_ID: &str = "^[0-9A-Fa-f]{16}$";
const BLAKE3: &str = "^[0-9A-Fa-f]{64}$";
const MEDIA_TYPE: &str = "^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}$";

/// A trace on the wire: one line of `POST /v1/ingest/traces`.
///
/// The door refuses more than a schema can say, and names the field: texts that are blank, steps that rest on steps
/// which are not there, tags and times that are not well formed.
#[derive(Debug, Clone, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceInput {
    /// The sender's id. Sending it again with the same content changes nothing; with other content, the newcomer is
    /// quarantined. A trace without one is stored as often as it is sent.
    #[schemars(length(min = 1, max = KEY))]
    pub external_id: Option<String>,
    /// The name of the model that answered.
    #[schemars(length(min = 1, max = NAME))]
    pub model: String,
    /// What was said before, in order: the earlier turns of a conversation, instructions to the model first.
    #[schemars(length(max = TURNS))]
    pub context: Option<Vec<TurnInput>>,
    /// What was asked.
    #[schemars(length(min = 1, max = TEXT))]
    pub query: String,
    /// What the model answered; empty where it answered nothing.
    #[schemars(length(max = TEXT))]
    pub answer: String,
    /// Its reasoning, in order.
    #[schemars(length(max = STEPS))]
    pub steps: Option<Vec<StepInput>>,
    /// The name of a group: several answers to one query.
    #[schemars(length(min = 1, max = KEY))]
    pub group: Option<String>,
    /// `train` (the default), or `held_out`: kept for evaluation, in no snapshot.
    pub split: Option<Split>,
    /// Which competence it is about; `text` by default.
    pub pillar: Option<Pillar>,
    /// The field of knowledge; `general` by default.
    #[schemars(length(min = 1, max = NAME))]
    pub domain: Option<String>,
    /// BCP 47 tag of the answer; `und` by default.
    #[schemars(length(min = 1, max = NAME))]
    pub language: Option<String>,
    /// The model's own confidence, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: Option<f64>,
    /// Uncertainty signals by name: `mean_logprob`, `min_logprob` (natural logarithms), `entropy` and the like.
    #[schemars(extend("maxProperties" = ENTRIES))]
    pub signals: Option<Signals>,
    /// Flaws already suspected.
    #[schemars(length(max = ENTRIES))]
    pub flaw_labels: Option<Vec<String>>,
    /// What came with it, by content hash.
    #[schemars(length(max = ENTRIES))]
    pub attachments: Option<Vec<AttachmentInput>>,
    /// The system that sent it; `unknown` by default.
    #[schemars(length(min = 1, max = NAME))]
    pub source: Option<String>,
    /// SPDX expression, under what terms it may be trained on; `unknown` by default.
    #[schemars(length(min = 1, max = NAME), regex(pattern = LICENCE))]
    pub licence: Option<String>,
    /// When the model answered, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub occurred_at: Option<String>,
}

/// A turn of a conversation on the wire.
#[derive(Debug, Clone, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnInput {
    /// Who speaks.
    pub role: Speaker,
    /// What is said.
    #[schemars(length(min = 1, max = TEXT))]
    pub text: String,
}

/// A reasoning step on the wire.
#[derive(Debug, Clone, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepInput {
    /// Its name, unique in the trace; its place (`0` for the first) by default.
    #[schemars(length(min = 1, max = KEY))]
    pub id: Option<String>,
    /// What it says.
    #[schemars(length(min = 1, max = TEXT))]
    pub text: String,
    /// What it does; `reasoning` by default.
    pub kind: Option<StepKind>,
    /// The names of the steps it rests on.
    pub rests_on: Option<Vec<String>>,
    /// The span that produced it, 16 hex digits.
    #[schemars(regex(pattern = SPAN_ID))]
    pub span_id: Option<String>,
    /// The span that called that span.
    #[schemars(regex(pattern = SPAN_ID))]
    pub called_by_span_id: Option<String>,
    /// Mean natural-log probability of its tokens.
    #[schemars(range(max = 0))]
    pub mean_logprob: Option<f64>,
    /// The attached pictures that it refers to, by their ids (`att_…`) or by BLAKE3 of them, 64 hex digits. They are sent
    /// to `/v1/attachments` before.
    #[schemars(length(max = ATTACHMENTS), inner(regex(pattern = REFERENCE)))]
    pub attachments: Option<Vec<String>>,
}

/// An attachment on the wire. Of a picture that was sent to `/v1/attachments` before, the digest is enough.
#[derive(Debug, Clone, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentInput {
    /// BLAKE3 of its bytes, 64 hex digits.
    #[schemars(regex(pattern = BLAKE3))]
    pub digest: String,
    /// Its media type, `type/subtype`; that of the picture attached by default.
    #[schemars(regex(pattern = MEDIA_TYPE))]
    pub media_type: Option<String>,
    /// Its length in bytes; that of the picture attached by default.
    #[schemars(range(min = 0))]
    pub bytes: Option<i64>,
    /// Its name.
    #[schemars(length(min = 1, max = NAME))]
    pub name: Option<String>,
}
