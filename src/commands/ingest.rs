//! `atr ingest FILE`: lines from a file, through a service's door.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use futures_util::TryStreamExt;
use tokio_util::io::ReaderStream;

use super::{
    client::{Account, Client, Unfinished},
    output::Output,
    progress,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Door {
    Traces,
    Reviews,
    Grounding,
    Feedback,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Reviews => "reviews",
            Self::Grounding => "grounding",
            Self::Feedback => "feedback",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// A file of JSON lines; `-` reads standard input
    file: PathBuf,
    /// Which door it goes through
    #[arg(long, value_enum, default_value = "traces")]
    door: Door,
    /// The service
    #[arg(long, env = "ATR_URL", default_value = "http://127.0.0.1:8321", value_name = "ADDRESS")]
    url: String,
    /// The key
    #[arg(long, env = "ATR_KEY", hide_env_values = true, value_name = "KEY")]
    key: String,
}

impl Ingest {
    /// Sends the file; true if every line was stored or had been.
    pub(crate) async fn run(self, out: Output) -> anyhow::Result<bool> {
        let client = Client::new(&self.url, &self.key)?;
        let body = if self.file.as_os_str() == "-" {
            reqwest::Body::wrap_stream(ReaderStream::new(tokio::io::stdin()))
        } else {
            let file = tokio::fs::File::open(&self.file)
                .await
                .with_context(|| format!("cannot read {}", self.file.display()))?;
            let bar = progress::of_bytes(file.metadata().await?.len())?;
            let read = ReaderStream::with_capacity(file, 64 << 10);
            reqwest::Body::wrap_stream(read.inspect_ok(move |part| bar.inc(part.len() as u64)))
        };
        match client.ingest(self.door.name(), body).await {
            Ok(account) => {
                tell(out, &account)?;
                Ok(account.quarantined + account.rejected == 0)
            }
            Err(error) => {
                if let Some(account) = error.downcast_ref::<Unfinished>().and_then(|stopped| stopped.account.as_ref()) {
                    tell(out, account)?;
                }
                Err(error)
            }
        }
    }
}

/// Says what became of the lines: the first of those that were not stored on standard error, the account as the result.
fn tell(out: Output, account: &Account) -> anyhow::Result<()> {
    if !out.is_json() {
        for error in &account.errors {
            eprintln!("line {}: {}: {}: {}", error.line, error.status, error.field, error.message);
        }
        if account.errors_left_out > 0 {
            eprintln!("and {} more lines that were not stored", account.errors_left_out);
        }
    }
    out.result(account, || {
        format!(
            "{} received = {} stored + {} duplicate + {} quarantined + {} filtered + {} rejected",
            account.received,
            account.stored,
            account.duplicates,
            account.quarantined,
            account.filtered,
            account.rejected
        )
    })
}
