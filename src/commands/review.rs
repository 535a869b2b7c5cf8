//! `atr review`: the weekly review.

use atr_core::domain::review_cycle::{CycleReport, ReviewCycle};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::config::Place;

#[derive(Debug, Subcommand)]
pub(crate) enum Review {
    /// List the cycles that were opened, newest first, with what came of each
    Cycles {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
}

impl Review {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        Installation::lend(place, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        match self {
            Self::Cycles { project, pages } => {
                let actor = installation.actor(project.as_deref()).await?;
                let store = &installation.app.store;
                let read = async |page| Ok(store.begin(actor.project).await?.review_cycles(page).await?);
                pages.print(out, "cycles", read, |held| held.id.into(), line, words).await
            }
        }
    }
}

fn line(of: &ReviewCycle) -> Value {
    json!({
        "id": of.id, "cycle": of.cycle.name, "state": of.state(), "opens_at": of.cycle.opens_at, "due_at": of.cycle.due_at,
        "closes_at": of.cycle.closes_at, "opened_at": of.opened_at, "closed_at": of.closed.as_ref().map(|closed| closed.at),
        "report": of.closed.as_ref().map(|closed| &closed.report),
    })
}

fn words(of: &ReviewCycle) -> String {
    let came = match &of.closed {
        Some(closed) => came(&closed.report),
        None => format!("open, due {}", of.cycle.due_at.format("%Y-%m-%d %H:%M")),
    };
    format!("{}  {}  {came}", of.id, of.cycle.name)
}

fn came(of: &CycleReport) -> String {
    let items = of.items;
    let agreement = of.agreement.iter().find_map(|of| Some(format!("; alpha of {} {:.2}", of.question, of.alpha?)));
    format!(
        "{} given, {} done, {} passed on, {} returned, {} left over{}",
        items.given,
        items.done,
        items.passed,
        items.returned,
        items.left_over,
        agreement.unwrap_or_default()
    )
}
