//! How a worker hears that there is work. A transport carries nothing but a stage's name: tasks are claimed from
//! Postgres with the same statement whatever rang, and a ring that is lost, doubled or late harms nothing.

pub(crate) mod postgres;
pub mod rabbitmq;

use atr_core::queue::{Lane, Stage};

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// A stage has work.
    Stage(Stage, Lane),
    /// Any stage may have work: rings may have been missed.
    Any,
}

/// What a worker listens to.
#[derive(Debug)]
pub(crate) enum Doorbell {
    /// The database.
    Postgres(postgres::Notifications),
    /// A broker.
    RabbitMq(rabbitmq::Consumers),
}

impl Doorbell {
    /// Waits for the next ring. Dropped before it is heard, it is heard by the next call.
    pub(crate) async fn heard(&mut self) -> Ring {
        match self {
            Self::Postgres(notifications) => notifications.heard().await,
            Self::RabbitMq(consumers) => consumers.heard().await,
        }
    }

    /// Says that what rang for a stage up to now was answered: a claim has committed, and may have left more.
    pub(crate) fn answered(&self, stage: Stage, more: bool) {
        if let Self::RabbitMq(consumers) = self {
            consumers.answered(stage, more);
        }
    }

    /// Leaves to other workers what rings, until it is waited for again: no slot has been free for long.
    pub(crate) fn rest(&self) {
        if let Self::RabbitMq(consumers) = self {
            consumers.rest();
        }
    }
}
