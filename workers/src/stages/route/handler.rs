//! Reads what is not reviewed yet, what is, and who can be asked, and writes the week's assignments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::{
        adjudication::Decision,
        assignment::{Assignment, AssignmentState, Purpose, RoutingReason},
        calendar::{Cycle, ReviewCalendar},
        notice::NoticeEvent,
        review_cycle::CycleState,
    },
    ids::{ExpertId, Id, ProjectId, TraceId},
    queue::{Claim, Work},
    store::{About, ExpertFilter, PageRequest, Routable, Tx},
};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    rules::{self, Item, Reviewed, Reviewer, Routed, Week},
    standing::Standing,
};
use crate::{
    Context, StageError,
    stages::derive::rules::{Settled, settle},
};

/// Among so many of the newest unreviewed traces the items are chosen. Of each at most 8,000 characters are read: some
/// 30 MB of the usual ones, 160 MB of the longest.
const CHOICE: i64 = 20_000;
/// So many gold items are chosen among.
const GOLD: i64 = 1_000;
/// How much of a domain is reviewed is told by so many of the newest judgements.
const COUNTED: i64 = 20_000;
/// From so many of the newest reviews it is learnt what is wrong, and what is known already.
const LEARNT_FROM: i64 = 5_000;
/// The reviews of so many traces are read at once.
const AT_ONCE: usize = 500;

/// Routes one week of one project.
pub(crate) async fn route(cx: &Context, claim: &Claim, cycle: NaiveDate) -> Result<(), StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    tx.return_lapsed(cycle).await?;
    let mut standing = Standing::of(tx.assignments_of_cycle(cycle).await?);
    let Some((calendar, week)) = week(&mut tx, cycle).await? else {
        // It is closed, or the calendar was changed since it was asked for: its weeks have other names.
        tx.succeed(claim).await?;
        tx.commit().await?;
        return Ok(());
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
    let about: HashMap<TraceId, About> =
        tx.about_traces(&standing.traces()).await?.into_iter().map(|about| (about.trace, about)).collect();
    for one in &mut reviewers {
        one.questions.extend(one.seen.iter().filter_map(|trace| Some(about.get(trace)?.question)));
    }
    let gold = tx.gold_traces(GOLD).await?;
    for (trace, expert) in tx.seen_by(&gold.iter().map(|item| item.trace).collect::<Vec<_>>()).await? {
        if let Some(one) = reviewers.iter_mut().find(|one| one.id == expert) {
            // What one knows of it already tells nothing.
            one.seen.insert(trace);
        }
    }
    // What is given out in this cycle already is somebody's.
    let (asked, open): (Vec<Routable>, Vec<Routable>) =
        tx.routable_traces(CHOICE).await?.into_iter().partition(|item| standing.holds(item.trace));
    let traces: Vec<TraceId> = open.iter().map(|item| item.trace).chain(standing.traces()).collect();
    let mut asked_before: BTreeMap<TraceId, Vec<ExpertId>> = BTreeMap::new();
    for (trace, expert, became) in tx.asked_before(cycle, &traces).await? {
        if became != AssignmentState::Passed {
            asked_before.entry(trace).or_default().push(expert);
        } else if let Some(one) = reviewers.iter_mut().find(|one| one.id == expert) {
            // Who could not judge it cannot now.
            one.seen.insert(trace);
        }
    }
    let mut held: Vec<Assignment> = Vec::new();
    for (expert, left) in standing.refill(&mut reviewers, |trace| about.get(&trace)) {
        let (slot, purpose, value, reason) = (left.slot, left.purpose, left.value, left.reason.clone());
        held.push(Assignment { slot, purpose, value, reason, ..hold(&mut tx, expert, left.trace) });
    }
    let read = Read { open, asked, gold, reviewed: reviewed(&mut tx).await?, asked_before };
    let left_over = tx.left_over(cycle).await?;
    let reviewed_of_domain: HashMap<String, i64> = tx.reviewed_traces_by_domain(COUNTED).await?.into_iter().collect();
    let policy = tx.routing_policy().await?.unwrap_or_default();
    let seed = seed(claim.project, cycle, standing.len());
    let routed = tokio::task::spawn_blocking(move || {
        let Items { open, asked, gold, reviewed } = read.items();
        rules::route(&Week { open, asked, left_over, reviewed, reviewed_of_domain, gold, reviewers, policy, seed })
    })
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
    if !held.is_empty() && tx.review_cycle_named(cycle).await?.is_some() {
        tx.enqueue(Work::NotifyCycle { cycle, event: NoticeEvent::Opened, at: week.opens_at }).await?;
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// The calendar, and the cycle of a name as it was opened, else as the calendar has it; nothing where it is closed, or the
/// calendar was changed so that none has that name.
async fn week(tx: &mut Tx, name: NaiveDate) -> Result<Option<(ReviewCalendar, Cycle)>, StageError> {
    let calendar = tx.review_calendar().await?.unwrap_or_default();
    let week = match tx.review_cycle_named(name).await? {
        Some(opened) => (opened.state() == CycleState::Open).then_some(opened.cycle),
        None => calendar.named(name).ok(),
    };
    Ok(week.map(|week| (calendar, week)))
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
                questions: BTreeSet::new(),
            }
        }));
        match experts.rows.last() {
            Some(last) if experts.has_next => page = page.after(last.id.uuid()),
            _ => return Ok(reviewers),
        }
    }
}

/// What chance is drawn from in a cycle in which so much was given out: another in each, and the same whenever it is asked
/// for.
fn seed(project: ProjectId, cycle: NaiveDate, given: usize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(project.uuid().as_bytes());
    hasher.update(cycle.to_string().as_bytes());
    hasher.update(&(given as u64).to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// What was reviewed last, with what the experts found; nothing where they disagree or abstain.
async fn reviewed(tx: &mut Tx) -> Result<Vec<(Routable, Option<bool>)>, StageError> {
    let traces = tx.reviewed_traces(LEARNT_FROM).await?;
    let ids: Vec<TraceId> = traces.iter().map(|item| item.trace).collect();
    let mut verdicts: HashMap<TraceId, Vec<Option<bool>>> = HashMap::new();
    let mut decided: HashMap<TraceId, Decision> = HashMap::new();
    for some in ids.chunks(AT_ONCE) {
        for review in tx.latest_reviews_of_traces(some).await? {
            verdicts.entry(review.trace).or_default().push(review.verdict.is_right());
        }
        decided.extend(tx.decided_of_traces(some).await?);
    }
    Ok(traces
        .into_iter()
        .map(|item| {
            let verdicts = verdicts.remove(&item.trace).unwrap_or_default();
            let right = match settle(decided.get(&item.trace).map(|decided| decided.verdict), verdicts) {
                Settled::Verdict(right) => Some(right),
                Settled::Open | Settled::Disagreement => None,
            };
            (item, right)
        })
        .collect())
}

/// What was read of traces.
struct Read {
    open: Vec<Routable>,
    asked: Vec<Routable>,
    gold: Vec<Routable>,
    reviewed: Vec<(Routable, Option<bool>)>,
    asked_before: BTreeMap<TraceId, Vec<ExpertId>>,
}

/// The same, each with what it shares with the other chains of its question.
struct Items {
    open: Vec<Item>,
    asked: Vec<Item>,
    gold: Vec<Item>,
    reviewed: Vec<Reviewed>,
}

impl Read {
    fn items(mut self) -> Items {
        let mut chains: BTreeMap<Uuid, Vec<&Routable>> = BTreeMap::new();
        let unreviewed = [&self.open, &self.asked, &self.gold].into_iter().flatten();
        for chain in unreviewed.chain(self.reviewed.iter().map(|(item, _)| item)) {
            chains.entry(chain.question).or_default().push(chain);
        }
        let mut common_ground: HashMap<TraceId, f64> = HashMap::new();
        for chains in chains.values().filter(|chains| chains.len() > 1) {
            let texts: Vec<String> =
                chains.iter().map(|chain| format!("{}\n{}", chain.reasoning, chain.answer)).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let shared = rules::common_ground(&chains[0].query, &texts);
            common_ground.extend(chains.iter().zip(shared).filter_map(|(chain, shared)| Some((chain.trace, shared?))));
        }
        let mut item = |of: Routable| Item {
            common_ground: common_ground.get(&of.trace).copied(),
            asked_before: self.asked_before.remove(&of.trace).unwrap_or_default(),
            of,
        };
        Items {
            open: self.open.into_iter().map(&mut item).collect(),
            asked: self.asked.into_iter().map(&mut item).collect(),
            // Who was asked about it before says nothing: it is asked about again and again.
            gold: self.gold.into_iter().map(|of| Item { asked_before: Vec::new(), ..item(of) }).collect(),
            reviewed: self.reviewed.into_iter().map(|(of, right)| Reviewed { item: item(of), right }).collect(),
        }
    }
}
