//! Keys: what they are narrowed to, how they are rotated, how often they may ask, and from where they came.

use std::net::SocketAddr;

use atr::app::{Actor, AppError, keys};
use atr_core::domain::access::{Permission, Role};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::world::{World, body_of};

fn here(world: &World) -> Actor {
    Actor::local(world.database.project)
}

async fn made(world: &World, wanted: keys::Wanted) -> keys::Made {
    keys::create(&world.app, &here(world), wanted).await.expect("a key")
}

fn asking(key: &str, document: &str) -> Request<Body> {
    Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({"query": document}).to_string()))
        .expect("a request")
}

async fn status(world: &World, key: &str) -> StatusCode {
    world.ask(asking(key, "{ __typename }")).await.status()
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

#[tokio::test]
async fn a_key_that_is_narrowed_may_do_what_its_scopes_say_and_no_more() {
    let world = World::new().await;
    let wanted = keys::Wanted { scopes: Some(vec![Permission::Read]), ..keys::Wanted::of("looks", Role::Admin) };
    let key = made(&world, wanted).await.secret;
    assert_eq!(world.graphql(&key, "{ traces { edges { cursor } } }").await["data"]["traces"]["edges"], json!([]));
    let refused = world.graphql(&key, "mutation { routeReviews { status } }").await;
    assert_eq!(code(&refused), "FORBIDDEN");
    assert!(refused["errors"][0]["message"].as_str().expect("words").contains("`administer`"), "{refused:#}");
    let listed = world.graphql(&key, "{ keys { edges { cursor } } }").await;
    assert_eq!(code(&listed), "FORBIDDEN", "{listed:#}");
}

#[tokio::test]
async fn a_narrowed_key_enters_facts_as_its_scopes_say_whatever_its_role_may() {
    let world = World::new().await;
    let narrowed = async |scope| {
        let wanted = keys::Wanted { scopes: Some(vec![scope]), ..keys::Wanted::of("narrowed", Role::Admin) };
        made(&world, wanted).await.secret
    };
    let record = |n: u32| {
        format!(
            r#"mutation {{ recordGrounding(items: [
                 {{kind: "source", external_id: "s{n}", publisher: "p", title: "t", licence: "CC0-1.0"}},
                 {{kind: "fact", external_id: "f{n}", source: "s{n}", domain: "d", subject: "s", statement: "Gold is Au{n}."}}
               ]) {{ outcome {{ items {{ status field message }} }} }} }}"#
        )
    };
    let refused = world.graphql(&narrowed(Permission::Read).await, &record(1)).await;
    assert_eq!(code(&refused), "FORBIDDEN", "{refused:#}");
    let reader = world.key(Role::Auditor, None).await;
    for (n, scope, state) in [(2, Permission::Review, "PROPOSED"), (3, Permission::Curate, "VERIFIED")] {
        let answer = world.graphql(&narrowed(scope).await, &record(n)).await;
        let items = &answer["data"]["recordGrounding"]["outcome"]["items"];
        assert!(
            items.as_array().is_some_and(|items| items.iter().all(|item| item["status"] == "STORED")),
            "{answer:#}"
        );
        let facts = world.graphql(&reader, "{ facts(first: 1) { edges { node { state } } } }").await;
        assert_eq!(facts["data"]["facts"]["edges"][0]["node"]["state"], state, "{facts:#}");
    }
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_more_than_they_do() {
    let world = World::new().await;
    let scopes = Some(vec![Permission::Administer, Permission::Read]);
    let narrowed = made(&world, keys::Wanted { scopes, ..keys::Wanted::of("keys", Role::Admin) }).await.secret;
    let make = |input: &str| {
        format!(
            "mutation {{ createKey(input: {{name: \"n\", {input}}}) {{ status field made {{ key {{ scopes }} }} }} }}"
        )
    };
    for beyond in ["role: ADMIN", "role: INGEST", "role: OPERATOR", "role: ADMIN, scopes: [TRAIN]"] {
        let refused = world.graphql(&narrowed, &make(beyond)).await;
        assert_eq!(code(&refused), "FORBIDDEN", "{beyond}: {refused:#}");
    }
    let within = world.graphql(&narrowed, &make("role: ADMIN, scopes: [READ, ADMINISTER]")).await;
    assert_eq!(within["data"]["createKey"]["made"]["key"]["scopes"], json!(["READ", "ADMINISTER"]), "{within:#}");
    // What the role itself does not permit is no scope of it.
    let refused = world.graphql(&narrowed, &make("role: AUDITOR, scopes: [ADMINISTER]")).await;
    assert_eq!(refused["data"]["createKey"]["status"], "INVALID", "{refused:#}");
    assert_eq!(refused["data"]["createKey"]["field"], "scopes", "{refused:#}");
}

#[tokio::test]
async fn a_rotated_key_goes_on_for_the_overlap_beside_the_one_in_its_place() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let scopes = Some(vec![Permission::Ingest]);
    let old = made(&world, keys::Wanted { scopes, ..keys::Wanted::of("sender", Role::Ingest) }).await;
    let rotate = format!(
        r#"mutation {{ rotateKey(key: "{}", overlapSeconds: 3600) {{ status made {{ secret key {{
               name role scopes prefix expiresAt replaces {{ id expiresAt lastUsedAt }} }} }} }} }}"#,
        old.key.id
    );
    assert_eq!(status(&world, &old.secret).await, StatusCode::OK);
    let answer = world.graphql(&admin, &rotate).await;
    let new = &answer["data"]["rotateKey"]["made"];
    let secret = new["secret"].as_str().unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!((&new["key"]["name"], &new["key"]["scopes"]), (&json!("sender"), &json!(["INGEST"])), "{answer:#}");
    assert_eq!(new["key"]["replaces"]["id"], json!(old.key.id));
    assert!(new["key"]["replaces"]["lastUsedAt"].is_string(), "{answer:#}");
    let prefix = new["key"]["prefix"].as_str().expect("a prefix");
    assert!(secret.starts_with(&format!("{prefix}_")) && secret.len() == prefix.len() + 65, "{answer:#}");

    assert_eq!((status(&world, &old.secret).await, status(&world, secret).await), (StatusCode::OK, StatusCode::OK));
    world.database.clock.advance(TimeDelta::hours(2));
    let gone = StatusCode::UNAUTHORIZED;
    assert_eq!((status(&world, &old.secret).await, status(&world, secret).await), (gone, StatusCode::OK));
    // What works no more is not rotated.
    assert_eq!(world.graphql(&admin, &rotate).await["data"]["rotateKey"]["status"], "NOT_FOUND");
    let far = keys::rotate(&world.app, &here(&world), old.key.id, TimeDelta::days(31), None).await;
    assert!(matches!(far, Err(AppError::Invalid { .. })), "{far:?}");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_ask_again_and_others_are_answered() {
    let world = World::new().await;
    let wanted = keys::Wanted { requests_per_minute: Some(2), ..keys::Wanted::of("busy", Role::Admin) };
    let (busy, other) = (made(&world, wanted).await.secret, world.key(Role::Admin, None).await);
    for _ in 0..2 {
        assert_eq!(status(&world, &busy).await, StatusCode::OK);
    }
    let refused = world.ask(asking(&busy, "{ __typename }")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = refused.headers()[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=30).contains(&wait), "{wait} seconds");
    let problem: Value = serde_json::from_slice(&body_of(refused).await).expect("a problem");
    assert_eq!(problem["code"], "RATE_LIMITED");
    // The exporters of OpenTelemetry are told in their own words, and try again.
    let spans = Request::post("/v1/traces")
        .header(header::AUTHORIZATION, format!("Bearer {busy}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"));
    let refused = world.ask(spans.expect("a request")).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    let told: Value = serde_json::from_slice(&body_of(refused).await).expect("a status");
    assert_eq!(told["code"], 8, "RESOURCE_EXHAUSTED: {told:#}");
    assert_eq!(status(&world, &other).await, StatusCode::OK);
}

#[tokio::test]
async fn where_a_request_comes_from_is_what_trusted_proxies_say_and_nobody_else() {
    let world = World::behind(["10.0.0.0/8"]).await;
    let admin = world.key(Role::Admin, None).await;
    let from = |peer: &str, forwarded: &str| {
        let mut request = asking(&admin, "mutation { routeReviews { status } }");
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().expect("a header"));
        let peer: SocketAddr = peer.parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    };
    for (peer, forwarded, origin) in [
        // Whoever is no proxy of ours may write what they like.
        ("192.0.2.9:1", "198.51.100.1", "192.0.2.9"),
        ("10.0.0.2:1", "198.51.100.1", "198.51.100.1"),
        // The client before the first proxy that is trusted, whatever it claims itself.
        ("10.0.0.2:1", "203.0.113.5, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("10.0.0.2:1", "nonsense", "10.0.0.2"),
        ("[::ffff:10.0.0.2]:1", "2001:db8::1", "2001:db8::1"),
    ] {
        assert_eq!(world.ask(from(peer, forwarded)).await.status(), StatusCode::OK);
        let log = world.graphql(&admin, "{ auditEntries(first: 1) { edges { node { action origin } } } }").await;
        let entry = &log["data"]["auditEntries"]["edges"][0]["node"];
        assert_eq!(entry, &json!({"action": "REVIEWS_ROUTED", "origin": origin}), "{peer} {forwarded}");
    }
}

#[tokio::test]
async fn what_came_in_names_the_key_and_the_address_it_was_sent_from_to_those_who_audit() {
    let world = World::behind(["10.0.0.0/8"]).await;
    let (sender, admin) = (world.key(Role::Ingest, None).await, world.key(Role::Admin, None).await);
    let send = async |key: &str, door: &str, line: &str, peer: &str| {
        let mut request = Request::post(door)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .body(Body::from(line.to_owned()))
            .expect("a request");
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")));
        assert_eq!(world.ask(request).await.status(), StatusCode::OK, "{door}");
    };
    let trace = r#"{"external_id": "t", "model": "m", "query": "q", "answer": "a"}"#;
    send(&sender, "/v1/ingest/traces", trace, "192.0.2.7:1").await;
    send(&sender, "/v1/ingest/feedback", r#"{"trace_external_id": "t", "thumbs": "down"}"#, "192.0.2.8:1").await;
    let source = r#"{"kind": "source", "external_id": "s", "title": "S", "trust": 1}"#;
    send(&admin, "/v1/ingest/grounding", source, "192.0.2.9:1").await;
    let batches = "batches { edges { node { door origin key { id prefix } } } }";
    let all = world.graphql(&admin, &format!("{{ {batches} }}")).await;
    let all: Vec<&Value> = all["data"]["batches"]["edges"]
        .as_array()
        .unwrap_or_else(|| panic!("{all:#}"))
        .iter()
        .map(|edge| &edge["node"])
        .collect();
    let told: Vec<_> = all.iter().map(|node| json!([node["door"], node["origin"]])).collect();
    let expected = json!([["GROUNDING", "192.0.2.9"], ["FEEDBACK", "192.0.2.8"], ["TRACES", "192.0.2.7"]]);
    assert_eq!(json!(told), expected);
    let prefix = |node: &Value| node["key"]["prefix"].as_str().expect("a prefix").to_owned();
    assert!(
        admin.starts_with(&prefix(all[0]))
            && sender.starts_with(&prefix(all[1]))
            && sender.starts_with(&prefix(all[2]))
    );
    let by_sender = format!(r#"batches(filter: {{key: {}}}) {{ edges {{ node {{ door }} }} }}"#, all[2]["key"]["id"]);
    let found = world.graphql(&admin, &format!("{{ {by_sender} }}")).await;
    assert_eq!(
        found["data"]["batches"]["edges"],
        json!([{"node": {"door": "FEEDBACK"}}, {"node": {"door": "TRACES"}}])
    );
    // Who may read, and not who came in, is told what came in alone.
    let reader = world.key(Role::Trainer, None).await;
    for asked in [batches, &by_sender] {
        let refused = world.graphql(&reader, &format!("{{ {asked} }}")).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    }
    let told = world.graphql(&reader, "{ batches { edges { node { door } } } }").await;
    assert_eq!(told["data"]["batches"]["edges"].as_array().map(Vec::len), Some(3), "{told:#}");
}
