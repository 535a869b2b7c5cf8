//! Asks a GraphQL service for pages of a list, and says how many a second were answered and how long 99 of 100 took at most
//! (ms): run by `benches/graphql-page`.
//!
//! Its arguments: the service's address; a key; a file with the document, which has a variable `$after` for the cursor; how many
//! connections ask at once; for how many seconds.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

/// Pages from the beginning of the list that are asked for in turn.
const PAGES: usize = 20;

/// Where the first list goes on.
fn end_cursor(value: &Value) -> Option<&Value> {
    match value {
        Value::Object(fields) => fields.get("endCursor").or_else(|| fields.values().find_map(end_cursor)),
        Value::Array(items) => items.iter().find_map(end_cursor),
        _ => None,
    }
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, key, document, connections, seconds] = args.as_slice() else {
        panic!("ADDRESS KEY DOCUMENT CONNECTIONS SECONDS")
    };
    rustls::crypto::ring::default_provider().install_default().expect("the first provider");
    let document = std::fs::read_to_string(document).expect("the document");
    let connections: usize = connections.parse().expect("how many connections");
    let seconds = Duration::from_secs(seconds.parse().expect("how many seconds"));
    let client = reqwest::Client::builder().pool_max_idle_per_host(connections).build().expect("a client");
    let ask = async |body: Bytes| {
        let post = client.post(address).bearer_auth(key).header("content-type", "application/json").body(body);
        let answer = post.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.expect("a body")
    };
    let (mut bodies, mut after, mut bytes) = (vec![], Value::Null, 0);
    for _ in 0..PAGES {
        let body = Bytes::from(json!({"query": document, "variables": {"after": after}}).to_string());
        let told = ask(body.clone()).await;
        bytes = told.len();
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        assert!(told.get("errors").is_none(), "{}", told["errors"]);
        after = end_cursor(&told["data"]).expect("a page").clone();
        bodies.push(body);
    }
    let began = Instant::now();
    let asking = (0..connections).map(|first| {
        let (bodies, ask) = (&bodies, &ask);
        async move {
            let mut took = vec![];
            for body in bodies.iter().cycle().skip(first) {
                let asked = Instant::now();
                if asked - began > seconds {
                    break;
                }
                ask(body.clone()).await;
                took.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            took
        }
    });
    let mut took = futures_util::future::join_all(asking).await.concat();
    let rate = took.len() as f64 / began.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    println!("{rate} {} {bytes}", took[took.len() * 99 / 100]);
}
