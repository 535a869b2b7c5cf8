//! Facts that cannot both be true.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::grounding::{FactConflict, FoundConflict},
    ids::{FactConflictId, FactId, Id, uuids},
};

/// Which conflicts are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactConflictFilter {
    /// Those that this fact is part of.
    pub fact: Option<FactId>,
    /// Those that are settled, or those that are not.
    pub settled: Option<bool>,
}

#[derive(FromRow)]
struct ConflictRow {
    id: Uuid,
    earlier_id: Uuid,
    later_id: Uuid,
    earlier_span_start: i32,
    earlier_span_end: i32,
    later_span_start: i32,
    later_span_end: i32,
    found_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

impl TryFrom<ConflictRow> for FactConflict {
    type Error = StoreError;
    fn try_from(row: ConflictRow) -> Result<Self> {
        Ok(Self {
            id: FactConflictId::from_uuid(row.id),
            found: FoundConflict {
                earlier: FactId::from_uuid(row.earlier_id),
                later: FactId::from_uuid(row.later_id),
                earlier_span: (row.earlier_span_start, row.earlier_span_end),
                later_span: (row.later_span_start, row.later_span_end),
            },
            found_at: row.found_at,
            settled_at: row.settled_at,
        })
    }
}

impl Tx {
    /// Notes that facts conflict, where both are verified. A pair that was settled is open again; one that is open stays
    /// as it is.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn note_fact_conflicts(&mut self, found: &[FoundConflict]) -> Result<()> {
        if found.is_empty() {
            return Ok(());
        }
        let (project, now) = (self.project_uuid(), self.now());
        let ids: Vec<_> = found.iter().map(|_| self.fresh::<FactConflictId>().uuid()).collect();
        let earlier: Vec<_> = found.iter().map(|pair| pair.earlier.uuid()).collect();
        let later: Vec<_> = found.iter().map(|pair| pair.later.uuid()).collect();
        let ends = |end: fn(&FoundConflict) -> i32| found.iter().map(end).collect::<Vec<_>>();
        // A change of state waits for this transaction, or this one sees it: see `change_fact_state`. In one order, so
        // that those who wait for each other never stand in a ring.
        sqlx::query!(
            "select pg_advisory_xact_lock(hashtextextended(f.id::text, 0))
             from (select distinct id from unnest($1::uuid[] || $2::uuid[]) id order by id) f",
            &earlier,
            &later,
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            r#"
            insert into fact_conflict (project_id, id, earlier_id, later_id, earlier_span_start, earlier_span_end,
                                       later_span_start, later_span_end, found_at)
            select $1, t.id, t.earlier_id, t.later_id, t.earlier_start, t.earlier_end, t.later_start, t.later_end, $2
            from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::integer[], $7::integer[], $8::integer[], $9::integer[])
                 as t (id, earlier_id, later_id, earlier_start, earlier_end, later_start, later_end)
            where not exists (
                select from unnest(array[t.earlier_id, t.later_id]) f (id)
                where (
                    select s.state from fact_state s where s.project_id = $1 and s.fact_id = f.id
                    order by s.id desc limit 1
                ) <> 'verified'
            )
            order by t.earlier_id, t.later_id
            on conflict on constraint fact_conflict_pair_key do update
                set earlier_span_start = excluded.earlier_span_start, earlier_span_end = excluded.earlier_span_end,
                    later_span_start = excluded.later_span_start, later_span_end = excluded.later_span_end,
                    found_at = excluded.found_at, settled_at = null
                where fact_conflict.settled_at is not null
            "#,
            project,
            now,
            &ids,
            &earlier,
            &later,
            &ends(|pair| pair.earlier_span.0),
            &ends(|pair| pair.earlier_span.1),
            &ends(|pair| pair.later_span.0),
            &ends(|pair| pair.later_span.1),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Notes that a fact is verified no more, and conflicts with none (fact_conflict_pair_key, fact_conflict_later_idx).
    pub(super) async fn settle_fact_conflicts(&mut self, fact: FactId) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "update fact_conflict set settled_at = $3
             where project_id = $1 and (earlier_id = $2 or later_id = $2) and settled_at is null",
            project,
            fact.uuid(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of conflicts, newest first (of a fact: fact_conflict_pair_key and fact_conflict_later_idx; those that are
    /// open: fact_conflict_open_idx; all: fact_conflict_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_conflicts(
        &mut self,
        filter: &FactConflictFilter,
        page: PageRequest,
    ) -> Result<Page<FactConflict>> {
        let query = conflicts_query(self.project_uuid(), filter, page);
        self.page::<ConflictRow, _>(query, page).await
    }

    /// Conflicts by id (fact_conflict_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn fact_conflicts_by_id(&mut self, ids: &[FactConflictId]) -> Result<Vec<FactConflict>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            ConflictRow,
            "select id, earlier_id, later_id, earlier_span_start, earlier_span_end, later_span_start, later_span_end,
                    found_at, settled_at
             from fact_conflict where project_id = $1 and id = any($2)",
            project,
            &ids,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(FactConflict::try_from)
        .collect()
    }
}

/// The statement of [`Tx::fact_conflicts`].
pub(super) fn conflicts_query(project: Uuid, filter: &FactConflictFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from fact_conflict where project_id = ");
    query.push_bind(project);
    if let Some(fact) = filter.fact {
        query.push(" and (earlier_id = ").push_bind(fact.uuid());
        query.push(" or later_id = ").push_bind(fact.uuid()).push(")");
    }
    match filter.settled {
        Some(true) => drop(query.push(" and settled_at is not null")),
        Some(false) => drop(query.push(" and settled_at is null")),
        None => {}
    }
    page.push(&mut query, "id");
    query
}
