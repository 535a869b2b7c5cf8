//! Documents made to exhaust the service: each is refused before anything runs, and the service goes on answering.

use std::fmt::Write;

use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{
    edges::fill,
    world::{World, body_of},
};

const DRAFT: &str = "application/graphql-response+json";

/// What is answered, with its status.
async fn ask(world: &World, key: &str, accept: &str, body: String) -> (StatusCode, Value) {
    let request = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, accept)
        .body(Body::from(body))
        .expect("a request");
    let response = world.ask(request).await;
    let status = response.status();
    (status, serde_json::from_slice(&body_of(response).await).expect("JSON"))
}

/// Expects that a document is refused with a code, in both forms of answers, and that the next one is answered.
async fn refused(documents: &[(&str, String, Value)]) {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    for (code, query, variables) in documents {
        let body = json!({"query": query, "variables": variables}).to_string();
        let beginning: String = query.chars().take(60).collect();
        let (status, answer) = ask(&world, &key, DRAFT, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{beginning}: {answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], json!(code), "{beginning}: {answer:#}");
        assert!(answer.get("data").is_none(), "{beginning}: {answer:#}");
        let (status, again) = ask(&world, &key, "application/json", body).await;
        assert_eq!((status, again), (StatusCode::OK, answer), "{beginning}");
        let usual = json!({"query": "{ project { slug } }"}).to_string();
        let (_, usual) = ask(&world, &key, DRAFT, usual).await;
        assert_eq!(usual, json!({"data": {"project": {"slug": "one"}}}), "after {beginning}");
    }
}

fn many(times: usize, mut part: impl FnMut(usize, &mut String)) -> String {
    let mut all = String::new();
    (0..times).for_each(|at| part(at, &mut all));
    all
}

#[tokio::test]
async fn a_document_that_asks_too_much_at_once_is_not_run() {
    let duplicates = format!("{{ {} }}", "project { slug } ".repeat(10_000));
    let same = format!("{{ project {{ {} }} }}", "slug ".repeat(500));
    let aliases = format!("{{ {} }}", many(100_000, |at, all| write!(all, "a{at}: __typename ").expect("written")));
    let few_aliases = format!("{{ {} }}", many(101, |at, all| write!(all, "a{at}: __typename ").expect("written")));
    let directives = format!("{{ __typename {} }}", "@include(if: true) ".repeat(5_000));
    let merging = format!("{{ traces {{ {} }} }}", "edges { node { steps { text } } } ".repeat(2_000));
    refused(&[
        ("QUERY_TOO_COMPLEX", duplicates, json!({})),
        ("QUERY_TOO_COMPLEX", same, json!({})),
        ("QUERY_TOO_COMPLEX", aliases, json!({})),
        ("QUERY_TOO_COMPLEX", few_aliases, json!({})),
        ("QUERY_TOO_COMPLEX", directives, json!({})),
        ("QUERY_TOO_COMPLEX", merging, json!({})),
        ("QUERY_TOO_COMPLEX", format!("{{ project {{ slug }} }} # {}", "x".repeat(300_000)), json!({})),
    ])
    .await;
}

#[tokio::test]
async fn fragments_that_multiply_or_spread_themselves_are_not_run() {
    let mut doubling = "{ traces { edges { node { ...F0 } } } }".to_owned();
    for step in 0..25 {
        doubling += &format!(" fragment F{step} on Trace {{ ...F{0} ...F{0} }}", step + 1);
    }
    doubling += " fragment F25 on Trace { id }";
    let unused = doubling.replacen("...F0", "id", 1);
    let mut chain = "{ traces { edges { node { ...F0 } } } }".to_owned();
    for step in 0..1_500 {
        chain += &format!(" fragment F{step} on Trace {{ ...F{} }}", step + 1);
    }
    let circle = "{ traces { edges { node { ...A } } } } fragment A on Trace { group { ...B } }
                  fragment B on ChainGroup { traces { edges { node { ...A } } } }";
    let operations =
        many(1_000, |at, all| write!(all, "query Q{at} {{ traces {{ edges {{ ...F }} }} }} ").expect("written"));
    let wide = format!("{operations} fragment F on TraceEdge {{ {} }}", "cursor ".repeat(100));
    refused(&[
        ("QUERY_TOO_COMPLEX", doubling, json!({})),
        ("QUERY_TOO_COMPLEX", unused, json!({})),
        ("QUERY_TOO_DEEP", chain, json!({})),
        ("BAD_USER_INPUT", circle.to_owned(), json!({})),
        ("QUERY_TOO_COMPLEX", wide, json!({})),
    ])
    .await;
}

#[tokio::test]
async fn pages_within_pages_are_not_run_however_their_size_is_given() {
    let nested = |page: &str, head: &str| {
        format!(
            "{head} {{ snapshots{page} {{ edges {{ node {{ members{page} {{ edges {{ node {{ trace {{ id
             steps {{ text }} }} }} }} }} }} }} }} }}"
        )
    };
    refused(&[
        ("QUERY_TOO_COMPLEX", nested("(first: 100)", ""), json!({})),
        ("QUERY_TOO_COMPLEX", nested("(first: 200)", ""), json!({})),
        ("QUERY_TOO_COMPLEX", nested("(last: $n)", "query ($n: Int = 100)"), json!({})),
        ("QUERY_TOO_COMPLEX", nested("(first: $n)", "query ($n: Int = 1)"), json!({"n": 100})),
        ("QUERY_TOO_COMPLEX", nested("(first: $n)", "query ($n: Int)"), json!({"n": 1e300})),
    ])
    .await;
}

#[tokio::test]
async fn what_nests_too_deep_overflows_no_stack() {
    let depth = 100_000;
    let brackets = |open: &str, close: &str| format!("{}{}", open.repeat(depth), close.repeat(depth));
    refused(&[
        ("QUERY_TOO_DEEP", brackets("{ a ", "}"), json!({})),
        ("QUERY_TOO_DEEP", brackets("{", ""), json!({})),
        ("QUERY_TOO_DEEP", format!("{{ nodes(ids: {}) {{ id }} }}", brackets("[", "]")), json!({})),
        ("QUERY_TOO_DEEP", format!("query ($a: {}) {{ __typename }}", brackets("[", "]")), json!({})),
        ("QUERY_TOO_DEEP", format!("{{ traces(filter: {}) {{ id }} }}", brackets("{a:", "}")), json!({})),
        ("QUERY_TOO_DEEP", "{ group { traces ".repeat(10) + "{ id }" + &"} }".repeat(10), json!({})),
    ])
    .await;
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    for variables in [brackets("[", "]"), brackets("{\"a\":", "}"), brackets("[", "")] {
        let body = format!("{{\"query\": \"{{ __typename }}\", \"variables\": {{\"a\": {variables}}}}}");
        let (status, answer) = ask(&world, &key, DRAFT, body).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{answer:#}");
    }
}

#[tokio::test]
async fn the_schema_is_told_but_not_in_circles() {
    let circle = "fields { type { ".repeat(4);
    refused(&[(
        "QUERY_TOO_COMPLEX",
        format!("{{ __schema {{ types {{ {circle} name {} }} }} }}", "} }".repeat(4)),
        json!({}),
    )])
    .await;
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    let all =
        "{ __schema { types { name fields { name args { name type { name ofType { name } } } type { name } } } } }";
    let (status, answer) = ask(&world, &key, DRAFT, json!({"query": all}).to_string()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["data"]["__schema"]["types"].as_array().is_some_and(|types| types.len() > 100));
}

#[tokio::test]
async fn a_document_wrong_in_many_places_is_told_a_few_of_them() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    for query in ["{ project { slug @a@b@c@d@e@f@g@h@i@j } }", "{ a b c d e f g h i j }"] {
        let (status, answer) = ask(&world, &key, DRAFT, json!({"query": query}).to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(5), "{answer:#}");
    }
}

#[tokio::test]
async fn several_requests_in_one_body_are_not_taken() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    for body in [json!(vec![json!({"query": "{ __typename }"}); 10]), json!(["{ __typename }", null, null, null])] {
        let (status, answer) = ask(&world, &key, DRAFT, body.to_string()).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("BAD_USER_INPUT")), "{answer:#}");
    }
}

#[tokio::test]
async fn a_page_of_a_hundred_traces_with_all_that_belongs_to_them_is_answered() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    fill(&world, 1, 100).await;
    let query = "{ traces(first: 100) { edges { cursor node { id externalId query answer model { name }
                 steps { ordinal text } claims { text verdict decidingFact { statement } }
                 latestScore { reward } standingReviews { verdict expert { handle } } } } } }";
    let (status, answer) = ask(&world, &key, DRAFT, json!({"query": query}).to_string()).await;
    assert_eq!((status, &answer["errors"]), (StatusCode::OK, &Value::Null));
    let edges = answer["data"]["traces"]["edges"].as_array().expect("edges");
    assert_eq!(edges.len(), 100);
    for edge in edges {
        let trace = &edge["node"];
        let counts = ["steps", "claims", "standingReviews"].map(|list| trace[list].as_array().map(Vec::len));
        assert_eq!(counts, [Some(2), Some(1), Some(1)], "{trace:#}");
        assert_eq!(trace["latestScore"]["reward"], json!(1.0));
    }
}
