//! Answers, and the claims that they make.

use super::*;

fn texts(answer: &str) -> Vec<String> {
    split(answer).into_iter().map(|c| c.text).collect()
}

#[test]
fn full_stops_that_end_no_sentence_do_not_split() {
    assert_eq!(
        texts("Dr. Smith met J. K. Rowling. It cost $3.50. The end."),
        ["Dr. Smith met J. K. Rowling.", "It cost $3.50.", "The end."]
    );
    assert_eq!(
        texts("1. Paris is in France.\n2. Rome is in Italy."),
        ["1. Paris is in France.", "2. Rome is in Italy."]
    );
    assert_eq!(texts("The U.S. Congress sits in Washington, D.C. It has two chambers.").len(), 1);
    assert_eq!(texts("It holds vitamin C. Oranges are sweet.").len(), 2);
}

#[test]
fn questions_hedges_and_greetings_are_not_worth_checking() {
    let worthy: Vec<bool> =
        split("Hello! Let me think. Is it Lyon? The capital of France is Paris. Water boils at 100 °C.")
            .iter()
            .map(|c| c.check_worthy)
            .collect();
    assert_eq!(worthy, [false, false, false, true, true]);
}

#[test]
fn what_has_no_verb_asserts_nothing() {
    for fragment in
        ["North America", "Julius Caesar", "South America.", "The United States of America.", "42", "100 °C"]
    {
        assert!(!worth_checking(fragment), "{fragment}");
    }
    for sentence in [
        "Gold conducts electricity",
        "The war ended in 1945",
        "Shakespeare wrote Hamlet",
        "Cats eat small birds.",
        "Paris is in France",
    ] {
        assert!(worth_checking(sentence), "{sentence}");
    }
}

#[test]
fn labels_and_markers_stay_in_the_span_and_leave_the_statement() {
    let found = split("Answer: The symbol is Au.");
    assert_eq!(found[0].text, "Answer: The symbol is Au.");
    assert_eq!(found[0].statement, "The symbol is Au.");
    assert_eq!(split("365.")[0].statement, "365.");
}

#[test]
fn a_relative_clause_about_a_name_is_a_claim_of_its_own() {
    let found = split("The capital of Australia is Canberra, which was founded in 1913.");
    assert_eq!(found[0].statement, "The capital of Australia is Canberra");
    assert_eq!(found[1].statement, "Canberra was founded in 1913.");
}

fn statements(answer: &str) -> Vec<String> {
    split(answer).into_iter().map(|c| c.statement).collect()
}

#[test]
fn each_part_of_a_sentence_that_says_something_by_itself_is_a_claim_with_its_subject() {
    for (sentence, expected) in [
        ("Ada Bell was born in York and died in Hull.", &["Ada Bell was born in York", "Ada Bell died in Hull."][..]),
        ("He was born in York, and later became a judge.", &["He was born in York", "He later became a judge."]),
        ("Ada Bell won a prize and was made a judge.", &["Ada Bell won a prize", "Ada Bell was made a judge."]),
        ("The club won the cup and lost the league.", &["The club won the cup", "The club lost the league."]),
        (
            "Canberra, the capital of Australia, was founded in 1913.",
            &["Canberra was the capital of Australia", "Canberra was founded in 1913."],
        ),
        (
            "Canberra, the capital of Australia, has a lake.",
            &["Canberra is the capital of Australia", "Canberra has a lake."],
        ),
        (
            "Mount Fuji, which is in Japan, has a crater and is a volcano.",
            &["Mount Fuji is in Japan", "Mount Fuji has a crater", "Mount Fuji is a volcano."],
        ),
        ("Gold is a metal, and it is dense.", &["Gold is a metal", "It is dense."]),
        ("Gold is a metal; silver is a metal too.", &["Gold is a metal", "Silver is a metal too."]),
        ("Gold is a metal, but it is not magnetic.", &["Gold is a metal", "It is not magnetic."]),
        (
            "The capital is Canberra, which was founded in 1913 and has a lake.",
            &["The capital is Canberra", "Canberra was founded in 1913", "Canberra has a lake."],
        ),
    ] {
        assert_eq!(statements(sentence), expected, "{sentence}");
    }
}

#[test]
fn what_belongs_together_is_one_claim() {
    for sentence in [
        "Ada Bell was not born in York and did not die in Hull.",
        "Ada Bell may have been born in York and died in Hull.",
        "According to her son, Ada Bell was born in York and died in Hull.",
        "If it rains, the grass is wet, and it is cold.",
        "The paper said that Ada Bell was born in York and died in Hull.",
        "She said \"I was born in York and died in Hull.\"",
        "He studied physics and applied mathematics.",
        "The museum has paintings and works by Picasso.",
        "He was born and raised in Ulm.",
        "The bridge was built in 1900 and opened by the king.",
        "France, Spain and Italy are in Europe.",
        "Paris, Texas, was founded in 1844.",
        "In 1905, Ann Bell published a paper and received a prize.",
        "People who were born in York and died in Hull are few.",
        "The river is between York and Hull.",
        "Was Ada Bell born in York and did she die in Hull?",
        "It is thought to be a metal, and it is dense.",
        "Bread and butter is a dish.",
        "A set is open when its complement is closed, and it is closed when its complement is open.",
    ] {
        assert_eq!(texts(sentence), [sentence], "{:?}", statements(sentence));
    }
}

#[test]
fn marks_of_citations_are_no_part_of_what_is_stated() {
    assert_eq!(
        statements("Gold is Au [1]. Silver is Ag.[2][3] Tin[4] is Sn."),
        ["Gold is Au.", "Silver is Ag.", "Tin is Sn."]
    );
    assert_eq!(
        texts("Gold is Au [1]. Silver is Ag.[2] Tin is Sn."),
        ["Gold is Au [1].", "Silver is Ag.[2]", "Tin is Sn."]
    );
    assert_eq!(statements("The roots are [1, 2]."), ["The roots are [1, 2]."]);
    assert_eq!(statements("It lies in the interval [0, 1]."), ["It lies in the interval [0, 1]."]);
}

#[test]
fn a_list_of_references_claims_nothing() {
    let found = split("Gold is Au [1].\n\nReferences:\n[1] Gold is a metal, https://example.org. It has symbols.");
    let worthy: Vec<(bool, bool)> = found.iter().map(|c| (c.check_worthy, c.reference)).collect();
    assert_eq!(worthy[0], (true, false));
    assert!(worthy[1..].iter().all(|c| *c == (false, true)), "{found:?}");
}
