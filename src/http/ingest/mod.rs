//! `POST /v1/ingest/{traces,reviews,grounding,feedback}`: NDJSON in bulk, one JSON object a line.
//!
//! The body is read as it comes, never whole: lines are gathered into batches, each one transaction, and a line is
//! answered for once its batch has committed. Sending lines again whose answer was lost changes nothing, as far as
//! they carry an `external_id`. A bad line costs itself alone.
//!
//! The answer is a summary in JSON (`received` = `stored` + `duplicates` + `quarantined` + `filtered` + `rejected`, and
//! the first errors by line), or, asked for with `Accept: application/x-ndjson`, one result line for each line that is
//! not blank, sent as batches commit. A sender of result lines reads while it sends: about 32,000 lines ahead of what it
//! has read, the door stops reading and waits.
//!
//! While too much of the project's work is not done, the answer is 429 with `Retry-After`, before anything is read; where
//! that begins between two batches, the lines from there on are unanswered, as below.
//!
//! Facts may come as a table too, CSV or Parquet, whose rows are lines.
//!
//! Bodies may be coded by gzip or zstd. Under an `Idempotency-Key` a body is taken in once: sent again it is answered again,
//! and one that broke off goes on from where it got to, from its beginning or, with `Upload-Offset`, from there; `GET` says
//! where that is. `docs/ingest.md` is the sender's page.
//!
//! If a batch cannot be stored, the status is 429, 503 or 500 and the problem has the summary of what was stored and
//! `first_unanswered_line`; where result lines were sent already, one with the status `unanswered` ends them.

mod decode;
mod feed;
mod item;
mod key;
mod lines;
mod report;
mod table;

use std::io;

use atr_core::{
    domain::{
        feedback::NewFeedback,
        grounding::NewGrounding,
        intake::{Door, Position},
        new_trace::NewTrace,
        review::NewReview,
    },
    trace_context::TraceContext,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::{io::AsyncBufRead, sync::mpsc};
use tracing::Instrument;

pub(crate) use self::report::{LineResult, Summary};
use self::{
    decode::{Coding, TooDense},
    feed::{Committed, Feed, Keyed, Stopped, Why},
    item::Item,
    key::{Asked, elsewhere, from_the_beginning, progress},
    lines::Lines,
};
pub(super) use self::{key::Progress, table::MEDIA_TYPES};
use super::{
    AppState, Caller,
    media::{essence, header_text},
    problem::Problem,
};
use crate::app::{backlog, ingest_keys};

const NDJSON: &str = "application/x-ndjson";

/// How many batches of result lines wait for their reader.
const BATCHES_AHEAD: usize = 64;

/// The doors for lines.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/v1/ingest/traces", get(how_far::<NewTrace>).post(door::<NewTrace>))
        .route("/v1/ingest/reviews", get(how_far::<NewReview>).post(door::<NewReview>))
        .route("/v1/ingest/grounding", get(how_far::<NewGrounding>).post(door::<NewGrounding>))
        .route("/v1/ingest/feedback", get(how_far::<NewFeedback>).post(door::<NewFeedback>))
}

async fn door<T: Item>(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    T::may_enter(&actor).map_err(|refused| Problem::from(refused).into_response())?;
    let table = if T::DOOR == Door::Grounding { table::sent(&headers) } else { None };
    if table.is_none()
        && let Some(refused) = refusal::<T>(&headers)
    {
        return Err(refused);
    }
    // Each batch asks this too; asked here, a sender that comes too early is refused before the body is read.
    backlog::admit(&state.app, actor.project).await.map_err(|full| Problem::from(full).into_response())?;
    let coding = coding(&headers).map_err(|refused| *refused)?;
    let Asked { key, offset } = Asked::of(&headers).map_err(Problem::into_response)?;
    let by_line = wants_lines(&headers);
    let body = coding.decode(body);
    let body = match table {
        None => body,
        // A table is sent whole, whatever was taken in of it.
        Some(_) if offset.is_some_and(|offset| offset > 0) => return Err(from_the_beginning()),
        // Before its key is held, which is for who has something to store.
        Some(table) => table::lines(table, body).await.map_err(|none| none.problem().into_response())?,
    };
    let offset = offset.filter(|_| table.is_none());
    let keyed = match key {
        None => None,
        Some(key) => {
            let held = ingest_keys::hold(&state.app, actor.project, T::ROUTE, key).await;
            let (mut hold, got) = held.map_err(|refused| Problem::from(refused).into_response())?;
            if offset.is_some_and(|offset| offset != got.position.bytes) {
                hold.let_go().await.map_err(|error| Problem::from(error).into_response())?;
                return Err(elsewhere(&got));
            }
            // The account is of the whole body; result lines are of the lines that this request has.
            let again_after = (offset.is_none() || !by_line).then_some(0);
            Some(Keyed { hold, got, whole: offset.is_none(), checked: false, again_after })
        }
    };
    let lines = match &keyed {
        None => Lines::new(body),
        Some(Keyed { whole: true, .. }) => Lines::chained(body, Position::default()),
        Some(Keyed { got, .. }) => Lines::chained(body, got.position),
    };
    let feed = Feed::<T, _>::new(state.app, actor, lines, keyed);
    if by_line { answer_by_line(feed).await } else { answer_at_end(feed).await }
}

/// How far a body got that was sent under a key.
async fn how_far<T: Item>(
    State(state): State<AppState>,
    Caller(actor): Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    T::may_enter(&actor)?;
    progress::<T>(&state.app, &actor, &headers).await
}

fn unsupported(detail: String) -> Response {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail).into_response()
}

/// How the body is coded, where the door knows that.
fn coding(headers: &HeaderMap) -> Result<Coding, Box<Response>> {
    Coding::of(headers).map_err(|other| {
        let mut response = unsupported(format!("this door decodes Content-Encoding: gzip and zstd, and not {other}"));
        response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd, identity"));
        Box::new(response)
    })
}

/// The refusal of a body that is not lines of JSON.
fn refusal<T: Item>(headers: &HeaderMap) -> Option<Response> {
    let kind = header_text(headers, header::CONTENT_TYPE);
    if !essence(kind).eq_ignore_ascii_case(NDJSON) {
        let found = if kind.is_empty() { "none was given" } else { kind };
        let tables: &[&str] = if T::DOOR == Door::Grounding { &MEDIA_TYPES } else { &[] };
        let taken = [&[NDJSON], tables].concat().join(", ");
        let tables = if tables.is_empty() { String::new() } else { format!(", or a table ({})", tables.join(", ")) };
        let detail = format!("send one JSON object a line with Content-Type: {NDJSON}{tables} ({found})");
        let mut response = unsupported(detail);
        response.headers_mut().insert("accept-post", HeaderValue::try_from(taken).expect("media types"));
        return Some(response);
    }
    None
}

/// Whether result lines are asked for by name.
fn wants_lines(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| essence(range).eq_ignore_ascii_case(NDJSON))
}

async fn answer_at_end<T: Item, R: AsyncBufRead + Unpin>(mut feed: Feed<T, R>) -> Result<Response, Response> {
    let mut summary = Summary::default();
    loop {
        match feed.next().await {
            Ok(Some(batch)) => summary.add(&batch),
            Ok(None) => return Ok(axum::Json(summary).into_response()),
            Err(stopped) => return Err(unfinished(stopped, &summary)),
        }
    }
}

/// A problem that says what was stored before it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UnfinishedIngest")]
pub(super) struct Unfinished<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    /// The first line that was not taken in.
    first_unanswered_line: u64,
    #[serde(flatten)]
    summary: &'a Summary,
}

fn unfinished(stopped: Stopped, summary: &Summary) -> Response {
    let line = stopped.line;
    let problem = problem(stopped.why);
    let told = Unfinished { problem: &problem, first_unanswered_line: line, summary };
    let body = serde_json::to_vec(&told).expect("a problem serialises");
    // Status and headers as every problem has them.
    let (parts, _) = problem.into_response().into_parts();
    Response::from_parts(parts, Body::from(body))
}

fn problem(why: Why) -> Problem {
    match why {
        Why::App(error) => error.into(),
        Why::OtherContent => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "IDEMPOTENCY_KEY_REUSED",
            "other content was sent under this Idempotency-Key before: send this under a key of its own",
        ),
        Why::Body(error) if error.get_ref().is_some_and(|inner| inner.is::<TooDense>()) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_DENSE", error.to_string())
        }
        Why::Body(error) => {
            tracing::info!(%error, "a body broke off");
            let detail = "the body broke off before its end, or is not coded as Content-Encoding says; send it again";
            Problem::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
        }
    }
}

async fn answer_by_line<T: Item, R: AsyncBufRead + Unpin + Send + 'static>(
    mut feed: Feed<T, R>,
) -> Result<Response, Response> {
    let (send, mut answers) = mpsc::channel::<Result<Bytes, Stopped>>(BATCHES_AHEAD);
    // A task of its own, so that batches go on while the sender has not read the answer yet. It ends when the body
    // does, or when nobody is there to read.
    let feeding = async move {
        while let Some(fed) = feed.next().await.transpose() {
            let stopped = fed.is_err();
            if send.send(fed.map(|batch| written(&batch))).await.is_err() || stopped {
                break;
            }
        }
    };
    tokio::spawn(TraceContext::scope(TraceContext::current(), feeding).in_current_span());
    // The status is given with the first batch: until then a fault still is one.
    let first = match answers.recv().await {
        Some(Err(stopped)) => return Err(unfinished(stopped, &Summary::default())),
        first => first,
    };
    let rest = stream::unfold(answers, async |mut answers| Some((answers.recv().await?, answers)));
    let told = stream::iter(first).chain(rest).map(|answer| Ok::<_, io::Error>(answer.unwrap_or_else(ending)));
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(told)).into_response())
}

/// A batch's result lines.
fn written(batch: &Committed) -> Bytes {
    let mut lines = Vec::with_capacity(batch.outcomes.len() * 80);
    for (number, outcome) in batch.numbers.iter().zip(&batch.outcomes) {
        LineResult::new(*number, outcome).write(&mut lines);
    }
    lines.into()
}

/// The last line of an answer that could not be finished.
fn ending(stopped: Stopped) -> Bytes {
    let Problem { detail, .. } = problem(stopped.why);
    let message = format!("{detail}; this line and those after it were not taken in: send them again");
    let mut written = vec![];
    LineResult::unanswered(stopped.line, &message).write(&mut written);
    written.into()
}
