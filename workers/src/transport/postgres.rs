//! NOTIFY and a slow poll: a ring that is lost only makes work wait for the poll.

use std::time::Duration;

use atr_core::{
    queue::{Lane, Listener},
    store::Store,
};

use super::Ring;

/// How long a worker waits before it tries anew to listen; it polls meanwhile.
const AGAIN: Duration = Duration::from_secs(5);

/// Hears rings of this database.
#[derive(Debug)]
pub(crate) struct Notifications {
    store: Store,
    listener: Option<Listener>,
}

impl Notifications {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, listener: None }
    }

    /// Waits for the next ring.
    pub(crate) async fn heard(&mut self) -> Ring {
        let listener = match &mut self.listener {
            Some(listener) => listener,
            None => match Listener::start(&self.store).await {
                // What was rung before we listened is found by looking once.
                Ok(listener) => {
                    self.listener = Some(listener);
                    return Ring::Any;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot listen for tasks; polling");
                    tokio::time::sleep(AGAIN).await;
                    return Ring::Any;
                }
            },
        };
        match listener.heard().await {
            Ok(Some(stage)) => Ring::Stage(stage, Lane::Usual),
            // The connection broke and was made anew.
            Ok(None) => Ring::Any,
            Err(error) => {
                tracing::warn!(%error, "no longer listening for tasks; starting again");
                self.listener = None;
                Ring::Any
            }
        }
    }
}
