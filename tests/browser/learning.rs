//! Snapshots, jobs and models, as engineers look at them.

use atr_core::domain::access::Role;

use super::Visit;
use crate::scene::{reviewed, running, sealed, trained};

#[tokio::test]
async fn an_engineer_sees_of_what_a_snapshot_is_made_and_what_fell() {
    let visit = Visit::of(Role::Trainer).await;
    visit.text(".who").await;
    let records = reviewed(&visit.world).await;
    sealed(&visit.world).await;
    let more = crate::world::records::Trace {
        group: "metal",
        query: "Is lead a metal, and why?",
        answer: "No, it is not.",
        ..Default::default()
    };
    records.ready(&more, false).await;
    let second = sealed(&visit.world).await;
    visit.go("/snapshots").await;
    visit.press(".ask summary").await;
    visit.look("snapshots").await;
    visit.press("#list li a").await;
    visit.arrives(&format!("/snapshots/{second}")).await;
    visit.press("a[href*='reason=exact_duplicate']").await;
    visit.until(async || visit.count("#fell ~ ul.rows > li").await > 0).await;
    visit.look("snapshot").await;
    visit.go(&format!("/snapshots/{second}/difference")).await;
    assert!(visit.text(".sums").await.contains("added"));
    visit.look("snapshot-difference").await;
    visit.close().await;
}

#[tokio::test]
async fn an_engineer_follows_a_job_to_its_end_and_sees_how_good_its_model_is() {
    let visit = Visit::of(Role::Trainer).await;
    visit.text(".who").await;
    reviewed(&visit.world).await;
    let snapshot = sealed(&visit.world).await;
    trained(&visit.world, running(&visit.world, snapshot).await, 0.72, true).await;
    let job = running(&visit.world, snapshot).await;
    visit.go("/jobs").await;
    visit.look("jobs").await;
    visit.go(&format!("/jobs/{job}?still=yes")).await;
    visit.look("job-running").await;
    visit.go(&format!("/jobs/{job}")).await;
    assert_eq!(visit.count("progress").await, 1);
    let model = trained(&visit.world, job, 0.81, true).await;
    // It ends by itself, and asks no more.
    visit.until(async || visit.count(".done a").await == 1).await;
    assert_eq!((visit.count("progress").await, visit.count("[hx-trigger], .grave").await), (0, 0));
    visit.look("job").await;
    visit.press(".done a").await;
    visit.arrives(&format!("/models/{model}")).await;
    visit.look("model").await;
    visit.go("/models").await;
    visit.look("models").await;
    visit.close().await;
}
