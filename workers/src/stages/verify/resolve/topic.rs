//! What a sentence is about: its subject, as far as its form tells, and what a later pronoun may be to stand for it.

use std::sync::LazyLock;

use regex::Regex;

use super::kinds::{CONNECTIVES, KIN, PERSONS, PLACES};
use super::parts::{preposition, with_be, with_verb};
use super::verbs::is_finite;
use crate::stages::verify::words::{Word, words};

/// Who or what a topic is, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word for a person, or a title before a name.
    Person,
    /// A name that may be a person's.
    Name,
    /// One word that begins its sentence: a name or a noun.
    Word,
    /// No person.
    Thing,
}

/// The subject of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Topic {
    /// As written.
    pub text: String,
    pub kind: Kind,
    pub plural: bool,
    /// Nouns that the sentence says it is ("Canberra is a city"), lower case.
    pub classes: Vec<String>,
    /// The sentence has another name that may be a person's.
    pub other_name: bool,
    /// The sentence says what its subject is, or where, and does nothing to another thing.
    pub alone: bool,
}

/// A sentence of more words says too much for a pronoun after it to be certain.
const LONGEST: usize = 30;

static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:(?:please|can\s+you|could\s+you)\s+)*(?:tell\s+me\s+(?:something\s+)?about|describe|explain|what\s+do\s+you\s+know\s+about|write\s+(?:a\s+\w+\s+)?about)\s+(.+)$").expect("a constant pattern")
});
static WH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(who|what|when|where|why|how(?:\s+(?:tall|high|long|old|deep|heavy|fast|wide|large|big|hot|cold|far))?|in\s+(?:what|which)\s+(?:year|country|city|century))\s+(is|are|was|were|do|does|did)\s+(.+)$").expect("a constant pattern")
});

impl Topic {
    /// What a question asks about.
    pub fn asked(question: &str) -> Option<Self> {
        if let Some(about) = ABOUT.captures(question) {
            return Self::named(about.get(1)?.as_str().trim());
        }
        let q = WH.captures(question)?;
        let (what, auxiliary, rest) = (q[1].to_lowercase(), q[2].to_lowercase(), q.get(3)?.as_str());
        let subject = match auxiliary.as_str() {
            "do" | "does" | "did" => with_verb(rest)?.subject,
            _ if matches!(what.as_str(), "who" | "what") => rest,
            _ => with_be(rest).subject,
        };
        let mut topic = Self::named(subject)?;
        topic.plural = matches!(auxiliary.as_str(), "are" | "were" | "do") || (auxiliary == "did" && topic.plural);
        if what == "who" {
            // "Who is the president of France?" asks for a person by what he is; the answer names him.
            topic.kind = if topic.kind == Kind::Name { Kind::Person } else { return None };
        }
        Some(topic)
    }

    fn named(text: &str) -> Option<Self> {
        let all = words(text);
        let (kind, plural) = phrase(text, &all)?;
        Some(Self { text: text.to_owned(), kind, plural, classes: Vec::new(), other_name: false, alone: true })
    }

    /// What `sentence` is about; `before` is what the one before it was about, under whatever name.
    pub fn of(sentence: &str, before: Option<&Topic>) -> Option<Self> {
        let all = words(sentence);
        if all.len() > LONGEST || sentence.ends_with('?') {
            return None;
        }
        let start = led(sentence, &all);
        // Where the subject is the same again, what follows it is a verb, known or not.
        let again = before.filter(|b| all.get(start).is_some_and(|w| sentence[w.span.start..].starts_with(&b.text)));
        let again = again.map(|b| start + words(&b.text).len()).filter(|at| all.get(*at).is_some_and(|w| !w.capital));
        let verb = again.or_else(|| (start + 1..all.len().min(start + 12)).find(|at| verbal(&all[*at])))?;
        let text = sentence[all[start].span.start..all[verb].span.start].trim_end().replace("**", "");
        let text = text.as_str();
        let subject = &all[start..verb];
        let (mut kind, mut plural) = phrase(text, &words(text))?;
        match all[verb].lower.as_str() {
            "is" | "was" | "has" | "does" => plural = false,
            "are" | "were" | "have" | "do" => plural = true,
            other if other.ends_with('s') && kind == Kind::Thing => plural = false,
            _ => {}
        }
        let rest = &all[verb + 1..];
        let be = matches!(all[verb].lower.as_str(), "is" | "was" | "are" | "were");
        let classes = if be { classes(sentence, rest, plural) } else { Vec::new() };
        if classes.iter().any(|c| PERSONS.contains(c.as_str())) {
            kind = Kind::Person;
        } else if kind != Kind::Person && !classes.is_empty() {
            kind = Kind::Thing;
        }
        // "The planet" is one that was named before, unless it is said what such a thing is ("the heart is a muscle").
        if let [article, noun] = subject
            && article.lower == "the"
            && !noun.capital
            && (classes.is_empty() || classes.contains(&noun.lower))
        {
            return None;
        }
        // What was known of the same name before is still true of it.
        if let Some(before) = before.filter(|before| before.text == text && kind == Kind::Name) {
            kind = before.kind;
        }
        let names = rest.iter().enumerate().filter(|(_, w)| person_like(w));
        let other_name = names.into_iter().any(|(at, _)| {
            let before = rest[..at].iter().rev().find(|w| !person_like(w));
            let placed = before.is_some_and(|w| matches!(w.lower.as_str(), "in" | "at" | "from" | "near"));
            // "the emperor of France" is one person, "the son of Cole Dean" speaks of two.
            let ruled =
                before.is_some_and(|w| w.lower == "of") && classes.first().is_some_and(|c| !KIN.contains(c.as_str()));
            let described = rest.get(at + 1).is_some_and(|w| !w.capital && !w.is_stop());
            !placed && !ruled && !described && !subject.iter().any(|s| s.stem == rest[at].stem)
        });
        // Who is said to be something is what the next sentence goes on about, whatever else is in it; so is who was spoken of twice.
        let same = before.is_some_and(|before| before.text == text && before.alone);
        let described = be
            && !rest.iter().any(|w| matches!(w.lower.as_str(), "by" | "than" | "like" | "with" | "and" | "or"))
            && !rest.iter().any(|w| subordinates(&w.lower));
        let alone = !sentence.contains([';', '"', '“']) && (same || !classes.is_empty() || described);
        Some(Self { text: text.to_owned(), kind, plural, classes, other_name, alone })
    }
}

/// The place of the first word after a phrase of time or place before the subject: "In 1905, Ada Bell …".
pub(super) fn led(sentence: &str, all: &[Word]) -> usize {
    let leads = all.first().is_some_and(|w| preposition(&w.lower));
    let comma = sentence.find(", ").filter(|at| leads && *at <= 40);
    let joint =
        all.first().filter(|w| CONNECTIVES.contains(w.lower.as_str()) && sentence[w.span.end..].starts_with(','));
    let end = comma.or(joint.map(|w| w.span.end)).unwrap_or(0);
    all.iter().position(|w| w.span.start >= end).unwrap_or(0)
}

/// Whether a word can only be the verb of its sentence.
fn verbal(word: &Word) -> bool {
    let lower = word.lower.as_str();
    !word.capital
        && (is_finite(lower)
            || matches!(
                lower,
                "will" | "would" | "could" | "may" | "might" | "must" | "should" | "did" | "does" | "do"
            ))
}

fn subordinates(word: &str) -> bool {
    matches!(
        word,
        "which"
            | "that"
            | "who"
            | "whose"
            | "where"
            | "when"
            | "while"
            | "because"
            | "although"
            | "but"
            | "whereas"
            | "if"
            | "so"
    )
}

/// Kind and number of a phrase that names one thing: a name, or a noun with its article, perhaps with "of" and a name; nothing for another
/// phrase.
fn phrase(text: &str, all: &[Word]) -> Option<(Kind, bool)> {
    let (first, last) = (all.first()?, all.last()?);
    if all.len() > 7 || text.contains([',', ';', '(', ')', ':', '"', '“', '[', ']', '|']) || last.possessive {
        return None;
    }
    let articled = first.lower == "the" || first.lower == "a" || first.lower == "an";
    let core = if articled { &all[1..] } else { all };
    let of = core.iter().position(|w| w.lower == "of").unwrap_or(core.len());
    let head = core.get(..of)?;
    let noun = head.last()?;
    if head.is_empty() || head.iter().any(|w| w.is_stop() || (verbal(w) && !w.capital)) {
        return None;
    }
    // "of" and one phrase after it, which has no other.
    let tail = core.get(of + 1..).unwrap_or(&[]);
    if of < core.len() && (tail.is_empty() || tail.iter().any(|w| w.is_stop() && w.lower != "the")) {
        return None;
    }
    let capitals = head.iter().all(|w| w.capital);
    // The capital of a lone first word is the sentence's.
    let lone = head.len() == 1 && first.first && !articled;
    let named = capitals && (!lone || is_proper(text));
    // "Interviewing Ada Bell" is what somebody does.
    if first.first && head.len() > 1 && first.lower.ends_with("ing") {
        return None;
    }
    let classed = all.iter().any(|w| PLACES.contains(w.lower.as_str()) || PLACES.contains(w.stem.as_str()));
    let titled = !articled && head.len() > 1 && PERSONS.contains(head[0].lower.as_str());
    let plural_noun = noun.stem != noun.lower && noun.lower.ends_with('s') && !noun.possessive;
    let plural = plural_noun || matches!(noun.lower.as_str(), "people" | "children" | "men" | "women");
    if titled || PERSONS.contains(noun.lower.as_str()) {
        return Some((Kind::Person, false));
    }
    if named && !articled && of == core.len() {
        return Some((if classed || head.len() > 4 { Kind::Thing } else { Kind::Name }, false));
    }
    if head.len() == 1 && !articled && of == core.len() && noun.capital && !plural && !classed {
        return Some((Kind::Word, false));
    }
    // A bare word in small letters is a subject in the plural or of a substance: "Gold", "Solar panels".
    (articled || head.len() <= 3).then_some((Kind::Thing, plural && !capitals))
}

/// Whether a lone first word is a name for sure, whatever its capital: it has another one, or a figure.
fn is_proper(text: &str) -> bool {
    text.chars().skip(1).any(|c| c.is_uppercase() || c.is_numeric())
}

/// The noun that a sentence says its subject is, last word first: "the capital city" of "is the capital city of Australia".
fn classes(sentence: &str, rest: &[Word], plural: bool) -> Vec<String> {
    let Some(first) = rest.first() else { return Vec::new() };
    let articled = first.is_article() || first.lower == "one";
    if articled == plural {
        return Vec::new();
    }
    let run: Vec<&Word> = rest
        .iter()
        .skip(usize::from(articled))
        .take_while(|w| {
            let gap = &sentence[first.span.start..w.span.start];
            let within = w.lower == "and" || !(preposition(&w.lower) || w.is_stop() || verbal(w));
            within && !gap.contains(['(', ';']) && (!plural || !gap.contains(','))
        })
        .filter(|w| w.lower != "and")
        .collect();
    let noun = run.last().filter(|w| !plural || (w.lower.ends_with('s') && w.stem != w.lower && !w.possessive));
    if noun.is_none() { Vec::new() } else { run.iter().rev().map(|w| w.lower.clone()).collect() }
}

fn person_like(word: &Word) -> bool {
    word.capital
        && !word.is_stop()
        && word.lower.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-')
        && !PLACES.contains(word.lower.as_str())
        && !crate::stages::verify::lexicon::MONTHS.contains(&word.lower.as_str())
}
