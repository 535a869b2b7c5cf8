//! Group commit: what comes one at a time, but from many at once, is stored together.
//!
//! A commit waits for the disk, which bounds how often one can be made; so while a transaction runs, what comes meanwhile
//! gathers, and the next one stores all of it (DeWitt et al., "Implementation Techniques for Main Memory Database Systems",
//! SIGMOD 1984). Nobody waits where nobody else comes: the first begins at once.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use atr_core::{
    domain::{
        Rejection,
        intake::{BatchOutcome, Door, Sender},
        new_trace::NewTrace,
    },
    ids::{ApiKeyId, ProjectId},
    trace_context::TraceContext,
};
use tokio::sync::oneshot;

use super::{Actor, App, AppError, intake};

type Items = Vec<Result<NewTrace, Rejection>>;

/// The most items that a request brings and that wait for others,
const FEW: usize = 8;
/// and the most bytes of text in them.
const SMALL: usize = 64 << 10;
/// The most requests that one transaction stores.
const TOGETHER: usize = 256;

/// What has gathered in this process since a transaction began, by whose it is, with which key it came and which distributed trace
/// its tasks go on in: while there is an entry, a transaction runs.
#[derive(Debug, Default)]
pub struct Gathered(Mutex<HashMap<Key, Vec<Waiting>>>);

type Key = (ProjectId, Option<ApiKeyId>, Option<TraceContext>);

#[derive(Debug)]
struct Waiting {
    items: Items,
    origin: Option<IpAddr>,
    answer: oneshot::Sender<BatchOutcome>,
}

impl Gathered {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request; says whether a transaction is to be begun for it.
    fn add(&self, key: Key, request: Waiting) -> bool {
        let mut gathered = self.lock();
        let begin = !gathered.contains_key(&key);
        gathered.entry(key).or_default().push(request);
        begin
    }

    /// What the next transaction stores. If nothing has gathered, the next request begins one.
    fn take(&self, key: Key) -> Vec<Waiting> {
        let mut gathered = self.lock();
        let Some(waiting) = gathered.get_mut(&key) else { return vec![] };
        let next = waiting.len().min(TOGETHER);
        let next: Vec<_> = waiting.drain(..next).collect();
        if next.is_empty() {
            gathered.remove(&key);
        }
        next
    }
}

/// Stores a small request's traces together with those of others that come at once. `None` if it is not small, or if what
/// it was put together with could not be stored: then it is to be stored by itself, so that no other's fault is its own.
pub(super) async fn record(app: &App, actor: &Actor, items: &Items) -> Option<BatchOutcome> {
    let text: usize = items.iter().flatten().map(NewTrace::text_bytes).sum();
    if items.len() > FEW || text > SMALL {
        return None;
    }
    let key = (actor.project, actor.key, TraceContext::current());
    let (answer, told) = oneshot::channel();
    if app.process.gathered.add(key, Waiting { items: items.clone(), origin: actor.origin, answer }) {
        // A task of its own: the request that began it may be given up, the others still wait for it.
        tokio::spawn(TraceContext::scope(key.2, store_all(app.clone(), key)));
    }
    told.await.ok()
}

/// What waits for a transaction that will not come, since what stored it broke off, goes on by itself.
struct Storing<'a> {
    gathered: &'a Gathered,
    key: Key,
    ended: bool,
}

impl Drop for Storing<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.gathered.lock().remove(&self.key);
        }
    }
}

async fn store_all(app: App, key: Key) {
    let gathered = &app.process.gathered;
    let mut storing = Storing { gathered, key, ended: false };
    loop {
        let next = gathered.take(key);
        if next.is_empty() {
            storing.ended = true;
            return;
        }
        let first = next[0].origin;
        let origin = first.filter(|first| next.iter().all(|request| request.origin == Some(*first)));
        let (items, waiting): (Vec<_>, Vec<_>) =
            next.into_iter().map(|Waiting { items, answer, .. }| (items, answer)).unzip();
        let counts: Vec<_> = items.iter().map(Vec::len).collect();
        match store(&app, key.0, Sender { key: key.1, origin }, items.concat()).await {
            Ok(BatchOutcome { items: outcomes, batch }) => {
                let mut outcomes = outcomes.into_iter();
                for (answer, count) in waiting.into_iter().zip(counts) {
                    let items = outcomes.by_ref().take(count).collect();
                    // Who gave up waiting finds it stored when they send it again.
                    let _ = answer.send(BatchOutcome { items, batch });
                }
            }
            // Each stores its own, and hears what is wrong; what is a fault is logged there.
            Err(error) => tracing::debug!(%error, requests = waiting.len(), "not stored together"),
        }
    }
}

async fn store(app: &App, project: ProjectId, sender: Sender, items: Items) -> Result<BatchOutcome, AppError> {
    let (mut tx, items) = intake::begin(app, project, sender, Door::Traces, items).await?;
    let outcome = tx.record_traces(&items).await?;
    intake::finish(app, tx, None, outcome).await
}
