//! `atr model`: models, and which one is in use.

use atr_core::{
    domain::model::ModelVersion,
    ids::ModelVersionId,
    store::{ModelFilter, PageRequest},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    installation::{Installation, Schema},
    output::Output,
};
use crate::{
    app::{Actor, promote, roll_back},
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
    /// List models, newest first, at most 200
    List,
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
        let installation = Installation::open(place, Schema::Expect, false).await?;
        let done = self.run_on(&installation, out).await;
        installation.close().await?;
        done
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        let actor = Actor::local(installation.project(self.project.as_deref()).await?.id);
        match self.command {
            Command::List => {
                let mut tx = app.store.begin(actor.project).await?;
                let in_use = tx.model_in_use().await?.map(|model| model.id);
                for model in tx.models(&ModelFilter::default(), PageRequest::first(200)).await?.rows {
                    let used = in_use == Some(model.id);
                    out.result(&line(&model, used), || {
                        format!(
                            "{}  {:14}  {}{}",
                            model.id,
                            model.kind,
                            model.name,
                            if used { "  (in use)" } else { "" }
                        )
                    })?;
                }
                Ok(())
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
