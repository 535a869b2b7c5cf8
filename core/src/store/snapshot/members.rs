//! The frozen membership, and the content of what it pins.

use std::collections::HashMap;

use futures_util::TryStreamExt;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::snapshot::{HeldOutTrace, MemberContent, SnapshotMember},
    ids::{FactId, Id, ReviewId, ScoreId, SnapshotId, TraceId, uuids},
    store::{OrdinalRequest, Page, Paging, page::MOST},
};

#[derive(FromRow)]
struct MemberRow {
    snapshot_id: Uuid,
    position: i32,
    trace_id: Uuid,
    review_id: Uuid,
    score_id: Uuid,
    pinned: serde_json::Value,
}

impl TryFrom<MemberRow> for SnapshotMember {
    type Error = StoreError;
    fn try_from(row: MemberRow) -> Result<Self> {
        Ok(Self {
            snapshot: SnapshotId::from_uuid(row.snapshot_id),
            position: row.position,
            trace: TraceId::from_uuid(row.trace_id),
            review: ReviewId::from_uuid(row.review_id),
            score: ScoreId::from_uuid(row.score_id),
            pinned: serde_json::from_value(row.pinned)?,
        })
    }
}

impl Tx {
    /// A page of a snapshot's members, in order.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_members(&mut self, of: SnapshotId, page: OrdinalRequest) -> Result<Page<SnapshotMember>> {
        Ok(page.only(self.members_of_snapshots(&[of], page).await?))
    }

    /// A page of the members of each of these snapshots, in order (snapshot_member_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn members_of_snapshots(
        &mut self,
        of: &[SnapshotId],
        page: OrdinalRequest,
    ) -> Result<HashMap<SnapshotId, Page<SnapshotMember>>> {
        let mut query = snapshot_members_query(self.project_uuid(), of, page);
        let rows: Vec<MemberRow> = query.build_query_as().fetch_all(self.connection()).await?;
        let members = rows.into_iter().map(SnapshotMember::try_from).collect::<Result<Vec<_>>>()?;
        Ok(page.pages(of, members.into_iter().map(|member| (member.snapshot, member))))
    }

    /// Memberships of traces, in any snapshot (snapshot_member_trace_idx), by snapshot; of a trace no more than [`MOST`],
    /// the newest.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_members_of_traces(&mut self, traces: &[TraceId]) -> Result<Vec<SnapshotMember>> {
        let traces = uuids(traces);
        let project = self.project_uuid();
        sqlx::query_as!(
            MemberRow,
            r#"
            select m.snapshot_id as "snapshot_id!", m.position as "position!", m.trace_id as "trace_id!",
                   m.review_id as "review_id!", m.score_id as "score_id!", m.pinned as "pinned!"
            from (select distinct a from unnest($2::uuid[]) as a) as asked
            cross join lateral (
                select t.* from snapshot_member t where t.project_id = $1 and t.trace_id = asked.a
                order by t.snapshot_id desc limit $3
            ) m
            order by m.trace_id, m.snapshot_id
            "#,
            project,
            &traces,
            MOST
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SnapshotMember::try_from)
        .collect()
    }

    /// The next `most` members after a place, in order, each with the content of what it pins.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn member_contents(
        &mut self,
        of: SnapshotId,
        after: Option<i32>,
        most: i64,
    ) -> Result<Vec<MemberContent>> {
        let project = self.project_uuid();
        let mut rows = sqlx::query!(
            r#"
            select m.snapshot_id, m.position, m.trace_id, m.review_id, m.score_id, m.pinned,
                   t.query, t.answer, t.domain, t.language, t.source, t.licence, mv.name as model,
                   g.group_key as "group_key?", x.handle as expert, x.kind as expert_kind, r.verdict = 'correct' as "answer_is_right!",
                   array(
                       select st.text from reasoning_step st
                       where st.project_id = $1 and st.trace_id = t.id order by st.ordinal
                   ) as "steps!",
                   r.corrected_answer as correction, coalesce(r.corrected_steps, '{}') as "corrected_steps!",
                   (
                       select e.content ->> 'chosen' from example e
                       where e.project_id = $1 and e.review_id = m.review_id and e.format = 'preference'
                         and m.pinned -> 'examples' ? e.id::text
                   ) as chosen,
                   r.rationale is not null as "has_rationale!"
            from snapshot_member m
            join error_trace t on t.project_id = $1 and t.id = m.trace_id
            join model_version mv on mv.project_id = $1 and mv.id = t.model_version_id
            left join chain_group g on g.project_id = $1 and g.id = t.chain_group_id
            join review r on r.project_id = $1 and r.id = m.review_id
            join expert x on x.project_id = $1 and x.id = r.expert_id
            where m.project_id = $1 and m.snapshot_id = $2 and m.position > $3
            order by m.position limit $4
            "#,
            project,
            of.uuid(),
            after.unwrap_or(-1),
            most,
        )
        .fetch(self.connection());
        let mut contents = Vec::new();
        while let Some(row) = rows.try_next().await? {
            let trace = TraceId::from_uuid(row.trace_id);
            contents.push(MemberContent {
                member: SnapshotMember {
                    snapshot: SnapshotId::from_uuid(row.snapshot_id),
                    position: row.position,
                    trace,
                    review: ReviewId::from_uuid(row.review_id),
                    score: ScoreId::from_uuid(row.score_id),
                    pinned: serde_json::from_value(row.pinned)?,
                },
                query: row.query,
                answer: row.answer,
                domain: row.domain,
                language: row.language,
                source: row.source,
                licence: row.licence,
                model: row.model,
                group: row.group_key.unwrap_or_else(|| trace.to_string()),
                expert: row.expert,
                expert_kind: row.expert_kind.parse()?,
                answer_is_right: row.answer_is_right,
                steps: row.steps,
                correction: row.correction,
                corrected_steps: row.corrected_steps,
                chosen: row.chosen,
                has_rationale: row.has_rationale,
            });
        }
        Ok(contents)
    }

    /// What was held out when a snapshot was frozen, in order.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn held_out_of_snapshot(&mut self, of: SnapshotId) -> Result<Vec<HeldOutTrace>> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"
            select h.trace_id, h.facts, t.query, g.group_key as "group_key?"
            from snapshot_held_out h
            join error_trace t on t.project_id = $1 and t.id = h.trace_id
            left join chain_group g on g.project_id = $1 and g.id = t.chain_group_id
            where h.project_id = $1 and h.snapshot_id = $2
            order by h.position
            "#,
            project,
            of.uuid(),
        )
        .fetch_all(self.connection())
        .await?;
        let held_out = rows.into_iter().map(|row| {
            let trace = TraceId::from_uuid(row.trace_id);
            HeldOutTrace {
                trace,
                group: row.group_key.unwrap_or_else(|| trace.to_string()),
                query: row.query,
                facts: row.facts.into_iter().map(FactId::from_uuid).collect(),
            }
        });
        Ok(held_out.collect())
    }

    /// Which of these questions, by their keys, have rows in one of these snapshots.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn questions_trained_on(
        &mut self,
        snapshots: &[SnapshotId],
        questions: &[String],
    ) -> Result<Vec<String>> {
        let snapshots = uuids(snapshots);
        let standing_alone: Vec<Uuid> =
            questions.iter().filter_map(|key| key.parse::<TraceId>().ok()).map(|id| id.uuid()).collect();
        let project = self.project_uuid();
        let found = sqlx::query!(
            r#"
            select distinct t.id, g.group_key as "group_key?"
            from snapshot_member m
            join curation_decision d on d.project_id = $1 and d.snapshot_id = m.snapshot_id
                and d.position = m.position and d.kept
            join error_trace t on t.project_id = $1 and t.id = m.trace_id
            left join chain_group g on g.project_id = $1 and g.id = t.chain_group_id
            where m.project_id = $1 and m.snapshot_id = any($2)
              and (g.group_key = any($3) or (g.id is null and t.id = any($4)))
            "#,
            project,
            &snapshots,
            questions,
            &standing_alone,
        )
        .fetch_all(self.connection())
        .await?;
        let key = found.into_iter().map(|row| row.group_key.unwrap_or_else(|| TraceId::from_uuid(row.id).to_string()));
        Ok(key.collect())
    }
}

/// The statement of [`Tx::members_of_snapshots`].
pub(in crate::store) fn snapshot_members_query(
    project: Uuid,
    of: &[SnapshotId],
    page: OrdinalRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select m.* from unnest(");
    query.push_bind(uuids(of)).push(
        "::uuid[]) as s (id) cross join lateral (
         select snapshot_id, position, trace_id, review_id, score_id, pinned from snapshot_member
         where snapshot_id = s.id and project_id = ",
    );
    query.push_bind(project);
    page.push(&mut query, "position");
    query.push(") m");
    page.push_order_of_all(&mut query, "m.position");
    query
}
