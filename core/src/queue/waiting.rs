//! What waits for workers, for whoever rings for it.

use super::{Lane, Stage, Waiting};
use crate::store::{Result, Store};

impl Store {
    /// How many tasks of these stages could be claimed now, by lane, counted no further than `most` each; a lane in which
    /// none waits is not named. A paused stage has none, and what a running twin holds up does not count.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn waiting(&self, stages: &[Stage], most: i64) -> Result<Vec<Waiting>> {
        let stages: Vec<String> = stages.iter().map(|stage| stage.word().to_owned()).collect();
        sqlx::query_file!("src/queue/waiting.sql", &stages, most)
            .fetch_all(&self.pool)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Waiting {
                    stage: row.stage.parse()?,
                    lane: if row.urgent { Lane::Urgent } else { Lane::Usual },
                    tasks: row.tasks,
                    // Written by ourselves; were it not, the work matters more than its trace.
                    trace: row.traceparent.and_then(|text| text.parse().ok()),
                })
            })
            .collect()
    }
}
