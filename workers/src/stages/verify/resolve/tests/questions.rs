//! Questions and short answers, and what they claim together.

use super::super::resolve;
use crate::stages::verify::compare::{FactText, Relation, compare};

#[test]
fn a_short_answer_becomes_a_statement_with_its_question() {
    for (question, answer, expected) in [
        ("What is the chemical symbol of gold?", "Au", "The chemical symbol of gold is Au."),
        ("What is the capital of France?", "It is Paris.", "The capital of France is Paris."),
        ("Who wrote Hamlet?", "William Shakespeare", "William Shakespeare wrote Hamlet."),
        (
            "What is the capital of France?",
            "Answer: The capital of France is Paris.",
            "The capital of France is Paris.",
        ),
        ("How tall is Mount Everest?", "8,849 metres", "Mount Everest is 8,849 metres tall."),
        ("How long is the bridge, in metres?", "10", "The bridge is 10 metres long."),
        ("What is the diameter of Mars in kilometres?", "6,779", "The diameter of Mars is 6,779 kilometres."),
        (
            "Which planet is the largest in the solar system?",
            "Jupiter",
            "The planet that is the largest in the solar system is Jupiter.",
        ),
        ("Which river flows through London?", "Thames", "The river that flows through London is Thames."),
        ("Which planet does the moon Phobos orbit?", "Mars", "The moon Phobos orbits Mars."),
        ("Which gas do plants release by day?", "oxygen", "Plants release oxygen by day."),
        ("Which element is diamond made of?", "carbon", "Diamond is made of carbon."),
        ("What is the process called?", "osmosis", "The process is called osmosis."),
    ] {
        assert_eq!(resolve(question, answer), expected);
    }
}

#[test]
fn a_number_takes_the_place_that_its_question_asks_for() {
    for (question, answer, expected) in [
        ("How many planets are there in the solar system?", "8", "There are 8 planets in the solar system."),
        ("How many primary colours are there?", "3", "There are 3 primary colours."),
        ("How many states are members of the union?", "27", "27 states are members of the union."),
        ("How many birds are left?", "8 birds", "8 birds are left."),
        ("How many days are in a common year?", "365.", "There are 365 days in a common year."),
        ("How many legs does a spider have?", "8 legs", "A spider has 8 legs."),
        ("How many days does Mars take to go around the Sun?", "687", "Mars takes 687 days to go around the Sun."),
        (
            "How many million kilometres is Venus from the Sun?",
            "108 million",
            "Venus is 108 million kilometres from the Sun.",
        ),
        (
            "To how many degrees do the angles of a square add up?",
            "360",
            "The angles of a square add up to 360 degrees.",
        ),
        ("About how many hours does the flight take?", "9", "The flight takes about 9 hours."),
        ("At what temperature in degrees Celsius does lead melt?", "327", "Lead melts at 327 degrees Celsius."),
    ] {
        assert_eq!(resolve(question, answer), expected);
    }
}

#[test]
fn a_place_or_a_time_stands_where_its_question_asks_for_it() {
    for (question, answer, expected) in [
        ("When was Albert Einstein born?", "1879", "Albert Einstein was born in 1879."),
        ("In what year did the Second World War end?", "1945", "The Second World War ended in 1945."),
        ("In which year was Rome sacked?", "410 AD", "Rome was sacked in 410 AD."),
        ("In which year was the Cuban missile crisis?", "1962", "The Cuban missile crisis was in 1962."),
        ("In which city is the Eiffel tower?", "Paris", "The Eiffel tower is in Paris."),
        ("In which year did people first land on the Moon?", "1969", "People first landed on the Moon in 1969."),
        ("On which continent is Kenya?", "Africa", "Kenya is in Africa."),
        ("In which country is Mount Fuji?", "in Japan", "Mount Fuji is in Japan."),
        ("In which city were the first modern Games held?", "Athens", "The first modern Games were held in Athens."),
        ("Of which country was Lincoln president?", "the United States", "Lincoln was president of the United States."),
        ("Off the coast of which country is Sicily?", "Italy", "Sicily is off the coast of Italy."),
        ("Where is the Eiffel Tower located?", "Paris", "The Eiffel Tower is located in Paris."),
    ] {
        assert_eq!(resolve(question, answer), expected);
    }
}

#[test]
fn yes_and_no_state_and_deny() {
    for (question, answer, expected) in [
        ("Is Paris the capital of France?", "No", "Paris is not the capital of France."),
        ("Are all cats mammals?", "Yes.", "All cats are mammals."),
        (
            "Does an electron have a negative electric charge?",
            "no",
            "An electron does not have a negative electric charge.",
        ),
        ("Does an electron have a negative electric charge?", "yes", "An electron has a negative electric charge."),
        ("Did the war end in 1945?", "Yes", "The war ended in 1945."),
        ("Is a mile longer than a kilometre?", "yes", "A mile is longer than a kilometre."),
        ("Can whales breathe under water?", "no", "Whales cannot breathe under water."),
        ("In winter, do bears sleep?", "yes", "In winter, bears sleep."),
    ] {
        assert_eq!(resolve(question, answer), expected);
    }
}

#[test]
fn a_story_of_two_numbers_claims_the_result_of_its_operation() {
    for (story, answer, expected) in [
        ("Ann has 14 nuts. She finds 5 more. How many nuts does she have?", "19", "14 plus 5 is 19."),
        ("A vase holds 7 lilies and 6 irises. How many flowers is that?", "42", "7 plus 6 is 42."),
        ("Ben has 31 stamps and loses 9. How many are left?", "22 stamps", "31 minus 9 is 22."),
        ("A crate holds 24 jars. How many jars are in 3 crates?", "72", "24 times 3 is 72."),
        ("18 plums are shared equally among 6 guests. How many does each get?", "3", "18 divided by 6 is 3."),
    ] {
        assert_eq!(resolve(story, answer), expected, "{story}");
    }
    for story in [
        "Ann has 14 nuts and 3 bags. She eats 5. How many nuts are left?",
        "Ann has 14 nuts. How many more does she need to have 20?",
        "A class of 30 met 12 times. How many minutes was that?",
    ] {
        assert!(formal_free(&resolve(story, "9")), "{story}");
    }
}

fn formal_free(text: &str) -> bool {
    !text.contains(" plus ") && !text.contains(" minus ") && !text.contains(" times ") && !text.contains(" divided ")
}

#[test]
fn whether_a_conclusion_follows_is_said_with_its_premises() {
    let question = "All whales are mammals. All mammals are animals. Does it follow that all whales are animals?";
    assert_eq!(
        resolve(question, "yes"),
        "From 'All whales are mammals' and 'All mammals are animals' it follows that all whales are animals."
    );
    assert_eq!(
        resolve(question, "No."),
        "From 'All whales are mammals' and 'All mammals are animals' it does not follow that all whales are animals."
    );
}

#[test]
fn what_no_rule_fits_is_left_alone() {
    for (question, answer) in [
        ("Tell me about gold", "Au"),
        ("", "Paris"),
        ("What is gold?", "Gold is a dense yellow metal."),
        ("In which year did the war end?", "Napoleon"),
        ("Which planet has rings?", "no"),
        ("How many birds are left?", "robins"),
        ("How many pens are there?", "2 * 3 = 6"),
        ("Does the zorb frobnicate?", "no"),
        ("Who wrote Hamlet?", "1603"),
        ("In which city were the Games held?", "1896"),
        ("What is the capital of France?", "I think Paris"),
    ] {
        assert_eq!(resolve(question, answer), answer);
    }
}

#[test]
fn a_resolved_answer_can_be_held_against_a_fact() {
    let fact = FactText::new("The Second World War ended in 1945.");
    let relation = |answer: &str| compare(&resolve("When did the Second World War end?", answer), &fact).relation;
    assert_eq!((relation("1946"), relation("1945")), (Relation::Contradicts, Relation::Supports));
}
