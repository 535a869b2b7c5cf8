//! Decides on a frozen membership: reads it, runs the pipeline, and records each decision.

use atr_core::{
    domain::snapshot::{NewDecision, Snapshot, SnapshotState},
    ids::SnapshotId,
    queue::{Claim, Work},
    store::Tx,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Decision, Input, Output, Recipe, Stage, membership};
use crate::{Context, StageError};

/// Decisions that are written in one statement.
const WRITTEN_AT_ONCE: usize = 1000;

/// Curates the snapshot of a claim. Decisions, the snapshot's new state and the task that builds it become visible
/// together; done again after a crash it begins anew.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    let Work::CurateSnapshot { snapshot: id } = claim.work else {
        return Err(StageError::Lasting(format!("curate does not do {:?}", claim.work)));
    };
    let mut tx = cx.store.begin_for(claim).await?;
    let snapshot = tx.snapshot(id).await?.ok_or_else(|| StageError::Lasting(format!("there is no snapshot {id}")))?;
    if snapshot.state != SnapshotState::Frozen {
        tx.succeed(claim).await?;
        return Ok(tx.commit().await?);
    }
    let recipe = recipe(&snapshot);
    let input = membership::read(&mut tx, id).await?;
    tx.rollback().await?;
    let decided = match recipe {
        Ok(recipe) => decide(recipe, input).await?,
        Err(why) => Err(why),
    };

    let mut tx = cx.store.begin_for(claim).await?;
    let done = match decided {
        Ok(output) => {
            record(&mut tx, id, &output).await?;
            tx.enqueue(Work::BuildSnapshot { snapshot: id }).await?;
            tx.curate_snapshot(id, &json!(output.measures)).await?
        }
        Err(why) => tx.fail_snapshot(id, &why).await?,
    };
    if !done {
        return Err(StageError::Passing(format!("snapshot {id} is no longer frozen")));
    }
    tx.succeed(claim).await?;
    Ok(tx.commit().await?)
}

/// The recipe that a snapshot was frozen with, or why it cannot be followed.
pub(crate) fn recipe(snapshot: &Snapshot) -> Result<Recipe, String> {
    serde_json::from_value(snapshot.recipe.clone())
        .map_err(|error| format!("the recipe cannot be read: {error}; ask for a snapshot with another recipe"))
}

/// Runs the pipeline on a thread where it holds nobody up.
pub(crate) async fn decide(recipe: Recipe, input: Input) -> Result<Result<Output, String>, StageError> {
    tokio::task::spawn_blocking(move || super::run(&recipe, &input).map_err(|error| error.to_string()))
        .await
        .map_err(|panicked| StageError::Lasting(format!("the curation pipeline broke down: {panicked}")))
}

async fn record(tx: &mut Tx, id: SnapshotId, output: &Output) -> Result<(), StageError> {
    for (page, decisions) in output.decisions.chunks(WRITTEN_AT_ONCE).enumerate() {
        let place = |at: usize| {
            i32::try_from(page * WRITTEN_AT_ONCE + at).map_err(|_| StageError::Lasting("too many members".to_owned()))
        };
        let rows = decisions.iter().enumerate().map(|(at, decision)| Ok(recorded(place(at)?, decision)));
        tx.record_decisions(id, &rows.collect::<Result<Vec<_>, StageError>>()?).await?;
    }
    Ok(())
}

/// A decision as it is recorded, at its member's place.
pub(crate) fn recorded(position: i32, decision: &Decision) -> NewDecision {
    let last = Stage::ORDER[Stage::ORDER.len() - 1];
    NewDecision {
        position,
        kept: decision.kept,
        stage: word(&decision.stage.unwrap_or(last)),
        reason: word(&decision.reason),
        weight: decision.weight,
        detail: (!decision.kept).then(|| json!({ "words": decision.words, "found": decision.detail })),
    }
}

/// The word by which a value is known outside.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => unreachable!("stages and reasons are words, not {other:?}"),
    }
}
