//! Error traces.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use atr_at_hand::{AtHand, at_hand};
use atr_core::{
    domain::{attachment::AttachmentRef, trace},
    hash::Digest,
    ids::{FeedbackId, ReviewId, TraceId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    attachment::AttachedFile,
    chain_group::ChainGroup,
    consensus::Consensus,
    curation::SnapshotMember,
    example::Example,
    fault::OrFault,
    feedback::Feedback,
    flaw::Flaw,
    intake::Batch,
    loading::{
        self, ClaimsOf, ConsensusOf, ExamplesOf, FeedbackOf, FlawsOf, LatestScoreOf, LatestVerificationOf, MembersOf,
        ReviewsOf, RevisionOf, StandingReviewsOf, StepsOf, children, found, maybe, one,
    },
    model::ModelVersion,
    paging::{Connection, PageArgs, connect},
    record::{Record, Records},
    redaction::Redaction,
    review::Review,
    scalars::{Int64, IntoId, maybe_id},
    score::Score,
    session::{consulting, reading},
    step::Step,
    trace_revision::TraceRevision,
    verification::{Claim, Verification},
    words::{FlawKind, Pillar, Speaker, Split},
};

/// A turn of a conversation.
#[derive(Debug, SimpleObject)]
pub struct Turn {
    /// Who speaks.
    role: Speaker,
    /// What is said.
    text: String,
}

impl From<trace::Turn> for Turn {
    fn from(trace::Turn { role, text }: trace::Turn) -> Self {
        Self { role: role.into(), text }
    }
}

/// An uncertain or wrong answer of a model. Never changed: what is learnt of it stands in later records.
#[derive(Debug, Clone)]
pub struct Trace(pub(super) trace::Trace);

/// An uncertain or wrong answer of a model. Never changed: what is learnt of it stands in later records.
#[at_hand]
#[Object]
impl Trace {
    /// Its id, by time of receipt.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The sender's id.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// The model that answered.
    async fn model(&self, ctx: &Context<'_>) -> Result<Record<ModelVersion>> {
        one(ctx, self.0.model).await.map(Record)
    }

    /// The group of chains it belongs to.
    async fn group(&self, ctx: &Context<'_>) -> Result<Option<ChainGroup>> {
        maybe(ctx, self.0.group).await
    }

    /// What it may be used for.
    async fn split(&self) -> Split {
        self.0.split.into()
    }

    /// Which competence it is about.
    async fn pillar(&self) -> Pillar {
        self.0.pillar.into()
    }

    /// The field of knowledge, in the sender's words.
    async fn domain(&self) -> &str {
        &self.0.domain
    }

    /// BCP 47 tag of the answer; `und` is not known.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// What was said before, in order: the earlier turns of a conversation.
    async fn context(&self) -> Vec<Turn> {
        self.0.context.iter().cloned().map(Turn::from).collect()
    }

    /// What was asked.
    async fn query(&self) -> &str {
        &self.0.query
    }

    /// What the model answered.
    async fn answer(&self) -> &str {
        &self.0.answer
    }

    /// The model's own confidence, 0 to 1.
    async fn confidence(&self) -> Option<f64> {
        self.0.confidence
    }

    /// Flaws the sender already suspects, sorted.
    async fn flaw_labels(&self) -> &[String] {
        &self.0.flaw_labels
    }

    /// The system that sent it; `unknown` where it did not say.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// SPDX expression, or `unknown`: under what terms it may be trained on.
    async fn licence(&self) -> &str {
        &self.0.licence
    }

    /// Whether its steps rest on each other in a circle.
    async fn circular_support(&self) -> bool {
        self.0.circular_support
    }

    /// BLAKE3 of the canonical content.
    async fn content_hash(&self) -> String {
        self.0.content_hash.to_hex().to_string()
    }

    /// The batch that brought it.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        one(ctx, self.0.batch).await
    }

    /// When the model answered, by the sender's clock.
    async fn occurred_at(&self) -> Option<DateTime<Utc>> {
        self.0.occurred_at
    }

    /// When it was stored here.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }

    /// Uncertainty signals of the model, by name.
    async fn signals(&self) -> Records<Signal> {
        Records(self.0.signals.iter().map(|(name, value)| Signal { name: name.clone(), value: *value }).collect())
    }

    /// What came with it.
    async fn attachments(&self) -> Vec<Attachment> {
        self.0.attachments.iter().cloned().map(Attachment::from).collect()
    }

    /// Its reasoning, in order.
    async fn steps(&self, ctx: &Context<'_>) -> Result<Records<Step>> {
        children(ctx, StepsOf(self.0.id)).await.map(Records)
    }

    /// What was replaced in its context, its query, its answer and its steps before they were stored.
    async fn redactions(&self, ctx: &Context<'_>) -> Result<Vec<Redaction>> {
        let steps: Vec<Step> = children(ctx, StepsOf(self.0.id)).await?;
        let texts = [self.0.query.as_str(), self.0.answer.as_str()];
        let texts = self.0.context.iter().map(|turn| turn.text.as_str()).chain(texts);
        Ok(Redaction::of(texts.chain(steps.iter().map(|step| step.0.text.as_str()))))
    }

    /// The newest run of the verifier; null until it ran.
    async fn verification(&self, ctx: &Context<'_>) -> Result<Option<Verification>> {
        Ok(children(ctx, LatestVerificationOf(self.0.id)).await?.pop())
    }

    /// The claims of its answer, by the newest run of the verifier, in order.
    async fn claims(&self, ctx: &Context<'_>) -> Result<Vec<Claim>> {
        match children(ctx, LatestVerificationOf(self.0.id)).await?.pop() {
            Some(newest) => children(ctx, ClaimsOf(newest.0.id)).await,
            None => Ok(Vec::new()),
        }
    }

    /// Its newest reward; null until it is scored.
    async fn latest_score(&self, ctx: &Context<'_>) -> Result<Option<Score>> {
        Ok(children(ctx, LatestScoreOf(self.0.id)).await?.pop())
    }

    /// What is wrong with its answer, by its newest score, each with the evidence that tells it.
    async fn flaws(&self, ctx: &Context<'_>) -> Result<Vec<Flaw>> {
        match children(ctx, LatestScoreOf(self.0.id)).await?.pop() {
            Some(newest) => children(ctx, FlawsOf(newest.0.id)).await,
            None => Ok(Vec::new()),
        }
    }

    /// Which revision it is of what spans make; null where it was not put together from spans.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Option<TraceRevision>> {
        Ok(children(ctx, RevisionOf(self.0.id)).await?.pop())
    }

    /// Every revision of every review of it, newest first.
    async fn reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Review>> {
        let page = PageArgs { first, last, after, before }.by_id::<ReviewId>()?;
        let page = loading::page(ctx, ReviewsOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }

    /// What users said of it or of an earlier revision of it, newest first.
    async fn feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Feedback>> {
        let page = PageArgs { first, last, after, before }.by_id::<FeedbackId>()?;
        let page = loading::page(ctx, FeedbackOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }

    /// The newest revision of each expert who reviewed it: what counts.
    async fn standing_reviews(&self, ctx: &Context<'_>) -> Result<Vec<Review>> {
        children(ctx, StandingReviewsOf(self.0.id)).await
    }

    /// What the chains of its group agree on; null if it has no group, or they were not compared yet.
    async fn consensus(&self, ctx: &Context<'_>) -> Result<Option<Consensus>> {
        match self.0.group {
            Some(group) => Ok(children(ctx, ConsensusOf(group)).await?.pop()),
            None => Ok(None),
        }
    }

    /// Candidate training rows that were derived from its reviews.
    async fn examples(&self, ctx: &Context<'_>) -> Result<Vec<Example>> {
        children(ctx, ExamplesOf(self.0.id)).await
    }

    /// Its places in snapshots, in the newest 200 that have it.
    async fn snapshot_members(&self, ctx: &Context<'_>) -> Result<Vec<SnapshotMember>> {
        children(ctx, MembersOf(self.0.id)).await
    }
}

/// An uncertainty signal of the model that answered.
#[derive(Debug, Clone, SimpleObject, AtHand)]
pub struct Signal {
    /// Its name: `mean_logprob`, `min_logprob` (natural logarithms), `entropy` and the like.
    name: String,
    /// Its value.
    value: f64,
}

/// What came with a trace, by its content.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Attachment {
    /// BLAKE3 of its bytes, 64 hex digits.
    digest: String,
    /// Its media type, `type/subtype`.
    media_type: String,
    /// Its length in bytes.
    bytes: Int64,
    /// The name the sender gave it.
    name: Option<String>,
}

#[ComplexObject]
impl Attachment {
    /// The picture of this content; null as long as the project has none such attached.
    async fn file(&self, ctx: &Context<'_>) -> Result<Option<AttachedFile>> {
        maybe(ctx, Digest::from_hex(&self.digest).ok().map(AttachmentRef::Content)).await
    }
}

impl From<trace::Attachment> for Attachment {
    fn from(from: trace::Attachment) -> Self {
        Self { digest: from.digest, media_type: from.media_type, bytes: Int64(from.bytes), name: from.name }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct TraceFilter {
    /// The one with this sender's id.
    external_id: Option<String>,
    /// Those that this model answered.
    model: Option<ID>,
    /// Those of this group.
    group: Option<ID>,
    /// Those of this split.
    split: Option<Split>,
    /// Those of this pillar.
    pillar: Option<Pillar>,
    /// Those of this domain.
    domain: Option<String>,
    /// Those in this language.
    language: Option<String>,
    /// Those that this system sent.
    source: Option<String>,
    /// Those whose steps rest on each other in a circle, or those whose do not.
    circular_support: Option<bool>,
    /// Those whose newest score has this flaw; not for those who only review.
    flaw: Option<FlawKind>,
    /// Those that came in at this time or later, to the millisecond.
    received_after: Option<DateTime<Utc>>,
    /// Those that came in before this time, to the millisecond.
    received_before: Option<DateTime<Utc>>,
}

impl TraceFilter {
    fn read(self) -> Result<store::TraceFilter> {
        Ok(store::TraceFilter {
            external_id: self.external_id,
            model: maybe_id("model", self.model.as_ref())?,
            group: maybe_id("group", self.group.as_ref())?,
            split: self.split.map(Into::into),
            pillar: self.pillar.map(Into::into),
            domain: self.domain,
            language: self.language,
            source: self.source,
            circular_support: self.circular_support,
            flaw: self.flaw.map(Into::into),
            received_after: self.received_after,
            received_before: self.received_before,
        })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct TraceQuery;

#[Object]
impl TraceQuery {
    /// An error trace by its id; null if this project has none of that id.
    async fn trace(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Trace>> {
        found::<TraceId, _>(ctx, &id).await
    }

    /// Error traces, newest first.
    async fn traces(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<TraceFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Trace>> {
        let page = PageArgs { first, last, after, before }.by_id::<TraceId>()?;
        let filter = filter.unwrap_or_default().read()?;
        // Who only reviews judges without knowing what was found before.
        let mut tx = if filter.flaw.is_some() { reading(ctx).await? } else { consulting(ctx).await? };
        let page = tx.traces(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Trace), |record| record.0.id.to_string()))
    }
}
