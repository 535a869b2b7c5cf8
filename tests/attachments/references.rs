//! Records that refer to attached pictures: through every door, and read from both ends.

use atr_core::domain::{access::Role, new_trace::NewTrace};
use image::ImageFormat;
use serde_json::{Value, json};

use super::{attach, picture};
use crate::{edges::Statements, world::World};

/// What became of one line.
async fn status(world: &World, key: &str, door: &str, line: Value) -> String {
    let answers = world.send_lines(key, door, &[line]).await;
    answers[0]["status"].as_str().unwrap_or_else(|| panic!("{answers:?}")).to_owned()
}

/// The id and the digest of a picture that is attached.
async fn attached(world: &World, key: &str, format: ImageFormat) -> (String, String) {
    let (_, told) = attach(world, key, picture(format)).await;
    let text = |field: &str| told[field].as_str().expect("a text").to_owned();
    (text("id"), text("digest"))
}

fn trace(external_id: &str) -> Value {
    json!({"external_id": external_id, "model": "m", "query": "What does the chart show?", "answer": "A fall"})
}

fn with(mut line: Value, more: Value) -> Value {
    let more = more.as_object().expect("an object").clone();
    line.as_object_mut().expect("an object").extend(more);
    line
}

fn source() -> Value {
    json!({"kind": "source", "external_id": "s", "publisher": "p", "title": "t", "licence": "CC0-1.0"})
}

fn fact(attachments: Value) -> Value {
    json!({"kind": "fact", "external_id": "f", "source": "s", "domain": "d", "subject": "x", "statement": "It falls.",
           "attachments": attachments})
}

fn review(attachments: Value) -> Value {
    json!({"external_id": "r", "trace_external_id": "t", "expert": "ada", "verdict": "incorrect",
           "attachments": attachments})
}

async fn with_expert(world: &World, key: &str) {
    let made = world.graphql(key, "mutation { createExpert(input: {handle: \"ada\", weeklyCapacity: 1}) { status } }");
    assert_eq!(made.await["data"]["createExpert"]["status"], "DONE");
}

#[tokio::test]
async fn what_refers_to_a_picture_leads_to_it_and_the_picture_to_all_that_refers_to_it() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    with_expert(&world, &key).await;
    let (id, digest) = attached(&world, &key, ImageFormat::Png).await;
    let (other, _) = attached(&world, &key, ImageFormat::WebP).await;
    let line = json!({"attachments": [{"digest": digest, "name": "chart"}],
                      "steps": [{"text": "I look", "attachments": [other, id]}, {"text": "I say"}]});
    assert_eq!(status(&world, &key, "traces", with(trace("t"), line)).await, "stored");
    let sent = world.send_lines(&key, "grounding", &[source(), fact(json!([digest]))]).await;
    assert_eq!(sent[1]["status"], "stored", "{sent:?}");
    assert_eq!(status(&world, &key, "reviews", review(json!([id]))).await, "stored");

    let answer = world
        .graphql(
            &key,
            "{ traces { edges { node { attachments { name mediaType bytes file { id } } steps { attachments { id } } } } }
               facts { edges { node { attachments { digest } } } } reviews { edges { node { attachments { id } } } } }",
        )
        .await;
    let bytes = picture(ImageFormat::Png).len();
    let expected = json!({
        "traces": {"edges": [{"node": {
            "attachments": [{"name": "chart", "mediaType": "image/png", "bytes": bytes, "file": {"id": id}}],
            "steps": [{"attachments": [{"id": other}, {"id": id}]}, {"attachments": []}],
        }}]},
        "facts": {"edges": [{"node": {"attachments": [{"digest": digest}]}}]},
        "reviews": {"edges": [{"node": {"attachments": [{"id": id}]}}]},
    });
    assert_eq!(answer["data"], expected, "{answer:#}");

    let page = async |arguments: &str| {
        let document = format!(
            "{{ attachedFile(id: \"{id}\") {{ references{arguments} {{ pageInfo {{ hasNextPage endCursor }}
                edges {{ node {{ recordId place record {{ __typename id }} }} }} }} }} }}"
        );
        let answer = world.graphql(&key, &document).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"]["attachedFile"]["references"].clone()
    };
    let kinds = |page: &Value| -> Vec<Value> {
        let edges = page["edges"].as_array().expect("edges").iter();
        let edges = edges.inspect(|edge| assert_eq!(edge["node"]["record"]["id"], edge["node"]["recordId"]));
        edges.map(|edge| json!([edge["node"]["record"]["__typename"], edge["node"]["place"]])).collect()
    };
    let first = page("(first: 3)").await;
    assert_eq!(kinds(&first), [json!(["Review", 0]), json!(["Fact", 0]), json!(["Step", 1])]);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let rest = page(&format!("(after: {})", first["pageInfo"]["endCursor"])).await;
    assert_eq!(kinds(&rest), [json!(["Trace", 0])]);
}

#[tokio::test]
async fn what_refers_to_a_picture_that_is_not_there_is_a_bad_line_that_says_what_to_do() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    with_expert(&world, &key).await;
    let missing = "ab".repeat(32);
    let id = format!("att_{}", "0".repeat(26));
    let refused = async |door: &str, line: Value, field: &str| {
        let answers = world.send_lines(&key, door, &[line]).await;
        let answer = answers.last().expect("an answer");
        assert_eq!((&answer["status"], &answer["error"]["field"]), (&json!("rejected"), &json!(field)), "{answer}");
        assert!(answer["error"]["message"].as_str().expect("a message").contains("/v1/attachments first"), "{answer}");
    };
    let steps = json!({"steps": [{"text": "a"}, {"text": "b", "attachments": [missing]}]});
    refused("traces", with(trace("t"), steps), "steps[1].attachments[0]").await;
    refused("traces", with(trace("t"), json!({"attachments": [{"digest": missing}]})), "attachments[0].media_type")
        .await;
    // In the form that says all of it, a trace may name what comes later.
    let line = json!({"attachments": [{"digest": missing, "media_type": "image/png", "bytes": 1}]});
    assert_eq!(status(&world, &key, "traces", with(trace("t"), line)).await, "stored");
    refused("reviews", review(json!([missing])), "attachments[0]").await;
    assert_eq!(status(&world, &key, "grounding", source()).await, "stored");
    refused("grounding", fact(json!([id])), "attachments[0]").await;
    let answer = world
        .graphql(&key, &format!("mutation {{ recordGrounding(items: [{{kind: \"fact\", external_id: \"f\", source: \"s\",
            domain: \"d\", subject: \"x\", statement: \"S.\", attachments: [\"{id}\"]}}]) {{ outcome {{ items {{ status field }} }} }} }}"))
        .await;
    let expected = json!({"items": [{"status": "REJECTED", "field": "attachments[0]"}]});
    assert_eq!(answer["data"]["recordGrounding"]["outcome"], expected, "{answer:#}");
}

#[tokio::test]
async fn a_picture_of_another_project_is_not_there() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let theirs = super::admin_of(&world, world.database.add_project("other").await).await;
    let (id, digest) = attached(&world, &theirs, ImageFormat::Png).await;
    for name in [id, digest] {
        let line = with(trace("t"), json!({"steps": [{"text": "I look", "attachments": [name]}]}));
        assert_eq!(status(&world, &key, "traces", line).await, "rejected");
    }
}

#[tokio::test]
async fn a_trace_may_come_before_the_picture_that_it_names() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let twin = World::new().await;
    let (_, digest) = attached(&twin, &twin.key(Role::Admin, None).await, ImageFormat::Png).await;
    let named = json!({"digest": digest, "media_type": "image/png", "bytes": 1});
    let line = with(trace("t"), json!({"attachments": [named, named]}));
    assert_eq!(status(&world, &key, "traces", line).await, "stored");
    let files = "{ traces { edges { node { attachments { file { id } } } } } }";
    let found = async || world.graphql(&key, files).await["data"]["traces"]["edges"][0]["node"]["attachments"].clone();
    assert_eq!(found().await, json!([{"file": null}, {"file": null}]));
    let (id, _) = attached(&world, &key, ImageFormat::Png).await;
    assert_eq!(found().await, json!([{"file": {"id": id}}, {"file": {"id": id}}]));
    let back = "{ attachedFiles { edges { node { references { edges { node { record { __typename } } } } } } } }";
    let answer = world.graphql(&key, back).await;
    let once = json!([{"node": {"record": {"__typename": "Trace"}}}]);
    assert_eq!(answer["data"]["attachedFiles"]["edges"][0]["node"]["references"]["edges"], once, "{answer:#}");
}

#[tokio::test]
async fn the_same_with_its_pictures_named_in_another_way_is_a_duplicate_and_with_other_pictures_it_is_not() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    with_expert(&world, &key).await;
    let (id, digest) = attached(&world, &key, ImageFormat::Png).await;
    let (other, _) = attached(&world, &key, ImageFormat::WebP).await;
    let bytes = picture(ImageFormat::Png).len();
    let whole = json!({"digest": digest, "media_type": "image/png", "bytes": bytes});
    let line = |step: &str, file: Value| {
        with(trace("t"), json!({"steps": [{"text": "I look", "attachments": [step]}], "attachments": [file]}))
    };
    assert_eq!(status(&world, &key, "traces", line(&id, json!({"digest": digest}))).await, "stored");
    assert_eq!(status(&world, &key, "traces", line(&digest, whole)).await, "duplicate");
    assert_eq!(status(&world, &key, "traces", line(&other, json!({"digest": digest}))).await, "quarantined");
    assert_eq!(status(&world, &key, "grounding", source()).await, "stored");
    for (door, line) in [("grounding", fact as fn(Value) -> Value), ("reviews", review)] {
        assert_eq!(status(&world, &key, door, line(json!([id]))).await, "stored");
        assert_eq!(status(&world, &key, door, line(json!([digest, id]))).await, "duplicate");
        assert_eq!(status(&world, &key, door, line(json!([id, other]))).await, "quarantined");
    }
}

#[tokio::test]
async fn traces_without_pictures_cost_no_statement_for_them() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let (id, _) = attached(&world, &key, ImageFormat::Png).await;
    let statements = Statements::watch();
    // Beside the door, which looks up keys and counts tasks now and then.
    let mut tx = world.app.store.begin(world.database.project).await.expect("a transaction");
    let mut costs = vec![];
    // The first makes the model, and a connection looks types up once.
    for (name, attachments) in [("first", json!([id])), ("without", json!([])), ("with", json!([id]))] {
        let line = with(trace(name), json!({"steps": [{"text": "I look", "attachments": attachments}]}));
        let items = [NewTrace::parse(line.to_string().as_bytes())];
        costs.push(statements.during(tx.record_traces(&items)).await);
    }
    assert!(costs[1] > 3, "statements are not seen: {costs:?}");
    assert_eq!(costs[2], costs[1] + 2, "one that looks it up, one that stores the reference");
}
