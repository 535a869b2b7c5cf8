//! The work of a project and what could not be done, as operators see it.

use atr_core::{domain::access::Role, queue::Stage};
use axum::http::StatusCode;
use serde_json::json;

use super::{get, place, post, text};
use crate::{scene::with_dead_work, world::World};

#[tokio::test]
async fn the_river_counts_what_waits_and_dead_work_is_tried_again() {
    let world = World::new().await;
    with_dead_work(&world).await;
    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(&world, "/pipeline", Some(&auditor)).await).await;
    let places: Vec<_> = Stage::ALL.iter().map(|stage| page.find(&format!("<h2>{stage}</h2>"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    let verify = &page[places[2].expect("verify")..places[3].expect("what follows")];
    assert!(verify.contains("<dt>waiting</dt><dd>2</dd>") && verify.contains(">3</a>"), "{verify}");
    assert_eq!(page.matches("the fact &#60;b&#62; is not there").count(), 6, "{page}");
    assert!(!page.contains("Try it again"), "who only reads");

    let admin = world.key(Role::Admin, None).await;
    let page = text(get(&world, "/pipeline?stage=verify", Some(&admin)).await).await;
    let task = page.split("name=\"task\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a task");
    let once = post(&world, "/pipeline/replay", Some(&admin), &format!("task={task}")).await;
    assert_eq!((once.status(), &*place(&once)), (StatusCode::SEE_OTHER, "/pipeline?replayed=1#dead"));
    let twice = post(&world, "/pipeline/replay", Some(&admin), &format!("task={task}")).await;
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    let rest = post(&world, "/pipeline/replay-stage", Some(&admin), "stage=verify").await;
    assert_eq!(place(&rest), "/pipeline?stage=verify&replayed=2#dead");
    let page = text(get(&world, "/pipeline?stage=verify&replayed=2", Some(&admin)).await).await;
    assert!(page.contains("Nothing is dead here.") && page.contains("2 put back into the queue."), "{page}");
    assert!(post(&world, "/pipeline/replay-stage", Some(&admin), "stage=none").await.status().is_client_error());
}

#[tokio::test]
async fn dead_work_is_told_page_by_page_and_says_which_stages_are_paused() {
    let world = World::new().await;
    let sender = world.key(Role::Ingest, None).await;
    let lines: Vec<_> = (0..30)
        .map(|n| json!({"external_id": format!("t-{n}"), "model": "m", "query": "Q?", "answer": "A."}))
        .collect();
    world.send_lines(&sender, "traces", &lines).await;
    sqlx::query("update task set state = 'dead', finished_at = now()")
        .execute(&world.database.owner)
        .await
        .expect("dead");
    let operator = world.key(Role::Operator, None).await;
    let paused = r#"mutation { pauseStage(stage: SCORE, why: "a new model comes") { status } }"#;
    assert_eq!(world.graphql(&operator, paused).await["data"]["pauseStage"]["status"], "DONE");
    let page = text(get(&world, "/pipeline?stage=verify", Some(&operator)).await).await;
    assert_eq!(page.matches("name=\"task\"").count(), 25, "{page}");
    assert!(page.contains("a new model comes"), "{page}");
    let older = page.split("href=\"/pipeline?stage=verify&#38;after=").nth(1).and_then(|rest| rest.split('"').next());
    let older = format!("/pipeline?stage=verify&after={}", older.expect("older work"));
    let page = text(get(&world, &older, Some(&operator)).await).await;
    assert_eq!(page.matches("name=\"task\"").count(), 5, "{page}");
}
