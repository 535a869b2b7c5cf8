//! From lines to committed batches.

use std::{io, time::Duration};

use atr_core::{
    domain::{
        Rejection,
        intake::{BatchOutcome, ItemOutcome},
        new_trace::too_long,
    },
    store::Got,
};
use tokio::io::AsyncBufRead;

use super::{item::Item, lines::Lines};
use crate::app::{
    Actor, App, AppError, count_items,
    ingest_keys::{Advance, Hold},
};

/// A batch is committed when it has so many lines,
const BATCH_LINES: usize = 500;
/// or so many bytes of them,
const BATCH_BYTES: usize = 2 << 20;
/// or when the sender pauses for so long: what it waits for may be the answer.
const PAUSE: Duration = Duration::from_millis(100);

/// Why not all lines were taken in. What was reported before is stored.
#[derive(Debug)]
pub(super) struct Stopped {
    /// The first line that was not taken in.
    pub(super) line: u64,
    /// Why.
    pub(super) why: Why,
}

#[derive(Debug)]
pub(super) enum Why {
    /// The body broke off.
    Body(io::Error),
    /// A batch could not be stored.
    App(AppError),
    /// Something else was sent under its key before.
    OtherContent,
}

/// A committed batch: the numbers of its lines, and what became of each.
#[derive(Debug)]
pub(super) struct Committed {
    pub(super) numbers: Vec<u64>,
    pub(super) outcomes: Vec<ItemOutcome>,
}

/// A body that is sent under a key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) hold: Hold,
    /// How far it got before.
    pub(super) got: Got,
    /// Whether this body begins with what was sent before; else it begins where that ended.
    pub(super) whole: bool,
    /// Whether it was held against what was sent before.
    pub(super) checked: bool,
    /// After which line what was answered before is to be answered again.
    pub(super) again_after: Option<u64>,
}

/// Takes lines in, batch by batch.
pub(super) struct Feed<T, R> {
    app: App,
    actor: Actor,
    lines: Lines<R>,
    numbers: Vec<u64>,
    items: Vec<Result<T, Rejection>>,
    bytes: usize,
    keyed: Option<Keyed>,
}

impl<T: Item, R: AsyncBufRead + Unpin> Feed<T, R> {
    pub(super) fn new(app: App, actor: Actor, lines: Lines<R>, keyed: Option<Keyed>) -> Self {
        Self { app, actor, lines, numbers: vec![], items: vec![], bytes: 0, keyed }
    }

    /// Takes the next batch in and commits it; `None` at the end. What was answered before comes first.
    pub(super) async fn next(&mut self) -> Result<Option<Committed>, Stopped> {
        let next = match self.again().await {
            Ok(None) => self.batch().await,
            again => again,
        };
        if next.is_err()
            && let Some(keyed) = &mut self.keyed
            && let Err(error) = keyed.hold.let_go().await
        {
            error.log();
        }
        next
    }

    /// What was answered before.
    async fn again(&mut self) -> Result<Option<Committed>, Stopped> {
        let Some(keyed) = &mut self.keyed else { return Ok(None) };
        let stopped = |line, why| Stopped { line, why };
        if !std::mem::replace(&mut keyed.checked, true) {
            let Got { position, done } = &keyed.got;
            let same = async {
                let same = !keyed.whole || self.lines.skip_to(position).await?;
                let ended = !done || self.lines.next().await?.is_none() && self.lines.position() == *position;
                Ok(same && ended)
            };
            // Before anything is answered, so that the status tells it.
            if !same.await.map_err(|error| stopped(position.lines + 1, Why::Body(error)))? {
                return Err(stopped(1, Why::OtherContent));
            }
        }
        let Some(after) = keyed.again_after else { return Ok(None) };
        let answers = keyed.hold.answers_after(after).await.map_err(|error| stopped(after + 1, Why::App(error)))?;
        let (numbers, outcomes): (Vec<_>, Vec<_>) = answers.into_iter().flatten().unzip();
        keyed.again_after = numbers.last().copied();
        Ok((!numbers.is_empty()).then_some(Committed { numbers, outcomes }))
    }

    async fn batch(&mut self) -> Result<Option<Committed>, Stopped> {
        let first_open = self.lines.next_number();
        while self.items.len() < BATCH_LINES && self.bytes < BATCH_BYTES {
            let read = if self.items.is_empty() {
                self.lines.next().await
            } else {
                match tokio::time::timeout(PAUSE, self.lines.next()).await {
                    Ok(read) => read,
                    Err(_) => break,
                }
            };
            match read {
                Ok(Some(line)) => {
                    self.numbers.push(line.number);
                    self.bytes += line.content.map_or(0, <[u8]>::len);
                    self.items.push(line.content.map_err(too_long).and_then(T::parse));
                }
                Ok(None) => break,
                Err(error) => return Err(Stopped { line: first_open, why: Why::Body(error) }),
            }
        }
        let stopped = |why| Stopped { line: first_open, why: Why::App(why) };
        let to = self.lines.position();
        if self.items.is_empty() {
            if let Some(keyed) = &mut self.keyed {
                keyed.hold.finish(&to).await.map_err(stopped)?;
            }
            return Ok(None);
        }
        self.bytes = 0;
        let numbers = std::mem::take(&mut self.numbers);
        let items = std::mem::take(&mut self.items);
        let under = self.keyed.as_ref().map(|keyed| Advance { hold: &keyed.hold, to, numbers: &numbers });
        let BatchOutcome { items: outcomes, .. } =
            T::record(&self.app, &self.actor, items, under.as_ref()).await.map_err(stopped)?;
        count_items(T::DOOR, &outcomes);
        Ok(Some(Committed { numbers, outcomes }))
    }
}
