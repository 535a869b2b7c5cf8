//! What can be followed, over graphql-transport-ws.

use std::str::FromStr;

use async_graphql::{Context, ID, Result, SimpleObject, Subscription as Subscribing};
use atr_core::{
    ids::{AssignmentId, SnapshotId, TrainingJobId},
    store::Place,
};
use futures_util::{Stream, StreamExt, stream::BoxStream};

use super::{
    expert::Assignment,
    fault::{OrFault, fault, invalid},
    queue::{QueueDepth, QueueRate},
    scalars::{maybe_id, parse_id},
    session::session,
    snapshot::Snapshot,
    training::{JobEvent, TrainingJob},
};
use crate::app::follow::{
    self, Follow, JobProgress, JobReport, OpenWork, ReviewQueue, Routed, SnapshotState, WorkProgress,
};

/// What can be followed. The first event comes at once and tells how things stand. What has a cursor misses nothing: cut
/// off, subscribe again after the cursor of the last event. What has none tells the newest state, not each one between.
#[derive(Debug, Default)]
pub struct Subscription;

/// How much of each stage's work is open, and how fast it is done.
#[derive(Debug, SimpleObject)]
pub struct TaskProgressEvent {
    /// How many tasks each stage has in each state but those that ended well or were given up.
    open: Vec<QueueDepth>,
    /// How fast each stage did this project's tasks of late, as the field `queueRates` of the query has it.
    rates: Vec<QueueRate>,
}

/// How far a training job is, and what its trainer reported since the event before.
#[derive(Debug, SimpleObject)]
pub struct JobProgressEvent {
    /// Subscribe after it to go on from here.
    cursor: String,
    /// The job as it is now.
    job: TrainingJob,
    /// What the trainer reported, in order; at most 20 lines an event.
    lines: Vec<JobEvent>,
}

/// Items that came into a review queue since the event before.
#[derive(Debug, SimpleObject)]
pub struct ReviewQueueEvent {
    /// Subscribe after it to go on from here.
    cursor: String,
    /// The items, in the order in which they were routed; at most 20 an event. There are none in the first event where
    /// nothing waits.
    items: Vec<Assignment>,
}

/// Follows something for the caller.
async fn following<F: Follow, E>(
    ctx: &Context<'_>,
    what: F,
    tell: impl Fn(F::Event) -> E + Send + 'static,
) -> Result<BoxStream<'static, Result<E>>> {
    let session = session(ctx)?;
    let events = follow::follow(&session.app, &session.actor, what).await.or_fault()?;
    Ok(events.map(move |event| event.map(&tell).map_err(|error| fault(&error))).boxed())
}

/// What can be followed. The first event comes at once and tells how things stand. What has a cursor misses nothing: cut
/// off, subscribe again after the cursor of the last event. What has none tells the newest state, not each one between.
#[Subscribing]
impl Subscription {
    /// How much of each stage's work is open in this project: the newest whenever it is another, once a second at most.
    async fn task_progress(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<TaskProgressEvent>> + use<>> {
        following(ctx, WorkProgress::default(), |OpenWork { depths, rates }| TaskProgressEvent {
            open: depths.into_iter().map(Into::into).collect(),
            rates: rates.into_iter().map(Into::into).collect(),
        })
        .await
    }

    /// How far a training job is: its states, and every line that its trainer reports. It ends with the job.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] job: ID,
        #[graphql(desc = "Only lines after the event with this cursor; all of them where nothing is said.")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<JobProgressEvent>> + use<>> {
        let after = after.map(|after| place(&after)).transpose()?;
        let what = JobProgress::new(parse_id::<TrainingJobId>("job", &job)?, after);
        let tell = |JobReport { job, lines, place: Place { xact, at: (attempt, ordinal) } }| JobProgressEvent {
            cursor: format!("{xact}.{attempt}.{ordinal}"),
            job: TrainingJob(job),
            lines: lines.into_iter().map(JobEvent).collect(),
        };
        following(ctx, what, tell).await
    }

    /// Every item that comes into an expert's review queue.
    async fn review_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expert; the one whose key asks where nothing is said.")] expert: Option<ID>,
        #[graphql(desc = "Only items after the event with this cursor. Where nothing \
                          is said, what is routed from now on; what was routed a moment ago may be among it.")]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ReviewQueueEvent>> + use<>> {
        let after = after.map(|after| place(&after)).transpose()?;
        let expert = maybe_id("expert", expert.as_ref())?;
        let what = ReviewQueue::new(&session(ctx)?.actor, expert, after).or_fault()?;
        let tell = |Routed { items, place: Place { xact, at } }| ReviewQueueEvent {
            cursor: format!("{xact}.{at}"),
            items: items.into_iter().map(Assignment).collect(),
        };
        following(ctx, what, tell).await
    }

    /// A snapshot, now and whenever its state is another one. It ends once the snapshot is sealed or has failed.
    async fn snapshot_state(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The snapshot.")] snapshot: ID,
    ) -> Result<impl Stream<Item = Result<Snapshot>> + use<>> {
        let what = SnapshotState::new(parse_id::<SnapshotId>("snapshot", &snapshot)?);
        following(ctx, what, Snapshot).await
    }
}

/// The place that a cursor names.
fn place<K: At>(cursor: &str) -> Result<Place<K>> {
    let place = cursor.split_once('.').and_then(|(xact, at)| {
        let digits = xact.strip_prefix('-').unwrap_or(xact).bytes().all(|byte| byte.is_ascii_digit());
        Some(Place { xact: xact.parse().ok().filter(|_| digits)?, at: K::read(at)? })
    });
    place.ok_or_else(|| invalid("after", "give the cursor of an event of this field, as it came"))
}

/// What a place names within a transaction.
trait At: Sized {
    fn read(text: &str) -> Option<Self>;
}

impl At for AssignmentId {
    fn read(text: &str) -> Option<Self> {
        Self::from_str(text).ok()
    }
}

impl At for (i32, i32) {
    fn read(text: &str) -> Option<Self> {
        let (attempt, ordinal) = text.split_once('.')?;
        Some((attempt.parse().ok()?, ordinal.parse().ok()?))
    }
}
