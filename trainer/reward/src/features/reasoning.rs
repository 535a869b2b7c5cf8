//! Reading the steps: which of them contradict each other, and what their arithmetic amounts to.

use crate::arithmetic::{self, Equation};
use crate::text;

/// What a step claims: a subject, whether it says no, and what it says of it.
#[derive(Debug, PartialEq)]
struct Claim {
    subject: Vec<String>,
    negated: bool,
    said: Vec<String>,
}

/// The steps are compared pair by pair; more than these many are not compared.
const MOST_STEPS: usize = 64;

/// How many pairs of steps contradict each other: "X is Y" and "X is not Y", or one X with two numbers.
pub(crate) fn contradictions(steps: &[String]) -> usize {
    let claims: Vec<Claim> = steps.iter().take(MOST_STEPS).filter_map(|step| claim(step)).collect();
    let mut pairs = 0;
    for (i, one) in claims.iter().enumerate() {
        for other in &claims[i + 1..] {
            if one.subject != other.subject {
                continue;
            }
            let opposed = one.negated != other.negated && one.said == other.said;
            let numbers = (text::number(&one.said[0]), text::number(&other.said[0]));
            let two_numbers = !one.negated
                && !other.negated
                && one.said[1..] == other.said[1..]
                && matches!(numbers, (Some(a), Some(b)) if a != b);
            pairs += usize::from(opposed || two_numbers);
        }
    }
    pairs
}

fn claim(step: &str) -> Option<Claim> {
    let words = text::words(step);
    let is_verb = |w: &String| {
        let verb = w.strip_suffix("n't").unwrap_or(w);
        matches!(verb, "is" | "are" | "was" | "were" | "has" | "have" | "does" | "do" | "can" | "cannot" | "will")
    };
    let at = words.iter().position(is_verb)?;
    let content = |words: &[String]| -> Vec<String> {
        let leading = ["so", "thus", "therefore", "hence", "but", "and", "then"];
        let kept = words.iter().filter(|w| !leading.contains(&w.as_str()) && !matches!(w.as_str(), "the" | "a" | "an"));
        kept.filter(|w| !text::is_negation(w)).cloned().collect()
    };
    let (subject, said) = (content(&words[..at]), content(&words[at + 1..]));
    // "It is 4." and "It is 5." may speak of two things.
    let vague = matches!(subject.first().map(String::as_str), None | Some("it" | "this" | "that" | "there" | "they"));
    let negated = words[at..].iter().filter(|w| text::is_negation(w)).count() % 2 == 1;
    (!vague && !said.is_empty()).then_some(Claim { subject, negated, said })
}

/// What the arithmetic of the steps amounts to.
pub(crate) struct Arithmetic {
    pub equations: Vec<Equation>,
    /// Share of the question's numbers that some equation uses; `None` without numbers or equations.
    pub question_numbers_used: Option<f64>,
    /// Share of the operands that come neither from the question nor from an earlier equation.
    pub operands_from_nowhere: Option<f64>,
    /// Whether the answer is the result of the last equation; `None` without equations or without a number.
    pub answer_is_last_result: Option<bool>,
    /// Whether the answer is one of the four results of the question's first and last number; `None` without two.
    pub answer_from_question: Option<bool>,
    /// Whether the answer is one of the question's numbers, repeated.
    pub answer_is_question_number: Option<bool>,
}

/// Reads the arithmetic of the steps against the numbers of question and answer.
pub(crate) fn arithmetic(question: &str, steps: &[String], answer: &str) -> Arithmetic {
    let equations: Vec<Equation> = steps.iter().take(MOST_STEPS).flat_map(|s| arithmetic::equations(s)).collect();
    let numbers = |text: &str| -> Vec<f64> {
        text::words(text).iter().filter_map(|w| text::number_or_numeral(w)).take(MOST_STEPS).collect()
    };
    let asked = numbers(question);
    let given = answer_number(answer);
    let used = |n: &f64| equations.iter().any(|e| e.operands.iter().any(|o| same(*o, *n)));
    let operands: Vec<(usize, f64)> =
        equations.iter().enumerate().flat_map(|(i, e)| e.operands.iter().map(move |o| (i, *o))).collect();
    let from_nowhere = |(i, operand): &&(usize, f64)| {
        !asked.iter().any(|n| same(*n, *operand)) && !equations[..*i].iter().any(|e| same(e.stated, *operand))
    };
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Arithmetic {
        question_numbers_used: share(asked.iter().filter(|n| used(n)).count(), asked.len())
            .filter(|_| !equations.is_empty()),
        operands_from_nowhere: share(operands.iter().filter(from_nowhere).count(), operands.len()),
        answer_is_last_result: equations.last().zip(given).map(|(last, given)| same(last.stated, given)),
        answer_from_question: match (asked.first(), asked.last(), given) {
            (Some(&a), Some(&b), Some(given)) if asked.len() >= 2 => {
                Some([a + b, a - b, b - a, a * b, a / b, b / a].iter().any(|r| same(*r, given)))
            }
            _ => None,
        },
        answer_is_question_number: given.filter(|_| !asked.is_empty()).map(|g| asked.iter().any(|n| same(*n, g))),
        equations,
    }
}

/// The first number of an answer, its sign included.
pub(crate) fn answer_number(answer: &str) -> Option<f64> {
    let value = text::words(answer).iter().find_map(|w| text::number_or_numeral(w))?;
    Some(if answer.trim_start().starts_with(['-', '−']) { -value } else { value })
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn opposite_claims_of_one_subject_contradict() {
        assert_eq!(contradictions(&steps(&["The tap is open.", "So the tap isn't open."])), 1);
        assert_eq!(contradictions(&steps(&["Iron has 26 protons.", "Iron has 27 protons."])), 1);
        assert_eq!(contradictions(&steps(&["Iron is a metal.", "Iron is heavy.", "Gold is not a metal."])), 0);
        assert_eq!(contradictions(&steps(&["It is 4.", "It is 5."])), 0, "`it` may be two things");
    }

    #[test]
    fn numbers_are_followed_from_the_question_to_the_answer() {
        let found = arithmetic("5 pens and 2 pens: how many?", &steps(&["5 + 2 = 7."]), "7");
        assert_eq!(found.question_numbers_used, Some(1.0));
        assert_eq!(found.operands_from_nowhere, Some(0.0));
        assert_eq!(found.answer_from_question, Some(true));
        let invented = arithmetic("5 pens and 2 pens: how many?", &steps(&["5 * 4 = 20."]), "20");
        assert_eq!(invented.question_numbers_used, Some(0.5));
        assert_eq!(invented.operands_from_nowhere, Some(0.5));
        assert_eq!(invented.answer_from_question, Some(false));
    }
}
