//! How items leave the quarantine: replayed or discarded. What came stays as it is.

use super::{Quarantined, Result, Tx};
use crate::{
    domain::intake::{BatchOutcome, Door, ItemOutcome, Resolution},
    ids::{BatchId, Id, QuarantinedId, uuids},
};

impl Tx {
    /// These items of the quarantine, held until the transaction ends so that nobody else resolves them meanwhile. In
    /// the order of their ids; what is not there is left out.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn hold_quarantined(&mut self, ids: &[QuarantinedId]) -> Result<Vec<Quarantined>> {
        let project = self.project_uuid();
        sqlx::query!(
            "select id from quarantined_item where project_id = $1 and id = any($2) order by id for update",
            project,
            &uuids(ids)
        )
        .fetch_all(self.connection())
        .await?;
        let mut held = self.quarantined_by_id(ids).await?;
        held.sort_by_key(|item| item.id.uuid());
        Ok(held)
    }

    /// The next items that wait in the quarantine, oldest first (quarantined_item_open_idx; quarantined_item_door_idx
    /// with a door).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn open_quarantined(
        &mut self,
        door: Option<Door>,
        after: Option<QuarantinedId>,
        most: i64,
    ) -> Result<Vec<QuarantinedId>> {
        let project = self.project_uuid();
        let ids = sqlx::query_scalar!(
            "select id from quarantined_item
             where project_id = $1 and resolution is null and ($2::text is null or door = $2)
               and ($3::uuid is null or id > $3)
             order by id limit $4",
            project,
            door.map(Door::word),
            after.map(|after| after.uuid()),
            most,
        )
        .fetch_all(self.connection())
        .await?;
        Ok(ids.into_iter().map(QuarantinedId::from_uuid).collect())
    }

    /// Ends a replay of items that are held: resolves what is stored now, keeps what is still wrong with the others, and
    /// accounts for the replay.
    pub(super) async fn close_replay(
        &mut self,
        batch: BatchId,
        door: Door,
        replayed: &[QuarantinedId],
        outcomes: Vec<ItemOutcome>,
    ) -> Result<BatchOutcome> {
        let (mut resolved, mut resolutions, mut became) = (vec![], vec![], vec![]);
        let (mut failed, mut fields, mut problems) = (vec![], vec![], vec![]);
        let mut items = Vec::with_capacity(outcomes.len());
        for (id, outcome) in replayed.iter().zip(outcomes) {
            match &outcome {
                ItemOutcome::Stored(record) => {
                    resolved.push(id.uuid());
                    resolutions.push(Resolution::Stored.word().to_owned());
                    became.push(record.clone());
                }
                ItemOutcome::Duplicate(record) => {
                    resolved.push(id.uuid());
                    resolutions.push(Resolution::Duplicate.word().to_owned());
                    became.push(record.clone());
                }
                ItemOutcome::Quarantined { field, message, .. } | ItemOutcome::Rejected { field, message } => {
                    failed.push(id.uuid());
                    fields.push(field.clone());
                    problems.push(message.clone());
                }
                ItemOutcome::Filtered { rule } => {
                    failed.push(id.uuid());
                    fields.push(".".to_owned());
                    problems.push(format!("the rule {rule} keeps it out: change the rule, or discard it"));
                }
            }
            items.push(match outcome {
                ItemOutcome::Rejected { field, message } => {
                    ItemOutcome::Quarantined { id: id.to_string(), field, message }
                }
                other => other,
            });
        }
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "update quarantined_item q
             set resolution = t.resolution, became = t.became, resolved_at = $2, problem_field = null, problem = null
             from unnest($3::uuid[], $4::text[], $5::text[]) as t (id, resolution, became)
             where q.project_id = $1 and q.id = t.id and q.resolution is null",
            project,
            now,
            &resolved,
            &resolutions,
            &became,
        )
        .execute(self.connection())
        .await?;
        sqlx::query!(
            "update quarantined_item q set problem_field = t.field, problem = t.problem
             from unnest($2::uuid[], $3::text[], $4::text[]) as t (id, field, problem)
             where q.project_id = $1 and q.id = t.id and q.resolution is null",
            project,
            &failed,
            &fields,
            &problems,
        )
        .execute(self.connection())
        .await?;
        // Records name the batch that brought them; where nothing is stored, nothing does.
        let replayed = i64::try_from(resolved.len()).unwrap_or(i64::MAX);
        if replayed == 0 {
            return Ok(BatchOutcome { items, batch: None });
        }
        self.insert_replay(batch, door, replayed).await?;
        Ok(BatchOutcome { items, batch: Some(batch) })
    }

    /// Marks items as discarded; those that left the quarantine before stay as they are. How many were marked.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn discard_quarantined(&mut self, ids: &[QuarantinedId], reason: &str) -> Result<u64> {
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update quarantined_item set resolution = 'discarded', discard_reason = $3, resolved_at = $4
             where project_id = $1 and id = any($2) and resolution is null",
            project,
            &uuids(ids),
            reason,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected())
    }
}
