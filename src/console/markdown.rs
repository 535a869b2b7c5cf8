//! Markdown that people write, as HTML: CommonMark with tables and strikethrough.

use std::fmt;

use askama::filters::HtmlSafe;
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// HTML that is made from Markdown and holds nothing that runs, loads or has a style of its own.
#[derive(Debug)]
pub(super) struct Written(String);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Written {}

fn parsed(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// Text as HTML, its headings as parts of a heading of a level. HTML in it is shown as it is written, pictures become
/// links, and links lead to web pages and mailboxes alone.
pub(super) fn written(text: &str, under: usize) -> Written {
    let mut headings = Headings { under, open: vec![] };
    // A link opened for each that is open in the text: none for those that lead where they may not.
    let mut links: Vec<bool> = vec![];
    let events = parsed(text).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Heading { level, .. }) => {
            let level = headings.open(level);
            Some(Event::Start(Tag::Heading { level, id: None, classes: vec![], attrs: vec![] }))
        }
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Heading(headings.level()))),
        // How columns are aligned would be a style.
        Event::Start(Tag::Table(columns)) => {
            Some(Event::Start(Tag::Table(vec![pulldown_cmark::Alignment::None; columns.len()])))
        }
        Event::Start(Tag::Link { link_type, dest_url, .. }) => {
            let address = if link_type == LinkType::Email { format!("mailto:{dest_url}").into() } else { dest_url };
            follow(&mut links, address)
        }
        Event::Start(Tag::Image { dest_url, .. }) => follow(&mut links, dest_url),
        Event::End(TagEnd::Link | TagEnd::Image) => links.pop().unwrap_or(false).then_some(Event::End(TagEnd::Link)),
        other => Some(other),
    });
    let mut made = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut made, events);
    Written(made)
}

/// Opens a link, where it leads where links may lead and is not within another.
fn follow<'a>(links: &mut Vec<bool>, address: CowStr<'a>) -> Option<Event<'a>> {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let leads = matches!(scheme.as_deref(), Some("http" | "https" | "mailto")) && !links.contains(&true);
    links.push(leads);
    let link = Tag::Link { link_type: LinkType::Inline, dest_url: address, title: "".into(), id: "".into() };
    leads.then_some(Event::Start(link))
}

/// Its words alone, on one line.
pub(super) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for event in parsed(text) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                words.push_str(&text)
            }
            Event::SoftBreak | Event::HardBreak => words.push(' '),
            // What is only set otherwise goes on.
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image) => {}
            Event::End(_) if !words.ends_with(' ') => words.push(' '),
            _ => {}
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// Which levels headings get: one below what they stand under, none left out.
struct Headings {
    under: usize,
    /// The levels, as they are written, of those that the newest stands under, and its own.
    open: Vec<HeadingLevel>,
}

impl Headings {
    fn open(&mut self, level: HeadingLevel) -> HeadingLevel {
        self.open.retain(|above| *above < level);
        self.open.push(level);
        self.level()
    }

    fn level(&self) -> HeadingLevel {
        HeadingLevel::try_from((self.under + self.open.len()).min(6)).unwrap_or(HeadingLevel::H6)
    }
}

#[cfg(test)]
mod tests {
    use super::{words, written};

    fn of(text: &str) -> String {
        written(text, 1).to_string().replace('\n', "")
    }

    #[test]
    fn what_is_written_is_set_and_headings_leave_no_level_out() {
        assert_eq!(
            of("# Doses\n\nHold *each* against the **label**.\n\n#### Children\n\n- half\n- none\n\n## Others"),
            "<h2>Doses</h2><p>Hold <em>each</em> against the <strong>label</strong>.</p><h3>Children</h3>\
             <ul><li>half</li><li>none</li></ul><h3>Others</h3>"
        );
        assert_eq!(
            of("a | b\n--|-:\n1 | 2"),
            "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
        );
    }

    #[test]
    fn nothing_in_it_runs_or_loads() {
        assert_eq!(of("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        assert_eq!(of("a <b onclick=\"x()\">c</b>"), "<p>a &lt;b onclick=\"x()\"&gt;c&lt;/b&gt;</p>");
        assert_eq!(of("[here](javascript:alert(1)) [there](/sign-out)"), "<p>here there</p>");
        assert_eq!(
            of("[here](HTTPS://example.org/?a&b \"t\")"),
            "<p><a href=\"HTTPS://example.org/?a&amp;b\">here</a></p>"
        );
        assert_eq!(
            of("![a scan](https://example.org/a.png)"),
            "<p><a href=\"https://example.org/a.png\">a scan</a></p>"
        );
        assert_eq!(
            of("[![a scan](https://example.org/a.png)](https://example.org)"),
            "<p><a href=\"https://example.org\">a scan</a></p>"
        );
        assert_eq!(
            of("<someone@example.org>"),
            "<p><a href=\"mailto:someone@example.org\">someone@example.org</a></p>"
        );
    }

    #[test]
    fn its_words_alone_are_one_line() {
        assert_eq!(
            words("# Doses\n\nHold *each*,\nand the `label`.\n\n- half\n"),
            "Doses Hold each, and the label. half"
        );
    }
}
