//! What commands say to a running service, through the same doors as everyone.

use anyhow::Context as _;
use reqwest::{Body, StatusCode, header};
use serde::{Deserialize, Serialize};

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
    status: StatusCode,
    detail: String,
    /// When to ask again, in seconds.
    retry_after: Option<u64>,
    /// What became of the lines before it stopped; nothing where it took none.
    pub(crate) account: Option<Account>,
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

    /// Sends lines through one of the doors `traces`, `reviews` and `grounding`.
    pub(crate) async fn ingest(&self, door: &str, lines: impl Into<Body>) -> anyhow::Result<Account> {
        let address = format!("{}/v1/ingest/{door}", self.address);
        let answer = self
            .http
            .post(&address)
            .bearer_auth(&self.key)
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .body(lines)
            .send()
            .await
            .with_context(|| format!("cannot reach {}: is the service up?", self.address))?;
        let status = answer.status();
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = answer.text().await?;
        if status != StatusCode::OK {
            let (detail, account) = (detail(&body), serde_json::from_str(&body).ok());
            return Err(Unfinished { address, status, detail, retry_after, account }.into());
        }
        serde_json::from_str(&body).with_context(|| format!("{address} answered what is no account: {body}"))
    }
}

/// The words of a problem, or the answer as it came.
fn detail(body: &str) -> String {
    let problem: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let words = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    words.unwrap_or(body).chars().take(500).collect()
}
