//! `/snapshots/{snp}/difference`: what a snapshot has that another has not, and the other way round.

use std::collections::{BTreeMap, HashMap};

use atr_core::{
    domain::{
        access::Permission,
        snapshot::{Snapshot, SnapshotFilter, SnapshotState},
    },
    ids::{ExampleId, SnapshotId, TraceId},
    store::{DifferentRow, PageRequest, Tx},
};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;

use super::one::read;
use crate::{
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
    },
    http::AppState,
};

/// How many snapshots one can choose among: the newest.
const CHOICE: i64 = 50;
/// How many pages of a thousand rows are counted each way.
const PAGES: usize = 10;
/// How many rows of each kind are named.
const NAMED: usize = 20;

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/snapshots/{snp}/difference", May::Do(Permission::Read), page)]
}

/// The other one.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    other: String,
}

#[derive(askama::Template)]
#[template(path = "snapshot_difference.html")]
struct Page<'a> {
    frame: &'a Frame,
    snapshot: &'a Snapshot,
    other: Option<&'a Snapshot>,
    choice: Vec<Snapshot>,
    kinds: Vec<Kind>,
    /// Whether there is more than was counted.
    more: bool,
}

impl Page<'_> {
    /// Whether it is the one that is compared with.
    fn is_other(&self, id: &SnapshotId) -> bool {
        self.other.is_some_and(|other| other.id == *id)
    }
}

/// Rows that came, went or changed.
struct Kind {
    what: &'static str,
    count: usize,
    /// How many of each format.
    formats: BTreeMap<String, usize>,
    /// Some of them: the trace, what was asked, and the format.
    named: Vec<(TraceId, String, String)>,
}

async fn page(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let t = visitor.frame.t;
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let snapshot = read(&mut tx, &id).await?;
    let sealed = SnapshotFilter { state: Some(SnapshotState::Sealed), name: None };
    let mut choice = tx.snapshots(&sealed, PageRequest::first(CHOICE)).await?.rows;
    choice.retain(|one| one.id != snapshot.id);
    let other = match wanted.other.parse::<SnapshotId>().ok().or(snapshot.parent) {
        Some(other) => tx.snapshot(other).await?,
        None => None,
    };
    let (mut kinds, mut more) = (vec![], false);
    if let Some(other) = &other {
        let (here, beyond) = different(&mut tx, snapshot.id, other.id).await?;
        let (there, beyond_there) = different(&mut tx, other.id, snapshot.id).await?;
        more = beyond || beyond_there;
        let (changed, added): (Vec<_>, Vec<_>) = here.into_iter().partition(|row| row.changed);
        let removed: Vec<_> = there.into_iter().filter(|row| !row.changed).collect();
        for (what, rows) in [(t.snapshot_added, added), (t.snapshot_removed, removed), (t.snapshot_changed, changed)] {
            kinds.push(kind(&mut tx, what, &rows).await?);
        }
    }
    let page = Page { frame: &visitor.frame, snapshot: &snapshot, other: other.as_ref(), choice, kinds, more };
    Ok(written(&page))
}

/// The rows of one that the other has not, or has otherwise; whether there are more than were read.
async fn different(tx: &mut Tx, of: SnapshotId, other: SnapshotId) -> Result<(Vec<DifferentRow>, bool), Fault> {
    let mut rows: Vec<DifferentRow> = vec![];
    for _ in 0..PAGES {
        let page = tx.different_rows(of, other, rows.last().map(|row| row.row)).await?;
        if page.is_empty() {
            return Ok((rows, false));
        }
        rows.extend(page);
    }
    Ok((rows, true))
}

async fn kind(tx: &mut Tx, what: &'static str, rows: &[DifferentRow]) -> Result<Kind, Fault> {
    let mut formats = BTreeMap::new();
    for row in rows {
        *formats.entry(row.format.clone()).or_default() += 1;
    }
    let first = &rows[..rows.len().min(NAMED)];
    let examples: Vec<ExampleId> = first.iter().map(|row| row.example).collect();
    let examples: HashMap<_, _> =
        tx.examples_by_id(&examples).await?.into_iter().map(|example| (example.id, example.trace)).collect();
    let traces: Vec<TraceId> = examples.values().copied().collect();
    let queries: HashMap<_, _> =
        tx.traces_by_id(&traces).await?.into_iter().map(|trace| (trace.id, trace.query)).collect();
    let named = first.iter().filter_map(|row| {
        let trace = *examples.get(&row.example)?;
        Some((trace, queries.get(&trace)?.clone(), row.format.clone()))
    });
    Ok(Kind { what, count: rows.len(), formats, named: named.collect() })
}
