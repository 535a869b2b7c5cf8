//! Who may do what: each role at every field of the API and at every door, and strangers among each other's records.

mod audited;
mod calls;
mod tenants;

pub use tenants::operator_of;

use atr::{
    app::{Actor, AppError, keys, record_reviews::record_reviews},
    graphql::{Session, api},
};
use atr_core::{
    domain::access::Role,
    ids::{ExpertId, ProjectId},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures_util::StreamExt;
use serde_json::{Value, json};

use self::calls::{SENDERS, mutations, queries, subscriptions};
use crate::world::{World, body_of};

/// Asks with a key, and gives the answer whatever it says.
async fn ask(world: &World, key: &str, document: &str) -> Value {
    ask_in(world, key, None, document).await.1
}

/// The same within a project that the header names.
async fn ask_in(world: &World, key: &str, project: Option<&str>, document: &str) -> (StatusCode, Value) {
    let mut request = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(slug) = project {
        request = request.header("atr-project", slug);
    }
    let body = Body::from(json!({"query": document}).to_string());
    let response = world.ask(request.body(body).expect("a request")).await;
    let status = response.status();
    (status, serde_json::from_slice(&body_of(response).await).expect("JSON"))
}

fn is_forbidden(answer: &Value) -> bool {
    answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
}

/// A key of each role.
async fn keys_of_all_roles(world: &World) -> Vec<(Role, String)> {
    let expert = an_expert(world, "expert-0").await;
    let mut keys = vec![];
    for role in Role::ALL {
        keys.push((*role, world.key(*role, (*role == Role::Expert).then_some(expert)).await));
    }
    keys
}

async fn an_expert(world: &World, handle: &str) -> ExpertId {
    let sent = atr_core::domain::expert::ExpertInput {
        handle: handle.to_owned(),
        domains: vec![],
        languages: vec![],
        weekly_capacity: 5,
    };
    let actor = Actor::local(world.database.project);
    atr::app::experts::create(&world.app, &actor, sent).await.expect("an expert").id
}

/// All that is stored, of one project or of all, as one text that differs when anything of it does; but not when a key
/// was last used, which asking changes.
async fn everything(world: &World, project: Option<ProjectId>) -> String {
    let owner = &world.database.owner;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.columns
         where table_schema = 'public' and column_name = 'project_id' order by 1",
    )
    .fetch_all(owner)
    .await
    .expect("the tables");
    let mut all = String::new();
    for table in tables {
        let sql = format!(
            "select count(*) || ' ' || coalesce(md5(string_agg(row, '' order by row)), '')
             from {table} t, lateral (select (to_jsonb(t) - 'last_used_at')::text as row) of_row
             where $1::text is null or project_id::text = $1"
        );
        let project = project.map(|project| atr_core::ids::Id::uuid(project).to_string());
        let of_table: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(project).fetch_one(owner).await.expect("a digest");
        all += &format!("{table} {of_table}\n");
    }
    all
}

#[tokio::test]
async fn what_a_role_may_not_read_it_is_refused_and_gets_nothing_of() {
    let world = World::new().await;
    let queries = queries().await;
    for (role, key) in keys_of_all_roles(&world).await {
        for query in &queries {
            let answer = ask(&world, &key, &query.with(&[])).await;
            if query.allowed.contains(&role) {
                assert!(answer.get("errors").is_none(), "{role} may read {}: {answer:#}", query.field);
            } else {
                assert!(is_forbidden(&answer), "{role} may not read {}: {answer:#}", query.field);
                assert!(answer["data"].is_null() || answer["data"][&query.field].is_null(), "{answer:#}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_role_may_not_follow_it_is_refused() {
    let world = World::new().await;
    let subscriptions = subscriptions().await;
    for (role, key) in keys_of_all_roles(&world).await {
        let actor = keys::recognise(&world.app, &key, None, None).await.expect("looked up").expect("a key that works");
        for followed in &subscriptions {
            let session = Session::new(world.app.clone(), actor.clone());
            let admitted =
                api().admit(async_graphql::Request::new(followed.with(&[])).data(session)).expect("a document");
            let first = api().follow(admitted).next().await.expect("an answer");
            let first = serde_json::to_value(first).expect("JSON");
            // Whoever may hears of it, or that there is none.
            let may = followed.allowed.contains(&role);
            assert_eq!(is_forbidden(&first), !may, "{role} at {}: {first:#}", followed.field);
        }
    }
}

#[tokio::test]
async fn what_a_role_may_not_change_it_is_refused_and_leaves_as_it_was() {
    let world = World::new().await;
    let (mutations, keys) = (mutations().await, keys_of_all_roles(&world).await);
    let before = everything(&world, None).await;
    for (role, key) in &keys {
        for mutation in mutations.iter().filter(|mutation| !mutation.allowed.contains(role)) {
            let answer = ask(&world, key, &mutation.with(&[])).await;
            assert!(is_forbidden(&answer), "{role} may not call {}: {answer:#}", mutation.field);
            assert!(answer["data"].is_null(), "{answer:#}");
        }
    }
    assert_eq!(everything(&world, None).await, before);
    // With the same arguments, whoever may is heard.
    for (role, key) in &keys {
        for mutation in mutations.iter().filter(|mutation| mutation.allowed.contains(role)) {
            let answer = ask(&world, key, &mutation.with(&[])).await;
            assert!(answer["data"][&mutation.field]["status"].is_string(), "{role} may call it: {answer:#}");
        }
    }
}

#[tokio::test]
async fn each_door_for_lines_is_closed_to_the_roles_that_may_not_send_through_it() {
    let world = World::new().await;
    for (role, key) in keys_of_all_roles(&world).await {
        for (door, allowed) in SENDERS {
            let request = Request::post(format!("/v1/ingest/{door}"))
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, "application/x-ndjson")
                .body(Body::from("{}\n"));
            let answered = world.ask(request.expect("a request")).await.status();
            let expected = if allowed.contains(&role) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answered, expected, "{role} at {door}");
        }
    }
}

#[tokio::test]
async fn the_doors_for_telemetry_are_open_to_those_who_may_send_traces() {
    let world = World::new().await;
    for (role, key) in keys_of_all_roles(&world).await {
        for door in ["/v1/traces", "/v1/logs"] {
            let request = Request::post(door)
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{}"));
            let answered = world.ask(request.expect("a request")).await.status();
            let expected = if SENDERS[0].1.contains(&role) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answered, expected, "{role} at {door}");
        }
    }
}

#[tokio::test]
async fn only_an_operator_makes_or_withdraws_an_operators_key() {
    let world = World::new().await;
    let (operator, admin) = (world.key(Role::Operator, None).await, world.key(Role::Admin, None).await);
    let make = r#"mutation { createKey(input: {name: "n", role: OPERATOR}) { status made { key { id } } } }"#;
    assert!(is_forbidden(&ask(&world, &admin, make).await));
    let made = ask(&world, &operator, make).await;
    let id = made["data"]["createKey"]["made"]["key"]["id"].as_str().unwrap_or_else(|| panic!("{made:#}"));
    let withdraw = format!(r#"mutation {{ revokeKey(key: "{id}") {{ status }} }}"#);
    let refused = ask(&world, &admin, &withdraw).await;
    assert!(is_forbidden(&refused), "{refused:#}");
    assert_eq!(ask(&world, &operator, &withdraw).await["data"]["revokeKey"]["status"], "DONE");
}

#[tokio::test]
async fn only_an_operator_enters_another_project() {
    let world = World::new().await;
    world.database.add_project("other").await;
    let slug = "{ project { slug } }";
    for (role, key) in keys_of_all_roles(&world).await {
        let (status, answer) = ask_in(&world, &key, Some("other"), slug).await;
        if role == Role::Operator {
            assert_eq!(answer["data"]["project"]["slug"], "other");
            continue;
        }
        assert_eq!(status, StatusCode::NOT_FOUND, "{role}: {answer:#}");
        // Nothing tells a project that is there from one that is not.
        let (_, nowhere) = ask_in(&world, &key, Some("nowhere"), slug).await;
        let same = |answer: &Value| answer["detail"].as_str().map(|text| text.replace("nowhere", "other"));
        assert_eq!(same(&answer), same(&nowhere));
    }
}

#[tokio::test]
async fn a_project_or_key_that_is_not_there_is_told_with_what_to_do_about_it() {
    let world = World::new().await;
    let operator = world.key(Role::Operator, None).await;
    let doors = ["/graphql", "/v1/ingest/traces", "/v1/ingest/reviews", "/v1/ingest/grounding"];
    let ask = async |door: &str, key: &str, project: Option<&str>| {
        let kind = if door == "/graphql" { "application/json" } else { "application/x-ndjson" };
        let mut request = Request::post(door)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, kind);
        if let Some(slug) = project {
            request = request.header("atr-project", slug);
        }
        let response = world.ask(request.body(Body::from("{}")).expect("a request")).await;
        let status = response.status();
        let problem: Value = serde_json::from_slice(&body_of(response).await).expect("a problem");
        (status, problem["field"].clone(), problem["detail"].as_str().unwrap_or_default().to_owned())
    };
    for door in doors {
        let (status, field, detail) = ask(door, &operator, Some("nowhere")).await;
        assert_eq!((status, field), (StatusCode::NOT_FOUND, json!("ATR-Project")), "{door}: {detail}");
        assert!(detail.contains("`nowhere`") && detail.contains("atr project list"), "{door}: {detail}");
        let (status, field, detail) = ask(door, "atr_nobodys", None).await;
        assert_eq!((status, field), (StatusCode::UNAUTHORIZED, json!("Authorization")), "{door}: {detail}");
        assert!(detail.contains("atr key create"), "{door}: {detail}");
    }
}

#[tokio::test]
async fn a_key_that_was_withdrawn_or_has_expired_opens_nothing() {
    let world = World::new().await;
    let actor = Actor::local(world.database.project);
    let soon = world.database.clock.now() + chrono::TimeDelta::minutes(1);
    let wanted = |expires_at| keys::Wanted { expires_at, ..keys::Wanted::of("n", Role::Admin) };
    let withdrawn = keys::create(&world.app, &actor, wanted(None)).await.expect("a key");
    let short = keys::create(&world.app, &actor, wanted(Some(soon))).await.expect("a key").secret;
    let status = async |key: &str| ask_in(&world, key, None, "{ __typename }").await.0;
    assert_eq!((status(&withdrawn.secret).await, status(&short).await), (StatusCode::OK, StatusCode::OK));
    keys::revoke(&world.app, &actor, withdrawn.key.id).await.expect("withdrawn");
    world.database.clock.advance(chrono::TimeDelta::minutes(2));
    let refused = StatusCode::UNAUTHORIZED;
    assert_eq!((status(&withdrawn.secret).await, status(&short).await), (refused, refused));
}

#[tokio::test]
async fn an_expert_writes_and_reads_no_reviews_but_their_own() {
    let world = World::new().await;
    let (mine, _theirs) = (an_expert(&world, "mine").await, an_expert(&world, "theirs").await);
    let sender = world.key(Role::Ingest, None).await;
    ask(
        &world,
        &sender,
        r#"mutation { recordTraces(items: [{external_id: "t", model: "m", query: "q", answer: "a"}]) { status } }"#,
    )
    .await;
    let key = world.key(Role::Expert, Some(mine)).await;
    for (expert, status) in [("mine", "STORED"), ("theirs", "REJECTED")] {
        let review = format!(
            r#"mutation {{ recordReviews(items: [{{trace_external_id: "t", expert: "{expert}", verdict: "correct"}}])
               {{ outcome {{ items {{ status }} }} }} }}"#
        );
        let answer = ask(&world, &key, &review).await;
        assert_eq!(answer["data"]["recordReviews"]["outcome"]["items"][0]["status"], status, "{answer:#}");
    }
    // Nor do they read any but their own: what others said would weigh on what they say.
    let admin = world.key(Role::Admin, None).await;
    let said = r#"mutation { recordReviews(items: [{trace_external_id: "t", expert: "theirs", verdict: "incorrect"}])
        { status } }"#;
    ask(&world, &admin, said).await;
    let all =
        "{ reviews { edges { node { id trace { id } expert { handle } } } } experts { edges { node { id handle } } } }";
    let all = &ask(&world, &admin, all).await["data"];
    let of = |list: &str, handle: &str, field: &str| {
        let edges = all[list]["edges"].as_array().expect("edges");
        let found = edges.iter().map(|edge| &edge["node"]).find(|node| {
            let expert = if list == "reviews" { &node["expert"] } else { *node };
            expert["handle"] == handle
        });
        let found = found.unwrap_or_else(|| panic!("{list} has one of {handle}: {all:#}"));
        found.pointer(field).and_then(Value::as_str).expect("an id").to_owned()
    };
    let (their_review, them) = (of("reviews", "theirs", "/id"), of("experts", "theirs", "/id"));
    let read = async |document: &str| ask(&world, &key, document).await;
    let seen = read("{ reviews { edges { node { id citations { id } expert { handle } } } } }").await;
    let seen = seen["data"]["reviews"]["edges"].as_array().expect("their own").clone();
    assert_eq!(seen.iter().map(|edge| &edge["node"]["expert"]["handle"]).collect::<Vec<_>>(), ["mine"]);
    for (named, id) in [("review", &their_review), ("node", &their_review), ("expert", &them)] {
        let answer = read(&format!(r#"{{ {named}(id: "{id}") {{ id }} }}"#)).await;
        assert!(answer["data"][named].is_null() && answer.get("errors").is_none(), "{named}: {answer:#}");
    }
    for list in ["reviews", "assignments"] {
        let answer = read(&format!(r#"{{ {list}(filter: {{expert: "{them}"}}) {{ edges {{ cursor }} }} }}"#)).await;
        assert!(is_forbidden(&answer), "{list}: {answer:#}");
    }
    let trace = of("reviews", "theirs", "/trace/id");
    for (fields, may) in [
        ("query steps { text } attachments { digest }", true),
        ("reviews { edges { cursor } }", false),
        ("standingReviews { id }", false),
        ("feedback { edges { cursor } }", false),
        ("latestScore { id }", false),
        ("flaws { kind }", false),
    ] {
        let answer = read(&format!(r#"{{ trace(id: "{trace}") {{ {fields} }} }}"#)).await;
        assert_eq!(is_forbidden(&answer), !may, "{fields}: {answer:#}");
    }
    let by_flaw = read("{ traces(filter: {flaw: CONTRADICTION}) { edges { cursor } } }").await;
    assert!(is_forbidden(&by_flaw), "a filter tells what was found: {by_flaw:#}");
    // Whoever is no expert in particular would be all of them.
    let nobody = Actor { role: Role::Expert, expert: None, ..Actor::local(world.database.project) };
    assert!(matches!(record_reviews(&world.app, &nobody, vec![], None).await, Err(AppError::Forbidden { .. })));
    let wanted = keys::Wanted::of("n", Role::Expert);
    let actor = Actor::local(world.database.project);
    assert!(matches!(keys::create(&world.app, &actor, wanted).await, Err(AppError::Invalid { .. })));
}
