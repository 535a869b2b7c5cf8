//! How often a key may ask: a token bucket a key, in each process by itself.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
};

use atr_core::ids::ApiKeyId;
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::{Actor, AppError};

/// The requests a minute that a key is answered where nothing else is said.
pub const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(60_000).expect("not zero");

/// The buckets of the keys that asked.
#[derive(Debug)]
pub struct Rates {
    bound: NonZeroU32,
    clock: DefaultClock,
    buckets: Mutex<HashMap<ApiKeyId, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    bound: NonZeroU32,
    limiter: DefaultDirectRateLimiter,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(REQUESTS_PER_MINUTE)
    }
}

impl Rates {
    /// With so many requests a minute for keys that have no bound of their own. As many may come at once, too.
    pub fn new(bound: NonZeroU32) -> Self {
        Self { bound, clock: DefaultClock::default(), buckets: Mutex::default() }
    }

    /// Lets a request in, or says when to ask again. What comes without a key, from a command, is let in.
    ///
    /// # Errors
    /// [`AppError::TooOften`].
    pub fn admit(&self, actor: &Actor) -> Result<(), AppError> {
        let Some(key) = actor.key else { return Ok(()) };
        let own = actor.requests_per_minute.and_then(|own| u32::try_from(own).ok()).and_then(NonZeroU32::new);
        let bound = own.unwrap_or(self.bound);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key).or_insert_with(|| Bucket::new(bound));
        if bucket.bound != bound {
            *bucket = Bucket::new(bound);
        }
        admit(&bucket.limiter, &self.clock, bound)
            .inspect_err(|_| metrics::counter!("atr_rate_limited_total").increment(1))
    }
}

/// Lets one more in through a limit of so many a minute, or says when to ask again.
pub(super) fn admit(
    limiter: &DefaultDirectRateLimiter,
    clock: &DefaultClock,
    bound: NonZeroU32,
) -> Result<(), AppError> {
    limiter.check().map_err(|until| {
        let wait = until.wait_time_from(clock.now());
        AppError::TooOften { bound: bound.get(), retry_after_seconds: wait.as_secs_f64().ceil().max(1.0) as u32 }
    })
}

impl Bucket {
    fn new(bound: NonZeroU32) -> Self {
        Self { bound, limiter: RateLimiter::direct(Quota::per_minute(bound)) }
    }
}
