use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// A candidate that passes every stage unless a test spoils it.
pub(super) fn candidate(id: &str, question: &str, completion: &str) -> Candidate {
    Candidate {
        id: id.to_owned(),
        group: format!("question of {id}"),
        question: question.to_owned(),
        reasoning: String::new(),
        completion: completion.to_owned(),
        correction: String::new(),
        domain: "chemistry".to_owned(),
        language: "en".to_owned(),
        source: "assistant".to_owned(),
        model_version: "model-1".to_owned(),
        reviewer_pseudonym: "reviewer-1".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        reward: 0.5,
        review_quality: 0.5,
        label: true,
        citations: Vec::new(),
        facts: Vec::new(),
        disagreement: false,
    }
}

fn curated(candidates: Vec<Candidate>) -> Output {
    run(&Recipe::default(), &Input { candidates, ..Input::default() }).expect("the default recipe")
}

/// Why each candidate was kept or fell, by id.
fn reasons(output: &Output) -> BTreeMap<&str, Reason> {
    output.decisions.iter().map(|d| (d.id.as_str(), d.reason)).collect()
}

fn reason(changed: Candidate) -> Reason {
    curated(vec![changed]).decisions[0].reason
}

#[test]
fn what_experts_disagree_on_falls_before_it_can_push_anything_out() {
    let output = curated(vec![
        Candidate { reward: 0.9, disagreement: true, ..candidate("a", "Symbol of gold?", "Au") },
        candidate("b", "Symbol of gold?", "Au"),
    ]);
    assert_eq!(reasons(&output), BTreeMap::from([("a", Reason::ExpertsDisagree), ("b", Reason::Kept)]));
}

#[test]
fn a_correction_is_held_to_what_holds_for_every_text() {
    let toxic =
        Candidate { correction: "It is Au, you fucking idiot".to_owned(), ..candidate("a", "Symbol of gold?", "Ag") };
    assert_eq!(reason(toxic), Reason::Toxic);
}

const LONG: &str = "Water boils at a lower temperature on a mountain because the pressure of the air is lower there, \
    and a liquid boils once the pressure of its vapour reaches the pressure around it, so that cooking takes longer.";

#[test]
fn of_rows_that_say_the_same_the_best_rewarded_stays() {
    let output = curated(vec![
        Candidate { reward: 0.2, ..candidate("a", "Symbol of gold?", "Au") },
        Candidate { reward: 0.9, ..candidate("b", "symbol of GOLD", "“Au”.") },
        candidate("c", "Symbol of silver?", "Ag"),
    ]);
    let kept = Reason::Kept;
    assert_eq!(reasons(&output), BTreeMap::from([("a", Reason::ExactDuplicate), ("b", kept), ("c", kept)]));
    let detail = Detail::Duplicate { of: "b".to_owned(), jaccard: 1.0, via: None };
    assert_eq!(output.decisions[0].detail, Some(detail));
}

#[test]
fn of_rows_that_say_nearly_the_same_one_stays_and_the_other_names_it() {
    let other = LONG.replace("takes longer", "lasts longer");
    let output = curated(vec![
        Candidate { review_quality: 0.9, ..candidate("a", "Why?", LONG) },
        candidate("b", "Why?", &other),
        candidate("c", "Why?", "Because the air is thin."),
    ]);
    assert_eq!(reasons(&output)["b"], Reason::NearDuplicate);
    assert_eq!((reasons(&output)["a"], reasons(&output)["c"]), (Reason::Kept, Reason::Kept));
    let Some(Detail::Duplicate { of, jaccard, via: None, .. }) = &output.decisions[1].detail else {
        panic!("{:?}", output.decisions[1]);
    };
    assert_eq!(of, "a");
    assert!((0.8..1.0).contains(jaccard), "{jaccard}");
}

#[test]
fn a_row_that_would_fall_anyway_does_not_push_out_one_that_would_not() {
    let output = curated(vec![
        Candidate { reward: 0.9, licence: "CC-BY-NC-4.0".to_owned(), ..candidate("a", "Symbol of gold?", "Au") },
        Candidate { reward: 0.1, ..candidate("b", "Symbol of gold?", "Au") },
    ]);
    assert_eq!(reasons(&output), BTreeMap::from([("a", Reason::ExactDuplicate), ("b", Reason::Kept)]));
}

#[test]
fn chosen_and_rejected_answers_other_numbers_and_other_names_are_no_duplicates() {
    let sum = |n: u32| format!("{LONG} Then there are {n} cups left on the table for everyone to take.");
    let output = curated(vec![
        candidate("right", "Why?", LONG),
        Candidate { label: false, ..candidate("wrong", "Why?", LONG) },
        candidate("seven", "How many?", &sum(7)),
        candidate("eight", "How many?", &sum(8)),
        candidate("oxygen", "What is oxygen?", &format!("{LONG} It is a gas.")),
        candidate("hydrogen", "What is hydrogen?", &format!("{LONG} It is a gas.")),
    ]);
    assert!(output.decisions.iter().all(|decision| decision.kept), "{:?}", reasons(&output));
}

#[test]
fn the_same_answer_by_other_reasoning_is_another_example() {
    let by = |id: &str, reasoning: &str, reward: f64| Candidate {
        reasoning: reasoning.to_owned(),
        reward,
        ..candidate(id, "Symbol of gold?", "Au")
    };
    let output = curated(vec![
        by("latin", "Its Latin name is aurum.", 0.1),
        by("table", "The table of elements says so.", 0.9),
        by("again", "its LATIN name is aurum", 0.9),
    ]);
    assert_eq!(
        reasons(&output),
        BTreeMap::from([("latin", Reason::ExactDuplicate), ("table", Reason::Kept), ("again", Reason::Kept)])
    );
}

#[test]
fn other_short_answers_to_a_long_question_are_no_duplicates_however_like_all_the_words_are() {
    let question = format!("{LONG} Which of the gases in the air around us do people need most?");
    let wrong = |id: &str, answer: &str| Candidate { label: false, ..candidate(id, &question, answer) };
    let reasoned = |id: &str, answer: &str| Candidate { reasoning: LONG.to_owned(), ..wrong(id, answer) };
    let output = curated(vec![
        wrong("air", "air"),
        wrong("neon", "Neon"),
        wrong("more", "Neon gas"),
        reasoned("argon", "Argon"),
        reasoned("xenon", "Xenon"),
    ]);
    let fell: Vec<&str> = output.decisions.iter().filter(|d| !d.kept).map(|d| d.id.as_str()).collect();
    assert_eq!(fell.len(), 1, "{:?}", reasons(&output));
    assert!(["neon", "more"].contains(&fell[0]), "only one that says more of the same is like another");
}

#[test]
fn reasoning_is_held_to_what_holds_for_every_text() {
    let step = |text: &str| Candidate { reasoning: text.to_owned(), ..candidate("a", "Symbol of gold?", "Au") };
    let toxic = curated(vec![step("Latin has a word for it.\nOnly a fucking fool would not know it.")]);
    let field = |decision: &Decision| match &decision.detail {
        Some(Detail::Toxic { field, .. }) => field.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((toxic.decisions[0].reason, field(&toxic.decisions[0])), (Reason::Toxic, "reasoning".to_owned()));
    let question = "What is the chemical symbol of the element oxygen?";
    let held_out =
        vec![HeldOut { id: "o".to_owned(), group: "o".to_owned(), question: question.to_owned(), facts: vec![] }];
    let quotes = Input { candidates: vec![step(&format!("Somebody asked: {question}"))], held_out };
    let output = run(&Recipe::default(), &quotes).expect("the default recipe");
    assert_eq!(output.decisions[0].reason, Reason::HeldOutOverlap);
}

#[test]
fn a_chain_of_like_rows_is_one_cluster_and_its_far_end_names_the_link() {
    let words: Vec<String> =
        (0..60).map(|i| format!("w{}{}", char::from(b'a' + i % 26), char::from(b'a' + i / 26))).collect();
    let text = |skip: usize| words[skip..skip + 50].join(" ");
    let output = curated(vec![
        Candidate { reward: 0.9, ..candidate("a", "Why?", &text(0)) },
        candidate("b", "Why?", &text(4)),
        candidate("c", "Why?", &text(8)),
    ]);
    let Some(Detail::Duplicate { of, via, jaccard, .. }) = &output.decisions[2].detail else { panic!("{output:?}") };
    assert_eq!((of.as_str(), via.as_deref()), ("a", Some("b")));
    assert!(*jaccard < 0.8);
}

#[test]
fn a_row_falls_for_its_licence_or_that_of_a_fact_under_it() {
    let fact =
        |licence: &str| FactUsed { id: "fact-1".to_owned(), licence: licence.to_owned(), publisher: "NIST".to_owned() };
    let row = || candidate("a", "Symbol of gold?", "Au");
    assert_eq!(reason(Candidate { licence: "cc-by-4.0 ".to_owned(), ..row() }), Reason::Kept);
    assert_eq!(reason(Candidate { licence: "CC-BY-NC-4.0".to_owned(), ..row() }), Reason::LicenceNotAllowed);
    assert_eq!(reason(Candidate { licence: String::new(), ..row() }), Reason::LicenceUnknown);
    assert_eq!(reason(Candidate { facts: vec![fact("proprietary")], ..row() }), Reason::LicenceNotAllowed);
    let mut recipe = Recipe::default();
    recipe.licences.unknown = UnknownLicence::Tag;
    let input = Input { candidates: vec![Candidate { facts: vec![fact("")], ..row() }], ..Input::default() };
    let output = run(&recipe, &input).expect("a recipe that tags");
    let tags: Vec<String> = output.decisions[0].tags.iter().map(Tag::to_string).collect();
    assert_eq!(
        tags,
        [
            "source:assistant",
            "model:model-1",
            "reviewer:reviewer-1",
            "licence:unknown",
            "licence:CC-BY-4.0",
            "publisher:NIST"
        ]
    );
}

#[test]
fn a_citation_that_does_not_hold_fells_its_row_and_an_open_one_is_tagged() {
    use CitationState::{Misquoted, NotInSource, Retracted, Stale, Unknown, Verified};
    let row = |citations: &[CitationState]| Candidate {
        citations: citations.to_vec(),
        ..candidate("a", "Symbol of gold?", "Au")
    };
    assert_eq!(reason(row(&[Verified, Misquoted])), Reason::CitationMisquoted);
    assert_eq!(reason(row(&[NotInSource, Stale])), Reason::CitationNotInSource);
    assert_eq!(reason(row(&[Misquoted, Retracted])), Reason::CitationRetracted);
    let output = curated(vec![row(&[Verified, Stale, Unknown])]);
    assert!(output.decisions[0].kept);
    assert!(output.decisions[0].tags.ends_with(&[Tag::CitationUnknown, Tag::CitationStale]));
}

#[test]
fn a_toxic_row_falls_with_its_words_quoted() {
    let output = curated(vec![candidate("a", "Symbol of gold?", "It is Au, you fucking fool.")]);
    let quote = "fucking".to_owned();
    let detail = Detail::Toxic { category: toxicity::Category::Profane, field: "completion".to_owned(), quote };
    assert_eq!(output.decisions[0].detail, Some(detail));
    assert_eq!(output.decisions[0].words, "the completion is profane: “fucking”");
}

#[test]
fn nothing_about_a_held_out_case_is_kept() {
    let case = |id: &str, question: &str| HeldOut {
        id: id.to_owned(),
        group: format!("group of {id}"),
        question: question.to_owned(),
        facts: vec![format!("fact of {id}")],
    };
    let long = "Anna has 12 apples and gives 5 of them to her brother, who eats 2 on the way home from the market. \
        How many apples do the two of them have together in the evening?";
    let held_out = vec![case("oxygen", "What is the chemical symbol of the element oxygen?"), case("apples", long)];
    let fact = FactUsed { id: "fact of oxygen".to_owned(), licence: "MIT".to_owned(), publisher: String::new() };
    let about = |id: &str, question: &str| candidate(id, question, &format!("An answer to {id}."));
    let input = Input {
        candidates: vec![
            Candidate { group: "group of oxygen".to_owned(), ..about("group", "Oxygen?") },
            about("words", "what is the chemical symbol of the element OXYGEN"),
            Candidate { facts: vec![fact], ..about("fact", "Which gas do we breathe?") },
            about("within", "Tell me: what is the chemical symbol of the element oxygen, please?"),
            about("renamed", &long.replace("Anna", "Berta")),
            about("other name", "What is the chemical symbol of the element hydrogen?"),
            about("other numbers", &long.replace("12", "15")),
        ],
        held_out,
    };
    let output = run(&Recipe::default(), &input).expect("the default recipe");
    let expected = BTreeMap::from([
        ("group", Reason::HeldOutQuestion),
        ("words", Reason::HeldOutQuestion),
        ("fact", Reason::HeldOutFact),
        ("within", Reason::HeldOutOverlap),
        ("renamed", Reason::HeldOutOverlap),
        ("other name", Reason::Kept),
        ("other numbers", Reason::Kept),
    ]);
    assert_eq!(reasons(&output), expected);
}

#[test]
fn every_candidate_is_counted_once_and_what_leaves_a_stage_enters_the_next() {
    let mut candidates: Vec<Candidate> =
        (0..20).map(|i| candidate(&format!("c{i}"), &format!("What is {} plus {i}?", i % 7), "A number.")).collect();
    candidates[3].licence = "proprietary".to_owned();
    candidates[4].citations = vec![CitationState::Retracted];
    candidates[5].completion = "Fuck knows.".to_owned();
    candidates[6] = Candidate { id: "c6".to_owned(), ..candidates[7].clone() };
    candidates[8].disagreement = true;
    let output = curated(candidates);
    let stages = &output.measures.stages;
    assert_eq!(stages.iter().map(|s| s.stage).collect::<Vec<_>>(), Stage::ORDER);
    assert_eq!(stages[0].entered, 20);
    assert!(stages.windows(2).all(|pair| pair[0].left == pair[1].entered));
    assert!(stages.iter().all(|stage| stage.entered - stage.left == stage.fell.values().sum::<usize>()));
    assert_eq!(stages.last().map(|stage| stage.left), Some(output.measures.kept));
    let by_stage: BTreeMap<Stage, usize> = stages.iter().map(|s| (s.stage, s.fell.values().sum())).collect();
    assert_eq!(by_stage.values().copied().collect::<Vec<_>>(), [1, 1, 0, 1, 0, 1, 1, 0]);
    assert!(output.decisions.iter().all(|d| d.stage == d.reason.stage() && d.kept == (d.weight > 0.0)));
}

/// A text of some family: families share nothing, members of one differ in a few words.
fn family() -> impl Strategy<Value = (usize, Vec<usize>, bool, u8)> {
    (0usize..4, proptest::collection::vec(0usize..60, 0..4), any::<bool>(), 0u8..3)
}

fn of_family(at: usize, (family, changed, label, reward): &(usize, Vec<usize>, bool, u8)) -> Candidate {
    let word = |i: usize| {
        let letters = ["b", "d", "g", "k", "l", "m", "r", "v"];
        let kind = if changed.contains(&i) { "x" } else { "z" };
        format!("{kind}{}{}{}", ["a", "e", "i", "o"][*family], letters[i % 8], letters[i / 8])
    };
    let text: Vec<String> = (0..60).map(word).collect();
    Candidate { label: *label, reward: f64::from(*reward), ..candidate(&format!("c{at:03}"), "Why?", &text.join(" ")) }
}

proptest! {
    #![proptest_config(Config::with_cases(24))]

    #[test]
    fn what_is_kept_does_not_depend_on_the_order_of_the_candidates(
        (rows, shuffled) in proptest::collection::vec(family(), 1..40).prop_flat_map(|families| {
            let rows: Vec<Candidate> = families.iter().enumerate().map(|(at, f)| of_family(at, f)).collect();
            (Just(rows.clone()), Just(rows).prop_shuffle())
        })
    ) {
        let (first, second) = (curated(rows), curated(shuffled));
        let by_id = |output: &Output| -> BTreeMap<String, Decision> {
            output.decisions.iter().map(|d| (d.id.clone(), d.clone())).collect()
        };
        prop_assert_eq!(by_id(&first), by_id(&second));
        prop_assert_eq!(first.measures, second.measures);
    }

    #[test]
    fn running_again_over_what_was_kept_fells_nothing(families in proptest::collection::vec(family(), 1..40)) {
        let rows: Vec<Candidate> = families.iter().enumerate().map(|(at, f)| of_family(at, f)).collect();
        let output = curated(rows.clone());
        let duplicates = |output: &Output| output.measures.stages[..2].iter().map(|s| s.entered - s.left).sum::<usize>();
        let kept: Vec<Candidate> =
            rows.into_iter().zip(&output.decisions).filter(|(_, d)| d.kept).map(|(row, _)| row).collect();
        prop_assert_eq!(duplicates(&curated(kept)), 0);
    }
}

#[test]
fn minhash_finds_the_pairs_that_comparing_all_with_all_finds() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let families = proptest::collection::vec(family(), 400).new_tree(&mut runner).expect("families").current();
    let rows: Vec<Candidate> = families.iter().enumerate().map(|(at, f)| of_family(at, f)).collect();
    let rule = Recipe::default().near;
    let texts = rows
        .iter()
        .map(|row| minhash::Text { parts: [&row.question, &row.reasoning, &row.completion], class: 0 })
        .collect();
    let index = minhash::Index::new(texts, &rule, 1);
    let alike = |a: u32, b: u32| index.jaccard(a, b) >= rule.jaccard;
    let len = rows.len() as u32;
    let truth: HashSet<(u32, u32)> =
        (0..len).flat_map(|a| (a + 1..len).map(move |b| (a, b))).filter(|(a, b)| alike(*a, *b)).collect();
    let mut found = HashSet::new();
    index.each_bucket(|bucket| {
        for (at, &a) in bucket.iter().enumerate() {
            found.extend(bucket[at + 1..].iter().map(|&b| (a, b)).filter(|(a, b)| alike(*a, *b)));
        }
    });
    assert!(truth.len() > 1000, "{} pairs are too few to judge by", truth.len());
    assert!(found.is_subset(&truth));
    assert!(found.len() as f64 >= 0.999 * truth.len() as f64, "{} of {}", found.len(), truth.len());
}
