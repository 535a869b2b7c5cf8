//! `atr quarantine`: what was set aside at the doors, mended, replayed and discarded.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use atr_core::{
    domain::intake::{Door, ItemOutcome},
    ids::QuarantinedId,
    store::{QuarantineFilter, Quarantined},
};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::{
    app::{Actor, App, quarantine},
    config::Place,
};

#[derive(Debug, Args)]
pub(crate) struct Quarantine {
    /// The project, by its slug
    #[arg(long, global = true, value_name = "SLUG")]
    project: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List items that were set aside and why, newest first
    List {
        /// Only those that came through this door
        #[arg(long)]
        kind: Option<Door>,
        /// Only those set aside for this field
        #[arg(long)]
        field: Option<String>,
        /// Only those of this day, in UTC
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<NaiveDate>,
        /// Those that were stored or discarded since, instead of those that wait
        #[arg(long)]
        resolved: bool,
        #[command(flatten)]
        pages: Pages,
    },
    /// Show an item whole, with what became of it
    Show {
        /// The item
        item: QuarantinedId,
    },
    /// Try an item again as its door would take it, or all that wait
    Replay {
        /// The item
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        item: Option<QuarantinedId>,
        /// The mended form of the item, one JSON object
        #[arg(long, value_name = "FILE", conflicts_with = "all")]
        with: Option<PathBuf>,
        /// All that wait
        #[arg(long)]
        all: bool,
        /// Only those that came through this door
        #[arg(long, requires = "all")]
        kind: Option<Door>,
    },
    /// Mark an item as discarded; it stays to be looked at
    Discard {
        /// The item
        item: QuarantinedId,
        /// Why
        #[arg(long)]
        why: String,
    },
}

impl Quarantine {
    /// Whether nothing that was to be replayed stays in the quarantine.
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<bool> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<bool> {
        let app = &installation.app;
        let actor = installation.actor(self.project.as_deref()).await?;
        match self.command {
            Command::List { kind, field, day, resolved, pages } => {
                let filter = QuarantineFilter {
                    door: kind,
                    field,
                    day,
                    resolved: Some(resolved),
                    ..QuarantineFilter::default()
                };
                let read = async |page| Ok(app.store.begin(actor.project).await?.quarantined(&filter, page).await?);
                pages.print(out, "items set aside", read, |item| item.id.into(), line, words).await?;
                Ok(true)
            }
            Command::Show { item } => {
                let found = app.store.begin(actor.project).await?.quarantined_by_id(&[item]).await?.pop();
                let found = found.with_context(|| {
                    format!("there is no item {item} in this project: `atr quarantine list` shows those there are")
                })?;
                let content = serde_json::to_string_pretty(&found.content)?;
                out.result(&line(&found), || format!("{}\n{content}", words(&found)))?;
                Ok(true)
            }
            Command::Replay { item: Some(item), with, .. } => one(app, &actor, item, with.as_deref(), out).await,
            Command::Replay { item: None, kind, .. } => all(app, &actor, kind, out).await,
            Command::Discard { item, why } => {
                for discarded in quarantine::discard(app, &actor, &[item], &why).await? {
                    out.result(&line(&discarded), || format!("Item {item} is discarded."))?;
                }
                Ok(true)
            }
        }
    }
}

async fn one(app: &App, actor: &Actor, item: QuarantinedId, with: Option<&Path>, out: Output) -> anyhow::Result<bool> {
    let mended: Option<Value> = match with {
        Some(file) => {
            let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let read = serde_json::from_slice(&text);
            Some(read.with_context(|| format!("{} is not one JSON object: mend it", file.display()))?)
        }
        None => None,
    };
    let outcome = quarantine::replay(app, actor, &[item], mended.as_ref()).await?.pop();
    match outcome.context("nothing became of the item")? {
        ItemOutcome::Stored(id) => told(out, item, "stored", &id, true),
        ItemOutcome::Duplicate(id) => told(out, item, "duplicate", &id, true),
        ItemOutcome::Quarantined { field, message, .. } | ItemOutcome::Rejected { field, message } => {
            out.result(&json!({ "id": item, "status": "quarantined", "field": field, "message": message }), || {
                format!("Item {item} stays in the quarantine.\n  {field}: {message}")
            })?;
            Ok(false)
        }
        ItemOutcome::Filtered { rule } => told(out, item, "filtered", &rule, false),
    }
}

fn told(out: Output, item: QuarantinedId, status: &str, became: &str, good: bool) -> anyhow::Result<bool> {
    out.result(&json!({ "id": item, "status": status, "became": became }), || {
        format!("Item {item}: {status}, {became}")
    })?;
    Ok(good)
}

async fn all(app: &App, actor: &Actor, kind: Option<Door>, out: Output) -> anyhow::Result<bool> {
    let (mut replayed, mut kept, mut after) = (0, 0, None);
    loop {
        let page = quarantine::replay_open(app, actor, kind, after)
            .await
            .with_context(|| format!("{replayed} items left the quarantine"))?;
        replayed += page.replayed;
        kept += page.kept;
        after = page.last;
        if after.is_none() {
            break;
        }
        eprintln!("{} items tried, {replayed} left the quarantine", replayed + kept);
    }
    out.result(&json!({ "replayed": replayed, "kept": kept }), || {
        format!("{replayed} items left the quarantine; {kept} stay, each with what is wrong with it now.")
    })?;
    Ok(kept == 0)
}

fn line(of: &Quarantined) -> Value {
    let (resolved, problem) = (of.resolved.as_ref(), of.problem.as_ref());
    json!({
        "id": of.id, "door": of.door, "external_id": of.external_id, "field": of.field, "reason": of.reason,
        "received_at": of.received_at, "batch": of.batch, "content": of.content,
        "problem": problem.map(|(field, message)| json!({ "field": field, "message": message })),
        "resolution": resolved.map(|resolved| resolved.resolution),
        "became": resolved.and_then(|resolved| resolved.became.as_deref()),
        "discard_reason": resolved.and_then(|resolved| resolved.reason.as_deref()),
        "resolved_at": resolved.map(|resolved| resolved.at),
    })
}

fn words(of: &Quarantined) -> String {
    let mut text = format!("{}  {:9}  {}\n  {}: {}", of.id, of.door, of.received_at.to_rfc3339(), of.field, of.reason);
    if let Some((field, message)) = &of.problem {
        text += &format!("\n  when it was tried again, {field}: {message}");
    }
    if let Some(resolved) = &of.resolved {
        let how = resolved.became.as_deref().or(resolved.reason.as_deref()).unwrap_or_default();
        text += &format!("\n  {} at {}: {how}", resolved.resolution, resolved.at.to_rfc3339());
    }
    text
}
