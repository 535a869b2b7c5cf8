//! What stands of a cycle that was routed before: who has seen what, who is busy, and which slots nobody holds any more.
//! Pure and deterministic.

use std::collections::{BTreeMap, BTreeSet};

use atr_core::{
    domain::assignment::{Assignment, AssignmentState},
    ids::{ExpertId, TraceId},
};

use super::rules::Reviewer;

/// What stands of a cycle.
#[derive(Debug, Default)]
pub struct Standing {
    seen: BTreeMap<ExpertId, BTreeSet<TraceId>>,
    busy: BTreeMap<ExpertId, usize>,
    ranks: BTreeMap<ExpertId, i32>,
    slots: BTreeMap<TraceId, i16>,
    freed: BTreeMap<(TraceId, i16), Assignment>,
}

impl Standing {
    /// Of the assignments of the cycle.
    pub fn of(assignments: Vec<Assignment>) -> Self {
        let mut standing = Self::default();
        let mut live = BTreeSet::new();
        for item in &assignments {
            standing.seen.entry(item.expert).or_default().insert(item.trace);
            let rank = standing.ranks.entry(item.expert).or_default();
            *rank = item.rank.max(*rank);
            let slot = standing.slots.entry(item.trace).or_default();
            *slot = item.slot.max(*slot);
            if matches!(item.state, AssignmentState::Held | AssignmentState::Done) {
                *standing.busy.entry(item.expert).or_default() += 1;
                live.insert((item.trace, item.slot));
            }
        }
        for item in assignments {
            if !live.contains(&(item.trace, item.slot)) {
                standing.freed.insert((item.trace, item.slot), item);
            }
        }
        standing
    }

    /// What an expert was given, whatever became of it.
    pub fn seen(&self, expert: ExpertId) -> BTreeSet<TraceId> {
        self.seen.get(&expert).cloned().unwrap_or_default()
    }

    /// How much of what an expert may take they have: what they hold and what they have judged.
    pub fn busy(&self, expert: ExpertId) -> usize {
        self.busy.get(&expert).copied().unwrap_or(0)
    }

    /// Whether a trace is asked about in the cycle already.
    pub fn holds(&self, trace: TraceId) -> bool {
        self.slots.contains_key(&trace)
    }

    /// The place of the next item of an expert in their week, from 1.
    pub fn next_rank(&mut self, expert: ExpertId) -> i32 {
        let rank = self.ranks.entry(expert).or_default();
        *rank += 1;
        *rank
    }

    /// The next slot of a trace, from 1.
    pub fn next_slot(&mut self, trace: TraceId) -> i16 {
        let slot = self.slots.entry(trace).or_default();
        *slot += 1;
        *slot
    }

    /// Gives the slots that nobody holds any more to those who can judge them and have not seen them, what is worth most
    /// first and to whom most is free; takes it from what they are free for.
    pub fn refill(
        &self,
        reviewers: &mut [Reviewer],
        about: impl Fn(TraceId) -> Option<About>,
    ) -> Vec<(ExpertId, &Assignment)> {
        let mut freed: Vec<&Assignment> = self.freed.values().collect();
        freed.sort_by(|a, b| b.value.total_cmp(&a.value).then((a.trace, a.slot).cmp(&(b.trace, b.slot))));
        let mut given = Vec::new();
        for item in freed {
            let Some(about) = about(item.trace) else { continue };
            let able = reviewers
                .iter_mut()
                .filter(|one| one.free > 0 && !one.seen.contains(&item.trace))
                .filter(|one| one.can_judge(&about.domain, &about.language));
            if let Some(one) = able.min_by_key(|one| (std::cmp::Reverse(one.free), one.id)) {
                one.free -= 1;
                one.seen.insert(item.trace);
                given.push((one.id, item));
            }
        }
        given
    }

    /// The traces of which a slot is free.
    pub fn freed(&self) -> Vec<TraceId> {
        let traces: BTreeSet<_> = self.freed.keys().map(|(trace, _)| *trace).collect();
        traces.into_iter().collect()
    }
}

/// What it takes to judge a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its domain.
    pub domain: String,
    /// Its language.
    pub language: String,
}

#[cfg(test)]
mod tests {
    use atr_core::{
        domain::assignment::{Purpose, RoutingReason},
        ids::{AssignmentId, Id},
    };
    use chrono::{DateTime, NaiveDate};
    use uuid::Uuid;

    use super::*;

    fn item(expert: u128, trace: u128, slot: i16, state: AssignmentState) -> Assignment {
        Assignment {
            id: AssignmentId::from_uuid(Uuid::from_u128(expert * 1000 + trace)),
            cycle: NaiveDate::default(),
            expert: ExpertId::from_uuid(Uuid::from_u128(expert)),
            trace: TraceId::from_uuid(Uuid::from_u128(trace)),
            rank: 1,
            value: trace as f64,
            reason: RoutingReason::default(),
            reward_model: None,
            at: DateTime::UNIX_EPOCH,
            purpose: Purpose::Single,
            slot,
            state,
            leased_until: DateTime::UNIX_EPOCH,
            opened_at: None,
            ended_at: None,
            review: None,
        }
    }

    fn reviewer(n: u128, free: usize, standing: &Standing) -> Reviewer {
        let id = ExpertId::from_uuid(Uuid::from_u128(n));
        Reviewer { id, domains: vec![], languages: vec![], free, seen: standing.seen(id) }
    }

    #[test]
    fn what_one_passes_on_goes_to_another_and_never_back_nor_to_two() {
        let standing = Standing::of(vec![
            item(1, 7, 1, AssignmentState::Passed),
            item(1, 8, 1, AssignmentState::Held),
            item(2, 9, 1, AssignmentState::Returned),
            item(3, 9, 1, AssignmentState::Done),
        ]);
        let mut reviewers: Vec<_> = (1..4).map(|n| reviewer(n, 5, &standing)).collect();
        let about = |_| Some(About { domain: "d".to_owned(), language: "en".to_owned() });
        let given: Vec<_> =
            standing.refill(&mut reviewers, about).iter().map(|(to, item)| (to.uuid(), item.trace.uuid())).collect();
        assert_eq!(given, [(Uuid::from_u128(2), Uuid::from_u128(7))]);
        assert_eq!(reviewers[1].free, 4);
        assert_eq!((standing.busy(reviewers[0].id), standing.busy(reviewers[2].id)), (1, 1));
    }
}
