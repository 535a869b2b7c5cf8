//! What people and programs are told of the weekly review: signed requests to an endpoint, and e-mail.

use std::sync::{Arc, Mutex};

use atr::app::{Actor, links, people, sessions};
use atr_core::{
    domain::{
        access::Role,
        person::{NewPassword, NewPerson},
    },
    queue::Stage,
};
use atr_workers::notices::{Delivery, Mail, sign};
use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::{
    otlp::{work, work_by},
    panel::Panel,
};

/// A request that an endpoint got.
#[derive(Debug, Clone)]
struct Got {
    headers: HeaderMap,
    body: String,
}

/// A program that listens for requests, and answers each with the next status; in the end with 200.
#[derive(Debug, Clone)]
struct Endpoint {
    address: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Endpoint {
    async fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let got = Arc::new(Mutex::new(Vec::new()));
        let (kept, statuses) = (got.clone(), statuses.to_vec());
        let hook = move |headers: HeaderMap, body: Bytes| async move {
            let mut got = kept.lock().expect("nobody panicked");
            got.push(Got { headers, body: String::from_utf8(body.to_vec()).expect("text") });
            let status = statuses.get(got.len() - 1).copied().unwrap_or(200);
            StatusCode::from_u16(status).expect("a status")
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(hook))).await });
        Self { address, got }
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().expect("nobody panicked").clone()
    }

    /// The events that came, each held against its signature.
    fn events(&self, secret: &str) -> Vec<Value> {
        let secret = STANDARD.decode(secret.strip_prefix("whsec_").expect("its prefix")).expect("base 64");
        let told = self.got();
        let read = told.iter().map(|got| {
            let header = |name: &str| got.headers[name].to_str().expect("text").to_owned();
            let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
            let signature = sign(&secret, &id, timestamp.parse().expect("a time"), &got.body);
            assert_eq!(header("webhook-signature"), signature);
            assert!(id.starts_with("ntc_"), "{id}");
            serde_json::from_str(&got.body).expect("JSON")
        });
        read.collect()
    }
}

/// A mail server that takes whatever it is given; what it was given.
pub async fn mail_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("smtp://{}", listener.local_addr().expect("an address"));
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = got.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(take(stream, kept.clone()));
        }
    });
    (address, got)
}

async fn take(stream: tokio::net::TcpStream, got: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let (mut letter, mut in_letter) = (String::new(), false);
    stream.write_all(b"220 test\r\n").await.expect("written");
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let answer: &[u8] = if in_letter && line == ".\r\n" {
            // Long lines come folded (quoted-printable).
            got.lock().expect("nobody panicked").push(std::mem::take(&mut letter).replace("=\r\n", ""));
            in_letter = false;
            b"250 taken\r\n"
        } else if in_letter {
            letter += &line;
            continue;
        } else if line.starts_with("DATA") {
            in_letter = true;
            b"354 go on\r\n"
        } else if line.starts_with("QUIT") {
            b"221 bye\r\n"
        } else {
            b"250 ok\r\n"
        };
        stream.write_all(answer).await.expect("written");
    }
}

/// A panel of one expert who has three items to come, and their lead; both sign in.
async fn panel() -> Panel {
    // As the program does when it starts; another test may have done it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let panel = Panel::of(1).await;
    for n in 0..3 {
        panel.trace(&format!("t{n}")).await;
    }
    work(&panel.world, &[Stage::Verify, Stage::Score]).await;
    let actor = Actor::local(panel.world.database.project);
    for (email, role, expert) in [
        ("expert@example.org", Role::Expert, Some(panel.experts[0].0)),
        ("lead@example.org", Role::Admin, None),
        ("auditor@example.org", Role::Auditor, None),
    ] {
        let wanted = NewPerson::parse(email, role, expert).expect("someone");
        let invited = people::invite(&panel.world.app, &actor, wanted).await.expect("invited");
        if role == Role::Admin {
            // Who never chose a password is told all the same.
            let made = links::make(&panel.world.app, &actor, invited.person.id).await.expect("a link");
            let (_, secret) = made.path.split_once('=').expect("a secret");
            links::sign_in(&panel.world.app, secret.to_owned().into(), None).await.expect("signed in");
            continue;
        }
        let password = NewPassword::try_from("correct horse battery".to_owned()).expect("long enough");
        sessions::accept(&panel.world.app, &invited.invitation, password, None).await.expect("accepted");
    }
    // Who never signed in is told nothing.
    let wanted = NewPerson::parse("invited@example.org", Role::Admin, None).expect("someone");
    people::invite(&panel.world.app, &actor, wanted).await.expect("invited");
    panel
}

async fn add(panel: &Panel, url: &str) -> String {
    let added = panel.admin_does(&format!(r#"addWebhookEndpoint(url: "{url}")"#), "status added { secret }").await;
    assert_eq!(added["status"], "DONE", "{added:#}");
    added["added"]["secret"].as_str().expect("a secret").to_owned()
}

/// Lets the clock go on to a time, and does what is due then.
async fn until(panel: &Panel, time: &str, delivery: &Delivery) {
    let time: DateTime<Utc> = time.parse().expect("a time");
    let clock = &panel.world.database.clock;
    clock.advance(time - clock.now());
    wake(panel).await;
    work_by(&panel.world, &[Stage::Route], delivery.clone()).await;
}

async fn wake(panel: &Panel) {
    sqlx::query("update task set state = 'available' where state in ('scheduled', 'retryable')")
        .execute(&panel.world.database.owner)
        .await
        .expect("what waits for its time");
}

pub fn to(letter: &str) -> &str {
    letter.lines().find_map(|line| line.strip_prefix("To: ")).expect("a recipient")
}

#[tokio::test]
async fn experts_leads_and_programs_are_told_of_a_week_as_it_opens_is_due_and_closes_and_of_each_once() {
    let (panel, endpoint, (server, letters)) = (panel().await, Endpoint::answering(&[]).await, mail_server().await);
    let mail = Mail::new(&server, "Reviews <reviews@example.org>").expect("addresses");
    let delivery = Delivery { mail: Some(mail), private_addresses: true, ..Delivery::default() };
    let secret = add(&panel, &endpoint.address).await;
    assert_eq!(panel.admin_does("routeReviews", "status").await["status"], "DONE");
    work_by(&panel.world, &[Stage::Route], delivery.clone()).await;
    let letters = || letters.lock().expect("nobody panicked").clone();
    let opened = &endpoint.events(&secret)[0];
    assert_eq!((&opened["type"], &opened["data"]["held"]), (&json!("review_cycle.opened"), &json!(3)));
    assert_eq!(opened["data"]["due_at"], "2026-11-27T17:00:00Z");
    assert_eq!(letters().iter().map(|letter| to(letter)).collect::<Vec<_>>(), ["expert@example.org"]);
    assert!(letters()[0].contains("3 items wait for you"), "{:?}", letters());

    // What is routed later is not told again; a day before it is due, who has items left is reminded.
    assert_eq!(panel.admin_does("routeReviews", "status").await["status"], "DONE");
    work_by(&panel.world, &[Stage::Route], delivery.clone()).await;
    assert_eq!((endpoint.got().len(), letters().len()), (1, 1));
    until(&panel, "2026-11-26T17:00:01Z", &delivery).await;
    assert_eq!(endpoint.events(&secret)[1]["type"], "review_cycle.due");
    assert_eq!(to(&letters()[1]), "expert@example.org");
    assert!(letters()[1].contains("is due soon"), "{:?}", letters());

    // At its end the lead hears what came of it, and the program too, but not who did how much.
    until(&panel, "2026-11-30T00:00:01Z", &delivery).await;
    let told = endpoint.events(&secret);
    let closed = told.iter().find(|event| event["type"] == "review_cycle.closed").expect("it is told");
    assert_eq!(closed["data"]["report"]["items"]["left_over"], 3);
    assert_eq!(closed["data"]["report"]["experts"], Value::Null);
    let leads: Vec<String> = letters().into_iter().filter(|letter| to(letter) == "lead@example.org").collect();
    assert_eq!(leads.len(), 1);
    assert!(leads[0].contains("Left over: 3"), "{leads:?}");
    for untold in ["auditor@example.org", "invited@example.org"] {
        assert!(letters().iter().all(|letter| to(letter) != untold), "{untold}");
    }
    let (noted, delivered): (i64, i64) = sqlx::query_as("select count(*), count(delivered_at) from notice")
        .fetch_one(&panel.world.database.owner)
        .await
        .expect("counts");
    assert_eq!((noted, delivered), (delivered, (endpoint.got().len() + letters().len()) as i64));
}

#[tokio::test]
async fn what_an_endpoint_does_not_take_is_sent_again_under_the_same_id_until_it_does() {
    let (panel, endpoint) = (panel().await, Endpoint::answering(&[503]).await);
    let secret = add(&panel, &endpoint.address).await;
    let delivery = Delivery { private_addresses: true, ..Delivery::default() };
    assert_eq!(panel.admin_does("routeReviews", "status").await["status"], "DONE");
    work_by(&panel.world, &[Stage::Route], delivery).await;
    let got = endpoint.got();
    assert_eq!((got.len(), endpoint.events(&secret).len()), (2, 2));
    assert_eq!(got[0].headers["webhook-id"], got[1].headers["webhook-id"]);
    assert_eq!(got[0].body, got[1].body);
}

#[tokio::test]
async fn an_endpoint_is_over_tls_or_on_this_machine_and_hears_nothing_once_it_is_removed() {
    let (panel, endpoint) = (panel().await, Endpoint::answering(&[]).await);
    let away = panel.admin_does(r#"addWebhookEndpoint(url: "http://example.org/")"#, "status field").await;
    assert_eq!(away, json!({"status": "INVALID", "field": "url"}));
    add(&panel, &endpoint.address).await;
    let listed =
        panel.world.graphql(&panel.admin, "{ webhookEndpoints { edges { node { id url removedAt } } } }").await;
    let node = listed["data"]["webhookEndpoints"]["edges"][0]["node"].clone();
    assert_eq!((&node["url"], &node["removedAt"]), (&json!(endpoint.address), &Value::Null));
    let remove = format!("removeWebhookEndpoint(endpoint: {})", node["id"]);
    assert_ne!(panel.admin_does(&remove, "endpoint { removedAt }").await["endpoint"]["removedAt"], Value::Null);
    assert_eq!(panel.admin_does(&remove, "status").await["status"], "NOT_FOUND");
    assert_eq!(panel.admin_does("routeReviews", "status").await["status"], "DONE");
    work_by(&panel.world, &[Stage::Route], Delivery { private_addresses: true, ..Delivery::default() }).await;
    assert_eq!(endpoint.got().len(), 0);
    for n in 0..20 {
        add(&panel, &format!("https://example.org/{n}")).await;
    }
    let beyond = panel.admin_does(r#"addWebhookEndpoint(url: "https://example.org/20")"#, "status").await;
    assert_eq!(beyond["status"], "CONFLICT");
}
