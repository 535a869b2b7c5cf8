use super::{answer::Asked, *};

fn plain<'a>(answers: &[&'a str]) -> Vec<Chain<'a>> {
    answers.iter().map(|answer| Chain { answer, ..Chain::default() }).collect()
}

fn same(pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_eq!(normalise(a), normalise(b), "{a} and {b}");
    }
}

fn other(pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_ne!(normalise(a), normalise(b), "{a} and {b}");
    }
}

#[test]
fn numbers_that_say_the_same_share_a_normal_form() {
    same(&[
        ("12", "twelve"),
        ("12", "12.0"),
        ("1,000", "1000"),
        ("one", "1"),
        ("-5", "−5"),
        ("12 apples", "12"),
        ("1/2", "0.5"),
        ("½", "0.5"),
        ("half", "1/2"),
        ("2 1/2", "2.5"),
        ("1½", "1.5"),
        ("three and a half", "3.5"),
        ("two thirds", "2/3"),
        ("50%", "50 percent"),
        ("50%", "0.5"),
        ("1.2e3", "1200"),
        ("3 × 10^8", "300000000"),
        ("2 × 10⁻³", "0.002"),
        ("$18", "18"),
        ("18 dollars", "$18.00"),
        ("about 18", "18"),
        (r"\frac{3}{4}", "0.75"),
        ("$\\frac{1}{2}$", "0.5"),
        (r"\text{12}", "12"),
        ("5 * 4 = 20", "20"),
        ("1.5 million", "1,500,000"),
    ]);
    other(&[("12", "13"), ("1/2", "12"), ("-5", "5"), ("£18", "$18"), ("50%", "50"), ("2 1/2", "21/2")]);
}

#[test]
fn digits_of_any_script_are_read_as_numbers() {
    same(&[
        ("١٢", "12"),
        ("१२", "12"),
        ("１２", "12"),
        ("十二", "12"),
        ("三百零五", "305"),
        ("两千元", "2000"),
        ("۱۲٫۵", "12.5"),
    ]);
    // A numeral within a word is no number.
    other(&[("一般", "1"), ("二〇二", "202")]);
}

#[test]
fn measures_are_compared_in_base_units() {
    same(&[
        ("2 hours", "120 minutes"),
        ("1 km", "1000 m"),
        ("36 km/h", "10 metres per second"),
        ("0 °C", "32 °F"),
        ("1.5 kg", "1500 g"),
        ("2 square metres", "2 m²"),
    ]);
    other(&[("12 km", "12 kg"), ("2 hours", "2 minutes")]);
}

#[test]
fn dates_are_compared_as_far_as_they_are_given() {
    same(&[
        ("3 May 2020", "2020-05-03"),
        ("May 3, 2020", "the 3rd of May 2020"),
        ("in May 2020", "May 2020"),
        ("On Sunday, 3 May 2020.", "2020-05-03"),
        ("in 1969", "1969"),
        ("44 BC", "44 B.C."),
    ]);
    other(&[("3 May 2020", "4 May 2020"), ("May 2020", "3 May 2020"), ("44 BC", "44")]);
}

#[test]
fn sets_have_no_order_and_sequences_have_one() {
    same(&[
        ("a, b and c", "c, a, b"),
        ("salt, sugar, and flour", "{flour, salt, sugar}"),
        ("3 and 5", "5, 3"),
        ("1,000, 20", "20 and 1000"),
        ("red; green", "green; red"),
        ("egg → larva → fly", "egg -> larva -> fly"),
        ("(3, 4)", "[3; 4.0]"),
    ]);
    other(&[("(3, 4)", "(4, 3)"), ("a, b and c", "a and b"), ("egg → larva", "larva → egg"), ("1, 200", "1,200")]);
}

#[test]
fn choices_are_known_by_their_letter() {
    same(&[("(B)", "B."), ("option B", "B"), ("B) Paris", "(B)"), ("The answer is B", "(B) Paris"), ("Choice b", "B")]);
    other(&[("B", "C"), ("B. Smith", "B"), ("A dog", "A")]);
    let asked = Asked::of("Which is the capital of France? A) Rome B) Paris C) the Oslo region");
    assert_eq!(asked.read("Paris"), Answer::Choice('B'));
    assert_eq!(asked.read("B. Paris"), Answer::Choice('B'));
    assert_eq!(asked.read("Oslo region"), Answer::Choice('C'));
    assert_eq!(asked.read("Berlin"), Answer::read("Berlin"));
}

#[test]
fn yes_and_no_are_known_where_they_are_the_answer() {
    same(&[("Yes, it is.", "yes"), ("No.", "no"), ("true", "Yes"), ("Yes it is", "yes"), ("NO - never", "False")]);
    other(&[("no planets", "no"), ("True love", "yes"), ("yes", "no")]);
}

#[test]
fn texts_are_compared_without_case_articles_and_punctuation() {
    same(&[
        ("The Paris.", "paris"),
        ("“Paris”", "Paris"),
        ("ﬁsh", "Fish"),
        ("STRASSE", "Straße"),
        ("  a   cat ", "Cat!"),
    ]);
    other(&[("Paris", "Rome"), ("C++", "C"), ("∅", "→")]);
    for nothing in ["", "  ", "\n", "**"] {
        assert_eq!(Answer::read(nothing), Answer::Nothing, "{nothing:?}");
    }
}

#[test]
fn a_question_says_how_a_bare_number_is_meant() {
    let minutes = Asked::of("How many minutes does it take?");
    assert_eq!(minutes.read("120"), minutes.read("2 hours"));
    assert_eq!(minutes.read("It takes her 120 minutes each day."), minutes.read("120"));
    let percent = Asked::of("What percentage of them is red?");
    assert_eq!(percent.read("50"), percent.read("50%"));
    let apples = Asked::of("How many apples are left?");
    assert_eq!(apples.read("There are 12 red and ripe apples left"), apples.read("12"));
    assert_ne!(apples.read("12 of 13"), apples.read("12"));
}

#[test]
fn the_last_marked_answer_is_the_final_one() {
    for (text, said) in [
        ("so 5\n#### 12", "12"),
        ("The answer is 11. No:\nAnswer: 12\n", "12"),
        (r"thus \boxed{\frac{1}{2}} holds", r"\frac{1}{2}"),
        ("12", "12"),
        ("Answer:", "Answer:"),
    ] {
        assert_eq!(final_answer(text), said, "{text}");
    }
}

#[test]
fn the_answer_most_chains_reach_is_agreed() {
    let merged = merge("", &plain(&["A: 12", "#### 13", "The answer is twelve", ""]));
    assert_eq!(merged.answer.as_deref(), Some("12"));
    assert_eq!((merged.representative, &merged.dissenters[..]), (Some(0), &[1, 3][..]));
    assert_eq!(merged.agreement, [0.5, 0.25, 0.5, 0.0]);
    assert!(merged.confidence > merged.confidences[1] && merged.confidences[1] > 0.0, "{merged:?}");
    assert_eq!((merged.confidences[0], merged.confidences[3]), (merged.confidence, 0.0));
    let shares: Vec<f64> = merged.groups.iter().map(|group| group.share).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{shares:?}");
    let entropy: f64 = shares.iter().map(|share| -share * share.ln()).sum();
    assert!((merged.entropy - entropy).abs() < 1e-12 && entropy < 2f64.ln(), "{merged:?}");
}

#[test]
fn the_more_chains_agree_the_surer_it_is() {
    let confidence = |answers: &[&str]| merge("", &plain(answers)).confidence;
    assert!(confidence(&["5", "6", "7"]) < confidence(&["5"]));
    assert!(confidence(&["5"]) < confidence(&["5", "5"]));
    assert!(confidence(&["5", "5"]) < confidence(&["5", "5", "5"]));
    assert!(merge("", &plain(&["5", "5"])).entropy == 0.0);
}

#[test]
fn a_model_that_was_often_right_outvotes_two_that_were_seldom() {
    let chain = |answer, right| Chain { answer, record: Some(Record { right, judged: 100 }), ..Chain::default() };
    assert_eq!(merge("", &[chain("5", 95), chain("6", 10), chain("6", 10)]).answer.as_deref(), Some("5"));
    assert_eq!(merge("", &[chain("5", 50), chain("6", 50), chain("6", 50)]).answer.as_deref(), Some("6"));
    // One judged answer tells little.
    let once = Record { right: 1, judged: 1 }.share();
    assert!(once < 0.7 && Record { right: 90, judged: 100 }.share() > 0.85, "{once}");
    assert_eq!(Record { right: 0, judged: 0 }.signal(), 0.0);
}

#[test]
fn a_likelier_chain_counts_more_where_all_give_a_probability() {
    let chain = |answer, mean_logprob| Chain { answer, mean_logprob, ..Chain::default() };
    let merged = merge("", &[chain("6", Some(-2.0)), chain("5", Some(-0.1))]);
    assert_eq!(merged.answer.as_deref(), Some("5"));
    // Where one has none, or an impossible one, none counts.
    for unknown in [None, Some(f64::NAN), Some(0.1)] {
        let merged = merge("", &[chain("5", unknown), chain("6", Some(-0.1))]);
        assert_eq!(merged.confidences[0], merged.confidences[1], "{unknown:?}");
    }
}

#[test]
fn facts_that_contradict_a_chain_count_against_it() {
    let chain = |answer, supported, contradicted| Chain {
        answer,
        verdicts: Some(Verdicts { supported, contradicted }),
        ..Chain::default()
    };
    assert_eq!(merge("", &[chain("a", 0, 3), chain("b", 0, 0)]).answer.as_deref(), Some("b"));
    assert_eq!(merge("", &[chain("a", 3, 0), chain("b", 0, 0)]).answer.as_deref(), Some("a"));
}

const QUESTION: &str = "Ducks lay 16 eggs a day. She eats 3, bakes with 4 and sells the rest for 2 dollars each. How many dollars does she make?";
const RIGHT: [&str; 3] = ["3 + 4 = 7 eggs are used", "16 - 7 = 9 are left", "9 * 2 = 18 dollars"];

fn told<'a>(steps: &'a [&'a str], answer: &'a str) -> Chain<'a> {
    Chain { answer, steps, ..Chain::default() }
}

#[test]
fn the_chain_that_uses_what_is_given_and_leaves_nothing_loose_is_believed() {
    for wrong in [
        // It forgets the 4.
        (&["16 - 3 = 13 eggs are left over", "13 * 2 = 26 dollars in all for her"][..], "26"),
        // It computes something and makes nothing of it.
        (&["16 * 3 = 48 eggs and so on", "16 - 4 = 12 left", "12 * 2 = 24 dollars"][..], "24"),
        // An equation does not hold.
        (&["3 + 4 = 7 eggs are used", "16 - 7 = 8 are left", "8 * 2 = 16 dollars"][..], "16"),
        // What it concludes is not what it came to.
        (&["3 + 4 = 7 eggs are used", "16 - 7 = 9 are left", "9 * 2 = 18 dollars"][..], "20"),
        // A number of dollars is not less than nothing.
        (&["3 + 4 = 7 eggs are used", "7 - 16 = -9 are left", "-9 * 2 = -18 dollars"][..], "-18"),
    ] {
        let merged = merge(QUESTION, &[told(wrong.0, wrong.1), told(&RIGHT, "18")]);
        assert_eq!(merged.answer.as_deref(), Some("18"), "{wrong:?}: {merged:?}");
    }
}

#[test]
fn annotations_are_equations_like_others() {
    let annotated = ["3 + 4 = <<3+4=7>>7 eggs are used", "She has <<16-7=9>>9 left", "9 * 2 = $<<9*2=18>>18"];
    let merged = merge(QUESTION, &[told(&annotated, "18"), told(&RIGHT, "18")]);
    assert_eq!(merged.divergences, []);
    assert_eq!(merged.groups.len(), 1);
    let parted = merge(
        QUESTION,
        &[told(&annotated, "18"), told(&RIGHT, "18"), told(&["16 - 3 = <<16-3=13>>13", "13 * 2 = 26"], "26")],
    );
    assert_eq!(parted.divergences.iter().map(|of| (of.chain, of.step)).collect::<Vec<_>>(), [(2, Some(0))]);
}

#[test]
fn without_steps_what_stands_before_the_answer_is_the_way_there() {
    let inline = format!("{}\nA: 18", RIGHT.join("\n"));
    let one_line = "She uses 3 + 4 = 7. So 16 - 7 = 9 are left. She makes 9 * 2 = 18. The answer is 18";
    let short = "16 - 3 = 13 eggs\n13 * 2 = 26\nA: 26";
    let merged = merge(QUESTION, &plain(&[short, &inline, one_line]));
    assert_eq!(merged.divergences.iter().map(|of| (of.chain, of.step)).collect::<Vec<_>>(), [(0, Some(0))]);
    assert_eq!(merge(QUESTION, &plain(&[short, &inline])).answer.as_deref(), Some("18"));
}

fn parting(steps: &[&str], answer: &str) -> Divergence {
    let merged = merge(QUESTION, &[told(steps, answer), told(&RIGHT, "18"), told(&RIGHT, "18"), told(&RIGHT, "18")]);
    assert_eq!(merged.divergences.len(), 1, "{merged:?}");
    merged.divergences.into_iter().next().expect("one")
}

#[test]
fn chains_part_after_the_last_value_that_both_reach() {
    let found = parting(&["3 + 4 = 7 used", "16 + 7 = 23 left", "23 * 2 = 46"], "46");
    assert_eq!((found.step, found.representative_step, found.parting), (Some(1), Some(1), Parting::OtherResult));
    assert!(found.reason.contains("comes to 23") && found.reason.contains("to 9"), "{}", found.reason);
    // In another order and together again: they part where they do not meet any more.
    let found = parting(&["16 - 3 = 13 remain", "13 - 4 = 9 remain", "9 * 3 = 27"], "27");
    assert_eq!((found.step, found.representative_step), (Some(2), Some(2)));
}

#[test]
fn chains_that_end_early_go_on_or_only_conclude_otherwise_say_so() {
    let found = parting(&RIGHT[..2], "9");
    assert_eq!((found.step, found.representative_step, found.parting), (None, Some(2), Parting::StopsShort));
    let found = parting(&[RIGHT[0], RIGHT[1], RIGHT[2], "18 * 7 = 126 a week"], "126");
    assert_eq!((found.step, found.representative_step, found.parting), (Some(3), None, Parting::GoesOn));
    let found = parting(&RIGHT, "19");
    assert_eq!((found.step, found.representative_step, found.parting), (None, None, Parting::OtherConclusion));
}

#[test]
fn chains_without_results_part_by_their_words() {
    let agreed = ["Paris is the largest city of France", "The government of France sits in Paris"];
    let chains = [
        told(&agreed, "Paris"),
        told(&agreed, "Paris"),
        told(&["Paris is France's largest city", "Kings were crowned in Reims"], "Reims"),
    ];
    let merged = merge("What is the capital of France?", &chains);
    let [found] = &merged.divergences[..] else { panic!("{merged:?}") };
    assert_eq!((found.chain, found.step, found.representative_step), (2, Some(1), Some(1)));
    assert_eq!(found.parting, Parting::OtherWords);
}

#[test]
fn no_answers_give_no_agreement() {
    for chains in [&[][..], &plain(&["", " "])] {
        let merged = merge("How many?", chains);
        assert_eq!((merged.answer, merged.confidence, merged.representative), (None, 0.0, None));
        assert_eq!((merged.entropy, merged.groups.len(), merged.dissenters.len()), (0.0, 0, chains.len()));
    }
}

#[test]
fn endless_answers_and_steps_are_read_in_bounded_time() {
    let started = std::time::Instant::now();
    let endless =
        ["7, ".repeat(200_000), "<<1+1=2>> = ".repeat(50_000), "½".repeat(200_000), "\\frac{1}{".repeat(50_000)];
    for text in &endless {
        let steps = vec![text.as_str(); 2_000];
        let chains = [told(&steps, text), Chain { answer: text, ..Chain::default() }, told(&[], "5")];
        assert_eq!(merge(text, &chains).agreement.len(), 3);
    }
    // Some seconds in a debug build, where reading all would take hours.
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}
