//! The GraphQL door: what is read, what is refused, and what the caller is told.

use atr::{
    app::{Actor, keys},
    graphql::{Session, api},
};
use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::world::{World, body_of};

const DRAFT: &str = "application/graphql-response+json";

async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_slice(&body_of(response).await).expect("JSON")
}

fn post(key: &str, accept: &str, body: &Value) -> Request<Body> {
    Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept)
        .body(Body::from(body.to_string()))
        .expect("a request")
}

/// Asks, and expects that the request was understood.
async fn ask(world: &World, key: &str, query: &str, variables: Value) -> Value {
    let response = world.ask(post(key, DRAFT, &json!({"query": query, "variables": variables}))).await;
    let status = response.status();
    let answer = json_of(response).await;
    assert_eq!(status, StatusCode::OK, "{answer:#}");
    answer
}

fn trace(name: &str) -> Value {
    json!({"external_id": name, "model": "m", "query": "What is gold's symbol?", "answer": "Au", "group": "gold",
           "steps": [{"text": "It is called aurum."}, {"text": "So Au.", "rests_on": ["0"]}]})
}

/// Sends traces and gives their ids.
async fn send(world: &World, names: &[&str]) -> Vec<String> {
    let key = world.key(Role::Ingest, None).await;
    let items: Vec<_> = names.iter().map(|name| trace(name)).collect();
    let sent = ask(
        world,
        &key,
        "mutation ($items: [JSON!]!) { recordTraces(items: $items) { status outcome { items { status id } } } }",
        json!({"items": items}),
    )
    .await;
    let items = sent["data"]["recordTraces"]["outcome"]["items"].as_array().expect("outcomes").clone();
    assert!(items.iter().all(|item| item["status"] == "STORED"), "{sent:#}");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_page_of_traces_comes_with_steps_group_and_score() {
    let world = World::new().await;
    let ids = send(&world, &["a", "b"]).await;
    let key = world.key(Role::Auditor, None).await;
    let query = "{ traces(first: 1) { edges { cursor node { id externalId model { name } latestScore { reward }
                 steps { ordinal text restsOn } group { key traces { edges { node { id } } } } } } pageInfo { hasNextPage endCursor } } }";
    let answer = ask(&world, &key, query, json!({})).await;
    let page = &answer["data"]["traces"];
    assert_eq!(page["pageInfo"], json!({"hasNextPage": true, "endCursor": ids[1]}));
    let node = &page["edges"][0]["node"];
    assert_eq!(node["id"], json!(ids[1]), "{answer:#}");
    assert_eq!((&node["externalId"], &node["model"]["name"]), (&json!("b"), &json!("m")));
    assert_eq!(node["latestScore"], Value::Null);
    assert_eq!(node["steps"][1], json!({"ordinal": 1, "text": "So Au.", "restsOn": [0]}));
    assert_eq!(node["group"]["traces"]["edges"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_record_is_answered_the_same_whichever_way_its_fields_are_asked_for() {
    let world = World::new().await;
    send(&world, &["one", "two"]).await;
    let key = world.key(Role::Auditor, None).await;
    let asked = async |fields: &str, rest: &str| {
        let query = format!("{{ traces {{ edges {{ node {{ {fields} }} }} }} }} {rest}");
        ask(&world, &key, &query, json!({})).await["data"]["traces"]["edges"].clone()
    };
    let plain =
        asked("externalId answer: answer steps { text kind support { ordinal } } group { key } model { name }", "")
            .await;
    assert_eq!(plain[1]["node"]["steps"][1]["text"], "So Au.");
    assert_eq!(plain[1]["node"]["steps"][1]["support"], json!([{ "ordinal": 0 }]));
    let keys = |answer: &Value| answer[0]["node"].as_object().map(|node| node.keys().cloned().collect::<Vec<_>>());
    for (fields, rest) in [
        (
            "...All group { key } model { name }",
            "fragment All on Trace { externalId answer steps { text kind support { ordinal } } }",
        ),
        ("externalId answer steps { text } steps { kind support { ordinal } } group { key } model { name }", ""),
        (
            "externalId answer steps @include(if: true) { text kind support { ordinal } } group { key } model { name }",
            "",
        ),
        ("externalId answer steps { ... on Step { text kind } support { ordinal } } group { key } model { name }", ""),
    ] {
        let answer = asked(fields, rest).await;
        assert_eq!(answer, plain, "{fields}");
        assert_eq!(keys(&answer).map(|keys| keys.len()), Some(5), "{fields}");
    }
    let named = asked("__typename steps { __typename text }", "").await;
    assert_eq!(named[0]["node"]["steps"][0], json!({"__typename": "Step", "text": "It is called aurum."}));
    assert_eq!(named[0]["node"]["__typename"], "Trace");
}

#[tokio::test]
async fn what_goes_wrong_in_a_record_is_told_at_its_place() {
    let world = World::new().await;
    send(&world, &["one"]).await;
    let key = world.key(Role::Auditor, None).await;
    let query = "{ traces { edges { node { externalId reviews(first: -1) { edges { node { id } } } } } } }";
    let answer = ask(&world, &key, query, json!({})).await;
    assert_eq!(answer["errors"][0]["path"], json!(["traces", "edges", 0, "node", "reviews"]), "{answer:#}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn paging_tells_every_record_once_while_others_come_in() {
    let world = World::new().await;
    let ids = send(&world, &["a", "b", "c"]).await;
    let key = world.key(Role::Auditor, None).await;
    let query = "query ($after: String) { traces(first: 2, after: $after) { edges { node { id } }
                 pageInfo { hasNextPage endCursor } } }";
    let first = ask(&world, &key, query, json!({})).await["data"]["traces"].clone();
    send(&world, &["d"]).await;
    let rest =
        ask(&world, &key, query, json!({"after": first["pageInfo"]["endCursor"]})).await["data"]["traces"].clone();
    let of = |page: &Value| -> Vec<String> {
        let edges = page["edges"].as_array().expect("edges").iter();
        edges.map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(of(&first), [ids[2].clone(), ids[1].clone()]);
    assert_eq!(of(&rest), [ids[0].clone()]);
    assert_eq!(rest["pageInfo"]["hasNextPage"], json!(false));
}

#[tokio::test]
async fn pages_of_a_size_that_is_not_given_are_refused_with_the_argument() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    for (arguments, field) in
        [("first: -1", "first"), ("last: 101", "last"), ("first: 1, last: 1", "last"), ("after: \"fct_x\"", "after")]
    {
        let query = format!("{{ traces({arguments}) {{ edges {{ cursor }} }} }}");
        let answer = ask(&world, &key, &query, json!({})).await;
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions, &json!({"code": "BAD_USER_INPUT", "field": field}), "{answer:#}");
    }
    // As the caller wrote it.
    let claims = "{ claims(filter: {decidingFact: \"trc_x\"}) { edges { cursor } } }";
    let answer = ask(&world, &key, claims, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["field"], "decidingFact", "{answer:#}");
    let admin = world.key(Role::Admin, None).await;
    let busy = "mutation { createExpert(input: {handle: \"e\", weeklyCapacity: -1}) { field } }";
    let answer = ask(&world, &admin, busy, json!({})).await;
    assert_eq!(answer["data"]["createExpert"]["field"], "weeklyCapacity", "{answer:#}");
}

#[tokio::test]
async fn what_belongs_to_another_project_or_is_no_id_is_null() {
    let world = World::new().await;
    let ids = send(&world, &["a"]).await;
    let own = world.key(Role::Auditor, None).await;
    let other = Actor::local(world.database.add_project("other").await);
    let wanted = keys::Wanted::of("other", Role::Admin);
    let other = keys::create(&world.app, &other, wanted).await.expect("a key").secret;
    let query = "query ($id: ID!) { node(id: $id) { __typename id } trace(id: $id) { id } fact(id: $id) { id }
                 nodes(ids: [$id, \"nothing\"]) { id } }";
    let mine = ask(&world, &own, query, json!({"id": ids[0]})).await;
    let expected = json!({"node": {"__typename": "Trace", "id": ids[0]}, "trace": {"id": ids[0]}, "fact": null,
                          "nodes": [{"id": ids[0]}, null]});
    assert_eq!(mine["data"], expected, "{mine:#}");
    let theirs = ask(&world, &other, query, json!({"id": ids[0]})).await;
    assert_eq!(theirs, json!({"data": {"node": null, "trace": null, "fact": null, "nodes": [null, null]}}));
}

#[tokio::test]
async fn a_role_that_may_not_gets_an_error_and_what_is_asked_wrongly_an_answer() {
    let world = World::new().await;
    let create = "mutation ($handle: String!) { createExpert(input: {handle: $handle, weeklyCapacity: 5}) {
                  status field expert { handle weeklyCapacity } } }";
    let reader = world.key(Role::Auditor, None).await;
    let refused = ask(&world, &reader, create, json!({"handle": "e1"})).await;
    assert_eq!((&refused["data"], &refused["errors"][0]["extensions"]["code"]), (&Value::Null, &json!("FORBIDDEN")));
    let admin = world.key(Role::Admin, None).await;
    let made = ask(&world, &admin, create, json!({"handle": "e1"})).await;
    let expert = json!({"handle": "e1", "weeklyCapacity": 5});
    assert_eq!(made["data"]["createExpert"], json!({"status": "DONE", "field": null, "expert": expert}));
    let again = ask(&world, &admin, create, json!({"handle": "e1"})).await;
    assert_eq!(again["data"]["createExpert"], json!({"status": "CONFLICT", "field": null, "expert": null}));
    let sender = world.key(Role::Ingest, None).await;
    let blind = ask(&world, &sender, "{ balance { stored } }", json!({})).await;
    assert_eq!(blind["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
    let week = "mutation ($cycle: NaiveDate) { routeReviews(cycle: $cycle) { status field cycle } }";
    let tuesday = ask(&world, &admin, week, json!({"cycle": "2026-11-24"})).await;
    assert_eq!(tuesday["data"]["routeReviews"], json!({"status": "INVALID", "field": "cycle", "cycle": null}));
    let monday = ask(&world, &admin, week, json!({})).await;
    assert_eq!(monday["data"]["routeReviews"], json!({"status": "DONE", "field": null, "cycle": "2026-11-23"}));
    let tasks =
        ask(&world, &admin, "{ tasks(filter: {stage: ROUTE}) { edges { node { state work } } } }", json!({})).await;
    assert_eq!(tasks["data"]["tasks"]["edges"][0]["node"]["work"]["cycle"], json!("2026-11-23"), "{tasks:#}");
}

#[tokio::test]
async fn one_bad_item_is_answered_for_and_keeps_no_other_out() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let record = "mutation ($items: [JSON!]!) { recordTraces(items: $items) {
                  status field outcome { balance { received stored rejected } items { status field } } } }";
    let items = json!({"items": [trace("a"), {"model": "m", "query": "q"}]});
    let answer = ask(&world, &key, record, items).await;
    let outcome = &answer["data"]["recordTraces"]["outcome"];
    assert_eq!(outcome["balance"], json!({"received": 2, "stored": 1, "rejected": 1}), "{answer:#}");
    assert_eq!(outcome["items"][1], json!({"status": "REJECTED", "field": "answer"}));
    let many = ask(&world, &key, record, json!({"items": vec![trace("b"); 501]})).await;
    assert_eq!(many["data"]["recordTraces"], json!({"status": "INVALID", "field": "items", "outcome": null}));
}

#[tokio::test]
async fn queries_that_nest_too_deep_are_not_run() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    let deep = format!(
        "{{ traces {{ edges {{ node {{ {}id{} }} }} }} }}",
        "group { traces { edges { node { ".repeat(8),
        " } } } }".repeat(8)
    );
    let response = world.ask(post(&key, DRAFT, &json!({"query": deep}))).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let answer = json_of(response).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("QUERY_TOO_DEEP"), "{answer:#}");
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn requests_are_answered_in_the_form_and_with_the_status_that_the_draft_asks() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let bad = json!({"query": "{ nothing }"});
    let status = async |accept: &str| world.ask(post(&key, accept, &bad)).await.status().as_u16();
    assert_eq!((status(DRAFT).await, status("application/json").await, status("image/png").await), (400, 200, 406));
    let send = async |method: Method, path: &str, kind: &str, body: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body.to_owned()));
        world.ask(request.expect("a request")).await
    };
    assert_eq!(send(Method::POST, "/graphql", "text/plain", "{}").await.status(), 415);
    assert_eq!(send(Method::POST, "/graphql", "application/json", "{").await.status(), 400);
    assert_eq!(send(Method::POST, "/graphql", "application/json", "{}").await.status(), 400);
    let large = format!(r#"{{"query": "{}"}}"#, "x".repeat(8 << 20));
    assert_eq!(send(Method::POST, "/graphql", "application/json", &large).await.status(), 413);
    let read = send(Method::GET, "/graphql?query=%7B+project+%7B+slug+%7D+%7D", "", "").await;
    assert_eq!(json_of(read).await, json!({"data": {"project": {"slug": "one"}}}));
    let change = send(Method::GET, "/graphql?query=mutation%7BrouteReviews%7Bstatus%7D%7D", "", "").await;
    assert_eq!(change.status(), 405);
    assert_eq!(change.headers().get(header::ALLOW).map(|value| value.as_bytes()), Some(b"POST".as_slice()));
    let tasks = ask(&world, &key, "{ tasks { edges { cursor } } }", json!({})).await;
    assert_eq!(tasks["data"]["tasks"]["edges"], json!([]), "a mutation by GET has been run");
    let stranger = world.ask(post("atr_nobody", DRAFT, &json!({"query": "{ __typename }"}))).await;
    assert_eq!(stranger.status(), 401);
    assert_eq!(
        stranger.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes()),
        Some(b"application/problem+json".as_slice())
    );
}

#[tokio::test]
async fn a_browser_gets_a_page_without_a_key() {
    let world = World::new().await;
    let request = Request::get("/graphql").header(header::ACCEPT, "text/html,*/*;q=0.8").body(Body::empty());
    let response = world.ask(request.expect("a request")).await;
    assert_eq!(response.status(), 200);
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; ") && !policy.contains("://"), "{policy}");
    let page = body_of(response).await;
    let page = std::str::from_utf8(&page).expect("text");
    // Nothing comes from elsewhere, and no script stands in the page itself.
    assert!(!page.contains("://") && !page.contains("<script>") && !page.contains("<style"), "{page}");
    let quoted: Vec<_> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    assert_eq!(quoted.len(), 6, "two styles and four scripts: {page}");
    for address in quoted {
        let asset = world.ask(Request::get(address).body(Body::empty()).expect("a request")).await;
        assert_eq!(asset.status(), 200, "{address}");
        assert_eq!(asset.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable", "{address}");
    }
}

#[tokio::test]
async fn a_list_that_is_asked_for_twice_by_one_name_is_answered_with_the_fields_of_both() {
    let world = World::new().await;
    send(&world, &["one", "two"]).await;
    let key = world.key(Role::Auditor, None).await;
    let query =
        "{ traces { edges { node { externalId steps { ordinal } } } } ...More traces { pageInfo { hasNextPage } } }
                 fragment More on Query { traces { edges { node { steps { text } } } } }";
    let answer = ask(&world, &key, query, json!({})).await;
    let steps = json!([{"ordinal": 0, "text": "It is called aurum."}, {"ordinal": 1, "text": "So Au."}]);
    let node = |name: &str| json!({"node": {"externalId": name, "steps": steps}});
    let page = json!({"edges": [node("two"), node("one")], "pageInfo": {"hasNextPage": false}});
    assert_eq!(answer["data"], json!({ "traces": page }));
}

#[tokio::test]
async fn a_fault_of_the_service_tells_the_caller_nothing_of_its_inside() {
    let world = World::new().await;
    // Past the door, whose check of the key would fail first.
    let session = Session::new(world.app.clone(), Actor::local(world.database.project));
    world.app.store.close().await;
    let asked = async_graphql::Request::new("{ traces { edges { node { id } } } }").data(session);
    let answer = serde_json::to_value(api().execute(asked).await).expect("JSON");
    assert_eq!(answer["data"], Value::Null);
    let error = &answer["errors"][0];
    assert_eq!(error["message"], json!("the database could not do it; try again"), "{answer:#}");
    assert!(["UNAVAILABLE", "INTERNAL"].contains(&error["extensions"]["code"].as_str().unwrap_or_default()));
    assert_eq!(error["extensions"].as_object().map(serde_json::Map::len), Some(1), "{answer:#}");
}
