//! Reads a review and its trace, and writes what they yield.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::{
        adjudication::Decision,
        evaluation::EvaluationCase,
        example::{Example, ExampleFormat},
        lineage::{Edge, Relation},
        review::Review,
        trace::{Step, Trace},
    },
    hash,
    ids::{AnyId, ChainGroupId, ReviewId, TraceId},
    queue::{Claim, Work},
    store::Tx,
};

use super::rules::{self, Chains, Correction, RightChain, Settled, VERSION};
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
    let mut disagreements: BTreeMap<TraceId, Vec<ReviewId>> = BTreeMap::new();
    for review in &reviews {
        let Some(trace) = around.traces.get(&review.trace) else { continue };
        // A revision that was overtaken yields nothing, and what experts are measured by is trained on never.
        if !around.is_newest(review) || review.verdict.is_right().is_none() || around.gold.contains(&trace.id) {
            continue;
        }
        let right = match around.settled(trace.id) {
            Settled::Verdict(right) => right,
            Settled::Disagreement => {
                disagreements.insert(trace.id, around.judgements(trace.id));
                continue;
            }
            Settled::Open => continue,
        };
        // Where someone decided, who found otherwise corrects nothing.
        if review.verdict.is_right() != Some(right) {
            continue;
        }
        let steps = around.steps(trace.id);
        let right_chain = around.right_chain(trace);
        let judged = rules::judged(trace, steps, around.chains(trace), right);
        let correction = Correction {
            answer: review.corrected_answer.as_deref(),
            steps: review.corrected_steps.as_deref(),
            suspect_step: around.suspect_step(review),
            right_chain: right_chain
                .map(|(chain, _)| RightChain { steps: around.steps(chain.id), answer: &chain.answer }),
        };
        let yielded = rules::derive(trace, steps, right, correction, &judged);
        for (format, content) in yielded.examples {
            let by_chain = format == ExampleFormat::Preference && yielded.chain_is_chosen;
            let chosen = right_chain.filter(|_| by_chain).map(|(chain, found)| (chain.id, found.id));
            let example = Example {
                id: tx.fresh(),
                review: review.id,
                trace: trace.id,
                chosen,
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
        .flat_map(|example| {
            let judged = [(example.trace, example.review)].into_iter().chain(example.chosen);
            judged.map(|from| (AnyId::from(example.id), from))
        })
        .chain(cases.map(|case| (case.id.into(), (case.trace, case.review))))
        .flat_map(|(made, (trace, review))| {
            [Edge::new(made, Relation::WasDerivedFrom, review), Edge::new(made, Relation::WasDerivedFrom, trace)]
        })
        .collect();
    tx.note_lineage(&edges).await?;
    tx.open_adjudications(&disagreements.into_iter().collect::<Vec<_>>()).await?;
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
    gold: BTreeSet<TraceId>,
    decided: HashMap<TraceId, Decision>,
}

impl Around {
    async fn read(tx: &mut Tx, reviews: &[Review]) -> Result<Self, StageError> {
        let ids: BTreeSet<TraceId> = reviews.iter().map(|review| review.trace).collect();
        let ids: Vec<TraceId> = ids.into_iter().collect();
        let traces = tx.traces_by_id(&ids).await?;
        let group_ids: BTreeSet<ChainGroupId> = traces.iter().filter_map(|trace| trace.group).collect();
        let group_ids: Vec<ChainGroupId> = group_ids.into_iter().collect();
        let mut groups: HashMap<ChainGroupId, (String, Vec<Trace>)> =
            tx.chain_groups_by_id(&group_ids).await?.into_iter().map(|group| (group.id, (group.key, vec![]))).collect();
        let siblings = tx.traces_of_groups(&group_ids).await?;
        let judged: BTreeSet<TraceId> = siblings.iter().map(|trace| trace.id).chain(ids).collect();
        let judged: Vec<TraceId> = judged.into_iter().collect();
        let mut steps: HashMap<TraceId, Vec<Step>> = HashMap::new();
        for step in tx.steps_of_traces(&judged).await? {
            steps.entry(step.trace).or_default().push(step);
        }
        for trace in siblings {
            if let Some((_, chains)) = trace.group.and_then(|group| groups.get_mut(&group)) {
                chains.push(trace);
            }
        }
        let mut newest: HashMap<TraceId, Vec<Review>> = HashMap::new();
        for review in tx.latest_reviews_of_traces(&judged).await? {
            newest.entry(review.trace).or_default().push(review);
        }
        let consensus = tx.latest_consensus_of_groups(&group_ids).await?;
        let gold = tx.gold_of_traces(&judged).await?.into_iter().map(|item| item.trace).collect();
        let decided = tx.decided_of_traces(&judged).await?;
        Ok(Self {
            traces: traces.into_iter().map(|trace| (trace.id, trace)).collect(),
            steps,
            newest,
            groups,
            consensus: consensus.into_iter().map(|found| (found.group, found)).collect(),
            gold,
            decided,
        })
    }

    fn is_newest(&self, review: &Review) -> bool {
        self.newest.get(&review.trace).is_some_and(|all| all.iter().any(|newest| newest.id == review.id))
    }

    /// The first flawed step: as decided where someone did, else as the review says.
    fn suspect_step(&self, review: &Review) -> Option<i32> {
        self.decided.get(&review.trace).and_then(|decided| decided.suspect_step).or(review.suspect_step)
    }

    /// The reviews of a trace that find it right or wrong.
    fn judgements(&self, trace: TraceId) -> Vec<ReviewId> {
        let all = self.newest.get(&trace).into_iter().flatten();
        all.filter(|review| review.verdict.is_right().is_some()).map(|review| review.id).collect()
    }

    /// What is settled of a trace: what was decided where experts disagreed, else what all of them say.
    fn settled(&self, trace: TraceId) -> Settled {
        let decided = self.decided.get(&trace).map(|decided| decided.verdict);
        rules::settle(decided, self.newest.get(&trace).into_iter().flatten().map(|review| review.verdict.is_right()))
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

    fn steps(&self, trace: TraceId) -> &[Step] {
        self.steps.get(&trace).map(Vec::as_slice).unwrap_or_default()
    }

    /// Another chain of the group that experts find right, and a review that says so: the first in which nobody found a
    /// flawed step, one with reasoning if there is any.
    fn right_chain(&self, trace: &Trace) -> Option<(&Trace, &Review)> {
        let (_, chains) = self.groups.get(&trace.group?)?;
        let right = chains.iter().filter_map(|other| {
            let reviews = self.newest.get(&other.id)?;
            let sound = reviews.iter().all(|review| review.suspect_step.is_none());
            let right = other.id != trace.id && sound && self.settled(other.id) == Settled::Verdict(true);
            let found = reviews.iter().find(|review| review.verdict.is_right() == Some(true))?;
            right.then_some((other, found))
        });
        right.min_by_key(|(other, _)| (self.steps(other.id).is_empty(), other.id))
    }
}
