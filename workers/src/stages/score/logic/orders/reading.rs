//! What sentences say of the order of objects: "the bus is newer than the sedan", "third is the owl", "Rob finished second".

use std::ops::Range;

use super::clauses::{Item, Said, said};
use super::scale::{Degree, Lean, Scales, cardinal, graded, ordinal};
use super::solver::MOST_OBJECTS;
use crate::stages::verify::claims::sentences;
use crate::stages::verify::words::{Word, words};

/// The objects of a question and the scale that they are ordered on.
#[derive(Debug)]
pub(super) struct Reader {
    /// The stems of each object's name.
    names: Vec<Vec<String>>,
    scales: Scales,
    /// The scale that the question is about: the direction in which places are counted.
    axis: Lean,
    /// The direction in which "second" counts, as the text said last.
    counted: Option<Lean>,
}

impl Reader {
    /// Reads the objects that a text counts and lists ("seven birds: an owl, a crow, …") and the scale of its first comparison of them.
    pub fn of(question: &str) -> Option<Self> {
        let names = listed(question)?;
        let mut reader =
            Self { names, scales: Scales::default(), axis: Scales::default().lean("first"), counted: None };
        let all = words(question);
        // What moves has no one order.
        let moves =
            |w: &Word| matches!(w.stem.as_str(), "swap" | "switch" | "exchang" | "trad" | "overtak" | "mov" | "pass");
        if all.iter().any(moves) {
            return None;
        }
        let lean = (0..all.len()).find_map(|at| {
            let near = (at.saturating_sub(8)..at).rev().any(|from| reader.object(&all, from).is_some());
            let compared = reader.comparison(&all, at).map(|(lean, _)| lean);
            let lean = compared.or_else(|| reader.superlative(&all, at).map(|(lean, _, _)| lean))?;
            near.then_some(lean)
        });
        if let Some(lean) = lean {
            reader.axis = if lean.to_first() { lean } else { lean.turned() };
        }
        Some(reader)
    }

    /// How many objects there are.
    pub fn objects(&self) -> usize {
        self.names.len()
    }

    /// Whether the text names one of the objects.
    pub fn names_one(&self, text: &str) -> bool {
        let all = words(text);
        (0..all.len()).any(|at| self.object(&all, at).is_some())
    }

    /// What a sentence says of the order. What is supposed, asked or only possible is not said.
    pub fn read(&mut self, sentence: &str) -> Vec<Said> {
        let all = words(sentence);
        let supposes = all.iter().any(|w| {
            matches!(
                w.lower.as_str(),
                "if" | "suppose"
                    | "assume"
                    | "assuming"
                    | "unless"
                    | "whether"
                    | "could"
                    | "would"
                    | "might"
                    | "may"
                    | "either"
                    | "neither"
                    | "nor"
                    | "no"
                    | "none"
                    | "which"
            )
        });
        if supposes || sentence.trim_end().ends_with('?') {
            return Vec::new();
        }
        let items = self.items(sentence, &all);
        said(items, self.names.len())
    }

    /// The sentence as what it says of order.
    fn items(&mut self, sentence: &str, all: &[Word]) -> Vec<Item> {
        let mut out = Vec::new();
        let mut at = 0;
        while at < all.len() {
            if at > 0 && sentence[all[at - 1].span.end..all[at].span.start].contains([',', ';']) {
                out.push(Item::And);
            }
            if let Some(next) = self.direction(all, at) {
                at = next;
                continue;
            }
            let (item, next) = self.item(all, at);
            out.push(item);
            at = next;
        }
        out
    }

    fn item(&self, all: &[Word], at: usize) -> (Item, usize) {
        if let Some((object, next)) = self.object(all, at) {
            return (Item::Object(object), next);
        }
        if let Some((lean, next)) = self.comparison(all, at) {
            return (if lean.along(&self.axis) { Item::Before(lean.to_first()) } else { Item::Other }, next);
        }
        if let Some((lean, ranks, next)) = self.superlative(all, at) {
            return (if lean.along(&self.axis) { Item::Places(self.places(ranks, &lean)) } else { Item::Other }, next);
        }
        if let Some(rank) = ordinal(&all[at].lower) {
            return (self.counted(rank).map_or(Item::Other, |place| Item::Ordinal(rank, place)), at + 1);
        }
        let item = match all[at].lower.as_str() {
            "is" | "are" | "was" | "were" | "be" | "finished" | "finish" | "finishes" | "came" | "comes" | "stands"
            | "sits" | "ranks" | "ranked" | "placed" | "goes" => Item::Is,
            "not" | "never" | "isn't" | "aren't" | "wasn't" | "weren't" | "cannot" | "can't" => Item::Not,
            "can" => Item::Can,
            "any" | "unknown" => Item::Any,
            "or" => Item::Or,
            "and" => Item::And,
            "except" | "but" if matches!(all.get(at.wrapping_sub(2)), Some(w) if w.lower == "any") => Item::Except,
            "to" | "through" => Item::To,
            "it" | "they" => Item::It,
            "the" | "a" | "an" | "then" | "also" | "must" | "in" | "at" | "place" | "places" | "position"
            | "positions" | "one" => Item::Nothing,
            _ => Item::Other,
        };
        (item, at + 1)
    }

    /// The object named at `at`: all words of its name, or those that tell it from others where all names end in one word.
    fn object(&self, all: &[Word], at: usize) -> Option<(usize, usize)> {
        let stands = |name: &[String]| {
            !name.is_empty()
                && name.len() <= all.len() - at
                && name.iter().zip(&all[at..]).all(|(stem, word)| *stem == word.stem)
        };
        let shared = self.names.iter().all(|name| name.len() > 1 && name.last() == self.names[0].last());
        self.names
            .iter()
            .enumerate()
            .filter_map(|(object, name)| {
                let told = if shared { &name[..name.len() - 1] } else { name };
                if stands(name) {
                    Some((object, at + name.len()))
                } else {
                    stands(told).then_some((object, at + told.len()))
                }
            })
            .max_by_key(|(_, next)| *next)
    }

    /// "newer than", "less expensive than", "to the left of", "above".
    fn comparison(&self, all: &[Word], at: usize) -> Option<(Lean, usize)> {
        let word = |at: usize| all.get(at).map_or("", |w| w.lower.as_str());
        let lean = match (word(at), word(at + 1), word(at + 2)) {
            ("more", adjective, "than") => return Some((self.scales.lean(adjective), at + 3)),
            ("less", adjective, "than") => return Some((self.scales.lean(adjective).turned(), at + 3)),
            ("rather" | "other" | "another", ..) => return None,
            ("left" | "right", "of", _) => (self.scales.lean(word(at)), at + 2),
            ("ahead", "of", _) => (self.scales.lean("ahead"), at + 2),
            ("above" | "below" | "behind" | "before" | "after", ..) => (self.scales.lean(word(at)), at + 1),
            (comparative, "than", _) => match graded(comparative)? {
                (key, Degree::Comparative) => (self.scales.lean_of_key(&key), at + 2),
                _ => return None,
            },
            _ => return None,
        };
        Some(lean)
    }

    /// "the newest", "third-cheapest", "fourth-most expensive", "second from the left", "second-to-last", "the last three": the end that
    /// is counted from and the ranks from there, counted from 1.
    fn superlative(&self, all: &[Word], at: usize) -> Option<(Lean, Range<usize>, usize)> {
        let word = |at: usize| all.get(at).map_or("", |w| w.lower.as_str());
        let (rank, from) = match ordinal(word(at)) {
            Some(rank) => (rank, at + 1),
            None => (1, at),
        };
        let ranks = rank..rank + 1;
        let ranked = from > at;
        // "the second bird from the left"
        let noun = usize::from(ranked && word(from + 1) == "from");
        match (word(from + noun), word(from + noun + 1), word(from + noun + 2)) {
            ("from", "the", end @ ("left" | "right" | "top" | "bottom" | "front" | "back" | "end")) if ranked => {
                let end = match end {
                    "front" => "first",
                    "back" | "end" => "last",
                    other => other,
                };
                return Some((self.scales.lean(end), ranks, from + noun + 3));
            }
            ("to", "last", _) if ranked => return Some((self.scales.lean("last"), ranks, from + 2)),
            ("most", adjective, _) => return Some((self.scales.lean(adjective), ranks, from + 2)),
            ("least", adjective, _) => return Some((self.scales.lean(adjective).turned(), ranks, from + 2)),
            (end @ ("last" | "top" | "bottom"), count, _) if !ranked && cardinal(count).is_some_and(|n| n > 0) => {
                return Some((self.scales.lean(end), 1..cardinal(count)? + 1, from + 2));
            }
            (end @ ("leftmost" | "rightmost" | "topmost" | "bottommost" | "last"), ..) => {
                return Some((self.scales.lean(end), ranks, from + 1));
            }
            _ => {}
        }
        match graded(word(from))? {
            (key, Degree::Superlative) => Some((self.scales.lean_of_key(&key), ranks, from + 1)),
            _ => None,
        }
    }

    /// "from left to right", "from newest to oldest", "from most to least expensive": sets the direction of what is counted.
    fn direction(&mut self, all: &[Word], at: usize) -> Option<usize> {
        let word = |at: usize| all.get(at).map_or("", |w| w.lower.as_str());
        if word(at) != "from" {
            return None;
        }
        let end = |at: usize, other: &str| -> Option<(Lean, usize)> {
            let at = at + usize::from(word(at) == "the");
            match word(at) {
                extreme @ ("most" | "least") => {
                    let (adjective, next) = if word(at + 1) == "to" { (other, at + 1) } else { (word(at + 1), at + 2) };
                    let lean = self.scales.lean(adjective);
                    Some((if extreme == "most" { lean } else { lean.turned() }, next))
                }
                place @ ("left" | "right" | "first" | "last" | "top" | "bottom") => {
                    Some((self.scales.lean(place), at + 1))
                }
                graded_word => {
                    let (key, _) = graded(graded_word)?;
                    Some((self.scales.lean_of_key(&key), at + 1))
                }
            }
        };
        // "from least to most expensive": the adjective stands at the end.
        let last = word(at + 4);
        let (from, next) = end(at + 1, last)?;
        if word(next) != "to" {
            return None;
        }
        let (to, next) = end(next + 1, last)?;
        self.scales.opposed(&from, &to);
        if from.along(&self.axis) {
            self.counted = Some(from);
        } else if to.along(&self.axis) {
            self.counted = Some(to.turned());
        }
        Some(next)
    }

    /// The places of ranks counted from an end.
    fn places(&self, ranks: Range<usize>, from: &Lean) -> Result<u16, usize> {
        let objects = self.names.len();
        if ranks.end > objects + 1 {
            return Err(ranks.end - 1);
        }
        Ok(ranks.fold(0, |mask, rank| mask | 1u16 << if from.to_first() { rank - 1 } else { objects - rank }))
    }

    /// The place of an ordinal that stands alone.
    fn counted(&self, rank: usize) -> Option<Result<u16, usize>> {
        let from = match &self.counted {
            Some(counted) => counted.clone(),
            None if self.axis.is_rank() => self.axis.clone(),
            None => return None,
        };
        Some(self.places(rank..rank + 1, &from))
    }
}

/// The names in the first list that a text counts: "seven birds: an owl, a crow, …, and a hawk", as stems; at least two.
fn listed(text: &str) -> Option<Vec<Vec<String>>> {
    sentences(text).into_iter().find_map(|span| {
        let sentence = span.of(text);
        let (head, list) = sentence.split_once([':', '—', '–'])?;
        let count = words(head).iter().rev().take(6).find_map(|word| cardinal(&word.lower))?;
        if !(2..=MOST_OBJECTS).contains(&count) {
            return None;
        }
        let list = list.lines().find(|line| !line.trim().is_empty())?.trim().trim_end_matches(['.', ';']);
        let names: Vec<Vec<String>> = list
            .split([',', ';'])
            .flat_map(|part| part.split(" and "))
            .map(|part| part.trim().strip_prefix("and ").unwrap_or(part))
            .map(|part| {
                words(part)
                    .into_iter()
                    .filter(|w| !matches!(w.lower.as_str(), "the" | "a" | "an"))
                    .map(|w| w.stem)
                    .collect()
            })
            .filter(|name: &Vec<String>| !name.is_empty())
            .collect();
        let distinct = names.iter().collect::<std::collections::BTreeSet<_>>().len() == names.len();
        (names.len() == count && distinct).then_some(names)
    })
}
