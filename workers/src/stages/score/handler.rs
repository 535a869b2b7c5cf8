//! Reads what stands about a trace, and writes its score.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use atr_core::{
    domain::{
        adjudication::Decision,
        answer::Answer,
        citation::{Citation, CitationOrigin},
        flaw::Flaw,
        judgement::{Claim as ClaimRecord, Consensus, Score, ScoreInputs, Verification},
        lineage::{Edge, Relation},
        review::Review,
        reward_formula::Weighing,
        trace::{Step, Trace},
    },
    hash,
    ids::{ChainGroupId, FeedbackId, ModelVersionId, ReviewId, ScoreId, TraceId, VerificationId},
    queue::{Claim, Work},
    store::{Opinions, Tx},
};
use atr_reward::RewardModel;
use chrono::{DateTime, Utc};

use super::{
    appraise::{examine, finding, rate},
    flaws::{Evident, flaws, labelled},
    reward::{self, Cited, Terms},
};
use crate::{
    Context, StageError,
    stages::{
        derive::rules::{Settled, settle},
        verify::judge::Counts,
    },
};

/// How many traces one task of scoring all looks at.
const PAGE: i64 = 500;

/// Scores a batch of traces of one project, in one transaction.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    let Some(first) = claims.first() else { return Ok(()) };
    let mut tx = cx.store.begin_for(first).await?;
    let (mut traces, mut feedback) = (BTreeSet::new(), vec![]);
    for claim in claims {
        match claim.work {
            Work::ScoreTrace { trace } => {
                traces.insert(trace);
            }
            Work::ScoreAll { after } => score_all(&mut tx, after).await?,
            Work::WeighFeedback { feedback: one } => feedback.push(one),
            _ => {}
        }
    }
    traces.extend(weigh(&mut tx, &feedback).await?);
    let traces: Vec<TraceId> = traces.into_iter().collect();
    let about = About::read(cx, &mut tx, &traces).await?;
    let (now, ids) = (tx.now(), cx.store.ids().clone());
    // Logic and inference take the processor: off the threads that serve I/O.
    let scored = tokio::task::spawn_blocking(move || {
        traces.iter().filter_map(|trace| about.score(*trace, now, || ids.make())).collect::<Result<Vec<_>, _>>()
    })
    .await
    .map_err(|error| StageError::Lasting(error.to_string()))??;
    let (scores, flaws): (Vec<Score>, Vec<Vec<Flaw>>) = scored.into_iter().unzip();
    let edges: Vec<Edge> = scores.iter().flat_map(edges_of).collect();
    tx.insert_scores(&scores).await?;
    tx.insert_flaws(&flaws.concat()).await?;
    tx.note_lineage(&edges).await?;
    tx.succeed_all(claims).await?;
    Ok(tx.commit().await?)
}

/// Enqueues a page of traces to be scored, and the next page.
async fn score_all(tx: &mut Tx, after: Option<TraceId>) -> Result<(), StageError> {
    let page = tx.trace_ids_after(after, PAGE).await?;
    if page.len() as i64 == PAGE {
        tx.enqueue(Work::ScoreAll { after: page.last().copied() }).await?;
    }
    tx.enqueue_all(page.into_iter().map(|trace| Work::ScoreTrace { trace })).await?;
    Ok(())
}

/// The traces that feedback is about. What it is about and was not kept is put together once more, as far as its spans are
/// there: now something speaks for it.
async fn weigh(tx: &mut Tx, feedback: &[FeedbackId]) -> Result<Vec<TraceId>, StageError> {
    if feedback.is_empty() {
        return Ok(vec![]);
    }
    let there = tx.subjects_of_feedback(feedback).await?;
    let missing: Vec<FeedbackId> =
        feedback.iter().filter(|id| !there.iter().any(|(of, _)| of == *id)).copied().collect();
    let bad = tx.feedback_by_id(&missing).await?.into_iter().filter(|one| one.opinion.is_some_and(|said| said < 0.0));
    let spans: BTreeSet<_> = bad.filter_map(|one| one.subject.spans()).collect();
    let staged = tx.staged_traces(&spans.into_iter().collect::<Vec<_>>()).await?;
    tx.enqueue_all(staged.into_iter().map(|spans| Work::AssembleTrace { spans })).await?;
    Ok(there.into_iter().map(|(_, trace)| trace).collect())
}

fn edges_of(score: &Score) -> Vec<Edge> {
    let used = |to| Edge { from: score.id.into(), to, relation: Relation::Used };
    let inputs = score.inputs;
    let optional =
        [inputs.consensus.map(Into::into), inputs.review.map(Into::into), inputs.reward_model.map(Into::into)];
    [inputs.verification.into()].into_iter().chain(optional.into_iter().flatten()).map(used).collect()
}

/// What stands about the traces.
struct About {
    traces: HashMap<TraceId, Trace>,
    steps: HashMap<TraceId, Vec<Step>>,
    verified: HashMap<TraceId, Verification>,
    consensus: HashMap<ChainGroupId, Consensus>,
    reviews: HashMap<TraceId, Vec<Review>>,
    decided: HashMap<TraceId, Decision>,
    before: HashMap<TraceId, hash::Digest>,
    opinions: HashMap<TraceId, Opinions>,
    model: Option<(ModelVersionId, Arc<RewardModel>)>,
    claims: HashMap<VerificationId, Vec<ClaimRecord>>,
    cited: HashMap<VerificationId, Vec<Citation>>,
    weighing: Weighing,
}

impl About {
    async fn read(cx: &Context, tx: &mut Tx, ids: &[TraceId]) -> Result<Self, StageError> {
        let traces = tx.traces_by_id(ids).await?;
        let groups: BTreeSet<ChainGroupId> = traces.iter().filter_map(|trace| trace.group).collect();
        let groups: Vec<ChainGroupId> = groups.into_iter().collect();
        let mut steps: HashMap<TraceId, Vec<Step>> = HashMap::new();
        for step in tx.steps_of_traces(ids).await? {
            steps.entry(step.trace).or_default().push(step);
        }
        let mut reviews: HashMap<TraceId, Vec<Review>> = HashMap::new();
        for review in tx.latest_reviews_of_traces(ids).await? {
            reviews.entry(review.trace).or_default().push(review);
        }
        let decided = tx.decided_of_traces(ids).await?;
        let verified = tx.latest_verifications_of_traces(ids).await?;
        let runs: Vec<VerificationId> = verified.iter().map(|run| run.id).collect();
        let mut claims: HashMap<VerificationId, Vec<ClaimRecord>> = HashMap::new();
        for claim in tx.claims_of_verifications(&runs).await? {
            claims.entry(claim.verification).or_default().push(claim);
        }
        let mut cited: HashMap<VerificationId, Vec<Citation>> = HashMap::new();
        for citation in tx.citations_of_verifications(&runs).await? {
            if let CitationOrigin::Verification(run) = citation.origin {
                cited.entry(run).or_default().push(citation);
            }
        }
        let consensus = tx.latest_consensus_of_groups(&groups).await?;
        let before = tx.latest_scores_of_traces(ids).await?;
        Ok(Self {
            traces: traces.into_iter().map(|trace| (trace.id, trace)).collect(),
            steps,
            verified: verified.into_iter().map(|run| (run.trace, run)).collect(),
            consensus: consensus.into_iter().map(|found| (found.group, found)).collect(),
            reviews,
            decided,
            before: before.into_iter().map(|score| (score.trace, score.inputs_hash)).collect(),
            opinions: tx.opinions_of_traces(ids).await?,
            model: cx.reward_models.in_use(&cx.blobs, tx).await?,
            claims,
            cited,
            weighing: tx.weighing().await?,
        })
    }

    /// The score of a trace and its flaws; `None` if it is not verified yet or nothing has changed since it was scored.
    fn score(
        &self,
        id: TraceId,
        now: DateTime<Utc>,
        fresh: impl FnOnce() -> ScoreId,
    ) -> Option<Result<(Score, Vec<Flaw>), StageError>> {
        let trace = self.traces.get(&id)?;
        let run = self.verified.get(&id)?;
        let consensus = trace.group.and_then(|group| self.consensus.get(&group));
        let reviews = self.reviews.get(&id).map(Vec::as_slice).unwrap_or_default();
        let decided = self.decided.get(&id).map(|decided| decided.verdict);
        let settled = settle(decided, reviews.iter().map(|review| review.verdict.is_right()));
        // The newest of the reviews that say what is settled stands for them.
        let agrees = |review: &&Review| review.verdict.is_right().map(Settled::Verdict) == Some(settled);
        let review = reviews.iter().filter(agrees).map(|review| review.id).max();
        let inputs = ScoreInputs {
            verification: run.id,
            consensus: consensus.map(|found| found.id),
            review,
            reward_model: self.model.as_ref().map(|(model, _)| *model),
        };
        let Opinions { count, sum } = self.opinions.get(&id).copied().unwrap_or_default();
        let feedback = Terms::of_opinions(count, sum);
        // Of a review that settles nothing, the labels of flaws count all the same.
        let labelling: Vec<ReviewId> =
            reviews.iter().filter(|review| labelled(review).next().is_some()).map(|review| review.id).collect();
        let inputs_hash = hash::of_json(&(inputs, self.weighing, count, feedback, labelling));
        if self.before.get(&id) == Some(&inputs_hash) {
            return None;
        }
        let answer = Answer::of(trace, self.steps.get(&id).map(Vec::as_slice).unwrap_or_default());
        let logic = examine(&answer);
        let agreement = consensus.and_then(|found| found.agreement.get(&id).copied());
        let chains = consensus.and_then(|found| u32::try_from(found.chains).ok());
        let Verification { supported, contradicted, unverifiable, .. } = *run;
        let citations = self.cited.get(&run.id).map(Vec::as_slice).unwrap_or_default();
        let cited = Cited::of(citations.iter().map(|citation| (citation.kind, citation.state)));
        let (support, unverifiable) = Terms::of_counts(Counts { supported, contradicted, unverifiable }, cited);
        let terms = Terms {
            expert: match settled {
                Settled::Verdict(true) => Some(1.0),
                Settled::Verdict(false) => Some(-1.0),
                Settled::Open | Settled::Disagreement => None,
            },
            support,
            unverifiable,
            consistency: logic.consistency,
            citations: cited.term(),
            model: self.model.as_ref().map(|(_, model)| rate(model, &answer, agreement, chains)),
            feedback,
        };
        let parts = match reward::parts(&self.weighing.weights, terms) {
            Ok(parts) => parts,
            Err(error) => return Some(Err(StageError::Lasting(error.to_string()))),
        };
        let steps: Vec<&str> = answer.steps.iter().map(|step| step.text.as_str()).collect();
        let about = Evident {
            claims: self.claims.get(&run.id).map(Vec::as_slice).unwrap_or_default(),
            citations,
            findings: &logic.findings,
            reviews,
            steps: &steps,
        };
        let score = fresh();
        let flaws = flaws(score, id, about);
        let score = Score {
            id: score,
            trace: id,
            inputs,
            reward: reward::value(&parts),
            expert_term: terms.expert,
            support_term: terms.support,
            unverifiable_term: terms.unverifiable,
            consistency_term: terms.consistency,
            model_term: terms.model,
            feedback_term: terms.feedback,
            feedback_count: count,
            citation_term: terms.citations,
            weighing: self.weighing,
            first_suspect: logic.first_suspect.and_then(|at| i32::try_from(at).ok()),
            findings: logic.findings.into_iter().map(finding).collect(),
            inputs_hash,
            at: now,
        };
        Some(Ok((score, flaws)))
    }
}
