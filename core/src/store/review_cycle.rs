//! Cycles of the weekly review, as they were held.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Topic, Tx};
use crate::{
    domain::{
        calendar::Cycle,
        notice::{NoticeEvent, REMINDED_BEFORE},
        review_cycle::{Closed, Coverage, CycleReport, ExpertItems, ItemCounts, ReviewCycle, coverage},
    },
    ids::{self, ExpertId, Id, ModelVersionId, ReviewCycleId, uuids},
    queue::Work,
};

#[derive(FromRow)]
struct CycleRow {
    id: Uuid,
    cycle: NaiveDate,
    opens_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    closes_at: DateTime<Utc>,
    opened_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    report: Option<serde_json::Value>,
}

impl TryFrom<CycleRow> for ReviewCycle {
    type Error = StoreError;
    fn try_from(row: CycleRow) -> Result<Self> {
        let CycleRow { cycle: name, opens_at, due_at, closes_at, .. } = row;
        let report = row.report.map(serde_json::from_value::<CycleReport>).transpose()?;
        Ok(Self {
            id: ReviewCycleId::from_uuid(row.id),
            cycle: Cycle { name, opens_at, due_at, closes_at },
            opened_at: row.opened_at,
            closed: row.closed_at.zip(report).map(|(at, report)| Closed { at, report }),
        })
    }
}

impl Tx {
    /// Notes that a cycle is open; `false` if it was opened before, or another one is open.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_review_cycle(&mut self, cycle: &Cycle) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        let id: ReviewCycleId = self.fresh();
        let done = sqlx::query!(
            "insert into review_cycle (project_id, id, cycle, opens_at, due_at, closes_at, opened_at)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            project,
            id.uuid(),
            cycle.name,
            cycle.opens_at,
            cycle.due_at,
            cycle.closes_at,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Asks that a cycle opens when its time comes.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_in_time(&mut self, cycle: &Cycle) -> Result<()> {
        self.enqueue_at(Work::OpenCycle { cycle: cycle.name, at: cycle.opens_at }, cycle.opens_at).await?;
        Ok(())
    }

    /// Asks that experts are reminded of an open cycle, if that is still to come, and that it closes when its time comes.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn close_in_time(&mut self, cycle: &Cycle) -> Result<()> {
        self.enqueue_at(Work::CloseCycle { cycle: cycle.name, at: cycle.closes_at }, cycle.closes_at).await?;
        let remind_at = cycle.due_at - REMINDED_BEFORE;
        if remind_at > self.now() {
            let remind = Work::NotifyCycle { cycle: cycle.name, event: NoticeEvent::Due, at: remind_at };
            self.enqueue_at(remind, remind_at).await?;
        }
        Ok(())
    }

    /// The cycle that is open, as it was opened; `None` if none is (review_cycle_open_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn review_cycle_open(&mut self) -> Result<Option<ReviewCycle>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            CycleRow,
            "select id, cycle, opens_at, due_at, closes_at, opened_at, closed_at, report from review_cycle
             where project_id = $1 and closed_at is null",
            project
        )
        .fetch_optional(self.connection())
        .await?
        .map(ReviewCycle::try_from)
        .transpose()
    }

    /// The cycle of a name; `None` if it was not opened (review_cycle_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn review_cycle_named(&mut self, name: NaiveDate) -> Result<Option<ReviewCycle>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            CycleRow,
            "select id, cycle, opens_at, due_at, closes_at, opened_at, closed_at, report from review_cycle
             where project_id = $1 and cycle = $2",
            project,
            name
        )
        .fetch_optional(self.connection())
        .await?
        .map(ReviewCycle::try_from)
        .transpose()
    }

    /// Cycles by id (review_cycle_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn review_cycles_by_id(&mut self, ids: &[ReviewCycleId]) -> Result<Vec<ReviewCycle>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            CycleRow,
            "select id, cycle, opens_at, due_at, closes_at, opened_at, closed_at, report from review_cycle
             where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(ReviewCycle::try_from)
        .collect()
    }

    /// A page of cycles, newest first (review_cycle_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn review_cycles(&mut self, page: PageRequest) -> Result<Page<ReviewCycle>> {
        let mut query = QueryBuilder::new("select * from review_cycle where project_id = ");
        query.push_bind(self.project_uuid());
        page.push(&mut query, "id");
        self.page::<CycleRow, _>(query, page).await
    }

    /// Sets until when the open cycle is due and open; what experts hold until it closes they hold until then.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn move_review_cycle(&mut self, cycle: &Cycle) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            with moved as (
                update review_cycle c set due_at = $3, closes_at = $4 from review_cycle was
                where c.project_id = $1 and c.cycle = $2 and c.closed_at is null
                  and was.project_id = $1 and was.cycle = $2
                returning was.closes_at
            )
            update assignment a set leased_until = $4 from moved m
            where a.project_id = $1 and a.cycle = $2 and a.state = 'held' and a.leased_until = m.closes_at
            "#,
            project,
            cycle.name,
            cycle.due_at,
            cycle.closes_at,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes back all that is held of a cycle: its leases end with it (assignment_pkey).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn return_cycle(&mut self, cycle: NaiveDate) -> Result<u64> {
        let (project, now) = (self.project_uuid(), self.now());
        self.changed.insert(Topic::Assignments);
        let done = sqlx::query!(
            "update assignment set state = 'returned', ended_at = $3, leased_until = least(leased_until, $3)
             where project_id = $1 and cycle = $2 and state = 'held'",
            project,
            cycle,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }

    /// Closes a cycle with its report; `false` if it is closed, or not there.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn close_review_cycle(&mut self, name: NaiveDate, report: &CycleReport) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update review_cycle set closed_at = $3, report = $4
             where project_id = $1 and cycle = $2 and closed_at is null",
            project,
            name,
            now,
            Json(report) as Json<&CycleReport>,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What became of a cycle's items, by expert (assignment_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn items_of_cycle(&mut self, cycle: NaiveDate) -> Result<Vec<ExpertItems>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select expert_id, count(*) as "given!",
                   count(*) filter (where state = 'done') as "done!",
                   count(*) filter (where state = 'passed') as "passed!",
                   count(*) filter (where state = 'returned' and ended_at < leased_until) as "returned!",
                   count(*) filter (where state = 'returned' and ended_at >= leased_until) as "left_over!",
                   count(*) filter (where reason ->> 'carried_over' = 'true') as "carried_over!"
            from assignment where project_id = $1 and cycle = $2 group by expert_id order by expert_id
            "#,
            project,
            cycle,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| ExpertItems {
            expert: ExpertId::from_uuid(row.expert_id),
            items: ItemCounts {
                given: row.given,
                done: row.done,
                passed: row.passed,
                returned: row.returned,
                left_over: row.left_over,
                carried_over: row.carried_over,
            },
        })
        .collect())
    }

    /// By domain and by model, how many traces came in from one time to another, and of how many someone judged the answer
    /// then (error_trace_pkey, review_pkey, each by time).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn coverage(
        &mut self,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(Vec<Coverage<String>>, Vec<Coverage<ModelVersionId>>)> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"
            select domain as "domain!", model_version_id as "model!", sum(traces)::bigint as "traces!",
                   sum(reviewed)::bigint as "reviewed!"
            from (
                select domain, model_version_id, count(*) as traces, 0 as reviewed
                from error_trace where project_id = $1 and id >= $2 and id < $3 group by domain, model_version_id
                union all
                select t.domain, t.model_version_id, 0, count(distinct r.trace_id)
                from review r join error_trace t on t.project_id = $1 and t.id = r.trace_id
                where r.project_id = $1 and r.id >= $2 and r.id < $3 and r.verdict not in ('cannot_judge', 'not_my_field')
                group by t.domain, t.model_version_id
            ) found
            group by domain, model_version_id
            "#,
            project,
            ids::earliest(since),
            ids::earliest(until),
        )
        .fetch_all(self.connection())
        .await?;
        let domains = coverage(rows.iter().map(|row| (row.domain.clone(), row.traces, row.reviewed)));
        let models = rows.iter().map(|row| (ModelVersionId::from_uuid(row.model), row.traces, row.reviewed));
        Ok((domains, coverage(models)))
    }

    /// The same by flaw: that senders suspected of traces, and that reviews found.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn flaw_coverage(&mut self, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Coverage<String>>> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"
            select flaw as "flaw!", sum(traces)::bigint as "traces!", sum(reviewed)::bigint as "reviewed!"
            from (
                select flaw, count(*) as traces, 0 as reviewed
                from error_trace t cross join unnest(t.flaw_labels) flaw
                where t.project_id = $1 and t.id >= $2 and t.id < $3 group by flaw
                union all
                select flaw, 0, count(distinct r.trace_id)
                from review r cross join unnest(r.flaw_labels) flaw
                where r.project_id = $1 and r.id >= $2 and r.id < $3 group by flaw
            ) found
            group by flaw
            "#,
            project,
            ids::earliest(since),
            ids::earliest(until),
        )
        .fetch_all(self.connection())
        .await?;
        Ok(coverage(rows.into_iter().map(|row| (row.flaw, row.traces, row.reviewed))))
    }

    /// How many items experts hold of a cycle; those who hold none are left out (assignment_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn held_of_cycle(&mut self, cycle: NaiveDate) -> Result<BTreeMap<ExpertId, i64>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"select expert_id, count(*) as "held!" from assignment
               where project_id = $1 and cycle = $2 and state = 'held' group by expert_id"#,
            project,
            cycle,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (ExpertId::from_uuid(row.expert_id), row.held))
        .collect())
    }
}
