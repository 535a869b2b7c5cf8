use super::*;

#[test]
fn wrong_results_are_found_in_their_place() {
    for (text, wrong) in [
        ("So 960 + 1200 + 1000 = 3260 square feet.", "960 + 1200 + 1000 = 3260"),
        ("She has 16 - 3 - 4 = <<16-3-4=8>>9 eggs", "16-3-4=8"),
        ("5 times 4 is 21.", "5 times 4 is 21"),
        ("24 divided by 8 is 4", "24 divided by 8 is 4"),
        ("(2 + 3) * 4 = 24", "(2 + 3) * 4 = 24"),
        ("20% of 50 = 15", "20% of 50 = 15"),
        ("3 x 5 = 16", "3 x 5 = 16"),
        ("2 + 2 = 4 = 5 - 0", "4 = 5 - 0"),
    ] {
        let found = check(text);
        assert_eq!(found.wrong.iter().map(|w| w.span.of(text)).collect::<Vec<_>>(), [wrong], "{text}: {found:?}");
    }
}

#[test]
fn right_results_roundings_and_unit_changes_are_not() {
    for text in [
        "16 - 3 - 4 = <<16-3-4=9>>9 eggs",
        "She pays $2 * 9 = $18 every day",
        "10 / 3 = 3.33",
        "100/3 = 33",
        "0.05 * 37 = 1.85 = $1.85",
        "20% of 50 = 10 and 50 * 20% = 10 and 10/50 = 20%",
        "5 apples + 3 apples = 8 apples",
        "3 + 4 = 7 * 2 = 14",
        "2^3 = 8, 5**2 = 25",
        "-3 * (4 - 6) = 6",
        "1,000 * 3 = 3,000",
    ] {
        let found = check(text);
        assert!(found.wrong.is_empty() && found.checked > 0, "{text}: {found:?}");
    }
}

#[test]
fn what_has_variables_or_words_between_is_left_alone() {
    for text in [
        "40 + X * 0.05 + 2 = 43",
        "60x * 5 / 15 = 40x",
        "24 - X = 11",
        "the cost is 5",
        "x == 5 + 2",
        "a = 5 // 2",
        "The rest of the house = 960",
        "20 cents * 5 = $1",
        "2 shirts is $30 x 2",
        "45 km\nCho = 14 * 8",
    ] {
        assert_eq!(check(text).wrong, [], "{text}");
    }
}

fn chain(steps: &[&str]) -> Vec<Arithmetic> {
    let mut chain = Chain::default();
    steps.iter().map(|step| chain.read(step)).collect()
}

fn faults(steps: &[&str]) -> Vec<(usize, String)> {
    let found = chain(steps);
    let wrong = |at: usize, a: &Arithmetic| {
        let spans: Vec<Span> = a.wrong.iter().map(|w| w.span).chain(a.misread.iter().map(|m| m.span)).collect();
        spans.into_iter().map(|span| (at, span.of(steps[at]).to_owned())).collect::<Vec<_>>()
    };
    found.iter().enumerate().flat_map(|(at, a)| wrong(at, a)).collect()
}

#[test]
fn each_link_of_a_chain_is_computed() {
    for (text, wrong) in [
        ("A = (5 + 3 - -2 * 2) = (5 + 3 - 4) = 4.", "(5 + 3 - -2 * 2) = (5 + 3 - 4)"),
        ("(-4) * -3 = 12 = (13 - 2)", "12 = (13 - 2)"),
        ("((2 + 3) * (4 - -1)) = (5 * 5) = 24", "(5 * 5) = 24"),
        ("-2^2 = 4", "-2^2 = 4"),
        ("0.1 + 0.2 = 0.30001", "0.1 + 0.2 = 0.30001"),
        ("3333333333333333333 * 3 = 9999999999999999998", "3333333333333333333 * 3 = 9999999999999999998"),
    ] {
        assert_eq!(faults(&[text]), [(0, wrong.to_owned())], "{text}");
    }
    for text in
        ["A = (5 + 3 - -2 * 2) = (5 + 3 + 4) = 12.", "0.1 + 0.2 = 0.3", "11/18*162=99.00000000000001", "(-2)^2 = 4"]
    {
        assert_eq!(faults(&[text]), [], "{text}");
        assert!(check(text).checked > 0, "{text}");
    }
}

#[test]
fn names_stand_for_what_steps_define() {
    let right = ["Let's calculate A = (2 + 3) = 5.", "And B = 4, C_1 = 1.", "A * B - C_1 = 5 * 4 - 1 = 19"];
    assert_eq!(faults(&right), []);
    assert_eq!(chain(&right)[2].checked, 2);
    let wrong = ["Let's calculate A = (2 + 3) = 5.", "And B = 4.", "A * B = 6 * 4 = 24"];
    assert_eq!(faults(&wrong), [(2, "A * B = 6 * 4".to_owned())]);
    // A wrong value that is carried on is wrong where it was made.
    let carried = ["A = (2 + 3) = 6.", "A * 4 = 6 * 4 = 24"];
    assert_eq!(faults(&carried), [(0, "(2 + 3) = 6".to_owned())]);
    let concluded = ["So x = 5 + 25 + (-5).", "Simplifying, we have x = 35."];
    assert_eq!(faults(&concluded), [(1, "x = 35".to_owned())]);
    let broken = ["where A = (1 + 2)", "A = (1 + 2) = ((1 + 2) = (4)."];
    assert_eq!(faults(&broken), [(1, "(1 + 2) = (4)".to_owned())]);
    let unread = ["A = (1 + 2) = (y + 2) = 4."];
    assert_eq!(faults(&unread), [(0, "(1 + 2) = (y + 2) = 4".to_owned())]);
}

#[test]
fn a_definition_that_restates_an_expression_must_be_the_same() {
    let slip =
        ["It is A + B, where A = (5 + 2 * 1 - 6) and B = (3 - 1).", "A = (5 + 2 * 1 + 6) = 13", "B = (3 - 1) = 2"];
    assert_eq!(faults(&slip), [(1, "(5 + 2 * 1 + 6)".to_owned())]);
    let regrouped = ["where A = (5 + 2 * 1 - 6)", "A = (2 * 1) + (5 - 6) = 1"];
    assert_eq!(faults(&regrouped), []);
}

#[test]
fn a_name_that_means_two_things_stands_for_nothing() {
    for steps in [
        ["x = 5", "Now x = 7", "x + 1 = 9 - 1"],
        ["x + 5 = 12", "x = 7", "x + 3 = 9 + 2"],
        ["N = 3", "N = N + 1", "N + 1 = 4 + 5"],
        ["x = 10 / 3 = 3.33", "So", "x * 3 = 10 + 0"],
        ["A man has 5 apples", "m = 3", "5 m + 2 m = 7 m"],
    ] {
        assert_eq!(faults(&steps), [], "{steps:?}");
    }
}

#[test]
fn the_expression_asked_for_must_be_the_one_that_is_written() {
    let posed = Posed::read("What is ((5 + 2) * (3 - 1)) = ?").unwrap();
    assert_eq!((posed.value(), posed.written()), (14.0, "((5 + 2) * (3 - 1))"));
    let of = |step: &str| Chain::answering(Some(posed.clone())).read(step).misread.len();
    assert_eq!(of("It can be written as \"A * B\", where A = (5 + 2) and B = (3 - 1)."), 0);
    assert_eq!(of("It can be written as \"A + B\", where A = (5 + 2) and B = (3 - 1)."), 1);
    assert_eq!(of("It can be written as \"A * B\", where A = (5 + 2) and B = (3 + 1)."), 1);
    for (answer, missed) in
        [("14", false), ("14.0", false), ("= 14.", false), ("15", true), ("-14", true), ("none", false)]
    {
        assert_eq!(posed.is_missed_by(answer), missed, "{answer}");
    }
    assert!(!Posed::read("10 / 3").unwrap().is_missed_by("3.33"));
    for question in ["How many eggs are 5 + 3 eggs?", "What is 5?", "Tom has 5 + 3 eggs."] {
        assert_eq!(Posed::read(question), None, "{question}");
    }
}

#[test]
fn a_time_of_day_is_no_number() {
    assert_eq!(faults(&["9:00 pm - 160 minutes = 6:20 pm", "6 days would be -25000 + (500 * 6) = -22000"]), []);
}
