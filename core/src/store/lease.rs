//! Assignments as leases: who holds which slot of the weekly review, and how that ends. Times are the transaction's.

use chrono::NaiveDate;

use super::{Result, Topic, Tx, assignment::AssignmentRow};
use crate::{
    domain::{
        assignment::{Assignment, AssignmentState, TAKEN_FOR},
        expert::Expert,
        review::Review,
    },
    ids::{AssignmentId, ExpertId, Id, TraceId},
};

/// How often a slot is looked for that someone else takes at the same time.
const TRIES: usize = 20;

/// How an expert's own hold of an item ends before they judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// All they hold: they are away, or asked no more.
    All,
    /// This one.
    One(AssignmentId),
}

impl Tx {
    /// Notes that an expert looks at an item that they hold: it stays theirs for a day from now at least
    /// (assignment_id_idx). `None` if they hold none of that id.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_assignment(&mut self, id: AssignmentId, expert: ExpertId) -> Result<Option<Assignment>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            AssignmentRow,
            "update assignment set opened_at = coalesce(opened_at, $4), leased_until = greatest(leased_until, $5)
             where project_id = $1 and id = $2 and expert_id = $3 and state = 'held' and leased_until > $4
             returning id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
                       leased_until, opened_at, ended_at, review_id",
            project,
            id.uuid(),
            expert.uuid(),
            now,
            now + TAKEN_FOR,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Assignment::try_from)
        .transpose()
    }

    /// Notes that an expert works at a trace: what they hold of it stays theirs for a day from now at least
    /// (assignment_trace_idx).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn touch_assignment(&mut self, trace: TraceId, expert: ExpertId) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "update assignment set opened_at = coalesce(opened_at, $4), leased_until = greatest(leased_until, $5)
             where project_id = $1 and trace_id = $2 and expert_id = $3 and state = 'held' and leased_until > $4",
            project,
            trace.uuid(),
            expert.uuid(),
            now,
            now + TAKEN_FOR,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes back what an expert holds; tells what (assignment_id_idx, assignment_expert_idx).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn return_assignments(&mut self, expert: ExpertId, what: Leaving) -> Result<Vec<Assignment>> {
        let (project, now) = (self.project_uuid(), self.now());
        let one = match what {
            Leaving::All => None,
            Leaving::One(id) => Some(id.uuid()),
        };
        sqlx::query_as!(
            AssignmentRow,
            "update assignment set state = 'returned', ended_at = $4
             where project_id = $1 and expert_id = $2 and ($3::uuid is null or id = $3) and state = 'held'
             returning id, cycle, expert_id, trace_id, rank, value, reason, reward_model_id, at, purpose, slot, state,
                       leased_until, opened_at, ended_at, review_id",
            project,
            expert.uuid(),
            one,
            now,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Assignment::try_from)
        .collect()
    }

    /// Takes back what is held of a cycle beyond its lease; tells how many (assignment_pkey).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn return_lapsed(&mut self, cycle: NaiveDate) -> Result<u64> {
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update assignment set state = 'returned', ended_at = $3
             where project_id = $1 and cycle = $2 and state = 'held' and leased_until <= $3",
            project,
            cycle,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }

    /// Ends what experts held of the traces they reviewed now (assignment_trace_idx). Tells the cycles of which something
    /// is to be asked of someone else.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub(super) async fn end_assignments(&mut self, reviews: &[&Review]) -> Result<Vec<NaiveDate>> {
        let (project, now) = (self.project_uuid(), self.now());
        let passed = sqlx::query_scalar!(
            r#"
            with ended as (
                update assignment a set state = t.state, review_id = t.review_id, ended_at = $6
                from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) as t (review_id, trace_id, expert_id, state)
                where a.project_id = $1 and a.trace_id = t.trace_id and a.expert_id = t.expert_id and a.state = 'held'
                returning a.cycle, a.state
            )
            select distinct cycle as "cycle!" from ended where state = 'passed'
            "#,
            project,
            &reviews.iter().map(|review| review.id.uuid()).collect::<Vec<_>>(),
            &reviews.iter().map(|review| review.trace.uuid()).collect::<Vec<_>>(),
            &reviews.iter().map(|review| review.expert.uuid()).collect::<Vec<_>>(),
            &reviews.iter().map(|review| AssignmentState::after(review.verdict).word().to_owned()).collect::<Vec<_>>(),
            now,
        )
        .fetch_all(self.connection())
        .await?;
        Ok(passed)
    }

    /// Gives an expert the slot of a cycle that is worth most of those that others passed on or left, and that they may
    /// judge and of whose question they had nothing in this cycle (assignment_free_idx; what frees one is locked, so that
    /// each is taken once). `None` if there is none.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn take_slot(&mut self, cycle: NaiveDate, expert: &Expert) -> Result<Option<Assignment>> {
        self.return_lapsed(cycle).await?;
        let (project, now) = (self.project_uuid(), self.now());
        for _ in 0..TRIES {
            let free = sqlx::query_file_scalar!(
                "src/store/free_slot.sql",
                project,
                cycle,
                expert.id.uuid(),
                &expert.domains,
                &expert.languages
            );
            let Some(free) = free.fetch_optional(self.connection()).await? else { return Ok(None) };
            let id: AssignmentId = self.fresh();
            let taken = sqlx::query_scalar!(
                r#"
                with held as (
                    insert into assignment (project_id, id, cycle, expert_id, trace_id, rank, value, reason,
                                            reward_model_id, at, purpose, slot, state, leased_until)
                    select $1, $2, $3, $4, a.trace_id,
                           coalesce((select max(m.rank) from assignment m
                                     where m.project_id = $1 and m.cycle = $3 and m.expert_id = $4), 0) + 1,
                           a.value, a.reason, a.reward_model_id, $6, a.purpose, a.slot, 'held', $7
                    from assignment a where a.project_id = $1 and a.id = $5
                    on conflict do nothing
                    returning id
                ), refilled as (
                    update assignment a set refilled = true from held where a.project_id = $1 and a.id = $5
                )
                select id from held
                "#,
                project,
                id.uuid(),
                cycle,
                expert.id.uuid(),
                free,
                now,
                now + TAKEN_FOR,
            );
            if taken.fetch_optional(self.connection()).await?.is_some() {
                self.changed.insert(Topic::Assignments);
                return Ok(self.assignments_by_id(&[id]).await?.pop());
            }
            // It was given to someone else in between.
        }
        Ok(None)
    }
}
