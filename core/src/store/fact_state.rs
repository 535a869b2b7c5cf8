//! The states of facts: one record a change, the newest holds.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx};
use crate::{
    domain::grounding::{FactState, FactStateChange},
    ids::{ApiKeyId, FactId, FactStateId, Id, SourceCopyId, uuids},
    queue::Work,
};

#[derive(FromRow)]
struct FactStateRow {
    id: Uuid,
    fact_id: Uuid,
    state: String,
    reason: String,
    key_id: Option<Uuid>,
    copy_id: Option<Uuid>,
    quote_start: Option<i32>,
    quote_end: Option<i32>,
    successor_id: Option<Uuid>,
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
            copy: row.copy_id.map(SourceCopyId::from_uuid),
            quote_span: row.quote_start.zip(row.quote_end),
            successor: row.successor_id.map(FactId::from_uuid),
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
    /// if there is no such fact. A fact that is verified is so against the copy that its source has then. Changes of one fact
    /// wait for each other.
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
        self.enter_fact_state(fact, state, None, reason, key).await
    }

    /// Records that a fact was true, and that another, which is verified, holds instead from now on; the rest as
    /// [`Tx::change_fact_state`]. The other may not itself be one that this one holds, or held, instead of.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn supersede_fact(
        &mut self,
        fact: FactId,
        successor: FactId,
        reason: &str,
        key: Option<ApiKeyId>,
    ) -> Result<Option<StateChanged>> {
        self.enter_fact_state(fact, FactState::Superseded, Some(successor), reason, key).await
    }

    async fn enter_fact_state(
        &mut self,
        fact: FactId,
        state: FactState,
        successor: Option<FactId>,
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
            "select id, fact_id, state, reason, key_id, copy_id, quote_start, quote_end, successor_id, at from fact_state
             where project_id = $1 and fact_id = $2 order by id desc limit 1",
            project,
            fact.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(newest) = newest else { return Ok(None) };
        let newest = FactStateChange::try_from(newest)?;
        if newest.state == state && newest.successor == successor {
            return Ok(Some(StateChanged::Already(newest)));
        }
        // The newest is told by its id: it comes after the last one also in the same millisecond, and where another
        // machine's clock is ahead.
        let after = FactStateId::from_uuid(Uuid::from_u128(newest.id.uuid().as_u128().saturating_add(1)));
        let id = self.fresh::<FactStateId>().max(after);
        let (copy, quote_span) = match state {
            FactState::Verified => self.standing_of_quote(fact).await?,
            _ => (None, None),
        };
        sqlx::query!(
            "insert into fact_state (project_id, id, fact_id, state, reason, key_id, copy_id, quote_start, quote_end,
                                     successor_id, at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            project,
            id.uuid(),
            fact.uuid(),
            state.word(),
            reason,
            key.map(Id::uuid),
            copy.map(Id::uuid),
            quote_span.map(|(start, _)| start),
            quote_span.map(|(_, end)| end),
            successor.map(Id::uuid),
            at,
        )
        .execute(self.connection())
        .await?;
        self.enqueue(Work::VerifyDependents { fact, after: None }).await?;
        match state {
            FactState::Verified => self.enqueue(Work::ContrastFacts { facts: vec![fact] }).await.map(drop)?,
            _ => self.settle_fact_conflicts(fact).await?,
        }
        let reason = reason.to_owned();
        let change = FactStateChange { id, fact, state, reason, key, copy, quote_span, successor, at };
        Ok(Some(StateChanged::Recorded(change)))
    }

    /// The copy that a fact's source has now, and where the words that the fact quotes stand in it, if they do
    /// (source_retrieval_current_idx, quote_place_pkey).
    async fn standing_of_quote(&mut self, fact: FactId) -> Result<(Option<SourceCopyId>, Option<(i32, i32)>)> {
        let project = self.project_uuid();
        let found = sqlx::query!(
            r#"
            select newest.copy_id as "copy_id!", p.span_start as "span_start?", p.span_end as "span_end?"
            from grounding_fact f
            cross join lateral (
                select r.copy_id from source_retrieval r
                where r.project_id = $1 and r.source_id = f.source_id and r.copy_id is not null
                order by r.id desc limit 1
            ) newest
            left join quote_place p
                on p.project_id = $1 and p.copy_id = newest.copy_id and p.fact_id = f.id and p.standing = 'stands'
            where f.project_id = $1 and f.id = $2
            "#,
            project,
            fact.uuid()
        )
        .fetch_optional(self.connection())
        .await?;
        Ok(found
            .map_or((None, None), |row| (Some(SourceCopyId::from_uuid(row.copy_id)), row.span_start.zip(row.span_end))))
    }

    /// The newest state of each of these facts (fact_state_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn newest_states_of_facts(&mut self, facts: &[FactId]) -> Result<Vec<FactStateChange>> {
        let (project, facts) = (self.project_uuid(), uuids(facts));
        sqlx::query_as!(
            FactStateRow,
            r#"
            select n.id, n.fact_id, n.state, n.reason, n.key_id, n.copy_id, n.quote_start, n.quote_end, n.successor_id, n.at
            from (select distinct f from unnest($2::uuid[]) f) asked
            cross join lateral (
                select s.* from fact_state s where s.project_id = $1 and s.fact_id = asked.f order by s.id desc limit 1
            ) n
            "#,
            project,
            &facts
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactStateChange::try_from)
        .collect()
    }

    /// Changes of state by id (fact_state_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_states_by_id(&mut self, ids: &[FactStateId]) -> Result<Vec<FactStateChange>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            FactStateRow,
            "select id, fact_id, state, reason, key_id, copy_id, quote_start, quote_end, successor_id, at
             from fact_state where project_id = $1 and id = any($2)",
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
