//! Stages that are paused.

use std::time::Duration;

use atr_core::{
    ids::TraceId,
    queue::{Claim, ClaimRequest, Listener, Pause, Stage, Work},
    store::Store,
};

use crate::support::Database;

async fn claim(store: &Store, stage: Stage) -> Vec<Claim> {
    let ask = ClaimRequest { owner: store.ids().make(), stage, most: 10, lease: Duration::from_secs(60) };
    store.claim(&ask).await.expect("claimed")
}

async fn enqueue(database: &Database, work: Work) {
    let mut tx = database.store.begin(database.project).await.expect("a transaction");
    tx.enqueue(work).await.expect("enqueued");
    tx.commit().await.expect("committed");
}

async fn pause(database: &Database, stage: Stage, why: &str) -> Option<Pause> {
    let mut tx = database.store.begin(database.project).await.expect("a transaction");
    let paused = tx.pause_stage(stage, None, why).await.expect("asked");
    tx.commit().await.expect("committed");
    paused
}

async fn resume(database: &Database, stage: Stage) -> bool {
    let mut tx = database.store.begin(database.project).await.expect("a transaction");
    let resumed = tx.resume_stage(stage, None).await.expect("asked");
    tx.commit().await.expect("committed");
    resumed
}

fn trace(database: &Database) -> TraceId {
    database.store.ids().make()
}

#[tokio::test]
async fn a_paused_stage_is_not_claimed_from_while_it_takes_tasks_and_lets_what_runs_finish() {
    let database = Database::create().await;
    let store = &database.store;
    enqueue(&database, Work::VerifyTrace { trace: trace(&database) }).await;
    let running = claim(store, Stage::Verify).await.remove(0);

    let paused = pause(&database, Stage::Verify, "the facts are wrong").await;
    assert_eq!(store.pauses().await.expect("read"), [paused.expect("it was not paused")]);
    enqueue(&database, Work::VerifyTrace { trace: trace(&database) }).await;
    enqueue(&database, Work::ScoreTrace { trace: trace(&database) }).await;
    assert_eq!(claim(store, Stage::Verify).await, []);
    assert_eq!(claim(store, Stage::Score).await.len(), 1, "the others go on");
    let lost = store.renew(std::slice::from_ref(&running), Duration::from_secs(60)).await.expect("asked");
    assert_eq!(lost, [], "held");
    let mut tx = store.begin_for(&running).await.expect("a transaction");
    tx.succeed(&running).await.expect("what runs finishes");
    tx.commit().await.expect("committed");

    assert!(resume(&database, Stage::Verify).await);
    assert_eq!(store.pauses().await.expect("read"), []);
    assert_eq!(claim(store, Stage::Verify).await.len(), 1);
}

#[tokio::test]
async fn a_pause_is_begun_once_and_ended_once_and_can_be_begun_again() {
    let database = Database::create().await;
    let store = &database.store;
    assert!(!resume(&database, Stage::Train).await);
    for _ in 0..2 {
        assert!(pause(&database, Stage::Train, "first").await.is_some());
        assert_eq!(pause(&database, Stage::Train, "second").await, None);
        assert_eq!(store.pauses().await.expect("read").remove(0).why, "first");
        assert!(resume(&database, Stage::Train).await);
        assert!(!resume(&database, Stage::Train).await);
    }
}

#[tokio::test]
async fn a_stage_that_goes_on_is_rung_for() {
    let database = Database::create().await;
    let store = &database.store;
    pause(&database, Stage::Route, "a holiday").await;
    let mut listener = Listener::start(store).await.expect("listens");
    resume(&database, Stage::Route).await;
    assert_eq!(listener.heard().await.expect("heard"), Some(Stage::Route));
}
