//! Where the words that facts quote stand in copies of their sources.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;

use super::{Branch, Page, PageRequest, Result, StoreError, Tx};
use crate::{
    domain::source_copy::{QuotePlace, QuoteStanding, SourceCopy},
    ids::{FactId, Id, SourceCopyId, SourceId, TraceId, uuids},
};

#[derive(FromRow)]
struct PlaceRow {
    copy_id: Uuid,
    fact_id: Uuid,
    standing: String,
    similarity: f64,
    span_start: Option<i32>,
    span_end: Option<i32>,
    passage: Option<String>,
}

impl TryFrom<PlaceRow> for QuotePlace {
    type Error = StoreError;
    fn try_from(row: PlaceRow) -> Result<Self> {
        Ok(Self {
            copy: SourceCopyId::from_uuid(row.copy_id),
            fact: FactId::from_uuid(row.fact_id),
            standing: row.standing.parse()?,
            similarity: row.similarity,
            span: row.span_start.zip(row.span_end),
            passage: row.passage,
        })
    }
}

/// From a copy to where the words of facts stand in it.
pub(super) const PLACES_IN_COPIES: Branch<'_> = Branch {
    // A page of each is put in the order of ids.
    select: "select *, fact_id as id from quote_place",
    project: "project_id",
    parent: "copy_id",
    id: "fact_id",
};

impl Tx {
    /// What of a copy's source is quoted by facts that are neither retracted nor superseded: up to `most` of them, in the
    /// order of their ids, after one of them (grounding_fact_source_idx, fact_state_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn quotes_of_source(
        &mut self,
        copy: &SourceCopy,
        after: Option<FactId>,
        most: i64,
    ) -> Result<Vec<(FactId, Option<String>)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select f.id, case when (
                  select s.state from fact_state s where s.project_id = f.project_id and s.fact_id = f.id
                  order by s.id desc limit 1
            ) not in ('retracted', 'superseded') then f.quote end as quote
            from grounding_fact f
            where f.project_id = $1 and f.source_id = $2 and ($3::uuid is null or f.id > $3)
            order by f.id limit $4
            "#,
            project,
            copy.source.uuid(),
            after.map(Id::uuid),
            most,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (FactId::from_uuid(row.id), row.quote))
        .collect())
    }

    /// Notes where words of facts stand; what is noted of a copy and a fact stays.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_quote_places(&mut self, places: &[QuotePlace]) -> Result<()> {
        let project = self.project_uuid();
        let copies: Vec<_> = places.iter().map(|place| place.copy.uuid()).collect();
        let facts: Vec<_> = places.iter().map(|place| place.fact.uuid()).collect();
        let standings: Vec<_> = places.iter().map(|place| place.standing.word().to_owned()).collect();
        let similarities: Vec<_> = places.iter().map(|place| place.similarity).collect();
        let starts: Vec<_> = places.iter().map(|place| place.span.map(|(start, _)| start)).collect();
        let ends: Vec<_> = places.iter().map(|place| place.span.map(|(_, end)| end)).collect();
        let passages: Vec<_> = places.iter().map(|place| place.passage.clone()).collect();
        sqlx::query!(
            "insert into quote_place (project_id, copy_id, fact_id, standing, similarity, span_start, span_end, passage)
             select $1, t.copy_id, t.fact_id, t.standing, t.similarity, t.span_start, t.span_end, t.passage
             from unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::int[], $7::int[], $8::text[])
                  as t (copy_id, fact_id, standing, similarity, span_start, span_end, passage)
             on conflict (project_id, copy_id, fact_id) do nothing",
            project,
            &copies,
            &facts,
            &standings,
            &similarities,
            &starts as &[Option<i32>],
            &ends as &[Option<i32>],
            &passages as &[Option<String>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of the places in each copy, of one standing or of all, by the ids of their facts, newest first
    /// (quote_place_pkey, quote_place_standing_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn places_in_copies(
        &mut self,
        copies: &[SourceCopyId],
        page: PageRequest,
    ) -> Result<HashMap<SourceCopyId, Page<QuotePlace>>> {
        self.page_of_each::<PlaceRow, _, _>(&PLACES_IN_COPIES, copies, page, |place: &QuotePlace| Some(place.copy))
            .await
    }

    /// The places in a copy where the words do not stand as they are quoted: up to `most`, those first of which nothing does
    /// (quote_place_standing_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn places_astray(&mut self, copy: SourceCopyId, most: i64) -> Result<Vec<QuotePlace>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PlaceRow,
            "select copy_id, fact_id, standing, similarity, span_start, span_end, passage from quote_place
             where project_id = $1 and copy_id = $2 and standing in ('missing', 'differs')
             order by standing desc, fact_id desc limit $3",
            project,
            copy.uuid(),
            most,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(QuotePlace::try_from)
        .collect()
    }

    /// How many of the places in a copy stand how (quote_place_standing_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn standings_in_copies(
        &mut self,
        copies: &[SourceCopyId],
    ) -> Result<Vec<(SourceCopyId, (QuoteStanding, i64))>> {
        let (project, copies) = (self.project_uuid(), uuids(copies));
        sqlx::query!(
            r#"select copy_id, standing, count(*) as "count!" from quote_place
               where project_id = $1 and copy_id = any($2) group by copy_id, standing order by copy_id, standing"#,
            project,
            &copies
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| Ok((SourceCopyId::from_uuid(row.copy_id), (row.standing.parse()?, row.count))))
        .collect()
    }

    /// Where the words of facts stand in the copies that their sources have now (source_retrieval_current_idx,
    /// quote_place_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn current_places_of_facts(&mut self, facts: &[FactId]) -> Result<Vec<QuotePlace>> {
        let (project, facts) = (self.project_uuid(), uuids(facts));
        sqlx::query_as!(
            PlaceRow,
            r#"
            select p.copy_id, p.fact_id, p.standing, p.similarity, p.span_start, p.span_end, p.passage
            from grounding_fact f
            cross join lateral (
                select r.copy_id from source_retrieval r
                where r.project_id = $1 and r.source_id = f.source_id and r.copy_id is not null
                order by r.id desc limit 1
            ) newest
            join quote_place p on p.project_id = $1 and p.copy_id = newest.copy_id and p.fact_id = f.id
            where f.project_id = $1 and f.id = any($2)
            "#,
            project,
            &facts
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(QuotePlace::try_from)
        .collect()
    }

    /// Of up to a thousand facts of a source, in the order of their ids, after one of them: those that ever decided a claim;
    /// and the last that was looked at (grounding_fact_source_idx, claim_fact_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn facts_in_use_of_source(
        &mut self,
        source: SourceId,
        after: Option<FactId>,
    ) -> Result<(Vec<FactId>, Option<FactId>)> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"
            select f.id,
                   exists (select from claim c where c.project_id = $1 and c.deciding_fact_id = f.id) as "used!"
            from grounding_fact f
            where f.project_id = $1 and f.source_id = $2 and ($3::uuid is null or f.id > $3)
            order by f.id limit 1000
            "#,
            project,
            source.uuid(),
            after.map(Id::uuid),
        )
        .fetch_all(self.connection())
        .await?;
        let last = rows.last().map(|row| FactId::from_uuid(row.id));
        Ok((rows.iter().filter(|row| row.used).map(|row| FactId::from_uuid(row.id)).collect(), last))
    }

    /// Traces whose answers cite a source, in the order of their ids, after one of them (citation_source_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_citing_source(
        &mut self,
        source: SourceId,
        after: Option<TraceId>,
        most: i64,
    ) -> Result<Vec<TraceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            "select distinct trace_id from citation
             where project_id = $1 and source_id = $2 and verification_id is not null and ($3::uuid is null or trace_id > $3)
             order by trace_id limit $4",
            project,
            source.uuid(),
            after.map(Id::uuid),
            most
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(TraceId::from_uuid)
        .collect())
    }
}
