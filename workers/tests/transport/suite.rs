//! What must hold whichever transport rings. Each test takes a world with nothing in it.

use std::{collections::BTreeSet, time::Duration};

use atr_core::{
    ids::Id,
    queue::{NewTask, Stage, State, Work},
    trace_context::TraceContext,
};
use chrono::NaiveDate;
use sqlx::Row;

use crate::{
    support::records::{Records, Trace},
    world::World,
};

fn week(n: u32) -> Work {
    Work::RouteCycle { cycle: NaiveDate::from_ymd_opt(2026, 1, n).expect("a date") }
}

/// Each task's attempt and state.
async fn outcomes(world: &World) -> BTreeSet<(i16, String)> {
    let rows = sqlx::query("select distinct attempt, state from task").fetch_all(&world.db.owner).await.expect("tasks");
    rows.into_iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn all_done_at_once() -> BTreeSet<(i16, String)> {
    BTreeSet::from([(1, State::Succeeded.word().to_owned())])
}

pub async fn enqueueing_in_a_transaction_that_is_rolled_back_rings_nothing(world: World) {
    let mut listener = atr_core::queue::Listener::start(&world.db.store).await.expect("listening");
    // It relays, and leaves the tasks alone.
    let other = world.worker(&[Stage::Promote], |_| {});
    let mut tx = world.db.store.begin(world.db.project).await.expect("a transaction");
    tx.enqueue(world.verify()).await.expect("enqueued");
    tx.rollback().await.expect("rolled back");
    world.enqueue(world.db.project, [world.merge()]).await;
    if world.broker.is_some() {
        world.until("a doorbell", "select exists (select from doorbell)").await;
        let announced = world.db.store.announced().await.expect("read");
        assert_eq!(announced.iter().map(|of| of.stage).collect::<Vec<_>>(), [Stage::Consensus]);
    }
    let worker = world.worker(&[Stage::Verify, Stage::Consensus], |_| {});
    world.until_done().await;
    worker.stop().await;
    other.stop().await;
    assert_eq!(world.in_state(State::Succeeded).await, 1, "the other never was");
    let first = listener.heard().await.expect("a ring");
    assert_eq!(first, Some(Stage::Consensus), "nothing rang before");
    world.end().await;
}

pub async fn rings_that_are_doubled_reordered_delivered_again_or_lost_change_nothing(world: World) {
    // It relays, and leaves the tasks alone.
    let other = world.worker(&[Stage::Promote], |_| {});
    world.enqueue(world.db.project, (0..300).map(|_| world.verify()).collect::<Vec<_>>()).await;
    match &world.broker {
        Some(broker) => {
            world.until("doorbells", "select exists (select from doorbell where stage = 'verify')").await;
            assert_eq!(broker.waiting(Stage::Verify).await, 5, "one for each batch of 64");
            broker.lose(Stage::Verify).await;
            world.until("they are rung for again", "select sum(rung) >= 10 from doorbell where stage = 'verify'").await;
            assert_eq!(broker.stir(Stage::Verify).await, 5);
        }
        None => {
            for _ in 0..20 {
                sqlx::query("select pg_notify('atr_task', 'verify'), pg_notify('atr_task', 'no stage')")
                    .execute(&world.db.owner)
                    .await
                    .expect("rung");
            }
        }
    }
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.until_done().await;
    // Of these nobody rings: they are found all the same.
    sqlx::query(
        "insert into task (id, project_id, stage, work, state, priority, attempt, max_attempts, run_at, errors, created_at)
         select gen_random_uuid(), project_id, stage, work, 'available', 0, 0, 10, now(), '[]', now() from task limit 100",
    )
    .execute(&world.db.owner)
    .await
    .expect("enqueued without a ring");
    world.until_done().await;
    assert_eq!(outcomes(&world).await, all_done_at_once(), "each was done at its first attempt");
    assert_eq!(world.in_state(State::Succeeded).await, 400);
    worker.stop().await;
    other.stop().await;
    world.end().await;
}

pub async fn work_whose_lease_is_lost_stops_and_makes_room(world: World) {
    let held = world.hold_traces().await;
    let worker = world.worker(&[Stage::Verify, Stage::Promote], |options| {
        options.slots = 1;
        options.lease = Duration::from_secs(3);
    });
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("it runs", "select exists (select from task where state = 'running')").await;
    world.enqueue(world.db.project, [world.decide()]).await;
    world.steal(Stage::Verify).await;
    // The only slot was taken by what still waits for the traces.
    world.until("the slot is free", "select exists (select from task where state = 'dead')").await;
    let mine: Option<i16> = sqlx::query_scalar("select attempt from task where stage = 'verify' and state = 'running'")
        .fetch_optional(&world.db.owner)
        .await
        .expect("the queue");
    assert_eq!(mine, Some(2), "the other worker's attempt runs on");
    held.rollback().await.expect("let go");
    worker.stop().await;
    assert_eq!(world.in_state(State::Running).await, 1);
    world.end().await;
}

pub async fn what_a_zombie_finishes_late_changes_nothing(world: World) {
    let records = Records::new(&world.db, "two").await;
    let trace = records.trace(&Trace::default()).await;
    let held = world.hold_traces().await;
    // Its lease is long, so that it notices nothing before it is through.
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.enqueue(records.project, [Work::VerifyTrace { trace }]).await;
    world.until("it runs", "select exists (select from task where state = 'running')").await;
    world.steal(Stage::Verify).await;
    held.rollback().await.expect("let go");
    worker.stop().await;
    let written: i64 =
        sqlx::query_scalar("select count(*) from verification").fetch_one(&world.db.owner).await.expect("records");
    assert_eq!((written, world.in_state(State::Running).await), (0, 1), "its results, and the other's task");
    sqlx::query("update task set leased_until = now()").execute(&world.db.owner).await.expect("the other died too");
    let worker = world.worker(&[Stage::Verify, Stage::Score], |_| {});
    world.until_done().await;
    worker.stop().await;
    let written: i64 =
        sqlx::query_scalar("select count(*) from verification").fetch_one(&world.db.owner).await.expect("records");
    assert_eq!(written, 1);
    world.end().await;
}

pub async fn the_leases_of_what_waits_for_its_turn_in_a_slot_are_renewed(world: World) {
    let other = world.db.add_project("two").await;
    let held = world.hold_traces().await;
    let lease = Duration::from_secs(3);
    world.enqueue(world.db.project, [world.verify()]).await;
    world.enqueue(other, [world.verify()]).await;
    let worker = world.worker(&[Stage::Verify], |options| {
        options.slots = 1;
        options.lease = lease;
    });
    world.until("both are held", "select count(*) = 2 from task where state = 'running'").await;
    // One claim takes both projects' tasks, and the second waits while the first runs: beyond its first lease.
    let until = "select min(leased_until) > min(created_at) + interval '12 seconds' from task";
    world.until("both leases were renewed", until).await;
    held.rollback().await.expect("let go");
    world.until_done().await;
    worker.stop().await;
    assert_eq!(outcomes(&world).await, all_done_at_once());
    world.end().await;
}

pub async fn work_that_is_asked_for_again_is_done_once_and_once_more_if_it_had_begun(world: World) {
    let work = world.verify();
    let held = world.hold_traces().await;
    world.enqueue(world.db.project, [work.clone(), work.clone()]).await;
    world.enqueue(world.db.project, [work.clone()]).await;
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.until("it runs", "select exists (select from task where state = 'running')").await;
    world.enqueue(world.db.project, [work.clone()]).await;
    world.enqueue(world.db.project, [work]).await;
    held.rollback().await.expect("let go");
    world.until_done().await;
    worker.stop().await;
    assert_eq!(world.in_state(State::Succeeded).await, 2, "once, and once more for what came after it had begun");
    world.end().await;
}

pub async fn what_matters_more_goes_first(world: World) {
    let tasks = [(3, 5), (1, -2), (2, 0)].map(|(day, priority)| NewTask { priority, ..week(day).into() });
    world.enqueue(world.db.project, tasks).await;
    let worker = world.worker(&[Stage::Route], |options| options.slots = 1);
    world.until_done().await;
    worker.stop().await;
    let order: Vec<i16> = sqlx::query_scalar("select priority from task order by finished_at")
        .fetch_all(&world.db.owner)
        .await
        .expect("tasks");
    assert_eq!(order, [-2, 0, 5]);
    world.end().await;
}

pub async fn what_is_scheduled_waits_for_its_time(world: World) {
    let worker = world.worker(&[Stage::Verify], |_| {});
    let later = NewTask { delay: Duration::from_secs(2), ..world.verify().into() };
    world.enqueue(world.db.project, [later]).await;
    world.until_done().await;
    worker.stop().await;
    let early: bool = sqlx::query_scalar("select bool_or(finished_at < created_at + interval '2 seconds') from task")
        .fetch_one(&world.db.owner)
        .await
        .expect("tasks");
    assert!(!early);
    world.end().await;
}

pub async fn what_failed_is_tried_again_after_a_pause(world: World) {
    sqlx::query("alter table error_trace rename to elsewhere").execute(&world.db.owner).await.expect("renamed");
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("it failed", "select exists (select from task where state = 'retryable')").await;
    sqlx::query("alter table elsewhere rename to error_trace").execute(&world.db.owner).await.expect("renamed back");
    world.until_done().await;
    worker.stop().await;
    let (attempt, errors): (i16, i32) = sqlx::query_as("select attempt, jsonb_array_length(errors) from task")
        .fetch_one(&world.db.owner)
        .await
        .expect("the task");
    assert!(attempt >= 2 && errors == i32::from(attempt) - 1, "attempt {attempt}, {errors} errors");
    world.end().await;
}

pub async fn what_died_is_kept_and_done_after_a_replay(world: World) {
    world.enqueue(world.db.project, [world.verify()]).await;
    let work: serde_json::Value =
        sqlx::query_scalar("select work from task").fetch_one(&world.db.owner).await.expect("the task");
    sqlx::query("update task set work = '{\"do\": \"juggle\"}'").execute(&world.db.owner).await.expect("changed");
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.until("it died", "select exists (select from task where state = 'dead')").await;
    let id: uuid::Uuid = sqlx::query_scalar("update task set work = $1 returning id")
        .bind(work)
        .fetch_one(&world.db.owner)
        .await
        .expect("mended");
    let mut tx = world.db.store.begin(world.db.project).await.expect("a transaction");
    assert!(tx.replay(atr_core::ids::TaskId::from_uuid(id)).await.expect("replayed"));
    tx.commit().await.expect("committed");
    world.until_done().await;
    worker.stop().await;
    assert_eq!(world.in_state(State::Succeeded).await, 1);
    world.end().await;
}

pub async fn one_projects_many_tasks_do_not_starve_anothers_few(world: World) {
    let few = world.db.add_project("few").await;
    for _ in 0..10 {
        world.enqueue(world.db.project, (0..2000).map(|_| world.verify()).collect::<Vec<_>>()).await;
    }
    world.enqueue(few, (0..10).map(|_| world.verify()).collect::<Vec<_>>()).await;
    let worker = world.worker(&[Stage::Verify], |options| options.slots = 1);
    world.until_done().await;
    worker.stop().await;
    let before: i64 = sqlx::query_scalar(
        "select count(*) from task where project_id <> $1
             and finished_at < (select max(finished_at) from task where project_id = $1)",
    )
    .bind(few.uuid())
    .fetch_one(&world.db.owner)
    .await
    .expect("tasks");
    assert!(before <= 640, "{before} of the other project's 20,000 were done before the ten");
    world.end().await;
}

pub async fn a_paused_stage_rests_and_goes_on(world: World) {
    let store = &world.db.store;
    let mut tx = store.begin(world.db.project).await.expect("a transaction");
    tx.pause_stage(Stage::Verify, None, "the facts are wrong").await.expect("paused");
    tx.commit().await.expect("committed");
    let worker = world.worker(&[Stage::Verify, Stage::Consensus], |_| {});
    world.enqueue(world.db.project, [world.verify(), world.merge()]).await;
    world.until("the other stage goes on", "select exists (select from task where state = 'succeeded')").await;
    assert_eq!(world.in_state(State::Available).await, 1);
    if world.broker.is_some() {
        let announced = store.announced().await.expect("read");
        assert!(
            announced.iter().all(|of| of.stage != Stage::Verify),
            "nobody is rung for what is paused: {announced:?}"
        );
    }
    let mut tx = store.begin(world.db.project).await.expect("a transaction");
    tx.resume_stage(Stage::Verify, None).await.expect("resumed");
    tx.commit().await.expect("committed");
    world.until_done().await;
    worker.stop().await;
    world.end().await;
}

pub async fn a_worker_that_is_told_to_stop_finishes_what_it_can_and_hands_back_the_rest(world: World) {
    let held = world.hold_traces().await;
    let worker = world.worker(&[Stage::Verify], |options| options.grace = Duration::from_millis(200));
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("it runs", "select exists (select from task where state = 'running')").await;
    worker.stop().await;
    assert_eq!(world.in_state(State::Available).await, 1, "it was handed back");
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.until("it runs again", "select exists (select from task where state = 'running')").await;
    let stopping = tokio::spawn(worker.stop());
    held.rollback().await.expect("let go");
    stopping.await.expect("it stops");
    assert_eq!(outcomes(&world).await, all_done_at_once(), "what was handed back cost no attempt");
    world.end().await;
}

pub async fn several_workers_share_the_work_and_none_is_done_twice(world: World) {
    let workers: Vec<_> = (0..4).map(|_| world.worker(&[Stage::Verify], |_| {})).collect();
    for _ in 0..10 {
        world.enqueue(world.db.project, (0..200).map(|_| world.verify()).collect::<Vec<_>>()).await;
    }
    world.until_done().await;
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(outcomes(&world).await, all_done_at_once());
    assert_eq!(world.in_state(State::Succeeded).await, 2000);
    world.end().await;
}

pub async fn a_trace_context_goes_with_the_work(world: World) {
    const CONTEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let records = Records::new(&world.db, "two").await;
    let trace = records.trace(&Trace::default()).await;
    let context = CONTEXT.parse::<TraceContext>().expect("a context");
    let asked = world.enqueue(records.project, [Work::VerifyTrace { trace }]);
    TraceContext::scope(Some(context), asked).await;
    if let Some(broker) = &world.broker {
        let relay = world.worker(&[Stage::Promote], |_| {});
        world.until("a doorbell", "select exists (select from doorbell where stage = 'verify')").await;
        let doorbell = broker.look_at(Stage::Verify).await.expect("a doorbell");
        let event: serde_json::Value = serde_json::from_slice(&doorbell).expect("JSON");
        assert_eq!(event["traceparent"], CONTEXT, "{event:#}");
        relay.stop().await;
    }
    let worker = world.worker(&[Stage::Verify, Stage::Score], |_| {});
    world.until("the next stage too", "select exists (select from task where stage = 'score')").await;
    world.until_done().await;
    worker.stop().await;
    let carried: Vec<Option<String>> =
        sqlx::query_scalar("select distinct traceparent from task").fetch_all(&world.db.owner).await.expect("tasks");
    assert_eq!(carried, [Some(CONTEXT.to_owned())]);
    world.end().await;
}
