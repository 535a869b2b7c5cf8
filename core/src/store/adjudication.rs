//! Adjudications.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::adjudication::{Adjudication, Decided, Decision},
    ids::{AdjudicationId, ExpertId, Id, ReviewId, TraceId, uuids},
};

/// Which adjudications are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdjudicationFilter {
    /// Those that are open, or those that are decided.
    pub open: Option<bool>,
    /// Those of this trace.
    pub trace: Option<TraceId>,
}

#[derive(FromRow)]
struct AdjudicationRow {
    id: Uuid,
    trace_id: Uuid,
    reviews: Vec<Uuid>,
    opened_at: DateTime<Utc>,
    verdict: Option<String>,
    suspect_step: Option<i32>,
    rationale: Option<String>,
    settled_by: Option<Uuid>,
    settled_at: Option<DateTime<Utc>>,
}

impl TryFrom<AdjudicationRow> for Adjudication {
    type Error = StoreError;
    fn try_from(row: AdjudicationRow) -> Result<Self> {
        let decision = match (row.verdict, row.settled_at) {
            (Some(verdict), Some(at)) => Some(Decided {
                decision: Decision {
                    verdict: verdict.parse()?,
                    suspect_step: row.suspect_step,
                    rationale: row.rationale,
                },
                by: row.settled_by.map(ExpertId::from_uuid),
                at,
            }),
            _ => None,
        };
        Ok(Self {
            id: AdjudicationId::from_uuid(row.id),
            trace: TraceId::from_uuid(row.trace_id),
            reviews: row.reviews.into_iter().map(ReviewId::from_uuid).collect(),
            opened_at: row.opened_at,
            decision,
        })
    }
}

impl Tx {
    /// Opens an adjudication of each trace on which reviews disagree, unless it has one (adjudication_pkey).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_adjudications(&mut self, found: &[(TraceId, Vec<ReviewId>)]) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        for (trace, reviews) in found {
            let id: AdjudicationId = self.fresh();
            sqlx::query!(
                "insert into adjudication (project_id, id, trace_id, reviews, opened_at) values ($1, $2, $3, $4, $5)
                 on conflict on constraint adjudication_pkey do nothing",
                project,
                id.uuid(),
                trace.uuid(),
                &uuids(reviews),
                now,
            )
            .execute(self.connection())
            .await?;
        }
        Ok(())
    }

    /// Decides an open adjudication; `None` if there is no such one, or it is decided.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn decide_adjudication(
        &mut self,
        id: AdjudicationId,
        decision: &Decision,
        by: Option<ExpertId>,
    ) -> Result<Option<Adjudication>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            AdjudicationRow,
            "update adjudication set verdict = $3, suspect_step = $4, rationale = $5, settled_by = $6, settled_at = $7
             where project_id = $1 and id = $2 and settled_at is null
             returning id, trace_id, reviews, opened_at, verdict, suspect_step, rationale, settled_by, settled_at",
            project,
            id.uuid(),
            decision.verdict.word(),
            decision.suspect_step,
            decision.rationale.as_deref(),
            by.map(Id::uuid),
            now,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Adjudication::try_from)
        .transpose()
    }

    /// Adjudications by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn adjudications_by_id(&mut self, ids: &[AdjudicationId]) -> Result<Vec<Adjudication>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            AdjudicationRow,
            "select id, trace_id, reviews, opened_at, verdict, suspect_step, rationale, settled_by, settled_at
             from adjudication where project_id = $1 and id = any($2)",
            project,
            &ids,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Adjudication::try_from)
        .collect()
    }

    /// Those of some traces; a trace has one at most (adjudication_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn adjudications_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<Adjudication>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        sqlx::query_as!(
            AdjudicationRow,
            "select id, trace_id, reviews, opened_at, verdict, suspect_step, rationale, settled_by, settled_at
             from adjudication where project_id = $1 and trace_id = any($2)",
            project,
            &traces,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Adjudication::try_from)
        .collect()
    }

    /// What was decided on some traces; those on which nothing was are left out (adjudication_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decided_of_traces(&mut self, traces: &[TraceId]) -> Result<HashMap<TraceId, Decision>> {
        let found = self.adjudications_of_traces(traces).await?.into_iter();
        Ok(found.filter_map(|item| Some((item.trace, item.decision?.decision))).collect())
    }

    /// A page of adjudications, newest first (adjudication_id_idx; adjudication_open_idx, adjudication_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn adjudications(
        &mut self,
        filter: &AdjudicationFilter,
        page: PageRequest,
    ) -> Result<Page<Adjudication>> {
        let query = adjudications_query(self.project_uuid(), filter, page);
        self.page::<AdjudicationRow, _>(query, page).await
    }
}

/// The statement of [`Tx::adjudications`].
pub(super) fn adjudications_query(
    project: Uuid,
    filter: &AdjudicationFilter,
    page: PageRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from adjudication where project_id = ");
    query.push_bind(project);
    match filter.open {
        Some(true) => query.push(" and settled_at is null"),
        Some(false) => query.push(" and settled_at is not null"),
        None => &mut query,
    };
    if let Some(trace) = filter.trace {
        query.push(" and trace_id = ").push_bind(trace.uuid());
    }
    page.push(&mut query, "id");
    query
}
