//! Messages that come more than once.

use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions},
};
use rand::{rngs::StdRng, seq::SliceRandom};

use crate::patience::Result;

/// A message as it was found.
#[derive(Debug, Clone)]
struct Message {
    queue: String,
    body: Vec<u8>,
    properties: BasicProperties,
}

/// Publishes again what was published.
#[derive(Debug, Default)]
pub struct Doubler {
    last: Option<Message>,
}

impl Doubler {
    /// Publishes a message that waits in one of the queues so many times more before it is taken from there; where none
    /// waits, the last one that was found. Answers the queue, if ever a message was found.
    pub async fn double(
        &mut self,
        url: &str,
        mut queues: Vec<String>,
        times: u8,
        random: &mut StdRng,
    ) -> Result<Option<String>> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        queues.shuffle(random);
        let mut found = None;
        for queue in queues {
            if let Some(waits) = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await? {
                let (body, properties) = (waits.data.clone(), waits.properties.clone());
                self.last = Some(Message { queue, body, properties });
                found = Some(waits);
                break;
            }
        }
        let Some(message) = &self.last else { return Ok(None) };
        for _ in 0..times {
            let Message { queue, body, properties } = message;
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let sent =
                channel.basic_publish("".into(), queue.as_str().into(), options, body, properties.clone()).await?;
            let confirmed = sent.await?;
            if !confirmed.is_ack() {
                return Err(format!("RabbitMQ did not take a message for {queue}: {confirmed:?}").into());
            }
        }
        if let Some(waits) = found {
            waits.ack(BasicAckOptions::default()).await?;
        }
        let queue = message.queue.clone();
        connection.close(200, "done".into()).await?;
        Ok(Some(queue))
    }
}
