//! `atr up`: database, API and workers in one process.

use std::time::Duration;

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
        let installation = Installation::open(place, Schema::Migrate, true).await?;
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
        let options = Options { stages: Stage::ALL.to_vec(), slots: self.working.slots.into(), grace };
        let worker = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
        let state = AppState { app: installation.app.clone(), metrics: Metrics::install()? };
        let served = http::serve(listener, state, stop.clone(), grace).await;
        stop.cancel();
        worker.await?;
        installation.close().await?;
        Ok(served?)
    }
}
