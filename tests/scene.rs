//! A project as it is after the loop has turned, for what shows it.

use atr::app::{
    Actor,
    request_snapshot::{SnapshotRequest, request_snapshot},
};
use atr_core::{
    domain::{
        access::Role,
        evaluation::{
            Baseline, Interval, Measure, MeasureName, Measures, NewEvaluation, NewPromotion, PromotionDecision,
        },
        judgement::{Claim, ClaimVerdict, Verification},
        model::Artefact,
        snapshot::SnapshotState,
        training::{NewJob, Trained, TrainingBackend, TrainingMethod},
    },
    ids::{FactId, ModelVersionId, SnapshotId, TraceId, TrainingJobId},
    queue::Stage,
};
use serde_json::json;

use crate::{
    otlp::work,
    world::{
        World,
        records::{Records, Trace},
    },
};

/// A trace of which a claim was decided by a fact.
pub async fn decided(world: &World, by: FactId) -> TraceId {
    let sender = world.key(Role::Ingest, None).await;
    let line = json!({"external_id": "gold-1", "model": "small", "domain": "chemistry",
        "query": "What is the symbol of gold?", "answer": "The symbol of gold is Ag."});
    let stored = &world.send_lines(&sender, "traces", &[line]).await[0];
    let trace: TraceId = stored["id"].as_str().expect("an id").parse().expect("an id");
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let run = Verification {
        id: tx.fresh(),
        trace,
        supported: 0,
        contradicted: 1,
        unverifiable: 0,
        rules_version: "test".to_owned(),
        at: tx.now(),
    };
    let claim = Claim {
        id: tx.fresh(),
        verification: run.id,
        trace,
        ordinal: 0,
        span: (0, 25),
        text: "The symbol of gold is Ag.".to_owned(),
        resolved: "The symbol of gold is Ag.".to_owned(),
        check_worthy: true,
        verdict: ClaimVerdict::Contradicted,
        score: 1.0,
        deciding_fact: Some(by),
        fact_span: None,
        lapsed_fact: None,
        reason: "Au is not Ag".to_owned(),
        leaning: None,
        opinion: None,
    };
    tx.insert_verifications(&[run], &[claim]).await.expect("stored");
    tx.commit().await.expect("committed");
    trace
}

/// Sends traces, and lets the verification of some die.
pub async fn with_dead_work(world: &World) {
    let sender = world.key(Role::Ingest, None).await;
    let lines: Vec<_> = (0..5)
        .map(|n| json!({"external_id": format!("t-{n}"), "model": "small", "query": "Which?", "answer": "That."}))
        .collect();
    world.send_lines(&sender, "traces", &lines).await;
    sqlx::query(
        r#"update task set state = 'dead', attempt = 5, finished_at = now(),
               errors = '[{"attempt": 4, "error": "the disk is full", "at": null}, {"attempt": 5, "error": "the fact <b> is not there", "at": null}]'
           where id in (select id from task where stage = 'verify' order by id limit 3)"#,
    )
    .execute(&world.database.owner)
    .await
    .expect("dead work");
}

/// Reviewed answers about elements, right ones and wrong ones; two say the same, and one question is held out.
pub async fn reviewed(world: &World) -> Records<'_> {
    let records = Records::within(&world.database, world.database.project).await;
    let elements = ["gold", "silver", "iron", "tin", "copper", "zinc", "neon", "helium"];
    for (element, right) in elements.into_iter().zip([true, false].into_iter().cycle()) {
        let question = format!("What is the chemical symbol of {element}, and where does it come from?");
        let answer = format!("The symbol of {element} is {}, from its name.", &element[..2]);
        let domain = if element.len() > 4 { "chemistry" } else { "metallurgy" };
        let trace = Trace { group: element, query: &question, answer: &answer, domain, ..Trace::default() };
        records.ready(&trace, right).await;
        if element == "gold" {
            records.ready(&trace, right).await;
        }
    }
    records.held_out(&Trace { group: "lead", query: "Which metal is called Pb?", ..Trace::default() }, true).await;
    records
}

/// A snapshot of what is reviewed, sealed.
pub async fn sealed(world: &World) -> SnapshotId {
    let actor = Actor::local(world.database.project);
    let asked = request_snapshot(&world.app, &actor, SnapshotRequest::default()).await.expect("frozen").id;
    work(world, &[Stage::Curate, Stage::Snapshot]).await;
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let made = tx.snapshot(asked).await.expect("an answer").expect("the snapshot");
    assert_eq!(made.state, SnapshotState::Sealed, "{:?}", made.error);
    asked
}

/// A job on a snapshot, which a trainer has begun and reports of.
pub async fn running(world: &World, snapshot: SnapshotId) -> TrainingJobId {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let asked = NewJob {
        snapshot,
        base_model: None,
        method: TrainingMethod::Reward,
        backend: TrainingBackend::Local,
        seed: 1,
        hyperparameters: json!({"l2": 0.5}),
    };
    let job = tx.add_job(&asked).await.expect("a job").id;
    let attempt = tx.start_job(job).await.expect("an answer").expect("begun");
    let mut said = vec![json!({"event": "started", "rows": 12, "groups": 8, "positives": 5})];
    said.extend((1..=40).map(|step| {
        let loss = 0.3 + 0.4 / f64::from(step);
        json!({"event": "progress", "step": step, "steps": 60, "loss": loss})
    }));
    assert!(tx.record_job_events(job, attempt, 0, &said).await.expect("an answer"));
    tx.commit().await.expect("committed");
    job
}

/// Ends a job well: its model, measured beside the one before, and what the gate decides.
pub async fn trained(world: &World, job: TrainingJobId, auroc: f64, promoted: bool) -> ModelVersionId {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let digest = atr_core::hash::of_json(&job);
    let finished = json!({"event": "finished", "model": {"path": "model", "blake3": digest.to_string(), "bytes": 7},
        "metrics": {"train_log_loss": 0.3125, "l2": 0.5, "hashed_scale": 1.0, "rows": 12, "groups": 8, "cv_auroc": auroc}});
    assert!(tx.record_job_events(job, 1, 41, &[finished]).await.expect("an answer"));
    let made = Trained { artefact: Artefact { digest, bytes: 7 }, metadata: json!({}) };
    let model = tx.succeed_job(job, 1, &made).await.expect("an answer").expect("a model");
    let before = tx.model_in_use().await.expect("an answer").map(|model| model.id);
    let around = |value: f64| Interval { value, low: value - 0.05, high: value + 0.04 };
    let measure = |name, before: Option<f64>, after: f64| Measure {
        name,
        before: before.map(around),
        after: around(after),
        difference: before.map(|before| around(after - before)),
    };
    let evaluation = NewEvaluation {
        model,
        baseline_model: before,
        job: Some(job),
        cases: 120,
        questions: 40,
        cases_hash: digest,
        seed: 1,
        measures: Measures {
            version: 1,
            baseline: if before.is_some() { Baseline::ModelInUse } else { Baseline::Likelihood },
            resamples: 1000,
            questions_to_pick: 30,
            right: 60,
            regressions: 10,
            measures: vec![
                measure(MeasureName::Auroc, Some(0.61), auroc),
                measure(MeasureName::PickAccuracy, Some(0.5), auroc - 0.1),
                measure(MeasureName::PickRandom, None, 0.4),
                measure(MeasureName::RegressionsCaught, None, 0.9),
            ],
        },
    };
    let evaluation = tx.add_evaluation(&evaluation).await.expect("measured");
    let decision = NewPromotion {
        model,
        evaluation: Some(evaluation),
        previous_model: before,
        decision: if promoted { PromotionDecision::Promoted } else { PromotionDecision::Refused },
        reason: if promoted { "AUROC rose, and nothing fell." } else { "AUROC fell beyond its margin." }.to_owned(),
        gate: json!({"questions": 40, "fewest_questions": 30}),
        key: None,
    };
    tx.add_promotion(&decision).await.expect("decided");
    tx.commit().await.expect("committed");
    model
}
