//! `atr serve`: the API alone.

use std::time::Duration;

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    installation::{Installation, Schema},
    output::Output,
    signals::stop_at_signal,
};
use crate::{
    app::{App, Process, rates::Rates},
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
        let rates = Rates::new(self.serving.requests_per_minute);
        let process = Process { has_broker: self.broker.amqp_url.is_some(), rates, ..Process::default() };
        let installation = Installation::open(place, Schema::Expect, process).await?;
        let (listener, address) = listen(&self.serving).await?;
        let tls = tls(&self.serving).await?;
        let secret = installation.first_key().await?;
        out.result(&json!({ "address": address, "first_key": secret }), || {
            let shown =
                secret.as_ref().map(|secret| format!("\nThe first key, an operator's, shown this once:\n  {secret}"));
            format!("ATR serves at {address}{}", shown.unwrap_or_default())
        })?;
        let state = state(&self.serving, &installation.app)?;
        let served = http::serve(listener, tls, state, stop, Duration::from_secs(self.grace.grace_seconds)).await;
        installation.close().await?;
        Ok(served?)
    }
}

/// What the doors of this process share. Once a process.
pub(crate) fn state(serving: &Serving, app: &App) -> anyhow::Result<AppState> {
    let trusted_proxies = serving.trusted_proxies.clone().into();
    Ok(AppState { app: app.clone(), metrics: Metrics::install()?, trusted_proxies })
}

/// Listens, and says at which address.
pub(crate) async fn listen(serving: &Serving) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(serving.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", serving.listen))?;
    let scheme = if serving.tls_cert.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr()?);
    Ok((listener, address))
}

/// The certificate to serve with, if one is given.
pub(crate) async fn tls(serving: &Serving) -> anyhow::Result<Option<RustlsConfig>> {
    let (Some(certificate), Some(key)) = (&serving.tls_cert, &serving.tls_key) else { return Ok(None) };
    let read = RustlsConfig::from_pem_file(certificate, key).await;
    Ok(Some(read.with_context(|| {
        format!("cannot serve with the certificate {} and the key {}", certificate.display(), key.display())
    })?))
}
