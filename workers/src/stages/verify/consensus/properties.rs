//! What must hold for any chains at all.

use proptest::prelude::*;

use super::*;

/// Answers of every kind, and any text.
fn answer() -> impl Strategy<Value = String> {
    prop_oneof![
        "(The )?(answer is )?(12|twelve|12\\.0|13|1/2|50%|yes|No\\.|Paris|\\(B\\)|C\\.|3 May 2020|2 hours)",
        "[0-9]{1,5}(\\.[0-9]{1,3})?( (1/2|km|km/h|apples|%|USD|kWh|m²|J|years|degrees|per day))?",
        "(red|green|blue|no|B|12)((, | and |; | → )(red|3/4|a b|yes|May 2020|1,000)){0,3}\\.?",
        "[-−$€£~({\\[]{0,2}[0-9]{0,4}[ ./,e×^)}\\]]{0,3}[a-zA-Z0-9]{0,6}",
        any::<String>(),
        Just("İstanbul ẞ ﬁ ½ ١٢ 中文。हिन्दी १२ 十二".to_owned()),
    ]
}

fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,2} [-+*/] [0-9]{1,2} = [0-9]{1,3}( eggs| <<2\\*3=6>>6)?",
        "(so|thus) [a-z]{1,5} (is|has) [0-9]{0,3}",
        any::<String>(),
    ]
}

#[derive(Debug, Clone)]
struct Told {
    answer: String,
    steps: Vec<String>,
    mean_logprob: Option<f64>,
    record: Option<Record>,
    verdicts: Option<Verdicts>,
}

fn told() -> impl Strategy<Value = Told> {
    (
        answer(),
        proptest::collection::vec(step(), 0..4),
        proptest::option::of(-3.0..0.0f64),
        proptest::option::of((0..200u32, 0..200u32)),
        proptest::option::of((0..5u32, 0..5u32)),
    )
        .prop_map(|(answer, steps, mean_logprob, record, verdicts)| Told {
            answer,
            steps,
            mean_logprob,
            record: record.map(|(right, more)| Record { right, judged: right + more }),
            verdicts: verdicts.map(|(supported, contradicted)| Verdicts { supported, contradicted }),
        })
}

fn merged(question: &str, told: &[Told]) -> Consensus {
    let steps: Vec<Vec<&str>> = told.iter().map(|of| of.steps.iter().map(String::as_str).collect()).collect();
    let chains: Vec<Chain<'_>> = told
        .iter()
        .zip(&steps)
        .map(|(of, steps)| Chain {
            answer: &of.answer,
            steps,
            mean_logprob: of.mean_logprob,
            record: of.record,
            verdicts: of.verdicts,
        })
        .collect();
    merge(question, &chains)
}

fn question() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "How (many|much) (eggs|minutes|percent) (do|does) [0-9]{1,2} and [0-9]{1,2} make\\?",
        Just("Which? A) Paris B) 12 C) red, green".to_owned()),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own(text in answer()) {
        let once = normalise(&text);
        prop_assert_eq!(normalise(&once), once.clone(), "of {:?}", text);
    }

    #[test]
    fn normal_forms_do_not_see_case_and_space(text in "[b-z0-9 ]{0,24}") {
        prop_assert_eq!(normalise(&text), normalise(&format!("  {text} ")));
        prop_assert_eq!(normalise("Zebra crossing"), normalise("zebra CROSSING"));
    }

    #[test]
    fn a_set_has_no_order(mut parts in proptest::collection::vec("[b-z]{2,6}( [b-z]{2,5})?|[0-9]{1,4}", 2..6)) {
        prop_assume!(parts.iter().all(|part| !["yes", "no", "true", "false", "and", "or", "nope", "yeah"].iter().any(|word| part.split(' ').any(|of| of == *word))));
        let one = normalise(&parts.join(", "));
        parts.reverse();
        prop_assert_eq!(one, normalise(&parts.join("; ")));
    }

    #[test]
    fn a_number_is_known_by_its_value(value in -1_000_000..1_000_000i32, under in 1..100u32) {
        prop_assert_eq!(normalise(&format!("{value}")), normalise(&format!("{value}.00")));
        let share = f64::from(value) / 100.0;
        prop_assert_eq!(normalise(&format!("{value}%")), normalise(&format!("{share}")));
        let over = under / 2;
        prop_assert_eq!(normalise(&format!("{over}/{under}")), normalise(&format!("{}", f64::from(over) / f64::from(under))));
    }

    #[test]
    fn the_order_of_chains_does_not_matter(
        question in question(), told in proptest::collection::vec(told(), 0..6), turn in 0usize..6,
    ) {
        let mut turned = told.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn % told.len());
            turned.reverse();
        }
        let (a, b) = (merged(&question, &told), merged(&question, &turned));
        prop_assert_eq!(&a.answer, &b.answer);
        prop_assert_eq!((a.confidence, a.entropy), (b.confidence, b.entropy));
        let shape = |of: &Consensus| {
            of.groups.iter().map(|g| (g.key.clone(), g.chains.len(), g.share, g.confidence)).collect::<Vec<_>>()
        };
        prop_assert_eq!(shape(&a), shape(&b));
        prop_assert_eq!((a.dissenters.len(), a.divergences.len()), (b.dissenters.len(), b.divergences.len()));
    }

    #[test]
    fn what_is_told_lies_within_its_bounds(question in question(), told in proptest::collection::vec(told(), 0..7)) {
        let found = merged(&question, &told);
        let share = |value: &f64| (0.0..=1.0).contains(value);
        prop_assert!(share(&found.confidence) && found.confidences.iter().all(share) && found.agreement.iter().all(share));
        prop_assert!(found.groups.iter().all(|group| share(&group.share) && share(&group.confidence)));
        prop_assert!(found.groups.iter().map(|group| group.confidence).sum::<f64>() <= 1.0 + 1e-9);
        prop_assert!(found.entropy >= -1e-12 && found.entropy <= (found.groups.len().max(1) as f64).ln() + 1e-9);
        prop_assert_eq!(found.representative.is_some(), found.answer.is_some());
        prop_assert!(found.representative.is_none_or(|at| !found.dissenters.contains(&at)));
        for of in &found.divergences {
            let at = found.representative.expect("of whom they part");
            prop_assert!(found.dissenters.contains(&of.chain));
            prop_assert!(of.step.is_none_or(|step| step < told[of.chain].steps.len().max(told[of.chain].answer.len())));
            let other = &told[at];
            prop_assert!(of.representative_step.is_none_or(|step| step < other.steps.len().max(other.answer.len())));
        }
    }

    #[test]
    fn a_chain_that_agrees_never_lowers_the_agreed_answers_share(
        mut told in proptest::collection::vec(told(), 1..7), joins in told(),
    ) {
        // What is told beside the others, lengths and log-probabilities, changes with each that comes.
        for of in &mut told {
            (of.steps, of.mean_logprob) = (vec![], None);
            of.answer = final_answer(&of.answer).to_owned();
        }
        let before = merged("", &told);
        let Some(answer) = before.answer.clone() else { return Ok(()) };
        told.push(Told { answer, steps: vec![], mean_logprob: None, ..joins });
        let after = merged("", &told);
        prop_assert_eq!(&after.groups[0].key, &before.groups[0].key);
        prop_assert!(after.groups[0].share >= before.groups[0].share - 1e-12, "{:?} {:?}", before.groups, after.groups);
    }
}
