//! Following what changes: something is read whenever it may have changed, each time in a short transaction of its own.
//! Between two reads nothing is held.

mod jobs;
mod review_queue;
mod snapshots;
mod work;

use std::time::Duration;

use atr_core::{
    domain::access::Permission,
    ids::ProjectId,
    store::{Change, Store, Topic, Tx},
};
use futures_util::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Actor, App, AppError};

pub use jobs::{JobProgress, JobReport};
pub use review_queue::{ReviewQueue, Routed};
pub use snapshots::SnapshotState;
pub use work::{OpenWork, WorkProgress};

/// When to look again at what a running transaction keeps back, or after a fault: nobody tells.
const SOON: Duration = Duration::from_millis(300);
/// When to look again although nothing was heard: a word may be lost.
const LATER: Duration = Duration::from_secs(15);

/// What can be followed.
pub trait Follow: Send + 'static {
    /// What is told.
    type Event: Send + 'static;
    /// What wakes it.
    const TOPIC: Topic;
    /// The least time between two reads.
    const PACE: Duration = Duration::ZERO;

    /// Refuses who may not follow it: whoever may not read the project, where nothing else is said.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    fn may(actor: &Actor) -> Result<(), AppError> {
        actor.may(Permission::Read)
    }

    /// Looks what there is to tell.
    fn read(&mut self, tx: &mut Tx) -> impl Future<Output = Result<Step<Self::Event>, AppError>> + Send;
}

/// What was found by a look.
#[derive(Debug)]
pub struct Step<E> {
    /// What is told.
    pub event: Option<E>,
    /// When to look again.
    pub then: Then,
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// At once: there is more.
    Now,
    /// Soon, whether or not anything is heard.
    Soon,
    /// When something is heard.
    Later,
    /// Never: nothing more will come.
    End,
}

impl Then {
    fn after<T, K>(found: &atr_core::store::Followed<T, K>) -> Self {
        match (found.more, found.held_back) {
            (true, _) => Self::Now,
            (false, true) => Self::Soon,
            (false, false) => Self::Later,
        }
    }
}

/// Follows something in the caller's project. A fault of the first look ends it, as any error does; of a later one only
/// what does not pass.
///
/// # Errors
/// If the caller may not read, or the database is out of reach.
pub async fn follow<F: Follow>(
    app: &App,
    actor: &Actor,
    what: F,
) -> Result<impl Stream<Item = Result<F::Event, AppError>> + Send + use<F>, AppError> {
    F::may(actor)?;
    let change = Change { project: actor.project, topic: F::TOPIC };
    let changed = app.process.changes.watch(&app.store, change).await?;
    let following =
        Following { store: app.store.clone(), project: actor.project, changed, what, then: Then::Now, last: None };
    Ok(stream::unfold(Some(following), async |following| {
        let mut following = following?;
        match following.next().await? {
            Ok(event) => Some((Ok(event), Some(following))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Following<F> {
    store: Store,
    project: ProjectId,
    changed: watch::Receiver<()>,
    what: F,
    then: Then,
    /// When it was last looked.
    last: Option<Instant>,
}

impl<F: Follow> Following<F> {
    async fn next(&mut self) -> Option<Result<F::Event, AppError>> {
        loop {
            match self.then {
                Then::Now => {}
                Then::Soon => self.wait(SOON).await,
                Then::Later => self.wait(LATER).await,
                Then::End => return None,
            }
            if let Some(last) = self.last {
                sleep_until(last + F::PACE).await;
            }
            // Before the look: what changes while it looks is looked at again.
            self.changed.mark_unchanged();
            let begun = self.last.replace(Instant::now()).is_some();
            match self.look().await {
                Ok(Step { event, then }) => {
                    self.then = then;
                    if let Some(event) = event {
                        return Some(Ok(event));
                    }
                }
                Err(AppError::Store(error)) if begun && error.is_passing() => {
                    tracing::warn!(%error, "what is followed could not be read; it is tried again");
                    self.then = Then::Soon;
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    async fn look(&mut self) -> Result<Step<F::Event>, AppError> {
        let mut tx = self.store.begin(self.project).await?;
        let step = self.what.read(&mut tx).await?;
        tx.rollback().await?;
        Ok(step)
    }

    async fn wait(&mut self, most: Duration) {
        if let Ok(Err(_)) = timeout(most, self.changed.changed()).await {
            // Nobody tells any more.
            sleep(most).await;
        }
    }
}
