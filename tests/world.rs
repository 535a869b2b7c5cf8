//! The doors over a database of a test's own, without a socket.

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use atr::{
    app::{Actor, App, Process, keys},
    config::Asking,
    http::{AppState, Metrics, router},
};
use atr_core::{
    blobs::Blobs,
    domain::{
        access::Role,
        assignment::{Assignment, AssignmentState, Purpose, RoutingReason},
    },
    ids::{ExpertId, TraceId},
};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, Response, StatusCode, header},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

#[path = "../core/tests/support/mod.rs"]
mod support;

pub use support::{Database, records};

/// A service with one project.
pub struct World {
    pub database: Database,
    pub app: App,
    pub state: AppState,
    router: Router,
    _folder: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::served([], Asking::default(), true).await
    }

    /// Without TLS, as browsers on the same machine come: then cookies go over what there is.
    pub async fn over_http() -> Self {
        Self::served([], Asking::default(), false).await
    }

    /// One of which the process knows this by itself, without TLS.
    pub async fn of_process(process: Process) -> Self {
        Self::made([], Asking::default(), false, process).await
    }

    /// Behind proxies of these networks, which are trusted.
    pub async fn behind<const N: usize>(proxies: [&str; N]) -> Self {
        Self::served(proxies, Asking::default(), true).await
    }

    /// One whose GraphQL API is asked in another way than usual.
    pub async fn asking(asking: Asking) -> Self {
        Self::served([], asking, true).await
    }

    async fn served<const N: usize>(proxies: [&str; N], asking: Asking, secure_cookies: bool) -> Self {
        Self::made(proxies, asking, secure_cookies, Process::default()).await
    }

    async fn made<const N: usize>(proxies: [&str; N], asking: Asking, secure_cookies: bool, process: Process) -> Self {
        static METRICS: OnceLock<Metrics> = OnceLock::new();
        let metrics = METRICS.get_or_init(|| Metrics::install().expect("nothing measures yet")).clone();
        let database = Database::create().await;
        let folder = tempfile::tempdir().expect("a folder");
        let app = App { store: database.store.clone(), blobs: Blobs::new(folder.path()), process: Arc::new(process) };
        let trusted_proxies = proxies.map(|network| network.parse().expect("a network")).into();
        let state =
            AppState { app: app.clone(), metrics, trusted_proxies, asking, secure_cookies, attachment_bytes: 1 << 20 };
        let router = router(state.clone());
        Self { database, app, state, router, _folder: folder }
    }

    /// The same over another process.
    pub fn with_process(self, process: Process) -> Self {
        let app = App { process: Arc::new(process), ..self.app };
        let state = AppState { app: app.clone(), ..self.state };
        Self { app, router: router(state.clone()), state, ..self }
    }

    /// The secret of a new key.
    pub async fn key(&self, role: Role, expert: Option<ExpertId>) -> String {
        let wanted = keys::Wanted { expert, ..keys::Wanted::of("test", role) };
        keys::create(&self.app, &Actor::local(self.database.project), wanted).await.expect("a key").secret
    }

    /// Asks an expert about traces in the open cycle: of each the first slot is theirs.
    pub async fn asks(&self, expert: ExpertId, traces: &[TraceId], purpose: Purpose) -> Vec<Assignment> {
        let mut tx = self.app.store.begin(self.database.project).await.expect("a transaction");
        let week = tx.review_calendar().await.expect("read").expect("a calendar").at(tx.now());
        let mut items = vec![];
        for (trace, rank) in traces.iter().zip(1..) {
            items.push(Assignment {
                id: tx.fresh(),
                cycle: week.name,
                expert,
                trace: *trace,
                rank,
                value: 0.5,
                reason: RoutingReason { words: "it is the only one".to_owned(), ..RoutingReason::default() },
                reward_model: None,
                at: tx.now(),
                purpose,
                slot: 1,
                state: AssignmentState::Held,
                leased_until: week.closes_at,
                opened_at: None,
                ended_at: None,
                review: None,
            });
        }
        let stored = tx.insert_assignments(&items).await.expect("stored");
        assert_eq!(usize::try_from(stored), Ok(items.len()));
        tx.commit().await.expect("a commit");
        items
    }

    /// The doors on a socket, for programs; where it is.
    pub async fn serve(&self) -> std::io::Result<String> {
        self.serve_on(tokio::net::TcpListener::bind("127.0.0.1:0").await?)
    }

    /// The same, on a socket that is there already.
    pub fn serve_on(&self, listener: tokio::net::TcpListener) -> std::io::Result<String> {
        let address = format!("http://{}", listener.local_addr()?);
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// What a document is answered.
    pub async fn graphql(&self, key: &str, document: &str) -> Value {
        self.graphql_with(key, document, &json!({})).await
    }

    /// The same of a document with variables.
    pub async fn graphql_with(&self, key: &str, document: &str, variables: &Value) -> Value {
        let request = Request::post("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({"query": document, "variables": variables}).to_string()))
            .expect("a request");
        serde_json::from_slice(&body_of(self.ask(request).await).await).expect("JSON")
    }

    /// What became of lines that are sent through a door, a result for each.
    pub async fn send_lines(&self, key: &str, door: &str, lines: &[Value]) -> Vec<Value> {
        const NDJSON: &str = "application/x-ndjson";
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let request = Request::post(format!("/v1/ingest/{door}"))
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, NDJSON)
            .header(header::ACCEPT, NDJSON)
            .body(Body::from(body))
            .expect("a request");
        let response = self.ask(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = body_of(response).await;
        let lines = std::str::from_utf8(&body).expect("text").lines();
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    pub async fn ask(&self, request: Request<Body>) -> Response<Body> {
        let answered: Result<_, Infallible> = self.router.clone().oneshot(request).await;
        match answered {
            Ok(response) => response,
        }
    }
}

/// A whole body.
pub async fn body_of(response: Response<Body>) -> Bytes {
    axum::body::to_bytes(response.into_body(), 64 << 20).await.expect("the body")
}
