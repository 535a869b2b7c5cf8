//! RabbitMQ: doorbells through a broker, for many workers on many machines.
//!
//! Postgres owns every task. One worker at a time, the relay, looks at what waits and keeps as many doorbells in a stage's
//! queue as its waiting tasks make batches, up to a bound; a worker that hears one claims a batch, and acknowledges once the
//! claim has committed. So whatever is lost is rung for again, and the queues stay short however much waits.

mod address;
mod connection;
mod consumers;
mod event;
mod publisher;
mod queues;
mod relay;

pub use address::{AmqpUrl, AmqpUrlError};
pub use consumers::{Consumers, Wanted};
pub use event::DoorbellEvent;
pub use publisher::{PublishError, Publisher};
pub use queues::remove_queues;
pub(crate) use relay::Relay;
