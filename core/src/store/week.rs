//! An expert's week: the items of a cycle that are theirs, and what came of those they judged.

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Result, Tx, assignment::AssignmentRow};
use crate::{
    domain::assignment::Assignment,
    ids::{ExpertId, Id},
};

/// The most items of a week that are told.
const MOST: i64 = 500;

/// An item in the list of a week.
#[derive(Debug, Clone, PartialEq)]
pub struct WeekItem {
    /// The assignment.
    pub assignment: Assignment,
    /// The beginning of what was asked.
    pub query: String,
    /// The field of knowledge; empty where none was given.
    pub domain: String,
    /// Whether something is written of its review.
    pub drafted: bool,
}

/// What came of an expert's reviews of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BroughtAbout {
    /// How many examples were derived.
    pub examples: i64,
    /// How many mistakes are kept, so that each new model is held against them.
    pub mistakes_kept: i64,
    /// The newest snapshots with rows of them, by name, and how many rows of each.
    pub snapshots: Vec<(String, i64)>,
    /// The newest models that were trained on these snapshots, by name, and whether they came into use.
    pub models: Vec<(String, bool)>,
}

impl Tx {
    /// What an expert was asked in a cycle, by rank (assignment_pkey, review_draft_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn week_of(&mut self, expert: ExpertId, cycle: NaiveDate) -> Result<Vec<WeekItem>> {
        let project = self.project_uuid();
        let items: Vec<Assignment> = sqlx::query_as!(
            AssignmentRow,
            "select id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
                    leased_until, opened_at, ended_at, review_id
             from assignment where project_id = $1 and cycle = $2 and expert_id = $3 order by rank, id limit $4",
            project,
            cycle,
            expert.uuid(),
            MOST,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Assignment::try_from)
        .collect::<Result<_>>()?;
        let traces: Vec<_> = items.iter().map(|item| item.trace.uuid()).collect();
        let told = sqlx::query!(
            r#"
            select t.id, left(t.query, 300) as "query!", t.domain,
                   exists (select from review_draft d
                           where d.project_id = $1 and d.trace_id = t.id and d.expert_id = $2) as "drafted!"
            from error_trace t where t.project_id = $1 and t.id = any($3)
            "#,
            project,
            expert.uuid(),
            &traces,
        )
        .fetch_all(self.connection())
        .await?;
        let mut told: HashMap<_, _> = told.into_iter().map(|row| (row.id, row)).collect();
        Ok(items
            .into_iter()
            .filter_map(|assignment| {
                let row = told.remove(&assignment.trace.uuid())?;
                Some(WeekItem { assignment, query: row.query, domain: row.domain, drafted: row.drafted })
            })
            .collect())
    }

    /// What came of the reviews by which an expert's items of a cycle were done (assignment_pkey, example_review_idx,
    /// evaluation_case_review_key, snapshot_row_example_idx, training_job_snapshot_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn brought_about(&mut self, expert: ExpertId, cycle: NaiveDate) -> Result<BroughtAbout> {
        let project = self.project_uuid();
        let reviews: Vec<Uuid> = sqlx::query_scalar!(
            r#"
            select review_id as "review!" from assignment
            where project_id = $1 and cycle = $2 and expert_id = $3 and state = 'done' and review_id is not null
            limit $4
            "#,
            project,
            cycle,
            expert.uuid(),
            MOST,
        )
        .fetch_all(self.connection())
        .await?;
        if reviews.is_empty() {
            return Ok(BroughtAbout::default());
        }
        let examples: Vec<Uuid> = sqlx::query_scalar!(
            "select id from example where project_id = $1 and review_id = any($2)",
            project,
            &reviews
        )
        .fetch_all(self.connection())
        .await?;
        let mistakes_kept = sqlx::query_scalar!(
            r#"
            select count(*) as "count!" from evaluation_case
            where project_id = $1 and review_id = any($2) and purpose = 'regression'
            "#,
            project,
            &reviews
        )
        .fetch_one(self.connection())
        .await?;
        let snapshots = sqlx::query!(
            r#"
            select s.id, s.name, count(*) as "rows!"
            from snapshot_row r
            join snapshot s on s.project_id = r.project_id and s.id = r.snapshot_id
            where r.project_id = $1 and r.example_id = any($2)
            group by s.id, s.name order by s.id desc limit 10
            "#,
            project,
            &examples
        )
        .fetch_all(self.connection())
        .await?;
        let trained_on: Vec<Uuid> = snapshots.iter().map(|row| row.id).collect();
        let models = sqlx::query!(
            r#"
            select m.name, exists (select from promotion p where p.project_id = m.project_id and p.model_id = m.id
                                   and p.decision = 'promoted') as "promoted!"
            from training_job j
            join model_version m on m.project_id = j.project_id and m.id = j.produced_model_id
            where j.project_id = $1 and j.snapshot_id = any($2)
            order by m.id desc limit 10
            "#,
            project,
            &trained_on
        )
        .fetch_all(self.connection())
        .await?;
        Ok(BroughtAbout {
            examples: i64::try_from(examples.len()).unwrap_or(i64::MAX),
            mistakes_kept,
            snapshots: snapshots.into_iter().map(|row| (row.name, row.rows)).collect(),
            models: models.into_iter().map(|row| (row.name, row.promoted)).collect(),
        })
    }
}
