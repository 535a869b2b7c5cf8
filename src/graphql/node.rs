//! Every record by its global id (Relay's object identification).

use async_graphql::{Context, ID, Interface, Object, Result};
use atr_core::ids::{
    AdjudicationId, AnyId, ApiKeyId, AssignmentId, AttachmentId, AuditEntryId, BatchId, ChainGroupId, CitationId,
    ClaimId, ConsensusId, CurationDecisionId, EvaluationCaseId, EvaluationId, ExampleId, ExpertId, FactConflictId,
    FactId, FactStateId, FeedbackId, GuidelineId, Id, JudgeOpinionId, Kind, ModelVersionId, PersonId, PromotionId,
    QuarantinedId, ReviewCycleId, ReviewId, ScoreId, SnapshotId, SnapshotRowId, SourceCopyId, SourceId,
    SourceRetrievalId, StepId, TaskId, TraceId, TrainingJobId, VerificationId, WebhookEndpointId,
};

use super::{
    adjudication::Adjudication,
    attachment::AttachedFile,
    audit::AuditEntry,
    chain_group::ChainGroup,
    citation::Citation,
    consensus::Consensus,
    curation::{CurationDecision, SnapshotRow},
    evaluation::{Evaluation, Promotion},
    example::{EvaluationCase, Example},
    expert::{Assignment, Expert},
    fact_conflict::FactConflict,
    fault::{OrFault, invalid},
    feedback::Feedback,
    grounding::{Fact, FactChange, Source},
    guideline::Guideline,
    intake::{Batch, QuarantinedItem},
    judge::JudgeOpinion,
    loading::maybe,
    model::ModelVersion,
    person::Person,
    project::{Key, Project},
    queue::Task,
    review::Review,
    review_cycle::ReviewCycle,
    score::Score,
    session::reading,
    snapshot::Snapshot,
    source_copy::{SourceCopy, SourceRetrieval},
    step::Step,
    trace::Trace,
    training::TrainingJob,
    verification::{Claim, Verification},
    webhook::WebhookEndpoint,
};

/// A record that is read by its id.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id: the one text form that the whole service uses."))]
pub enum Node {
    /// Adjudication.
    Adjudication(Adjudication),
    /// Assignment.
    Assignment(Assignment),
    /// AttachedFile.
    AttachedFile(AttachedFile),
    /// AuditEntry.
    AuditEntry(AuditEntry),
    /// Batch.
    Batch(Batch),
    /// ChainGroup.
    ChainGroup(ChainGroup),
    /// Citation.
    Citation(Citation),
    /// Claim.
    Claim(Claim),
    /// Consensus.
    Consensus(Consensus),
    /// CurationDecision.
    CurationDecision(CurationDecision),
    /// Evaluation.
    Evaluation(Evaluation),
    /// EvaluationCase.
    EvaluationCase(EvaluationCase),
    /// Example.
    Example(Example),
    /// Expert.
    Expert(Expert),
    /// Fact.
    Fact(Fact),
    /// FactChange.
    FactChange(FactChange),
    /// FactConflict.
    FactConflict(FactConflict),
    /// Feedback.
    Feedback(Feedback),
    /// Guideline.
    Guideline(Guideline),
    /// JudgeOpinion.
    JudgeOpinion(JudgeOpinion),
    /// Key.
    Key(Key),
    /// ModelVersion.
    ModelVersion(ModelVersion),
    /// Person.
    Person(Person),
    /// Project.
    Project(Project),
    /// Promotion.
    Promotion(Promotion),
    /// QuarantinedItem.
    QuarantinedItem(QuarantinedItem),
    /// Review.
    Review(Review),
    /// ReviewCycle.
    ReviewCycle(ReviewCycle),
    /// Score.
    Score(Score),
    /// Snapshot.
    Snapshot(Snapshot),
    /// SnapshotRow.
    SnapshotRow(SnapshotRow),
    /// Source.
    Source(Source),
    /// SourceCopy.
    SourceCopy(SourceCopy),
    /// SourceRetrieval.
    SourceRetrieval(SourceRetrieval),
    /// Step.
    Step(Step),
    /// Task.
    Task(Task),
    /// Trace.
    Trace(Trace),
    /// TrainingJob.
    TrainingJob(TrainingJob),
    /// Verification.
    Verification(Verification),
    /// WebhookEndpoint.
    WebhookEndpoint(WebhookEndpoint),
}

/// The record with this id; null where the project has none such.
pub(super) async fn node_of(ctx: &Context<'_>, id: AnyId) -> Result<Option<Node>> {
    macro_rules! load {
        ($id:ident) => {
            maybe(ctx, Some($id::from_uuid(id.uuid))).await?.map(Node::from)
        };
    }
    Ok(match id.kind {
        Kind::Adjudication => load!(AdjudicationId),
        Kind::Assignment => load!(AssignmentId),
        Kind::Attachment => load!(AttachmentId),
        Kind::AuditEntry => load!(AuditEntryId),
        Kind::Batch => load!(BatchId),
        Kind::ChainGroup => load!(ChainGroupId),
        Kind::Citation => load!(CitationId),
        Kind::Claim => load!(ClaimId),
        Kind::Consensus => load!(ConsensusId),
        Kind::CurationDecision => load!(CurationDecisionId),
        Kind::EvaluationCase => load!(EvaluationCaseId),
        Kind::Evaluation => load!(EvaluationId),
        Kind::Example => load!(ExampleId),
        Kind::Expert => load!(ExpertId),
        Kind::Fact => load!(FactId),
        Kind::FactConflict => load!(FactConflictId),
        Kind::FactState => load!(FactStateId),
        Kind::Feedback => load!(FeedbackId),
        Kind::ApiKey => load!(ApiKeyId),
        Kind::Guideline => load!(GuidelineId),
        Kind::JudgeOpinion => load!(JudgeOpinionId),
        Kind::ModelVersion => load!(ModelVersionId),
        Kind::Person => load!(PersonId),
        Kind::Promotion => load!(PromotionId),
        Kind::Quarantined => load!(QuarantinedId),
        Kind::Review => load!(ReviewId),
        Kind::ReviewCycle => load!(ReviewCycleId),
        Kind::Score => load!(ScoreId),
        Kind::SnapshotRow => load!(SnapshotRowId),
        Kind::Snapshot => load!(SnapshotId),
        Kind::Source => load!(SourceId),
        Kind::SourceCopy => load!(SourceCopyId),
        Kind::SourceRetrieval => load!(SourceRetrievalId),
        Kind::Step => load!(StepId),
        Kind::Task => load!(TaskId),
        Kind::Trace => load!(TraceId),
        Kind::TrainingJob => load!(TrainingJobId),
        Kind::Verification => load!(VerificationId),
        Kind::WebhookEndpoint => load!(WebhookEndpointId),
        Kind::Project => {
            let own = reading(ctx).await?.own_project().await.or_fault()?;
            own.filter(|project| project.id.uuid() == id.uuid).map(Project).map(Node::from)
        }
        // A worker is a process, of which nothing is recorded; of a notice its task is what is told.
        Kind::Worker | Kind::Notice => None,
    })
}

/// Reads by global id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Any record by its id; null if this project has none of that id.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Node>> {
        match id.parse() {
            Ok(id) => node_of(ctx, id).await,
            Err(_) => Ok(None),
        }
    }

    /// Records by their ids, in that order; null in the place of what this project has not.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > 100 {
            return Err(invalid("ids", "give at most 100 ids"));
        }
        let wanted = ids.iter().map(|id| async {
            match id.parse() {
                Ok(id) => node_of(ctx, id).await,
                Err(_) => Ok(None),
            }
        });
        futures_util::future::try_join_all(wanted).await
    }
}
