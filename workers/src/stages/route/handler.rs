//! Reads what is not reviewed yet and who can be asked, and writes the week's assignments.

use std::collections::HashMap;

use atr_core::{
    domain::{
        assignment::{Assignment, AssignmentState, Purpose, RoutingReason},
        calendar::{Cycle, ReviewCalendar},
    },
    ids::TraceId,
    queue::{Claim, Work},
    store::{ExpertFilter, PageRequest, Tx},
};
use chrono::NaiveDate;

use super::{
    rules::{self, Reviewer, Routed},
    standing::{About, Standing},
};
use crate::{Context, StageError};

/// Among so many of the newest unreviewed traces the items are chosen.
const CHOICE: i64 = 20_000;

/// Routes one week of one project.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    for claim in claims {
        let Work::RouteCycle { cycle } = claim.work else { continue };
        let mut tx = cx.store.begin_for(claim).await?;
        tx.return_lapsed(cycle).await?;
        let mut standing = Standing::of(tx.assignments_of_cycle(cycle).await?);
        let Some((calendar, week)) = week(&mut tx, cycle).await? else {
            // The calendar was changed since it was asked for: its weeks have other names.
            tx.succeed(claim).await?;
            tx.commit().await?;
            continue;
        };
        let mut reviewers = reviewers(&mut tx, &calendar, &week, &standing).await?;
        let model = tx.model_in_use().await?.map(|model| model.id);
        let hold = |tx: &mut Tx, expert, trace| Assignment {
            id: tx.fresh(),
            cycle,
            expert,
            trace,
            rank: 0,
            value: 0.0,
            reason: RoutingReason::default(),
            reward_model: model,
            at: tx.now(),
            purpose: Purpose::Single,
            slot: 0,
            state: AssignmentState::Held,
            leased_until: week.closes_at,
            opened_at: None,
            ended_at: None,
            review: None,
        };
        let about: HashMap<TraceId, About> = tx
            .traces_by_id(&standing.freed())
            .await?
            .into_iter()
            .map(|trace| (trace.id, About { domain: trace.domain, language: trace.language }))
            .collect();
        let mut held: Vec<Assignment> = Vec::new();
        for (expert, left) in standing.refill(&mut reviewers, |trace| about.get(&trace).cloned()) {
            let (slot, purpose, value, reason) = (left.slot, left.purpose, left.value, left.reason.clone());
            held.push(Assignment { slot, purpose, value, reason, ..hold(&mut tx, expert, left.trace) });
        }
        let reviewed: HashMap<String, i64> = tx.reviewed_traces_by_domain().await?.into_iter().collect();
        let mut items = tx.routable_traces(CHOICE).await?;
        items.retain(|item| !standing.holds(item.trace));
        let routed = tokio::task::spawn_blocking(move || rules::route(&items, &reviewed, &reviewers))
            .await
            .map_err(|error| StageError::Lasting(error.to_string()))?;
        for Routed { expert, trace, purpose, value, reason } in routed {
            let slot = standing.next_slot(trace);
            held.push(Assignment { slot, purpose, value, reason, ..hold(&mut tx, expert, trace) });
        }
        for item in &mut held {
            item.rank = standing.next_rank(item.expert);
        }
        tx.insert_assignments(&held).await?;
        tx.succeed(claim).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The calendar and the cycle of a name in it; nothing where the calendar was changed so that none has that name.
async fn week(tx: &mut Tx, name: NaiveDate) -> Result<Option<(ReviewCalendar, Cycle)>, StageError> {
    let calendar = tx.review_calendar().await?.unwrap_or_default();
    Ok(calendar.named(name).ok().map(|week| (calendar, week)))
}

/// Those who are asked in a cycle, and how much they are free for.
async fn reviewers(
    tx: &mut Tx,
    calendar: &ReviewCalendar,
    week: &Cycle,
    standing: &Standing,
) -> Result<Vec<Reviewer>, StageError> {
    let mut reviewers = Vec::new();
    let mut page = PageRequest::first(atr_core::store::page::MOST);
    let active = ExpertFilter { active: Some(true), ..ExpertFilter::default() };
    loop {
        let experts = tx.experts(&active, page).await?;
        reviewers.extend(experts.rows.iter().map(|expert| {
            // By the whole cycle: who is asked in the middle of it gets as much as who is asked when it opens.
            let capacity = expert.capacity(calendar.days_until_due(week, week.opens_at));
            Reviewer {
                id: expert.id,
                domains: expert.domains.clone(),
                languages: expert.languages.clone(),
                free: capacity.saturating_sub(standing.busy(expert.id)),
                seen: standing.seen(expert.id),
            }
        }));
        match experts.rows.last() {
            Some(last) if experts.has_next => page = page.after(atr_core::ids::Id::uuid(last.id)),
            _ => return Ok(reviewers),
        }
    }
}
