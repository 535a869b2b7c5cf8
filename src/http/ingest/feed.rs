//! From lines to committed batches.

use std::{io, time::Duration};

use atr_core::domain::{
    Rejection,
    intake::{BatchOutcome, ItemOutcome},
    new_trace::too_long,
};
use tokio::io::AsyncBufRead;

use super::{item::Item, lines::Lines};
use crate::app::{Actor, App, AppError, count_items};

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
}

/// A committed batch: the numbers of its lines, and what became of each.
#[derive(Debug)]
pub(super) struct Committed {
    pub(super) numbers: Vec<u64>,
    pub(super) outcomes: Vec<ItemOutcome>,
}

/// Takes lines in, batch by batch.
pub(super) struct Feed<T, R> {
    app: App,
    actor: Actor,
    lines: Lines<R>,
    numbers: Vec<u64>,
    items: Vec<Result<T, Rejection>>,
    bytes: usize,
}

impl<T: Item, R: AsyncBufRead + Unpin> Feed<T, R> {
    pub(super) fn new(app: App, actor: Actor, lines: Lines<R>) -> Self {
        Self { app, actor, lines, numbers: vec![], items: vec![], bytes: 0 }
    }

    /// Takes the next batch in and commits it; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Committed>, Stopped> {
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
        if self.items.is_empty() {
            return Ok(None);
        }
        self.bytes = 0;
        let numbers = std::mem::take(&mut self.numbers);
        let items = std::mem::take(&mut self.items);
        match T::record(&self.app, &self.actor, items).await {
            Ok(BatchOutcome { items: outcomes, .. }) => {
                count_items(T::DOOR, &outcomes);
                Ok(Some(Committed { numbers, outcomes }))
            }
            Err(why) => Err(Stopped { line: first_open, why: Why::App(why) }),
        }
    }
}
