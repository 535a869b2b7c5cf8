//! Taking traces in: one transaction stores them with their steps, their models and groups, the tasks that follow and
//! the account of the batch. Sending the same again changes nothing, also when two batches bring it at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{
    Result, StoreError, Tx, attachment_reference::Referrer, ledger::Ledger, trace::Write, trace_key::TraceKey,
};
use crate::{
    domain::{
        Rejection,
        attachment::AttachmentRef,
        intake::{BatchOutcome, Door},
        model::ModelKind,
        new_trace::NewTrace,
    },
    hash::Digest,
    ids::{BatchId, ChainGroupId, ModelVersionId, QuarantinedId, TraceId},
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
        self.take_in_traces(items, Ledger::new(Door::Traces, items.len())).await
    }

    /// The same for the traces of these items of the quarantine.
    ///
    /// # Errors
    /// As [`Tx::record_traces`].
    pub async fn replay_traces(
        &mut self,
        from: &[QuarantinedId],
        items: &[Result<NewTrace, Rejection>],
    ) -> Result<BatchOutcome> {
        self.take_in_traces(items, Ledger::of_replay(Door::Traces, from)).await
    }

    /// The same for traces that another ledger accounts for.
    pub(super) async fn take_in_traces(
        &mut self,
        items: &[Result<NewTrace, Rejection>],
        mut ledger: Ledger,
    ) -> Result<BatchOutcome> {
        if items.is_empty() {
            return Ok(BatchOutcome::default());
        }
        let batch: BatchId = self.fresh();
        let items = self.settled(items).await?;
        let mut candidates = self.readable(&mut ledger, &items);
        let known = self.trace_keys(&external_ids(&candidates)).await?;
        candidates = without_known(&mut ledger, candidates, &known);
        let groups = self.groups_of(&candidates).await?;
        candidates = without_strange_groups(&mut ledger, candidates, &groups);
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
        let homeless = without_known(&mut ledger, rest, &now_known);
        if let Some(item) = homeless.first() {
            return Err(StoreError::Corrupt(format!("the trace key of item {} came and went", item.at)));
        }

        self.store_traces(batch, &mine, &groups).await?;
        for item in &mine {
            ledger.stored(item.at, item.id);
        }
        ledger.close(self, batch).await
    }

    /// The items that are not refused.
    fn readable<'a>(&self, ledger: &mut Ledger, items: &'a [Result<NewTrace, Rejection>]) -> Vec<Candidate<'a>> {
        let mut readable = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let checked = item.as_ref().map_err(Rejection::clone).and_then(|trace| {
                trace.check_time(self.now())?;
                Ok(Candidate { at, id: self.fresh(), trace, hash: trace.content_hash() })
            });
            match checked {
                Ok(candidate) => readable.push(candidate),
                Err(refused) => ledger.reject(at, refused),
            }
        }
        readable
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
        self.keep_plans().await?;
        self.insert_traces(batch, &writes).await?;
        let steps: Vec<_> = mine
            .iter()
            .flat_map(|item| item.trace.steps.iter().enumerate().map(|(ordinal, step)| (item.id, ordinal, step)))
            .collect();
        let stored = self.insert_steps(&steps).await?;
        let of_traces = mine.iter().map(|item| (Referrer::Trace(item.id), item.trace.attached()));
        let of_steps = steps.iter().zip(stored).map(|((trace, _, step), (id, ordinal))| {
            (Referrer::Step(id, *trace, ordinal), AttachmentRef::contents(&step.attachments))
        });
        self.insert_references(of_traces.chain(of_steps).filter(|(_, named)| !named.is_empty())).await?;
        let merged: BTreeSet<ChainGroupId> = writes.iter().filter_map(|write| write.group).collect();
        let verify = writes.iter().map(|write| Work::VerifyTrace { trace: write.id });
        let merge = merged.into_iter().map(|group| Work::MergeChains { group });
        self.enqueue_all(verify.chain(merge).collect::<Vec<_>>()).await?;
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

/// Decides the items whose external id is taken: duplicates where the content is the same, quarantined where not.
fn without_known<'a>(ledger: &mut Ledger, items: Vec<Candidate<'a>>, known: &[TraceKey]) -> Vec<Candidate<'a>> {
    let known: HashMap<&str, &TraceKey> = known.iter().map(|key| (key.external_id.as_str(), key)).collect();
    let mut new = Vec::with_capacity(items.len());
    for item in items {
        let external_id = item.trace.external_id.as_deref();
        match external_id.and_then(|external_id| Some((external_id, known.get(external_id)?))) {
            None => new.push(item),
            Some((_, stored)) if stored.hash == item.hash => ledger.duplicate(item.at, stored.trace),
            Some((external_id, stored)) => ledger.contradicts(item.at, stored.trace, external_id, item.line()),
        }
    }
    new
}

/// Decides the items whose group answers another query.
fn without_strange_groups<'a>(
    ledger: &mut Ledger,
    items: Vec<Candidate<'a>>,
    groups: &HashMap<String, (ChainGroupId, String)>,
) -> Vec<Candidate<'a>> {
    let mut fitting = Vec::with_capacity(items.len());
    for item in items {
        let group = item.trace.group.as_ref().and_then(|key| groups.get(key));
        match group {
            Some((id, query)) if *query != item.trace.query => {
                let reason = format!(
                    "the chains of group {id} answer another query, so that this one cannot be compared with them; \
                     give each query a group of its own"
                );
                ledger.set_aside(item.at, "group", reason, item.trace.external_id.clone(), item.line());
            }
            _ => fitting.push(item),
        }
    }
    fitting
}

impl Candidate<'_> {
    /// As it came.
    fn line(&self) -> Value {
        serde_json::to_value(self.trace).expect("a trace serialises to JSON")
    }
}
