//! Comparing chains of reasoning before one of them is answered.

use async_graphql::{Context, Json, Object, Result, SimpleObject};
use atr_core::domain::new_trace::NewTrace;
use atr_workers::stages::verify::{consensus, judge::Counts};
use serde_json::Value;

use super::{
    payload,
    record::{BatchResult, parse},
};
use crate::{
    app::{AppError, answers},
    graphql::{session::session, words::Parting},
};

/// What chains of reasoning for one query say together.
#[derive(Debug, SimpleObject)]
pub struct ChainComparison {
    /// The likeliest answer, as the chain that stands for it gave it; null where none answered.
    agreed_answer: Option<String>,
    /// The chance that it is right, as far as the chains, the facts and the models' records tell, 0 to 1.
    confidence: f64,
    /// How far the vote is spread over the answers: the entropy of their shares, in nats, 0 where all give one.
    entropy: f64,
    /// The place of the chain that stands for the agreed answer; null where none answered.
    representative: Option<u64>,
    /// The chains, in the order they were sent.
    chains: Vec<ComparedChain>,
    /// What became of the chains as traces; null where the agreed answer is sure enough, and nothing was stored.
    recorded: Option<BatchResult>,
}

/// One of the chains that were compared.
#[derive(Debug, SimpleObject)]
pub struct ComparedChain {
    /// Whether it gives another answer than the agreed one, or none.
    dissents: bool,
    /// The share of all chains that give its answer, itself included; 0 where it has none.
    agreement: f64,
    /// The chance that its answer is right, 0 to 1; 0 where it has none.
    confidence: f64,
    /// Claims that a fact supports.
    supported: i32,
    /// Claims that a fact contradicts.
    contradicted: i32,
    /// Claims that no fact decides.
    unverifiable: i32,
    /// Where it parts ways with the chain that stands for the agreed answer; null where it does not.
    divergence: Option<ChainDivergence>,
}

/// Where and how a chain parts ways with the one that stands for the agreed answer.
#[derive(Debug, SimpleObject)]
pub struct ChainDivergence {
    /// Its first step that parts, by its place from 0; null where it has no step left.
    step: Option<u64>,
    /// The other chain's step against it; null where that has none left.
    representative_step: Option<u64>,
    /// How they part.
    parting: Parting,
    /// Why, in words.
    reason: String,
}

impl From<consensus::Divergence> for ChainDivergence {
    fn from(found: consensus::Divergence) -> Self {
        Self {
            step: found.step.map(|at| at as u64),
            representative_step: found.representative_step.map(|at| at as u64),
            parting: found.parting.into(),
            reason: found.reason,
        }
    }
}

impl From<answers::Compared> for ChainComparison {
    fn from(answers::Compared { consensus, counts, recorded }: answers::Compared) -> Self {
        let mut chains: Vec<ComparedChain> = counts
            .into_iter()
            .enumerate()
            .map(|(at, Counts { supported, contradicted, unverifiable })| ComparedChain {
                dissents: consensus.dissenters.contains(&at),
                agreement: consensus.agreement[at],
                confidence: consensus.confidences[at],
                supported,
                contradicted,
                unverifiable,
                divergence: None,
            })
            .collect();
        for found in consensus.divergences {
            let at = found.chain;
            chains[at].divergence = Some(found.into());
        }
        Self {
            agreed_answer: consensus.answer,
            confidence: consensus.confidence,
            entropy: consensus.entropy,
            representative: consensus.representative.map(|at| at as u64),
            chains,
            recorded: recorded.map(Into::into),
        }
    }
}

payload! {
    /// What chains say together.
    CompareChainsPayload {
        /// What they say together.
        comparison: ChainComparison
    }
}

/// Mutations by which a serving stack asks before it answers.
#[derive(Debug, Default)]
pub struct CompareMutation;

#[Object]
impl CompareMutation {
    /// Compares 2 to 64 chains of reasoning for one query: the likeliest answer, how sure it is, and where chains part ways; with
    /// their claims held against the facts, and their models' records. An answer that is not sure enough becomes an error trace by
    /// itself: all chains are stored as traces of one group. For senders.
    async fn compare_chains(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The chains: objects of the same form as the lines of POST /v1/ingest/traces, with the same `query`."
        )]
        chains: Vec<Json<Value>>,
        #[graphql(
            desc = "Below which chance that the agreed answer is right the chains are stored, 0 to 1; 0 stores none.",
            default = 0.5
        )]
        record_below: f64,
    ) -> Result<CompareChainsPayload> {
        let session = session(ctx)?;
        let read = |chains: Vec<Result<NewTrace, _>>| {
            let whole = chains.into_iter().enumerate().map(|(at, chain)| {
                chain.map_err(|refused: atr_core::domain::Rejection| refused.within(&format!("chains[{at}]")))
            });
            whole.collect::<Result<Vec<_>, _>>().map_err(AppError::from)
        };
        let outcome = match parse(&chains, NewTrace::parse).and_then(read) {
            Ok(chains) => answers::compare(&session.app, &session.actor, chains, record_below).await,
            Err(refusal) => Err(refusal),
        };
        CompareChainsPayload::of(outcome, Into::into)
    }
}
