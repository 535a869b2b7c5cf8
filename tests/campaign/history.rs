//! What may happen to a task, and whether it did: the state machine of `atr_core::queue` as a function of one change, and
//! what must hold between changes.

use std::collections::{HashMap, HashSet};

use atr_core::queue::State;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A task as it stood before or after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub owner: Option<Uuid>,
    pub attempt: i16,
    pub leased_until: Option<DateTime<Utc>>,
}

/// One change of one task, as the database saw it.
#[derive(Debug, Clone)]
pub struct Change {
    pub task: Uuid,
    /// What it is to do; two tasks of the same work never run at once.
    pub work: Option<String>,
    pub max_attempts: i16,
    pub before: Option<Standing>,
    pub after: Option<Standing>,
    /// The database role of the program that made it.
    pub by: String,
    pub at: DateTime<Utc>,
}

/// What a change was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Enqueued,
    /// Something about it was written while it waited: its priority, say.
    Touched,
    Due,
    Claimed,
    Renewed,
    /// An outcome, that only its holder may tell.
    Ended,
    /// By its holder, as if it had never been claimed.
    HandedBack,
    /// By whoever saw that its lease had run out.
    TakenBack,
    Replayed,
    Pruned,
}

/// Something that must not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Illegal {
    pub task: Uuid,
    pub why: String,
}

fn waits(state: State) -> bool {
    matches!(state, State::Available | State::Scheduled | State::Retryable)
}

fn is_whole(standing: &Standing) -> bool {
    let runs = standing.state == State::Running;
    runs == standing.owner.is_some() && runs == standing.leased_until.is_some()
}

/// What a change was, if it is one that the state machine has.
pub fn step(change: &Change) -> Result<Step, String> {
    let told = |standing: &Standing| format!("{} (attempt {})", standing.state, standing.attempt);
    let (before, after) = match (&change.before, &change.after) {
        (None, None) => return Err("a change of nothing".to_owned()),
        (None, Some(after)) => {
            let begins = matches!(after.state, State::Available | State::Scheduled);
            return if begins && after.attempt == 0 && is_whole(after) {
                Ok(Step::Enqueued)
            } else {
                Err(format!("enqueued as {}", told(after)))
            };
        }
        (Some(before), None) => {
            return match before.state {
                State::Succeeded | State::Cancelled => Ok(Step::Pruned),
                _ => Err(format!("removed while {}", told(before))),
            };
        }
        (Some(before), Some(after)) => (before, after),
    };
    let refused = |why: &str| Err(format!("{} became {}: {why}", told(before), told(after)));
    if !is_whole(after) {
        return refused("owner and lease are there if and only if it runs");
    }
    let same_attempt = after.attempt == before.attempt;
    let lease_is_out = before.leased_until.is_some_and(|until| until <= change.at);
    match (before.state, after.state) {
        (State::Available, State::Running) => {
            if after.attempt != before.attempt + 1 || after.attempt > change.max_attempts {
                return refused("a claim counts one attempt, up to the most there may be");
            }
            if after.leased_until.is_none_or(|until| until <= change.at) {
                return refused("claimed under a lease that is over");
            }
            Ok(Step::Claimed)
        }
        (from, to) if waits(from) && from == to && same_attempt => Ok(Step::Touched),
        (State::Scheduled | State::Retryable, State::Available) if same_attempt => Ok(Step::Due),
        (State::Running, State::Running) => {
            if !same_attempt || after.owner != before.owner {
                return refused("it changed hands while it ran");
            }
            if after.leased_until < before.leased_until {
                return refused("its lease became shorter");
            }
            Ok(Step::Renewed)
        }
        (State::Running, State::Succeeded | State::Retryable) if same_attempt => Ok(Step::Ended),
        // Told by its holder, or found by whoever saw that its lease was out and its attempts used up.
        (State::Running, State::Dead) if same_attempt => {
            Ok(if lease_is_out && after.attempt >= change.max_attempts { Step::TakenBack } else { Step::Ended })
        }
        (State::Running, State::Available | State::Cancelled) if after.attempt == before.attempt - 1 => {
            Ok(Step::HandedBack)
        }
        (State::Running, State::Cancelled) if same_attempt => {
            Ok(if lease_is_out { Step::TakenBack } else { Step::Ended })
        }
        (State::Running, State::Available) if same_attempt => {
            if lease_is_out {
                Ok(Step::TakenBack)
            } else {
                refused("taken back while its lease held")
            }
        }
        (State::Dead, State::Available) if after.attempt == 0 => Ok(Step::Replayed),
        _ => refused("no such transition"),
    }
}

/// Goes through changes, in the order in which the database made them.
#[derive(Debug, Default)]
pub struct History {
    last: HashMap<Uuid, Standing>,
    /// By which role a running task is held.
    holder: HashMap<Uuid, String>,
    /// The role that an owner belongs to.
    owners: HashMap<Uuid, String>,
    /// The task that does a piece of work just now.
    running: HashMap<String, Uuid>,
    steps: HashMap<&'static str, u64>,
    illegal: Vec<Illegal>,
}

impl History {
    /// Reads the next change.
    pub fn read(&mut self, change: &Change) {
        if self.last.get(&change.task) != change.before.as_ref() {
            self.fault(change, "changed from what it was not: a change of it was lost or undone".to_owned());
        }
        match step(change) {
            Ok(step) => {
                *self.steps.entry(name(step)).or_default() += 1;
                self.hold(change, step);
            }
            Err(why) => self.fault(change, why),
        }
        match &change.after {
            Some(after) => self.last.insert(change.task, after.clone()),
            None => self.last.remove(&change.task),
        };
    }

    /// Who holds what, and that nobody else says how it ended.
    fn hold(&mut self, change: &Change, step: Step) {
        if step == Step::Claimed {
            let owner = change.after.as_ref().and_then(|after| after.owner).unwrap_or_default();
            let role = self.owners.entry(owner).or_insert_with(|| change.by.clone());
            if *role != change.by {
                let why = format!("{} claimed it as an owner that is of {role}", change.by);
                self.fault(change, why);
            }
            self.holder.insert(change.task, change.by.clone());
            if let Some(other) = change.work.as_ref().and_then(|work| self.running.insert(work.clone(), change.task))
                && other != change.task
            {
                self.fault(change, format!("claimed while task {other} does the same work"));
            }
            return;
        }
        if matches!(step, Step::Ended | Step::HandedBack | Step::Renewed)
            && self.holder.get(&change.task) != Some(&change.by)
        {
            let why = format!("{:?} by {}, who does not hold it", step, change.by);
            self.fault(change, why);
        }
        if change.after.as_ref().is_none_or(|after| after.state != State::Running) {
            self.holder.remove(&change.task);
            if let Some(work) = &change.work
                && self.running.get(work) == Some(&change.task)
            {
                self.running.remove(work);
            }
        }
    }

    fn fault(&mut self, change: &Change, why: String) {
        self.illegal.push(Illegal { task: change.task, why });
    }

    /// Says that what the database holds in the end is what the last change of each task left; `held` are all tasks.
    pub fn end(&mut self, held: &HashMap<Uuid, Standing>) {
        for (task, standing) in &self.last {
            if held.get(task) != Some(standing) {
                let why = "what the database holds in the end is not what its last change left".to_owned();
                self.illegal.push(Illegal { task: *task, why });
            }
        }
        for (task, standing) in held {
            if self.last.insert(*task, standing.clone()).is_none() {
                self.illegal.push(Illegal { task: *task, why: "no change brought it".to_owned() });
            }
        }
    }

    /// What must not have happened.
    pub fn illegal(&self) -> &[Illegal] {
        &self.illegal
    }

    /// How many tasks have a history in which something is illegal.
    pub fn illegal_histories(&self) -> usize {
        self.illegal.iter().map(|illegal| illegal.task).collect::<HashSet<_>>().len()
    }

    /// Tasks that have neither succeeded nor been cancelled.
    pub fn stuck(&self) -> Vec<(Uuid, State)> {
        let unfinished = |state| !matches!(state, State::Succeeded | State::Cancelled);
        self.last.iter().filter(|(_, at)| unfinished(at.state)).map(|(task, at)| (*task, at.state)).collect()
    }

    /// How often each step was taken.
    pub fn steps(&self) -> &HashMap<&'static str, u64> {
        &self.steps
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Enqueued => "enqueued",
        Step::Touched => "touched",
        Step::Due => "due",
        Step::Claimed => "claimed",
        Step::Renewed => "renewed",
        Step::Ended => "ended",
        Step::HandedBack => "handed_back",
        Step::TakenBack => "taken_back",
        Step::Replayed => "replayed",
        Step::Pruned => "pruned",
    }
}
