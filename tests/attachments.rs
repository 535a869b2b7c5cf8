//! Pictures that are attached: what is kept of them, how they are answered, and to whom.

mod parts;
mod reading;
mod references;
mod sending;

use std::io::Cursor;

use atr::app::{Actor, keys};
use atr_core::{domain::access::Role, ids::ProjectId};
use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{World, body_of};

/// A picture of 3 by 2 pixels.
fn picture(format: ImageFormat) -> Vec<u8> {
    let mut written = Cursor::new(vec![]);
    RgbImage::from_pixel(3, 2, image::Rgb([200, 10, 10])).write_to(&mut written, format).expect("a picture");
    written.into_inner()
}

async fn post(world: &World, key: &str, media_type: &str, bytes: impl Into<Body>) -> Response<Body> {
    let sent = Request::post("/v1/attachments")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, media_type)
        .body(bytes.into())
        .expect("a request");
    world.ask(sent).await
}

/// What a picture is answered, and whether it was new.
async fn attach(world: &World, key: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let answer = post(world, key, "application/octet-stream", bytes).await;
    (answer.status(), serde_json::from_slice(&body_of(answer).await).expect("JSON"))
}

async fn get(world: &World, key: &str, id: &str, tag: Option<&str>) -> Response<Body> {
    let mut asked =
        Request::get(format!("/v1/attachments/{id}")).header(header::AUTHORIZATION, format!("Bearer {key}"));
    if let Some(tag) = tag {
        asked = asked.header(header::IF_NONE_MATCH, tag);
    }
    world.ask(asked.body(Body::empty()).expect("a request")).await
}

async fn admin_of(world: &World, project: ProjectId) -> String {
    let wanted = keys::Wanted::of("admin", Role::Admin);
    keys::create(&world.app, &Actor::local(project), wanted).await.expect("a key").secret
}

#[tokio::test]
async fn a_picture_is_kept_once_and_answered_for_ever() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let (status, told) = attach(&world, &key, picture(ImageFormat::Png)).await;
    assert_eq!(status, StatusCode::CREATED, "{told:#}");
    assert_eq!((&told["media_type"], &told["width"], &told["height"]), (&json!("image/png"), &json!(3), &json!(2)));
    let (again, same) = attach(&world, &key, picture(ImageFormat::Png)).await;
    assert_eq!((again, &same), (StatusCode::OK, &told));

    let id = told["id"].as_str().expect("an id");
    let answer = get(&world, &key, id, None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: header::HeaderName| answer.headers()[name].to_str().expect("text").to_owned();
    let tag = header(header::ETAG);
    assert_eq!(tag, format!("\"{}\"", told["sha256"].as_str().expect("a hash")));
    assert_eq!(header(header::CONTENT_TYPE), "image/png");
    assert_eq!(header(header::CACHE_CONTROL), "private, max-age=31536000, immutable");
    assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(header(header::CONTENT_SECURITY_POLICY), "default-src 'none'; sandbox");
    assert_eq!(header(header::CONTENT_DISPOSITION), format!("inline; filename=\"{id}.png\""));
    let bytes = body_of(answer).await;
    assert_eq!(told["bytes"], bytes.len());
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told["sha256"], hash);

    let known = get(&world, &key, id, Some(&format!("\"other\", W/{tag}"))).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert!(body_of(known).await.is_empty());
}

#[tokio::test]
async fn what_a_camera_says_beside_the_picture_is_not_kept() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let plain = picture(ImageFormat::Jpeg);
    let secret = b"at 51.5074 N 0.1278 W";
    let mut sent = plain[..2].to_vec();
    sent.extend([0xff, 0xfe, 0, 2 + secret.len() as u8]);
    sent.extend(secret);
    sent.extend(&plain[2..]);
    let (status, told) = attach(&world, &key, sent).await;
    assert_eq!(status, StatusCode::CREATED, "{told:#}");
    let kept = body_of(get(&world, &key, told["id"].as_str().expect("an id"), None).await).await;
    assert!(!kept.windows(secret.len()).any(|part| part == secret));
    // So it is the same attachment as the picture without it.
    assert_eq!(attach(&world, &key, plain).await, (StatusCode::OK, told));
}

#[tokio::test]
async fn what_is_no_picture_is_refused_with_what_to_do() {
    let world = World::new().await;
    let key = world.key(Role::Ingest, None).await;
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (says, sent) in
        [("image/png", svg), ("image/svg+xml", svg), ("text/html", "<!doctype html>"), ("application/pdf", "%PDF-1.7")]
    {
        let answer = post(&world, &key, says, sent).await;
        assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{sent}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_slice(&body_of(answer).await).expect("JSON");
        assert_eq!(problem["field"], "body");
        assert!(problem["detail"].as_str().expect("a detail").contains("convert the picture"), "{problem:#}");
    }
    let whole = picture(ImageFormat::Png);
    let (status, _) = attach(&world, &key, whole[..whole.len() - 12].to_vec()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "cut short");
    let (status, problem) = attach(&world, &key, vec![0; (1 << 20) + 1]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{problem:#}");
    assert!(problem["detail"].as_str().expect("a detail").contains("1048576 bytes"), "{problem:#}");
    let (status, problem) = attach(&world, &key, vec![0; 1 << 20]).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "just as large as it may be: {problem:#}");
    let stored: i64 =
        sqlx::query_scalar("select count(*) from attachment").fetch_one(&world.database.owner).await.expect("a count");
    assert_eq!(stored, 0);
}

#[tokio::test]
async fn whoever_may_send_may_attach_and_whoever_may_read_may_look() {
    let world = World::new().await;
    let (sender, reader) = (world.key(Role::Ingest, None).await, world.key(Role::Auditor, None).await);
    let (status, told) = attach(&world, &sender, picture(ImageFormat::WebP)).await;
    assert_eq!(status, StatusCode::CREATED, "{told:#}");
    let id = told["id"].as_str().expect("an id");
    assert_eq!(attach(&world, &reader, picture(ImageFormat::Png)).await.0, StatusCode::FORBIDDEN);
    // Facts and reviews refer to pictures too.
    let curator = world.key(Role::Curator, None).await;
    assert_eq!(attach(&world, &curator, picture(ImageFormat::WebP)).await.0, StatusCode::OK);
    assert_eq!(get(&world, &sender, id, None).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(get(&world, &reader, id, None).await.status(), StatusCode::OK);
    assert_eq!(get(&world, "none", id, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(post(&world, "none", "image/png", picture(ImageFormat::Png)).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_same_bytes_of_two_projects_are_two_attachments_and_one_blob() {
    let world = World::new().await;
    let ours = world.key(Role::Admin, None).await;
    let theirs = admin_of(&world, world.database.add_project("other").await).await;
    let (_, one) = attach(&world, &ours, picture(ImageFormat::Png)).await;
    let (status, other) = attach(&world, &theirs, picture(ImageFormat::Png)).await;
    assert_eq!(status, StatusCode::CREATED, "that it is here already is not told to another tenant");
    assert_eq!(one["digest"], other["digest"]);
    let (one, other) = (one["id"].as_str().expect("an id"), other["id"].as_str().expect("an id"));
    assert_ne!(one, other);
    for (key, own, foreign) in [(&ours, one, other), (&theirs, other, one)] {
        assert_eq!(get(&world, key, own, None).await.status(), StatusCode::OK);
        assert_eq!(get(&world, key, foreign, None).await.status(), StatusCode::NOT_FOUND);
        let asked = format!(
            "{{ node(id: \"{foreign}\") {{ id }} attachedFiles {{ edges {{ node {{ id mediaType width }} }} }} }}"
        );
        let answer = world.graphql(key, &asked).await;
        let expected = json!({"node": null, "attachedFiles": {"edges": [
            {"node": {"id": own, "mediaType": "image/png", "width": 3}},
        ]}});
        assert_eq!(answer["data"], expected, "{answer:#}");
    }
}
