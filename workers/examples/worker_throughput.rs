//! How many tasks of a stage that finds nothing to do are claimed, run and completed a second, by four workers of one
//! slot each: run by `benches/queue`, on the server that `ATR_TEST_SERVER` names, through the broker that `AMQP_URL` names if
//! it is set. It goes on for as many seconds as its argument says. Prints the rate, and how many doorbells rang.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use atr_core::{
    blobs::Blobs,
    ids::TraceId,
    queue::{Stage, Work},
};
use atr_workers::{AmqpUrl, Context, Options, RewardModels, Worker, transport::rabbitmq::remove_queues};
use support::Database;
use tokio_util::sync::CancellationToken;

const WORKERS: usize = 4;
/// Tasks that wait at the beginning.
const TASKS: usize = 150_000;
/// Tasks enqueued in one transaction.
const ENQUEUED_AT_ONCE: usize = 5_000;

async fn done(db: &Database) -> i64 {
    sqlx::query_scalar("select count(*) from task where state = 'succeeded'")
        .fetch_one(&db.owner)
        .await
        .expect("a count")
}

#[tokio::main]
async fn main() {
    let seconds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("how many seconds");
    let db = Database::create().await;
    for _ in 0..TASKS / ENQUEUED_AT_ONCE {
        let mut tx = db.store.begin(db.project).await.expect("a transaction");
        let tasks = (0..ENQUEUED_AT_ONCE).map(|_| Work::VerifyTrace { trace: db.store.ids().make::<TraceId>() });
        tx.enqueue_all(tasks).await.expect("enqueued");
        tx.commit().await.expect("committed");
    }
    sqlx::raw_sql("analyze task; checkpoint").execute(&db.owner).await.expect("settled");
    let folder = tempfile::tempdir().expect("a folder");
    let broker: Option<AmqpUrl> = std::env::var("AMQP_URL").ok().map(|url| url.parse().expect("the broker's address"));
    let stop = CancellationToken::new();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let cx = Context {
                store: db.store.clone(),
                blobs: Blobs::new(folder.path().join("blobs")),
                trainer: folder.path().join("none"),
                tesseract: "tesseract".into(),
                work_dir: folder.path().join("work"),
                reward_models: RewardModels::default(),
                parsed_facts: Default::default(),
                judge: None,
                delivery: Default::default(),
                fetching: Default::default(),
                cancelled: CancellationToken::new(),
            };
            let options = Options {
                stages: vec![Stage::Verify],
                slots: 1,
                grace: Duration::from_secs(10),
                lease: Options::LEASE,
                broker: broker.clone(),
            };
            tokio::spawn(Worker::new(cx, options).run(stop.clone()))
        })
        .collect();
    // From the first that is done: what comes before is connecting.
    while done(&db).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (before, began) = (done(&db).await, Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let rate = (done(&db).await - before) as f64 / began.elapsed().as_secs_f64();
    assert!(done(&db).await < TASKS as i64, "more tasks are needed: all were done");
    stop.cancel();
    for worker in workers {
        worker.await.expect("a worker ends");
    }
    if let Some(url) = broker {
        remove_queues(&url, db.store.installation()).await.expect("removed");
    }
    let rung: i64 = db.store.announced().await.expect("read").iter().map(|of| of.doorbells).sum();
    println!("{rate} {rung}");
}
