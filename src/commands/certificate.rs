//! The certificate to serve with, which is read anew when it was renewed.

use std::{io, path::PathBuf, time::Duration};

use anyhow::Context as _;
use axum_server::tls_rustls::RustlsConfig;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::config::Serving;

/// How often it is looked whether the files were renewed, where no signal says so: those who mount them tell nobody.
const LOOK: Duration = Duration::from_secs(60);

/// The certificate to serve with, if one is given. While this process runs, a renewed one takes its place for the
/// connections that come then: at SIGHUP, or within a minute.
///
/// # Errors
/// If it cannot be read, or is no certificate with its key.
pub(crate) async fn certificate(serving: &Serving) -> anyhow::Result<Option<RustlsConfig>> {
    let (Some(certificate), Some(key)) = (&serving.tls_cert, &serving.tls_key) else { return Ok(None) };
    let files = Files { certificate: certificate.clone(), key: key.clone() };
    let named = || format!("cannot serve with the certificate {} and the key {}", certificate.display(), key.display());
    let read = files.read().await.with_context(named)?;
    let config = read.config().await.with_context(named)?;
    tokio::spawn(renew(config.clone(), files, read, signal(SignalKind::hangup())?));
    Ok(Some(config))
}

/// Where they stand.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What stands there, as PEM.
#[derive(Clone, PartialEq, Eq)]
struct Read {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Files {
    async fn read(&self) -> io::Result<Read> {
        Ok(Read { certificate: tokio::fs::read(&self.certificate).await?, key: tokio::fs::read(&self.key).await? })
    }
}

impl Read {
    async fn config(&self) -> io::Result<RustlsConfig> {
        RustlsConfig::from_pem(self.certificate.clone(), self.key.clone()).await
    }
}

/// Serves with what stands in the files whenever it changed. What cannot be served with, such as a certificate whose key is
/// not written yet, is told and tried again; until then the one before is served with.
async fn renew(config: RustlsConfig, files: Files, mut served: Read, mut renewed: Signal) {
    loop {
        tokio::select! { _ = renewed.recv() => {}, () = sleep(LOOK) => {} }
        let taken = match files.read().await {
            Ok(read) if read == served => continue,
            Ok(read) => config.reload_from_pem(read.certificate.clone(), read.key.clone()).await.map(|()| read),
            Err(error) => Err(error),
        };
        match taken {
            Ok(read) => {
                tracing::info!("the renewed certificate is served with");
                served = read;
            }
            Err(error) => tracing::error!(%error, "the renewed certificate cannot be served with; the one before is"),
        }
    }
}
