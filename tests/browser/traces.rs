//! Traces, as people look at them.

use atr_core::domain::access::Role;
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
    let many: Vec<Value> = (0..1000)
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
    assert_eq!(visit.count("ol.steps > li").await, 40);
    visit.press("nav.pages a").await;
    visit.until(async || visit.path().await.contains("?from=40")).await;
    assert!(visit.text("ol.steps > li").await.contains("Step number 40."));
    visit.look("trace-long").await;
    visit.close().await;
}
