//! Tending the queue through the API.

use atr_core::domain::access::Role;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn an_operator_pauses_a_stage_and_whoever_waits_for_it_is_told_why() {
    let world = World::new().await;
    let (operator, reader) = (world.key(Role::Operator, None).await, world.key(Role::Reader, None).await);
    let pause = r#"mutation { pauseStage(stage: TRAIN, why: " no GPU until Monday ") {
        status message field pause { stage why pausedBy } } }"#;
    let done = world.graphql(&operator, pause).await["data"]["pauseStage"].clone();
    assert_eq!((&done["status"], &done["pause"]["why"]), (&json!("DONE"), &json!("no GPU until Monday")), "{done:#}");
    assert!(done["pause"]["pausedBy"].as_str().is_some_and(|key| key.starts_with("key_")), "{done:#}");

    let again = world.graphql(&operator, pause).await["data"]["pauseStage"].clone();
    assert_eq!((&again["status"], &again["pause"]), (&json!("CONFLICT"), &Value::Null), "{again:#}");
    let seen = world.graphql(&reader, "{ pausedStages { stage why pausedBy } }").await;
    let expected = json!([{"stage": "TRAIN", "why": "no GPU until Monday", "pausedBy": null}]);
    assert_eq!(seen["data"]["pausedStages"], expected, "which operator it was is not told");

    let resume = "mutation { resumeStage(stage: TRAIN) { status stage } }";
    let done = world.graphql(&operator, resume).await["data"]["resumeStage"].clone();
    assert_eq!(done, json!({"status": "DONE", "stage": "TRAIN"}));
    assert_eq!(world.graphql(&operator, resume).await["data"]["resumeStage"]["status"], "CONFLICT");
    assert_eq!(world.graphql(&reader, "{ pausedStages { stage } }").await["data"]["pausedStages"], json!([]));
}

#[tokio::test]
async fn a_stage_is_not_paused_without_a_reason() {
    let world = World::new().await;
    let operator = world.key(Role::Operator, None).await;
    let pause = r#"mutation { pauseStage(stage: TRAIN, why: " ") { status field } }"#;
    let refused = world.graphql(&operator, pause).await["data"]["pauseStage"].clone();
    assert_eq!(refused, json!({"status": "INVALID", "field": "why"}));
}
