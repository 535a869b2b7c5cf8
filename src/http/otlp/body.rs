//! Bodies: protobuf or JSON, gzip or as they are, never longer than the bound, decompressed or not.

use std::io::Read as _;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::read::MultiGzDecoder;
use http_body_util::LengthLimitError;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{MOST, status::Refusal};
use crate::http::media::{essence, header_text};

/// How a request is written, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Protobuf's own.
    Protobuf,
    /// Protobuf's JSON, as OTLP has it.
    Json,
}

impl Encoding {
    fn media_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// An answer in this encoding.
    pub(super) fn answer<M: prost::Message + Serialize>(self, status: StatusCode, message: &M) -> Response {
        let body = match self {
            Self::Protobuf => message.encode_to_vec(),
            Self::Json => serde_json::to_vec(message).expect("a message serialises"),
        };
        let kind = HeaderValue::from_static(self.media_type());
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

/// How the request says that it is written.
pub(super) fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let kind = header_text(headers, header::CONTENT_TYPE);
    [Encoding::Protobuf, Encoding::Json]
        .into_iter()
        .find(|encoding| essence(kind).eq_ignore_ascii_case(encoding.media_type()))
        .ok_or_else(|| {
            let found = if kind.is_empty() { "none was given" } else { kind };
            let message = format!("send Content-Type: application/x-protobuf or application/json ({found})");
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
        })
}

/// Reads a body whole.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let coding = header_text(headers, header::CONTENT_ENCODING);
    let gzip = coding.eq_ignore_ascii_case("gzip");
    if !gzip && !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
        let message = format!("this door decodes Content-Encoding: gzip, and not {coding}");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let sent = axum::body::to_bytes(body, MOST).await.map_err(|error| {
        let too_long = std::error::Error::source(&error).is_some_and(|cause| cause.is::<LengthLimitError>());
        if too_long {
            Refusal::too_large()
        } else {
            bad(format!("the body broke off before its end ({error}): send it again"))
        }
    })?;
    if !gzip || sent.is_empty() {
        return Ok(sent);
    }
    let unpacked = tokio::task::spawn_blocking(move || {
        let mut unpacked = vec![];
        // One byte more than may be, so that it is seen that there are more.
        MultiGzDecoder::new(&*sent).take(MOST as u64 + 1).read_to_end(&mut unpacked).map(|_| unpacked)
    });
    match unpacked.await {
        Ok(Ok(unpacked)) if unpacked.len() > MOST => Err(Refusal::too_large()),
        Ok(Ok(unpacked)) => Ok(unpacked.into()),
        Ok(Err(error)) => Err(bad(format!("the body is no gzip: {error}"))),
        Err(error) => {
            tracing::error!(%error, "decompressing broke off");
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the body could not be decompressed"))
        }
    }
}

fn bad(message: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, message)
}

/// Decodes a request.
///
/// # Errors
/// If the bytes are no such message.
pub fn decode<M: prost::Message + Default + DeserializeOwned>(encoding: Encoding, body: &[u8]) -> Result<M, Refusal> {
    match encoding {
        Encoding::Protobuf => M::decode(body).map_err(|error| bad(format!("this is no such message: {error}"))),
        Encoding::Json => {
            let mut value: Value =
                serde_json::from_slice(body).map_err(|error| bad(format!("not valid JSON: {error}")))?;
            // Read as a structure, a list would pass for its fields in order.
            if !value.is_object() {
                return Err(bad("this is no such message: send it as a JSON object".to_owned()));
            }
            complete(&mut value);
            serde_path_to_error::deserialize(value).map_err(|error| bad(format!("{}: {}", error.path(), error.inner())))
        }
    }
}

/// Protobuf's JSON leaves out what is empty, gives null for what is not there, and writes numbers as texts where it
/// likes; what reads the messages takes less.
fn complete(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(complete),
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (name, value) in fields.iter_mut() {
                match (name.as_str(), &mut *value) {
                    ("arrayValue" | "kvlistValue", Value::Object(list)) => {
                        list.entry("values").or_insert_with(|| Value::Array(vec![]));
                    }
                    ("doubleValue", Value::String(text)) => {
                        if let Some(number) = text.parse().ok().and_then(serde_json::Number::from_f64) {
                            *value = number.into();
                        }
                    }
                    _ => {}
                }
                complete(value);
            }
            // What JSON has no number for (NaN, Infinity) is kept as a text.
            if let Some(Value::String(_)) = fields.get("doubleValue")
                && let Some(text) = fields.remove("doubleValue")
            {
                fields.insert("stringValue".to_owned(), text);
            }
            attribute(fields);
        }
        _ => {}
    }
}

/// An attribute without a key, which protobuf takes for an empty one.
fn attribute(fields: &mut Map<String, Value>) {
    if fields.contains_key("value") && !fields.contains_key("key") && fields.len() == 1 {
        fields.insert("key".to_owned(), String::new().into());
    }
}
