//! `Idempotency-Key` and `Upload-Offset`: a body that is taken in once, however often and in however many pieces it is
//! sent.

use atr_core::{domain::intake::Position, store::Got};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::item::Item;
use crate::{
    app::{Actor, App, ingest_keys},
    http::problem::Problem,
};

const KEY: &str = "idempotency-key";
/// Where a body begins; in answers, how far it got.
const OFFSET: &str = "upload-offset";
/// The most characters of a key.
const LONGEST: usize = 255;

/// What a request says of its place in a body.
pub(super) struct Asked {
    pub(super) key: Option<String>,
    pub(super) offset: Option<u64>,
}

impl Asked {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let key = headers.get(KEY).map(read_key).transpose()?;
        let offset = headers.get(OFFSET).map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
        let offset = match offset {
            Some(None) => return Err(wrong("Upload-Offset", "is a number of bytes, from 0")),
            Some(Some(_)) if key.is_none() => {
                return Err(wrong("Idempotency-Key", "is missing: a body goes on under the key it was begun with"));
            }
            offset => offset.flatten(),
        };
        Ok(Self { key, offset })
    }
}

/// A key is a string of structured fields, `"…"`; one without quotes is taken as it is.
fn read_key(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().unwrap_or_default().trim();
    let key = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').and_then(unescaped),
        None => (!text.contains('"')).then(|| text.to_owned()),
    };
    let key = key.filter(|key| !key.trim().is_empty() && key.len() <= LONGEST);
    key.ok_or_else(|| wrong("Idempotency-Key", "is a text of 1 to 255 characters in double quotes"))
}

fn unescaped(quoted: &str) -> Option<String> {
    let mut characters = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(next) = characters.next() {
        match next {
            '"' => return None,
            '\\' => text.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            other => text.push(other),
        }
    }
    Some(text)
}

fn wrong(field: &str, what: &str) -> Problem {
    let problem = Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", format!("{field} {what}"));
    Problem { field: Some(field.to_owned()), ..problem }
}

/// The refusal of a body that does not begin where the one before it ended.
pub(super) fn elsewhere(got: &Got) -> Response {
    let detail = format!("{} bytes of this body are taken in: go on from there", got.position.bytes);
    with_offset(got, Problem::new(StatusCode::CONFLICT, "WRONG_OFFSET", detail).into_response())
}

/// The refusal of a table that does not begin at its beginning.
pub(super) fn from_the_beginning() -> Response {
    let detail = "a table is sent whole: send all of it, and what was stored of it is passed over";
    let got = Got { position: Position::default(), done: false };
    with_offset(&got, Problem::new(StatusCode::CONFLICT, "WRONG_OFFSET", detail).into_response())
}

fn with_offset(got: &Got, mut response: Response) -> Response {
    response.headers_mut().insert(HeaderName::from_static(OFFSET), HeaderValue::from(got.position.bytes));
    response
}

/// How far a body got.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "IngestProgress")]
pub(in crate::http) struct Progress {
    /// Where it goes on, in decompressed bytes.
    offset: u64,
    /// How many lines are before that.
    lines: u64,
    /// Whether it got to its end.
    complete: bool,
}

/// Tells how far a body got.
pub(super) async fn progress<T: Item>(app: &App, actor: &Actor, headers: &HeaderMap) -> Result<Response, Problem> {
    let Some(key) = Asked::of(headers)?.key else {
        return Err(wrong("Idempotency-Key", "is missing: give the key that the body was sent under"));
    };
    let got = ingest_keys::progress(app, actor.project, T::ROUTE, &key).await?;
    let got = got.ok_or_else(|| {
        let detail =
            "nothing was sent here under this Idempotency-Key in the last 24 hours: send the body from its beginning";
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    })?;
    let told = Progress { offset: got.position.bytes, lines: got.position.lines, complete: got.done };
    Ok(with_offset(&got, axum::Json(told).into_response()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_string_of_structured_fields_or_a_bare_text() {
        for (written, key) in [
            (r#""8e03978e""#, Some("8e03978e")),
            (r#" "a b" "#, Some("a b")),
            (r#""a\"b\\c""#, Some(r#"a"b\c"#)),
            ("8e03978e", Some("8e03978e")),
            (r#""""#, None),
            (r#""a"#, None),
            (r#""a"b""#, None),
            (r#"a"b"#, None),
            (r#""a\n""#, None),
        ] {
            let value = HeaderValue::from_str(written).expect("a header");
            assert_eq!(read_key(&value).ok().as_deref(), key, "{written}");
        }
    }
}
