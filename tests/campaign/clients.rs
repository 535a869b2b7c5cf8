//! Senders at a steady rate, who send what was not acknowledged again until it is, under the same external ids.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::{StatusCode, header};
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    cluster::Cluster,
    patience::{PATIENCE, Result},
    records::Acknowledged,
    traces::{external_id, trace},
};

const NDJSON: &str = "application/x-ndjson";

/// How many send at once, how much each sends together, and how often.
const SENDERS: usize = 3;
const BATCH: usize = 8;
const EVERY: Duration = Duration::from_millis(1000);
/// How long a sender waits for an answer before it tries elsewhere, and between tries.
const ANSWER: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_millis(300);
/// Of so many batches one is sent once more although it was acknowledged, as by a sender that has forgotten.
const FORGOTTEN: u32 = 10;

/// The senders, and what they were told.
#[derive(Debug)]
pub struct Clients {
    stop: CancellationToken,
    sending: JoinSet<Result>,
    acknowledged: Arc<Mutex<Acknowledged>>,
}

/// A client for HTTP.
pub fn http() -> Result<reqwest::Client> {
    // Done once: this program has no other.
    drop(rustls::crypto::ring::default_provider().install_default());
    Ok(reqwest::Client::builder().connect_timeout(Duration::from_secs(5)).build()?)
}

impl Clients {
    pub fn start(cluster: &Arc<Cluster>, http: &reqwest::Client, seed: u64) -> Self {
        let (stop, acknowledged) = (CancellationToken::new(), Arc::<Mutex<Acknowledged>>::default());
        let next = Arc::new(AtomicUsize::new(0));
        let mut sending = JoinSet::new();
        for n in 0..SENDERS {
            let sender = Sender {
                http: http.clone(),
                doors: cluster
                    .servers
                    .iter()
                    .map(|(_, proxy)| format!("http://{}/v1/ingest/traces", proxy.address()))
                    .collect(),
                key: cluster.key.clone(),
                acknowledged: Arc::clone(&acknowledged),
                random: StdRng::seed_from_u64(seed.wrapping_add(n as u64)),
            };
            sending.spawn(sender.run(Arc::clone(&next), stop.clone()));
        }
        Self { stop, sending, acknowledged }
    }

    /// How much was acknowledged by now.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Lets each sender finish what it has begun.
    pub async fn finish(mut self) -> Result<Acknowledged> {
        self.stop.cancel();
        while let Some(done) = self.sending.join_next().await {
            done??;
        }
        Ok(std::mem::take(&mut *self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

struct Sender {
    http: reqwest::Client,
    doors: Vec<String>,
    key: String,
    acknowledged: Arc<Mutex<Acknowledged>>,
    random: StdRng,
}

impl Sender {
    async fn run(mut self, next: Arc<AtomicUsize>, stop: CancellationToken) -> Result {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = tick.tick() => {}
            }
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            let batch: Vec<usize> = (first..first + BATCH).collect();
            self.store(&batch, &stop).await?;
            if self.random.random_ratio(1, FORGOTTEN) {
                self.store(&batch, &stop).await?;
            }
        }
    }

    /// Sends traces until each is acknowledged.
    async fn store(&mut self, batch: &[usize], stop: &CancellationToken) -> Result {
        let mut open = batch.to_vec();
        let mut deadline = None;
        while !open.is_empty() {
            let began = Instant::now();
            let mut answered = vec![];
            // Whatever broke it off, what was answered until then counts.
            let outcome = timeout(ANSWER, self.send(&open, &mut answered)).await;
            open.retain(|n| !answered.contains(n));
            if open.is_empty() {
                return Ok(());
            }
            // Faults may go on for long; once they are over, so must this.
            if stop.is_cancelled() && began > *deadline.get_or_insert(began + PATIENCE) {
                return Err(format!("traces are not taken in after the faults are over: {outcome:?}").into());
            }
            sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Sends lines to one of the servers and reads the answers as they come.
    async fn send(&mut self, traces: &[usize], answered: &mut Vec<usize>) -> Result {
        let door = &self.doors[self.random.random_range(0..self.doors.len())];
        let body: String = traces.iter().map(|n| format!("{}\n", trace(*n))).collect();
        let request = self.http.post(door).bearer_auth(&self.key).header(header::CONTENT_TYPE, NDJSON);
        let mut response = request.header(header::ACCEPT, NDJSON).body(body).send().await?;
        if response.status() != StatusCode::OK {
            return Err(format!("{}: {}", response.status(), response.text().await?).into());
        }
        let mut unread: Vec<u8> = vec![];
        while let Some(piece) = response.chunk().await? {
            unread.extend_from_slice(&piece);
            while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = unread.drain(..=end).collect();
                let told: Value = serde_json::from_slice(&line)?;
                let line = usize::try_from(told["line"].as_u64().ok_or("no line number")?)?;
                let status = told["status"].as_str().ok_or("no status")?;
                if status == "unanswered" {
                    return Err(format!("{told}").into());
                }
                let n = *traces.get(line - 1).ok_or("a line that was not sent is answered")?;
                let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                acknowledged.note(&external_id(n), status, told["id"].as_str());
                answered.push(n);
            }
        }
        Ok(())
    }
}
