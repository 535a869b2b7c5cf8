//! Opens and closes the cycles of the weekly review, each at its time. What comes early is put off to its time, and what is done
//! already is done no more.

use atr_core::{
    domain::{
        agreement::Bootstrap,
        calendar::Cycle,
        notice::NoticeEvent,
        review_cycle::{CycleReport, CycleState, ItemCounts, agreement},
    },
    queue::{Claim, Work},
    store::{OpinionFilter, Tx},
};
use chrono::NaiveDate;

use crate::{Context, StageError};

/// So many of a cycle's newest reviews are compared at most.
const REVIEWS: i64 = 20_000;

/// Opens a cycle: from then on its items are routed, and at its end it is closed.
pub(super) async fn open(cx: &Context, claim: &Claim, name: NaiveDate) -> Result<(), StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    let now = tx.now();
    let calendar = tx.review_calendar().await?.unwrap_or_default();
    let before = tx.review_cycle_named(name).await?;
    match calendar.named(name).ok().filter(|week| week.closes_at > now) {
        // The open one's end opens the next.
        _ if tx.review_cycle_open().await?.is_some() => {}
        // It was held already: the next one is still to come.
        Some(week) if before.as_ref().is_some_and(|before| before.state() == CycleState::Closed) => {
            tx.open_in_time(&calendar.next(&week)).await?;
        }
        Some(week) if week.opens_at > now => tx.open_in_time(&week).await?,
        Some(week) => {
            if tx.open_review_cycle(&week).await? {
                tx.close_in_time(&week).await?;
                tx.enqueue(Work::RouteCycle { cycle: name }).await?;
            }
        }
        // It is over, or the calendar was changed since: the one that is open now takes its place.
        None => tx.open_in_time(&calendar.at(now)).await?,
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// Closes a cycle: what is held of it comes back, its report is written, and the next one opens.
pub(super) async fn close(cx: &Context, claim: &Claim, name: NaiveDate) -> Result<(), StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    let now = tx.now();
    if let Some(held) = tx.review_cycle_named(name).await?.filter(|held| held.state() == CycleState::Open) {
        let cycle = held.cycle;
        if cycle.closes_at > now {
            tx.enqueue_at(Work::CloseCycle { cycle: name, at: cycle.closes_at }, cycle.closes_at).await?;
        } else {
            tx.return_cycle(name).await?;
            let report = report(&mut tx, &cycle).await?;
            tx.close_review_cycle(name, &report).await?;
            tx.enqueue(Work::NotifyCycle { cycle: name, event: NoticeEvent::Closed, at: cycle.closes_at }).await?;
            let calendar = tx.review_calendar().await?.unwrap_or_default();
            let mut next = calendar.at(now);
            if next.name <= name {
                next = calendar.next(&next);
            }
            tx.open_in_time(&next).await?;
        }
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// What came of a cycle.
async fn report(tx: &mut Tx, cycle: &Cycle) -> Result<CycleReport, StageError> {
    let experts = tx.items_of_cycle(cycle.name).await?;
    let mut items = ItemCounts::default();
    for one in &experts {
        items += one.items;
    }
    let (domains, models) = tx.coverage(cycle.opens_at, cycle.closes_at).await?;
    let flaws = tx.flaw_coverage(cycle.opens_at, cycle.closes_at).await?;
    let of_cycle =
        OpinionFilter { since: Some(cycle.opens_at), until: Some(cycle.closes_at), ..OpinionFilter::default() };
    let opinions = tx.opinions(&of_cycle, REVIEWS).await?;
    let agreement = tokio::task::spawn_blocking(move || agreement(&opinions, &Bootstrap::default()))
        .await
        .map_err(|error| StageError::Lasting(error.to_string()))?
        .map_err(|error| StageError::Lasting(error.to_string()))?;
    Ok(CycleReport { items, experts, domains, flaws, models, agreement })
}
