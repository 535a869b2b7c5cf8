//! Gathers what the fields of a request wait for, and reads it once they all wait.
//!
//! The engine advances a long list two items at a time. A gatherer that reads after a set time, as the engine's own data
//! loader does, therefore splits a list into as many reads as its items take time; this one reads when the request
//! cannot go on without it, which is the same moment however slow the machine is.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    hash::Hash,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::{
    future::{BoxFuture, poll_fn},
    stream::{FuturesUnordered, Stream},
    task::AtomicWaker,
};
use tokio::sync::oneshot;

use super::reader::Reader;
use crate::app::AppError;

/// The most keys of one statement.
const MOST: usize = 1_000;

/// Reads records by their keys, all at once.
pub(super) trait Loader<K> {
    /// What is found by a key.
    type Value: Send + Sync + Clone + 'static;

    /// What these keys lead to; a key that leads nowhere is left out.
    fn load(&self, keys: &[K]) -> impl Future<Output = Found<K, Self::Value>> + Send;
}

pub(super) type Found<K, V> = Result<HashMap<K, V>, Arc<AppError>>;

/// What the fields of one request wait for.
pub(super) struct Gatherer {
    reader: Arc<Reader>,
    /// By the type of key.
    waiting: Mutex<HashMap<TypeId, Box<dyn Batch>>>,
}

/// Fields that wait for records of one kind.
trait Batch: Any + Send {
    /// Reads the records and tells each field its own.
    fn read(self: Box<Self>, reader: Arc<Reader>) -> BoxFuture<'static, ()>;
}

struct Waiting<K, V>(Vec<Wait<K, V>>);

/// The keys of a field that waits, and how it is told.
type Wait<K, V> = (Vec<K>, oneshot::Sender<Told<V>>);

/// What each of the keys leads to, in their order.
type Told<V> = Result<Vec<Option<V>>, Arc<AppError>>;

impl<K> Batch for Waiting<K, <Reader as Loader<K>>::Value>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    Reader: Loader<K>,
{
    fn read(self: Box<Self>, reader: Arc<Reader>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // How many wait for each record still: the last one gets it, the others copies.
            let mut left: HashMap<K, usize> = HashMap::with_capacity(self.0.len());
            for key in self.0.iter().flat_map(|(keys, _)| keys) {
                *left.entry(key.clone()).or_default() += 1;
            }
            let wanted: Vec<K> = left.keys().cloned().collect();
            let mut found = match in_parts(&reader, &wanted).await {
                Ok(found) => found,
                Err(error) => {
                    for (_, tell) in self.0 {
                        // A field that no longer waits was given up with its request.
                        let _ = tell.send(Err(Arc::clone(&error)));
                    }
                    return;
                }
            };
            for (keys, tell) in self.0 {
                let own = keys.iter().map(|key| {
                    let left = left.get_mut(key)?;
                    *left -= 1;
                    if *left == 0 { found.remove(key) } else { found.get(key).cloned() }
                });
                let _ = tell.send(Ok(own.collect()));
            }
        })
    }
}

/// Reads records, so many by one statement at most.
async fn in_parts<K>(reader: &Reader, wanted: &[K]) -> Found<K, <Reader as Loader<K>>::Value>
where
    K: Eq + Hash,
    Reader: Loader<K>,
{
    let mut found = HashMap::with_capacity(wanted.len());
    for part in wanted.chunks(MOST) {
        found.extend(reader.load(part).await?);
    }
    Ok(found)
}

impl Gatherer {
    pub(super) fn new(reader: Arc<Reader>) -> Self {
        Self { reader, waiting: Mutex::default() }
    }

    /// The records with these keys, in their order. It ends only within [`Self::drive`].
    pub(super) async fn load_many<K>(&self, keys: Vec<K>) -> Told<<Reader as Loader<K>>::Value>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        Reader: Loader<K>,
    {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let (tell, told) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let batch = waiting
                .entry(TypeId::of::<K>())
                .or_insert_with(|| Box::new(Waiting::<K, <Reader as Loader<K>>::Value>(Vec::new())));
            let batch: &mut dyn Any = &mut **batch;
            if let Some(batch) = batch.downcast_mut::<Waiting<K, <Reader as Loader<K>>::Value>>() {
                batch.0.push((keys, tell));
            }
        }
        told.await.unwrap_or_else(|_| Ok(Vec::new()))
    }

    /// The record with this key.
    pub(super) async fn load_one<K>(&self, key: K) -> Result<Option<<Reader as Loader<K>>::Value>, Arc<AppError>>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        Reader: Loader<K>,
    {
        Ok(self.load_many(vec![key]).await?.pop().flatten())
    }

    /// Runs a request. Whenever it can go no further by itself, what its fields wait for is read, all kinds at once.
    /// Given up, it reads no more.
    pub(super) async fn drive<T>(&self, request: impl Future<Output = T>) -> T {
        let mut request = pin!(request);
        let mut reads = FuturesUnordered::new();
        let watch = Arc::new(Watch::default());
        let waker = Waker::from(Arc::clone(&watch));
        poll_fn(|cx| {
            watch.outer.register(cx.waker());
            loop {
                watch.woken.store(false, Ordering::SeqCst);
                if let Poll::Ready(answer) = request.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(answer);
                }
                if watch.woken.load(Ordering::SeqCst) {
                    // It has not come to its end yet: whoever woke it woke this task too.
                    return Poll::Pending;
                }
                let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
                reads.extend(waiting.into_values().map(|batch| batch.read(Arc::clone(&self.reader))));
                match Pin::new(&mut reads).poll_next(cx) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}

/// Tells whether a request wants to be polled again.
#[derive(Default)]
struct Watch {
    outer: AtomicWaker,
    woken: AtomicBool,
}

impl Wake for Watch {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.outer.wake();
    }
}
