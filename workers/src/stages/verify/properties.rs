//! What must hold for any text at all.

use proptest::prelude::*;

use atr_core::domain::citation::CitationState;

use super::align::Passages;
use super::citations::{self, KnownSource};
use super::claims::split;
use super::compare::{FactText, Relation, compare};
use super::decide::{Candidate, decide};
use super::measure::measures;
use super::resolve::resolve;
use super::search_terms::{MOST_TERMS, search_terms};
use super::words::{Span, words};

/// Texts with the pieces that the rules look for, in any order, and any other characters between.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9 .,;:()'’\"\n-]{0,20}",
        "(The|A|No|All) (capital|symbol|number) of (France|gold|Mars) (is|was|is not) (Paris|Au|79|1,000 km|about 3 × 10\\^8 m/s)\\. ",
        Just("Dr. J. K. Smith, which is 5 °C, 20% (Wang, 2022) [1-3] https://a.b/c) doi:10.1000/x. ".to_owned()),
        Just("In 1945, on 2 September 1945 or 44 BC twenty-one ".to_owned()),
        Just("What is the answer? ".to_owned()),
        Just("İstanbul ẞ ﬁ ½ ١٢ 中文。हिन्दी ".to_owned()),
        Just("-−–$€~≈^²³⁻¹".to_owned()),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Sentences of a few words that meet often and repeat each other.
fn said() -> impl Strategy<Value = String> {
    let name =
        prop_oneof![Just("Rome"), Just("Oslo"), Just("Pacific Ocean"), Just("Rome City"), Just("gold"), Just("ocean")];
    (prop_oneof![Just("capital"), Just("symbol"), Just("largest ocean")], name.clone(), name).prop_flat_map(
        |(what, x, y)| {
            prop_oneof![Just(format!("The {what} of {x} is {y}.")), Just(format!("{y} is the {what} of {x}."))]
        },
    )
}

/// Sentences with clauses, appositions and coordination, in any combination.
fn parted() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("Ada Bell"),
        Just("The River Ouse"),
        Just("He"),
        Just("Gold"),
        Just("York, the city of kings,")
    ];
    let middle = prop_oneof![
        Just(""),
        Just(", which is in York,"),
        Just(", the capital of gold,"),
        Just(", a judge, who was young,"),
        Just(" [1]"),
    ];
    let verb = prop_oneof![
        Just("was born in York"),
        Just("died in Hull"),
        Just("has 3 towers"),
        Just("is not in Oslo"),
        Just("may be in Ulm, which was founded in 1900"),
        Just("won a prize, and it was gold"),
        Just("said that it was old"),
        Just("covers the sea; she is tall"),
    ];
    let end = prop_oneof![Just("."), Just(". [2]"), Just("!"), Just(", which is in York."), Just("")];
    let sentence = (name, middle, proptest::collection::vec(verb, 1..4), end)
        .prop_map(|(name, middle, verbs, end)| format!("{name}{middle} {}{end}", verbs.join(" and ")));
    proptest::collection::vec(sentence, 1..3).prop_map(|all| all.join(" "))
}

fn inside(text: &str, span: Span) -> bool {
    text.get(span.start..span.end).is_some()
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn splitting_loses_nothing_but_white_space(text in text()) {
        let found = split(&text);
        let mut end = 0;
        for claim in &found {
            prop_assert!(inside(&text, claim.span) && claim.span.start >= end && claim.span.end > claim.span.start);
            prop_assert_eq!(claim.span.of(&text), claim.text.as_str());
            end = claim.span.end;
        }
        prop_assert_eq!(found.iter().map(|c| solid(&c.text)).collect::<String>(), solid(&text));
    }

    #[test]
    fn what_is_split_once_is_split_for_good(answer in parted()) {
        let found = split(&answer);
        prop_assert_eq!(&found, &split(&answer));
        for claim in &found {
            let again: Vec<String> = split(&claim.statement).into_iter().map(|c| c.statement).collect();
            prop_assert_eq!(&again, &vec![claim.statement.clone()], "{}", answer);
        }
    }

    #[test]
    fn measures_and_words_lie_inside_the_text(text in text()) {
        let found = measures(&text);
        prop_assert!(found.quantities.iter().all(|q| inside(&text, q.span) && q.value.is_finite() && q.slack >= 0.0));
        prop_assert!(found.dates.iter().all(|d| inside(&text, d.span)));
        prop_assert!(words(&text).iter().all(|w| w.span.of(&text) == w.text));
    }

    #[test]
    fn a_contradiction_shares_a_content_word(claim in text(), fact in text()) {
        let found = compare(&claim, &FactText::new(&fact));
        prop_assert!((0.0..=1.0).contains(&found.score));
        prop_assert!(inside(&claim, found.claim_span) && inside(&fact, found.fact_span));
        if found.relation == Relation::Contradicts {
            let stems = |t: &str| words(t).into_iter().filter(|w| !w.is_stop()).map(|w| w.stem).collect::<Vec<_>>();
            let (a, b) = (stems(&claim), stems(&fact));
            prop_assert!(a.iter().any(|w| b.iter().any(|o| w == o || w.chars().take(5).eq(o.chars().take(5)))));
        }
    }

    #[test]
    fn a_statement_never_contradicts_itself(text in text()) {
        prop_assert_ne!(compare(&text, &FactText::new(&text)).relation, Relation::Contradicts);
    }

    #[test]
    fn what_supports_has_each_word_as_often_as_the_claim(claim in said(), fact in said()) {
        if compare(&claim, &FactText::new(&fact)).relation == Relation::Supports {
            let count = |text: &str, stem: &str| words(text).iter().filter(|w| w.stem == stem).count();
            for word in words(&claim).iter().filter(|w| !w.is_stop()) {
                prop_assert!(count(&fact, &word.stem) >= count(&claim, &word.stem), "{} / {}", claim, fact);
            }
        }
    }

    #[test]
    fn a_sentence_supports_itself(said in said(), hedge in prop_oneof![Just(""), Just("Perhaps "), Just("It is not true that ")]) {
        let said = format!("{hedge}{said}");
        prop_assert_eq!(compare(&said, &FactText::new(&said)).relation, Relation::Supports);
    }

    #[test]
    fn a_verdict_names_a_candidate_that_is_there(claim in text(), facts in proptest::collection::vec(text(), 0..4)) {
        let texts: Vec<FactText> = facts.iter().map(|statement| FactText::new(statement)).collect();
        let candidates: Vec<Candidate> = texts.iter().map(|text| Candidate { fact: "f", text, rank: 1.0 }).collect();
        let verdict = decide(&FactText::new(&claim), &candidates);
        prop_assert!(verdict.deciding.is_none_or(|at| at < facts.len()));
        prop_assert!(!verdict.reason.is_empty());
    }

    #[test]
    fn a_query_is_bounded_and_free_of_operators(text in text()) {
        if let Some(query) = search_terms(&text) {
            let terms: Vec<&str> = query.split(' ').collect();
            prop_assert!(terms.len() <= MOST_TERMS);
            prop_assert!(terms.iter().all(|t| !t.is_empty() && t.chars().all(char::is_alphanumeric)));
        }
    }

    #[test]
    fn resolving_and_citing_take_any_text(a in text(), b in text()) {
        prop_assert!(solid(&b).is_empty() || resolve(&a, &b).len() <= a.len() * 3 + b.len() * 3 + 64);
        for mention in citations::find(&a) {
            prop_assert!(inside(&a, mention.span));
            let source = KnownSource { title: "t", stale: false, failing: false, texts: &[Passages::of(&b)], retracted: None };
            let found = citations::check(&mention, Some(&source), Some(&a));
            prop_assert!(found.passage.is_none_or(|(_, s)| inside(&b, s)));
        }
    }

    #[test]
    fn what_is_copied_from_a_source_is_verified(text in text(), from in 0usize..40, length in 1usize..40) {
        let all = words(&text);
        let Some(first) = all.get(from) else { return Ok(()) };
        let last = all.get(from + length - 1).or(all.last()).expect("not empty");
        let source = KnownSource { title: "t", stale: false, failing: false, texts: &[Passages::of(&text)], retracted: None };
        let quoted = &text[first.span.start..last.span.end];
        // Cut out, a passage's words may join or part differently at its ends; only those that read the same are quotations.
        let same = words(quoted).iter().map(|w| &w.text).eq(all[from..].iter().take_while(|w| w.span.end <= last.span.end).map(|w| &w.text));
        // A mark alone is no passage.
        prop_assume!(same && quoted.chars().any(char::is_alphanumeric));
        let mention = &citations::find("[1]")[0];
        prop_assert_eq!(citations::check(mention, Some(&source), Some(quoted)).state, CitationState::Verified);
    }
}
