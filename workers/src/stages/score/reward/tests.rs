//! What must hold of the reward by whatever weights.

use proptest::{option, prelude::*};

use super::*;

fn terms(support: f64, unverifiable: f64, consistency: f64) -> Terms {
    Terms { expert: None, support, unverifiable, consistency, citations: None, model: None, feedback: None }
}

fn reward(weights: &RewardWeights, terms: Terms) -> f64 {
    value(&parts(weights, terms).unwrap())
}

/// Weights of every size; those that each answer has are not all nothing.
fn weights() -> impl Strategy<Value = RewardWeights> {
    let weight = || prop_oneof![Just(0.0), 0.01..10.0f64];
    (weight(), 0.01..10.0f64, weight(), weight(), weight(), weight(), weight()).prop_map(
        |(expert, support, unverifiable, consistency, citations, model, feedback)| RewardWeights {
            expert,
            support,
            unverifiable,
            consistency,
            citations,
            model,
            feedback,
        },
    )
}

/// The terms that do not come from counts.
#[derive(Debug, Clone, Copy)]
struct Others {
    expert: Option<f64>,
    consistency: f64,
    model: Option<f64>,
    feedback: Option<f64>,
}

fn others() -> impl Strategy<Value = Others> {
    (option::of(-1.0..=1.0f64), 0.0..=1.0f64, option::of(0.0..=1.0f64), option::of(-1.0..=1.0f64))
        .prop_map(|(expert, consistency, model, feedback)| Others { expert, consistency, model, feedback })
}

/// Supported, contradicted and unverifiable claims.
fn claims() -> impl Strategy<Value = (usize, usize, usize)> {
    (0usize..20, 0usize..20, 0usize..20)
}

fn cited() -> impl Strategy<Value = Cited> {
    (0usize..6, 0usize..6, 0usize..6).prop_map(|(hold, fail, unknown)| Cited { hold, fail, unknown })
}

fn counted((supported, contradicted, unverifiable): (usize, usize, usize), cited: Cited, others: Others) -> Terms {
    let (support, unverifiable) = Terms::factual(supported, contradicted, unverifiable, cited.unknown);
    let Others { expert, consistency, model, feedback } = others;
    Terms { expert, support, unverifiable, consistency, citations: cited.term(), model, feedback }
}

#[test]
fn the_best_answer_has_one_and_the_worst_minus_one() {
    let weights = RewardWeights { unverifiable: 0.0, ..RewardWeights::default() };
    let best = Terms { expert: Some(1.0), model: Some(1.0), citations: Some(1.0), ..terms(1.0, 0.0, 1.0) };
    let worst = Terms { expert: Some(-1.0), model: Some(0.0), citations: Some(-1.0), ..terms(-1.0, 0.0, 0.0) };
    assert!((reward(&weights, best) - 1.0).abs() < 1e-12);
    assert!((reward(&weights, worst) + 1.0).abs() < 1e-12);
}

#[test]
fn an_experts_verdict_outweighs_the_rest() {
    let refused = Terms { expert: Some(-1.0), model: Some(0.5), citations: Some(1.0), ..terms(1.0, 0.0, 1.0) };
    assert!(reward(&RewardWeights::default(), refused) < 0.0);
}

#[test]
fn an_answer_that_cites_nothing_has_no_such_term() {
    let named: Vec<_> =
        parts(&RewardWeights::default(), terms(1.0, 0.0, 1.0)).unwrap().iter().map(|part| part.name).collect();
    assert_eq!(named, ["support", "unverifiable", "consistency"]);
}

#[test]
fn a_mark_alone_counts_for_nothing_and_what_is_unknown_or_stale_as_unverifiable() {
    use CitationKind::{Doi, Marker, Url};
    use CitationState::{Misquoted, NotInSource, Retracted, Stale, UnknownSource, Verified};
    let cited = Cited::of([
        (Marker, UnknownSource),
        (Url, UnknownSource),
        (Url, Verified),
        (Doi, Misquoted),
        (Doi, NotInSource),
        (Url, Stale),
        (Url, Retracted),
    ]);
    assert_eq!(cited, Cited { hold: 1, fail: 3, unknown: 2 });
    assert_eq!(cited.term(), Some(-0.5));
    assert_eq!(Terms::factual(3, 0, 0, cited.unknown), (1.0, 0.4));
}

#[test]
fn what_is_out_of_range_is_refused_by_name() {
    let weights = RewardWeights::default();
    assert_eq!(parts(&weights, terms(2.0, 0.0, 1.0)), Err(RewardError::Term("support", -1, 1)));
    assert_eq!(parts(&weights, terms(f64::NAN, 0.0, 1.0)), Err(RewardError::Term("support", -1, 1)));
    let negative = parts(&RewardWeights { model: -1.0, ..weights }, terms(0.0, 0.0, 1.0));
    assert!(matches!(negative, Err(RewardError::Weight(refused)) if refused.field == "model"));
}

proptest! {
    #[test]
    fn it_lies_between_minus_one_and_one_and_is_the_sum_of_its_parts(
        weights in weights(), claims in claims(), cited in cited(), others in others(),
    ) {
        let parts = parts(&weights, counted(claims, cited, others)).unwrap();
        let sum: f64 = parts.iter().map(|part| part.adds).sum();
        prop_assert!((-1.0..=1.0).contains(&value(&parts)));
        prop_assert!((value(&parts) - sum).abs() < 1e-9);
        prop_assert!(parts.iter().all(|part| (-1.0..=1.0).contains(&part.term) && part.weight >= 0.0));
    }

    #[test]
    fn more_contradicted_or_unverifiable_claims_never_raise_it(
        weights in weights(), (supported, contradicted, unverifiable) in claims(), cited in cited(), others in others(),
    ) {
        let supported = supported + 1;
        let of = |claims| reward(&weights, counted(claims, cited, others));
        let base = of((supported, contradicted, unverifiable));
        prop_assert!(of((supported - 1, contradicted + 1, unverifiable)) <= base + 1e-12);
        prop_assert!(of((supported - 1, contradicted, unverifiable + 1)) <= base + 1e-12);
    }

    #[test]
    fn a_citation_that_does_not_hold_or_is_not_known_never_raises_it(
        weights in weights(), claims in claims(), cited in cited(), others in others(),
    ) {
        let of = |cited| reward(&weights, counted(claims, cited, others));
        let base = of(cited);
        let held = of(Cited { hold: cited.hold + 1, ..cited });
        let failed = of(Cited { fail: cited.fail + 1, ..cited });
        let unknown = of(Cited { unknown: cited.unknown + 1, ..cited });
        prop_assert!(failed <= base + 1e-12, "{} of {}", failed, base);
        prop_assert!(unknown <= base + 1e-12, "{} of {}", unknown, base);
        prop_assert!(failed <= held + 1e-12 && unknown <= held + 1e-12);
    }

    #[test]
    fn a_term_that_rises_never_lowers_it(weights in weights(), low in 0.0..=1.0f64, high in 0.0..=1.0f64, others in others()) {
        let (low, high) = (low.min(high), low.max(high));
        let of = |terms: Terms| reward(&weights, terms);
        let Others { expert, model, feedback, .. } = others;
        let with = |consistency| Terms { expert, model, feedback, ..terms(0.5, 0.25, consistency) };
        prop_assert!(of(with(low)) <= of(with(high)) + 1e-12, "a flaw never raises it");
        let judged = |expert| of(Terms { expert: Some(expert), ..with(0.5) });
        let rated = |model| of(Terms { model: Some(model), ..with(0.5) });
        prop_assert!(judged(low) <= judged(high) + 1e-12 && rated(low) <= rated(high) + 1e-12);
    }

    #[test]
    fn what_users_say_moves_it_their_way_and_by_a_bounded_step(
        count in 1i32..1000, mean in -1.0..=1.0f64, support in -1.0..=1.0f64, consistency in 0.0..=1.0f64,
        expert in option::of(-1.0..=1.0f64), model in option::of(0.0..=1.0f64),
    ) {
        let weights = RewardWeights::default();
        let silent = Terms { expert, model, ..terms(support, 0.0, consistency) };
        let term = Terms::of_opinions(count, mean * f64::from(count)).unwrap();
        prop_assert!(term.abs() <= mean.abs() + 1e-12 && term.abs() < 1.0);
        let heard = Terms { feedback: Some(term), ..silent };
        let (before, after) = (reward(&weights, silent), reward(&weights, heard));
        prop_assert!((after - before) * (term - before) >= -1e-12);
        // Its share of all weights, over the widest way it can go.
        let others = 3.5 + if expert.is_some() { 4.0 } else { 0.0 } + if model.is_some() { 1.0 } else { 0.0 };
        prop_assert!((after - before).abs() <= 2.0 * 0.5 / (others + 0.5) + 1e-12);
    }
}
