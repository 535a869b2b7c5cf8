//! Messages that come more than once.

use std::cmp::Reverse;

use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions},
};
use rand::{rngs::StdRng, seq::SliceRandom};

use crate::{broker::Queue, patience::Result};

/// How many queues are looked into, the longest first.
const TRIED: usize = 4;

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
    /// waits, the last one that was found. Answers the queue.
    pub async fn double(
        &mut self,
        url: &str,
        mut queues: Vec<Queue>,
        times: u8,
        random: &mut StdRng,
    ) -> Result<String> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        queues.shuffle(random);
        queues.sort_by_key(|queue| Reverse(queue.messages));
        let mut found = None;
        for Queue { name, .. } in queues.into_iter().take(TRIED) {
            if let Some(waits) = channel.basic_get(name.as_str().into(), BasicGetOptions::default()).await? {
                let (body, properties) = (waits.data.clone(), waits.properties.clone());
                self.last = Some(Message { queue: name, body, properties });
                found = Some(waits);
                break;
            }
        }
        let message = self.last.as_ref().ok_or("no message was seen yet")?;
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
        Ok(queue)
    }
}
