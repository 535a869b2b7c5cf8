//! `atr attach FILE…`: pictures, to a service's door.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use indicatif::ProgressBar;
use reqwest::{Body, StatusCode};
use serde_json::json;
use tokio::fs::File;
use tokio_util::io::{InspectReader, ReaderStream};

use super::{
    client::{Attached, Client, Unfinished, pause},
    output::Output,
    progress,
};

/// Exit codes: 0 every picture is attached; 1 a file was not sent; 3 all were, and some are no pictures that are kept
#[derive(Debug, Args)]
pub(crate) struct Attach {
    /// Pictures: PNG, JPEG, WebP or GIF
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How often in a row to try again
    #[arg(long, value_name = "N", default_value_t = 8)]
    retries: u32,
    /// The service
    #[arg(long, env = "ATR_URL", default_value = "http://127.0.0.1:8321", value_name = "ADDRESS")]
    url: String,
    /// The key
    #[arg(long, env = "ATR_KEY", hide_env_values = true, value_name = "KEY")]
    key: String,
}

/// A picture that the service does not keep, and why.
struct Refused(String);

impl Attach {
    /// Sends the files, one after the other; true if every one is attached.
    pub(crate) async fn run(self, out: Output) -> anyhow::Result<bool> {
        let client = Client::new(&self.url, &self.key)?;
        let mut total = 0;
        for file in &self.files {
            let found = tokio::fs::metadata(file).await.with_context(|| format!("cannot read {}", file.display()))?;
            total += found.len();
        }
        let bar = progress::of_bytes(total)?;
        let mut sound = true;
        for file in &self.files {
            let name = file.display().to_string();
            match self.send(&client, file, &bar).await.with_context(|| format!("{name} is not attached"))? {
                Ok(Attached { id, digest, .. }) => bar.suspend(|| {
                    out.result(&json!({ "file": name, "id": id, "digest": digest }), || {
                        format!("{id}  {digest}  {name}")
                    })
                })?,
                Err(Refused(why)) => {
                    sound = false;
                    bar.suspend(|| {
                        if out.is_json() {
                            return out.result(&json!({ "file": name, "error": why }), String::new);
                        }
                        eprintln!("{name}: {why}");
                        Ok(())
                    })?;
                }
            }
        }
        bar.finish_and_clear();
        Ok(sound)
    }

    /// Sends one file, again where that may help.
    async fn send(&self, client: &Client, file: &Path, bar: &ProgressBar) -> anyhow::Result<Result<Attached, Refused>> {
        let before = bar.position();
        let mut failed = 0;
        loop {
            bar.set_position(before);
            let (sent, going) = (File::open(file).await?, bar.clone());
            let sent = InspectReader::new(sent, move |part| going.inc(part.len() as u64));
            let error = match client.attach(Body::wrap_stream(ReaderStream::with_capacity(sent, 64 << 10))).await {
                Ok(attached) => return Ok(Ok(attached)),
                Err(error) => error,
            };
            if let Some(why) = error.downcast_ref::<Unfinished>().and_then(refusal) {
                return Ok(Err(Refused(why)));
            }
            let Some(pause) = pause(&error, failed).filter(|_| failed < self.retries) else { return Err(error) };
            failed += 1;
            bar.suspend(|| eprintln!("{error:#}; trying again in {pause} s ({failed} of {})", self.retries));
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }
}

/// Why the service does not keep this picture, where it would keep others.
fn refusal(answered: &Unfinished) -> Option<String> {
    const OF_THE_PICTURE: [StatusCode; 3] =
        [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::UNPROCESSABLE_ENTITY];
    OF_THE_PICTURE.contains(&answered.status).then(|| answered.detail.clone())
}
