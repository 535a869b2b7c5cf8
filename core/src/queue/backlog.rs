//! How much of a project's work is not done yet, and how much may be.

use super::{Stage, State};
use crate::store::{Result, Tx};

/// The states of work that is not done: what is dead is not going to be.
const UNFINISHED: [State; 4] = [State::Available, State::Scheduled, State::Running, State::Retryable];

/// A project's backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many of its tasks wait or run; counted no further than the bound.
    pub unfinished: i64,
    /// At how many nothing more is taken in.
    pub bound: i64,
}

impl Tx {
    /// Counts this project's unfinished tasks up to its bound, on task_project_idx; `None` if there is no such
    /// project. It costs what it counts (measured: 0.8 s for a million after they all came in at once, under 1 ms for
    /// a thousand), so no request asks it: see `src/app/backlog.rs`.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn backlog(&mut self) -> Result<Option<Backlog>> {
        let stages: Vec<String> = Stage::ALL.iter().map(|stage| stage.word().to_owned()).collect();
        let states: Vec<String> = UNFINISHED.iter().map(|state| state.word().to_owned()).collect();
        let project = self.project_uuid();
        let found = sqlx::query!(
            r#"
            select p.max_backlog::bigint as "bound!", (
                select count(*) from (
                    select from unnest($2::text[]) as s (stage) cross join unnest($3::text[]) as u (state)
                    cross join lateral (
                        select from task t
                        where t.project_id = $1 and t.stage = s.stage and t.state = u.state limit p.max_backlog
                    ) of_kind
                    limit p.max_backlog
                ) counted
            ) as "unfinished!"
            from project p where p.id = $1
            "#,
            project,
            &stages,
            &states,
        )
        .fetch_optional(self.connection())
        .await?;
        Ok(found.map(|row| Backlog { unfinished: row.unfinished, bound: row.bound }))
    }
}
