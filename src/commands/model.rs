//! `atr model`: models, and which one is in use.

use anyhow::Context as _;
use atr_core::{domain::model::ModelVersion, ids::ModelVersionId, store::ModelFilter};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{installation::Installation, measured::Judged, output::Output, pages::Pages};
use crate::{
    app::{promote, roll_back},
    config::Place,
};

#[derive(Debug, Args)]
pub(crate) struct Models {
    /// The project, by its slug
    #[arg(long, global = true, value_name = "SLUG")]
    project: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List models, newest first
    List(Pages),
    /// Show a model: what was measured of it, before and after, and the gate's decision
    Show {
        /// The model
        model: ModelVersionId,
    },
    /// Bring an evaluated reward model into use by hand, whatever its gate said; the reason is kept
    Promote {
        /// The model
        model: ModelVersionId,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Go back to the reward model that was in use before
    RollBack {
        /// Why
        #[arg(long)]
        reason: String,
    },
}

impl Models {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        let actor = installation.actor(self.project.as_deref()).await?;
        match self.command {
            Command::List(pages) => {
                let mut tx = app.store.begin(actor.project).await?;
                let in_use = tx.model_in_use().await?.map(|model| model.id);
                let used = |model: &ModelVersion| in_use == Some(model.id);
                let filter = ModelFilter::default();
                let read = async |page| Ok(tx.models(&filter, page).await?);
                let (line, words) = (|one: &_| line(one, used(one)), |one: &_| words(one, used(one)));
                pages.print(out, "models", read, |model| model.id.into(), line, words).await
            }
            Command::Show { model } => {
                let mut tx = app.store.begin(actor.project).await?;
                let found = tx.models_by_id(&[model]).await?.pop();
                let found = found.with_context(|| format!("there is no model {model} in this project"))?;
                let used = tx.model_in_use().await?.is_some_and(|in_use| in_use.id == model);
                let judged = Judged::read(&mut tx, model).await?;
                let mut whole = line(&found, used);
                whole["metadata"] = json!(found.metadata);
                judged.add_to(&mut whole);
                out.result(&whole, || format!("{}{}", words(&found, used), judged.words()))
            }
            Command::Promote { model, reason } => {
                let done = promote::promote(app, &actor, model, &reason).await?;
                out.result(&json!({ "promotion": done.id, "model": model }), || format!("Model {model} is in use."))
            }
            Command::RollBack { reason } => {
                let done = roll_back::roll_back(app, &actor, &reason).await?;
                let model = done.of.model;
                out.result(&json!({ "promotion": done.id, "model": model }), || {
                    format!("Model {model} is in use again.")
                })
            }
        }
    }
}

fn line(of: &ModelVersion, in_use: bool) -> Value {
    json!({
        "id": of.id, "kind": of.kind, "name": of.name, "in_use": in_use,
        "artefact": of.artefact.as_ref().map(|artefact| artefact.digest.to_string()), "created_at": of.created_at,
    })
}

fn words(of: &ModelVersion, in_use: bool) -> String {
    format!("{}  {:14}  {}{}", of.id, of.kind, of.name, if in_use { "  (in use)" } else { "" })
}
