//! Which facts a search asks for, so that they are few enough to be ranked one by one and the right one is among them.
//!
//! A fact that a claim could be held against shares words with it, and the rarer the words, the fewer of them must be shared to tell it from
//! others. So facts with any of the claim's rarest words are asked for, and those with two of the more common ones at once, the rarest pair
//! first, as long as the samples of the words' facts say that they are few. What a search costs is bounded thereby, however many facts there
//! are and however common the words of the claim.

use atr_core::store::{FactQuery, PLACES, SAMPLE, SAMPLED};

/// How many facts are asked for, as the samples tell.
pub const MOST_FACTS: f64 = 300.0;
/// How many entries of the index are read for pairs: facts that have the rarer word of one.
pub const MOST_READ: f64 = 4000.0;
/// How many words, the rarest, are paired.
pub const MOST_PAIRED: usize = 10;

/// A word that facts have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWord<'a> {
    /// The word, as the search knows it.
    pub word: &'a str,
    /// The places of a sample of the facts that have it, in order.
    pub places: &'a [u64],
    /// Whether facts are asked for by it: each has one such word at least.
    pub asked: bool,
}

impl KnownWord<'_> {
    /// How many facts have it, about.
    fn facts(&self) -> f64 {
        match self.places.last() {
            Some(last) if self.places.len() >= SAMPLE => (SAMPLE - 1) as f64 * PLACES as f64 / (*last as f64).max(1.0),
            // One that is in no sample may be in a few facts.
            _ => SAMPLED as f64 * (self.places.len() as f64).max(0.5),
        }
    }

    /// Up to which place its sample is whole.
    fn reach(&self) -> u64 {
        self.places.last().copied().filter(|_| self.places.len() >= SAMPLE).unwrap_or(PLACES / SAMPLED)
    }
}

/// How many facts have all of these words at once, about: as many as are in all of their samples, for as much as these are of all facts.
fn together(words: &[&KnownWord<'_>]) -> f64 {
    let [first, others @ ..] = words else { return 0.0 };
    let reach = words.iter().map(|word| word.reach()).min().unwrap_or(0);
    let in_all = |place: &&u64| others.iter().all(|other| other.places.binary_search(place).is_ok());
    let shared = first.places.iter().take_while(|place| **place <= reach).filter(in_all).count();
    shared as f64 * PLACES as f64 / (reach as f64).max(1.0)
}

/// The query for facts by words that facts have, each word once; `None` where no word is asked for.
pub fn fact_query(words: &[KnownWord<'_>]) -> Option<FactQuery> {
    let mut words: Vec<&KnownWord<'_>> = words.iter().collect();
    words.sort_by(|a, b| a.facts().total_cmp(&b.facts()).then_with(|| a.word.cmp(b.word)));
    if !words.iter().any(|word| word.asked) {
        return None;
    }
    let mut rows = 0.0;
    let mut any: Vec<Vec<&KnownWord<'_>>> = Vec::new();
    for word in words.iter().filter(|word| word.asked) {
        if rows + word.facts() > MOST_FACTS {
            break;
        }
        rows += word.facts();
        any.push(vec![word]);
    }
    let alone = any.len();
    let paired: Vec<&KnownWord<'_>> = words
        .iter()
        .filter(|word| !any.iter().any(|one| one[0].word == word.word))
        .take(MOST_PAIRED)
        .copied()
        .collect();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (at, rarer) in paired.iter().enumerate() {
        for (beside, other) in paired.iter().enumerate().skip(at + 1) {
            if rarer.asked || other.asked {
                pairs.push((together(&[rarer, other]).max(1.0), at, beside));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut read = vec![false; paired.len()];
    let mut entries = 0.0;
    for (facts, at, other) in pairs {
        let more = if read[at] { 0.0 } else { paired[at].facts() };
        if rows + facts <= MOST_FACTS && entries + more <= MOST_READ {
            (rows, entries, read[at]) = (rows + facts, entries + more, true);
            any.push(vec![paired[at], paired[other]]);
        }
    }
    if alone == 0 && any.is_empty() {
        any.push(enough(&words));
    }
    let texts = |words: Vec<&KnownWord<'_>>| words.into_iter().map(|word| word.word.to_owned()).collect();
    Some(FactQuery { any: any.into_iter().map(texts).collect(), ranked: texts(words) })
}

/// So many of the words, the rarest, that few facts have them all; all words where too many have even these.
fn enough<'a, 'w>(words: &[&'w KnownWord<'a>]) -> Vec<&'w KnownWord<'a>> {
    let mut words: Vec<_> = words.to_vec();
    words.sort_by_key(|word| !word.asked);
    let few = (2..words.len()).find(|many| together(&words[..*many]) <= MOST_FACTS);
    words.truncate(few.unwrap_or(words.len()));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sample of a word that every nth fact of so many has, from one of them on.
    fn every(nth: u64, from: u64, facts: u64) -> Vec<u64> {
        let mut places: Vec<u64> = (from..facts)
            .step_by(usize::try_from(nth).unwrap())
            .map(|fact| fact.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32)
            .filter(|place| *place < PLACES / SAMPLED)
            .collect();
        places.sort_unstable();
        places.truncate(SAMPLE);
        places
    }

    fn known<'a>(word: &'a str, places: &'a [u64]) -> KnownWord<'a> {
        KnownWord { word, places, asked: true }
    }

    fn alternatives(words: &[KnownWord<'_>]) -> Vec<String> {
        fact_query(words).unwrap().any.iter().map(|all| all.join("+")).collect()
    }

    #[test]
    fn a_sample_tells_how_many_facts_have_a_word_and_two_words_at_once() {
        for nth in [10, 100, 1000] {
            let (all, sample) = (1_000_000.0 / nth as f64, every(nth, 0, 1_000_000));
            let told = known("w", &sample).facts();
            assert!((0.5..2.0).contains(&(told / all)), "{told} for {all}");
        }
        let (tenth, twentieth, odd) = (every(10, 0, 1_000_000), every(20, 0, 1_000_000), every(10, 5, 1_000_000));
        let both = together(&[&known("a", &tenth), &known("b", &twentieth)]);
        assert!((25_000.0..100_000.0).contains(&both), "{both}");
        assert!(together(&[&known("a", &tenth), &known("c", &odd)]) < 1.0);
    }

    #[test]
    fn rare_words_are_asked_for_alone_and_common_ones_in_pairs() {
        let (rare, some, other) = (every(100_000, 0, 1_000_000), every(400, 0, 1_000_000), every(500, 3, 1_000_000));
        let words = [known("some", &some), known("rare", &rare), known("other", &other)];
        assert_eq!(alternatives(&words), ["rare", "other+some"]);
        assert_eq!(fact_query(&words).unwrap().ranked.len(), 3);
    }

    #[test]
    fn a_pair_that_always_comes_together_is_not_asked_for() {
        let (common, name) = (every(100, 0, 1_000_000), every(500, 7, 1_000_000));
        let words = [known("chemical", &common), known("symbol", &common), known("gold", &name)];
        assert_eq!(alternatives(&words), ["gold+chemical", "gold+symbol"]);
    }

    #[test]
    fn where_all_words_are_common_the_fact_has_several_at_once() {
        let (a, b, c) = (every(2, 0, 1_000_000), every(3, 0, 1_000_000), every(5, 0, 1_000_000));
        let words = [known("a", &a), known("b", &b), known("c", &c)];
        assert_eq!(alternatives(&words), ["c+b+a"]);
        assert_eq!(alternatives(&words[..1]), ["a"]);
    }

    #[test]
    fn what_is_asked_for_has_a_word_that_is_asked_for() {
        let (rare, common) = (every(100_000, 0, 1_000_000), every(400, 0, 1_000_000));
        let beside = KnownWord { asked: false, ..known("beside", &rare) };
        assert_eq!(alternatives(&[beside.clone(), known("name", &common)]), ["beside+name"]);
        assert_eq!(alternatives(&[beside.clone(), known("name", &rare)]), ["name"]);
        assert_eq!(fact_query(&[beside]), None);
        assert_eq!(fact_query(&[]), None);
    }

    proptest! {
        #[test]
        fn what_a_search_costs_is_bounded_whatever_the_words(kinds in proptest::collection::vec((1u64..3000, 0u64..50, any::<bool>()), 1..32)) {
            let samples: Vec<Vec<u64>> = kinds.iter().map(|(nth, from, _)| every(*nth, *from, 60_000)).collect();
            let names: Vec<String> = (0..kinds.len()).map(|at| format!("w{at}")).collect();
            let words: Vec<KnownWord<'_>> = kinds
                .iter()
                .zip(&samples)
                .zip(&names)
                .map(|(((_, _, asked), places), word)| KnownWord { word, places, asked: *asked })
                .collect();
            let found = fact_query(&words);
            prop_assert_eq!(found.is_some(), words.iter().any(|word| word.asked));
            let Some(query) = found else { return Ok(()) };
            let of = |name: &String| words.iter().find(|word| word.word == name).expect("a word that was given");
            prop_assert!(!query.any.is_empty());
            prop_assert!(query.any.iter().all(|all| all.iter().any(|name| of(name).asked)));
            prop_assert_eq!(query.ranked.len(), words.len());
            if query.any.len() > 1 {
                let facts: f64 = query
                    .any
                    .iter()
                    .map(|all| match all.as_slice() {
                        [one] => of(one).facts(),
                        all => together(&all.iter().map(of).collect::<Vec<_>>()),
                    })
                    .sum();
                prop_assert!(facts <= MOST_FACTS, "{facts}");
            }
            // The order in which the words come changes nothing.
            let backwards: Vec<KnownWord<'_>> = words.iter().rev().cloned().collect();
            prop_assert_eq!(fact_query(&backwards), Some(query));
        }
    }
}
