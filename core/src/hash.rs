//! Content hashes: BLAKE3 over canonical JSON.

use serde::Serialize;

/// A BLAKE3 hash, 32 bytes; its text form is 64 lower-case hex digits.
pub type Digest = blake3::Hash;

/// Hashes a value by its canonical JSON: object keys sorted, no white space, numbers as `serde_json` writes them.
///
/// # Panics
/// If the value cannot be written as JSON (a map with keys that are not strings): a fault of the type, not of data.
pub fn of_json(value: &impl Serialize) -> Digest {
    let mut sorted = serde_json::to_value(value).expect("the type serialises to JSON");
    sorted.sort_all_objects();
    blake3::hash(sorted.to_string().as_bytes())
}

/// Bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a hash from the database's 32 bytes.
///
/// # Errors
/// If there are not 32 bytes.
pub fn from_bytes(bytes: &[u8]) -> Result<Digest, std::array::TryFromSliceError> {
    Ok(Digest::from_bytes(bytes.try_into()?))
}
