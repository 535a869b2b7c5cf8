//! `atr expert`: experts, entered beside the database and therefore as an operator.

use anyhow::Context as _;
use atr_core::{
    domain::expert::{Expert, ExpertInput},
    store::{ExpertFilter, PageRequest, page},
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output};
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
    /// List a project's experts, newest first, at most 200
    List {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
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
            Self::List { project } => {
                let actor = installation.actor(project.as_deref()).await?;
                let first = PageRequest::first(page::MOST);
                let page = experts::list(app, &actor, &ExpertFilter::default(), first).await?;
                out.page("experts", &page, line, words)
            }
        }
    }
}

fn line(of: &Expert) -> Value {
    json!({
        "id": of.id, "handle": of.handle, "domains": of.domains, "languages": of.languages,
        "weekly_capacity": of.weekly_capacity, "active": of.active, "created_at": of.created_at,
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
