//! The scale on which objects stand in order: what names its two ends, and which end a comparison leans to.

use std::collections::HashMap;

/// Pairs of opposites in everyday English; the first of a pair is counted from.
const OPPOSITES: [(&str, &str); 44] = [
    ("new", "old"),
    ("young", "old"),
    ("big", "small"),
    ("large", "small"),
    ("large", "little"),
    ("tall", "short"),
    ("long", "short"),
    ("high", "low"),
    ("heavy", "light"),
    ("fast", "slow"),
    ("quick", "slow"),
    ("expensive", "cheap"),
    ("costly", "cheap"),
    ("expensive", "inexpensive"),
    ("early", "late"),
    ("early", "recent"),
    ("hot", "cold"),
    ("warm", "cool"),
    ("strong", "weak"),
    ("rich", "poor"),
    ("near", "far"),
    ("close", "far"),
    ("bright", "dark"),
    ("hard", "soft"),
    ("hard", "easy"),
    ("difficult", "easy"),
    ("thick", "thin"),
    ("wide", "narrow"),
    ("broad", "narrow"),
    ("deep", "shallow"),
    ("good", "bad"),
    ("happy", "sad"),
    ("loud", "quiet"),
    ("smart", "stupid"),
    ("sharp", "blunt"),
    ("clean", "dirty"),
    ("wet", "dry"),
    ("full", "empty"),
    ("dense", "sparse"),
    ("safe", "dangerous"),
    ("simple", "complex"),
    ("common", "rare"),
    ("popular", "unpopular"),
    ("senior", "junior"),
];

/// Words of place and rank, each with the end of its scale that it leans to.
const PLACES: [(&str, &str, bool); 17] = [
    ("left", "left", true),
    ("leftmost", "left", true),
    ("right", "left", false),
    ("rightmost", "left", false),
    ("above", "first", true),
    ("ahead", "first", true),
    ("before", "first", true),
    ("top", "first", true),
    ("topmost", "first", true),
    ("first", "first", true),
    ("below", "first", false),
    ("behind", "first", false),
    ("after", "first", false),
    ("bottom", "first", false),
    ("bottommost", "first", false),
    ("last", "first", false),
    ("lowermost", "first", false),
];

/// A direction on a scale: the scale by what names its first end, and whether it leans to that end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lean {
    scale: String,
    first: bool,
}

impl Lean {
    /// To the other end.
    pub fn turned(self) -> Self {
        Self { first: !self.first, ..self }
    }
}

/// The form of an adjective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Degree {
    Comparative,
    Superlative,
}

/// An adjective's stem without its ending, "new" of "newer", "heav" of "heaviest"; nothing of a word in no such form.
pub(super) fn graded(word: &str) -> Option<(String, Degree)> {
    match word {
        "better" => return Some(("good".to_owned(), Degree::Comparative)),
        "best" => return Some(("good".to_owned(), Degree::Superlative)),
        "worse" => return Some(("bad".to_owned(), Degree::Comparative)),
        "worst" => return Some(("bad".to_owned(), Degree::Superlative)),
        "farther" | "further" => return Some(("far".to_owned(), Degree::Comparative)),
        "farthest" | "furthest" => return Some(("far".to_owned(), Degree::Superlative)),
        _ => {}
    }
    let ending = |ending| word.strip_suffix(ending).filter(|head| head.chars().count() >= 2);
    let (head, degree) = ending("est")
        .map(|head| (head, Degree::Superlative))
        .or_else(|| ending("er").map(|head| (head, Degree::Comparative)))?;
    Some((key(head), degree))
}

/// What the forms of an adjective share: "big" of "bigg", "heav" of "heavy" and "heavi", "larg" of "large".
fn key(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if let [_, _, last @ 'i'] = &mut letters[..] {
        // "drier"
        *last = 'y';
    }
    if letters.len() > 3 && letters.last().is_some_and(|c| "eiy".contains(*c)) {
        letters.pop();
    }
    if let [.., before, last] = letters[..]
        && before == last
        && letters.len() > 3
        && !"ls".contains(last)
    {
        letters.pop();
    }
    letters.into_iter().collect()
}

/// The words that lean to an end of a scale: those of everyday English, and those that a text teaches.
#[derive(Debug)]
pub(super) struct Scales {
    known: HashMap<String, Lean>,
}

impl Default for Scales {
    fn default() -> Self {
        let mut known: HashMap<String, Lean> = HashMap::new();
        for (first, last) in OPPOSITES {
            let joined = known.get(&key(first)).or_else(|| known.get(&key(last)));
            let scale = joined.map_or_else(|| key(first), |lean| lean.scale.clone());
            for (word, first) in [(first, true), (last, false)] {
                known.entry(key(word)).or_insert_with(|| Lean { scale: scale.clone(), first });
            }
        }
        for (word, scale, first) in PLACES {
            known.insert(word.to_owned(), Lean { scale: scale.to_owned(), first });
        }
        Self { known }
    }
}

impl Scales {
    /// The end that an adjective in its plain form, or a word of place, leans to. A word that is not known has a scale of its own.
    pub fn lean(&self, word: &str) -> Lean {
        let of = |key: &str| self.known.get(key).cloned();
        of(word).unwrap_or_else(|| self.lean_of_key(&key(word)))
    }

    /// The same of what the forms of an adjective share.
    pub fn lean_of_key(&self, key: &str) -> Lean {
        self.known.get(key).cloned().unwrap_or_else(|| Lean { scale: key.to_owned(), first: true })
    }

    /// Learns from "from … to …" that the two are the ends of one scale, where one of them has a scale of its own till now.
    pub fn opposed(&mut self, from: &Lean, to: &Lean) {
        let unknown = |lean: &Lean| lean.first && !self.known.contains_key(&lean.scale);
        if from.scale == to.scale {
            return;
        }
        if unknown(to) {
            self.known.insert(to.scale.clone(), from.clone().turned());
        } else if unknown(from) {
            self.known.insert(from.scale.clone(), to.clone().turned());
        }
    }
}

/// The number that an ordinal is, "third" or "3rd".
pub(super) fn ordinal(word: &str) -> Option<usize> {
    const WORDS: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
        "twelfth",
    ];
    WORDS.iter().position(|o| *o == word).map(|at| at + 1).or_else(|| {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end))?;
        digits.parse().ok().filter(|n| (1..1_000).contains(n))
    })
}

/// The number that a word of counting is, "seven" or "7".
pub(super) fn cardinal(word: &str) -> Option<usize> {
    const WORDS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    WORDS.iter().position(|c| *c == word).map(|at| at + 1).or_else(|| word.parse().ok().filter(|n| *n < 1_000))
}

impl Lean {
    /// Whether both are directions on one scale.
    pub fn along(&self, other: &Lean) -> bool {
        self.scale == other.scale
    }

    /// Whether it leans to the end that places are counted from.
    pub fn to_first(&self) -> bool {
        self.first
    }

    /// The direction in which ranks are counted where nothing else is said: from the first to the last.
    pub fn is_rank(&self) -> bool {
        self.scale == "first"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_an_adjective_lean_to_one_end_and_its_opposite_to_the_other() {
        let scales = Scales::default();
        for (one, other) in [
            ("newer", "oldest"),
            ("heaviest", "lighter"),
            ("bigger", "smallest"),
            ("larger", "smaller"),
            ("best", "worse"),
            ("cheapest", "costliest"),
            ("hottest", "colder"),
            ("nearer", "farthest"),
        ] {
            let of = |word: &str| scales.lean_of_key(&graded(word).unwrap().0);
            assert!(of(one).along(&of(other)) && of(one).to_first() != of(other).to_first(), "{one} {other}");
        }
        assert!(scales.lean("expensive").along(&scales.lean_of_key(&graded("cheaper").unwrap().0)));
        assert!(!scales.lean("left").along(&scales.lean("old")));
        assert_eq!(graded("bird"), None);
    }

    #[test]
    fn a_text_teaches_what_lies_at_the_ends_of_a_scale() {
        let mut scales = Scales::default();
        let (from, to) =
            (scales.lean_of_key(&graded("fluffiest").unwrap().0), scales.lean_of_key(&graded("baldest").unwrap().0));
        assert!(!from.along(&to));
        scales.opposed(&from, &to);
        let (from, to) = (scales.lean("fluffy"), scales.lean("bald"));
        assert!(from.along(&to) && from.to_first() != to.to_first());
    }
}
