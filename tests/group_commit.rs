//! Traces that come one at a time, from many at once.

use atr::app::{Actor, record_traces::record_traces};
use atr_core::domain::{
    Rejection,
    intake::{BatchOutcome, ItemOutcome},
    new_trace::NewTrace,
};
use futures_util::future::join_all;
use serde_json::json;

use crate::world::World;

fn sent(external_id: &str, answer: &str) -> Result<NewTrace, Rejection> {
    let trace = json!({"external_id": external_id, "model": "m", "query": "How much?", "answer": answer});
    NewTrace::parse(trace.to_string().as_bytes())
}

async fn batches(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from ingest_batch").fetch_one(&world.database.owner).await.expect("a count")
}

/// What each of those is told who send at once; none has begun when the last one comes.
async fn at_once(world: &World, all: Vec<Vec<Result<NewTrace, Rejection>>>) -> Vec<BatchOutcome> {
    let actor = Actor::local(world.database.project);
    let told = join_all(all.into_iter().map(|items| record_traces(&world.app, &actor, items, None))).await;
    told.into_iter().map(|told| told.expect("taken in")).collect()
}

#[tokio::test]
async fn those_who_come_at_once_are_stored_by_one_commit_and_each_is_told_of_their_own() {
    let world = World::new().await;
    let mut all: Vec<_> = (0..30).map(|number| vec![sent(&format!("t-{number}"), "Much.")]).collect();
    all.push(vec![sent("t-3", "Much.")]);
    all.push(vec![sent("t-4", "Little.")]);
    all.push(vec![sent("two-a", "Much."), NewTrace::parse(b"{}"), sent("two-b", "Much.")]);
    let told = at_once(&world, all).await;
    assert_eq!(batches(&world).await, 1);
    for (number, told) in told[..30].iter().enumerate() {
        let [ItemOutcome::Stored(id)] = &told.items[..] else { panic!("{told:?}") };
        let stored: String = sqlx::query_scalar("select external_id from error_trace where id = $1")
            .bind(id.parse::<atr_core::ids::TraceId>().map(atr_core::ids::Id::uuid).expect("an id"))
            .fetch_one(&world.database.owner)
            .await
            .expect("the trace");
        assert_eq!(stored, format!("t-{number}"));
    }
    assert_eq!(told[30].items, [duplicate_of(&told[3])]);
    assert!(matches!(&told[31].items[..], [ItemOutcome::Quarantined { field, .. }] if field == "external_id"));
    assert!(matches!(
        &told[32].items[..],
        [ItemOutcome::Stored(_), ItemOutcome::Rejected { .. }, ItemOutcome::Stored(_)]
    ));
}

fn duplicate_of(told: &BatchOutcome) -> ItemOutcome {
    match &told.items[..] {
        [ItemOutcome::Stored(id)] => ItemOutcome::Duplicate(id.clone()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_comes_next_is_stored_too() {
    let world = World::new().await;
    for number in 0..3 {
        let told = at_once(&world, vec![vec![sent(&format!("t-{number}"), "Much.")]]).await;
        assert!(matches!(&told[0].items[..], [ItemOutcome::Stored(_)]));
    }
    assert_eq!(batches(&world).await, 3);
}

#[tokio::test]
async fn one_who_gives_up_waiting_costs_the_others_nothing() {
    let world = World::new().await;
    let actor = Actor::local(world.database.project);
    let mut first = Box::pin(record_traces(&world.app, &actor, vec![sent("first", "Much.")], None));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(record_traces(&world.app, &actor, vec![sent("second", "Much.")], None));
    assert!(futures_util::poll!(&mut second).is_pending());
    // It was the first who began the transaction.
    drop(first);
    assert!(matches!(&second.await.expect("taken in").items[..], [ItemOutcome::Stored(_)]));
}

#[tokio::test]
async fn where_it_cannot_be_stored_each_hears_so() {
    let world = World::new().await;
    world.app.store.close().await;
    let actor = Actor::local(world.database.project);
    let sending =
        (0..3).map(|number| record_traces(&world.app, &actor, vec![sent(&format!("t-{number}"), "Much.")], None));
    for told in join_all(sending).await {
        assert_eq!(told.expect_err("no database").code(), "UNAVAILABLE");
    }
}
