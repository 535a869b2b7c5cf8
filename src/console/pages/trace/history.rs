//! All that was ever decided about a trace, newest first.

use atr_core::{
    domain::{review::Review, trace::Trace},
    ids::AnyId,
    store::{PageRequest, ScoreFilter, Tx},
};
use chrono::{DateTime, Utc};

use crate::console::{fault::Fault, text::Text};

/// How many records of each kind are told.
const OF_EACH: i64 = 50;

/// Something that was decided, or happened.
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    /// The record of it.
    pub(super) id: AnyId,
    pub(super) what: &'static str,
    pub(super) how: String,
}

/// What was decided about a trace, whose newest reviews were read already.
///
/// # Errors
/// If the database is out of reach.
pub(super) async fn of(
    tx: &mut Tx,
    trace: &Trace,
    reviews: &[(Review, String)],
    t: &Text,
) -> Result<Vec<Event>, Fault> {
    let (page, id) = (PageRequest::first(OF_EACH), trace.id);
    let mut events =
        vec![Event { at: trace.received_at, id: id.into(), what: t.was_received, how: trace.source.clone() }];
    for run in tx.verifications(Some(id), page).await?.rows {
        let how = format!(
            "{} {}, {} {}, {} {}",
            run.supported, t.supported, run.contradicted, t.contradicted, run.unverifiable, t.unverifiable
        );
        events.push(Event { at: run.at, id: run.id.into(), what: t.was_verified, how });
    }
    for score in tx.scores(&ScoreFilter { trace: Some(id), below_zero: None }, page).await?.rows {
        let how = format!("{:+.3}", score.reward);
        events.push(Event { at: score.at, id: score.id.into(), what: t.was_scored, how });
    }
    for (review, _) in reviews {
        let how = format!("{}, {} {}", review.verdict, t.revision, review.revision);
        events.push(Event { at: review.created_at, id: review.id.into(), what: t.was_reviewed, how });
    }
    for found in tx.adjudications_of_traces(&[id]).await? {
        let how = format!("{} {}", found.reviews.len(), t.reviews);
        events.push(Event { at: found.opened_at, id: found.id.into(), what: t.was_disputed, how });
        if let Some(decided) = found.decision {
            let how = decided.decision.verdict.word().to_owned();
            events.push(Event { at: decided.at, id: found.id.into(), what: t.was_adjudicated, how });
        }
    }
    for example in tx.examples_of_traces(&[id]).await? {
        let how = example.format.word().to_owned();
        events.push(Event { at: example.at, id: example.id.into(), what: t.was_derived, how });
    }
    let members = tx.snapshot_members_of_traces(&[id]).await?;
    let snapshots: Vec<_> = members.iter().map(|member| member.snapshot).collect();
    for snapshot in tx.snapshots_by_id(&snapshots).await? {
        events.push(Event { at: snapshot.created_at, id: snapshot.id.into(), what: t.was_frozen, how: snapshot.name });
    }
    if let Some(group) = trace.group {
        for consensus in tx.latest_consensus_of_groups(&[group]).await? {
            let how = if consensus.dissenters.contains(&id) { t.dissents } else { t.agrees };
            events.push(Event { at: consensus.at, id: consensus.id.into(), what: t.was_merged, how: how.to_owned() });
        }
    }
    for revision in tx.revisions_of_traces(&[id]).await? {
        let how = format!("{} {}", t.revision, revision.revision);
        events.push(Event { at: revision.at, id: revision.trace.into(), what: t.was_assembled, how });
    }
    // By id where the times are the same: ids are by time.
    events.sort_by_key(|event| std::cmp::Reverse((event.at, event.id.uuid)));
    Ok(events)
}
