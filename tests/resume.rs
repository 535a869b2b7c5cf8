//! Bodies that are compressed, sent again, broken off and gone on with; and how little memory a long one takes.

use std::io;

use async_compression::tokio::write::{GzipEncoder, ZstdEncoder};
use atr_core::domain::{
    access::Role,
    intake::{Balance, Door},
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};

use crate::{
    faults::sender::client,
    process::{Installation, until},
    world::{World, body_of},
};

const NDJSON: &str = "application/x-ndjson";
const DOOR: &str = "/v1/ingest/traces";

fn trace(external_id: &str, answer: &str) -> String {
    json!({"external_id": external_id, "model": "m", "query": "What is gold's symbol?", "answer": answer}).to_string()
}

/// Lines from one number to another.
fn lines(from: usize, to: usize) -> String {
    (from..to).map(|n| trace(&format!("t{n}"), "Au") + "\n").collect()
}

struct Sender {
    world: World,
    key: String,
}

type Answer = (StatusCode, HeaderMap, Bytes);

impl Sender {
    async fn new() -> Self {
        let world = World::new().await;
        let key = world.key(Role::Ingest, None).await;
        Self { world, key }
    }

    async fn send(&self, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::post(DOOR)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, NDJSON);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.world.ask(request.body(body.into()).expect("a request")).await;
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, body_of(response).await)
    }

    /// How far a body got.
    async fn progress(&self, key: &str) -> (StatusCode, Value) {
        let request = Request::get(DOOR)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header("idempotency-key", key)
            .body(Body::empty());
        let response = self.world.ask(request.expect("a request")).await;
        (response.status(), json_of(&body_of(response).await))
    }

    async fn balance(&self) -> Balance {
        let mut tx = self.world.app.store.begin(self.world.database.project).await.expect("a transaction");
        tx.balance(Some(Door::Traces)).await.expect("the balance")
    }
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

/// A body that the test sends piece by piece.
fn piecemeal() -> (mpsc::Sender<io::Result<Bytes>>, Body) {
    let (send, receive) = mpsc::channel(1);
    (send, Body::from_stream(stream::unfold(receive, async |mut from| Some((from.recv().await?, from)))))
}

async fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(vec![]);
    encoder.write_all(text).await.expect("memory");
    encoder.shutdown().await.expect("memory");
    encoder.into_inner()
}

async fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZstdEncoder::new(vec![]);
    encoder.write_all(text).await.expect("memory");
    encoder.shutdown().await.expect("memory");
    encoder.into_inner()
}

#[tokio::test]
async fn compressed_lines_go_in_as_plain_ones_do_and_what_is_not_as_it_says_is_refused() {
    let sender = Sender::new().await;
    let parts = [gzip(lines(0, 700).as_bytes()).await, gzip(lines(700, 800).as_bytes()).await].concat();
    let (status, _, body) = sender.send(&[("content-encoding", "gzip")], parts).await;
    assert_eq!((status, &json_of(&body)["stored"]), (StatusCode::OK, &json!(800)));
    let (status, _, body) = sender.send(&[("content-encoding", "zstd")], zstd(lines(0, 801).as_bytes()).await).await;
    assert_eq!((status, &json_of(&body)["stored"]), (StatusCode::OK, &json!(1)));
    assert_eq!(sender.balance().await.duplicate, 800);
    for coding in ["gzip", "zstd"] {
        let (status, ..) = sender.send(&[("content-encoding", coding)], lines(0, 1)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{coding}");
    }
    let (status, headers, _) = sender.send(&[("content-encoding", "br")], lines(0, 1)).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(headers[header::ACCEPT_ENCODING], "gzip, zstd, identity");
}

#[tokio::test]
async fn a_body_that_would_become_too_long_is_refused_before_it_does() {
    let sender = Sender::new().await;
    let bomb = zstd(&vec![b'\n'; 256 << 20]).await;
    assert!(bomb.len() < 1 << 16, "{} bytes", bomb.len());
    let (status, _, body) = sender.send(&[("content-encoding", "zstd")], bomb).await;
    assert_eq!((status, &json_of(&body)["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("TOO_DENSE")));
}

#[tokio::test]
async fn sent_again_under_its_key_a_body_is_answered_as_before_and_changes_nothing() {
    let sender = Sender::new().await;
    let body = lines(0, 600) + "nothing\n\n" + &lines(0, 1) + "\n";
    let key = ("idempotency-key", "\"one\"");
    let by_line = [key, ("accept", NDJSON)];
    let first = sender.send(&[key], body.clone()).await;
    assert_eq!(first.0, StatusCode::OK);
    let told = json_of(&first.2);
    let sums = ["received", "stored", "duplicates", "rejected"].map(|sum| told[sum].as_i64());
    assert_eq!(sums, [Some(602), Some(600), Some(1), Some(1)], "{told:#}");
    let counted = sender.balance().await;
    let again = sender.send(&[key], body.clone()).await;
    assert_eq!((again.0, &again.2), (StatusCode::OK, &first.2));
    let packed = sender.send(&[key, ("content-encoding", "gzip")], gzip(body.as_bytes()).await).await;
    assert_eq!((packed.0, &packed.2), (StatusCode::OK, &first.2));
    // Line by line too, although it was not asked for so at first.
    let (status, _, answers) = sender.send(&by_line, body.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let answers: Vec<Value> =
        std::str::from_utf8(&answers).expect("text").lines().map(|line| json_of(line.as_bytes())).collect();
    assert_eq!(answers.len(), 602);
    assert!(answers[..600].iter().all(|answer| answer["status"] == "stored"));
    assert_eq!((&answers[600]["line"], &answers[600]["status"]), (&json!(601), &json!("rejected")));
    assert_eq!((&answers[601]["line"], &answers[601]["status"]), (&json!(603), &json!("duplicate")));
    assert_eq!(sender.balance().await, counted);
    // Under the same key another door knows nothing of it, and another key is another body.
    let (status, _, other) = sender.send(&[("idempotency-key", "\"two\"")], lines(0, 1)).await;
    assert_eq!((status, &json_of(&other)["duplicates"]), (StatusCode::OK, &json!(1)));
    let (_, progress) = sender.progress("one").await;
    assert_eq!(progress, json!({"offset": body.len(), "lines": 604, "complete": true}));
}

#[tokio::test]
async fn other_content_under_a_key_is_refused_and_not_taken_in() {
    let sender = Sender::new().await;
    let key = [("idempotency-key", "k")];
    sender.send(&key, lines(0, 3)).await;
    let counted = sender.balance().await;
    for other in [lines(1, 4), lines(0, 4), lines(0, 2), lines(0, 3) + "\n", String::new()] {
        for accept in ["*/*", NDJSON] {
            let (status, headers, body) = sender.send(&[key[0], ("accept", accept)], other.clone()).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{other}");
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(json_of(&body)["code"], "IDEMPOTENCY_KEY_REUSED");
        }
    }
    assert_eq!(sender.balance().await, counted);
    for wrong in ["\"\"", "\"open", &"k".repeat(256)] {
        let (status, ..) = sender.send(&[("idempotency-key", wrong)], lines(0, 1)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn while_one_request_goes_on_with_a_body_another_is_told_to_wait_and_then_goes_on() {
    let sender = Sender::new().await;
    let key = [("idempotency-key", "k")];
    let (pieces, body) = piecemeal();
    pieces.send(Ok(lines(0, 2).into())).await.expect("room");
    let first = sender.send(&key, body);
    let others = async {
        let begun = async || Ok(matches!(sender.progress("k").await.1["lines"].as_i64(), Some(2)).then_some(()));
        until("the first batch", begun).await.expect("in time");
        let (status, _, problem) = sender.send(&key, lines(0, 2)).await;
        assert_eq!((status, &json_of(&problem)["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
        pieces.send(Err(io::Error::other("gone"))).await.expect("the door reads");
        drop(pieces);
    };
    let ((status, ..), ()) = tokio::join!(first, others);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    // From its beginning, and from where it got to.
    let offset = lines(0, 2).len().to_string();
    let wrong = sender.send(&[key[0], ("upload-offset", "7")], lines(2, 3)).await;
    assert_eq!((wrong.0, wrong.1["upload-offset"].to_str().ok()), (StatusCode::CONFLICT, Some(offset.as_str())));
    let (pieces, body) = piecemeal();
    pieces.send(Ok(lines(0, 4).into())).await.expect("room");
    let broken = async {
        let there = async || Ok(matches!(sender.progress("k").await.1["lines"].as_i64(), Some(4)).then_some(()));
        until("the second batch", there).await.expect("in time");
        pieces.send(Err(io::Error::other("gone"))).await.expect("the door reads");
        drop(pieces);
    };
    let ((status, ..), ()) = tokio::join!(sender.send(&key, body), broken);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let offset = lines(0, 4).len().to_string();
    let (status, _, answers) =
        sender.send(&[key[0], ("upload-offset", &offset), ("accept", NDJSON)], lines(4, 6)).await;
    assert_eq!(status, StatusCode::OK);
    let told: Vec<Value> =
        std::str::from_utf8(&answers).expect("text").lines().map(|line| json_of(line.as_bytes())).collect();
    let told: Vec<_> = told.iter().map(|answer| (answer["line"].as_i64(), answer["status"].as_str())).collect();
    assert_eq!(told, [(Some(5), Some("stored")), (Some(6), Some("stored"))]);
    // The whole is answered as if it had been sent at once.
    let (status, _, summary) = sender.send(&key, lines(0, 6)).await;
    assert_eq!((status, &json_of(&summary)["stored"]), (StatusCode::OK, &json!(6)));
    assert_eq!(sender.balance().await, Balance { stored: 6, ..Balance::default() });
}

#[tokio::test]
async fn a_day_after_it_was_used_a_key_is_forgotten() {
    let sender = Sender::new().await;
    let key = [("idempotency-key", "k")];
    sender.send(&key, lines(0, 1)).await;
    sender.send(&[("idempotency-key", "other")], lines(0, 1)).await;
    sender.world.database.clock.advance(chrono::TimeDelta::hours(25));
    assert_eq!(sender.progress("k").await.0, StatusCode::NOT_FOUND);
    let (status, _, summary) = sender.send(&key, lines(0, 2)).await;
    assert_eq!((status, &json_of(&summary)["duplicates"]), (StatusCode::OK, &json!(1)));
    let left: Vec<String> = sqlx::query_scalar("select distinct key from ingest_answer join ingest_key using (key)")
        .fetch_all(&sender.world.database.owner)
        .await
        .expect("keys");
    assert_eq!(left, ["k"]);
}

/// Begins a request by hand, and breaks the connection off when `until_then` is over.
async fn broken_off(
    address: &str,
    key: &str,
    body: &str,
    until_then: impl Future<Output = crate::process::Result>,
) -> crate::process::Result {
    let host = address.strip_prefix("http://").ok_or("an address")?;
    let mut connection = TcpStream::connect(host).await?;
    let head = format!(
        "POST {DOOR} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: {NDJSON}\r\n\
         Idempotency-Key: \"long\"\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await?;
    connection.write_all(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes()).await?;
    connection.flush().await?;
    until_then.await
}

#[tokio::test]
async fn a_connection_that_is_cut_half_way_is_gone_on_with_and_a_long_body_takes_little_memory()
-> crate::process::Result {
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let address = service.address.clone();
    let secret = service.first_key.clone().ok_or("a first key")?;
    let http = client()?;
    let door = format!("{address}{DOOR}");
    let how_far = async || -> crate::process::Result<Value> {
        let asked = http.get(&door).bearer_auth(&secret).header("idempotency-key", "\"long\"").send().await?;
        Ok(asked.json().await?)
    };
    let all = lines(0, 1_500);
    // In the middle of a line.
    let half = &all[..all.len() / 2 + 11];
    let begun = async {
        until("the first batches", async || Ok((how_far().await?["lines"].as_i64() > Some(400)).then_some(()))).await
    };
    broken_off(&address, &secret, half, begun).await?;
    let summary: Value = until("the body is let go", async || {
        let offset = how_far().await?["offset"].as_u64().ok_or("an offset")?;
        let rest = all[usize::try_from(offset)?..].to_owned();
        let answer = http
            .post(&door)
            .bearer_auth(&secret)
            .header("content-type", NDJSON)
            .header("idempotency-key", "\"long\"")
            .header("upload-offset", offset)
            .body(rest)
            .send()
            .await?;
        if answer.status() == StatusCode::CONFLICT {
            return Ok(None);
        }
        assert_eq!(answer.status(), StatusCode::OK);
        Ok(Some(answer.json().await?))
    })
    .await?;
    let sums = ["received", "stored", "duplicates"].map(|sum| summary[sum].as_i64());
    assert_eq!(sums, [Some(1_500), Some(1_500), Some(0)], "{summary:#}");

    // A body many times as long as what it may take.
    const BOUND: u64 = 48 << 20;
    let before = service.peak_memory()?;
    let line = Bytes::from("x".repeat(1 << 20) + "\n");
    let long = (0..400).map(move |_| Ok::<_, io::Error>(line.clone()));
    let body = reqwest::Body::wrap_stream(stream::iter(long));
    let answer = http.post(&door).bearer_auth(&secret).header("content-type", NDJSON).body(body).send().await?;
    let summary: Value = answer.json().await?;
    assert_eq!(summary["rejected"], 400, "{summary:#}");
    let grown = service.peak_memory()? - before;
    assert!(grown < BOUND, "{} MiB for 400 MiB", grown >> 20);
    service.stop().await
}
