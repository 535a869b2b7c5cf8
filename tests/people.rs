//! People: they are invited, choose a password, sign in with it and out again, by a cookie that browsers keep.

use atr::app::{Actor, experts};
use atr_core::domain::{access::Role, expert::ExpertInput};
use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    process::{Installation, Result},
    world::{World, body_of},
};

const PASSWORD: &str = "a long walk by the sea";

/// What a browser keeps and sends.
struct Browser<'a> {
    world: &'a World,
    cookie: Option<String>,
    /// Which site the page is of that asks.
    site: &'static str,
}

struct Answer {
    status: StatusCode,
    told: Value,
}

impl<'a> Browser<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, cookie: None, site: "same-origin" }
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", self.site);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.world.ask(request.body(body).expect("a request")).await;
        self.keep(&response);
        let status = response.status();
        let body = body_of(response).await;
        Answer { status, told: serde_json::from_slice(&body).unwrap_or_default() }
    }

    /// Keeps the cookie that is set, or forgets it.
    fn keep(&mut self, response: &Response<Body>) {
        let Some(set) = response.headers().get(header::SET_COOKIE) else { return };
        let set = set.to_str().expect("text");
        let (cookie, attributes) = set.split_once(';').expect("attributes");
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Secure"] {
            assert!(attributes.split(';').any(|has| has.trim() == attribute), "{attribute}: {set}");
        }
        self.cookie = (!attributes.contains("Max-Age=0")).then(|| cookie.to_owned());
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.ask("POST", "/v1/session", Some(json!({"email": email, "password": password, "project": "one"}))).await
    }

    async fn accept(&mut self, invitation: &str) -> Answer {
        let sent = json!({"invitation": invitation, "password": PASSWORD});
        self.ask("POST", "/v1/session/invitation", Some(sent)).await
    }

    async fn graphql(&mut self, document: &str) -> Answer {
        self.ask("POST", "/graphql", Some(json!({"query": document}))).await
    }
}

/// Invites someone, and gives the invitation.
async fn invited(world: &World, admin: &str, email: &str, role: &str) -> String {
    let invite = format!(
        r#"mutation {{ invitePerson(input: {{email: "{email}", role: {role}}})
            {{ status message invited {{ invitation person {{ id hasPassword }} }} }} }}"#
    );
    let answer = world.graphql(admin, &invite).await;
    let invitation = answer["data"]["invitePerson"]["invited"]["invitation"].as_str();
    invitation.unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

#[tokio::test]
async fn whoever_is_invited_chooses_a_password_signs_in_and_out_and_the_log_has_it() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let invitation = invited(&world, &admin, "Someone@example.org", "CURATOR").await;
    let mut browser = Browser::new(&world);
    let short = browser
        .ask("POST", "/v1/session/invitation", Some(json!({"invitation": &invitation, "password": "short"})))
        .await;
    assert_eq!((short.status, &short.told["field"]), (StatusCode::BAD_REQUEST, &json!("password")), "{:#}", short.told);
    let accepted = browser.accept(&invitation).await;
    assert_eq!(accepted.status, StatusCode::OK, "{:#}", accepted.told);
    assert_eq!((&accepted.told["email"], &accepted.told["role"]), (&json!("someone@example.org"), &json!("curator")));

    // The session is theirs, and may what they may.
    let who = browser.ask("GET", "/v1/session", None).await;
    assert_eq!(who.told, accepted.told);
    assert_eq!(browser.graphql("{ project { slug } }").await.told["data"]["project"]["slug"], "one");
    let refused = browser.graphql("{ keys { edges { cursor } } }").await;
    assert_eq!(refused.told["errors"][0]["extensions"]["code"], "FORBIDDEN", "{:#}", refused.told);

    let ended = browser.cookie.clone();
    assert_eq!(browser.ask("DELETE", "/v1/session", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(browser.cookie, None, "it is forgotten");
    let mut stolen = Browser { cookie: ended, ..Browser::new(&world) };
    assert_eq!(stolen.graphql("{ __typename }").await.status, StatusCode::UNAUTHORIZED, "and opens nothing any more");

    let signed_in = browser.sign_in(" someone@EXAMPLE.org", PASSWORD).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{:#}", signed_in.told);
    assert!(browser.cookie.is_some());
    // The invitation was for one password.
    assert_eq!(Browser::new(&world).accept(&invitation).await.status, StatusCode::UNAUTHORIZED);

    let log = "{ auditEntries(first: 4) { edges { node { action subject key { id person { email hasPassword } } } } }
        people { edges { node { id email role hasPassword invitedUntil } } } }";
    let log = &world.graphql(&admin, log).await["data"];
    let person = &log["people"]["edges"][0]["node"];
    assert_eq!((&person["hasPassword"], &person["invitedUntil"]), (&json!(true), &Value::Null), "{log:#}");
    let entries = log["auditEntries"]["edges"].as_array().expect("entries");
    let actions: Vec<_> = entries.iter().map(|entry| &entry["node"]["action"]).collect();
    assert_eq!(actions, ["SIGNED_IN", "SIGNED_OUT", "PASSWORD_CHOSEN", "PERSON_INVITED"]);
    assert!(entries.iter().all(|entry| entry["node"]["subject"] == person["id"]), "{log:#}");
    assert_eq!(entries[1]["node"]["key"]["person"]["email"], "someone@example.org");
    // A session is no program's key, to be gone on with by another.
    let rotate = format!(r#"mutation {{ rotateKey(key: {}) {{ status }} }}"#, entries[0]["node"]["key"]["id"]);
    assert_eq!(world.graphql(&admin, &rotate).await["data"]["rotateKey"]["status"], "CONFLICT");
}

#[tokio::test]
async fn nothing_tells_a_wrong_password_from_an_address_that_nobody_has_and_tries_are_counted() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let invitation = invited(&world, &admin, "someone@example.org", "ADMIN").await;
    let mut browser = Browser::new(&world);
    // Who has not chosen a password yet does not sign in either.
    let none_yet = browser.sign_in("someone@example.org", "").await;
    assert_eq!(browser.accept(&invitation).await.status, StatusCode::OK);
    let mut browser = Browser::new(&world);
    let wrong = browser.sign_in("someone@example.org", "a long walk by the lake").await;
    let nobody = browser.sign_in("nobody@example.org", PASSWORD).await;
    let elsewhere = json!({"email": "someone@example.org", "password": PASSWORD, "project": "nowhere"});
    let elsewhere = browser.ask("POST", "/v1/session", Some(elsewhere)).await;
    assert_eq!((wrong.status, &wrong.told["code"]), (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")));
    for other in [none_yet, nobody, elsewhere] {
        assert_eq!((other.status, &other.told), (wrong.status, &wrong.told));
    }
    assert_eq!(browser.cookie, None);
    let mut tries = vec![];
    for _ in 0..12 {
        tries.push(browser.sign_in("someone@example.org", "guess after guess").await.status);
    }
    assert!(tries.contains(&StatusCode::TOO_MANY_REQUESTS), "{tries:?}");
    assert_eq!(
        browser.sign_in("other@example.org", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED,
        "each by themselves"
    );
}

#[tokio::test]
async fn a_page_of_another_site_does_nothing_by_the_session_of_who_is_signed_in() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let mut browser = Browser::new(&world);
    assert_eq!(browser.accept(&invited(&world, &admin, "a@example.org", "ADMIN").await).await.status, StatusCode::OK);
    browser.site = "cross-site";
    let forged = browser.graphql("mutation { routeReviews { status } }").await;
    assert_eq!(
        (forged.status, &forged.told["code"]),
        (StatusCode::FORBIDDEN, &json!("FORBIDDEN")),
        "{:#}",
        forged.told
    );
    assert_eq!(browser.sign_in("a@example.org", PASSWORD).await.status, StatusCode::FORBIDDEN);
    browser.site = "same-origin";
    let own = browser.graphql("mutation { routeReviews { status } }").await;
    assert_eq!(own.told["data"]["routeReviews"]["status"], "DONE", "{:#}", own.told);
    // Browsers that do not say the site say the origin.
    let cookie = browser.cookie.clone().expect("signed in");
    for (origin, status) in
        [("https://atr.example.org", StatusCode::OK), ("https://example.com", StatusCode::FORBIDDEN)]
    {
        let request = Request::post("/graphql")
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "atr.example.org")
            .header(header::ORIGIN, origin)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({"query": "{ __typename }"}).to_string()))
            .expect("a request");
        assert_eq!(world.ask(request).await.status(), status, "{origin}");
    }
}

#[tokio::test]
async fn sessions_end_by_themselves_and_with_a_new_role_a_new_password_or_when_someone_leaves() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let email = "someone@example.org";
    let late = invited(&world, &admin, email, "TRAINER").await;
    world.database.clock.advance(TimeDelta::days(8));
    let mut browser = Browser::new(&world);
    let closed = browser.accept(&late).await;
    assert_eq!(closed.status, StatusCode::UNAUTHORIZED, "the invitation is too old: {:#}", closed.told);

    assert_eq!(browser.accept(&invited(&world, &admin, email, "TRAINER").await).await.status, StatusCode::OK);
    let works = async |browser: &mut Browser<'_>| browser.graphql("{ __typename }").await.status == StatusCode::OK;
    assert!(works(&mut browser).await);
    world.database.clock.advance(TimeDelta::hours(13));
    assert!(!works(&mut browser).await, "a session lasts twelve hours");

    assert_eq!(browser.sign_in(email, PASSWORD).await.status, StatusCode::OK);
    let anew = invited(&world, &admin, email, "AUDITOR").await;
    assert!(!works(&mut browser).await, "what was allowed before is not any more");
    let signed_in = browser.sign_in(email, PASSWORD).await;
    assert_eq!((signed_in.status, &signed_in.told["role"]), (StatusCode::OK, &json!("auditor")));
    let mut other = Browser::new(&world);
    assert_eq!(other.accept(&anew).await.status, StatusCode::OK);
    assert!(works(&mut other).await && !works(&mut browser).await, "who had the old password is out");

    let person = signed_in.told["person"].as_str().expect("an id");
    let leave = format!(r#"mutation {{ deactivatePerson(person: "{person}") {{ status message }} }}"#);
    assert_eq!(world.graphql(&admin, &leave).await["data"]["deactivatePerson"]["status"], "DONE");
    assert_eq!(world.graphql(&admin, &leave).await["data"]["deactivatePerson"]["status"], "CONFLICT");
    assert!(!works(&mut other).await);
    assert_eq!(other.sign_in(email, PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn nobody_invites_someone_who_may_more_than_they_do_and_a_key_has_no_session() {
    let world = World::new().await;
    let (operator, admin) = (world.key(Role::Operator, None).await, world.key(Role::Admin, None).await);
    let invite = |role: &str| {
        format!(
            r#"mutation {{ invitePerson(input: {{email: "o@example.org", role: {role}}}) {{ status field invited {{ person {{ id }} }} }} }}"#
        )
    };
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();
    assert_eq!(code(&world.graphql(&admin, &invite("OPERATOR")).await), "FORBIDDEN");
    let made = world.graphql(&operator, &invite("OPERATOR")).await;
    let person = made["data"]["invitePerson"]["invited"]["person"]["id"].as_str().unwrap_or_else(|| panic!("{made:#}"));
    // Nor does an administrator take an operator's place.
    assert_eq!(code(&world.graphql(&admin, &invite("AUDITOR")).await), "FORBIDDEN");
    let leave = format!(r#"mutation {{ deactivatePerson(person: "{person}") {{ status }} }}"#);
    assert_eq!(code(&world.graphql(&admin, &leave).await), "FORBIDDEN");
    for (role, field) in [("INGEST", "role"), ("EXPERT", "expert")] {
        let refused = world.graphql(&admin, &invite(role)).await;
        let payload = &refused["data"]["invitePerson"];
        assert_eq!((&payload["status"], &payload["field"]), (&json!("INVALID"), &json!(field)), "{refused:#}");
    }
    for (method, status) in [("GET", StatusCode::NOT_FOUND), ("DELETE", StatusCode::CONFLICT)] {
        let request = Request::builder().method(method).uri("/v1/session");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {admin}")).body(Body::empty());
        assert_eq!(world.ask(request.expect("a request")).await.status(), status, "{method}");
    }
}

#[tokio::test]
async fn an_expert_who_signs_in_writes_their_own_reviews() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let entered = ExpertInput { handle: "mine".to_owned(), domains: vec![], languages: vec![], weekly_capacity: 5 };
    let expert = experts::create(&world.app, &Actor::local(world.database.project), entered).await.expect("an expert");
    let invite = format!(
        r#"mutation {{ invitePerson(input: {{email: "e@example.org", role: EXPERT, expert: "{}"}}) {{ invited {{ invitation }} }} }}"#,
        expert.id
    );
    let answer = world.graphql(&admin, &invite).await;
    let invitation = answer["data"]["invitePerson"]["invited"]["invitation"].as_str().expect("an invitation");
    let trace =
        r#"mutation { recordTraces(items: [{external_id: "t", model: "m", query: "q", answer: "a"}]) { status } }"#;
    world.graphql(&admin, trace).await;
    let mut browser = Browser::new(&world);
    assert_eq!(browser.accept(invitation).await.told["expert"], json!(expert.id));
    let review = r#"mutation { recordReviews(items: [{trace_external_id: "t", verdict: "correct", expert: "mine"}])
        { outcome { items { status } } } }"#;
    let said = browser.graphql(review).await.told;
    assert_eq!(said["data"]["recordReviews"]["outcome"]["items"][0]["status"], "STORED", "{said:#}");
    let own = browser.graphql("{ reviews { edges { node { expert { handle } } } } }").await.told;
    assert_eq!(own["data"]["reviews"]["edges"][0]["node"]["expert"]["handle"], "mine", "{own:#}");
}

#[tokio::test]
async fn the_command_line_invites_lists_and_deactivates() -> Result {
    drop(rustls::crypto::ring::default_provider().install_default());
    let installation = Installation::new()?;
    let service = installation.up(&[]).await?;
    let invited = installation.run(&["person", "invite", "someone@example.org", "--role", "admin"]).await?;
    let invitation = invited["invitation"].as_str().ok_or("an invitation")?;
    let chosen = reqwest::Client::new()
        .post(format!("{}/v1/session/invitation", service.address))
        .json(&json!({"invitation": invitation, "password": PASSWORD}))
        .send()
        .await?;
    assert!(chosen.status().is_success());
    let cookie = chosen.headers().get("set-cookie").ok_or("a cookie")?.to_str()?;
    assert!(!cookie.contains("Secure"), "without TLS it goes over what there is: {cookie}");
    let listed = installation.run(&["person", "list"]).await?;
    assert_eq!(
        (&listed["email"], &listed["has_password"]),
        (&json!("someone@example.org"), &json!(true)),
        "{listed:#}"
    );
    let person = listed["id"].as_str().ok_or("an id")?;
    let gone = installation.run(&["person", "deactivate", person]).await?;
    assert!(gone["deactivated_at"].is_string(), "{gone:#}");
    let refused = installation.end(&["person", "invite", "nobody", "--role", "admin"]).await?;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.complained.contains("email") && refused.complained.contains("someone@example.org"),
        "{}",
        refused.complained
    );
    service.stop().await
}
