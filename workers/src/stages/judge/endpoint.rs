//! A model behind an endpoint that is compatible with OpenAI's: `POST BASE/chat/completions`. It is asked within bounds of time and size, and
//! follows no redirect: what is asked about goes where the operator said and nowhere else.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Client, StatusCode,
    header::{self, HeaderValue},
    redirect,
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::super::verify::opinion::{Prompt, Weighed, answer_schema, sample, weigh};

/// How long an answer may take.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How many calls a day a project has where nothing is said.
pub const CALLS_PER_DAY: u32 = 1000;
/// The most bytes of a response that are read: an answer has a few hundred.
const LONGEST: usize = 64 << 10;
/// The most tokens of an answer that are asked for.
const TOKENS: u32 = 500;

/// Where and how a model is asked.
#[derive(Debug)]
pub struct EndpointSettings {
    /// The base of the API, such as `https://api.example.org/v1`.
    pub url: Url,
    /// The model, as the endpoint knows it.
    pub model: String,
    /// What is sent as the bearer's token, where the endpoint wants one.
    pub key: Option<String>,
    /// How many calls a day a project has, at most.
    pub calls_per_day: u32,
    /// How long an answer may take.
    pub patience: Duration,
}

/// Why a model cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The address is none of the web, or has no path of its own.
    #[error("`{0}` is no base of an API: give one like https://api.example.org/v1")]
    Address(Url),
    /// The key is nothing that a header can hold.
    #[error("the key has characters that no HTTP header can hold")]
    Key,
    /// No client can be made.
    #[error("no HTTP client can be made: {0}")]
    Client(#[source] reqwest::Error),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It may answer later.
    #[error("the judge gives no answer now: {0}")]
    Passing(String),
    /// It refuses, and will do so again.
    #[error(
        "the judge answers {0}: see that ATR_JUDGE_URL, ATR_JUDGE_MODEL and ATR_JUDGE_KEY are right; redirects are not followed"
    )]
    Refused(StatusCode),
    /// It refuses what is asked for beside the answer: the form, and how long it may be.
    #[error("the judge refuses the form of the request ({0})")]
    Form(StatusCode),
    /// It answers, and not in a way that could ever decide anything.
    #[error("the judge answers what does not count, even where anyone knows what is right: {0}")]
    Useless(String),
}

/// How much is asked for beside the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An answer of our form, as JSON Schema, not longer than it need be, and the likeliest one.
    Full,
    /// An answer, for servers that know nothing of all this.
    Plain,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    /// The answer; empty where there was none or it was longer than is read.
    pub answer: String,
    /// How many tokens the prompt had, as the endpoint counts.
    pub input_tokens: Option<i32>,
    /// How many the answer had.
    pub output_tokens: Option<i32>,
}

/// A model behind an endpoint.
#[derive(Clone)]
pub struct Endpoint {
    client: Client,
    url: Url,
    model: String,
    key: Option<HeaderValue>,
    pub(super) calls_per_day: i32,
    /// Whether the server takes the plain form alone, as it turned out.
    plain: Arc<AtomicBool>,
}

impl fmt::Debug for Endpoint {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.model, self.url)
    }
}

impl Endpoint {
    /// One that is asked so.
    ///
    /// # Errors
    /// If the address or the key is none.
    pub fn new(settings: EndpointSettings) -> Result<Self, EndpointError> {
        let EndpointSettings { url: base, model, key, calls_per_day, patience } = settings;
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() {
            return Err(EndpointError::Address(base));
        }
        let mut url = base.clone();
        url.path_segments_mut()
            .map_err(|()| EndpointError::Address(base))?
            .pop_if_empty()
            .extend(["chat", "completions"]);
        let key = key.map(|key| HeaderValue::try_from(format!("Bearer {key}"))).transpose();
        let mut key = key.map_err(|_| EndpointError::Key)?;
        if let Some(key) = &mut key {
            key.set_sensitive(true);
        }
        let client = Client::builder()
            .user_agent(concat!("atr/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .timeout(patience)
            .build()
            .map_err(EndpointError::Client)?;
        let calls_per_day = i32::try_from(calls_per_day).unwrap_or(i32::MAX);
        Ok(Self { client, url, model, key, calls_per_day, plain: Arc::default() })
    }

    /// The model, as the endpoint knows it.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The form that the server takes, as far as is known.
    pub(super) fn form(&self) -> Form {
        if self.plain.load(Ordering::Relaxed) { Form::Plain } else { Form::Full }
    }

    /// From here on the plain form alone is sent: the server refused the full one and took this.
    pub(super) fn takes_plain_form_only(&self) {
        self.plain.store(true, Ordering::Relaxed);
    }

    /// Asks, once.
    pub(super) async fn ask(&self, prompt: &Prompt, form: Form) -> Result<Received, AskError> {
        let unreachable = |error: reqwest::Error| AskError::Passing(crate::chain(&error.without_url()));
        let mut request = self.client.post(self.url.clone()).json(&self.body(prompt, form));
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, key);
        }
        let mut response = request.send().await.map_err(unreachable)?;
        match response.status() {
            StatusCode::OK => {}
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => {
                return Err(AskError::Passing(format!("it answers {status}")));
            }
            status if status.is_server_error() => return Err(AskError::Passing(format!("it answers {status}"))),
            status @ (StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) if form == Form::Full => {
                return Err(AskError::Form(status));
            }
            status => return Err(AskError::Refused(status)),
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(unreachable)? {
            if body.len() + part.len() > LONGEST {
                return Ok(Received { answer: String::new(), input_tokens: None, output_tokens: None });
            }
            body.extend_from_slice(&part);
        }
        let read = serde_json::from_slice::<Completion>(&body);
        let completion =
            read.map_err(|error| AskError::Passing(format!("its response is no chat completion: {error}")))?;
        Ok(completion.into())
    }

    fn body(&self, prompt: &Prompt, form: Form) -> Value {
        let mut body = json!({"model": self.model, "messages": prompt.messages});
        if form == Form::Full {
            body["temperature"] = json!(0);
            body["max_tokens"] = json!(TOKENS);
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": {"name": "opinion", "strict": true, "schema": answer_schema()},
            });
        }
        body
    }

    /// Asks it what everyone knows.
    ///
    /// # Errors
    /// If it gives no answer, or one that does not count.
    pub async fn try_out(&self) -> Result<(), AskError> {
        let (prompt, [claim, question, fact]) = sample();
        let received = match self.ask(&prompt, self.form()).await {
            Err(AskError::Form(_)) => self.ask(&prompt, Form::Plain).await?,
            other => other?,
        };
        match weigh(&received.answer, &claim, &question, &[&fact]) {
            Weighed::Decides { .. } => Ok(()),
            Weighed::Open(why) => Err(AskError::Useless(why)),
        }
    }
}

/// A response, as far as it is read.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<i32>,
    completion_tokens: Option<i32>,
}

impl From<Completion> for Received {
    fn from(completion: Completion) -> Self {
        let answer = completion.choices.into_iter().next().and_then(|choice| choice.message.content);
        // The database's text holds no NUL.
        let answer = answer.unwrap_or_default().replace('\0', "");
        let (input, output) =
            completion.usage.map_or((None, None), |usage| (usage.prompt_tokens, usage.completion_tokens));
        let count = |tokens: Option<i32>| tokens.filter(|tokens| *tokens >= 0);
        Self { answer, input_tokens: count(input), output_tokens: count(output) }
    }
}
