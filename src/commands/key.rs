//! `atr key`: keys, made beside the database and therefore as an operator.

use anyhow::Context as _;
use atr_core::{
    domain::access::Role,
    ids::{ApiKeyId, ExpertId},
    store::KeyRecord,
};
use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::{app::keys, config::Place};

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; its secret is shown this once
    Create {
        /// What it is for
        name: String,
        /// What its bearer may do: operator, admin, curator, engineer, expert, ingest or reader
        #[arg(long)]
        role: Role,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        /// The expert whose reviews it writes, by id
        #[arg(long, value_name = "EXPERT")]
        expert: Option<ExpertId>,
        /// When it stops working (RFC 3339)
        #[arg(long, value_name = "TIME")]
        expires_at: Option<DateTime<Utc>>,
    },
    /// List a project's keys, newest first
    List {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
    /// Withdraw a key
    Revoke {
        /// The key's id
        key: ApiKeyId,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
    },
}

impl Key {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        match self {
            Self::Create { name, role, project, expert, expires_at } => {
                let actor = installation.actor(project.as_deref()).await?;
                let made = keys::create(app, &actor, keys::Wanted { name, role, expert, expires_at }).await?;
                out.result(&json!({ "id": made.key.id, "role": role, "secret": made.secret }), || {
                    format!("Key {} ({role}), shown this once:\n  {}", made.key.id, made.secret)
                })
            }
            Self::List { project, pages } => {
                let actor = installation.actor(project.as_deref()).await?;
                let read = async |page| Ok(keys::list(app, &actor, page).await?);
                pages.print(out, "keys", read, |key| key.id.into(), line, words).await
            }
            Self::Revoke { key, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                keys::revoke(app, &actor, key).await.context("nothing was withdrawn")?;
                out.result(&json!({ "revoked": key }), || format!("Key {key} is withdrawn."))
            }
        }
    }
}

fn line(of: &KeyRecord) -> Value {
    json!({
        "id": of.id, "name": of.name, "role": of.role, "expert": of.expert, "created_at": of.created_at,
        "expires_at": of.expires_at, "revoked_at": of.revoked_at,
    })
}

fn words(of: &KeyRecord) -> String {
    let state = match (of.revoked_at, of.expires_at) {
        (Some(at), _) => format!("withdrawn {}", at.to_rfc3339()),
        (None, Some(at)) => format!("until {}", at.to_rfc3339()),
        (None, None) => "works".to_owned(),
    };
    format!("{}  {:8}  {state}  {}", of.id, of.role, of.name)
}
