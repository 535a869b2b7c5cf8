//! Taking grounding in: one transaction stores sources and facts and accounts for the batch. Sending the same again
//! changes nothing, also when two batches bring it at once.

use std::collections::{HashMap, HashSet};

use super::{Entered, FactEntry, Result, Tx, attachment_reference::Referrer, ledger::Ledger};
use crate::{
    domain::{
        Rejection,
        attachment::AttachmentRef,
        grounding::{FactState, NewFact, NewGrounding, NewSource},
        intake::{BatchOutcome, Door},
        lineage::{Edge, Relation},
    },
    hash::Digest,
    ids::{BatchId, FactId, QuarantinedId, SourceId},
};

impl Tx {
    /// Takes sources and facts in and accounts for every item; refused ones are only counted. A fact names a source
    /// that is stored, or whose line stands before it. Whoever sent them, as [`Tx::sent_by`] says, may vouch for facts, that
    /// is enter them as verified, or not. One statement a table, however many items.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn record_grounding(
        &mut self,
        items: &[Result<NewGrounding, Rejection>],
        may_vouch: bool,
    ) -> Result<BatchOutcome> {
        self.take_in_grounding(items, may_vouch, Ledger::new(Door::Grounding, items.len())).await
    }

    /// The same for the sources and facts of these items of the quarantine.
    ///
    /// # Errors
    /// As [`Tx::record_grounding`].
    pub async fn replay_grounding(
        &mut self,
        from: &[QuarantinedId],
        items: &[Result<NewGrounding, Rejection>],
        may_vouch: bool,
    ) -> Result<BatchOutcome> {
        self.take_in_grounding(items, may_vouch, Ledger::of_replay(Door::Grounding, from)).await
    }

    async fn take_in_grounding(
        &mut self,
        items: &[Result<NewGrounding, Rejection>],
        may_vouch: bool,
        mut ledger: Ledger,
    ) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let items = self.settled(items).await?;
        let (mut sources, mut facts) = (vec![], vec![]);
        for (at, item) in items.iter().enumerate() {
            let checked = item.as_ref().map_err(Rejection::clone).and_then(|item| match item {
                NewGrounding::Source(source) => {
                    source.check_time(self.now())?;
                    sources.push((at, source));
                    Ok(())
                }
                NewGrounding::Fact(fact) => {
                    facts.push((at, fact, fact.first_state(may_vouch)?));
                    Ok(())
                }
            });
            if let Err(refused) = checked {
                ledger.reject(at, refused);
            }
        }
        let new = self.take_in_sources(&mut ledger, &sources).await?;
        self.take_in_facts(&mut ledger, &facts, &new).await?;
        ledger.close(self, batch).await
    }

    /// The sources that this batch stored come back, with the places of their lines.
    async fn take_in_sources(
        &mut self,
        ledger: &mut Ledger,
        sources: &[(usize, &NewSource)],
    ) -> Result<HashMap<String, usize>> {
        let rows: Vec<NewSource> = sources.iter().map(|(_, source)| (*source).clone()).collect();
        let mut new = HashMap::new();
        for ((at, source), stands) in sources.iter().zip(self.insert_sources(&rows).await?) {
            if stands.new {
                new.insert(source.external_id.clone(), *at);
            }
            settle(ledger, *at, stands, source.content_hash(), &source.external_id, || source.line());
        }
        Ok(new)
    }

    async fn take_in_facts(
        &mut self,
        ledger: &mut Ledger,
        facts: &[(usize, &NewFact, FactState)],
        new_sources: &HashMap<String, usize>,
    ) -> Result<()> {
        let named: HashSet<_> = facts.iter().map(|(_, fact, _)| fact.source.clone()).collect();
        let sources: HashMap<String, SourceId> = self.sources_named(&named.into_iter().collect::<Vec<_>>()).await?;
        let (mut places, mut entries) = (vec![], vec![]);
        for (at, fact, state) in facts {
            // A line further on would be there or not by how the lines happen to fall into batches.
            let source =
                sources.get(&fact.source).filter(|_| new_sources.get(&fact.source).is_none_or(|line| line < at));
            match source {
                Some(source) => {
                    places.push(*at);
                    entries.push(FactEntry { fact, source: *source, state: *state, review: None });
                }
                None => ledger.reject(
                    *at,
                    Rejection::new(
                        "source",
                        format!(
                            "no source has the external_id `{}`: send the line of the source before this one",
                            fact.source
                        ),
                    ),
                ),
            }
        }
        let (mut edges, mut references) = (vec![], vec![]);
        for ((at, entry), stands) in
            places.into_iter().zip(&entries).zip(self.insert_facts(&entries, self.sender().key).await?)
        {
            if stands.new {
                edges.push(Edge::new(stands.id, Relation::WasDerivedFrom, entry.source));
                references.push((Referrer::Fact(stands.id), AttachmentRef::contents(&entry.fact.attachments)));
            }
            let (hash, external_id) = (entry.fact.content_hash(), &entry.fact.external_id);
            settle::<FactId>(ledger, at, stands, hash, external_id, || entry.fact.line());
        }
        self.insert_references(references.into_iter()).await?;
        self.note_lineage(&edges).await
    }
}

/// Decides what became of an item by what stands under its external id.
fn settle<I: ToString>(
    ledger: &mut Ledger,
    at: usize,
    stands: Entered<I>,
    hash: Digest,
    external_id: &str,
    content: impl FnOnce() -> serde_json::Value,
) {
    if stands.new {
        ledger.stored(at, stands.id);
    } else if stands.content_hash == hash {
        ledger.duplicate(at, stands.id);
    } else {
        ledger.contradicts(at, stands.id, external_id, content());
    }
}
