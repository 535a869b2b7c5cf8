//! The runner: hears that there is work, claims what fits its free slots, runs it under renewed leases, and records
//! how each piece ended.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use atr_core::{
    ids::{Id, WorkerId},
    queue::{Claim, ClaimRequest, Lane, Stage},
    store::StoreError,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::Instrument;

use crate::{
    AmqpUrl, Context,
    held::Held,
    stages,
    transport::{Doorbell, Ring, postgres::Notifications, rabbitmq},
};

const SWEEP_EVERY: Duration = Duration::from_secs(2);
const SWEEP_MOST: i64 = 1000;
/// How often a worker looks by itself at every stage: a ring that was lost only makes work wait for this.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// For how long no slot may be free before what rings is left to other workers. Brokers take a consumer that answers
/// nothing for dead; RabbitMQ after half an hour.
const REST_AFTER: Duration = Duration::from_secs(60);

/// What a worker does.
#[derive(Debug, Clone)]
pub struct Options {
    /// The stages it serves.
    pub stages: Vec<Stage>,
    /// How many batches it runs at once.
    pub slots: u16,
    /// How long it lets running work finish when it is told to stop, before it hands it back.
    pub grace: Duration,
    /// For how long it holds a task, unless it renews that: so long a task waits whose worker died.
    pub lease: Duration,
    /// The broker that rings, if it is not the database.
    pub broker: Option<AmqpUrl>,
}

impl Options {
    /// The lease that workers hold, unless there is a reason for another.
    pub const LEASE: Duration = Duration::from_secs(60);
}

/// A worker.
#[derive(Debug)]
pub struct Worker {
    cx: Context,
    options: Options,
    id: WorkerId,
    slots: Arc<Semaphore>,
    /// How many of the slots may wait for a judge, so that what is done here goes on meanwhile.
    judging: Arc<Semaphore>,
    running: TaskTracker,
    random: StdRng,
    /// The stages that may have work, and how pressing it is.
    waiting: BTreeMap<Stage, Option<Lane>>,
}

impl Worker {
    /// A worker that has not begun.
    pub fn new(cx: Context, options: Options) -> Self {
        let id: WorkerId = cx.store.ids().make();
        let slots = Arc::new(Semaphore::new(options.slots.into()));
        let judging = Arc::new(Semaphore::new(usize::from(options.slots / 2).max(1)));
        // Seeded by the id: workers that fail together must not come back together.
        let random = StdRng::seed_from_u64(id.uuid().as_u64_pair().1);
        // Who knows no judge leaves to others what one is to be asked.
        let stages = options.stages.iter().filter(|stage| **stage != Stage::Judge || cx.judge.is_some());
        let options = Options { stages: stages.copied().collect(), ..options };
        let waiting = options.stages.iter().map(|stage| (*stage, Some(Lane::Usual))).collect();
        Self { cx, options, id, slots, judging, running: TaskTracker::new(), random, waiting }
    }

    /// Works until `stop` fires; then claims nothing more, lets what runs finish within the grace time, and hands
    /// back the rest.
    pub async fn run(mut self, stop: CancellationToken) {
        tracing::info!(worker = %self.id, stages = ?self.options.stages, slots = self.options.slots, "worker started");
        let relay = self.relay(&stop);
        let mut bell = self.doorbell();
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Ticks on while rings and sweeps come and go: a time-out around the bell would begin anew with each of them.
        let mut poll = tokio::time::interval(POLL_EVERY);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut last_free, mut rests) = (Instant::now(), false);
        while !stop.is_cancelled() {
            if self.claim_what_waits(&bell).await {
                continue;
            }
            let is_free = self.slots.available_permits() > 0;
            if is_free {
                (last_free, rests) = (Instant::now(), false);
            }
            let any_waits = self.waiting.values().any(Option::is_some);
            let slots = Arc::clone(&self.slots);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // All slots were taken while work waits: go on when one is free.
                Ok(_) = slots.acquire(), if any_waits || !is_free => {}
                ring = bell.heard(), if !rests => self.rung(ring),
                _ = poll.tick() => {
                    self.rung(Ring::Any);
                    if !rests && last_free.elapsed() > REST_AFTER {
                        bell.rest();
                        rests = true;
                    }
                }
                _ = sweep.tick() => match self.cx.store.sweep(SWEEP_MOST).await {
                    Ok(swept) if swept.taken_back + swept.dead > 0 => tracing::warn!(?swept, "leases had run out"),
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "cannot sweep the queue"),
                },
            }
        }
        // What rang is another worker's now, while this one finishes.
        drop(bell);
        self.running.close();
        if tokio::time::timeout(self.options.grace, self.running.wait()).await.is_err() {
            tracing::warn!("work did not finish within the grace time and is handed back");
            self.cx.cancelled.cancel();
            self.running.wait().await;
        }
        if let Some(relay) = relay
            && let Err(error) = relay.await
        {
            tracing::error!(%error, "the relay broke off");
        }
        tracing::info!(worker = %self.id, "worker stopped");
    }

    /// Starts to tell the broker what waits, if there is one.
    fn relay(&self, stop: &CancellationToken) -> Option<AbortOnDropHandle<()>> {
        let url = self.options.broker.clone()?;
        let relay = rabbitmq::Relay::new(self.cx.store.clone(), url, self.id);
        Some(AbortOnDropHandle::new(tokio::spawn(relay.run(stop.clone()))))
    }

    fn doorbell(&self) -> Doorbell {
        match &self.options.broker {
            None => Doorbell::Postgres(Notifications::new(self.cx.store.clone())),
            Some(url) => Doorbell::RabbitMq(rabbitmq::Consumers::start(rabbitmq::Wanted {
                url: url.clone(),
                installation: self.cx.store.installation(),
                stages: self.options.stages.clone(),
                slots: self.options.slots,
                seed: self.id.uuid().as_u64_pair().1,
            })),
        }
    }

    fn rung(&mut self, ring: Ring) {
        match ring {
            Ring::Stage(stage, lane) => {
                // What is urgent stays so. A stage that this worker does not serve is not in the map.
                self.waiting.entry(stage).and_modify(|waits| *waits = Some(waits.map_or(lane, |was| was.min(lane))));
            }
            Ring::Any => self.waiting.values_mut().for_each(|waits| *waits = waits.or(Some(Lane::Usual))),
        }
    }

    /// Claims a batch of each stage that may have work, as far as slots are free; answers whether there was any.
    async fn claim_what_waits(&mut self, bell: &Doorbell) -> bool {
        // What is urgent first; then later stages: what is nearly through the loop makes room before more is begun.
        let mut stages: Vec<(Lane, Stage)> =
            self.waiting.iter().rev().filter_map(|(stage, waits)| Some(((*waits)?, *stage))).collect();
        stages.sort_by_key(|(lane, _)| *lane);
        let mut claimed = false;
        for (_, stage) in stages {
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { break };
            let patience = if stage == Stage::Judge {
                match Arc::clone(&self.judging).try_acquire_owned() {
                    Ok(permit) => Some(permit),
                    // Looked at again when something rings, and by every poll.
                    Err(_) => {
                        self.waiting.insert(stage, None);
                        continue;
                    }
                }
            } else {
                None
            };
            match self.claim(stage).await {
                Ok(claims) => {
                    let (some, full) = (!claims.is_empty(), claims.len() >= stages::batch(stage) as usize);
                    bell.answered(stage, full);
                    self.waiting.insert(stage, some.then_some(Lane::Usual));
                    if some {
                        claimed = true;
                        self.start(stage, claims, (slot, patience));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, %stage, "cannot claim tasks");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        claimed
    }

    async fn claim(&self, stage: Stage) -> Result<Vec<Claim>, StoreError> {
        let ask = ClaimRequest { owner: self.id, stage, most: stages::batch(stage), lease: self.options.lease };
        self.cx.store.claim(&ask).await
    }

    /// Runs claims in the background.
    fn start(&mut self, stage: Stage, claims: Vec<Claim>, slot: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>)) {
        let chance: f64 = self.random.random();
        let held = Held::new(self.cx.clone(), stage, claims, self.options.lease, chance);
        let work = async move {
            held.run().await;
            drop(slot);
        };
        self.running.spawn(work.instrument(tracing::info_span!("stage", %stage)));
    }
}
