//! NOTIFY and a slow poll: a ring that is lost only makes work wait for the poll.

use std::time::Duration;

use atr_core::{
    queue::{Listener, Stage},
    store::Store,
};

/// How long a worker waits for a ring before it looks by itself.
const POLL: Duration = Duration::from_secs(5);

/// Hears rings of this database.
#[derive(Debug)]
pub(crate) struct Doorbell {
    store: Store,
    listener: Option<Listener>,
}

impl Doorbell {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, listener: None }
    }

    /// Waits until there may be work: of one stage, or, after a pause or a broken connection, of any (`None`).
    pub(crate) async fn heard(&mut self) -> Option<Stage> {
        let listener = match &mut self.listener {
            Some(listener) => listener,
            None => match Listener::start(&self.store).await {
                // What was rung before we listened is found by looking once.
                Ok(listener) => {
                    self.listener = Some(listener);
                    return None;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot listen for tasks; polling");
                    tokio::time::sleep(POLL).await;
                    return None;
                }
            },
        };
        match tokio::time::timeout(POLL, listener.heard()).await {
            Ok(Ok(stage)) => stage,
            Ok(Err(error)) => {
                tracing::warn!(%error, "no longer listening for tasks; starting again");
                self.listener = None;
                None
            }
            Err(_) => None,
        }
    }
}
