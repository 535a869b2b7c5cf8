//! A serving stack asks before it answers: what an answer is worth, and what several chains say together.

use atr_core::domain::access::Role;
use serde_json::{Value, json};

use crate::world::World;

const FIELDS: &str = "reward field message firstSuspect parts { name term adds } findings { kind steps } \
                      claims { text verdict checkWorthy leaning likelihood decidingFactId reason }";

async fn rewards(world: &World, key: &str, items: &Value) -> Value {
    let document = format!("query($items: [JSON!]!) {{ rewards(items: $items) {{ {FIELDS} }} }}");
    world.graphql_with(key, &document, &json!({ "items": items })).await["data"]["rewards"].clone()
}

async fn compared(world: &World, key: &str, chains: &Value, below: f64) -> Value {
    let document = "mutation($chains: [JSON!]!, $below: Float!) {
        compareChains(chains: $chains, recordBelow: $below) { status field message comparison {
            agreedAnswer confidence entropy representative recorded { items { status id } }
            chains { dissents agreement confidence supported contradicted divergence { step representativeStep parting reason } }
        } } }";
    let answer = world.graphql_with(key, document, &json!({ "chains": chains, "below": below })).await;
    answer["data"]["compareChains"].clone()
}

async fn grounded() -> (World, String) {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let lines = [
        json!({"kind": "source", "external_id": "table", "publisher": "IUPAC", "title": "Elements", "licence": "CC0-1.0", "trust_tier": "primary"}),
        json!({"kind": "fact", "external_id": "gold", "source": "table", "domain": "chemistry", "subject": "gold",
               "statement": "The chemical symbol of gold is Au."}),
    ];
    for outcome in world.send_lines(&admin, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    let sender = world.key(Role::Ingest, None).await;
    (world, sender)
}

#[tokio::test]
async fn what_the_facts_support_is_worth_more_than_what_they_contradict_and_says_why() {
    let (world, sender) = grounded().await;
    let answer = |symbol: &str| json!({"query": "What is the symbol of gold?", "answer": format!("The chemical symbol of gold is {symbol}.")});
    let items = json!([answer("Au"), answer("Ag"), {"query": "q", "answer": "a", "steps": [{"text": "2 + 2 = 5"}]}, {"query": "q"}]);
    let worth = rewards(&world, &sender, &items).await;
    assert!(worth[0]["reward"].as_f64() > worth[1]["reward"].as_f64(), "{worth:#}");
    assert_eq!(worth[0]["claims"][0]["verdict"], "SUPPORTED", "{worth:#}");
    assert_eq!(worth[1]["claims"][0]["verdict"], "CONTRADICTED", "{worth:#}");
    assert_eq!(worth[1]["claims"][0]["leaning"], Value::Null, "a fact decides: {worth:#}");
    assert!(worth[1]["claims"][0]["decidingFactId"].as_str().is_some_and(|id| id.starts_with("fct_")), "{worth:#}");
    assert_eq!(worth[2]["findings"][0]["kind"], "wrong_arithmetic", "{worth:#}");
    assert_eq!(worth[2]["firstSuspect"], 0, "{worth:#}");
    for item in worth.as_array().expect("a list").iter().take(3) {
        let adds: f64 = item["parts"].as_array().expect("parts").iter().filter_map(|part| part["adds"].as_f64()).sum();
        assert!((adds - item["reward"].as_f64().expect("a reward")).abs() < 1e-9, "{item:#}");
    }
    // One that is no answer does not keep the others out.
    assert_eq!((&worth[3]["field"], &worth[3]["reward"]), (&json!("answer"), &Value::Null), "{worth:#}");
    assert_eq!(
        world.graphql(&world.key(Role::Auditor, None).await, "{ traces { edges { cursor } } }").await["data"]["traces"]
            ["edges"],
        json!([])
    );
}

#[tokio::test]
async fn chains_that_agree_are_answered_and_not_kept_and_a_doubted_answer_becomes_error_traces() {
    let (world, sender) = grounded().await;
    let chain = |step: &str, answer: &str| json!({"model": "chat", "query": "Ann has 16 eggs and eats 3. How many are left?", "answer": answer, "steps": [{"text": step}]});
    let (right, wrong) = (chain("16 - 3 = 13", "13"), chain("16 + 3 = 19", "19"));
    let sure = compared(&world, &sender, &json!([right, right, right, wrong]), 0.5).await;
    assert_eq!(sure["status"], "DONE", "{sure:#}");
    let found = &sure["comparison"];
    assert_eq!((&found["agreedAnswer"], &found["recorded"]), (&json!("13"), &Value::Null), "{found:#}");
    assert_eq!(found["chains"][3]["dissents"], true, "{found:#}");
    assert_eq!(found["chains"][3]["divergence"]["parting"], "OTHER_RESULT", "{found:#}");
    let doubted = compared(&world, &sender, &json!([right, wrong]), 1.0).await;
    let kept = doubted["comparison"]["recorded"]["items"].as_array().expect("kept");
    assert!(kept.len() == 2 && kept.iter().all(|item| item["status"] == "STORED"), "{doubted:#}");
    // Sent again, as after a lost answer, they are not stored again.
    let again = compared(&world, &sender, &json!([right, wrong]), 1.0).await;
    let again = again["comparison"]["recorded"]["items"].as_array().expect("known");
    assert!(again.iter().all(|item| item["status"] == "DUPLICATE"), "{again:#?}");
    let auditor = world.key(Role::Auditor, None).await;
    let groups =
        world.graphql(&auditor, "{ chainGroups { edges { node { traces { edges { node { answer } } } } } } }").await;
    let group = &groups["data"]["chainGroups"]["edges"];
    assert_eq!(group.as_array().map(Vec::len), Some(1), "{groups:#}");
    assert_eq!(group[0]["node"]["traces"]["edges"].as_array().map(Vec::len), Some(2), "{groups:#}");
}

#[tokio::test]
async fn of_two_chains_the_one_that_a_fact_supports_is_agreed_and_sure() {
    let (world, sender) = grounded().await;
    let chain = |answer: &str| json!({"model": "chat", "query": "What is the symbol of gold?", "answer": answer});
    let split = compared(&world, &sender, &json!([chain("Ag"), chain("Au")]), 0.5).await;
    let found = &split["comparison"];
    assert_eq!((&found["agreedAnswer"], &found["representative"]), (&json!("Au"), &json!(1)), "{found:#}");
    assert!(found["confidence"].as_f64() > Some(0.7) && found["recorded"].is_null(), "{found:#}");
    assert_eq!((&found["chains"][0]["contradicted"], &found["chains"][1]["supported"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn chains_of_several_queries_or_one_alone_are_refused_by_name() {
    let (world, sender) = grounded().await;
    let chain = |query: &str| json!({"model": "chat", "query": query, "answer": "13"});
    let mixed = compared(&world, &sender, &json!([chain("a"), chain("b")]), 0.5).await;
    assert_eq!((&mixed["status"], &mixed["field"]), (&json!("INVALID"), &json!("chains[1].query")), "{mixed:#}");
    let alone = compared(&world, &sender, &json!([chain("a")]), 0.5).await;
    assert_eq!((&alone["status"], &alone["field"]), (&json!("INVALID"), &json!("chains")), "{alone:#}");
    let broken = compared(&world, &sender, &json!([chain("a"), {"model": "chat", "query": "a"}]), 0.5).await;
    assert_eq!(broken["field"], "chains[1].answer", "{broken:#}");
    let beyond = compared(&world, &sender, &json!([chain("a"), chain("a")]), 2.0).await;
    assert_eq!(beyond["field"], "recordBelow", "{beyond:#}");
}

/// A world with these facts, and a key to enter more and one to ask.
async fn knowing(statements: &[&str]) -> (World, String, String) {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let mut lines = vec![
        json!({"kind": "source", "external_id": "book", "publisher": "A publisher", "title": "A book", "licence": "CC0-1.0", "trust_tier": "primary"}),
    ];
    lines.extend(statements.iter().enumerate().map(|(at, statement)| {
        json!({"kind": "fact", "external_id": format!("fact-{at}"), "source": "book", "domain": "general", "subject": "s", "statement": statement})
    }));
    for outcome in world.send_lines(&admin, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
    }
    let sender = world.key(Role::Ingest, None).await;
    (world, admin, sender)
}

/// What is said of the claims of an answer: text, verdict and reason of each.
async fn claims(world: &World, key: &str, query: &str, answer: &str) -> Vec<Value> {
    let worth = rewards(world, key, &json!([{"query": query, "answer": answer}])).await;
    worth[0]["claims"].as_array().unwrap_or_else(|| panic!("claims: {worth:#}")).clone()
}

#[tokio::test]
async fn facts_that_contradict_each_other_decide_nothing_until_one_of_them_is_retracted() {
    let (world, admin, sender) =
        knowing(&["The capital of Bolivia is La Paz.", "The capital of Bolivia is Sucre."]).await;
    let said = "The capital of Bolivia is Sucre.";
    let before = claims(&world, &sender, "q", said).await;
    assert_eq!(before[0]["verdict"], "UNVERIFIABLE", "{before:#?}");
    assert!(before[0]["reason"].as_str().is_some_and(|reason| reason.starts_with("facts disagree")), "{before:#?}");
    let facts = world.graphql(&admin, "{ facts { edges { node { id statement } } } }").await;
    let facts = facts["data"]["facts"]["edges"].as_array().expect("facts").clone();
    let wrong = facts.iter().find(|fact| fact["node"]["statement"] != json!(said)).expect("both are there");
    let retract = format!(
        "mutation {{ retractFact(fact: {}, reason: \"the seat of government is no capital\") {{ status }} }}",
        wrong["node"]["id"]
    );
    let done = world.graphql(&admin, &retract).await;
    assert_eq!(done["data"]["retractFact"]["status"], "DONE", "{done:#}");
    let after = claims(&world, &sender, "q", said).await;
    assert_eq!(after[0]["verdict"], "SUPPORTED", "{after:#?}");
}

#[tokio::test]
async fn an_answer_in_a_script_without_capitals_is_held_against_facts_in_it() {
    let (world, _, sender) = knowing(&["يبلغ ارتفاع جبل إيفرست ٨٨٤٩ مترا.", "माउंट एवरेस्ट 8849 मीटर ऊँचा है।"]).await;
    for (answer, verdict) in [
        ("يبلغ ارتفاع جبل إيفرست 8849 مترا.", "SUPPORTED"),
        ("يبلغ ارتفاع جبل إيفرست ٨٨٤٨ مترا.", "CONTRADICTED"),
        ("माउंट एवरेस्ट ८८४९ मीटर ऊँचा है।", "SUPPORTED"),
        ("माउंट एवरेस्ट ८८४८ मीटर ऊँचा है।", "CONTRADICTED"),
        ("माउंट एवरेस्ट 8849 मीटर ऊँचा नहीं है।", "UNVERIFIABLE"),
    ] {
        let found = claims(&world, &sender, "q", answer).await;
        assert_eq!(found[0]["verdict"], verdict, "{answer}: {found:#?}");
    }
}

#[tokio::test]
async fn an_answer_of_numbers_alone_claims_what_its_question_asks_for_and_nothing_without_one() {
    let (world, _, sender) = knowing(&["There are eight planets in the solar system."]).await;
    let asked = "How many planets are there in the solar system?";
    for (query, answer, verdict, worthy) in [
        (asked, "8", "SUPPORTED", true),
        (asked, "٩", "CONTRADICTED", true),
        ("Go on.", "8", "UNVERIFIABLE", false),
        ("Go on.", "1, 2, 3, 4", "UNVERIFIABLE", false),
    ] {
        let found = claims(&world, &sender, query, answer).await;
        assert_eq!((&found[0]["verdict"], &found[0]["checkWorthy"]), (&json!(verdict), &json!(worthy)), "{found:#?}");
    }
}

#[tokio::test]
async fn an_answers_pronouns_and_parts_are_held_against_facts_and_its_references_are_not() {
    let (world, _, sender) =
        knowing(&["Canberra is the capital of Australia.", "Canberra was founded in 1913.", "Canberra has a lake."])
            .await;
    let answer = "Canberra, the capital of Australia, has a lake [1]. It was founded in 1923.\n\nReferences:\n[1] Canberra has a lake. https://example.org/2020";
    let found = claims(&world, &sender, "Tell me about Canberra.", answer).await;
    let verdicts: Vec<(&str, bool)> =
        found.iter().map(|c| (c["verdict"].as_str().unwrap_or(""), c["checkWorthy"] == json!(true))).collect();
    assert_eq!(
        verdicts[..4],
        [("SUPPORTED", true), ("SUPPORTED", true), ("CONTRADICTED", true), ("UNVERIFIABLE", false)],
        "{found:#?}"
    );
    assert!(verdicts[4..].iter().all(|v| *v == ("UNVERIFIABLE", false)), "{found:#?}");
}
