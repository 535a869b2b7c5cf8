//! How much work is open.

use std::time::Duration;

use atr_core::{
    queue::{Depth, Rate, Stage, State},
    store::{Topic, Tx},
};

use super::{Follow, Step, Then};
use crate::app::AppError;

/// The project's work that has not ended, and how fast it is done: the newest whenever it is another, once a second at
/// most. The first comes at once.
#[derive(Debug, Default)]
pub struct WorkProgress {
    told: Option<Vec<(Stage, State, i64)>>,
}

/// How much of each stage's work is open.
#[derive(Debug)]
pub struct OpenWork {
    /// How many tasks wait, run or are dead.
    pub depths: Vec<Depth>,
    /// How fast each stage's tasks were done of late.
    pub rates: Vec<Rate>,
}

impl Follow for WorkProgress {
    type Event = OpenWork;
    const TOPIC: Topic = Topic::Tasks;
    const PACE: Duration = Duration::from_secs(1);

    async fn read(&mut self, tx: &mut Tx) -> Result<Step<OpenWork>, AppError> {
        let depths = tx.open_work().await?;
        let now: Vec<_> = depths.iter().map(|depth| (depth.stage, depth.state, depth.tasks)).collect();
        let step = |event| Step { event, then: Then::Later };
        if self.told.as_ref() == Some(&now) {
            return Ok(step(None));
        }
        self.told = Some(now);
        Ok(step(Some(OpenWork { depths, rates: tx.queue_rates().await? })))
    }
}
