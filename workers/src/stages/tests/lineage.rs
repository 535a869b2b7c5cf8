use std::collections::BTreeSet;

use atr_core::{
    domain::{
        evaluation::PromotionFilter,
        lineage::{Direction, LineageFilter},
        new_trace::NewTrace,
        review::NewReview,
    },
    ids::{AnyId, Kind, ProjectId},
    queue::Stage,
    store::PageRequest,
};
use serde_json::{Value, json};

use super::{
    Bench,
    support::records::Records,
    training::{ask, sealed, sums, trainer},
};

/// Everything that a thing rests on, directly or through others.
async fn origins(bench: &Bench, project: ProjectId, of: AnyId) -> BTreeSet<AnyId> {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    let (mut met, mut left) = (BTreeSet::new(), vec![of]);
    while let Some(of) = left.pop() {
        let mut page = PageRequest::first(200);
        loop {
            let filter = LineageFilter { of, direction: Direction::Origins, kind: None };
            let edges = tx.lineage(&filter, page).await.expect("edges");
            left.extend(edges.rows.iter().map(|edge| edge.edge.to).filter(|to| met.insert(*to)));
            match edges.rows.last() {
                Some(last) if edges.has_next => page = page.after(last.place(Direction::Origins)),
                _ => break,
            }
        }
    }
    met
}

/// Sends two chains for a question that is trained on and an answer that is held out, as a model and an expert do.
async fn gold(bench: &Bench, project: ProjectId) {
    let traces = [
        json!({"external_id": "right", "query": "What is the symbol of gold?", "answer": "The symbol of gold is Au.", "group": "gold"}),
        json!({"external_id": "wrong", "query": "What is the symbol of gold?", "answer": "The symbol of gold is Ag.", "group": "gold"}),
        json!({"external_id": "kept", "query": "Is gold a metal?", "answer": "Gold is a metal.", "split": "held_out"}),
    ];
    let traces = traces.map(|mut line| {
        line["model"] = "small".into();
        // What may not be trained on is in no snapshot.
        line["licence"] = "CC0-1.0".into();
        NewTrace::parse(line.to_string().as_bytes())
    });
    let review = |trace: &str, verdict: &str| -> Value {
        json!({"external_id": trace, "trace_external_id": trace, "expert": "expert-1", "verdict": verdict})
    };
    let reviews = [review("right", "correct"), review("wrong", "incorrect"), review("kept", "correct")]
        .map(|line| NewReview::parse(line.to_string().as_bytes()));
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.record_traces(&traces).await.expect("traces");
    tx.commit().await.expect("a commit");
    all(bench, &[Stage::Verify, Stage::Consensus, Stage::Score]).await;
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.record_reviews(&reviews, None).await.expect("reviews");
    tx.commit().await.expect("a commit");
    all(bench, &[Stage::Score, Stage::Derive]).await;
}

/// Does every task of each stage in turn.
async fn all(bench: &Bench, stages: &[Stage]) {
    for stage in stages {
        while let Some(claim) = bench.claim(*stage).await {
            bench.run(&claim).await.unwrap_or_else(|error| panic!("{stage}: {error}"));
        }
    }
}

#[tokio::test]
async fn from_a_promotion_one_walks_back_to_each_fact_review_case_and_consensus() {
    let mut bench = Bench::new().await;
    bench.cx.trainer = trainer();
    let records = Records::new(&bench.db, "p").await;
    let project = records.project;
    let fact = records.fact("The symbol of gold is Au.").await;
    sums(&records, 10, false).await;
    sums(&records, 100, true).await;
    gold(&bench, project).await;
    let parent = sealed(&bench, project).await;
    sums(&records, 50, false).await;
    let snapshot = sealed(&bench, project).await;
    ask(&bench, project, snapshot).await;
    bench.turn(&[Stage::Train, Stage::Evaluate, Stage::Promote]).await;

    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    let promotion = tx.promotions(&PromotionFilter::default(), PageRequest::first(1)).await.expect("promotions");
    let promotion = promotion.rows.first().expect("a decision").id;
    let ids = async |sql: &'static str| records.uuid_of(sql).await;
    let kept = "select id from evaluation_case where project_id = $1 and review_id =
                    (select review_id from review_key where project_id = $1 and external_id = 'kept')";
    let held_out = "select trace_id from trace_key where project_id = $1 and external_id = 'kept'";
    let wrong = "select review_id from review_key where project_id = $1 and external_id = 'wrong'";
    let agreed = "select id from consensus where project_id = $1";
    let expected = [
        fact.into(),
        parent.into(),
        snapshot.into(),
        AnyId { kind: Kind::EvaluationCase, uuid: ids(kept).await },
        AnyId { kind: Kind::Trace, uuid: ids(held_out).await },
        AnyId { kind: Kind::Review, uuid: ids(wrong).await },
        AnyId { kind: Kind::Consensus, uuid: ids(agreed).await },
    ];
    let met = origins(&bench, project, promotion.into()).await;
    for origin in expected {
        assert!(met.contains(&origin), "{origin} is not among what {promotion} rests on");
    }
    // And the other way round, as far as it goes.
    let dependents = tx.dependents_of(fact.into(), 10_000).await.expect("dependents");
    assert!(dependents.found.iter().any(|found| found.id == promotion.into()), "{promotion} rests on {fact}");
}
