//! Fetches what is at an address: of the public internet alone unless the operator allows more, at every redirect; no more
//! than a copy may have, in bounded time.

use std::time::Duration;

use atr_core::domain::source_copy::{COPY_BYTES, Fetched};
use futures_util::StreamExt;
use reqwest::{Response, StatusCode, header};
use url::Url;

use crate::outbound::{self, NotReached};

/// How long one address may take to be found, to answer, and to send all of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// The most characters that are kept of a validator or of a media type.
const HEADER: usize = 500;

/// What came with a copy, by which a server tells whether it has changed (RFC 9110, 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// What a server answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// What is there.
    Content { bytes: Vec<u8>, media_type: String, fetched: Fetched },
    /// What was there before.
    Unchanged { fetched: Fetched },
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is of a kind that is not fetched.
    #[error("{0} is neither http nor https")]
    Scheme(Url),
    /// The address is not asked.
    #[error("{url} is not fetched: {error}")]
    NotReached {
        /// The address.
        url: Url,
        /// Why.
        error: NotReached,
    },
    /// No answer came, or it broke off.
    #[error("{url} does not answer: {error}")]
    Unreachable {
        /// The address.
        url: Url,
        /// Why.
        error: String,
    },
    /// The answer was another than that something is there.
    #[error("{url} answers {status}")]
    Refused {
        /// The address.
        url: Url,
        /// The answer.
        status: StatusCode,
    },
    /// A redirect led nowhere.
    #[error("{0} redirects to no address")]
    Astray(Url),
    /// The redirects had no end.
    #[error("there are more than {REDIRECTS} redirects")]
    Redirected,
    /// It is more than is kept.
    #[error("{url} has more than {COPY_BYTES} bytes")]
    TooLarge {
        /// The address.
        url: Url,
    },
    /// Nothing is there.
    #[error("{url} is empty")]
    Empty {
        /// The address.
        url: Url,
    },
}

impl FetchError {
    /// How far it came.
    pub(super) fn fetched(&self) -> Fetched {
        let (url, status) = match self {
            Self::Scheme(url) | Self::Astray(url) => (Some(url), None),
            Self::NotReached { url, .. } | Self::Unreachable { url, .. } => (Some(url), None),
            Self::TooLarge { url } | Self::Empty { url } => (Some(url), None),
            Self::Refused { url, status } => (Some(url), Some(i32::from(status.as_u16()))),
            Self::Redirected => (None, None),
        };
        Fetched { url: url.map(Url::to_string), status, ..Fetched::default() }
    }
}

/// Fetches what is at `url`, unless it is what it was when the validators came.
///
/// # Errors
/// If nothing can be fetched there, and why.
pub(super) async fn fetch(url: Url, known: &Validators, private_addresses: bool) -> Result<Answer, FetchError> {
    let mut url = url;
    for _ in 0..=REDIRECTS {
        let answer = ask(&url, known, private_addresses).await?;
        match answer.status() {
            StatusCode::NOT_MODIFIED if *known != Validators::default() => {
                let fetched = Fetched {
                    etag: known.etag.clone(),
                    last_modified: known.last_modified.clone(),
                    ..fetched(&answer, &url)
                };
                return Ok(Answer::Unchanged { fetched });
            }
            status if status.is_redirection() => {
                let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                url = to.and_then(|to| url.join(to).ok()).ok_or(FetchError::Astray(url))?;
            }
            StatusCode::OK => {
                let fetched = fetched(&answer, &url);
                let media_type = text(&answer, header::CONTENT_TYPE);
                let bytes = body(answer, &url).await?;
                let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
                return Ok(Answer::Content { bytes, media_type, fetched });
            }
            status => return Err(FetchError::Refused { url, status }),
        }
    }
    Err(FetchError::Redirected)
}

async fn ask(url: &Url, known: &Validators, private_addresses: bool) -> Result<Response, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::Scheme(url.clone()));
    }
    let client = outbound::client(url, private_addresses, PATIENCE).await;
    let client = client.map_err(|error| FetchError::NotReached { url: url.clone(), error })?;
    let mut request = client.get(url.clone()).header(header::ACCEPT, "text/html, text/plain, */*;q=0.5");
    for (header, value) in [(header::IF_NONE_MATCH, &known.etag), (header::IF_MODIFIED_SINCE, &known.last_modified)] {
        if let Some(value) = value {
            request = request.header(header, value);
        }
    }
    request.send().await.map_err(|error| unreachable(url, error))
}

fn unreachable(url: &Url, error: reqwest::Error) -> FetchError {
    FetchError::Unreachable { url: url.clone(), error: crate::chain(&error.without_url()) }
}

fn fetched(answer: &Response, url: &Url) -> Fetched {
    Fetched {
        url: Some(url.to_string()),
        status: Some(i32::from(answer.status().as_u16())),
        etag: text(answer, header::ETAG),
        last_modified: text(answer, header::LAST_MODIFIED),
    }
}

/// A header of bounded length; what is longer was not there.
fn text(answer: &Response, name: header::HeaderName) -> Option<String> {
    let value = answer.headers().get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= HEADER).then(|| value.to_owned())
}

async fn body(answer: Response, url: &Url) -> Result<Vec<u8>, FetchError> {
    let (mut bytes, mut parts) = (vec![], answer.bytes_stream());
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| unreachable(url, error))?;
        if bytes.len() + part.len() > COPY_BYTES {
            return Err(FetchError::TooLarge { url: url.clone() });
        }
        bytes.extend_from_slice(&part);
    }
    if bytes.is_empty() { Err(FetchError::Empty { url: url.clone() }) } else { Ok(bytes) }
}
