//! What sources say: kept as it was retrieved, read again, and held against what facts and answers quote.

use std::sync::{Arc, Mutex};

use atr::app::Process;
use atr_core::{domain::access::Role, queue::Stage};
use atr_workers::Fetching;
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    otlp::{work, work_fetching},
    world::{World, body_of},
};

const STAGES: [Stage; 3] = [Stage::Read, Stage::Verify, Stage::Score];
const PAGE: &str = "<html><head><title>Gold</title><script>track()</script></head><body><h1>Gold</h1>\
    <p>The chemical symbol of gold is <b>Au</b>.</p><p>Gold melts at 1064 degrees.</p></body></html>";
const ADDRESS: &str = "https://elements.example.org/gold";

fn fact(name: &str, statement: &str, quote: &str) -> Value {
    json!({"kind": "fact", "external_id": name, "source": "elements", "domain": "chemistry", "subject": "gold",
           "statement": statement, "quote": quote, "state": "verified"})
}

/// A world with a source at an address, three facts of it, and a curator's key.
async fn grounded(address: &str) -> (World, String, String) {
    let world = World::new().await;
    let curator = world.key(Role::Curator, None).await;
    let lines = [
        json!({"kind": "source", "external_id": "elements", "publisher": "Elements", "title": "Gold", "licence": "CC0-1.0",
               "trust_tier": "primary", "url": address}),
        fact("symbol", "The chemical symbol of gold is Au.", "The chemical symbol of gold is Au."),
        fact("melting", "Gold melts at 1063 degrees Celsius.", "Gold melts at 1063 degrees."),
        fact("colour", "Gold is yellow.", "Its hue resembles butter and buttercups."),
    ];
    let outcomes = world.send_lines(&curator, "grounding", &lines).await;
    assert!(outcomes.iter().all(|outcome| outcome["status"] == "stored"), "{outcomes:#?}");
    let source = outcomes[0]["id"].as_str().expect("an id").to_owned();
    (world, curator, source)
}

async fn send_copy(world: &World, key: &str, source: &str, media_type: &str, bytes: &str) -> (StatusCode, Value) {
    let request = Request::post(format!("/v1/sources/{source}/copies"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, media_type)
        .body(Body::from(bytes.to_owned()))
        .expect("a request");
    let answer = world.ask(request).await;
    let status = answer.status();
    (status, serde_json::from_slice(&body_of(answer).await).expect("JSON"))
}

async fn get_bytes(world: &World, key: &str, path: &str) -> Response<Body> {
    let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
    world.ask(request.body(Body::empty()).expect("a request")).await
}

async fn facts(world: &World, key: &str) -> Value {
    let asked = "{ facts(first: 10) { edges { node { id externalId state supersededBy { externalId } review { id }
        quotePlace { standing similarity span { begin end } passage copy { id } }
        states(first: 1) { edges { node { state copy { id } quoteSpan { begin end } successor { externalId } } } } } } } }";
    let answer = world.graphql(key, asked).await;
    let all = answer["data"]["facts"]["edges"].as_array().unwrap_or_else(|| panic!("{answer:#}")).clone();
    let named = |edge: Value| (edge["node"]["externalId"].as_str().expect("a name").to_owned(), edge["node"].clone());
    all.into_iter().map(named).collect()
}

async fn changed(world: &World, key: &str, mutation: &str) -> Value {
    let answer = world.graphql(key, &format!("mutation {{ {mutation} {{ status field message }} }}")).await;
    let name = mutation.split('(').next().expect("a name");
    answer["data"][name].clone()
}

/// The verdict of the claim in an answer that is asked about.
async fn verdict(world: &World, key: &str, answer: &str) -> (Value, String) {
    let items = json!([{"query": "What is the symbol of gold?", "answer": answer}]);
    let asked = "query($items: [JSON!]!) { rewards(items: $items) { claims { verdict reason } } }";
    let told = world.graphql_with(key, asked, &json!({ "items": items })).await;
    let claim = &told["data"]["rewards"][0]["claims"][0];
    (claim["verdict"].clone(), claim["reason"].as_str().unwrap_or_default().to_owned())
}

async fn wake(world: &World) {
    sqlx::query("update task set state = 'available' where state = 'scheduled'")
        .execute(&world.database.owner)
        .await
        .expect("what waits for its time");
}

#[tokio::test]
async fn where_the_words_of_facts_stand_in_what_was_kept_of_their_source_is_told_with_offsets() {
    let (world, curator, source) = grounded(ADDRESS).await;
    let (status, copy) = send_copy(&world, &curator, &source, "text/html; charset=utf-8", PAGE).await;
    assert_eq!(status, StatusCode::CREATED, "{copy:#}");
    let id = copy["id"].as_str().expect("an id");
    work(&world, &STAGES).await;

    let text = world.graphql(&curator, &format!("{{ sourceCopyText(id: \"{id}\") {{ text cut problem }} }}")).await;
    let text = text["data"]["sourceCopyText"]["text"].as_str().expect("a text").to_owned();
    assert!(!text.contains("track()") && !text.contains('<'), "{text}");
    let facts = facts(&world, &curator).await;
    let place = &facts["symbol"]["quotePlace"];
    assert_eq!((&place["standing"], &place["similarity"]), (&json!("STANDS"), &json!(1.0)), "{facts:#}");
    let offset = |name: &str| place["span"][name].as_u64().and_then(|at| usize::try_from(at).ok()).expect("an offset");
    assert_eq!(&text[offset("begin")..offset("end")], "The chemical symbol of gold is Au");
    assert_eq!(place["passage"], "The chemical symbol of gold is Au");
    assert_eq!(facts["melting"]["quotePlace"]["standing"], "DIFFERS", "{facts:#}");
    assert_eq!(facts["colour"]["quotePlace"]["standing"], "MISSING", "{facts:#}");
    assert_eq!(facts["colour"]["quotePlace"]["span"], Value::Null);
    // As they were entered, nothing was kept of their source.
    assert_eq!(facts["symbol"]["states"]["edges"][0]["node"]["copy"], Value::Null);

    // Who vouches for a fact from now on does so against what is kept.
    let fact = facts["symbol"]["id"].as_str().expect("an id");
    for change in ["dispute", "verify"] {
        let done = changed(&world, &curator, &format!("{change}Fact(fact: \"{fact}\", reason: \"looked up\")")).await;
        assert_eq!(done["status"], "DONE", "{done:#}");
    }
    let facts = self::facts(&world, &curator).await;
    let state = &facts["symbol"]["states"]["edges"][0]["node"];
    assert_eq!(state["copy"]["id"], id, "{facts:#}");
    assert_eq!(state["quoteSpan"], place["span"], "{facts:#}");

    // The bytes are as they were sent, saved and not shown; the same again is no other copy.
    let answer = get_bytes(&world, &curator, &format!("/v1/source-copies/{id}")).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/octet-stream");
    assert!(answer.headers()[header::CONTENT_DISPOSITION].to_str().expect("text").starts_with("attachment"));
    assert_eq!(body_of(answer).await, PAGE.as_bytes());
    let (status, again) = send_copy(&world, &curator, &source, "text/html", PAGE).await;
    assert_eq!((status, &again["id"], &again["outcome"]), (StatusCode::OK, &copy["id"], &json!("unchanged")));
    work(&world, &STAGES).await;
}

#[tokio::test]
async fn what_changed_in_a_source_is_shown_and_what_cites_it_is_looked_at_again() {
    let (world, curator, source) = grounded(ADDRESS).await;
    let sender = world.key(Role::Ingest, None).await;
    let reader = world.key(Role::Auditor, None).await;
    let cited = "As they say, \"Gold melts at 1064 degrees\" (https://elements.example.org/gold).";
    let trace = json!({"query": "When does gold melt?", "answer": cited, "model": "m"});
    assert_eq!(world.send_lines(&sender, "traces", &[trace]).await[0]["status"], "stored");
    work(&world, &STAGES).await;
    let citation = async || {
        let asked = "{ traces(first: 1) { edges { node { verification { citations { state reason copy { id } copySpan { begin end } } } } } } }";
        let told = world.graphql(&reader, asked).await;
        told["data"]["traces"]["edges"][0]["node"]["verification"]["citations"][0].clone()
    };
    // Nothing is kept yet: what the source is known to state is another number.
    assert_eq!(citation().await["state"], "MISQUOTED", "{:#}", citation().await);

    let first = send_copy(&world, &curator, &source, "text/html", PAGE).await.1;
    work(&world, &STAGES).await;
    let held = citation().await;
    assert_eq!((&held["state"], &held["copy"]["id"]), (&json!("VERIFIED"), &first["id"]), "{held:#}");
    assert!(held["copySpan"]["end"].as_i64() > held["copySpan"]["begin"].as_i64(), "{held:#}");

    let second = send_copy(&world, &curator, &source, "text/html", &PAGE.replace("1064", "1337")).await.1;
    work(&world, &STAGES).await;
    assert_eq!(citation().await["state"], "MISQUOTED");
    let asked = format!(
        "{{ sourceCopyChanges(id: \"{}\") {{ before {{ id }} changes {{ kind text }} }}
            sourceCopy(id: \"{}\") {{ source {{ id currentCopy {{ id }} retrievals {{ edges {{ node {{ outcome url }} }} }} }}
                quoteStandings {{ standing count }} quotes {{ edges {{ node {{ standing fact {{ externalId }} }} }} }} }} }}",
        second["id"].as_str().expect("an id"),
        second["id"].as_str().expect("an id"),
    );
    let told = world.graphql(&reader, &asked).await;
    assert_eq!(told["errors"], Value::Null, "{told:#}");
    let told = told["data"].clone();
    let changes = &told["sourceCopyChanges"];
    assert_eq!(changes["before"]["id"], first["id"], "{told:#}");
    let lines: Vec<(&str, bool)> = changes["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| {
            (change["kind"].as_str().expect("a kind"), change["text"].as_str().expect("text").contains("1337"))
        })
        .collect();
    assert_eq!(lines, [("REMOVED", false), ("ADDED", true)], "{told:#}");
    assert_eq!(told["sourceCopy"]["source"]["currentCopy"]["id"], second["id"]);
    assert_eq!(told["sourceCopy"]["source"]["retrievals"]["edges"].as_array().map(Vec::len), Some(2));
    assert_eq!(told["sourceCopy"]["quotes"]["edges"].as_array().map(Vec::len), Some(3), "{told:#}");
}

/// A server whose page changes, and what it was asked.
#[derive(Clone, Default)]
struct Site {
    page: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Site {
    async fn serve(&self) -> String {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/page", get(Self::page))
            .route("/moved", get(|| async { Redirect::temporary("/page") }))
            .route("/loop", get(|| async { Redirect::temporary("/loop") }))
            .route("/file", get(|| async { Redirect::temporary("file:///etc/hostname") }))
            .route("/large", get(|| async { "x".repeat((10 << 20) + 1) }))
            .route("/empty", get(|| async { "" }))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    async fn page(State(site): State<Self>, headers: HeaderMap) -> Response {
        let page = site.page.lock().expect("nobody panicked").clone();
        let tag = format!("\"{}\"", page.len());
        let known = headers.get(header::IF_NONE_MATCH).map(|tag| tag.to_str().expect("text").to_owned());
        site.asked.lock().expect("nobody panicked").push(known.clone());
        if known.as_ref() == Some(&tag) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        ([(header::CONTENT_TYPE, "text/html".to_owned()), (header::ETAG, tag)], page).into_response()
    }
}

/// What the newest retrieval of a source came to.
async fn newest(world: &World, key: &str, source: &str) -> Value {
    let asked = format!(
        "{{ source(id: \"{source}\") {{ freshness {{ stale failing }}
            retrievals(first: 1) {{ edges {{ node {{ outcome url status problem etag copy {{ mediaType }} }} }} }} }} }}"
    );
    world.graphql(key, &asked).await["data"]["source"].clone()
}

const ON: Fetching = Fetching { on: true, private_addresses: true };

#[tokio::test]
async fn a_source_is_fetched_where_that_is_allowed_and_asked_only_whether_it_changed() {
    let site = Site::default();
    *site.page.lock().expect("nobody panicked") = PAGE.to_owned();
    let at = site.serve().await;
    let (world, curator, source) = grounded(&format!("{at}/moved")).await;
    // Nobody allowed it.
    let refused = changed(&world, &curator, &format!("fetchSource(source: \"{source}\")")).await;
    assert_eq!(refused["status"], "CONFLICT", "{refused:#}");
    assert!(refused["message"].as_str().is_some_and(|why| why.contains("ATR_FETCH_SOURCES")), "{refused:#}");

    let world = world.with_process(Process { fetches_sources: true, ..Process::default() });
    let fetch = async |fetching| {
        let asked = changed(&world, &curator, &format!("fetchSource(source: \"{source}\")")).await;
        assert_eq!(asked["status"], "DONE", "{asked:#}");
        work_fetching(&world, &STAGES, fetching).await;
        newest(&world, &curator, &source).await
    };
    // Not from this machine's own network, unless that is allowed too.
    let told = fetch(Fetching { on: true, private_addresses: false }).await;
    let problem = told["retrievals"]["edges"][0]["node"]["problem"].as_str().unwrap_or_default().to_owned();
    assert!(problem.contains("not an address of the public internet"), "{told:#}");
    assert_eq!(told["freshness"]["failing"], true);
    assert_eq!(site.asked.lock().expect("nobody panicked").len(), 0);

    let told = fetch(ON).await;
    let first = &told["retrievals"]["edges"][0]["node"];
    assert_eq!((&first["outcome"], &first["status"]), (&json!("CHANGED"), &json!(200)), "{told:#}");
    assert_eq!(first["url"], format!("{at}/page"), "{told:#}");
    assert_eq!(first["copy"]["mediaType"], "text/html");
    assert_eq!(told["freshness"]["failing"], false);
    let again = fetch(ON).await;
    assert_eq!(
        (&again["retrievals"]["edges"][0]["node"]["outcome"], &again["retrievals"]["edges"][0]["node"]["status"]),
        (&json!("UNCHANGED"), &json!(304)),
        "{again:#}"
    );
    let asked = site.asked.lock().expect("nobody panicked").clone();
    assert_eq!(asked, [None, Some(format!("\"{}\"", PAGE.len()))]);
    site.page.lock().expect("nobody panicked").push_str("<p>More.</p>");
    assert_eq!(fetch(ON).await["retrievals"]["edges"][0]["node"]["outcome"], "CHANGED");
}

#[tokio::test]
async fn what_cannot_be_fetched_says_why_and_answers_that_cite_it_are_told() {
    let at = Site::default().serve().await;
    for (path, why) in [
        ("/loop", "more than 5 redirects"),
        ("/file", "neither http nor https"),
        ("/large", "more than 10485760 bytes"),
        ("/empty", "is empty"),
        ("/nothing", "answers 404"),
    ] {
        let address = format!("{at}{path}");
        let (world, curator, source) = grounded(&address).await;
        let world = world.with_process(Process { fetches_sources: true, ..Process::default() });
        let sender = world.key(Role::Ingest, None).await;
        let trace = json!({"query": "Where is it?", "answer": format!("It is here: {address}"), "model": "m"});
        assert_eq!(world.send_lines(&sender, "traces", &[trace]).await[0]["status"], "stored");
        work(&world, &STAGES).await;
        changed(&world, &curator, &format!("fetchSource(source: \"{source}\")")).await;
        work_fetching(&world, &STAGES, ON).await;
        let told = newest(&world, &curator, &source).await;
        let problem = told["retrievals"]["edges"][0]["node"]["problem"].as_str().unwrap_or_default().to_owned();
        assert!(problem.contains(why), "{path}: {told:#}");
        let asked = "{ citations(first: 10) { edges { node { state } } } }";
        let states = world.graphql(&world.key(Role::Auditor, None).await, asked).await;
        assert_eq!(states["data"]["citations"]["edges"][0]["node"]["state"], "UNREACHABLE", "{path}: {states:#}");
        assert_eq!(states["data"]["citations"]["edges"][1]["node"]["state"], "VERIFIED", "{path}: {states:#}");
    }
}

#[tokio::test]
async fn facts_of_a_source_that_was_not_read_in_time_are_stale_until_it_is() {
    let (world, curator, source) = grounded(ADDRESS).await;
    let sender = world.key(Role::Ingest, None).await;
    let reader = world.key(Role::Auditor, None).await;
    let answer = "The chemical symbol of gold is Au.";
    let trace = json!({"query": "What is the symbol of gold?", "answer": answer, "model": "m"});
    assert_eq!(world.send_lines(&sender, "traces", &[trace]).await[0]["status"], "stored");
    work(&world, &STAGES).await;
    let refused = changed(&world, &curator, &format!("setSourceRefresh(source: \"{source}\", hours: 0)")).await;
    assert_eq!((&refused["status"], &refused["field"]), (&json!("INVALID"), &json!("hours")), "{refused:#}");
    let said = changed(&world, &curator, &format!("setSourceRefresh(source: \"{source}\", hours: 24)")).await;
    assert_eq!(said["status"], "DONE", "{said:#}");
    assert_eq!(verdict(&world, &sender, answer).await.0, "SUPPORTED");

    // A day later it is due, and nobody fetches it here: what was judged by its facts is judged again.
    world.database.clock.advance(TimeDelta::hours(25));
    wake(&world).await;
    work(&world, &STAGES).await;
    let stored = async || {
        let asked = "{ traces(first: 1) { edges { node { verification { supported claims { verdict reason } } } } } }";
        world.graphql(&reader, asked).await["data"]["traces"]["edges"][0]["node"]["verification"].clone()
    };
    let run = stored().await;
    assert_eq!(run["claims"][0]["verdict"], "UNVERIFIABLE", "{run:#}");
    assert!(run["claims"][0]["reason"].as_str().is_some_and(|why| why.contains("stale")), "{run:#}");
    let (told, why) = verdict(&world, &sender, answer).await;
    assert!(told == "UNVERIFIABLE" && why.contains("stale"), "{told} {why}");
    assert_eq!(newest(&world, &curator, &source).await["freshness"]["stale"], true);

    // It is read, and counts again.
    send_copy(&world, &curator, &source, "text/html", PAGE).await;
    work(&world, &STAGES).await;
    assert_eq!(newest(&world, &curator, &source).await["freshness"]["stale"], false);
    assert_eq!(stored().await["claims"][0]["verdict"], "SUPPORTED");

    // Who no longer asks for it to be read again has no stale facts, however late it is.
    changed(&world, &curator, &format!("setSourceRefresh(source: \"{source}\", hours: null)")).await;
    world.database.clock.advance(TimeDelta::days(400));
    assert_eq!(verdict(&world, &sender, answer).await.0, "SUPPORTED");
}

#[tokio::test]
async fn a_citation_of_a_stale_source_holds_again_once_the_source_is_found_unchanged() {
    let (world, curator, source) = grounded(ADDRESS).await;
    let (sender, reader) = (world.key(Role::Ingest, None).await, world.key(Role::Auditor, None).await);
    send_copy(&world, &curator, &source, "text/html", PAGE).await;
    // No fact decides anything of this answer: it cites, and that is all.
    let trace = json!({"query": "Where is it said?", "answer": format!("Here: {ADDRESS}"), "model": "m"});
    assert_eq!(world.send_lines(&sender, "traces", &[trace]).await[0]["status"], "stored");
    changed(&world, &curator, &format!("setSourceRefresh(source: \"{source}\", hours: 24)")).await;
    work(&world, &STAGES).await;
    let state = async || {
        let asked = "{ traces(first: 1) { edges { node { verification { citations { state } } } } } }";
        let told = world.graphql(&reader, asked).await;
        told["data"]["traces"]["edges"][0]["node"]["verification"]["citations"][0]["state"].clone()
    };
    assert_eq!(state().await, "VERIFIED");
    world.database.clock.advance(TimeDelta::hours(25));
    wake(&world).await;
    work(&world, &STAGES).await;
    assert_eq!(state().await, "STALE");
    let (status, again) = send_copy(&world, &curator, &source, "text/html", PAGE).await;
    assert_eq!((status, &again["outcome"]), (StatusCode::OK, &json!("unchanged")));
    work(&world, &STAGES).await;
    assert_eq!(state().await, "VERIFIED");
}

#[tokio::test]
async fn a_source_that_is_due_is_fetched_by_itself_and_again_after_its_hours() {
    let site = Site::default();
    *site.page.lock().expect("nobody panicked") = PAGE.to_owned();
    let at = site.serve().await;
    let (world, curator, source) = grounded(&format!("{at}/page")).await;
    changed(&world, &curator, &format!("setSourceRefresh(source: \"{source}\", hours: 2)")).await;
    for retrieved in 1..=3 {
        world.database.clock.advance(TimeDelta::hours(3));
        wake(&world).await;
        work_fetching(&world, &STAGES, ON).await;
        assert_eq!(site.asked.lock().expect("nobody panicked").len(), retrieved);
        assert_eq!(newest(&world, &curator, &source).await["freshness"]["stale"], false);
    }
}

#[tokio::test]
async fn a_fact_that_another_holds_instead_of_decides_nothing_and_names_the_other() {
    let (world, curator, _) = grounded(ADDRESS).await;
    let sender = world.key(Role::Ingest, None).await;
    let newer = fact("newer", "The chemical symbol of gold is Go.", "The chemical symbol of gold is Go.");
    assert_eq!(world.send_lines(&curator, "grounding", &[newer]).await[0]["status"], "stored");
    let facts = facts(&world, &curator).await;
    let id = |name: &str| facts[name]["id"].as_str().expect("an id").to_owned();
    let mutation =
        |fact: &str, by: &str| format!("supersedeFact(fact: \"{fact}\", by: \"{by}\", reason: \"agreed anew\")");
    let itself = changed(&world, &curator, &mutation(&id("symbol"), &id("symbol"))).await;
    assert_eq!((&itself["status"], &itself["field"]), (&json!("INVALID"), &json!("by")), "{itself:#}");
    assert_eq!(verdict(&world, &sender, "The chemical symbol of gold is Au.").await.0, "UNVERIFIABLE");
    let done = changed(&world, &curator, &mutation(&id("symbol"), &id("newer"))).await;
    assert_eq!(done["status"], "DONE", "{done:#}");
    work(&world, &STAGES).await;
    assert_eq!(verdict(&world, &sender, "The chemical symbol of gold is Au.").await.0, "CONTRADICTED");
    let facts = self::facts(&world, &curator).await;
    assert_eq!(facts["symbol"]["state"], "SUPERSEDED", "{facts:#}");
    assert_eq!(facts["symbol"]["supersededBy"]["externalId"], "newer", "{facts:#}");
    // What is superseded itself holds instead of nothing.
    let back = changed(&world, &curator, &mutation(&id("newer"), &id("symbol"))).await;
    assert_eq!((&back["status"], &back["field"]), (&json!("INVALID"), &json!("by")), "{back:#}");
}

#[tokio::test]
async fn a_correction_that_cites_a_source_proposes_facts_that_decide_nothing_until_they_are_vouched_for() {
    let (world, curator, source) = grounded(ADDRESS).await;
    let (sender, admin) = (world.key(Role::Ingest, None).await, world.key(Role::Admin, None).await);
    crate::console::expert(&world).await;
    let trace =
        json!({"query": "What is the density of gold?", "answer": "Gold has a density of 12 g/cm3.", "model": "m"});
    let trace = world.send_lines(&sender, "traces", &[trace]).await[0]["id"].clone();
    work(&world, &STAGES).await;
    let cited = "https://minerals.example.org/gold";
    let correction = "Gold has a density of 19.3 g/cm3. I think it is nice.";
    let review = json!({"trace": trace, "expert": "expert-0", "verdict": "incorrect", "corrected_answer": correction,
        "citations": [{"url": cited, "quoted": "density of 19.3 g/cm3"}]});
    let outcome = &world.send_lines(&admin, "reviews", &[review]).await[0];
    assert_eq!(outcome["status"], "stored", "{outcome:#}");
    work(&world, &[Stage::Verify, Stage::Score, Stage::Derive]).await;

    let proposed = "{ facts(filter: {state: PROPOSED}) { edges { node { id statement quote domain review { id } source { id url publisher trustTier } } } } }";
    let told = world.graphql(&curator, proposed).await["data"]["facts"]["edges"].clone();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "an opinion is no fact: {told:#}");
    let fact = &told[0]["node"];
    assert_eq!(fact["statement"], "Gold has a density of 19.3 g/cm3.", "{told:#}");
    assert_eq!((&fact["quote"], &fact["review"]["id"]), (&json!("density of 19.3 g/cm3"), &outcome["id"]), "{told:#}");
    let entered = &fact["source"];
    assert_eq!(
        (&entered["url"], &entered["publisher"], &entered["trustTier"]),
        (&json!(cited), &json!("minerals.example.org"), &json!("COMMUNITY"))
    );
    assert_ne!(entered["id"], *source, "a source of its own");
    let asked = "Gold has a density of 19.3 g/cm3.";
    assert_eq!(verdict(&world, &sender, asked).await.0, "UNVERIFIABLE");
    let id = fact["id"].as_str().expect("an id");
    changed(&world, &curator, &format!("verifyFact(fact: \"{id}\", reason: \"looked up\")")).await;
    assert_eq!(verdict(&world, &sender, asked).await.0, "SUPPORTED");
    work(&world, &[Stage::Verify, Stage::Score]).await;
}

#[tokio::test]
async fn a_copy_that_is_none_is_refused_by_name_and_no_stranger_sees_one() {
    let (world, curator, source) = grounded(ADDRESS).await;
    for (source, media_type, bytes, status) in [
        (&*source, "text/plain", "", StatusCode::BAD_REQUEST),
        (&source, "words", "text", StatusCode::BAD_REQUEST),
        ("src_00000000000000000000000000", "text/plain", "text", StatusCode::NOT_FOUND),
        ("elements", "text/plain", "text", StatusCode::NOT_FOUND),
        (&source, "text/plain", &"x".repeat((10 << 20) + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (told, problem) = send_copy(&world, &curator, source, media_type, bytes).await;
        assert_eq!(told, status, "{media_type} {source}: {problem:#}");
    }
    let sender = world.key(Role::Ingest, None).await;
    assert_eq!(send_copy(&world, &sender, &source, "text/plain", "text").await.0, StatusCode::FORBIDDEN);
    let kept = send_copy(&world, &curator, &source, "application/pdf", "%PDF-1.7").await.1;
    let path = format!("/v1/source-copies/{}", kept["id"].as_str().expect("an id"));
    assert_eq!(get_bytes(&world, &sender, &path).await.status(), StatusCode::FORBIDDEN);
    let other = World::new().await;
    let stranger = other.key(Role::Admin, None).await;
    assert_eq!(get_bytes(&other, &stranger, &path).await.status(), StatusCode::NOT_FOUND);
    // What has no text that is read is kept all the same, and says so.
    work(&world, &STAGES).await;
    let asked = format!("{{ sourceCopyText(id: {}) {{ text problem }} }}", kept["id"]);
    let text = world.graphql(&curator, &asked).await["data"]["sourceCopyText"].clone();
    assert!(
        text["text"].is_null() && text["problem"].as_str().is_some_and(|why| why.contains("application/pdf")),
        "{text:#}"
    );
}
