use super::*;

fn step<'a>(text: &'a str, rests_on: &'a [usize]) -> Step<'a> {
    Step { text, rests_on }
}

fn kinds(logic: &Logic) -> Vec<(FaultKind, Vec<usize>)> {
    logic.findings.iter().map(|f| (f.kind, f.steps.clone())).collect()
}

#[test]
fn sound_reasoning_has_no_findings() {
    let steps = [
        step("Janet has 16 eggs and eats 3.", &[]),
        step("16 - 3 = 13 eggs remain.", &[0]),
        step("So she sells 13 eggs.", &[1]),
    ];
    let logic = examine("How many eggs does Janet sell?", &steps, Some("13"));
    assert_eq!((kinds(&logic), logic.consistency), (vec![], 1.0));
}

#[test]
fn circles_are_found_whatever_their_length() {
    let steps = [
        step("A holds.", &[2]),
        step("B holds.", &[0]),
        step("C holds.", &[1]),
        step("D holds.", &[3]),
        step("E holds.", &[0]),
    ];
    let logic = examine("", &steps, None);
    assert_eq!(kinds(&logic), [(FaultKind::CircularSupport, vec![0, 1, 2]), (FaultKind::CircularSupport, vec![3])]);
}

#[test]
fn a_conclusion_drawn_from_nothing_is_unsupported_and_a_premise_is_not() {
    let steps = [
        step("All whales are mammals.", &[]),
        step("Therefore fish are reptiles.", &[]),
        step("Moby is a reptile.", &[0, 1]),
        step("Done.", &[9]),
    ];
    let logic = examine("Is Moby a reptile?", &steps, None);
    assert_eq!(kinds(&logic), [(FaultKind::Unsupported, vec![1]), (FaultKind::Unsupported, vec![3])]);
}

#[test]
fn steps_that_contradict_each_other_are_both_named() {
    let steps =
        [step("Whales are mammals.", &[]), step("Fish live in water.", &[]), step("Whales are not mammals.", &[1])];
    assert_eq!(kinds(&examine("", &steps, None)), [(FaultKind::Contradiction, vec![0, 2])]);
    let steps = [step("The box has 5 apples.", &[]), step("The box has 7 apples.", &[])];
    assert_eq!(kinds(&examine("", &steps, None)), [(FaultKind::Contradiction, vec![0, 1])]);
    let moved = [step("The box has 5 apples.", &[]), step("The box now has 7 apples.", &[])];
    assert_eq!(kinds(&examine("", &moved, None)), []);
}

#[test]
fn wrong_arithmetic_names_its_step_and_place() {
    let text = "The total is 960 + 1200 + 1000 = 3260.";
    let logic = examine("", &[step("Given.", &[]), step(text, &[0])], None);
    assert_eq!(kinds(&logic), [(FaultKind::WrongArithmetic, vec![1])]);
    assert_eq!(logic.findings[0].span.unwrap().of(text), "960 + 1200 + 1000 = 3260");
    assert!(logic.findings[0].reason.contains("3160"));
    assert_eq!(logic.consistency, 0.5);
}

#[test]
fn an_answer_that_no_step_reaches_does_not_follow() {
    let steps = [step("16 - 3 = 13.", &[])];
    assert_eq!(
        kinds(&examine("How many?", &steps, Some("The answer is 42"))),
        [(FaultKind::ConclusionDoesNotFollow, vec![])]
    );
    assert_eq!(kinds(&examine("How many?", &steps, Some("Answer: 13.0"))), []);
    assert_eq!(
        kinds(&examine("Which?", &[step("Gold is dense.", &[])], Some("Silver"))),
        [(FaultKind::ConclusionDoesNotFollow, vec![])]
    );
}

#[test]
fn an_answer_without_a_unit_is_reached_by_its_number_as_written() {
    for (question, said, answer) in [
        ("How many grams are in one kilogram?", "One kilogram is 1000 grams.", "1000"),
        ("How many feet are in one yard?", "A yard is 3 feet.", "3"),
        ("How many days are in one week?", "One week is 7 days.", "7"),
        ("How many feet are in one yard?", "A yard is 3 in all.", "3 feet"),
        ("How far is it?", "It is 5 km.", "5000 m"),
        ("On which continent is Kenya?", "Kenya is an African country.", "Africa"),
        ("On which continent is the South Pole?", "The pole is Antarctic.", "Antarctica"),
    ] {
        assert_eq!(kinds(&examine(question, &[step(said, &[])], Some(answer))), [], "{said} {answer}");
    }
    for (said, answer) in [("A yard is 3 feet.", "4"), ("It is 5 km.", "5 m"), ("Kenya is an African country.", "Asia")]
    {
        let found = kinds(&examine("What is it?", &[step(said, &[])], Some(answer)));
        assert_eq!(found, [(FaultKind::ConclusionDoesNotFollow, vec![])], "{said} {answer}");
    }
}

#[test]
fn the_first_suspect_is_the_step_in_which_the_first_mistake_was_made() {
    let question = "((5 + 2 * 1 - 6) + (5 + 3 - -2 * 2)) =";
    let steps = [
        step("It can be written as \"(A + B)\", where A = (5 + 2 * 1 - 6) and B = (5 + 3 - -2 * 2).", &[]),
        step("Let's calculate A = (5 + 2 * 1 - 6) = (5 + 2 - 6) = 1.", &[0]),
        step("Let's calculate B = (5 + 3 - -2 * 2) = (5 + 3 - 4) = 4.", &[0]),
        step("Then A + B = 1 + 4 = 5. So the answer is 5", &[1, 2]),
    ];
    let logic = examine(question, &steps, Some("5"));
    assert_eq!(kinds(&logic), [(FaultKind::WrongArithmetic, vec![2]), (FaultKind::ConclusionDoesNotFollow, vec![])]);
    assert_eq!(logic.first_suspect, Some(2));
    // The answer alone is wrong: the last step is suspect, where there is one.
    assert_eq!(examine("5 + 3 =", &[step("We add.", &[]), step("That is 9.", &[0])], Some("9")).first_suspect, Some(1));
    assert_eq!(examine("5 + 3 =", &[], Some("9")).first_suspect, None);
    assert_eq!(examine("5 + 3 =", &[step("5 + 3 = 8", &[])], Some("8")).first_suspect, None);
    // Of two steps that contradict each other the later is suspect.
    let steps = [step("Whales are mammals.", &[]), step("Whales are not mammals.", &[])];
    assert_eq!(examine("", &steps, None).first_suspect, Some(1));
}

#[test]
fn an_expression_that_is_not_the_one_asked_for_is_misread() {
    let steps = [step("It is \"A - B\", where A = (9 - 2) and B = (3 * 4).", &[]), step("A - B = 7 - 12 = -5", &[0])];
    let logic = examine("Calculate (9 - 2) - (3 + 4).", &steps, Some("-5"));
    assert_eq!(kinds(&logic), [(FaultKind::MisreadExpression, vec![0]), (FaultKind::ConclusionDoesNotFollow, vec![])]);
    assert!(logic.findings[0].reason.contains("(9 - 2) - (3 + 4), which comes to 0"), "{logic:?}");
}

#[test]
fn premises_in_the_question_are_held_against_the_steps() {
    let question = "Three cups stand in a row: a red cup, a blue cup, and a gray cup. The red cup is to the left of the blue cup. \
                    All cups are fragile.";
    let steps = [
        step("The red cup is to the left of the blue cup, so the blue cup is the leftmost.", &[]),
        step("So no cups are fragile.", &[]),
    ];
    let logic = examine(question, &steps, None);
    assert_eq!(kinds(&logic), [(FaultKind::PremiseContradicted, vec![0]), (FaultKind::PremiseContradicted, vec![1])]);
    assert_eq!((logic.consistency, logic.first_suspect), (0.25, Some(0)));
}

#[test]
fn kinds_are_written_as_they_are_kept() {
    let name = |kind| serde_json::to_value(kind).unwrap();
    for (kind, written) in [
        (FaultKind::WrongArithmetic, "wrong_arithmetic"),
        (FaultKind::MisreadExpression, "misread_expression"),
        (FaultKind::PremiseContradicted, "premise_contradicted"),
        (FaultKind::InvalidInference, "invalid_inference"),
        (FaultKind::UnsupportedJump, "unsupported_jump"),
    ] {
        assert_eq!(name(kind), written);
    }
}
