//! `/graphql`, by the working draft of GraphQL over HTTP: POST, queries by GET, and a page to try them in.

use async_graphql::{Extensions, Request, Response as Answer, ServerError, Variables};
use axum::{
    Router,
    body::Bytes,
    extract::{FromRequestParts, RawQuery, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AppState, Caller, graphiql, media, problem::Problem};
use crate::{
    app::Actor,
    config::Asking,
    graphql::{Admitted, Api, Does, Session, api, body, silent_api},
};

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/graphql", get(by_get).post(by_post))
}

/// The schema as this installation serves it.
pub(super) fn served(asking: &Asking) -> Api {
    if asking.introspection { api() } else { silent_api() }
}

/// A request in the form of the draft. Unknown properties are ignored; null is as if absent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "GraphqlRequest")]
pub(super) struct Asked {
    /// The document. Where `persistedQuery` names it, it may be left out.
    query: Option<String>,
    /// Which of its operations is meant.
    operation_name: Option<String>,
    /// The values of its variables.
    variables: Option<Map<String, Value>>,
    /// Of these `persistedQuery` is known.
    extensions: Option<Map<String, Value>>,
}

impl Asked {
    /// Whether it says what is asked: by a document, or by what may stand for one.
    fn has_document(&self) -> bool {
        self.query.is_some() || self.extensions.as_ref().is_some_and(|more| more.contains_key("persistedQuery"))
    }

    /// The request, for a caller.
    pub(super) fn by(self, session: Session) -> Request {
        let mut request = Request::new(self.query.unwrap_or_default()).data(session);
        if let Some(name) = self.operation_name {
            request = request.operation_name(name);
        }
        if let Some(variables) = self.variables {
            request = request.variables(Variables::from_json(Value::Object(variables)));
        }
        let known = self.extensions.and_then(|mut more| more.remove("persistedQuery"));
        // What is no value of GraphQL is as wrong as null.
        let known = known.map(|known| async_graphql::Value::from_json(known).unwrap_or_default());
        request.extensions = Extensions(known.map(|known| ("persistedQuery".to_owned(), known)).into_iter().collect());
        request
    }
}

/// Runs a query or mutation within the time that a request may take.
pub(super) async fn run(api: &Api, asking: &Asking, admitted: Admitted) -> Result<Answer, String> {
    let within = std::time::Duration::from_secs(asking.request_seconds);
    tokio::time::timeout(within, api.run(admitted)).await.map_err(|_| {
        let seconds = asking.request_seconds;
        format!("this took longer than {seconds} seconds and was given up; ask for less at once")
    })
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
}

async fn by_post(
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
    answer(state, actor, asked, media, false).await
}

async fn by_get(
    mut parts: Parts,
    RawQuery(query): RawQuery,
    State(state): State<AppState>,
) -> Result<Response, Problem> {
    if state.asking.page && media::prefers_html(&parts.headers) {
        return Ok(graphiql::page());
    }
    let Caller(actor) = Caller::from_request_parts(&mut parts, &state).await?;
    let media = media::accepted(&parts.headers)?;
    let mut asked = Asked::default();
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
            "extensions" if !value.is_empty() => asked.extensions = object(name, &value)?,
            _ => {}
        }
    }
    answer(state, actor, asked, media, true).await
}

async fn answer(
    state: AppState,
    actor: Actor,
    asked: Asked,
    media: media::Media,
    only_query: bool,
) -> Result<Response, Problem> {
    if !asked.has_document() {
        return Err(bad("give the document in `query`"));
    }
    let api = served(&state.asking);
    let admitted = match api.admit(asked.by(Session::new(state.app, actor))) {
        Ok(admitted) => admitted,
        Err(refused) => return Ok(written(*refused, media)),
    };
    match admitted.does {
        Does::Query => {}
        Does::Mutation if !only_query => {}
        Does::Mutation => {
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "send mutations by POST");
            return Ok(([(header::ALLOW, "POST")], problem).into_response());
        }
        Does::Subscription => return Ok(written(Answer::from_errors(vec![elsewhere()]), media)),
    }
    let answer = run(&api, &state.asking, admitted)
        .await
        .map_err(|late| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", late))?;
    Ok(written(answer, media))
}

/// Where subscriptions are served.
fn elsewhere() -> ServerError {
    let message = "subscribe over a WebSocket at /graphql/ws, by the subprotocol graphql-transport-ws";
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", "BAD_USER_INPUT");
    error
}

/// Whether nothing of the request was run.
pub(super) fn was_refused(answer: &Answer) -> bool {
    !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
}

/// Writes the answer. A request that was refused before anything ran has no `data`, and under the newer media type
/// the status 400.
fn written(answer: Answer, media: media::Media) -> Response {
    let refused = was_refused(&answer);
    let status = match media {
        media::Media::GraphqlResponse if refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.name())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body(&answer, !refused)).into_response()
}
