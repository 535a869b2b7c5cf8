//! Stages that are paused.

use std::time::Duration;

use atr_core::{
    ids::TraceId,
    queue::{Claim, ClaimRequest, Listener, Stage, Work},
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

fn trace(database: &Database) -> TraceId {
    database.store.ids().make()
}

#[tokio::test]
async fn a_paused_stage_is_not_claimed_from_while_it_takes_tasks_and_lets_what_runs_finish() {
    let database = Database::create().await;
    let store = &database.store;
    enqueue(&database, Work::VerifyTrace { trace: trace(&database) }).await;
    let running = claim(store, Stage::Verify).await.remove(0);

    let paused = store.pause_stage(Stage::Verify, None, "the facts are wrong").await.expect("paused");
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

    assert!(store.resume_stage(Stage::Verify, None).await.expect("resumed"));
    assert_eq!(store.pauses().await.expect("read"), []);
    assert_eq!(claim(store, Stage::Verify).await.len(), 1);
}

#[tokio::test]
async fn a_pause_is_begun_once_and_ended_once_and_can_be_begun_again() {
    let database = Database::create().await;
    let store = &database.store;
    assert!(!store.resume_stage(Stage::Train, None).await.expect("asked"));
    for _ in 0..2 {
        assert!(store.pause_stage(Stage::Train, None, "first").await.expect("asked").is_some());
        assert_eq!(store.pause_stage(Stage::Train, None, "second").await.expect("asked"), None);
        assert_eq!(store.pauses().await.expect("read").remove(0).why, "first");
        assert!(store.resume_stage(Stage::Train, None).await.expect("asked"));
        assert!(!store.resume_stage(Stage::Train, None).await.expect("asked"));
    }
}

#[tokio::test]
async fn a_stage_that_goes_on_is_rung_for() {
    let database = Database::create().await;
    let store = &database.store;
    store.pause_stage(Stage::Route, None, "a holiday").await.expect("paused");
    let mut listener = Listener::start(store).await.expect("listens");
    store.resume_stage(Stage::Route, None).await.expect("resumed");
    assert_eq!(listener.heard().await.expect("heard"), Some(Stage::Route));
}
