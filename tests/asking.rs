//! What an installation may forbid to be asked, how long an answer may take, and documents that are named by their hash.

use atr::config::Asking;
use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{World, body_of};

const DRAFT: &str = "application/graphql-response+json";

async fn post(world: &World, key: &str, accept: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept)
        .body(Body::from(body.to_string()))
        .expect("a request");
    let response = world.ask(request).await;
    let status = response.status();
    (status, serde_json::from_slice(&body_of(response).await).expect("JSON"))
}

#[tokio::test]
async fn an_installation_may_keep_its_schema_to_itself() {
    let closed = World::asking(Asking { introspection: false, ..Asking::default() }).await;
    let open = World::new().await;
    let introspection = "{ __schema { types { name } } }";
    let of_type = "query { project { slug } again: __type(name: \"Trace\") { name } }";
    let fragment = "{ ...F } fragment F on Query { __schema { queryType { name } } }";
    let misspelt = "{ projct { slug } }";
    for (world, told) in [(&closed, false), (&open, true)] {
        let key = world.key(Role::Auditor, None).await;
        for query in [introspection, of_type, fragment] {
            let (status, answer) = post(world, &key, DRAFT, json!({"query": query})).await;
            if told {
                assert_eq!((status, &answer["errors"]), (StatusCode::OK, &Value::Null), "{query}: {answer:#}");
            } else {
                assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
                assert_eq!(answer["errors"][0]["extensions"]["code"], "INTROSPECTION_OFF", "{query}: {answer:#}");
            }
        }
        let (_, wrong) = post(world, &key, DRAFT, json!({"query": misspelt})).await;
        let message = wrong["errors"][0]["message"].as_str().expect("a message").to_lowercase();
        assert_eq!(message.contains("did you mean"), told, "{message}");
        // Clients ask it of every record.
        let (_, usual) = post(world, &key, DRAFT, json!({"query": "{ project { __typename } }"})).await;
        assert_eq!(usual, json!({"data": {"project": {"__typename": "Project"}}}));
    }
}

#[tokio::test]
async fn an_installation_may_have_no_page() {
    let world = World::asking(Asking { page: false, ..Asking::default() }).await;
    let status = async |path: &str| {
        let request = Request::get(path).header(header::ACCEPT, "text/html").body(Body::empty()).expect("a request");
        world.ask(request).await.status()
    };
    assert_eq!(status("/graphql").await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_and_said_so() {
    let world = World::asking(Asking { request_seconds: 1, ..Asking::default() }).await;
    let key = world.key(Role::Auditor, None).await;
    let mut held = world.database.owner.begin().await.expect("a transaction");
    sqlx::raw_sql("lock table error_trace in access exclusive mode").execute(&mut *held).await.expect("the lock");
    let traces = json!({"query": "{ traces { edges { cursor } } }"});
    let (status, problem) = post(&world, &key, DRAFT, traces.clone()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("TIMEOUT")), "{problem:#}");
    held.rollback().await.expect("the lock is gone");
    let (status, answer) = post(&world, &key, DRAFT, traces).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"data": {"traces": {"edges": []}}})));
}

fn by_hash(text: &str) -> Value {
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"persistedQuery": {"version": 1, "sha256Hash": hex}})
}

#[tokio::test]
async fn a_document_that_was_sent_once_is_asked_by_its_hash() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    let text = format!("query Known {{ project {{ slug }} }} # {}", world.database.project);
    let alone = json!({"extensions": by_hash(&text), "operationName": "Known"});
    let expected = json!({"data": {"project": {"slug": "one"}}});
    for (accept, status) in [(DRAFT, StatusCode::BAD_REQUEST), ("application/json", StatusCode::OK)] {
        let (found, answer) = post(&world, &key, accept, alone.clone()).await;
        assert_eq!(found, status, "{answer:#}");
        let error = &answer["errors"][0];
        assert_eq!(
            (&error["message"], &error["extensions"]["code"]),
            (&json!("PersistedQueryNotFound"), &json!("PERSISTED_QUERY_NOT_FOUND"))
        );
    }
    let (_, sent) = post(&world, &key, DRAFT, json!({"query": text, "extensions": by_hash(&text)})).await;
    assert_eq!(sent, expected);
    let (_, known) = post(&world, &key, DRAFT, alone.clone()).await;
    assert_eq!(known, expected);

    let extensions = alone["extensions"].to_string();
    let extensions = percent_encoding::utf8_percent_encode(&extensions, percent_encoding::NON_ALPHANUMERIC);
    let request = Request::get(format!("/graphql?extensions={extensions}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::ACCEPT, DRAFT)
        .body(Body::empty())
        .expect("a request");
    let by_get: Value = serde_json::from_slice(&body_of(world.ask(request).await).await).expect("JSON");
    assert_eq!(by_get, expected);
}

#[tokio::test]
async fn a_hash_opens_nothing_that_its_document_would_not() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    // The hash of another document.
    let wrong = json!({"query": "{ project { slug } }", "extensions": by_hash("{ projects { edges { cursor } } }")});
    let (status, answer) = post(&world, &key, DRAFT, wrong).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT"))
    );
    // What is over the limits is not kept.
    let deep = format!(
        "{{ traces {{ edges {{ node {{ {} id {} }} }} }} }}",
        "group { traces { edges { node {".repeat(8),
        "} } } }".repeat(8)
    );
    let (_, answer) = post(&world, &key, DRAFT, json!({"query": deep, "extensions": by_hash(&deep)})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_TOO_DEEP");
    let (_, answer) = post(&world, &key, DRAFT, json!({"extensions": by_hash(&deep)})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    // What was kept is held against the limits with the variables of each request.
    let paged = "query ($n: Int) { snapshots(first: $n) { edges { node { members(first: $n) { edges { node { trace { id steps { text } } } } } } } } }";
    let few = json!({"query": paged, "variables": {"n": 1}, "extensions": by_hash(paged)});
    assert_eq!(post(&world, &key, DRAFT, few).await.0, StatusCode::OK);
    let (_, many) = post(&world, &key, DRAFT, json!({"variables": {"n": 100}, "extensions": by_hash(paged)})).await;
    assert_eq!(many["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX", "{many:#}");
    // A mutation is one by GET too.
    let change = format!("mutation {{ routeReviews {{ status }} }} # {}", world.database.project);
    let sent = json!({"query": change, "extensions": by_hash(&change)});
    assert_eq!(post(&world, &key, DRAFT, sent).await.0, StatusCode::OK);
    let extensions = by_hash(&change).to_string();
    let extensions = percent_encoding::utf8_percent_encode(&extensions, percent_encoding::NON_ALPHANUMERIC);
    let request = Request::get(format!("/graphql?extensions={extensions}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"));
    assert_eq!(
        world.ask(request.body(Body::empty()).expect("a request")).await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}
