//! The relay: the one worker at a time that tells the broker what waits.
//!
//! It looks when something was committed, when what it rang for is being worked off, and now and then; and tops up the
//! queues. A lease makes it the only one; two at once would ring twice, which harms nothing.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use atr_core::{
    ids::{Id, WorkerId},
    queue::{Listener, Stage},
    store::{Store, StoreError},
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{AmqpUrl, connection::Backoff, publisher::Publisher};
use crate::stages;

/// For how long a worker leads, unless it renews that.
const LEASE: Duration = Duration::from_secs(6);
/// How often it renews, tells how the broker is, and looks at every stage; and how often others try to lead.
const BEAT: Duration = Duration::from_secs(2);
/// How often a stage is looked at of which more waits than is rung for.
const TOP_UP: Duration = Duration::from_secs(1);
/// How many doorbells a queue holds at most. A worker goes on claiming while there is more, so it is this many slots that
/// can be woken at once; and a waiting million takes no more of the broker's memory than this.
const DOORBELLS: u32 = 64;

/// Publishes doorbells while it leads.
#[derive(Debug)]
pub(crate) struct Relay {
    store: Store,
    url: AmqpUrl,
    worker: WorkerId,
    publisher: Option<Publisher>,
    backoff: Backoff,
    /// Not before this the broker is tried again.
    again: Option<Instant>,
}

impl Relay {
    pub(crate) fn new(store: Store, url: AmqpUrl, worker: WorkerId) -> Self {
        let backoff = Backoff::new(worker.uuid().as_u64_pair().1);
        Self { store, url, worker, publisher: None, backoff, again: None }
    }

    /// Leads whenever no other does, until `stop` fires.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = beat.tick() => {}
            }
            if self.leads().await {
                tracing::info!(worker = %self.worker, "relays doorbells");
                if let Err(error) = self.lead(&stop).await {
                    tracing::warn!(%error, "the relay cannot reach the database; work is found by polling meanwhile");
                }
            }
            if let Some(publisher) = self.publisher.take() {
                publisher.close().await;
            }
        }
        if let Err(error) = self.store.resign_relay(self.worker).await {
            tracing::warn!(%error, "could not give the relay's lease back; it will run out");
        }
    }

    async fn leads(&self) -> bool {
        match self.store.lead_relay(self.worker, LEASE).await {
            Ok(leads) => leads,
            Err(error) => {
                tracing::warn!(%error, "cannot ask for the relay's lease");
                false
            }
        }
    }

    /// Relays until the lease is lost or `stop` fires.
    async fn lead(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let mut listener = Listener::start(&self.store).await?;
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut more: BTreeSet<Stage> = BTreeSet::new();
        loop {
            let stages: Vec<Stage> = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = beat.tick() => {
                    if !self.store.lead_relay(self.worker, LEASE).await? {
                        tracing::info!(worker = %self.worker, "another worker relays");
                        return Ok(());
                    }
                    Stage::ALL.to_vec()
                }
                heard = listener.heard() => match heard? {
                    Some(stage) => vec![stage],
                    None => Stage::ALL.to_vec(),
                },
                () = tokio::time::sleep(TOP_UP), if !more.is_empty() => more.iter().copied().collect(),
            };
            for stage in &stages {
                more.remove(stage);
            }
            let told_all = stages.len() == Stage::ALL.len();
            let announced = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                announced = self.announce(&stages) => announced?,
            };
            match announced {
                Told::Up(unfinished) => {
                    more.extend(unfinished);
                    if told_all {
                        self.store.note_broker(self.worker, None).await?;
                    }
                }
                Told::Down(Some(error)) => self.store.note_broker(self.worker, Some(&error)).await?,
                Told::Down(None) => {}
            }
        }
    }

    /// Tells the broker what waits of these stages.
    async fn announce(&mut self, stages: &[Stage]) -> Result<Told, StoreError> {
        let most = i64::from(DOORBELLS * stages.iter().map(|stage| stages::batch(*stage)).max().unwrap_or(1));
        let waiting = self.store.waiting(stages, most).await?;
        let mut publisher = match self.publisher.take().filter(Publisher::is_up) {
            Some(publisher) => publisher,
            None if self.again.is_some_and(|again| Instant::now() < again) => return Ok(Told::Down(None)),
            None => {
                let name = self.store.ids().make::<WorkerId>().uuid();
                match Publisher::connect(&self.url, self.store.installation(), name).await {
                    Ok(publisher) => {
                        self.backoff.reset();
                        self.again = None;
                        publisher
                    }
                    Err(error) => return Ok(self.down(&error)),
                }
            }
        };
        let (mut rung, mut unfinished) = (Vec::new(), Vec::new());
        for lane in &waiting {
            let tasks = u32::try_from(lane.tasks).unwrap_or(u32::MAX);
            let wanted = tasks.div_ceil(stages::batch(lane.stage)).min(DOORBELLS);
            match publisher.fill(lane, wanted, self.store.clock()).await {
                Ok(0) => {}
                Ok(doorbells) => {
                    metrics::counter!("atr_doorbells_total", "stage" => lane.stage.word()).increment(doorbells.into());
                    rung.push((lane.stage, lane.lane, i64::from(doorbells)));
                }
                Err(error) => return Ok(self.down(&error)),
            }
            if wanted == DOORBELLS {
                unfinished.push(lane.stage);
            }
        }
        self.publisher = Some(publisher);
        if !rung.is_empty() {
            self.store.note_announced(&rung).await?;
        }
        Ok(Told::Up(unfinished))
    }

    /// The broker did not take it: tried again later, since what waits goes on waiting.
    fn down(&mut self, error: &super::publisher::PublishError) -> Told {
        let pause = self.backoff.pause();
        tracing::warn!(%error, broker = %self.url, ?pause, "the broker takes no doorbells; work is found by polling");
        self.again = Some(Instant::now() + pause);
        Told::Down(Some(error.to_string()))
    }
}

/// How the broker was.
enum Told {
    /// It took what there was; of these stages more may wait than it was told.
    Up(Vec<Stage>),
    /// It did not, and why, if it was asked.
    Down(Option<String>),
}
