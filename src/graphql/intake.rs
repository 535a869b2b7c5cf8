//! What came in, and what became of it.

use async_graphql::{Context, ID, InputObject, Json, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::{access::Permission, intake},
    ids::{BatchId, QuarantinedId},
    store,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde_json::Value;

use super::{
    fault::{OrFault, invalid},
    loading::{found, maybe, one},
    paging::{Connection, PageArgs, connect},
    project::Key,
    scalars::{Int64, IntoId, maybe_id},
    session::{reading, session},
    words::{Door, Resolution},
};

/// A committed batch.
#[derive(Debug, Clone)]
pub struct Batch(pub(super) store::Batch);

/// A committed batch.
#[at_hand]
#[Object]
impl Batch {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The door it came through.
    async fn door(&self) -> Door {
        self.0.door.into()
    }

    /// What became of its items.
    async fn balance(&self) -> Balance {
        self.0.balance.into()
    }

    /// Items of the quarantine that a replay stored or found stored. They were received before, so that such a batch
    /// counts nothing else.
    async fn replayed(&self) -> Int64 {
        Int64(self.0.replayed)
    }

    /// When it was committed.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The key it was sent with; null for what workers make, for commands beside the database, and where the key is of
    /// another project. For auditors and administrators.
    async fn key(&self, ctx: &Context<'_>) -> Result<Option<Key>> {
        session(ctx)?.actor.may(Permission::Audit).or_fault()?;
        maybe(ctx, self.0.sender.key).await
    }

    /// The address it was sent from; null as the key, and where one transaction stored what came from several. For
    /// auditors and administrators.
    async fn origin(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        session(ctx)?.actor.may(Permission::Audit).or_fault()?;
        Ok(self.0.sender.origin.map(|origin| origin.to_string()))
    }
}

/// What became of items that came in: received = stored + duplicate + quarantined + filtered + rejected.
#[derive(Debug, Clone, SimpleObject)]
pub struct Balance {
    /// Items that came in.
    received: Int64,
    /// Items stored for the first time.
    stored: Int64,
    /// Items that were stored already, with the same content: sending them again changed nothing.
    duplicate: Int64,
    /// Items set aside for a person: well formed, but at odds with what is stored.
    quarantined: Int64,
    /// Items that a rule of the project keeps out.
    filtered: Int64,
    /// Items refused with an error, and not kept.
    rejected: Int64,
}

/// What came in through a door on a day.
#[derive(Debug, Clone, SimpleObject)]
pub struct DayIntake {
    /// The day, in UTC.
    day: NaiveDate,
    /// The door.
    door: Door,
    /// What became of it.
    balance: Balance,
    /// Items that had been set aside before and that a replay stored or found stored on this day.
    replayed: Int64,
}

impl From<store::DayIntake> for DayIntake {
    fn from(store::DayIntake { day, door, balance, replayed }: store::DayIntake) -> Self {
        Self { day, door: door.into(), balance: balance.into(), replayed: Int64(replayed) }
    }
}

/// The most days that are accounted for at once.
const DAYS: i64 = 31;

/// Telemetry that is kept until its traces are long put together.
#[derive(Debug, Clone, SimpleObject)]
pub struct Staged {
    /// How many spans, counted to 100,000 at most.
    spans: Int64,
    /// How many events, counted to 100,000 at most.
    events: Int64,
    /// When the oldest of the spans came.
    oldest: Option<DateTime<Utc>>,
}

impl From<intake::Balance> for Balance {
    fn from(from: intake::Balance) -> Self {
        Self {
            received: Int64(from.received()),
            stored: Int64(from.stored),
            duplicate: Int64(from.duplicate),
            quarantined: Int64(from.quarantined),
            filtered: Int64(from.filtered),
            rejected: Int64(from.rejected),
        }
    }
}

/// An item that was set aside.
#[derive(Debug, Clone)]
pub struct QuarantinedItem(pub(in crate::graphql) store::Quarantined);

/// An item that was set aside.
#[at_hand]
#[Object]
impl QuarantinedItem {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The door it came through.
    async fn door(&self) -> Door {
        self.0.door.into()
    }

    /// The sender's id.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// Why it was set aside.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The field that is at odds.
    async fn field(&self) -> &str {
        &self.0.field
    }

    /// The whole item, as it came and as its line would be sent again.
    async fn content(&self) -> Json<&Value> {
        Json(&self.0.content)
    }

    /// The batch that brought it.
    async fn batch(&self, ctx: &Context<'_>) -> Result<Batch> {
        one(ctx, self.0.batch).await
    }

    /// When it came.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at
    }

    /// What the latest replay failed on; null before the first, and once it left the quarantine.
    async fn problem(&self) -> Option<QuarantineProblem> {
        let (field, message) = self.0.problem.clone()?;
        Some(QuarantineProblem { field, message })
    }

    /// How it left the quarantine; null while it waits there.
    async fn resolution(&self) -> Option<Resolution> {
        self.0.resolved.as_ref().map(|resolved| resolved.resolution.into())
    }

    /// The id of the record that it became or repeats; null while it waits, and where it was discarded.
    async fn became(&self) -> Option<ID> {
        self.0.resolved.as_ref().and_then(|resolved| resolved.became.clone()).map(ID)
    }

    /// Why it was discarded.
    async fn discard_reason(&self) -> Option<&str> {
        self.0.resolved.as_ref().and_then(|resolved| resolved.reason.as_deref())
    }

    /// When it left the quarantine.
    async fn resolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.resolved.as_ref().map(|resolved| resolved.at)
    }
}

/// What is wrong with an item still.
#[derive(Debug, Clone, SimpleObject)]
pub struct QuarantineProblem {
    /// The field at fault, as a path from the item.
    field: String,
    /// What is wrong and what to do about it.
    message: String,
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct BatchFilter {
    /// Those that came through this door.
    door: Option<Door>,
    /// Those that were sent with this key. For auditors and administrators.
    key: Option<ID>,
}

impl BatchFilter {
    fn read(self) -> Result<store::BatchFilter> {
        Ok(store::BatchFilter { door: self.door.map(Into::into), key: maybe_id("key", self.key.as_ref())? })
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct QuarantinedItemFilter {
    /// Those that came through this door.
    door: Option<Door>,
    /// Those with this sender's id.
    external_id: Option<String>,
    /// Those set aside for this field: `external_id` where other content stands under it, `group` where its chains
    /// answer another query.
    field: Option<String>,
    /// Those that came on this day, in UTC.
    day: Option<NaiveDate>,
    /// Those that left the quarantine, or those that wait there.
    resolved: Option<bool>,
}

impl QuarantinedItemFilter {
    fn read(self) -> Result<store::QuarantineFilter> {
        let Self { door, external_id, field, day, resolved } = self;
        Ok(store::QuarantineFilter { door: door.map(Into::into), external_id, field, day, resolved })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct IntakeQuery;

#[Object]
impl IntakeQuery {
    /// Telemetry that waits for its trace to be put together, or was part of one and is kept for what may come late.
    async fn staged(&self, ctx: &Context<'_>) -> Result<Staged> {
        let store::Staged { spans, events, oldest } = reading(ctx).await?.staged().await.or_fault()?;
        Ok(Staged { spans: Int64(spans), events: Int64(events), oldest })
    }

    /// What became of what came in, day by day and door by door, newest first; a day and a door with nothing are left out.
    async fn intake_by_day(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day, in UTC; six days before the last where nothing is said.")] from: Option<
            NaiveDate,
        >,
        #[graphql(desc = "The last day, at most 30 after the first; today where nothing is said.")] to: Option<
            NaiveDate,
        >,
    ) -> Result<Vec<DayIntake>> {
        let mut tx = reading(ctx).await?;
        let to = to.unwrap_or_else(|| tx.now().date_naive());
        let from = from.unwrap_or_else(|| to.checked_sub_days(Days::new(6)).unwrap_or(to));
        if !(1970..=9999).contains(&from.year()) || !(1970..=9999).contains(&to.year()) {
            return Err(invalid("from", "give days between 1970-01-01 and 9999-12-31"));
        }
        if !(0..DAYS).contains(&(to - from).num_days()) {
            return Err(invalid("from", "give a day that is not after `to`, and at most 30 days before it"));
        }
        Ok(tx.intake_by_day(from, to).await.or_fault()?.into_iter().map(Into::into).collect())
    }

    /// A batch of input by its id; null if this project has none of that id.
    async fn batch(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Batch>> {
        found::<BatchId, _>(ctx, &id).await
    }

    /// Batches of input, newest first.
    async fn batches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<BatchFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Batch>> {
        let page = PageArgs { first, last, after, before }.by_id::<BatchId>()?;
        let filter = filter.unwrap_or_default().read()?;
        if filter.key.is_some() {
            session(ctx)?.actor.may(Permission::Audit).or_fault()?;
        }
        let mut tx = reading(ctx).await?;
        let page = tx.batches(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Batch), |record| record.0.id.to_string()))
    }

    /// An item set aside by its id; null if this project has none of that id.
    async fn quarantined_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<Option<QuarantinedItem>> {
        found::<QuarantinedId, _>(ctx, &id).await
    }

    /// Items set aside for a person, newest first.
    async fn quarantined_items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<QuarantinedItemFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<QuarantinedItem>> {
        let page = PageArgs { first, last, after, before }.by_id::<QuarantinedId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.quarantined(&filter, page).await.or_fault()?;
        Ok(connect(page.map(QuarantinedItem), |record| record.0.id.to_string()))
    }

    /// What became of everything that ever came in.
    async fn balance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of what came in at this door.")] door: Option<Door>,
    ) -> Result<Balance> {
        Ok(reading(ctx).await?.balance(door.map(Into::into)).await.or_fault()?.into())
    }
}
