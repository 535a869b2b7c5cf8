//! How many tasks of an empty stage are claimed, run and completed a second, by four clients in batches of fifty: run by
//! `benches/queue`, on the server that `ATR_TEST_SERVER` names. It goes on for as many seconds as its argument says.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use atr_core::{
    ids::{TraceId, WorkerId},
    queue::{ClaimRequest, Stage, Work},
    store::Store,
};
use support::Database;

const CLIENTS: usize = 4;
const BATCH: u32 = 50;
/// Tasks that wait at the beginning.
const TASKS: usize = 150_000;
/// Tasks enqueued in one transaction.
const ENQUEUED_AT_ONCE: usize = 5_000;

async fn work(store: Store, until: Instant) -> u64 {
    let owner: WorkerId = store.ids().make();
    let mut done = 0;
    while Instant::now() < until {
        let ask = ClaimRequest { owner, stage: Stage::Verify, most: BATCH, lease: Duration::from_secs(60) };
        let claims = store.claim(&ask).await.expect("a claim");
        let first = claims.first().expect("more tasks than can be done");
        let mut tx = store.begin_for(first).await.expect("a transaction");
        tx.succeed_all(&claims).await.expect("done");
        tx.commit().await.expect("committed");
        done += claims.len() as u64;
    }
    done
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
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(work(db.store.clone(), until))).collect();
    let mut done = 0;
    for client in clients {
        done += client.await.expect("a client");
    }
    println!("{}", done as f64 / began.elapsed().as_secs_f64());
}
