//! graphql-transport-ws itself: who is let in, what closes a socket, and what is bounded.

use atr::app::{Actor, keys};
use atr_core::domain::access::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Heard, Server};
use crate::world::World;

const FOLLOW: &str = "subscription { taskProgress { open { tasks } } }";

async fn served() -> (World, Server, String) {
    let world = World::new().await;
    let server = Server::start(&world, 2).await;
    let key = world.key(Role::Admin, None).await;
    (world, server, key)
}

#[tokio::test]
async fn what_the_subprotocol_forbids_closes_the_socket_with_its_code() {
    let (_world, server, key) = served().await;
    let init = json!({"type": "connection_init", "payload": {"Authorization": format!("Bearer {key}")}});
    let subscribe = json!({"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}});
    for (code, messages) in [
        (4400, vec![json!({"type": "start"})]),
        (4400, vec![json!([])]),
        (4400, vec![init.clone(), json!({"type": "subscribe", "id": "", "payload": {"query": FOLLOW}})]),
        (4400, vec![init.clone(), json!({"type": "subscribe", "id": 1, "payload": {"query": FOLLOW}})]),
        (4401, vec![subscribe.clone()]),
        (4403, vec![json!({"type": "connection_init"})]),
        (4403, vec![json!({"type": "connection_init", "payload": {"authorization": "Bearer atr_nobodys"}})]),
        (4403, vec![json!({"type": "connection_init", "payload": {"authorization": key, "atr-project": "nowhere"}})]),
        (4408, vec![]),
        (4409, vec![init.clone(), subscribe.clone(), subscribe.clone()]),
        (4429, vec![init.clone(), init.clone()]),
    ] {
        let mut client = Client::connect(&server).await;
        for message in &messages {
            client.send(message.clone()).await;
        }
        let closed = loop {
            match client.hear().await {
                Heard::Message(_) => {}
                other => break other,
            }
        };
        assert_eq!(closed, Heard::Closed(code), "{messages:?}");
    }
    // What is too long is not read to its end, so that the code may be lost on its way.
    let mut long = Client::connect(&server).await;
    long.try_send(&json!({"type": "ping", "payload": {"much": "x".repeat(2 << 20)}}).to_string()).await;
    assert!(matches!(long.hear().await, Heard::Closed(4400) | Heard::Gone));
    let mut binary = Client::connect(&server).await;
    binary.send_raw(Message::binary(vec![1])).await;
    assert_eq!(binary.hear().await, Heard::Closed(4400));
    assert_eq!(Client::open(&server, &[]).await.hear().await, Heard::Closed(4406));
}

#[tokio::test]
async fn a_key_may_come_with_the_upgrade_and_an_operator_chooses_a_project() {
    let (world, server, _) = served().await;
    world.database.add_project("other").await;
    let operator = world.key(Role::Operator, None).await;
    let bearer = format!("Bearer {operator}");
    let by_protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let in_headers = [by_protocol, ("authorization", &*bearer), ("atr-project", "other")];
    let said = json!({"authorization": bearer, "ATR-Project": "other"});
    for (headers, payload, slug) in [
        (&in_headers[..], json!(null), "other"),
        (&in_headers[..2], json!({}), "one"),
        (&in_headers[..1], said, "other"),
        // What the first message says goes before the headers.
        (&in_headers[..], json!({"atr-project": "one"}), "one"),
    ] {
        let mut client = Client::open(&server, headers).await;
        client.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(client.message().await["type"], "connection_ack");
        client.subscribe("p", "{ project { slug } }").await;
        assert_eq!(client.event("p").await, json!({"project": {"slug": slug}}));
    }
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once_and_within_the_limits() {
    let (world, server, key) = served().await;
    let mut client = Client::of(&server, &key).await;
    client.send(json!({"type": "ping", "payload": {"n": 1}})).await;
    assert_eq!(client.message().await, json!({"type": "pong", "payload": {"n": 1}}));
    client.subscribe("1", "mutation { routeReviews { status } }").await;
    assert_eq!(client.event("1").await["routeReviews"]["status"], "DONE");
    assert_eq!(client.message().await, json!({"type": "complete", "id": "1"}));
    // An id that is free again.
    client.subscribe("1", "{ tasks { edges { node { stage } } } }").await;
    assert_eq!(client.event("1").await["tasks"]["edges"][0]["node"]["stage"], "ROUTE");
    assert_eq!(client.message().await, json!({"type": "complete", "id": "1"}));

    let deep = format!("{{ group {} {{ id }} {} }}", "{ traces ".repeat(20), "}".repeat(20));
    let many = format!("{{ {} }}", (0..100).map(|n| format!("a{n}: __typename ")).collect::<String>());
    let two = "subscription { taskProgress { open { tasks } } again: taskProgress { open { tasks } } }";
    let hidden = "subscription { ...F ...F } fragment F on Subscription { taskProgress { open { tasks } } }";
    let job = "subscription { jobProgress(job: \"job_00000000000000000000000000\") { cursor } }";
    let cursor = "subscription { jobProgress(job: \"job_00000000000000000000000000\", after: \"+1.1.1\") { cursor } }";
    for (query, code) in [
        (deep.as_str(), "QUERY_TOO_DEEP"),
        (&many, "QUERY_TOO_COMPLEX"),
        ("{ nothing }", "BAD_USER_INPUT"),
        ("{", "BAD_USER_INPUT"),
        (two, "BAD_USER_INPUT"),
        (hidden, "BAD_USER_INPUT"),
        (cursor, "BAD_USER_INPUT"),
        ("subscription { reviewQueue { cursor } }", "BAD_USER_INPUT"),
        (job, "NOT_FOUND"),
    ] {
        client.subscribe("x", query).await;
        let mut told = client.message().await;
        let errors = match told["type"].as_str() {
            Some("error") => told["payload"].take(),
            // A subscription that came about, and had nothing to tell.
            _ => told["payload"]["errors"].take(),
        };
        assert_eq!(errors[0]["extensions"]["code"], code, "{query}: {told:#} {errors:#}");
        if told["type"] == "next" {
            assert_eq!(client.message().await, json!({"type": "complete", "id": "x"}));
        }
    }
    let sender = world.key(Role::Ingest, None).await;
    let mut client = Client::of(&server, &sender).await;
    client.subscribe("t", FOLLOW).await;
    let told = client.message().await.to_string();
    assert!(told.contains("FORBIDDEN"), "{told}");
}

#[tokio::test]
async fn what_was_completed_is_silent_and_its_id_is_free() {
    let (world, server, key) = served().await;
    let mut client = Client::of(&server, &key).await;
    client.subscribe("1", FOLLOW).await;
    client.event("1").await;
    client.send(json!({"type": "complete", "id": "1"})).await;
    client.send(json!({"type": "complete", "id": "nothing"})).await;
    client.subscribe("1", "{ project { slug } }").await;
    atr::app::route_reviews::route(&world.app, &Actor::local(world.database.project), None).await.expect("routed");
    assert_eq!(client.event("1").await["project"]["slug"], "one");
    assert_eq!(client.message().await, json!({"type": "complete", "id": "1"}));
}

#[tokio::test]
async fn a_key_that_is_withdrawn_or_expires_loses_its_sockets() {
    let (world, server, _) = served().await;
    let actor = Actor::local(world.database.project);
    let soon = world.database.clock.now() + TimeDelta::minutes(1);
    let wanted = |expires_at| keys::Wanted { expires_at, ..keys::Wanted::of("n", Role::Auditor) };
    let lasting = keys::create(&world.app, &actor, wanted(None)).await.expect("a key");
    let short = keys::create(&world.app, &actor, wanted(Some(soon))).await.expect("a key");
    let mut sockets = Vec::new();
    for key in [&lasting, &short] {
        let mut client = Client::of(&server, &key.secret).await;
        client.subscribe("t", FOLLOW).await;
        client.event("t").await;
        sockets.push(client);
    }
    keys::revoke(&world.app, &actor, lasting.key.id).await.expect("withdrawn");
    assert_eq!(sockets[0].hear().await, Heard::Closed(4403));
    world.database.clock.advance(TimeDelta::minutes(2));
    assert_eq!(sockets[1].hear().await, Heard::Closed(4403));
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_and_says_so() {
    let (_world, server, key) = served().await;
    let (mut busy, mut new) = (Client::of(&server, &key).await, Client::connect(&server).await);
    busy.subscribe("t", FOLLOW).await;
    busy.event("t").await;
    server.stop.cancel();
    assert_eq!((busy.hear().await, new.hear().await), (Heard::Closed(1001), Heard::Closed(1001)));
    drop((busy, new));
    server.ended().await;
}

#[tokio::test]
async fn a_key_has_a_bounded_number_of_sockets_and_a_socket_of_operations() {
    let (_world, server, key) = served().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(Client::of(&server, &key).await);
    }
    let mut another = Client::connect(&server).await;
    another.send(json!({"type": "connection_init", "payload": {"authorization": key}})).await;
    assert_eq!(another.hear().await, Heard::Closed(1013));
    let client = &mut sockets[0];
    for n in 0..50 {
        client.subscribe(&n.to_string(), FOLLOW).await;
        client.event(&n.to_string()).await;
    }
    client.subscribe("one more", FOLLOW).await;
    let refused = client.message().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("one more")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    client.send(json!({"type": "complete", "id": "7"})).await;
    client.subscribe("one more", FOLLOW).await;
    client.event("one more").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let (_world, server, key) = served().await;
    let mut client = Client::of(&server, &key).await;
    let all = "{ __schema { types { name description fields { name description args { name description
               type { name } } type { name } } } } }";
    for n in 0..40 {
        client.subscribe(&n.to_string(), all).await;
    }
    // What the server takes no more in the end. It is asked now and then, as a client's keep-alive would.
    let mut asked = 0;
    while client.try_send(r#"{"type": "pong"}"#).await {
        asked += 1;
        assert!(asked < 4_000, "the server holds on to a client that does not read");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}

#[tokio::test]
async fn subscriptions_are_refused_elsewhere_with_where_they_are_served() {
    let (world, server, key) = served().await;
    let answer: Value = world.graphql(&key, FOLLOW).await;
    let message = answer["errors"][0]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("/graphql/ws"), "{answer:#}");
    drop(server);
    use axum::{body::Body, http::Request};
    let plain = world.ask(Request::get("/graphql/ws").body(Body::empty()).expect("a request")).await;
    assert_eq!(plain.headers()["content-type"], "application/problem+json");
    assert!(plain.status().is_client_error(), "{}", plain.status());
}
