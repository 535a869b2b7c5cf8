//! Users' feedback: through both doors, before and after the trace it is about, and what it moves.

use atr_core::{
    domain::{
        access::Role,
        intake::{Balance, Door},
    },
    queue::Stage,
};
use serde_json::{Value, json};

use crate::{
    otlp::{
        assemble, balance, send,
        spans::{TRACE_HEX, chat},
        stored, work,
    },
    world::World,
};

async fn feedback(world: &World, key: &str, line: Value) -> String {
    let answers = world.send_lines(key, "feedback", &[line]).await;
    answers[0]["status"].as_str().expect("a status").to_owned()
}

fn trace(external_id: &str) -> Value {
    json!({"external_id": external_id, "model": "m", "query": "What is gold's symbol?", "answer": "Au"})
}

/// Does what waits until every trace is scored.
async fn score(world: &World) {
    work(world, &[Stage::Verify, Stage::Score]).await;
}

async fn read(world: &World, of: &str) -> Value {
    let reader = world.key(Role::Auditor, None).await;
    let answer = world.graphql(&reader, &format!("{{ {of} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

/// The newest score of the trace with this sender's id.
async fn newest_score(world: &World, external_id: &str) -> Value {
    let of = format!(
        "traces(filter: {{externalId: \"{external_id}\"}}) {{ edges {{ node {{
             latestScore {{ id reward expertTerm feedbackTerm feedbackCount }} }} }} }}"
    );
    read(world, &of).await["traces"]["edges"][0]["node"]["latestScore"].clone()
}

#[tokio::test]
async fn it_finds_its_trace_by_id_external_id_or_span_whichever_comes_first() {
    for feedback_first in [true, false] {
        let (world, key) = crate::otlp::world(1.0).await;
        let span = json!({"trace_id": TRACE_HEX, "span_id": "01".repeat(8), "thumbs": "down"});
        let named = json!({"trace_external_id": "one", "stars": 2, "comment": "no source"});
        if feedback_first {
            assert_eq!(feedback(&world, &key, span.clone()).await, "stored");
            assert_eq!(feedback(&world, &key, named.clone()).await, "stored");
            let waiting = read(&world, "feedbacks { edges { node { traceExternalId trace { id } } } }").await;
            let expected = json!([
                {"node": {"traceExternalId": "one", "trace": null}},
                {"node": {"traceExternalId": TRACE_HEX, "trace": null}},
            ]);
            assert_eq!(waiting["feedbacks"]["edges"], expected);
        }
        world.send_lines(&key, "traces", &[trace("one")]).await;
        send(&world, &key, vec![chat(1, None, "q", "a")]).await;
        assemble(&world).await;
        if !feedback_first {
            score(&world).await;
            assert_eq!(feedback(&world, &key, span).await, "stored");
            assert_eq!(feedback(&world, &key, named).await, "stored");
        }
        score(&world).await;
        for (external_id, term) in [("one", -0.25), (TRACE_HEX, -0.5)] {
            let score = newest_score(&world, external_id).await;
            assert_eq!((&score["feedbackTerm"], &score["feedbackCount"]), (&json!(term), &json!(1)), "{external_id}");
        }
        // By its id here it is the same trace.
        let all = stored(&world).await;
        let id = all.iter().find(|(trace, _)| trace.external_id.as_deref() == Some("one")).expect("it").0.id;
        assert_eq!(feedback(&world, &key, json!({"trace": id, "rating": 1, "comment": "after all"})).await, "stored");
        let of_trace = read(
            &world,
            &format!(
                "trace(id: \"{id}\") {{ feedback(first: 1) {{ edges {{ node {{ rating comment traceExternalId
                   trace {{ id }} }} }} pageInfo {{ hasNextPage }} }} }}"
            ),
        )
        .await;
        let newest = json!({"rating": 1.0, "comment": "after all", "traceExternalId": "one", "trace": {"id": id}});
        let expected = json!({"edges": [{"node": newest}], "pageInfo": {"hasNextPage": true}});
        assert_eq!(of_trace["trace"]["feedback"], expected);
        let spans = read(&world, &format!("feedbacks(filter: {{traceExternalId: \"{TRACE_HEX}\"}}) {{ edges {{ node {{ spanId trace {{ externalId }} }} }} }}")).await;
        let node = json!({"spanId": "01".repeat(8), "trace": {"externalId": TRACE_HEX}});
        assert_eq!(spans["feedbacks"]["edges"], json!([{"node": node}]));
    }
}

#[tokio::test]
async fn sent_again_it_changes_nothing_and_other_words_under_its_id_are_set_aside() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let named = |thumbs| json!({"external_id": "f", "trace_external_id": "t", "thumbs": thumbs});
    let unnamed = json!({"trace_external_id": "t", "comment": "hm"});
    let nowhere = json!({"trace": format!("trc_{}", "0".repeat(26)), "thumbs": "up"});
    let lines = [named("up"), named("up"), named("down"), unnamed.clone(), unnamed.clone(), nowhere, json!({})];
    let answers = world.send_lines(&key, "feedback", &lines).await;
    let told: Vec<_> = answers.iter().map(|answer| answer["status"].as_str().expect("a status")).collect();
    let expected = ["stored", "duplicate", "quarantined", "stored", "duplicate", "rejected", "rejected"];
    assert_eq!(told, expected, "{answers:?}");
    assert_eq!(answers[0]["id"], answers[1]["id"]);
    assert_eq!(answers[5]["error"]["field"], "trace");
    let mutation = r#"mutation { recordFeedback(items: [{external_id: "f", trace_external_id: "t", thumbs: "up"}])
           { status outcome { balance { duplicate } items { id } } } }"#;
    let answer = world.graphql(&key, mutation).await;
    let expected =
        json!({"status": "DONE", "outcome": {"balance": {"duplicate": 1}, "items": [{"id": answers[0]["id"]}]}});
    assert_eq!(answer["data"]["recordFeedback"], expected, "{answer:#}");
    let counted = Balance { stored: 2, duplicate: 3, quarantined: 1, filtered: 0, rejected: 2 };
    assert_eq!(balance(&world, Door::Feedback).await, counted);
    let aside = read(&world, "quarantinedItems(filter: {door: FEEDBACK}) { edges { node { content } } }").await;
    let content = &aside["quarantinedItems"]["edges"][0]["node"]["content"];
    assert_eq!((&content["external_id"], &content["rating"]), (&json!("f"), &json!(-1.0)));
}

#[tokio::test]
async fn two_senders_of_the_same_feedback_at_once_store_it_once() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let line = json!({"external_id": "f", "trace_external_id": "t", "thumbs": "up"});
    let (one, other) = tokio::join!(feedback(&world, &key, line.clone()), feedback(&world, &key, line.clone()));
    let mut told = [one, other];
    told.sort();
    assert_eq!(told, ["duplicate", "stored"]);
}

#[tokio::test]
async fn bad_feedback_keeps_a_trace_that_nothing_else_spoke_for() {
    for feedback_first in [true, false] {
        let (world, key) = crate::otlp::world(0.0).await;
        let bad = json!({"trace_id": TRACE_HEX, "correction": "Au"});
        if feedback_first {
            feedback(&world, &key, bad.clone()).await;
            score(&world).await;
        }
        send(&world, &key, vec![chat(1, None, "q", "a")]).await;
        assemble(&world).await;
        if !feedback_first {
            // Left out: good feedback does not change that, bad feedback does.
            assert_eq!(stored(&world).await.len(), 0);
            feedback(&world, &key, json!({"trace_id": TRACE_HEX, "thumbs": "up"})).await;
            work(&world, &[Stage::Score, Stage::Assemble]).await;
            assert_eq!(stored(&world).await.len(), 0);
            feedback(&world, &key, bad).await;
            work(&world, &[Stage::Score]).await;
            assemble(&world).await;
        }
        let kept = stored(&world).await;
        assert_eq!(kept.iter().map(|(trace, _)| trace.external_id.as_deref()).collect::<Vec<_>>(), [Some(TRACE_HEX)]);
        let filtered = i64::from(!feedback_first);
        assert_eq!(balance(&world, Door::Assembled).await, Balance { stored: 1, filtered, ..Balance::default() });
    }
}

#[tokio::test]
async fn it_moves_the_reward_within_its_bound_and_is_taken_for_no_verdict() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    world.send_lines(&key, "traces", &[trace("t")]).await;
    score(&world).await;
    let before = newest_score(&world, "t").await;
    assert_eq!((&before["feedbackTerm"], &before["feedbackCount"]), (&Value::Null, &json!(0)));
    let many: Vec<Value> = (0..300)
        .map(
            |n| json!({"external_id": format!("f{n}"), "trace_external_id": "t", "thumbs": "down", "correction": "Ag"}),
        )
        .collect();
    world.send_lines(&key, "feedback", &many).await;
    work(&world, &[Stage::Score, Stage::Derive]).await;
    let after = newest_score(&world, "t").await;
    let term = after["feedbackTerm"].as_f64().expect("a term");
    assert!((term + 300.0 / 301.0).abs() < 1e-12 && after["feedbackCount"] == 300, "{after}");
    let moved = before["reward"].as_f64().expect("a reward") - after["reward"].as_f64().expect("a reward");
    assert!(moved > 0.0 && moved <= 0.25, "{moved}");
    // A comment says nothing of the answer: nothing is scored anew.
    feedback(&world, &key, json!({"trace_external_id": "t", "comment": "why?"})).await;
    work(&world, &[Stage::Score]).await;
    assert_eq!(newest_score(&world, "t").await["id"], after["id"]);
    assert_eq!(after["expertTerm"], Value::Null);
    let made =
        read(&world, "reviews { edges { cursor } } examples { edges { cursor } } evaluationCases { edges { cursor } }")
            .await;
    assert_eq!(made, json!({"reviews": {"edges": []}, "examples": {"edges": []}, "evaluationCases": {"edges": []}}));
}

#[tokio::test]
async fn experts_are_asked_first_of_what_users_found_bad() {
    let world = World::new().await;
    let (key, admin) = (world.key(Role::Ingest, None).await, world.key(Role::Admin, None).await);
    world.send_lines(&key, "traces", &[trace("quiet"), trace("bad"), trace("praised")]).await;
    feedback(&world, &key, json!({"trace_external_id": "bad", "thumbs": "down"})).await;
    feedback(&world, &key, json!({"trace_external_id": "praised", "thumbs": "up"})).await;
    score(&world).await;
    let expert =
        r#"mutation { createExpert(input: {handle: "e", weeklyCapacity: 3}) { status } routeReviews { status } }"#;
    let answer = world.graphql(&admin, expert).await;
    assert_eq!(answer["data"]["routeReviews"]["status"], "DONE", "{answer:#}");
    work(&world, &[Stage::Route]).await;
    let routed =
        read(&world, "assignments { edges { node { rank trace { externalId } reason { complaint } } } }").await;
    let mut routed: Vec<Value> = routed["assignments"]["edges"].as_array().expect("items").to_vec();
    routed.sort_by_key(|item| item["node"]["rank"].as_i64());
    let first = json!({"rank": 1, "trace": {"externalId": "bad"}, "reason": {"complaint": 0.5}});
    assert_eq!(routed[0]["node"], first, "{routed:?}");
    assert_eq!(routed[1]["node"]["reason"]["complaint"], 0.0);
}

#[tokio::test]
async fn it_stays_with_a_trace_through_its_revisions_and_is_another_projects_business_to_nobody() {
    let (world, key) = crate::otlp::world(1.0).await;
    send(&world, &key, vec![chat(2, Some(1), "q", "a")]).await;
    assemble(&world).await;
    feedback(&world, &key, json!({"trace": stored(&world).await[0].0.id, "thumbs": "down"})).await;
    let late = crate::otlp::spans::evaluated(crate::otlp::spans::span(1, None, vec![]), "correctness", 0.1);
    send(&world, &key, vec![late]).await;
    assemble(&world).await;
    score(&world).await;
    let revised = format!("{TRACE_HEX}#2");
    assert_eq!(newest_score(&world, &revised).await["feedbackTerm"], -0.5);
    let about = read(&world, "feedbacks { edges { node { trace { externalId } } } }").await;
    assert_eq!(about["feedbacks"]["edges"][0]["node"]["trace"]["externalId"], json!(revised));
}
