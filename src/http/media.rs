//! Which media types a request has and wants.

use axum::http::{HeaderMap, StatusCode, header};

use super::problem::Problem;

/// A header's value; empty where there is none.
pub(super) fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).map_or("", |value| value.to_str().unwrap_or("not readable")).trim()
}

/// A media type without its parameters.
pub(super) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or("").trim()
}

/// The form of an answer of the GraphQL door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// The draft's own: the status tells whether the request was understood.
    GraphqlResponse,
    /// The older habit: 200 for whatever is well formed.
    Json,
}

impl Media {
    /// As a header has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// Whether the body is said to be JSON in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// How much a media type is wanted, 0 to 1, by the most specific range that fits it; `None` if none fits.
fn wanted(headers: &HeaderMap, media: &str) -> Option<f32> {
    let kind = media.split('/').next()?;
    let mut best: Option<(u8, f32)> = None;
    for range in
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specific = match name.as_str() {
            "*/*" => 0,
            name if name.strip_suffix("/*") == Some(kind) => 1,
            name if name == media => 2,
            _ => continue,
        };
        let quality = parts
            .find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")))
            .map_or(Some(1.0), |q| q.parse().ok())
            .unwrap_or(0.0);
        if best.is_none_or(|(known, _)| specific >= known) {
            best = Some((specific, quality));
        }
    }
    best.map(|(_, quality)| quality)
}

/// The form of the answer: the one wanted more. Where both are wanted alike, the draft's own if it is named, else
/// the older one, which every client reads.
pub(super) fn accepted(headers: &HeaderMap) -> Result<Media, Problem> {
    if !headers.contains_key(header::ACCEPT) {
        return Ok(Media::Json);
    }
    const DRAFT: &str = "application/graphql-response+json";
    let draft = wanted(headers, DRAFT).unwrap_or(0.0);
    let json = wanted(headers, "application/json").unwrap_or(0.0);
    let named = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains(DRAFT));
    if draft <= 0.0 && json <= 0.0 {
        return Err(Problem::new(
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
            "accept application/graphql-response+json or application/json",
        ));
    }
    Ok(if draft > json || (named && draft >= json) { Media::GraphqlResponse } else { Media::Json })
}

/// Whether a browser asks, which wants a page.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
    let html = wanted(headers, "text/html").unwrap_or(0.0);
    let named = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains("text/html"));
    let other = wanted(headers, "application/json").unwrap_or(0.0);
    named && html > 0.0 && html >= other.max(wanted(headers, "application/graphql-response+json").unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn accept(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_form_that_is_wanted_more_is_given() {
        let form = |value| accepted(&accept(value)).map_err(|problem| problem.status);
        assert_eq!(form("application/graphql-response+json"), Ok(Media::GraphqlResponse));
        assert_eq!(form("application/graphql-response+json, application/json;q=0.9"), Ok(Media::GraphqlResponse));
        assert_eq!(form("application/graphql-response+json;q=0.1, application/json"), Ok(Media::Json));
        assert_eq!(form("application/json"), Ok(Media::Json));
        assert_eq!(form("*/*"), Ok(Media::Json));
        assert_eq!(form("text/plain"), Err(406));
        assert_eq!(accepted(&HeaderMap::new()).ok(), Some(Media::Json));
    }

    #[test]
    fn a_browser_gets_the_page_and_a_program_does_not() {
        assert!(prefers_html(&accept("text/html,application/xhtml+xml,*/*;q=0.8")));
        assert!(!prefers_html(&accept("*/*")));
        assert!(!prefers_html(&accept("application/json, text/html;q=0.5")));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
