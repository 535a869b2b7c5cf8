//! Reviews: revisions, citations, what follows of them, and who sees them.

use std::collections::BTreeMap;

use atr_core::{
    domain::{
        citation::{CitationOrigin, CitationState},
        grounding::FactState,
        intake::{BatchOutcome, Door, ItemOutcome},
        lineage::{Direction, LineageFilter},
        new_trace::NewTrace,
        review::{NewReview, Review, Verdict},
    },
    ids::{ExpertId, FactId, ProjectId, ReviewId, SourceId, TraceId},
    queue::{Stage, TaskFilter},
    store::{CitationFilter, ModelRecord, PageRequest, ReviewFilter, Store, StoreError},
};
use serde_json::{Value, json};

use crate::{
    store::{
        experts::expert,
        grounding::{self, CURATOR, fact, source},
    },
    support::Database,
};

/// A project with two experts and a trace of two steps.
struct Scene {
    db: Database,
    trace: TraceId,
    experts: [ExpertId; 2],
}

impl Scene {
    async fn set() -> Result<Self, StoreError> {
        let db = Database::create().await;
        let line = json!({
            "external_id": "t", "model": "m", "query": "What is gold's number?", "answer": "78",
            "steps": [{"id": "recall", "text": "Gold follows platinum."}, {"id": "end", "text": "So it is 78."}],
        });
        let mut tx = db.store.begin(db.project).await?;
        let trace = tx.record_traces(&[NewTrace::parse(line.to_string().as_bytes())]).await?;
        let experts =
            [tx.insert_expert(&expert("one", &[])).await?.id, tx.insert_expert(&expert("two", &[])).await?.id];
        tx.commit().await?;
        let ItemOutcome::Stored(trace) = &trace.items[0] else { panic!("{trace:?}") };
        Ok(Self { trace: trace.parse().expect("a trace's id"), experts, db })
    }

    async fn record(&self, lines: &[Value]) -> Result<BatchOutcome, StoreError> {
        record(&self.db.store, self.db.project, lines, None).await
    }

    async fn latest(&self) -> Result<Vec<Review>, StoreError> {
        self.db.store.begin(self.db.project).await?.latest_reviews_of_traces(&[self.trace]).await
    }
}

async fn record(
    store: &Store,
    project: ProjectId,
    lines: &[Value],
    only: Option<ExpertId>,
) -> Result<BatchOutcome, StoreError> {
    let items: Vec<_> = lines.iter().map(|line| NewReview::parse(line.to_string().as_bytes())).collect();
    let mut tx = store.begin(project).await?;
    let outcome = tx.record_reviews(&items, only).await?;
    tx.commit().await?;
    Ok(outcome)
}

fn line(change: Value) -> Value {
    let mut line = json!({"trace_external_id": "t", "expert": "one", "verdict": "incorrect"});
    line.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    line
}

fn stored(outcome: &ItemOutcome) -> ReviewId {
    match outcome {
        ItemOutcome::Stored(id) => id.parse().expect("a review's id"),
        other => panic!("stored was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_review_is_read_back_as_it_was_sent() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let outcome = scene
        .record(&[line(json!({
            "external_id": "r", "severity": "major", "suspect_step": "end", "flaw_labels": ["off_by_one", "memory"],
            "corrected_answer": "79", "corrected_steps": ["Gold follows platinum.", "Platinum is 78."],
            "rationale": "One too few.", "seconds_spent": 12.5,
        }))])
        .await?;
    let id = stored(&outcome.items[0]);
    let mut tx = scene.db.store.begin(scene.db.project).await?;
    let review = tx.reviews_by_id(&[id]).await?.pop().expect("the review");
    assert_eq!((review.trace, review.expert, review.revision), (scene.trace, scene.experts[0], 1));
    assert_eq!((review.verdict, review.suspect_step), (Verdict::Incorrect, Some(1)));
    assert_eq!(review.flaw_labels, ["memory", "off_by_one"]);
    assert_eq!(review.corrected_answer.as_deref(), Some("79"));
    assert_eq!(
        review.corrected_steps.as_deref(),
        Some(&["Gold follows platinum.".into(), "Platinum is 78.".into()][..])
    );
    assert_eq!((review.rationale.as_deref(), review.seconds_spent), (Some("One too few."), Some(12.5)));
    for filter in [
        ReviewFilter { external_id: Some("r".into()), ..Default::default() },
        ReviewFilter { trace: Some(scene.trace), ..Default::default() },
        ReviewFilter { expert: Some(scene.experts[0]), verdict: Some(Verdict::Incorrect), ..Default::default() },
    ] {
        let page = tx.reviews(&filter, PageRequest::first(10)).await?;
        assert_eq!(page.rows, std::slice::from_ref(&review), "{filter:?}");
    }
    let page = PageRequest::first(10);
    assert_eq!(tx.reviews_of_traces(&[scene.trace], page).await?[&scene.trace].rows, std::slice::from_ref(&review));
    assert_eq!(tx.reviews_of_experts(&scene.experts, page).await?[&scene.experts[0]].rows, [review]);
    Ok(())
}

#[tokio::test]
async fn a_stored_review_has_the_tasks_that_follow_and_a_repeated_one_has_none() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    for _ in 0..2 {
        scene.record(&[line(json!({"external_id": "r"})), line(json!({"expert": "two"}))]).await?;
    }
    let mut tx = scene.db.store.begin(scene.db.project).await?;
    for (stage, expected) in [(Stage::Score, 1), (Stage::Derive, 2)] {
        let filter = TaskFilter { stage: Some(stage), ..Default::default() };
        assert_eq!(tx.tasks(&filter, PageRequest::first(50)).await?.rows.len(), expected, "{stage}");
    }
    let balance = tx.balance(Some(Door::Reviews)).await?;
    assert_eq!((balance.received(), balance.stored, balance.duplicate), (4, 2, 2));
    Ok(())
}

#[tokio::test]
async fn a_changed_mind_is_a_new_revision_and_the_highest_of_each_expert_holds() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    scene.record(&[line(json!({})), line(json!({"verdict": "correct"})), line(json!({"expert": "two"}))]).await?;
    scene.record(&[line(json!({"verdict": "cannot_judge"}))]).await?;
    let held: BTreeMap<_, _> =
        scene.latest().await?.into_iter().map(|review| (review.expert, (review.revision, review.verdict))).collect();
    assert_eq!(held[&scene.experts[0]], (3, Verdict::CannotJudge));
    assert_eq!(held[&scene.experts[1]], (1, Verdict::Incorrect));
    let mut tx = scene.db.store.begin(scene.db.project).await?;
    let all = &tx.reviews_of_traces(&[scene.trace], PageRequest::first(10)).await?[&scene.trace].rows;
    let mut revisions: Vec<_> =
        all.iter().filter(|review| review.expert == scene.experts[0]).map(|review| review.revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3]);
    Ok(())
}

#[tokio::test]
async fn sending_again_changes_nothing_and_other_content_is_set_aside_whole() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let first = scene.record(&[line(json!({"external_id": "r"})), line(json!({"expert": "two"}))]).await?;
    let again = scene
        .record(&[
            // The same trace, named otherwise.
            json!({"external_id": "r", "trace": scene.trace, "expert": "one", "verdict": "incorrect"}),
            line(json!({"expert": "two"})),
            line(json!({"external_id": "r", "verdict": "correct", "citations": [{"url": "https://a.b/c"}]})),
        ])
        .await?;
    assert_eq!(again.items[0], ItemOutcome::Duplicate(stored(&first.items[0]).to_string()));
    assert_eq!(again.items[1], ItemOutcome::Duplicate(stored(&first.items[1]).to_string()));
    let ItemOutcome::Quarantined { id, field, .. } = &again.items[2] else { panic!("{again:?}") };
    assert_eq!(field, "external_id");
    let mut tx = scene.db.store.begin(scene.db.project).await?;
    let kept = tx.quarantined_by_id(&[id.parse().expect("an id")]).await?.pop().expect("the item");
    let sent = NewReview::parse(kept.content.to_string().as_bytes()).expect("a line that could be sent again");
    assert_eq!((sent.judgement.verdict, sent.judgement.citations.len()), (Verdict::Correct, 1));
    assert!(scene.latest().await?.iter().all(|review| review.revision == 1));
    Ok(())
}

#[tokio::test]
async fn a_review_of_what_is_not_there_is_refused_by_field_and_the_others_go_in() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let nowhere = "trc_01h455vb4pex5vsknk084sn02q";
    let outcome = scene
        .record(&[
            line(json!({"trace_external_id": "nowhere"})),
            json!({"trace": nowhere, "expert": "one", "verdict": "correct"}),
            line(json!({"expert": "nobody"})),
            line(json!({"suspect_step": 2})),
            line(json!({"suspect_step": "begin"})),
            line(json!({"suspect_step": "stp_01h455vb4pex5vsknk084sn02q"})),
            line(json!({"verdict": "wrong"})),
            line(json!({"suspect_step": 0})),
        ])
        .await?;
    let refused: Vec<_> = outcome.items[..7]
        .iter()
        .map(|item| match item {
            ItemOutcome::Rejected { field, .. } => field.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = ["trace_external_id", "trace", "expert", "suspect_step", "suspect_step", "suspect_step", "verdict"];
    assert_eq!(refused, expected);
    stored(&outcome.items[7]);
    Ok(())
}

#[tokio::test]
async fn a_key_of_one_expert_writes_no_other_experts_reviews() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let lines = [line(json!({})), line(json!({"expert": "two"}))];
    let outcome = record(&scene.db.store, scene.db.project, &lines, Some(scene.experts[1])).await?;
    assert!(matches!(&outcome.items[0], ItemOutcome::Rejected { field, .. } if field == "expert"), "{outcome:?}");
    stored(&outcome.items[1]);
    Ok(())
}

#[tokio::test]
async fn reviews_of_one_expert_at_once_get_revisions_of_their_own() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let parse = |line: Value| NewReview::parse(line.to_string().as_bytes());
    let mut first = scene.db.store.begin(scene.db.project).await?;
    first.record_reviews(&[parse(line(json!({"external_id": "a"})))], None).await?;
    let items =
        [parse(line(json!({"external_id": "a"}))), parse(line(json!({"external_id": "b", "verdict": "correct"})))];
    let (store, project) = (scene.db.store.clone(), scene.db.project);
    let second = tokio::spawn(async move {
        let mut tx = store.begin(project).await?;
        let outcome = tx.record_reviews(&items, None).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(outcome)
    });
    while !scene.db.someone_waits_for_a_lock().await {
        tokio::task::yield_now().await;
    }
    first.commit().await?;
    let second = second.await.expect("the second batch ends")?;
    assert!(matches!(second.items[0], ItemOutcome::Duplicate(_)), "{second:?}");
    let latest = scene.latest().await?;
    assert_eq!((latest[0].id, latest[0].revision), (stored(&second.items[1]), 2));
    Ok(())
}

#[tokio::test]
async fn whether_a_citation_holds_is_decided_by_what_is_stored() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let mut table = source("table");
    table["url"] = json!("https://iupac.org/table");
    table["doi"] = json!("10.1515/pac");
    let mut once = fact("once", "table", "The kilogram was a cylinder.");
    once["valid_to"] = json!("2019-05-19");
    let lines = [
        table,
        fact("au", "table", "The atomic number of gold is 79."),
        fact("wrong", "table", "The atomic number of gold is 97."),
        once,
    ];
    let (store, project) = (&scene.db.store, scene.db.project);
    let entered = grounding::record(store, project, CURATOR, &lines).await?;
    let id = |at: usize| match &entered.items[at] {
        ItemOutcome::Stored(id) => id.clone(),
        other => panic!("{other:?}"),
    };
    let (source_id, gold, wrong): (SourceId, FactId, FactId) = (
        id(0).parse().expect("a source's id"),
        id(1).parse().expect("a fact's id"),
        id(2).parse().expect("a fact's id"),
    );
    let mut tx = store.begin(project).await?;
    tx.change_fact_state(wrong, FactState::Retracted, "digits exchanged", None).await?;
    tx.commit().await?;

    use CitationState::{NotInSource, Retracted, Stale, UnknownSource, Verified};
    let cases = [
        (json!({"fact": "au"}), Verified),
        (json!({"fact": id(1), "quoted": "atomic number of GOLD is 79"}), Verified),
        (json!({"fact": "au", "quoted": "is 7"}), NotInSource),
        (json!({"fact": "wrong", "quoted": "is 97"}), Retracted),
        (json!({"fact": "once"}), Stale),
        (json!({"fact": "nowhere"}), UnknownSource),
        (json!({"source": "table"}), Verified),
        (json!({"source": id(0), "quoted": "gold is 79"}), Verified),
        // Only the retracted fact says so.
        (json!({"source": "table", "quoted": "gold is 97"}), NotInSource),
        (json!({"url": "https://iupac.org/table", "quoted": "kilogram"}), Verified),
        (json!({"url": "https://iupac.org/other"}), UnknownSource),
        (json!({"doi": "https://doi.org/10.1515/PAC"}), Verified),
    ];
    let cited: Vec<_> = cases.iter().map(|(cited, _)| cited.clone()).collect();
    let outcome = scene.record(&[line(json!({"citations": cited}))]).await?;
    let review = stored(&outcome.items[0]);
    let mut tx = store.begin(project).await?;
    let citations = tx.citations_of_reviews(&[review]).await?;
    assert_eq!(citations.len(), cases.len());
    for (sent, expected) in &cases {
        let name = sent.as_object().expect("an object").iter().find(|(key, _)| *key != "quoted").expect("a name");
        let (kind, raw) =
            (name.0.as_str(), name.1.as_str().expect("a text").replace("https://doi.org/10.1515/PAC", "10.1515/pac"));
        let found = citations
            .iter()
            .find(|it| it.kind.word() == kind && it.raw == raw && it.quoted.as_deref() == sent["quoted"].as_str())
            .unwrap_or_else(|| panic!("{sent} is not stored"));
        assert_eq!(found.state, *expected, "{sent}: {}", found.reason);
        assert_eq!((found.trace, found.origin), (scene.trace, CitationOrigin::Review(review)));
    }
    let of_gold =
        tx.citations(&CitationFilter { fact: Some(gold), ..Default::default() }, PageRequest::first(50)).await?;
    assert_eq!(of_gold.rows.len(), 3);
    let filter = CitationFilter { source: Some(source_id), state: Some(NotInSource), ..Default::default() };
    assert_eq!(tx.citations(&filter, PageRequest::first(50)).await?.rows.len(), 1);

    // What was cited, and nothing else, is what the review rests on beside its trace.
    let origins = LineageFilter { of: review.into(), direction: Direction::Origins, kind: None };
    let origins = tx.lineage(&origins, PageRequest::first(50)).await?;
    let mut rests_on: Vec<_> = origins.rows.iter().map(|edge| edge.edge.to.kind.prefix()).collect();
    rests_on.sort_unstable();
    assert_eq!(rests_on, ["fct", "fct", "fct", "src", "trc"]);
    let dependents = tx.dependents_of(gold.into(), 10).await?;
    assert_eq!(dependents.found.iter().map(|found| found.id).collect::<Vec<_>>(), [review.into()]);
    let of_source = tx.dependents_of(source_id.into(), 2).await?;
    assert!(of_source.more && of_source.found.len() == 2, "{of_source:?}");
    Ok(())
}

#[tokio::test]
async fn another_project_sees_nothing_of_a_review() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let outcome = scene.record(&[line(json!({"external_id": "r", "citations": [{"fact": "f"}]}))]).await?;
    let review = stored(&outcome.items[0]);
    let other = scene.db.add_project("other").await;
    let mut tx = scene.db.store.begin(other).await?;
    assert_eq!(tx.reviews(&ReviewFilter::default(), PageRequest::first(10)).await?.rows, []);
    assert_eq!(tx.reviews_by_id(&[review]).await?, []);
    assert_eq!(tx.reviews_of_traces(&[scene.trace], PageRequest::first(10)).await?[&scene.trace].rows, []);
    assert_eq!(tx.latest_reviews_of_traces(&[scene.trace]).await?, []);
    assert_eq!(tx.citations_of_reviews(&[review]).await?, []);
    assert_eq!(tx.citations(&CitationFilter::default(), PageRequest::first(10)).await?.rows, []);
    assert_eq!(tx.dependents_of(scene.trace.into(), 10).await?.found, []);
    drop(tx);
    // Nor can it review this project's trace, or in the name of its experts.
    let lines = [json!({"trace": scene.trace, "expert": "one", "verdict": "correct"})];
    let refused = record(&scene.db.store, other, &lines, None).await?;
    assert!(matches!(&refused.items[0], ItemOutcome::Rejected { field, .. } if field == "expert"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn a_models_record_counts_its_answers_that_all_judge_alike() -> Result<(), StoreError> {
    let scene = Scene::set().await?;
    let mut tx = scene.db.store.begin(scene.db.project).await?;
    let model = tx.traces_by_id(&[scene.trace]).await?[0].model;
    assert_eq!(tx.model_records(10).await?, []);
    drop(tx);
    let after = async |changes: &[Value]| -> Result<Vec<ModelRecord>, StoreError> {
        scene.record(&changes.iter().map(|change| line(change.clone())).collect::<Vec<_>>()).await?;
        scene.db.store.begin(scene.db.project).await?.model_records(10).await
    };
    let wrong = [ModelRecord { model, right: 0, judged: 1 }];
    assert_eq!(after(&[json!({})]).await?, wrong);
    // Who could not tell says nothing.
    assert_eq!(after(&[json!({"expert": "two", "verdict": "cannot_judge"})]).await?, wrong);
    assert_eq!(after(&[json!({"expert": "two", "verdict": "correct"})]).await?, [], "they differ");
    assert_eq!(after(&[json!({"verdict": "correct"})]).await?, [ModelRecord { model, right: 1, judged: 1 }]);
    Ok(())
}
