//! `atr key`: keys, made beside the database and therefore as an operator.

use anyhow::Context as _;
use atr_core::{
    domain::access::{Permission, Role},
    ids::{ApiKeyId, ExpertId},
    store::KeyRecord,
};
use chrono::{DateTime, TimeDelta, Utc};
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
        /// What its bearer may do: operator, admin, curator, trainer, expert, ingest or auditor
        #[arg(long)]
        role: Role,
        /// Some of it: read, ingest, curate, review, train, audit, administer, operate [default: all of it]
        #[arg(long, value_name = "SCOPE,…", value_delimiter = ',')]
        scopes: Option<Vec<Permission>>,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        /// The expert whose reviews it writes, by id
        #[arg(long, value_name = "EXPERT")]
        expert: Option<ExpertId>,
        /// How many requests a minute a server answers it [default: the server's own bound]
        #[arg(long, value_name = "N")]
        requests_per_minute: Option<i32>,
        /// When it stops working (RFC 3339)
        #[arg(long, value_name = "TIME")]
        expires_at: Option<DateTime<Utc>>,
    },
    /// Make a key in the place of another, which goes on for a while
    Rotate {
        /// The id of the key in whose place it is made
        key: ApiKeyId,
        /// For how many hours that one goes on
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u16).range(0..=720))]
        overlap_hours: u16,
        /// When the new one stops working (RFC 3339) [default: after as long a time as the other was made for]
        #[arg(long, value_name = "TIME")]
        expires_at: Option<DateTime<Utc>>,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
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
            Self::Create { name, role, scopes, project, expert, requests_per_minute, expires_at } => {
                let actor = installation.actor(project.as_deref()).await?;
                let wanted = keys::Wanted { name, role, scopes, expert, requests_per_minute, expires_at };
                show(out, &keys::create(app, &actor, wanted).await?)
            }
            Self::Rotate { key, overlap_hours, expires_at, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                let overlap = TimeDelta::hours(overlap_hours.into());
                show(out, &keys::rotate(app, &actor, key, overlap, expires_at).await?)
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

fn show(out: Output, made: &keys::Made) -> anyhow::Result<()> {
    let keys::Made { key, secret } = made;
    out.result(&json!({ "id": key.id, "role": key.role, "secret": secret }), || {
        format!("Key {} ({}), shown this once:\n  {secret}", key.id, key.role)
    })
}

fn line(of: &KeyRecord) -> Value {
    json!({
        "id": of.id, "name": of.name, "prefix": of.prefix, "role": of.role, "scopes": of.scopes.listed(),
        "expert": of.expert, "requests_per_minute": of.requests_per_minute, "created_at": of.created_at,
        "expires_at": of.expires_at, "revoked_at": of.revoked_at, "last_used_at": of.last_used_at,
        "replaces": of.replaces,
    })
}

fn words(of: &KeyRecord) -> String {
    let state = match (of.revoked_at, of.expires_at) {
        (Some(at), _) => format!("withdrawn {}", at.to_rfc3339()),
        (None, Some(at)) => format!("until {}", at.to_rfc3339()),
        (None, None) => "works".to_owned(),
    };
    let used = of.last_used_at.map_or("never used".to_owned(), |at| format!("used {}", at.to_rfc3339()));
    let prefix = of.prefix.as_deref().unwrap_or("no prefix   ");
    format!("{}  {prefix}…  {:8}  {state}  {used}  {}", of.id, of.role, of.name)
}
