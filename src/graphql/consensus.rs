//! What chains of reasoning for one query agree on.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::judgement,
    ids::{ChainGroupId, ConsensusId, TraceId},
};
use chrono::{DateTime, Utc};

use super::{
    chain_group::ChainGroup,
    fault::OrFault,
    loading::{found, many, maybe, one},
    paging::{Connection, PageArgs, connect},
    scalars::{IntoId, maybe_id},
    session::reading,
    trace::Trace,
    words::Parting,
};

/// What the chains of a group agree on.
#[derive(Debug, Clone)]
pub struct Consensus(pub(super) judgement::Consensus);

/// What the chains of a group agree on.
#[at_hand]
#[Object]
impl Consensus {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The group.
    async fn group(&self, ctx: &Context<'_>) -> Result<ChainGroup> {
        one(ctx, self.0.group).await
    }

    /// The likeliest answer of those that chains give; empty where none answered.
    async fn agreed_answer(&self) -> &str {
        &self.0.agreed_answer
    }

    /// The chance that it is right, as far as the chains and their models' records tell, 0 to 1.
    async fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// How many chains were compared.
    async fn chains(&self) -> i32 {
        self.0.chains
    }

    /// Traces that give another answer.
    async fn dissenters(&self, ctx: &Context<'_>) -> Result<Vec<Trace>> {
        many(ctx, &self.0.dissenters).await
    }

    /// How far the vote is spread over the answers: the entropy of their shares, in nats, 0 where all give one; null where it was not
    /// kept yet.
    async fn entropy(&self) -> Option<f64> {
        self.0.entropy
    }

    /// The trace whose chain stands for the agreed answer; null where none answered.
    async fn representative(&self, ctx: &Context<'_>) -> Result<Option<Trace>> {
        maybe(ctx, self.0.representative).await
    }

    /// For each trace the chance that its answer is right.
    async fn confidences(&self) -> Vec<ChainConfidence> {
        let confidence = |(trace, confidence): (&TraceId, &f64)| ChainConfidence {
            trace_id: trace.into_id(),
            confidence: *confidence,
        };
        self.0.confidences.iter().map(confidence).collect()
    }

    /// Where each dissenter that answered parts ways with the representative.
    async fn divergences(&self) -> Vec<Divergence> {
        self.0.divergences.iter().map(Into::into).collect()
    }

    /// BLAKE3 of the chains compared.
    async fn inputs_hash(&self) -> String {
        self.0.inputs_hash.to_hex().to_string()
    }

    /// When they were compared.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// For each trace the share of the chains that give its answer.
    async fn agreement(&self) -> Vec<Agreement> {
        self.0.agreement.iter().map(|(trace, share)| Agreement { trace_id: trace.into_id(), share: *share }).collect()
    }
}

/// How many chains give one trace's answer.
#[derive(Debug, Clone, SimpleObject)]
pub struct Agreement {
    /// The trace.
    trace_id: ID,
    /// The share of the chains, 0 to 1.
    share: f64,
}

/// How likely one trace's answer is right.
#[derive(Debug, Clone, SimpleObject)]
pub struct ChainConfidence {
    /// The trace.
    trace_id: ID,
    /// The chance, 0 to 1; 0 where it has no answer.
    confidence: f64,
}

/// Where and how a dissenter parts ways with the representative.
#[derive(Debug, Clone, SimpleObject)]
pub struct Divergence {
    /// The dissenter.
    trace_id: ID,
    /// Its first step that parts, by its place from 0; null where it has no step left.
    step: Option<i32>,
    /// The representative's step against it; null where that has none left.
    representative_step: Option<i32>,
    /// How they part.
    parting: Parting,
    /// Why, in words.
    reason: String,
}

impl From<&judgement::Divergence> for Divergence {
    fn from(found: &judgement::Divergence) -> Self {
        Self {
            trace_id: found.trace.into_id(),
            step: found.step,
            representative_step: found.representative_step,
            parting: found.parting.into(),
            reason: found.reason.clone(),
        }
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ConsensusQuery;

#[Object]
impl ConsensusQuery {
    /// A consensus by its id; null if this project has none of that id.
    async fn consensus(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Consensus>> {
        found::<ConsensusId, _>(ctx, &id).await
    }

    /// Comparisons of chains, newest first.
    async fn consensuses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this group of chains.")] group: Option<ID>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Consensus>> {
        let page = PageArgs { first, last, after, before }.by_id::<ConsensusId>()?;
        let group = maybe_id::<ChainGroupId>("group", group.as_ref())?;
        let mut tx = reading(ctx).await?;
        let page = tx.consensuses(group, page).await.or_fault()?;
        Ok(connect(page.map(Consensus), |record| record.0.id.to_string()))
    }
}
