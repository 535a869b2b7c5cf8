//! The page to try GraphQL in. It is open; the requests it sends need a key, which goes into its headers editor.
//!
//! The editor is other people's work and is not kept here: a browser loads it from a public copy of npm, in exact
//! versions and only if its bytes are those whose hashes the page names. Where that copy is out of reach the page says so.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// What the page may load and where it may send to. Styles are put in as it runs, by the editor.
const POLICY: &str = "default-src 'none'; \
    script-src 'self' https://unpkg.com/react@18.3.1/ https://unpkg.com/react-dom@18.3.1/ \
    https://unpkg.com/graphiql@3.8.3/; \
    style-src 'unsafe-inline' https://unpkg.com/graphiql@3.8.3/; \
    font-src data:; img-src data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub(super) fn page() -> Response {
    told("text/html; charset=utf-8", PAGE)
}

/// What starts the editor in it: a file of its own, so that the page needs no script within.
pub(super) async fn script() -> Response {
    told("text/javascript; charset=utf-8", SCRIPT)
}

fn told(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // Another version of this program may have another page.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_from_elsewhere_is_of_an_exact_version_with_its_hash_and_allowed() {
        let foreign: Vec<_> = PAGE.split("https://").skip(1).collect();
        assert_eq!(foreign.len(), 4);
        for tag in foreign {
            let tag = tag.split('>').next().unwrap_or_default();
            assert!(tag.contains("integrity=\"sha384-") && tag.contains("crossorigin=\"anonymous\""), "{tag}");
            let (name, _) = tag.split_once('/').and_then(|(_, path)| path.split_once('/')).unwrap_or_default();
            let version = name.rsplit('@').next().unwrap_or_default();
            assert!(version.split('.').filter(|part| part.parse::<u32>().is_ok()).count() == 3, "{name}");
            assert!(POLICY.contains(&format!("https://unpkg.com/{name}/")), "{name}");
        }
        assert!(!PAGE.contains("<script>") && !POLICY.contains("unsafe-eval"));
    }
}
