use std::collections::{BTreeMap, BTreeSet};

use atr_core::ids::Id as _;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    tests::{item, reviewer, with},
    *,
};

const DOMAINS: [&str; 3] = ["chemistry", "history", "law"];

fn some_domains() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(DOMAINS.to_vec(), 0..=DOMAINS.len())
}

prop_compose! {
    fn any_policy()(double_blind_share in 0.0..=1.0f64, gold_share in 0.0..=0.5f64, exploration_share in 0.0..=1.0f64,
                    domain_floor in 0.0..=1.0f64) -> RoutingPolicy {
        RoutingPolicy { double_blind_share, gold_share, exploration_share, domain_floor }
    }
}

prop_compose! {
    fn any_week()(
        open in prop::collection::vec((0..3usize, 0u128..20, prop::option::of(0.0..1.0f64)), 0..60),
        reviewed in prop::collection::vec((0..3usize, 0u128..20, prop::option::of(any::<bool>())), 0..20),
        gold in 0u128..5,
        reviewers in prop::collection::vec((some_domains(), 0usize..9), 0..5),
        left_over in prop::collection::vec((0u128..5, 1u128..60, any::<bool>()), 0..12),
        policy in any_policy(),
        seed in any::<[u8; 32]>(),
    ) -> Week {
        Week {
            left_over: (1..).zip(left_over).map(|(rank, (expert, trace, twice))| LeftOver {
                expert: ExpertId::from_uuid(Uuid::from_u128(9001 + expert)),
                trace: TraceId::from_uuid(Uuid::from_u128(trace)),
                rank,
                purpose: if twice { Purpose::DoubleBlind } else { Purpose::Single },
            }).collect(),
            open: (1..).zip(open).map(|(n, (domain, question, model))| {
                with(item(n, DOMAINS[domain], question), |of| of.model = model)
            }).collect(),
            reviewed: (1001..).zip(reviewed).map(|(n, (domain, question, right))| {
                Reviewed { item: item(n, DOMAINS[domain], question), right }
            }).collect(),
            gold: (0..gold).map(|n| item(2001 + n, DOMAINS[n as usize % 3], 2001 + n)).collect(),
            reviewers: (9001..).zip(reviewers).map(|(n, (domains, free))| reviewer(n, &domains, free)).collect(),
            policy,
            seed,
            ..Week::default()
        }
    }
}

prop_compose! {
    /// Everyone can judge everything, and there is more than enough of it.
    fn ample_week()(capacities in prop::collection::vec(5usize..15, 2..5), policy in any_policy(), seed in any::<[u8; 32]>())
        -> Week {
        Week {
            open: (1..200).map(|n| item(n, DOMAINS[n as usize % 3], n)).collect(),
            gold: (2001..2100).map(|n| item(n, "chemistry", n)).collect(),
            reviewers: (9001..).zip(capacities).map(|(n, free)| reviewer(n, &[], free)).collect(),
            policy,
            seed,
            ..Week::default()
        }
    }
}

/// Whether a number is a share of so many, but for rounding.
fn is_share(share: f64, of: usize, found: usize) -> bool {
    (share * of as f64 - found as f64).abs() <= 1.0 + 1e-9
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nobody_gets_more_than_their_capacity_or_a_trace_or_a_question_twice_or_what_is_not_theirs(week in any_week()) {
        let routed = route(&week);
        let all: BTreeMap<TraceId, &Item> = week.open.iter().chain(&week.gold).map(|item| (item.of.trace, item)).collect();
        for one in &week.reviewers {
            let own: Vec<&Item> =
                routed.iter().filter(|item| item.expert == one.id).map(|item| all[&item.trace]).collect();
            prop_assert!(own.len() <= one.free);
            let traces: BTreeSet<TraceId> = own.iter().map(|item| item.of.trace).collect();
            prop_assert_eq!(traces.len(), own.len());
            let questions: BTreeSet<Uuid> = own.iter().map(|item| item.of.question).collect();
            prop_assert_eq!(questions.len(), own.len());
            prop_assert!(own.iter().all(|item| one.domains.is_empty() || one.domains.contains(&item.of.domain)));
        }
    }

    #[test]
    fn what_is_judged_double_blind_goes_to_two_experts_and_all_else_to_one(week in any_week()) {
        let mut of_trace: BTreeMap<TraceId, Vec<Routed>> = BTreeMap::new();
        for item in route(&week).into_iter().filter(|item| item.purpose != Purpose::Gold) {
            of_trace.entry(item.trace).or_default().push(item);
        }
        for items in of_trace.values() {
            let experts: BTreeSet<ExpertId> = items.iter().map(|item| item.expert).collect();
            prop_assert_eq!(experts.len(), items.len());
            let wanted = if items[0].purpose == Purpose::DoubleBlind { 2 } else { 1 };
            prop_assert_eq!(items.len(), wanted);
            prop_assert!(items.iter().all(|item| item.purpose == items[0].purpose));
            let same = |one: &Routed| one.reason == items[0].reason || one.reason.carried_over || items[0].reason.carried_over;
            prop_assert!(items.iter().all(same));
        }
    }

    #[test]
    fn so_much_of_the_capacity_is_gold_as_the_policy_says_but_for_rounding_and_of_each_expert(week in ample_week()) {
        let routed = route(&week);
        let capacity: usize = week.reviewers.iter().map(|one| one.free).sum();
        prop_assert_eq!(routed.len(), capacity, "nobody's time is left");
        let gold = routed.iter().filter(|item| item.purpose == Purpose::Gold).count();
        prop_assert!(is_share(week.policy.gold_share, capacity, gold), "{} gold of {}", gold, capacity);
        for one in &week.reviewers {
            let own = routed.iter().filter(|item| item.expert == one.id && item.purpose == Purpose::Gold).count();
            prop_assert!(own as f64 <= week.policy.gold_share * one.free as f64 + 2.0, "{} gold of {}", own, one.free);
        }
    }

    #[test]
    fn as_many_are_judged_twice_and_drawn_at_random_as_the_policy_says_but_for_rounding(week in ample_week()) {
        let mut week = week;
        // Where one has far more time than all others, the rest of it is for items that nobody can judge with them.
        week.reviewers.iter_mut().for_each(|one| one.free = 10);
        week.policy.gold_share = 0.0;
        let routed = route(&week);
        let asked: BTreeMap<TraceId, &Routed> = routed.iter().map(|item| (item.trace, item)).collect();
        // How many items there are is rounded, and then how many of them; and the last who has time may find nothing left to judge
        // again but their own.
        let is_near = |exact: f64, found: usize| (exact - found as f64).abs() <= 3.0 + 1e-9;
        // Of n items a share is judged again: of n × (1 + share) judgements.
        let RoutingPolicy { double_blind_share: share, exploration_share, .. } = week.policy;
        let twice = routed.len() - asked.len();
        prop_assert!(is_near(share / (1.0 + share) * routed.len() as f64, twice), "{} twice of {}", twice, asked.len());
        let explored = asked.values().filter(|item| item.reason.explored).count();
        prop_assert!(is_near(exploration_share * asked.len() as f64, explored), "{} drawn of {}", explored, asked.len());
    }

    #[test]
    fn no_domain_starves_while_there_is_time_for_one_item_of_each(week in ample_week()) {
        let mut week = week;
        // Nothing speaks for the domains of which there is little, and everything for the other.
        week.open.iter_mut().filter(|item| item.of.domain == "chemistry").for_each(|item| item.of.model = Some(0.01));
        week.open.retain(|item| item.of.domain == "chemistry" || item.of.trace.uuid().as_u128() < 10);
        week.policy.double_blind_share = week.policy.double_blind_share.min(0.5);
        week.policy.exploration_share = week.policy.exploration_share.min(0.5);
        let routed = route(&week);
        let open: BTreeMap<TraceId, &str> = week.open.iter().map(|item| (item.of.trace, item.of.domain.as_str())).collect();
        let served: BTreeSet<&str> = routed.iter().filter_map(|item| open.get(&item.trace).copied()).collect();
        prop_assert_eq!(served, BTreeSet::from(DOMAINS));
    }

    #[test]
    fn what_someone_can_judge_waits_only_while_they_have_no_time_or_were_asked_that_question(week in any_week()) {
        let routed = route(&week);
        let given: BTreeSet<TraceId> = routed.iter().map(|item| item.trace).collect();
        let question: BTreeMap<TraceId, Uuid> =
            week.open.iter().chain(&week.gold).map(|item| (item.of.trace, item.of.question)).collect();
        for one in &week.reviewers {
            let own: Vec<_> = routed.iter().filter(|item| item.expert == one.id).collect();
            let asked: BTreeSet<Uuid> = own.iter().map(|item| question[&item.trace]).collect();
            let waits = week.open.iter().find(|item| {
                !given.contains(&item.of.trace) && one.is_able(&item.of) && !asked.contains(&item.of.question)
            });
            prop_assert!(own.len() == one.free || waits.is_none(), "{:?} has time for {:?}", one, waits);
        }
    }

    #[test]
    fn what_is_left_over_comes_first_to_who_had_it_and_to_nobody_who_had_it_not(week in any_week()) {
        let had: BTreeSet<(ExpertId, TraceId)> = week.left_over.iter().map(|left| (left.expert, left.trace)).collect();
        let mut before: BTreeMap<ExpertId, bool> = BTreeMap::new();
        for item in route(&week) {
            prop_assert!(!item.reason.carried_over || had.contains(&(item.expert, item.trace)));
            let still = before.entry(item.expert).or_insert(true);
            prop_assert!(*still || !item.reason.carried_over, "what is left over stands after what is not");
            *still = item.reason.carried_over;
        }
    }

    #[test]
    fn the_order_in_which_anything_comes_changes_nothing(week in any_week()) {
        let mut other = week.clone();
        other.open.reverse();
        other.left_over.reverse();
        other.reviewed.reverse();
        other.gold.reverse();
        other.reviewers.reverse();
        prop_assert_eq!(route(&other), route(&week));
        prop_assert_eq!(value(&other), value(&week));
    }

    #[test]
    fn values_lie_between_nought_and_one_and_fall_within_a_week(week in any_week()) {
        let routed = route(&week);
        prop_assert!(routed.iter().all(|item| (0.0..=1.0).contains(&item.value)));
        for one in &week.reviewers {
            let chosen = routed.iter().filter(|item| item.expert == one.id);
            let values: Vec<f64> = chosen
                .filter(|item| !item.reason.explored && !item.reason.carried_over && item.purpose != Purpose::Gold)
                .map(|item| item.value)
                .collect();
            prop_assert!(values.is_sorted_by(|before, after| before >= after));
        }
    }
}
