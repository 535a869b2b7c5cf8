//! The campaign's checker, shown what it must catch.

#[path = "campaign/history.rs"]
mod checker;
#[path = "campaign/records.rs"]
mod records;

use std::collections::HashMap;

use atr_core::queue::State;
use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use self::{
    checker::{Change, History, Standing, Step, step},
    records::Acknowledged,
};

const FIRST: &str = "worker_0";
const SECOND: &str = "worker_1";

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn waits(state: State, attempt: i16) -> Option<Standing> {
    Some(Standing { state, owner: None, attempt, leased_until: None })
}

fn runs(owner: u128, attempt: i16, until: i64) -> Option<Standing> {
    let owner = Some(Uuid::from_u128(owner));
    Some(Standing { state: State::Running, owner, attempt, leased_until: Some(at(until)) })
}

fn change(second: i64, by: &str, before: Option<Standing>, after: Option<Standing>) -> Change {
    Change {
        task: Uuid::from_u128(7),
        work: Some("verify one".to_owned()),
        max_attempts: 3,
        before,
        after,
        by: by.to_owned(),
        at: at(second),
    }
}

/// A task that was claimed, renewed, taken back, handed back, failed, and done in the end.
fn legal() -> Vec<Change> {
    use State::{Available, Retryable, Succeeded};
    vec![
        change(0, "server_0", None, waits(Available, 0)),
        change(0, "server_1", waits(Available, 0), waits(Available, 0)),
        change(1, FIRST, waits(Available, 0), runs(1, 1, 61)),
        change(20, FIRST, runs(1, 1, 61), runs(1, 1, 80)),
        change(81, SECOND, runs(1, 1, 80), waits(Available, 1)),
        change(82, SECOND, waits(Available, 1), runs(2, 2, 142)),
        change(83, SECOND, runs(2, 2, 142), waits(Available, 1)),
        change(84, FIRST, waits(Available, 1), runs(3, 2, 144)),
        change(85, FIRST, runs(3, 2, 144), waits(Retryable, 2)),
        change(90, SECOND, waits(Retryable, 2), waits(Available, 2)),
        change(91, FIRST, waits(Available, 2), runs(3, 3, 151)),
        change(92, FIRST, runs(3, 3, 151), waits(Succeeded, 3)),
    ]
}

fn read<'a>(changes: impl IntoIterator<Item = &'a Change>) -> History {
    let mut history = History::default();
    changes.into_iter().for_each(|change| history.read(change));
    history
}

fn why(history: &History) -> Vec<&str> {
    history.illegal().iter().map(|illegal| illegal.why.as_str()).collect()
}

#[test]
fn a_legal_history_is_passed_and_its_steps_are_counted() {
    let mut history = read(&legal());
    history.end(&HashMap::from([(Uuid::from_u128(7), waits(State::Succeeded, 3).expect("it waits"))]));
    assert_eq!(why(&history), Vec::<&str>::new());
    assert_eq!(history.stuck(), []);
    let steps = history.steps();
    let counted = ["enqueued", "touched", "claimed", "renewed", "taken_back", "handed_back", "due", "ended"]
        .map(|name| steps.get(name).copied().unwrap_or(0));
    assert_eq!(counted, [1, 1, 4, 1, 1, 1, 1, 2]);
}

#[test]
fn a_change_that_is_missing_is_noticed_wherever_it_was() {
    let changes = legal();
    for missing in 0..changes.len() - 1 {
        // What was touched while it waited looks as it did before.
        if changes[missing].before == changes[missing].after {
            continue;
        }
        let rest = changes.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, change)| change);
        let history = read(rest);
        assert!(!history.illegal().is_empty(), "without change {missing}");
    }
    let mut history = read(&changes[..changes.len() - 1]);
    history.end(&HashMap::from([(Uuid::from_u128(7), waits(State::Succeeded, 3).expect("it waits"))]));
    assert_eq!(why(&history), ["what the database holds in the end is not what its last change left"]);
}

#[test]
fn a_task_that_came_or_went_without_a_change_is_noticed() {
    let mut history = read(&legal());
    history.end(&HashMap::from([(Uuid::from_u128(8), waits(State::Succeeded, 3).expect("it waits"))]));
    assert_eq!((history.illegal().len(), history.illegal_histories()), (2, 2), "{:?}", history.illegal());
    let changes = legal();
    let history = read([&changes[0], &changes[4], &changes[8]]);
    assert!(history.illegal().len() > 1, "{:?}", history.illegal());
    assert_eq!(history.illegal_histories(), 1);
}

#[test]
fn what_has_neither_succeeded_nor_been_cancelled_is_stuck() {
    let changes = legal();
    for end in 1..changes.len() {
        let state = changes[end - 1].after.as_ref().map(|after| after.state);
        let stuck = read(&changes[..end]).stuck();
        assert_eq!(stuck.iter().map(|(_, state)| Some(*state)).collect::<Vec<_>>(), [state], "after {end} changes");
    }
    let claimed = changes[2].clone();
    let dead = change(2, FIRST, claimed.after.clone(), waits(State::Dead, 1));
    let history = read(&[changes[0].clone(), claimed, dead]);
    assert_eq!((why(&history), history.stuck().len()), (vec![], 1));
}

#[test]
fn each_transition_that_the_state_machine_lacks_is_refused() {
    use State::{Available, Cancelled, Dead, Retryable, Running, Scheduled, Succeeded};
    let standing = |state| if state == Running { runs(1, 1, 100) } else { waits(state, 1) };
    let to = |before: Option<Standing>, after: Option<Standing>| step(&change(10, FIRST, before, after));
    let allowed = [
        (Available, Available),
        (Scheduled, Scheduled),
        (Retryable, Retryable),
        (Scheduled, Available),
        (Retryable, Available),
        (Running, Running),
        (Running, Succeeded),
        (Running, Retryable),
        (Running, Dead),
        (Running, Cancelled),
    ];
    for before in State::ALL.iter().copied() {
        for after in State::ALL.iter().copied() {
            let told = to(standing(before), standing(after));
            assert_eq!(told.is_ok(), allowed.contains(&(before, after)), "{before} to {after}: {told:?}");
        }
        assert_eq!(to(standing(before), None).is_ok(), [Succeeded, Cancelled].contains(&before), "{before} removed");
        assert!(to(None, standing(before)).is_err(), "enqueued with an attempt behind it as {before}");
    }
    assert_eq!(to(None, waits(Scheduled, 0)), Ok(Step::Enqueued));
    assert_eq!(to(waits(Dead, 3), waits(Available, 0)), Ok(Step::Replayed));
    assert!(to(waits(Dead, 3), waits(Available, 3)).is_err(), "replayed without its attempts");
    assert!(to(waits(Available, 1), runs(1, 1, 70)).is_err(), "claimed without counting it");
    assert!(to(waits(Available, 0), runs(1, 2, 70)).is_err(), "claimed and counted twice");
    assert!(to(waits(Available, 3), runs(1, 4, 70)).is_err(), "claimed too often");
    assert!(to(waits(Available, 0), runs(1, 1, 10)).is_err(), "claimed under a lease that is over");
    assert!(to(runs(1, 1, 70), runs(2, 1, 70)).is_err(), "taken from its holder");
    assert!(to(runs(1, 1, 70), runs(1, 2, 70)).is_err(), "an attempt more while it runs");
    assert!(to(runs(1, 1, 70), runs(1, 1, 60)).is_err(), "a shorter lease");
    assert!(to(runs(1, 1, 70), waits(Available, 1)).is_err(), "taken back while its lease holds");
    assert_eq!(to(runs(1, 1, 10), waits(Available, 1)), Ok(Step::TakenBack));
    assert_eq!(to(runs(1, 3, 10), waits(Dead, 3)), Ok(Step::TakenBack));
    let ownerless = Standing { state: Running, owner: None, attempt: 1, leased_until: Some(at(70)) };
    assert!(to(waits(Available, 0), Some(ownerless)).is_err(), "run by nobody");
}

#[test]
fn an_outcome_told_by_another_than_its_holder_is_illegal() {
    let changes = legal();
    for late in [3, 6, 8, 11] {
        let mut told = changes.clone();
        told[late].by = if told[late].by == FIRST { SECOND } else { FIRST }.to_owned();
        assert_eq!(read(&told).illegal().len(), 1, "change {late}");
    }
}

#[test]
fn the_same_work_twice_at_once_and_one_owner_in_two_programs_are_illegal() {
    let mut other = legal();
    for change in &mut other {
        change.task = Uuid::from_u128(8);
    }
    let changes = legal();
    assert_eq!(why(&read(changes.iter().chain(&other))), Vec::<&str>::new(), "one after the other");
    let at_once = read(changes[..3].iter().chain(&other[..3]));
    assert_eq!(at_once.illegal().len(), 1, "{:?}", at_once.illegal());

    let mut shared = legal();
    shared[5].after = runs(1, 2, 142);
    shared[6].before = runs(1, 2, 142);
    assert_eq!(read(&shared).illegal().len(), 1);
}

fn stored(records: &[(&str, &str)]) -> Vec<(String, String)> {
    records.iter().map(|(external_id, id)| ((*external_id).to_owned(), (*id).to_owned())).collect()
}

#[test]
fn a_record_that_is_there_once_as_acknowledged_is_well_and_any_other_is_not() {
    let mut told = Acknowledged::default();
    told.note("one", "stored", Some("trc_1"));
    told.note("two", "duplicate", Some("trc_2"));
    told.note("two", "duplicate", Some("trc_2"));
    assert_eq!(told.len(), 2);
    let found = |records: &[(&str, &str)]| {
        let found = told.beside(&stored(records));
        (found.lost.len(), found.doubled.len(), found.wrong.len())
    };
    assert_eq!(found(&[("one", "trc_1"), ("two", "trc_2")]), (0, 0, 0));
    assert_eq!(found(&[("one", "trc_1")]), (1, 0, 0), "lost");
    assert_eq!(found(&[("one", "trc_1"), ("two", "trc_3")]), (1, 0, 0), "there under another id");
    assert_eq!(found(&[("one", "trc_1"), ("two", "trc_2"), ("two", "trc_3")]), (0, 1, 0), "doubled");
    assert_eq!(found(&[("one", "trc_1"), ("two", "trc_2"), ("three", "trc_3")]), (0, 0, 1), "from nowhere");
}

#[test]
fn answers_that_contradict_each_other_are_found() {
    let mut told = Acknowledged::default();
    told.note("one", "stored", Some("trc_1"));
    told.note("one", "stored", Some("trc_1"));
    let found = told.beside(&stored(&[("one", "trc_1")]));
    assert_eq!((found.doubled.len(), found.wrong.len()), (1, 0), "new twice");
    told.note("one", "duplicate", Some("trc_2"));
    told.note("two", "rejected", None);
    let found = told.beside(&stored(&[("one", "trc_1")]));
    assert_eq!((found.lost.len(), found.wrong.len()), (0, 2), "two ids for one, and one refused: {found:?}");
}
