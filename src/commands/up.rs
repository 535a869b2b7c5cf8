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
    serve::{listen, state},
    signals::stop_at_signal,
};
use crate::{
    app::{Process, rates::Rates},
    config::{Grace, Place, Reached, Serving, SingleSignOn, Working},
    http,
};

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    working: Working,
    #[command(flatten)]
    reached: Reached,
    #[command(flatten)]
    single_sign_on: SingleSignOn,
    #[command(flatten)]
    grace: Grace,
}

impl Up {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let stop = stop_at_signal()?;
        let Working { slots, broker, notifying, fetching, judging } = self.working;
        let delivery = notifying.delivery(&self.reached)?;
        let judge = judging.judge()?;
        let rates = Rates::new(self.serving.requests_per_minute);
        let process = Process {
            works: true,
            has_broker: broker.amqp_url.is_some(),
            public_url: self.reached.public_url.clone(),
            sends_mail: delivery.mail.is_some(),
            fetches_sources: fetching.fetch_sources,
            provider: self.single_sign_on.provider(&self.reached)?,
            rates,
            ..Process::default()
        };
        let installation = Installation::open(place, Schema::Migrate, process).await?;
        let (listeners, addresses) = listen(&self.serving).await?;
        let secret = installation.first_key().await?;
        let told = json!({ "address": addresses.http, "otlp_grpc": addresses.otlp_grpc, "first_key": secret });
        out.result(&told, || {
            let (address, otlp_grpc) = (&addresses.http, addresses.otlp_grpc_told());
            let mut text = format!("ATR is up at {address} (GraphQL at {address}/graphql){otlp_grpc}");
            if let Some(secret) = &secret {
                text += &format!("\nThe first key, an operator's, shown this once:\n  {secret}");
            }
            text
        })?;
        let grace = Duration::from_secs(self.grace.grace_seconds);
        let cx = installation.context(place, delivery, fetching, judge)?;
        let stages = Stage::ALL.to_vec();
        let options = Options { stages, slots, grace, lease: Options::LEASE, broker: broker.amqp_url };
        let mut working = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
        let state = state(&self.serving, &installation.app)?;
        let mut serving = std::pin::pin!(http::serve(listeners, state, stop.clone(), grace));
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
