//! The first signal asks to finish; the second stops at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that fires at the first SIGINT or SIGTERM. The second ends the process with 130.
pub(crate) fn stop_at_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let fired = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            if fired.is_cancelled() {
                std::process::exit(130);
            }
            eprintln!("stopping; a second signal stops at once");
            fired.cancel();
        }
    });
    Ok(stop)
}
