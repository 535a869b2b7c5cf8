//! `/snapshots/{snp}`: one snapshot.

use std::collections::HashMap;

use atr_core::{
    domain::{
        access::Permission,
        snapshot::{CurationDecision, DecisionCount, DecisionFilter, Snapshot, SnapshotFile, SnapshotState},
        training::TrainingJob,
    },
    ids::{SnapshotId, TraceId},
    store::{Page as Rows, PageRequest, Tx},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::composition::{Attribute, Counted, attributes, counted};
use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

/// How many jobs on it are named.
const JOBS: i64 = 20;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/snapshots/{snp}", May::Do(Permission::Read), page)]
}

/// Which of what fell is shown.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    /// For this reason.
    #[serde(default)]
    reason: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "snapshot.html")]
struct Page<'a> {
    frame: &'a Frame,
    snapshot: &'a Snapshot,
    parent: Option<Snapshot>,
    /// Whether its making goes on.
    goes_on: bool,
    counted: Option<Counted>,
    attributes: Vec<Attribute>,
    reasons: Vec<DecisionCount>,
    /// The reason whose members are shown.
    reason: Option<String>,
    fell: Vec<Fell>,
    beside: Beside,
    files: Vec<SnapshotFile>,
    recipe: String,
    jobs: Vec<TrainingJob>,
    may_train: bool,
}

/// A member, and why it fell.
struct Fell {
    trace: TraceId,
    query: String,
    words: String,
}

impl Page<'_> {
    /// Whether it is the reason whose members are shown.
    fn is_shown(&self, reason: &str) -> bool {
        self.reason.as_deref() == Some(reason)
    }
}

/// A snapshot by what stands in an address.
///
/// # Errors
/// If there is none.
pub(super) async fn read(tx: &mut Tx, id: &str) -> Result<Snapshot, Fault> {
    let id: SnapshotId = id.parse().map_err(|_| Fault::not_found())?;
    tx.snapshot(id).await?.ok_or_else(Fault::not_found)
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let snapshot = read(&mut tx, &id).await?;
    let parent = match snapshot.parent {
        Some(parent) => tx.snapshot(parent).await?,
        None => None,
    };
    let counted = counted(snapshot.counts.as_ref())?;
    let mut reasons = tx.decision_counts(snapshot.id).await?;
    reasons.retain(|count| count.reason != "kept");
    reasons.sort_by_key(|count| std::cmp::Reverse(count.members));
    let reason = reasons.iter().map(|count| count.reason.as_str()).find(|reason| *reason == wanted.reason);
    let reason = reason.map(str::to_owned);
    let (fell, beside) = match &reason {
        Some(reason) => {
            let filter = DecisionFilter { kept: Some(false), reason: Some(reason.clone()) };
            let page = tx.decisions(snapshot.id, &filter, wanted.page.by_place()).await?;
            let address = base(&format!("/snapshots/{}", snapshot.id), &[("reason", reason)]);
            let beside = Beside::of(&page, &address, |decision| decision.decision.position);
            (fell(&mut tx, page).await?, beside)
        }
        None => (vec![], Beside::default()),
    };
    let jobs = tx.jobs_of_snapshots(&[snapshot.id], PageRequest::first(JOBS)).await?.remove(&snapshot.id);
    let page = Page {
        frame: &visitor.frame,
        parent,
        goes_on: matches!(snapshot.state, SnapshotState::Frozen | SnapshotState::Curated),
        attributes: counted.as_ref().map(attributes).transpose()?.unwrap_or_default(),
        counted,
        reason,
        fell,
        beside,
        files: tx.snapshot_files(snapshot.id).await?,
        recipe: format!("{:#}", snapshot.recipe),
        jobs: jobs.map(|page| page.rows).unwrap_or_default(),
        may_train: visitor.actor.may(Permission::Train).is_ok() && snapshot.state == SnapshotState::Sealed,
        snapshot: &snapshot,
        reasons,
    };
    Ok(written(&page))
}

/// What fell, with the questions of the traces.
async fn fell(tx: &mut Tx, page: Rows<CurationDecision>) -> Result<Vec<Fell>, Fault> {
    let traces: Vec<TraceId> = page.rows.iter().map(|decision| decision.trace).collect();
    let traces = tx.traces_by_id(&traces).await?;
    let mut queries: HashMap<_, _> = traces.into_iter().map(|trace| (trace.id, trace.query)).collect();
    let one = |decision: CurationDecision| Fell {
        trace: decision.trace,
        query: queries.remove(&decision.trace).unwrap_or_default(),
        words: decision
            .decision
            .detail
            .and_then(|detail| detail["words"].as_str().map(str::to_owned))
            .unwrap_or(decision.decision.reason),
    };
    Ok(page.rows.into_iter().map(one).collect())
}
