//! The OpenAPI document: it names every route, and answers are as it says.

use std::collections::{BTreeMap, BTreeSet};

use async_compression::tokio::write::ZstdEncoder;
use atr::app::{Actor, keys};
use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header},
};
use boon::{Compiler, SchemaIndex, Schemas};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::world::{World, body_of};

/// The document, as anyone gets it.
async fn document(world: &World) -> Value {
    let asked = Request::get("/openapi.json").body(Body::empty()).expect("a request");
    let answer = world.ask(asked).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
    serde_json::from_slice(&body_of(answer).await).expect("JSON")
}

/// Methods by path.
fn operations(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = |of: &Value| of.as_object().expect("operations").keys().map(|name| name.to_uppercase()).collect();
    paths.iter().map(|(path, of)| (path.clone(), methods(of))).collect()
}

/// The paths that the router itself says it has.
fn routes(world: &World) -> BTreeSet<String> {
    let drawn = format!("{:?}", atr::http::router(world.state.clone()));
    let (own, _) = drawn.split_once("fallback_router").expect("what is answered where there is no route stands apart");
    let quoted = own.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    quoted.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_by_every_method_that_it_takes_and_nothing_else_is() {
    let world = World::new().await;
    let told = operations(&document(&world).await);
    let routes = routes(&world);
    assert!(routes.contains("/healthz") && routes.contains("/v1/attachments/{id}"), "{routes:?}");
    // Pages for people are no API: the console lists its doors itself, and makes its routes of that list.
    let pages: BTreeSet<String> = atr::console::doors().into_iter().map(|door| door.path.to_owned()).collect();
    assert!(pages.contains("/sign-in") && pages.is_subset(&routes), "{pages:?}");
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), &routes - &pages);
    for (path, methods) in told {
        // A method that no route takes is told which would be.
        let asked = Request::builder().method(Method::PATCH).uri(path.replace("{id}", "any")).body(Body::empty());
        let answer = world.ask(asked.expect("a request")).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = answer.headers()[header::ALLOW].to_str().expect("text");
        let allowed = allowed.split(',').map(str::to_owned).filter(|method| method != "HEAD");
        assert_eq!(allowed.collect::<BTreeSet<_>>(), methods, "{path}");
    }
}

/// Holds answers against the document, and keeps which of its answers were seen.
struct Held {
    world: World,
    document: Value,
    compiler: Compiler,
    schemas: Schemas,
    seen: BTreeSet<(String, u16)>,
}

const PLACE: &str = "urn:test:openapi";

impl Held {
    async fn new() -> Self {
        let world = World::new().await;
        let document = document(&world).await;
        let mut compiler = Compiler::new();
        compiler.add_resource(PLACE, document.clone()).expect("a resource");
        Self { world, document, compiler, schemas: Schemas::new(), seen: BTreeSet::new() }
    }

    /// Every operation: method, path, and whether it asks for a key.
    fn operations(&self) -> Vec<(Method, String, bool)> {
        let paths = self.document["paths"].as_object().expect("paths");
        let mut all = vec![];
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().expect("methods") {
                let method = method.to_uppercase().parse().expect("a method");
                all.push((method, path.clone(), operation["security"].is_null()));
            }
        }
        all
    }

    /// The statuses that the document has of an operation.
    fn statuses(&self, method: &Method, path: &str) -> Vec<u16> {
        let responses = &self.document["paths"][path][method.as_str().to_lowercase()]["responses"];
        responses.as_object().expect("responses").keys().map(|status| status.parse().expect("a status")).collect()
    }

    /// Asks, and fails if the answer has a status, a header, a form or content that the document does not tell of.
    async fn ask(&mut self, path: &str, request: Request<Body>) -> (StatusCode, Value) {
        let operation = format!("{} {path}", request.method());
        let pointer = format!("/paths/{}/{}", path.replace('/', "~1"), request.method().as_str().to_lowercase());
        let answer = self.world.ask(request).await;
        let status = answer.status();
        let pointer = format!("{pointer}/responses/{}", status.as_u16());
        let told =
            self.document.pointer(&pointer).unwrap_or_else(|| panic!("{operation} is answered {status}")).clone();
        for name in self.document["components"]["headers"].as_object().expect("headers").keys() {
            let there = answer.headers().contains_key(name);
            assert!(!there || !told["headers"][name].is_null(), "{operation}: {status} has {name}");
        }
        for name in ["Retry-After", "WWW-Authenticate", "Allow", "X-Request-Id"] {
            let there = answer.headers().contains_key(name);
            assert!(there || told["headers"][name].is_null(), "{operation}: {status} has no {name}");
        }
        let value = self.conforming(&operation, &pointer, &told, answer).await;
        self.seen.insert((operation, status.as_u16()));
        (status, value)
    }

    /// The body, which has one of the forms that are told.
    async fn conforming(&mut self, operation: &str, pointer: &str, told: &Value, answer: Response<Body>) -> Value {
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().expect("text").to_owned());
        let body = body_of(answer).await;
        let Some(kind) = kind else {
            assert!(body.is_empty() && told["content"].is_null(), "{operation}: {status} has a body of no kind");
            return Value::Null;
        };
        let kind = kind.split(';').next().expect("a media type");
        let form = &told["content"][kind];
        assert!(form.is_object(), "{operation}: {status} is {kind}, and not of {:#}", told["content"]);
        let value: Value = match kind {
            "application/x-ndjson" => {
                let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                lines.map(|line| serde_json::from_slice::<Value>(line).expect("JSON")).collect()
            }
            kind if kind.ends_with("json") => serde_json::from_slice(&body).expect("JSON"),
            kind if kind.starts_with("text/") => String::from_utf8(body.to_vec()).expect("text").into(),
            _ => {
                assert_eq!(form, &json!({}), "{operation}: of bytes there is no schema");
                return Value::Null;
            }
        };
        let place = format!("{PLACE}#{pointer}/content/{}/schema", kind.replace('/', "~1"));
        let place = place.replace('{', "%7B").replace('}', "%7D");
        let schema: SchemaIndex = self.compiler.compile(&place, &mut self.schemas).expect("a schema");
        if let Err(wrong) = self.schemas.validate(&value, schema) {
            panic!("{operation}: {status} is {value:#}, and not as told: {wrong:#}");
        }
        value
    }
}

/// A request with a key.
fn asked(method: &Method, path: &str, key: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request =
        Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).expect("a request")
}

const LINES: (&str, &str) = ("content-type", "application/x-ndjson");
const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const DOORS: [&str; 4] = ["/v1/ingest/traces", "/v1/ingest/reviews", "/v1/ingest/grounding", "/v1/ingest/feedback"];
const TRACE: &str = r#"{"external_id": "one", "model": "m", "query": "What is gold's symbol?", "answer": "Ag"}"#;

fn picture() -> Vec<u8> {
    let mut written = std::io::Cursor::new(vec![]);
    RgbImage::from_pixel(3, 2, image::Rgb([200, 10, 10])).write_to(&mut written, ImageFormat::Png).expect("a picture");
    written.into_inner()
}

/// What every door that asks for a key says of the key and its project.
async fn strangers(held: &mut Held) {
    let admin = held.world.key(Role::Admin, None).await;
    for (method, path, keyed) in held.operations() {
        if !keyed {
            continue;
        }
        let there = path.replace("{id}", "att_00000000000000000000000000");
        let mut expect = vec![
            ("none", vec![], StatusCode::UNAUTHORIZED),
            (&*admin, vec![("atr-project", "nowhere")], StatusCode::NOT_FOUND),
            (&*admin, vec![("atr-project", "\u{e9}")], StatusCode::BAD_REQUEST),
        ];
        // Who only sends may not look, and who only looks may not send; everyone may query and ask of their session.
        let other = held.world.key(if path.contains("{id}") { Role::Ingest } else { Role::Auditor }, None).await;
        if held.statuses(&method, &path).contains(&403) && path != "/graphql" && path != "/v1/session" {
            expect.push((&*other, vec![], StatusCode::FORBIDDEN));
        }
        let wanted = keys::Wanted { requests_per_minute: Some(1), ..keys::Wanted::of("rare", Role::Admin) };
        let rare = keys::create(&held.world.app, &Actor::local(held.world.database.project), wanted).await;
        let rare = rare.expect("a key").secret;
        let first = held.world.ask(asked(&Method::POST, "/graphql", &rare, &[JSON], "{}")).await;
        assert_eq!(first.status(), StatusCode::BAD_REQUEST);
        expect.push((&*rare, vec![], StatusCode::TOO_MANY_REQUESTS));
        for (key, headers, expected) in expect {
            let (status, told) = held.ask(&path, asked(&method, &there, key, &headers, "")).await;
            assert_eq!(status, expected, "{method} {path}: {told:#}");
        }
        if method != Method::GET {
            // A page of another site, in the browser of someone who is signed in.
            let forged = Request::builder().method(&method).uri(&there).header("sec-fetch-site", "cross-site");
            let forged = forged.header(header::COOKIE, format!("atr_session={admin}")).body(Body::empty());
            let (status, told) = held.ask(&path, forged.expect("a request")).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {told:#}");
        }
    }
}

/// A request as a browser sends it, without a key.
fn browsed(method: &Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).expect("a request")
}

async fn sessions(held: &mut Held) {
    const DOOR: &str = "/v1/session";
    const INVITATION: &str = "/v1/session/invitation";
    let admin = held.world.key(Role::Admin, None).await;
    let invite =
        r#"mutation { invitePerson(input: {email: "a@example.org", role: ADMIN}) { invited { invitation } } }"#;
    let invited = held.world.graphql(&admin, invite).await;
    let invitation = &invited["data"]["invitePerson"]["invited"]["invitation"];
    let chosen = json!({"invitation": invitation, "password": "a long walk by the sea"}).to_string();
    let right = json!({"email": "a@example.org", "password": "a long walk by the sea", "project": "one"}).to_string();
    let wrong = json!({"email": "a@example.org", "password": "wrong"}).to_string();
    let long = " ".repeat((8 << 20) + 1);
    for (door, right, wrong) in [(INVITATION, &chosen, &chosen), (DOOR, &right, &wrong)] {
        for (status, headers, body) in [
            (200, vec![JSON], &**right),
            (401, vec![JSON], wrong),
            (400, vec![JSON], "{"),
            (422, vec![JSON], "{}"),
            (413, vec![JSON], &long),
            (415, vec![], "{}"),
            (403, vec![JSON, ("sec-fetch-site", "cross-site")], right),
        ] {
            let (told, value) = held.ask(door, browsed(&Method::POST, door, &headers, body.to_owned())).await;
            assert_eq!(told, status, "{door} {headers:?}: {value:#}");
        }
    }
    let opened = held.world.ask(browsed(&Method::POST, DOOR, &[JSON], right)).await;
    let cookie = opened.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().unwrap_or_default();
    let cookie = [("cookie", cookie)];
    for (method, key, headers, status) in [
        (Method::GET, "", &cookie[..], 200),
        (Method::GET, &*admin, &[], 404),
        (Method::DELETE, &admin, &[], 409),
        (Method::DELETE, "", &cookie, 204),
    ] {
        let request =
            if key.is_empty() { browsed(&method, DOOR, headers, "") } else { asked(&method, DOOR, key, headers, "") };
        let (told, value) = held.ask(DOOR, request).await;
        assert_eq!(told, status, "{method}: {value:#}");
    }
    let mut told = vec![];
    for _ in 0..12 {
        told.push(held.ask(DOOR, browsed(&Method::POST, DOOR, &[JSON], wrong.clone())).await.0);
    }
    assert!(told.contains(&StatusCode::TOO_MANY_REQUESTS), "{told:?}");
}

async fn lines(held: &mut Held) {
    let key = held.world.key(Role::Admin, None).await;
    let mut dense = ZstdEncoder::new(vec![]);
    dense.write_all(&vec![b' '; 80 << 20]).await.expect("memory");
    dense.shutdown().await.expect("memory");
    let dense = dense.into_inner();
    for door in DOORS {
        for (status, headers, body) in [
            (200, vec![LINES], TRACE),
            (200, vec![LINES], "nothing\n{}\n"),
            (200, vec![LINES, ("accept", "application/x-ndjson")], "nothing\n{}\n"),
            (200, vec![LINES, ("idempotency-key", "\"k\"")], "{}\n"),
            (422, vec![LINES, ("idempotency-key", "\"k\"")], "{}\n{}\n"),
            (409, vec![LINES, ("idempotency-key", "\"k\""), ("upload-offset", "1")], "{}\n"),
            (400, vec![LINES, ("idempotency-key", "\"")], ""),
            (400, vec![LINES, ("upload-offset", "3")], ""),
            (400, vec![LINES, ("content-encoding", "gzip")], "{}\n"),
            (415, vec![LINES, ("content-encoding", "br")], ""),
            (415, vec![JSON], "{}"),
            (415, vec![], ""),
        ] {
            let (told, value) = held.ask(door, asked(&Method::POST, door, &key, &headers, body)).await;
            assert_eq!(told, status, "{door} {headers:?}: {value:#}");
        }
        for (status, headers) in
            [(200, vec![("idempotency-key", "\"k\"")]), (404, vec![("idempotency-key", "\"other\"")]), (400, vec![])]
        {
            let (told, value) = held.ask(door, asked(&Method::GET, door, &key, &headers, "")).await;
            assert_eq!(told, status, "{door} {headers:?}: {value:#}");
        }
        let sent = asked(&Method::POST, door, &key, &[LINES, ("content-encoding", "zstd")], dense.clone());
        assert_eq!(held.ask(door, sent).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }
}

async fn tables(held: &mut Held) {
    const DOOR: &str = "/v1/ingest/grounding";
    let key = held.world.key(Role::Admin, None).await;
    for (status, headers) in [
        (200, vec![("content-type", "text/csv")]),
        (200, vec![("content-type", "application/vnd.apache.parquet")]),
        (409, vec![("content-type", "text/csv"), ("idempotency-key", "\"t\""), ("upload-offset", "1")]),
    ] {
        let sent = asked(&Method::POST, DOOR, &key, &headers, "kind,external_id\nsource,s\n");
        let (told, value) = held.ask(DOOR, sent).await;
        assert_eq!(told, status, "{headers:?}: {value:#}");
    }
}

async fn pictures(held: &mut Held) {
    const DOOR: &str = "/v1/attachments";
    const ONE: &str = "/v1/attachments/{id}";
    let key = held.world.key(Role::Admin, None).await;
    let whole = picture();
    let mut id = String::new();
    for (status, sent) in [
        (201, whole.clone()),
        (200, whole.clone()),
        (415, b"<svg/>".to_vec()),
        (422, whole[..whole.len() - 12].to_vec()),
        (413, vec![0; (1 << 20) + 1]),
    ] {
        let (told, value) = held.ask(DOOR, asked(&Method::POST, DOOR, &key, &[], sent)).await;
        assert_eq!(told, status, "{value:#}");
        id = value["id"].as_str().map_or(id, str::to_owned);
    }
    for (status, id, headers) in [
        (200, &*id, vec![]),
        (206, &id, vec![("range", "bytes=1-4")]),
        (304, &id, vec![("if-none-match", "*")]),
        (404, "att_1", vec![]),
        (404, "%ff", vec![]),
        (412, &id, vec![("if-match", "\"another\"")]),
        (416, &id, vec![("range", "bytes=1000000-")]),
    ] {
        let asked = asked(&Method::GET, &format!("{DOOR}/{id}"), &key, &headers, "");
        let (told, value) = held.ask(ONE, asked).await;
        assert_eq!(told, status, "{id}: {value:#}");
    }
}

async fn sources(held: &mut Held) {
    const DOOR: &str = "/v1/sources/{source}/copies";
    const ONE: &str = "/v1/source-copies/{id}";
    let key = held.world.key(Role::Admin, None).await;
    let line =
        serde_json::json!({"kind": "source", "external_id": "s", "publisher": "p", "title": "t", "licence": "CC0-1.0"});
    let source = held.world.send_lines(&key, "grounding", &[line]).await[0]["id"].as_str().expect("an id").to_owned();
    let text = vec![("content-type", "text/plain")];
    let mut id = String::new();
    for (status, source, headers, sent) in [
        (201, &*source, text.clone(), "x".to_owned()),
        (200, &source, text.clone(), "x".to_owned()),
        (400, &source, text.clone(), String::new()),
        (400, &source, vec![], "x".to_owned()),
        (404, "src_1", text.clone(), "x".to_owned()),
        (404, "%ff", text.clone(), "x".to_owned()),
        (413, &source, text, "x".repeat((10 << 20) + 1)),
    ] {
        let path = DOOR.replace("{source}", source);
        let (told, value) = held.ask(DOOR, asked(&Method::POST, &path, &key, &headers, sent)).await;
        assert_eq!(told, status, "{source}: {value:#}");
        id = value["id"].as_str().map_or(id, str::to_owned);
    }
    for (status, id, headers) in [
        (200, &*id, vec![]),
        (206, &id, vec![("range", "bytes=0-0")]),
        (304, &id, vec![("if-none-match", "*")]),
        (404, "cpy_1", vec![]),
        (412, &id, vec![("if-match", "\"another\"")]),
        (416, &id, vec![("range", "bytes=1000000-")]),
    ] {
        let path = ONE.replace("{id}", id);
        let (told, value) = held.ask(ONE, asked(&Method::GET, &path, &key, &headers, "")).await;
        assert_eq!(told, status, "{id}: {value:#}");
    }
}

async fn telemetry(held: &mut Held) {
    let key = held.world.key(Role::Admin, None).await;
    for door in ["/v1/traces", "/v1/logs"] {
        for (status, headers, body) in [
            (200, vec![JSON], "{}".into()),
            (200, vec![PROTOBUF], vec![].into()),
            (400, vec![JSON], "{".into()),
            (400, vec![PROTOBUF], "{".into()),
            (415, vec![("content-type", "text/plain")], "".into()),
            (415, vec![JSON, ("content-encoding", "br")], "".into()),
            (413, vec![JSON], vec![b' '; (32 << 20) + 1].into()),
        ] {
            let body: Body = body;
            let (told, value) = held.ask(door, asked(&Method::POST, door, &key, &headers, body)).await;
            assert_eq!(told, status, "{door} {headers:?}: {value:#}");
        }
    }
}

async fn graphql(held: &mut Held) {
    const DOOR: &str = "/graphql";
    let key = held.world.key(Role::Admin, None).await;
    let draft = ("accept", "application/graphql-response+json");
    let text = ("accept", "text/plain");
    for (status, headers, body) in [
        (200, vec![JSON], r#"{"query": "{ project { slug } }"}"#.into()),
        (200, vec![JSON, draft], r#"{"query": "{ project { slug } }"}"#.into()),
        (200, vec![JSON], r#"{"query": "{ nothing }"}"#.into()),
        (400, vec![JSON, draft], r#"{"query": "{ nothing }"}"#.into()),
        (400, vec![JSON], "[]".into()),
        (406, vec![JSON, text], "{}".into()),
        (413, vec![JSON], vec![b' '; (8 << 20) + 1].into()),
        (415, vec![], "{}".into()),
    ] {
        let body: Body = body;
        let (told, value) = held.ask(DOOR, asked(&Method::POST, DOOR, &key, &headers, body)).await;
        assert_eq!(told, status, "{headers:?}: {value:#}");
    }
    for (status, headers, query) in [
        (200, vec![], "query=%7Bproject%7Bslug%7D%7D"),
        (200, vec![("accept", "text/html")], ""),
        (400, vec![], ""),
        (400, vec![draft], "query=%7Bnothing%7D"),
        (405, vec![], "query=mutation%7BresumeStage(stage:VERIFY)%7Bstatus%7D%7D"),
        (406, vec![text], ""),
    ] {
        let asked = asked(&Method::GET, &format!("{DOOR}?{query}"), &key, &headers, "");
        let (told, value) = held.ask(DOOR, asked).await;
        assert_eq!(told, status, "{query}: {value:#}");
    }
}

async fn open(held: &mut Held) {
    for (status, path) in
        [(200, "/healthz"), (200, "/readyz"), (200, "/metrics"), (200, "/openapi.json"), (400, "/graphql/ws")]
    {
        let asked = Request::get(path).body(Body::empty()).expect("a request");
        let (told, value) = held.ask(path, asked).await;
        assert_eq!(told, status, "{path}: {value:#}");
    }
    let upgrade = Request::get("/graphql/ws")
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==");
    let (status, _) = held.ask("/graphql/ws", upgrade.body(Body::empty()).expect("a request")).await;
    assert_eq!(status, StatusCode::UPGRADE_REQUIRED, "nothing carries it here");
}

/// What is answered while the database is away.
async fn without_a_database(held: &mut Held) {
    let key = held.world.key(Role::Admin, None).await;
    held.world.app.store.close().await;
    for (method, path, keyed) in held.operations() {
        if !keyed && path != "/readyz" {
            continue;
        }
        let there = path.replace("{id}", "att_00000000000000000000000000");
        let (status, told) = held.ask(&path, asked(&method, &there, &key, &[], "")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {told:#}");
    }
    for (door, body) in [
        ("/v1/session", json!({"email": "b@example.org", "password": "a long walk by the sea"})),
        ("/v1/session/invitation", json!({"invitation": "inv_", "password": "a long walk by the sea"})),
    ] {
        let (status, told) = held.ask(door, browsed(&Method::POST, door, &[JSON], body.to_string())).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{door}: {told:#}");
    }
}

#[tokio::test]
async fn real_answers_are_as_the_document_says_and_it_names_none_that_is_not_given() {
    let mut held = Held::new().await;
    strangers(&mut held).await;
    lines(&mut held).await;
    tables(&mut held).await;
    sessions(&mut held).await;
    pictures(&mut held).await;
    sources(&mut held).await;
    telemetry(&mut held).await;
    graphql(&mut held).await;
    open(&mut held).await;
    without_a_database(&mut held).await;

    let named = held.operations().into_iter().flat_map(|(method, path, _)| {
        let statuses = held.statuses(&method, &path);
        statuses.into_iter().map(move |status| (format!("{method} {path}"), status))
    });
    // A fault of the service cannot be asked for.
    let unseen: Vec<_> = named.filter(|one| one.1 != 500 && !held.seen.contains(one)).collect();
    let socket = |status| ("GET /graphql/ws".to_owned(), status);
    // A socket needs a connection.
    assert_eq!(unseen, [socket(101), socket(503)]);
}
