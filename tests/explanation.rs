//! One query tells all that stands about a trace: what is said, what speaks for and against it, and what its reward is made of.

use atr_core::{domain::access::Role, queue::Stage};
use serde_json::{Value, json};

use crate::{edges::Statements, otlp::work, panel::Panel};

const EXPLANATION: &str = "trace { id }
    nodes { key kind text step { ordinal kind } claim { verdict leaning likelihood } fact { externalId } citation { state quoted } review { verdict } }
    edges { from to relation span { begin end } reason flaw }
    flaws { kind evidence reason step ordinal } firstSuspect reward parts { name weight term adds } formula { version weights { support } }
    consensus { agreedAnswer confidence } divergence { step representativeStep parting reason }";

fn query(trace: &str) -> String {
    format!("{{ explanation(trace: \"{trace}\") {{ {EXPLANATION} }} }}")
}

async fn explained(panel: &Panel, trace: &str) -> Value {
    let answer = panel.world.graphql(&panel.admin, &query(trace)).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"]["explanation"].clone()
}

/// A panel that knows the symbol of gold, and a trace of so many sentences that is wrong, beside two chains that are right.
async fn judged(sentences: usize) -> (Panel, String) {
    let panel = Panel::of(1).await;
    let lines = [
        json!({"kind": "source", "external_id": "table", "publisher": "p", "title": "Elements", "licence": "CC0-1.0", "trust_tier": "primary",
               "url": "https://example.org/elements"}),
        json!({"kind": "fact", "external_id": "gold", "source": "table", "domain": "chemistry", "subject": "gold",
               "statement": "The chemical symbol of gold is Au."}),
    ];
    for outcome in panel.world.send_lines(&panel.admin, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    let sender = panel.world.key(Role::Ingest, None).await;
    let chain = |name: &str, symbol: &str, more: &str, steps: &Value| {
        json!({"external_id": name, "model": name, "group": "gold", "query": "What is the chemical symbol of gold?",
               "answer": format!("The chemical symbol of gold is {symbol}.{more}"), "steps": steps})
    };
    let mut steps = vec![
        json!({"id": "a", "text": "Gold is a metal."}),
        json!({"id": "b", "text": "The chemical symbol of gold is Ag.", "rests_on": ["a"]}),
    ];
    steps.extend(
        (2..=sentences).map(|n| json!({"text": format!("Smith number {n} works with gold."), "rests_on": ["b"]})),
    );
    let more: String = (1..sentences)
        .map(|n| format!(" The chemical symbol of gold is Ag, says page {n} (https://example.org/{n})."))
        .collect();
    let right = json!([{"id": "a", "text": "Gold is a metal."}, {"text": "Aurum is its name in Latin, so it is Au.", "rests_on": ["a"]}]);
    let chains =
        [chain("wrong", "Ag", &more, &json!(steps)), chain("a", "Au", "", &right), chain("b", "Au", "", &right)];
    let stored = panel.world.send_lines(&sender, "traces", &chains).await;
    let id = stored[0]["id"].as_str().expect("an id").to_owned();
    work(&panel.world, &[Stage::Verify, Stage::Consensus, Stage::Score]).await;
    let said = json!({"verdict": "incorrect", "suspect_step": 1, "rationale": "Ag is silver."});
    assert_eq!(panel.judges(0, id.parse().expect("an id"), said).await["status"], "stored");
    work(&panel.world, &[Stage::Score]).await;
    (panel, id)
}

#[tokio::test]
async fn one_query_tells_the_graph_with_verdicts_flaws_evidence_and_the_terms_of_the_reward() {
    let (panel, id) = judged(1).await;
    let told = explained(&panel, &id).await;
    assert_eq!(told["trace"]["id"], json!(id));
    let nodes = told["nodes"].as_array().expect("nodes");
    let kinds: Vec<_> = nodes.iter().filter_map(|node| node["kind"].as_str()).collect();
    assert_eq!(kinds, ["QUESTION", "STEP", "STEP", "ANSWER", "CLAIM", "FACT", "REVIEW"], "{told:#}");
    let key = |at: usize| nodes[at]["key"].as_str().expect("a key");
    assert_eq!(
        (&nodes[4]["claim"]["verdict"], &nodes[5]["fact"]["externalId"]),
        (&json!("CONTRADICTED"), &json!("gold"))
    );
    let edges = told["edges"].as_array().expect("edges");
    let (question, first, second, answer, claim, fact, review) =
        (key(0), key(1), key(2), key(3), key(4), key(5), key(6));
    assert_eq!((question, answer), ("question", "answer"));
    for (from, relation, to) in [
        (second, "RESTS_ON", first),
        (answer, "STATES", claim),
        (fact, "CONTRADICTS", claim),
        (review, "JUDGES", second),
        (second, "FOUND_BY", claim),
    ] {
        let there =
            edges.iter().filter(|edge| edge["from"] == from && edge["relation"] == relation && edge["to"] == to);
        assert_eq!(there.count(), 1, "{from} {relation} {to}: {told:#}");
    }
    // The words that decide, in the fact's statement.
    let decides = edges.iter().find(|edge| edge["relation"] == "CONTRADICTS").expect("it");
    let at = |end: &str| decides["span"][end].as_u64().and_then(|at| usize::try_from(at).ok()).expect("a place");
    assert_eq!(nodes[5]["text"].as_str().and_then(|text| text.get(at("begin")..at("end"))), Some("Au"), "{told:#}");
    // Every edge is between two of the nodes.
    let known = |end: &Value| nodes.iter().any(|node| node["key"] == *end);
    assert!(edges.iter().all(|edge| known(&edge["from"]) && known(&edge["to"])), "{told:#}");
    let flaw = json!([{"kind": "FACTUAL_ERROR", "evidence": "CLAIM", "step": 1, "ordinal": 0, "reason": told["flaws"][0]["reason"]}]);
    assert_eq!(told["flaws"], flaw, "{told:#}");
    let adds: f64 = told["parts"].as_array().expect("parts").iter().filter_map(|part| part["adds"].as_f64()).sum();
    assert!((adds - told["reward"].as_f64().expect("a reward")).abs() < 1e-9 && adds < 0.0, "{told:#}");
    assert_eq!(told["formula"], json!({"version": null, "weights": {"support": 2.0}}));
    assert_eq!(told["consensus"]["agreedAnswer"], "The chemical symbol of gold is Au.", "{told:#}");
    assert_eq!(told["divergence"]["step"], 1, "{told:#}");
}

#[tokio::test]
async fn an_explanation_costs_as_many_statements_for_a_long_trace_as_for_a_short_one() {
    let statements = Statements::watch();
    let mut counted = vec![];
    for sentences in [2, 40] {
        let (panel, id) = judged(sentences).await;
        // The key is looked up once.
        panel.world.graphql(&panel.admin, "{ __typename }").await;
        let mut told = Value::Null;
        // The least of some: what the workers leave behind on this thread may issue one beside.
        let mut issued = vec![];
        for _ in 0..5 {
            issued.push(statements.during(async { told = explained(&panel, &id).await }).await);
        }
        let nodes = told["nodes"].as_array().expect("nodes").len();
        assert!(nodes > 2 * sentences, "{told:#}");
        counted.push(issued.into_iter().min().unwrap_or_default());
    }
    assert!(counted[0] > 5 && counted[0] == counted[1], "{counted:?}");
}

#[tokio::test]
async fn a_stranger_and_who_only_reviews_are_told_nothing() {
    let (panel, id) = judged(1).await;
    let refused = panel.world.graphql(&panel.experts[0].1, &query(&id)).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    let other = panel.world.database.add_project("two").await;
    let stranger = crate::permissions::operator_of(&panel.world, other).await;
    assert_eq!(panel.world.graphql(&stranger, &query(&id)).await["data"]["explanation"], Value::Null);
    let bare = panel.trace("silver").await;
    let told = explained(&panel, &bare.to_string()).await;
    assert_eq!(
        (&told["reward"], &told["parts"], &told["flaws"], &told["consensus"]),
        (&Value::Null, &json!([]), &json!([]), &Value::Null)
    );
    assert_eq!(told["nodes"].as_array().map(Vec::len), Some(4), "question, two steps, answer: {told:#}");
}
