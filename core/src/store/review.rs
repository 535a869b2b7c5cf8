//! Reviews, revision by revision.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Branch, Entered, Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::review::{Review, TraceRef, Verdict},
    hash::Digest,
    ids::{ExpertId, GuidelineId, Id, ReviewId, TraceId, uuids},
};

/// Which reviews are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewFilter {
    /// Those of this trace.
    pub trace: Option<TraceId>,
    /// Those of this expert.
    pub expert: Option<ExpertId>,
    /// Those that found this.
    pub verdict: Option<Verdict>,
    /// The one with this sender's id.
    pub external_id: Option<String>,
}

#[derive(FromRow)]
struct ReviewRow {
    id: Uuid,
    external_id: Option<String>,
    trace_id: Uuid,
    expert_id: Uuid,
    revision: i32,
    verdict: String,
    severity: Option<String>,
    suspect_step: Option<i32>,
    flaw_labels: Vec<String>,
    corrected_answer: Option<String>,
    corrected_steps: Option<Vec<String>>,
    rationale: Option<String>,
    seconds_spent: Option<f64>,
    step_marks: serde_json::Value,
    claim_marks: serde_json::Value,
    guideline_id: Option<Uuid>,
    content_hash: Vec<u8>,
    created_at: DateTime<Utc>,
}

impl TryFrom<ReviewRow> for Review {
    type Error = StoreError;
    fn try_from(row: ReviewRow) -> Result<Self> {
        Ok(Self {
            id: ReviewId::from_uuid(row.id),
            external_id: row.external_id,
            trace: TraceId::from_uuid(row.trace_id),
            expert: ExpertId::from_uuid(row.expert_id),
            revision: row.revision,
            verdict: row.verdict.parse()?,
            severity: row.severity.map(|word| word.parse()).transpose()?,
            suspect_step: row.suspect_step,
            flaw_labels: row.flaw_labels,
            corrected_answer: row.corrected_answer,
            corrected_steps: row.corrected_steps,
            rationale: row.rationale,
            seconds_spent: row.seconds_spent,
            step_marks: serde_json::from_value(row.step_marks)?,
            claim_marks: serde_json::from_value(row.claim_marks)?,
            guideline: row.guideline_id.map(GuidelineId::from_uuid),
            content_hash: super::entered::stored_hash(&row.content_hash)?,
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// The traces that reviews name; those that are not there are left out (error_trace_pkey, trace_key_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn traces_referred_to(&mut self, refs: &[TraceRef]) -> Result<HashMap<TraceRef, TraceId>> {
        let (mut ids, mut external) = (vec![], vec![]);
        for named in refs {
            match named {
                TraceRef::Id(id) => ids.push(id.uuid()),
                TraceRef::External(id) => external.push(id.clone()),
            }
        }
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select t.id as "id!", null as external_id from error_trace t where t.project_id = $1 and t.id = any($2)
            union all
            select k.trace_id, k.external_id from trace_key k where k.project_id = $1 and k.external_id = any($3)
            "#,
            project,
            &ids,
            &external
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let id = TraceId::from_uuid(row.id);
            (row.external_id.map_or(TraceRef::Id(id), TraceRef::External), id)
        })
        .collect())
    }

    /// Takes external ids for reviews that are about to be stored. One that is taken (before, by another transaction
    /// that commits meanwhile, or earlier in the list) stays with the first. What stands there comes back, in the
    /// order given.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn take_review_keys(&mut self, keys: &[(String, ReviewId, Digest)]) -> Result<Vec<Entered<ReviewId>>> {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let external: Vec<_> = keys.iter().map(|(external, ..)| external.clone()).collect();
        let ids: Vec<_> = keys.iter().map(|(_, id, _)| id.uuid()).collect();
        let hashes: Vec<_> = keys.iter().map(|(.., hash)| hash.as_bytes().to_vec()).collect();
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into review_key (project_id, external_id, review_id, content_hash)
            select $1, t.external_id, t.review_id, t.content_hash
            from unnest($2::text[], $3::uuid[], $4::bytea[])
                 with ordinality as t (external_id, review_id, content_hash, place)
            -- In one order everywhere, so that transactions with the same ids wait for each other and never in a ring.
            order by t.external_id, t.place
            on conflict (project_id, external_id) do nothing
            "#,
            project,
            &external,
            &ids,
            &hashes,
        )
        .execute(self.connection())
        .await?;
        // A statement of its own: it sees what another transaction committed while the insertion waited for it.
        let standing: HashMap<_, _> = sqlx::query!(
            "select external_id, review_id, content_hash from review_key
             where project_id = $1 and external_id = any($2)",
            project,
            &external
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.external_id, (row.review_id, row.content_hash)))
        .collect();
        super::entered::entered(&external, &ids, &standing)
    }

    /// Stores reviews as they are, in one statement. Revisions are the caller's to number, under
    /// [`Tx::lock_experts`]; a number that is taken is a constraint error named `review_revision_pkey`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_reviews(&mut self, reviews: &[Review]) -> Result<()> {
        let ids: Vec<_> = reviews.iter().map(|review| review.id.uuid()).collect();
        let external: Vec<_> = reviews.iter().map(|review| review.external_id.clone()).collect();
        let traces: Vec<_> = reviews.iter().map(|review| review.trace.uuid()).collect();
        let experts: Vec<_> = reviews.iter().map(|review| review.expert.uuid()).collect();
        let revisions: Vec<_> = reviews.iter().map(|review| review.revision).collect();
        let verdicts: Vec<_> = reviews.iter().map(|review| review.verdict.word().to_owned()).collect();
        let severities: Vec<_> =
            reviews.iter().map(|review| review.severity.map(|severity| severity.word().to_owned())).collect();
        let suspects: Vec<_> = reviews.iter().map(|review| review.suspect_step).collect();
        // Lists within a list travel as JSON: the lists of an array of arrays would all have to be of one length.
        let labels: Vec<_> = reviews.iter().map(|review| serde_json::json!(review.flaw_labels)).collect();
        let answers: Vec<_> = reviews.iter().map(|review| review.corrected_answer.clone()).collect();
        let steps: Vec<_> = reviews
            .iter()
            .map(|review| review.corrected_steps.as_ref().map(|steps| serde_json::json!(steps)))
            .collect();
        let rationales: Vec<_> = reviews.iter().map(|review| review.rationale.clone()).collect();
        let seconds: Vec<_> = reviews.iter().map(|review| review.seconds_spent).collect();
        let step_marks: Vec<_> = reviews.iter().map(|review| serde_json::json!(review.step_marks)).collect();
        let claim_marks: Vec<_> =
            reviews.iter().map(|review| serde_json::to_value(&review.claim_marks)).collect::<Result<_, _>>()?;
        let guidelines: Vec<_> = reviews.iter().map(|review| review.guideline.map(Id::uuid)).collect();
        let hashes: Vec<_> = reviews.iter().map(|review| review.content_hash.as_bytes().to_vec()).collect();
        let times: Vec<_> = reviews.iter().map(|review| review.created_at).collect();
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            with numbered as (
                insert into review_revision (project_id, trace_id, expert_id, revision, review_id)
                select $1, * from unnest($4::uuid[], $5::uuid[], $6::int[], $2::uuid[])
            )
            insert into review (project_id, id, external_id, trace_id, expert_id, revision, verdict, severity,
                                suspect_step, flaw_labels, corrected_answer, corrected_steps, rationale,
                                seconds_spent, content_hash, created_at, step_marks, claim_marks, guideline_id)
            select $1, t.id, t.external_id, t.trace_id, t.expert_id, t.revision, t.verdict, t.severity, t.suspect_step,
                   array(select l.word from jsonb_array_elements_text(t.labels) with ordinality as l (word, place)
                         order by l.place),
                   t.corrected_answer,
                   case when t.steps is not null then
                       array(select s.step from jsonb_array_elements_text(t.steps) with ordinality as s (step, place)
                             order by s.place)
                   end,
                   t.rationale, t.seconds_spent, t.content_hash, t.created_at, t.step_marks, t.claim_marks,
                   t.guideline_id
            from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::int[],
                        $10::jsonb[], $11::text[], $12::jsonb[], $13::text[], $14::float8[], $15::bytea[],
                        $16::timestamptz[], $17::jsonb[], $18::jsonb[], $19::uuid[])
                 as t (id, external_id, trace_id, expert_id, revision, verdict, severity, suspect_step, labels,
                       corrected_answer, steps, rationale, seconds_spent, content_hash, created_at, step_marks,
                       claim_marks, guideline_id)
            "#,
            project,
            &ids,
            &external as &[Option<String>],
            &traces,
            &experts,
            &revisions,
            &verdicts,
            &severities as &[Option<String>],
            &suspects as &[Option<i32>],
            &labels,
            &answers as &[Option<String>],
            &steps as &[Option<serde_json::Value>],
            &rationales as &[Option<String>],
            &seconds as &[Option<f64>],
            &hashes,
            &times,
            &step_marks,
            &claim_marks,
            &guidelines as &[Option<Uuid>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of reviews, every revision of them, newest first (review_pkey; review_trace_idx with a trace,
    /// review_expert_idx with an expert, review_key_pkey with a sender's id).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviews(&mut self, filter: &ReviewFilter, page: PageRequest) -> Result<Page<Review>> {
        let query = reviews_query(self.project_uuid(), filter, page);
        self.page::<ReviewRow, _>(query, page).await
    }

    /// Reviews by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviews_by_id(&mut self, ids: &[ReviewId]) -> Result<Vec<Review>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            ReviewRow,
            "select id, external_id, trace_id, expert_id, revision, verdict, severity, suspect_step, flaw_labels,
                    corrected_answer, corrected_steps, rationale, seconds_spent, step_marks, claim_marks, guideline_id, content_hash,
                    created_at
             from review where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Review::try_from)
        .collect()
    }

    /// What holds of traces: the highest revision of each expert, in the order of the traces' ids and of the experts'
    /// (review_trace_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn latest_reviews_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Review>> {
        let traces = uuids(traces);
        let project = self.project_uuid();
        sqlx::query_as!(
            ReviewRow,
            "select distinct on (trace_id, expert_id)
                    id, external_id, trace_id, expert_id, revision, verdict, severity, suspect_step, flaw_labels,
                    corrected_answer, corrected_steps, rationale, seconds_spent, step_marks, claim_marks, guideline_id, content_hash,
                    created_at
             from review where project_id = $1 and trace_id = any($2)
             order by trace_id, expert_id, revision desc",
            project,
            &traces
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Review::try_from)
        .collect()
    }

    /// A page of the reviews of each trace, every revision, newest first (review_trace_idx: a trace has few).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviews_of_traces(
        &mut self,
        traces: &[TraceId],
        page: PageRequest,
    ) -> Result<HashMap<TraceId, Page<Review>>> {
        self.page_of_each::<ReviewRow, _, _>(&REVIEWS_OF_TRACES, traces, page, |review: &Review| Some(review.trace))
            .await
    }

    /// A page of the reviews that each expert gave, every revision, newest first (review_expert_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn reviews_of_experts(
        &mut self,
        experts: &[ExpertId],
        page: PageRequest,
    ) -> Result<HashMap<ExpertId, Page<Review>>> {
        self.page_of_each::<ReviewRow, _, _>(&REVIEWS_OF_EXPERTS, experts, page, |review: &Review| Some(review.expert))
            .await
    }
}

/// From a trace to its reviews.
pub(super) const REVIEWS_OF_TRACES: Branch<'_> =
    Branch { select: "select * from review", project: "project_id", parent: "trace_id", id: "id" };
/// From an expert to the reviews they gave.
pub(super) const REVIEWS_OF_EXPERTS: Branch<'_> =
    Branch { select: "select * from review", project: "project_id", parent: "expert_id", id: "id" };

/// The statement of [`Tx::reviews`].
pub(super) fn reviews_query(project: Uuid, filter: &ReviewFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, external_id, trace_id, expert_id, revision, verdict, severity, suspect_step, flaw_labels,
                corrected_answer, corrected_steps, rationale, seconds_spent, step_marks, claim_marks, guideline_id, content_hash,
                    created_at
         from review where project_id = ",
    );
    query.push_bind(project);
    if let Some(external_id) = &filter.external_id {
        query.push(" and id = (select k.review_id from review_key k where k.project_id = ").push_bind(project);
        query.push(" and k.external_id = ").push_bind(external_id.clone()).push(")");
    }
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(expert) = filter.expert {
        query.push(" and expert_id = ").push_bind(expert.uuid());
    }
    if let Some(verdict) = filter.verdict {
        query.push(" and verdict = ").push_bind(verdict.word());
    }
    page.push(&mut query, "id");
    query
}
