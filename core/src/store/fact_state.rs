//! The states of facts: one record a change, the newest holds.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Result, StoreError, Tx, page::MOST};
use crate::{
    domain::grounding::{FactState, FactStateChange},
    ids::{ApiKeyId, FactId, FactStateId, Id, uuids},
    queue::Work,
};

struct FactStateRow {
    id: Uuid,
    fact_id: Uuid,
    state: String,
    reason: String,
    key_id: Option<Uuid>,
    at: DateTime<Utc>,
}

impl TryFrom<FactStateRow> for FactStateChange {
    type Error = StoreError;
    fn try_from(row: FactStateRow) -> Result<Self> {
        Ok(Self {
            id: FactStateId::from_uuid(row.id),
            fact: FactId::from_uuid(row.fact_id),
            state: row.state.parse()?,
            reason: row.reason,
            key: row.key_id.map(ApiKeyId::from_uuid),
            at: row.at,
        })
    }
}

/// What became of a change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateChanged {
    /// It was recorded.
    Recorded(FactStateChange),
    /// The fact was in that state already; this change put it there.
    Already(FactStateChange),
}

impl Tx {
    /// Records that a fact is in another state from now on, and enqueues the verification of what rests on it; `None`
    /// if there is no such fact. Changes of one fact wait for each other.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn change_fact_state(
        &mut self,
        fact: FactId,
        state: FactState,
        reason: &str,
        key: Option<ApiKeyId>,
    ) -> Result<Option<StateChanged>> {
        let (project, at) = (self.project_uuid(), self.now());
        // A fact's row is nobody's to update, and so not to lock: the lock is on its id, until this transaction ends.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))", fact.uuid())
            .execute(self.connection())
            .await?;
        let newest = sqlx::query_as!(
            FactStateRow,
            "select id, fact_id, state, reason, key_id, at from fact_state
             where project_id = $1 and fact_id = $2 order by id desc limit 1",
            project,
            fact.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(newest) = newest else { return Ok(None) };
        let newest = FactStateChange::try_from(newest)?;
        if newest.state == state {
            return Ok(Some(StateChanged::Already(newest)));
        }
        // The newest is told by its id: it comes after the last one also in the same millisecond, and where another
        // machine's clock is ahead.
        let after = FactStateId::from_uuid(Uuid::from_u128(newest.id.uuid().as_u128().saturating_add(1)));
        let id = self.fresh::<FactStateId>().max(after);
        sqlx::query!(
            "insert into fact_state (project_id, id, fact_id, state, reason, key_id, at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            project,
            id.uuid(),
            fact.uuid(),
            state.word(),
            reason,
            key.map(Id::uuid),
            at,
        )
        .execute(self.connection())
        .await?;
        self.enqueue(Work::VerifyDependents { fact, after: None }).await?;
        Ok(Some(StateChanged::Recorded(FactStateChange { id, fact, state, reason: reason.to_owned(), key, at })))
    }

    /// The states of facts, in the order of the facts' ids and, of each, of time; of a fact no more than [`MOST`], the
    /// newest (fact_state_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_states_of_facts(&mut self, facts: &[FactId]) -> Result<Vec<FactStateChange>> {
        let facts = uuids(facts);
        let project = self.project_uuid();
        sqlx::query_as!(
            FactStateRow,
            r#"
            select c.id as "id!", c.fact_id as "fact_id!", c.state as "state!", c.reason as "reason!", c.key_id,
                   c.at as "at!"
            from (select distinct f from unnest($2::uuid[]) as f) as asked
            cross join lateral (
                select s.* from fact_state s where s.project_id = $1 and s.fact_id = asked.f
                order by s.id desc limit $3
            ) c
            order by asked.f, c.id
            "#,
            project,
            &facts,
            MOST,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactStateChange::try_from)
        .collect()
    }
}
