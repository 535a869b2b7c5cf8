//! Why an item of input is refused, in words that its sender can act on; and reading JSON so that the words name the
//! field.

use serde::de::DeserializeOwned;

/// An item that cannot be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Rejection {
    /// The field at fault, as a path from the item (`steps[2].text`); `.` is the item itself.
    pub field: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Rejection {
    /// A refusal of a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// The same, where the field is a part of another.
    pub fn within(self, outer: &str) -> Self {
        let field = match self.field.as_str() {
            "." => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        Self { field, ..self }
    }
}

/// Reads an item from JSON text.
///
/// # Errors
/// Names the field that is missing, unknown or of the wrong type; for text that is no JSON, where it breaks off.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Rejection> {
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(list());
    }
    let mut text = serde_json::Deserializer::from_slice(json);
    let item = serde_path_to_error::deserialize(&mut text).map_err(refusal)?;
    text.end().map_err(|error| Rejection::new(".", format!("not one JSON value: {error}")))?;
    Ok(item)
}

/// Reads an item from a JSON value.
///
/// # Errors
/// As [`read`].
pub fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Rejection> {
    if value.is_array() {
        return Err(list());
    }
    serde_path_to_error::deserialize(value).map_err(refusal)
}

/// The refusal of a list, which would pass for an item's fields in order.
fn list() -> Rejection {
    Rejection::new(".", "expected a JSON object, and not a list: give its fields by name")
}

fn refusal(error: serde_path_to_error::Error<serde_json::Error>) -> Rejection {
    let path = error.path().to_string();
    let inner = error.into_inner();
    let message = inner.to_string();
    if inner.is_syntax() || inner.is_eof() {
        // The field in which it breaks off, where one was begun.
        let field = if path.contains('?') { ".".to_owned() } else { path };
        return Rejection::new(field, format!("not valid JSON: {message}"));
    }
    // serde names a missing field in the message alone; the path is that of the object which lacks it.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match missing {
        Some((field, _)) => {
            Rejection::new(if path == "." { field.to_owned() } else { format!("{path}.{field}") }, message)
        }
        None => Rejection::new(path, message),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Part {
        size: i32,
    }

    fn refused(json: &str) -> (String, String) {
        let Rejection { field, message } = read::<Outer>(json.as_bytes()).unwrap_err();
        (field, message)
    }

    #[test]
    fn a_missing_an_unknown_and_a_mistyped_field_are_named_by_their_path() {
        assert_eq!(refused(r#"{"parts": []}"#).0, "name");
        assert_eq!(refused(r#"{"name": "a", "parts": [{"size": 1}, {}]}"#).0, "parts[1].size");
        assert_eq!(refused(r#"{"name": "a", "parts": [], "extra": 1}"#).0, "extra");
        assert_eq!(refused(r#"{"name": "a", "parts": [{"size": 1, "extra": 1}]}"#).0, "parts[0].extra");
        assert_eq!(refused(r#"{"name": "a", "parts": [{"size": "x"}]}"#).0, "parts[0].size");
    }

    #[test]
    fn the_fields_in_order_without_their_names_are_no_item() {
        let (field, message) = refused(r#" ["a", [{"size": 1}]]"#);
        assert!(field == "." && message.contains("by name"), "{field}: {message}");
        let refused = read_value::<Outer>(serde_json::json!(["a", []])).unwrap_err();
        assert_eq!(refused, list());
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        for (broken, place) in [
            ("", "."),
            ("{", "."),
            ("nonsense", "."),
            (r#"{"name": "\ud800", "parts": []}"#, "name"),
            (r#"{"name": "a", "parts": [{"size": NaN}]}"#, "parts[0].size"),
            (r#"{"name": "a", "parts": []} x"#, "."),
        ] {
            let (field, message) = refused(broken);
            assert!(field == place && message.contains("JSON"), "{broken}: {field}: {message}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(read::<Outer>(&bytes));
        }
    }
}
