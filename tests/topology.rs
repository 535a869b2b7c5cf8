//! The parts that docker-compose.yml starts, as plain processes over PostgreSQL and RabbitMQ.

use std::{collections::BTreeSet, fs, path::Path};

use atr_core::queue::Stage;
use atr_workers::transport::rabbitmq::{AmqpUrl, remove_queues};
use serde_json::{Value, json};

use crate::{
    faults::{drained, reviewed, sender::client},
    process::{Installation, Result, until},
};

/// The commands of the compose file, as it writes them.
fn commands() -> Result<Vec<Vec<String>>> {
    let file = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docker-compose.yml"))?;
    let lists = file.lines().filter_map(|line| line.trim().strip_prefix("command: "));
    Ok(lists.map(serde_json::from_str).collect::<serde_json::Result<_>>()?)
}

#[tokio::test]
async fn the_parts_of_the_compose_file_turn_the_loop_over_rabbitmq() -> Result {
    let address = std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned());
    let broker = ["--amqp-url", &address];
    let workers: Vec<Vec<String>> = commands()?.into_iter().filter(|command| command[0] == "work").collect();
    let served: BTreeSet<&str> = workers.iter().flat_map(|command| &command[1..]).map(String::as_str).collect();
    assert_eq!(served, Stage::ALL.iter().map(|stage| stage.word()).collect(), "each stage has its workers");
    assert!(commands()?.contains(&vec!["serve".to_owned()]));

    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    installation.run(&["migrate"]).await?;
    let api = installation.serve(&broker).await?;
    let mut running = Vec::new();
    for command in &workers {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        running.push(installation.start(&[&command[..], &broker].concat())?);
    }
    let mut database = held.connect().await?;
    let client = client()?;
    let ready = until("a worker that relays", async || {
        let ready: Value = client.get(format!("{}/readyz", api.address)).send().await?.json().await?;
        Ok((ready["checks"]["broker"] == "up").then_some(ready))
    })
    .await?;
    assert_eq!((&ready["ready"], &ready["checks"]["transport"]), (&json!(true), &json!("rabbitmq")), "{ready:#}");

    reviewed(&installation, &held, &api, 40).await?;
    installation.run(&["snapshot", "create", "first"]).await?;
    drained(&mut database).await?;
    let sealed = installation.run(&["snapshot", "verify", "first"]).await?;
    assert_eq!(sealed["verified"], json!(true), "{sealed:#}");
    let rung: BTreeSet<String> =
        sqlx::query_scalar("select stage from doorbell").fetch_all(&mut database).await?.into_iter().collect();
    // Which of them a worker found by looking, and for which it was rung, is a matter of time.
    assert!(!rung.is_empty(), "nobody was rung for anything");
    let doctor = installation.read(&[&["doctor"], &broker[..]].concat()).await?;
    assert!(doctor.contains("a worker tells the broker of work"), "{doctor}");
    assert!(!doctor.contains("guest:guest"), "the broker's password is told: {doctor}");

    for worker in running {
        worker.stop().await?;
    }
    api.stop().await?;
    let installation_id = sqlx::query_scalar("select id from installation").fetch_one(&mut database).await?;
    remove_queues(&address.parse::<AmqpUrl>()?, installation_id).await?;
    drop(database);
    held.stop().await
}
