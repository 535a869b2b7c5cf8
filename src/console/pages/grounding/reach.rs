//! How far a thing reaches: what rests on it, by kind.

use std::collections::{BTreeMap, HashMap, HashSet};

use atr_core::{
    ids::{AnyId, FactId, Id, Kind, ModelVersionId, ReviewId, SnapshotId, TraceId, TrainingJobId},
    store::Tx,
};

use crate::console::fault::Fault;

/// How many of a kind are named.
const NAMED: usize = 20;

/// What rests on a fact.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// By kind, in the order of the loop.
    pub(super) kinds: Vec<OfKind>,
    /// Whether more rests on it than was counted.
    pub(super) more: bool,
}

/// What of a kind rests on a fact.
#[derive(Debug)]
pub(super) struct OfKind {
    /// What people call it.
    pub(super) words: &'static str,
    pub(super) count: usize,
    /// The nearest.
    pub(super) named: Vec<Named>,
}

/// Something that rests on a fact.
#[derive(Debug)]
pub(super) struct Named {
    id: AnyId,
    /// Its page; none where it has none of its own.
    pub(super) place: Option<String>,
    /// What it is called: its id, where it has no better name.
    pub(super) name: String,
}

/// The traces of which a claim was decided by a fact, and all that rests on it by lineage, up to so many of each.
///
/// # Errors
/// If the database is out of reach.
pub(super) async fn of(tx: &mut Tx, fact: FactId, most: usize) -> Result<Reach, Fault> {
    let decided = tx.traces_resting_on_fact(fact, None, i64::try_from(most).unwrap_or(i64::MAX) + 1).await?;
    let found = tx.dependents_of(fact.into(), most).await?;
    let more = found.more || decided.len() > most;
    let (mut kinds, mut known): (BTreeMap<Kind, Vec<AnyId>>, HashSet<AnyId>) = Default::default();
    for id in decided.into_iter().take(most).map(AnyId::from).chain(found.found.into_iter().map(|found| found.id)) {
        if known.insert(id) {
            kinds.entry(id.kind).or_default().push(id);
        }
    }
    let mut reach = Reach { kinds: vec![], more };
    for (kind, ids) in kinds {
        let mut named: Vec<Named> = ids.iter().take(NAMED).map(|id| Named::of(*id)).collect();
        name(tx, kind, &mut named).await?;
        reach.kinds.push(OfKind { words: kind.words(), count: ids.len(), named });
    }
    Ok(reach)
}

impl Named {
    fn of(id: AnyId) -> Self {
        let place = match id.kind {
            Kind::Trace => Some("/traces"),
            Kind::Snapshot => Some("/snapshots"),
            Kind::TrainingJob => Some("/jobs"),
            Kind::ModelVersion => Some("/models"),
            _ => None,
        };
        Self { id, place: place.map(|place| format!("{place}/{id}")), name: id.to_string() }
    }
}

/// Calls things what people call them.
async fn name(tx: &mut Tx, kind: Kind, named: &mut [Named]) -> Result<(), Fault> {
    fn ids<I: Id>(of: &[Named]) -> Vec<I> {
        of.iter().map(|one| I::from_uuid(one.id.uuid)).collect()
    }
    let mut names: HashMap<AnyId, String> = HashMap::new();
    let mut places: HashMap<AnyId, String> = HashMap::new();
    match kind {
        Kind::Trace => {
            let traces = tx.traces_by_id(&ids::<TraceId>(named)).await?;
            names.extend(traces.into_iter().map(|trace| (trace.id.into(), trace.query)));
        }
        Kind::Review => {
            for review in tx.reviews_by_id(&ids::<ReviewId>(named)).await? {
                places.insert(review.id.into(), format!("/traces/{}#reviews", review.trace));
            }
        }
        Kind::Snapshot => {
            let snapshots = tx.snapshots_by_id(&ids::<SnapshotId>(named)).await?;
            names.extend(snapshots.into_iter().map(|snapshot| (snapshot.id.into(), snapshot.name)));
        }
        Kind::ModelVersion => {
            let models = tx.models_by_id(&ids::<ModelVersionId>(named)).await?;
            names.extend(models.into_iter().map(|model| (model.id.into(), model.name)));
        }
        Kind::TrainingJob => {
            let jobs = tx.jobs_by_id(&ids::<TrainingJobId>(named)).await?;
            names.extend(jobs.into_iter().map(|job| (job.id.into(), format!("{} ({})", job.id, job.state))));
        }
        _ => {}
    }
    for one in named {
        if let Some(name) = names.remove(&one.id) {
            one.name = name;
        }
        one.place = places.remove(&one.id).or(one.place.take());
    }
    Ok(())
}
