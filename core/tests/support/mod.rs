//! A database of its own for each test, dropped at its end, and records to put into it.
#![allow(dead_code, reason = "each test uses part of it")]

pub mod records;

use std::sync::atomic::{AtomicU32, Ordering};

use atr_core::{
    clock::Clock,
    ids::{Ids, ProjectId},
    store::{Connect, Store, migrate},
};
use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};

/// A PostgreSQL server on which this user may create databases.
fn server() -> String {
    std::env::var("ATR_TEST_SERVER").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned())
}

/// A migrated database.
pub struct Database {
    /// As programs see it.
    pub store: Store,
    /// As its owner sees it, whom no policy binds: for what a test puts in or looks at behind the store's back.
    pub owner: PgPool,
    /// The project that it begins with.
    pub project: ProjectId,
    /// The clock of the store. It stands until a test moves it.
    pub clock: Clock,
    name: String,
}

impl Database {
    /// Makes a database with one project.
    pub async fn create() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("atr_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut connection =
            PgConnection::connect(&format!("{}/postgres", server())).await.expect("a server to test on");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database if exists {name} with (force)")))
            .execute(&mut connection)
            .await
            .expect("no such database");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await
            .expect("a new database");
        let url = format!("{}/{name}", server());
        migrate(&url).await.expect("the schema");
        let clock = Clock::fixed("2026-11-24T09:00:00Z".parse().expect("a time"));
        let ids = Ids::seeded(clock.clone(), 1);
        let connect = Connect { url: url.clone(), connections: 8, clock: clock.clone(), ids };
        let store = Store::connect(connect).await.expect("a store");
        let project = add_project(&store, "one").await;
        let owner = PgPoolOptions::new().max_connections(5).connect(&url).await.expect("the owner's connections");
        Self { store, owner, project, clock, name }
    }

    /// Its address for a login.
    pub fn url_of(&self, login: &str) -> String {
        let server = server();
        let (_, host) = server.split_once('@').expect("a server's address with a login");
        format!("postgres://{login}@{host}/{}", self.name)
    }

    /// Another project.
    pub async fn add_project(&self, slug: &str) -> ProjectId {
        add_project(&self.store, slug).await
    }

    /// Whether some transaction waits for another's lock.
    pub async fn someone_waits_for_a_lock(&self) -> bool {
        sqlx::query_scalar(
            "select exists (select from pg_locks l join pg_stat_activity a using (pid)
                            where not l.granted and a.datname = current_database())",
        )
        .fetch_one(&self.owner)
        .await
        .expect("the locks")
    }
}

async fn add_project(store: &Store, slug: &str) -> ProjectId {
    let mut tx = store.begin(store.ids().make()).await.expect("a transaction");
    let project = tx.insert_project(slug, slug).await.expect("a project").id;
    tx.commit().await.expect("committed");
    project
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.name.clone();
        // A thread of its own: a test's runtime cannot be waited for from within.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&format!("{}/postgres", server())).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                    .execute(&mut connection)
                    .await
            })
        });
        if !matches!(dropped.join(), Ok(Ok(_))) {
            eprintln!("could not drop the database {}", self.name);
        }
    }
}
