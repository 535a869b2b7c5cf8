//! Who is asked about what, within everyone's capacity.
//!
//! The value of a choice falls with what is chosen already of the same fault or question: it is submodular, and taking the item
//! that adds most, again and again, is never far from the best choice (G. Nemhauser, L. Wolsey and M. Fisher 1978, "An Analysis
//! of Approximations for Maximizing Submodular Set Functions"; within capacities at least half of it, part II of the same).
//! What an item adds only ever falls, so that it is computed anew only when it comes to the front (M. Minoux 1978, "Accelerated
//! Greedy Algorithms for Maximizing Submodular Set Functions").
//!
//! Before that some are drawn at random: a calibration that learns from its own choice alone never hears of what it
//! overlooks (epsilon-greedy: R. Sutton and A. Barto, "Reinforcement Learning", 2nd ed. 2018, section 2.2).

use std::{
    cmp::{Ordering, Reverse},
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use atr_core::{
    domain::assignment::{Purpose, RoutingReason},
    ids::{ExpertId, TraceId},
    store::{LeftOver, Routable},
};
use rand::{Rng, RngExt as _, SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::{
    Item, Reviewer, Routed, Week,
    shares::{floors, whole},
    value::{Judged, Worth},
    words,
};

/// Gives items out: for each expert in turn, in the order of their ids, the items of the week in the order in which they are
/// shown. That is first what they had before and did not come to, then the best first; what is gold or was drawn at random stands anywhere, so that its place gives nothing away and
/// who stops early has judged a fair share of it.
pub fn route(week: &Week) -> Vec<Routed> {
    let worth = Worth::of(week);
    let mut chance = ChaCha8Rng::from_seed(week.seed);
    let mut choice = Choice::new(week, &worth);
    let policy = &week.policy;
    choice.give_gold(policy.gold_share, &mut chance);
    let free = choice.free_in_all();
    choice.carry_over();
    // Of n items a share goes to a second expert: n × (1 + share) judgements.
    let seconds = policy.double_blind_share / (1.0 + policy.double_blind_share);
    let most = free - whole(seconds, free, &mut chance).min(choice.for_two());
    // Where there is time for all that is open there is nothing to draw.
    if choice.open.len() > most {
        let wanted = whole(policy.exploration_share, most, &mut chance);
        choice.explore(wanted.min(most.saturating_sub(choice.given.len())), &mut chance);
    }
    choice.meet_floors(policy.domain_floor, most);
    choice.take_best(most);
    choice.ask_again(whole(policy.double_blind_share, choice.given.len(), &mut chance), &mut chance);
    // Where nobody can give a second judgement there is room for more.
    choice.take_best(usize::MAX);
    choice.in_order(&mut chance)
}

/// An item that was given out.
struct Given {
    /// Its place among the open items.
    at: usize,
    first: ExpertId,
    second: Option<ExpertId>,
    value: f64,
    explored: bool,
    /// Who had it in the last week, and at which place.
    left_over: Vec<(ExpertId, i32)>,
}

/// An open item with its value as it was when last looked at.
#[derive(Clone, Copy, PartialEq)]
struct Waiting {
    value: f64,
    at: usize,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.total_cmp(&other.value).then(other.at.cmp(&self.at))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Choice<'a> {
    worth: &'a Worth<'a>,
    /// By place, what each open item is worth by itself, and why.
    valued: Vec<(f64, RoutingReason)>,
    reviewers: Vec<&'a Reviewer>,
    gold: Vec<&'a Item>,
    /// The open items that someone can judge, by place.
    open: Vec<usize>,
    free: BTreeMap<ExpertId, usize>,
    /// What each was asked.
    questions: BTreeSet<(ExpertId, Uuid)>,
    traces: BTreeSet<(ExpertId, TraceId)>,
    taken: Vec<bool>,
    judged: Judged,
    given: Vec<Given>,
    gold_given: Vec<(ExpertId, &'a Item)>,
    week: &'a Week,
}

impl<'a> Choice<'a> {
    fn new(week: &'a Week, worth: &'a Worth<'a>) -> Self {
        let mut reviewers: Vec<&Reviewer> = week.reviewers.iter().collect();
        reviewers.sort_by_key(|one| one.id);
        let mut gold: Vec<&Item> = week.gold.iter().collect();
        gold.sort_by_key(|item| item.of.trace);
        let can_judge = |at: &usize| reviewers.iter().any(|one| one.free > 0 && one.is_able(&worth.open[*at].of));
        Self {
            open: (0..worth.open.len()).filter(can_judge).collect(),
            valued: (0..worth.open.len())
                .map(|at| worth.appraise(worth.open[at], worth.traces_with_fault(at)))
                .collect(),
            free: reviewers.iter().map(|one| (one.id, one.free)).collect(),
            questions: BTreeSet::new(),
            traces: BTreeSet::new(),
            taken: vec![false; worth.open.len()],
            judged: worth.judged.clone(),
            given: Vec::new(),
            gold_given: Vec::new(),
            worth,
            reviewers,
            gold,
            week,
        }
    }

    fn free_in_all(&self) -> usize {
        self.free.values().sum()
    }

    /// How many of the open items two experts can judge.
    fn for_two(&self) -> usize {
        let able =
            |at: &usize| self.reviewers.iter().filter(|one| self.may_have(one, &self.worth.open[*at].of)).count();
        self.open.iter().filter(|at| able(at) > 1).count()
    }

    fn value(&self, at: usize) -> f64 {
        self.valued[at].0 * self.worth.left(at, &self.judged)
    }

    fn may_have(&self, one: &Reviewer, item: &Routable) -> bool {
        self.free.get(&one.id).is_some_and(|free| *free > 0)
            && one.is_able(item)
            && !self.traces.contains(&(one.id, item.trace))
            && !self.questions.contains(&(one.id, item.question))
    }

    /// Who is asked about an item: whoever was before, who may have begun; then who judges the fewest other domains and
    /// languages; then to whom most is free.
    fn whom(&self, item: &Item) -> Option<ExpertId> {
        let breadth = |names: &[String]| if names.is_empty() { usize::MAX } else { names.len() };
        let able = self.reviewers.iter().filter(|one| self.may_have(one, &item.of));
        able.min_by_key(|one| {
            let free = Reverse(self.free.get(&one.id).copied());
            (!item.asked_before.contains(&one.id), breadth(&one.domains), breadth(&one.languages), free, one.id)
        })
        .map(|one| one.id)
    }

    fn occupy(&mut self, expert: ExpertId, item: &Routable) {
        self.free.entry(expert).and_modify(|free| *free -= 1);
        self.questions.insert((expert, item.question));
        self.traces.insert((expert, item.trace));
    }

    /// Gives an open item to someone; whether anyone can take it. Who cannot now never can: capacities only fill up.
    fn give(&mut self, at: usize, explored: bool) -> bool {
        let item = self.worth.open[at];
        let Some(first) = self.whom(item) else { return false };
        let value = self.value(at);
        self.occupy(first, &item.of);
        self.worth.add(at, &mut self.judged);
        self.taken[at] = true;
        self.given.push(Given { at, first, second: None, value, explored, left_over: Vec::new() });
        true
    }

    /// Gives what is left over of the last week to those who had it, as far as they have time: they may have begun.
    fn carry_over(&mut self) {
        let places: BTreeMap<TraceId, usize> =
            self.open.iter().map(|at| (self.worth.open[*at].of.trace, *at)).collect();
        let mut left_over: Vec<&LeftOver> = self.week.left_over.iter().collect();
        left_over.sort_by_key(|left| (left.rank, left.expert, left.trace));
        for left in left_over {
            let Some(at) = places.get(&left.trace).copied() else { continue };
            let of = &self.worth.open[at].of;
            let has_time = self.reviewers.iter().any(|one| one.id == left.expert && self.may_have(one, of));
            if !has_time {
                continue;
            }
            let before = self.given.iter().position(|given| given.at == at);
            match before {
                None => {
                    let value = self.value(at);
                    self.worth.add(at, &mut self.judged);
                    self.taken[at] = true;
                    let left_over = vec![(left.expert, left.rank)];
                    self.given.push(Given { at, first: left.expert, second: None, value, explored: false, left_over });
                }
                // The other of two who were to judge it.
                Some(nth) if left.purpose == Purpose::DoubleBlind && self.given[nth].second.is_none() => {
                    self.given[nth].second = Some(left.expert);
                    self.given[nth].left_over.push((left.expert, left.rank));
                }
                Some(_) => continue,
            }
            self.occupy(left.expert, of);
        }
    }

    /// Gold items for a share of the capacity, to each expert as large a share as of any other (systematic sampling: one in
    /// so many slots, from a random one on). Where an expert has had all there are, the slot stays for other items.
    fn give_gold(&mut self, share: f64, chance: &mut impl Rng) {
        let slots: Vec<ExpertId> =
            self.reviewers.iter().flat_map(|one| std::iter::repeat_n(one.id, one.free)).collect();
        let wanted = whole(share, slots.len(), chance);
        let start = chance.random::<f64>();
        for nth in 0..wanted {
            let slot = ((nth as f64 + start) * slots.len() as f64 / wanted as f64) as usize;
            let Some(expert) = slots.get(slot).copied() else { continue };
            let Some(reviewer) = self.reviewers.iter().find(|one| one.id == expert) else { continue };
            let left: Vec<&Item> = self.gold.iter().copied().filter(|item| self.may_have(reviewer, &item.of)).collect();
            if left.is_empty() {
                continue;
            }
            let item = left[chance.random_range(0..left.len())];
            self.occupy(expert, &item.of);
            self.gold_given.push((expert, item));
        }
    }

    /// Items drawn at random among all that are open.
    fn explore(&mut self, wanted: usize, chance: &mut impl Rng) {
        let mut drawn: Vec<usize> = self.open.iter().copied().filter(|at| !self.taken[*at]).collect();
        drawn.shuffle(chance);
        let mut left = wanted;
        for at in drawn {
            if left == 0 {
                break;
            }
            left -= usize::from(self.give(at, true));
        }
    }

    /// The best of each domain, up to what it gets at least; next always the domain that is furthest from it, and of those that
    /// have nothing yet the one that was reviewed least.
    fn meet_floors(&mut self, floor: f64, most: usize) {
        let mut of_domain: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for at in &self.open {
            of_domain.entry(self.worth.open[*at].of.domain.as_str()).or_default().push(*at);
        }
        let sizes: Vec<usize> = of_domain.values().map(Vec::len).collect();
        let floors = floors(floor, most, &sizes);
        let mut given: BTreeMap<&str, usize> = BTreeMap::new();
        for item in &self.given {
            *given.entry(self.worth.open[item.at].of.domain.as_str()).or_default() += 1;
        }
        struct Domain<'a> {
            name: &'a str,
            floor: usize,
            given: usize,
            reviewed: i64,
            waiting: BinaryHeap<Waiting>,
        }
        let mut domains: Vec<Domain<'_>> = of_domain
            .into_iter()
            .zip(floors)
            .map(|((name, items), floor)| Domain {
                name,
                floor,
                given: given.get(name).copied().unwrap_or(0),
                reviewed: self.week.reviewed_of_domain.get(name).copied().unwrap_or(0),
                waiting: self.waiting(&items),
            })
            .collect();
        while self.given.len() < most {
            domains.retain(|domain| domain.given < domain.floor && !domain.waiting.is_empty());
            let share = |domain: &Domain<'_>| domain.given as f64 / domain.floor as f64;
            let next = domains.iter_mut().min_by(|one, other| {
                let order = share(one).total_cmp(&share(other));
                order.then(one.reviewed.cmp(&other.reviewed)).then(one.name.cmp(other.name))
            });
            let Some(next) = next else { break };
            next.given += usize::from(self.give_best(&mut next.waiting));
        }
    }

    /// The best of all, until so many items are given out.
    fn take_best(&mut self, most: usize) {
        let mut waiting = self.waiting(&self.open);
        while self.given.len() < most && self.give_best(&mut waiting) {}
    }

    fn waiting(&self, items: &[usize]) -> BinaryHeap<Waiting> {
        let free = items.iter().filter(|at| !self.taken[**at]);
        free.map(|at| Waiting { value: self.value(*at), at: *at }).collect()
    }

    /// Gives out the best of those that wait; whether there was one that anybody can take.
    fn give_best(&mut self, waiting: &mut BinaryHeap<Waiting>) -> bool {
        if self.free.values().all(|free| *free == 0) {
            waiting.clear();
        }
        while let Some(Waiting { value, at }) = waiting.pop() {
            if self.taken[at] {
                continue;
            }
            let now = self.value(at);
            if now < value {
                waiting.push(Waiting { value: now, at });
            } else if self.give(at, false) {
                return true;
            }
        }
        false
    }

    /// A second expert for so many of the items, drawn at random, so that agreement is that of all items. Whoever has most time
    /// left is next, so that as little as can be is left to one alone, who cannot judge their own items again.
    fn ask_again(&mut self, wanted: usize, chance: &mut impl Rng) {
        let mut drawn: Vec<usize> = (0..self.given.len()).filter(|nth| self.given[*nth].second.is_none()).collect();
        let mut left = wanted.saturating_sub(self.given.len() - drawn.len());
        drawn.shuffle(chance);
        let mut reviewers = self.reviewers.clone();
        while left > 0 {
            reviewers.sort_by_key(|one| (self.free.get(&one.id).copied(), Reverse(one.id)));
            let Some(second) = reviewers.last().copied() else { break };
            let next = drawn.iter().position(|nth| self.may_have(second, &self.worth.open[self.given[*nth].at].of));
            let Some(nth) = next.map(|place| drawn.remove(place)) else {
                reviewers.pop();
                continue;
            };
            self.occupy(second.id, &self.worth.open[self.given[nth].at].of);
            self.given[nth].second = Some(second.id);
            left -= 1;
        }
    }

    fn in_order(mut self, chance: &mut impl Rng) -> Vec<Routed> {
        #[derive(Default)]
        struct Own {
            left_over: Vec<(i32, Routed)>,
            by_value: Vec<Routed>,
            anywhere: Vec<Routed>,
        }
        let mut of_expert: BTreeMap<ExpertId, Own> = BTreeMap::new();
        self.given.sort_by(|one, other| other.value.total_cmp(&one.value).then(one.at.cmp(&other.at)));
        for Given { at, first, second, value, explored, left_over } in &self.given {
            let mut reason = self.valued[*at].1.clone();
            if *explored {
                reason.explored = true;
                reason.words = words::explored(&reason.words);
            }
            let purpose = if second.is_some() { Purpose::DoubleBlind } else { Purpose::Single };
            for expert in std::iter::once(*first).chain(*second) {
                let trace = self.worth.open[*at].of.trace;
                let mut item = Routed { expert, trace, purpose, value: *value, reason: reason.clone() };
                let own = of_expert.entry(expert).or_default();
                if let Some((_, rank)) = left_over.iter().find(|(had, _)| *had == expert) {
                    item.reason.carried_over = true;
                    item.reason.words = words::left_over(&item.reason.words);
                    own.left_over.push((*rank, item));
                } else if *explored {
                    own.anywhere.push(item);
                } else {
                    own.by_value.push(item);
                }
            }
        }
        for (expert, item) in &self.gold_given {
            let (value, reason) = self.worth.appraise(item, 1);
            let item = Routed { expert: *expert, trace: item.of.trace, purpose: Purpose::Gold, value, reason };
            of_expert.entry(*expert).or_default().anywhere.push(item);
        }
        let mut routed = Vec::new();
        for Own { mut left_over, by_value: mut items, anywhere } in of_expert.into_values() {
            for item in anywhere {
                items.insert(chance.random_range(0..=items.len()), item);
            }
            left_over.sort_by_key(|(rank, item)| (*rank, item.trace));
            routed.extend(left_over.into_iter().map(|(_, item)| item));
            routed.append(&mut items);
        }
        routed
    }
}
