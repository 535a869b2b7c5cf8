//! Checks that fields of several nouns share. Each names its field and says what to do.

use serde_json::json;

use super::Rejection;

/// What a published schema says of an object that names exactly one thing by one of several fields; null is as if the
/// field were not there.
pub(crate) fn one_of(fields: &[&str]) -> serde_json::Value {
    fields.iter().map(|field| json!({ "required": [field], "properties": { *field: { "type": "string" } } })).collect()
}

/// Checks a required text: not blank, without NUL (Postgres keeps none), at most `most` characters.
///
/// # Errors
/// If it fails one of these.
pub fn text(field: &str, value: String, most: usize) -> Result<String, Rejection> {
    if value.trim().is_empty() {
        return Err(Rejection::new(field, "is empty: give a text"));
    }
    blank_or_text(field, value, most)
}

/// Checks a text where nothing is something too: without NUL, at most `most` characters.
///
/// # Errors
/// If it fails one of these.
pub fn blank_or_text(field: &str, value: String, most: usize) -> Result<String, Rejection> {
    if value.contains('\0') {
        return Err(Rejection::new(field, "holds the character NUL: remove it"));
    }
    // A character takes a byte at least, so that the count is rarely needed.
    if value.len() > most && value.chars().count() > most {
        return Err(Rejection::new(field, format!("is longer than {most} characters: shorten it")));
    }
    Ok(value)
}

/// Checks an optional text; a blank one counts as not given.
///
/// # Errors
/// As [`text`], but for the blank.
pub fn optional_text(field: &str, value: Option<String>, most: usize) -> Result<Option<String>, Rejection> {
    value.filter(|text| !text.trim().is_empty()).map(|value| text(field, value, most)).transpose()
}

/// Checks a list of short words such as labels, domains or language tags; sorted, and each once.
///
/// # Errors
/// If it has more than `most` entries, or an entry is blank, longer than `longest` characters or holds NUL.
pub fn words(field: &str, values: Vec<String>, most: usize, longest: usize) -> Result<Vec<String>, Rejection> {
    if values.len() > most {
        return Err(Rejection::new(field, format!("has {} entries: {most} is the most", values.len())));
    }
    let mut kept = Vec::with_capacity(values.len());
    for (at, value) in values.into_iter().enumerate() {
        kept.push(text(&format!("{field}[{at}]"), value.trim().to_owned(), longest)?);
    }
    kept.sort_unstable();
    kept.dedup();
    Ok(kept)
}

/// Checks the place of a step, from 0.
///
/// # Errors
/// If it is below 0, or no place that any step has.
pub fn place(field: &str, value: i64) -> Result<i32, Rejection> {
    let place = i32::try_from(value).ok().filter(|place| *place >= 0);
    place.ok_or_else(|| Rejection::new(field, format!("{value} is no place: the first step is 0")))
}

/// Checks an address of the web.
///
/// # Errors
/// If it is not `http://` or `https://` with a host, has white space, or is longer than 2,000 characters.
pub fn url(field: &str, value: String) -> Result<String, Rejection> {
    let value = text(field, value.trim().to_owned(), 2000)?;
    let lower = value.to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let whole = host.is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric() || c == '['));
    if !whole || value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Rejection::new(field, "is no web address: it looks like https://host/path, without spaces"));
    }
    Ok(value)
}

/// Checks a DOI, and gives it in lower case without `doi:` or a resolver before it: DOIs do not know case.
///
/// # Errors
/// If it is not `10.`, four to nine digits, `/` and a suffix.
pub fn doi(field: &str, value: &str) -> Result<String, Rejection> {
    let lower = text(field, value.trim().to_owned(), 500)?.to_lowercase();
    let bare = ["https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:"]
        .iter()
        .find_map(|before| lower.strip_prefix(before))
        .unwrap_or(&lower)
        .trim_start();
    let parts = bare.strip_prefix("10.").and_then(|rest| rest.split_once('/'));
    let whole = parts.is_some_and(|(registrant, suffix)| {
        let digits = registrant.split('.').next().unwrap_or("");
        (4..=9).contains(&digits.len())
            && registrant.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !suffix.is_empty()
            && !suffix.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    if whole { Ok(bare.to_owned()) } else { Err(Rejection::new(field, "is no DOI: it looks like 10.1000/182")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_doi_is_the_same_however_it_is_written() {
        for written in
            ["10.1000/ABC", " doi:10.1000/abc", "https://doi.org/10.1000/abc", "http://dx.doi.org/10.1000/Abc"]
        {
            assert_eq!(doi("doi", written).unwrap(), "10.1000/abc");
        }
        for wrong in ["", "10.1/abc", "10.1000/", "11.1000/abc", "10.1000/a b", "10.1000"] {
            assert!(doi("doi", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_web_address_has_a_host_and_no_spaces() {
        assert!(url("url", "https://example.org/a?b=c".into()).is_ok());
        for wrong in ["", "example.org", "https://", "https:///x", "javascript:alert(1)", "https://a b"] {
            assert!(url("url", wrong.into()).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_text_that_passes_is_kept_as_it_came(value in any::<String>(), most in 0usize..40) {
            let kept = text("field", value.clone(), most);
            let fits = !value.trim().is_empty() && !value.contains('\0') && value.chars().count() <= most;
            prop_assert_eq!(kept.is_ok(), fits);
            if let Ok(kept) = kept {
                prop_assert_eq!(kept, value);
            }
        }

        #[test]
        fn a_doi_that_was_read_reads_as_itself(value in "(doi:)?10\\.[0-9]{4,9}/[a-zA-Z0-9./:-]{1,20}") {
            let once = doi("doi", &value).unwrap();
            prop_assert_eq!(doi("doi", &once).unwrap(), once);
        }

        #[test]
        fn words_are_sorted_and_each_stands_once(values in proptest::collection::vec("[a-c ]{0,3}", 0..6)) {
            if let Ok(kept) = words("labels", values, 5, 3) {
                prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
