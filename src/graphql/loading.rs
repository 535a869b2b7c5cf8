//! Gathers the edges of many records into one read a kind of edge (the data loader pattern).

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{Context, ID, Result};
use atr_core::{
    domain::{access::Permission, attachment::AttachmentRef, example::ExampleFormat, snapshot::DecisionFilter},
    hash::Digest,
    ids::{
        AdjudicationId, ApiKeyId, AssignmentId, AttachmentId, AuditEntryId, BatchId, ChainGroupId, CitationId, ClaimId,
        ConsensusId, CurationDecisionId, EvaluationCaseId, EvaluationId, ExampleId, ExpertId, FactConflictId, FactId,
        FactStateId, FeedbackId, GuidelineId, JudgeOpinionId, ModelVersionId, PersonId, PromotionId, QuarantinedId,
        ReviewCycleId, ReviewId, ScoreId, SnapshotId, SnapshotRowId, SourceCopyId, SourceId, SourceRetrievalId, StepId,
        TaskId, TraceId, TrainingJobId, VerificationId, WebhookEndpointId,
    },
    store::{OrdinalRequest, Page, PageRequest},
};

use super::{
    adjudication::Adjudication,
    attachment::{AttachedFile, AttachmentReference, PictureText},
    audit::AuditEntry,
    chain_group::ChainGroup,
    citation::Citation,
    consensus::Consensus,
    curation::{CurationDecision, DecisionCount, SnapshotFile, SnapshotMember, SnapshotRow},
    evaluation::{Evaluation, Promotion},
    example::{EvaluationCase, Example},
    expert::{Assignment, Expert, Suggested},
    fact_conflict::FactConflict,
    fault::fault,
    feedback::Feedback,
    flaw::Flaw,
    gather::Loader,
    grounding::{Fact, FactChange, Source, SourceFreshness},
    guideline::Guideline,
    intake::{Batch, QuarantinedItem},
    judge::JudgeOpinion,
    model::ModelVersion,
    person::Person,
    project::Key,
    queue::Task,
    reader::Reader,
    review::Review,
    review_cycle::ReviewCycle,
    score::Score,
    session::session,
    snapshot::Snapshot,
    source_copy::{QuotePlace, QuoteStandings, SourceCopy, SourceRetrieval},
    step::Step,
    trace::Trace,
    trace_revision::TraceRevision,
    training::{JobEvent, TrainingJob},
    verification::{Claim, Verification},
    webhook::WebhookEndpoint,
};
use crate::app::AppError;

/// A transaction for those who may read this: what is for reviewers is what a judgement is made with.
macro_rules! opened {
    ($reader:ident for Reviewers) => {
        $reader.consult().await?
    };
    ($reader:ident for $permission:ident) => {
        $reader.begin(Permission::$permission).await?
    };
}

macro_rules! by_id {
    ($($id:ident => $record:ident by $read:ident for $readers:ident $(of $expert:expr)?;)*) => {$(
        impl Loader<$id> for Reader {
            type Value = $record;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $record>, Arc<AppError>> {
                let mut tx = opened!(self for $readers);
                let records = tx.$read(ids).await.map_err(AppError::from)?;
                let records = records.into_iter().map(|record| (record.id, $record(record)));
                $(
                    let (own, expert): (_, fn(&$record) -> ExpertId) = (self.actor.reads_of(None)?, $expert);
                    let records = records.filter(|(_, record)| own.is_none_or(|own| own == expert(record)));
                )?
                Ok(records.collect())
            }
        }
    )*};
}

by_id! {
    AdjudicationId => Adjudication by adjudications_by_id for Read;
    ApiKeyId => Key by keys_by_id for Audit;
    AssignmentId => Assignment by assignments_by_id for Reviewers of |item| item.0.expert;
    AttachmentId => AttachedFile by attachments_by_id for Reviewers;
    AuditEntryId => AuditEntry by audit_entries_by_id for Audit;
    BatchId => Batch by batches_by_id for Read;
    ChainGroupId => ChainGroup by chain_groups_by_id for Read;
    CitationId => Citation by citations_by_id for Read;
    ClaimId => Claim by claims_by_id for Read;
    ConsensusId => Consensus by consensus_by_id for Read;
    CurationDecisionId => CurationDecision by decisions_by_id for Read;
    EvaluationCaseId => EvaluationCase by evaluation_cases_by_id for Read;
    EvaluationId => Evaluation by evaluations_by_id for Read;
    ExampleId => Example by examples_by_id for Read;
    ExpertId => Expert by experts_by_id for Reviewers of |expert| expert.0.id;
    FactId => Fact by facts_by_id for Reviewers;
    FactConflictId => FactConflict by fact_conflicts_by_id for Reviewers;
    FactStateId => FactChange by fact_states_by_id for Reviewers;
    FeedbackId => Feedback by feedback_by_id for Read;
    JudgeOpinionId => JudgeOpinion by judge_opinions_by_id for Read;
    GuidelineId => Guideline by guidelines_by_id for Reviewers;
    ModelVersionId => ModelVersion by models_by_id for Read;
    PersonId => Person by people_by_id for Audit;
    PromotionId => Promotion by promotions_by_id for Read;
    QuarantinedId => QuarantinedItem by quarantined_by_id for Read;
    ReviewCycleId => ReviewCycle by review_cycles_by_id for Read;
    ReviewId => Review by reviews_by_id for Reviewers of |review| review.0.expert;
    ScoreId => Score by scores_by_id for Read;
    SnapshotId => Snapshot by snapshots_by_id for Read;
    SnapshotRowId => SnapshotRow by snapshot_rows_by_id for Read;
    SourceId => Source by sources_by_id for Reviewers;
    SourceCopyId => SourceCopy by source_copies_by_id for Reviewers;
    SourceRetrievalId => SourceRetrieval by source_retrievals_by_id for Reviewers;
    StepId => Step by steps_by_id for Reviewers;
    TaskId => Task by tasks_by_id for Read;
    TraceId => Trace by traces_by_id for Reviewers;
    TrainingJobId => TrainingJob by jobs_by_id for Read;
    VerificationId => Verification by verifications_by_id for Read;
    WebhookEndpointId => WebhookEndpoint by webhook_endpoints_by_id for Administer;
}

/// From a name of it to an attachment.
impl Loader<AttachmentRef> for Reader {
    type Value = AttachedFile;

    async fn load(&self, names: &[AttachmentRef]) -> Result<HashMap<AttachmentRef, AttachedFile>, Arc<AppError>> {
        let mut tx = self.begin(Permission::Read).await?;
        let there = tx.attachments_referred_to(names).await.map_err(AppError::from)?;
        Ok(there.into_iter().map(|(name, file)| (name, AttachedFile(file))).collect())
    }
}

/// An edge to many records, from a parent.
pub(super) trait Edge: Copy + Eq + Hash + Send + Sync + 'static {
    /// What it leads to.
    type Child: Send + Sync + Clone + 'static;
}

macro_rules! edges {
    ($($edge:ident($parent:ident) => $record:ident by $read:ident for $readers:ident $(of $record_parent:expr)?;)*) => {$(
        #[doc = concat!("The edge of `", stringify!($read), "`.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) struct $edge(pub(super) $parent);

        impl Edge for $edge {
            type Child = $record;
        }

        impl Loader<$edge> for Reader {
            type Value = Vec<$record>;

            async fn load(&self, edges: &[$edge]) -> Result<HashMap<$edge, Vec<$record>>, Arc<AppError>> {
                let parents: Vec<_> = edges.iter().map(|edge| edge.0).collect();
                let mut tx = opened!(self for $readers);
                let mut found: HashMap<$edge, Vec<$record>> = HashMap::new();
                for read in tx.$read(&parents).await.map_err(AppError::from)? {
                    if let Some((parent, record)) = edges!(@of read, $parent, $record $(, $record_parent)?) {
                        found.entry($edge(parent)).or_default().push(record);
                    }
                }
                Ok(found)
            }
        }
    )*};
    (@of $read:ident, $parent:ty, $record:ident, $record_parent:expr) => {{
        let record = $record($read);
        let parent: fn(&$record) -> Option<$parent> = $record_parent;
        parent(&record).map(|parent| (parent, record))
    }};
    // What is read with its parent.
    (@of $read:ident, $parent:ty, $record:ident) => { Some(($read.0, $record($read.1))) };
}

edges! {
    StepsOf(TraceId) => Step by steps_of_traces for Reviewers of |step| Some(step.0.trace);
    LatestVerificationOf(TraceId) => Verification by latest_verifications_of_traces for Read of |run| Some(run.0.trace);
    ClaimsOf(VerificationId) => Claim by claims_of_verifications for Read of |claim| Some(claim.0.verification);
    RevisionOf(TraceId) => TraceRevision by revisions_of_traces for Read of |revision| Some(revision.0.trace);
    LatestScoreOf(TraceId) => Score by latest_scores_of_traces for Read of |score| Some(score.0.trace);
    FlawsOf(ScoreId) => Flaw by flaws_of_scores for Read of |flaw| Some(flaw.0.score);
    StandingReviewsOf(TraceId) => Review by latest_reviews_of_traces for Read of |review| Some(review.0.trace);
    ConsensusOf(ChainGroupId) => Consensus by latest_consensus_of_groups for Read of |found| Some(found.0.group);
    ExamplesOf(TraceId) => Example by examples_of_traces for Read of |example| Some(example.0.trace);
    MembersOf(TraceId) => SnapshotMember by snapshot_members_of_traces for Read of |member| Some(member.0.trace);
    RowsOf(ExampleId) => SnapshotRow by snapshot_rows_of_examples for Read of |row| Some(row.0.row.example);
    CitationsOfReview(ReviewId) => Citation by citations_of_reviews for Reviewers of |citation| citation.review_id();
    CitationsOfVerification(VerificationId) => Citation by citations_of_verifications for Read of
        |citation| citation.verification_id();
    EvaluationsOf(ModelVersionId) => Evaluation by evaluations_of_models for Read of |evaluation| Some(evaluation.0.of.model);
    PromotionsOf(ModelVersionId) => Promotion by promotions_of_models for Read of |promotion| Some(promotion.0.of.model);
    TraceOf(FeedbackId) => Trace by traces_of_feedback for Read;
    AttachedToStep(StepId) => AttachedFile by attachments_of for Reviewers;
    AttachedToFact(FactId) => AttachedFile by attachments_of for Reviewers;
    AttachedToReview(ReviewId) => AttachedFile by attachments_of for Reviewers;
    SuggestedOf(AssignmentId) => Suggested by suggestions_of_assignments for Reviewers;
    FreshnessOf(SourceId) => SourceFreshness by freshness_of_sources for Reviewers;
    CurrentCopyOf(SourceId) => SourceCopy by current_copies_of_sources for Reviewers of |copy| Some(copy.0.source);
    StandingsIn(SourceCopyId) => QuoteStandings by standings_in_copies for Reviewers;
    PlaceOf(FactId) => QuotePlace by current_places_of_facts for Reviewers of |place| Some(place.0.fact);
    NewestStateOf(FactId) => FactChange by newest_states_of_facts for Reviewers of |change| Some(change.0.fact);
    TextOf(AttachmentId) => PictureText by texts_of_attachments for Reviewers of |text| Some(text.0.attachment);
    FilesOf(SnapshotId) => SnapshotFile by files_of_snapshots for Read;
    DecisionCountsOf(SnapshotId) => DecisionCount by decision_counts_of_snapshots for Read;
}

/// An edge to a page of many records, from a parent.
pub(super) trait Paged: Clone + Eq + Hash + Send + Sync + 'static {
    /// What it leads to.
    type Child: Send + Sync + Clone + 'static;
}

macro_rules! pages {
    ($($edge:ident($parent:ty $(, $argument:ty)?; $page:ty) => $record:ident by $read:ident for $readers:ident;)*) => {$(
        #[doc = concat!("The edge of `", stringify!($read), "`: the parent, what is wanted, and which page.")]
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub(super) struct $edge(pub(super) $parent, pub(super) ($($argument,)?), pub(super) $page);

        impl Paged for $edge {
            type Child = $record;
        }

        impl Loader<$edge> for Reader {
            type Value = Page<$record>;

            async fn load(&self, edges: &[$edge]) -> Result<HashMap<$edge, Page<$record>>, Arc<AppError>> {
                let mut asked: HashMap<_, Vec<$parent>> = HashMap::new();
                for edge in edges {
                    asked.entry((&edge.1, edge.2)).or_default().push(edge.0);
                }
                let mut tx = opened!(self for $readers);
                let mut found = HashMap::new();
                for ((wanted, page), parents) in asked {
                    let read = pages!(@read tx.$read(parents, wanted, page) $(, $argument)?).await;
                    for (parent, records) in read.map_err(AppError::from)? {
                        found.insert($edge(parent, wanted.clone(), page), records.map($record));
                    }
                }
                Ok(found)
            }
        }
    )*};
    (@read $tx:ident.$read:ident($parents:ident, $wanted:ident, $page:ident)) => { $tx.$read(&$parents, $page) };
    (@read $tx:ident.$read:ident($parents:ident, $wanted:ident, $page:ident), $argument:ty) => {
        $tx.$read(&$parents, &$wanted.0, $page)
    };
}

pages! {
    TracesOf(ChainGroupId; PageRequest) => Trace by chains_of_groups for Read;
    ReviewsOf(TraceId; PageRequest) => Review by reviews_of_traces for Read;
    FeedbackOf(TraceId; PageRequest) => Feedback by feedback_of_traces for Read;
    ReviewsBy(ExpertId; PageRequest) => Review by reviews_of_experts for Reviewers;
    FactsOf(SourceId; PageRequest) => Fact by facts_of_sources for Reviewers;
    CopiesOf(SourceId; PageRequest) => SourceCopy by copies_of_sources for Reviewers;
    RetrievalsOf(SourceId; PageRequest) => SourceRetrieval by retrievals_of_sources for Reviewers;
    PlacesIn(SourceCopyId; PageRequest) => QuotePlace by places_in_copies for Reviewers;
    StatesOf(FactId; PageRequest) => FactChange by fact_states_of_facts for Reviewers;
    JobsOf(SnapshotId; PageRequest) => TrainingJob by jobs_of_snapshots for Read;
    ReferencesTo(Digest; PageRequest) => AttachmentReference by references_to for Read;
    MembersIn(SnapshotId; OrdinalRequest) => SnapshotMember by members_of_snapshots for Read;
    DecisionsIn(SnapshotId, DecisionFilter; OrdinalRequest) => CurationDecision by decisions_of_snapshots for Read;
    RowsIn(SnapshotId, ExampleFormat; OrdinalRequest) => SnapshotRow by rows_of_snapshots for Read;
    EventsOf((TrainingJobId, i32); OrdinalRequest) => JobEvent by events_of_jobs for Read;
}

/// The record with this id; null where the text is no id of that kind or the project has none such.
pub(super) async fn found<I, N>(ctx: &Context<'_>, id: &ID) -> Result<Option<N>>
where
    I: atr_core::ids::Id + Eq + Hash + Send + Sync + 'static,
    Reader: Loader<I, Value = N>,
    N: Send + Sync + Clone + 'static,
{
    maybe(ctx, id.parse().ok()).await
}

/// The record an edge leads to, where it leads anywhere.
pub(super) async fn maybe<I, N>(ctx: &Context<'_>, id: Option<I>) -> Result<Option<N>>
where
    I: Eq + Hash + Clone + Send + Sync + 'static,
    Reader: Loader<I, Value = N>,
    N: Send + Sync + Clone + 'static,
{
    let Some(id) = id else { return Ok(None) };
    session(ctx)?.loader.load_one(id).await.map_err(|error| fault(&error))
}

/// The record an edge leads to.
pub(super) async fn one<I, N>(ctx: &Context<'_>, id: I) -> Result<N>
where
    I: Eq + Hash + Copy + std::fmt::Display + Send + Sync + 'static,
    Reader: Loader<I, Value = N>,
    N: Send + Sync + Clone + 'static,
{
    let missing = || fault(&AppError::NotFound { what: "record", name: id.to_string() });
    maybe(ctx, Some(id)).await?.ok_or_else(missing)
}

/// The records that edges lead to, in their order.
pub(super) async fn many<I, N>(ctx: &Context<'_>, ids: &[I]) -> Result<Vec<N>>
where
    I: Eq + Hash + Copy + Send + Sync + 'static,
    Reader: Loader<I, Value = N>,
    N: Send + Sync + Clone + 'static,
{
    let found = session(ctx)?.loader.load_many(ids.to_vec()).await.map_err(|error| fault(&error))?;
    Ok(found.into_iter().flatten().collect())
}

/// The records that an edge to many leads to.
pub(super) async fn children<E: Edge>(ctx: &Context<'_>, edge: E) -> Result<Vec<E::Child>>
where
    Reader: Loader<E, Value = Vec<E::Child>>,
{
    Ok(session(ctx)?.loader.load_one(edge).await.map_err(|error| fault(&error))?.unwrap_or_default())
}

/// The page of records that an edge leads to.
pub(super) async fn page<E: Paged>(ctx: &Context<'_>, edge: E) -> Result<Page<E::Child>>
where
    Reader: Loader<E, Value = Page<E::Child>>,
{
    let none = Page { rows: Vec::new(), has_previous: false, has_next: false };
    Ok(session(ctx)?.loader.load_one(edge).await.map_err(|error| fault(&error))?.unwrap_or(none))
}
