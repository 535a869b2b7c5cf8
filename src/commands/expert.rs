//! `atr expert`: experts, entered beside the database and therefore as an operator.

use anyhow::Context as _;
use atr_core::{
    domain::expert::{Absence, Expert, ExpertChange, ExpertInput},
    ids::ExpertId,
    store::ExpertFilter,
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::{app::experts, config::Place};

#[derive(Debug, Subcommand)]
pub(crate) enum ExpertCommand {
    /// Enter experts of the same field, each by a pseudonym
    Create {
        /// Their pseudonyms: a-z, 0-9, `.`, `_` and `-`
        #[arg(required = true, value_name = "HANDLE")]
        handles: Vec<String>,
        /// A domain they judge, once for each [default: every domain]
        #[arg(long = "domain", value_name = "DOMAIN")]
        domains: Vec<String>,
        /// A language they read, as a BCP 47 tag, once for each [default: every language]
        #[arg(long = "language", value_name = "TAG")]
        languages: Vec<String>,
        /// How many items a week each of them takes
        #[arg(long, default_value_t = 20, value_name = "N")]
        weekly_capacity: i32,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
    },
    /// Change an expert; what is not given stays as it is
    Update {
        /// The expert, by id
        expert: ExpertId,
        /// A domain they judge from now on, once for each; `any` is every domain
        #[arg(long = "domain", value_name = "DOMAIN")]
        domains: Option<Vec<String>>,
        /// A language they read from now on, as a BCP 47 tag, once for each; `any` is every language
        #[arg(long = "language", value_name = "TAG")]
        languages: Option<Vec<String>>,
        /// How many items a week they take from now on
        #[arg(long, value_name = "N")]
        weekly_capacity: Option<i32>,
        /// Whether items are routed to them from now on
        #[arg(long, value_name = "BOOL")]
        active: Option<bool>,
        /// Days on which they are away from now on, once for each absence: its first and last day, as
        /// 2026-12-24/2027-01-02; `none` for none
        #[arg(long = "away", value_name = "FIRST/LAST", value_parser = absence)]
        away: Option<Vec<Option<Absence>>>,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
    },
    /// List a project's experts, newest first
    List {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
}

impl ExpertCommand {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        match self {
            Self::Create { handles, domains, languages, weekly_capacity, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                for handle in handles {
                    let entered = ExpertInput {
                        handle: handle.clone(),
                        domains: domains.clone(),
                        languages: languages.clone(),
                        weekly_capacity,
                    };
                    let expert = experts::create(app, &actor, entered)
                        .await
                        .with_context(|| format!("`{}` was not entered", handle.escape_default()))?;
                    out.result(&line(&expert), || format!("Expert {} is {}.", expert.handle, expert.id))?;
                }
                Ok(())
            }
            Self::Update { expert, domains, languages, weekly_capacity, active, away, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                let change = ExpertChange {
                    domains: domains.map(any_is_none),
                    languages: languages.map(any_is_none),
                    weekly_capacity,
                    active,
                    away: away.map(|away| away.into_iter().flatten().collect()),
                };
                let expert = experts::update(app, &actor, expert, change).await.context("nothing was changed")?;
                out.result(&line(&expert), || words(&expert))
            }
            Self::List { project, pages } => {
                let actor = installation.actor(project.as_deref()).await?;
                let filter = ExpertFilter::default();
                let read = async |page| Ok(experts::list(app, &actor, &filter, page).await?);
                pages.print(out, "experts", read, |expert| expert.id.into(), line, words).await
            }
        }
    }
}

/// No domain or language is every one: the word that says so is not one of them.
fn any_is_none(mut named: Vec<String>) -> Vec<String> {
    named.retain(|name| name != "any");
    named
}

/// An absence as it is written; nothing for the word that says so.
fn absence(text: &str) -> Result<Option<Absence>, String> {
    if text == "none" {
        return Ok(None);
    }
    let day = |text: &str| text.parse().map_err(|error| format!("`{text}` is no date (2026-12-24): {error}"));
    let (first, last) = text.split_once('/').unwrap_or((text, text));
    Ok(Some(Absence { first: day(first)?, last: day(last)? }))
}

fn line(of: &Expert) -> Value {
    json!({
        "id": of.id, "handle": of.handle, "domains": of.domains, "languages": of.languages,
        "weekly_capacity": of.weekly_capacity, "active": of.active, "away": of.away, "created_at": of.created_at,
    })
}

fn words(of: &Expert) -> String {
    let all = |names: &[String], all: &str| if names.is_empty() { all.to_owned() } else { names.join(", ") };
    format!(
        "{}  {:20}  {} a week{}  {}; {}",
        of.id,
        of.handle,
        of.weekly_capacity,
        if of.active { "" } else { ", not active" },
        all(&of.domains, "every domain"),
        all(&of.languages, "every language")
    )
}
