//! Pages of lists: Relay's connections over the store's keyset pages.

use async_graphql::{Result, SimpleObject};
use atr_at_hand::AtHand;
use atr_core::{
    ids::{AnyId, Id},
    store::{OrdinalRequest, Page, PageRequest},
};

use super::{
    adjudication::Adjudication,
    attachment::{AttachedFile, AttachmentReference},
    audit::AuditEntry,
    chain_group::ChainGroup,
    citation::Citation,
    consensus::Consensus,
    curation::{CurationDecision, SnapshotMember, SnapshotRow},
    evaluation::{Evaluation, Promotion},
    example::{EvaluationCase, Example},
    expert::{Assignment, Expert},
    fact_conflict::FactConflict,
    fault::invalid,
    feedback::Feedback,
    gold::GoldItem,
    grounding::{Fact, FactChange, Source},
    guideline::Guideline,
    intake::{Batch, QuarantinedItem},
    lineage::LineageEdge,
    model::ModelVersion,
    person::Person,
    project::{Key, Project},
    queue::Task,
    record::{Record, Records},
    review::Review,
    review_cycle::ReviewCycle,
    reward_formula::RewardFormula,
    scalars::parse_id,
    score::Score,
    snapshot::Snapshot,
    source_copy::{QuotePlace, SourceCopy, SourceRetrieval},
    step::Step,
    trace::Trace,
    training::{JobEvent, TrainingJob},
    verification::{Claim, Verification},
    webhook::WebhookEndpoint,
};

/// The most records a page has.
pub(super) const MOST: i32 = 100;
/// How many it has where nothing is said.
pub(super) const USUAL: i32 = 20;

/// Where a page stands in its list.
#[derive(Debug, Clone, SimpleObject, AtHand)]
pub struct PageInfo {
    /// Whether there are records before the first of this page.
    has_previous_page: bool,
    /// Whether there are records after the last of this page.
    has_next_page: bool,
    /// The cursor of the first record; null on an empty page.
    start_cursor: Option<String>,
    /// The cursor of the last record: give it as `after` for the next page. Null on an empty page.
    end_cursor: Option<String>,
}

/// A record that lists are made of.
pub(super) trait Listed: Sized {
    /// A page of such a list.
    type Connection;

    /// Of a page of the store; `cursor` tells a record's place.
    fn connect(page: Page<Self>, cursor: impl Fn(&Self) -> String) -> Self::Connection;
}

/// A page of a list of these records.
pub(super) type Connection<N> = <N as Listed>::Connection;

macro_rules! connections {
    ($($node:ident: $connection:ident of $edge:ident;)*) => {$(
        /// A page of a list.
        #[derive(Debug, Clone, SimpleObject, AtHand)]
        pub struct $connection {
            /// The records of this page and their places in the list.
            edges: Records<$edge>,
            /// Whether there is more, and where to go on.
            page_info: Record<PageInfo>,
        }

        /// A record and its place in a list.
        #[derive(Debug, Clone, SimpleObject, AtHand)]
        pub struct $edge {
            /// Its place: what `after` and `before` take.
            cursor: String,
            /// The record.
            node: Record<$node>,
        }

        impl Listed for $node {
            type Connection = Record<$connection>;

            fn connect(page: Page<Self>, cursor: impl Fn(&Self) -> String) -> Record<$connection> {
                let (has_previous_page, has_next_page) = (page.has_previous, page.has_next);
                let edges: Vec<_> =
                    page.rows.into_iter().map(|node| $edge { cursor: cursor(&node), node: Record(node) }).collect();
                let page_info = PageInfo {
                    has_previous_page,
                    has_next_page,
                    start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                    end_cursor: edges.last().map(|edge| edge.cursor.clone()),
                };
                Record($connection { edges: Records(edges), page_info: Record(page_info) })
            }
        }
    )*};
}

connections! {
    Adjudication: AdjudicationConnection of AdjudicationEdge;
    AttachedFile: AttachedFileConnection of AttachedFileEdge;
    AttachmentReference: AttachmentReferenceConnection of AttachmentReferenceEdge;
    AuditEntry: AuditEntryConnection of AuditEntryEdge;
    Trace: TraceConnection of TraceEdge;
    Step: StepConnection of StepEdge;
    ChainGroup: ChainGroupConnection of ChainGroupEdge;
    ModelVersion: ModelVersionConnection of ModelVersionEdge;
    Verification: VerificationConnection of VerificationEdge;
    Claim: ClaimConnection of ClaimEdge;
    Consensus: ConsensusConnection of ConsensusEdge;
    Score: ScoreConnection of ScoreEdge;
    QuotePlace: QuotePlaceConnection of QuotePlaceEdge;
    Source: SourceConnection of SourceEdge;
    SourceCopy: SourceCopyConnection of SourceCopyEdge;
    SourceRetrieval: SourceRetrievalConnection of SourceRetrievalEdge;
    Fact: FactConnection of FactEdge;
    FactChange: FactChangeConnection of FactChangeEdge;
    FactConflict: FactConflictConnection of FactConflictEdge;
    Citation: CitationConnection of CitationEdge;
    Review: ReviewConnection of ReviewEdge;
    ReviewCycle: ReviewCycleConnection of ReviewCycleEdge;
    RewardFormula: RewardFormulaConnection of RewardFormulaEdge;
    WebhookEndpoint: WebhookEndpointConnection of WebhookEndpointEdge;
    GoldItem: GoldItemConnection of GoldItemEdge;
    Guideline: GuidelineConnection of GuidelineEdge;
    Expert: ExpertConnection of ExpertEdge;
    Feedback: FeedbackConnection of FeedbackEdge;
    Assignment: AssignmentConnection of AssignmentEdge;
    Example: ExampleConnection of ExampleEdge;
    EvaluationCase: EvaluationCaseConnection of EvaluationCaseEdge;
    Snapshot: SnapshotConnection of SnapshotEdge;
    SnapshotMember: SnapshotMemberConnection of SnapshotMemberEdge;
    CurationDecision: CurationDecisionConnection of CurationDecisionEdge;
    SnapshotRow: SnapshotRowConnection of SnapshotRowEdge;
    TrainingJob: TrainingJobConnection of TrainingJobEdge;
    JobEvent: JobEventConnection of JobEventEdge;
    Evaluation: EvaluationConnection of EvaluationEdge;
    Promotion: PromotionConnection of PromotionEdge;
    Batch: BatchConnection of BatchEdge;
    QuarantinedItem: QuarantinedItemConnection of QuarantinedItemEdge;
    Task: TaskConnection of TaskEdge;
    Key: KeyConnection of KeyEdge;
    Person: PersonConnection of PersonEdge;
    Project: ProjectConnection of ProjectEdge;
    LineageEdge: LineageConnection of LineageConnectionEdge;
}

/// A page of the store, as it is answered; `cursor` tells a record's place.
pub(super) fn connect<N: Listed>(page: Page<N>, cursor: impl Fn(&N) -> String) -> Connection<N> {
    N::connect(page, cursor)
}

/// Which page is asked for.
#[derive(Debug)]
pub(super) struct PageArgs {
    pub(super) first: Option<i32>,
    pub(super) last: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) before: Option<String>,
}

impl PageArgs {
    /// How many, and whether from the end.
    fn size(&self) -> Result<(i64, bool)> {
        let (name, size, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(invalid("last", "give first or last, not both")),
            (None, Some(last)) => ("last", last, true),
            (first, None) => ("first", first.unwrap_or(USUAL), false),
        };
        if !(0..=MOST).contains(&size) {
            return Err(invalid(name, &format!("give a number from 0 to {MOST}; for more, ask for the next page")));
        }
        Ok((size.into(), from_end))
    }

    /// A page of a list in the order of ids.
    pub(super) fn by_id<I: Id>(&self) -> Result<PageRequest> {
        let (size, from_end) = self.size()?;
        let place = |field, cursor: &Option<String>| {
            cursor.as_deref().map(|cursor| parse_id::<I>(field, cursor)).transpose().map(|id| id.map(Id::uuid))
        };
        let after = place("after", &self.after)?;
        Ok(PageRequest { size, after, before: place("before", &self.before)?, from_end })
    }

    /// A page of a list of several kinds of records, in the order of their ids.
    pub(super) fn by_any_id(&self) -> Result<PageRequest> {
        self.by(|cursor| cursor.parse().ok().map(|id: AnyId| id.uuid))
    }

    /// A page of a list in which everything has a place from 0.
    pub(super) fn by_place(&self) -> Result<OrdinalRequest> {
        let (size, from_end) = self.size()?;
        let place = |field, cursor: &Option<String>| {
            let number = cursor.as_deref().map(str::parse::<i32>).transpose();
            number.map_err(|_| invalid(field, "give a cursor of this list"))
        };
        let after = place("after", &self.after)?;
        Ok(OrdinalRequest { size, after, before: place("before", &self.before)?, from_end })
    }

    /// A page of a list whose places have a form of their own.
    pub(super) fn by<K>(&self, read: impl Fn(&str) -> Option<K>) -> Result<PageRequest<K>> {
        let (size, from_end) = self.size()?;
        let place = |field, cursor: &Option<String>| {
            let read = |cursor| read(cursor).ok_or_else(|| invalid(field, "give a cursor of this list"));
            cursor.as_deref().map(read).transpose()
        };
        let after = place("after", &self.after)?;
        Ok(PageRequest { size, after, before: place("before", &self.before)?, from_end })
    }
}
