//! Which faults there are, and which come when: drawn from a seed, before anything runs.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::proxy::{Cut, Speaker};

/// How many API servers and workers there are.
pub const SERVERS: usize = 2;
pub const WORKERS: usize = 4;

/// What is done to the whole. What was ended is started again after it was `down`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// `kill -9`.
    KillWorker {
        which: usize,
        down: Duration,
    },
    /// SIGTERM: it hands back what it does not finish.
    StopWorker {
        which: usize,
        down: Duration,
    },
    /// `kill -9`.
    KillServer {
        which: usize,
        down: Duration,
    },
    StopBroker {
        down: Duration,
    },
    /// `kill -9`.
    KillBroker {
        down: Duration,
    },
    RestartDatabase,
    /// `kill -9` of each of its processes.
    KillDatabase,
    /// Between a program and the database.
    CutDatabase(Cut),
    /// Between a program and the broker.
    CutBroker(Cut),
    /// Between a client and an API server.
    CutClient {
        which: usize,
        cut: Cut,
    },
    DoubleMessage {
        times: u8,
    },
}

impl Fault {
    /// Its name where faults are counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillWorker { .. } => "worker_killed",
            Self::StopWorker { .. } => "worker_stopped",
            Self::KillServer { .. } => "server_killed",
            Self::StopBroker { .. } => "broker_stopped",
            Self::KillBroker { .. } => "broker_killed",
            Self::RestartDatabase => "database_restarted",
            Self::KillDatabase => "database_killed",
            Self::CutDatabase(_) => "database_connection_cut",
            Self::CutBroker(_) => "broker_connection_cut",
            Self::CutClient { .. } => "client_connection_cut",
            Self::DoubleMessage { .. } => "message_doubled",
        }
    }
}

/// Draws what is left open of a kind of fault.
type Draw = fn(&mut StdRng) -> Fault;

/// How often each comes, out of a hundred: what recovers slowly comes seldom, so that it is up most of the time.
const WEIGHTS: [(u32, Draw); 11] = [
    (20, |random| Fault::KillWorker { which: random.random_range(0..WORKERS), down: down(random) }),
    (5, |random| Fault::StopWorker { which: random.random_range(0..WORKERS), down: down(random) }),
    (14, |random| Fault::KillServer { which: random.random_range(0..SERVERS), down: down(random) }),
    (5, |random| Fault::StopBroker { down: down(random) }),
    (3, |random| Fault::KillBroker { down: down(random) }),
    (6, |_| Fault::RestartDatabase),
    (2, |_| Fault::KillDatabase),
    (15, |random| Fault::CutDatabase(cut(random, 60))),
    (12, |random| Fault::CutBroker(cut(random, 6))),
    (8, |random| Fault::CutClient { which: random.random_range(0..SERVERS), cut: cut(random, 2) }),
    (10, |random| Fault::DoubleMessage { times: random.random_range(1..=3) }),
];

fn down(random: &mut StdRng) -> Duration {
    Duration::from_millis(random.random_range(0..3000))
}

/// After how many pieces at most depends on how much is said there.
fn cut(random: &mut StdRng, most: u32) -> Cut {
    let speaker = if random.random() { Speaker::Client } else { Speaker::Server };
    Cut { speaker, after: random.random_range(0..=most), share: random.random(), reset: random.random() }
}

/// The names of every kind.
pub fn kinds() -> Vec<&'static str> {
    // What else is drawn makes no other kind of it.
    let mut random = StdRng::seed_from_u64(0);
    WEIGHTS.iter().map(|(_, one)| one(&mut random).name()).collect()
}

/// When each of `count` faults comes, within `seconds`; each kind at least once.
pub fn draw(random: &mut StdRng, count: usize, seconds: u64) -> Vec<(Duration, Fault)> {
    let total: u32 = WEIGHTS.iter().map(|(weight, _)| weight).sum();
    let mut faults: Vec<Fault> = WEIGHTS.iter().map(|(_, one)| one(random)).collect();
    while faults.len() < count {
        let mut at = random.random_range(0..total);
        let one = WEIGHTS.iter().find(|(weight, _)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        if let Some((_, one)) = one {
            faults.push(one(random));
        }
    }
    faults.shuffle(random);
    let mut times: Vec<Duration> =
        faults.iter().map(|_| Duration::from_millis(random.random_range(0..seconds * 1000))).collect();
    times.sort_unstable();
    times.into_iter().zip(faults).collect()
}
