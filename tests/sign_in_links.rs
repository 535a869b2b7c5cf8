//! Links by which people sign in once, without a password: made by who administers, or mailed to who asks.

use std::time::{Duration, Instant};

use atr::app::Process;
use atr_core::{domain::access::Role, queue::Stage};
use atr_workers::notices::{Delivery, Mail};
use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    console::{get, place, post, text},
    notices::{mail_server, to},
    otlp::work_by,
    process::{Installation, Result},
    world::World,
};

const PUBLIC: &str = "https://atr.example.org";

/// An installation that mails links.
async fn mailing() -> World {
    // As the program does when it starts; another test may have done it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let public_url = Some(PUBLIC.parse().expect("an address"));
    World::of_process(Process { public_url, sends_mail: true, ..Process::default() }).await
}

/// Invites someone, who chooses no password; their id.
async fn invited(world: &World, key: &str, email: &str, role: &str) -> String {
    let invite = format!(
        r#"mutation {{ invitePerson(input: {{email: "{email}", role: {role}}}) {{ message invited {{ invitation person {{ id }} }} }} }}"#
    );
    let answer = world.graphql(key, &invite).await;
    let id = answer["data"]["invitePerson"]["invited"]["person"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{answer:#}")).to_owned()
}

/// What becomes of a link that is to be made for someone.
async fn made(world: &World, key: &str, person: &str) -> Value {
    let make = format!(
        r#"mutation {{ makeSignInLink(person: "{person}") {{ status message made {{ link until person {{ email linkUntil }} }} }} }}"#
    );
    let answer = world.graphql(key, &make).await;
    if answer["errors"].is_null() { answer["data"]["makeSignInLink"].clone() } else { answer["errors"][0].clone() }
}

/// The secret in a link.
fn token(link: &str) -> String {
    let (_, token) = link.split_once("/sign-in/link?token=").unwrap_or_else(|| panic!("{link}"));
    token.split_whitespace().next().expect("a secret").to_owned()
}

async fn link(world: &World, key: &str, person: &str) -> String {
    let made = made(world, key, person).await;
    token(made["made"]["link"].as_str().unwrap_or_else(|| panic!("{made:#}")))
}

/// Presses the button of the page that a link opens.
async fn used(world: &World, token: &str) -> Response<Body> {
    post(world, "/sign-in/link", None, &format!("token={token}")).await
}

/// Whose session a browser has that was answered so.
async fn session(world: &World, answer: &Response<Body>) -> Value {
    let set = answer.headers()[header::SET_COOKIE].to_str().expect("text");
    let cookie = set.split(';').next().expect("a cookie").to_owned();
    let request = Request::get("/v1/session").header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
    serde_json::from_str(&text(world.ask(request).await).await).expect("JSON")
}

#[tokio::test]
async fn links_and_invitations_of_the_page_lead_to_where_people_reach_it() {
    let world = mailing().await;
    let admin = world.key(Role::Admin, None).await;
    let page =
        text(post(&world, "/people/accounts", Some(&admin), "email=someone%40example.org&role=curator").await).await;
    assert!(page.contains(&format!("{PUBLIC}/invitation?token=inv_")), "{page}");
    let person = page.split("name=\"person\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = format!("person={}", person.expect("a person"));
    let page = text(post(&world, "/people/accounts/link", Some(&admin), &form).await).await;
    assert!(page.contains(&format!("{PUBLIC}/sign-in/link?token=lnk_")), "{page}");
}

#[tokio::test]
async fn a_link_signs_in_once_who_never_chose_a_password_and_only_its_button_uses_it_up() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let person = invited(&world, &admin, "someone@example.org", "CURATOR").await;
    let made = made(&world, &admin, &person).await;
    assert_eq!(made["status"], "DONE", "{made:#}");
    assert_eq!(made["made"]["person"]["linkUntil"], made["made"]["until"]);
    let link = made["made"]["link"].as_str().expect("a link");
    // Programs that look through mail open what they find in it.
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let request = Request::builder().method(method).uri(link).body(Body::empty()).expect("a request");
        let page = world.ask(request).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!page.headers().contains_key(header::SET_COOKIE));
        // The address of this page is a secret.
        assert_eq!(page.headers()[header::REFERRER_POLICY], "same-origin");
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store");
    }
    let opened = used(&world, &token(link)).await;
    assert_eq!((opened.status(), place(&opened)), (StatusCode::SEE_OTHER, "/".to_owned()));
    let who = session(&world, &opened).await;
    assert_eq!((&who["email"], &who["role"]), (&json!("someone@example.org"), &json!("curator")), "{who:#}");

    let again = used(&world, &token(link)).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    assert!(!again.headers().contains_key(header::SET_COOKIE));
    let page = text(again).await;
    assert!(page.contains("this link was used") && page.contains("Ask whoever administers"), "{page}");

    let log = "{ auditEntries(first: 3) { edges { node { action subject } } } people { edges { node { hasPassword linkUntil } } } }";
    let log = &world.graphql(&admin, log).await["data"];
    let entries = log["auditEntries"]["edges"].as_array().expect("entries");
    let actions: Vec<_> = entries.iter().map(|entry| &entry["node"]["action"]).collect();
    assert_eq!(actions, ["SIGNED_IN_BY_LINK", "LINK_MADE", "PERSON_INVITED"]);
    assert!(entries.iter().all(|entry| entry["node"]["subject"] == *person), "{log:#}");
    assert_eq!(log["people"]["edges"][0]["node"], json!({"hasPassword": false, "linkUntil": null}));
    let kept: Vec<Value> = sqlx::query_scalar("select to_jsonb(person) from person")
        .fetch_all(&world.database.owner)
        .await
        .expect("people");
    assert!(!format!("{kept:?}").contains("lnk_"), "{kept:?}");
}

#[tokio::test]
async fn a_link_closes_after_fifteen_minutes_with_a_newer_one_an_invitation_a_password_and_when_someone_leaves() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let email = "someone@example.org";
    let person = invited(&world, &admin, email, "TRAINER").await;
    let closed = async |token: &str| used(&world, token).await.status() == StatusCode::UNAUTHORIZED;

    let late = link(&world, &admin, &person).await;
    world.database.clock.advance(TimeDelta::minutes(15));
    assert!(closed(&late).await, "it is too old");

    let (first, second) = (link(&world, &admin, &person).await, link(&world, &admin, &person).await);
    assert!(closed(&first).await, "another one was made since");
    world.database.clock.advance(TimeDelta::minutes(14));
    assert_eq!(used(&world, &second).await.status(), StatusCode::SEE_OTHER);

    let before = link(&world, &admin, &person).await;
    let invite = format!(
        r#"mutation {{ invitePerson(input: {{email: "{email}", role: AUDITOR}}) {{ invited {{ invitation }} }} }}"#
    );
    let invited = world.graphql(&admin, &invite).await;
    assert!(closed(&before).await, "they were invited anew");

    let before = link(&world, &admin, &person).await;
    let invitation = &invited["data"]["invitePerson"]["invited"]["invitation"];
    let chosen = json!({"invitation": invitation, "password": "a long walk by the sea"}).to_string();
    let request = Request::post("/v1/session/invitation").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(world.ask(request.body(Body::from(chosen)).expect("a request")).await.status(), StatusCode::OK);
    assert!(closed(&before).await, "they chose a password");

    let before = link(&world, &admin, &person).await;
    let leave = format!(r#"mutation {{ deactivatePerson(person: "{person}") {{ status }} }}"#);
    assert_eq!(world.graphql(&admin, &leave).await["data"]["deactivatePerson"]["status"], "DONE");
    assert!(closed(&before).await, "they left");
    let after = made(&world, &admin, &person).await;
    assert_eq!(after["status"], "CONFLICT", "{after:#}");
    assert!(after["message"].as_str().is_some_and(|said| said.contains("invite them again")), "{after:#}");
}

#[tokio::test]
async fn nobody_makes_a_link_for_someone_who_may_more_than_they_do_or_is_of_another_project() {
    let world = World::new().await;
    let (operator, admin) = (world.key(Role::Operator, None).await, world.key(Role::Admin, None).await);
    let leader = invited(&world, &operator, "operator@example.org", "OPERATOR").await;
    let curator = invited(&world, &operator, "curator@example.org", "CURATOR").await;
    let code = async |key: &str, person: &str| made(&world, key, person).await["extensions"]["code"].clone();
    assert_eq!(code(&admin, &leader).await, "FORBIDDEN");
    assert_eq!(code(&world.key(Role::Auditor, None).await, &curator).await, "FORBIDDEN");
    let narrowed =
        r#"mutation { createKey(input: {name: "n", role: ADMIN, scopes: [ADMINISTER]}) { made { secret } } }"#;
    let narrowed = world.graphql(&admin, narrowed).await;
    let narrowed = narrowed["data"]["createKey"]["made"]["secret"].as_str().unwrap_or_else(|| panic!("{narrowed:#}"));
    assert_eq!(code(narrowed, &curator).await, "FORBIDDEN", "their key is narrowed to leave out what a curator may");
    assert_eq!(made(&world, &operator, &leader).await["status"], "DONE");

    let other = r#"mutation { createProject(slug: "two", name: "Two") { status } }"#;
    assert_eq!(world.graphql(&operator, other).await["data"]["createProject"]["status"], "DONE");
    let make = format!(r#"mutation {{ makeSignInLink(person: "{curator}") {{ status }} }}"#);
    let request = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {operator}"))
        .header("atr-project", "two")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({"query": make}).to_string()))
        .expect("a request");
    let elsewhere: Value = serde_json::from_str(&text(world.ask(request).await).await).expect("JSON");
    assert_eq!(elsewhere["data"]["makeSignInLink"]["status"], "NOT_FOUND", "{elsewhere:#}");
}

#[tokio::test]
async fn who_asks_for_a_link_is_mailed_one_and_nothing_tells_whether_an_address_is_known() {
    let world = mailing().await;
    let (server, letters) = mail_server().await;
    let letters = || letters.lock().expect("nobody panicked").clone();
    let delivery = Delivery {
        mail: Some(Mail::new(&server, "ATR <atr@example.org>").expect("addresses")),
        public_url: Some(PUBLIC.parse().expect("an address")),
        ..Delivery::default()
    };
    let admin = world.key(Role::Admin, None).await;
    invited(&world, &admin, "someone@example.org", "CURATOR").await;
    let gone = invited(&world, &admin, "gone@example.org", "CURATOR").await;
    world.graphql(&admin, &format!(r#"mutation {{ deactivatePerson(person: "{gone}") {{ status }} }}"#)).await;

    assert!(text(get(&world, "/sign-in", None).await).await.contains("formaction=\"/sign-in/ask\""));
    let mut told = vec![];
    for (project, local) in [("one", "someone"), ("one", "gone"), ("one", "nobody"), ("nowhere", "someone")] {
        let began = Instant::now();
        let form = format!("project={project}&email={local}%40example.org&password=&next=%2F");
        let answer = post(&world, "/sign-in/ask", None, &form).await;
        assert_eq!(answer.status(), StatusCode::OK, "{project} {local}");
        assert!(began.elapsed() >= Duration::from_millis(500), "{project} {local}: {:?}", began.elapsed());
        told.push(text(answer).await.replace(&format!("{local}@"), "…@"));
    }
    assert!(told[0].contains("a link is on its way"), "{}", told[0]);
    assert!(told.iter().all(|page| *page == told[0]), "{told:#?}");

    // No secret waits anywhere to be mailed.
    let tasks: Vec<Value> =
        sqlx::query_scalar("select to_jsonb(task) from task").fetch_all(&world.database.owner).await.expect("tasks");
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert!(!tasks[0].to_string().contains("lnk_"), "{tasks:#?}");
    work_by(&world, &[Stage::Route], delivery.clone()).await;
    assert_eq!(letters().iter().map(|letter| to(letter)).collect::<Vec<_>>(), ["someone@example.org"]);
    // An equals sign is `=3D` in a letter.
    let letter = letters()[0].replace("=3D", "=");
    let until = (world.database.clock.now() + TimeDelta::minutes(15)).format("%H:%M UTC on %A").to_string();
    assert!(letter.contains(&until) && letter.contains("If you did not ask for it, ignore it"), "{letter}");
    assert!(letter.contains(&format!("{PUBLIC}/sign-in/link?token=lnk_")), "{letter}");
    let opened = used(&world, &token(&letter)).await;
    assert_eq!(session(&world, &opened).await["email"], "someone@example.org");
    let refused = text(used(&world, &token(&letter)).await).await;
    assert!(refused.contains("you can have another one sent to you"), "{refused}");

    // Who asks again and again is told to wait, known or not.
    for local in ["someone", "nobody"] {
        let form = format!("project=one&email={local}%40example.org");
        let mut statuses = vec![];
        for _ in 0..4 {
            statuses.push(post(&world, "/sign-in/ask", None, &form).await.status());
        }
        assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{local}: {statuses:?}");
    }
    let no_address = post(&world, "/sign-in/ask", None, "project=one&email=someone").await;
    assert_eq!(no_address.status(), StatusCode::BAD_REQUEST);
    assert!(text(no_address).await.contains("is no e-mail address"));
}

#[tokio::test]
async fn where_no_e_mail_is_sent_no_link_is_offered() {
    let world = World::new().await;
    assert!(!text(get(&world, "/sign-in", None).await).await.contains("/sign-in/ask"));
    let refused = post(&world, "/sign-in/ask", None, "project=one&email=someone%40example.org").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(text(refused).await.contains("ask whoever administers for one"));
}

#[tokio::test]
async fn an_administrator_makes_a_link_on_the_page_of_who_signs_in() {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    let person = invited(&world, &admin, "someone@example.org", "CURATOR").await;
    let page = post(&world, "/people/accounts/link", Some(&admin), &format!("person={person}")).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = text(page).await;
    let link = page.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).expect("a link");
    assert!(page.contains("It signs them in once"), "{page}");
    assert_eq!(used(&world, &token(link)).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_command_line_makes_a_link_that_signs_in_and_no_log_has_its_secret() -> Result {
    drop(rustls::crypto::ring::default_provider().install_default());
    let installation = Installation::new()?;
    let service = installation.up(&["--log", "debug"]).await?;
    installation.run(&["person", "invite", "someone@example.org", "--role", "admin"]).await?;
    let public = service.address.clone();
    let made = installation.run(&["person", "link", "Someone@example.org", "--public-url", &public]).await?;
    let link = made["link"].as_str().ok_or("a link")?;
    assert!(link.starts_with(&format!("{public}/sign-in/link?token=lnk_")), "{link}");
    assert!(made["link_until"].is_string(), "{made:#}");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    assert!(client.get(link).send().await?.status().is_success());
    let form = format!("token={}", token(link));
    let kind = "application/x-www-form-urlencoded";
    let used = client.post(format!("{public}/sign-in/link")).header("content-type", kind).body(form).send().await?;
    assert_eq!(used.status().as_u16(), 303);
    let unknown = installation.end(&["person", "link", "nobody@example.org"]).await?;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.complained.contains("there is no person nobody@example.org"), "{}", unknown.complained);
    let log = service.said();
    assert!(log.contains("/sign-in/link"), "requests are in the log: {log}");
    assert!(!log.contains("lnk_"), "{log}");
    service.stop().await
}
