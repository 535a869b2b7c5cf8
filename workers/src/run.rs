//! The runner: hears that there is work, claims what fits its free slots, runs it under renewed leases, and records
//! how each piece ended.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use atr_core::{
    ids::{ProjectId, WorkerId},
    queue::{Claim, ClaimRequest, Stage, backoff},
    store::StoreError,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{Context, StageError, stages, transport::postgres::Doorbell};

const LEASE: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(2);
const SWEEP_MOST: i64 = 1000;
/// How often a worker looks by itself at every stage: a ring that was lost only makes work wait for this.
const POLL_EVERY: Duration = Duration::from_secs(5);

/// What a worker does.
#[derive(Debug, Clone)]
pub struct Options {
    /// The stages it serves.
    pub stages: Vec<Stage>,
    /// How many batches it runs at once.
    pub slots: usize,
    /// How long it lets running work finish when it is told to stop, before it hands it back.
    pub grace: Duration,
}

/// A worker.
#[derive(Debug)]
pub struct Worker {
    cx: Context,
    options: Options,
    id: WorkerId,
    slots: Arc<Semaphore>,
    running: TaskTracker,
    random: StdRng,
}

impl Worker {
    /// A worker that has not begun.
    pub fn new(cx: Context, options: Options) -> Self {
        let id: WorkerId = cx.store.ids().make();
        let slots = Arc::new(Semaphore::new(options.slots));
        // Seeded by the id: workers that fail together must not come back together.
        let random = StdRng::seed_from_u64(atr_core::ids::Id::uuid(id).as_u64_pair().1);
        Self { cx, options, id, slots, running: TaskTracker::new(), random }
    }

    /// Works until `stop` fires; then claims nothing more, lets what runs finish within the grace time, and hands
    /// back the rest.
    pub async fn run(mut self, stop: CancellationToken) {
        tracing::info!(worker = %self.id, stages = ?self.options.stages, slots = self.options.slots, "worker started");
        let mut bell = Doorbell::new(self.cx.store.clone());
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // Ticks on while rings and sweeps come and go: a time-out around the bell would begin anew with each of them.
        let mut poll = tokio::time::interval(POLL_EVERY);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut waiting: BTreeMap<Stage, bool> = self.options.stages.iter().map(|stage| (*stage, true)).collect();
        loop {
            // Later stages first: what is nearly through the loop makes room before more is begun.
            let mut claimed = false;
            let stages: Vec<Stage> = waiting.iter().rev().filter(|(_, some)| **some).map(|(stage, _)| *stage).collect();
            for stage in stages {
                let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { break };
                match self.claim(stage).await {
                    Ok(claims) if claims.is_empty() => {
                        waiting.insert(stage, false);
                    }
                    Ok(claims) => {
                        claimed = true;
                        self.start(stage, claims, slot);
                    }
                    Err(error) => {
                        tracing::error!(%error, %stage, "cannot claim tasks");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
            if claimed && !stop.is_cancelled() {
                continue;
            }
            let any_waiting = waiting.values().any(|some| *some);
            let free = Arc::clone(&self.slots);
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // All slots were taken while work waits: go on when one is free.
                Ok(_) = free.acquire(), if any_waiting => {}
                heard = bell.heard() => match heard {
                    Some(stage) => {
                        waiting.entry(stage).and_modify(|some| *some = true);
                    }
                    None => waiting.values_mut().for_each(|some| *some = true),
                },
                _ = poll.tick() => waiting.values_mut().for_each(|some| *some = true),
                _ = sweep.tick() => match self.cx.store.sweep(SWEEP_MOST).await {
                    Ok(swept) if swept.taken_back + swept.dead > 0 => tracing::warn!(?swept, "leases had run out"),
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "cannot sweep the queue"),
                },
            }
        }
        self.running.close();
        if tokio::time::timeout(self.options.grace, self.running.wait()).await.is_err() {
            tracing::warn!("work did not finish within the grace time and is handed back");
            self.cx.cancelled.cancel();
            self.running.wait().await;
        }
        tracing::info!(worker = %self.id, "worker stopped");
    }

    async fn claim(&self, stage: Stage) -> Result<Vec<Claim>, StoreError> {
        let most = stages::batch(stage);
        self.cx.store.claim(&ClaimRequest { owner: self.id, stage, most, lease: LEASE }).await
    }

    /// Runs claims in the background, each project's together.
    fn start(&mut self, stage: Stage, claims: Vec<Claim>, slot: OwnedSemaphorePermit) {
        let mut of_projects: BTreeMap<ProjectId, Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            of_projects.entry(claim.project).or_default().push(claim);
        }
        let cx = self.cx.clone();
        let chance: f64 = self.random.random();
        let span = tracing::info_span!("stage", %stage);
        let work = async move {
            for claims in of_projects.into_values() {
                run_batch(&cx, stage, claims, chance).await;
            }
            drop(slot);
        };
        self.running.spawn(work.instrument(span));
    }
}

/// Runs a batch in one go; where that fails, each of it alone, so that one bad task does not sink the others.
async fn run_batch(cx: &Context, stage: Stage, claims: Vec<Claim>, chance: f64) {
    if claims.len() > 1 {
        match under_lease(cx, stage, &claims).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, tasks = claims.len(), "a batch failed; running its tasks one by one"),
        }
    }
    for claim in claims {
        let began = tokio::time::Instant::now();
        let outcome = under_lease(cx, stage, std::slice::from_ref(&claim)).await;
        metrics::histogram!("atr_task_seconds", "stage" => stage.word()).record(began.elapsed().as_secs_f64());
        if let Err(error) = outcome {
            record_failure(cx, claim, error, chance).await;
        }
    }
}

async fn record_failure(cx: &Context, claim: Claim, error: StageError, chance: f64) {
    let stage = claim.work.stage().word();
    if cx.cancelled.is_cancelled() {
        if let Err(error) = cx.store.hand_back(&claim).await {
            tracing::warn!(%error, task = %claim.id, "could not hand the task back; its lease will run out");
        }
        return;
    }
    let Some(failure) = error.failure() else {
        tracing::warn!(task = %claim.id, "lost the lease; another worker has the task");
        return;
    };
    metrics::counter!("atr_task_failures_total", "stage" => stage).increment(1);
    tracing::error!(task = %claim.id, attempt = claim.attempt, ?failure, "a task failed");
    if let Err(error) = cx.store.fail(&claim, &failure, backoff(claim.attempt, chance)).await {
        tracing::error!(%error, task = %claim.id, "could not record the failure; the lease will run out");
    }
}

/// Runs claims while renewing their leases. Where a lease is lost, the work is dropped at its next await.
async fn under_lease(cx: &Context, stage: Stage, claims: &[Claim]) -> Result<(), StageError> {
    let cx = Context { cancelled: cx.cancelled.child_token(), ..cx.clone() };
    let stop = cx.cancelled.clone().drop_guard();
    let renewals = async {
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + LEASE / 3, LEASE / 3);
        loop {
            tick.tick().await;
            for claim in claims {
                match cx.store.renew(claim, LEASE).await {
                    Ok(()) => {}
                    Err(StoreError::LeaseLost(task)) => return StageError::LeaseLost(task),
                    // Out of reach: the lease may still hold; the guarded outcome decides.
                    Err(error) => tracing::warn!(%error, task = %claim.id, "could not renew the lease"),
                }
            }
        }
    };
    let outcome = tokio::select! {
        // Stopped first: work that is begun only to be dropped leaves its connection in a transaction that nobody ends.
        biased;
        () = cx.cancelled.cancelled() => Err(StageError::Passing("stopped".to_owned())),
        lost = renewals => Err(lost),
        done = stages::run(&cx, stage, claims) => done,
    };
    if outcome.is_ok() {
        metrics::counter!("atr_tasks_total", "stage" => stage.word()).increment(claims.len() as u64);
    }
    drop(stop);
    outcome
}
