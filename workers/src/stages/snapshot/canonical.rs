//! Canonical JSON (RFC 8785): one byte string for one value, so that it can be hashed. Integers are written in full, also
//! beyond 2^53, where the RFC would round them.

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// The canonical JSON of a value.
///
/// # Panics
/// If the type's own `Serialize` refuses, or has map keys that are not strings: no type that is hashed here does.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("a type that is hashed has a JSON form");
    let mut out = Vec::new();
    write(&value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(value) => out.extend(if *value { &b"true"[..] } else { b"false" }),
        Value::Number(number) => out.extend(plain(number).as_bytes()),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(fields) => object(fields, out),
    }
}

fn object(fields: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (at, (name, value)) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        string(name, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

fn string(text: &str, out: &mut Vec<u8>) {
    out.extend(Value::from(text).to_string().as_bytes());
}

/// A whole number has no decimal point, whether it came as an integer or not.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 => {
            (value as i64).to_string()
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_sorted_and_numbers_have_one_form() {
        let value = serde_json::json!({"b": 1.0, "a": [0.8, -0.0, 3, "é\n"], "\u{10000}": null, "\u{ffff}": true});
        let text = String::from_utf8(to_vec(&value)).expect("UTF-8");
        assert_eq!(text, "{\"a\":[0.8,0,3,\"é\\n\"],\"b\":1,\"\u{10000}\":null,\"\u{ffff}\":true}");
    }

    proptest! {
        #[test]
        fn the_order_in_which_fields_were_set_does_not_show(mut fields in proptest::collection::vec(("[a-zé]{0,4}", any::<i64>()), 0..8)) {
            fields.sort();
            fields.dedup_by(|a, b| a.0 == b.0);
            let forward: Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), Value::from(*v))).collect();
            let backward: Map<String, Value> = fields.iter().rev().map(|(k, v)| (k.clone(), Value::from(*v))).collect();
            prop_assert_eq!(to_vec(&forward), to_vec(&backward));
        }
    }
}
