//! What holds of a broker alone.

use std::time::Duration;

use atr_core::{
    ids::{Id, WorkerId},
    queue::{Broker, NewTask, Stage, State},
};

use crate::{broker, proxy::Proxy, world::World};

#[tokio::test]
async fn a_message_that_is_no_doorbell_is_laid_aside_and_the_others_are_heard() {
    let world = World::over_rabbitmq().await;
    let broker = world.broker.as_ref().expect("a broker");
    let worker = world.worker(&[Stage::Verify], |_| {});
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until_done().await;
    for bad in [&b"not JSON"[..], b"{}", b"", br#"{"specversion":"1.0","type":"atr.tasks.waiting"}"#] {
        broker.publish(Stage::Verify, bad).await;
    }
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while broker.laid_aside().await < 4 {
        assert!(tokio::time::Instant::now() < deadline, "{} of 4 were laid aside", broker.laid_aside().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until_done().await;
    worker.stop().await;
    assert_eq!(world.in_state(State::Succeeded).await, 2);
    world.broker.expect("a broker").remove().await;
}

#[tokio::test]
async fn without_the_broker_work_goes_on_and_it_is_told_and_when_it_is_back_it_rings() {
    let world = World::over_rabbitmq().await;
    let proxy = Proxy::start(&broker::address()).await;
    proxy.shut();
    let url = proxy.url();
    let worker = world.worker(&[Stage::Verify], |options| options.broker = Some(url));
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until_done().await;
    world.until("it is told that it is down", "select exists (select from broker where not up)").await;
    assert!(matches!(world.db.store.broker().await, Ok(Broker::Down { .. })));

    proxy.open();
    world.until("it is told that it is up", "select exists (select from broker where up)").await;
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("it rings", "select exists (select from doorbell where stage = 'verify')").await;
    world.until_done().await;

    // In the middle of whatever is said just then.
    proxy.cut().await;
    world.enqueue(world.db.project, (0..200).map(|_| world.verify()).collect::<Vec<_>>()).await;
    world.until_done().await;
    world.until("up again", "select exists (select from broker where up)").await;
    worker.stop().await;
    assert_eq!(world.in_state(State::Succeeded).await, 202);
    world.end().await;
}

#[tokio::test]
async fn one_worker_relays_and_another_takes_over_when_it_dies_or_resigns() {
    let world = World::over_rabbitmq().await;
    let leader = "select exists (select from leader where role = 'relay')";
    let first = world.worker(&[Stage::Promote], |_| {});
    world.until("someone relays", leader).await;
    let second = world.worker(&[Stage::Promote], |_| {});
    let mine: uuid::Uuid =
        sqlx::query_scalar("select owner from leader").fetch_one(&world.db.owner).await.expect("a leader");
    let stranger: WorkerId = world.db.store.ids().make();
    let lease = Duration::from_secs(60);
    assert!(!world.db.store.lead_relay(stranger, lease).await.expect("asked"), "there is one already");
    world.db.store.note_broker(stranger, Some("made up")).await.expect("asked");
    assert!(!matches!(world.db.store.broker().await, Ok(Broker::Down { .. })), "who does not lead is not heeded");
    first.kill().await;
    sqlx::query("update leader set leased_until = now()").execute(&world.db.owner).await.expect("its lease runs out");
    world.until("another relays", "select exists (select from leader where leased_until > now())").await;
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("it rings", "select exists (select from doorbell where stage = 'verify')").await;
    second.stop().await;
    let left: Option<uuid::Uuid> =
        sqlx::query_scalar("select owner from leader").fetch_optional(&world.db.owner).await.expect("asked");
    assert!(left.is_none(), "who stops resigns: {left:?}, the first was {mine}");
    assert!(world.db.store.lead_relay(stranger, lease).await.expect("asked"));
    assert_ne!(stranger.uuid(), mine);
    world.end().await;
}

#[tokio::test]
async fn a_queue_holds_no_more_than_its_bound_however_much_waits() {
    let world = World::over_rabbitmq().await;
    let relay = world.worker(&[Stage::Promote], |_| {});
    for _ in 0..3 {
        world.enqueue(world.db.project, (0..3000).map(|_| world.verify()).collect::<Vec<_>>()).await;
    }
    world.until("rung for", "select coalesce(sum(rung), 0) >= 64 from doorbell where stage = 'verify'").await;
    // Every stage is looked at again meanwhile.
    let seen: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select seen_at from broker").fetch_one(&world.db.owner).await.expect("seen");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let now: chrono::DateTime<chrono::Utc> =
            sqlx::query_scalar("select seen_at from broker").fetch_one(&world.db.owner).await.expect("seen");
        if now > seen + chrono::TimeDelta::seconds(3) {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the relay looks no more");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.broker.as_ref().expect("a broker").waiting(Stage::Verify).await, 64);
    relay.stop().await;
    world.end().await;
}

#[tokio::test]
async fn what_is_urgent_has_a_lane_of_its_own_and_is_done_before_what_is_not() {
    let world = World::over_rabbitmq().await;
    let held = world.hold_traces().await;
    let worker = world.worker(&[Stage::Verify, Stage::Consensus], |options| options.slots = 1);
    world.enqueue(world.db.project, [world.verify()]).await;
    world.until("the only slot is taken", "select exists (select from task where state = 'running')").await;
    // Of the later stage, which is done first otherwise, and of the earlier one, which is urgent.
    world.enqueue(world.db.project, [world.merge()]).await;
    world.enqueue(world.db.project, [NewTask { priority: -1, ..world.verify().into() }]).await;
    // What the worker has heard and cannot answer yet is rung for again.
    let heard = "select count(*) = 2 from doorbell
                 where (stage, lane) in (('consensus', 'usual'), ('verify', 'urgent')) and rung > 1";
    world.until("both are heard", heard).await;
    held.rollback().await.expect("let go");
    world.until_done().await;
    worker.stop().await;
    let order: Vec<(String, i16)> = sqlx::query_as("select stage, priority from task order by finished_at")
        .fetch_all(&world.db.owner)
        .await
        .expect("tasks");
    let order: Vec<_> = order.iter().map(|(stage, priority)| (stage.as_str(), *priority)).collect();
    assert_eq!(order, [("verify", 0), ("verify", -1), ("consensus", 0)]);
    world.end().await;
}
