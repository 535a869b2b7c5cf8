//! Training and what it makes, as engineers see it.

use atr_core::domain::access::Role;
use axum::http::StatusCode;

use super::{get, place, post, text};
use crate::{
    scene::{reviewed, running, sealed, trained},
    world::World,
};

#[tokio::test]
async fn a_job_renews_itself_while_it_runs_and_tells_what_it_made_when_it_ends() {
    let world = World::new().await;
    reviewed(&world).await;
    let snapshot = sealed(&world).await;
    let trainer = world.key(Role::Trainer, None).await;
    let started = post(&world, "/jobs", Some(&trainer), &format!("snapshot={snapshot}")).await;
    let queued = text(get(&world, &place(&started), Some(&trainer)).await).await;
    assert!(queued.contains(">queued<") && queued.contains("has reported no loss yet"), "{queued}");
    assert_eq!(
        post(&world, &format!("{}/cancel", place(&started)), Some(&trainer), "").await.status(),
        StatusCode::SEE_OTHER
    );
    let cancelled = text(get(&world, &place(&started), Some(&trainer)).await).await;
    assert!(cancelled.contains(">cancelled<") && !cancelled.contains("hx-trigger"), "{cancelled}");

    let job = running(&world, snapshot).await;
    let at = format!("/jobs/{job}");
    let page = text(get(&world, &at, Some(&trainer)).await).await;
    for said in [
        "every 3s",
        "Step 40 of 60",
        "<progress max=\"60\" value=\"40\"",
        "<svg class=\"plot\"",
        "<td class=\"number\">0.3100</td>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(page.matches("&#34;event&#34;").count(), 25, "a page of the log: {page}");
    let still = text(get(&world, &format!("{at}?still=yes"), Some(&trainer)).await).await;
    assert!(!still.contains("every 3s") && still.contains("Keep it up to date"), "{still}");

    let model = trained(&world, job, 0.8, true).await;
    let page = text(get(&world, &at, Some(&trainer)).await).await;
    for said in [">succeeded<", &format!("/models/{model}"), "train log loss", "0.3125"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("hx-trigger") && !page.contains("Give it up"), "it has ended: {page}");
    let list = text(get(&world, "/jobs?state=succeeded", Some(&trainer)).await).await;
    assert!(list.contains(&at) && !list.contains(&place(&started)), "{list}");
}

#[tokio::test]
async fn a_model_tells_how_good_it_is_why_it_is_in_use_and_on_what_it_rests() {
    let world = World::new().await;
    reviewed(&world).await;
    let snapshot = sealed(&world).await;
    let first = trained(&world, running(&world, snapshot).await, 0.72, true).await;
    let second = trained(&world, running(&world, snapshot).await, 0.81, true).await;
    let third = trained(&world, running(&world, snapshot).await, 0.55, false).await;
    let trainer = world.key(Role::Trainer, None).await;
    let page = text(get(&world, &format!("/models/{second}"), Some(&trainer)).await).await;
    for said in [
        "reward-2",
        "in use",
        "AUROC rose, and nothing fell.",
        "0.810",
        "<svg class=\"plot\"",
        &format!("/snapshots/{snapshot}"),
        "Reviews behind its snapshot",
        "What is the chemical symbol of",
        "fewest_questions",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let refused = text(get(&world, &format!("/models/{third}"), Some(&trainer)).await).await;
    assert!(refused.contains("AUROC fell beyond its margin.") && !refused.contains("Roll back"), "{refused}");
    let list = text(get(&world, "/models?kind=reward_model", Some(&trainer)).await).await;
    assert!(
        list.contains("AUROC over the versions") && list.contains("reward-3") && !list.contains(">small<"),
        "{list}"
    );

    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(&world, &format!("/models/{second}"), Some(&auditor)).await).await;
    assert!(!page.contains("Roll back"), "who only reads");
    let back = post(&world, "/models/roll-back", Some(&trainer), "reason=It+misled+us.").await;
    assert_eq!(place(&back), format!("/models/{first}"));
    let page = text(get(&world, &place(&back), Some(&auditor)).await).await;
    assert!(page.contains("It misled us.") && page.contains("in use again after a roll-back"), "{page}");
    let none = post(&world, "/models/roll-back", Some(&trainer), "reason=Again.").await;
    assert_eq!(none.status(), StatusCode::CONFLICT);
}
