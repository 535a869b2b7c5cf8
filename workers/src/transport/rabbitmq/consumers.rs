//! Hearing doorbells: a consumer for each stage and lane, in a task of its own that connects again by itself.

use std::{collections::BTreeMap, time::Duration};

use atr_core::queue::{Lane, Stage};
use futures_util::{StreamExt, stream::SelectAll};
use lapin::{
    Acker, Connection, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions},
    types::FieldTable,
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};
use uuid::Uuid;

use super::{AmqpUrl, DoorbellEvent, connection, connection::Backoff, queues::Queues};
use crate::transport::Ring;

/// How long an answered doorbell is kept at most while its stage is being worked off.
const KEPT: Duration = Duration::from_millis(500);

/// What a worker consumes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where from.
    pub url: AmqpUrl,
    /// Whose queues.
    pub installation: Uuid,
    /// Of which stages.
    pub stages: Vec<Stage>,
    /// How many doorbells of a queue may be unanswered: as many as the worker has slots.
    pub slots: u16,
    /// What tells this worker's pauses from others'.
    pub seed: u64,
}

/// Hears doorbells of a broker.
#[derive(Debug)]
pub struct Consumers {
    rings: mpsc::UnboundedReceiver<Ring>,
    told: mpsc::UnboundedSender<Told>,
    listening: JoinHandle<()>,
}

/// What the worker says.
#[derive(Debug)]
enum Told {
    /// It waits for rings.
    Listen,
    /// A claim of a stage has committed; whether more is there.
    Answered(Stage, bool),
    /// It has had no free slot for long.
    Rest,
}

impl Consumers {
    /// Begins to listen, in a task of its own that ends with this.
    pub fn start(wanted: Wanted) -> Self {
        // Neither grows: no more rings are on their way than the queues' prefetch, and what is told is taken at once.
        let (ring, rings) = mpsc::unbounded_channel();
        let (told, tellings) = mpsc::unbounded_channel();
        let listening = tokio::spawn(listen(wanted, ring, tellings));
        Self { rings, told, listening }
    }

    /// Waits for the next ring.
    pub async fn heard(&mut self) -> Ring {
        self.tell(Told::Listen);
        match self.rings.recv().await {
            Some(ring) => ring,
            // The task ended, which it does not unless it is told to: what polls goes on.
            None => std::future::pending().await,
        }
    }

    /// Acknowledges what rang for a stage up to now, a claim has committed: at once, or, where the claim left more that
    /// is claimed next anyway, soon, so that not every claim uses up a doorbell that others could hear.
    pub fn answered(&self, stage: Stage, more: bool) {
        self.tell(Told::Answered(stage, more));
    }

    /// Closes the connection until rings are waited for again; what is not acknowledged goes to other workers.
    pub fn rest(&self) {
        self.tell(Told::Rest);
    }

    fn tell(&self, what: Told) {
        if self.told.send(what).is_err() {
            tracing::error!("no longer listening to the broker; work is found by polling");
        }
    }
}

impl Drop for Consumers {
    fn drop(&mut self) {
        // What was heard and not answered goes back into its queue with the connection.
        self.listening.abort();
    }
}

/// Listens until nobody waits for rings any more.
async fn listen(wanted: Wanted, ring: mpsc::UnboundedSender<Ring>, mut told: mpsc::UnboundedReceiver<Told>) {
    let mut backoff = Backoff::new(wanted.seed);
    while let Some(what) = told.recv().await {
        // While it rests, only the wish to listen ends that.
        if !matches!(what, Told::Listen) {
            continue;
        }
        loop {
            match session(&wanted, &ring, &mut told, &mut backoff).await {
                Ok(Ended::Rest) => break,
                Ok(Ended::Stop) => return,
                Err(error) => {
                    let pause = backoff.pause();
                    tracing::warn!(%error, ?pause, "the broker does not answer; work is found by polling meanwhile");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

enum Ended {
    Rest,
    Stop,
}

/// One connection, from its beginning to its end.
async fn session(
    wanted: &Wanted,
    ring: &mpsc::UnboundedSender<Ring>,
    told: &mut mpsc::UnboundedReceiver<Told>,
    backoff: &mut Backoff,
) -> Result<Ended, lapin::Error> {
    let connection = connection::connect(&wanted.url, "worker").await?;
    let mut consumers = consume(wanted, &connection).await?;
    backoff.reset();
    tracing::info!(broker = %wanted.url, "listening to the broker");
    // What rang before is found by looking once.
    if ring.send(Ring::Any).is_err() {
        return Ok(Ended::Stop);
    }
    let mut unanswered: BTreeMap<Stage, Vec<Acker>> = BTreeMap::new();
    let mut answered: BTreeMap<Stage, (Instant, Vec<Acker>)> = BTreeMap::new();
    loop {
        let due = answered.values().map(|(at, _)| *at).min();
        tokio::select! {
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                for (_, (_, ackers)) in answered.extract_if(.., |_, (at, _)| *at <= Instant::now()) {
                    acknowledge(ackers).await?;
                }
            }
            what = told.recv() => match what {
                None => {
                    connection::close(&connection).await;
                    return Ok(Ended::Stop);
                }
                Some(Told::Rest) => {
                    connection::close(&connection).await;
                    return Ok(Ended::Rest);
                }
                Some(Told::Answered(stage, false)) => {
                    let kept = answered.remove(&stage).map(|(_, ackers)| ackers);
                    acknowledge([kept, unanswered.remove(&stage)].into_iter().flatten().flatten()).await?;
                }
                Some(Told::Answered(stage, true)) => {
                    if let Some(ackers) = unanswered.remove(&stage) {
                        answered.entry(stage).or_insert_with(|| (Instant::now() + KEPT, vec![])).1.extend(ackers);
                    }
                }
                Some(Told::Listen) => {}
            },
            delivered = consumers.next() => match delivered {
                None => return Err(lapin::ErrorKind::InvalidConnectionState(lapin::ConnectionState::Closed).into()),
                Some(delivered) => {
                    if let Some((stage, lane, acker)) = read(wanted, delivered?).await? {
                        unanswered.entry(stage).or_default().push(acker);
                        if ring.send(Ring::Stage(stage, lane)).is_err() {
                            return Ok(Ended::Stop);
                        }
                    }
                }
            },
        }
    }
}

async fn acknowledge(ackers: impl IntoIterator<Item = Acker>) -> Result<(), lapin::Error> {
    for acker in ackers {
        acker.ack(BasicAckOptions::default()).await?;
    }
    Ok(())
}

/// Declares the queues of the stages and consumes them.
async fn consume(wanted: &Wanted, connection: &Connection) -> Result<SelectAll<Consumer>, lapin::Error> {
    let queues = Queues::of(wanted.installation);
    let channel = connection.create_channel().await?;
    // Of each consumer: quorum queues know no other bound.
    channel.basic_qos(wanted.slots, BasicQosOptions::default()).await?;
    queues.declare_dead(&channel).await?;
    let mut consumers = SelectAll::new();
    for stage in &wanted.stages {
        for lane in Lane::ALL {
            queues.declare(&channel, *stage, *lane).await?;
            let (queue, tag) = (queues.name(*stage, *lane), "".into());
            let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
            consumers.push(channel.basic_consume(queue, tag, options, none).await?);
        }
    }
    Ok(consumers)
}

/// What a message rings for. What cannot be read, or is of a stage that this worker does not serve, is laid aside.
async fn read(wanted: &Wanted, delivery: Delivery) -> Result<Option<(Stage, Lane, Acker)>, lapin::Error> {
    match serde_json::from_slice::<DoorbellEvent>(&delivery.data) {
        Ok(event) if wanted.stages.contains(&event.stage()) => {
            let trace = event.trace().map(|trace| trace.trace_id());
            tracing::debug!(stage = %event.stage(), lane = %event.lane(), trace, "a doorbell");
            Ok(Some((event.stage(), event.lane(), delivery.acker)))
        }
        read => {
            let why = read.err().map_or("it rings for a stage of another queue".to_owned(), |error| error.to_string());
            tracing::error!(queue = %delivery.routing_key, why, "a message that is no doorbell is laid aside");
            metrics::counter!("atr_doorbells_unreadable_total").increment(1);
            delivery.acker.reject(BasicRejectOptions { requeue: false }).await?;
            Ok(None)
        }
    }
}
