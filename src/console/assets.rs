//! What pages load: our own style and script, and other people's from their npm packages, embedded by `build.rs`.

use std::sync::LazyLock;

use axum::{
    extract::{Path, RawQuery},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::fault::Fault;

/// A file that is embedded.
#[derive(Debug)]
struct Asset {
    /// The name it is served by.
    name: &'static str,
    media_type: &'static str,
    /// 16 hex digits of BLAKE3 of it.
    hash: &'static str,
    plain: &'static [u8],
    gzipped: &'static [u8],
}

static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where pages find what they load. An address holds the hash of what is there, so that it may be kept for ever.
#[derive(Debug)]
pub struct Addresses {
    /// The console's style.
    pub style: String,
    /// The console's script.
    pub script: String,
    /// The script of an item's page.
    pub review: String,
    /// htmx.
    pub htmx: String,
    /// The styles of the GraphQL editor and its page.
    pub graphiql_styles: [String; 2],
    /// What the GraphQL editor needs, in the order in which it runs.
    pub graphiql_scripts: [String; 4],
}

/// The addresses of this program's assets.
pub static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| Addresses {
    style: address("console.css"),
    script: address("console.js"),
    review: address("review.js"),
    htmx: address("htmx.js"),
    graphiql_styles: ["graphiql.css", "graphiql-page.css"].map(address),
    graphiql_scripts: ["react.js", "react-dom.js", "graphiql.js", "graphiql-page.js"].map(address),
});

fn address(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name).expect("build.rs embeds it");
    format!("/assets/{name}?v={}", asset.hash)
}

/// `GET /assets/{name}`: with the hash of what it is, to be kept for ever; without it or with another one, not at all.
pub(super) async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let asset = ASSETS.iter().find(|asset| asset.name == name).ok_or_else(Fault::not_found)?;
    let is_this = query.and_then(|query| Some(query.strip_prefix("v=")? == asset.hash)) == Some(true);
    let kept = if is_this { "public, max-age=31536000, immutable" } else { "no-cache" };
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let gzip = text(header::ACCEPT_ENCODING).split(',').any(|coding| coding.trim().starts_with("gzip"));
    // What is coded otherwise is another representation.
    let tag = format!("\"{}{}\"", asset.hash, if gzip { "-gzip" } else { "" });
    let common: [(HeaderName, HeaderValue); 4] = [
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::ETAG, HeaderValue::try_from(&tag).expect("hex digits between quotes")),
    ];
    if text(header::IF_NONE_MATCH).split(',').any(|known| known.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type))];
    Ok(if gzip {
        (common, kind, [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))], asset.gzipped).into_response()
    } else {
        (common, kind, asset.plain).into_response()
    })
}
