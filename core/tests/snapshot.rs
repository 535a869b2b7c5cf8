//! Freezing: what is in a snapshot's membership, and that nothing later changes it.

use atr_core::{
    domain::{
        citation::CitationState,
        grounding::FactState,
        snapshot::{NewDecision, NewSnapshot, Origin, Seal, Snapshot, SnapshotMember, SnapshotState},
    },
    ids::{Id, ProjectId, SnapshotId},
    store::{Freeze, OrdinalRequest, Store},
};

use crate::support::{
    Database,
    records::{Records, Trace},
};

fn recipe(name: Option<&str>) -> NewSnapshot {
    let recipe = serde_json::json!({"version": 1});
    NewSnapshot { name: name.map(str::to_owned), recipe_hash: atr_core::hash::of_json(&recipe), recipe, seed: 1 }
}

async fn freeze(store: &Store, project: ProjectId) -> Snapshot {
    match store.freeze_snapshot(project, &recipe(None), |_| None).await.expect("the database answers") {
        Freeze::Frozen(snapshot) => *snapshot,
        other => panic!("{other:?}"),
    }
}

async fn members(store: &Store, project: ProjectId, of: SnapshotId) -> Vec<SnapshotMember> {
    let mut tx = store.begin(project).await.expect("a transaction");
    tx.snapshot_members(of, OrdinalRequest::first(200)).await.expect("members").rows
}

#[tokio::test]
async fn members_are_settled_scored_training_traces_in_order_of_their_ids() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let (right, _) = records.ready(&Trace::default(), true).await;
    let (wrong, review) = records.ready(&Trace { group: "h", ..Trace::default() }, false).await;
    records.held_out(&Trace { group: "k", ..Trace::default() }, true).await;
    // Not ready: unreviewed; reviewed and unscored; an expert who abstains.
    records.trace(&Trace::default()).await;
    let unscored = records.trace(&Trace::default()).await;
    records.review(unscored, records.first_expert(), 1, "correct").await;
    let abstained = records.trace(&Trace::default()).await;
    let verification = records.verification(abstained).await;
    records.score(abstained, verification, 0.1).await;
    records.review(abstained, records.first_expert(), 1, "cannot_judge").await;

    let snapshot = freeze(&db.store, records.project).await;
    assert_eq!((snapshot.members, snapshot.state, snapshot.name.as_str()), (2, SnapshotState::Frozen, "snapshot-1"));
    let members = members(&db.store, records.project, snapshot.id).await;
    assert_eq!(members.iter().map(|m| (m.position, m.trace)).collect::<Vec<_>>(), [(0, right), (1, wrong)]);
    assert_eq!(members[1].review, review);
    assert_eq!((members[0].pinned.reward, members[0].pinned.examples.len()), (0.5, 2));
    assert!(members.iter().all(|m| !m.pinned.disagreement && !m.pinned.earlier));
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    let held_out = tx.held_out_of_snapshot(snapshot.id).await.expect("what is held out");
    assert_eq!(held_out.iter().map(|h| h.group.as_str()).collect::<Vec<_>>(), ["k"]);
    assert_eq!(records.count("task").await, 1);
}

#[tokio::test]
async fn without_a_ready_trace_nothing_is_frozen() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    records.trace(&Trace::default()).await;
    let frozen =
        db.store.freeze_snapshot(records.project, &recipe(None), |_| None).await.expect("the database answers");
    assert_eq!(frozen, Freeze::Empty);
    assert_eq!((records.count("snapshot").await, records.count("task").await), (0, 0));
}

#[tokio::test]
async fn a_name_is_given_once() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    records.ready(&Trace::default(), true).await;
    let first = db.store.freeze_snapshot(records.project, &recipe(Some("autumn")), |_| None).await.expect("an answer");
    assert!(matches!(first, Freeze::Frozen(_)));
    let second = db.store.freeze_snapshot(records.project, &recipe(Some("autumn")), |_| None).await.expect("an answer");
    assert_eq!(second, Freeze::NameTaken);
    assert_eq!(records.count("snapshot_member").await, 1);
}

#[tokio::test]
async fn what_commits_after_the_freeze_is_not_in_it_however_early_it_began() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let (trace, review) = records.ready(&Trace::default(), false).await;
    // Begun first, so that its ids and times are smaller than the snapshot's.
    let mut late = db.owner.begin().await.expect("a transaction");
    let changed = records.review_in(&mut late, trace, records.first_expert(), 2, "correct").await;
    db.clock.advance(chrono::TimeDelta::seconds(1));
    let snapshot = freeze(&db.store, records.project).await;
    assert!(changed.uuid() < snapshot.id.uuid());
    late.commit().await.expect("the late writer commits");
    let members = members(&db.store, records.project, snapshot.id).await;
    assert_eq!(members.iter().map(|m| m.review).collect::<Vec<_>>(), [review]);
}

#[tokio::test]
async fn later_scores_facts_and_reviews_leave_the_membership_and_its_root_as_they_were() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let (trace, review) = records.ready(&Trace::default(), false).await;
    let fact = records.fact("The symbol of gold is Au.").await;
    records.citation(trace, review, fact, "verified").await;
    let snapshot = freeze(&db.store, records.project).await;
    let before = members(&db.store, records.project, snapshot.id).await;
    assert_eq!(before[0].pinned.citations[0].state, CitationState::Verified);
    assert_eq!((before[0].pinned.facts[0].of, before[0].pinned.facts[0].state), (Origin::Review, FactState::Verified));

    let verification = records.verification(trace).await;
    records.score(trace, verification, 0.9).await;
    records.fact_state(fact, "retracted").await;
    records.review(trace, records.first_expert(), 2, "cannot_judge").await;
    records.held_out(&Trace { group: "new", ..Trace::default() }, true).await;

    assert_eq!(members(&db.store, records.project, snapshot.id).await, before);
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    assert_eq!(tx.membership_root(snapshot.id).await.expect("a root"), snapshot.membership_root);
    assert_eq!(tx.held_out_of_snapshot(snapshot.id).await.expect("held out"), []);
}

#[tokio::test]
async fn experts_who_contradict_each_other_make_a_member_that_says_so() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let (trace, _) = records.ready(&Trace::default(), false).await;
    let other = records.expert("expert-2").await;
    records.review(trace, other, 1, "correct").await;
    let snapshot = freeze(&db.store, records.project).await;
    let frozen = members(&db.store, records.project, snapshot.id).await;
    assert!(frozen[0].pinned.disagreement);
    // One of them thinks again: a new revision settles it, for the next snapshot.
    records.review(trace, other, 2, "partly_correct").await;
    let next = freeze(&db.store, records.project).await;
    assert!(!members(&db.store, records.project, next.id).await[0].pinned.disagreement);
    assert!(members(&db.store, records.project, snapshot.id).await[0].pinned.disagreement);
}

#[tokio::test]
async fn each_step_is_taken_once_and_a_sealed_snapshot_never_changes() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    records.ready(&Trace::default(), true).await;
    let snapshot = freeze(&db.store, records.project).await;
    let seal = Seal { merkle_root: blake3::hash(b"rows"), manifest_hash: blake3::hash(b"manifest") };
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    assert!(!tx.seal_snapshot(snapshot.id, &seal).await.expect("an answer"), "it is not curated");
    let kept = NewDecision {
        position: 0,
        kept: true,
        stage: "decontamination".to_owned(),
        reason: "kept".to_owned(),
        weight: 1.0,
        detail: None,
    };
    tx.record_decisions(snapshot.id, &[kept]).await.expect("a decision");
    let counts = serde_json::json!({"kept": 1});
    assert!(tx.curate_snapshot(snapshot.id, &counts).await.expect("an answer"));
    assert!(!tx.curate_snapshot(snapshot.id, &counts).await.expect("an answer"), "it is curated already");
    assert!(tx.seal_snapshot(snapshot.id, &seal).await.expect("an answer"));
    assert!(!tx.seal_snapshot(snapshot.id, &seal).await.expect("an answer"), "it is sealed already");
    assert!(!tx.fail_snapshot(snapshot.id, "late").await.expect("an answer"), "it is sealed");
    tx.commit().await.expect("a commit");
    let changed = sqlx::query("update snapshot set state = 'failed' where id = $1")
        .bind(snapshot.id.uuid())
        .execute(&db.owner)
        .await;
    assert!(changed.is_err(), "not even its owner changes a sealed snapshot");

    // The child knows which of its members the parent kept.
    records.ready(&Trace { group: "h", ..Trace::default() }, true).await;
    let child = freeze(&db.store, records.project).await;
    assert_eq!(child.parent, Some(snapshot.id));
    let members = members(&db.store, records.project, child.id).await;
    assert_eq!(members.iter().map(|m| m.pinned.earlier).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn another_project_sees_nothing_of_it() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    records.ready(&Trace::default(), true).await;
    let snapshot = freeze(&db.store, records.project).await;
    let stranger = db.add_project("q").await;
    assert_eq!(members(&db.store, stranger, snapshot.id).await, []);
    let mut tx = db.store.begin(stranger).await.expect("a transaction");
    assert_eq!(tx.snapshot(snapshot.id).await.expect("an answer"), None);
}
