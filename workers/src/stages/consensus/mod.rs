//! Consensus: the chains of a group compared and merged, by the rules in `verify::consensus`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use atr_core::{
    domain::{
        answer::Answer,
        judgement::{Consensus, Divergence, Verification},
        lineage::{Edge, Relation},
        trace::{Step, Trace},
    },
    hash,
    ids::{ChainGroupId, ModelVersionId, TraceId},
    queue::{Claim, Work},
    store::{ModelRecord, StoreError, Tx},
};

use crate::{
    Context, StageError,
    stages::verify::{
        consensus::{self, Chain, Record, Verdicts},
        judge::Counts,
    },
};

/// A model's record is told by so many of the newest judgements.
const JUDGED: i64 = 2_000;

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
    let mut waiting = Vec::new();
    for (group, mut traces) in chains {
        traces.sort_by_key(|trace| trace.id);
        let inputs_hash = hash::of_json(&traces.iter().map(|trace| (trace.id, &trace.answer)).collect::<Vec<_>>());
        if before.get(&group) != Some(&inputs_hash) {
            waiting.push((group, traces, inputs_hash));
        }
    }
    let known = Known::read(&mut tx, waiting.iter().flat_map(|(_, traces, _)| traces)).await?;
    // The rules take the processor: off the threads that serve I/O.
    let merged = tokio::task::spawn_blocking(move || {
        let merged = waiting.into_iter().map(|(group, traces, inputs_hash)| {
            let merged = known.merge(&traces);
            (group, traces, inputs_hash, merged)
        });
        merged.collect::<Vec<_>>()
    })
    .await
    .map_err(|error| StageError::Lasting(error.to_string()))?;
    let (mut changed, mut edges) = (Vec::new(), Vec::new());
    for (group, traces, inputs_hash, merged) in merged {
        let of_trace = |at: &usize| traces[*at].id;
        let divergences = merged.divergences.into_iter().map(|parts| divergence(parts, of_trace)).collect();
        let found = Consensus {
            id: tx.fresh(),
            group,
            agreed_answer: merged.answer.unwrap_or_default(),
            confidence: merged.confidence,
            chains: i32::try_from(traces.len()).unwrap_or(i32::MAX),
            agreement: traces.iter().map(|trace| trace.id).zip(merged.agreement).collect(),
            dissenters: merged.dissenters.iter().map(of_trace).collect(),
            entropy: Some(merged.entropy),
            representative: merged.representative.as_ref().map(of_trace),
            confidences: traces.iter().map(|trace| trace.id).zip(merged.confidences).collect(),
            divergences,
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

/// How often each model was right, by the newest judgements of experts.
///
/// # Errors
/// If the database is out of reach.
pub async fn records(tx: &mut Tx) -> Result<HashMap<ModelVersionId, Record>, StoreError> {
    let count = |answers: i64| u32::try_from(answers).unwrap_or(u32::MAX);
    let record = |of: ModelRecord| (of.model, Record { right: count(of.right), judged: count(of.judged) });
    Ok(tx.model_records(JUDGED).await?.into_iter().map(record).collect())
}

fn divergence(found: consensus::Divergence, of_trace: impl Fn(&usize) -> TraceId) -> Divergence {
    let place = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
    Divergence {
        trace: of_trace(&found.chain),
        step: found.step.map(place),
        representative_step: found.representative_step.map(place),
        parting: found.parting,
        reason: found.reason,
    }
}

/// What is known of chains beside what they say.
struct Known {
    steps: HashMap<TraceId, Vec<Step>>,
    verified: HashMap<TraceId, Verification>,
    records: HashMap<ModelVersionId, Record>,
}

impl Known {
    async fn read(tx: &mut Tx, traces: impl Iterator<Item = &Trace>) -> Result<Self, StageError> {
        let ids: Vec<TraceId> = traces.map(|trace| trace.id).collect();
        if ids.is_empty() {
            return Ok(Self { steps: HashMap::new(), verified: HashMap::new(), records: HashMap::new() });
        }
        let mut steps: HashMap<TraceId, Vec<Step>> = HashMap::new();
        for step in tx.steps_of_traces(&ids).await? {
            steps.entry(step.trace).or_default().push(step);
        }
        let verified = tx.latest_verifications_of_traces(&ids).await?;
        let verified = verified.into_iter().map(|run| (run.trace, run)).collect();
        Ok(Self { steps, verified, records: records(tx).await? })
    }

    /// Chains of one group, merged.
    fn merge(&self, traces: &[Trace]) -> consensus::Consensus {
        let steps = |trace: &Trace| self.steps.get(&trace.id).map(Vec::as_slice).unwrap_or_default();
        let answers: Vec<Answer> = traces.iter().map(|trace| Answer::of(trace, steps(trace))).collect();
        let counts = |trace: &Trace| {
            let Verification { supported, contradicted, unverifiable, .. } = *self.verified.get(&trace.id)?;
            Some(Counts { supported, contradicted, unverifiable })
        };
        let counts: Vec<Option<Counts>> = traces.iter().map(counts).collect();
        let records: Vec<Option<Record>> = traces.iter().map(|trace| self.records.get(&trace.model).copied()).collect();
        merge(&answers, &counts, &records)
    }
}

/// Merges chains for one query: each with what the facts say of its claims and how often its model was right, where that is
/// known.
pub fn merge(answers: &[Answer], counts: &[Option<Counts>], records: &[Option<Record>]) -> consensus::Consensus {
    let steps: Vec<Vec<&str>> =
        answers.iter().map(|answer| answer.steps.iter().map(|step| step.text.as_str()).collect()).collect();
    let claims = |count: i32| u32::try_from(count).unwrap_or(0);
    let chains: Vec<Chain<'_>> = answers
        .iter()
        .zip(&steps)
        .zip(counts)
        .zip(records)
        .map(|(((answer, steps), counts), record)| Chain {
            answer: &answer.answer,
            steps,
            mean_logprob: answer.signals.get("mean_logprob").copied(),
            verdicts: counts.map(|counts| Verdicts {
                supported: claims(counts.supported),
                contradicted: claims(counts.contradicted),
            }),
            record: *record,
        })
        .collect();
    consensus::merge(answers.first().map_or("", |answer| answer.query.as_str()), &chains)
}
