//! Others in the same database: projects and transactions.

use atr_core::ids::ProjectId;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};

use crate::support::Database;

impl Database {
    /// Another project.
    pub async fn other_project(&self) -> ProjectId {
        self.store.create_project("other", "Other").await.expect("a project").id
    }

    /// Whether some transaction waits for another's lock.
    pub async fn someone_waits_for_a_lock(&self) -> bool {
        let options: PgConnectOptions = self.url.parse().expect("an address");
        let mut connection = PgConnection::connect_with(&options).await.expect("a connection");
        sqlx::query_scalar(
            "select exists (select from pg_locks l join pg_stat_activity a using (pid)
                            where not l.granted and a.datname = current_database())",
        )
        .fetch_one(&mut connection)
        .await
        .expect("the locks")
    }
}
