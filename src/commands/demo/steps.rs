//! What the scripted reviewer can tell of reasoning steps, by arithmetic and the fact table alone. It names the first
//! flawed step only where every step before it states the fact itself: all else it cannot judge, and says nothing of.

use atr_workers::stages::score::arithmetic;

use super::{
    data::{Expected, Fact},
    reviewer::{is_right, normalise},
};

/// The place of the first flawed step, where it can be told.
pub(super) fn first_flawed(steps: &[String], fact: &Fact, expected: &Expected) -> Option<usize> {
    for (at, step) in steps.iter().enumerate() {
        match holds(step, fact, expected)? {
            true => {}
            false => return Some(at),
        }
    }
    None
}

/// Whether a step holds; nothing where neither arithmetic nor the fact decides.
fn holds(step: &str, fact: &Fact, expected: &Expected) -> Option<bool> {
    if !arithmetic::check(step).wrong.is_empty() {
        return Some(false);
    }
    let (step, statement) = (words(step), words(&fact.statement));
    if step.len() == statement.len() && step.iter().zip(&statement).all(same) {
        return Some(true);
    }
    Some(is_right(stated_in_place(&step, &statement, expected)?, expected))
}

/// The words of a sentence, without its articles and the marks around them.
fn words(sentence: &str) -> Vec<&str> {
    let parts = sentence.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    parts.filter(|word| !word.is_empty() && !matches!(*word, "the" | "The")).collect()
}

/// Whether two words say the same, `for` counting as `of`.
fn same((a, b): (&&str, &&str)) -> bool {
    let plain = |word: &str| if word == "for" { "of".to_owned() } else { normalise(word) };
    plain(a) == plain(b)
}

/// What a step states in the very sentence of the fact, in place of its value: a name or a number. The sentence is
/// compared word for word.
fn stated_in_place<'a>(step: &[&'a str], statement: &[&str], expected: &Expected) -> Option<&'a str> {
    let before = step.iter().zip(statement).take_while(|pair| same(*pair)).count();
    // The value is one word, which the sentence holds at this place, and all after it is the same too.
    let (value, after) = step.get(before..)?.split_first()?;
    let (right, after_right) = statement.get(before..)?.split_first()?;
    let in_place = before > 1
        && after.len() == after_right.len()
        && after.iter().zip(after_right).all(same)
        && is_right(right, expected)
        && value.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    in_place.then_some(*value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flawed(steps: &[&str], statement: &str, expected: &Expected) -> Option<usize> {
        let fact = Fact { statement: statement.to_owned(), ..Fact::default() };
        first_flawed(&steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>(), &fact, expected)
    }

    #[test]
    fn a_sum_that_does_not_come_out_is_a_flawed_step() {
        let sum = Expected::Number { value: 10.0, tolerance: 0.0 };
        assert_eq!(flawed(&["15 - 5 = 8."], "15 minus 5 is 10.", &sum), Some(0));
        assert_eq!(flawed(&["15 - 5 = 10."], "15 minus 5 is 10.", &sum), None);
    }

    #[test]
    fn another_value_in_the_facts_own_sentence_is_a_flawed_step() {
        let symbol = Expected::Text { accepted: vec!["Au".to_owned()] };
        let fact = "The chemical symbol of gold is Au.";
        assert_eq!(flawed(&["The chemical symbol for gold is Ag."], fact, &symbol), Some(0));
        assert_eq!(flawed(&["The chemical symbol of gold is Au.", "2 + 2 = 5."], fact, &symbol), Some(1));
        let year = Expected::Number { value: 1912.0, tolerance: 0.0 };
        assert_eq!(flawed(&["The Titanic sank in 1812."], "The Titanic sank in 1912.", &year), Some(0));
    }

    #[test]
    fn what_neither_arithmetic_nor_the_fact_decides_is_not_judged_nor_is_what_follows_it() {
        let symbol = Expected::Text { accepted: vec!["Au".to_owned()] };
        let fact = "The chemical symbol of gold is Au.";
        for undecided in [
            "Gold is a metal.",
            "The chemical symbol of gold is often used.",
            "The chemical symbol of gold is Ag in no language.",
            "Is it Ag?",
        ] {
            assert_eq!(flawed(&[undecided, "2 + 2 = 5."], fact, &symbol), None, "{undecided}");
        }
    }
}
