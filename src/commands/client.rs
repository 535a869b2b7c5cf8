//! What commands say to a running service, through the same doors as everyone.

use std::fmt;

use anyhow::Context as _;
use atr_core::ids::AttachmentId;
use reqwest::{Body, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, Serialize};

/// The longest pause between two attempts, where the service names none.
const LONGEST_PAUSE: u64 = 30;

const NDJSON: &str = "application/x-ndjson";

/// A service and a key to it.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: String,
    key: String,
}

/// What became of the lines of a request, as the door sums it up.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) received: u64,
    pub(crate) stored: u64,
    pub(crate) duplicates: u64,
    pub(crate) quarantined: u64,
    pub(crate) filtered: u64,
    pub(crate) rejected: u64,
    #[serde(default)]
    pub(crate) errors: Vec<LineError>,
    /// How many more lines were not stored than these.
    #[serde(default)]
    pub(crate) errors_left_out: u64,
    /// Where the door stopped: this line and all after it were not taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_unanswered_line: Option<u64>,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { received, stored, duplicates, quarantined, filtered, rejected, .. } = self;
        write!(
            f,
            "{received} received = {stored} stored + {duplicates} duplicate + {quarantined} quarantined + {filtered} \
             filtered + {rejected} rejected"
        )
    }
}

/// A line that was not stored, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineError {
    pub(crate) line: u64,
    pub(crate) status: String,
    pub(crate) field: String,
    pub(crate) message: String,
}

/// A request that a door did not answer for to its end.
#[derive(Debug, thiserror::Error)]
#[error("{address} answered {status}: {detail}{}", again(.account.as_ref(), *.retry_after))]
pub(crate) struct Unfinished {
    address: String,
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    /// When to ask again, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// What became of the lines before it stopped; nothing where it took none.
    pub(crate) account: Option<Account>,
}

/// A body that is sent under a key, or the rest of it.
pub(crate) struct Sent<'a> {
    pub(crate) key: &'a str,
    /// Where it begins, decompressed.
    pub(crate) offset: Option<u64>,
    pub(crate) coding: &'a str,
    /// Whether each line is to be answered, or all together.
    pub(crate) by_line: bool,
    pub(crate) body: Body,
}

/// A picture that is attached.
#[derive(Debug, Deserialize)]
pub(crate) struct Attached {
    pub(crate) id: AttachmentId,
    /// BLAKE3 of what is kept, in hex.
    pub(crate) digest: String,
}

/// How far a body got.
#[derive(Debug, Deserialize)]
pub(crate) struct HowFar {
    pub(crate) offset: u64,
    pub(crate) complete: bool,
}

/// What became of one line.
#[derive(Debug, Deserialize)]
pub(crate) struct LineResult {
    pub(crate) line: u64,
    pub(crate) status: String,
    error: Option<Wrong>,
}

#[derive(Debug, Deserialize)]
struct Wrong {
    field: String,
    message: String,
}

/// The most errors that an account lists.
const ERRORS: usize = 100;

impl Account {
    /// Adds a line; what is wrong with it, where it was not stored.
    pub(crate) fn add(&mut self, LineResult { line, status, error }: LineResult) -> Option<LineError> {
        self.received += 1;
        match status.as_str() {
            "stored" => self.stored += 1,
            "duplicate" => self.duplicates += 1,
            "quarantined" => self.quarantined += 1,
            "filtered" => self.filtered += 1,
            _ => self.rejected += 1,
        }
        let Wrong { field, message } = error?;
        let error = LineError { line, status, field, message };
        if self.errors.len() < ERRORS {
            self.errors.push(error.clone());
        } else {
            self.errors_left_out += 1;
        }
        Some(error)
    }
}

impl Unfinished {
    /// An answer that ended with a line that was not taken in.
    pub(crate) fn after(address: &str, account: Account, last: LineResult) -> Self {
        let detail = last.error.map_or_else(String::new, |error| error.message);
        let account = Account { first_unanswered_line: Some(last.line), ..account };
        // Whatever ended it came after the status.
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { address: address.to_owned(), status, detail, retry_after: None, account: Some(account) }
    }
}

/// What to do about an answer that ended early.
fn again(account: Option<&Account>, retry_after: Option<u64>) -> String {
    let line = account.and_then(|account| account.first_unanswered_line);
    let from = line.map(|line| format!("; line {line} and all after it were not taken in: send them again"));
    let wait = retry_after.map(|seconds| format!("; ask again in {seconds} s"));
    from.into_iter().chain(wait).collect()
}

impl Client {
    pub(crate) fn new(address: &str, key: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().user_agent(concat!("atr/", env!("CARGO_PKG_VERSION"))).build()?;
        Ok(Self { http, address: address.trim_end_matches('/').to_owned(), key: key.to_owned() })
    }

    fn door(&self, door: &str) -> String {
        format!("{}/v1/ingest/{door}", self.address)
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.bearer_auth(&self.key).send().await;
        answer.with_context(|| format!("cannot reach {}: is the service up?", self.address))
    }

    /// Sends lines through one of the doors `traces`, `reviews`, `grounding` and `feedback`.
    pub(crate) async fn ingest(&self, door: &str, lines: impl Into<Body>) -> anyhow::Result<Account> {
        let request = self.http.post(self.door(door)).header(header::CONTENT_TYPE, NDJSON).body(lines);
        Self::account(self.answer(request).await?).await
    }

    /// Sends lines under a key.
    pub(crate) async fn send(&self, door: &str, sent: Sent<'_>) -> anyhow::Result<Response> {
        let Sent { key, offset, coding, by_line, body } = sent;
        let mut request = self
            .http
            .post(self.door(door))
            .header(header::CONTENT_TYPE, NDJSON)
            .header(header::CONTENT_ENCODING, coding)
            .header(header::ACCEPT, if by_line { NDJSON } else { "application/json" })
            .header("idempotency-key", format!("\"{key}\""));
        if let Some(offset) = offset {
            request = request.header("upload-offset", offset);
        }
        self.answer(request.body(body)).await
    }

    /// Attaches a picture.
    pub(crate) async fn attach(&self, picture: Body) -> anyhow::Result<Attached> {
        let request = self.http.post(format!("{}/v1/attachments", self.address)).body(picture);
        let answer = self.answer(request).await?;
        let answer = if answer.status() == StatusCode::CREATED { answer } else { Self::checked(answer).await? };
        let address = answer.url().to_string();
        answer.json().await.with_context(|| format!("{address} answered what is no attachment"))
    }

    /// How far the body with this key got; nothing where it was not begun.
    pub(crate) async fn how_far(&self, door: &str, key: &str) -> anyhow::Result<Option<HowFar>> {
        let request = self.http.get(self.door(door)).header("idempotency-key", format!("\"{key}\""));
        let answer = self.answer(request).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(Self::checked(answer).await?.json().await?))
    }

    /// The account that an answer is.
    pub(crate) async fn account(answer: Response) -> anyhow::Result<Account> {
        let answer = Self::checked(answer).await?;
        let address = answer.url().to_string();
        let body = answer.text().await?;
        serde_json::from_str(&body).with_context(|| format!("{address} answered what is no account: {body}"))
    }

    /// An answer that is no problem.
    pub(crate) async fn checked(answer: Response) -> anyhow::Result<Response> {
        let (status, address) = (answer.status(), answer.url().to_string());
        if status == StatusCode::OK {
            return Ok(answer);
        }
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = answer.text().await?;
        let (detail, account) = (detail(&body), serde_json::from_str(&body).ok());
        Err(Unfinished { address, status, detail, retry_after, account }.into())
    }
}

/// How many seconds to wait before another attempt after so many that failed in a row; nothing where it would not go better.
pub(crate) fn pause(error: &anyhow::Error, failed: u32) -> Option<u64> {
    let asked = error.downcast_ref::<Unfinished>().and_then(|unfinished| unfinished.retry_after);
    passes(error).then(|| asked.unwrap_or_else(|| (1 << failed.min(16)).min(LONGEST_PAUSE)))
}

/// Whether it may go well the next time: nobody answered, or the answer says so.
fn passes(error: &anyhow::Error) -> bool {
    const PASSING: [StatusCode; 5] = [
        StatusCode::CONFLICT,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    match error.downcast_ref::<Unfinished>() {
        Some(unfinished) => PASSING.contains(&unfinished.status),
        None => error.chain().any(|cause| cause.is::<reqwest::Error>()),
    }
}

/// The words of a problem, or the answer as it came.
fn detail(body: &str) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let words = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    words.unwrap_or(body).chars().take(500).collect()
}
