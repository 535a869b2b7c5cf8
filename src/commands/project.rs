//! `atr project`: the tenants.

use clap::Subcommand;
use serde_json::json;

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
            Self::List => {
                let mut after = None;
                loop {
                    let page = installation.app.store.projects(after, 500).await?;
                    let Some(last) = page.last() else { return Ok(()) };
                    after = Some(last.id);
                    for project in page {
                        let line = json!({
                            "id": project.id, "slug": project.slug, "name": project.name,
                            "created_at": project.created_at,
                        });
                        out.result(&line, || format!("{}  {:20}  {}", project.id, project.slug, project.name))?;
                    }
                }
            }
        }
    }
}
