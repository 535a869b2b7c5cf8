//! Facts taken apart, kept for the next claim that they are found for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use atr_core::ids::FactId;

use super::{
    compare::FactText,
    decide::{Candidate, Verdict, decide},
    search::Found,
};

/// How many facts a generation holds: some tens of megabytes.
const GENERATION: usize = 10_000;

/// The facts that were found last, taken apart: at least the last ten thousand of them, at most twice as many. What a fact states never
/// changes; should it, what is kept is not used.
#[derive(Debug, Clone, Default)]
pub struct ParsedFacts(Arc<Mutex<Generations>>);

/// Two generations of the most recently used: what is found in the older one moves to the younger, and once that is full it is the older.
#[derive(Debug, Default)]
struct Generations {
    younger: HashMap<FactId, Arc<FactText>>,
    older: HashMap<FactId, Arc<FactText>>,
}

impl Generations {
    fn get(&mut self, found: &Found) -> Option<Arc<FactText>> {
        let known = match self.younger.get(&found.fact) {
            Some(known) => Arc::clone(known),
            None => {
                let known = self.older.remove(&found.fact)?;
                self.put(found.fact, Arc::clone(&known));
                known
            }
        };
        (known.statement() == found.statement).then_some(known)
    }

    fn put(&mut self, fact: FactId, text: Arc<FactText>) {
        if self.younger.len() >= GENERATION {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(fact, text);
    }
}

/// Facts taken apart, by their ids.
pub type Texts = HashMap<FactId, Arc<FactText>>;

impl ParsedFacts {
    /// These facts, taken apart.
    pub fn texts<'a>(&self, found: impl IntoIterator<Item = &'a Found>) -> Texts {
        let (mut texts, mut missing) = (Texts::new(), HashMap::new());
        {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for found in found {
                if !texts.contains_key(&found.fact) && !missing.contains_key(&found.fact) {
                    match kept.get(found) {
                        Some(text) => drop(texts.insert(found.fact, text)),
                        None => drop(missing.insert(found.fact, found)),
                    }
                }
            }
        }
        // Taking apart is the work: nobody waits for the lock meanwhile.
        let parsed: Vec<_> =
            missing.iter().map(|(fact, found)| (*fact, Arc::new(FactText::new(&found.statement)))).collect();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (fact, text) in parsed {
            kept.put(fact, Arc::clone(&text));
            texts.insert(fact, text);
        }
        texts
    }
}

/// Holds a claim against the facts that were found for it.
///
/// # Panics
/// If one of them is not among `texts`.
pub fn hold(claim: &FactText, facts: &[Found], texts: &Texts) -> Verdict {
    let names: Vec<String> = facts.iter().map(|found| found.fact.to_string()).collect();
    let candidates: Vec<Candidate<'_>> = facts
        .iter()
        .zip(&names)
        .map(|(found, name)| Candidate { fact: name, text: &texts[&found.fact], rank: found.rank })
        .collect();
    decide(claim, &candidates)
}

#[cfg(test)]
mod tests {
    use atr_core::ids::Id;
    use uuid::Uuid;

    use super::*;

    fn found(n: usize, statement: &str) -> Found {
        Found { fact: FactId::from_uuid(Uuid::from_u128(n as u128)), statement: statement.to_owned(), rank: 1.0 }
    }

    #[test]
    fn a_fact_is_taken_apart_once_and_anew_where_it_states_something_else() {
        let parsed = ParsedFacts::default();
        let first = found(1, "Gold is a metal.");
        let (one, again) = (parsed.texts([&first, &first]), parsed.texts([&first]));
        assert!(Arc::ptr_eq(&one[&first.fact], &again[&first.fact]));
        let other = found(1, "Gold is heavy.");
        assert_eq!(parsed.texts([&other])[&other.fact].statement(), "Gold is heavy.");
        assert_eq!(parsed.texts([&other])[&other.fact].statement(), "Gold is heavy.");
    }

    #[test]
    fn what_was_used_lately_is_kept_and_no_more_than_two_generations() {
        let parsed = ParsedFacts::default();
        let used = found(0, "Gold is a metal.");
        let first = Arc::clone(&parsed.texts([&used])[&used.fact]);
        for n in 1..=3 * GENERATION {
            parsed.texts([&found(n, "It is.")]);
            if n % 100 == 0 {
                assert!(Arc::ptr_eq(&first, &parsed.texts([&used])[&used.fact]), "{n}");
            }
        }
        let kept = parsed.0.lock().unwrap();
        assert!(kept.younger.len() + kept.older.len() <= 2 * GENERATION);
        assert!(!kept.younger.contains_key(&found(1, "").fact) && !kept.older.contains_key(&found(1, "").fact));
    }

    #[test]
    fn a_claim_is_held_against_what_was_found() {
        let facts = [found(1, "The capital of Germany is Berlin."), found(2, "The capital of France is Paris.")];
        let verdict =
            hold(&FactText::new("The capital of France is Lyon."), &facts, &ParsedFacts::default().texts(&facts));
        assert_eq!(verdict.deciding, Some(1));
    }
}
