//! `atr serve`: the API alone.

use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    installation::{Installation, Schema},
    output::Output,
    signals::stop_at_signal,
};
use crate::{
    app::Process,
    config::{Broker, Grace, Place, Serving},
    http::{self, AppState, Metrics},
};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    grace: Grace,
}

impl Serve {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let stop = stop_at_signal()?;
        // The API never speaks to the broker: it tells how the workers' relay finds it.
        let process = Process { has_broker: self.broker.amqp_url.is_some(), ..Process::default() };
        let installation = Installation::open(place, Schema::Expect, process).await?;
        let (listener, address) = listen(&self.serving).await?;
        let secret = installation.first_key().await?;
        out.result(&json!({ "address": address, "first_key": secret }), || {
            let shown =
                secret.as_ref().map(|secret| format!("\nThe first key, an operator's, shown this once:\n  {secret}"));
            format!("ATR serves at {address}{}", shown.unwrap_or_default())
        })?;
        let state =
            AppState { app: installation.app.clone(), metrics: Metrics::install()?, asking: self.serving.asking };
        let served = http::serve(listener, state, stop, Duration::from_secs(self.grace.grace_seconds)).await;
        installation.close().await?;
        Ok(served?)
    }
}

/// Listens, and says at which address.
pub(crate) async fn listen(serving: &Serving) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(serving.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", serving.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    Ok((listener, address))
}
