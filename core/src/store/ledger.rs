//! What becomes of the items of a batch while it is taken in: nothing that was received is left out.

use serde_json::Value;

use super::{NewQuarantined, Result, StoreError, Tx};
use crate::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door, ItemOutcome},
    },
    ids::{BatchId, QuarantinedId},
};

/// The outcomes so far, by the items' places in the batch.
pub(super) struct Ledger {
    door: Door,
    outcomes: Vec<Option<ItemOutcome>>,
    aside: Vec<(usize, NewQuarantined)>,
    /// The items of the quarantine that these are; empty where they come through the door.
    replayed: Vec<QuarantinedId>,
}

impl Ledger {
    /// For a batch of so many items.
    pub(super) fn new(door: Door, items: usize) -> Self {
        Self { door, outcomes: vec![None; items], aside: vec![], replayed: vec![] }
    }

    /// For items of the quarantine that came through this door: what is still bad stays there as it is, with its new
    /// problem, and what becomes of them counts as replayed.
    pub(super) fn of_replay(door: Door, items: &[QuarantinedId]) -> Self {
        Self { replayed: items.to_vec(), ..Self::new(door, items.len()) }
    }

    /// The item is stored.
    pub(super) fn stored(&mut self, at: usize, id: impl ToString) {
        self.outcomes[at] = Some(ItemOutcome::Stored(id.to_string()));
    }

    /// The item was stored already.
    pub(super) fn duplicate(&mut self, at: usize, id: impl ToString) {
        self.outcomes[at] = Some(ItemOutcome::Duplicate(id.to_string()));
    }

    /// A rule keeps the item out.
    pub(super) fn filtered(&mut self, at: usize, rule: &str) {
        self.outcomes[at] = Some(ItemOutcome::Filtered { rule: rule.to_owned() });
    }

    /// The item is refused.
    pub(super) fn reject(&mut self, at: usize, Rejection { field, message }: Rejection) {
        self.outcomes[at] = Some(ItemOutcome::Rejected { field, message });
    }

    /// Another content stands under the item's external id, in the record `id`: it is to be set aside.
    pub(super) fn contradicts(&mut self, at: usize, id: impl ToString, external_id: &str, content: Value) {
        let reason = format!(
            "{} is stored under this external_id with other content and stays as it is; send what has changed under an \
             external_id of its own",
            id.to_string()
        );
        self.set_aside(at, "external_id", reason, Some(external_id.to_owned()), content);
    }

    /// The item is at odds with what is stored in this field: it is to be set aside.
    pub(super) fn set_aside(
        &mut self,
        at: usize,
        field: &str,
        reason: String,
        external_id: Option<String>,
        content: Value,
    ) {
        let field = field.to_owned();
        self.aside.push((at, NewQuarantined { door: self.door, external_id, reason, field, content }));
    }

    /// Sets aside what is to be, and accounts for the batch.
    pub(super) async fn close(mut self, tx: &mut Tx, batch: BatchId) -> Result<BatchOutcome> {
        let (places, aside): (Vec<_>, Vec<_>) = self.aside.into_iter().unzip();
        let replay = !self.replayed.is_empty();
        let ids = match replay {
            true => places.iter().map(|at| self.replayed[*at]).collect(),
            false => tx.quarantine(batch, &aside).await?,
        };
        for ((at, item), id) in places.into_iter().zip(aside).zip(ids) {
            self.outcomes[at] =
                Some(ItemOutcome::Quarantined { id: id.to_string(), field: item.field, message: item.reason });
        }
        let items: Vec<ItemOutcome> = (0..)
            .zip(self.outcomes)
            .map(|(at, outcome): (usize, _)| {
                outcome.ok_or_else(|| StoreError::Corrupt(format!("nothing became of item {at} of the batch")))
            })
            .collect::<Result<_>>()?;
        if replay {
            return tx.close_replay(batch, self.door, &self.replayed, items).await;
        }
        tx.insert_batch(batch, self.door, &items.iter().collect()).await?;
        Ok(BatchOutcome { items, batch: Some(batch) })
    }
}
