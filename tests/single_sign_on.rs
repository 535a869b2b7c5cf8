//! Signing in at a provider of OpenID Connect.

use atr::app::{Actor, Process, people, sessions};
use atr_core::domain::{
    access::Role,
    person::{NewPassword, NewPerson},
};
use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    console::{get, text},
    issuer::{CLIENT, Issuer},
    process::{Installation, Result},
    world::World,
};

const PUBLIC: &str = "https://atr.example.org";
const SOMEONE: &str = "someone@example.org";

/// A service at which people of a provider sign in.
async fn world(issuer: &Issuer) -> World {
    let process = Process { provider: Some(issuer.provider(PUBLIC)), ..Process::default() };
    let world = World::of_process(process).await;
    issuer.goes_by(&world.database.clock);
    world
}

async fn invited(world: &World, email: &str, role: Role) -> people::Invited {
    let wanted = NewPerson::parse(email, role, None).expect("someone");
    people::invite(&world.app, &Actor::local(world.database.project), wanted).await.expect("invited")
}

/// A browser on its way to the provider and back.
struct Journey {
    /// The cookie that it keeps.
    cookie: String,
    /// Where the provider sends it.
    back: String,
}

fn header_of(response: &Response<Body>, name: header::HeaderName) -> &str {
    response.headers()[name].to_str().expect("text")
}

/// To the provider, which sends them back.
async fn sent(world: &World) -> Journey {
    let begun = get(world, "/sign-in/oidc?project=one&next=%2Ftraces%3Fdomain%3Dlaw", None).await;
    assert_eq!(begun.status(), StatusCode::SEE_OTHER);
    let set = header_of(&begun, header::SET_COOKIE);
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/sign-in/oidc", "Max-Age=600"] {
        assert!(set.contains(attribute), "{attribute}: {set}");
    }
    let cookie = set.split(';').next().expect("a cookie").to_owned();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let answer = client.get(header_of(&begun, header::LOCATION)).send().await.expect("the provider");
    let back = answer.headers()["location"].to_str().expect("text");
    Journey { cookie, back: back.strip_prefix(PUBLIC).unwrap_or_else(|| panic!("{back}")).to_owned() }
}

/// Comes back, from the provider's site.
async fn back(world: &World, Journey { cookie, back }: &Journey) -> Response<Body> {
    let request = Request::get(back)
        .header("sec-fetch-site", "cross-site")
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .expect("a request");
    world.ask(request).await
}

/// The whole way.
async fn signs_in(world: &World) -> Response<Body> {
    let journey = sent(world).await;
    back(world, &journey).await
}

/// Whose session an answer opens.
async fn session(world: &World, answer: &Response<Body>) -> Value {
    let set: Vec<_> =
        answer.headers().get_all(header::SET_COOKIE).iter().map(|set| set.to_str().expect("text")).collect();
    let opened = set.iter().find(|set| set.starts_with("atr_session=")).unwrap_or_else(|| panic!("{set:?}"));
    assert!(opened.contains("SameSite=Strict"), "{opened}");
    assert!(
        set.iter().any(|set| set.starts_with("atr_oidc=;") && set.contains("Max-Age=0")),
        "it is forgotten: {set:?}"
    );
    let cookie = opened.split(';').next().expect("a cookie");
    let request = Request::get("/v1/session").header(header::COOKIE, cookie).body(Body::empty()).expect("a request");
    serde_json::from_str(&text(world.ask(request).await).await).expect("JSON")
}

/// Refused, with a page that says so, and no session.
async fn refused(answer: Response<Body>, because: &str) {
    let status = answer.status();
    let set: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
    assert!(set.iter().all(|set| !set.to_str().expect("text").starts_with("atr_session")), "{because}: {set:?}");
    let page = text(answer).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{because}: {page}");
    assert!(page.contains(because) && page.contains("href=\"/sign-in\""), "{because}: {page}");
    assert!(!page.contains("inner detail") && !page.contains("nonce") && !page.contains("azp"), "{page}");
}

const NOT_VERIFIED: &str = "could not be verified";
const FOREIGN: &str = "begun in another browser";

#[tokio::test]
async fn who_is_invited_signs_in_at_the_provider_without_a_password_and_is_known_by_who_they_are_there() {
    let issuer = Issuer::of("Someone@Example.org").await;
    let world = world(&issuer).await;
    let admin = world.key(Role::Admin, None).await;
    invited(&world, SOMEONE, Role::Curator).await;
    let page = text(get(&world, "/sign-in?next=%2Ftraces", None).await).await;
    assert!(page.contains("Sign in with Staff login") && page.contains("/sign-in/oidc?project=default"), "{page}");

    let answer = signs_in(&world).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header_of(&answer, header::REFERRER_POLICY), "no-referrer");
    let who = session(&world, &answer).await;
    assert_eq!((&who["email"], &who["role"]), (&json!(SOMEONE), &json!("curator")), "{who:#}");
    let page = text(answer).await;
    assert!(
        page.contains("content=\"0; url=/traces?domain=law\"") && page.contains("href=\"/traces?domain=law\""),
        "{page}"
    );

    // They are known by who they are there, whatever their address becomes.
    issuer.says("email", json!("another@example.org"));
    issuer.says("email_verified", json!(false));
    assert_eq!(session(&world, &signs_in(&world).await).await["email"], SOMEONE);
    let log = "{ auditEntries(first: 3) { edges { node { action } } } people { edges { node { oidcIssuer oidcSubject hasPassword } } } }";
    let log = &world.graphql(&admin, log).await["data"];
    let actions = log["auditEntries"]["edges"].as_array().expect("entries");
    let actions: Vec<_> = actions.iter().map(|entry| &entry["node"]["action"]).collect();
    assert_eq!(actions, ["SIGNED_IN_BY_OIDC", "IDENTITY_BOUND", "SIGNED_IN_BY_OIDC"]);
    let person = json!({"oidcIssuer": issuer.address, "oidcSubject": "subject-1", "hasPassword": false});
    assert_eq!(log["people"]["edges"][0]["node"], person);
    assert_eq!(issuer.inner().keys_read, 1, "its keys are kept");
}

#[tokio::test]
async fn an_answer_that_this_browser_did_not_ask_for_signs_nobody_in() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    invited(&world, SOMEONE, Role::Curator).await;

    let whole = sent(&world).await;
    let none = Journey { cookie: "theme=dark".to_owned(), back: whole.back.clone() };
    refused(back(&world, &none).await, FOREIGN).await;
    let broken = Journey { cookie: "atr_oidc=AAAA".to_owned(), back: whole.back.clone() };
    refused(back(&world, &broken).await, FOREIGN).await;
    let another = Journey { cookie: sent(&world).await.cookie, back: whole.back.clone() };
    refused(back(&world, &another).await, FOREIGN).await;
    let (place, query) = whole.back.split_once('?').expect("a query");
    let without = |name: &str| {
        let kept: Vec<_> = query.split('&').filter(|part| !part.starts_with(&format!("{name}="))).collect();
        Journey { cookie: whole.cookie.clone(), back: format!("{place}?{}", kept.join("&")) }
    };
    for name in ["state", "code"] {
        refused(back(&world, &without(name)).await, FOREIGN).await;
    }
    // Another issuer's answer (RFC 9207), and that of one who does not say who it is.
    let Journey { cookie, back: rest } = without("iss");
    let mixed = Journey { cookie, back: format!("{rest}&iss=https%3A%2F%2Fother.example.org") };
    refused(back(&world, &mixed).await, FOREIGN).await;
    assert_eq!(session(&world, &back(&world, &without("iss")).await).await["email"], SOMEONE);
    // A code is good once.
    refused(back(&world, &whole).await, "the provider did not sign you in").await;

    // The code of another one's sign-in, put into an answer to one's own: the verifier is another.
    let (theirs, mine) = (sent(&world).await, sent(&world).await);
    let code = theirs.back.split(['?', '&']).find(|part| part.starts_with("code=")).expect("a code");
    let parts: Vec<_> = mine
        .back
        .split('&')
        .map(|part| if part.contains("code=") { "/sign-in/oidc/callback?" } else { part })
        .collect();
    let injected = Journey { cookie: mine.cookie, back: parts.join("&").replacen("?&", &format!("?{code}&"), 1) };
    assert!(injected.back.contains(code), "{}", injected.back);
    refused(back(&world, &injected).await, "the provider did not sign you in").await;
    issuer.inner().declines = Some("access_denied");
    refused(signs_in(&world).await, "the provider did not sign you in").await;
}

#[tokio::test]
async fn a_token_that_does_not_hold_signs_nobody_in() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    invited(&world, SOMEONE, Role::Curator).await;
    let now = world.database.clock.now().timestamp();
    let right = issuer.inner().says.clone();
    for (name, wrong) in [
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("aud", json!("another client")),
        ("aud", json!([CLIENT.0, "another client"])),
        ("azp", json!("another client")),
        ("exp", json!(now - 1)),
        ("iss", json!("https://other.example.org")),
        ("sub", json!("")),
        ("sub", json!("s".repeat(256))),
    ] {
        issuer.says(name, wrong.clone());
        eprintln!("{name}: {wrong}");
        refused(signs_in(&world).await, NOT_VERIFIED).await;
        issuer.inner().says = right.clone();
    }
    issuer.says("azp", json!(CLIENT.0));
    assert_eq!(session(&world, &signs_in(&world).await).await["email"], SOMEONE, "what is right is taken");
    issuer.signs_with_another_key();
    refused(signs_in(&world).await, NOT_VERIFIED).await;
}

#[tokio::test]
async fn keys_are_read_anew_when_one_is_not_known_and_after_an_hour() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    invited(&world, SOMEONE, Role::Curator).await;
    session(&world, &signs_in(&world).await).await;
    issuer.rotates_its_key();
    assert_eq!(session(&world, &signs_in(&world).await).await["email"], SOMEONE);
    assert_eq!(issuer.inner().keys_read, 2);
    session(&world, &signs_in(&world).await).await;
    assert_eq!(issuer.inner().keys_read, 2);
    world.database.clock.advance(TimeDelta::minutes(61));
    session(&world, &signs_in(&world).await).await;
    assert_eq!(issuer.inner().keys_read, 3);
}

#[tokio::test]
async fn nobody_signs_in_whose_address_is_not_theirs_who_was_not_invited_or_who_left() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    refused(signs_in(&world).await, "nobody with your address signs in to this project").await;
    let elsewhere = text(get(&world, "/sign-in?project=nowhere", None).await).await;
    assert!(elsewhere.contains("/sign-in/oidc?project=nowhere"), "{elsewhere}");

    let person = invited(&world, SOMEONE, Role::Curator).await.person.id;
    for not_verified in [json!(false), Value::Null] {
        issuer.says("email_verified", not_verified);
        refused(signs_in(&world).await, "does not say that your address is yours").await;
    }
    issuer.says("email", Value::Null);
    refused(signs_in(&world).await, "does not say that your address is yours").await;
    issuer.says("email", json!(SOMEONE));
    issuer.says("email_verified", json!(true));

    let actor = Actor::local(world.database.project);
    people::deactivate(&world.app, &actor, person).await.expect("they leave");
    refused(signs_in(&world).await, "nobody with your address").await;
    invited(&world, SOMEONE, Role::Curator).await;
    session(&world, &signs_in(&world).await).await;
    people::deactivate(&world.app, &actor, person).await.expect("they leave again");
    refused(signs_in(&world).await, "nobody with your address").await;
}

#[tokio::test]
async fn another_account_with_someones_address_signs_in_only_once_they_are_invited_anew() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    invited(&world, SOMEONE, Role::Curator).await;
    session(&world, &signs_in(&world).await).await;
    issuer.says("sub", json!("subject-2"));
    refused(signs_in(&world).await, "another account of the provider").await;
    invited(&world, SOMEONE, Role::Auditor).await;
    assert_eq!(session(&world, &signs_in(&world).await).await["role"], "auditor");
    issuer.says("sub", json!("subject-1"));
    refused(signs_in(&world).await, "another account of the provider").await;
}

#[tokio::test]
async fn an_address_that_the_provider_tells_apart_is_asked_for_of_the_same_person() {
    let issuer = Issuer::of(SOMEONE).await;
    let world = world(&issuer).await;
    invited(&world, SOMEONE, Role::Curator).await;
    issuer.says("email", Value::Null);
    // Some write what is true as text.
    issuer.inner().told_apart = json!({"sub": "subject-2", "email": SOMEONE, "email_verified": "true"});
    refused(signs_in(&world).await, "does not say that your address is yours").await;
    issuer.inner().told_apart["sub"] = json!("subject-1");
    assert_eq!(session(&world, &signs_in(&world).await).await["email"], SOMEONE);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_nobody_from_signing_in_by_password() {
    let issuer = Issuer::of(SOMEONE).await;
    issuer.inner().works = false;
    let world = world(&issuer).await;
    let invitation = invited(&world, SOMEONE, Role::Curator).await.invitation;
    for _ in 0..2 {
        let answer = get(&world, "/sign-in/oidc?project=one", None).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let page = text(answer).await;
        assert!(page.contains("does not answer as it should") && !page.contains("502"), "{page}");
    }
    let password = || NewPassword::try_from("a long walk by the sea".to_owned()).expect("long enough");
    sessions::accept(&world.app, &invitation, password(), None).await.expect("accepted");
    let by_password = sessions::sign_in(&world.app, "one", SOMEONE, "a long walk by the sea".to_owned(), None).await;
    assert!(by_password.is_ok(), "{by_password:?}");
    // Once it works again, people sign in there.
    issuer.inner().works = true;
    world.database.clock.advance(TimeDelta::seconds(6));
    assert_eq!(session(&world, &signs_in(&world).await).await["email"], SOMEONE);
}

#[tokio::test]
async fn where_there_is_no_provider_there_is_no_way_to_it() {
    let world = World::new().await;
    assert!(!text(get(&world, "/sign-in", None).await).await.contains("oidc"));
    for path in ["/sign-in/oidc", "/sign-in/oidc/callback?code=a&state=b"] {
        assert_eq!(get(&world, path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn doctor_says_whether_the_provider_is_found_and_what_it_must_allow() -> Result {
    let (issuer, installation) = (Issuer::of(SOMEONE).await, Installation::new()?);
    let told = ["--oidc-client-id", "atr", "--public-url", PUBLIC, "--trainer", "/bin/true"];
    let doctor = [&["doctor", "--oidc-issuer", &issuer.address], &told[..]].concat();
    let found = installation.end(&doctor).await?;
    assert!(found.said.contains(&format!("people sign in at {}/authorize", issuer.address)), "{}", found.said);
    assert!(found.said.contains(&format!("{PUBLIC}/sign-in/oidc/callback")), "{}", found.said);
    // To the letter: with a stroke behind it, it is another one.
    let another = format!("{}/", issuer.address);
    let doctor = [&["doctor", "--oidc-issuer", &another], &told[..]].concat();
    let lost = installation.end(&doctor).await?;
    assert_eq!(lost.code, Some(1));
    assert!(lost.said.contains("WRONG  single sign-on") && lost.said.contains("to the letter"), "{}", lost.said);
    let alone = installation.end(&["doctor", "--oidc-issuer", &issuer.address]).await?;
    assert_eq!(alone.code, Some(2), "{}", alone.complained);
    Ok(())
}
