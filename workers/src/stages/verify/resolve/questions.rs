//! Questions with "what", "which", "who", "where", "when" and "how": each rule knows one form, and answers nothing where the question or
//! the value does not fit it.

use std::sync::LazyLock;

use regex::Regex;

use super::super::measure::{Unit, measures};
use super::super::numbers::numbers;
use super::super::words::words;
use super::parts::{Parts, preposition, with_be, with_verb};
use super::verbs::{conjugated, is_finite, is_participle};
use super::{capitalised, joined};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

type Rule = fn(&str, &str) -> Option<String>;

/// In the order in which they are asked: what is narrow first.
const RULES: [Rule; 10] =
    [when, how_many_are, how_many_do, how_long, preposition_which, where_is, which_do, which_verb, what_is, who_verb];

/// The statement that `value` makes as the answer to `question`, without its full stop.
pub(super) fn answered(question: &str, value: &str) -> Option<String> {
    let about = ABOUT.find(question);
    let question = about.map_or(question, |m| &question[m.end()..]);
    let (question, mut value) = with_unit(question, value);
    if about.is_some() && value.starts_with(|c: char| c.is_ascii_digit()) {
        value = format!("about {value}");
    }
    // A yes or no answers no such question, and a calculation is no value.
    let first = words(&value).first().map(|w| w.lower.clone())?;
    if matches!(first.as_str(), "yes" | "no" | "true" | "false") || value.contains('=') {
        return None;
    }
    RULES.iter().find_map(|rule| rule(&question, &value))
}

static ABOUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:about|approximately|roughly)\s+"));
static IN_UNIT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i),?\s+in\s+(degrees\s+\w+|[a-z]+)(\s+(?:do|does|did|is|are|was|were)\b|$)"));

/// "How long is it, in metres?" asks for "10 metres": the unit goes from the question to a bare number.
fn with_unit(question: &str, value: &str) -> (String, String) {
    let unit = IN_UNIT.captures(question).filter(|found| {
        let measured = measures(&format!("1 {}", &found[1]));
        measured.quantities.first().is_some_and(|q| matches!(q.unit, Unit::Measure(..)) && q.span.end > 1)
    });
    let Some(found) = unit else { return (question.to_owned(), value.to_owned()) };
    let asked = format!(
        "{}{}{}",
        &question[..found.get(0).map_or(0, |m| m.start())],
        &found[2],
        &question[found.get(0).map_or(0, |m| m.end())..]
    );
    let bare = numbers(value).first().is_some_and(|n| n.span.start == 0 && n.span.end == value.len());
    (asked, if bare { format!("{value} {}", &found[1]) } else { value.to_owned() })
}

static WHEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(?:when|(?:(?:in|on)\s+)?(?:what|which)\s+(?:year|month|day|date|decade|century))\s+(is|are|was|were|do|does|did)\s+(.+)$",
    )
});

fn when(question: &str, value: &str) -> Option<String> {
    let q = WHEN.captures(question)?;
    let date = dated(value)?;
    said(&q[1], &q[2], &date)
}

/// Subject, verb and rest with a phrase at the end; with "be" where that is the verb.
fn said(auxiliary: &str, rest: &str, phrase: &str) -> Option<String> {
    if matches!(auxiliary.to_lowercase().as_str(), "do" | "does" | "did") {
        let Parts { subject, adverb, verb, tail } = with_verb(rest)?;
        return Some(joined(&[subject, adverb, &conjugated(auxiliary, verb), tail, phrase]));
    }
    let be = auxiliary.to_lowercase();
    let Parts { subject, tail, .. } = with_be(rest);
    let done = words(tail).iter().take(2).any(|w| is_participle(&w.lower));
    let articled = words(rest).first().is_some_and(|w| w.is_article());
    // "the Cuban missile crisis" is one thing; "Lincoln president" is two.
    Some(if articled && !done { joined(&[rest, &be, phrase]) } else { joined(&[subject, &be, tail, phrase]) })
}

/// The value as a phrase of time, if it is a date and nothing else.
fn dated(value: &str) -> Option<String> {
    let plain = value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit());
    let led = words(value).first().is_some_and(|w| preposition(&w.lower));
    let phrase = if led { value.to_owned() } else { format!("in {value}") };
    let found = measures(&phrase).dates;
    let outside =
        words(&phrase).into_iter().filter(|w| !w.is_stop() && !found.iter().any(|d| d.span.overlaps(&w.span))).count();
    if !plain && (found.len() != 1 || outside > 0) {
        return None;
    }
    let day = found.first().is_some_and(|d| d.day.is_some());
    Some(if day && !led { format!("on {value}") } else { phrase })
}

static HOW_MANY_BE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^how\s+many\s+((?:\S+\s+){0,4}?\S+)\s+(are|is|were|was)\s+(.+)$"));

fn how_many_are(question: &str, value: &str) -> Option<String> {
    let q = HOW_MANY_BE.captures(question)?;
    let (amount, be, rest) = (counted(value, &q[1])?, q[2].to_lowercase(), q[3].trim());
    let first = words(rest).first().map(|w| w.lower.clone())?;
    Some(match first.as_str() {
        "there" => joined(&["there", &be, &amount, rest["there".len()..].trim()]),
        word if preposition(word) => joined(&["there", &be, &amount, rest]),
        _ if be == "is" || be == "was" => {
            let Parts { subject, tail, .. } = with_be(rest);
            joined(&[subject, &be, &amount, tail])
        }
        _ => joined(&[&amount, &be, rest]),
    })
}

static HOW_MANY_DO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^(?:(to|for|in|on|at|with|of)\s+)?how\s+(?:many|much)\s*((?:\s\S+){0,4}?)\s+(does|do|did)\s+(.+)$")
});

fn how_many_do(question: &str, value: &str) -> Option<String> {
    let q = HOW_MANY_DO.captures(question)?;
    let amount = counted(value, q[2].trim())?;
    let Parts { subject, adverb, verb, tail } = with_verb(&q[4])?;
    let verb = conjugated(&q[3], verb);
    Some(match q.get(1) {
        Some(to) => joined(&[subject, adverb, &verb, tail, &to.as_str().to_lowercase(), &amount]),
        None => joined(&[subject, adverb, &verb, &amount, tail]),
    })
}

/// "8" of "planets" is "8 planets"; "8 planets" stays. What is no single number is no amount.
fn counted(value: &str, noun: &str) -> Option<String> {
    let found = numbers(value);
    let [number] = found.as_slice() else { return None };
    let all = words(value);
    let head = noun.split_whitespace().last().map(str::to_lowercase);
    if noun.is_empty() || head.is_some_and(|head| all.iter().any(|w| w.lower == head)) {
        return Some(value.to_owned());
    }
    let bare = all.iter().all(|w| w.is_stop() || w.span.overlaps(&number.span));
    // "93 million" of "million kilometres" are not millions of millions.
    let scale = all.last().and_then(|w| noun.strip_prefix(w.lower.as_str())).filter(|_| number.span.end == value.len());
    bare.then(|| format!("{value} {}", scale.map_or(noun, str::trim_start)))
}

static HOW_BE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^how\s+(tall|high|long|far|old|deep|heavy|fast|wide|large|big|hot|cold|much)\s+(is|are|was|were)\s+(.+)$",
    )
});

fn how_long(question: &str, value: &str) -> Option<String> {
    let q = HOW_BE.captures(question)?;
    if numbers(value).len() != 1 {
        return None;
    }
    let quality = q[1].to_lowercase();
    let quality = match quality.as_str() {
        "much" => "",
        "far" => "away",
        other => other,
    };
    let tail = words(value).last().is_some_and(|w| w.lower == quality);
    Some(joined(&[&q[3], &q[2].to_lowercase(), value, if tail { "" } else { quality }]))
}

static PREPOSITION_WHICH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^((?:\w+\s+){0,3}?(?:in|on|at|of|to|for|from|by|with|under|through|near))\s+(?:(?:which|what)\s+(.+?)|whom)\s+(is|are|was|were|do|does|did)\s+(.+)$",
    )
});

/// "On which continent is Egypt?", "Of which country was he president?", "To whom was it granted?".
fn preposition_which(question: &str, value: &str) -> Option<String> {
    let q = PREPOSITION_WHICH.captures(question)?;
    let noun = q.get(2).map_or("", |m| m.as_str()).to_lowercase();
    let time = matches!(noun.as_str(), "year" | "month" | "day" | "date" | "decade" | "century");
    if time != dated(value).is_some() || first_is_how(&q[1]) {
        return None;
    }
    let own = words(value).first().is_some_and(|w| preposition(&w.lower));
    let before = q[1].to_lowercase();
    // One stands on a continent and lies in it.
    let before = if noun == "continent" && before == "on" { "in".to_owned() } else { before };
    let phrase = if own { value.to_owned() } else { format!("{before} {value}") };
    said(&q[3], &q[4], &phrase)
}

fn first_is_how(text: &str) -> bool {
    words(text).iter().any(|w| matches!(w.lower.as_str(), "how" | "what" | "which" | "who" | "where" | "when" | "why"))
}

static WHERE_BE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^where\s+(is|are|was|were|do|does|did)\s+(.+)$"));

fn where_is(question: &str, value: &str) -> Option<String> {
    let q = WHERE_BE.captures(question)?;
    if dated(value).is_some() {
        return None;
    }
    let own = words(value).first().is_some_and(|w| preposition(&w.lower));
    said(&q[1], &q[2], &if own { value.to_owned() } else { format!("in {value}") })
}

static WHICH_DO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:which|what|who|whom)(?:\s+(.+?))??\s+(does|do|did)\s+(.+)$"));

/// "Which planet does the moon Phobos orbit?": the value is what the verb is done to.
fn which_do(question: &str, value: &str) -> Option<String> {
    let q = WHICH_DO.captures(question)?;
    let Parts { subject, adverb, verb, tail } = with_verb(&q[3])?;
    // "What does it do?" asks for a deed, and a verb with more than a phrase after it has an object already.
    let phrase = words(tail).first().is_none_or(|w| preposition(&w.lower) || w.lower == "of");
    phrase.then(|| joined(&[subject, adverb, &conjugated(&q[2], verb), value, tail]))
}

static WHICH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:which|what)\s+(.+)$"));

/// "Which planet is the largest?", "Which river flows through London?", "Which element is diamond made of?".
fn which_verb(question: &str, value: &str) -> Option<String> {
    let rest = WHICH.captures(question)?.get(1)?.as_str();
    let all = words(rest);
    let at = (1..all.len().min(8)).find(|at| {
        let before = all[at - 1].lower.as_str();
        !all[*at].capital && is_finite(&all[*at].lower) && !matches!(before, "the" | "a" | "an" | "of")
    })?;
    let (noun, verb) = (rest[..all[at].span.start].trim(), all[at].lower.as_str());
    let tail = rest[all[at].span.end..].trim();
    let open = words(tail).last().is_some_and(|w| preposition(&w.lower) || w.lower == "of");
    if tail.is_empty() || (open && !matches!(verb, "is" | "are" | "was" | "were")) {
        return None;
    }
    if open {
        let Parts { subject, tail, .. } = with_be(tail);
        return Some(joined(&[subject, verb, tail, value]));
    }
    Some(format!("The {noun} that {verb} {tail} is {value}"))
}

static WHAT_BE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:what|who|which)(?:\s+(is|are|was|were)|'s)\s+(.+)$"));

fn what_is(question: &str, value: &str) -> Option<String> {
    let q = WHAT_BE.captures(question)?;
    let be = q.get(1).map_or("is", |m| m.as_str()).to_lowercase();
    let rest = q[2].trim();
    let last = words(rest).last().map(|w| w.lower.clone())?;
    if matches!(last.as_str(), "called" | "named") {
        return Some(joined(&[rest[..rest.len() - last.len()].trim(), &be, &last, value]));
    }
    // "What is it made of?"
    (!preposition(&last) && last != "of" && last != "like").then(|| joined(&[rest, &be, value]))
}

static WHO: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^(?:who|what)\s+(\w+)\s+(.+)$"));

fn who_verb(question: &str, value: &str) -> Option<String> {
    let q = WHO.captures(question)?;
    let verb = q[1].to_lowercase();
    let number = numbers(value).iter().any(|n| n.span.start == 0 && n.span.end == value.len());
    let fits = !number && (is_finite(&verb) || (verb.len() > 3 && verb.ends_with("ed")));
    fits.then(|| format!("{} {verb} {}", capitalised(value), &q[2]))
}
