//! `atr project`: the tenants.

use atr_core::store;
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output};
use crate::{app::projects, config::Place};

#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Make a project
    Create {
        /// The short name that addresses and commands use
        slug: String,
        /// The name that people read [default: the slug]
        #[arg(long)]
        name: Option<String>,
    },
    /// Change a project
    Set {
        /// The project's short name
        slug: String,
        /// At how many unfinished tasks nothing more is taken in, 1 to 10,000,000
        #[arg(long, value_name = "TASKS")]
        max_backlog: i32,
    },
    /// List every project
    List,
}

impl Project {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        match self {
            Self::Create { slug, name } => {
                let made = projects::create_unasked(&installation.app, &slug, name.as_deref().unwrap_or(&slug)).await?;
                out.result(&json!({ "id": made.id, "slug": made.slug, "name": made.name }), || {
                    format!("Project {} is {}.", made.slug, made.id)
                })
            }
            Self::Set { slug, max_backlog } => {
                let actor = installation.actor(Some(&slug)).await?;
                let project = projects::set_max_backlog(&installation.app, &actor, max_backlog).await?;
                out.result(&line(&project), || {
                    format!("Project {slug} takes nothing more in while {max_backlog} tasks are unfinished.")
                })
            }
            Self::List => {
                let mut after = None;
                loop {
                    let page = installation.app.store.projects(after, 500).await?;
                    let Some(last) = page.last() else { return Ok(()) };
                    after = Some(last.id);
                    for project in page {
                        out.result(&line(&project), || {
                            format!("{}  {:20}  {}", project.id, project.slug, project.name)
                        })?;
                    }
                }
            }
        }
    }
}

fn line(of: &store::Project) -> Value {
    json!({
        "id": of.id, "slug": of.slug, "name": of.name, "max_backlog": of.max_backlog, "created_at": of.created_at,
    })
}
