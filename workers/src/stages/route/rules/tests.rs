use atr_core::ids::{Id as _, ModelVersionId};
use atr_core::store::OtherChains;
use uuid::Uuid;

use super::*;

pub(super) fn item(n: u128, domain: &str, question: u128) -> Item {
    Item {
        of: Routable {
            trace: TraceId::from_uuid(Uuid::from_u128(n)),
            domain: domain.to_owned(),
            language: "en".to_owned(),
            answered_by: ModelVersionId::from_uuid(Uuid::from_u128(1)),
            question: Uuid::from_u128(question),
            query: format!("What is the symbol of element number {question}?"),
            answer: format!("Its symbol is the one that stands at place {n}."),
            reasoning: String::new(),
            confidence: None,
            mean_logprob: None,
            min_logprob: None,
            support: 0.0,
            unverifiable: 0.0,
            consistency: 1.0,
            model: None,
            feedback: None,
            others: None,
        },
        common_ground: None,
        asked_before: Vec::new(),
    }
}

fn rated(n: u128, model: f64) -> Item {
    with(item(n, "chemistry", n), |of| of.model = Some(model))
}

pub(super) fn with(mut item: Item, change: impl FnOnce(&mut Routable)) -> Item {
    change(&mut item.of);
    item
}

pub(super) fn reviewer(n: u128, domains: &[&str], free: usize) -> Reviewer {
    Reviewer {
        id: ExpertId::from_uuid(Uuid::from_u128(n)),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        languages: Vec::new(),
        free,
        seen: BTreeSet::new(),
        questions: BTreeSet::new(),
    }
}

/// Nothing is drawn at random and nothing asked twice.
fn plain(open: Vec<Item>, reviewers: Vec<Reviewer>) -> Week {
    let policy = RoutingPolicy { double_blind_share: 0.0, gold_share: 0.0, exploration_share: 0.0, domain_floor: 0.0 };
    Week { open, reviewers, policy, ..Week::default() }
}

fn traces(routed: &[Routed]) -> Vec<u128> {
    routed.iter().map(|one| one.trace.uuid().as_u128()).collect()
}

fn valued(week: &Week) -> Vec<u128> {
    value(week).iter().map(|one| one.trace.uuid().as_u128()).collect()
}

fn reviewed(item: Item, right: bool) -> Reviewed {
    Reviewed { item, right: Some(right) }
}

#[test]
fn what_is_likelier_wrong_comes_first_however_sure_that_is() {
    let week = plain(vec![rated(1, 0.97), rated(2, 0.5), rated(3, 0.02)], vec![]);
    assert_eq!(valued(&week), [3, 2, 1]);
}

#[test]
fn an_expert_gets_items_of_their_own_domains_alone() {
    let open = vec![item(1, "chemistry", 1), item(2, "history", 2)];
    assert_eq!(traces(&route(&plain(open, vec![reviewer(9, &["history"], 5)]))), [2]);
}

#[test]
fn an_expert_gets_items_in_languages_that_they_read() {
    let language = |n, tag: &str| with(item(n, "chemistry", n), |of| of.language = tag.to_owned());
    let open = vec![language(1, "de"), language(2, "en"), language(3, "und")];
    let english = Reviewer { languages: vec!["en".to_owned()], ..reviewer(9, &[], 5) };
    let mut got = traces(&route(&plain(open, vec![english])));
    got.sort_unstable();
    assert_eq!(got, [2, 3]);
}

#[test]
fn of_two_that_are_alike_the_one_that_users_found_bad_comes_first_and_praise_changes_nothing() {
    let said = |n, feedback| with(item(n, "chemistry", n), |of| of.feedback = feedback);
    let valued = value(&plain(vec![said(1, None), said(2, Some(-0.5)), said(3, Some(0.9))], vec![]));
    assert_eq!(valued.iter().map(|one| one.trace.uuid().as_u128()).collect::<Vec<_>>(), [2, 1, 3]);
    assert_eq!(valued[1].value, valued[2].value);
    assert_eq!((valued[0].reason.complaint, valued[1].reason.complaint), (0.5, 0.0));
    assert!(valued[0].reason.words.starts_with("users found it bad"), "{}", valued[0].reason.words);
}

#[test]
fn a_fault_of_many_traces_is_asked_about_once_and_before_one_that_stands_alone() {
    let same = |n| {
        with(item(n, "chemistry", n), |of| {
            of.query = "Which element has the symbol Na, as its Latin name says?".to_owned();
            of.answer = "It is nitrogen, which is a gas at the temperature of a room.".to_owned();
        })
    };
    let mut open: Vec<Item> = (1..=5).map(|n| item(n, "chemistry", n)).collect();
    open.extend((6..=9).map(same));
    let routed = route(&plain(open, vec![reviewer(90, &[], 3), reviewer(91, &[], 3)]));
    assert_eq!(routed.len(), 6);
    let of_fault: Vec<_> = routed.iter().filter(|one| one.trace.uuid().as_u128() > 5).collect();
    assert_eq!(of_fault.len(), 1, "{routed:#?}");
    assert_eq!((of_fault[0].reason.traces, of_fault[0].reason.reach), (Some(4), 0.75));
    assert!(of_fault[0].reason.words.contains("four traces say nearly the same"), "{}", of_fault[0].reason.words);
    assert!(routed.iter().all(|one| one.value <= of_fault[0].value));
}

#[test]
fn what_says_nearly_the_same_as_a_reviewed_trace_is_worth_little() {
    let again = with(item(1, "chemistry", 1), |of| of.answer = item(8, "chemistry", 1).of.answer);
    let mut week = plain(vec![again, item(2, "chemistry", 2)], vec![]);
    assert_eq!(valued(&week), [1, 2], "nothing is reviewed: ties go to the older");
    week.reviewed = vec![reviewed(item(8, "chemistry", 1), false)];
    let valued = value(&week);
    assert_eq!(valued[1].trace, week.open[0].of.trace);
    assert!(valued[1].value < 0.3 * valued[0].value);
}

#[test]
fn another_answer_to_a_question_that_is_asked_about_is_worth_half() {
    let mut week = plain(vec![item(1, "chemistry", 7), item(2, "chemistry", 9)], vec![]);
    let before = value(&week)[0].value;
    week.reviewed = vec![Reviewed { item: item(3, "chemistry", 7), right: None }];
    let after = value(&week);
    assert_eq!(after[1].trace, week.open[0].of.trace);
    assert!((after[1].value / before - 0.5).abs() < 1e-9);
}

#[test]
fn a_domain_of_which_much_is_reviewed_teaches_less() {
    let mut week = plain(vec![item(1, "known", 1), item(2, "new", 2)], vec![]);
    week.reviewed_of_domain = HashMap::from([("known".to_owned(), 90)]);
    let valued = value(&week);
    assert_eq!(valued[0].reason.novelty, 1.0);
    assert_eq!(valued[1].reason.novelty, 0.1);
    assert!(valued[0].value > valued[1].value);
}

#[test]
fn reviews_move_what_is_believed_of_a_signal() {
    // Against all that is believed beforehand the reward model is wrong whenever it is sure.
    let mut week = plain(vec![rated(1001, 0.9), rated(1002, 0.1)], vec![]);
    assert_eq!(valued(&week), [1002, 1001]);
    week.reviewed = (1..=400).map(|n| reviewed(rated(n, if n % 2 == 0 { 0.9 } else { 0.1 }), n % 2 == 1)).collect();
    assert_eq!(valued(&week), [1001, 1002]);
}

#[test]
fn what_nobody_settled_teaches_nothing_of_signals() {
    let unsettled = |n| Reviewed { item: rated(n, 0.9), right: None };
    let none = Calibration::fitted(&[]);
    let calibration = Calibration::fitted(&(1..50).map(unsettled).collect::<Vec<_>>());
    assert_eq!(calibration.chance_wrong(&rated(99, 0.9)), none.chance_wrong(&rated(99, 0.9)));
}

#[test]
fn a_model_that_is_often_wrong_is_expected_to_be() {
    let by = |n, model| {
        with(item(n, "chemistry", n), |of| of.answered_by = ModelVersionId::from_uuid(Uuid::from_u128(model)))
    };
    let reviews: Vec<_> = (1..=80).map(|n| reviewed(by(n, n % 2), n % 2 == 0)).collect();
    let calibration = Calibration::fitted(&reviews);
    assert!(calibration.chance_wrong(&by(100, 1)) > 0.6);
    assert!(calibration.chance_wrong(&by(101, 0)) < 0.4);
}

#[test]
fn the_reason_says_in_words_what_speaks_against_the_answer() {
    let others = |same, rival| Some(OtherChains { chains: 3, same, rival });
    let words = |change: &dyn Fn(&mut Routable)| {
        let week = plain(vec![with(item(1, "chemistry", 1), |of| change(of))], vec![]);
        value(&week)[0].reason.words.clone()
    };
    assert!(words(&|of| of.others = others(0, 1)).starts_with("three of four chains answer otherwise"));
    assert!(words(&|of| of.others = others(0, 3)).starts_with("three of four chains agree on another answer"));
    assert!(words(&|of| of.support = -1.0).starts_with("facts contradict it"));
    assert!(words(&|of| of.consistency = 0.5).starts_with("its reasoning does not hold together"));
    assert!(words(&|of| of.model = Some(0.12)).starts_with("the reward model gives 12 % that the answer is right"));
    let nothing = words(&|_| ());
    assert_eq!(nothing, "little of chemistry has been reviewed");
}

#[test]
fn whom_an_earlier_week_asked_in_vain_is_asked_again_and_told() {
    let asked = reviewer(91, &[], 2);
    let before = Item { asked_before: vec![asked.id], ..item(1, "chemistry", 1) };
    let routed = route(&plain(vec![before], vec![reviewer(90, &[], 9), asked.clone()]));
    assert_eq!(routed.len(), 1);
    assert_eq!(routed[0].expert, asked.id);
    assert!(routed[0].reason.carried_over && routed[0].reason.words.ends_with("nobody judged it"));
}

#[test]
fn what_is_left_over_stays_with_who_had_it_in_its_order_as_far_as_they_have_time() {
    let open: Vec<Item> =
        (1..=20).map(|n| with(item(n, "chemistry", n), |of| of.model = Some(n as f64 / 20.0))).collect();
    let (busy, free) = (reviewer(90, &[], 1), reviewer(91, &[], 3));
    let left = |one: &Reviewer, trace: u128, rank| LeftOver {
        expert: one.id,
        trace: TraceId::from_uuid(Uuid::from_u128(trace)),
        rank,
        purpose: Purpose::Single,
    };
    // What is likeliest right would else come last; and what was judged meanwhile is open no more.
    let left_over =
        vec![left(&free, 19, 4), left(&free, 20, 2), left(&busy, 18, 1), left(&busy, 17, 2), left(&free, 99, 1)];
    let week = Week { left_over, ..plain(open, vec![busy.clone(), free.clone()]) };
    let routed = route(&week);
    let of = |one: &Reviewer| -> Vec<u128> {
        routed.iter().filter(|item| item.expert == one.id).map(|item| item.trace.uuid().as_u128()).collect()
    };
    assert_eq!((of(&busy), of(&free)), (vec![18], vec![20, 19, 1]));
    let kept: Vec<_> = routed.iter().filter(|item| item.reason.carried_over).collect();
    assert!(kept.iter().all(|item| item.reason.words.starts_with("left over from the last cycle")), "{kept:#?}");
    assert_eq!(kept.len(), 3);
}

#[test]
fn two_who_were_to_judge_one_item_both_keep_it() {
    let pair = [reviewer(90, &[], 2), reviewer(91, &[], 2)];
    let left_over = pair.iter().map(|one| LeftOver {
        expert: one.id,
        trace: TraceId::from_uuid(Uuid::from_u128(1)),
        rank: 1,
        purpose: Purpose::DoubleBlind,
    });
    let week = Week { left_over: left_over.collect(), ..plain(vec![item(1, "chemistry", 1)], pair.to_vec()) };
    let routed = route(&week);
    assert_eq!(routed.len(), 2);
    assert!(routed.iter().all(|item| item.purpose == Purpose::DoubleBlind && item.reason.carried_over));
}

#[test]
fn what_is_asked_about_already_has_taught_of_its_fault_what_it_will() {
    let same = |n| {
        with(item(n, "chemistry", n), |of| {
            of.query = "Which element has the symbol Na, as its Latin name says?".to_owned();
            of.answer = "It is nitrogen, which is a gas at the temperature of a room.".to_owned();
        })
    };
    let mut open: Vec<Item> = (1..=3).map(|n| item(n, "chemistry", n)).collect();
    open.push(same(4));
    let alone = plain(open.clone(), vec![]);
    let asked = Week { asked: vec![same(5)], ..plain(open, vec![]) };
    let worth = |week: &Week| {
        let valued = value(week);
        valued.iter().find(|one| one.trace.uuid().as_u128() == 4).expect("it is open").value
    };
    assert!(worth(&asked) < worth(&alone) / 2.0, "{} of {}", worth(&asked), worth(&alone));
    assert_eq!(value(&asked).len(), 4, "what is asked about is not asked about again");
}

#[test]
fn whoever_judges_many_domains_is_kept_for_those_that_nobody_else_judges() {
    let open = vec![item(1, "chemistry", 1), item(2, "history", 2)];
    let routed = route(&plain(open, vec![reviewer(90, &[], 1), reviewer(91, &["chemistry"], 1)]));
    assert_eq!(traces(&routed), [2, 1], "the first expert has history, the second chemistry");
}

#[test]
fn gold_items_go_to_experts_who_have_not_had_them_and_are_shown_as_others_are() {
    let gold = vec![item(501, "chemistry", 501), item(502, "chemistry", 502)];
    let had = Reviewer { seen: BTreeSet::from([gold[0].of.trace, gold[1].of.trace]), ..reviewer(91, &[], 10) };
    let mut week = plain((1..=40).map(|n| item(n, "chemistry", n)).collect(), vec![reviewer(90, &[], 10), had.clone()]);
    week.gold = gold;
    week.policy.gold_share = 0.2;
    let routed = route(&week);
    let given: Vec<_> = routed.iter().filter(|one| one.purpose == Purpose::Gold).collect();
    assert_eq!(given.len(), 2);
    assert!(given.iter().all(|one| one.expert != had.id && one.reason.chance_wrong.is_some() && !one.reason.explored));
    assert_eq!(routed.len(), 20, "what cannot be gold is given to other items");
}

#[test]
fn half_the_week_follows_the_domains_and_the_rest_the_value() {
    let mut open: Vec<Item> = (1..=50).map(|n| with(item(n, "wrong", n), |of| of.model = Some(0.01))).collect();
    open.extend((51..=100).map(|n| with(item(n, "right", n), |of| of.model = Some(0.99))));
    let mut week = plain(open, vec![reviewer(900, &[], 20)]);
    week.policy.domain_floor = 0.5;
    let routed = route(&week);
    let right = routed.iter().filter(|one| one.trace.uuid().as_u128() > 50).count();
    assert_eq!((right, routed.len()), (5, 20), "a quarter: half of the week's half");
}

#[test]
fn chance_draws_another_week_from_another_seed() {
    let mut week = plain((1..=100).map(|n| item(n, "chemistry", n)).collect(), vec![reviewer(900, &[], 10)]);
    week.policy.exploration_share = 1.0;
    let one = route(&week);
    assert_eq!(one, route(&week));
    week.seed = [1; 32];
    assert_ne!(traces(&one), traces(&route(&week)));
    assert!(one.iter().all(|item| item.reason.explored && item.reason.words.starts_with("drawn at random")));
}
