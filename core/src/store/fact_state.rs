//! The states of facts: one record a change, the newest holds.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx};
use crate::{
    domain::grounding::{FactState, FactStateChange},
    ids::{ApiKeyId, FactId, FactStateId, Id, uuids},
    queue::Work,
};

#[derive(FromRow)]
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

/// From a fact to its states.
pub(super) const STATES_OF_FACTS: Branch<'_> =
    Branch { select: "select * from fact_state", project: "project_id", parent: "fact_id", id: "id" };

/// What became of a change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateChanged {
    /// It was recorded.
    Recorded(FactStateChange),
    /// The fact was in that state already; this change put it there.
    Already(FactStateChange),
}

impl Tx {
    /// Records that a fact is in another state from now on, and enqueues the verification of what rests on it; what it
    /// conflicts with is looked for once it is verified, and settled once it is so no more; `None`
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
        // A fact's row is no program's to update, and so not to lock: the lock is on its id, until this transaction ends.
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
        match state {
            FactState::Verified => self.enqueue(Work::ContrastFacts { facts: vec![fact] }).await.map(drop)?,
            _ => self.settle_fact_conflicts(fact).await?,
        }
        Ok(Some(StateChanged::Recorded(FactStateChange { id, fact, state, reason: reason.to_owned(), key, at })))
    }

    /// Changes of state by id (fact_state_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_states_by_id(&mut self, ids: &[FactStateId]) -> Result<Vec<FactStateChange>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            FactStateRow,
            "select id, fact_id, state, reason, key_id, at from fact_state where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactStateChange::try_from)
        .collect()
    }

    /// A page of the states of each fact, newest first (fact_state_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_states_of_facts(
        &mut self,
        facts: &[FactId],
        page: PageRequest,
    ) -> Result<HashMap<FactId, Page<FactStateChange>>> {
        self.page_of_each::<FactStateRow, _, _>(&STATES_OF_FACTS, facts, page, |change: &FactStateChange| {
            Some(change.fact)
        })
        .await
    }
}
