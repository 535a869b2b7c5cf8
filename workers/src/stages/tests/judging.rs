//! What is settled by judging: disagreements that someone decides, and what experts are measured by.

use atr_core::{
    domain::{adjudication::Decision, gold::Known, review::Verdict},
    ids::{Id, ReviewId, TraceId},
    queue::{Stage, Work},
    store::OrdinalRequest,
};

use super::{
    Bench,
    support::records::{Records, Trace},
};

/// The reviews that anything is derived of.
async fn derived(bench: &Bench) -> Vec<ReviewId> {
    let of: Vec<uuid::Uuid> = sqlx::query_scalar("select distinct review_id from example order by 1")
        .fetch_all(&bench.db.owner)
        .await
        .expect("the examples");
    of.into_iter().map(ReviewId::from_uuid).collect()
}

async fn derive(bench: &Bench, records: &Records<'_>, reviews: &[ReviewId]) {
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    for review in reviews {
        tx.enqueue(Work::DeriveReview { review: *review }).await.expect("enqueued");
    }
    tx.commit().await.expect("a commit");
    for _ in reviews {
        bench.turn(&[Stage::Derive]).await;
    }
}

async fn disputed(records: &Records<'_>) -> (TraceId, [ReviewId; 2]) {
    let trace = records.trace(&Trace::default()).await;
    let verification = records.verification(trace).await;
    records.score(trace, verification, 0.0).await;
    let right = records.review(trace, records.first_expert(), 1, "correct").await;
    let other = records.expert("expert-2").await;
    (trace, [right, records.review(trace, other, 1, "incorrect").await])
}

#[tokio::test]
async fn what_experts_disagree_on_waits_for_whoever_decides_and_then_the_reviews_that_say_the_same_are_learnt_of() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let (trace, reviews) = disputed(&records).await;
    derive(&bench, &records, &reviews).await;
    assert_eq!(derived(&bench).await, []);
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let open = tx.adjudications_of_traces(&[trace]).await.expect("read");
    assert_eq!((open.len(), open[0].reviews.clone()), (1, reviews.to_vec()));
    let decision = Decision::new(Verdict::Incorrect, None, Some("it is Au".to_owned())).expect("a decision");
    tx.decide_adjudication(open[0].id, &decision, None).await.expect("decided").expect("it was open");
    tx.commit().await.expect("a commit");
    derive(&bench, &records, &reviews).await;
    assert_eq!(derived(&bench).await, [reviews[1]]);
    let frozen = bench.freeze(records.project).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let members = tx.snapshot_members(frozen.id, OrdinalRequest::first(10)).await.expect("members").rows;
    assert_eq!(members.iter().map(|member| member.review).collect::<Vec<_>>(), [reviews[1]]);
}

#[tokio::test]
async fn what_cannot_be_told_even_by_whoever_decides_is_learnt_of_by_nobody() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let (trace, reviews) = disputed(&records).await;
    derive(&bench, &records, &reviews).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let open = tx.adjudications_of_traces(&[trace]).await.expect("read");
    let decision = Decision::new(Verdict::CannotJudge, None, None).expect("a decision");
    tx.decide_adjudication(open[0].id, &decision, None).await.expect("decided").expect("it was open");
    tx.commit().await.expect("a commit");
    derive(&bench, &records, &reviews).await;
    assert_eq!(derived(&bench).await, []);
}

#[tokio::test]
async fn what_experts_are_measured_by_is_never_learnt_of_whenever_it_became_gold() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let known = Known::new(Verdict::Incorrect, None, None).expect("known");
    let (before, _) = records.ready(&Trace::default(), false).await;
    let other = Trace { group: "other", query: "What is silver's symbol?", ..Trace::default() };
    let (stays, _) = records.ready(&other, false).await;
    let after = records.trace(&Trace { group: "third", ..Trace::default() }).await;
    let review = records.review(after, records.first_expert(), 1, "incorrect").await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    for trace in [before, after] {
        tx.enter_gold(trace, &known).await.expect("entered");
    }
    tx.commit().await.expect("a commit");
    derive(&bench, &records, &[review]).await;
    assert!(!derived(&bench).await.contains(&review));
    let frozen = bench.freeze(records.project).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let members = tx.snapshot_members(frozen.id, OrdinalRequest::first(10)).await.expect("members").rows;
    assert_eq!(members.iter().map(|member| member.trace).collect::<Vec<_>>(), [stays]);
}
