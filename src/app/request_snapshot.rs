//! Asking for a snapshot: freezes its membership at once; curation and files follow.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        snapshot::{NewSnapshot, Snapshot},
    },
    store::Freeze,
};
use atr_workers::stages::curate::Recipe;
use serde_json::json;

use super::{Actor, App, AppError, agreement};

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SnapshotRequest {
    /// The name that people will use, unique in its project; without one it is `snapshot-<n>`.
    pub name: Option<String>,
    /// Thresholds and choices of the pipeline; without one those of [`Recipe::default`].
    pub recipe: Option<Recipe>,
}

/// Freezes the membership of a new snapshot and enqueues its making.
///
/// # Errors
/// If the caller may not, name or recipe have not the right form, the name is taken, experts agree less than the recipe
/// asks for, or no reviewed trace is ready.
pub async fn request_snapshot(app: &App, actor: &Actor, request: SnapshotRequest) -> Result<Snapshot, AppError> {
    actor.may(Permission::Train)?;
    if let Some(name) = &request.name {
        let form = (1..=100).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
            && name.trim() == name;
        if !form {
            return Err(AppError::invalid(
                "name",
                "use 1 to 100 letters, digits, spaces and -_. without spaces at the ends",
            ));
        }
    }
    let recipe = request.recipe.unwrap_or_default();
    recipe.check().map_err(|error| AppError::invalid("recipe", error.to_string()))?;
    let seed = i64::try_from(recipe.seed)
        .map_err(|_| AppError::invalid("recipe", "`seed` must be below 2^63: choose a smaller one"))?;
    let new = NewSnapshot {
        name: request.name,
        recipe_hash: recipe.hash(),
        recipe: serde_json::to_value(&recipe).map_err(|error| AppError::invalid("recipe", error.to_string()))?,
        seed,
    };
    let noted = |snapshot: &Snapshot| {
        let after = json!({ "name": snapshot.name, "recipe": new.recipe });
        Some(actor.deed(Action::SnapshotRequested, snapshot.id, None, Some(after)))
    };
    if let Some(rule) = &recipe.agreement {
        agreement::require(&mut app.store.begin(actor.project).await?, rule).await?;
    }
    match app.store.freeze_snapshot(actor.project, &new, noted).await? {
        Freeze::Frozen(snapshot) => Ok(*snapshot),
        Freeze::NameTaken => {
            let name = new.name.unwrap_or_default();
            Err(AppError::Conflict(format!("there is a snapshot named {name} already: choose another name")))
        }
        Freeze::Empty => Err(AppError::Conflict(
            "no trace is ready for a snapshot: one is once it is reviewed, verified, scored and turned into examples"
                .to_owned(),
        )),
    }
}
