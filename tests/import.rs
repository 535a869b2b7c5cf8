//! `atr import`: exports of other tools, through the doors of a running service.

use std::{fs, path::Path};

use atr_core::domain::access::Role;
use serde_json::{Value, json};

use crate::{
    process::{Ended, Installation, Result},
    world::World,
};

/// Two records that make a trace each, one that makes none, one that is no JSON.
fn export(folder: &Path) -> Result<String> {
    let record = |id: &str, answer: &str| {
        json!({
            "id": id, "fields": {"prompt": format!("What is {id}?"), "response": answer}, "metadata": {"model": "small-1"},
            "suggestions": {}, "vectors": {}, "status": "completed",
            "responses": {"verdict": [{"value": "incorrect", "user_id": "u1"}],
                          "correction": [{"value": format!("not {answer}"), "user_id": "u1"}]},
        })
    };
    let none = json!({"id": "c", "fields": {"prompt": "What is c?"}});
    let lines = format!("{}\n{none}\n{{\"id\": \n{}\n", record("a", "x"), record("b", "y"));
    let file = folder.join("export.jsonl");
    fs::write(&file, lines)?;
    Ok(file.to_str().ok_or("a path that is no text")?.to_owned())
}

async fn imported(installation: &Installation, args: &[&str]) -> Result<(Ended, Value)> {
    let ended = installation.end(&[&["--json", "import"], args].concat()).await?;
    let told =
        serde_json::from_str(&ended.said).map_err(|error| format!("{error}: {}{}", ended.said, ended.complained))?;
    Ok((ended, told))
}

#[tokio::test]
async fn an_export_is_stored_once_however_often_it_is_imported_and_a_dry_run_stores_nothing() -> Result {
    let world = World::new().await;
    let installation = Installation::new()?;
    let address = world.serve().await?;
    let key = world.key(Role::Admin, None).await;
    let made = world
        .graphql(&key, r#"mutation { createExpert(input: {handle: "expert-1", domains: [], languages: [], weeklyCapacity: 5}) { expert { id } } }"#)
        .await;
    assert!(made["data"]["createExpert"]["expert"]["id"].is_string(), "{made}");
    let file = export(installation.data().parent().ok_or("no folder")?)?;
    let stored = async || -> Result<(Value, Value)> {
        let all = world
            .graphql(
                &key,
                "{ traces(first: 10) { edges { node { externalId answer } } }
                   reviews(first: 10) { edges { node { verdict correctedAnswer } } } }",
            )
            .await;
        let nodes = |list: &str| -> Result<Value> {
            let edges = all["data"][list]["edges"].as_array().ok_or_else(|| all.to_string())?;
            Ok(edges.iter().map(|edge| edge["node"].clone()).collect())
        };
        Ok((nodes("traces")?, nodes("reviews")?))
    };

    let (ended, told) = imported(&installation, &["argilla", &file, "--dry-run", "--expert", "expert-1"]).await?;
    let counts = ["records", "traces", "reviews", "unmapped"].map(|name| told[name].clone());
    assert_eq!((ended.code, counts), (Some(1), [json!(4), json!(2), json!(2), json!(2)]));
    let shown: Vec<_> = told["unmapped_shown"]
        .as_array()
        .ok_or("no list")?
        .iter()
        .map(|one| (one["record"].clone(), one["field"].clone()))
        .collect();
    assert_eq!(shown, [(json!(2), json!("answer")), (json!(3), json!("."))]);
    assert_eq!(stored().await?, (json!([]), json!([])));

    let send = ["argilla", &file, "--expert", "expert-1", "--url", &address, "--key", &key];
    let (ended, told) = imported(&installation, &send).await?;
    assert_eq!(ended.code, Some(1), "two records were not mapped");
    assert_eq!((&told["sent_traces"]["stored"], &told["sent_reviews"]["stored"]), (&json!(2), &json!(2)));
    let (traces, reviews) = stored().await?;
    assert_eq!(traces, json!([{"externalId": "argilla:b", "answer": "y"}, {"externalId": "argilla:a", "answer": "x"}]));
    assert_eq!(reviews.as_array().map(Vec::len), Some(2));
    assert_eq!(reviews[0]["verdict"], "INCORRECT");

    let (_, told) = imported(&installation, &send).await?;
    for sent in ["sent_traces", "sent_reviews"] {
        assert_eq!((&told[sent]["stored"], &told[sent]["duplicates"]), (&json!(0), &json!(2)), "{sent}: {told}");
    }
    assert_eq!(stored().await?, (traces, reviews));
    Ok(())
}

#[tokio::test]
async fn what_a_door_refuses_is_told_by_the_record_it_was_made_of() -> Result {
    let world = World::new().await;
    let installation = Installation::new()?;
    let address = world.serve().await?;
    let key = world.key(Role::Admin, None).await;
    let file = export(installation.data().parent().ok_or("no folder")?)?;
    let send = ["argilla", &file, "--expert", "nobody", "--url", &address, "--key", &key];
    let (ended, told) = imported(&installation, &send).await?;
    let refused = &told["sent_reviews"];
    assert_eq!((ended.code, &refused["rejected"], &refused["records"]), (Some(1), &json!(2), &json!({"1": 1, "2": 4})));
    let words = installation.end(&[&["import"], &send[..]].concat()).await?;
    assert!(
        words.complained.contains("record 4: rejected: expert: no expert has the handle `nobody`"),
        "{}",
        words.complained
    );
    assert!(words.complained.contains("fields.prompt → trace.query"), "{}", words.complained);

    let reader = world.key(Role::Auditor, None).await;
    let ended = installation.end(&["import", "argilla", &file, "--url", &address, "--key", &reader]).await?;
    assert_eq!(ended.code, Some(1));
    assert!(ended.complained.contains("may not do this"), "{}", ended.complained);
    Ok(())
}
