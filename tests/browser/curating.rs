//! Facts and the pipeline, as curators and operators look at them.

use atr_core::{domain::access::Role, ids::FactId};

use super::Visit;
use crate::scene::{decided, with_dead_work};

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
async fn an_administrator_sees_the_river_and_tries_dead_work_again() {
    let visit = Visit::of(Role::Admin).await;
    visit.text(".who").await;
    with_dead_work(&visit.world).await;
    visit.go("/pipeline?stage=verify").await;
    assert_eq!((visit.count(".river > li").await, visit.count(".river > li.bad").await), (12, 1));
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
