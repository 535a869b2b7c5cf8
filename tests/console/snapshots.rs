//! Snapshots, as engineers see them.

use atr_core::{domain::access::Role, queue::Stage};
use axum::http::StatusCode;

use super::{get, place, post, text};
use crate::{
    otlp::work,
    scene::{reviewed, sealed},
    world::{World, records::Trace},
};

#[tokio::test]
async fn a_snapshot_is_asked_for_and_tells_of_what_it_is_made_and_what_fell() {
    let world = World::new().await;
    let trainer = world.key(Role::Trainer, None).await;
    let empty = post(&world, "/snapshots", Some(&trainer), "name=first").await;
    assert_eq!(empty.status(), StatusCode::CONFLICT);
    let page = text(empty).await;
    assert!(page.contains("no trace is ready for a snapshot") && page.contains("value=\"first\""), "{page}");
    reviewed(&world).await;
    let wrong = post(&world, "/snapshots", Some(&trainer), "recipe=%7B%22version%22%3A2%7D").await;
    assert!(wrong.status().is_client_error() && text(wrong).await.contains("recipe"), "a recipe of another form");
    let at = place(&post(&world, "/snapshots", Some(&trainer), "name=first").await);
    let page = text(get(&world, &at, Some(&trainer)).await).await;
    assert!(page.contains("It is being made") && page.contains("9 members"), "{page}");
    work(&world, &[Stage::Curate, Stage::Snapshot]).await;

    let page = text(get(&world, &at, Some(&trainer)).await).await;
    for said in [
        ">sealed<",
        "by domain",
        "by licence",
        "metallurgy",
        "exact duplicate",
        "sft.parquet",
        "Merkle root",
        "Train a reward model on it",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.len() < 100_000 && !page.contains("every 3s"), "it is made: {}", page.len());
    let fell = text(get(&world, &format!("{at}?reason=exact_duplicate"), Some(&trainer)).await).await;
    assert_eq!(fell.matches("What is the chemical symbol of gold").count(), 1, "{fell}");
    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(&world, &at, Some(&auditor)).await).await;
    assert!(!page.contains("Train a reward model on it") && page.contains("by domain"), "who only reads");
    let list = text(get(&world, "/snapshots?state=sealed", Some(&auditor)).await).await;
    assert!(list.contains(&at) && list.contains("8 kept") && !list.contains("Freeze it"), "{list}");
}

#[tokio::test]
async fn two_snapshots_are_held_beside_each_other() {
    let world = World::new().await;
    let records = reviewed(&world).await;
    let first = sealed(&world).await;
    let more =
        Trace { group: "metal", query: "Is lead a metal, and why?", answer: "No, it is not.", ..Trace::default() };
    records.ready(&more, false).await;
    let second = sealed(&world).await;
    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(&world, &format!("/snapshots/{second}/difference"), Some(&auditor)).await).await;
    assert!(page.contains("What changed since snapshot-1") && page.contains("Is lead a metal, and why?"), "{page}");
    let back = format!("/snapshots/{first}/difference?other={second}");
    let page = text(get(&world, &back, Some(&auditor)).await).await;
    assert!(page.contains("<h2>removed</h2>") && !page.contains("<h2>added</h2>"), "{page}");
    let alone = text(get(&world, &format!("/snapshots/{first}/difference"), Some(&auditor)).await).await;
    assert!(alone.contains("Choose the one to compare with."), "the first has none before it: {alone}");
}
