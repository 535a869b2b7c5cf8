//! Connecting, and connecting again.

use std::time::Duration;

use lapin::{Connection, ConnectionProperties};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::AmqpUrl;

/// The pause after the first failure; it doubles,
const FIRST_PAUSE: f64 = 0.2;
/// up to this.
const LONGEST_PAUSE: f64 = 15.0;

/// Opens a connection. `role` is what it is called in the broker's list.
pub(super) async fn connect(url: &AmqpUrl, role: &str) -> Result<Connection, lapin::Error> {
    // What is lost is made anew by us, with its topology: a broker that comes back empty gets its queues back.
    let properties = ConnectionProperties::default().with_connection_name(format!("atr {role}").into());
    Connection::connect_uri(url.uri(), properties).await
}

/// Closes a connection that may be broken already.
pub(super) async fn close(connection: &Connection) {
    if let Err(error) = connection.close(200, "stopping".into()).await {
        tracing::debug!(%error, "the broker's connection was closed already");
    }
}

/// How long to wait before the next attempt: longer each time, and not at the same time as other workers.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: i32,
    random: StdRng,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { failures: 0, random: StdRng::seed_from_u64(seed) }
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// It did not.
    pub(super) fn pause(&mut self) -> Duration {
        let doubled = (FIRST_PAUSE * 2f64.powi(self.failures)).min(LONGEST_PAUSE);
        self.failures = (self.failures + 1).min(16);
        Duration::from_secs_f64(doubled * self.random.random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new(1);
        let first = backoff.pause();
        let later: Vec<Duration> = (0..40).map(|_| backoff.pause()).collect();
        assert!(first <= Duration::from_secs_f64(FIRST_PAUSE));
        assert!(later.iter().all(|pause| pause.as_secs_f64() <= LONGEST_PAUSE));
        assert!(later[39].as_secs_f64() >= LONGEST_PAUSE / 2.0);
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_secs_f64(FIRST_PAUSE));
    }
}
