//! What stands of a cycle that was routed before: who has seen what, who is busy, and which slots nobody holds any more.
//! Pure and deterministic.

use std::collections::{BTreeMap, BTreeSet};

use atr_core::{
    domain::assignment::{Assignment, AssignmentState, Purpose},
    ids::{ExpertId, TraceId},
    store::About,
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

    /// Gives the slots that nobody holds any more to those who can judge them and had nothing of their questions, what is
    /// worth most first and to whom most is free; takes it from what they are free for. What became gold since, or is gold
    /// no more, is nobody's.
    pub fn refill<'a>(
        &self,
        reviewers: &mut [Reviewer],
        about: impl Fn(TraceId) -> Option<&'a About>,
    ) -> Vec<(ExpertId, &Assignment)> {
        let mut freed: Vec<&Assignment> = self.freed.values().collect();
        freed.sort_by(|a, b| b.value.total_cmp(&a.value).then((a.trace, a.slot).cmp(&(b.trace, b.slot))));
        let mut given = Vec::new();
        for item in freed {
            let Some(about) = about(item.trace) else { continue };
            let is_gold = item.purpose == Purpose::Gold;
            if !about.gold.map_or(!is_gold, |asked| asked && is_gold) {
                continue;
            }
            let able = reviewers
                .iter_mut()
                .filter(|one| one.free > 0 && !one.seen.contains(&item.trace))
                .filter(|one| !one.questions.contains(&about.question))
                .filter(|one| one.can_judge(&about.domain, &about.language));
            if let Some(one) = able.min_by_key(|one| (std::cmp::Reverse(one.free), one.id)) {
                one.free -= 1;
                one.seen.insert(item.trace);
                one.questions.insert(about.question);
                given.push((one.id, item));
            }
        }
        given
    }

    /// The traces that are asked about in the cycle.
    pub fn traces(&self) -> Vec<TraceId> {
        self.slots.keys().copied().collect()
    }

    /// How many assignments there are.
    pub fn len(&self) -> usize {
        self.seen.values().map(BTreeSet::len).sum()
    }
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
        let questions = BTreeSet::new();
        Reviewer { id, domains: vec![], languages: vec![], free, seen: standing.seen(id), questions }
    }

    fn about(trace: u128, question: u128, gold: Option<bool>) -> About {
        About {
            trace: TraceId::from_uuid(Uuid::from_u128(trace)),
            domain: "d".to_owned(),
            language: "en".to_owned(),
            question: Uuid::from_u128(question),
            gold,
        }
    }

    /// To whom what is free goes.
    fn refilled(standing: &Standing, reviewers: &mut [Reviewer], about: &[About]) -> Vec<(u128, u128)> {
        let about = |trace| about.iter().find(|about| about.trace == trace);
        let given = standing.refill(reviewers, about);
        given.iter().map(|(to, item)| (to.uuid().as_u128(), item.trace.uuid().as_u128())).collect()
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
        let about: Vec<_> = (7..10).map(|n| about(n, n, None)).collect();
        assert_eq!(refilled(&standing, &mut reviewers, &about), [(2, 7)]);
        assert_eq!(reviewers[1].free, 4);
        assert_eq!((standing.busy(reviewers[0].id), standing.busy(reviewers[2].id)), (1, 1));
    }

    #[test]
    fn nobody_gets_two_answers_to_one_question() {
        let freed = [7, 8].map(|trace| item(1, trace, 1, AssignmentState::Passed));
        let standing = Standing::of(freed.to_vec());
        let about = [about(7, 70, None), about(8, 70, None)];
        let mut alone = [reviewer(2, 5, &standing)];
        assert_eq!(refilled(&standing, &mut alone, &about), [(2, 8)], "what is worth more");
        let mut asked = [reviewer(2, 5, &standing)];
        asked[0].questions.insert(Uuid::from_u128(70));
        assert_eq!(refilled(&standing, &mut asked, &about), []);
    }

    #[test]
    fn what_became_gold_since_or_is_gold_no_more_is_nobodys() {
        let gold = Assignment { purpose: Purpose::Gold, ..item(1, 9, 1, AssignmentState::Returned) };
        let standing = Standing::of(vec![item(1, 8, 1, AssignmentState::Returned), gold]);
        let refilled = |of_single, of_gold| {
            let about = [about(8, 8, of_single), about(9, 9, of_gold)];
            refilled(&standing, &mut [reviewer(2, 5, &standing)], &about)
        };
        assert_eq!(refilled(None, Some(true)), [(2, 9), (2, 8)]);
        assert_eq!(refilled(Some(true), Some(false)), []);
        assert_eq!(refilled(Some(false), None), []);
    }
}
