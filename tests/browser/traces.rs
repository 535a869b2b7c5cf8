//! Traces, as people look at them.

use atr_core::{
    domain::{
        access::Role,
        judgement::{Score, ScoreInputs, Verification},
        reward_formula::Weighing,
    },
    ids::TraceId,
    queue::Stage,
};
use atr_workers::stages::score::reward::{Terms, parts, value};
use serde_json::{Value, json};

use super::Visit;

/// Sends traces that have steps, two chains of one question among them.
pub(super) async fn some_traces(visit: &Visit) {
    let sender = visit.world.key(Role::Ingest, None).await;
    let chain = |id: &str, symbol: &str| {
        json!({
            "external_id": id, "model": "small", "domain": "chemistry", "group": "gold",
            "query": "What is the chemical symbol of gold, and where does it come from?",
            "answer": format!("The symbol of gold is {symbol}."),
            "steps": [
                { "id": "a", "text": "Symbols of elements often come from Latin." },
                { "id": "b", "kind": "retrieval", "text": "The Latin word for gold is looked up." },
                { "id": "c", "text": format!("It is abbreviated as {symbol}."), "rests_on": ["a", "b"] },
                { "id": "d", "kind": "conclusion", "text": format!("So it is {symbol}."), "rests_on": ["c"] },
            ],
        })
    };
    let mut lines = vec![chain("gold-1", "Au"), chain("gold-2", "Ag")];
    let many: Vec<Value> = (0..2000)
        .map(|step: i32| {
            let on: Vec<String> = (step > 0).then(|| (step - 1).to_string()).into_iter().collect();
            json!({ "text": format!("Step number {step}."), "rests_on": on })
        })
        .collect();
    lines.push(json!({ "external_id": "long", "model": "small", "domain": "mathematics", "query": "How far does it go?", "answer": "Far.", "steps": many }));
    for number in 0..40 {
        lines.push(json!({
            "external_id": format!("law-{number}"), "model": "small", "domain": "law", "flaw_labels": ["hedging"],
            "query": format!("Which rule holds in case {number}?"), "answer": "It depends.",
        }));
    }
    for outcome in visit.world.send_lines(&sender, "traces", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
}

#[tokio::test]
async fn traces_are_found_by_what_they_are_about_and_page_by_page() {
    let visit = Visit::of(Role::Auditor).await;
    some_traces(&visit).await;
    visit.go("/traces").await;
    visit.look("traces").await;
    assert_eq!(visit.count("#list li").await, 25);
    visit.press(".pages a:last-child").await;
    visit.until(async || visit.path().await.contains("after=trc_")).await;
    visit.until(async || visit.count("#list li").await != 25).await;
    assert_eq!(visit.count("#list li").await, 18);
    visit.fill("#domain", "chemistry").await;
    visit.press("form.filters button").await;
    // The list alone is put in its place, and the address tells which it is.
    visit.until(async || visit.count("#list li").await == 2).await;
    assert!(visit.path().await.starts_with("/traces?q=&domain=chemistry"));
    visit.go("/traces?q=nothing").await;
    assert_eq!(visit.text("#list").await, "No trace is like that.");
    visit.close().await;
}

#[tokio::test]
async fn a_traces_reasoning_is_a_graph_and_a_list_and_is_held_beside_another_chain() {
    let visit = Visit::of(Role::Auditor).await;
    some_traces(&visit).await;
    visit.go("/traces?q=gold-1").await;
    visit.press("#list li a").await;
    assert!(visit.text("h1").await.starts_with("What is the chemical symbol of gold"));
    assert_eq!((visit.count(".graph .node").await, visit.count(".graph .edge").await), (4, 3));
    assert_eq!(visit.count("ol.steps > li").await, 4);
    visit.look("trace").await;

    // By keys as by buttons.
    let width = async || visit.run("return document.querySelector('.graph svg').width.baseVal.value").await;
    let before = width().await.as_f64();
    visit.press("[data-zoom=in]").await;
    let larger = width().await.as_f64();
    assert!(larger > before, "{larger:?} > {before:?}");
    visit
        .chromium
        .client
        .find(fantoccini::Locator::Css(".graph"))
        .await
        .expect("a graph")
        .send_keys("-")
        .await
        .expect("keys");
    assert!(width().await.as_f64() < larger);

    visit.press("a[href*=beside]").await;
    assert_eq!(visit.text("#beside + p").await, "They part at step 2");
    visit.look("trace-beside").await;

    // Of many steps a part is shown, and the rest is a link away.
    visit.go("/traces?q=long").await;
    visit.press("#list li a").await;
    visit.until(async || visit.path().await.starts_with("/traces/trc_")).await;
    visit.until(async || visit.count("ol.steps > li").await > 0).await;
    assert_eq!(visit.count("ol.steps > li").await, 40);
    visit.press("nav.pages a").await;
    visit.until(async || visit.path().await.contains("?from=40")).await;
    assert!(visit.text("ol.steps > li").await.contains("Step number 40."));
    visit.look("trace-long").await;
    visit.close().await;
}

/// What was found of a trace: a verification, a score of today's weights, and a review that names a step.
async fn judged(visit: &Visit, of: TraceId) {
    let store = &visit.world.database.store;
    let mut tx = store.begin(visit.world.database.project).await.expect("a transaction");
    let verification = Verification {
        id: tx.fresh(),
        trace: of,
        supported: 0,
        contradicted: 1,
        unverifiable: 1,
        rules_version: "test".to_owned(),
        at: tx.now(),
    };
    tx.insert_verifications(std::slice::from_ref(&verification), &[]).await.expect("stored");
    let terms = Terms {
        expert: Some(-1.0),
        support: -0.5,
        unverifiable: 0.5,
        consistency: 1.0,
        citations: None,
        model: None,
        feedback: Some(0.5),
    };
    let score = Score {
        id: tx.fresh(),
        trace: of,
        inputs: ScoreInputs { verification: verification.id, consensus: None, review: None, reward_model: None },
        reward: value(&parts(&Weighing::default().weights, terms).expect("a reward")),
        expert_term: terms.expert,
        support_term: terms.support,
        unverifiable_term: terms.unverifiable,
        consistency_term: terms.consistency,
        model_term: terms.model,
        feedback_term: terms.feedback,
        feedback_count: 1,
        citation_term: terms.citations,
        weighing: Weighing::default(),
        findings: vec![],
        first_suspect: None,
        inputs_hash: atr_core::hash::of_json(&"test"),
        at: tx.now(),
    };
    tx.insert_scores(&[score]).await.expect("stored");
    tx.commit().await.expect("committed");
    let admin = visit.world.key(Role::Admin, None).await;
    let expert = r#"mutation { createExpert(input: {handle: "chemist", weeklyCapacity: 5}) { status } }"#;
    assert_eq!(visit.world.graphql(&admin, expert).await["data"]["createExpert"]["status"], "DONE");
    let review = json!({
        "trace": of, "expert": "chemist", "verdict": "incorrect", "suspect_step": 2,
        "corrected_answer": "The symbol of gold is Au.", "rationale": "Ag is silver.",
    });
    let outcome = &visit.world.send_lines(&admin, "reviews", &[review]).await[0];
    assert_eq!(outcome["status"], "stored", "{outcome:#}");
}

#[tokio::test]
async fn a_judged_trace_shows_where_it_went_wrong_and_what_its_reward_is_made_of() {
    let visit = Visit::of(Role::Auditor).await;
    some_traces(&visit).await;
    visit.go("/traces?q=gold-2").await;
    visit.press("#list li a").await;
    visit.until(async || visit.path().await.starts_with("/traces/trc_")).await;
    let id = visit.path().await.trim_start_matches("/traces/").parse().expect("an id");
    judged(&visit, id).await;
    visit.chromium.client.refresh().await.expect("the page");
    assert_eq!(visit.text("#wrong + p").await, "Step 2 chemist: Ag is silver.");
    assert_eq!((visit.count(".node.wrong").await, visit.count("li.wrong").await), (1, 1));
    // Five terms are there, and add up to the reward.
    visit.press("figure summary").await;
    assert_eq!(visit.count("figure tbody tr").await, 5);
    let sum = "return [...document.querySelectorAll('figure tbody td:last-child')].reduce((sum, cell) => sum + +cell.textContent, 0)";
    let reward = "return +document.querySelector('#reward + p').textContent.split(',')[0]";
    let (sum, reward) = (visit.run(sum).await.as_f64(), visit.run(reward).await.as_f64());
    assert!(sum.zip(reward).is_some_and(|(sum, reward)| (sum - reward).abs() < 0.004), "{sum:?} is {reward:?}");
    visit.look("trace-judged").await;
    visit.close().await;
}

#[tokio::test]
async fn the_flaws_of_a_trace_are_shown_with_their_evidence_beside_the_steps_they_are_in() {
    let visit = Visit::of(Role::Auditor).await;
    let admin = visit.world.key(Role::Admin, None).await;
    let grounding = [
        json!({"kind": "source", "external_id": "table", "publisher": "IUPAC", "title": "Elements", "licence": "CC0-1.0",
               "trust_tier": "primary", "url": "https://example.org/elements"}),
        json!({"kind": "fact", "external_id": "gold", "source": "table", "domain": "chemistry", "subject": "gold",
               "statement": "The chemical symbol of gold is Au."}),
    ];
    for outcome in visit.world.send_lines(&admin, "grounding", &grounding).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    let line = json!({"external_id": "flawed", "model": "small", "query": "What is the chemical symbol of gold?",
        "answer": "The chemical symbol of gold is Ag. The table has \"gold is named after a river\" (https://example.org/elements).",
        "steps": [{"text": "2 + 2 = 5."}, {"text": "The chemical symbol of gold is Ag."}]});
    let stored = &visit.world.send_lines(&admin, "traces", &[line]).await[0];
    crate::otlp::work(&visit.world, &[Stage::Verify, Stage::Score]).await;
    visit.go(&format!("/traces/{}", stored["id"].as_str().expect("an id"))).await;
    assert_eq!(visit.text("#flaws + ul > li .tag").await, "factual_error");
    assert!(visit.count("#flaws + ul > li").await >= 3);
    // Beside its step, with a link to the claim that tells it; and there the words of the fact that decide.
    assert_eq!(visit.text("#step-1 p .tag").await, "factual_error");
    assert_eq!(visit.text("#step-0 p .tag").await, "arithmetic_slip");
    let linked = "return document.querySelector(document.querySelector('#step-1 p a[href^=\"#clm_\"]').getAttribute('href')) !== null";
    assert_eq!(visit.run(linked).await, json!(true));
    assert_eq!(visit.text("#claims + ul mark").await, "Au");
    assert_eq!(visit.text("#citations + ul .tag").await, "not_in_source");
    visit.press("figure summary").await;
    visit.look("trace-flaws").await;

    // And the list is restricted to those that have it.
    visit.go("/traces?flaw=factual_error").await;
    assert_eq!(visit.count("#list li").await, 1);
    visit.go("/traces?flaw=unsafe").await;
    assert_eq!(visit.count("#list li").await, 0);
    visit.close().await;
}
