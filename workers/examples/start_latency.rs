//! How long it takes from the commit that enqueued a task until a worker has begun with it, on an idle system: run by
//! `benches/queue`, on the server that `ATR_TEST_SERVER` names. Prints the 99th percentile, in milliseconds.
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

const TASKS: usize = 500;
/// Between a task's end and the next: the system is idle again.
const PAUSE: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() {
    let db = Database::create().await;
    let folder = tempfile::tempdir().expect("a folder");
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
    let broker: Option<AmqpUrl> = std::env::var("AMQP_URL").ok().map(|url| url.parse().expect("the broker's address"));
    let options = Options {
        stages: Stage::ALL.to_vec(),
        slots: 4,
        grace: Duration::from_secs(10),
        lease: Options::LEASE,
        broker: broker.clone(),
    };
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
    let mut took = Vec::with_capacity(TASKS);
    for _ in 0..TASKS {
        // Of a trace that is not there: nothing is done.
        let work = Work::VerifyTrace { trace: db.store.ids().make::<TraceId>() };
        let mut tx = db.store.begin(db.project).await.expect("a transaction");
        tx.enqueue(work).await.expect("enqueued");
        tx.commit().await.expect("committed");
        let committed = Instant::now();
        loop {
            let waits = "select exists (select from task where state = 'available')";
            if !sqlx::query_scalar::<_, bool>(waits).fetch_one(&db.owner).await.expect("the queue") {
                took.push(committed.elapsed().as_secs_f64() * 1000.0);
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    stop.cancel();
    worker.await.expect("the worker ends");
    if let Some(url) = broker {
        remove_queues(&url, db.store.installation()).await.expect("removed");
    }
    took.sort_by(f64::total_cmp);
    eprintln!("median {:.1} ms, at most {:.1} ms", took[TASKS / 2], took[TASKS - 1]);
    println!("{}", took[TASKS * 99 / 100]);
}
