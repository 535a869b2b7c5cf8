//! How the reward is made is the project's own, version by version; what is cited counts in it.

use atr_core::{domain::access::Role, queue::Stage};
use serde_json::{Value, json};

use crate::{otlp::work, panel::Panel, permissions::operator_of, world::World};

const SCORES: &str = "scores { edges { node { reward citationTerm formula { version weights { citations support } }
    parts { name weight term adds } verification { citations { state } } } } }";

async fn asked(panel: &Panel, of: &str) -> Value {
    let answer = panel.world.graphql(&panel.admin, &format!("{{ {of} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

/// The scores, newest first.
async fn scores(panel: &Panel) -> Vec<Value> {
    let told = asked(panel, SCORES).await;
    told["scores"]["edges"].as_array().expect("scores").iter().map(|edge| edge["node"].clone()).collect()
}

/// A panel that knows what a page of elements states, and a trace that quotes it.
async fn quoting() -> Panel {
    let panel = Panel::of(0).await;
    let lines = [
        json!({"kind": "source", "external_id": "table", "publisher": "IUPAC", "title": "Elements", "licence": "CC0-1.0",
               "trust_tier": "primary", "url": "https://example.org/elements"}),
        json!({"kind": "fact", "external_id": "gold", "source": "table", "domain": "chemistry", "subject": "gold",
               "statement": "The chemical symbol of gold is Au."}),
        json!({"kind": "fact", "external_id": "iron", "source": "table", "domain": "chemistry", "subject": "iron",
               "statement": "Iron melts when it is heated far beyond the heat of any kitchen."}),
    ];
    for outcome in panel.world.send_lines(&panel.admin, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    let line = json!({"external_id": "quoting", "model": "m", "query": "What is the symbol of gold?", "domain": "chemistry",
        "answer": "The table has \"the chemical symbol of gold is Au\" (https://example.org/elements)."});
    let sender = panel.world.key(Role::Ingest, None).await;
    assert_eq!(panel.world.send_lines(&sender, "traces", &[line]).await[0]["status"], "stored");
    work(&panel.world, &[Stage::Verify, Stage::Score]).await;
    panel
}

#[tokio::test]
async fn a_changed_weight_is_a_new_version_by_which_all_is_scored_again_and_earlier_scores_stay() {
    let panel = quoting().await;
    let before = scores(&panel).await;
    assert_eq!(before.len(), 1, "{before:#?}");
    assert_eq!(before[0]["formula"], json!({"version": null, "weights": {"citations": 0.5, "support": 2.0}}));
    assert_eq!(before[0]["citationTerm"], 1.0, "{before:#?}");
    let sum: f64 = before[0]["parts"].as_array().expect("parts").iter().filter_map(|part| part["adds"].as_f64()).sum();
    assert!((sum - before[0]["reward"].as_f64().expect("a reward")).abs() < 1e-9, "{before:#?}");

    let set = r#"setRewardFormula(citations: 6, note: "Sources first.")"#;
    let told = panel.admin_does(set, "status formula { version weights { citations support } }").await;
    let formula = json!({"version": 1, "weights": {"citations": 6.0, "support": 2.0}});
    assert_eq!(told, json!({"status": "DONE", "formula": formula}));
    work(&panel.world, &[Stage::Score]).await;
    let after = scores(&panel).await;
    assert_eq!((after.len(), &after[1]), (2, &before[0]), "the earlier one stays as it was");
    assert_eq!(after[0]["formula"], formula);
    assert_ne!(after[0]["reward"], before[0]["reward"]);
    let cited = after[0]["parts"].as_array().expect("parts").iter().find(|part| part["name"] == "citations");
    assert_eq!(cited.map(|part| (&part["weight"], &part["term"])), Some((&json!(6.0), &json!(1.0))));

    // The same again is no new version, and scores nothing again.
    assert_eq!(
        panel.admin_does("setRewardFormula(citations: 6)", "formula { version }").await["formula"]["version"],
        1
    );
    panel.admin_does("setRewardFormula(citations: 0.5)", "status").await;
    work(&panel.world, &[Stage::Score]).await;
    let again = scores(&panel).await;
    assert_eq!(
        (again.len(), &again[0]["formula"]["version"], &again[0]["reward"]),
        (3, &json!(2), &before[0]["reward"])
    );

    let versions = asked(
        &panel,
        "rewardFormulas { edges { node { version note weights { citations } } } }
        rewardFormula { version weights { citations expert } }
        auditEntries(filter: {action: REWARD_FORMULA_SET}) { edges { node { subject } } }",
    )
    .await;
    let version = |n: i32, note: Value, citations: f64| json!({"node": {"version": n, "note": note, "weights": {"citations": citations}}});
    assert_eq!(
        versions["rewardFormulas"]["edges"],
        json!([version(2, Value::Null, 0.5), version(1, json!("Sources first."), 6.0)])
    );
    assert_eq!(versions["rewardFormula"], json!({"version": 2, "weights": {"citations": 0.5, "expert": 4.0}}));
    let entry = json!({"node": {"subject": panel.world.database.project.to_string()}});
    assert_eq!(versions["auditEntries"]["edges"], json!([entry, entry]));
}

#[tokio::test]
async fn a_weight_that_is_none_is_refused_by_name_and_changes_nothing() {
    let panel = Panel::of(0).await;
    for (wrong, field) in [
        ("support: -1", "support"),
        ("feedback: 1001", "feedback"),
        ("support: 0, unverifiable: 0, consistency: 0", "support"),
        (&format!("citations: 2, note: \"{}\"", "x".repeat(2001)), "note"),
    ] {
        let refused = panel.admin_does(&format!("setRewardFormula({wrong})"), "status field formula { version }").await;
        assert_eq!(refused, json!({"status": "INVALID", "field": field, "formula": null}));
    }
    assert_eq!(asked(&panel, "rewardFormulas { edges { cursor } }").await["rewardFormulas"]["edges"], json!([]));
}

#[tokio::test]
async fn a_formula_is_its_projects_alone() {
    let panel = Panel::of(0).await;
    panel.admin_does("setRewardFormula(expert: 7)", "status").await;
    let other = panel.world.database.add_project("two").await;
    let stranger = operator_of(&panel.world, other).await;
    let told = panel
        .world
        .graphql(&stranger, "{ rewardFormula { version weights { expert } } rewardFormulas { edges { cursor } } }")
        .await;
    let own = json!({"rewardFormula": {"version": null, "weights": {"expert": 4.0}}, "rewardFormulas": {"edges": []}});
    assert_eq!(told["data"], own);
    for role in [Role::Auditor, Role::Curator, Role::Trainer] {
        let key = panel.world.key(role, None).await;
        let refused = panel.world.graphql(&key, "mutation { setRewardFormula(expert: 1) { status } }").await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{role}: {refused:#}");
        assert!(panel.world.graphql(&key, "{ rewardFormula { version } }").await.get("errors").is_none(), "{role}");
    }
}

#[tokio::test]
async fn a_retracted_fact_is_no_more_to_be_quoted_and_the_reward_falls() {
    let panel = quoting().await;
    let before = scores(&panel).await;
    assert_eq!(before[0]["verification"]["citations"], json!([{"state": "VERIFIED"}]), "{before:#?}");
    let facts = asked(&panel, r#"facts(filter: {externalId: "gold"}) { edges { node { id } } }"#).await;
    let fact = facts["facts"]["edges"][0]["node"]["id"].as_str().expect("a fact").to_owned();
    let retract = format!(r#"retractFact(fact: "{fact}", reason: "a slip of the pen")"#);
    assert_eq!(panel.admin_does(&retract, "status").await["status"], "DONE");
    work(&panel.world, &[Stage::Verify, Stage::Score]).await;
    let after = scores(&panel).await;
    assert_eq!(after[0]["verification"]["citations"], json!([{"state": "RETRACTED"}]), "{after:#?}");
    assert_eq!((&after[0]["citationTerm"], &after[1]), (&json!(-1.0), &before[0]));
    assert!(after[0]["reward"].as_f64() < before[0]["reward"].as_f64(), "{after:#?}");
}

#[tokio::test]
async fn what_an_answer_cites_counts_before_it_is_stored_and_by_the_projects_formula() {
    let panel = quoting().await;
    let answer = |cited: &str| json!({"query": "What is the symbol of gold?", "answer": format!("The chemical symbol of gold is Au{cited}.")});
    let items = json!([
        answer(""),
        answer(", \"the chemical symbol of gold is Au\" (https://example.org/elements)"),
        answer(", \"gold is always found in the purest rivers\" (https://example.org/elements)"),
        answer(" (https://example.org/nowhere)"),
    ]);
    let asked = async |world: &World| {
        let document = "query($items: [JSON!]!) { rewards(items: $items) { reward parts { name term } citations { kind state quoted reason sourceId } } }";
        world.graphql_with(&panel.admin, document, &json!({ "items": items })).await["data"]["rewards"].clone()
    };
    let told = asked(&panel.world).await;
    let states: Vec<_> = (0..4).map(|at| told[at]["citations"][0]["state"].clone()).collect();
    assert_eq!(states, [Value::Null, json!("VERIFIED"), json!("NOT_IN_SOURCE"), json!("UNKNOWN_SOURCE")], "{told:#}");
    let reward = |told: &Value, at: usize| told[at]["reward"].as_f64().expect("a reward");
    assert!(reward(&told, 0) > reward(&told, 2) && reward(&told, 0) > reward(&told, 3), "{told:#}");
    assert!(told[0]["parts"].as_array().is_some_and(|parts| parts.iter().all(|part| part["name"] != "citations")));
    panel.admin_does("setRewardFormula(citations: 10)", "status").await;
    let heavier = asked(&panel.world).await;
    assert!(reward(&heavier, 2) < reward(&told, 2) && reward(&heavier, 0) == reward(&told, 0), "{heavier:#}");
}
