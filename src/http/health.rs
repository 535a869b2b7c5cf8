//! Liveness, readiness and metrics: open to all, and without ids.

use std::time::{Duration, Instant};

use atr_core::{
    blobs::Blobs,
    queue::{Broker, Depth, Pause, Rate, Stage, State as TaskState},
};
use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, SecondsFormat, Utc};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use schemars::JsonSchema;
use serde::Serialize;

use super::AppState;

/// The states of tasks that are not done with.
const UNFINISHED: [TaskState; 5] =
    [TaskState::Available, TaskState::Scheduled, TaskState::Running, TaskState::Retryable, TaskState::Dead];

/// What this process measured, as Prometheus reads it.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Begins to measure. Once a process.
    ///
    /// # Errors
    /// If this process measures already.
    pub fn install() -> Result<Self, metrics_exporter_prometheus::BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets(&[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0])?
            .install_recorder()?;
        metrics::describe_counter!("atr_http_requests_total", "Requests answered, by route, method and status");
        metrics::describe_histogram!("atr_http_request_seconds", metrics::Unit::Seconds, "Time to answer a request");
        metrics::describe_counter!("atr_grpc_requests_total", "gRPC calls answered, by method and code");
        metrics::describe_histogram!("atr_grpc_request_seconds", metrics::Unit::Seconds, "Time to answer a gRPC call");
        metrics::describe_counter!("atr_ingest_items_total", "Items that came in, by door and what became of them");
        metrics::describe_counter!(
            "atr_replayed_items_total",
            "Items of the quarantine that were tried again, by door and what became of them"
        );
        metrics::describe_counter!("atr_redactions_total", "Parts of texts that were replaced at a door, by pattern");
        metrics::describe_counter!("atr_tasks_total", "Tasks done, by stage");
        metrics::describe_counter!("atr_task_failures_total", "Failed attempts, by stage");
        metrics::describe_histogram!(
            "atr_task_seconds",
            metrics::Unit::Seconds,
            "Time a task took; of a batch, its share"
        );
        metrics::describe_counter!(
            "atr_doorbells_total",
            "Doorbells that the broker confirmed, by stage, of this process"
        );
        metrics::describe_counter!("atr_doorbells_unreadable_total", "Messages laid aside that were no doorbells");
        metrics::describe_gauge!("atr_queue_tasks", "Unfinished tasks, by stage and state");
        metrics::describe_gauge!(
            "atr_queue_oldest_seconds",
            metrics::Unit::Seconds,
            "Age of the oldest unfinished task"
        );
        metrics::describe_gauge!(
            "atr_queue_ready_tasks",
            "Tasks that a worker would take now, by stage: what to scale workers by; none where the stage is paused"
        );
        metrics::describe_gauge!("atr_queue_paused", "Whether the stage is paused: 1 or 0");
        metrics::describe_gauge!("atr_queue_done_per_second", "Tasks that all workers did a second of late, by stage");
        Ok(Self(handle))
    }
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured))
}

/// How long the database and the object store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether this process is ready.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Readiness {
    /// Whether it takes requests.
    ready: bool,
    /// What that rests on.
    checks: Checks,
}

/// How what this process works with is found.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReadinessChecks")]
struct Checks {
    /// The database: `up`, or how it is not.
    database: &'static str,
    /// By what workers hear of work: `rabbitmq` or `postgres`.
    transport: &'static str,
    /// Where workers run: `in this process` or `elsewhere`.
    workers: &'static str,
    /// The broker, where there is one: `up`, or how it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    broker: Option<String>,
    /// The object store, where there is one: `up`, or how it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    blobs: Option<&'static str>,
}

/// Ready when the database answers; names what is down. Without the broker work goes on, later: it is told, and the
/// process is ready all the same. So it is without the object store, which no door needs to take in what comes.
async fn ready(State(state): State<AppState>) -> Response {
    let process = &state.app.process;
    let (database, blobs) =
        tokio::join!(tokio::time::timeout(PATIENCE, state.app.store.broker()), kept(&state.app.blobs));
    let (status, database, broker) = match database {
        Ok(Ok(broker)) => (StatusCode::OK, "up", process.has_broker.then(|| told(&broker))),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "down", None)
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "does not answer within 2 seconds", None),
    };
    let checks = Checks {
        database,
        transport: if process.has_broker { "rabbitmq" } else { "postgres" },
        workers: if process.works { "in this process" } else { "elsewhere" },
        broker,
        blobs,
    };
    (status, Json(Readiness { ready: status == StatusCode::OK, checks })).into_response()
}

/// How the object store is found, if there is one; why it is down is for the log and for `atr doctor`.
async fn kept(blobs: &Blobs) -> Option<&'static str> {
    if !blobs.is_remote() {
        return None;
    }
    Some(match tokio::time::timeout(PATIENCE, blobs.reach()).await {
        Ok(Ok(())) => "up",
        Ok(Err(error)) => {
            tracing::warn!(%error, %blobs, "the object store is down");
            "down: what is to be stored or read there waits"
        }
        Err(_) => "does not answer within 2 seconds: what is to be stored or read there waits",
    })
}

/// How the relay finds the broker; why it is down is for the log and for `atr doctor`.
fn told(broker: &Broker) -> String {
    match broker {
        Broker::Up => "up".to_owned(),
        Broker::Down { since, .. } => {
            let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("down since {since}: work is found by polling")
        }
        Broker::Unattended => "not known: no worker with this broker runs".to_owned(),
    }
}

async fn measured(State(state): State<AppState>) -> Response {
    let store = &state.app.store;
    match tokio::try_join!(store.queue_depth(), store.queue_rates(), store.pauses()) {
        Ok((depths, rates, pauses)) => tell_queue(store.clock().now(), &depths, &rates, &pauses),
        Err(error) => tracing::warn!(%error, "the queue's state is not known; the other figures are given"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.0.render()).into_response()
}

/// What has none is told as none: a gauge that is not set anew keeps what it said before.
fn tell_queue(now: DateTime<Utc>, depths: &[Depth], rates: &[Rate], pauses: &[Pause]) {
    for stage in Stage::ALL {
        let of_stage = [("stage", stage.word())];
        let depth = |state| depths.iter().find(|depth| depth.stage == *stage && depth.state == state);
        for state in UNFINISHED {
            let labels = [("stage", stage.word()), ("state", state.word())];
            metrics::gauge!("atr_queue_tasks", &labels).set(depth(state).map_or(0.0, |depth| depth.tasks as f64));
            let oldest = depth(state).and_then(|depth| depth.oldest);
            let age = oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
            metrics::gauge!("atr_queue_oldest_seconds", &labels).set(age);
        }
        let paused = pauses.iter().any(|pause| pause.stage == *stage);
        let ready = depth(TaskState::Available).filter(|_| !paused).map_or(0.0, |depth| depth.tasks as f64);
        let rate = rates.iter().find(|rate| rate.stage == *stage).map_or(0.0, Rate::per_second);
        metrics::gauge!("atr_queue_ready_tasks", &of_stage).set(ready);
        metrics::gauge!("atr_queue_paused", &of_stage).set(f64::from(u8::from(paused)));
        metrics::gauge!("atr_queue_done_per_second", &of_stage).set(rate);
    }
}

/// Counts and times every request by its route's pattern, never by its path: ids are no labels.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let labels = [("route", route), ("method", method), ("status", response.status().as_u16().to_string())];
    metrics::histogram!("atr_http_request_seconds", &labels[..2]).record(began.elapsed().as_secs_f64());
    metrics::counter!("atr_http_requests_total", &labels).increment(1);
    response
}
