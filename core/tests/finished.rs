//! Tasks that have ended: how fast, replayed, and removed.

use std::time::Duration;

use atr_core::{
    ids::{ProjectId, TaskId, TraceId},
    queue::{Claim, ClaimRequest, Failure, Replayed, Stage, State, TaskFilter, Work},
    store::{PageRequest, Store, StoreError},
};

use crate::support::Database;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Enqueues so many traces to be verified, and claims them.
async fn running(store: &Store, project: ProjectId, tasks: usize) -> Vec<Claim> {
    let works: Vec<_> = (0..tasks).map(|_| Work::VerifyTrace { trace: store.ids().make::<TraceId>() }).collect();
    enqueue(store, project, works).await;
    let ask = ClaimRequest { owner: store.ids().make(), stage: Stage::Verify, most: 100, lease: DAY };
    store.claim(&ask).await.expect("claimed")
}

async fn enqueue(store: &Store, project: ProjectId, works: Vec<Work>) {
    let mut tx = store.begin(project).await.expect("a transaction");
    tx.enqueue_all(works).await.expect("enqueued");
    tx.commit().await.expect("committed");
}

async fn succeed(store: &Store, claims: &[Claim]) {
    let mut tx = store.begin_for(&claims[0]).await.expect("a transaction");
    tx.succeed_all(claims).await.expect("done");
    tx.commit().await.expect("committed");
}

async fn die(store: &Store, claims: &[Claim]) {
    for claim in claims {
        store.fail(claim, &Failure::Lasting("never".to_owned()), Duration::ZERO).await.expect("recorded");
    }
}

async fn in_state(store: &Store, project: ProjectId, state: State) -> Vec<TaskId> {
    let mut tx = store.begin(project).await.expect("a transaction");
    let filter = TaskFilter { stage: None, state: Some(state) };
    tx.tasks(&filter, PageRequest::first(200)).await.expect("a page").rows.into_iter().map(|task| task.id).collect()
}

async fn replay(store: &Store, project: ProjectId, after: Option<TaskId>, most: i64) -> Replayed {
    let mut tx = store.begin(project).await.expect("a transaction");
    let done = tx.replay_page(None, after, most).await.expect("replayed");
    tx.commit().await.expect("committed");
    done
}

#[tokio::test]
async fn the_rate_is_of_what_succeeded_of_late_and_each_project_has_its_own() {
    let database = Database::create().await;
    let (store, one, other) = (&database.store, database.project, database.add_project("other").await);
    assert_eq!(store.queue_rates().await.expect("read"), []);
    succeed(store, &running(store, one, 6).await).await;
    sqlx::query("update task set finished_at = now() - interval '1 hour' where id in (select id from task limit 2)")
        .execute(&database.owner)
        .await
        .expect("two are long done");
    succeed(store, &running(store, other, 3).await).await;
    die(store, &running(store, other, 1).await).await;
    let all = store.queue_rates().await.expect("read");
    assert_eq!(all.iter().map(|rate| (rate.stage, rate.done)).collect::<Vec<_>>(), [(Stage::Verify, 7)]);
    assert!((all[0].per_second() - 7.0 / 300.0).abs() < 1e-9, "over five minutes: {all:?}");
    let of_other = store.begin(other).await.expect("a transaction").queue_rates().await.expect("read");
    assert_eq!(of_other.iter().map(|rate| rate.done).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn dead_tasks_are_replayed_page_by_page_and_none_twice() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    die(store, &running(store, project, 5).await).await;
    let first = replay(store, project, None, 3).await;
    assert_eq!((first.replayed, first.passed_over, first.last.is_some()), (3, 0, true));
    // What was replayed dies anew, and is not met again by who goes on.
    let ask = ClaimRequest { owner: store.ids().make(), stage: Stage::Verify, most: 100, lease: DAY };
    let again = store.claim(&ask).await.expect("claimed");
    assert!(again.iter().all(|claim| claim.attempt == 1));
    die(store, &again).await;
    let rest = replay(store, project, first.last, 3).await;
    assert_eq!(rest, Replayed { replayed: 2, passed_over: 0, last: None });
    assert_eq!(in_state(store, project, State::Dead).await.len(), 3);
}

#[tokio::test]
async fn what_waits_anyway_or_died_twice_waits_once_after_a_replay() {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    let dead = running(store, project, 2).await;
    die(store, &dead).await;
    enqueue(store, project, vec![dead[0].work.clone(), dead[1].work.clone()]).await;
    let ask = ClaimRequest { owner: store.ids().make(), stage: Stage::Verify, most: 100, lease: DAY };
    // Of both pieces of work two are dead, and one of them waits.
    die(store, &store.claim(&ask).await.expect("claimed")).await;
    enqueue(store, project, vec![dead[0].work.clone()]).await;
    let done = replay(store, project, None, 10).await;
    assert_eq!(done, Replayed { replayed: 1, passed_over: 3, last: None });
    assert_eq!(in_state(store, project, State::Available).await.len(), 2);
}

#[tokio::test]
async fn a_stage_is_replayed_alone_and_another_projects_dead_stay_dead() {
    let database = Database::create().await;
    let (store, one, other) = (&database.store, database.project, database.add_project("other").await);
    die(store, &running(store, one, 1).await).await;
    die(store, &running(store, other, 1).await).await;
    let mut tx = store.begin(one).await.expect("a transaction");
    assert_eq!(tx.replay_page(Some(Stage::Score), None, 10).await.expect("replayed"), Replayed::default());
    assert_eq!(tx.replay_page(Some(Stage::Verify), None, 10).await.expect("replayed").replayed, 1);
    tx.commit().await.expect("committed");
    assert_eq!(in_state(store, other, State::Dead).await.len(), 1);
}

#[tokio::test]
async fn what_is_long_done_is_removed_and_what_died_or_is_not_done_stays() -> Result<(), StoreError> {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    let claims = running(store, project, 6).await;
    succeed(store, &claims[..3]).await;
    die(store, &claims[3..4]).await;
    let waiting = in_state(store, project, State::Running).await;
    assert_eq!(waiting.len(), 2);
    enqueue(store, project, vec![Work::ScoreTrace { trace: store.ids().make() }]).await;
    let mut tx = store.begin(project).await?;
    assert!(tx.cancel_task(in_state(store, project, State::Available).await[0]).await?);
    tx.commit().await?;
    assert_eq!(store.prune(DAY, 100).await?, 0, "it ended just now");
    sqlx::query(
        "update task set created_at = created_at - interval '2 days', finished_at = finished_at - interval '2 days'",
    )
    .execute(&database.owner)
    .await
    .expect("two days later");
    assert_eq!(store.prune(DAY, 2).await?, 2, "no more than it is told");
    assert_eq!(store.prune(DAY, 100).await?, 2);
    assert_eq!(store.prune(DAY, 100).await?, 0);
    assert_eq!(in_state(store, project, State::Dead).await, [claims[3].id]);
    assert_eq!(in_state(store, project, State::Running).await, waiting);
    Ok(())
}

#[tokio::test]
async fn two_that_prune_at_once_are_not_in_each_others_way() -> Result<(), StoreError> {
    let database = Database::create().await;
    let (store, project) = (&database.store, database.project);
    succeed(store, &running(store, project, 10).await).await;
    let mut other = database.owner.begin().await?;
    sqlx::query("select from task order by id limit 4 for update").execute(&mut *other).await?;
    assert_eq!(store.prune(Duration::ZERO, 100).await?, 6, "what is locked is passed over");
    other.rollback().await?;
    assert_eq!(store.prune(Duration::ZERO, 100).await?, 4);
    Ok(())
}
