//! What a request for something that never changes asks of it beside the thing itself (RFC 9110, sections 13 and 14).

use std::ops::RangeInclusive;

use axum::http::{HeaderMap, HeaderName, Method, header};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These of its bytes.
    Part(RangeInclusive<u64>),
    /// Nothing: the caller has it.
    Nothing,
    /// A refusal: the caller wants another thing than this.
    Another,
    /// A refusal: it has no such bytes.
    Beyond,
}

/// What is wanted of a thing of so many bytes that has this tag, a strong one. Several parts at once are answered by the
/// whole, as is what is no range of bytes.
pub(super) fn wanted(method: &Method, headers: &HeaderMap, etag: &str, bytes: u64) -> Wanted {
    if headers.contains_key(header::IF_MATCH) && !tags(headers, &header::IF_MATCH).any(|tag| tag == "*" || tag == etag)
    {
        return Wanted::Another;
    }
    // Compared weakly.
    let same = |tag: &str| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag;
    if tags(headers, &header::IF_NONE_MATCH).any(same) {
        return Wanted::Nothing;
    }
    // A part of what the caller has the rest of; it tells no time, so that a time is never the same.
    let fits = headers.get(header::IF_RANGE).is_none_or(|tag| tag.as_bytes() == etag.as_bytes());
    let range = headers.get(header::RANGE).filter(|_| fits && method == Method::GET);
    let Some(range) = range.and_then(|range| range.to_str().ok()) else { return Wanted::Whole };
    match parse_range_header(range).and_then(|ranges| ranges.validate(bytes)) {
        Ok(parts) => match <[_; 1]>::try_from(parts) {
            Ok([part]) => Wanted::Part(part),
            Err(_) => Wanted::Whole,
        },
        Err(RangeUnsatisfiableError::Unsatisfiable) => Wanted::Beyond,
        Err(_) => Wanted::Whole,
    }
}

/// The tags that a header lists.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"abc\"";

    fn asked(method: &Method, sent: &[(HeaderName, &'static str)]) -> Wanted {
        let headers = sent.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value"))).collect();
        wanted(method, &headers, TAG, 10)
    }

    fn get(sent: &[(HeaderName, &'static str)]) -> Wanted {
        asked(&Method::GET, sent)
    }

    #[test]
    fn a_range_is_clipped_and_may_count_from_the_end() {
        for (range, expected) in [
            ("bytes=0-0", Wanted::Part(0..=0)),
            ("bytes=2-4", Wanted::Part(2..=4)),
            ("Bytes=7-", Wanted::Part(7..=9)),
            ("bytes=7-99", Wanted::Part(7..=9)),
            ("bytes=-3", Wanted::Part(7..=9)),
            ("bytes=-99", Wanted::Part(0..=9)),
            ("bytes=20-30, 1-2", Wanted::Part(1..=2)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=0-1, 4-5", Wanted::Whole),
            ("bytes=4-2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
        ] {
            assert_eq!(get(&[(header::RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn a_range_counts_only_where_it_is_got_and_is_of_the_same_thing() {
        let range = (header::RANGE, "bytes=0-1");
        assert_eq!(asked(&Method::HEAD, std::slice::from_ref(&range)), Wanted::Whole);
        assert_eq!(get(&[range.clone(), (header::IF_RANGE, TAG)]), Wanted::Part(0..=1));
        for other in ["W/\"abc\"", "\"abd\"", "Sat, 28 Nov 2026 20:00:00 GMT"] {
            assert_eq!(get(&[range.clone(), (header::IF_RANGE, other)]), Wanted::Whole, "{other}");
        }
    }

    #[test]
    fn what_the_caller_has_comes_before_parts_of_it_and_what_it_insists_on_before_both() {
        let range = (header::RANGE, "bytes=99-");
        assert_eq!(get(&[range.clone(), (header::IF_NONE_MATCH, "\"x\", W/\"abc\"")]), Wanted::Nothing);
        assert_eq!(get(&[(header::IF_NONE_MATCH, "*")]), Wanted::Nothing);
        assert_eq!(get(&[(header::IF_NONE_MATCH, "\"x\"")]), Wanted::Whole);
        assert_eq!(get(&[range, (header::IF_MATCH, "\"x\"")]), Wanted::Another);
        assert_eq!(get(&[(header::IF_MATCH, "W/\"abc\"")]), Wanted::Another, "compared strongly");
        assert_eq!(get(&[(header::IF_MATCH, "\"x\", \"abc\"")]), Wanted::Whole);
        assert_eq!(get(&[(header::IF_MATCH, "*"), (header::IF_NONE_MATCH, TAG)]), Wanted::Nothing);
    }
}
