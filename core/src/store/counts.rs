//! Counts over a project, for people who want to know how much there is.

use chrono::{DateTime, Utc};

use super::{Result, Tx};

/// How many claims the newest verifications found, by what the facts say of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct ClaimCounts {
    /// A fact says the same.
    pub supported: i64,
    /// A fact says otherwise.
    pub contradicted: i64,
    /// No fact decides.
    pub unverifiable: i64,
    /// They assert nothing that a fact could decide.
    pub idle: i64,
}

/// How many records there are, and how many things they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct RecordCounts {
    /// Error traces.
    pub traces: i64,
    /// Reviews, every revision.
    pub reviews: i64,
    /// Grounding sources.
    pub sources: i64,
    /// Grounding facts.
    pub facts: i64,
    /// Consensus records.
    pub consensuses: i64,
    /// Chain groups that have one.
    pub groups_agreed: i64,
    /// Scores.
    pub scores: i64,
    /// Traces that have one.
    pub traces_scored: i64,
    /// Reviews that yielded an example or an evaluation case.
    pub reviews_with_yield: i64,
}

/// What a stage did.
#[derive(Debug, Clone, PartialEq)]
pub struct StageWork {
    /// The stage.
    pub stage: String,
    /// How many tasks it did.
    pub tasks: i64,
    /// From when the first of them was enqueued until the last was done.
    pub seconds: f64,
}

impl Tx {
    /// Counts the claims of every verification of this project (claim_pkey, one pass).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claim_counts(&mut self) -> Result<ClaimCounts> {
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            ClaimCounts,
            r#"
            select count(*) filter (where verdict = 'supported') as "supported!",
                   count(*) filter (where verdict = 'contradicted') as "contradicted!",
                   count(*) filter (where verdict = 'unverifiable' and check_worthy) as "unverifiable!",
                   count(*) filter (where verdict = 'unverifiable' and not check_worthy) as "idle!"
            from claim where project_id = $1
            "#,
            project
        )
        .fetch_one(self.connection())
        .await?)
    }

    /// Counts examples by format and evaluation cases by purpose (example_pkey, evaluation_case_purpose_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn derived_counts(&mut self) -> Result<Vec<(String, i64)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select format || ' rows' as "what!", count(*) as "many!" from example where project_id = $1 group by format
            union all
            select purpose || ' cases', count(*) from evaluation_case where project_id = $1 group by purpose
            order by 1
            "#,
            project
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.what, row.many))
        .collect())
    }

    /// Counts what came in and is kept, and what stages wrote of it: records on the one hand, what they are about on
    /// the other, so that what was done again is seen (the primary keys, one pass each).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn record_counts(&mut self) -> Result<RecordCounts> {
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            RecordCounts,
            r#"
            select (select count(*) from error_trace where project_id = $1) as "traces!",
                   (select count(*) from review where project_id = $1) as "reviews!",
                   (select count(*) from grounding_source where project_id = $1) as "sources!",
                   (select count(*) from grounding_fact where project_id = $1) as "facts!",
                   (select count(*) from consensus where project_id = $1) as "consensuses!",
                   (select count(distinct chain_group_id) from consensus where project_id = $1) as "groups_agreed!",
                   (select count(*) from score where project_id = $1) as "scores!",
                   (select count(distinct trace_id) from score where project_id = $1) as "traces_scored!",
                   (
                       select count(distinct y.review_id)
                       from (
                           select review_id from example where project_id = $1
                           union all
                           select review_id from evaluation_case where project_id = $1
                       ) y
                   ) as "reviews_with_yield!"
            "#,
            project
        )
        .fetch_one(self.connection())
        .await?)
    }

    /// What each stage has done of the tasks that were enqueued since a time, by stage (task_project_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn stage_work_since(&mut self, since: DateTime<Utc>) -> Result<Vec<StageWork>> {
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            StageWork,
            r#"
            select stage, count(*) as "tasks!",
                   extract(epoch from max(finished_at) - min(created_at))::double precision as "seconds!"
            from task
            where project_id = $1 and state = 'succeeded' and created_at >= $2
            group by stage order by stage
            "#,
            project,
            since
        )
        .fetch_all(self.connection())
        .await?)
    }
}
