//! Evaluates the model of a job.

use std::collections::{BTreeSet, HashSet};

use atr_core::{
    domain::{
        evaluation::{CasePurpose, EvaluationCase, NewEvaluation},
        example::Judged,
        lineage::{Edge, Relation},
    },
    hash::Digest,
    ids::SnapshotId,
    queue::{Claim, Work},
    store::Tx,
};
use atr_reward::{Candidate, RewardModel, Signals};
use serde_json::json;

use super::measure::{self, Mistake, Rated};
use crate::{Context, StageError, reward_models::load};

/// Seed of the bootstrap: the same for every evaluation, so that two of them differ by their models alone.
const SEED: u64 = 1;
/// Edges that are written in one statement.
const WRITTEN_AT_ONCE: usize = 1000;

/// Evaluates the model that the job of a claim made. The cases are those that count at one moment; their ids are kept
/// as lineage and their content by its hash.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    let Work::EvaluateJob { job: id } = claim.work else {
        return Err(StageError::Lasting(format!("evaluate does not do {:?}", claim.work)));
    };
    let mut tx = cx.store.begin_frozen(claim.project).await?;
    let job = tx.job(id).await?.ok_or_else(|| StageError::Lasting(format!("there is no job {id}")))?;
    let made = job.produced_model.ok_or_else(|| StageError::Lasting(format!("the job {id} made no model")))?;
    let model = tx.models_by_id(&[made]).await?.pop();
    let model = model.ok_or_else(|| StageError::Lasting(format!("the model {made} is gone")))?;
    // A model is not held against itself.
    let before = tx.model_in_use().await?.filter(|in_use| in_use.id != made);
    let mut trained_on = vec![job.asked.snapshot];
    if let Some(job) = before.as_ref().and_then(|before| before.job) {
        trained_on.extend(tx.job(job).await?.map(|job| job.asked.snapshot));
    }
    let mut held_out = untouched(&mut tx, &trained_on).await?;
    let mut regressions = tx.standing_cases(CasePurpose::Regression).await?;
    tx.rollback().await?;
    // By content, not by id: the same cases give the same intervals in every installation.
    for cases in [&mut held_out, &mut regressions] {
        cases.sort_by_cached_key(|case| (case.group_key.clone(), atr_core::hash::of_json(&case.content).to_hex()));
    }

    let judges = (
        load(&cx.blobs, &model).await?,
        match &before {
            Some(before) => Some(load(&cx.blobs, before).await?),
            None => None,
        },
    );
    let cases_hash = hash(&held_out);
    let measuring = (held_out.clone(), regressions.clone());
    let rated = tokio::task::spawn_blocking(move || rate(&judges.0, judges.1.as_ref(), &measuring.0, &measuring.1));
    let (cases, mistakes) = rated.await.map_err(broke_down)?;
    let questions = measure::questions(&cases);
    let measuring = tokio::task::spawn_blocking(move || measure::measure(&cases, &mistakes, SEED));
    let measures = measuring.await.map_err(broke_down)?;

    let whole = |number: usize| i32::try_from(number).map_err(|_| StageError::Lasting("too many cases".to_owned()));
    let new = NewEvaluation {
        model: made,
        baseline_model: before.as_ref().map(|model| model.id),
        job: Some(id),
        cases: whole(held_out.len())?,
        questions: whole(questions)?,
        cases_hash,
        seed: SEED.cast_signed(),
        measures,
    };
    let mut tx = cx.store.begin_for(claim).await?;
    let evaluation = tx.add_evaluation(&new).await?;
    let mut edges = vec![Edge::new(evaluation, Relation::Used, made)];
    edges.extend(before.map(|before| Edge::new(evaluation, Relation::Used, before.id)));
    let used = held_out.iter().chain(&regressions);
    edges.extend(used.map(|case| Edge::new(evaluation, Relation::Used, case.id)));
    for edges in edges.chunks(WRITTEN_AT_ONCE) {
        tx.note_lineage(edges).await?;
    }
    tx.enqueue(Work::DecidePromotion { evaluation }).await?;
    tx.succeed(claim).await?;
    Ok(tx.commit().await?)
}

fn broke_down(panicked: tokio::task::JoinError) -> StageError {
    StageError::Lasting(format!("measuring broke down: {panicked}"))
}

/// The held-out cases whose question was in no snapshot that either judge was trained on.
async fn untouched(tx: &mut Tx, trained_on: &[SnapshotId]) -> Result<Vec<EvaluationCase>, StageError> {
    let mut cases = tx.standing_cases(CasePurpose::HeldOut).await?;
    let questions: BTreeSet<String> = cases.iter().map(|case| case.group_key.clone()).collect();
    let questions: Vec<String> = questions.into_iter().collect();
    let touched: HashSet<String> = tx.questions_trained_on(trained_on, &questions).await?.into_iter().collect();
    if !touched.is_empty() {
        tracing::warn!(questions = touched.len(), "held-out questions that were trained on are left out");
        cases.retain(|case| !touched.contains(&case.group_key));
    }
    Ok(cases)
}

fn candidate(judged: &Judged) -> Candidate<'_> {
    Candidate {
        question: &judged.prompt,
        answer: &judged.completion,
        steps: &judged.steps,
        domain: &judged.domain,
        signals: Signals {
            mean_logprob: judged.mean_logprob,
            min_logprob: judged.min_logprob,
            agreement: judged.agreement,
            chains: judged.chains,
        },
    }
}

fn rate(
    model: &RewardModel,
    before: Option<&RewardModel>,
    held_out: &[EvaluationCase],
    regressions: &[EvaluationCase],
) -> (Vec<Rated>, Vec<Mistake>) {
    let cases = held_out.iter().map(|case| {
        let asked = candidate(&case.content);
        Rated {
            question: case.group_key.clone(),
            domain: case.content.domain.clone(),
            right: case.answer_is_right,
            after: model.score(&asked),
            before: before.map(|before| before.score(&asked)),
            mean_logprob: case.content.mean_logprob,
        }
    });
    let mistakes = regressions.iter().map(|case| {
        let asked = candidate(&case.content);
        Mistake {
            question: case.group_key.clone(),
            after: model.score(&asked),
            before: before.map(|before| before.score(&asked)),
        }
    });
    (cases.collect(), mistakes.collect())
}

/// BLAKE3 over what the held-out cases say, each a line of canonical JSON, in an order of their own. Ids are left out,
/// the key of a question too, which may be one: its words are in the content.
fn hash(held_out: &[EvaluationCase]) -> Digest {
    let mut lines: Vec<_> = held_out
        .iter()
        .map(|case| {
            let mut content = json!(case.content);
            if let Some(fields) = content.as_object_mut() {
                fields.remove("group");
            }
            *atr_core::hash::of_json(&json!([case.answer_is_right, content])).as_bytes()
        })
        .collect();
    lines.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    lines.iter().for_each(|line| {
        hasher.update(line);
    });
    hasher.finalize()
}
