//! `atr ingest FILE…`: lines from files, through a service's door.

mod rejected;
mod sending;
mod source;
mod table;

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio_util::io::ReaderStream;

use self::{rejected::Rejected, sending::Sending, source::Source};
use super::{
    client::{Account, Client, Unfinished},
    output::Output,
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

/// Exit codes: 0 every line was stored or had been; 1 a file was not sent to its end; 3 all were, and some lines were not
/// stored
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files of JSON lines, as they are or packed (.gz, .zst), tables (.csv, Parquet) with a column for each field, or what
    /// --rejected wrote; `-` reads standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which door they go through
    #[arg(long, value_enum, default_value = "traces")]
    door: Door,
    /// Write the lines that are rejected into this file, with what is wrong with them, to be mended and sent again
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// How often in a row to try again without getting further
    #[arg(long, value_name = "N", default_value_t = 8)]
    retries: u32,
    /// The service
    #[arg(long, env = "ATR_URL", default_value = "http://127.0.0.1:8321", value_name = "ADDRESS")]
    url: String,
    /// The key
    #[arg(long, env = "ATR_KEY", hide_env_values = true, value_name = "KEY")]
    key: String,
}

impl Ingest {
    /// Sends the files, one after the other; true if every line was stored or had been.
    pub(crate) async fn run(self, out: Output) -> anyhow::Result<bool> {
        let client = Client::new(&self.url, &self.key)?;
        let standard_input = |file: &PathBuf| file.as_os_str() == "-";
        ensure!(
            self.rejected.is_none() || !self.files.iter().any(standard_input),
            "--rejected reads the lines a second time, which standard input does not allow: send a file"
        );
        let mut rejected = self.rejected.as_deref().map(Rejected::create).transpose()?;
        let mut sound = true;
        for file in &self.files {
            let sent = if standard_input(file) {
                let body = reqwest::Body::wrap_stream(ReaderStream::new(tokio::io::stdin()));
                client.ingest(self.door.name(), body).await
            } else {
                let path = file.clone();
                let table = tokio::task::spawn_blocking(move || table::lines_of(&path)).await??;
                let source = Source::open(table.as_ref().map_or(file, |lines| lines.path())).await?;
                let sending =
                    Sending { client: &client, door: self.door.name(), source: &source, retries: self.retries };
                sending.run(rejected.as_mut()).await
            };
            let name = (self.files.len() > 1).then(|| file.display().to_string());
            match sent {
                Ok(account) => {
                    tell(out, name, &account)?;
                    sound &= account.quarantined + account.rejected == 0;
                }
                Err(error) => {
                    if let Some(account) =
                        error.downcast_ref::<Unfinished>().and_then(|stopped| stopped.account.as_ref())
                    {
                        tell(out, name, account)?;
                    }
                    return Err(error);
                }
            }
        }
        if let Some(rejected) = rejected {
            rejected.finish()?;
        }
        Ok(sound)
    }
}

/// Says what became of the lines: the first of those that were not stored on standard error, the account as the result.
fn tell(out: Output, file: Option<String>, account: &Account) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        file: &'a Option<String>,
        #[serde(flatten)]
        account: &'a Account,
    }
    let name = file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
    if !out.is_json() {
        for error in &account.errors {
            eprintln!("{name}line {}: {}: {}: {}", error.line, error.status, error.field, error.message);
        }
        if account.errors_left_out > 0 {
            eprintln!("{name}and {} more lines that were not stored", account.errors_left_out);
        }
    }
    out.result(&Told { file: &file, account }, || format!("{name}{account}"))
}
