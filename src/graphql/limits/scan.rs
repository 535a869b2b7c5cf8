//! A look at a document's text before it is parsed: the parser works by recursion, and overflows its stack on brackets
//! that nest some thousands deep.

use super::{BRACKETS, BYTES, Refusal, TOKENS};

/// Refuses a document that is too long to parse or nests too deep to be parsed by recursion.
pub(super) fn scan(text: &str) -> Result<(), Refusal> {
    let bytes = text.as_bytes();
    let (mut at, mut open, mut tokens) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let length = match byte {
            b' ' | b',' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                continue;
            }
            b'"' => string(rest)?,
            b'(' | b'[' | b'{' => {
                open += 1;
                1
            }
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                1
            }
            byte if word(byte) => rest.iter().position(|byte| !word(*byte)).unwrap_or(rest.len()),
            _ => 1,
        };
        at += length;
        tokens += 1;
        if open > BRACKETS {
            return Err(Refusal::TooDeep(format!("brackets nest more than {BRACKETS} deep in the document")));
        }
        if tokens > TOKENS {
            let message = format!("the document has more than {TOKENS} names, values and signs: ask in two steps");
            return Err(Refusal::TooComplex(message));
        }
    }
    if bytes.len() > BYTES {
        let message =
            format!("the document has {} bytes, and {BYTES} is the limit: send data as variables", bytes.len());
        return Err(Refusal::TooComplex(message));
    }
    Ok(())
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the string at the beginning, quotes included.
fn string(text: &[u8]) -> Result<usize, Refusal> {
    // A string that does not end is refused here: where the parser then sees brackets would be for it to say.
    let endless = || Refusal::Malformed("a string in the document has no end".to_owned());
    if let Some(content) = text.strip_prefix(b"\"\"\"") {
        let mut at = 0;
        while !content[at..].starts_with(b"\"\"\"") {
            at += if content[at..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
            if at >= content.len() {
                return Err(endless());
            }
        }
        return Ok(at + 6);
    }
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            Some(b'\n' | b'\r') | None => return Err(endless()),
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_and_comments_are_no_nesting() {
        let many = "{[(".repeat(100);
        for text in
            [format!("{{ a(b: \"{many}\\\"{many}\") }}"), format!("{{ a(b: \"\"\"{many}\n\\\"\"\"{many}\"\"\") }}")]
        {
            assert_eq!(scan(&text), Ok(()), "{text}");
        }
        assert_eq!(scan(&format!("{{ a }} # {many}")), Ok(()));
        assert!(matches!(scan(&format!("{{ a }} # {many}\r{many}")), Err(Refusal::TooDeep(_))));
        assert!(matches!(scan(&format!("\"\"{many}")), Err(Refusal::TooDeep(_))));
    }

    #[test]
    fn a_string_without_an_end_is_refused() {
        for text in [
            "{ a(b: \"",
            "{ a(b: \"c\n\") }",
            "{ a(b: \"\"\"",
            "{ a(b: \"\"\"c\"\") }",
            "{ a(b: \"c\\",
            "\"\"\"\\\"\"\"",
        ] {
            assert!(matches!(scan(text), Err(Refusal::Malformed(_))), "{text}");
        }
    }
}
