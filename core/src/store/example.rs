//! Examples: candidate training rows.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::example::{Example, ExampleFormat},
    hash,
    ids::{ExampleId, Id, ReviewId, TraceId, uuids},
};

/// Which examples are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, Default)]
pub struct ExampleFilter {
    /// Those of this trace (example_trace_idx).
    pub trace: Option<TraceId>,
    /// Those that this review yielded (example_review_idx: one a format).
    pub review: Option<ReviewId>,
    /// Those for this (example_format_idx).
    pub format: Option<ExampleFormat>,
}

#[derive(FromRow)]
struct ExampleRow {
    id: Uuid,
    review_id: Uuid,
    trace_id: Uuid,
    chosen_trace_id: Option<Uuid>,
    chosen_review_id: Option<Uuid>,
    format: String,
    content: serde_json::Value,
    content_hash: Vec<u8>,
    rules_version: String,
    at: DateTime<Utc>,
}

impl TryFrom<ExampleRow> for Example {
    type Error = StoreError;
    fn try_from(row: ExampleRow) -> Result<Self> {
        Ok(Self {
            id: ExampleId::from_uuid(row.id),
            review: ReviewId::from_uuid(row.review_id),
            trace: TraceId::from_uuid(row.trace_id),
            chosen: row.chosen_trace_id.map(TraceId::from_uuid).zip(row.chosen_review_id.map(ReviewId::from_uuid)),
            format: row.format.parse()?,
            content: row.content,
            content_hash: hash::from_bytes(&row.content_hash).map_err(|_| corrupt_hash("example"))?,
            rules_version: row.rules_version,
            at: row.at,
        })
    }
}

fn corrupt_hash(of: &str) -> StoreError {
    StoreError::Corrupt(format!("the hash of an {of} is not 32 bytes long"))
}

impl Tx {
    /// Examples by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn examples_by_id(&mut self, ids: &[ExampleId]) -> Result<Vec<Example>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            ExampleRow,
            "select id, review_id, trace_id, chosen_trace_id, chosen_review_id, format, content, content_hash,
                    rules_version, at
             from example where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Example::try_from)
        .collect()
    }
}

impl Tx {
    /// Stores examples, in one statement; one of a review and format that is there already is left as it is. Answers
    /// the ids of those stored.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_examples(&mut self, examples: &[Example]) -> Result<Vec<ExampleId>> {
        let project = self.project_uuid();
        Ok(sqlx::query_scalar!(
            r#"
            with taken as (
                insert into example_key (project_id, review_id, format, example_id)
                select $1, t.review_id, t.format, t.id
                from unnest($2::uuid[], $3::uuid[], $5::text[]) as t (id, review_id, format)
                -- In one order everywhere, so that transactions with the same reviews never wait in a ring.
                order by t.review_id, t.format
                on conflict on constraint example_key_pkey do nothing
                returning example_id
            )
            insert into example (project_id, id, review_id, trace_id, format, content, content_hash, rules_version, at,
                                 chosen_trace_id, chosen_review_id)
            select $1, t.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[], $7::bytea[],
                                       $8::text[], $9::timestamptz[], $10::uuid[], $11::uuid[])
                as t (id, review_id, trace_id, format, content, content_hash, rules_version, at, chosen_trace_id,
                      chosen_review_id)
            where t.id in (select example_id from taken)
            returning id
            "#,
            project,
            &examples.iter().map(|example| example.id.uuid()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.review.uuid()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.trace.uuid()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.format.word().to_owned()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.content.clone()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.content_hash.as_bytes().to_vec()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.rules_version.clone()).collect::<Vec<_>>(),
            &examples.iter().map(|example| example.at).collect::<Vec<_>>(),
            &examples.iter().map(|example| Some(example.chosen?.0.uuid())).collect::<Vec<_>>() as &[Option<Uuid>],
            &examples.iter().map(|example| Some(example.chosen?.1.uuid())).collect::<Vec<_>>() as &[Option<Uuid>],
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(ExampleId::from_uuid)
        .collect())
    }

    /// A page of examples, newest first.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn examples(&mut self, filter: &ExampleFilter, page: PageRequest) -> Result<Page<Example>> {
        let query = examples_query(self.project_uuid(), filter, page);
        self.page::<ExampleRow, _>(query, page).await
    }

    /// The examples of traces, in the order of their making (example_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn examples_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Example>> {
        let traces = uuids(traces);
        let project = self.project_uuid();
        sqlx::query_as!(
            ExampleRow,
            "select id, review_id, trace_id, chosen_trace_id, chosen_review_id, format, content, content_hash,
                    rules_version, at
             from example where project_id = $1 and trace_id = any($2) order by trace_id, id",
            project,
            &traces
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Example::try_from)
        .collect()
    }
}

/// The statement of [`Tx::examples`].
pub(super) fn examples_query(project: Uuid, filter: &ExampleFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, review_id, trace_id, chosen_trace_id, chosen_review_id, format, content, content_hash,
                rules_version, at
         from example where project_id = ",
    );
    query.push_bind(project);
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(review) = filter.review {
        query.push(" and review_id = ").push_bind(review.uuid());
    }
    if let Some(format) = filter.format {
        query.push(" and format = ").push_bind(format.word());
    }
    page.push(&mut query, "id");
    query
}
