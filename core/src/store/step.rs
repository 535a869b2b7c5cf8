//! Reasoning steps.

use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::{
        new_trace::NewStep,
        trace::{Step, StepKind},
    },
    ids::{Id, StepId, TraceId, uuids},
};

/// Which steps are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, Default)]
pub struct StepFilter {
    /// Those of this trace (reasoning_step_pkey: a trace has few).
    pub trace: Option<TraceId>,
    /// Those that do this (reasoning_step_kind_idx).
    pub kind: Option<StepKind>,
}

#[derive(FromRow)]
struct StepRow {
    id: Uuid,
    trace_id: Uuid,
    ordinal: i32,
    step_key: String,
    kind: String,
    text: String,
    rests_on: Vec<i32>,
    span_id: Option<String>,
    called_by_span_id: Option<String>,
    mean_logprob: Option<f64>,
}

impl TryFrom<StepRow> for Step {
    type Error = StoreError;
    fn try_from(row: StepRow) -> Result<Self> {
        Ok(Self {
            id: StepId::from_uuid(row.id),
            trace: TraceId::from_uuid(row.trace_id),
            ordinal: row.ordinal,
            key: row.step_key,
            kind: row.kind.parse()?,
            text: row.text,
            rests_on: row.rests_on,
            span_id: row.span_id,
            called_by_span_id: row.called_by_span_id,
            mean_logprob: row.mean_logprob,
        })
    }
}

impl Tx {
    /// Stores the steps of new traces, in one statement; their ids and places come back, in the order given.
    pub(super) async fn insert_steps(&mut self, steps: &[(TraceId, usize, &NewStep)]) -> Result<Vec<(StepId, i32)>> {
        if steps.is_empty() {
            return Ok(vec![]);
        }
        let (mut ids, mut traces, mut ordinals, mut keys, mut kinds, mut texts) =
            (vec![], vec![], vec![], vec![], vec![], vec![]);
        let (mut supports, mut spans, mut callers, mut logprobs) = (vec![], vec![], vec![], vec![]);
        for (trace, ordinal, step) in steps {
            ids.push(self.fresh::<StepId>().uuid());
            traces.push(trace.uuid());
            ordinals.push(i32::try_from(*ordinal).map_err(|error| StoreError::Corrupt(error.to_string()))?);
            keys.push(step.key.as_str());
            kinds.push(step.kind.word());
            texts.push(step.text.as_str());
            // unnest flattens arrays of arrays: each row's array travels as Postgres writes it.
            let list: Vec<_> = step.rests_on.iter().map(i32::to_string).collect();
            supports.push(format!("{{{}}}", list.join(",")));
            spans.push(step.span_id.as_deref());
            callers.push(step.called_by_span_id.as_deref());
            logprobs.push(step.mean_logprob);
        }
        let project = self.project_uuid();
        sqlx::query!(
            "insert into reasoning_step (project_id, trace_id, ordinal, id, step_key, kind, text, rests_on, span_id,
                                         called_by_span_id, mean_logprob)
             select $1, t.trace_id, t.ordinal, t.id, t.step_key, t.kind, t.text, t.rests_on::integer[], t.span_id,
                    t.called_by_span_id, t.mean_logprob
             from unnest($2::uuid[], $3::integer[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::float8[])
                  as t (trace_id, ordinal, id, step_key, kind, text, rests_on, span_id, called_by_span_id, mean_logprob)",
            project,
            &traces,
            &ordinals,
            &ids,
            &keys as &[&str],
            &kinds as &[&str],
            &texts as &[&str],
            &supports,
            &spans as &[Option<&str>],
            &callers as &[Option<&str>],
            &logprobs as &[Option<f64>],
        )
        .execute(self.connection())
        .await?;
        Ok(ids.into_iter().map(StepId::from_uuid).zip(ordinals).collect())
    }

    /// The steps of traces, in the order of the traces' ids and of the steps in each (reasoning_step_pkey). A trace
    /// has no more of them than a trace may have when it comes in.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn steps_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Step>> {
        let traces = uuids(traces);
        let project = self.project_uuid();
        sqlx::query_as!(
            StepRow,
            "select id, trace_id, ordinal, step_key, kind, text, rests_on, span_id, called_by_span_id, mean_logprob
             from reasoning_step where project_id = $1 and trace_id = any($2) order by trace_id, ordinal",
            project,
            &traces
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Step::try_from)
        .collect()
    }

    /// A page of steps, newest first (reasoning_step_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn steps(&mut self, filter: &StepFilter, page: PageRequest) -> Result<Page<Step>> {
        let query = steps_query(self.project_uuid(), filter, page);
        self.page::<StepRow, _>(query, page).await
    }

    /// Steps by id (reasoning_step_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn steps_by_id(&mut self, ids: &[StepId]) -> Result<Vec<Step>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            StepRow,
            "select id, trace_id, ordinal, step_key, kind, text, rests_on, span_id, called_by_span_id, mean_logprob
             from reasoning_step where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Step::try_from)
        .collect()
    }
}

/// The statement of [`Tx::steps`].
pub(super) fn steps_query(project: Uuid, filter: &StepFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, trace_id, ordinal, step_key, kind, text, rests_on, span_id, called_by_span_id, mean_logprob
         from reasoning_step where project_id = ",
    );
    query.push_bind(project);
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    if let Some(kind) = filter.kind {
        query.push(" and kind = ").push_bind(kind.word());
    }
    page.push(&mut query, "id");
    query
}
