//! Gold items.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::gold::{Calibration, GoldItem, Known},
    ids::{ExpertId, Id, TraceId, uuids},
};

#[derive(FromRow)]
struct GoldRow {
    trace_id: Uuid,
    verdict: String,
    suspect_step: Option<i32>,
    note: Option<String>,
    entered_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
}

impl TryFrom<GoldRow> for GoldItem {
    type Error = StoreError;
    fn try_from(row: GoldRow) -> Result<Self> {
        Ok(Self {
            trace: TraceId::from_uuid(row.trace_id),
            known: Known { verdict: row.verdict.parse()?, suspect_step: row.suspect_step, note: row.note },
            entered_at: row.entered_at,
            retired_at: row.retired_at,
        })
    }
}

impl Tx {
    /// Enters what is known of a trace, in place of what was known before; it is asked about from then on. A trace that is
    /// not there is a constraint error named `gold_item_trace_fkey`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn enter_gold(&mut self, trace: TraceId, known: &Known) -> Result<GoldItem> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            GoldRow,
            "insert into gold_item (project_id, trace_id, verdict, suspect_step, note, entered_at)
             values ($1, $2, $3, $4, $5, $6)
             on conflict on constraint gold_item_pkey do update
                 set verdict = excluded.verdict, suspect_step = excluded.suspect_step, note = excluded.note, retired_at = null
             returning trace_id, verdict, suspect_step, note, entered_at, retired_at",
            project,
            trace.uuid(),
            known.verdict.word(),
            known.suspect_step,
            known.note.as_deref(),
            now,
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// Asks nobody about a gold item any more; `None` if it is none, or was retired.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn retire_gold(&mut self, trace: TraceId) -> Result<Option<GoldItem>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            GoldRow,
            "update gold_item set retired_at = $3 where project_id = $1 and trace_id = $2 and retired_at is null
             returning trace_id, verdict, suspect_step, note, entered_at, retired_at",
            project,
            trace.uuid(),
            now,
        )
        .fetch_optional(self.connection())
        .await?
        .map(GoldItem::try_from)
        .transpose()
    }

    /// Those of some traces that are gold, retired ones too (gold_item_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn gold_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<GoldItem>> {
        let (project, traces) = (self.project_uuid(), uuids(traces));
        sqlx::query_as!(
            GoldRow,
            "select trace_id, verdict, suspect_step, note, entered_at, retired_at from gold_item
             where project_id = $1 and trace_id = any($2)",
            project,
            &traces,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(GoldItem::try_from)
        .collect()
    }

    /// A page of gold items, those of the newest traces first (gold_item_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn gold_items(&mut self, page: PageRequest) -> Result<Page<GoldItem>> {
        let mut query = QueryBuilder::new("select * from gold_item where project_id = ");
        query.push_bind(self.project_uuid());
        page.push(&mut query, "trace_id");
        self.page::<GoldRow, _>(query, page).await
    }

    /// How experts did on gold items by their newest reviews of them (gold_item_pkey, review_trace_idx: gold is little).
    /// Who judged none is left out.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn calibrations(&mut self, experts: &[ExpertId]) -> Result<Vec<(ExpertId, Calibration)>> {
        let (project, experts) = (self.project_uuid(), uuids(experts));
        Ok(sqlx::query!(
            r#"
            select r.expert_id, count(*) as "judged!",
                   count(*) filter (where (r.verdict = 'correct') = (g.verdict = 'correct')) as "verdicts_right!",
                   count(*) filter (where g.suspect_step is not null) as "with_step!",
                   count(*) filter (where g.suspect_step = r.suspect_step) as "steps_right!"
            from gold_item g
            join lateral (
                select distinct on (r.expert_id) r.expert_id, r.verdict, r.suspect_step
                from review r where r.project_id = $1 and r.trace_id = g.trace_id and r.expert_id = any($2)
                order by r.expert_id, r.revision desc
            ) r on r.verdict not in ('cannot_judge', 'not_my_field')
            where g.project_id = $1
            group by r.expert_id
            "#,
            project,
            &experts,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            let calibration = Calibration {
                judged: row.judged,
                verdicts_right: row.verdicts_right,
                with_step: row.with_step,
                steps_right: row.steps_right,
            };
            (ExpertId::from_uuid(row.expert_id), calibration)
        })
        .collect())
    }
}
