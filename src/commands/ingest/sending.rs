//! Sends a file under a key of its content: what breaks off is tried again, and goes on from where it got to, also when the
//! command is run again.

use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use reqwest::Body;
use tokio::io::AsyncBufReadExt;
use tokio_util::io::{ReaderStream, StreamReader};

use super::{rejected::Rejected, source::Source};
use crate::commands::{
    client::{Account, Client, LineResult, Sent, Unfinished, pause},
    progress,
};

pub(super) struct Sending<'a> {
    pub(super) client: &'a Client,
    pub(super) door: &'a str,
    pub(super) source: &'a Source,
    /// How often in a row to try again without getting further.
    pub(super) retries: u32,
}

impl Sending<'_> {
    pub(super) async fn run(&self, mut rejected: Option<&mut Rejected>) -> anyhow::Result<Account> {
        let bar = progress::of_bytes(self.source.bytes)?;
        let mut failed = 0;
        let mut far = 0;
        let mut key = None;
        loop {
            if let Some(rejected) = &mut rejected {
                rejected.again()?;
            }
            let error = match self.attempt(&mut key, &mut far, rejected.as_deref_mut(), &bar).await {
                Ok(Attempt::Done(account)) => {
                    if let Some(rejected) = rejected {
                        rejected.keep()?;
                    }
                    bar.finish_and_clear();
                    return Ok(account);
                }
                Ok(Attempt::Further) => {
                    failed = 0;
                    continue;
                }
                Err(error) => error,
            };
            let Some(pause) = pause(&error, failed).filter(|_| failed < self.retries) else { return Err(error) };
            failed += 1;
            bar.suspend(|| eprintln!("{error:#}; trying again in {pause} s ({failed} of {})", self.retries));
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }

    /// Sends what is missing.
    async fn attempt(
        &self,
        key: &mut Option<String>,
        far: &mut u64,
        rejected: Option<&mut Rejected>,
        bar: &ProgressBar,
    ) -> anyhow::Result<Attempt> {
        let (known, got) = self.key(key.clone()).await?;
        let known = key.insert(known);
        if got > *far && *far > 0 {
            // It got further with the attempt before: its failures are no row.
            *far = got;
            return Ok(Attempt::Further);
        }
        *far = got;
        // Whoever wants to know of each line is told of each line, from the first.
        let from = if rejected.is_some() { 0 } else { got };
        let (coding, body) = match self.source.coding().filter(|_| from == 0) {
            Some(coding) => (coding, self.source.raw(bar).await?),
            None => ("identity", self.source.lines(from, bar).await?),
        };
        let sent = Sent {
            key: known,
            offset: (from > 0).then_some(from),
            coding,
            by_line: rejected.is_some(),
            body: Body::wrap_stream(ReaderStream::with_capacity(body, 64 << 10)),
        };
        let answer = self.client.send(self.door, sent).await?;
        let account = match rejected {
            Some(rejected) => self.by_line(answer, rejected).await?,
            None => Client::account(answer).await?,
        };
        Ok(Attempt::Done(account))
    }

    /// The key of a body that is not at its end yet, and how far it got. What was sent to its end and is sent once more is a
    /// new body: what was refused before may be taken now.
    async fn key(&self, known: Option<String>) -> anyhow::Result<(String, u64)> {
        let content = match &known {
            Some(_) => None,
            None => Some(self.source.digest().await?.to_hex().to_string()),
        };
        for time in 1..=1000 {
            let key = match (&known, &content) {
                (Some(known), _) => known.clone(),
                (None, Some(content)) if time > 1 => format!("{content}-{time}"),
                (None, content) => content.clone().unwrap_or_default(),
            };
            match self.client.how_far(self.door, &key).await? {
                Some(got) if got.complete && known.is_none() => {}
                got => return Ok((key, got.map_or(0, |got| got.offset))),
            }
        }
        bail!("this file was sent a thousand times in the last day")
    }

    /// Reads the answer to each line, and the lines that were rejected once more.
    async fn by_line(&self, answer: reqwest::Response, rejected: &mut Rejected) -> anyhow::Result<Account> {
        use futures_util::TryStreamExt as _;
        let answer = Client::checked(answer).await?;
        let address = answer.url().to_string();
        let mut answers = StreamReader::new(answer.bytes_stream().map_err(std::io::Error::other));
        let mut lines = self.source.lines(0, &ProgressBar::hidden()).await?;
        let (mut account, mut number) = (Account::default(), 0);
        let (mut told, mut line) = (vec![], vec![]);
        loop {
            told.clear();
            if answers.read_until(b'\n', &mut told).await.with_context(|| format!("{address} broke off"))? == 0 {
                return Ok(account);
            }
            let result: LineResult =
                serde_json::from_slice(&told).with_context(|| format!("{address} answered what is no result"))?;
            if result.status == "unanswered" {
                return Err(Unfinished::after(&address, account, result).into());
            }
            let of = result.line;
            if let Some(error) = account.add(result)
                && error.status == "rejected"
            {
                while number < of {
                    line.clear();
                    if lines.read_until(b'\n', &mut line).await? == 0 {
                        bail!("the file has become shorter: it has no line {of}");
                    }
                    number += 1;
                }
                rejected.write(&line, error)?;
            }
        }
    }
}

enum Attempt {
    Done(Account),
    /// The attempt before got further than the one before it.
    Further,
}
