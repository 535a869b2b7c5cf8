//! What is measured of a claim and the passages found about it.

use std::collections::HashSet;

use super::super::compare::FactText;
use super::super::words::{Word, words};

/// What is measured of one claim beside its passages; shares are weighted by how telling a word is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measures {
    /// Share of the claim that stands in the passages together, 0 to 1.
    pub covered: f64,
    /// Share of it that stands in one passage, the mean over passages.
    pub mean_passage: f64,
    /// The same of the passage that has second most of it.
    pub second_passage: f64,
    /// The same of the passage that has fifth most of it.
    pub fifth_passage: f64,
    /// Share of the claim's words that are not the question's.
    pub new_words: f64,
    /// Share of those that stand in the passages.
    pub new_covered: f64,
    /// Share of the claim's names that stand in the passages; 0 where it has none.
    pub names_covered: f64,
    /// How many names it has.
    pub names: f64,
    /// 1 if it has a number or a date.
    pub counts: f64,
}

/// The mean of the measures of an answer's claims: what the passages have of the answer as a whole.
pub fn mean(all: &[Measures]) -> Measures {
    let n = all.len().max(1) as f64;
    let sum = |part: fn(&Measures) -> f64| all.iter().map(part).sum::<f64>() / n;
    Measures {
        covered: sum(|m| m.covered),
        mean_passage: sum(|m| m.mean_passage),
        second_passage: sum(|m| m.second_passage),
        fifth_passage: sum(|m| m.fifth_passage),
        new_words: sum(|m| m.new_words),
        new_covered: sum(|m| m.new_covered),
        names_covered: sum(|m| m.names_covered),
        names: sum(|m| m.names),
        counts: sum(|m| m.counts),
    }
}

/// The words of a question, as stems: once, however many claims answer it.
pub fn asked(question: &str) -> HashSet<String> {
    words(question).into_iter().map(|w| w.stem).collect()
}

impl Measures {
    /// Measures a claim beside `passages`; `asked` are the words of the question, by [`asked`].
    pub fn of(asked: &HashSet<String>, claim: &FactText, passages: &[&FactText]) -> Self {
        let points = points(claim);
        let passages: Vec<HashSet<&str>> =
            passages.iter().map(|p| p.clauses().flat_map(|c| &c.terms).map(String::as_str).collect()).collect();
        let total: f64 = points.iter().map(|p| p.weight).sum();
        let share = |stands: &dyn Fn(&Point) -> bool| {
            let found: f64 = points.iter().filter(|p| stands(p)).map(|p| p.weight).sum();
            if total > 0.0 { found / total } else { 0.0 }
        };
        let within = |passage: &HashSet<&str>, p: &Point| passage.contains(p.stem.as_str());
        let mut by_passage: Vec<f64> = passages.iter().map(|passage| share(&|p| within(passage, p))).collect();
        by_passage.sort_by(|a, b| b.total_cmp(a));
        let anywhere = |p: &Point| passages.iter().any(|passage| within(passage, p));
        let new: Vec<&Point> = points.iter().filter(|p| !asked.contains(&p.stem)).collect();
        let new_weight: f64 = new.iter().map(|p| p.weight).sum();
        let new_found: f64 = new.iter().filter(|p| anywhere(p)).map(|p| p.weight).sum();
        let names: Vec<&Point> = points.iter().filter(|p| p.name).collect();
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            covered: share(&anywhere),
            mean_passage: ratio(by_passage.iter().take(5).sum(), by_passage.len().clamp(1, 5) as f64),
            second_passage: by_passage.get(1).copied().unwrap_or(0.0),
            fifth_passage: by_passage.get(4).copied().unwrap_or(0.0),
            new_words: ratio(new.len() as f64, points.len() as f64),
            new_covered: ratio(new_found, new_weight),
            names_covered: ratio(names.iter().filter(|p| anywhere(p)).count() as f64, names.len() as f64),
            names: names.len() as f64,
            counts: f64::from(u8::from(claim.clauses().any(|c| !c.quantities.is_empty() || !c.dates.is_empty()))),
        }
    }
}

/// Something that the claim says: a word that is no stop word.
struct Point {
    stem: String,
    weight: f64,
    name: bool,
}

fn points(claim: &FactText) -> Vec<Point> {
    let mut seen = HashSet::new();
    let point = |w: Word| {
        let name = w.capital && !w.first && !w.stem.starts_with(|c: char| c.is_ascii_digit());
        Point { weight: weight(&w.stem), name, stem: w.stem }
    };
    words(claim.statement())
        .into_iter()
        .filter(|w| !w.is_stop())
        .map(point)
        .filter(|p| seen.insert(p.stem.clone()))
        .collect()
}

/// Long words are rare ones (Zipf 1935, "The Psycho-Biology of Language"), and rare ones tell; no list of frequencies is needed.
fn weight(stem: &str) -> f64 {
    1.0 + 0.12 * stem.chars().count().clamp(4, 16).saturating_sub(4) as f64
}

/// How many features there are.
pub const FEATURES: usize = 12;

/// A claim's own measures and its answer's, as the model takes them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Features(pub [f64; FEATURES]);

impl Features {
    /// Of a claim's own measures and the [`mean`] of its answer's.
    pub fn new(own: &Measures, answer: &Measures) -> Self {
        Self([
            own.covered,
            own.mean_passage,
            own.second_passage,
            own.fifth_passage,
            own.new_words,
            own.new_covered,
            own.names,
            own.counts,
            answer.covered,
            answer.mean_passage,
            answer.names_covered,
            own.names_covered,
        ])
    }
}
