//! The list of references that a text ends in: which number, or which author and year, names what.
//!
//! A list begins with a heading of its own ("References", "Sources:"), or is made of footnotes ("[^1]: …"), or of the text's last lines,
//! each with a number in brackets and an address or year. What is not clearly one is none: a number that is given twice names nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::Target;
use super::forms::lowered;
use super::identifiers::{identifiers, target};
use crate::stages::verify::claims::worth_checking;
use crate::stages::verify::words::{Span, words};

/// An entry of a list of references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The number before it.
    pub number: Option<u32>,
    /// Where it stands in the text, its number included.
    pub span: Span,
    /// What it says, without its number.
    pub text: String,
    /// What it names; none where it gives several addresses.
    pub target: Option<Target>,
}

/// The lists of references of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    entries: Vec<Reference>,
    /// Where the lists stand, their headings included, in order.
    lists: Vec<Span>,
    /// The entry of each number; none where two have it.
    numbered: BTreeMap<u32, Option<usize>>,
    /// Entries by a word with a capital and a year that stand in them.
    named: HashMap<(String, i32), Vec<usize>>,
}

/// An entry's authors and year stand within so many characters.
const AUTHORS_WITHIN: usize = 300;
/// With more entries of one author and year than this, none is told from the others.
const MOST_ALIKE: usize = 8;

impl References {
    /// The entries, in order.
    pub fn entries(&self) -> &[Reference] {
        &self.entries
    }

    /// The entry that has that number alone.
    pub fn numbered(&self, number: u32) -> Option<&Reference> {
        self.entries.get((*self.numbered.get(&number)?)?)
    }

    /// The one entry that names all of the authors ("Wang et al.", "Ada and Bell") and the year.
    pub fn written_by(&self, authors: &str, year: i32) -> Option<&Reference> {
        let surnames: Vec<String> = words(authors).into_iter().filter(|w| w.capital).map(|w| w.lower).collect();
        let alike = self.named.get(&(surnames.first()?.clone(), year)).filter(|alike| alike.len() <= MOST_ALIKE)?;
        let mut fitting = alike.iter().filter(|at| {
            surnames.iter().all(|name| self.named.get(&(name.clone(), year)).is_some_and(|all| all.contains(at)))
        });
        match (fitting.next(), fitting.next()) {
            (Some(at), None) => self.entries.get(*at),
            _ => None,
        }
    }

    /// Whether a place in the text is within a list of references.
    pub fn lists(&self, at: usize) -> bool {
        let list = self.lists.partition_point(|list| list.end <= at);
        self.lists.get(list).is_some_and(|list| list.start <= at)
    }

    fn add(&mut self, list: Span, entries: Vec<Reference>) {
        self.lists.push(list);
        for entry in entries {
            let at = self.entries.len();
            if let Some(number) = entry.number {
                let same = |other: &Reference| other.target == entry.target && entry.target.is_some();
                let earlier = self.numbered.get(&number).copied();
                let kept = match earlier {
                    None => Some(at),
                    Some(other) => other.filter(|other| same(&self.entries[*other])),
                };
                self.numbered.insert(number, kept);
            }
            let head = entry
                .text
                .char_indices()
                .nth(AUTHORS_WITHIN)
                .map_or(entry.text.as_str(), |(end, _)| &entry.text[..end]);
            let years: Vec<i32> = YEAR.find_iter(head).filter_map(|year| year.as_str().parse().ok()).collect();
            for word in words(head).into_iter().filter(|w| w.capital && w.lower.chars().all(char::is_alphabetic)) {
                for year in &years {
                    let alike = self.named.entry((word.lower.clone(), *year)).or_default();
                    if alike.last() != Some(&at) {
                        alike.push(at);
                    }
                }
            }
            self.entries.push(entry);
        }
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

const NAMES: &str = "references?|reference list|sources?|sources cited|cited sources|bibliography|works cited|literature cited|citations?|footnotes?|endnotes?|参考文献|参考资料|来源|資料來源|المراجع|المصادر|संदर्भ|स्रोत|Quellen|Literatur|Références|Bibliographie|Referencias|Bibliografía|Fuentes";

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)^\s*(?:#{{1,6}}\s*)?(?:\*\*|__)?(?:{NAMES})\s*(?:\*\*|__)?\s*[:：]?\s*(?:\*\*|__)?\s*(?:-{{3,}})?\s*$"
    ))
});
/// A heading with its list in the same line, which may end a paragraph.
static INLINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r"(?:^|[.!?。\])]\s+|\(\s*)(?:\*\*|__)?(?i:{NAMES})(?:\*\*|__)?[:：](?:\*\*|__)?\s*"))
});
static ENTRY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:[-*•]\s+)?(?:\[\^?(?P<square>[0-9]{1,3})\]:?|\((?P<round>[0-9]{1,3})\)|(?P<plain>[0-9]{1,3})[.)](?:\s|$)|\^?(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})|(?P<bullet>[-*•–]\s))\s*",
    )
});
static FOOTNOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*\[(?:\^[0-9]{1,3}\]:|[0-9]{1,3}\]:\s+<?https?://)"));
static BRACKETED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:\[\^?[0-9]{1,3}\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}\s*[\p{L}\[h])"));
static INLINE_NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?:^|[\s;,])(?:\[(?P<square>[0-9]{1,3})\]|\((?P<round>[0-9]{1,3})\)|(?P<plain>[0-9]{1,3})[.)]\s)\s*")
});
static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:1[5-9][0-9]{2}|20[0-9]{2})\b"));
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"[“"«„「](?P<quoted>[^”"»“」]{3,300})[”"»“」]|\([12][0-9]{3}[a-z]?\)\.?,?\s+(?P<dated>[^.?!]{3,300})[.?!]"#,
    )
});

/// The lists of references of `text`.
pub fn references(text: &str) -> References {
    let mut found = References::default();
    let lines: Vec<Span> = lines(text);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].of(text);
        let (to, list) = if HEADING.is_match(line) {
            block(text, &lines, at + 1, Kind::Headed)
        } else if FOOTNOTE.is_match(line) {
            block(text, &lines, at, Kind::Footnotes)
        } else {
            (at, Vec::new())
        };
        if list.is_empty() {
            if let Some((region, list)) = inline(text, lines[at]) {
                found.add(region, list);
            }
            at += 1;
        } else {
            found.add(Span::new(lines[at].start, lines[to - 1].end), list);
            at = to;
        }
    }
    if found.lists.is_empty()
        && let Some(from) = last_lines(text, &lines)
    {
        let (to, list) = block(text, &lines, from, Kind::Last);
        if !list.is_empty() {
            found.add(Span::new(lines[from].start, lines[to - 1].end), list);
        }
    }
    found
}

fn lines(text: &str) -> Vec<Span> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let span = Span::new(at, at + line.trim_end_matches(['\n', '\r']).len());
            at += line.len();
            span
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Under a heading: numbers, bullets, or neither.
    Headed,
    /// Footnotes, wherever they are.
    Footnotes,
    /// The last lines of a text.
    Last,
}

/// The entries from line `from` on, and the line after the last; no entries where one of them says something that is no reference.
fn block(text: &str, lines: &[Span], from: usize, kind: Kind) -> (usize, Vec<Reference>) {
    let mut entries: Vec<(Option<u32>, Span, usize)> = Vec::new();
    let (mut at, mut to, mut blank) = (from, from, false);
    while let Some(span) = lines.get(at) {
        let line = span.of(text);
        let entry = ENTRY.captures(line).filter(|_| kind != Kind::Footnotes || FOOTNOTE.is_match(line));
        if line.trim().is_empty() {
            blank = true;
        } else if let Some(entry) = entry {
            let body = span.start + entry.get(0).map_or(0, |m| m.end());
            entries.push((number(&entry), *span, body));
            (to, blank) = (at + 1, false);
        } else if HEADING.is_match(line) {
            break;
        } else if kind == Kind::Headed
            && !blank | entries.is_empty()
            && bare(line)
            && entries.iter().all(|e| e.0.is_none())
        {
            entries.push((None, *span, span.start));
            to = at + 1;
            blank = false;
        } else if !blank && (line.starts_with([' ', '\t']) || line.trim_start().starts_with("http")) {
            // The rest of an entry that is longer than its line.
            let Some(open) = entries.last_mut() else { break };
            open.1.end = span.end;
            to = at + 1;
        } else {
            break;
        }
        at += 1;
    }
    let read = entries.into_iter().map(|(number, span, body)| reference(text, number, span, body)).collect::<Vec<_>>();
    let believed = read.iter().all(|entry| believed(&entry.text, kind));
    (to, if believed { read } else { Vec::new() })
}

/// A line without number or bullet is an entry where it gives an address or begins with authors and a year.
fn bare(line: &str) -> bool {
    line.len() <= 1_000 && (YEAR.is_match(line) || !identifiers(line).is_empty())
}

/// Whether an entry names a source rather than says something.
fn believed(text: &str, kind: Kind) -> bool {
    let dated = YEAR.is_match(text) || !identifiers(text).is_empty();
    dated || kind == Kind::Footnotes || (kind == Kind::Headed && !worth_checking(text))
}

fn number(entry: &regex::Captures) -> Option<u32> {
    ["square", "round", "plain"]
        .into_iter()
        .find_map(|name| entry.name(name)?.as_str().parse().ok())
        .or_else(|| lowered(entry.name("raised")?.as_str()).parse().ok())
}

fn reference(text: &str, number: Option<u32>, span: Span, body: usize) -> Reference {
    let said = text[body.min(span.end)..span.end].trim();
    Reference { number, span, text: said.to_owned(), target: named(said) }
}

/// What an entry names: its DOI, its one address, or its title.
fn named(said: &str) -> Option<Target> {
    let mut targets: Vec<Target> = identifiers(said).iter().filter_map(|(form, _)| target(form)).collect();
    targets.sort();
    targets.dedup();
    let dois = targets.iter().filter(|t| matches!(t, Target::Doi(_))).count();
    match (targets.as_slice(), dois) {
        ([one], _) => Some(one.clone()),
        ([], _) => title(said),
        (_, 1) => targets.into_iter().find(|t| matches!(t, Target::Doi(_))),
        _ => None,
    }
}

fn title(said: &str) -> Option<Target> {
    let found = TITLE.captures(said);
    let within = found.and_then(|found| found.name("quoted").or(found.name("dated")).map(|m| m.as_str().to_owned()));
    let title = within.unwrap_or_else(|| said.to_owned());
    let title = title.trim().trim_matches(['*', '_', '.', ',', ';', ' ']);
    (title.chars().count() <= AUTHORS_WITHIN && title.contains(char::is_alphabetic))
        .then(|| Target::Title(title.to_owned()))
}

/// A list in one line: "Sources: 1. … 2. …", "References: [1] https://… [2] https://…".
fn inline(text: &str, line: Span) -> Option<(Span, Vec<Reference>)> {
    let said = line.of(text);
    let heading = INLINE.find(said)?;
    let rest = &said[heading.end()..];
    let begin = line.start + heading.end();
    let starts: Vec<(u32, usize, usize)> = INLINE_NUMBER
        .captures_iter(rest)
        .filter_map(|caught| Some((number(&caught)?, caught.get(0)?.start(), caught.get(0)?.end())))
        .scan(0, |last, start| {
            // "Vol. 3." within an entry is no entry: numbers rise by one.
            let next = *last == 0 || start.0 == *last + 1;
            *last = if next { start.0 } else { *last };
            Some(next.then_some(start))
        })
        .flatten()
        .collect();
    let entries: Vec<Reference> = match starts.first() {
        Some((_, 0, _)) => {
            let ends = starts.iter().skip(1).map(|s| s.1).chain([rest.len()]);
            starts
                .iter()
                .zip(ends)
                .map(|((number, from, body), to)| {
                    reference(text, Some(*number), Span::new(begin + from, begin + to), begin + body)
                })
                .collect()
        }
        _ if !identifiers(rest).is_empty() => vec![reference(text, None, Span::new(begin, line.end), begin)],
        _ => return None,
    };
    let believed = entries.iter().all(|entry| believed(&entry.text, Kind::Headed));
    let from =
        said[..heading.end()].char_indices().find(|(at, c)| *at >= heading.start() && (c.is_alphabetic() || *c == '*'));
    believed.then(|| (Span::new(line.start + from.map_or(heading.start(), |(at, _)| at), line.end), entries))
}

/// The first of the text's last lines that all begin with a number in brackets, or go on with what such a line began.
fn last_lines(text: &str, lines: &[Span]) -> Option<usize> {
    let mut first = None;
    for (at, line) in lines.iter().enumerate().rev() {
        let said = line.of(text);
        if BRACKETED.is_match(said) {
            first = Some(at);
        } else if !said.trim().is_empty() && !said.starts_with([' ', '\t']) {
            break;
        }
    }
    // A text that is nothing but such lines cites nothing by them.
    first.filter(|at| lines[..*at].iter().any(|line| !line.of(text).trim().is_empty()))
}
