//! Objects in an order: what steps say of it, held against the orders that the question's premises allow.
//!
//! Read are questions that count and list their objects ("five books: …") and premises that compare them or give their places, in
//! plain English and for any objects. A step is wrong that says what is so in no order, or that leaves a place open which the
//! premises taken up so far fill. One that says what these do not force, though it may be so, has jumped.

mod clauses;
mod reading;
mod scale;
mod solver;

use std::collections::{HashMap, HashSet};

use self::clauses::Said;
use self::reading::Reader;
use self::solver::{Fact, Orders};
use super::{FaultKind, Finding, Step};
use crate::stages::verify::claims::sentences;
use crate::stages::verify::consensus::final_answer;
use crate::stages::verify::words::Span;

/// Only so many sentences of a text are read.
const MOST_SENTENCES: usize = 64;
/// Only so many different facts of a chain are looked into.
const MOST_FACTS: usize = 1_000;

/// Holds the steps and the conclusion against the orders that `question` allows.
pub(super) fn against_orders(question: &str, steps: &[Step], conclusion: Option<&str>, findings: &mut Vec<Finding>) {
    let Some(mut case) = Case::of(question) else { return };
    for (at, step) in steps.iter().enumerate() {
        findings.extend(case.examine(at, step.text));
    }
    findings.extend(conclusion.and_then(|conclusion| case.conclude(final_answer(conclusion))));
}

/// A question about an order, and what was said of it so far.
#[derive(Debug)]
struct Case {
    reader: Reader,
    premises: HashSet<Fact>,
    /// The orders that the premises allow.
    orders: Orders,
    /// Whether every premise could be read: otherwise what does not follow from them may follow all the same.
    whole: bool,
    /// The orders that the premises taken up so far allow, and the places that these leave each object.
    taken: Orders,
    left: Vec<u16>,
    /// Whether the steps take up premises at all: those that take up none lean on all of them.
    takes_up: bool,
    /// What was said so far, and whether an order allows it.
    facts: HashMap<Fact, bool>,
    opened: HashSet<u16>,
    beyond: HashSet<usize>,
    /// The answers to choose from, by label.
    options: HashMap<String, String>,
}

impl Case {
    /// Reads the question; nothing where it lists no objects, says nothing of their order or what cannot be.
    fn of(question: &str) -> Option<Self> {
        let mut reader = Reader::of(question)?;
        let (mut options, mut premises, mut whole) = (HashMap::new(), HashSet::new(), true);
        for line in question.lines().map(str::trim) {
            if let Some((label, option)) = line.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                options.insert(label.to_owned(), option.trim().to_owned());
                continue;
            }
            for span in sentences(line).into_iter().take(MOST_SENTENCES) {
                let sentence = span.of(line);
                let said = reader.read(sentence);
                whole &= !said.is_empty() || sentence.contains(':') || !reader.names_one(sentence);
                premises.extend(said.into_iter().filter_map(|said| said.fact()));
            }
        }
        let mut orders = Orders::of(reader.objects());
        premises.iter().take(MOST_FACTS).for_each(|fact| orders.add(*fact));
        if premises.is_empty() || !orders.possible() {
            return None;
        }
        let taken = Orders::of(reader.objects());
        Some(Self {
            premises,
            orders,
            whole,
            left: taken.places(),
            taken,
            takes_up: false,
            facts: HashMap::new(),
            opened: HashSet::new(),
            beyond: HashSet::new(),
            options,
            reader,
        })
    }

    /// What a step says, sentence by sentence.
    fn read(&mut self, text: &str) -> Vec<(Span, Said)> {
        let mut out = Vec::new();
        for span in sentences(text).into_iter().take(MOST_SENTENCES) {
            out.extend(self.reader.read(span.of(text)).into_iter().map(|said| (span, said)));
        }
        out
    }

    /// What is wrong with a step: at most one thing that cannot be, and one that does not follow yet.
    fn examine(&mut self, at: usize, text: &str) -> Vec<Finding> {
        let said = self.read(text);
        // A list of places uses premises, and states none.
        let stated = said.iter().filter_map(|(_, said)| if let Said::Is(fact) = said { Some(*fact) } else { None });
        self.take_up(stated.filter(|fact| self.premises.contains(fact)).collect());
        let (mut wrong, mut jump): (Option<(Span, String)>, Option<Span>) = (None, None);
        // What a step says that no order rules out by itself, and whether any of it is said for the first time.
        let (mut together, mut anew) = (Vec::new(), false);
        for (span, said) in said {
            let fault = match said {
                Said::Beyond(rank) => self
                    .beyond
                    .insert(rank)
                    .then(|| format!("there are {} places and none is number {rank}", self.reader.objects())),
                Said::Open(places) => self
                    .fills(places)
                    .then(|| "what was taken up before fills the place that it leaves open".to_owned()),
                Said::Is(fact) | Said::Listed(fact)
                    if self.facts.len() >= MOST_FACTS && !self.facts.contains_key(&fact) =>
                {
                    None
                }
                Said::Is(fact) | Said::Listed(fact) => {
                    let before = self.facts.get(&fact).copied();
                    let allowed = before.unwrap_or_else(|| self.orders.allow(&[fact]));
                    if before.is_none() {
                        self.facts.insert(fact, allowed);
                        anew = true;
                        let leans_on = if self.takes_up { &self.taken } else { &self.orders };
                        if allowed && self.whole && jump.is_none() && !leans_on.entail(fact) {
                            jump = Some(span);
                        }
                    }
                    if allowed {
                        together.push(fact);
                    }
                    (!allowed && before.is_none()).then(|| "the premises rule it out".to_owned())
                }
            };
            wrong = wrong.or(fault.map(|why| (span, why)));
        }
        if wrong.is_none() && anew && !self.orders.allow(&together) {
            wrong = Some((Span::new(0, text.len()), "the premises rule it out as a whole".to_owned()));
        }
        let finding = |kind, span: Span, why: &str| {
            Finding::at(kind, at, Some(span), format!("step {}: \"{}\": {why}", at + 1, span.of(text)))
        };
        let wrong = wrong.map(|(span, why)| finding(FaultKind::PremiseContradicted, span, &why));
        let jump = jump.map(|span| finding(FaultKind::UnsupportedJump, span, "it may be so, but does not follow yet"));
        wrong.into_iter().chain(jump).collect()
    }

    fn take_up(&mut self, premises: Vec<Fact>) {
        if !premises.is_empty() {
            self.takes_up = true;
            self.taken = self.taken.with(&premises);
            self.left = self.taken.places();
        }
    }

    /// Whether an object must have one of the places; asked of the same places again it has been said.
    fn fills(&mut self, places: u16) -> bool {
        let filled = self.left.iter().any(|left| left.count_ones() == 1 && left & places != 0);
        filled && self.opened.insert(places)
    }

    /// What is wrong with the final answer: the label of an option, or a sentence.
    fn conclude(&mut self, answer: &str) -> Option<Finding> {
        let label = answer.trim_matches(|c: char| !c.is_alphanumeric());
        let said = self.options.get(label).cloned().unwrap_or_else(|| answer.to_owned());
        let facts: Vec<Fact> = self.reader.read(&said).into_iter().filter_map(|said| said.fact()).collect();
        (!self.orders.allow(&facts)).then(|| Finding {
            kind: FaultKind::ConclusionDoesNotFollow,
            steps: Vec::new(),
            span: None,
            reason: format!("the final answer \"{said}\" is ruled out by the premises"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELF: &str = "On a shelf, there are four books: a red book, a blue book, a white book, and a gray book.\n\
        - The red book is to the left of the blue book.\n- The white book is the second from the right.\n\
        - The gray book is the rightmost.\nWhich is true?\n(A) The blue book is the leftmost.\n(B) The red book is the leftmost.";

    fn kinds(question: &str, steps: &[&str], conclusion: Option<&str>) -> Vec<(FaultKind, Vec<usize>)> {
        let steps: Vec<Step> = steps.iter().map(|text| Step { text, rests_on: &[] }).collect();
        let mut findings = Vec::new();
        against_orders(question, &steps, conclusion, &mut findings);
        findings.into_iter().map(|f| (f.kind, f.steps)).collect()
    }

    #[test]
    fn steps_that_follow_the_premises_have_no_finding() {
        let steps = [
            "The gray book is the rightmost. So from left to right: first, second, and third can be any book, then fourth is the gray book.",
            "The white book is the second from the right, so it cannot be the leftmost.",
            "The red book is to the left of the blue book. So from right to left: first is the gray book, second is the white book, third is the blue book, then fourth is the red book.",
            "The only book that can be the leftmost is the red book.",
        ];
        assert_eq!(kinds(SHELF, &steps, Some("The answer is (B)")), []);
    }

    #[test]
    fn what_no_order_allows_contradicts_the_premises_where_it_is_said_first() {
        let steps = [
            "The gray book is the rightmost.",
            "So from left to right: first is the white book, then second and third can be any book, then fourth is the gray book.",
            "As said, first is the white book.",
        ];
        assert_eq!(
            kinds(SHELF, &steps, Some("(A)")),
            [(FaultKind::PremiseContradicted, vec![1]), (FaultKind::ConclusionDoesNotFollow, vec![])]
        );
        for wrong in [
            "The blue book is to the left of the red book.",
            "The red book is the second from the left.",
            "The red book is the fifth from the left.",
            "The leftmost book is the blue book.",
        ] {
            let found = kinds(SHELF, &["The white book is the second from the right.", wrong], None);
            assert_eq!(found, [(FaultKind::PremiseContradicted, vec![1])], "{wrong}");
        }
    }

    #[test]
    fn what_may_be_so_one_by_one_may_not_be_so_together() {
        let question = "Three runners took part: Ann, Bob, and Cy. Ann finished ahead of Bob.";
        let found = kinds(question, &["Ann finished ahead of Bob, so Ann finished first and Cy finished first."], None);
        assert_eq!(found, [(FaultKind::PremiseContradicted, vec![0]), (FaultKind::UnsupportedJump, vec![0])]);
        let found = kinds(question, &["Ann and Bob are the last two.", "Ann and Cy are the last two."], None);
        assert!(found.contains(&(FaultKind::PremiseContradicted, vec![1])), "{found:?}");
        assert!(!found.contains(&(FaultKind::PremiseContradicted, vec![0])), "{found:?}");
    }

    #[test]
    fn a_place_given_before_the_premises_force_it_is_a_jump() {
        let steps = [
            "The gray book is the rightmost.",
            "So the red book is the leftmost.",
            "The white book is the second from the right.",
        ];
        assert_eq!(kinds(SHELF, &steps, None), [(FaultKind::UnsupportedJump, vec![1])]);
        // A list of places uses premises and states none.
        let steps = [
            "The gray book is the rightmost.",
            "So from left to right: third is the white book, fourth is the gray book.",
        ];
        assert_eq!(kinds(SHELF, &steps, None), [(FaultKind::UnsupportedJump, vec![1])]);
        // Steps that take up no premise lean on all of them.
        assert_eq!(kinds(SHELF, &["So the red book is the leftmost."], None), []);
    }

    #[test]
    fn a_place_that_is_filled_is_not_open() {
        let steps = [
            "The gray book is the rightmost.",
            "The white book is the second from the right. So from left to right: first, second, third, and fourth can be any book.",
        ];
        assert_eq!(kinds(SHELF, &steps, None), [(FaultKind::PremiseContradicted, vec![1])]);
    }

    #[test]
    fn any_objects_and_any_scale_are_read() {
        for (question, right, wrong) in [
            (
                "Three runners took part: Ann, Bob, and Cy. Ann finished ahead of Bob. Cy finished last.",
                "Ann finished first.",
                "Bob finished first.",
            ),
            (
                "There are three towers: North Tower, Old Keep and Spire. The Spire is taller than the Old Keep. North Tower is the shortest.",
                "The Spire is the tallest.",
                "The Old Keep is shorter than North Tower.",
            ),
            (
                "Three lamps hang there: a desk lamp, a globe and a spot. The globe is less bright than the spot. The desk lamp is the second-brightest.",
                "The desk lamp is the second-brightest. The globe is less bright than the spot, so from brightest to darkest: first is the spot, then second is the desk lamp, and third is the globe.",
                "The globe is brighter than the desk lamp.",
            ),
            (
                "I know 3 dogs: Rex, Fido and Spot. Rex is fluffier than Fido, and Fido is fluffier than Spot.",
                "Spot is the least fluffy.",
                "Rex is not the fluffiest.",
            ),
        ] {
            assert_eq!(kinds(question, &[right], None), [], "{right}");
            assert_eq!(kinds(question, &[wrong], None), [(FaultKind::PremiseContradicted, vec![0])], "{wrong}");
        }
    }

    #[test]
    fn what_is_supposed_or_of_another_scale_is_left_alone() {
        for text in [
            "If the blue book were the leftmost, the red one could not be left of it.",
            "Suppose the blue book is the leftmost.",
            "The blue book is heavier than the red book and the oldest.",
            "First, the blue book is looked at.",
            "Is the blue book the leftmost?",
        ] {
            assert_eq!(kinds(SHELF, &[text], None), [], "{text}");
        }
        let moving = format!("{SHELF}\nThen the red book and the blue book swap places.");
        assert_eq!(kinds(&moving, &["The blue book is to the left of the red book."], None), []);
        assert_eq!(kinds("Is the bus newer than the car?", &["The bus is the newest."], None), []);
    }
}
