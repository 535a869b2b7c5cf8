//! Signed requests, as Standard Webhooks has them: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, which
//! is `v1,` and the base 64 of HMAC-SHA256 over `id.timestamp.body`.

use std::{net::IpAddr, time::Duration};

use crate::outbound::{self, NotReached};
use atr_core::domain::notice::EndpointUrl;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{StatusCode, header};
use sha2::Sha256;

/// How long an endpoint may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a request was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The endpoint is gone, as it says.
    #[error("the endpoint answers 410 Gone: remove it, or mend it and try again")]
    Gone,
    /// It is at an address of a private network.
    #[error(
        "{0} is not an address of the public internet: nothing is sent there, unless the operator allows it \
         (ATR_WEBHOOK_PRIVATE_ADDRESSES)"
    )]
    Private(IpAddr),
    /// It is not asked.
    #[error("the endpoint is not asked: {0}")]
    NotReached(NotReached),
    /// It answered otherwise than with 2xx.
    #[error("the endpoint answers {0}: what is delivered is answered with 2xx")]
    Refused(StatusCode),
    /// It could not be reached, or did not answer in time.
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(String),
}

impl From<NotReached> for WebhookError {
    fn from(error: NotReached) -> Self {
        match error {
            NotReached::Private(address) => Self::Private(address),
            other => Self::NotReached(other),
        }
    }
}

/// The signature of a message.
pub fn sign(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// A message to an endpoint.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub to: &'a EndpointUrl,
    pub secret: &'a [u8],
    pub id: String,
    pub at: DateTime<Utc>,
    pub body: String,
}

/// Delivers a message. It goes to an address that was looked at, follows no redirect and uses no proxy.
pub(crate) async fn deliver(message: &Message<'_>, private_addresses: bool) -> Result<(), WebhookError> {
    let url = message.to.url();
    let client = outbound::client(url, private_addresses, PATIENCE).await?;
    let unreachable = |error: reqwest::Error| WebhookError::Unreachable(crate::chain(&error.without_url()));
    let timestamp = message.at.timestamp();
    let answer = client
        .post(url.clone())
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", sign(message.secret, &message.id, timestamp, &message.body))
        .body(message.body.clone())
        .send()
        .await
        .map_err(unreachable)?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(WebhookError::Gone),
        status => Err(WebhookError::Refused(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_standard_has_it() {
        // HMAC-SHA256 of `msg_1.1700000000.{"a":1}` by the 24 bytes 0 to 23, as `openssl dgst -sha256 -mac HMAC` has it.
        let secret: Vec<u8> = (0..24).collect();
        assert_eq!(
            sign(&secret, "msg_1", 1_700_000_000, r#"{"a":1}"#),
            "v1,YOREwC5BRUvI4ezImQEgEteB7JbPr/Iy2YCZe049/5g="
        );
    }

    #[tokio::test]
    async fn nothing_is_sent_to_an_address_of_ones_own_network_unless_that_is_allowed() {
        for own in ["https://127.0.0.1:1/", "https://[::1]:1/", "https://localhost:1/", "https://10.0.0.1/"] {
            let to = own.parse().expect("an address");
            let message = Message {
                to: &to,
                secret: b"s",
                id: "ntc".to_owned(),
                at: DateTime::UNIX_EPOCH,
                body: "{}".to_owned(),
            };
            let refused = deliver(&message, false).await.expect_err(own);
            assert!(matches!(refused, WebhookError::Private(_)), "{own}: {refused}");
        }
    }
}
