//! How fast tasks are done, from what finished last.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Stage;
use crate::store::{Result, Store, Tx};

/// How far back is looked, in seconds.
const WINDOW: f64 = 300.0;
/// How many tasks of a stage are read at most, the newest. Where more finished, the time that these took is what they
/// are divided by, so that a busy queue costs no more than this (measured: 7 ms on two stages of a million tasks).
const MOST: i64 = 5000;

/// How fast a stage's tasks were done of late.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The stage.
    pub stage: Stage,
    /// How many succeeded,
    pub done: i64,
    /// in how many seconds.
    pub seconds: f64,
}

impl Rate {
    /// Tasks a second.
    pub fn per_second(&self) -> f64 {
        self.done as f64 / self.seconds
    }
}

impl Store {
    /// How fast each stage's tasks were done in all projects, over the last five minutes or the time that its newest
    /// 5,000 took; a stage that did none is not named.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn queue_rates(&self) -> Result<Vec<Rate>> {
        let mut connection = self.pool.acquire().await?;
        rates(&mut connection, None).await
    }
}

impl Tx {
    /// The same of this project: of each stage's newest 5,000, those that are its own.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn queue_rates(&mut self) -> Result<Vec<Rate>> {
        let project = self.project_uuid();
        rates(self.connection(), Some(project)).await
    }
}

/// Reads the newest of each stage on task_finished_idx.
async fn rates(connection: &mut PgConnection, project: Option<Uuid>) -> Result<Vec<Rate>> {
    let stages: Vec<String> = Stage::ALL.iter().map(|stage| stage.word().to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select s.stage as "stage!", count(*) filter (where $4::uuid is null or d.project_id = $4) as "done!",
               -- Not less than a second: what one transaction finished bears one time.
               greatest(1, case when count(*) < $3 then $2
                                else extract(epoch from now() - min(d.finished_at))::float8 end) as "seconds!"
        from unnest($1::text[]) as s (stage) cross join lateral (
            select t.project_id, t.finished_at from task t
            where t.stage = s.stage and t.state = 'succeeded' and t.finished_at > now() - $2 * interval '1 second'
            order by t.finished_at desc limit $3
        ) d
        group by s.stage
        "#,
        &stages,
        WINDOW,
        MOST,
        project,
    )
    .fetch_all(connection)
    .await?;
    let rates =
        rows.into_iter().map(|row| Ok(Rate { stage: row.stage.parse()?, done: row.done, seconds: row.seconds }));
    let mut rates: Vec<Rate> = rates.collect::<Result<_>>()?;
    rates.retain(|rate| rate.done > 0);
    rates.sort_by_key(|rate| rate.stage);
    Ok(rates)
}
