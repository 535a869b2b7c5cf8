//! A sentence parted into the statements that it makes, each with its subject: "Ada was born in York and died in Hull." states two
//! things.
//!
//! Parted only where the form leaves no doubt: the parts of what is quoted, reported, supposed, denied or only possible belong together, and a
//! word that may be a noun as well as a verb parts nothing.

mod scope;

use std::sync::LazyLock;

use regex::Regex;

use self::scope::{attributes, leads_in, subordinates, supposes, told, whole};
use crate::stages::verify::resolve::verbs;
use crate::stages::verify::words::{Span, Word, words};

/// A part of a sentence and the statement that it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Where it stands in the sentence; the parts lie side by side.
    pub span: Span,
    /// The statement, with its subject.
    pub statement: String,
}

/// A sentence that is longer (in bytes) is left whole.
const LONGEST: usize = 1_000;

/// The statements of a sentence, in order; the sentence itself where it makes one.
pub(super) fn parts(sentence: &str) -> Vec<Part> {
    let whole = Piece { span: Span::new(0, sentence.len()), lead: String::new(), body: Span::new(0, sentence.len()) };
    let mut out = Vec::new();
    let mut open = vec![whole];
    while let Some(piece) = open.pop() {
        let said = piece.said(sentence);
        match (said.len() <= LONGEST).then(|| parted(&said)).flatten().and_then(|pair| piece.divided(&pair)) {
            // Each is looked at again, the first one first.
            Some([first, second]) => open.extend([second, first]),
            None => out.push(Part { span: piece.span, statement: said }),
        }
    }
    out
}

/// A part of a sentence: `lead` and then `body` is what it says.
struct Piece {
    span: Span,
    lead: String,
    body: Span,
}

impl Piece {
    fn said(&self, sentence: &str) -> String {
        format!("{}{}", self.lead, self.body.of(sentence))
    }

    /// The pieces of this one, given those of what it says; nothing where they would part in what it does not have itself.
    fn divided(&self, pair: &[Piece; 2]) -> Option<[Piece; 2]> {
        let lead = self.lead.len();
        let place = |at: usize| at.checked_sub(lead).map(|at| self.body.start + at);
        let middle = place(pair[1].span.start)?;
        let piece = |piece: &Piece, span: Span| {
            let carried = self.lead.get(piece.body.start..).unwrap_or("");
            Some(Piece {
                span,
                lead: format!("{}{carried}", piece.lead),
                body: Span::new(self.body.start + piece.body.start.saturating_sub(lead), place(piece.body.end)?),
            })
        };
        Some([piece(&pair[0], Span::new(self.span.start, middle))?, piece(&pair[1], Span::new(middle, self.span.end))?])
    }
}

/// What a sentence says in two.
fn parted(said: &str) -> Option<[Piece; 2]> {
    if said.ends_with(['?', ':']) || said.contains(['"', '“', '”', '«', '»', '„', '「', '『', '`', '=']) {
        return None;
    }
    let all = words(said);
    interrupted(said, &all)
        .or_else(|| relative(said, &all))
        .or_else(|| coordinated(said, &all))
        .or_else(|| joined(said, &all))
}

static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r",\s+(?:which|who)\s+(?:is|was|are|were|has|had|comes?|came|stands?|means?|derives?|derived|became|began|opened|covers?|includes?)\b").expect("a constant pattern")
});

/// A relative clause at the end of the sentence, whose antecedent is a name right before the comma.
fn relative(said: &str, all: &[Word]) -> Option<[Piece; 2]> {
    let cut = RELATIVE.find(said)?;
    let head = &all[..all.partition_point(|w| w.span.end <= cut.start())];
    let names = head.iter().rev().take_while(|w| w.capital && !w.first && w.lower != "the").count();
    let before = head.len().checked_sub(names + 1).map_or("", |at| head[at].lower.as_str());
    let listed = matches!(before, "and" | "or" | "&")
        || (before == "of" && head.len() > names + 1 && head[head.len() - names - 2].capital);
    if names == 0
        || listed
        || head.last().is_some_and(|w| w.span.end != cut.start())
        || !super::worth_checking(&said[..cut.start()])
    {
        return None;
    }
    let antecedent = &said[head[head.len() - names].span.start..cut.start()];
    let verb = cut.start() + cut.as_str().trim_end_matches(|c: char| !c.is_whitespace()).len();
    Some([
        Piece { span: Span::new(0, cut.start()), lead: String::new(), body: Span::new(0, cut.start()) },
        Piece {
            span: Span::new(cut.start(), said.len()),
            lead: format!("{antecedent} "),
            body: Span::new(verb, said.len()),
        },
    ])
}

/// "Canberra, the capital of Australia, was founded in 1913.", "Canberra, which is in Australia, was founded in 1913."
fn interrupted(said: &str, all: &[Word]) -> Option<[Piece; 2]> {
    let first = said.find(", ")?;
    let second = first + 2 + said[first + 2..].find(", ")?;
    let count = |from: usize, to: usize| all.iter().filter(move |w| w.span.start >= from && w.span.end <= to);
    let subject: Vec<&Word> = count(0, first).collect();
    let inner: Vec<&Word> = count(first, second).collect();
    let verb = all.iter().find(|w| w.span.start >= second)?;
    let named = subject.len() <= 6 && is_name(&subject);
    let simple = inner.len() <= 14 && !inner.is_empty() && !said[..second].contains(['(', ')', ';']);
    if !named || !simple || verb.span.start != second + 2 || !finite(&verb.lower) || verb.capital {
        return None;
    }
    let present =
        matches!(verb.lower.as_str(), "is" | "has" | "can") || (verb.lower.ends_with('s') && verb.lower != "was");
    let plural = matches!(verb.lower.as_str(), "are" | "were" | "have");
    let name = &said[..first];
    let opening = inner[0].lower.as_str();
    let (lead, from) = if matches!(opening, "which" | "who") {
        let clause = inner.get(1).filter(|w| finite(&w.lower))?;
        (format!("{name} "), clause.span.start)
    } else if matches!(opening, "the" | "a" | "an")
        && !plural
        && inner.iter().all(|w| !told(&w.lower) && !finite(&w.lower))
    {
        (format!("{name} {} ", if present { "is" } else { "was" }), inner[0].span.start)
    } else {
        return None;
    };
    Some([
        Piece { span: Span::new(0, second + 1), lead, body: Span::new(from, second) },
        Piece {
            span: Span::new(second + 1, said.len()),
            lead: format!("{name} "),
            body: Span::new(verb.span.start, said.len()),
        },
    ])
}

/// A name at the start of a sentence: words with capitals, "of" and "the" among them.
fn is_name(subject: &[&Word]) -> bool {
    let inner = |w: &Word| matches!(w.lower.as_str(), "of" | "the" | "de" | "von" | "van" | "la" | "al");
    subject.iter().any(|w| w.capital && !w.is_stop())
        && subject.iter().all(|w| w.capital || inner(w))
        && subject.first().is_some_and(|w| !w.is_stop() || w.lower == "the")
        && subject.last().is_some_and(|w| w.capital && !w.is_stop())
}

/// "Ada was born in York and died in Hull.": two verbs of one subject.
fn coordinated(said: &str, all: &[Word]) -> Option<[Piece; 2]> {
    if whole(all) {
        return None;
    }
    let verb = all.iter().position(|w| finite(&w.lower) && !w.capital)?;
    let subject = said[..all[verb].span.start].trim_end();
    let simple = all[..verb].iter().all(|w| !subordinates(&w.lower));
    if verb == 0 || verb > 8 || !simple || subject.contains([',', ';', '(']) || leads_in(&all[0]) {
        return None;
    }
    let after = |at: usize| all.get(at).map_or("", |w| w.lower.as_str());
    let passive = be(&all[verb].lower) || matches!(all[verb].lower.as_str(), "has" | "have" | "had");
    let passive = passive && (verb + 1..verb + 3).any(|at| verbs::is_participle(after(at)));
    let at = (verb + 2..all.len().saturating_sub(1)).find(|at| {
        let adverb = matches!(after(at + 1), "later" | "then" | "also" | "subsequently" | "eventually");
        let second = at + 1 + usize::from(adverb);
        let said_of_it = all[verb + 1..*at].iter().any(|w| !w.is_stop());
        all[*at].lower == "and" && said_of_it && !after(second).is_empty() && is_verb(all, second, passive)
    })?;
    let between = &all[verb..at];
    if between.iter().any(|w| subordinates(&w.lower)) {
        return None;
    }
    let before = said[..all[at].span.start].trim_end().trim_end_matches(',').len();
    Some([
        Piece { span: Span::new(0, before), lead: String::new(), body: Span::new(0, before) },
        Piece {
            span: Span::new(before, said.len()),
            lead: format!("{subject} "),
            body: Span::new(all[at + 1].span.start, said.len()),
        },
    ])
}

/// Whether the word after "and" can only be a verb of the same subject. After "was built" a form in -ed may be another participle, and
/// before a noun it may be an adjective ("applied mathematics"); one in -s may be a plural ("trees and plants").
fn is_verb(all: &[Word], at: usize, passive: bool) -> bool {
    let word = all[at].lower.as_str();
    if all[at].capital || !finite(word) || word == "can" {
        return false;
    }
    if be(word) || matches!(word, "has" | "had" | "have") {
        return true;
    }
    let next = all.get(at + 1);
    let noun_begins = next.is_some_and(|w| {
        w.is_article()
            || w.capital
            || matches!(w.lower.as_str(), "his" | "her" | "its" | "their" | "this" | "these" | "one" | "two" | "three")
    });
    let phrase = next.is_none_or(|w| {
        matches!(w.lower.as_str(), "in" | "on" | "at" | "from" | "to" | "until" | "for" | "as" | "with" | "into")
    });
    if word.ends_with('s') {
        return noun_begins;
    }
    if only_past(word) {
        return true;
    }
    !passive && (noun_begins || (phrase && word.ends_with("ed")))
}

/// A past that is no participle, or of a verb that has no passive.
fn only_past(word: &str) -> bool {
    matches!(
        word,
        "died"
            | "arrived"
            | "lived"
            | "served"
            | "worked"
            | "existed"
            | "resigned"
            | "retired"
            | "travelled"
            | "traveled"
    ) || (verbs::is_finite(word)
        && !verbs::is_participle(word)
        && !word.ends_with('s')
        && !word.ends_with("ed")
        && !verbs::is_base(word))
}

fn be(word: &str) -> bool {
    matches!(word, "is" | "was" | "are" | "were")
}

fn finite(word: &str) -> bool {
    verbs::is_finite(word) && word != "can"
}

/// "Gold is a metal, and it is dense.", "Gold is a metal; silver is one too.": two clauses, each with subject and verb.
fn joined(said: &str, all: &[Word]) -> Option<[Piece; 2]> {
    if all.iter().any(|w| attributes(&w.lower) || supposes(&w.lower)) || all.first().is_none_or(leads_in) {
        return None;
    }
    JOINT.find_iter(said).find_map(|joint| {
        let (first, rest) = (&said[..joint.start()], &said[joint.end()..]);
        let (before, after): (Vec<&Word>, Vec<&Word>) = (
            all.iter().filter(|w| w.span.end <= joint.start()).collect(),
            all.iter().filter(|w| w.span.start >= joint.end()).collect(),
        );
        let told = before.iter().skip(1).any(|w| finite(&w.lower) && !w.capital) && !first.contains(['(', ';']);
        let opens = after.first().is_some_and(|w| {
            (joint.as_str().contains(';') && !leads_in(w))
                || w.capital
                || w.is_article()
                || matches!(w.lower.as_str(), "it" | "he" | "she" | "they" | "its" | "his" | "their")
        });
        let verb = after.iter().take(7).position(|w| finite(&w.lower) && !w.capital);
        let subject =
            verb.is_some_and(|at| at >= 1 && !said[joint.end()..after[at].span.start].contains([',', ';', '(']));
        let plain = after.iter().take(verb.unwrap_or(0)).all(|w| !subordinates(&w.lower) && w.lower != "and");
        let simple = before.iter().all(|w| !subordinates(&w.lower));
        (told && opens && subject && plain && simple).then(|| {
            let letter = rest.chars().next().map_or(0, char::len_utf8);
            [
                Piece { span: Span::new(0, joint.start()), lead: String::new(), body: Span::new(0, joint.start()) },
                Piece {
                    span: Span::new(joint.start(), said.len()),
                    lead: rest[..letter].to_uppercase(),
                    body: Span::new(joint.end() + letter, said.len()),
                },
            ]
        })
    })
}

static JOINT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*(?:;\s+(?:and\s+)?|,\s+(?:and|but)\s+)").expect("a constant pattern"));
