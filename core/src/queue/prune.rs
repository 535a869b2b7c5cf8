//! Removing what is done with. Dead tasks are kept: they are for people.

use std::time::Duration;

use super::Stage;
use crate::store::{Result, Store};

impl Store {
    /// Removes tasks that succeeded or were cancelled longer ago than `kept`, at most `most`, the oldest of each stage
    /// first (task_finished_idx). What another removes or locks is passed over.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn prune(&self, kept: Duration, most: i64) -> Result<u64> {
        let stages: Vec<String> = Stage::ALL.iter().map(|stage| stage.word().to_owned()).collect();
        let done = sqlx::query!(
            r#"
            delete from task where id = any(array(
                select o.id from unnest($1::text[]) as s (stage) cross join lateral (
                    select t.id from task t
                    where t.stage = s.stage and t.state in ('succeeded', 'cancelled')
                      and t.finished_at < now() - $2 * interval '1 second'
                    order by t.finished_at limit $3 for update skip locked
                ) o
                limit $3
            ))
            "#,
            &stages,
            kept.as_secs_f64(),
            most,
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}
