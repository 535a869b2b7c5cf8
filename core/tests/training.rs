//! Training jobs and promotions: each step is taken once, by the attempt that runs.

use atr_core::{
    domain::{
        evaluation::{NewPromotion, PromotionDecision},
        lineage::{Direction, Edge, LineageFilter, Relation},
        model::Artefact,
        snapshot::NewSnapshot,
        training::{JobState, NewJob, Trained, TrainingBackend, TrainingJob, TrainingMethod},
    },
    ids::{Kind, TrainingJobId},
    store::{Freeze, OrdinalRequest, PageRequest, Tx},
};

use crate::support::{
    Database,
    records::{Records, Trace},
};

async fn job(records: &Records<'_>) -> TrainingJob {
    let store = &records.db.store;
    records.ready(&Trace::default(), true).await;
    let recipe = serde_json::json!({});
    let new = NewSnapshot { name: None, recipe_hash: blake3::hash(b""), recipe, seed: 1 };
    let Freeze::Frozen(snapshot) = store.freeze_snapshot(records.project, &new, |_| None).await.expect("an answer")
    else {
        panic!("a trace is ready")
    };
    let mut tx = store.begin(records.project).await.expect("a transaction");
    let new = NewJob {
        snapshot: snapshot.id,
        base_model: None,
        method: TrainingMethod::Reward,
        backend: TrainingBackend::Local,
        seed: 7,
        hyperparameters: serde_json::json!({}),
    };
    let job = tx.add_job(&new).await.expect("a job");
    tx.commit().await.expect("a commit");
    job
}

fn trained() -> Trained {
    let artefact = Artefact { digest: blake3::hash(b"weights"), bytes: 7 };
    Trained { artefact, metadata: serde_json::json!({"auroc": 0.7}) }
}

async fn state(tx: &mut Tx, id: TrainingJobId) -> (JobState, i32) {
    let job = tx.job(id).await.expect("an answer").expect("the job");
    (job.state, job.attempt)
}

#[tokio::test]
async fn an_attempt_that_was_overtaken_changes_nothing() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let id = job(&records).await.id;
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    assert_eq!(tx.start_job(id).await.expect("an answer"), Some(1));
    let line = serde_json::json!({"event": "started"});
    assert!(tx.record_job_events(id, 1, 0, std::slice::from_ref(&line)).await.expect("an answer"));
    assert_eq!(tx.start_job(id).await.expect("an answer"), Some(2), "its worker died");
    assert!(!tx.record_job_events(id, 1, 1, std::slice::from_ref(&line)).await.expect("an answer"));
    assert!(!tx.specify_job(id, 1, &line).await.expect("an answer"));
    assert_eq!(tx.succeed_job(id, 1, &trained()).await.expect("an answer"), None);
    assert!(!tx.fail_job(id, 1, "late").await.expect("an answer"));
    assert_eq!(state(&mut tx, id).await, (JobState::Running, 2));

    let model = tx.succeed_job(id, 2, &trained()).await.expect("an answer").expect("the attempt that runs");
    assert_eq!(state(&mut tx, id).await, (JobState::Succeeded, 2));
    assert_eq!(tx.start_job(id).await.expect("an answer"), None, "it has ended");
    assert!(!tx.cancel_job(id).await.expect("an answer"));
    let made = tx.models_by_id(&[model]).await.expect("an answer").pop().expect("the model");
    assert_eq!((made.name.as_str(), made.job, made.artefact), ("reward-1", Some(id), Some(trained().artefact)));
    let events = tx.job_events(id, 1, OrdinalRequest::first(10)).await.expect("events");
    assert_eq!(events.rows.iter().map(|e| (e.ordinal, &e.event)).collect::<Vec<_>>(), [(0, &line)]);
    tx.commit().await.expect("a commit");
}

#[tokio::test]
async fn a_job_that_was_given_up_takes_no_more_lines_and_makes_no_model() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let id = job(&records).await.id;
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    tx.start_job(id).await.expect("an answer");
    assert!(tx.cancel_job(id).await.expect("an answer"));
    assert!(!tx.record_job_events(id, 1, 0, &[serde_json::json!(1)]).await.expect("an answer"));
    assert_eq!(tx.succeed_job(id, 1, &trained()).await.expect("an answer"), None);
    assert_eq!(state(&mut tx, id).await, (JobState::Cancelled, 1));
}

#[tokio::test]
async fn the_newest_promotion_that_is_no_refusal_names_the_model_in_use() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let mut models = vec![];
    for _ in 0..2 {
        let id = job(&records).await.id;
        let mut tx = db.store.begin(records.project).await.expect("a transaction");
        tx.start_job(id).await.expect("an answer");
        models.extend(tx.succeed_job(id, 1, &trained()).await.expect("an answer"));
        tx.commit().await.expect("a commit");
    }
    let steps = [
        (0, PromotionDecision::Refused, None),
        (0, PromotionDecision::Promoted, Some("reward-1")),
        (1, PromotionDecision::Promoted, Some("reward-2")),
        (0, PromotionDecision::RolledBack, Some("reward-1")),
        (1, PromotionDecision::Refused, Some("reward-1")),
    ];
    for (model, decision, in_use) in steps {
        db.clock.advance(chrono::TimeDelta::milliseconds(1));
        let mut tx = db.store.begin(records.project).await.expect("a transaction");
        tx.lock_models().await.expect("the lock");
        let new = NewPromotion {
            model: models[model],
            evaluation: None,
            previous_model: None,
            decision,
            reason: "test".to_owned(),
            gate: serde_json::json!({}),
            key: None,
        };
        tx.add_promotion(&new).await.expect("a promotion");
        let name = tx.model_in_use().await.expect("an answer").map(|model| model.name);
        assert_eq!(name.as_deref(), in_use.or(None), "{decision}");
        tx.commit().await.expect("a commit");
    }
}

#[tokio::test]
async fn lineage_is_found_from_both_ends_and_noted_once() {
    let db = Database::create().await;
    let records = Records::new(&db, "p").await;
    let job = job(&records).await;
    let (trace, review) = records.ready(&Trace { group: "h", ..Trace::default() }, true).await;
    let snapshot = job.asked.snapshot;
    let edges = [
        Edge::new(snapshot, Relation::WasDerivedFrom, trace),
        Edge::new(snapshot, Relation::WasDerivedFrom, review),
        Edge::new(job.id, Relation::Used, snapshot),
    ];
    let mut tx = db.store.begin(records.project).await.expect("a transaction");
    for _ in 0..2 {
        tx.note_lineage(&edges).await.expect("edges");
    }
    // One snapshot that the job read and derives from: two edges, whichever way and however small the page.
    let read = [Edge::new(job.id, Relation::WasDerivedFrom, snapshot)];
    tx.note_lineage(&read).await.expect("an edge");
    for (of, direction) in [(job.id.into(), Direction::Origins), (snapshot.into(), Direction::Dependents)] {
        let filter = LineageFilter { of, direction, kind: None };
        let (mut page, mut met) = (PageRequest::first(1), vec![]);
        loop {
            let got = tx.lineage(&filter, page).await.expect("a page");
            let Some(edge) = got.rows.first() else { break };
            met.push(edge.edge.relation);
            page = page.after(edge.place(direction));
        }
        assert_eq!(met, [Relation::WasDerivedFrom, Relation::Used], "{direction:?}");
    }
    let all = PageRequest::first(10);
    let of = |of: atr_core::ids::AnyId, direction, kind| LineageFilter { of, direction, kind };
    let origins = of(snapshot.into(), Direction::Origins, None);
    assert_eq!(tx.lineage(&origins, all).await.expect("edges").rows.len(), 2);
    let reviews = of(snapshot.into(), Direction::Origins, Some(Kind::Review));
    assert_eq!(tx.lineage(&reviews, all).await.expect("edges").rows[0].edge, edges[1]);
    let dependents = of(snapshot.into(), Direction::Dependents, None);
    assert_eq!(tx.lineage(&dependents, all).await.expect("edges").rows[1].edge, edges[2]);
}
