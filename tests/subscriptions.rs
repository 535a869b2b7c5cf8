//! What is followed over sockets: nothing is missed, whichever process it happens in and however the client was cut off.

mod client;
mod protocol;

use std::collections::BTreeSet;

use atr_core::{
    domain::access::Role,
    ids::{AssignmentId, ExpertId, Id, SnapshotId, TrainingJobId},
    queue::{Stage, Work},
};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use self::client::{Client, Server};
use crate::{edges::fill, world::World};

fn uuid(kind: u32, n: u32) -> Uuid {
    format!("{kind:08x}-0000-7000-8000-{n:012x}").parse().expect("an id")
}

/// Routes the first trace to the first expert, for a week of its own.
async fn route(connection: &mut PgConnection, n: u32) -> String {
    sqlx::query(
        "insert into assignment (project_id, id, cycle, expert_id, trace_id, rank, value, reason, at, purpose, slot, state,
                                 leased_until)
         select project_id, $1, '2027-01-04'::date + 7 * $2, $3, id, 1, 1,
                '{\"uncertainty\": 1, \"conflict\": 0, \"reach\": 0, \"novelty\": 0, \"words\": \"w\"}', now(),
                'single', 1, 'held', now() + interval '7 days'
         from error_trace where id = $4",
    )
    .bind(uuid(99, n))
    .bind(i32::try_from(n).expect("a small number"))
    .bind(uuid(1, 1))
    .bind(uuid(7, 1))
    .execute(connection)
    .await
    .expect("an assignment");
    AssignmentId::from_uuid(uuid(99, n)).to_string()
}

async fn route_now(owner: &PgPool, n: u32) -> String {
    route(&mut owner.acquire().await.expect("a connection"), n).await
}

/// Records of every kind, and nothing routed: what was committed a moment ago may be told as new.
async fn furnish(world: &World, to: usize) {
    fill(world, 1, to).await;
    for table in ["suggestion", "assignment"] {
        let delete = sqlx::AssertSqlSafe(format!("delete from {table}"));
        sqlx::query(delete).execute(&world.database.owner).await.expect("nothing routed");
    }
}

fn items(event: &Value) -> Vec<String> {
    let items = event["reviewQueue"]["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// Hears of items until there are so many.
async fn heard(client: &mut Client, many: usize) -> (Vec<String>, String) {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    while all.len() < many {
        let event = client.event("q").await;
        cursor = event["reviewQueue"]["cursor"].as_str().expect("a cursor").to_owned();
        all.extend(items(&event));
    }
    (all, cursor)
}

#[tokio::test]
async fn a_queue_tells_every_item_once_over_a_reconnect_though_one_was_committed_late() {
    let world = World::new().await;
    furnish(&world, 2).await;
    let owner = &world.database.owner;
    let (here, there) = (Server::start(&world, 2).await, Server::start(&world, 3).await);
    let key = world.key(Role::Expert, Some(ExpertId::from_uuid(uuid(1, 1)))).await;
    let query = |after: &str| {
        format!("subscription {{ reviewQueue{after} {{ cursor items {{ id trace {{ id steps {{ text }} }} }} }} }}")
    };

    let mut client = Client::of(&here, &key).await;
    client.subscribe("q", &query("")).await;
    // How things stand now: nothing new.
    let begun = client.event("q").await;
    assert_eq!(items(&begun), Vec::<String>::new());

    // One that began first commits last.
    let mut late = owner.begin().await.expect("a transaction");
    let first = route(&mut late, 1).await;
    let second = route_now(owner, 2).await;
    // Another client is told nothing of the second either, as long as the first may still come before it.
    let cursor = begun["reviewQueue"]["cursor"].as_str().expect("a cursor").to_owned();
    let mut other = Client::of(&there, &key).await;
    other.subscribe("q", &query(&format!("(after: \"{cursor}\")"))).await;
    assert_eq!(items(&other.event("q").await), Vec::<String>::new());
    // The first client is cut off before it could hear of either.
    drop(client);
    late.commit().await.expect("a late commit");

    let mut client = Client::of(&there, &key).await;
    client.subscribe("q", &query(&format!("(after: \"{cursor}\")"))).await;
    let (told, cursor) = heard(&mut client, 2).await;
    assert_eq!(told, [first.clone(), second.clone()]);
    assert_eq!(heard(&mut other, 2).await.0, [first, second], "who stayed heard the same");

    // Cut off again, while more comes in; and nothing that was told is told again.
    drop(client);
    let mut expected = BTreeSet::new();
    for n in 3..60 {
        expected.insert(route_now(owner, n).await);
    }
    let mut client = Client::of(&here, &key).await;
    client.subscribe("q", &query(&format!("(after: \"{cursor}\")"))).await;
    let (told, _) = heard(&mut client, expected.len()).await;
    assert_eq!(told.len(), expected.len());
    assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn what_a_transaction_takes_back_is_never_told_and_holds_nothing_up_for_good() {
    let world = World::new().await;
    furnish(&world, 1).await;
    let owner = &world.database.owner;
    let server = Server::start(&world, 2).await;
    let key = world.key(Role::Auditor, None).await;
    let mut client = Client::of(&server, &key).await;
    let expert = ExpertId::from_uuid(uuid(1, 1));
    client
        .subscribe("q", &format!("subscription {{ reviewQueue(expert: \"{expert}\") {{ cursor items {{ id }} }} }}"))
        .await;
    assert_eq!(items(&client.event("q").await), Vec::<String>::new());
    let mut gone = owner.begin().await.expect("a transaction");
    route(&mut gone, 1).await;
    let kept = route_now(owner, 2).await;
    gone.rollback().await.expect("taken back");
    assert_eq!(heard(&mut client, 1).await.0, [kept]);
}

#[tokio::test]
async fn a_jobs_states_and_lines_are_told_from_wherever_they_come_and_end_with_it() {
    let world = World::new().await;
    fill(&world, 1, 1).await;
    let (here, there) = (Server::start(&world, 2).await, Server::start(&world, 3).await);
    let key = world.key(Role::Auditor, None).await;
    let store = &there.app.store;
    let new = atr_core::domain::training::NewJob {
        snapshot: SnapshotId::from_uuid(uuid(21, 1)),
        base_model: None,
        method: atr_core::domain::training::TrainingMethod::Reward,
        backend: atr_core::domain::training::TrainingBackend::Local,
        seed: 7,
        hyperparameters: json!({}),
    };
    let mut tx = store.begin(world.database.project).await.expect("a transaction");
    let job: TrainingJobId = tx.add_job(&new).await.expect("a job").id;
    tx.commit().await.expect("a commit");
    let query = |after: &str| {
        format!(
            "subscription {{ jobProgress(job: \"{job}\"{after}) {{ cursor job {{ state attempt }} lines {{ ordinal event }} }} }}"
        )
    };
    let mut client = Client::of(&here, &key).await;
    client.subscribe("j", &query("")).await;
    let told = client.event("j").await["jobProgress"].clone();
    assert_eq!((&told["job"]["state"], &told["lines"]), (&json!("QUEUED"), &json!([])));

    let mut tx = store.begin(world.database.project).await.expect("a transaction");
    assert_eq!(tx.start_job(job).await.expect("an answer"), Some(1));
    tx.commit().await.expect("a commit");
    let told = client.event("j").await["jobProgress"].clone();
    assert_eq!(told["job"], json!({"state": "RUNNING", "attempt": 1}));

    let lines: Vec<Value> = (0..30).map(|n| json!({"step": n})).collect();
    let mut tx = store.begin(world.database.project).await.expect("a transaction");
    assert!(tx.record_job_events(job, 1, 0, &lines).await.expect("an answer"));
    tx.commit().await.expect("a commit");
    let part = client.event("j").await["jobProgress"].clone();
    let first: Vec<_> = part["lines"].as_array().expect("lines").iter().map(|line| line["ordinal"].clone()).collect();
    assert_eq!(first, (0..20).map(Value::from).collect::<Vec<_>>());
    // Cut off in the middle: the rest comes after the cursor, and then the end.
    drop(client);
    let mut tx = store.begin(world.database.project).await.expect("a transaction");
    assert!(tx.cancel_job(job).await.expect("an answer"));
    tx.commit().await.expect("a commit");
    let mut client = Client::of(&there, &key).await;
    let cursor = part["cursor"].as_str().expect("a cursor");
    client.subscribe("j", &query(&format!(", after: \"{cursor}\""))).await;
    let told = client.event("j").await["jobProgress"].clone();
    assert_eq!(told["job"]["state"], "CANCELLED");
    let rest: Vec<_> = told["lines"].as_array().expect("lines").iter().map(|line| line["ordinal"].clone()).collect();
    assert_eq!(rest, (20..30).map(Value::from).collect::<Vec<_>>());
    assert_eq!(client.message().await, json!({"type": "complete", "id": "j"}));
}

#[tokio::test]
async fn a_snapshot_tells_its_states_and_ends_with_the_last() {
    let world = World::new().await;
    fill(&world, 1, 1).await;
    let (here, there) = (Server::start(&world, 2).await, Server::start(&world, 3).await);
    let key = world.key(Role::Auditor, None).await;
    let id = SnapshotId::from_uuid(uuid(21, 1));
    let mut client = Client::of(&here, &key).await;
    client.subscribe("s", &format!("subscription {{ snapshotState(snapshot: \"{id}\") {{ state error }} }}")).await;
    assert_eq!(client.event("s").await["snapshotState"], json!({"state": "CURATED", "error": null}));
    let mut tx = there.app.store.begin(world.database.project).await.expect("a transaction");
    assert!(tx.fail_snapshot(id, "the disk is full").await.expect("an answer"));
    tx.commit().await.expect("a commit");
    assert_eq!(client.event("s").await["snapshotState"], json!({"state": "FAILED", "error": "the disk is full"}));
    assert_eq!(client.message().await, json!({"type": "complete", "id": "s"}));
}

#[tokio::test]
async fn open_work_is_told_when_it_comes_and_when_it_is_done() {
    let world = World::new().await;
    let (here, there) = (Server::start(&world, 2).await, Server::start(&world, 3).await);
    let key = world.key(Role::Auditor, None).await;
    let mut client = Client::of(&here, &key).await;
    client.subscribe("t", "subscription { taskProgress { open { stage state tasks } } }").await;
    assert_eq!(client.event("t").await, json!({"taskProgress": {"open": []}}));
    let store = &there.app.store;
    let mut tx = store.begin(world.database.project).await.expect("a transaction");
    tx.enqueue(Work::RouteCycle { cycle: "2026-11-23".parse().expect("a day") }).await.expect("enqueued");
    tx.commit().await.expect("a commit");
    let open = |state: &str| json!({"taskProgress": {"open": [{"stage": "ROUTE", "state": state, "tasks": 1}]}});
    assert_eq!(client.event("t").await, open("AVAILABLE"));
    let ask = atr_core::queue::ClaimRequest {
        owner: store.ids().make(),
        stage: Stage::Route,
        most: 1,
        lease: std::time::Duration::from_secs(60),
    };
    let claims = store.claim(&ask).await.expect("a claim");
    assert_eq!(client.event("t").await, open("RUNNING"));
    let mut tx = store.begin_for(&claims[0]).await.expect("a transaction");
    tx.succeed(&claims[0]).await.expect("done");
    tx.commit().await.expect("a commit");
    assert_eq!(client.event("t").await, json!({"taskProgress": {"open": []}}));
}
