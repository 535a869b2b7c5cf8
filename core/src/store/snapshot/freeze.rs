//! Freezing a membership: in one REPEATABLE READ transaction, which sees the database as it was at its first statement.
//! What commits later, however small its time or id, is not in it; what a member pins never changes.

use futures_util::TryStreamExt;
use uuid::Uuid;

use super::Tx;
use crate::{
    domain::{
        audit::Deed,
        snapshot::{NewSnapshot, Snapshot, SnapshotState},
    },
    hash::Digest,
    ids::{Id, ProjectId, SnapshotId},
    queue::Work,
    store::{Result, Store, StoreError, Topic},
};

/// What became of a wish for a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub enum Freeze {
    /// Its membership is frozen, and curation will follow.
    Frozen(Box<Snapshot>),
    /// No trace is ready: none is reviewed, scored and has examples.
    Empty,
    /// Another snapshot has that name.
    NameTaken,
}

/// How often a freeze is begun anew after a serialisation conflict.
const ATTEMPTS: u32 = 5;

impl Store {
    /// Freezes the membership of a new snapshot and enqueues its curation, in one transaction with the audit entry that
    /// `noted` makes of it. Members are the traces
    /// of the training split on which an expert's verdict stands, with a score, and with examples unless the experts
    /// contradict each other; in order of trace id.
    ///
    /// # Errors
    /// If the database is out of reach, or other transactions were in the way five times.
    pub async fn freeze_snapshot(
        &self,
        project: ProjectId,
        new: &NewSnapshot,
        noted: impl Fn(&Snapshot) -> Option<Deed>,
    ) -> Result<Freeze> {
        let mut attempt = 1;
        loop {
            match self.freeze_once(project, new, &noted).await {
                Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => {}
                // Another snapshot took the next number meanwhile.
                Err(error) if error.constraint() == Some("snapshot_name_key") => {
                    if new.name.is_some() {
                        return Ok(Freeze::NameTaken);
                    }
                    if attempt == ATTEMPTS {
                        return Err(error);
                    }
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    async fn freeze_once(
        &self,
        project: ProjectId,
        new: &NewSnapshot,
        noted: impl Fn(&Snapshot) -> Option<Deed>,
    ) -> Result<Freeze> {
        let mut tx = self.begin_frozen(project).await?;
        let frozen = tx.freeze(new).await?;
        if let Freeze::Frozen(snapshot) = &frozen {
            tx.changed.insert(Topic::Snapshots);
            tx.enqueue(Work::CurateSnapshot { snapshot: snapshot.id }).await?;
            if let Some(deed) = noted(snapshot) {
                tx.add_audit_entry(&deed).await?;
            }
            tx.commit().await?;
        }
        Ok(frozen)
    }
}

impl Tx {
    async fn freeze(&mut self, new: &NewSnapshot) -> Result<Freeze> {
        let (project, now) = (self.project_uuid(), self.now());
        let id: SnapshotId = self.fresh();
        let parent = sqlx::query_scalar!(
            "select id from snapshot where project_id = $1 and state = 'sealed' order by id desc limit 1",
            project
        )
        .fetch_optional(self.connection())
        .await?;
        let members = self.freeze_members(id, parent).await?;
        if members == 0 {
            return Ok(Freeze::Empty);
        }
        self.freeze_held_out(id).await?;
        let membership_root = self.membership_root(id).await?;
        let name = match &new.name {
            Some(name) => name.clone(),
            None => {
                let before =
                    sqlx::query_scalar!(r#"select count(*) as "n!" from snapshot where project_id = $1"#, project);
                format!("snapshot-{}", before.fetch_one(self.connection()).await? + 1)
            }
        };
        let members = i32::try_from(members)
            .map_err(|_| StoreError::Corrupt("more members than a snapshot can number".to_owned()))?;
        sqlx::query!(
            r#"
            insert into snapshot (project_id, id, name, parent_id, state, recipe, recipe_hash, seed, members,
                                  membership_root, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            "#,
            project,
            id.uuid(),
            name,
            parent,
            SnapshotState::Frozen.word(),
            new.recipe,
            new.recipe_hash.as_bytes(),
            new.seed,
            members,
            membership_root.as_bytes(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(Freeze::Frozen(Box::new(Snapshot {
            id,
            name,
            parent: parent.map(SnapshotId::from_uuid),
            state: SnapshotState::Frozen,
            recipe: new.recipe.clone(),
            recipe_hash: new.recipe_hash,
            seed: new.seed,
            members,
            membership_root,
            merkle_root: None,
            manifest_hash: None,
            counts: None,
            error: None,
            created_at: now,
            sealed_at: None,
        })))
    }

    async fn freeze_members(&mut self, id: SnapshotId, parent: Option<Uuid>) -> Result<u64> {
        let project = self.project_uuid();
        let frozen = sqlx::query!(
            r#"
            with standing as (
                -- What each expert says now, where it is a verdict.
                select v.trace_id, v.id, v.verdict
                from (
                    select distinct on (r.trace_id, r.expert_id) r.trace_id, r.id, r.verdict
                    from review r where r.project_id = $1
                    order by r.trace_id, r.expert_id, r.revision desc
                ) v
                left join adjudication a on a.project_id = $1 and a.trace_id = v.trace_id and a.settled_at is not null
                where v.verdict in ('correct', 'partly_correct', 'incorrect')
                  -- Where someone decided, what says otherwise is nobody's any more.
                  and (a.verdict is null or a.verdict <> 'cannot_judge' and (a.verdict = 'correct') = (v.verdict = 'correct'))
                  -- What experts are measured by is trained on never.
                  and not exists (select from gold_item g where g.project_id = $1 and g.trace_id = v.trace_id)
            ), settled as (
                select s.trace_id,
                       bool_or(s.verdict = 'correct') and bool_or(s.verdict <> 'correct') as disagreement
                from standing s group by s.trace_id
            ), derived as (
                select e.review_id, jsonb_agg(e.id order by e.format) as ids
                from example e where e.project_id = $1 group by e.review_id
            ), chosen as (
                -- Of agreeing reviews the newest that has examples.
                select distinct on (s.trace_id) s.trace_id, s.id as review_id, d.ids as examples
                from standing s left join derived d on d.review_id = s.id
                order by s.trace_id, (d.ids is not null) desc, s.id desc
            ), scored as (
                select distinct on (sc.trace_id) sc.trace_id, sc.id, sc.reward, sc.verification_id
                from score sc where sc.project_id = $1
                order by sc.trace_id, sc.id desc
            )
            insert into snapshot_member (project_id, snapshot_id, position, trace_id, review_id, score_id, pinned)
            select $1, $2, (row_number() over (order by t.id) - 1)::integer, t.id, c.review_id, sc.id,
                   jsonb_build_object(
                       'examples', coalesce(c.examples, '[]'),
                       'reward', sc.reward,
                       'citations', coalesce(cited.found, '[]'),
                       'facts', coalesce(facts.used, '[]'),
                       'disagreement', s.disagreement,
                       'earlier', exists (
                           select from snapshot_member m
                           join curation_decision d on d.project_id = m.project_id
                               and d.snapshot_id = m.snapshot_id and d.position = m.position
                           where m.project_id = $1 and m.snapshot_id = $3 and m.trace_id = t.id
                             and m.review_id = c.review_id and d.kept
                       )
                   )
            from settled s
            join error_trace t on t.project_id = $1 and t.id = s.trace_id and t.split = 'train'
            join chosen c on c.trace_id = s.trace_id and (s.disagreement or c.examples is not null)
            join scored sc on sc.trace_id = s.trace_id
            left join lateral (
                select jsonb_agg(jsonb_build_object(
                           'of', case when ci.review_id is null then 'answer' else 'review' end, 'state', ci.state
                       ) order by ci.id) as found
                from citation ci
                where ci.project_id = $1 and ci.trace_id = t.id
                  and (ci.verification_id = sc.verification_id or ci.review_id = c.review_id)
            ) cited on true
            left join lateral (
                select jsonb_agg(jsonb_build_object(
                           'id', f.id, 'of', u.origin, 'state', coalesce(st.state, 'proposed'),
                           'licence', src.licence, 'publisher', src.publisher
                       ) order by f.id, u.origin) as used
                from (
                    select cl.deciding_fact_id as fact_id, 'answer' as origin
                    from claim cl
                    where cl.project_id = $1 and cl.verification_id = sc.verification_id
                      and cl.deciding_fact_id is not null
                    union
                    select ci.fact_id, 'review'
                    from citation ci
                    where ci.project_id = $1 and ci.review_id = c.review_id and ci.fact_id is not null
                ) u
                join grounding_fact f on f.project_id = $1 and f.id = u.fact_id
                join grounding_source src on src.project_id = $1 and src.id = f.source_id
                left join lateral (
                    select fs.state from fact_state fs
                    where fs.project_id = $1 and fs.fact_id = f.id
                    order by fs.id desc limit 1
                ) st on true
            ) facts on true
            "#,
            project,
            id.uuid(),
            parent,
        )
        .execute(self.connection())
        .await?;
        Ok(frozen.rows_affected())
    }

    /// Every held-out trace, judged or not: a question that will be judged later must not have been trained on.
    async fn freeze_held_out(&mut self, id: SnapshotId) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into snapshot_held_out (project_id, snapshot_id, position, trace_id, facts)
            select $1, $2, (row_number() over (order by t.id) - 1)::integer, t.id,
                   coalesce((
                       select array_agg(u.fact_id order by u.fact_id)
                       from (
                           select cl.deciding_fact_id as fact_id
                           from claim cl
                           where cl.project_id = $1 and cl.deciding_fact_id is not null
                             and cl.verification_id = (
                                 select v.id from verification v
                                 where v.project_id = $1 and v.trace_id = t.id
                                 order by v.id desc limit 1
                             )
                           union
                           select ci.fact_id
                           from citation ci
                           where ci.project_id = $1 and ci.trace_id = t.id
                             and ci.review_id is not null and ci.fact_id is not null
                       ) u
                   ), '{}')
            from error_trace t
            where t.project_id = $1 and t.split = 'held_out'
            "#,
            project,
            id.uuid(),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// BLAKE3 over what was frozen, in order: for each member its trace, review, score and pins, for each held-out trace
    /// its facts; each a line of canonical JSON. The same at any later time.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn membership_root(&mut self, id: SnapshotId) -> Result<Digest> {
        let project = self.project_uuid();
        let mut hasher = blake3::Hasher::new();
        let mut members = sqlx::query!(
            "select trace_id, review_id, score_id, pinned from snapshot_member
             where project_id = $1 and snapshot_id = $2 order by position",
            project,
            id.uuid()
        )
        .fetch(self.connection());
        while let Some(member) = members.try_next().await? {
            line(
                &mut hasher,
                serde_json::json!(["member", member.trace_id, member.review_id, member.score_id, member.pinned]),
            );
        }
        drop(members);
        let mut held_out = sqlx::query!(
            "select trace_id, facts from snapshot_held_out
             where project_id = $1 and snapshot_id = $2 order by position",
            project,
            id.uuid()
        )
        .fetch(self.connection());
        while let Some(case) = held_out.try_next().await? {
            line(&mut hasher, serde_json::json!(["held_out", case.trace_id, case.facts]));
        }
        Ok(hasher.finalize())
    }
}

fn line(hasher: &mut blake3::Hasher, mut value: serde_json::Value) {
    value.sort_all_objects();
    hasher.update(value.to_string().as_bytes());
    hasher.update(b"\n");
}
