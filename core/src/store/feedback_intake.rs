//! Taking feedback in: one transaction stores it with the tasks that weigh it and the account of the batch. Sending the
//! same again changes nothing, also when two batches bring it at once.

use std::collections::HashSet;

use super::{Result, StoreError, Tx, feedback::Write, ledger::Ledger};
use crate::{
    domain::{
        Rejection,
        feedback::{NewFeedback, Subject},
        intake::{BatchOutcome, Door},
        review::TraceRef,
    },
    hash::Digest,
    ids::{BatchId, FeedbackId, QuarantinedId, TraceId},
    queue::Work,
};

/// Feedback that can be stored, with its place in the batch.
struct Candidate<'a> {
    at: usize,
    id: FeedbackId,
    sent: &'a NewFeedback,
    subject: Subject,
    key: Digest,
    hash: Digest,
}

impl Tx {
    /// Takes feedback in and accounts for every item; refused ones are only counted. The trace it is about may come
    /// later, unless it is named by its id here. Each that has an opinion is weighed by a task, which begins once this
    /// transaction is committed: either it sees the trace, or whoever scores the trace sees the feedback.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn record_feedback(&mut self, items: &[Result<NewFeedback, Rejection>]) -> Result<BatchOutcome> {
        self.take_in_feedback(items, Ledger::new(Door::Feedback, items.len())).await
    }

    /// The same for the feedback of these items of the quarantine.
    ///
    /// # Errors
    /// As [`Tx::record_feedback`].
    pub async fn replay_feedback(
        &mut self,
        from: &[QuarantinedId],
        items: &[Result<NewFeedback, Rejection>],
    ) -> Result<BatchOutcome> {
        self.take_in_feedback(items, Ledger::of_replay(Door::Feedback, from)).await
    }

    async fn take_in_feedback(
        &mut self,
        items: &[Result<NewFeedback, Rejection>],
        mut ledger: Ledger,
    ) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let ids: HashSet<TraceId> = items
            .iter()
            .flatten()
            .filter_map(|sent| match sent.trace {
                TraceRef::Id(id) => Some(id),
                TraceRef::External(_) => None,
            })
            .collect();
        let known = self.subjects_of_traces(&ids.into_iter().collect::<Vec<_>>()).await?;
        let mut candidates = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let named = item.as_ref().map_err(Rejection::clone).and_then(|sent| match &sent.trace {
                TraceRef::External(name) => Ok((sent, Subject::Named(name.clone()))),
                TraceRef::Id(id) => known.get(id).cloned().map(|subject| (sent, subject)).ok_or_else(|| {
                    let message =
                        format!("no trace {id} is stored: send the trace first, or name it by its sender's id");
                    Rejection::new("trace", message)
                }),
            });
            match named {
                Ok((sent, subject)) => {
                    let (key, hash) = (sent.key(&subject), sent.content_hash(&subject));
                    candidates.push(Candidate { at, id: self.fresh(), sent, subject, key, hash });
                }
                Err(refused) => ledger.reject(at, refused),
            }
        }
        let keys: Vec<_> = candidates.iter().map(|item| (item.key, item.id, item.hash)).collect();
        let stands = self.take_feedback_keys(&keys).await?;
        let mut writes = Vec::with_capacity(candidates.len());
        for item in &candidates {
            let (id, hash) = *stands
                .get(&item.key)
                .ok_or_else(|| StoreError::Corrupt(format!("the key of feedback {} came and went", item.at)))?;
            let external_id = item.sent.external_id.as_deref();
            if id == item.id {
                ledger.stored(item.at, id);
                let Candidate { id, sent, subject, hash, .. } = item;
                writes.push(Write { id: *id, external_id, subject, span: sent.span, said: &sent.said, hash: *hash });
            } else if hash == item.hash {
                ledger.duplicate(item.at, id);
            } else {
                ledger.contradicts(item.at, id, external_id.unwrap_or_default(), item.sent.line());
            }
        }
        self.insert_feedback(batch, &writes).await?;
        let opinions = writes.iter().filter(|one| one.said.opinion().is_some());
        self.enqueue_all(opinions.map(|one| Work::WeighFeedback { feedback: one.id }).collect::<Vec<_>>()).await?;
        ledger.close(self, batch).await
    }
}
