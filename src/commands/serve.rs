//! `atr serve`: the API alone.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    certificate::certificate,
    installation::{Installation, Schema},
    output::Output,
    signals::stop_at_signal,
};
use crate::{
    app::{App, Process, rates::Rates},
    config::{Broker, Fetching, Grace, GrpcListen, Mailing, Place, Reached, Serving, SingleSignOn},
    http::{self, AppState, Listeners, Metrics},
};

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    reached: Reached,
    #[command(flatten)]
    mailing: Mailing,
    #[command(flatten)]
    fetching: Fetching,
    #[command(flatten)]
    single_sign_on: SingleSignOn,
    #[command(flatten)]
    grace: Grace,
}

impl Serve {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let stop = stop_at_signal()?;
        // The API never speaks to the broker: it tells how the workers' relay finds it.
        let rates = Rates::new(self.serving.requests_per_minute);
        let process = Process {
            has_broker: self.broker.amqp_url.is_some(),
            public_url: self.reached.public_url.clone(),
            sends_mail: self.mailing.smtp_url.is_some(),
            fetches_sources: self.fetching.fetch_sources,
            provider: self.single_sign_on.provider(&self.reached)?,
            rates,
            ..Process::default()
        };
        let installation = Installation::open(place, Schema::Expect, process).await?;
        let (listeners, addresses) = listen(&self.serving).await?;
        let secret = installation.first_key().await?;
        let told = json!({ "address": addresses.http, "otlp_grpc": addresses.otlp_grpc, "first_key": secret });
        out.result(&told, || {
            let shown =
                secret.as_ref().map(|secret| format!("\nThe first key, an operator's, shown this once:\n  {secret}"));
            let otlp_grpc = addresses.otlp_grpc_told();
            format!("ATR serves at {}{otlp_grpc}{}", addresses.http, shown.unwrap_or_default())
        })?;
        let state = state(&self.serving, &installation.app)?;
        let served = http::serve(listeners, state, stop, Duration::from_secs(self.grace.grace_seconds)).await;
        installation.close().await?;
        Ok(served?)
    }
}

/// What the doors of this process share. Once a process.
pub(crate) fn state(serving: &Serving, app: &App) -> anyhow::Result<AppState> {
    let trusted_proxies = serving.trusted_proxies.clone().into();
    Ok(AppState {
        app: app.clone(),
        metrics: Metrics::install()?,
        trusted_proxies,
        secure_cookies: serving.tls_cert.is_some() || serving.secure_cookies,
        asking: serving.asking.clone(),
        attachment_bytes: usize::try_from(serving.attachment_bytes)?,
    })
}

/// Where OTLP over gRPC is taken unless told otherwise: the port that exporters know.
const OTLP_GRPC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4317);

/// Where a service is found.
#[derive(Debug)]
pub(crate) struct Addresses {
    /// Everything that HTTP carries.
    pub(crate) http: String,
    /// OTLP over gRPC.
    pub(crate) otlp_grpc: Option<String>,
}

impl Addresses {
    /// In a sentence's place: where gRPC is taken.
    pub(crate) fn otlp_grpc_told(&self) -> String {
        self.otlp_grpc.as_ref().map(|address| format!(", and takes OTLP over gRPC at {address}")).unwrap_or_default()
    }
}

/// Listens, and says at which addresses. A port that was asked for and is taken is an error; where none was asked for,
/// the usual one of OTLP is left to whoever has it.
pub(crate) async fn listen(serving: &Serving) -> anyhow::Result<(Listeners, Addresses)> {
    let http = TcpListener::bind(serving.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", serving.listen))?;
    let otlp_grpc = match serving.otlp_grpc_listen {
        Some(GrpcListen::Off) => None,
        Some(GrpcListen::At(address)) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address}: choose another address with --otlp-grpc-listen, or `off`")
        })?),
        None => match TcpListener::bind(OTLP_GRPC).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                eprintln!("OTLP over gRPC is not served: {OTLP_GRPC}: {error}; choose where with --otlp-grpc-listen");
                None
            }
        },
    };
    let scheme = if serving.tls_cert.is_some() { "https" } else { "http" };
    let address = |listener: &TcpListener| listener.local_addr().map(|address| format!("{scheme}://{address}"));
    let addresses = Addresses { http: address(&http)?, otlp_grpc: otlp_grpc.as_ref().map(address).transpose()? };
    Ok((Listeners { http, otlp_grpc, tls: certificate(serving).await? }, addresses))
}
