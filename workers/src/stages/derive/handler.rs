//! Reads a review and its trace, and writes what they yield.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::{
        evaluation::EvaluationCase,
        example::Example,
        lineage::{Edge, Relation},
        review::Review,
        trace::{Step, Trace},
    },
    hash,
    ids::{AnyId, ChainGroupId, ReviewId, TraceId},
    queue::{Claim, Work},
    store::Tx,
};

use super::rules::{self, Chains, Correction, Settled, VERSION};
use crate::{Context, StageError};

/// Derives a batch of reviews of one project, in one transaction.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    let Some(first) = claims.first() else { return Ok(()) };
    let mut tx = cx.store.begin_for(first).await?;
    let wanted: BTreeSet<ReviewId> = claims
        .iter()
        .filter_map(|claim| match claim.work {
            Work::DeriveReview { review } => Some(review),
            _ => None,
        })
        .collect();
    let reviews = tx.reviews_by_id(&wanted.into_iter().collect::<Vec<_>>()).await?;
    let around = Around::read(&mut tx, &reviews).await?;
    let (mut examples, mut cases) = (Vec::new(), Vec::new());
    for review in &reviews {
        let Some(trace) = around.traces.get(&review.trace) else { continue };
        // A revision that was overtaken, and a trace on which experts disagree, yield nothing.
        if !around.is_newest(review) || review.verdict.is_right().is_none() {
            continue;
        }
        let Settled::Verdict(right) = around.settled(trace.id) else { continue };
        let steps = around.steps.get(&trace.id).map(Vec::as_slice).unwrap_or_default();
        let judged = rules::judged(trace, steps, around.chains(trace), right);
        let correction = Correction {
            answer: review.corrected_answer.as_deref(),
            steps: review.corrected_steps.as_deref(),
            suspect_step: review.suspect_step,
            right_chain: around.right_chain(trace),
        };
        let yielded = rules::derive(trace, steps, right, correction, &judged);
        for (format, content) in yielded.examples {
            let example = Example {
                id: tx.fresh(),
                review: review.id,
                trace: trace.id,
                format,
                content_hash: hash::of_json(&content),
                content,
                rules_version: VERSION.to_owned(),
                at: tx.now(),
            };
            examples.push(example);
        }
        if let Some(purpose) = yielded.case {
            cases.push(EvaluationCase {
                id: tx.fresh(),
                review: review.id,
                trace: trace.id,
                purpose,
                group_key: judged.group.clone(),
                answer_is_right: right,
                content: judged,
                at: tx.now(),
            });
        }
    }
    // Deriving a review again writes nothing twice: review and format are a key, and a review has one case.
    let stored: BTreeSet<_> = tx.insert_examples(&examples).await?.into_iter().collect();
    let kept: BTreeSet<_> = tx.insert_evaluation_cases(&cases).await?.into_iter().collect();
    let examples = examples.iter().filter(|example| stored.contains(&example.id));
    let cases = cases.iter().filter(|case| kept.contains(&case.id));
    let edges: Vec<Edge> = examples
        .map(|example| (AnyId::from(example.id), example.review, example.trace))
        .chain(cases.map(|case| (case.id.into(), case.review, case.trace)))
        .flat_map(|(made, review, trace)| {
            [Edge::new(made, Relation::WasDerivedFrom, review), Edge::new(made, Relation::WasDerivedFrom, trace)]
        })
        .collect();
    tx.note_lineage(&edges).await?;
    tx.succeed_all(claims).await?;
    Ok(tx.commit().await?)
}

/// What stands around the reviews.
struct Around {
    traces: HashMap<TraceId, Trace>,
    steps: HashMap<TraceId, Vec<Step>>,
    newest: HashMap<TraceId, Vec<Review>>,
    groups: HashMap<ChainGroupId, (String, Vec<Trace>)>,
    consensus: HashMap<ChainGroupId, atr_core::domain::judgement::Consensus>,
}

impl Around {
    async fn read(tx: &mut Tx, reviews: &[Review]) -> Result<Self, StageError> {
        let ids: BTreeSet<TraceId> = reviews.iter().map(|review| review.trace).collect();
        let ids: Vec<TraceId> = ids.into_iter().collect();
        let traces = tx.traces_by_id(&ids).await?;
        let group_ids: BTreeSet<ChainGroupId> = traces.iter().filter_map(|trace| trace.group).collect();
        let group_ids: Vec<ChainGroupId> = group_ids.into_iter().collect();
        let mut steps: HashMap<TraceId, Vec<Step>> = HashMap::new();
        for step in tx.steps_of_traces(&ids).await? {
            steps.entry(step.trace).or_default().push(step);
        }
        let mut groups: HashMap<ChainGroupId, (String, Vec<Trace>)> =
            tx.chain_groups_by_id(&group_ids).await?.into_iter().map(|group| (group.id, (group.key, vec![]))).collect();
        let siblings = tx.traces_of_groups(&group_ids).await?;
        let judged: BTreeSet<TraceId> = siblings.iter().map(|trace| trace.id).chain(ids).collect();
        for trace in siblings {
            if let Some((_, chains)) = trace.group.and_then(|group| groups.get_mut(&group)) {
                chains.push(trace);
            }
        }
        let mut newest: HashMap<TraceId, Vec<Review>> = HashMap::new();
        for review in tx.latest_reviews_of_traces(&judged.into_iter().collect::<Vec<_>>()).await? {
            newest.entry(review.trace).or_default().push(review);
        }
        let consensus = tx.latest_consensus_of_groups(&group_ids).await?;
        Ok(Self {
            traces: traces.into_iter().map(|trace| (trace.id, trace)).collect(),
            steps,
            newest,
            groups,
            consensus: consensus.into_iter().map(|found| (found.group, found)).collect(),
        })
    }

    fn is_newest(&self, review: &Review) -> bool {
        self.newest.get(&review.trace).is_some_and(|all| all.iter().any(|newest| newest.id == review.id))
    }

    fn settled(&self, trace: TraceId) -> Settled {
        rules::settle(self.newest.get(&trace).into_iter().flatten().map(|review| review.verdict.is_right()))
    }

    fn chains(&self, trace: &Trace) -> Chains<'_> {
        let Some(group) = trace.group else { return Chains::default() };
        let found = self.consensus.get(&group);
        Chains {
            group: self.groups.get(&group).map(|(key, _)| key.as_str()),
            agreement: found.and_then(|found| found.agreement.get(&trace.id).copied()),
            count: found.and_then(|found| u32::try_from(found.chains).ok()),
        }
    }

    /// The answer of the first other chain of the group that experts find right.
    fn right_chain(&self, trace: &Trace) -> Option<&str> {
        let (_, chains) = self.groups.get(&trace.group?)?;
        chains
            .iter()
            .find(|other| other.id != trace.id && self.settled(other.id) == Settled::Verdict(true))
            .map(|other| other.answer.as_str())
    }
}
