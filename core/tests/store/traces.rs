//! Taking traces in: what is stored, what is not, and who sees it.

use std::collections::HashSet;

use atr_core::{
    domain::{
        Rejection,
        intake::{Balance, BatchOutcome, Door, ItemOutcome},
        model::ModelKind,
        new_trace::NewTrace,
        trace::{Split, StepKind},
    },
    ids::{ProjectId, TraceId},
    queue::{ClaimRequest, Stage, State, TaskFilter},
    store::{
        BatchFilter, ChainGroupFilter, ModelFilter, PageRequest, QuarantineFilter, Store, StoreError, TraceFilter,
    },
};
use serde_json::{Value, json};

use crate::support::Database;

type Item = Result<NewTrace, Rejection>;

fn item(line: Value) -> Item {
    NewTrace::parse(line.to_string().as_bytes())
}

fn answer(external_id: &str, text: &str) -> Item {
    item(json!({"external_id": external_id, "model": "m", "query": "What is gold's symbol?", "answer": text}))
}

async fn record(store: &Store, project: ProjectId, items: &[Item]) -> Result<BatchOutcome, StoreError> {
    let mut tx = store.begin(project).await?;
    let outcome = tx.record_traces(items).await?;
    tx.commit().await?;
    Ok(outcome)
}

fn stored(outcome: &ItemOutcome) -> TraceId {
    match outcome {
        ItemOutcome::Stored(id) => id.parse().expect("a trace's id"),
        other => panic!("stored was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_trace_is_read_back_as_it_was_sent() -> Result<(), StoreError> {
    let db = Database::create().await;
    let line = json!({
        "external_id": "a-1", "model": "small", "query": "Is 91 prime?", "answer": "Yes",
        "steps": [
            {"id": "p", "text": "91 is odd", "mean_logprob": -0.5, "span_id": "00F067AA0BA902B7"},
            {"text": "so 91 is prime", "kind": "conclusion", "rests_on": ["p"], "called_by_span_id": "00f067aa0ba902b7"},
        ],
        "group": "q91", "split": "held_out", "pillar": "logic_math", "domain": "arithmetic", "language": "EN-gb",
        "confidence": 0.75, "signals": {"mean_logprob": -0.25, "entropy": 1.5}, "flaw_labels": ["b", "a", "b"],
        "attachments": [{"digest": "ab".repeat(32), "media_type": "image/png", "bytes": 12, "name": "page.png"}],
        "source": "bench", "licence": "CC-BY-4.0", "occurred_at": "2026-11-24T10:00:00.123456789+02:00",
    });
    let outcome = record(&db.store, db.project, &[item(line)]).await?;
    let id = stored(&outcome.items[0]);

    let mut tx = db.store.begin(db.project).await?;
    let trace = tx.traces_by_id(&[id]).await?.pop().expect("the trace");
    assert_eq!(trace.external_id.as_deref(), Some("a-1"));
    assert_eq!((trace.query.as_str(), trace.answer.as_str()), ("Is 91 prime?", "Yes"));
    assert_eq!((trace.split, trace.domain.as_str(), trace.language.as_str()), (Split::HeldOut, "arithmetic", "en-GB"));
    assert_eq!(trace.confidence, Some(0.75));
    assert_eq!(trace.signals.get("entropy"), Some(&1.5));
    assert_eq!(trace.flaw_labels, ["a", "b"]);
    assert_eq!(trace.attachments[0].name.as_deref(), Some("page.png"));
    assert_eq!(trace.occurred_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-24T08:00:00.123456+00:00"));
    assert_eq!((Some(trace.batch), trace.circular_support), (outcome.batch, false));

    let steps = tx.steps_of_traces(&[id]).await?;
    assert_eq!(steps.iter().map(|step| step.key.as_str()).collect::<Vec<_>>(), ["p", "1"]);
    assert_eq!((steps[0].span_id.as_deref(), steps[0].mean_logprob), (Some("00f067aa0ba902b7"), Some(-0.5)));
    assert_eq!((steps[1].kind, steps[1].rests_on.as_slice()), (StepKind::Conclusion, [0].as_slice()));
    assert_eq!(tx.steps_by_id(&[steps[1].id]).await?, steps[1..]);

    let model = tx.model_named(ModelKind::LanguageModel, "small").await?.expect("the model");
    let group = tx.chain_groups(&ChainGroupFilter { key: Some("q91".into()) }, PageRequest::first(5)).await?.rows;
    assert_eq!((trace.model, trace.group), (model.id, Some(group[0].id)));
    let filters = [
        TraceFilter { external_id: Some("a-1".into()), ..Default::default() },
        TraceFilter { model: Some(model.id), split: Some(Split::HeldOut), ..Default::default() },
        TraceFilter { group: trace.group, domain: Some("arithmetic".into()), ..Default::default() },
        TraceFilter { language: Some("en-GB".into()), pillar: Some(trace.pillar), ..Default::default() },
    ];
    for filter in filters {
        assert_eq!(tx.traces(&filter, PageRequest::first(10)).await?.rows, std::slice::from_ref(&trace), "{filter:?}");
    }
    let none = TraceFilter { split: Some(Split::Train), ..Default::default() };
    assert_eq!(tx.traces(&none, PageRequest::first(10)).await?.rows, []);
    assert_eq!(tx.traces_of_groups(&[group[0].id]).await?, [trace]);
    Ok(())
}

#[tokio::test]
async fn what_is_stored_has_its_tasks_and_what_is_not_has_none() -> Result<(), StoreError> {
    let db = Database::create().await;
    let chain = |answer: &str| item(json!({"model": "m", "query": "q", "answer": answer, "group": "g"}));
    record(&db.store, db.project, &[chain("one"), chain("two"), answer("x", "Au"), answer("x", "Ag")]).await?;
    record(&db.store, db.project, &[answer("x", "Au")]).await?;
    let mut tx = db.store.begin(db.project).await?;
    let stages = async |tx: &mut atr_core::store::Tx, stage| {
        let filter = TaskFilter { stage: Some(stage), ..Default::default() };
        tx.tasks(&filter, PageRequest::first(50)).await.map(|page| page.rows.len())
    };
    assert_eq!(stages(&mut tx, Stage::Verify).await?, 3);
    assert_eq!(stages(&mut tx, Stage::Consensus).await?, 1);
    Ok(())
}

#[tokio::test]
async fn sending_again_changes_nothing_and_other_content_is_set_aside_whole() -> Result<(), StoreError> {
    let db = Database::create().await;
    let id = stored(&record(&db.store, db.project, &[answer("x", "Au")]).await?.items[0]);
    let again = record(&db.store, db.project, &[answer("x", "Au"), answer("x", "Ag")]).await?;
    assert_eq!(again.items[0], ItemOutcome::Duplicate(id.to_string()));
    let ItemOutcome::Quarantined { id: aside, field, message } = &again.items[1] else { panic!("{again:?}") };
    assert_eq!(field, "external_id");
    assert!(message.contains(&id.to_string()), "{message}");

    let mut tx = db.store.begin(db.project).await?;
    let kept = tx.quarantined_by_id(&[aside.parse().expect("an id")]).await?.pop().expect("the item");
    assert_eq!((kept.content["answer"].as_str(), kept.external_id.as_deref()), (Some("Ag"), Some("x")));
    let filter =
        QuarantineFilter { door: Some(Door::Traces), external_id: Some("x".into()), ..QuarantineFilter::default() };
    assert_eq!(tx.quarantined(&filter, PageRequest::first(5)).await?.rows, [kept]);
    let traces = tx.traces(&TraceFilter::default(), PageRequest::first(5)).await?.rows;
    assert_eq!(traces.iter().map(|trace| trace.answer.as_str()).collect::<Vec<_>>(), ["Au"]);
    Ok(())
}

#[tokio::test]
async fn within_a_batch_the_first_of_an_id_counts() -> Result<(), StoreError> {
    let db = Database::create().await;
    let outcome = record(&db.store, db.project, &[answer("x", "Au"), answer("x", "Au"), answer("x", "Ag")]).await?;
    let id = stored(&outcome.items[0]);
    assert_eq!(outcome.items[1], ItemOutcome::Duplicate(id.to_string()));
    assert!(matches!(&outcome.items[2], ItemOutcome::Quarantined { field, .. } if field == "external_id"));
    Ok(())
}

#[tokio::test]
async fn a_chain_of_another_query_is_set_aside_and_its_id_stays_free() -> Result<(), StoreError> {
    let db = Database::create().await;
    let chain = |external_id: &str, query: &str| {
        item(json!({"external_id": external_id, "model": "m", "query": query, "answer": "a", "group": "g"}))
    };
    let alone = item(json!({"external_id": "y", "model": "m", "query": "two", "answer": "a"}));
    let outcome = record(&db.store, db.project, &[chain("x", "one"), chain("y", "two"), alone]).await?;
    assert!(matches!(&outcome.items[1], ItemOutcome::Quarantined { field, .. } if field == "group"), "{outcome:?}");
    stored(&outcome.items[0]);
    stored(&outcome.items[2]);
    Ok(())
}

#[tokio::test]
async fn two_batches_at_once_store_each_trace_once() -> Result<(), StoreError> {
    let db = Database::create().await;
    // In opposite orders, and with groups and models in common.
    let line = |n: usize| {
        item(json!({"external_id": format!("x{n}"), "model": format!("m{}", n % 3), "query": "q", "answer": "a",
                    "group": format!("g{}", n % 5), "steps": [{"text": "s"}]}))
    };
    let forwards: Vec<Item> = (0..60).map(line).collect();
    let backwards: Vec<Item> = (0..60).rev().map(line).collect();
    let store = &db.store;
    let batches = [&forwards, &backwards, &forwards, &backwards];
    let outcomes = futures_util::future::try_join_all(batches.map(|items| record(store, db.project, items))).await?;

    let sum = |outcome: &BatchOutcome| outcome.items.iter().collect::<Balance>();
    assert_eq!(outcomes.iter().map(|outcome| sum(outcome).stored).sum::<i64>(), 60);
    assert_eq!(outcomes.iter().map(|outcome| sum(outcome).duplicate).sum::<i64>(), 180);
    let mut tx = store.begin(db.project).await?;
    let traces = tx.traces(&TraceFilter::default(), PageRequest::first(200)).await?.rows;
    let names: HashSet<_> = traces.iter().filter_map(|trace| trace.external_id.clone()).collect();
    assert_eq!((traces.len(), names.len()), (60, 60));
    let ids: Vec<_> = traces.iter().map(|trace| trace.id).collect();
    assert_eq!(tx.steps_of_traces(&ids).await?.len(), 60);
    assert_eq!(tx.models(&ModelFilter::default(), PageRequest::first(9)).await?.rows.len(), 3);
    let balance = tx.balance(Some(Door::Traces)).await?;
    assert_eq!((balance.received(), balance.stored, balance.duplicate), (240, 60, 180));
    Ok(())
}

#[tokio::test]
async fn a_batch_that_waits_for_another_sees_what_that_one_stored_or_did_not() -> Result<(), StoreError> {
    let db = Database::create().await;
    for (commits, expected) in [(false, "stored"), (true, "quarantined")] {
        let id = if commits { "kept" } else { "undone" };
        let mut first = db.store.begin(db.project).await?;
        first.record_traces(&[answer(id, "Au")]).await?;
        let (store, project) = (db.store.clone(), db.project);
        let second = tokio::spawn(async move { record(&store, project, &[answer(id, "Ag")]).await });
        // Until the second is seen to wait for the first.
        while !db.someone_waits_for_a_lock().await {
            tokio::task::yield_now().await;
        }
        if commits {
            first.commit().await?
        } else {
            first.rollback().await?
        }
        let outcome = second.await.expect("no panic")?;
        let found = match outcome.items[0] {
            ItemOutcome::Stored(_) => "stored",
            ItemOutcome::Quarantined { .. } => "quarantined",
            _ => "something else",
        };
        assert_eq!(found, expected);
    }
    Ok(())
}

#[tokio::test]
async fn the_balance_accounts_for_every_item() -> Result<(), StoreError> {
    let db = Database::create().await;
    let ahead = item(json!({"model": "m", "query": "q", "answer": "a", "occurred_at": "2026-11-25T09:00:01Z"}));
    let items = [answer("x", "Au"), answer("x", "Au"), answer("x", "Ag"), item(json!({"model": 1})), ahead];
    let outcome = record(&db.store, db.project, &items).await?;
    let ItemOutcome::Rejected { field, message } = &outcome.items[4] else { panic!("{outcome:?}") };
    assert!(field == "occurred_at" && message.contains("ahead"), "{field}: {message}");
    let expected = Balance { stored: 1, duplicate: 1, quarantined: 1, filtered: 0, rejected: 2 };
    let mut tx = db.store.begin(db.project).await?;
    assert_eq!(tx.balance(None).await?, expected);
    assert_eq!(tx.balance(Some(Door::Reviews)).await?, Balance::default());
    let batches = tx
        .batches(&BatchFilter { door: Some(Door::Traces), ..BatchFilter::default() }, PageRequest::first(5))
        .await?
        .rows;
    assert_eq!(
        batches.iter().map(|batch| (Some(batch.id), batch.balance)).collect::<Vec<_>>(),
        [(outcome.batch, expected)]
    );
    assert_eq!(tx.batches_by_id(&[batches[0].id]).await?, batches);
    Ok(())
}

#[tokio::test]
async fn circular_support_is_stored_and_flagged() -> Result<(), StoreError> {
    let db = Database::create().await;
    let steps = json!([{"id": "a", "text": "A", "rests_on": ["b"]}, {"id": "b", "text": "B", "rests_on": ["a"]}]);
    let outcome =
        record(&db.store, db.project, &[item(json!({"model": "m", "query": "q", "answer": "a", "steps": steps}))])
            .await?;
    let mut tx = db.store.begin(db.project).await?;
    assert!(tx.traces_by_id(&[stored(&outcome.items[0])]).await?[0].circular_support);
    Ok(())
}

#[tokio::test]
async fn another_project_sees_nothing_of_it_and_may_use_the_same_ids() -> Result<(), StoreError> {
    let db = Database::create().await;
    let line =
        json!({"external_id": "x", "model": "m", "query": "q", "answer": "a", "group": "g", "steps": [{"text": "s"}]});
    let other = json!({"external_id": "x", "model": "m", "query": "q2", "answer": "b", "group": "g"});
    let first = stored(&record(&db.store, db.project, &[item(line.clone()), item(other.clone())]).await?.items[0]);
    let stranger = db.add_project("other").await;
    let mut tx = db.store.begin(stranger).await?;
    let page = PageRequest::first(10);
    assert_eq!(tx.traces(&TraceFilter::default(), page).await?.rows, []);
    assert_eq!(tx.traces_by_id(&[first]).await?, []);
    assert_eq!(tx.steps_of_traces(&[first]).await?, []);
    assert_eq!(tx.models(&ModelFilter::default(), page).await?.rows, []);
    assert_eq!(tx.chain_groups(&ChainGroupFilter::default(), page).await?.rows, []);
    assert_eq!(tx.quarantined(&QuarantineFilter::default(), page).await?.rows, []);
    assert_eq!(tx.batches(&BatchFilter::default(), page).await?.rows, []);
    assert_eq!(tx.balance(None).await?, Balance::default());
    drop(tx);
    let theirs = stored(&record(&db.store, stranger, &[item(other)]).await?.items[0]);
    assert_ne!(first, theirs);
    Ok(())
}

#[tokio::test]
async fn a_chain_that_commits_after_its_groups_task_was_done_is_merged_all_the_same() -> Result<(), StoreError> {
    let db = Database::create().await;
    let chain = |answer: &str| item(json!({"model": "m", "query": "q", "answer": answer, "group": "g"}));
    record(&db.store, db.project, &[chain("one")]).await?;
    // A second chain finds the first one's task waiting, and is not committed yet.
    let mut late = db.store.begin(db.project).await?;
    late.record_traces(&[chain("two")]).await?;
    // A worker does what it can get.
    let ask = ClaimRequest {
        stage: Stage::Consensus,
        owner: db.store.ids().make(),
        most: 10,
        lease: std::time::Duration::from_secs(60),
    };
    for claim in db.store.claim(&ask).await? {
        let mut tx = db.store.begin_for(&claim).await?;
        tx.succeed(&claim).await?;
        tx.commit().await?;
    }
    late.commit().await?;
    let mut tx = db.store.begin(db.project).await?;
    let filter = TaskFilter { stage: Some(Stage::Consensus), state: Some(State::Available) };
    assert_eq!(tx.tasks(&filter, PageRequest::first(5)).await?.rows.len(), 1);
    Ok(())
}
