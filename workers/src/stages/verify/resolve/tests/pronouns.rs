//! Pronouns in answers: what the last sentence of each says once it stands alone.

use super::super::self_contained;
use crate::stages::verify::claims::split;

/// What the last claim of `answer` to `question` says.
fn last(question: &str, answer: &str) -> String {
    self_contained(question, &split(answer)).pop().expect("an answer makes a claim")
}

#[test]
fn a_pronoun_stands_for_the_subject_of_the_sentence_before() {
    for (answer, expected) in [
        ("Ada Bell was a chemist. She was born in York.", "Ada Bell was born in York."),
        ("Ada Bell was born in York. Her father was a judge.", "Ada Bell's father was a judge."),
        ("Napoleon was an emperor of France. He died in 1821.", "Napoleon died in 1821."),
        ("Dr. Bell won the prize in 1905. In 1911, she won it again.", "In 1911, Dr. Bell won it again."),
        ("President Bell was elected in 1996. He served for four years.", "President Bell served for four years."),
        ("Ada Bell was born in York. He's been a judge since 1990.", "Ada Bell has been a judge since 1990."),
        ("Ada Bell was born in York. She's a judge.", "Ada Bell is a judge."),
        ("Canberra is the capital of Australia. It was founded in 1913.", "Canberra was founded in 1913."),
        ("Canberra is the capital of Australia. Its mayor is elected.", "Canberra's mayor is elected."),
        ("The heart is a muscle. It pumps blood.", "The heart pumps blood."),
        ("The Paris Agreement is a treaty that 197 countries signed. It's binding.", "The Paris Agreement is binding."),
        (
            "The theory of structuration is a social theory. It explains much.",
            "The theory of structuration explains much.",
        ),
        ("Gold is a metal. It conducts heat. It melts at 1,064 °C.", "Gold melts at 1,064 °C."),
        ("The **Red Sea** is a sea. It lies in the tropics.", "The Red Sea lies in the tropics."),
        ("Whales are mammals. They breathe air.", "Whales breathe air."),
        ("Solar panels are devices that turn light into power. Their price falls.", "Solar panels' price falls."),
        ("Gold is Au [1]. It is a metal [2].", "Gold is a metal."),
        ("Canberra is a city in Australia. The city was founded in 1913.", "Canberra was founded in 1913."),
        ("Canberra is a planned city. This city has a lake.", "Canberra has a lake."),
        ("Hull Mills is a company in York. The company's founder was a judge.", "Hull Mills's founder was a judge."),
        ("The River Ouse is in York. However, it is short.", "However, the River Ouse is short."),
        ("Gold is a metal, and it is dense.", "Gold is dense."),
        ("Ada Bell was born in York and died in Hull. She was a judge.", "Ada Bell was a judge."),
        ("Sure! Canberra is a city. It has a lake.", "Canberra has a lake."),
    ] {
        assert_eq!(last("", answer), expected, "{answer}");
    }
}

#[test]
fn a_pronoun_may_stand_for_what_was_asked_about() {
    for (question, answer, expected) in [
        ("How tall is Mount Fuji?", "It is a volcano in Japan.", "Mount Fuji is a volcano in Japan."),
        ("When was Ada Bell born?", "She was born in 1856.", "Ada Bell was born in 1856."),
        ("Who was Ada Bell?", "She was a judge.", "Ada Bell was a judge."),
        ("Tell me about the River Ouse.", "It flows through York.", "The River Ouse flows through York."),
        ("What is the symbol of gold?", "Gold is a metal. It is dense.", "Gold is dense."),
    ] {
        assert_eq!(last(question, answer), expected, "{question} {answer}");
    }
}

#[test]
fn a_pronoun_that_may_stand_for_something_else_is_left_alone() {
    for answer in [
        // Two people.
        "Ada Bell married Cole Dean. He was a judge.",
        "Hamlet was written by Cole Dean. He was born in York.",
        "Ada Bell met her teacher Cole Dean in 1905. His work was known.",
        "Ada Bell was the wife of Cole Dean. He was a judge.",
        // Two things.
        "The euro replaced the mark. It is used in Germany.",
        "The Earth has a moon. It is round.",
        "The library stands beside the museum. It was built in 1900.",
        "The heart pumps blood. It is red.",
        "Cats eat birds. They are small.",
        // Another number.
        "Canberra is a city. They are proud of it.",
        "Whales are mammals. It is known.",
        // A person is no "it", a thing no "she".
        "Ada Bell was a judge. It was founded in 1913.",
        "Canberra is a city. She was born in 1913.",
        // It stands for nothing.
        "Canberra is a city. It is raining.",
        "Canberra is a city. It is known that the lake is deep.",
        "Canberra is a city. It is important to drink water.",
        "Canberra is a city. It takes two hours to walk around the lake.",
        "Canberra is a city. It seems that nobody knows.",
        "Canberra is a city. It was Ada Bell who founded the town.",
        // Nothing was spoken of, or something else since.
        "It was founded in 1913.",
        "Canberra is a city. In the north there are hills. It was founded in 1913.",
        "- Canberra\n- Hull\n\nIt was founded in 1913.",
        "Was Canberra founded in 1913? It was not.",
        // A thing that was named before the sentence before.
        "The planet is Mercury. It is the closest planet to the Sun.",
        "The planet is the smallest planet. It is near the Sun.",
        // Another class.
        "Canberra is a city. The river was dammed.",
        "Canberra is a city. The city of Hull was founded earlier.",
        // What somebody did.
        "Reading Ada Bell is a joy. She was born in York.",
        // Words of another.
        "Canberra is \"a good sheep station spoiled\". It was founded in 1913.",
    ] {
        let claims = split(answer);
        let stated = &claims.last().expect("an answer makes a claim").statement;
        assert_eq!(last("", answer), *stated, "{answer}");
    }
}

#[test]
fn the_span_of_a_claim_stays_that_of_the_answers_words() {
    let answer = "Gold is a metal. It conducts heat.";
    let claims = split(answer);
    assert_eq!(claims[1].span.of(answer), "It conducts heat.");
    assert_eq!(self_contained("", &claims)[1], "Gold conducts heat.");
}
