//! How much each term of the reward counts.

use atr_core::domain::{
    access::Permission,
    audit::Action,
    check,
    reward_formula::{RewardFormula, RewardWeights, WeightsChange},
};
use atr_core::{queue::Work, store::Tx};
use serde_json::json;

use super::{Actor, App, AppError};

/// The longest note.
const NOTE: usize = 2000;

/// The formula by which rewards of a project are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// The project has set none: the program's own weights.
    Builtin(RewardWeights),
    /// The version that holds.
    Set(RewardFormula),
}

impl Formula {
    /// Of the project that a transaction is open for.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn of(tx: &mut Tx) -> Result<Self, AppError> {
        Ok(tx.reward_formula().await?.map_or_else(|| Self::Builtin(RewardWeights::default()), Self::Set))
    }

    /// Its weights.
    pub fn weights(&self) -> RewardWeights {
        match self {
            Self::Builtin(weights) => *weights,
            Self::Set(set) => set.weights,
        }
    }

    /// Its version; none of the program's own.
    pub fn version(&self) -> Option<i32> {
        match self {
            Self::Builtin(_) => None,
            Self::Set(set) => Some(set.version),
        }
    }
}

/// Writes the next version of the project's formula; the weight of what is not given stays. All traces are scored again by
/// it; earlier scores stay. Where nothing would change, nothing is written.
///
/// # Errors
/// If the caller may not, or a weight or the note is at fault.
pub async fn set_weights(
    app: &App,
    actor: &Actor,
    change: WeightsChange,
    note: Option<String>,
) -> Result<Formula, AppError> {
    actor.may(Permission::Administer)?;
    let note = check::optional_text("note", note, NOTE)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.hold_settings().await?;
    let before = Formula::of(&mut tx).await?;
    let weights = before.weights().changed(change)?;
    if weights == before.weights() {
        return Ok(before);
    }
    let set = tx.write_reward_formula(&weights, note.as_deref(), actor.key).await?;
    let after = json!({ "version": set.version, "weights": set.weights, "note": set.note });
    let before = json!({ "version": before.version(), "weights": before.weights() });
    actor.note(&mut tx, Action::RewardFormulaSet, actor.project, Some(before), Some(after)).await?;
    tx.enqueue(Work::ScoreAll { after: None }).await?;
    tx.commit().await?;
    Ok(Formula::Set(set))
}
