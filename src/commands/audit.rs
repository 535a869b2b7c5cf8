//! `atr audit`: what was done, by whom, and whether the log of it is whole.

use std::str::FromStr;

use atr_core::{
    domain::audit::{Action, AuditEntry, Head},
    hash::Digest,
    ids::ApiKeyId,
    store::AuditFilter,
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::{
    app::audit::{self, Finding},
    config::Place,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List what was done in a project, newest first
    List {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        /// Only this action, such as key.created
        #[arg(long)]
        action: Option<Action>,
        /// Only what was done to this, by its id
        #[arg(long, value_name = "ID")]
        subject: Option<String>,
        /// Only what was done with this key
        #[arg(long)]
        key: Option<ApiKeyId>,
        #[command(flatten)]
        pages: Pages,
    },
    /// Follow a project's log from its beginning, and say where it ends or where an entry was changed or taken away
    Verify {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        /// Where an earlier look found its end: without it entries taken away from the end do not show
        #[arg(long, value_name = "SEQUENCE:HASH")]
        head: Option<EarlierHead>,
    },
}

/// An end of a log as it is written: `12:` and 64 hex digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EarlierHead(Head);

impl FromStr for EarlierHead {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (sequence, hash) = text.split_once(':')?;
            Some(Head { sequence: sequence.parse().ok()?, hash: Digest::from_hex(hash).ok()? })
        };
        read()
            .map(Self)
            .ok_or_else(|| "give it as `atr audit verify` tells it: a number, `:` and 64 hex digits".to_owned())
    }
}

fn head(of: &Head) -> String {
    format!("{}:{}", of.sequence, of.hash.to_hex())
}

impl Audit {
    /// Whether the log is whole, where that was asked.
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<bool> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<bool> {
        let app = &installation.app;
        match self {
            Self::List { project, action, subject, key, pages } => {
                let actor = installation.actor(project.as_deref()).await?;
                let filter = AuditFilter { action, subject, key };
                let read = async |page| Ok(audit::list(app, &actor, &filter, page).await?);
                pages.print(out, "entries", read, |entry| entry.id.into(), line, words).await?;
                Ok(true)
            }
            Self::Verify { project, head: earlier } => {
                let actor = installation.actor(project.as_deref()).await?;
                match audit::verify(app, &actor, earlier.map(|earlier| earlier.0)).await? {
                    Finding::Whole(at) => {
                        let told = json!({ "whole": true, "entries": at.sequence, "head": head(&at) });
                        out.result(&told, || {
                            format!(
                                "The log is whole: {} entries. Keep this, and give it as --head the next time:\n  {}",
                                at.sequence,
                                head(&at)
                            )
                        })?;
                        Ok(true)
                    }
                    Finding::Broken { whole, why } => {
                        let told = json!({
                            "whole": false, "entries": whole.sequence, "head": head(&whole), "why": why,
                        });
                        out.result(&told, || format!("The log is NOT whole after entry {}: {why}.", whole.sequence))?;
                        Ok(false)
                    }
                }
            }
        }
    }
}

fn line(of: &AuditEntry) -> Value {
    let hex = |hash: &Option<Digest>| hash.map(|hash| hash.to_hex().to_string());
    json!({
        "id": of.id, "sequence": of.sequence, "at": of.at, "action": of.deed.action, "subject": of.deed.subject,
        "key": of.deed.key, "role": of.deed.role, "origin": of.deed.origin, "before_hash": hex(&of.deed.before),
        "after_hash": hex(&of.deed.after), "hash": of.hash.to_hex().as_str(),
    })
}

fn words(of: &AuditEntry) -> String {
    let who = of.deed.key.map_or_else(|| "a command here".to_owned(), |key| key.to_string());
    let origin = of.deed.origin.map_or_else(String::new, |origin| format!(" from {origin}"));
    format!(
        "{:6}  {}  {:22}  {}  by {who} ({}){origin}",
        of.sequence,
        of.at.to_rfc3339(),
        of.deed.action,
        of.deed.subject,
        of.deed.role
    )
}
