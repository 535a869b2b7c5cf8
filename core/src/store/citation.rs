//! Citations of answers and of reviews.

use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, page::MOST};
use crate::{
    domain::citation::{Citation, CitationOrigin, CitationState},
    ids::{CitationId, FactId, Id, ReviewId, SourceCopyId, SourceId, TraceId, VerificationId, uuids},
};

/// Which citations are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CitationFilter {
    /// Those about this trace, from its answer and from its reviews.
    pub trace: Option<TraceId>,
    /// Those of this state.
    pub state: Option<CitationState>,
    /// Those that name this source.
    pub source: Option<SourceId>,
    /// Those that name this fact.
    pub fact: Option<FactId>,
}

#[derive(FromRow)]
struct CitationRow {
    id: Uuid,
    trace_id: Uuid,
    verification_id: Option<Uuid>,
    review_id: Option<Uuid>,
    kind: String,
    raw: String,
    span_start: Option<i32>,
    span_end: Option<i32>,
    source_id: Option<Uuid>,
    fact_id: Option<Uuid>,
    quoted: Option<String>,
    state: String,
    reason: String,
    copy_id: Option<Uuid>,
    copy_start: Option<i32>,
    copy_end: Option<i32>,
}

impl TryFrom<CitationRow> for Citation {
    type Error = StoreError;
    fn try_from(row: CitationRow) -> Result<Self> {
        let id = CitationId::from_uuid(row.id);
        let origin = match (row.verification_id, row.review_id) {
            (Some(verification), None) => CitationOrigin::Verification(VerificationId::from_uuid(verification)),
            (None, Some(review)) => CitationOrigin::Review(ReviewId::from_uuid(review)),
            _ => return Err(StoreError::Corrupt(format!("the origin of citation {id}"))),
        };
        Ok(Self {
            id,
            trace: TraceId::from_uuid(row.trace_id),
            origin,
            kind: row.kind.parse()?,
            raw: row.raw,
            span: row.span_start.zip(row.span_end),
            source: row.source_id.map(SourceId::from_uuid),
            fact: row.fact_id.map(FactId::from_uuid),
            quoted: row.quoted,
            state: row.state.parse()?,
            reason: row.reason,
            copy: row.copy_id.map(SourceCopyId::from_uuid),
            copy_span: row.copy_start.zip(row.copy_end),
        })
    }
}

impl Tx {
    /// Stores citations, in one statement.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_citations(&mut self, citations: &[Citation]) -> Result<()> {
        let ids: Vec<_> = citations.iter().map(|cited| cited.id.uuid()).collect();
        let traces: Vec<_> = citations.iter().map(|cited| cited.trace.uuid()).collect();
        let (verifications, reviews): (Vec<_>, Vec<_>) = citations
            .iter()
            .map(|cited| match cited.origin {
                CitationOrigin::Verification(id) => (Some(id.uuid()), None),
                CitationOrigin::Review(id) => (None, Some(id.uuid())),
            })
            .unzip();
        let kinds: Vec<_> = citations.iter().map(|cited| cited.kind.word().to_owned()).collect();
        let raws: Vec<_> = citations.iter().map(|cited| cited.raw.clone()).collect();
        let starts: Vec<_> = citations.iter().map(|cited| cited.span.map(|(start, _)| start)).collect();
        let ends: Vec<_> = citations.iter().map(|cited| cited.span.map(|(_, end)| end)).collect();
        let sources: Vec<_> = citations.iter().map(|cited| cited.source.map(Id::uuid)).collect();
        let facts: Vec<_> = citations.iter().map(|cited| cited.fact.map(Id::uuid)).collect();
        let quotes: Vec<_> = citations.iter().map(|cited| cited.quoted.clone()).collect();
        let states: Vec<_> = citations.iter().map(|cited| cited.state.word().to_owned()).collect();
        let reasons: Vec<_> = citations.iter().map(|cited| cited.reason.clone()).collect();
        let copies: Vec<_> = citations.iter().map(|cited| cited.copy.map(Id::uuid)).collect();
        let copy_starts: Vec<_> = citations.iter().map(|cited| cited.copy_span.map(|(start, _)| start)).collect();
        let copy_ends: Vec<_> = citations.iter().map(|cited| cited.copy_span.map(|(_, end)| end)).collect();
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into citation (project_id, id, trace_id, verification_id, review_id, kind, raw, span_start, span_end,
                                  source_id, fact_id, quoted, state, reason, copy_id, copy_start, copy_end)
            select $1, t.id, t.trace_id, t.verification_id, t.review_id, t.kind, t.raw, t.span_start, t.span_end,
                   t.source_id, t.fact_id, t.quoted, t.state, t.reason, t.copy_id, t.copy_start, t.copy_end
            from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::int[],
                        $10::uuid[], $11::uuid[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::int[], $17::int[])
                 as t (id, trace_id, verification_id, review_id, kind, raw, span_start, span_end, source_id, fact_id,
                       quoted, state, reason, copy_id, copy_start, copy_end)
            "#,
            project,
            &ids,
            &traces,
            &verifications as &[Option<Uuid>],
            &reviews as &[Option<Uuid>],
            &kinds,
            &raws,
            &starts as &[Option<i32>],
            &ends as &[Option<i32>],
            &sources as &[Option<Uuid>],
            &facts as &[Option<Uuid>],
            &quotes as &[Option<String>],
            &states,
            &reasons,
            &copies as &[Option<Uuid>],
            &copy_starts as &[Option<i32>],
            &copy_ends as &[Option<i32>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of citations, newest first (citation_pkey; with a trace, source or fact the index that begins with it).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn citations(&mut self, filter: &CitationFilter, page: PageRequest) -> Result<Page<Citation>> {
        let query = citations_query(self.project_uuid(), filter, page);
        self.page::<CitationRow, _>(query, page).await
    }

    /// Citations by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn citations_by_id(&mut self, ids: &[CitationId]) -> Result<Vec<Citation>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            CitationRow,
            "select id, trace_id, verification_id, review_id, kind, raw, span_start, span_end, source_id, fact_id,
                    quoted, state, reason, copy_id, copy_start, copy_end
             from citation where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Citation::try_from)
        .collect()
    }

    /// The citations of reviews, in the order of the reviews' ids and of their own; a review has no more of them than
    /// one may have when it comes in (citation_review_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn citations_of_reviews(&mut self, reviews: &[ReviewId]) -> Result<Vec<Citation>> {
        let reviews = uuids(reviews);
        let project = self.project_uuid();
        sqlx::query_as!(
            CitationRow,
            "select id, trace_id, verification_id, review_id, kind, raw, span_start, span_end, source_id, fact_id,
                    quoted, state, reason, copy_id, copy_start, copy_end
             from citation where project_id = $1 and review_id = any($2) order by review_id, id",
            project,
            &reviews
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Citation::try_from)
        .collect()
    }

    /// The citations that verifications found, in the order of the verifications' ids and of their own; of a
    /// verification no more than [`MOST`] (citation_verification_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn citations_of_verifications(&mut self, verifications: &[VerificationId]) -> Result<Vec<Citation>> {
        let verifications = uuids(verifications);
        let project = self.project_uuid();
        sqlx::query_as!(
            CitationRow,
            r#"
            select c.id as "id!", c.trace_id as "trace_id!", c.verification_id, c.review_id, c.kind as "kind!",
                   c.raw as "raw!", c.span_start, c.span_end, c.source_id, c.fact_id, c.quoted, c.state as "state!",
                   c.reason as "reason!", c.copy_id, c.copy_start, c.copy_end
            from (select distinct v from unnest($2::uuid[]) as v) as asked
            cross join lateral (
                select d.* from citation d where d.project_id = $1 and d.verification_id = asked.v
                order by d.id limit $3
            ) c
            order by asked.v, c.id
            "#,
            project,
            &verifications,
            MOST,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Citation::try_from)
        .collect()
    }
}

/// The statement of [`Tx::citations`].
pub(super) fn citations_query(project: Uuid, filter: &CitationFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, trace_id, verification_id, review_id, kind, raw, span_start, span_end, source_id, fact_id,
                quoted, state, reason, copy_id, copy_start, copy_end
         from citation where project_id = ",
    );
    query.push_bind(project);
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(state) = filter.state {
        query.push(" and state = ").push_bind(state.word());
    }
    if let Some(source) = filter.source {
        query.push(" and source_id = ").push_bind(source.uuid());
    }
    if let Some(fact) = filter.fact {
        query.push(" and fact_id = ").push_bind(fact.uuid());
    }
    page.push(&mut query, "id");
    query
}
