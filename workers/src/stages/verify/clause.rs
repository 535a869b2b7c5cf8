//! One sentence, taken apart for comparison: its content words, names, quantities, dates and polarity.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::dates::Date;
use super::lexicon;
use super::measure::{Quantity, Unit, measures_among};
use super::words::{Span, Word, covered, words};

/// A word that says what the sentence is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub stem: String,
    pub text: String,
    pub span: Span,
    /// A name or a symbol.
    pub name: bool,
    /// Has a capital only because it is the first word, as far as can be told.
    pub first: bool,
    /// What a description is about ("of Brazil", "Brazil's", "Brazil has"), not its value.
    pub argument: bool,
    /// Comes after "the", "a" or "an".
    pub articled: bool,
    /// Comes after "the".
    pub definite: bool,
    /// Names the class again that a relative clause narrows ("the planet that is known as the Red Planet"), as a word said before does.
    pub heads: bool,
    /// Its place among the words of the sentence.
    pub index: usize,
}

impl Content {
    fn weight(&self) -> f64 {
        if self.name { 1.5 } else { 1.0 }
    }

    /// Says nothing by itself about which thing is meant.
    pub fn light(&self) -> bool {
        !self.name && lexicon::LIGHT.contains(self.stem.as_str())
    }

    pub fn matches(&self, other: &Content) -> bool {
        self.stem == other.stem || (!self.name && !other.name && derived(&self.stem, &other.stem))
    }
}

/// A clause and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    pub span: Span,
    /// The stems of all its words that are no stop words, those of numbers and dates too.
    pub terms: Vec<String>,
    pub content: Vec<Content>,
    pub quantities: Vec<Quantity>,
    pub dates: Vec<Date>,
    pub negated: bool,
    pub partial: bool,
    pub universal: bool,
    /// Reported, possible, past or mistaken: nothing may be decided by it.
    pub hedged: bool,
    /// Names one thing only: by a functional noun, a superlative or a verb with one agent.
    pub functional_noun: bool,
    pub superlative: bool,
    pub functional_verb: bool,
    pub passive: bool,
    /// Says what can or may be, not what is.
    pub modal: bool,
    /// Its subject is a pronoun: of whom or what it speaks is not said.
    pub pronoun: bool,
    /// Compares ("larger than").
    pub comparative: bool,
    /// Stop words that have an opposite, as they stand.
    pub turns: Vec<&'static str>,
}

impl Clause {
    /// Whether a number of the clause counts that noun ("8 planets").
    fn counts(&self, stem: &str) -> bool {
        self.quantities.iter().any(|q| matches!(&q.unit, Unit::Count(noun) if noun == stem))
    }
}

/// A sentence: the whole of it, and its main clause alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sentence {
    pub whole: Clause,
    pub main: Clause,
}

static SUBORDINATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:,\s+(?:which|who|whom|whose|where|while|whereas|but|so|because|making|meaning|not)\b|;|\s\(|\s+because\b|,\s+and\s+(?:it|he|she|they|is|was|has|its|this|that)\b)",
    )
    .expect("a constant pattern")
});

/// Takes the sentence of `text` at `span` apart.
pub(super) fn sentence(text: &str, span: Span) -> Sentence {
    let slice = span.of(text);
    let whole = clause(slice, span.start);
    let main = match SUBORDINATE.find(slice).map(|cut| clause(&slice[..cut.start()], span.start)) {
        Some(main) if main.content.len() + main.quantities.len() + main.dates.len() >= 2 => main,
        _ => whole.clone(),
    };
    Sentence { whole, main }
}

fn clause(text: &str, offset: usize) -> Clause {
    let all = words(text);
    let found = measures_among(text, &all);
    let taken = |s: &Span| covered(&found.quantities, |q| q.span, *s) || covered(&found.dates, |d| d.span, *s);
    let stop: Vec<bool> = all.iter().map(Word::is_stop).collect();
    let mut said: HashMap<&str, usize> = HashMap::new();
    for word in &all {
        *said.entry(word.stem.as_str()).or_default() += 1;
    }
    let content: Vec<Content> = all
        .iter()
        .enumerate()
        .filter(|(at, w)| !stop[*at] && !taken(&w.span))
        .map(|(at, w)| Content {
            stem: w.stem.clone(),
            text: w.text.clone(),
            span: w.span.shifted(offset),
            name: w.capital && (!w.first || w.text.chars().skip(1).any(|c| c.is_uppercase() || c.is_numeric())),
            first: w.first,
            argument: w.possessive || governed(&all, &stop, at) || has_follows(&all, at),
            articled: at > 0 && matches!(all[at - 1].lower.as_str(), "the" | "a" | "an"),
            definite: at > 0 && all[at - 1].lower == "the",
            heads: !w.capital
                && all.get(at + 1).is_some_and(|n| matches!(n.lower.as_str(), "that" | "which" | "who"))
                && said.get(w.stem.as_str()).is_some_and(|times| *times > 1),
            index: at,
        })
        .collect();
    let lower = |set: &std::collections::HashSet<&str>| all.iter().any(|w| set.contains(w.lower.as_str()));
    let negations = all
        .iter()
        .enumerate()
        .filter(|(at, w)| {
            let undone = all.get(at + 1).is_some_and(|n| lexicon::NEGATION_UNDONE.contains(n.lower.as_str()));
            lexicon::NEGATION.contains(w.lower.as_str())
                && !undone
                && !(*at == 0 && matches!(w.lower.as_str(), "no" | "not") && text[w.span.end..].starts_with(','))
        })
        .count();
    Clause {
        span: Span::new(offset, offset + text.trim_end().len()),
        terms: all.iter().zip(&stop).filter(|(_, stop)| !**stop).map(|(w, _)| w.stem.clone()).collect(),
        negated: negations == 1,
        partial: lower(&lexicon::PARTIAL),
        universal: lower(&lexicon::UNIVERSAL),
        // What two negations in one sentence deny is beyond counting them.
        hedged: negations > 1 || lower(&lexicon::HEDGED) || text.trim_end().ends_with('?'),
        functional_noun: content.iter().any(|c| lexicon::FUNCTIONAL_NOUN.contains(c.stem.as_str())),
        superlative: all.iter().any(|w| superlative(&w.lower)),
        functional_verb: content.iter().any(|c| lexicon::FUNCTIONAL_VERB.contains(c.stem.as_str())),
        modal: all.iter().any(|w| matches!(w.lower.as_str(), "can" | "may")),
        pronoun: all.first().is_some_and(|w| lexicon::PRONOUN.contains(w.lower.as_str())),
        comparative: all.iter().any(|w| w.lower == "than"),
        turns: lexicon::TURNS
            .iter()
            .flat_map(|(a, b)| [*a, *b])
            .filter(|t| all.iter().any(|w| w.lower == **t))
            .collect(),
        passive: all.iter().any(|w| w.lower == "by"),
        quantities: found.quantities.into_iter().map(|q| Quantity { span: q.span.shifted(offset), ..q }).collect(),
        dates: found.dates.into_iter().map(|d| Date { span: d.span.shifted(offset), ..d }).collect(),
        content,
    }
}

/// Whether the phrase that the word is in begins with a preposition: "of the ancient Brazil".
fn governed(all: &[Word], stop: &[bool], at: usize) -> bool {
    let mut before = at;
    while before > 0 {
        before -= 1;
        let word = all[before].lower.as_str();
        if lexicon::ARGUMENT_MARK.contains(word) {
            return true;
        }
        if stop[before] && !matches!(word, "the" | "a" | "an" | "its" | "their" | "his" | "her" | "our") {
            return false;
        }
        // A verb between two nouns is not known as one; three words are as far as a phrase is trusted to reach.
        if at - before >= 3 {
            return false;
        }
    }
    false
}

fn has_follows(all: &[Word], at: usize) -> bool {
    all[at + 1..].iter().take(2).any(|w| matches!(w.lower.as_str(), "has" | "have" | "had"))
}

pub(super) fn superlative(lower: &str) -> bool {
    lexicon::SUPERLATIVE.contains(lower)
        || (lower.len() >= 6 && lower.ends_with("est") && !lexicon::NOT_SUPERLATIVE.contains(lower))
}

/// Whether two stems are one word with another common ending: "invent" and "inventor".
fn derived(a: &str, b: &str) -> bool {
    const ENDINGS: [&str; 17] = [
        "", "or", "er", "ion", "tion", "ation", "ment", "ly", "al", "ic", "ity", "iv", "anc", "enc", "ant", "ent",
        "ness",
    ];
    let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).map(|(c, _)| c.len_utf8()).sum::<usize>();
    shared >= 5 && ENDINGS.contains(&&a[shared..]) && ENDINGS.contains(&&b[shared..])
}

/// How two clauses share their content words.
pub(super) struct Overlap<'a> {
    /// Pairs of words that match, in the first clause's order.
    pub shared: Vec<(&'a Content, &'a Content)>,
    /// Words of the first alone, light ones left out.
    pub only_a: Vec<&'a Content>,
    /// Words of the second alone, light ones left out.
    pub only_b: Vec<&'a Content>,
    /// Weighted share of the first's words that the second has.
    pub coverage_a: f64,
    /// Weighted share of the second's words that the first has.
    pub coverage_b: f64,
}

/// Matches the content of `a` with that of `b`, each word with at most one: who says a word twice says it of two things. Words in the
/// same part of their sentences are matched first, so that what is left over is the odd one.
pub(super) fn overlap<'a>(a: &'a Clause, b: &'a Clause) -> Overlap<'a> {
    let mut pairs: Vec<Option<&Content>> = vec![None; a.content.len()];
    let mut taken = vec![false; b.content.len()];
    let alike: [fn(&Content, &Content) -> bool; 4] = [
        |c, o| c.stem == o.stem && c.argument == o.argument && !c.heads && !o.heads,
        |c, o| c.stem == o.stem && !c.heads && !o.heads,
        |c, o| c.matches(o) && !c.heads && !o.heads,
        Content::matches,
    ];
    for alike in alike {
        for (c, pair) in a.content.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
            if let Some(at) = (0..taken.len()).find(|at| !taken[*at] && alike(c, &b.content[*at])) {
                taken[at] = true;
                *pair = Some(&b.content[at]);
            }
        }
    }
    let matched = a.content.iter().zip(&pairs);
    let shared = matched.clone().filter_map(|(c, pair)| pair.map(|o| (c, o))).collect();
    let only_a: Vec<&Content> = matched
        .filter(|(c, pair)| pair.is_none() && !c.light() && !c.heads && !b.counts(&c.stem))
        .map(|(c, _)| c)
        .collect();
    let only_b: Vec<&Content> = b
        .content
        .iter()
        .zip(&taken)
        .filter(|(c, taken)| !**taken && !c.light() && !c.heads && !a.counts(&c.stem))
        .map(|(c, _)| c)
        .collect();
    let cover = |all: &[Content], missing: &[&Content]| {
        let total: f64 = all.iter().filter(|c| !c.light()).map(Content::weight).sum();
        let lost: f64 = missing.iter().map(|c| c.weight()).sum();
        if total == 0.0 { 0.0 } else { (1.0 - lost / total).max(0.0) }
    };
    let (coverage_a, coverage_b) = (cover(&a.content, &only_a), cover(&b.content, &only_b));
    Overlap { shared, only_a, only_b, coverage_a, coverage_b }
}
