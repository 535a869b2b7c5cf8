//! Processes that are killed or stopped in the middle of their work, and what is found afterwards.

pub mod sender;

use std::{collections::BTreeMap, time::Duration};

use atr::app::{Actor, App, experts, projects};
use atr_core::{
    blobs::Blobs,
    clock::Clock,
    domain::expert::ExpertInput,
    ids::{Id, Ids, TraceId},
    store::{Connect, Store},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use self::sender::{Answer, Sending, store_all};
use crate::{
    process::{HeldDatabase, Installation, PATIENCE, Result, Service, until},
    traces::{CHAINS, external_id, trace},
};

async fn count(database: &mut PgConnection, question: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(question).fetch_one(database).await?)
}

/// Waits until nothing is left to be done; no task may have died.
pub(crate) async fn drained(database: &mut PgConnection) -> Result {
    until("an empty queue", async || {
        let dead: Vec<String> =
            sqlx::query_scalar("select stage || ': ' || errors::text from task where state = 'dead'")
                .fetch_all(&mut *database)
                .await?;
        assert_eq!(dead, Vec::<String>::new(), "tasks died");
        // What is put off to its time is not left: a cycle of the weekly review closes when it does.
        let open = "select count(*) from task where state not in ('succeeded', 'cancelled', 'dead')
                    and (state <> 'scheduled' or run_at < now() + interval '10 minutes')";
        Ok((count(database, open).await? == 0).then_some(()))
    })
    .await
}

/// Lets the leases of workers that are gone run out now: a test does not wait a minute for it.
async fn end_leases(database: &mut PgConnection) -> Result<u64> {
    let ended = sqlx::query("update task set leased_until = now() where state = 'running'").execute(database).await?;
    Ok(ended.rows_affected())
}

/// What was stored, by external id; each once.
async fn stored(database: &mut PgConnection) -> Result<BTreeMap<String, String>> {
    let rows = sqlx::query("select external_id, id from error_trace").fetch_all(database).await?;
    let count = rows.len();
    let mut traces = BTreeMap::new();
    for row in rows {
        let id = TraceId::from_uuid(row.try_get("id")?);
        traces.insert(row.try_get("external_id")?, id.to_string());
    }
    assert_eq!(traces.len(), count, "a trace is stored twice");
    Ok(traces)
}

/// The balance of the door for traces: its sum, and how many were stored.
async fn assert_balanced(database: &mut PgConnection) -> Result {
    let sums = sqlx::query(
        "select count(*) filter (where received <> stored + duplicate + quarantined + filtered + rejected) as wrong,
                coalesce(sum(stored), 0)::bigint as stored, (select count(*) from error_trace) as traces,
                (select count(*) from trace_key) as keys
         from ingest_batch where door = 'traces'",
    )
    .fetch_one(database)
    .await?;
    let (wrong, stored): (i64, i64) = (sums.try_get("wrong")?, sums.try_get("stored")?);
    let (traces, keys): (i64, i64) = (sums.try_get("traces")?, sums.try_get("keys")?);
    assert_eq!((wrong, stored, keys), (0, traces, traces), "batches, stored by them, keys of traces");
    Ok(())
}

/// Every trace was verified, once, and scored; every group was compared.
async fn assert_worked_off(database: &mut PgConnection) -> Result {
    let verifications = count(database, "select count(*) from verification").await?;
    assert_eq!(verifications, count(database, "select count(*) from error_trace").await?);
    let lacking = "select count(*) from error_trace t
        where not exists (select from verification v where v.project_id = t.project_id and v.trace_id = t.id)
           or not exists (select from score s where s.project_id = t.project_id and s.trace_id = t.id)
           or not exists (select from consensus c
                          where c.project_id = t.project_id and c.chain_group_id = t.chain_group_id)";
    assert_eq!(count(database, lacking).await?, 0, "traces that were not verified, scored and compared");
    let scored_twice = "select count(*) - count(distinct (trace_id, inputs_hash)) from score";
    assert_eq!(count(database, scored_twice).await?, 0, "scores of the same inputs");
    Ok(())
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_once_and_what_is_sent_again_completes_it() -> Result {
    const TRACES: usize = 4000;
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let key = service.first_key.clone().ok_or("no first key")?;
    let mut sending = Sending::begin(&service, &key, 0..TRACES)?;
    sending.until(700).await?;
    service.kill().await?;
    let before = sending.what_was_answered().await;
    assert!((700..TRACES).contains(&before.len()), "{} lines were answered", before.len());

    let held = installation.hold_database().await?;
    let mut database = held.connect().await?;
    let kept = stored(&mut database).await?;
    for (n, Answer { status, id }) in &before {
        assert_eq!((status.as_str(), id.as_ref()), ("stored", kept.get(&external_id(*n))), "line {n}");
    }
    assert!(kept.len() < TRACES, "the kill came too late");
    assert_balanced(&mut database).await?;
    let left_running = end_leases(&mut database).await?;
    drop(database);
    held.stop().await?;

    let service = installation.up(&[]).await?;
    let after = Sending::begin(&service, &key, 0..TRACES)?.all().await?;
    assert_eq!(after.len(), TRACES);
    for (n, Answer { status, id }) in &after {
        let known = kept.get(&external_id(*n));
        assert_eq!(status, if known.is_some() { "duplicate" } else { "stored" }, "line {n}");
        assert!(known.is_none() || known == id.as_ref(), "line {n} is now known as {id:?}");
    }
    let mut database = installation.database().await?;
    drained(&mut database).await?;
    assert_eq!(stored(&mut database).await?.len(), TRACES);
    assert_balanced(&mut database).await?;
    assert_worked_off(&mut database).await?;
    let groups = count(&mut database, "select count(*) from chain_group").await?;
    assert_eq!(usize::try_from(groups)?, TRACES.div_ceil(CHAINS));
    eprintln!("{} lines were answered, {} stored, {left_running} tasks held at the kill", before.len(), kept.len());
    drop(database);
    service.stop().await
}

/// A project's reviewed traces, ready for a snapshot.
pub(crate) async fn reviewed(
    installation: &Installation,
    held: &HeldDatabase,
    service: &Service,
    traces: usize,
) -> Result {
    let key = service.first_key.as_deref().ok_or("no first key")?;
    store_all(service, key, "traces", (0..traces).map(trace)).await?;
    let clock = Clock::system();
    let connect = Connect { url: held.url(), connections: 4, ids: Ids::from_system(clock.clone()), clock };
    let store = Store::connect(connect).await?;
    let app = App { store, blobs: Blobs::new(installation.data().join("blobs")), process: Default::default() };
    let project = projects::named(&app, "default").await?;
    let chemist = ExpertInput {
        handle: "chemist".to_owned(),
        domains: vec![],
        languages: vec!["en".to_owned()],
        weekly_capacity: 100,
    };
    let expert = experts::create(&app, &Actor::local(project.id), chemist).await?.id.to_string();
    app.store.close().await;
    let made = installation.run(&["key", "create", "chemist", "--role", "expert", "--expert", &expert]).await?;
    let reviews = (0..traces).map(|n| {
        let right = n.is_multiple_of(2);
        let mut review = json!({
            "external_id": format!("review-{n}"), "trace_external_id": external_id(n), "expert": "chemist",
            "verdict": if right { "correct" } else { "incorrect" },
        });
        if !right {
            review["corrected_answer"] = json!(format!("{} grams", n / CHAINS));
        }
        review
    });
    store_all(service, made["secret"].as_str().ok_or("no secret")?, "reviews", reviews).await?;
    drained(&mut held.connect().await?).await
}

/// A transaction that keeps everyone else from writing to a table, until it is dropped.
async fn hold_up(held: &HeldDatabase, table: &str) -> Result<PgConnection> {
    let mut holder = held.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(format!("begin; lock table {table} in exclusive mode"))).execute(&mut holder).await?;
    Ok(holder)
}

/// Waits until a worker is in the middle of a task of the stage: in a transaction that has come to the table held up.
async fn until_held_up(database: &mut PgConnection, stage: &str, table: &str) -> Result {
    until(&format!("a worker of {stage} that waits for {table}"), async || {
        let waits = sqlx::query_scalar::<_, bool>(
            "select exists (select from pg_locks where not granted and relation = $2::regclass)
                and exists (select from task where stage = $1 and state = 'running')",
        );
        Ok(waits.bind(stage).bind(table).fetch_one(&mut *database).await?.then_some(()))
    })
    .await
}

/// Waits until the database has noticed that the killed process is gone: what it had not committed never was.
async fn until_alone(database: &mut PgConnection) -> Result {
    until("the end of the dead process's transactions", async || {
        let others = "select count(*) from pg_stat_activity
            where datname = current_database() and backend_type = 'client backend'
              and pid <> pg_backend_pid() and state <> 'idle in transaction'";
        Ok((count(database, others).await? == 0).then_some(()))
    })
    .await
}

async fn state_of_snapshot(database: &mut PgConnection) -> Result<String> {
    Ok(sqlx::query_scalar("select state from snapshot where name = 'first'").fetch_one(database).await?)
}

#[tokio::test]
async fn a_snapshot_whose_workers_are_killed_while_they_curate_and_build_it_is_completed_and_is_what_it_says() -> Result
{
    const TRACES: usize = 240;
    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    let mut database = held.connect().await?;
    let service = installation.up(&[]).await?;
    reviewed(&installation, &held, &service, TRACES).await?;

    let holder = hold_up(&held, "curation_decision").await?;
    let asked = installation.run(&["snapshot", "create", "first"]).await?;
    assert_eq!((&asked["state"], &asked["members"]), (&json!("frozen"), &json!(TRACES)), "{asked}");
    until_held_up(&mut database, "curate", "curation_decision").await?;
    service.kill().await?;
    // Before the way is free, so that the next worker comes no further than this.
    let next_holder = hold_up(&held, "snapshot_row").await?;
    drop(holder);
    until_alone(&mut database).await?;
    assert_eq!(state_of_snapshot(&mut database).await?, "frozen");
    assert_eq!(count(&mut database, "select count(*) from curation_decision").await?, 0);
    assert_eq!(end_leases(&mut database).await?, 1);

    let service = installation.up(&[]).await?;
    until_held_up(&mut database, "snapshot", "snapshot_row").await?;
    service.kill().await?;
    drop(next_holder);
    until_alone(&mut database).await?;
    assert_eq!(state_of_snapshot(&mut database).await?, "curated");
    assert_eq!(count(&mut database, "select count(*) from snapshot_row").await?, 0);
    assert_eq!(end_leases(&mut database).await?, 1);

    let service = installation.up(&[]).await?;
    drained(&mut database).await?;
    assert_eq!(state_of_snapshot(&mut database).await?, "sealed");
    assert_eq!(usize::try_from(count(&mut database, "select count(*) from curation_decision").await?)?, TRACES);
    let doubled = "select count(*) - count(distinct (format, example_id)) from snapshot_row";
    assert_eq!(count(&mut database, doubled).await?, 0, "rows that are there twice");
    let files: Vec<(String, i64, i64)> = sqlx::query_as(
        "select f.path, f.rows, count(r.id) from snapshot_file f
         left join snapshot_row r on r.project_id = f.project_id and r.snapshot_id = f.snapshot_id
              and r.format = split_part(f.path, '.', 1)
         where split_part(f.path, '.', 1) in (select format from snapshot_row)
         group by f.path, f.rows",
    )
    .fetch_all(&mut database)
    .await?;
    assert!(!files.is_empty());
    assert!(files.iter().all(|(_, in_file, recorded)| *recorded > 0 && in_file == recorded), "{files:?}");
    let attempts: Vec<(String, i16)> =
        sqlx::query_as("select stage, attempt from task where stage in ('curate', 'snapshot') order by stage")
            .fetch_all(&mut database)
            .await?;
    assert_eq!(attempts, [("curate".to_owned(), 2), ("snapshot".to_owned(), 2)]);
    let verified = installation.run(&["snapshot", "verify", "first", "--rebuild"]).await?;
    assert_eq!((&verified["verified"], &verified["rebuilt"]), (&json!(true), &json!(true)), "{verified:#}");

    // One that nothing disturbed, of the same members.
    installation.run(&["snapshot", "create", "second"]).await?;
    drained(&mut database).await?;
    let difference = installation.run(&["snapshot", "diff", "first", "second"]).await?;
    assert_eq!((&difference["added"], &difference["removed"]), (&json!([]), &json!([])), "{difference:#}");
    service.stop().await?;
    drop(database);
    held.stop().await
}

#[tokio::test]
async fn told_to_stop_it_answers_what_was_being_sent_finishes_what_it_does_and_ends_well() -> Result {
    const TRACES: usize = 3000;
    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    let mut database = held.connect().await?;
    let grace = Duration::from_secs(120);
    let service = installation.up(&["--grace-seconds", &grace.as_secs().to_string()]).await?;
    let key = service.first_key.clone().ok_or("no first key")?;
    let mut sending = Sending::begin(&service, &key, 0..TRACES)?;
    sending.until(700).await?;
    until("a task that runs", async || {
        Ok((count(&mut database, "select count(*) from task where state = 'running'").await? > 0).then_some(()))
    })
    .await?;
    service.terminate()?;
    let answers = sending.all().await?;
    assert_eq!(answers.values().filter(|answer| answer.status == "stored").count(), TRACES);
    let ended = service.ended(grace).await?;
    assert!(ended.success(), "{ended}");

    assert_eq!(stored(&mut database).await?.len(), TRACES);
    assert_balanced(&mut database).await?;
    let unfinished = "select count(*) from task where state in ('running', 'retryable', 'dead') or errors <> '[]'";
    assert_eq!(count(&mut database, unfinished).await?, 0, "tasks that were neither finished nor left");
    let service = installation.up(&[]).await?;
    drained(&mut database).await?;
    assert_worked_off(&mut database).await?;
    service.stop().await?;
    drop(database);
    held.stop().await
}

#[tokio::test]
async fn work_that_does_not_finish_within_the_grace_time_is_handed_back_as_if_it_had_never_begun() -> Result {
    const TRACES: usize = 200;
    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    let mut database = held.connect().await?;
    let service = installation.up(&["--grace-seconds", "1"]).await?;
    let key = service.first_key.clone().ok_or("no first key")?;
    let holder = hold_up(&held, "verification").await?;
    store_all(&service, &key, "traces", (0..TRACES).map(trace)).await?;
    until_held_up(&mut database, "verify", "verification").await?;
    service.terminate()?;
    let ended = service.ended(PATIENCE).await?;
    assert!(ended.success(), "{ended}");
    let tasks: Vec<Value> = sqlx::query_scalar(
        "select jsonb_build_object('state', state, 'attempt', attempt, 'errors', errors, 'tasks', count(*))
         from task where stage = 'verify' group by state, attempt, errors",
    )
    .fetch_all(&mut database)
    .await?;
    assert_eq!(tasks, [json!({"state": "available", "attempt": 0, "errors": [], "tasks": TRACES})]);

    drop(holder);
    let service = installation.up(&[]).await?;
    drained(&mut database).await?;
    assert_worked_off(&mut database).await?;
    service.stop().await?;
    drop(database);
    held.stop().await
}
