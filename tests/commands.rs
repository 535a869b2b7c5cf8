//! The command line, as people and scripts use it: what is said where, and how it ends.

use std::fs;

use axum::{
    Json, Router,
    http::{StatusCode, header},
    routing::get,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::process::{Installation, PATIENCE, Result, until};

fn json_of(line: &str) -> Result<Value> {
    Ok(serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?)
}

/// What the doctor says of a check.
fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["check"] == check).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn what_was_not_understood_ends_with_2_and_what_failed_with_1() -> Result {
    let installation = Installation::new()?;
    for wrong in [&["nothing"][..], &["job", "list", "--nothing"], &["key", "revoke", "trc_1"], &["ingest"]] {
        let ended = installation.end(wrong).await?;
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{wrong:?}: {}", ended.complained);
        assert!(ended.complained.starts_with("error: "), "{}", ended.complained);
    }
    let nowhere = ["ingest", "nothing.jsonl", "--key", "k", "--url", "http://127.0.0.1:1"];
    let ended = installation.end(&nowhere).await?;
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""));
    assert!(ended.complained.contains("cannot read nothing.jsonl"), "{}", ended.complained);
    Ok(())
}

#[tokio::test]
async fn a_door_that_stops_within_a_file_is_told_with_the_line_to_go_on_from() -> Result {
    let stopped = || async {
        let problem = json!({
            "type": "about:blank", "title": "Too Many Requests", "status": 429, "code": "BACKLOG_FULL",
            "detail": "3 tasks wait", "first_unanswered_line": 5, "received": 4, "stored": 2, "duplicates": 0,
            "quarantined": 0, "filtered": 0, "rejected": 2, "errors_left_out": 1,
            "errors": [{"line": 2, "status": "rejected", "field": "answer", "message": "give the answer"}],
        });
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")], Json(problem))
    };
    let unknown = || async { StatusCode::NOT_FOUND };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let door = tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/v1/ingest/traces", get(unknown).post(stopped))).await
    });

    let installation = Installation::new()?;
    let file = installation.data().with_file_name("lines.jsonl");
    fs::write(&file, "{}\n{}\n{}\n{}\n{}\n")?;
    let file = file.to_str().ok_or("a path that is no text")?;
    let send = ["ingest", file, "--key", "k", "--url", &address, "--retries", "0"];
    let ended = installation.end(&send).await?;
    assert_eq!(ended.code, Some(1));
    assert!(ended.said.starts_with("4 received = 2 stored"), "{}", ended.said);
    for told in [
        "line 2: rejected: answer: give the answer",
        "and 1 more lines that were not stored",
        "answered 429 Too Many Requests: 3 tasks wait",
        "line 5 and all after it were not taken in: send them again",
        "ask again in 7 s",
    ] {
        assert!(ended.complained.contains(told), "{told}: {}", ended.complained);
    }
    let ended = installation.end(&[&["--json"], &send[..]].concat()).await?;
    let account = json_of(&ended.said)?;
    assert_eq!((ended.code, &account["stored"], &account["first_unanswered_line"]), (Some(1), &json!(2), &json!(5)));
    door.abort();
    Ok(())
}

#[tokio::test]
async fn the_doctor_names_what_is_wrong_and_how_to_mend_it() -> Result {
    let installation = Installation::new()?;
    let examined = async |args: &[&str]| -> Result<(Option<i32>, Value)> {
        let ended = installation.end(&[&["--json", "doctor"], args].concat()).await?;
        Ok((ended.code, json_of(&ended.said)?))
    };
    let (code, report) = examined(&["--database-url", "postgres://nobody@127.0.0.1:1/none"]).await?;
    assert_eq!((code, &report["healthy"]), (Some(1), &json!(false)));
    assert_eq!(finding(&report, "database")["ok"], json!(false), "{report:#}");
    assert_eq!(finding(&report, "schema and role"), &Value::Null, "what cannot be known is not told");

    let database = installation.hold_database().await?;
    let (_, report) = examined(&[]).await?;
    assert_eq!(finding(&report, "database")["ok"], json!(true), "{report:#}");
    let schema = finding(&report, "schema and role")["detail"].as_str().unwrap_or_default();
    assert!(schema.contains("run `atr migrate`"), "{report:#}");
    assert_eq!(installation.run(&["migrate"]).await?, json!({"migrated": true}));
    let (_, report) = examined(&[]).await?;
    for check in ["data folder", "database", "schema and role", "queue", "paused stages", "blobs"] {
        assert_eq!(finding(&report, check)["ok"], json!(true), "{check}: {report:#}");
    }
    assert!(finding(&report, "database")["detail"].as_str().unwrap_or_default().contains("PostgreSQL"));

    installation.run(&["project", "create", "one"]).await?;
    installation.run(&["queue", "pause", "verify", "--why", "the rules change"]).await?;
    let (code, report) = examined(&[]).await?;
    let paused = finding(&report, "paused stages");
    assert_eq!((code, &paused["ok"]), (Some(1), &json!(false)));
    assert!(paused["detail"].as_str().unwrap_or_default().contains("verify (the rules change)"), "{report:#}");
    database.stop().await
}

#[tokio::test]
async fn experts_and_keys_are_entered_changed_and_listed_to_the_end() -> Result {
    let installation = Installation::new()?;
    let database = installation.hold_database().await?;
    installation.run(&["migrate"]).await?;
    installation.run(&["project", "create", "one"]).await?;
    let made = installation.run(&["expert", "create", "ada", "--domain", "physics", "--language", "en"]).await?;
    let id = made["id"].as_str().ok_or("no id")?;
    let changed = installation
        .run(&["expert", "update", id, "--domain", "any", "--weekly-capacity", "3", "--active", "false"])
        .await?;
    let now = ["domains", "languages", "weekly_capacity", "active"].map(|field| changed[field].clone());
    assert_eq!(now, [json!([]), json!(["en"]), json!(3), json!(false)]);
    let (made, listed) = (
        installation.run(&["key", "create", "ada's", "--role", "expert", "--expert", id]).await?,
        installation.run(&["key", "list"]).await?,
    );
    assert_eq!((&listed["id"], &listed["expert"], &listed["secret"]), (&made["id"], &json!(id), &Value::Null));

    let many: Vec<String> = (0..205).map(|n| format!("e{n}")).collect();
    let create: Vec<&str> = ["expert", "create"].into_iter().chain(many.iter().map(String::as_str)).collect();
    installation.run(&create).await?;
    let page = installation.end(&["--json", "expert", "list"]).await?;
    assert_eq!((page.code, page.said.lines().count()), (Some(0), 200));
    let last = json_of(page.said.lines().last().ok_or("no line")?)?;
    let last = last["id"].as_str().ok_or("no id")?;
    assert!(page.complained.contains(&format!("--after {last} shows the next ones")), "{}", page.complained);
    let rest = installation.end(&["--json", "expert", "list", "--after", last]).await?;
    assert_eq!((rest.said.lines().count(), rest.complained.as_str()), (6, ""));
    assert_eq!(json_of(rest.said.lines().last().ok_or("no line")?)?["handle"], "ada");
    let all = installation.end(&["expert", "list", "--all"]).await?;
    assert_eq!((all.said.lines().count(), all.complained.as_str()), (206, ""));
    database.stop().await
}

#[tokio::test]
async fn a_project_says_when_its_week_is_and_how_experts_time_is_divided_and_its_cycles_are_listed() -> Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let set = async |more: &[&str]| installation.run(&[&["project", "set", "default"], more].concat()).await;
    let week = [
        "--time-zone",
        "Europe/Berlin",
        "--opens-on",
        "sunday",
        "--opens-at",
        "18:30",
        "--due-on",
        "friday",
        "--due-at",
        "12:00",
    ];
    let shares =
        ["--gold-share", "0.2", "--double-blind-share", "0.3", "--exploration-share", "0.05", "--domain-floor", "0.25"];
    let calendar = json!({"time_zone": "Europe/Berlin", "opens_on": "sunday", "opens_at": "18:30", "due_on": "friday", "due_at": "12:00"});
    let policy = json!({"gold_share": 0.2, "double_blind_share": 0.3, "exploration_share": 0.05, "domain_floor": 0.25});
    set(&week).await?;
    let told = set(&shares).await?;
    assert_eq!((&told["review_calendar"], &told["routing_policy"]), (&calendar, &policy), "what is not given stays");
    for (wrong, said) in [
        (["--time-zone", "Mars/Olympus"], "time_zone: `Mars/Olympus` is no IANA time zone"),
        (["--gold-share", "2"], "gold_share: is 2: give a share between 0 and 1"),
    ] {
        let ended = installation.end(&[&["project", "set", "default"], &wrong[..]].concat()).await?;
        assert_eq!(ended.code, Some(1));
        assert!(ended.complained.contains(said), "{}", ended.complained);
    }
    let now = set(&[]).await?;
    assert_eq!((&now["review_calendar"], &now["routing_policy"]), (&calendar, &policy));

    let none = installation.end(&["review", "cycles"]).await?;
    assert_eq!((none.code, none.said.as_str()), (Some(0), ""));
    assert!(none.complained.starts_with("There are no cycles in this project"), "{}", none.complained);
    let key = service.first_key.as_deref().ok_or("no first key")?;
    // The one provider of this process: another test may have installed it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let routed = reqwest::Client::new()
        .post(format!("{}/graphql", service.address))
        .bearer_auth(key)
        .json(&json!({"query": "mutation { routeReviews { status cycle } }"}))
        .send()
        .await?
        .json::<Value>()
        .await?;
    let cycle = &routed["data"]["routeReviews"]["cycle"];
    let listed = until("the cycle is open", async || {
        let said = installation.read(&["--json", "review", "cycles"]).await?;
        said.lines().next().map(json_of).transpose()
    })
    .await?;
    assert_eq!(
        (&listed["cycle"], &listed["state"], &listed["report"]),
        (cycle, &json!("open"), &Value::Null),
        "{routed}"
    );
    let read = installation.read(&["review", "cycles"]).await?;
    assert!(read.contains("open, due "), "{read}");
    service.stop().await
}

#[tokio::test]
async fn the_first_signal_asks_to_finish_and_the_second_stops_at_once_with_130() -> Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    service.terminate()?;
    service.signal(Signal::SIGINT)?;
    assert_eq!(service.ended(PATIENCE).await?.code(), Some(130));
    Ok(())
}

#[tokio::test]
async fn a_demo_that_is_stopped_before_its_end_has_failed() -> Result {
    let installation = Installation::new()?;
    let demo = installation.start(&["--json", "demo", "--exit", "--listen", "127.0.0.1:0"])?;
    let running = installation.data().join("demo/postgres");
    until("the demo's database", async || Ok(running.exists().then_some(()))).await?;
    demo.terminate()?;
    let log = demo.log();
    assert_eq!(demo.ended(PATIENCE).await?.code(), Some(1));
    let complained = fs::read_to_string(log)?;
    assert!(complained.contains("the demo was stopped before its loop had turned 2 times"), "{complained}");
    Ok(())
}
