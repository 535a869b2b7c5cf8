//! Parts of an attachment, and what is told of it without its bytes.

use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{HeaderName, Method, Request, Response, StatusCode, header},
};
use image::ImageFormat;
use serde_json::Value;

use super::{attach, picture};
use crate::world::{World, body_of};

async fn ask(world: &World, method: Method, path: &str, key: &str, sent: &[(HeaderName, &str)]) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
    let request = sent.iter().fold(request, |request, (name, value)| request.header(name, *value));
    world.ask(request.body(Body::empty()).expect("a request")).await
}

fn told(answer: &Response<Body>, name: HeaderName) -> Option<&str> {
    answer.headers().get(name).map(|value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_part_of_an_attachment_can_be_had_and_the_parts_make_the_whole() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let (_, file) = attach(&world, &key, picture(ImageFormat::Png)).await;
    let path = format!("/v1/attachments/{}", file["id"].as_str().expect("an id"));
    let length = file["bytes"].as_u64().expect("a length");
    let get = async |sent: &[(HeaderName, &str)]| ask(&world, Method::GET, &path, &key, sent).await;

    let whole = get(&[]).await;
    assert_eq!((whole.status(), told(&whole, header::ACCEPT_RANGES)), (StatusCode::OK, Some("bytes")));
    let etag = told(&whole, header::ETAG).expect("a tag").to_owned();
    let whole = body_of(whole).await;
    let first = get(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, &etag)]).await;
    assert_eq!(first.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(told(&first, header::CONTENT_RANGE), Some(format!("bytes 0-9/{length}").as_str()));
    assert_eq!(told(&first, header::CONTENT_LENGTH), Some("10"));
    assert_eq!(
        (told(&first, header::CONTENT_TYPE), told(&first, header::ETAG)),
        (Some("image/png"), Some(etag.as_str()))
    );
    let last = format!("bytes=-{}", length - 10);
    let last = get(&[(header::RANGE, &last)]).await;
    assert_eq!(last.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!([body_of(first).await, body_of(last).await].concat(), whole);

    let beyond = get(&[(header::RANGE, &format!("bytes={length}-"))]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(told(&beyond, header::CONTENT_RANGE), Some(format!("bytes */{length}").as_str()));
    let problem: Value = serde_json::from_slice(&body_of(beyond).await).expect("JSON");
    assert!(problem["detail"].as_str().expect("a detail").contains(&format!("{length} bytes")), "{problem}");
    let stale = get(&[(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"other\"")]).await;
    assert_eq!((stale.status(), body_of(stale).await), (StatusCode::OK, whole.clone()));
    let known = get(&[(header::RANGE, "bytes=0-9"), (header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!((known.status(), told(&known, header::CONTENT_RANGE)), (StatusCode::NOT_MODIFIED, None));
    assert_eq!(get(&[(header::IF_MATCH, "\"other\"")]).await.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn what_is_told_of_an_attachment_is_told_without_its_bytes() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let (_, file) = attach(&world, &key, picture(ImageFormat::Png)).await;
    let path = format!("/v1/attachments/{}", file["id"].as_str().expect("an id"));
    let got = ask(&world, Method::GET, &path, &key, &[]).await;
    let head = ask(&world, Method::HEAD, &path, &key, &[(header::RANGE, "bytes=0-9")]).await;
    assert_eq!(head.status(), StatusCode::OK);
    for name in
        [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::ETAG, header::ACCEPT_RANGES, header::CACHE_CONTROL]
    {
        let value = told(&got, name.clone());
        assert!(value.is_some() && told(&head, name.clone()) == value, "{name}: {value:?}");
    }
    assert!(body_of(head).await.is_empty());
    let wrong = ask(&world, Method::DELETE, &path, &key, &[]).await;
    assert_eq!((wrong.status(), told(&wrong, header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, Some("GET,HEAD")));
}
