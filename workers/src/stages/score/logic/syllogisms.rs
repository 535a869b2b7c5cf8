//! Categorical statements of the question and the steps, and the inferences drawn from them: "all men are mortal, Socrates is a man,
//! so Socrates is mortal".
//!
//! Read are plain forms only: a quantifier or a name, a noun, "is" or "are" (or "have", "can"), and what it is. A term is held to be
//! of something, as in Aristotle's logic and in everyday talk: "all cups are full" and "no cups are full" contradict each other.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::terms::{Statement, consistent, entail};
use super::{FaultKind, Finding, Step};
use crate::stages::verify::claims::sentences;
use crate::stages::verify::consensus::final_answer;
use crate::stages::verify::words::{Word, words};

/// Only so many statements are held against each other.
const MOST_STATEMENTS: usize = 256;
/// A term has at most so many words.
const MOST_WORDS: usize = 4;

/// Holds the steps' categorical statements against those of the question, and their inferences against all that stands before them.
pub(super) fn invalid_inferences(
    question: &str,
    steps: &[Step],
    conclusion: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    let mut reader = Reader::default();
    let given: Vec<Read> = reader.read(question);
    let premises: Vec<Statement> = given.iter().filter(|read| !read.generic).map(|read| read.statement).collect();
    let mut known: Vec<Statement> = given.iter().map(|read| read.statement).collect();
    let mut quantified = given.iter().any(Read::quantified);
    if !consistent(&premises, true) {
        return;
    }
    for (at, step) in steps.iter().enumerate() {
        let mut found: Option<(FaultKind, String)> = None;
        for read in reader.read(step.text) {
            if known.len() >= MOST_STATEMENTS {
                return;
            }
            quantified |= read.quantified();
            if quantified && found.is_none() {
                found = judge(&premises, &known, &read).map(|kind| (kind, read.said.clone()));
            }
            known.push(read.statement);
        }
        if let Some((kind, said)) = found {
            let why = match kind {
                FaultKind::PremiseContradicted => "cannot be so where the premises are",
                _ => "does not follow from what stands before it",
            };
            findings.push(Finding::at(kind, at, None, format!("step {}: \"{said}\" {why}", at + 1)));
        }
    }
    let Some(answer) = conclusion.map(final_answer).filter(|_| quantified) else { return };
    let concluded = reader.read(answer).into_iter().map(|read| Read { inferred: true, ..read });
    // What a step infers as well was judged there.
    let fault =
        concluded.filter(|read| !known.contains(&read.statement)).find(|read| judge(&premises, &known, read).is_some());
    findings.extend(fault.map(|read| Finding {
        kind: FaultKind::ConclusionDoesNotFollow,
        steps: Vec::new(),
        span: None,
        reason: format!("the final answer \"{}\" does not follow from what stands before it", read.said),
    }));
}

/// What is wrong with a statement where the question gives the premises and `known` stands before it.
fn judge(premises: &[Statement], known: &[Statement], read: &Read) -> Option<FaultKind> {
    let mut all = premises.to_vec();
    all.push(read.statement);
    if !premises.is_empty() && !consistent(&all, true) {
        return Some(FaultKind::PremiseContradicted);
    }
    if !read.inferred {
        return None;
    }
    // An inference can be judged where what it is about was spoken of before: otherwise it rests on what everyone knows.
    let spoken: HashSet<usize> = known.iter().flat_map(|statement| statement.terms()).collect();
    let individuals: HashSet<usize> = known.iter().filter_map(|statement| statement.individual()).collect();
    let of_known = read.statement.terms().all(|term| spoken.contains(&term))
        && read.statement.individual().is_none_or(|one| individuals.contains(&one));
    (of_known && !known.contains(&read.statement) && !entail(known, read.statement, true))
        .then_some(FaultKind::InvalidInference)
}

/// A statement as it was read.
#[derive(Debug, Clone)]
struct Read {
    statement: Statement,
    said: String,
    /// Whether the text says that it follows.
    inferred: bool,
    /// Whether it is a plural without a quantifier ("whales are mammals"), which allows exceptions.
    generic: bool,
}

impl Read {
    /// Whether it says of how many it is so.
    fn quantified(&self) -> bool {
        !self.generic && self.statement.individual().is_none()
    }
}

static INFERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:therefore|thus|hence|consequently|so|it follows that|(?:this|which) means(?: that)?|we (?:can )?conclude that)\b,?")
        .expect("a constant pattern")
});
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[,;:]\s+(?:(?:and|but)\s+)?|\s+(?:because|since)\s+").expect("a constant pattern")
});

/// The terms and names met so far.
#[derive(Debug, Default)]
struct Reader {
    terms: HashMap<String, usize>,
    individuals: HashMap<String, usize>,
}

impl Reader {
    /// The statements that a text makes. What it asks or supposes it does not state.
    fn read(&mut self, text: &str) -> Vec<Read> {
        let mut out = Vec::new();
        for span in sentences(text) {
            let sentence = span.of(text).trim_end();
            if sentence.ends_with('?') || sentence.contains('=') {
                continue;
            }
            let mut from = 0;
            let mut inferred = false;
            for mark in INFERS.find_iter(sentence) {
                self.parts(&sentence[from..mark.start()], inferred, &mut out);
                (from, inferred) = (mark.end(), true);
            }
            self.parts(&sentence[from..], inferred, &mut out);
        }
        out
    }

    fn parts(&mut self, text: &str, inferred: bool, out: &mut Vec<Read>) {
        for part in PART.split(text) {
            let halves = part.split_once(" and ").map(|(one, other)| [self.statement(one), self.statement(other)]);
            let read = match halves {
                Some([Some(one), Some(other)]) => vec![one, other],
                _ => self.statement(part).into_iter().collect(),
            };
            out.extend(read.into_iter().map(|(statement, generic)| Read {
                statement,
                said: part.trim().trim_end_matches(['.', '!']).to_owned(),
                inferred,
                generic,
            }));
        }
    }

    /// The statement that a clause makes, and whether it is a generic one.
    fn statement(&mut self, clause: &str) -> Option<(Statement, bool)> {
        let all = words(clause);
        let skipped = all
            .iter()
            .take_while(|w| {
                matches!(
                    w.lower.as_str(),
                    "since" | "because" | "and" | "but" | "as" | "that" | "then" | "given" | "we" | "know"
                )
            })
            .count();
        let all = &all[skipped..];
        let verb = all.iter().position(|w| is_verb(&w.lower)).filter(|at| *at > 0)?;
        let (subject, verb, mut rest) = (&all[..verb], &all[verb], &all[verb + 1..]);
        let mut denied = matches!(verb.lower.as_str(), "isn't" | "aren't" | "cannot" | "can't");
        if let Some(first) = rest.first().filter(|w| matches!(w.lower.as_str(), "not" | "never")) {
            (denied, rest) = (true, &rest[usize::from(first.span.start > 0)..]);
        }
        let predicate = self.predicate(&verb.lower, rest)?;
        let lower = |at: usize| subject.get(at).map_or("", |w| w.lower.as_str());
        let (quantifier, noun) = match (lower(0), lower(1)) {
            ("not", "all" | "every") => ("not all", &subject[2..]),
            ("all" | "every" | "each" | "any", "of") | ("some" | "none", "of") => return None,
            (one @ ("all" | "every" | "each" | "any" | "no" | "some" | "only"), _) => (one, &subject[1..]),
            _ => ("", subject),
        };
        let plain = |statement| Some((statement, false));
        if quantifier.is_empty() {
            let plural = matches!(verb.lower.as_str(), "are" | "aren't" | "have");
            if plural {
                let term = self.term(noun)?;
                let statement = if denied { Statement::No(term, predicate) } else { Statement::All(term, predicate) };
                let many = noun.last().is_some_and(|w| w.stem != w.lower);
                return many.then_some((statement, true));
            }
            let named =
                !noun.is_empty() && noun.len() <= 3 && noun.iter().all(|w| w.capital && !w.is_stop() && !w.possessive);
            if !named || matches!(verb.lower.as_str(), "was" | "were") {
                return None;
            }
            let name = noun.iter().map(|w| w.lower.as_str()).collect::<Vec<_>>().join(" ");
            let next = self.individuals.len();
            let one = *self.individuals.entry(name).or_insert(next);
            return plain(if denied { Statement::IsNot(one, predicate) } else { Statement::Is(one, predicate) });
        }
        let term = self.term(noun)?;
        match (quantifier, denied) {
            ("all" | "every" | "each" | "any", false) => plain(Statement::All(term, predicate)),
            ("no", false) => plain(Statement::No(term, predicate)),
            ("some", false) => plain(Statement::Some(term, predicate)),
            ("some", true) | ("not all", false) => plain(Statement::SomeNot(term, predicate)),
            ("only", false) => plain(Statement::All(predicate, term)),
            // "All A are not B" is said of none and of some.
            _ => None,
        }
    }

    /// What is said of the subject: a noun, a quality, or what it has or can do.
    fn predicate(&mut self, verb: &str, rest: &[Word]) -> Option<usize> {
        let rest = match rest.first() {
            Some(word) if matches!(word.lower.as_str(), "a" | "an" | "also" | "all") => &rest[1..],
            _ => rest,
        };
        let does = match verb {
            "have" | "has" => "have ",
            "can" | "cannot" | "can't" => "can ",
            _ => "",
        };
        let stems = stems(rest)?;
        Some(self.named(format!("{does}{stems}")))
    }

    fn term(&mut self, noun: &[Word]) -> Option<usize> {
        Some(self.named(stems(noun)?))
    }

    fn named(&mut self, term: String) -> usize {
        let next = self.terms.len();
        *self.terms.entry(term).or_insert(next)
    }
}

fn is_verb(lower: &str) -> bool {
    matches!(lower, "is" | "are" | "isn't" | "aren't" | "was" | "were" | "has" | "have" | "can" | "cannot" | "can't")
}

/// The stems of a term's words; nothing where it is more than a term: a clause, a list, a number, one certain thing.
fn stems(noun: &[Word]) -> Option<String> {
    let more = |w: &Word| {
        is_verb(&w.lower)
            || w.lower.chars().any(|c| c.is_ascii_digit())
            || matches!(
                w.lower.as_str(),
                "the"
                    | "a"
                    | "an"
                    | "that"
                    | "who"
                    | "which"
                    | "and"
                    | "or"
                    | "not"
                    | "than"
                    | "it"
                    | "he"
                    | "she"
                    | "they"
                    | "this"
                    | "there"
                    | "these"
                    | "those"
                    | "what"
                    | "of"
                    | "to"
                    | "more"
                    | "less"
                    | "if"
                    | "when"
                    | "where"
                    | "her"
                    | "his"
                    | "their"
                    | "its"
                    | "my"
                    | "your"
                    | "our"
                    | "in"
                    | "at"
                    | "on"
                    | "with"
                    | "for"
                    | "by"
                    | "from"
                    | "as"
                    | "both"
                    | "same"
            )
    };
    let fits = (1..=MOST_WORDS).contains(&noun.len()) && !noun.iter().any(more);
    fits.then(|| noun.iter().map(|w| w.stem.as_str()).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(question: &str, steps: &[&str], conclusion: Option<&str>) -> Vec<(FaultKind, Vec<usize>)> {
        let steps: Vec<Step> = steps.iter().map(|text| Step { text, rests_on: &[] }).collect();
        let mut findings = Vec::new();
        invalid_inferences(question, &steps, conclusion, &mut findings);
        findings.into_iter().map(|f| (f.kind, f.steps)).collect()
    }

    #[test]
    fn what_follows_has_no_finding() {
        for (question, steps) in [
            ("All men are mortal. Socrates is a man. Is Socrates mortal?", vec!["Therefore, Socrates is mortal."]),
            ("", vec!["All whales are mammals.", "No mammals are fish.", "So no whales are fish."]),
            ("", vec!["Every poodle is a dog, and some pets are poodles, so some pets are dogs."]),
            ("Only members can vote. Ann can vote.", vec!["Thus Ann is a member."]),
            (
                "All birds have wings. Whales are mammals.",
                vec!["No mammals have wings.", "Hence no birds are mammals."],
            ),
            ("Not all swans are white.", vec!["So some swans are not white."]),
        ] {
            assert_eq!(kinds(question, &steps, None), [], "{question} {steps:?}");
        }
    }

    #[test]
    fn fallacies_are_invalid_where_they_are_drawn() {
        for (question, steps, at) in [
            (
                "All cats are animals. All dogs are animals.",
                vec!["Both are animals.", "Therefore all cats are dogs."],
                1,
            ),
            ("All men are mortal. Fido is mortal.", vec!["So Fido is a man."], 0),
            ("Some pets are dogs. Some dogs are brown.", vec!["Thus some pets are brown."], 0),
            (
                "",
                vec![
                    "All roses are flowers.",
                    "Some flowers fade.",
                    "Some flowers are red.",
                    "Hence some roses are red.",
                ],
                3,
            ),
        ] {
            assert_eq!(
                kinds(question, &steps, None),
                [(FaultKind::InvalidInference, vec![at])],
                "{question} {steps:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_where_the_premises_are_contradicts_them() {
        let question = "All men are mortal. Socrates is a man.";
        let found = kinds(question, &["Socrates is a man.", "Socrates is not mortal."], None);
        assert_eq!(found, [(FaultKind::PremiseContradicted, vec![1])]);
        let found = kinds("No fish are mammals. All trout are fish.", &["Some trout are mammals."], None);
        assert_eq!(found, [(FaultKind::PremiseContradicted, vec![0])]);
        let found = kinds("All cups are full.", &["So no cups are full."], None);
        assert_eq!(found, [(FaultKind::PremiseContradicted, vec![0])]);
    }

    #[test]
    fn a_final_answer_must_follow_too() {
        let question = "All cats are animals. Tom is an animal.";
        assert_eq!(
            kinds(question, &["Tom is an animal."], Some("Tom is a cat.")),
            [(FaultKind::ConclusionDoesNotFollow, vec![])]
        );
        assert_eq!(kinds("All cats are animals. Tom is a cat.", &["Tom is a cat."], Some("Tom is an animal.")), []);
    }

    #[test]
    fn what_rests_on_what_everyone_knows_is_not_judged() {
        for (question, steps) in [
            ("All whales are mammals.", vec!["Therefore fish are reptiles."]),
            ("", vec!["Gold is a metal.", "So gold is dense."]),
            ("All the boxes are full.", vec!["So the total is 12."]),
            ("If all men are mortal, what is Socrates?", vec!["Suppose some men are gods."]),
        ] {
            assert_eq!(kinds(question, &steps, None), [], "{question} {steps:?}");
        }
    }
}
