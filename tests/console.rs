//! The console's doors without a browser: who may pass, what is refused, what answers say of themselves.

mod grounding;
mod jobs;
mod people;
mod pipeline;
mod snapshots;

use atr::console::{Door, May, POLICY, doors};
use atr_core::{
    domain::access::Role,
    ids::{ExpertId, Kind},
};
use axum::{
    body::Body,
    http::{Method, Request, Response, StatusCode, header},
};

use crate::world::{World, body_of};

const FORM: &str = "application/x-www-form-urlencoded";

/// A request of a page of this site.
fn of_this_site(method: &Method, path: &str, key: Option<&str>) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    match key {
        Some(key) => request.header(header::AUTHORIZATION, format!("Bearer {key}")),
        None => request,
    }
}

pub async fn get(world: &World, path: &str, key: Option<&str>) -> Response<Body> {
    world.ask(of_this_site(&Method::GET, path, key).body(Body::empty()).expect("a request")).await
}

pub async fn post(world: &World, path: &str, key: Option<&str>, form: &str) -> Response<Body> {
    let request = of_this_site(&Method::POST, path, key).header(header::CONTENT_TYPE, FORM);
    world.ask(request.body(Body::from(form.to_owned())).expect("a request")).await
}

pub async fn text(response: Response<Body>) -> String {
    String::from_utf8(body_of(response).await.into()).expect("text")
}

/// Where an answer leads.
pub fn place(response: &Response<Body>) -> String {
    response.headers()[header::LOCATION].to_str().expect("text").to_owned()
}

/// The address of a door, for what is not there.
fn address(door: &Door) -> String {
    let named = |name: &str| Kind::ALL.iter().find(|kind| kind.prefix() == name);
    let parts = door.path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => {
            named(name).map_or_else(|| name.to_owned(), |kind| format!("{}_{}", kind.prefix(), "0".repeat(26)))
        }
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn each_role_passes_the_doors_that_are_for_it_and_no_others() {
    let world = World::new().await;
    let expert = expert(&world).await;
    for role in Role::ALL {
        let key = world.key(*role, (*role == Role::Expert).then_some(expert)).await;
        for door in doors() {
            let response = match door.method {
                Method::GET => get(&world, &address(&door), Some(&key)).await,
                _ => post(&world, &address(&door), Some(&key), "").await,
            };
            // Who only sends has no page, and is told so at the beginning too.
            let has_home = door.path != "/" || *role != Role::Ingest;
            let passes = door.may.admits(*role) && has_home;
            let what = format!("{role} at {} {}", door.method, door.path);
            assert_eq!(response.status() != StatusCode::FORBIDDEN, passes, "{what}: {}", response.status());
            if !passes {
                let page = text(response).await;
                assert!(page.contains("This is not for your role") && page.contains("<h1>"), "{what}: {page}");
            }
        }
    }
}

pub async fn expert(world: &World) -> ExpertId {
    let sent = atr_core::domain::expert::ExpertInput {
        handle: "expert-0".to_owned(),
        domains: vec![],
        languages: vec![],
        weekly_capacity: 5,
    };
    let actor = atr::app::Actor::local(world.database.project);
    atr::app::experts::create(&world.app, &actor, sent).await.expect("an expert").id
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_do_so_and_comes_back_to_this_site_alone() {
    let world = World::new().await;
    for door in doors().into_iter().filter(|door| door.may != May::Anyone) {
        let response = match door.method {
            Method::GET => get(&world, &address(&door), None).await,
            _ => post(&world, &address(&door), None, "").await,
        };
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", door.path);
        let place = response.headers()[header::LOCATION].to_str().expect("text");
        assert!(place == "/sign-in" || place.starts_with("/sign-in?next=%2F"), "{}: {place}", door.path);
    }
    for (next, kept) in [("/traces?domain=law", true), ("//example.com", false), ("https://example.com", false)] {
        let page = text(get(&world, &format!("/sign-in?next={next}"), None).await).await;
        assert_eq!(page.contains(&format!("value=\"{next}\"")), kept, "{next}");
        assert!(!page.contains("example.com"), "{page}");
    }
    // Part of a page that asks after the session ended sends the whole page there.
    let part = of_this_site(&Method::GET, "/", None).header("hx-request", "true").body(Body::empty());
    let response = world.ask(part.expect("a request")).await;
    assert_eq!(
        (response.status(), &response.headers()["hx-redirect"]),
        (StatusCode::UNAUTHORIZED, &"/sign-in".parse().expect("text"))
    );
}

#[tokio::test]
async fn a_form_on_a_page_of_another_site_changes_nothing() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    for door in doors().into_iter().filter(|door| door.method != Method::GET) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://example.com"),
            ("origin", "null"),
        ] {
            let request = Request::post(address(&door))
                .header(header::HOST, "atr.example.org")
                .header(header::COOKIE, format!("atr_session={key}"))
                .header(header::CONTENT_TYPE, FORM)
                .header(name, value);
            let response = world.ask(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{} {name}: {value}", door.path);
            assert!(!response.headers().contains_key(header::SET_COOKIE), "{}", door.path);
            assert!(text(response).await.contains("a page of another site asks"), "{}", door.path);
        }
    }
}

#[tokio::test]
async fn every_page_says_what_it_may_load_and_holds_no_script_or_style_itself() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    for door in doors().into_iter().filter(|door| door.method == Method::GET && door.path != "/assets/{name}") {
        let response = get(&world, &address(&door), Some(&key)).await;
        let headers = response.headers().clone();
        let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(of("content-security-policy"), POLICY, "{}", door.path);
        assert_eq!(of("x-content-type-options"), "nosniff", "{}", door.path);
        assert_eq!(of("cache-control"), "no-store", "{}", door.path);
        let page = text(response).await;
        for inline in ["<style", " style=", "<script>", " onclick=", "javascript:", "://"] {
            assert!(!page.contains(inline), "{}: {inline}", door.path);
        }
    }
    assert!(!POLICY.contains("unsafe") && POLICY.starts_with("default-src 'none'; "));
}

#[tokio::test]
async fn what_goes_wrong_has_a_page_and_programs_a_problem() {
    let world = World::new().await;
    let browser = Request::get("/nowhere").header(header::ACCEPT, "text/html").body(Body::empty()).expect("a request");
    let response = world.ask(browser).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let request = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let page = text(response).await;
    assert!(page.contains("There is nothing here") && page.contains(&request), "{page}");
    let program = world.ask(Request::get("/nowhere").body(Body::empty()).expect("a request")).await;
    assert_eq!(program.headers()[header::CONTENT_TYPE], "application/problem+json");
    // What cannot be read is told without what stands in it.
    let broken = post(&world, "/sign-in", None, "email=%3Cb%3E").await;
    assert!(broken.status().is_client_error());
    assert!(text(broken).await.contains("This could not be done"));
    // Of a fault of the service nothing is told but where to look for it.
    let key = world.key(Role::Admin, None).await;
    world.database.store.close().await;
    let response = get(&world, "/", Some(&key)).await;
    assert!(response.status().is_server_error(), "{}", response.status());
    let page = text(response).await;
    assert!(!page.contains("pool") && !page.contains("database could not"), "{page}");
}

#[tokio::test]
async fn what_pages_load_is_kept_for_ever_by_the_hash_of_it_and_comes_packed() {
    let world = World::new().await;
    let page = text(get(&world, "/sign-in", None).await).await;
    let loaded: Vec<_> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    assert_eq!(loaded.len(), 3, "{page}");
    for address in loaded {
        let packed = of_this_site(&Method::GET, address, None).header(header::ACCEPT_ENCODING, "br, gzip");
        let packed = world.ask(packed.body(Body::empty()).expect("a request")).await;
        assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip", "{address}");
        assert_eq!(packed.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        let tag = packed.headers()[header::ETAG].clone();
        assert!(body_of(packed).await.len() < 60_000, "{address}");
        let known = of_this_site(&Method::GET, address, None)
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::IF_NONE_MATCH, tag);
        let known = world.ask(known.body(Body::empty()).expect("a request")).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{address}");
        // Under another hash it is not what was asked for, and is not kept.
        let (name, _) = address.split_once('?').expect("a hash");
        let other = get(&world, &format!("{name}?v=0000000000000000"), None).await;
        assert_eq!(other.headers()[header::CACHE_CONTROL], "no-cache");
    }
    assert_eq!(get(&world, "/assets/nothing.js", None).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn pages_come_packed_to_who_takes_that() {
    let world = World::new().await;
    let request = of_this_site(&Method::GET, "/sign-in", None).header(header::ACCEPT_ENCODING, "gzip");
    let response = world.ask(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(body_of(response).await[..2], [0x1f, 0x8b]);
}
