//! A database for one test.

use atr_core::{
    clock::Clock,
    ids::{Ids, ProjectId, TaskId},
    store::{Connect, Store, migrate},
};
use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

/// A migrated database that is dropped with this value, and a store that is bound by its policies.
pub struct Database {
    pub store: Store,
    pub project: ProjectId,
    /// The owner's way in, past the policies.
    pub url: String,
}

/// When every test begins.
pub fn start() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-24T09:00:00Z").expect("a time").to_utc()
}

impl Database {
    /// Makes a database on the server that `TEST_DATABASE_URL` names, by default the local one, with one project.
    pub async fn new() -> Self {
        let server =
            std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let server = server.trim_end_matches('/').to_owned();
        let name = format!("atr_test_{}", Ids::from_system(Clock::system()).make::<TaskId>());
        statement(&server, &format!(r#"create database "{name}""#)).await;
        let url = format!("{server}/{name}");
        migrate(&url).await.expect("the migrations run");
        let clock = Clock::fixed(start());
        let ids = Ids::from_system(clock.clone());
        let connect = Connect { url: url.clone(), connections: 8, clock, ids };
        let store = Store::connect(connect).await.expect("the store connects");
        let project = store.create_project("one", "One").await.expect("a project").id;
        Self { store, project, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = self.url.rsplit_once('/').expect("a database on a server");
        let (server, sql) = (server.to_owned(), format!(r#"drop database "{name}" with (force)"#));
        // On a thread of its own: the test's runtime cannot wait while it unwinds.
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(statement(&server, &sql));
        });
        if dropping.join().is_err() && !std::thread::panicking() {
            panic!("the test's database could not be dropped");
        }
    }
}

async fn statement(server: &str, sql: &str) {
    let options: PgConnectOptions = format!("{server}/postgres").parse().expect("the server's address");
    let mut connection = PgConnection::connect_with(&options)
        .await
        .unwrap_or_else(|error| panic!("tests need a PostgreSQL at {server} (TEST_DATABASE_URL): {error}"));
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect(sql);
}
