//! The broker, as a test looks at it past the workers.

use std::time::Duration;

use atr_core::queue::Stage;
use atr_workers::transport::rabbitmq::{AmqpUrl, remove_queues};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::BasicGetMessage,
    options::{
        BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions,
        QueueDeclareOptions, QueuePurgeOptions,
    },
    types::{FieldTable, ShortString},
};
use uuid::Uuid;

use crate::world::PATIENCE;

pub struct Broker {
    address: String,
    installation: Uuid,
    prefix: String,
    connection: Connection,
}

/// The broker to test on.
pub fn address() -> String {
    std::env::var("AMQP_URL").unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672/%2f".to_owned())
}

impl Broker {
    pub async fn connect(installation: Uuid) -> Self {
        let address = address();
        let connection = Connection::connect(&address, ConnectionProperties::default()).await.expect("a broker");
        let prefix = format!("atr.{}", &installation.simple().to_string()[..12]);
        Self { address, installation, prefix, connection }
    }

    pub fn url(&self) -> AmqpUrl {
        self.address.parse().expect("an address")
    }

    fn queue(&self, stage: Stage) -> ShortString {
        format!("{}.{stage}", self.prefix).into()
    }

    async fn channel(&self) -> Channel {
        self.connection.create_channel().await.expect("a channel")
    }

    /// How many messages wait in a queue; none where it is not there.
    async fn waiting_in(&self, queue: ShortString) -> u32 {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        match self.channel().await.queue_declare(queue, passive, FieldTable::default()).await {
            Ok(queue) => queue.message_count(),
            Err(_) => 0,
        }
    }

    /// How many doorbells of a stage wait.
    pub async fn waiting(&self, stage: Stage) -> u32 {
        self.waiting_in(self.queue(stage)).await
    }

    /// How many messages could not be read.
    pub async fn laid_aside(&self) -> u32 {
        self.waiting_in(format!("{}.dead", self.prefix).into()).await
    }

    /// Puts something into a stage's queue, once it is there.
    pub async fn publish(&self, stage: Stage, body: &[u8]) {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let channel = self.channel().await;
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let sent = channel.basic_publish("".into(), self.queue(stage), options, body, BasicProperties::default());
            let confirmed = sent.await.expect("sent").await.expect("confirmed");
            if confirmed.take_message().is_none() {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "no worker declares the queue of {stage}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Takes a doorbell out without answering it yet.
    async fn get(&self, channel: &Channel, stage: Stage) -> Option<BasicGetMessage> {
        channel.basic_get(self.queue(stage), BasicGetOptions::default()).await.expect("asked")
    }

    /// The next doorbell of a stage, as it was written; it is put back.
    pub async fn look_at(&self, stage: Stage) -> Option<Vec<u8>> {
        let channel = self.channel().await;
        let message = self.get(&channel, stage).await?;
        let back = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
        message.delivery.acker.nack(back).await.expect("put back");
        Some(message.delivery.data)
    }

    /// Doubles every doorbell of a stage that waits, the last first, and lets one be delivered again.
    pub async fn stir(&self, stage: Stage) -> usize {
        let channel = self.channel().await;
        let mut messages = Vec::new();
        while let Some(message) = self.get(&channel, stage).await {
            messages.push(message);
        }
        for message in messages.iter().rev() {
            for _ in 0..3 {
                self.publish(stage, &message.delivery.data).await;
            }
        }
        for (n, message) in messages.iter().enumerate() {
            let acker = &message.delivery.acker;
            if n == 0 {
                let back = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
                acker.nack(back).await.expect("put back");
            } else {
                acker.ack(BasicAckOptions::default()).await.expect("taken");
            }
        }
        messages.len()
    }

    /// Loses every doorbell of a stage.
    pub async fn lose(&self, stage: Stage) {
        let channel = self.channel().await;
        channel.queue_purge(self.queue(stage), QueuePurgeOptions::default()).await.expect("purged");
    }

    pub async fn remove(self) {
        remove_queues(&self.url(), self.installation).await.expect("removed");
        self.connection.close(200, "done".into()).await.expect("closed");
    }
}
