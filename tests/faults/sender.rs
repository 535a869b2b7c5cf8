//! A program that sends lines and reads the answers meanwhile.

use std::{collections::BTreeMap, ops::Range};

use reqwest::{Body, Response, header};
use serde_json::Value;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio_util::io::ReaderStream;

use crate::{
    process::{Result, Service},
    traces::trace,
};

const NDJSON: &str = "application/x-ndjson";

/// Lines sent in one piece.
const PIECE: usize = 100;

/// The most lines sent ahead of their answers.
const AHEAD: usize = 1500;

/// What one line was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: String,
    pub id: Option<String>,
}

/// Answers by trace number.
pub type Answers = BTreeMap<usize, Answer>;

/// A request whose body goes on while its answers come.
pub struct Sending {
    body: DuplexStream,
    next: Range<usize>,
    answer: Option<tokio::task::JoinHandle<reqwest::Result<Response>>>,
    response: Option<Response>,
    first: usize,
    unread: Vec<u8>,
    pub answers: Answers,
}

impl Sending {
    /// Begins to send the traces of these numbers.
    pub fn begin(service: &Service, key: &str, traces: Range<usize>) -> Result<Self> {
        let (body, pieces) = tokio::io::duplex(1 << 16);
        let request = client()?
            .post(format!("{}/v1/ingest/traces", service.address))
            .bearer_auth(key)
            .header(header::CONTENT_TYPE, NDJSON)
            .header(header::ACCEPT, NDJSON)
            .body(Body::wrap_stream(ReaderStream::new(pieces)));
        let answer = Some(tokio::spawn(request.send()));
        Ok(Self {
            body,
            first: traces.start,
            next: traces,
            answer,
            response: None,
            unread: vec![],
            answers: Answers::new(),
        })
    }

    /// Goes on until at least `answered` lines are answered.
    pub async fn until(&mut self, answered: usize) -> Result {
        while self.answers.len() < answered {
            if !self.step().await? {
                return Err(format!("the answer ended after {} lines", self.answers.len()).into());
            }
        }
        Ok(())
    }

    /// Sends everything and reads every answer.
    pub async fn all(mut self) -> Result<Answers> {
        while self.step().await? {}
        Ok(self.answers)
    }

    /// Reads what is still to be read from a service that was killed.
    pub async fn what_was_answered(mut self) -> Answers {
        // It breaks off; that is what this is about.
        while let Ok(true) = self.read().await {}
        self.answers
    }

    fn has_more(&self) -> bool {
        !self.next.is_empty() && self.next.start - self.first < self.answers.len() + AHEAD
    }

    async fn step(&mut self) -> Result<bool> {
        if self.has_more() {
            let end = self.next.end.min(self.next.start + PIECE);
            let piece: String = (self.next.start..end).map(|n| format!("{}\n", trace(n))).collect();
            self.body.write_all(piece.as_bytes()).await?;
            self.next.start = end;
            if self.next.is_empty() {
                self.body.shutdown().await?;
            }
            return Ok(true);
        }
        self.read().await
    }

    async fn read(&mut self) -> Result<bool> {
        if let Some(answer) = self.answer.take() {
            self.response = Some(answer.await??.error_for_status()?);
        }
        let Some(response) = &mut self.response else { return Ok(false) };
        let Some(piece) = response.chunk().await? else { return Ok(false) };
        self.unread.extend_from_slice(&piece);
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let told: Value = serde_json::from_slice(&line)?;
            let number = usize::try_from(told["line"].as_u64().ok_or("no line number")?)?;
            let status = told["status"].as_str().ok_or("no status")?.to_owned();
            if status == "unanswered" {
                return Err(format!("{told}").into());
            }
            let twice = self
                .answers
                .insert(self.first + number - 1, Answer { status, id: told["id"].as_str().map(str::to_owned) });
            assert_eq!(twice, None, "line {number} was answered twice");
        }
        Ok(true)
    }
}

/// Sends lines through a door that must store them all.
pub async fn store_all(service: &Service, key: &str, door: &str, lines: impl Iterator<Item = Value>) -> Result {
    let lines: Vec<String> = lines.map(|line| format!("{line}\n")).collect();
    let count = lines.len();
    let answer = client()?
        .post(format!("{}/v1/ingest/{door}", service.address))
        .bearer_auth(key)
        .header(header::CONTENT_TYPE, NDJSON)
        .body(lines.concat())
        .send()
        .await?
        .error_for_status()?
        .text()
        .await?;
    let summary: Value = serde_json::from_str(&answer)?;
    assert_eq!(summary["stored"], count, "{summary:#}");
    Ok(())
}

pub fn client() -> Result<reqwest::Client> {
    // Done before or now: one of the tests is the first.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::Client::builder().build()?)
}
