//! Answers that nobody would write in good faith, and answers in scripts of which the rules know no word.
//!
//! What takes time that grows with the square of the text would not come to its end here: each text is long enough for it.

use super::citations::{self, Target, quotation};
use super::claims::{LONGEST, sentences, split};
use super::compare::{FactText, Relation, compare};
use super::decide::{Candidate, Judgement, decide};
use super::measure::measures;
use super::resolve::{resolve, self_contained};
use super::search_terms::{MOST_TERMS, search_terms};

const MEGABYTE: usize = 1 << 20;

/// `text` again and again, a megabyte of it.
fn endless(text: &str) -> String {
    text.repeat(MEGABYTE / text.len() + 1)
}

/// As much of it as the longest sentence that is looked at.
fn long(text: &str) -> String {
    text.repeat(LONGEST / text.len())
}

/// How many claims an answer makes, once all that is done to one before the facts are asked for is done to each.
fn claimed(answer: &str) -> usize {
    let claims = split(answer);
    let resolved = self_contained("What is the capital of France?", &claims);
    for statement in &resolved {
        let parsed = FactText::new(statement);
        let terms = search_terms(parsed.statement()).unwrap_or_default();
        assert!(terms.split(' ').count() <= MOST_TERMS);
    }
    resolved.len()
}

#[test]
fn a_hundred_thousand_sentences_are_a_hundred_thousand_claims() {
    let answer = "It is so. ".repeat(100_000);
    assert_eq!(split(&answer).len(), 100_000);
    let lines = "Au\n".repeat(100_000);
    let claims = split(&lines);
    assert_eq!(self_contained(&lines, &claims).len(), 100_000, "the question is as long, and is read once");
}

#[test]
fn an_endless_line_is_one_claim_whatever_it_is_made_of() {
    for piece in [
        "x",
        "word ",
        "12 ",
        "in 1999 ",
        "5 km and ",
        "planet that ",
        "no ",
        "光",
        "ก",
        "((((",
        "“„«",
        "]",
        ", which is ",
        "A was b and ",
        "a = b, ",
    ] {
        assert_eq!(claimed(&endless(piece)), 1, "{piece}");
        assert_eq!(claimed(&long(piece)), 1, "{piece}");
    }
    assert!(!split(&endless("the capital of France is ")).iter().any(|c| c.check_worthy));
    assert_eq!(claimed(&endless(" ")), 0);
}

#[test]
fn citations_without_end_are_each_found_once() {
    for (piece, each) in [
        ("[1] ", 1),
        ("\"a\" [1]", 1),
        ("“[1]", 1),
        ("”[1] ", 1),
        ("> a [1]\n", 1),
        ("https://example.org/a) ", 1),
        ("[a](https://example.org/a) ", 1),
        ("(Bell, 2020) ", 1),
        ("10.1000/182, ", 1),
        ("Gold [1]. [^2] Au.\n", 2),
    ] {
        let text = piece.repeat(MEGABYTE / 8 / piece.len());
        let found = citations::find(&text);
        assert_eq!(found.len(), text.len() / piece.len() * each, "{piece}");
        assert_eq!(quotation::contents(&text, &found).len(), found.len(), "{piece}");
    }
    assert_eq!(citations::find(&endless("[1] ")).len(), MEGABYTE / 4 + 1);
    assert_eq!(citations::find(&format!("https://example.org/{}", ")".repeat(MEGABYTE))).len(), 1);
}

#[test]
fn a_list_of_references_without_end_is_read_once() {
    let numbers = 1..=20_000;
    let list: String = numbers.map(|n| format!("[{}] Bell, A. (2020). https://example.org/{n}\n", n % 1_000)).collect();
    let text = format!("Gold is Au [7] (Bell, 2020).\n\nReferences:\n{list}");
    let found = citations::find(&text);
    // Each number is given twenty times, and so is author and year.
    assert!(found.iter().take(2).all(|m| m.target.is_none()));
    assert_eq!(found.iter().filter(|m| matches!(m.target, Some(Target::Url(_)))).count(), 20_000);
    assert_eq!(split(&text).iter().filter(|c| !c.reference).count(), 1);
    assert_eq!(citations::find(&endless("References:\n")).len(), 0);
}

#[test]
fn full_stops_of_other_scripts_end_sentences() {
    for (text, count) in [
        ("地球有一个卫星。火星有两个卫星！真的吗？", 3),
        ("पृथ्वी का एक चंद्रमा है। मंगल के दो हैं।", 2),
        ("هل للأرض قمر؟ نعم، للأرض قمر واحد.", 2),
        ("زمین کا ایک چاند ہے۔ مریخ کے دو ہیں۔", 2),
        ("โลกมีดวงจันทร์หนึ่งดวง", 1),
        ("The Earth has one moon. للأرض قمر واحد. 地球有一个卫星。", 3),
    ] {
        assert_eq!(sentences(text).len(), count, "{text}");
    }
    let asked: Vec<bool> = split("真的有两个卫星吗？火星有两个卫星。").iter().map(|c| c.check_worthy).collect();
    assert_eq!(asked, [false, true]);
}

#[test]
fn a_claim_in_a_fact_s_words_is_supported_and_one_with_another_number_contradicted_in_any_script() {
    for (fact, same, other) in [
        ("光速约为每秒299792公里。", "光速约为每秒２９９７９２公里", "光速约为每秒300792公里。"),
        ("珠穆朗玛峰高8849米。", "珠穆朗玛峰高 8,849 米。", "珠穆朗玛峰高8848米。"),
        ("يبلغ ارتفاع الجبل ٨٨٤٩ مترا.", "يبلغ ارتفاع الجبل 8849 مترا", "يبلغ ارتفاع الجبل ٨٨٤٨ مترا."),
        ("माउंट एवरेस्ट 8849 मीटर ऊँचा है।", "माउंट एवरेस्ट ८८४९ मीटर ऊँचा है।", "माउंट एवरेस्ट ८८४८ मीटर ऊँचा है।"),
        ("ยอดเขาสูง 8849 เมตร", "ยอดเขาสูง ๘๘๔๙ เมตร", "ยอดเขาสูง ๘๘๔๘ เมตร"),
    ] {
        let fact = FactText::new(fact);
        assert_eq!(compare(same, &fact).relation, Relation::Supports, "{same}");
        let found = compare(other, &fact);
        assert_eq!(found.relation, Relation::Contradicts, "{other}");
        assert!(found.claim_span.of(other).chars().any(char::is_numeric), "{other}: {found:?}");
        assert!(found.fact_span.of(fact.statement()).chars().any(char::is_numeric), "{other}: {found:?}");
    }
}

#[test]
fn what_is_said_in_other_words_of_an_unknown_language_decides_nothing() {
    for (claim, fact) in [
        ("地球不是平的。", "地球是平的。"),
        ("火星有2个卫星。", "地球有1个卫星。"),
        ("从2000年到2010年。", "从2001年到2011年。"),
        ("القمر ليس كبيرا.", "القمر كبير."),
        ("मंगल के 2 चंद्रमा हैं।", "पृथ्वी का 1 चंद्रमा है।"),
        ("光速约为每秒299792公里。", "The speed of light is 299,792 km/s."),
    ] {
        assert_eq!(compare(claim, &FactText::new(fact)).relation, Relation::Unrelated, "{claim}");
    }
    // Marks that turn the line around are no words.
    let turned = "\u{202b}يبلغ ارتفاع الجبل ٨٨٤٩ مترا\u{202c}";
    assert_eq!(compare(turned, &FactText::new("يبلغ ارتفاع الجبل ٨٨٤٩ مترا.")).relation, Relation::Supports);
}

#[test]
fn numbers_alone_claim_nothing_but_as_the_answer_to_a_question() {
    for answer in ["42", "3.14", "1, 2, 3", "٤٢", "१२३", "１２３", "1\n2\n3", "-5", "10^8", "7 8 9.", "½"] {
        assert!(split(answer).iter().all(|c| !c.check_worthy), "{answer}");
    }
    for number in ["8", "٨", "८", "８"] {
        let resolved = resolve("How many planets are there in the solar system?", number);
        let fact = FactText::new("There are eight planets in the solar system.");
        assert_eq!(compare(&resolved, &fact).relation, Relation::Supports, "{resolved}");
    }
    let resolved = resolve("How many planets are there in the solar system?", "٩");
    let fact = FactText::new("There are eight planets in the solar system.");
    assert_eq!(compare(&resolved, &fact).relation, Relation::Contradicts, "{resolved}");
    assert_eq!(measures(&long("12 ")).quantities.len(), LONGEST / 3);
}

#[test]
fn facts_that_contradict_each_other_decide_nothing_in_any_order() {
    let facts =
        [("a", "The tower is 300 metres high."), ("b", "The tower is 330 metres high."), ("c", "The tower is old.")];
    let texts = facts.map(|(_, statement)| FactText::new(statement));
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let candidates = order.map(|at| Candidate { fact: facts[at].0, text: &texts[at], rank: 1.0 });
        let verdict = decide(&FactText::new("The tower is 330 metres high."), &candidates);
        assert_eq!((verdict.judgement, verdict.deciding), (Judgement::Unverifiable, None));
        assert!(
            verdict.reason.contains("facts disagree: b supports it") && verdict.reason.contains("a contradicts it"),
            "{}",
            verdict.reason
        );
        // What both deny is false all the same.
        let verdict = decide(&FactText::new("The tower is 500 metres high."), &candidates);
        assert_eq!(verdict.judgement, Judgement::Contradicted);
    }
}
