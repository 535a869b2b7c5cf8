//! `/graphql`, by the working draft of GraphQL over HTTP: POST, queries by GET, and a page to try them in.

use std::time::Duration;

use async_graphql::{Request, Response as Answer, Variables};
use axum::{
    Router,
    body::Bytes,
    extract::{FromRequestParts, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AppState, Caller, graphiql, media, problem::Problem};
use crate::graphql::{Api, Session, api};

/// How long a request may take.
const TIME: Duration = Duration::from_secs(30);

pub(super) fn router() -> Router<AppState> {
    let api = api();
    let asked = api.clone();
    Router::new().route("/graphql/page.js", get(graphiql::script)).route(
        "/graphql",
        get(move |parts: Parts, query: RawQuery, state: State<AppState>| by_get(asked.clone(), parts, query, state))
            .post(move |caller: Caller, headers: HeaderMap, state: State<AppState>, body| {
                by_post(api.clone(), caller, headers, state, body)
            }),
    )
}

/// A request in the form of the draft. Unknown properties are ignored; null is as if absent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    /// Nothing is done with it; the draft asks that it be an object.
    #[serde(rename = "extensions")]
    _extensions: Option<Map<String, Value>>,
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
}

async fn by_post(
    api: Api,
    Caller(actor): Caller,
    headers: HeaderMap,
    State(state): State<AppState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    if !media::is_json(&headers) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "send the request as `Content-Type: application/json`, in UTF-8",
        ));
    }
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", "send at most 8 MiB at once")
        }
        _ => bad("the body could not be read to its end"),
    })?;
    let media = media::accepted(&headers)?;
    // Read as a structure, an array would pass for its fields in order.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(bad("the body: give one request as a JSON object; several at once are not taken"));
    }
    let asked: Asked = serde_json::from_slice(&body).map_err(|error| bad(format!("the body: {error}")))?;
    answer(&api, Session::new(state.app, actor), asked, media, false).await
}

async fn by_get(
    api: Api,
    mut parts: Parts,
    RawQuery(query): RawQuery,
    State(state): State<AppState>,
) -> Result<Response, Problem> {
    if media::prefers_html(&parts.headers) {
        return Ok(graphiql::page());
    }
    let Caller(actor) = Caller::from_request_parts(&mut parts, &state).await?;
    let media = media::accepted(&parts.headers)?;
    let mut asked = Asked { query: None, operation_name: None, variables: None, _extensions: None };
    let object = |name: &str, text: &str| {
        serde_json::from_str(text).map_err(|error| bad(format!("the parameter {name} is no JSON object: {error}")))
    };
    for pair in query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        let value = percent_encoding::percent_decode_str(&value)
            .decode_utf8()
            .map_err(|_| bad(format!("the parameter {name} is not UTF-8")))?;
        match name {
            "query" => asked.query = Some(value.into_owned()),
            "operationName" if !value.is_empty() => asked.operation_name = Some(value.into_owned()),
            "variables" if !value.is_empty() => asked.variables = object(name, &value)?,
            "extensions" if !value.is_empty() => asked._extensions = object(name, &value)?,
            _ => {}
        }
    }
    answer(&api, Session::new(state.app, actor), asked, media, true).await
}

async fn answer(
    api: &Api,
    session: Session,
    asked: Asked,
    media: media::Media,
    only_query: bool,
) -> Result<Response, Problem> {
    let query = asked.query.ok_or_else(|| bad("give the document in `query`"))?;
    let mut request = Request::new(query).data(session);
    if let Some(name) = asked.operation_name {
        request = request.operation_name(name);
    }
    if let Some(variables) = asked.variables {
        request = request.variables(Variables::from_json(Value::Object(variables)));
    }
    let admitted = match api.admit(request) {
        Ok(admitted) => admitted,
        Err(refused) => return Ok(written(*refused, media)),
    };
    if only_query && admitted.changes {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "send mutations by POST");
        return Ok(([(header::ALLOW, "POST")], problem).into_response());
    }
    let answer = tokio::time::timeout(TIME, api.run(admitted)).await.map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "TIMEOUT",
            "this took longer than 30 seconds and was given up; ask for less at once",
        )
    })?;
    Ok(written(answer, media))
}

/// Writes the answer. A request that was refused before anything ran has no `data`, and under the newer media type
/// the status 400.
fn written(mut answer: Answer, media: media::Media) -> Response {
    let refused = !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty());
    for error in &mut answer.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "BAD_USER_INPUT");
        }
    }
    let mut body = match serde_json::to_value(&answer) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the answer could not be written")
                .into_response();
        }
    };
    if refused && let Some(body) = body.as_object_mut() {
        body.remove("data");
    }
    let status = match media {
        media::Media::GraphqlResponse if refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.name())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body.to_string()).into_response()
}
