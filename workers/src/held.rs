//! What a worker holds in one slot: claims of a stage, run under leases that are renewed until each has ended.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use atr_core::{
    ids::{ProjectId, TaskId},
    queue::{Claim, Stage, backoff},
    trace_context::TraceContext,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{Context, StageError, stages};

/// Claims of one stage.
#[derive(Debug)]
pub(crate) struct Held {
    cx: Context,
    stage: Stage,
    lease: Duration,
    /// In 0..1: how far apart retries of what fails together are.
    chance: f64,
    /// Those that have not ended, each with what fires when its lease is lost. Also those wait here that run after
    /// others: their leases run too.
    open: Mutex<BTreeMap<TaskId, (Claim, CancellationToken)>>,
}

impl Held {
    pub(crate) fn new(cx: Context, stage: Stage, claims: Vec<Claim>, lease: Duration, chance: f64) -> Self {
        let open = claims.into_iter().map(|claim| (claim.id, (claim, CancellationToken::new()))).collect();
        Self { cx, stage, lease, chance, open: Mutex::new(open) }
    }

    /// Runs them all, each project's together.
    pub(crate) async fn run(self) {
        let mut of_projects: BTreeMap<ProjectId, Vec<Claim>> = BTreeMap::new();
        for claim in self.open() {
            of_projects.entry(claim.project).or_default().push(claim);
        }
        let work = async {
            for claims in of_projects.into_values() {
                self.run_batch(claims).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = self.renew() => {}
        }
    }

    fn open(&self) -> Vec<Claim> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().map(|(claim, _)| claim.clone()).collect()
    }

    /// Renews the leases, for ever.
    async fn renew(&self) {
        let every = self.lease / 3;
        let mut tick = tokio::time::interval_at(Instant::now() + every, every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let claims = self.open();
            match self.cx.store.renew(&claims, self.lease).await {
                Ok(lost) => {
                    let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                    for task in lost {
                        // One that ended meanwhile is not held any more, and not lost.
                        if let Some((_, lost)) = open.remove(&task) {
                            lost.cancel();
                        }
                    }
                }
                // Out of reach: the leases may still hold; the guarded outcome decides.
                Err(error) => tracing::warn!(%error, "could not renew the leases"),
            }
        }
    }

    /// Runs a batch in one go; where that fails, each of it alone, so that one bad task does not sink the others.
    async fn run_batch(&self, claims: Vec<Claim>) {
        if claims.len() > 1 {
            match self.under_lease(&claims).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, tasks = claims.len(), "a batch failed; running its tasks one by one")
                }
            }
        }
        for claim in claims {
            if let Err(error) = self.under_lease(std::slice::from_ref(&claim)).await {
                self.record_failure(claim, error).await;
            }
        }
    }

    /// Runs claims. Where a lease is lost, the work is dropped at its next await.
    async fn under_lease(&self, claims: &[Claim]) -> Result<(), StageError> {
        let began = Instant::now();
        let cx = Context { cancelled: self.cx.cancelled.child_token(), ..self.cx.clone() };
        let stop = cx.cancelled.clone().drop_guard();
        let trace = common_trace(claims);
        let work = stages::run(&cx, self.stage, claims);
        let work = TraceContext::scope(trace, work).instrument(span(trace));
        let outcome = tokio::select! {
            // Stopped first: work that is begun only to be dropped leaves its connection in a transaction that nobody ends.
            biased;
            () = cx.cancelled.cancelled() => Err(StageError::Passing("stopped".to_owned())),
            lost = self.any_lost(claims) => Err(StageError::LeaseLost(lost)),
            done = work => done,
        };
        if outcome.is_ok() {
            self.ended(claims);
            let stage = self.stage.word();
            metrics::counter!("atr_tasks_total", "stage" => stage).increment(claims.len() as u64);
            let each = began.elapsed().as_secs_f64() / claims.len() as f64;
            metrics::histogram!("atr_task_seconds", "stage" => stage).record_many(each, claims.len());
        }
        drop(stop);
        outcome
    }

    /// Waits until the lease of one of these is lost.
    async fn any_lost(&self, claims: &[Claim]) -> TaskId {
        let mut lost = {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let lost = FuturesUnordered::new();
            for claim in claims {
                let token = open.get(&claim.id).map(|(_, token)| token.clone());
                let task = claim.id;
                lost.push(async move {
                    // One that is not open any more was lost already.
                    if let Some(token) = token {
                        token.cancelled().await;
                    }
                    task
                });
            }
            lost
        };
        match lost.next().await {
            Some(task) => task,
            None => std::future::pending().await,
        }
    }

    fn ended(&self, claims: &[Claim]) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for claim in claims {
            open.remove(&claim.id);
        }
    }

    async fn record_failure(&self, claim: Claim, error: StageError) {
        self.ended(std::slice::from_ref(&claim));
        let store = &self.cx.store;
        if self.cx.cancelled.is_cancelled() {
            if let Err(error) = store.hand_back(&claim).await {
                tracing::warn!(%error, task = %claim.id, "could not hand the task back; its lease will run out");
            }
            return;
        }
        let Some(failure) = error.failure() else {
            tracing::warn!(task = %claim.id, "lost the lease; another worker has the task");
            return;
        };
        metrics::counter!("atr_task_failures_total", "stage" => self.stage.word()).increment(1);
        tracing::error!(task = %claim.id, attempt = claim.attempt, ?failure, "a task failed");
        if let Err(error) = store.fail(&claim, &failure, backoff(claim.attempt, self.chance)).await {
            tracing::error!(%error, task = %claim.id, "could not record the failure; the lease will run out");
        }
    }
}

/// The trace that all of a batch belong to: what they enqueue belongs to it too. Of several, none.
fn common_trace(claims: &[Claim]) -> Option<TraceContext> {
    let first = claims.first()?.trace;
    claims.iter().all(|claim| claim.trace == first).then_some(first).flatten()
}

/// Names the trace in the log, where there is one.
fn span(trace: Option<TraceContext>) -> tracing::Span {
    match trace {
        Some(trace) => tracing::info_span!("work", trace_id = %trace.trace_id()),
        None => tracing::Span::none(),
    }
}
