//! Facts and the pipeline, as curators and operators look at them.

use atr_core::{domain::access::Role, ids::FactId, queue::Stage};
use serde_json::json;

use super::Visit;
use crate::{
    otlp::work,
    scene::{decided, with_dead_work},
};

#[tokio::test]
async fn a_curator_enters_a_fact_and_retracts_it_after_seeing_what_rests_on_it() {
    let visit = Visit::of(Role::Curator).await;
    visit.text(".who").await;
    visit.go("/grounding/enter").await;
    visit.look("fact-enter").await;
    for (what, with) in [
        ("#statement", "The chemical symbol of gold is Au."),
        ("#quote", "Gold (Au), from the Latin aurum, has the atomic number 79."),
        ("#domain", "chemistry"),
        ("#subject", "gold"),
        ("#external_id", "gold-symbol"),
        ("#source", "iupac"),
    ] {
        visit.fill(what, with).await;
    }
    visit.press("details summary").await;
    for (what, with) in [("#title", "Elements"), ("#publisher", "IUPAC"), ("#licence", "CC0-1.0")] {
        visit.fill(what, with).await;
    }
    visit.press("form.card > button").await;
    visit.until(async || visit.path().await.starts_with("/grounding/fct_")).await;
    let at = visit.path().await;
    let fact: FactId = at.trim_start_matches("/grounding/").parse().expect("an id");
    decided(&visit.world, fact).await;
    visit.chromium.client.refresh().await.expect("the page");
    visit.look("fact").await;

    visit.press("a[href$='/retract']").await;
    visit.arrives(&format!("{at}/retract")).await;
    assert_eq!(visit.text(".sums").await, "trace: 1");
    visit.look("fact-retract").await;
    visit.fill("#reason", "It was misread.").await;
    visit.press("button.grave").await;
    visit.arrives(&at).await;
    assert_eq!(visit.text("h1 + .facts .tag").await, "retracted");
    visit.go("/grounding").await;
    assert_eq!(visit.count("#list li").await, 1);
    visit.look("grounding").await;
    visit.close().await;
}

#[tokio::test]
async fn a_curator_sees_facts_that_cannot_both_be_true_and_disputes_one() {
    let visit = Visit::of(Role::Curator).await;
    visit.text(".who").await;
    let curator = visit.world.key(Role::Curator, None).await;
    let fact = |name: &str, statement: &str| {
        json!({"kind": "fact", "external_id": name, "source": "iupac", "domain": "chemistry", "subject": "gold",
            "statement": statement, "state": "verified", "valid_to": "2026-11-23"})
    };
    let lines = [
        json!({"kind": "source", "external_id": "iupac", "publisher": "IUPAC", "title": "Elements", "licence": "CC0-1.0"}),
        fact("right", "The atomic number of gold is 79."),
        fact("wrong", "The atomic number of gold is 97."),
    ];
    visit.world.send_lines(&curator, "grounding", &lines).await;
    work(&visit.world, &[Stage::Verify]).await;
    visit.go("/grounding").await;
    visit.press(".tabs a[href='/grounding/conflicts']").await;
    visit.arrives("/grounding/conflicts").await;
    assert_eq!(visit.count("mark").await, 2);
    visit.look("conflicts").await;
    visit.press(".rows .columns > :last-child a").await;
    visit.until(async || visit.path().await.starts_with("/grounding/fct_")).await;
    assert_eq!(visit.count("#others ~ .rows .tag.bad").await, 1);
    visit.look("fact-in-conflict").await;
    visit.fill("#reason", "Two digits are turned.").await;
    visit.press("form[action$='/dispute'] button").await;
    visit.until(async || visit.text("h1 + .facts .tag").await == "disputed").await;
    visit.go("/grounding/conflicts").await;
    assert_eq!(visit.count("mark").await, 0);
    visit.press(".tabs a[href^='/grounding?lapsed']").await;
    visit.until(async || visit.count("#list li").await == 1).await;
    visit.look("facts-lapsed").await;
    visit.close().await;
}

#[tokio::test]
async fn an_administrator_sees_the_river_and_tries_dead_work_again() {
    let visit = Visit::of(Role::Admin).await;
    visit.text(".who").await;
    with_dead_work(&visit.world).await;
    visit.go("/pipeline?stage=verify").await;
    assert_eq!((visit.count(".river > li").await, visit.count(".river > li.bad").await), (13, 1));
    visit.look("pipeline").await;
    visit.press("form[action='/pipeline/replay'] button").await;
    visit.until(async || visit.path().await.starts_with("/pipeline?replayed=1")).await;
    assert_eq!(visit.count("#dead ~ ul.rows > li").await, 2);
    // The river renews itself, and nothing else does.
    sqlx::query("update task set state = 'succeeded', finished_at = now()")
        .execute(&visit.world.database.owner)
        .await
        .expect("done");
    visit.until(async || visit.count(".river > li.bad").await == 0).await;
    assert_eq!(visit.count("#dead ~ ul.rows > li").await, 2);
    visit.close().await;
}
