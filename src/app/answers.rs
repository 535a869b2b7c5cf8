//! Judging answers before they are given: what they are worth, and what several chains for one query say together.

use std::collections::HashMap;

use atr_core::{
    domain::{
        Rejection, access::Permission, answer::Answer, intake::BatchOutcome, model::ModelKind, new_trace::NewTrace,
    },
    store::Tx,
};
use atr_workers::{
    StageError,
    stages::{
        consensus,
        score::worth::{Worth, worth},
        verify::{
            consensus::{Consensus, Record},
            judge::{Answered, Counts, judge},
        },
    },
};

use super::{Actor, App, AppError, record_traces::record_traces};

/// The most answers that are rewarded at once.
pub const MOST_ANSWERS: usize = 500;
/// The most chains that are compared at once.
pub const MOST_CHAINS: usize = 64;

/// What answers are worth, in their order; of one that is refused, why. Nothing is stored.
///
/// # Errors
/// If the caller may neither send traces nor read, there are too many, or the database is out of reach.
pub async fn rewards(
    app: &App,
    actor: &Actor,
    items: Vec<Result<Answer, Rejection>>,
) -> Result<Vec<Result<Worth, Rejection>>, AppError> {
    actor.may_any(Permission::Ingest, &[Permission::Read])?;
    if items.len() > MOST_ANSWERS {
        return Err(AppError::invalid("items", format!("send at most {MOST_ANSWERS} answers at once")));
    }
    let mut tx = app.store.begin(actor.project).await?;
    let model = app.process.reward_models.in_use(&app.blobs, &mut tx).await?.map(|(_, model)| model);
    let answers = items.iter().filter_map(|item| item.as_ref().ok().cloned()).collect();
    let mut worths = worth(&mut tx, &app.process.parsed_facts, model, answers).await?.into_iter();
    // As many as were no refusals.
    Ok(items.into_iter().filter_map(|item| item.map(|_| worths.next()).transpose()).collect())
}

/// What chains say together, and what became of them.
#[derive(Debug)]
pub struct Compared {
    /// What they say together.
    pub consensus: Consensus,
    /// What the facts say of each chain's claims.
    pub counts: Vec<Counts>,
    /// What became of the chains as traces; none where the agreed answer is sure enough.
    pub recorded: Option<BatchOutcome>,
}

/// Compares chains of reasoning for one query, with their claims held against the facts and their models' records. If the chance
/// that the agreed answer is right is below `record_below`, all chains are recorded as traces of one group.
///
/// # Errors
/// If the caller may not send traces; the chains are fewer than two, too many, or of several queries; the project's backlog is
/// full; or the database is out of reach.
pub async fn compare(app: &App, actor: &Actor, chains: Vec<NewTrace>, record_below: f64) -> Result<Compared, AppError> {
    actor.may(Permission::Ingest)?;
    if !(2..=MOST_CHAINS).contains(&chains.len()) {
        return Err(AppError::invalid("chains", format!("send 2 to {MOST_CHAINS} chains")));
    }
    if !(0.0..=1.0).contains(&record_below) {
        return Err(AppError::invalid("recordBelow", "give a chance between 0 and 1".to_owned()));
    }
    let answers: Vec<Answer> = chains.iter().map(Answer::from).collect();
    if let Some(at) = answers.iter().position(|answer| answer.query != answers[0].query) {
        let message = "is not the first chain's: chains are compared that answer one query".to_owned();
        return Err(AppError::invalid(format!("chains[{at}].query"), message));
    }
    let mut tx = app.store.begin(actor.project).await?;
    let asked = answers.iter().map(|of| Answered { query: of.query.clone(), answer: of.answer.clone() }).collect();
    let judged = judge(&mut tx, &app.process.parsed_facts, asked).await?;
    let counts: Vec<Counts> = judged.iter().map(Counts::of).collect();
    let records = records(&mut tx, &chains).await?;
    drop(tx);
    let told: Vec<Option<Counts>> = counts.iter().copied().map(Some).collect();
    // The rules take the processor: off the threads that serve I/O.
    let consensus = tokio::task::spawn_blocking(move || consensus::merge(&answers, &told, &records))
        .await
        .map_err(|error| AppError::Judging(StageError::Lasting(error.to_string())))?;
    let doubted = consensus.confidence < record_below;
    let recorded = match doubted {
        true => Some(record_traces(app, actor, NewTrace::grouped(chains).into_iter().map(Ok).collect(), None).await?),
        false => None,
    };
    Ok(Compared { consensus, counts, recorded })
}

/// How often the model of each chain was right, where that is known.
async fn records(tx: &mut Tx, chains: &[NewTrace]) -> Result<Vec<Option<Record>>, AppError> {
    let names: Vec<&str> = chains.iter().map(NewTrace::model).collect();
    let models: HashMap<String, _> = tx
        .models_named(ModelKind::LanguageModel, &names)
        .await?
        .into_iter()
        .map(|model| (model.name, model.id))
        .collect();
    let known = consensus::records(tx).await?;
    Ok(names.iter().map(|name| models.get(*name).and_then(|model| known.get(model)).copied()).collect())
}
