//! Faults done to the cluster, each at its time; several may go on at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nix::sys::signal::Signal;
use rand::{SeedableRng, rngs::StdRng};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    cluster::Cluster,
    faults::Fault,
    patience::Result,
    proxy::{Cut, Proxy},
};

/// How long a cut waits for a piece to be cut in, and a message for RabbitMQ.
const WITHIN: Duration = Duration::from_secs(15);

/// How often each kind of fault took effect, and how often one came to nothing.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub took_effect: BTreeMap<&'static str, u64>,
    pub came_to_nothing: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub fn total(&self) -> u64 {
        self.took_effect.values().sum()
    }
}

/// Inflicts faults at their times, and waits until what they ended runs again.
pub async fn inflict(
    cluster: &Arc<Cluster>,
    faults: Vec<(Duration, Fault)>,
    seed: u64,
    told: impl Fn(Duration, Fault, &str) + Clone + Send + 'static,
) -> Result<Counts> {
    let began = Instant::now();
    let counts = Arc::<Mutex<Counts>>::default();
    let mut under_way: JoinSet<Result> = JoinSet::new();
    for (number, (at, fault)) in (0..).zip(faults) {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(began + at) => break,
                Some(done) = under_way.join_next() => done??,
            }
        }
        let (cluster, counts, told) = (Arc::clone(cluster), Arc::clone(&counts), told.clone());
        under_way.spawn_local(async move {
            let random = StdRng::seed_from_u64(seed.wrapping_add(number));
            let what = one(&cluster, fault, random).await.map_err(|error| format!("{fault:?}: {error}"))?;
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let counted = if what.is_ok() { &mut counts.took_effect } else { &mut counts.came_to_nothing };
            *counted.entry(fault.name()).or_default() += 1;
            drop(counts);
            let what = what.unwrap_or_else(|why| format!("came to nothing: {why}"));
            told(began.elapsed(), fault, &what);
            Ok(())
        });
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(counts.clone())
}

/// Does one, and says what it did, or why it did nothing.
async fn one(cluster: &Cluster, fault: Fault, mut random: StdRng) -> Result<std::result::Result<String, String>> {
    match fault {
        Fault::KillWorker { which, down } => cluster.workers[which].end(Signal::SIGKILL, down).await?,
        Fault::StopWorker { which, down } => cluster.workers[which].end(Signal::SIGTERM, down).await?,
        Fault::KillServer { which, down } => cluster.servers[which].0.end(Signal::SIGKILL, down).await?,
        Fault::StopBroker { down } => restart_broker(cluster, Signal::SIGTERM, down).await?,
        Fault::KillBroker { down } => restart_broker(cluster, Signal::SIGKILL, down).await?,
        Fault::RestartDatabase => cluster.database.lock().await.restart(&cluster.database_proxy).await?,
        Fault::KillDatabase => cluster.database.lock().await.kill(&cluster.database_proxy).await?,
        Fault::CutDatabase(how) => return Ok(cut(&cluster.database_proxy, how).await),
        Fault::CutBroker(how) => return Ok(cut(&cluster.broker_proxy, how).await),
        Fault::CutClient { which, cut: how } => return Ok(cut(&cluster.servers[which].1, how).await),
        Fault::DoubleMessage { times } => {
            // Held meanwhile: it does not go down in between.
            let broker = cluster.broker.lock().await;
            let queues = broker.queues().await?;
            let mut doubler = cluster.doubler.lock().await;
            // On a node that was started just now, a queue may take long to come back.
            let doubled = timeout(WITHIN, doubler.double(&broker.url(), queues, times, &mut random)).await;
            return Ok(match doubled {
                Ok(Ok(queue)) => Ok(format!("{times} more for {queue}")),
                Ok(Err(error)) => Err(error.to_string()),
                Err(late) => Err(late.to_string()),
            });
        }
    }
    Ok(Ok("done".to_owned()))
}

async fn restart_broker(cluster: &Cluster, how: Signal, down: Duration) -> Result {
    let mut broker = cluster.broker.lock().await;
    broker.end(how).await?;
    tokio::time::sleep(down).await;
    broker.begin().await
}

async fn cut(proxy: &Proxy, how: Cut) -> std::result::Result<String, String> {
    let made = proxy.cut(how, WITHIN).await.ok_or("too little was said")?;
    Ok(format!("after {} of {} bytes", made.passed, made.of))
}
