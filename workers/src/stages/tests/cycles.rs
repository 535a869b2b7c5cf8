//! The weekly review as weeks go by: cycles open, are routed, close and report, and what is left goes on in the next.

use atr_core::{
    domain::{
        assignment::{Assignment, AssignmentState, PolicyChange, Purpose, RoutingPolicy},
        gold::Known,
        review::Verdict,
        review_cycle::{Closed, CycleState, ItemCounts, ReviewCycle},
    },
    ids::{Id, ProjectId, TraceId},
    queue::{Stage, Work},
};
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    Bench,
    support::records::{Records, Trace},
};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// So many traces of questions of their own that can be routed.
async fn routable(records: &Records<'_>, name: &str, traces: usize) -> Vec<TraceId> {
    let mut made = vec![];
    for n in 0..traces {
        let (group, query) = (format!("{name}-{n}"), format!("What is the symbol of {name} number {n}?"));
        let trace = records.trace(&Trace { group: &group, query: &query, ..Trace::default() }).await;
        let verification = records.verification(trace).await;
        records.score(trace, verification, 0.0).await;
        made.push(trace);
    }
    made
}

async fn asked(bench: &Bench, project: ProjectId, work: Work) {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.enqueue(work).await.expect("a task");
    tx.commit().await.expect("a commit");
}

async fn items(bench: &Bench, project: ProjectId, cycle: &str) -> Vec<Assignment> {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.assignments_of_cycle(day(cycle)).await.expect("the items")
}

async fn held(bench: &Bench, project: ProjectId, cycle: &str) -> ReviewCycle {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.review_cycle_named(day(cycle)).await.expect("read").expect("it was opened")
}

/// Lets what waits for its time be taken now, whatever time it is.
async fn wake(bench: &Bench) {
    sqlx::query("update task set state = 'available' where state = 'scheduled'")
        .execute(&bench.db.owner)
        .await
        .expect("they are taken");
}

/// What waits, reminders apart.
async fn waiting(bench: &Bench) -> Vec<Work> {
    let works: Vec<serde_json::Value> =
        sqlx::query_scalar("select work from task where state in ('available', 'scheduled') order by run_at, id")
            .fetch_all(&bench.db.owner)
            .await
            .expect("the tasks");
    let works = works.into_iter().map(|work| serde_json::from_value(work).expect("work"));
    works.filter(|work| !matches!(work, Work::NotifyCycle { .. })).collect()
}

/// Does what can be done now.
async fn settle(bench: &Bench) {
    while let Some(claim) = bench.claim(Stage::Route).await {
        bench.run(&claim).await.unwrap_or_else(|error| panic!("{:?}: {error}", claim.work));
    }
}

fn until(bench: &Bench, at: &str) {
    bench.db.clock.advance(instant(at) - bench.db.clock.now());
}

#[tokio::test]
async fn a_week_opens_is_routed_closes_with_a_report_and_what_is_left_begins_the_next() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let project = records.project;
    let traces = routable(&records, "silver", 3).await;
    let (opens, closes) = (instant("2026-11-23T00:00:00Z"), instant("2026-11-30T00:00:00Z"));
    asked(&bench, project, Work::OpenCycle { cycle: day("2026-11-23"), at: opens }).await;
    settle(&bench).await;
    let close = Work::CloseCycle { cycle: day("2026-11-23"), at: closes };
    assert_eq!(waiting(&bench).await, std::slice::from_ref(&close));
    let given = items(&bench, project, "2026-11-23").await;
    assert_eq!(given.len(), 3);
    assert_eq!(held(&bench, project, "2026-11-23").await.state(), CycleState::Open);

    // One is judged, one is given back, and one is left.
    let review = records.review(given[0].trace, given[0].expert, 1, "incorrect").await;
    sqlx::query("update assignment set state = 'done', ended_at = $2, review_id = $3 where id = $1")
        .bind(given[0].id.uuid())
        .bind(bench.db.clock.now())
        .bind(review.uuid())
        .execute(&bench.db.owner)
        .await
        .expect("judged");

    // Too early, it is put off.
    wake(&bench).await;
    settle(&bench).await;
    assert_eq!(held(&bench, project, "2026-11-23").await.state(), CycleState::Open);
    assert_eq!(waiting(&bench).await, std::slice::from_ref(&close));

    until(&bench, "2026-11-30T00:00:01Z");
    let later = routable(&records, "copper", 4).await;
    wake(&bench).await;
    settle(&bench).await;
    let Some(Closed { report, .. }) = held(&bench, project, "2026-11-23").await.closed else { panic!("it is open") };
    let items_of = ItemCounts { given: 3, done: 1, left_over: 2, ..ItemCounts::default() };
    assert_eq!(report.items, items_of);
    assert_eq!((report.experts.len(), report.experts[0].items), (1, items_of));
    let covered: Vec<_> = report.domains.iter().map(|of| (of.of.as_str(), of.traces, of.reviewed)).collect();
    assert_eq!(covered, [("chemistry", 3, 1)]);
    assert_eq!(report.models.iter().map(|of| (of.traces, of.reviewed)).collect::<Vec<_>>(), [(3, 1)]);
    assert!(report.agreement.iter().all(|of| of.alpha.is_none()), "nobody judged what another did");

    // The next one: what was left is its expert's still, and stands first.
    let next = items(&bench, project, "2026-11-30").await;
    assert_eq!(next.len(), 6);
    let mut kept: Vec<TraceId> = next[..2].iter().map(|item| item.trace).collect();
    kept.sort_unstable();
    let mut left: Vec<TraceId> = traces.into_iter().filter(|trace| *trace != given[0].trace).collect();
    left.sort_unstable();
    assert_eq!(kept, left);
    for item in &next[..2] {
        assert_eq!(item.state, AssignmentState::Held);
        assert!(item.reason.carried_over && item.reason.words.starts_with("left over"), "{:?}", item.reason);
    }
    assert!(next[2..].iter().all(|item| later.contains(&item.trace) && !item.reason.carried_over));

    // Closing again what is closed, or opening it, changes nothing of it.
    asked(&bench, project, close).await;
    asked(&bench, project, Work::OpenCycle { cycle: day("2026-11-23"), at: opens }).await;
    settle(&bench).await;
    assert_eq!(held(&bench, project, "2026-11-23").await.closed.expect("closed").report, report);
    assert_eq!(waiting(&bench).await.len(), 1, "the end of the open one");
}

#[tokio::test]
async fn a_cycle_that_the_calendar_has_no_more_gives_its_place_to_the_one_that_it_has() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let project = records.project;
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    let changed = serde_json::from_str(r#"{"opens_on": "tuesday", "opens_at": "08:00"}"#).expect("a calendar");
    tx.set_review_calendar(&changed).await.expect("set");
    tx.commit().await.expect("a commit");
    asked(&bench, project, Work::OpenCycle { cycle: day("2026-11-30"), at: instant("2026-11-30T00:00:00Z") }).await;
    settle(&bench).await;
    // It is Tuesday, nine o'clock.
    assert_eq!(held(&bench, project, "2026-11-24").await.cycle.closes_at, instant("2026-12-01T08:00:00Z"));
    // One that is to come opens then.
    let next = Work::OpenCycle { cycle: day("2026-12-01"), at: instant("2026-12-01T08:00:00Z") };
    asked(&bench, project, next).await;
    settle(&bench).await;
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    assert_eq!(tx.review_cycle_named(day("2026-12-01")).await.expect("read"), None);
}

#[tokio::test]
async fn gold_items_go_to_those_who_have_not_judged_them_and_to_nobody_as_anything_else() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let (first, second) = (records.first_expert(), records.expert("expert-2").await);
    let gold = routable(&records, "gold", 3).await;
    routable(&records, "silver", 30).await;
    records.review(gold[0], first, 1, "incorrect").await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    for trace in &gold {
        tx.enter_gold(*trace, &Known::new(Verdict::Incorrect, None, None).expect("known")).await.expect("entered");
    }
    tx.retire_gold(gold[2]).await.expect("retired").expect("it was gold");
    let policy = PolicyChange { gold_share: Some(0.5), ..PolicyChange::default() };
    tx.set_routing_policy(&RoutingPolicy::default().changed(policy).expect("a policy")).await.expect("set");
    tx.enqueue(Work::RouteCycle { cycle: day("2026-11-23") }).await.expect("a task");
    tx.commit().await.expect("a commit");
    settle(&bench).await;
    let given = items(&bench, records.project, "2026-11-23").await;
    assert_eq!(given.len(), 20, "nobody's time is left");
    let mut as_gold: Vec<_> =
        given.iter().filter(|item| item.purpose == Purpose::Gold).map(|item| (item.expert, item.trace)).collect();
    as_gold.sort_unstable();
    assert_eq!(as_gold, [(first, gold[1]), (second, gold[0]), (second, gold[1])]);
    assert_eq!(given.iter().filter(|item| gold.contains(&item.trace)).count(), 3);
}
