//! The queues: one for each stage and lane, durable and replicated, and one for what could not be read.

use atr_core::queue::{Lane, Stage};
use lapin::{
    Channel, Queue,
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{FieldTable, ShortString},
};
use uuid::Uuid;

use super::{AmqpUrl, connection};

/// How often a doorbell is delivered before it is laid aside: one that ends each worker that hears it must stop.
const DELIVERIES: i32 = 20;
/// How many messages that could not be read are kept.
const DEAD: i32 = 10_000;

/// The names of an installation's queues.
#[derive(Debug, Clone)]
pub(super) struct Queues {
    prefix: String,
}

impl Queues {
    pub(super) fn of(installation: Uuid) -> Self {
        // 48 random bits tell installations apart that share a broker.
        let id = installation.simple().to_string();
        Self { prefix: format!("atr.{}", &id[..12]) }
    }

    /// Quorum queues of RabbitMQ 3.10 have no priorities, so each lane is a queue.
    pub(super) fn name(&self, stage: Stage, lane: Lane) -> ShortString {
        match lane {
            Lane::Usual => format!("{}.{stage}", self.prefix),
            Lane::Urgent => format!("{}.{stage}.urgent", self.prefix),
        }
        .into()
    }

    /// Where what could not be read is laid aside, through the default exchange.
    pub(super) fn dead(&self) -> ShortString {
        format!("{}.dead", self.prefix).into()
    }

    /// Makes sure that a lane's queue is there, and tells how many doorbells wait in it.
    pub(super) async fn declare(&self, channel: &Channel, stage: Stage, lane: Lane) -> Result<Queue, lapin::Error> {
        let mut arguments = quorum();
        arguments.insert("x-delivery-limit".into(), DELIVERIES.into());
        arguments.insert("x-dead-letter-exchange".into(), long(""));
        arguments.insert("x-dead-letter-routing-key".into(), long(self.dead().as_str()));
        channel.queue_declare(self.name(stage, lane), QueueDeclareOptions::durable(), arguments).await
    }

    /// Makes sure that the queue of what could not be read is there.
    pub(super) async fn declare_dead(&self, channel: &Channel) -> Result<Queue, lapin::Error> {
        let mut arguments = quorum();
        // The oldest make room.
        arguments.insert("x-max-length".into(), DEAD.into());
        channel.queue_declare(self.dead(), QueueDeclareOptions::durable(), arguments).await
    }
}

/// Removes an installation's queues from the broker, with what is in them: work that waits is found in the database.
///
/// # Errors
/// If the broker is out of reach or refuses.
pub async fn remove_queues(url: &AmqpUrl, installation: Uuid) -> Result<(), lapin::Error> {
    let queues = Queues::of(installation);
    let connection = connection::connect(url, "cleaner").await?;
    let channel = connection.create_channel().await?;
    let lanes = Stage::ALL.iter().flat_map(|stage| Lane::ALL.iter().map(|lane| queues.name(*stage, *lane)));
    for queue in lanes.chain([queues.dead()]) {
        // One that is not there is deleted all the same (RabbitMQ's extension of AMQP 0-9-1).
        channel.queue_delete(queue, QueueDeleteOptions::default()).await?;
    }
    connection::close(&connection).await;
    Ok(())
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), long("quorum"));
    arguments
}

fn long(text: &str) -> lapin::types::AMQPValue {
    lapin::types::AMQPValue::LongString(text.into())
}
