//! Typed ids. In the database a UUIDv7, which begins with its time; everywhere else one text form: a prefix that
//! names the kind, `_`, and the 128 bits as 26 digits of Crockford's base 32 (`trc_01jb3q…`), as TypeID has it.

use std::{
    fmt,
    str::FromStr,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::Uuid;

use crate::clock::Clock;

/// A text that is no id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// No known prefix stands before the `_`.
    #[error("`{0}` is not an id: an id looks like `trc_01h455vb4pex5vsknk084sn02q`")]
    Form(String),
    /// An id, but of another kind.
    #[error("`{text}` is the id of a {found}; the id of a {wanted} begins with `{prefix}_`")]
    Kind {
        /// The text given.
        text: String,
        /// The kind it names.
        found: &'static str,
        /// The kind asked for.
        wanted: &'static str,
        /// The prefix of the kind asked for.
        prefix: &'static str,
    },
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

fn encode(uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    (0..26).rev().map(|place| DIGITS[(bits >> (place * 5)) as usize & 31] as char).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None; // more than 128 bits
    }
    text.bytes()
        .try_fold(0u128, |bits, byte| {
            let digit = DIGITS.iter().position(|known| *known == byte)?;
            Some(bits << 5 | digit as u128)
        })
        .map(Uuid::from_u128)
}

/// What all typed ids share.
pub trait Id: Copy + fmt::Display + FromStr<Err = IdError> {
    /// What stands before the `_`.
    const PREFIX: &'static str;
    /// Which kind of record it names.
    const KIND: Kind;
    /// Takes a UUID from the database.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID for the database.
    fn uuid(self) -> Uuid;
}

/// The UUIDs of ids, for statements.
pub(crate) fn uuids<I: Id>(ids: &[I]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $kind:ident $name:ident $prefix:literal $words:literal;)*) => {
        /// The kinds of records that ids name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $kind),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// What stands before the `_` of its ids.
            pub fn prefix(self) -> &'static str {
                match self { $(Self::$kind => $prefix),* }
            }

            /// What people call it.
            pub fn words(self) -> &'static str {
                match self { $(Self::$kind => $words),* }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type)]
            #[sqlx(transparent)]
            pub struct $name(Uuid);

            impl Id for $name {
                const PREFIX: &'static str = $prefix;
                const KIND: Kind = Kind::$kind;
                fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
                fn uuid(self) -> Uuid { self.0 }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, concat!($prefix, "_{}"), encode(self.0))
                }
            }

            impl FromStr for $name {
                type Err = IdError;
                fn from_str(text: &str) -> Result<Self, IdError> {
                    let id = AnyId::from_str(text)?;
                    if id.kind == Kind::$kind {
                        Ok(Self(id.uuid))
                    } else {
                        Err(IdError::Kind {
                            text: text.to_owned(),
                            found: id.kind.words(),
                            wanted: $words,
                            prefix: $prefix,
                        })
                    }
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    to.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
                }
            }

            impl schemars::JsonSchema for $name {
                fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({
                        "type": "string",
                        "pattern": concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                    })
                }
            }

            impl From<$name> for AnyId {
                fn from(id: $name) -> Self { Self { kind: Kind::$kind, uuid: id.0 } }
            }
        )*
    };
}

ids! {
    /// A tenant.
    Project ProjectId "prj" "project";
    /// A secret that lets someone in.
    ApiKey ApiKeyId "key" "API key";
    /// A person who reviews.
    Expert ExpertId "exp" "expert";
    /// A model that answers, or one that judges answers.
    ModelVersion ModelVersionId "mdl" "model version";
    /// An uncertain or wrong answer.
    Trace TraceId "trc" "trace";
    /// A step of its reasoning.
    Step StepId "stp" "reasoning step";
    /// Several chains for one query.
    ChainGroup ChainGroupId "grp" "chain group";
    /// What the chains agree on.
    Consensus ConsensusId "con" "consensus";
    /// A run of the verifier.
    Verification VerificationId "ver" "verification";
    /// A checkable statement.
    Claim ClaimId "clm" "claim";
    /// What a judge said of a claim.
    JudgeOpinion JudgeOpinionId "jop" "judge opinion";
    /// A reference and whether it holds.
    Citation CitationId "cit" "citation";
    /// Where facts come from.
    Source SourceId "src" "grounding source";
    /// A content that a source had.
    SourceCopy SourceCopyId "cpy" "source copy";
    /// A reading of a source.
    SourceRetrieval SourceRetrievalId "rtv" "source retrieval";
    /// A grounding fact.
    Fact FactId "fct" "grounding fact";
    /// A change of a fact's state.
    FactState FactStateId "fst" "fact state";
    /// Two facts that cannot both be true.
    FactConflict FactConflictId "fcf" "fact conflict";
    /// An expert's judgement.
    Review ReviewId "rev" "review";
    /// How answers are to be judged.
    Guideline GuidelineId "gdl" "guideline";
    /// A disagreement of experts, and how it was decided.
    Adjudication AdjudicationId "adj" "adjudication";
    /// What a user said of an answer.
    Feedback FeedbackId "fbk" "feedback";
    /// An item of the weekly review.
    Assignment AssignmentId "asg" "assignment";
    /// A cycle of the weekly review that was opened.
    ReviewCycle ReviewCycleId "cyc" "review cycle";
    /// Where a program hears of the weekly review.
    WebhookEndpoint WebhookEndpointId "whk" "webhook endpoint";
    /// What someone is told of the weekly review.
    Notice NoticeId "ntc" "notice";
    /// The reward of a trace.
    Score ScoreId "scr" "score";
    /// A candidate training row.
    Example ExampleId "exm" "example";
    /// A judged answer that measures models.
    EvaluationCase EvaluationCaseId "cas" "evaluation case";
    /// An immutable set of rows.
    Snapshot SnapshotId "snp" "snapshot";
    /// A row of a snapshot.
    SnapshotRow SnapshotRowId "row" "snapshot row";
    /// Why a row was kept or fell.
    CurationDecision CurationDecisionId "cur" "curation decision";
    /// A training run.
    TrainingJob TrainingJobId "job" "training job";
    /// A model, measured.
    Evaluation EvaluationId "evl" "evaluation";
    /// Whether a model came into use.
    Promotion PromotionId "prm" "promotion";
    /// A piece of work.
    Task TaskId "tsk" "task";
    /// A batch of input.
    Batch BatchId "bat" "batch";
    /// An attached picture.
    Attachment AttachmentId "att" "attachment";
    /// Input set aside.
    Quarantined QuarantinedId "qua" "quarantined item";
    /// Something that was done, by whom.
    AuditEntry AuditEntryId "aud" "audit entry";
    /// Someone who signs in.
    Person PersonId "psn" "person";
    /// A process that does work.
    Worker WorkerId "wrk" "worker";
}

/// The least id that can be made at a time, to the millisecond: where what was made then begins in a list by id.
pub(crate) fn earliest(time: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(time.timestamp_millis()).unwrap_or(0).min((1 << 48) - 1);
    Uuid::from_u128(u128::from(millis) << 80)
}

/// An id whose kind is known only by its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnyId {
    /// The kind.
    pub kind: Kind,
    /// The UUID.
    pub uuid: Uuid,
}

impl fmt::Display for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.kind.prefix(), encode(self.uuid))
    }
}

impl FromStr for AnyId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::Form(text.chars().take(80).collect());
        let (prefix, digits) = text.split_once('_').ok_or_else(wrong)?;
        let kind = Kind::ALL.iter().find(|kind| kind.prefix() == prefix).ok_or_else(wrong)?;
        let uuid = decode(digits).ok_or_else(wrong)?;
        Ok(Self { kind: *kind, uuid })
    }
}

/// Makes ids: UUIDv7 from a clock and a source of randomness. Cheap to clone; clones share the source. Ids made one
/// after the other sort so, also within a millisecond (RFC 9562, section 6.2, method 2): "the newest" of records is
/// found by their ids.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Clock,
    source: Arc<Mutex<Source>>,
}

#[derive(Debug)]
struct Source {
    random: StdRng,
    /// The time and the random bits of the id made last.
    last: (u64, u128),
}

impl Source {
    fn new(random: StdRng) -> Self {
        Self { random, last: (0, 0) }
    }

    /// Time in milliseconds and 74 random bits, greater than those before.
    fn next(&mut self, millis: u64) -> (u64, u128) {
        const BITS: u32 = 74;
        let mut next =
            (millis, (u128::from(self.random.next_u64()) << 10 | u128::from(self.random.next_u32()) >> 22) >> 1);
        if next.0 <= self.last.0 {
            // The clock stands or went back: count on from the last id, by a random step that nobody can foresee.
            next = (self.last.0, self.last.1 + 1 + u128::from(self.random.next_u32()));
            if next.1 >> BITS != 0 {
                next = (next.0 + 1, u128::from(self.random.next_u64()));
            }
        }
        self.last = next;
        next
    }
}

impl Ids {
    /// Ids for service: randomness from the system.
    pub fn from_system(clock: Clock) -> Self {
        Self { clock, source: Arc::new(Mutex::new(Source::new(StdRng::from_rng(&mut system_random())))) }
    }

    /// Ids that a test can foresee.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self { clock, source: Arc::new(Mutex::new(Source::new(StdRng::seed_from_u64(seed)))) }
    }

    /// A new id.
    pub fn make<I: Id>(&self) -> I {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let (millis, bits) = self.source.lock().unwrap_or_else(|broken| broken.into_inner()).next(millis);
        // 48 bits of time, version 7, 12 bits, variant, 62 bits.
        let (high, low) = (bits >> 62 & 0xfff, bits & ((1 << 62) - 1));
        I::from_uuid(Uuid::from_u128(u128::from(millis) << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low))
    }

    /// Bytes that nobody can foresee.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.source.lock().unwrap_or_else(|broken| broken.into_inner()).random.fill_bytes(&mut bytes);
        bytes
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws randomness from the system")]
fn system_random() -> rand::rngs::ThreadRng {
    rand::rng()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_text_form_names_the_same_id(bits: u128) {
            let id = TraceId(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<TraceId>(), Ok(id));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".{0,60}") {
            drop(text.parse::<AnyId>());
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let id: TraceId = Ids::seeded(Clock::system(), 1).make();
        let error = id.to_string().parse::<SnapshotId>().unwrap_err();
        assert!(error.to_string().contains("is the id of a trace"), "{error}");
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let ids = Ids::seeded(clock.clone(), 7);
        let first: TraceId = ids.make();
        clock.advance(chrono::TimeDelta::milliseconds(1));
        let second: TraceId = ids.make();
        assert!(first < second && first.to_string() < second.to_string());
    }

    #[test]
    fn ids_sort_as_they_were_made_while_the_clock_stands() {
        let ids = Ids::seeded(Clock::fixed(DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000)), 7);
        let made: Vec<TraceId> = (0..10_000).map(|_| ids.make()).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(
            made.iter().all(|id| id.uuid().get_version_num() == 7 && id.uuid().get_variant() == uuid::Variant::RFC4122)
        );
    }
}
