//! Tending the queue through the API and on the command line.

use atr_core::{
    domain::access::Role,
    queue::{Enqueued, Work},
};
use serde_json::{Value, json};

use crate::{
    process::{Installation, Result},
    world::World,
};

#[tokio::test]
async fn an_operator_pauses_a_stage_and_whoever_waits_for_it_is_told_why() {
    let world = World::new().await;
    let (operator, reader) = (world.key(Role::Operator, None).await, world.key(Role::Auditor, None).await);
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

/// Enqueues traces to be verified, and lets them die. Answers the oldest.
async fn dead_letters(world: &World, how_many: usize) -> String {
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let works = (0..how_many).map(|_| Work::VerifyTrace { trace: world.app.store.ids().make() });
    let enqueued = tx.enqueue_all(works.collect::<Vec<_>>()).await.expect("enqueued");
    tx.commit().await.expect("committed");
    sqlx::query("update task set state = 'dead', finished_at = now()")
        .execute(&world.database.owner)
        .await
        .expect("dead");
    match enqueued.first() {
        Some(Enqueued::New(first)) => first.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn all_that_died_is_replayed_a_thousand_at_a_time_and_the_rates_are_told() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    dead_letters(&world, 1002).await;
    let first = world.graphql(&admin, "mutation { replayDeadTasks { status tasks { replayed last } } }").await;
    let first = &first["data"]["replayDeadTasks"];
    assert_eq!((&first["status"], &first["tasks"]["replayed"]), (&json!("DONE"), &json!(1000)), "{first:#}");
    let last = first["tasks"]["last"].as_str().expect("there are more");
    let rest = format!(
        r#"mutation {{ replayDeadTasks(stage: VERIFY, after: "{last}") {{ tasks {{ replayed passedOver last }} }} }}"#
    );
    let rest = world.graphql(&admin, &rest).await;
    let expected = json!({"replayed": 2, "passedOver": 0, "last": null});
    assert_eq!(rest["data"]["replayDeadTasks"]["tasks"], expected, "{rest:#}");

    let done = "update task set state = 'succeeded', finished_at = now() where id in (select id from task limit 10)";
    sqlx::query(done).execute(&world.database.owner).await.expect("done");
    let rates = world.graphql(&admin, "{ queueRates { stage perMinute } }").await;
    assert_eq!(rates["data"]["queueRates"], json!([{"stage": "VERIFY", "perMinute": 2.0}]), "{rates:#}");
}

#[tokio::test]
async fn the_command_line_tells_what_waits_and_died_replays_it_and_pauses_stages() -> Result {
    let here = Installation::new()?;
    let held = here.hold_database().await?;
    here.run(&["project", "create", "one"]).await?;
    here.run(&["project", "create", "two"]).await?;
    let mut database = held.connect().await?;
    for (state, many) in [("dead", 3), ("available", 2)] {
        let tasks = "insert into task (id, project_id, stage, work, state, priority, unique_key, attempt, max_attempts,
                                       run_at, errors, created_at, finished_at)
             select gen_random_uuid(), p.id, 'score', '{\"do\": \"score_all\", \"after\": null}', $1, 0,
                    p.slug || $1 || n, 1, 10, now(), '[{\"error\": \"the disk is full\"}]', now() - interval '3 hours',
                    case $1 when 'dead' then now() end
             from generate_series(1, $2) n, project p";
        sqlx::query(tasks).bind(state).bind(many).execute(&mut database).await?;
    }
    let score = async |args: &[&str]| -> Result<Value> {
        let status = here.run(args).await?;
        let of = status["stages"].as_array().and_then(|all| all.iter().find(|of| of["stage"] == "score")).cloned();
        Ok(of.ok_or("no such stage")?)
    };
    let all = score(&["queue", "status"]).await?;
    assert_eq!((&all["tasks"]["dead"], &all["tasks"]["available"]), (&json!(6), &json!(4)), "{all:#}");
    assert!(all["oldest_seconds"].as_f64().is_some_and(|age| (10_800.0..11_800.0).contains(&age)), "{all:#}");
    let of_one = score(&["queue", "status", "--project", "one"]).await?;
    assert_eq!((&of_one["tasks"]["dead"], &of_one["paused"]), (&json!(3), &Value::Null), "{of_one:#}");

    let dead = here.run(&["queue", "dead", "--project", "one"]).await?;
    assert_eq!((&dead["work"]["do"], &dead["errors"][0]["error"]), (&json!("score_all"), &json!("the disk is full")));
    let id = dead["id"].as_str().ok_or("no id")?;
    assert!(here.read(&["queue", "dead", "--project", "one"]).await?.contains("the disk is full"));
    here.run(&["queue", "replay", id, "--project", "one"]).await?;
    assert!(here.run(&["queue", "replay", id, "--project", "one"]).await.is_err(), "it is not dead any more");
    let rest = here.run(&["queue", "replay", "--all", "--stage", "score", "--project", "one"]).await?;
    assert_eq!(rest, json!({"replayed": 2, "passed_over": 0}));
    assert_eq!(score(&["queue", "status"]).await?["tasks"]["dead"], 3, "those of the other project stay");

    here.run(&["queue", "pause", "score", "--why", "the model is wrong"]).await?;
    assert_eq!(score(&["queue", "status"]).await?["paused"]["why"], "the model is wrong");
    assert!(here.read(&["queue", "status"]).await?.contains("paused: the model is wrong"));
    assert!(here.run(&["queue", "pause", "score", "--why", "again"]).await.is_err());
    here.run(&["queue", "resume", "score"]).await?;
    assert!(here.run(&["queue", "resume", "score"]).await.is_err(), "it goes on already");
    drop(database);
    held.stop().await
}
