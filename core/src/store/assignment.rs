//! Assignments: the items of the weekly review.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Followed, Page, PageRequest, Paging, Place, Result, StoreError, Topic, Tx, followed::Found};
use crate::{
    domain::assignment::{Assignment, AssignmentState},
    ids::{AssignmentId, ExpertId, Id, ModelVersionId, ReviewId, TraceId, uuids},
};

/// Which assignments are asked for.
#[derive(Debug, Clone, Default)]
pub struct AssignmentFilter {
    /// Only this expert's (assignment_expert_idx).
    pub expert: Option<ExpertId>,
    /// Only of this cycle, by its name: the date on which it opens.
    pub cycle: Option<NaiveDate>,
    /// Only those of which this has become.
    pub state: Option<AssignmentState>,
}

#[derive(FromRow)]
pub(super) struct AssignmentRow {
    pub(super) id: Uuid,
    pub(super) cycle: NaiveDate,
    pub(super) expert_id: Uuid,
    pub(super) trace_id: Uuid,
    pub(super) rank: i32,
    pub(super) value: f64,
    pub(super) reason: serde_json::Value,
    pub(super) reward_model_id: Option<Uuid>,
    pub(super) at: DateTime<Utc>,
    pub(super) purpose: String,
    pub(super) slot: i16,
    pub(super) state: String,
    pub(super) leased_until: DateTime<Utc>,
    pub(super) opened_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) review_id: Option<Uuid>,
}

impl TryFrom<AssignmentRow> for Assignment {
    type Error = StoreError;
    fn try_from(row: AssignmentRow) -> Result<Self> {
        Ok(Self {
            id: AssignmentId::from_uuid(row.id),
            cycle: row.cycle,
            expert: ExpertId::from_uuid(row.expert_id),
            trace: TraceId::from_uuid(row.trace_id),
            rank: row.rank,
            value: row.value,
            reason: serde_json::from_value(row.reason)?,
            reward_model: row.reward_model_id.map(ModelVersionId::from_uuid),
            at: row.at,
            purpose: row.purpose.parse()?,
            slot: row.slot,
            state: row.state.parse()?,
            leased_until: row.leased_until,
            opened_at: row.opened_at,
            ended_at: row.ended_at,
            review: row.review_id.map(ReviewId::from_uuid),
        })
    }
}

impl Tx {
    /// Stores assignments that are held; one that an expert has in that week already is left as it is, and so is a slot
    /// that someone holds.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_assignments(&mut self, items: &[Assignment]) -> Result<u64> {
        self.changed.insert(Topic::Assignments);
        let project = self.project_uuid();
        let reasons = items.iter().map(|item| serde_json::to_value(&item.reason)).collect::<Result<Vec<_>, _>>()?;
        let cycles: Vec<_> = items.iter().map(|item| item.cycle).collect();
        let traces: Vec<_> = items.iter().map(|item| item.trace.uuid()).collect();
        let slots: Vec<_> = items.iter().map(|item| item.slot).collect();
        // What freed these slots is locked before they are filled, as by who takes one: else each could wait for the other
        // (assignment_trace_idx).
        let freed = sqlx::query_scalar!(
            "select a.id from assignment a
             join unnest($2::date[], $3::uuid[], $4::smallint[]) as wanted (cycle, trace_id, slot)
                 on wanted.cycle = a.cycle and wanted.trace_id = a.trace_id and wanted.slot = a.slot
             where a.project_id = $1 and a.state in ('passed', 'returned') and not a.refilled
             order by a.id for update of a",
            project,
            &cycles,
            &traces,
            &slots,
        )
        .fetch_all(self.connection())
        .await?;
        let made = sqlx::query_scalar!(
            r#"
            with made as (
                insert into assignment (project_id, id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id,
                                        at, purpose, slot, leased_until, state)
                select $1, t.*, 'held' from unnest($2::uuid[], $3::date[], $4::uuid[], $5::uuid[], $6::int[],
                                                   $7::float8[], $8::jsonb[], $9::uuid[], $10::timestamptz[],
                                                   $11::text[], $12::smallint[], $13::timestamptz[]) as t
                on conflict do nothing
                returning cycle, trace_id, slot
            ), refilled as (
                update assignment a set refilled = true from made m
                where a.project_id = $1 and a.id = any($14)
                  and a.cycle = m.cycle and a.trace_id = m.trace_id and a.slot = m.slot
            )
            select count(*) as "made!" from made
            "#,
            project,
            &items.iter().map(|item| item.id.uuid()).collect::<Vec<_>>(),
            &cycles,
            &items.iter().map(|item| item.expert.uuid()).collect::<Vec<_>>(),
            &traces,
            &items.iter().map(|item| item.rank).collect::<Vec<_>>(),
            &items.iter().map(|item| item.value).collect::<Vec<_>>(),
            &reasons,
            &items.iter().map(|item| item.reward_model.map(Id::uuid)).collect::<Vec<_>>() as &[Option<Uuid>],
            &items.iter().map(|item| item.at).collect::<Vec<_>>(),
            &items.iter().map(|item| item.purpose.word().to_owned()).collect::<Vec<_>>(),
            &slots,
            &items.iter().map(|item| item.leased_until).collect::<Vec<_>>(),
            &freed,
        )
        .fetch_one(self.connection())
        .await?;
        Ok(made.unsigned_abs())
    }

    /// The assignments of a week (assignment_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn assignments_of_cycle(&mut self, cycle: NaiveDate) -> Result<Vec<Assignment>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            AssignmentRow,
            "select id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
                    leased_until, opened_at, ended_at, review_id
             from assignment where project_id = $1 and cycle = $2 order by expert_id, rank",
            project,
            cycle
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Assignment::try_from)
        .collect()
    }

    /// At most `most` of an expert's assignments after a place, as far as no transaction that still runs can come in
    /// before them (assignment_followed_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn assignments_after(
        &mut self,
        expert: ExpertId,
        after: Place<AssignmentId>,
        most: i64,
    ) -> Result<Followed<Assignment, AssignmentId>> {
        let project = self.project_uuid();
        let rows = sqlx::query_file!(
            "src/store/assignment_followed.sql",
            project,
            expert.uuid(),
            after.xact,
            after.at.uuid(),
            most
        )
        .fetch_all(self.connection())
        .await?;
        let found = rows.into_iter().map(|row| {
            let place = Place { xact: row.xact, at: AssignmentId::from_uuid(row.id) };
            let settled = row.settled;
            let row = AssignmentRow {
                id: row.id,
                cycle: row.cycle,
                expert_id: row.expert_id,
                trace_id: row.trace_id,
                rank: row.rank,
                value: row.value,
                reason: row.reason,
                reward_model_id: row.reward_model_id,
                at: row.at,
                purpose: row.purpose,
                slot: row.slot,
                state: row.state,
                leased_until: row.leased_until,
                opened_at: row.opened_at,
                ended_at: row.ended_at,
                review_id: row.review_id,
            };
            Ok(Found { item: row.try_into()?, place, settled })
        });
        Ok(Followed::of(found.collect::<Result<_>>()?, after, most))
    }

    /// Assignments by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn assignments_by_id(&mut self, ids: &[AssignmentId]) -> Result<Vec<Assignment>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            AssignmentRow,
            "select id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
                    leased_until, opened_at, ended_at, review_id
             from assignment where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Assignment::try_from)
        .collect()
    }

    /// A page of assignments, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn assignments(&mut self, filter: &AssignmentFilter, page: PageRequest) -> Result<Page<Assignment>> {
        let query = assignments_query(self.project_uuid(), filter, page);
        self.page::<AssignmentRow, _>(query, page).await
    }
}

/// The statement of [`Tx::assignments`].
pub(super) fn assignments_query(project: Uuid, filter: &AssignmentFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from assignment where project_id = ");
    query.push_bind(project);
    if let Some(expert) = filter.expert {
        query.push(" and expert_id = ").push_bind(expert.uuid());
    }
    if let Some(cycle) = filter.cycle {
        query.push(" and cycle = ").push_bind(cycle);
    }
    if let Some(state) = filter.state {
        query.push(" and state = ").push_bind(state.word());
    }
    page.push(&mut query, "id");
    query
}
