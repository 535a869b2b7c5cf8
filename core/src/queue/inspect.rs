//! Looking at the queue, and giving up what waits.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Stage, State};
use crate::{
    ids::{Id, ProjectId, TaskId, uuids},
    store::{Page, PageRequest, Paging, Result, Store, StoreError, Topic, Tx},
};

/// A task, as people look at it.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose records it is about.
    pub project: ProjectId,
    /// The stage that does it.
    pub stage: Stage,
    /// What is to be done.
    pub work: serde_json::Value,
    /// Its state.
    pub state: State,
    /// Smaller goes first.
    pub priority: i16,
    /// How often it was claimed.
    pub attempt: i16,
    /// After so many failed attempts it is dead.
    pub max_attempts: i16,
    /// Not before this time.
    pub run_at: DateTime<Utc>,
    /// What went wrong at each attempt.
    pub errors: serde_json::Value,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

#[derive(FromRow)]
struct TaskRow {
    id: Uuid,
    project_id: Uuid,
    stage: String,
    work: serde_json::Value,
    state: String,
    priority: i16,
    attempt: i16,
    max_attempts: i16,
    run_at: DateTime<Utc>,
    errors: serde_json::Value,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl TryFrom<TaskRow> for Task {
    type Error = StoreError;
    fn try_from(row: TaskRow) -> Result<Self> {
        Ok(Self {
            id: TaskId::from_uuid(row.id),
            project: ProjectId::from_uuid(row.project_id),
            stage: row.stage.parse()?,
            work: row.work,
            state: row.state.parse()?,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            run_at: row.run_at,
            errors: row.errors,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

/// Which tasks are asked for.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Only of this stage.
    pub stage: Option<Stage>,
    /// Only in this state.
    pub state: Option<State>,
}

/// How many tasks wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// Of which stage.
    pub stage: Stage,
    /// In which state.
    pub state: State,
    /// How many.
    pub tasks: i64,
    /// When the oldest of them was enqueued.
    pub oldest: Option<DateTime<Utc>>,
}

impl Tx {
    /// A page of this project's tasks, newest first (task_project_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn tasks(&mut self, filter: &TaskFilter, page: PageRequest) -> Result<Page<Task>> {
        let query = tasks_query(self.project_uuid(), filter, page);
        self.page::<TaskRow, _>(query, page).await
    }

    /// This project's tasks by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn tasks_by_id(&mut self, ids: &[TaskId]) -> Result<Vec<Task>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            TaskRow,
            "select id, project_id, stage, work, state, priority, attempt, max_attempts, run_at, errors, created_at,
                    finished_at
             from task where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Task::try_from)
        .collect()
    }

    /// Cancels a task of this project that has not begun; `false` if it has or is not there.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn cancel_task(&mut self, task: TaskId) -> Result<bool> {
        self.changed.insert(Topic::Tasks);
        let project = self.project_uuid();
        let done = sqlx::query!(
            r#"
            update task set state = 'cancelled', finished_at = now()
            where id = $1 and project_id = $2 and state in ('available', 'scheduled', 'retryable')
            "#,
            task.uuid(),
            project
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many tasks of this project run, can be claimed, or wait for no longer than so long; what waits for a later time
    /// is not counted, nor what is dead (task_project_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn unfinished_within(&mut self, time: Duration) -> Result<i64> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            r#"
            select count(*) as "tasks!" from task
            where project_id = $1 and state in ('available', 'running', 'scheduled', 'retryable')
              and (state <> 'scheduled' or run_at <= now() + $2 * interval '1 second')
            "#,
            project,
            time.as_secs_f64(),
        )
        .fetch_one(self.connection())
        .await?)
    }

    /// How many tasks of this project are in each state of each stage (task_project_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn queue_depth(&mut self) -> Result<Vec<Depth>> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            select stage, state, count(*) as "tasks!", min(created_at) as oldest
            from task where project_id = $1 group by stage, state order by stage, state
            "#,
            project
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(Depth { stage: row.stage.parse()?, state: row.state.parse()?, tasks: row.tasks, oldest: row.oldest })
        })
        .collect()
    }
}

impl Tx {
    /// The same of what has not ended well: what waits, runs or is dead. What ended is many, and is not counted
    /// (task_project_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn open_work(&mut self) -> Result<Vec<Depth>> {
        let project = self.project_uuid();
        let stages: Vec<String> = Stage::ALL.iter().map(|stage| stage.word().to_owned()).collect();
        sqlx::query!(
            r#"
            select s.stage as "stage!", s.state as "state!", d.tasks as "tasks!", d.oldest
            from (
                select stage, state from unnest($2::text[]) stage
                cross join unnest(array['available', 'scheduled', 'running', 'retryable', 'dead']) state
            ) s
            cross join lateral (
                select count(*) as tasks, min(created_at) as oldest
                from task where project_id = $1 and stage = s.stage and state = s.state
            ) d
            where d.tasks > 0 order by s.stage, s.state
            "#,
            project,
            &stages
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(Depth { stage: row.stage.parse()?, state: row.state.parse()?, tasks: row.tasks, oldest: row.oldest })
        })
        .collect()
    }
}

impl Store {
    /// How many tasks of all projects wait or run, by stage and state; finished ones are not counted.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn queue_depth(&self) -> Result<Vec<Depth>> {
        sqlx::query!(
            r#"
            select stage, state, count(*) as "tasks!", min(created_at) as oldest
            from task where state in ('available', 'scheduled', 'running', 'retryable', 'dead')
            group by stage, state order by stage, state
            "#
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| {
            Ok(Depth { stage: row.stage.parse()?, state: row.state.parse()?, tasks: row.tasks, oldest: row.oldest })
        })
        .collect()
    }
}

/// The statement of [`Tx::tasks`]. One index serves every filter, because each further one is paid for by every enqueue,
/// claim and outcome: it orders by stage and state first, and the first of each are merged.
pub(crate) fn tasks_query(project: Uuid, filter: &TaskFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let stages = filter.stage.map_or(Stage::ALL.to_vec(), |stage| vec![stage]);
    let states = filter.state.map_or(State::ALL.to_vec(), |state| vec![state]);
    let mut query = QueryBuilder::new("select found.* from unnest(");
    query.push_bind(stages.iter().map(|stage| stage.word()).collect::<Vec<_>>()).push("::text[]) as of_stage (stage)");
    query.push(" cross join unnest(").push_bind(states.iter().map(|state| state.word()).collect::<Vec<_>>());
    query.push("::text[]) as in_state (state) cross join lateral (select * from task where project_id = ");
    query.push_bind(project).push(" and stage = of_stage.stage and state = in_state.state");
    page.push(&mut query, "id");
    query.push(") as found");
    page.push_order(&mut query, "id");
    query
}
