//! The stages of the loop, each a room: pure rules, a handler, tests. They meet in the task table alone.

pub mod assemble;
pub mod consensus;
pub mod curate;
pub mod derive;
pub mod evaluate;
pub mod judge;
pub mod promote;
pub mod read;
pub mod route;
pub mod score;
pub mod snapshot;
#[cfg(test)]
mod tests;
pub mod train;
pub mod verify;

use atr_core::queue::{Claim, Stage};

use crate::{Context, StageError};

/// How many tasks of a stage are run together, in one transaction.
pub(crate) fn batch(stage: Stage) -> u32 {
    match stage {
        Stage::Assemble => 16,
        Stage::Verify | Stage::Consensus | Stage::Score | Stage::Derive => 64,
        Stage::Read
        | Stage::Judge
        | Stage::Route
        | Stage::Curate
        | Stage::Snapshot
        | Stage::Train
        | Stage::Evaluate
        | Stage::Promote => 1,
    }
}

/// Runs claims of one stage and one project. A stage marks them as succeeded in the transaction that writes its
/// results and enqueues what comes next.
pub(crate) async fn run(cx: &Context, stage: Stage, claims: &[Claim]) -> Result<(), StageError> {
    match stage {
        Stage::Read => one_by_one(claims, |claim| read::run(cx, claim)).await,
        Stage::Assemble => assemble::run(cx, claims).await,
        Stage::Verify => verify::run(cx, claims).await,
        Stage::Judge => one_by_one(claims, |claim| judge::run(cx, claim)).await,
        Stage::Consensus => consensus::run(cx, claims).await,
        Stage::Score => score::run(cx, claims).await,
        Stage::Route => one_by_one(claims, |claim| route::run(cx, claim)).await,
        Stage::Derive => derive::run(cx, claims).await,
        Stage::Curate => one_by_one(claims, |claim| curate::handle(cx, claim)).await,
        Stage::Snapshot => one_by_one(claims, |claim| snapshot::handle(cx, claim)).await,
        Stage::Train => one_by_one(claims, |claim| train::run(cx, claim)).await,
        Stage::Evaluate => one_by_one(claims, |claim| evaluate::run(cx, claim)).await,
        Stage::Promote => one_by_one(claims, |claim| promote::run(cx, claim)).await,
    }
}

/// For stages whose work is large: their claims come singly.
async fn one_by_one<'a, F: Future<Output = Result<(), StageError>>>(
    claims: &'a [Claim],
    work: impl Fn(&'a Claim) -> F,
) -> Result<(), StageError> {
    for claim in claims {
        work(claim).await?;
    }
    Ok(())
}
