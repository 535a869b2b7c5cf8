//! Curation decisions: one compact record a member.

use std::collections::HashMap;

use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Result, Topic, Tx, guard};
use crate::{
    domain::snapshot::{CurationDecision, DecisionCount, DecisionFilter, NewDecision, SnapshotStep},
    ids::{CurationDecisionId, Id, SnapshotId, TraceId, uuids},
    store::{OrdinalRequest, Page, Paging},
};

#[derive(FromRow)]
struct DecisionRow {
    id: Uuid,
    snapshot_id: Uuid,
    position: i32,
    trace_id: Uuid,
    kept: bool,
    stage: String,
    reason: String,
    weight: f64,
    detail: Option<serde_json::Value>,
}

impl From<DecisionRow> for CurationDecision {
    fn from(row: DecisionRow) -> Self {
        Self {
            id: CurationDecisionId::from_uuid(row.id),
            snapshot: SnapshotId::from_uuid(row.snapshot_id),
            trace: TraceId::from_uuid(row.trace_id),
            decision: NewDecision {
                position: row.position,
                kept: row.kept,
                stage: row.stage,
                reason: row.reason,
                weight: row.weight,
                detail: row.detail,
            },
        }
    }
}

impl Tx {
    /// Records decisions, in one statement. Call it with some hundreds at a time.
    ///
    /// # Errors
    /// If one of the members has a decision already, or the database is out of reach.
    pub async fn record_decisions(&mut self, of: SnapshotId, decisions: &[NewDecision]) -> Result<()> {
        let (mut ids, mut positions, mut kept, mut stages) = (vec![], vec![], vec![], vec![]);
        let (mut reasons, mut weights, mut details) = (vec![], vec![], vec![]);
        for decision in decisions {
            ids.push(self.fresh::<CurationDecisionId>().uuid());
            positions.push(decision.position);
            kept.push(decision.kept);
            stages.push(decision.stage.clone());
            reasons.push(decision.reason.clone());
            weights.push(decision.weight);
            details.push(decision.detail.clone());
        }
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into curation_decision (project_id, snapshot_id, position, id, kept, stage, reason, weight, detail)
            select $1, $2, d.position, d.id, d.kept, d.stage, d.reason, d.weight, d.detail
            from unnest($3::uuid[], $4::integer[], $5::boolean[], $6::text[], $7::text[], $8::float8[], $9::jsonb[])
                 as d (id, position, kept, stage, reason, weight, detail)
            "#,
            project,
            of.uuid(),
            &ids,
            &positions,
            &kept,
            &stages,
            &reasons,
            &weights,
            &details as &[Option<serde_json::Value>],
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Notes that every member of a snapshot is decided on; `false` if it is no longer frozen.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn curate_snapshot(&mut self, id: SnapshotId, counts: &serde_json::Value) -> Result<bool> {
        self.changed.insert(Topic::Snapshots);
        let (before, after) = guard(SnapshotStep::Curate);
        let project = self.project_uuid();
        let done = sqlx::query!(
            "update snapshot set state = $3, counts = $4 where project_id = $1 and id = $2 and state = any($5)",
            project,
            id.uuid(),
            after,
            counts,
            &before
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A page of a snapshot's decisions, in the order of its members (curation_decision_pkey; by reason
    /// curation_decision_reason_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decisions(
        &mut self,
        of: SnapshotId,
        filter: &DecisionFilter,
        page: OrdinalRequest,
    ) -> Result<Page<CurationDecision>> {
        Ok(page.only(self.decisions_of_snapshots(&[of], filter, page).await?))
    }

    /// The same for each of several snapshots.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decisions_of_snapshots(
        &mut self,
        of: &[SnapshotId],
        filter: &DecisionFilter,
        page: OrdinalRequest,
    ) -> Result<HashMap<SnapshotId, Page<CurationDecision>>> {
        let mut query = decisions_query(self.project_uuid(), of, filter, page);
        let rows: Vec<DecisionRow> = query.build_query_as().fetch_all(self.connection()).await?;
        let decisions = rows.into_iter().map(CurationDecision::from);
        Ok(page.pages(of, decisions.map(|decision| (decision.snapshot, decision))))
    }

    /// Decisions by id (curation_decision_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decisions_by_id(&mut self, ids: &[CurationDecisionId]) -> Result<Vec<CurationDecision>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        let rows = sqlx::query_as!(
            DecisionRow,
            "select d.id, d.snapshot_id, d.position, m.trace_id, d.kept, d.stage, d.reason, d.weight, d.detail
             from curation_decision d
             join snapshot_member m on m.project_id = d.project_id and m.snapshot_id = d.snapshot_id
                 and m.position = d.position
             where d.project_id = $1 and d.id = any($2)",
            project,
            &ids
        );
        Ok(rows.fetch_all(self.connection()).await?.into_iter().map(CurationDecision::from).collect())
    }

    /// How many members of a snapshot were kept or fell, by stage and reason (curation_decision_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decision_counts(&mut self, of: SnapshotId) -> Result<Vec<DecisionCount>> {
        Ok(self.decision_counts_of_snapshots(&[of]).await?.into_iter().map(|(_, count)| count).collect())
    }

    /// The same for each of several snapshots, told with each count.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn decision_counts_of_snapshots(
        &mut self,
        of: &[SnapshotId],
    ) -> Result<Vec<(SnapshotId, DecisionCount)>> {
        let (project, ids) = (self.project_uuid(), uuids(of));
        let rows = sqlx::query!(
            r#"select snapshot_id, stage, reason, count(*) as "members!" from curation_decision
               where project_id = $1 and snapshot_id = any($2)
               group by snapshot_id, stage, reason order by snapshot_id, stage, reason"#,
            project,
            &ids
        );
        let count = |stage, reason, members| DecisionCount { stage, reason, members };
        let rows = rows.fetch_all(self.connection()).await?.into_iter();
        Ok(rows
            .map(|row| (SnapshotId::from_uuid(row.snapshot_id), count(row.stage, row.reason, row.members)))
            .collect())
    }
}

/// The statement of [`Tx::decisions_of_snapshots`]. A page is taken before the members are joined: joined first, all members
/// before it were read too.
pub(in crate::store) fn decisions_query(
    project: Uuid,
    of: &[SnapshotId],
    filter: &DecisionFilter,
    page: OrdinalRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select d.id, d.snapshot_id, d.position, m.trace_id, d.kept, d.stage, d.reason, d.weight, d.detail from unnest(",
    );
    query.push_bind(uuids(of)).push("::uuid[]) as s (id) cross join lateral (select * from curation_decision");
    query.push(" where snapshot_id = s.id and project_id = ").push_bind(project);
    if let Some(kept) = filter.kept {
        query.push(" and kept = ").push_bind(kept);
    }
    if let Some(reason) = &filter.reason {
        query.push(" and reason = ").push_bind(reason.clone());
    }
    page.push(&mut query, "position");
    query.push(
        ") as d join snapshot_member m on m.project_id = d.project_id and m.snapshot_id = d.snapshot_id
             and m.position = d.position",
    );
    page.push_order_of_all(&mut query, "d.position");
    query
}
