//! Weeks of review, simulated: what is chosen is judged as it was graded, and only then is its grade known.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::assignment::RoutingPolicy,
    ids::{ExpertId, Id as _, TraceId},
};
use atr_workers::stages::route::rules::{Item, Reviewed, Reviewer, Week, route, value};
use rand::{SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use crate::answers::Answers;

/// How many experts there are, who judge everything.
const EXPERTS: u128 = 4;
/// How many items each of them takes a week.
const CAPACITY: usize = 10;

/// What decides which items come first.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    /// The product's routing, by its default policy: double-blind reviews and items drawn at random are in it.
    Routing,
    /// Uncertainty alone, by the same chance that the answer is wrong, learnt week by week from its own choice.
    Uncertainty,
    /// The rule of version 0.1.0: mostly uncertainty, which was the distance of the chains' agreement from a half.
    Previous,
    /// The fewer chains agree, the sooner.
    Agreement,
}

/// The first fifth of the items in the order in which they are judged, by their places. The items have other ids with each
/// seed, so that ties are broken otherwise.
pub fn first_fifth(answers: &Answers, order: Order, seed: u64) -> Vec<usize> {
    let wanted = answers.items.len().div_ceil(5);
    let mut place_of_id: Vec<usize> = (0..answers.items.len()).collect();
    place_of_id.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut open: Vec<Item> = Vec::with_capacity(answers.items.len());
    for (id, place) in place_of_id.iter().enumerate() {
        let mut item = answers.items[*place].clone();
        item.of.trace = TraceId::from_uuid(Uuid::from_u128(id as u128));
        open.push(item);
    }
    let mut week = Week { open, reviewers: reviewers(), policy: RoutingPolicy::default(), ..Week::default() };
    let mut judged: Vec<usize> = Vec::new();
    let mut number = 0u64;
    while judged.len() < wanted {
        week.seed = *blake3::hash(&[seed.to_le_bytes(), number.to_le_bytes()].concat()).as_bytes();
        let chosen = choose(&week, order);
        let asked: BTreeSet<TraceId> = chosen.iter().copied().collect();
        judged.extend(chosen.iter().map(|trace| place_of_id[trace.uuid().as_u128() as usize]));
        let (now, later) = std::mem::take(&mut week.open).into_iter().partition(|item| asked.contains(&item.of.trace));
        week.open = later;
        for item in now {
            let wrong = answers.wrong[place_of_id[item.of.trace.uuid().as_u128() as usize]];
            *week.reviewed_of_domain.entry(item.of.domain.clone()).or_default() += 1;
            week.reviewed.push(Reviewed { item, right: Some(!wrong) });
        }
        number += 1;
    }
    judged.truncate(wanted);
    judged
}

/// A week's traces, each once, in the order in which they are judged.
fn choose(week: &Week, order: Order) -> Vec<TraceId> {
    if order == Order::Routing {
        let mut rank: HashMap<ExpertId, usize> = HashMap::new();
        let mut routed: Vec<(usize, TraceId)> = route(week)
            .into_iter()
            .map(|item| {
                let rank = rank.entry(item.expert).or_default();
                *rank += 1;
                (*rank, item.trace)
            })
            .collect();
        // All experts work at once.
        routed.sort_by_key(|(rank, _)| *rank);
        let mut once = BTreeSet::new();
        return routed.into_iter().map(|(_, trace)| trace).filter(|trace| once.insert(*trace)).collect();
    }
    let certain = |item: &Item| {
        let agreement = item.of.others.map_or(0.5, |all| f64::from(all.same + 1) / f64::from(all.chains + 1));
        (agreement, (2.0 * agreement - 1.0).abs())
    };
    let mut scored: Vec<(f64, TraceId)> = match order {
        Order::Uncertainty => value(week).into_iter().map(|one| (one.reason.uncertainty, one.trace)).collect(),
        Order::Agreement => week.open.iter().map(|item| (-certain(item).0, item.of.trace)).collect(),
        Order::Routing | Order::Previous => week
            .open
            .iter()
            .map(|item| {
                let terms = [(item.of.support + 1.0) / 2.0, item.of.consistency];
                (0.4 * (1.0 - certain(item).1) + 0.2 * (terms[0] - terms[1]).abs(), item.of.trace)
            })
            .collect(),
    };
    scored.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    scored.into_iter().take(EXPERTS as usize * CAPACITY).map(|(_, trace)| trace).collect()
}

fn reviewers() -> Vec<Reviewer> {
    (1..=EXPERTS)
        .map(|n| Reviewer {
            id: ExpertId::from_uuid(Uuid::from_u128(n)),
            domains: Vec::new(),
            languages: Vec::new(),
            free: CAPACITY,
            seen: BTreeSet::new(),
            questions: BTreeSet::new(),
        })
        .collect()
}
