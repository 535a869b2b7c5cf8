//! Final answers: found in an output, read by kind, and brought to one form, so that two that say the same are the same.

mod list;
mod number;
mod script;

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use regex::Regex;

use super::super::{
    dates::Date,
    lexicon::MONTHS,
    measure::{Unit, measures},
    words::{Span, Word, words},
};
use number::Number;

/// Of an answer so many characters are read; what is longer is told apart by its beginning.
const MOST_READ: usize = 2_000;
/// A reading is read again until it stays the same, at most so often.
const MOST_READINGS: usize = 8;

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nothing.
    Nothing,
    /// Yes or no.
    Polar(bool),
    /// One of the choices of a question, by its letter.
    Choice(char),
    /// A bare or counted number, money or a share of a whole ("50%" is 0.5), in its shortest form.
    Number(Number),
    /// A measure: its value in base units, and the unit.
    Measure(Number, String),
    /// A date, as far as it is given.
    Date {
        /// Negative before the common era.
        year: Option<i32>,
        /// 1 to 12.
        month: Option<u8>,
        /// 1 to 31.
        day: Option<u8>,
    },
    /// Several things in no order: "salt, sugar and flour".
    Set(BTreeSet<Answer>),
    /// Several things in their order: "(3, 4)", "egg → larva → fly".
    Sequence(Vec<Answer>),
    /// Anything else: its words in lower case without articles and punctuation, numbers by their values.
    Text(String),
}

/// The canonical key: equal for answers that say the same, and read again the same answer.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Polar(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Self::Choice(letter) => write!(f, "({letter})"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Measure(value, unit) => write!(f, "{value} {unit}"),
            Self::Date { year, month, day } => {
                let name = month.and_then(|month| MONTHS.get(usize::from(month) - 1)).copied().unwrap_or_default();
                let (first, rest) = name.split_at(name.len().min(1));
                match (year, month, day) {
                    (Some(year), Some(month), Some(day)) => write!(f, "{year:04}-{month:02}-{day:02}"),
                    (Some(year), None, _) if *year < 0 => write!(f, "{} BC", year.unsigned_abs()),
                    (Some(year), None, _) => write!(f, "{year} AD"),
                    (Some(year), Some(_), None) => write!(f, "{}{rest} {year}", first.to_uppercase()),
                    (None, _, day) => write!(f, "{} {}{rest}", day.unwrap_or_default(), first.to_uppercase()),
                }
            }
            Self::Set(of) => list::write(f, '{', of.iter(), '}'),
            Self::Sequence(of) => list::write(f, '[', of.iter(), ']'),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Answer {
    /// Reads an answer by itself.
    pub fn read(text: &str) -> Self {
        settled(&script::plain(text, MOST_READ), true)
    }

    /// Its canonical key; empty for [`Self::Nothing`].
    pub fn key(&self) -> String {
        self.to_string()
    }

    /// The value of a number or measure, in base units.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Number(value) | Self::Measure(value, _) => Some(value.get()),
            _ => None,
        }
    }
}

/// An answer's normal form, [`Answer::key`]: two answers that say the same have the same.
pub fn normalise(answer: &str) -> String {
    Answer::read(answer).key()
}

static MARKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)(?:####\s*|\\boxed\{|^\s*(?:a|(?:the\s+)?(?:final\s+)?answer)\s*:\s*|\b(?:the\s+)?(?:final\s+|correct\s+)?answer\s+is:?\s+)").expect("a constant pattern")
});

/// Where the final answer is that `text` marks ("#### 12", "Answer: 12", "The answer is 12", "\boxed{12}"), the last where there
/// are several, and where its mark begins.
pub(super) fn marked(text: &str) -> Option<(usize, Span)> {
    let mark = MARKED.find_iter(text).last()?;
    let rest = &text[mark.end()..];
    let end = if mark.as_str().ends_with('{') { closing(rest) } else { rest.find('\n') };
    let said = end.map_or(rest, |at| &rest[..at]);
    let start = mark.end() + said.len() - said.trim_start().len();
    let said = said.trim();
    (!said.is_empty()).then(|| (mark.start(), Span::new(start, start + said.len())))
}

/// The brace that closes one that was opened before `rest`.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The final answer that `text` marks, the last where there are several; the whole text where it marks none.
pub fn final_answer(text: &str) -> &str {
    marked(text).map_or(text.trim(), |(_, said)| said.of(text))
}

static CHOICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?x) ^ (?: \( (?P<a>[A-J]) \) | (?P<b>[A-J]) [.)]? $ | (?P<c>[A-J]) [):] \s
        | (?i:the \s+)? (?i:correct \s+)? (?i:option|choice|answer) \s+ (?i:is \s+)? \(? (?P<d>[A-Ja-j]) (?: \)? \.? $ | [):.] \s ) )")
    .expect("a constant pattern")
});

/// Reads until the reading stays the same: what is left of a text may be of another kind than the whole ("— 12. km" leaves
/// "12 km"). With `lists` it may have parts.
fn settled(text: &str, lists: bool) -> Answer {
    let mut answer = read_once(text, lists);
    for _ in 0..MOST_READINGS {
        let Answer::Text(left) = &answer else { break };
        let again = read_once(left, lists);
        if again == answer {
            break;
        }
        answer = again;
    }
    answer
}

fn read_once(text: &str, lists: bool) -> Answer {
    let text =
        text.trim().trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '«' | '»' | '*' | '`') || c.is_whitespace());
    if text.is_empty() {
        return Answer::Nothing;
    }
    if let Some(found) = CHOICE.captures(text) {
        let letter =
            ["a", "b", "c", "d"].iter().find_map(|name| found.name(name)).and_then(|m| m.as_str().chars().next());
        if let Some(letter) = letter {
            return Answer::Choice(letter.to_ascii_uppercase());
        }
    }
    let all = words(text);
    if let Some(polar) = polar(text, &all) {
        return Answer::Polar(polar);
    }
    if lists && let Some(list) = list::explicit(text) {
        return list;
    }
    let rewritten = number::without_fractions(text);
    let text = rewritten.as_str();
    if let Some(answer) = date(text).or_else(|| number::whole(text)) {
        return answer;
    }
    if lists && let Some(list) = list::enumerated(text) {
        return list;
    }
    plain_text(text)
}

/// Yes or no by the first word, where what follows is another clause or says the same again.
fn polar(text: &str, all: &[Word]) -> Option<bool> {
    // In brackets it is one of several things.
    let first = all.first().filter(|_| !text.starts_with(['[', '{']))?;
    let yes = match first.lower.as_str() {
        "yes" | "true" | "yeah" | "correct" => true,
        "no" | "false" | "nope" | "incorrect" => false,
        _ => return None,
    };
    let parted = text[first.span.end..].trim_start().starts_with([',', '.', ';', '!', ':', '-', '–', '—', '(']);
    let again = all.get(1).is_none_or(|second| {
        matches!(second.lower.as_str(), "it" | "they" | "he" | "she" | "that" | "this" | "there" | "you" | "we" | "i")
    });
    (parted || again).then_some(yes)
}

/// A date with nothing beside it.
fn date(text: &str) -> Option<Answer> {
    let found = measures(text);
    let [Date { year, month, day, span }] = found.dates[..] else { return None };
    let rest = format!("{} {}", &text[..span.start], &text[span.end..]);
    let beside = words(&rest).iter().any(|word| {
        !matches!(
            word.lower.as_str(),
            "on" | "in"
                | "the"
                | "of"
                | "it"
                | "was"
                | "is"
                | "day"
                | "year"
                | "monday"
                | "tuesday"
                | "wednesday"
                | "thursday"
                | "friday"
                | "saturday"
                | "sunday"
        )
    });
    if beside {
        return None;
    }
    match (year, month, day) {
        // A year of the common era by itself may be any number.
        (Some(year), None, None) if year > 0 => Some(Answer::Number(Number::new(f64::from(year))?)),
        _ => Some(Answer::Date { year, month, day }),
    }
}

/// The words that tell it apart, numbers by their values.
fn plain_text(text: &str) -> Answer {
    let found = measures(text);
    let all = words(text);
    let values: Vec<(Span, String)> =
        found.quantities.iter().filter_map(|q| Some((q.span, number::of_quantity(q)?.key()))).collect();
    let mut kept: Vec<String> = Vec::new();
    let mut told: Option<Span> = None;
    for word in &all {
        if told.is_some_and(|span| span.overlaps(&word.span)) {
            continue;
        }
        match values.iter().find(|(span, _)| span.overlaps(&word.span)) {
            Some((span, value)) => {
                told = Some(*span);
                kept.push(value.clone());
            }
            None if word.is_article() || matches!(word.lower.as_str(), "about" | "approximately") => {}
            None => kept.push(script::folded(&word.lower)),
        }
    }
    if kept.is_empty() {
        // Signs alone: "→", "∅".
        let signs: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let bare = signs.trim_matches(|c: char| c.is_ascii_punctuation());
        return if bare.is_empty() { Answer::Text(signs) } else { Answer::Text(bare.to_lowercase()) };
    }
    Answer::Text(kept.join(" "))
}

/// A question, as far as it says how answers to it are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The unit that a bare number has: "how many minutes".
    unit: Option<(Unit, f64)>,
    /// Whether it asks for a number.
    pub(super) number: bool,
    /// Whether it asks how many there are, of what comes in wholes.
    pub(super) count: bool,
    /// Whether it asks for an amount of money.
    pub(super) money: bool,
    /// Its choices, by letter.
    choices: Vec<(char, String)>,
}

static HOW_MANY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\bhow\s+many\s+((?:square|cubic)\s+\w+|\w+)").expect("a constant pattern"));
static PERCENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:what|which)\s+(?:is\s+the\s+)?percent(?:age)?\b").expect("a constant pattern")
});
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bhow\s+(?:many|much|long|old|far|tall|high|deep|wide|big|large|fast|heavy|often)\b|\bwhat\s+(?:is|was|are|will be)\s+(?:the\s+)?(?:\w+\s+){0,3}(?:number|total|sum|amount|cost|price|average|profit|age)\b")
        .expect("a constant pattern")
});
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)\(?([A-J])[).:]\s+").expect("a constant pattern"));

impl Asked {
    /// What a question asks for.
    pub fn of(question: &str) -> Self {
        let question = script::plain(question, 4 * MOST_READ);
        let counted = HOW_MANY.captures_iter(&question).last().map(|found| found[1].to_owned());
        let unit = if PERCENT.is_match(&question) {
            Some((Unit::None, 0.01))
        } else {
            counted.as_deref().and_then(number::unit_named)
        };
        let money = question.contains(['$', '£', '€', '¥', '₹']) && Regex::is_match(&MONEY_ASKED, &question);
        Self {
            count: counted.is_some() && unit.is_none(),
            number: AMOUNT.is_match(&question) || unit.is_some(),
            unit,
            money,
            choices: choices(&question),
        }
    }

    /// Reads an answer to it: a bare number has the unit that is asked for; a number in a sentence is the answer where one is
    /// asked for and no other stands there; a choice's text is the choice.
    pub fn read(&self, answer: &str) -> Answer {
        let read = Answer::read(answer);
        match (&read, &self.unit) {
            (Answer::Number(value), Some((unit, factor))) if !number::says_share(answer) => {
                return number::measure(value.get() * factor, unit).unwrap_or(read);
            }
            _ => {}
        }
        if let Answer::Text(_) | Answer::Set(_) = &read {
            let key = read.key();
            if let Some((letter, _)) = self.choices.iter().find(|(_, text)| *text == key) {
                return Answer::Choice(*letter);
            }
            let mut said = answer.trim().chars();
            let letter = said.next().filter(|_| said.as_str().starts_with(". "));
            if let Some(letter) = letter.filter(|letter| self.choices.iter().any(|(choice, _)| choice == letter)) {
                return Answer::Choice(letter);
            }
            if self.number
                && let Some(value) = number::only(&script::plain(answer, MOST_READ))
            {
                return match (&value, &self.unit) {
                    (Answer::Number(bare), Some((unit, factor))) if !number::says_share(answer) => {
                        number::measure(bare.get() * factor, unit).unwrap_or(value)
                    }
                    _ => value,
                };
            }
        }
        read
    }
}

static MONEY_ASKED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bhow\s+(?:much|many\s+dollars)\b|\b(?:cost|price|profit)\b").expect("a constant pattern")
});

/// The choices that a question lists, from A on, at least two.
fn choices(question: &str) -> Vec<(char, String)> {
    let mut found: Vec<(char, usize, usize)> = Vec::new();
    for marked in OPTION.captures_iter(question) {
        let whole = marked.get(0).expect("group 0");
        let letter = marked[1].chars().next().unwrap_or('A');
        if u32::from(letter) == u32::from('A') + u32::try_from(found.len()).unwrap_or(u32::MAX) {
            found.push((letter, whole.start(), whole.end()));
        }
    }
    if found.len() < 2 {
        return Vec::new();
    }
    let ends = found.iter().skip(1).map(|next| next.1).chain([question.len()]);
    found.iter().zip(ends).map(|(of, end)| (of.0, normalise(question[of.2..end].trim()))).collect()
}
