//! Taking traces in: one transaction stores them with their steps, their models and groups, the tasks that follow and
//! the account of the batch. Sending the same again changes nothing, also when two batches bring it at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{NewQuarantined, Result, StoreError, Tx, trace::Write, trace_key::TraceKey};
use crate::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door, ItemOutcome},
        model::ModelKind,
        new_trace::NewTrace,
    },
    hash::Digest,
    ids::{BatchId, ChainGroupId, ModelVersionId, TraceId},
    queue::Work,
};

/// An item that may be stored, with its place in the batch.
struct Candidate<'a> {
    at: usize,
    id: TraceId,
    trace: &'a NewTrace,
    hash: Digest,
}

impl Tx {
    /// Takes traces in and accounts for every item; refused ones are only counted. What belongs to this transaction
    /// becomes visible when it commits. One statement a table, however many items.
    ///
    /// Of several items with the same external id the first counts, the others are held against it. A trace whose
    /// group answers another query is quarantined, since its chains could not be compared.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; then nothing of it may be committed.
    pub async fn record_traces(&mut self, items: &[Result<NewTrace, Rejection>]) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let mut intake = Intake { outcomes: vec![None; items.len()], aside: vec![] };
        let mut candidates = intake.readable(self, items);
        let known = self.trace_keys(&external_ids(&candidates)).await?;
        candidates = intake.without_known(candidates, &known);
        let groups = self.groups_of(&candidates).await?;
        candidates = intake.without_strange_groups(candidates, &groups);
        let repeats = split_off_repeats(&mut candidates);

        let keys: Vec<_> = candidates
            .iter()
            .filter_map(|item| Some((item.trace.external_id.as_deref()?, item.id, item.hash)))
            .collect();
        let taken: HashSet<_> = self.take_trace_keys(&keys).await?.into_iter().collect();
        let (mine, lost): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|item| item.trace.external_id.is_none() || taken.contains(&item.id));
        // What was lost to a batch that ran at once, and what this batch repeats, is held against what is stored now.
        let rest: Vec<_> = lost.into_iter().chain(repeats).collect();
        let now_known = self.trace_keys(&external_ids(&rest)).await?;
        let homeless = intake.without_known(rest, &now_known);
        if let Some(item) = homeless.first() {
            return Err(StoreError::Corrupt(format!("the trace key of item {} came and went", item.at)));
        }

        self.store_traces(batch, &mine, &groups).await?;
        for item in &mine {
            intake.outcomes[item.at] = Some(ItemOutcome::Stored(item.id.to_string()));
        }
        self.set_aside(batch, &mut intake).await?;
        let items: Vec<ItemOutcome> = intake.outcomes.into_iter().flatten().collect();
        self.insert_batch(batch, Door::Traces, &items.iter().collect()).await?;
        Ok(BatchOutcome { items, batch: Some(batch) })
    }

    /// The groups that these traces name, made where they are new: name, id and query.
    async fn groups_of(&mut self, candidates: &[Candidate<'_>]) -> Result<HashMap<String, (ChainGroupId, String)>> {
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        for item in candidates {
            if let Some(group) = &item.trace.group {
                named.entry(group).or_insert(&item.trace.query);
            }
        }
        let named: Vec<_> = named.into_iter().collect();
        let opened = self.open_chain_groups(&named).await?;
        Ok(opened.into_iter().map(|group| (group.key, (group.id, group.query))).collect())
    }

    /// The models that these traces name, made where they are new.
    async fn models_of(&mut self, candidates: &[Candidate<'_>]) -> Result<HashMap<String, ModelVersionId>> {
        let named: BTreeSet<&str> = candidates.iter().map(|item| item.trace.model.as_str()).collect();
        let named: Vec<_> = named.into_iter().collect();
        let mut found = self.models_named(ModelKind::LanguageModel, &named).await?;
        if found.len() < named.len() {
            self.name_language_models(&named).await?;
            found = self.models_named(ModelKind::LanguageModel, &named).await?;
        }
        Ok(found.into_iter().map(|model| (model.name, model.id)).collect())
    }

    async fn store_traces(
        &mut self,
        batch: BatchId,
        mine: &[Candidate<'_>],
        groups: &HashMap<String, (ChainGroupId, String)>,
    ) -> Result<()> {
        if mine.is_empty() {
            return Ok(());
        }
        let models = self.models_of(mine).await?;
        let mut writes = Vec::with_capacity(mine.len());
        for item in mine {
            let model = models.get(&item.trace.model).ok_or_else(|| {
                StoreError::Corrupt(format!("model `{}` was made and is not there", item.trace.model))
            })?;
            let group = item.trace.group.as_ref().and_then(|key| groups.get(key)).map(|(id, _)| *id);
            writes.push(Write { id: item.id, trace: item.trace, model: *model, group, hash: item.hash });
        }
        self.insert_traces(batch, &writes).await?;
        let steps: Vec<_> = mine
            .iter()
            .flat_map(|item| item.trace.steps.iter().enumerate().map(|(ordinal, step)| (item.id, ordinal, step)))
            .collect();
        self.insert_steps(&steps).await?;
        let merged: BTreeSet<ChainGroupId> = writes.iter().filter_map(|write| write.group).collect();
        let verify = writes.iter().map(|write| Work::VerifyTrace { trace: write.id });
        let merge = merged.into_iter().map(|group| Work::MergeChains { group });
        self.enqueue_all(verify.chain(merge).collect::<Vec<_>>()).await?;
        Ok(())
    }

    async fn set_aside(&mut self, batch: BatchId, intake: &mut Intake) -> Result<()> {
        let (places, items): (Vec<_>, Vec<_>) = std::mem::take(&mut intake.aside).into_iter().unzip();
        let ids = self.quarantine(batch, &items).await?;
        for ((at, item), id) in places.into_iter().zip(items).zip(ids) {
            intake.outcomes[at] =
                Some(ItemOutcome::Quarantined { id: id.to_string(), field: item.field, message: item.reason });
        }
        Ok(())
    }
}

fn external_ids<'a>(candidates: &[Candidate<'a>]) -> Vec<&'a str> {
    candidates.iter().filter_map(|item| item.trace.external_id.as_deref()).collect()
}

/// Leaves the first item of each external id, and returns the others.
fn split_off_repeats<'a>(candidates: &mut Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
    let mut seen = HashSet::new();
    let (first, repeats) = std::mem::take(candidates)
        .into_iter()
        .partition(|item| item.trace.external_id.as_deref().is_none_or(|external_id| seen.insert(external_id)));
    *candidates = first;
    repeats
}

/// What became of the items so far, and what is to be set aside.
struct Intake {
    outcomes: Vec<Option<ItemOutcome>>,
    aside: Vec<(usize, NewQuarantined)>,
}

impl Intake {
    /// The items that are not refused.
    fn readable<'a>(&mut self, tx: &Tx, items: &'a [Result<NewTrace, Rejection>]) -> Vec<Candidate<'a>> {
        let mut readable = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let checked = item.as_ref().map_err(Rejection::clone).and_then(|trace| {
                trace.check_time(tx.now())?;
                Ok(Candidate { at, id: tx.fresh(), trace, hash: trace.content_hash() })
            });
            match checked {
                Ok(candidate) => readable.push(candidate),
                Err(Rejection { field, message }) => {
                    self.outcomes[at] = Some(ItemOutcome::Rejected { field, message });
                }
            }
        }
        readable
    }

    /// Decides the items whose external id is taken: duplicates where the content is the same, quarantined where not.
    fn without_known<'a>(&mut self, items: Vec<Candidate<'a>>, known: &[TraceKey]) -> Vec<Candidate<'a>> {
        let known: HashMap<&str, &TraceKey> = known.iter().map(|key| (key.external_id.as_str(), key)).collect();
        let mut new = Vec::with_capacity(items.len());
        for item in items {
            let stored = item.trace.external_id.as_deref().and_then(|external_id| known.get(external_id));
            match stored {
                None => new.push(item),
                Some(stored) if stored.hash == item.hash => {
                    self.outcomes[item.at] = Some(ItemOutcome::Duplicate(stored.trace.to_string()));
                }
                Some(stored) => {
                    let reason = format!(
                        "{} is stored under this external_id with other content and stays as it is; send a changed \
                         answer under an external_id of its own",
                        stored.trace
                    );
                    self.put_aside(&item, "external_id", reason);
                }
            }
        }
        new
    }

    /// Decides the items whose group answers another query.
    fn without_strange_groups<'a>(
        &mut self,
        items: Vec<Candidate<'a>>,
        groups: &HashMap<String, (ChainGroupId, String)>,
    ) -> Vec<Candidate<'a>> {
        let mut fitting = Vec::with_capacity(items.len());
        for item in items {
            let group = item.trace.group.as_ref().and_then(|key| groups.get(key));
            match group {
                Some((id, query)) if *query != item.trace.query => {
                    let reason = format!(
                        "the chains of group {id} answer another query, so that this one cannot be compared with \
                         them; give each query a group of its own"
                    );
                    self.put_aside(&item, "group", reason);
                }
                _ => fitting.push(item),
            }
        }
        fitting
    }

    fn put_aside(&mut self, item: &Candidate<'_>, field: &str, reason: String) {
        let aside = NewQuarantined {
            door: Door::Traces,
            external_id: item.trace.external_id.clone(),
            reason,
            field: field.to_owned(),
            content: serde_json::to_value(item.trace).expect("a trace serialises to JSON"),
        };
        self.aside.push((item.at, aside));
    }
}
