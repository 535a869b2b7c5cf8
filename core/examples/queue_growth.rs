//! How long a claim takes while more and more tasks wait: run by `benches/queue-growth`, on the server that
//! `ATR_TEST_SERVER` names.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use atr_core::{
    ids::{TraceId, WorkerId},
    queue::{ClaimRequest, Stage, Work},
};
use sqlx::AssertSqlSafe;
use support::Database;

/// How many tasks wait.
const SIZES: [(i64, &str); 3] = [(1_000, "1k"), (30_000, "30k"), (1_000_000, "1m")];
/// Projects that share them; the first has nearly all.
const PROJECTS: i64 = 10;
const ROUNDS: usize = 3;
/// Claims of a round at each size.
const CLAIMS: usize = 40;

/// Fills the queue up to so many waiting tasks, and lets nothing run.
async fn fill(db: &Database, size: i64) {
    let work = Work::VerifyTrace { trace: db.store.ids().make::<TraceId>() };
    let work = serde_json::to_string(&work).expect("JSON");
    let sql = format!(
        "update task set state = 'available', owner = null, leased_until = null, attempt = 0 where state = 'running';
         insert into task (id, project_id, stage, work, state, priority, unique_key, attempt, max_attempts, run_at, errors,
                           created_at)
         -- In the order of their making, as UUIDv7 is.
         select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, p.id, 'verify', '{work}',
                'available', 0, gen_random_uuid()::text, 0, 10, now(), '[]', now()
         from generate_series((select count(*) from task) + 1, {size}) n
         join (select id, row_number() over (order by id) as place from project) p
             on p.place = case when n % 100 = 0 then n / 100 % {PROJECTS} + 1 else 1 end"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&db.owner).await.expect("tasks");
}

/// The median and the longest of a round's claims, in milliseconds.
async fn round(db: &Database) -> (f64, f64) {
    let mut took = Vec::with_capacity(CLAIMS);
    for _ in 0..CLAIMS {
        let owner: WorkerId = db.store.ids().make();
        let ask = ClaimRequest { owner, stage: Stage::Verify, most: 64, lease: Duration::from_secs(60) };
        let began = Instant::now();
        let claims = db.store.claim(&ask).await.expect("a claim");
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        assert!(!claims.is_empty(), "nothing is left to claim");
        sqlx::query(
            "update task set state = 'available', owner = null, leased_until = null, attempt = 0
             where state = 'running'",
        )
        .execute(&db.owner)
        .await
        .expect("handed back");
    }
    took.sort_by(f64::total_cmp);
    (took[CLAIMS / 2], took[CLAIMS - 1])
}

#[tokio::main]
async fn main() {
    let mut figures = serde_json::Map::new();
    let mut medians = SIZES.map(|_| Vec::new());
    for number in 1..=ROUNDS {
        let db = Database::create().await;
        for place in 1..PROJECTS {
            db.add_project(&format!("p{place}")).await;
        }
        for ((size, name), medians) in SIZES.into_iter().zip(&mut medians) {
            fill(&db, size).await;
            let (median, longest) = round(&db).await;
            println!("round {number}, {name:>4} waiting: a claim of 64 took {median:.1} ms, at most {longest:.1} ms");
            medians.push(median);
        }
    }
    for ((_, name), mut medians) in SIZES.into_iter().zip(medians) {
        medians.sort_by(f64::total_cmp);
        let figure = serde_json::json!({
            "value": medians[ROUNDS / 2], "low": medians[0], "high": medians[ROUNDS - 1], "unit": "ms",
        });
        figures.insert(format!("claim_ms_{name}"), figure);
    }
    println!("{}", serde_json::Value::Object(figures));
}
