//! What is wrong with an answer is told by one taxonomy, with the evidence that led to it.

use atr_core::{domain::access::Role, ids::TraceId, queue::Stage};
use serde_json::{Value, json};

use crate::{otlp::work, panel::Panel};

const FLAWS: &str = "flaws { kind evidence reason step concerns { ordinal } claim { text decidingFact { statement } lapsedFact { statement } }
    citation { raw state } finding { kind steps } review { verdict } }";

async fn asked(panel: &Panel, of: &str) -> Value {
    let answer = panel.world.graphql(&panel.admin, &format!("{{ {of} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

async fn flaws(panel: &Panel, trace: TraceId) -> Value {
    asked(panel, &format!("trace(id: \"{trace}\") {{ {FLAWS} }}")).await["trace"]["flaws"].clone()
}

/// The names of the traces that a flaw's filter finds.
async fn found(panel: &Panel, flaw: &str) -> Value {
    let told = asked(panel, &format!("traces(filter: {{flaw: {flaw}}}) {{ edges {{ node {{ externalId }} }} }}")).await;
    let edges = told["traces"]["edges"].as_array().expect("edges").clone();
    edges.into_iter().map(|edge| edge["node"]["externalId"].clone()).collect()
}

async fn sent(panel: &Panel, line: Value) -> TraceId {
    let sender = panel.world.key(Role::Ingest, None).await;
    let stored = &panel.world.send_lines(&sender, "traces", &[line]).await[0];
    assert_eq!(stored["status"], "stored", "{stored:#}");
    stored["id"].as_str().expect("an id").parse().expect("an id")
}

async fn verified_and_scored(panel: &Panel) {
    work(&panel.world, &[Stage::Verify, Stage::Score]).await;
}

async fn grounded(experts: usize) -> Panel {
    let panel = Panel::of(experts).await;
    let fact = |id: &str, statement: &str| json!({"kind": "fact", "external_id": id, "source": "book", "domain": "general", "subject": id, "statement": statement});
    let mut once = fact("members-then", "The number of member states of the league is 10.");
    once["valid_to"] = json!("2001-12-31");
    let lines = [
        json!({"kind": "source", "external_id": "book", "publisher": "p", "title": "The Book", "licence": "CC0-1.0", "trust_tier": "primary",
               "url": "https://example.org/book"}),
        fact("gold", "The chemical symbol of gold is Au."),
        once,
        fact("members-now", "The number of member states of the league is 12."),
    ];
    for outcome in panel.world.send_lines(&panel.admin, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    panel
}

#[tokio::test]
async fn each_flaw_is_told_with_its_evidence_and_the_step_it_is_in() {
    let panel = grounded(0).await;
    let trace = sent(&panel, json!({"external_id": "many", "model": "m", "query": "What is the symbol of gold, and what is 2 + 2?",
        "answer": "The chemical symbol of gold is Ag. As \"gold is named after a river\" (https://example.org/book) and [3] say.",
        "steps": [{"text": "2 + 2 = 5."}, {"text": "The chemical symbol of gold is Ag."}]})).await;
    verified_and_scored(&panel).await;
    let told = flaws(&panel, trace).await;
    let kinds: Vec<_> =
        told.as_array().expect("flaws").iter().map(|flaw| (&flaw["kind"], &flaw["evidence"], &flaw["step"])).collect();
    let expected = [
        (json!("FACTUAL_ERROR"), json!("CLAIM"), json!(1)),
        (json!("FABRICATED_CITATION"), json!("CITATION"), Value::Null),
        (json!("ARITHMETIC_SLIP"), json!("FINDING"), json!(0)),
        // The answer as a whole is reached in no step.
        (json!("INVALID_INFERENCE"), json!("FINDING"), Value::Null),
    ];
    let expected: Vec<_> = expected.iter().map(|(kind, evidence, step)| (kind, evidence, step)).collect();
    assert_eq!(kinds, expected, "{told:#}");
    assert_eq!(told[0]["claim"]["decidingFact"]["statement"], "The chemical symbol of gold is Au.");
    assert_eq!((&told[0]["concerns"], &told[0]["citation"]), (&json!({"ordinal": 1}), &Value::Null));
    assert_eq!(told[1]["citation"], json!({"raw": "https://example.org/book", "state": "NOT_IN_SOURCE"}));
    assert_eq!(told[2]["finding"], json!({"kind": "wrong_arithmetic", "steps": [0]}));
    let right = sent(&panel, json!({"external_id": "right", "model": "m", "query": "What is the symbol of gold?", "answer": "The chemical symbol of gold is Au."})).await;
    verified_and_scored(&panel).await;
    assert_eq!(flaws(&panel, right).await, json!([]));
    assert_eq!((found(&panel, "FACTUAL_ERROR").await, found(&panel, "UNSAFE").await), (json!(["many"]), json!([])));
}

#[tokio::test]
async fn what_held_once_is_outdated_and_no_factual_error() {
    let panel = grounded(0).await;
    let query = "How many member states does the league have?";
    let of = |id: &str, number: i32| json!({"external_id": id, "model": "m", "query": query, "answer": format!("The number of member states of the league is {number}.")});
    let (old, wrong) = (sent(&panel, of("old", 10)).await, sent(&panel, of("wrong", 11)).await);
    sent(&panel, of("new", 12)).await;
    verified_and_scored(&panel).await;
    let told = flaws(&panel, old).await;
    assert_eq!(told[0]["kind"], "OUTDATED", "{told:#}");
    assert_eq!(told[0]["claim"]["lapsedFact"]["statement"], "The number of member states of the league is 10.");
    assert_eq!(told[0]["claim"]["decidingFact"]["statement"], "The number of member states of the league is 12.");
    assert!(told[0]["reason"].as_str().is_some_and(|why| why.contains("held until 2001-12-31")), "{told:#}");
    assert_eq!(flaws(&panel, wrong).await[0]["kind"], "FACTUAL_ERROR");
    assert_eq!(
        (found(&panel, "OUTDATED").await, found(&panel, "FACTUAL_ERROR").await),
        (json!(["old"]), json!(["wrong"]))
    );
}

#[tokio::test]
async fn a_reviewers_word_of_the_taxonomy_is_a_flaw_and_other_labels_stay_free() {
    let panel = grounded(2).await;
    let trace = panel.trace("silver").await;
    verified_and_scored(&panel).await;
    assert_eq!(flaws(&panel, trace).await, json!([]));
    let said = json!({"verdict": "incorrect", "suspect_step": 1, "flaw_labels": ["Unsafe", "wrong_symbol"], "rationale": "Do not drink it."});
    assert_eq!(panel.judges(0, trace, said).await["status"], "stored");
    verified_and_scored(&panel).await;
    let told = flaws(&panel, trace).await;
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told:#}");
    assert_eq!(
        (&told[0]["kind"], &told[0]["evidence"], &told[0]["reason"], &told[0]["step"]),
        (&json!("UNSAFE"), &json!("REVIEW"), &json!("Do not drink it."), &json!(1))
    );
    assert_eq!(told[0]["review"], json!({"verdict": "INCORRECT"}));
    assert_eq!(found(&panel, "UNSAFE").await, json!(["silver"]));
    // A changed mind: the newest score has it no more, and the earlier one stays.
    let again = json!({"verdict": "incorrect", "suspect_step": 1, "flaw_labels": ["wrong_symbol"]});
    assert_eq!(panel.judges(0, trace, again).await["status"], "stored");
    verified_and_scored(&panel).await;
    assert_eq!((flaws(&panel, trace).await, found(&panel, "UNSAFE").await), (json!([]), json!([])));
    let all = asked(&panel, "scores { edges { node { flaws { kind } } } }").await;
    let ever =
        all["scores"]["edges"].as_array().expect("scores").iter().filter(|edge| edge["node"]["flaws"] != json!([]));
    assert_eq!(ever.count(), 1, "{all:#}");
}
