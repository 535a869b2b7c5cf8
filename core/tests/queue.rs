//! The task queue against a real PostgreSQL.

use std::time::Duration;

use atr_core::{
    ids::{Id, ProjectId, TraceId, WorkerId},
    queue::{Claim, ClaimRequest, Enqueued, Failure, NewTask, Stage, State, TaskFilter, Work},
    store::{PageRequest, Store, StoreError},
};

use crate::support::Database;

const LEASE: Duration = Duration::from_secs(60);

fn work(store: &Store) -> Work {
    Work::VerifyTrace { trace: store.ids().make::<TraceId>() }
}

async fn enqueue(
    store: &Store,
    project: ProjectId,
    tasks: impl IntoIterator<Item = impl Into<NewTask>>,
) -> Vec<Enqueued> {
    let mut tx = store.begin(project).await.expect("a transaction");
    let done = tx.enqueue_all(tasks).await.expect("enqueued");
    tx.commit().await.expect("committed");
    done
}

async fn claim(store: &Store, owner: WorkerId, most: u32) -> Vec<Claim> {
    store.claim(&ClaimRequest { owner, stage: Stage::Verify, most, lease: LEASE }).await.expect("claimed")
}

async fn in_state(store: &Store, project: ProjectId, state: State) -> usize {
    let mut tx = store.begin(project).await.expect("a transaction");
    let filter = TaskFilter { stage: None, state: Some(state) };
    tx.tasks(&filter, PageRequest::first(200)).await.expect("a page").rows.len()
}

async fn succeed(store: &Store, claim: &Claim) -> Result<(), StoreError> {
    let mut tx = store.begin_for(claim).await?;
    tx.succeed(claim).await?;
    tx.commit().await
}

/// As if the lease of everything that runs had run out.
async fn outlive_leases(database: &Database) {
    sqlx::query("update task set leased_until = now() - interval '1 second' where state = 'running'")
        .execute(&database.owner)
        .await
        .expect("leases ended");
}

#[tokio::test]
async fn what_is_rolled_back_was_never_enqueued() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    let mut tx = store.begin(project).await.expect("a transaction");
    tx.enqueue(work(store)).await.expect("enqueued");
    tx.rollback().await.expect("rolled back");
    assert!(claim(store, store.ids().make(), 10).await.is_empty());
}

#[tokio::test]
async fn the_same_work_waits_once_and_again_while_it_runs_but_never_runs_twice_at_once() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    let once = work(store);
    assert!(matches!(enqueue(store, project, [once.clone()]).await[..], [Enqueued::New(_)]));
    assert_eq!(enqueue(store, project, [once.clone()]).await, [Enqueued::Waiting]);
    let first = claim(store, store.ids().make(), 10).await.remove(0);
    // What runs may have read what has changed since: it must be done once more.
    assert!(matches!(enqueue(store, project, [once.clone()]).await[..], [Enqueued::New(_)]));
    let other = work(store);
    enqueue(store, project, [other.clone()]).await;
    let beside = claim(store, store.ids().make(), 10).await;
    assert_eq!(beside.iter().map(|claim| &claim.work).collect::<Vec<_>>(), [&other]);
    succeed(store, &first).await.expect("the holder finishes");
    let again = claim(store, store.ids().make(), 10).await;
    assert_eq!(again.iter().map(|claim| (&claim.work, claim.id == first.id)).collect::<Vec<_>>(), [(&once, false)]);
}

#[tokio::test]
async fn workers_at_once_never_hold_the_same_task() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, (0..200).map(|_| work(store)).collect::<Vec<_>>()).await;
    let claims = futures_util::future::join_all((0..5).map(|_| async {
        let mut held = Vec::new();
        let owner = store.ids().make();
        loop {
            let more = claim(store, owner, 7).await;
            if more.is_empty() {
                return held;
            }
            held.extend(more.into_iter().map(|claim| claim.id));
        }
    }))
    .await;
    let mut held: Vec<_> = claims.into_iter().flatten().collect();
    held.sort();
    let all = held.len();
    held.dedup();
    assert_eq!((all, held.len()), (200, 200));
}

#[tokio::test]
async fn a_claim_looks_past_what_others_are_about_to_take_instead_of_coming_away_empty() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, (0..400).map(|_| work(store)).collect::<Vec<_>>()).await;
    let mut others = database.owner.begin().await.expect("a transaction");
    sqlx::query("select from task order by priority, run_at, id limit 300 for update")
        .execute(&mut *others)
        .await
        .expect("held");
    assert_eq!(claim(store, store.ids().make(), 64).await.len(), 64);
    others.rollback().await.expect("let go");
}

#[tokio::test]
async fn one_projects_many_tasks_do_not_starve_anothers_few() {
    let database = Database::create().await;
    let store = &database.store;
    let (many, few) = (database.project, database.add_project("few").await);
    enqueue(store, many, (0..500).map(|_| work(store)).collect::<Vec<_>>()).await;
    enqueue(store, few, (0..3).map(|_| work(store)).collect::<Vec<_>>()).await;
    let first = claim(store, store.ids().make(), 10).await;
    assert_eq!(first.len(), 10);
    assert_eq!(first.iter().filter(|claim| claim.project == few).count(), 3);
}

#[tokio::test]
async fn a_worker_whose_lease_ran_out_can_neither_renew_nor_finish() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, [work(store)]).await;
    let slow = claim(store, store.ids().make(), 1).await.remove(0);
    assert_eq!(store.renew(std::slice::from_ref(&slow), LEASE).await.expect("asked"), [], "still held");
    outlive_leases(&database).await;
    assert_eq!(store.sweep(100).await.expect("swept").taken_back, 1);
    let quick = claim(store, store.ids().make(), 1).await.remove(0);
    assert_eq!((quick.id, quick.attempt), (slow.id, 2));
    assert_eq!(store.renew(std::slice::from_ref(&slow), LEASE).await.expect("asked"), [slow.id]);
    assert!(matches!(succeed(store, &slow).await, Err(StoreError::LeaseLost(_))));
    let late = Failure::Passing("too late".to_owned());
    assert!(matches!(store.fail(&slow, &late, Duration::ZERO).await, Err(StoreError::LeaseLost(_))));
    succeed(store, &quick).await.expect("the holder finishes");
    assert_eq!(in_state(store, project, State::Succeeded).await, 1);
}

#[tokio::test]
async fn a_failed_attempt_waits_is_tried_again_and_dies_when_attempts_are_used_up() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, [NewTask { max_attempts: 2, ..work(store).into() }]).await;
    let failure = Failure::Passing("the disk is full".to_owned());
    let held = claim(store, store.ids().make(), 1).await.remove(0);
    store.fail(&held, &failure, Duration::from_secs(3600)).await.expect("recorded");
    assert_eq!(store.sweep(100).await.expect("swept").due, 0, "it is not due for an hour");
    sqlx::query("update task set run_at = now()").execute(&database.owner).await.expect("an hour later");
    assert_eq!(store.sweep(100).await.expect("swept").due, 1);
    let held = claim(store, store.ids().make(), 1).await.remove(0);
    store.fail(&held, &failure, Duration::from_secs(1)).await.expect("recorded");
    let mut tx = store.begin(project).await.expect("a transaction");
    let dead = tx.tasks_by_id(&[held.id]).await.expect("read").remove(0);
    assert_eq!((dead.state, dead.errors.as_array().map(Vec::len)), (State::Dead, Some(2)));
    assert!(tx.replay(held.id).await.expect("replayed"));
    tx.commit().await.expect("committed");
    assert_eq!(claim(store, store.ids().make(), 1).await.remove(0).attempt, 1);
}

#[tokio::test]
async fn a_lasting_failure_is_dead_at_once_and_one_replaced_meanwhile_is_cancelled() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    let (bad, twice) = (work(store), work(store));
    enqueue(store, project, [bad, twice.clone()]).await;
    let held = claim(store, store.ids().make(), 2).await;
    enqueue(store, project, [twice.clone()]).await;
    for claim in &held {
        let failure = if claim.work == twice {
            Failure::Passing("later".to_owned())
        } else {
            Failure::Lasting("never".to_owned())
        };
        store.fail(claim, &failure, Duration::ZERO).await.expect("recorded");
    }
    assert_eq!(in_state(store, project, State::Dead).await, 1);
    assert_eq!(in_state(store, project, State::Cancelled).await, 1);
    assert_eq!(in_state(store, project, State::Available).await, 1);
}

#[tokio::test]
async fn what_is_handed_back_costs_no_attempt() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, [work(store)]).await;
    let held = claim(store, store.ids().make(), 1).await.remove(0);
    store.hand_back(&held).await.expect("handed back");
    assert_eq!(claim(store, store.ids().make(), 1).await.remove(0).attempt, 1);
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_dead_and_the_others_go_on() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    enqueue(store, project, [work(store), work(store)]).await;
    sqlx::query("update task set work = '{\"do\": \"juggle\"}' where id = (select min(id::text)::uuid from task)")
        .execute(&database.owner)
        .await
        .expect("changed");
    assert_eq!(claim(store, store.ids().make(), 10).await.len(), 1);
    assert_eq!(in_state(store, project, State::Dead).await, 1);
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_alone_and_another_projects_tasks_are_not_listed() {
    let database = Database::create().await;
    let store = &database.store;
    let (one, other) = (database.project, database.add_project("other").await);
    enqueue(store, one, [work(store)]).await;
    assert_eq!(in_state(store, other, State::Available).await, 0);
    assert_eq!(store.authenticate(&blake3::hash(b"no key")).await.expect("asked"), None);
    assert_ne!(one.uuid(), other.uuid());
}
