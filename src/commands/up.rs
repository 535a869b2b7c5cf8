//! `atr up`: database, API and workers in one process.

use std::time::Duration;

use anyhow::Context as _;
use atr_core::queue::Stage;
use atr_workers::{Options, Worker};
use clap::Args;
use serde_json::json;

use super::{
    installation::{Installation, Schema},
    output::Output,
    serve::listen,
    signals::stop_at_signal,
};
use crate::{
    app::Process,
    config::{Grace, Place, Serving, Working},
    http::{self, AppState, Metrics},
};

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    working: Working,
    #[command(flatten)]
    grace: Grace,
}

impl Up {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let stop = stop_at_signal()?;
        let Working { slots, broker } = self.working;
        let process = Process { works: true, has_broker: broker.amqp_url.is_some(), ..Process::default() };
        let installation = Installation::open(place, Schema::Migrate, process).await?;
        let (listener, address) = listen(&self.serving).await?;
        let secret = installation.first_key().await?;
        out.result(&json!({ "address": address, "first_key": secret }), || {
            let mut text = format!("ATR is up at {address} (GraphQL at {address}/graphql)");
            if let Some(secret) = &secret {
                text += &format!("\nThe first key, an operator's, shown this once:\n  {secret}");
            }
            text
        })?;
        let grace = Duration::from_secs(self.grace.grace_seconds);
        let cx = installation.context(place)?;
        let stages = Stage::ALL.to_vec();
        let options = Options { stages, slots, grace, lease: Options::LEASE, broker: broker.amqp_url };
        let mut working = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
        let state =
            AppState { app: installation.app.clone(), metrics: Metrics::install()?, asking: self.serving.asking };
        let mut serving = std::pin::pin!(http::serve(listener, state, stop.clone(), grace));
        // Whichever ends first ends the other: an API whose worker broke off would go on taking in what nobody does.
        let (served, worked) = tokio::select! {
            served = &mut serving => {
                stop.cancel();
                (served, working.await)
            }
            worked = &mut working => {
                stop.cancel();
                (serving.await, worked)
            }
        };
        installation.close().await?;
        worked.context("the worker broke off")?;
        Ok(served?)
    }
}
