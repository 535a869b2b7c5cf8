//! Publishing doorbells, with confirms.

use std::time::Duration;

use atr_core::{clock::Clock, queue::Waiting};
use lapin::{
    BasicProperties, Channel, Connection,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use uuid::Uuid;

use super::{AmqpUrl, DoorbellEvent, connection, event::MEDIA_TYPE, queues::Queues};

/// How long the broker may take to confirm what was published.
const CONFIRMING: Duration = Duration::from_secs(15);
/// A message survives the broker's restart.
const PERSISTENT: u8 = 2;

/// Why doorbells were not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The connection or the broker failed.
    #[error("{0}")]
    Broker(#[from] lapin::Error),
    /// A doorbell was not taken.
    #[error("the broker refused or returned a doorbell for {0}")]
    Refused(lapin::types::ShortString),
    /// It is not known whether doorbells were taken.
    #[error("the broker did not confirm within {} seconds", CONFIRMING.as_secs())]
    Unconfirmed,
}

/// A connection to publish on: apart from those that consume, which a broker that is short of memory does not stop.
#[derive(Debug)]
pub struct Publisher {
    connection: Connection,
    channel: Channel,
    queues: Queues,
    installation: Uuid,
    /// Names this connection's messages, with their number.
    name: Uuid,
    published: u64,
}

impl Publisher {
    /// Connects. `name` is of no other publisher.
    ///
    /// # Errors
    /// If the broker is out of reach or refuses.
    pub async fn connect(url: &AmqpUrl, installation: Uuid, name: Uuid) -> Result<Self, PublishError> {
        let connection = connection::connect(url, "relay").await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let queues = Queues::of(installation);
        queues.declare_dead(&channel).await?;
        Ok(Self { connection, channel, queues, installation, name, published: 0 })
    }

    /// Fills a lane's queue up to so many doorbells; answers how many it lacked, all of them confirmed.
    ///
    /// # Errors
    /// If the broker did not take one of them; others may have been taken.
    pub async fn fill(&mut self, waiting: &Waiting, up_to: u32, clock: &Clock) -> Result<u32, PublishError> {
        let queue = self.queues.declare(&self.channel, waiting.stage, waiting.lane).await?;
        let lacks = up_to.saturating_sub(queue.message_count());
        let mut confirms = Vec::new();
        for _ in 0..lacks {
            self.published += 1;
            let id = format!("{}-{}", self.name, self.published);
            let event = DoorbellEvent::new(id.clone(), self.installation, clock.now(), waiting);
            let body = serde_json::to_vec(&event).expect("a doorbell serialises");
            let properties = BasicProperties::default()
                .with_content_type(MEDIA_TYPE.into())
                .with_delivery_mode(PERSISTENT)
                .with_message_id(id.into());
            // Mandatory: a queue that was deleted meanwhile is noticed.
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let published = self.channel.basic_publish("".into(), queue.name().clone(), options, &body, properties);
            confirms.push(published.await?);
        }
        let confirmed = futures_util::future::try_join_all(confirms);
        for confirmation in
            tokio::time::timeout(CONFIRMING, confirmed).await.map_err(|_| PublishError::Unconfirmed)??
        {
            if !confirmation.is_ack() || confirmation.take_message().is_some() {
                return Err(PublishError::Refused(queue.name().clone()));
            }
        }
        Ok(lacks)
    }

    /// Whether the broker still holds the connection.
    pub fn is_up(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Closes the connection.
    pub async fn close(self) {
        connection::close(&self.connection).await;
    }
}
