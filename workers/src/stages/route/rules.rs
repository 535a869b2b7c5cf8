//! Which items are worth an expert's time. Pure and deterministic.
//!
//! The value of an item is a weighted mean of four terms, each 0 to 1: how uncertain it is whether the answer is right
//! (uncertainty sampling: Lewis and Gale 1994, "A Sequential Algorithm for Training Text Classifiers"), how far the
//! terms of its reward contradict each other, how many traces share its question, and how little of its domain has been
//! reviewed. Users' complaints add to it: a fifth of the value is how far they found the answer bad, whatever else is known. Items are given out best first, one of a question to an expert, within capacity; of the best a share goes
//! to a second expert, so that agreement can be measured.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atr_core::{
    domain::assignment::{Purpose, RoutingReason},
    ids::{ExpertId, TraceId},
    store::Routable,
};

/// Of every so many items one goes to a second expert.
pub const SECOND_REVIEW_EVERY: usize = 10;

const UNCERTAINTY: f64 = 0.4;
const CONFLICT: f64 = 0.2;
const REACH: f64 = 0.2;
const NOVELTY: f64 = 0.2;
/// The share of the value that users' complaints make; the four terms make the rest.
const COMPLAINT: f64 = 0.2;

/// Someone who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Who.
    pub id: ExpertId,
    /// The domains judged; empty is all.
    pub domains: Vec<String>,
    /// The languages read; empty is all.
    pub languages: Vec<String>,
    /// How many items are free this week.
    pub free: usize,
    /// What was given out or judged already.
    pub seen: BTreeSet<TraceId>,
}

impl Reviewer {
    /// Whether they judge what is of this domain and language.
    pub fn can_judge(&self, domain: &str, language: &str) -> bool {
        let named = |all: &[String], one: &str| all.is_empty() || all.iter().any(|known| known == one);
        named(&self.domains, domain) && (language == "und" || named(&self.languages, language))
    }
}

/// An item for someone.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    /// Who is asked.
    pub expert: ExpertId,
    /// What is to be judged.
    pub trace: TraceId,
    /// What it is for.
    pub purpose: Purpose,
    /// Expected value, 0 to 1.
    pub value: f64,
    /// Why.
    pub reason: RoutingReason,
}

/// Values every item, the best first; ties go to the older.
pub fn value(items: &[Routable], reviewed: &HashMap<String, i64>) -> Vec<(f64, RoutingReason, usize)> {
    let mut of_question: HashMap<uuid::Uuid, usize> = HashMap::new();
    for item in items {
        *of_question.entry(item.question).or_default() += 1;
    }
    let widest = of_question.values().copied().max().unwrap_or(1) as f64;
    let mut valued: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let chance = item.model.or(item.agreement).or(item.confidence).unwrap_or(0.5);
            let uncertainty = 1.0 - (2.0 * chance - 1.0).abs();
            let conflict = conflict(item);
            let reach = of_question.get(&item.question).copied().unwrap_or(1) as f64 / widest;
            let novelty = 1.0 / (1.0 + reviewed.get(&item.domain).copied().unwrap_or(0).max(0) as f64 / 10.0);
            let value = UNCERTAINTY * uncertainty + CONFLICT * conflict + REACH * reach + NOVELTY * novelty;
            let complaint = item.feedback.map_or(0.0, |said| (-said).clamp(0.0, 1.0));
            let value = (1.0 - COMPLAINT) * value + COMPLAINT * complaint;
            let words = in_words(item, uncertainty, conflict, novelty, complaint);
            (value, RoutingReason { uncertainty, conflict, reach, novelty, complaint, words }, at)
        })
        .collect();
    valued.sort_by(|a, b| b.0.total_cmp(&a.0).then(items[a.2].trace.cmp(&items[b.2].trace)));
    valued
}

/// How far support, consistency and the reward model are apart, 0 to 1.
fn conflict(item: &Routable) -> f64 {
    let opinions = [Some((item.support + 1.0) / 2.0), Some(item.consistency), item.model];
    let said: Vec<f64> = opinions.into_iter().flatten().collect();
    let high = said.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = said.iter().copied().fold(f64::INFINITY, f64::min);
    (high - low).clamp(0.0, 1.0)
}

fn in_words(item: &Routable, uncertainty: f64, conflict: f64, novelty: f64, complaint: f64) -> String {
    let of_four = 1.0 - COMPLAINT;
    let terms = [
        (of_four * UNCERTAINTY * uncertainty, 0),
        (of_four * CONFLICT * conflict, 1),
        (of_four * NOVELTY * novelty, 2),
        (COMPLAINT * complaint, 3),
    ];
    let strongest = terms.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |term| term.1);
    match (strongest, item.model) {
        (0, Some(chance)) => {
            format!("the reward model is unsure: it gives {:.0} % that the answer is true", chance * 100.0)
        }
        (0, None) => "nothing tells yet whether the answer is right".to_owned(),
        (3, _) => "users found it bad".to_owned(),
        (1, _) => "facts, reasoning and reward model say different things of it".to_owned(),
        _ => format!("little of {} has been reviewed", item.domain),
    }
}

/// Gives items out.
pub fn route(items: &[Routable], reviewed: &HashMap<String, i64>, reviewers: &[Reviewer]) -> Vec<Routed> {
    let mut free: BTreeMap<ExpertId, usize> = reviewers.iter().map(|one| (one.id, one.free)).collect();
    let mut questions: BTreeSet<(ExpertId, uuid::Uuid)> = BTreeSet::new();
    let mut routed = Vec::new();
    let mut given = 0;
    for (value, reason, at) in value(items, reviewed) {
        let item = &items[at];
        let mut able: Vec<&Reviewer> = reviewers
            .iter()
            .filter(|one| one.can_judge(&item.domain, &item.language))
            .filter(|one| !one.seen.contains(&item.trace) && !questions.contains(&(one.id, item.question)))
            .filter(|one| free.get(&one.id).is_some_and(|free| *free > 0))
            .collect();
        // To whom most is free, so that the load is even.
        able.sort_by_key(|one| (std::cmp::Reverse(free.get(&one.id).copied()), one.id));
        if able.is_empty() {
            continue;
        }
        let wanted = if given % SECOND_REVIEW_EVERY == 0 { 2 } else { 1 };
        given += 1;
        able.truncate(wanted);
        let purpose = if able.len() == 2 { Purpose::DoubleBlind } else { Purpose::Single };
        for one in able {
            free.entry(one.id).and_modify(|free| *free -= 1);
            questions.insert((one.id, item.question));
            routed.push(Routed { expert: one.id, trace: item.trace, purpose, value, reason: reason.clone() });
        }
    }
    routed
}

#[cfg(test)]
mod tests {
    use atr_core::ids::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn item(n: u128, domain: &str, question: u128, model: Option<f64>) -> Routable {
        Routable {
            trace: TraceId::from_uuid(Uuid::from_u128(n)),
            domain: domain.to_owned(),
            language: "en".to_owned(),
            question: Uuid::from_u128(question),
            confidence: None,
            support: 0.0,
            consistency: 1.0,
            model,
            feedback: None,
            agreement: None,
        }
    }

    fn reviewer(n: u128, domains: &[&str], free: usize) -> Reviewer {
        Reviewer {
            id: ExpertId::from_uuid(Uuid::from_u128(n)),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            languages: vec![],
            free,
            seen: BTreeSet::new(),
        }
    }

    #[test]
    fn what_the_model_is_unsure_of_comes_before_what_it_is_sure_of() {
        let items = [item(1, "chemistry", 1, Some(0.97)), item(2, "chemistry", 2, Some(0.5))];
        let routed = route(&items, &HashMap::new(), &[reviewer(9, &[], 1)]);
        assert_eq!(routed.iter().map(|one| one.trace).collect::<Vec<_>>(), [items[1].trace]);
    }

    #[test]
    fn an_expert_gets_items_of_their_own_domains_alone() {
        let items = [item(1, "chemistry", 1, None), item(2, "history", 2, None)];
        let routed = route(&items, &HashMap::new(), &[reviewer(9, &["history"], 5)]);
        assert_eq!(routed.iter().map(|one| one.trace).collect::<Vec<_>>(), [items[1].trace]);
    }

    #[test]
    fn of_two_that_are_alike_the_one_that_users_found_bad_comes_first_and_praise_changes_nothing() {
        let said = |n, feedback| Routable { feedback, ..item(n, "chemistry", n, Some(0.5)) };
        let items = [said(1, None), said(2, Some(-0.5)), said(3, Some(0.9))];
        let valued = value(&items, &HashMap::new());
        assert_eq!(valued.iter().map(|(.., at)| *at).collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!(valued[1].0, valued[2].0);
        assert_eq!((valued[0].1.complaint, valued[1].1.complaint), (0.5, 0.0));
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_their_capacity_or_one_question_twice(
            questions in prop::collection::vec((0u128..8, prop::option::of(0.0..1.0f64)), 0..60),
            capacities in prop::collection::vec(0usize..9, 0..5),
        ) {
            let items: Vec<_> =
                (0..).zip(&questions).map(|(n, (question, model))| item(n, "d", *question, *model)).collect();
            let reviewers: Vec<_> = (100..).zip(&capacities).map(|(n, free)| reviewer(n, &[], *free)).collect();
            let routed = route(&items, &HashMap::new(), &reviewers);
            for one in &reviewers {
                let own: Vec<_> = routed.iter().filter(|item| item.expert == one.id).collect();
                prop_assert!(own.len() <= one.free);
                let asked: BTreeSet<_> = own
                    .iter()
                    .filter_map(|own| items.iter().find(|item| item.trace == own.trace).map(|item| item.question))
                    .collect();
                prop_assert_eq!(asked.len(), own.len());
            }
        }
    }
}
