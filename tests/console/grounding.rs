//! Facts, as curators and experts see them.

use atr_core::{domain::access::Role, ids::FactId, queue::Stage};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::json;

use super::{expert, get, place, post, text};
use crate::{otlp::work, scene::decided, world::World};

/// What a form for a fact and its new source says.
const FACT: &str = "external_id=gold-symbol&source=iupac&domain=chemistry&subject=gold\
    &statement=The+chemical+symbol+of+gold+is+Au.&quote=Gold+%28Au%29&valid_to=2026-11-23\
    &title=Elements&publisher=IUPAC&licence=CC0-1.0&trust_tier=primary&url=https%3A%2F%2Fiupac.example.org%2F";

#[tokio::test]
async fn a_curator_enters_a_fact_with_its_source_and_finds_it_by_its_words() {
    let world = World::new().await;
    let curator = world.key(Role::Curator, None).await;
    let entered = post(&world, "/grounding/enter", Some(&curator), FACT).await;
    assert_eq!(entered.status(), StatusCode::SEE_OTHER);
    let at = place(&entered);
    let page = text(get(&world, &at, Some(&curator)).await).await;
    for said in [
        "The chemical symbol of gold is Au.",
        "Gold (Au)",
        "IUPAC",
        "https://iupac.example.org/",
        "no longer holds",
        "Nothing rests on it so far.",
        ">verified<",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let list = |query: &'static str| get(&world, query, Some(&curator));
    for (query, found) in [
        ("/grounding?q=symbol+gold", true),
        ("/grounding?q=silver", false),
        ("/grounding?state=verified&domain=chemistry", true),
        ("/grounding?state=disputed", false),
        ("/grounding?subject=gold", true),
    ] {
        let page = text(list(query).await).await;
        assert_eq!(page.contains(&at), found, "{query}: {page}");
    }
    // The same again changes nothing; another statement under the same id is refused, and the form keeps what was typed.
    assert_eq!(place(&post(&world, "/grounding/enter", Some(&curator), FACT).await), at);
    let other = FACT.replace("Au.", "Ag.");
    let refused = post(&world, "/grounding/enter", Some(&curator), &other).await;
    assert!(refused.status().is_client_error(), "{}", refused.status());
    let page = text(refused).await;
    assert!(page.contains("role=\"alert\"") && page.contains("symbol of gold is Ag."), "{page}");
}

#[tokio::test]
async fn who_retracts_a_fact_sees_before_what_rests_on_it() {
    let world = World::new().await;
    let curator = world.key(Role::Curator, None).await;
    let at = place(&post(&world, "/grounding/enter", Some(&curator), FACT).await);
    let fact: FactId = at.trim_start_matches("/grounding/").parse().expect("an id");
    let trace = decided(&world, fact).await;
    expert(&world).await;
    let review = json!({"trace": trace, "expert": "expert-0", "verdict": "incorrect",
        "corrected_answer": "The symbol of gold is Au.", "citations": [{"fact": fact.to_string()}]});
    let admin = world.key(Role::Admin, None).await;
    assert_eq!(world.send_lines(&admin, "reviews", &[review]).await[0]["status"], "stored");

    let page = text(get(&world, &format!("{at}/retract"), Some(&curator)).await).await;
    for said in ["trace: <strong>1</strong>", "review: <strong>1</strong>", "What is the symbol of gold?"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let without = post(&world, &format!("{at}/retract"), Some(&curator), "reason=+").await;
    assert_eq!(without.status(), StatusCode::BAD_REQUEST);
    assert!(text(without).await.contains("reason: is empty"));
    let retracted = post(&world, &format!("{at}/retract"), Some(&curator), "reason=It+was+misread.").await;
    assert_eq!(place(&retracted), at);
    let page = text(get(&world, &at, Some(&curator)).await).await;
    assert!(page.contains(">retracted<") && page.contains("It was misread."), "{page}");
    // And back, by who then vouches for it.
    let verified = post(&world, &format!("{at}/verify"), Some(&curator), "reason=It+was+not.").await;
    assert_eq!(verified.status(), StatusCode::SEE_OTHER);
    assert!(text(get(&world, &at, Some(&curator)).await).await.contains("It was not."));
}

#[tokio::test]
async fn an_expert_proposes_a_fact_and_sees_nothing_of_what_was_judged_by_it() {
    let world = World::new().await;
    let expert = world.key(Role::Expert, Some(expert(&world).await)).await;
    let at = place(&post(&world, "/grounding/enter", Some(&expert), FACT).await);
    decided(&world, at.trim_start_matches("/grounding/").parse().expect("an id")).await;
    let page = text(get(&world, &at, Some(&expert)).await).await;
    assert!(page.contains(">proposed<"), "{page}");
    for hidden in ["What rests on it", "What is the symbol of gold?", "Verify it", "Retract"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(&world, &at, Some(&auditor)).await).await;
    assert!(page.contains("What rests on it") && !page.contains("Verify it"), "{page}");
}

#[tokio::test]
async fn facts_that_cannot_both_be_true_are_told_until_one_of_them_is_no_longer_vouched_for() {
    let world = World::new().await;
    let curator = world.key(Role::Curator, None).await;
    let fact = |name: &str, statement: &str, until: Option<&str>| {
        json!({"kind": "fact", "external_id": name, "source": "iupac", "domain": "chemistry", "subject": "gold",
            "statement": statement, "state": "verified", "valid_to": until})
    };
    let source = json!({"kind": "source", "external_id": "iupac", "publisher": "IUPAC", "title": "Elements", "licence": "CC0-1.0"});
    let lines = [
        source,
        fact("right", "The atomic number of gold is 79.", None),
        fact("wrong", "The atomic number of gold is 97.", None),
        fact("other", "The chemical symbol of gold is Au.", None),
        fact("past", "The price of gold is 35 dollars.", Some("1971-08-15")),
    ];
    let mut at = vec![];
    for outcome in world.send_lines(&curator, "grounding", &lines).await {
        assert_eq!(outcome["status"], "stored", "{outcome:#}");
        at.push(format!("/grounding/{}", outcome["id"].as_str().expect("an id")));
    }
    let page = text(get(&world, "/grounding/conflicts", Some(&curator)).await).await;
    assert!(page.contains("No two verified facts are known to conflict."), "{page}");
    work(&world, &[Stage::Verify]).await;

    let admin = world.key(Role::Admin, None).await;
    let asked = "{ factConflicts(filter: {settled: false}) { edges { node { earlier { externalId } earlierSpan { begin end } \
        later { externalId } laterSpan { begin end } settledAt } } } }";
    let told = world.graphql(&admin, asked).await;
    assert_eq!(
        told["data"]["factConflicts"]["edges"],
        json!([{"node": {"earlier": {"externalId": "right"}, "earlierSpan": {"begin": 29, "end": 31},
            "later": {"externalId": "wrong"}, "laterSpan": {"begin": 29, "end": 31}, "settledAt": null}}]),
        "{told:#}"
    );
    let page = text(get(&world, "/grounding/conflicts", Some(&curator)).await).await;
    assert!(page.contains("<mark>79</mark>") && page.contains("<mark>97</mark>"), "{page}");
    let page = text(get(&world, &at[2], Some(&curator)).await).await;
    assert_eq!(page.matches("cannot hold beside this one").count(), 1, "{page}");
    let page = text(get(&world, "/grounding?lapsed=true&state=verified", Some(&curator)).await).await;
    assert_eq!([&at[1], &at[4]].map(|at| page.contains(at)), [false, true], "{page}");

    let dispute = |fact: &str| format!("{fact}/dispute");
    assert_eq!(place(&post(&world, &dispute(&at[2]), Some(&curator), "reason=Two+digits+are+turned.").await), at[2]);
    let page = text(get(&world, "/grounding/conflicts", Some(&curator)).await).await;
    assert!(page.contains("No two verified facts are known to conflict."), "{page}");
    // Who vouches for it again is told again.
    post(&world, &format!("{}/verify", at[2]), Some(&curator), "reason=So+says+the+source.").await;
    work(&world, &[Stage::Verify]).await;
    let page = text(get(&world, "/grounding/conflicts", Some(&curator)).await).await;
    assert_eq!(page.matches("<mark>").count(), 2, "{page}");
}

#[tokio::test]
async fn a_curator_sees_what_is_kept_of_a_source_what_changed_and_which_words_no_longer_stand_there() {
    let world = World::new().await;
    let curator = world.key(Role::Curator, None).await;
    let fact = place(&post(&world, "/grounding/enter", Some(&curator), FACT).await);
    let page = text(get(&world, &fact, Some(&curator)).await).await;
    let source = page.split("href=\"/grounding/sources/").nth(1).and_then(|rest| rest.split('"').next());
    let source = source.unwrap_or_else(|| panic!("{page}")).to_owned();
    let at = format!("/grounding/sources/{source}");
    let page = text(get(&world, &at, Some(&curator)).await).await;
    assert!(page.contains("Nothing is kept of it so far") && page.contains("IUPAC"), "{page}");
    for kept in ["Gold (Au) is soft.\nIt melts.\n", "Silver (Ag) is soft.\nIt melts.\n"] {
        let request = Request::post(format!("/v1/sources/{source}/copies"))
            .header(header::AUTHORIZATION, format!("Bearer {curator}"))
            .header(header::CONTENT_TYPE, "text/plain");
        let answer = world.ask(request.body(Body::from(kept)).expect("a request")).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        work(&world, &[Stage::Read, Stage::Verify]).await;
    }
    let page = text(get(&world, &at, Some(&curator)).await).await;
    for said in [
        "missing",
        "Gold (Au)",
        "<del class=\"text\">Gold (Au) is soft.",
        "<ins class=\"text\">Silver (Ag) is soft.",
        "changed",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Fetch it now"), "nobody allowed it: {page}");
    assert!(text(get(&world, &fact, Some(&curator)).await).await.contains(">missing<"));
    // How often it is to be read is said there, and refused with what was typed.
    let refused = post(&world, &format!("{at}/refresh"), Some(&curator), "hours=soon").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let page = text(refused).await;
    assert!(page.contains("role=\"alert\"") && page.contains("value=\"soon\""), "{page}");
    assert_eq!(place(&post(&world, &format!("{at}/refresh"), Some(&curator), "hours=24").await), at);
    assert!(text(get(&world, &at, Some(&curator)).await).await.contains("current until"));

    // Another fact holds instead.
    let newer = FACT.replace("external_id=gold-symbol", "external_id=newer").replace("Au.", "Go.");
    let newer = place(&post(&world, "/grounding/enter", Some(&curator), &newer).await);
    let id = newer.trim_start_matches("/grounding/");
    let done = post(&world, &format!("{fact}/supersede"), Some(&curator), &format!("by={id}&reason=Renamed.")).await;
    assert_eq!(place(&done), fact);
    let page = text(get(&world, &fact, Some(&curator)).await).await;
    assert!(page.contains(">superseded<") && page.contains(&newer) && page.contains("Renamed."), "{page}");
}
