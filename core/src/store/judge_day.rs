//! How many calls of a judge each day took.

use super::{Result, Tx};
use crate::domain::judgement::JudgeDay;

impl Tx {
    /// Takes calls out of what today, by this transaction's clock and in UTC, allows: as many of those `wanted` as are left
    /// of `most`. To be committed before they are made, so that a process that dies has not made more than are counted
    /// (judge_day_pkey; others wait for this transaction's row).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn take_judge_calls(&mut self, wanted: i32, most: i32) -> Result<i32> {
        let (project, day) = (self.project_uuid(), self.now().date_naive());
        sqlx::query!(
            "insert into judge_day (project_id, day, calls) values ($1, $2, 0) on conflict on constraint judge_day_pkey do nothing",
            project,
            day,
        )
        .execute(self.connection())
        .await?;
        Ok(sqlx::query_scalar!(
            r#"
            with before as (select calls from judge_day where project_id = $1 and day = $2 for update),
            taken as (select greatest(least($3, $4 - calls), 0) as calls from before)
            update judge_day d set calls = d.calls + taken.calls from taken
            where d.project_id = $1 and d.day = $2
            returning taken.calls as "taken!"
            "#,
            project,
            day,
            wanted,
            most,
        )
        .fetch_one(self.connection())
        .await?)
    }

    /// The newest days on which calls of a judge were taken, at most `most` (judge_day_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn judge_days(&mut self, most: i64) -> Result<Vec<JudgeDay>> {
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            JudgeDay,
            "select day, calls from judge_day where project_id = $1 order by day desc limit $2",
            project,
            most,
        )
        .fetch_all(self.connection())
        .await?)
    }
}
