//! Consensus: the chains of a group compared and merged, by the rules in `verify::consensus`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use atr_core::{
    domain::{
        judgement::Consensus,
        lineage::{Edge, Relation},
        trace::Trace,
    },
    hash,
    ids::{ChainGroupId, TraceId},
    queue::{Claim, Work},
};

use crate::{
    Context, StageError,
    stages::verify::consensus::{ChainAnswer, merge},
};

/// Merges a batch of groups of one project, in one transaction.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    let Some(first) = claims.first() else { return Ok(()) };
    let mut tx = cx.store.begin_for(first).await?;
    let groups: BTreeSet<ChainGroupId> = claims
        .iter()
        .filter_map(|claim| match claim.work {
            Work::MergeChains { group } => Some(group),
            _ => None,
        })
        .collect();
    let groups: Vec<ChainGroupId> = groups.into_iter().collect();
    let before: HashMap<_, _> = tx
        .latest_consensus_of_groups(&groups)
        .await?
        .into_iter()
        .map(|found| (found.group, found.inputs_hash))
        .collect();
    let mut chains: BTreeMap<ChainGroupId, Vec<Trace>> = BTreeMap::new();
    for trace in tx.traces_of_groups(&groups).await? {
        if let Some(group) = trace.group {
            chains.entry(group).or_default().push(trace);
        }
    }
    let (mut changed, mut edges) = (Vec::new(), Vec::new());
    for (group, mut traces) in chains {
        traces.sort_by_key(|trace| trace.id);
        let inputs_hash = hash::of_json(&traces.iter().map(|trace| (trace.id, &trace.answer)).collect::<Vec<_>>());
        if before.get(&group) == Some(&inputs_hash) {
            continue;
        }
        let answers: Vec<ChainAnswer<'_>> = traces
            .iter()
            .map(|trace| ChainAnswer {
                answer: &trace.answer,
                mean_logprob: trace.signals.get("mean_logprob").copied(),
            })
            .collect();
        let merged = merge(&answers);
        let found = Consensus {
            id: tx.fresh(),
            group,
            agreed_answer: merged.answer.unwrap_or_default(),
            confidence: merged.confidence,
            chains: i32::try_from(traces.len()).unwrap_or(i32::MAX),
            agreement: traces.iter().map(|trace| trace.id).zip(merged.agreement).collect(),
            dissenters: merged.dissenters.iter().map(|at| traces[*at].id).collect(),
            inputs_hash,
            at: tx.now(),
        };
        tx.insert_consensus(&found).await?;
        edges.extend(traces.iter().map(|trace| Edge::new(found.id, Relation::WasDerivedFrom, trace.id)));
        changed.extend(traces.iter().map(|trace| trace.id));
    }
    tx.note_lineage(&edges).await?;
    // Those not yet verified are scored when they are.
    let verified: HashSet<TraceId> =
        tx.latest_verifications_of_traces(&changed).await?.into_iter().map(|run| run.trace).collect();
    changed.retain(|trace| verified.contains(trace));
    tx.enqueue_all(changed.into_iter().map(|trace| Work::ScoreTrace { trace })).await?;
    tx.succeed_all(claims).await?;
    Ok(tx.commit().await?)
}
