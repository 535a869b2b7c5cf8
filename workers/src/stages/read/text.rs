//! The text of what was retrieved: of web pages without markup, of plain texts as they are.

use atr_core::domain::source_copy::{CopyText, TEXT_BYTES};
use encoding_rs::{Encoding, UTF_8};
use html2text::config;

/// How wide a line of a page may be before it is broken: wider than any paragraph.
const WIDTH: usize = 1_000_000;
/// The most elements that may be open at once in a page: what is rendered goes down into each.
const DEPTH: usize = 256;

/// The text of bytes of a media type (`type/subtype; parameters`).
pub(super) fn text_of(media_type: &str, bytes: &[u8]) -> CopyText {
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    let is_page = matches!(essence.as_str(), "text/html" | "application/xhtml+xml");
    let is_text = essence.starts_with("text/")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/x-ndjson")
        || essence.ends_with("+json")
        || essence.ends_with("+xml");
    if !is_page && !is_text {
        return CopyText::Unread(format!("what is of the type {essence} is kept, and its text is not read"));
    }
    let named = charset.map(str::as_bytes).or_else(|| is_page.then(|| declared(bytes)).flatten());
    let encoding = named.and_then(Encoding::for_label).unwrap_or(UTF_8);
    // A byte order mark outranks what was said.
    let (decoded, _, _) = encoding.decode(bytes);
    if !is_page {
        return cut(decoded.replace('\0', ""));
    }
    if depth(&decoded) > DEPTH {
        return CopyText::Unread(format!("the page nests more than {DEPTH} elements"));
    }
    let plain = config::plain_no_decorate().raw_mode(true).allow_width_overflow();
    match plain.string_from_read(decoded.as_bytes(), WIDTH) {
        Ok(text) => cut(text.replace('\0', "")),
        Err(error) => CopyText::Unread(format!("the page cannot be read: {error}")),
    }
}

/// What a page says of its own encoding, in its first kilobyte (HTML, 13.2.3.2).
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let head = &bytes[..bytes.len().min(1024)];
    let at = head.windows(8).position(|window| window.eq_ignore_ascii_case(b"charset="))? + 8;
    let value = head[at..].strip_prefix(b"\"").or_else(|| head[at..].strip_prefix(b"'")).unwrap_or(&head[at..]);
    let end = value.iter().position(|b| !b.is_ascii_alphanumeric() && !b"-_:.".contains(b)).unwrap_or(value.len());
    (end > 0).then(|| &value[..end])
}

/// How many elements are open at once at the most, as far as tags tell; what closes nothing that is open does not count.
fn depth(page: &str) -> usize {
    const VOID: [&str; 14] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
    // Elements whose end tags are commonly left out, which the next of them closes.
    const OPTIONAL: [&str; 12] =
        ["p", "li", "dt", "dd", "tr", "td", "th", "option", "thead", "tbody", "tfoot", "colgroup"];
    let (mut open, mut deepest) = (0usize, 0usize);
    for tag in page.split('<').skip(1) {
        let closes = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(20)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if name.is_empty() || VOID.contains(&name.as_str()) || OPTIONAL.contains(&name.as_str()) {
            continue;
        }
        open = if closes { open.saturating_sub(1) } else { open + 1 };
        deepest = deepest.max(open);
    }
    deepest
}

fn cut(mut text: String) -> CopyText {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = end < text.len();
    text.truncate(end);
    if text.trim().is_empty() {
        return CopyText::Unread("there is no text in it".to_owned());
    }
    CopyText::Read { text, cut }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(media_type: &str, bytes: &[u8]) -> String {
        match text_of(media_type, bytes) {
            CopyText::Read { text, .. } => text,
            CopyText::Unread(problem) => panic!("{problem}"),
        }
    }

    #[test]
    fn a_page_is_read_without_its_markup_scripts_and_styles() {
        let page = b"<!doctype html><html><head><title>T</title><style>p { color: red }</style><script>alert(1)</script></head>
            <body><h1>Gold</h1><p>The atomic number of <b>gold</b> is&nbsp;79 &amp; no more.</p><ul><li>Au<li>soft</ul>
            <table><tr><td>melts</td><td>1064 &deg;C</td></tr></table></body></html>";
        let text = read("text/html; charset=utf-8", page);
        for part in ["Gold", "The atomic number of gold is\u{a0}79 & no more.", "Au", "soft", "melts", "1064 °C"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("alert") && !text.contains("color") && !text.contains('<'), "{text}");
    }

    #[test]
    fn the_encoding_is_what_is_said_of_it_or_what_the_page_says() {
        assert_eq!(read("text/plain; charset=iso-8859-1", b"1064 \xb0C"), "1064 °C");
        assert!(
            read("text/html", b"<meta charset=\"windows-1251\"><p>\xe7\xee\xeb\xee\xf2\xee</p>").contains("золото")
        );
        assert_eq!(read("text/plain", "金 79".as_bytes()), "金 79");
        assert_eq!(read("text/plain; charset=nonsense", b"plain"), "plain");
    }

    #[test]
    fn what_has_no_text_says_so() {
        for (media_type, bytes) in [
            ("application/pdf", &b"%PDF-1.7"[..]),
            ("image/png", b"\x89PNG"),
            ("text/html", b"<p> </p>"),
            ("text/plain", b""),
        ] {
            assert!(matches!(text_of(media_type, bytes), CopyText::Unread(_)), "{media_type}");
        }
    }

    #[test]
    fn endless_and_endlessly_nested_pages_are_bounded() {
        let long = "word ".repeat(TEXT_BYTES / 2);
        let CopyText::Read { text, cut } = text_of("text/plain", long.as_bytes()) else { panic!("no text") };
        assert!(cut && text.len() == TEXT_BYTES);
        for element in ["div", "b", "table><tr><td", "ul><li", "p><span", "blockquote", "svg><g", "td", "p", "li"] {
            let nested = format!("<{element}>").repeat(100_000);
            // It is read or it says why not, and takes no stack for each.
            text_of("text/html", nested.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), page in "(<[a-z/!]{0,6}[ >]?|[a-z&;]{0,4}){0,60}") {
            for media_type in ["text/html", "text/plain; charset=utf-16le", "application/json"] {
                text_of(media_type, &bytes);
                text_of(media_type, page.as_bytes());
            }
        }
    }
}
