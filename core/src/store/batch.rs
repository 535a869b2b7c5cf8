//! Batches: what became of everything that came in, written in the transaction that stored it.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, audit::address};
use crate::{
    clock::begin_of,
    domain::intake::{Balance, Door, Sender},
    ids::{ApiKeyId, BatchId, Id, earliest, uuids},
};

/// A committed batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// The door it came through.
    pub door: Door,
    /// What became of its items.
    pub balance: Balance,
    /// Items of the quarantine that a replay stored or found stored; such a batch counts nothing else.
    pub replayed: i64,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// Who sent it.
    pub sender: Sender,
}

/// What came in through a door on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayIntake {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// The door.
    pub door: Door,
    /// What became of it.
    pub balance: Balance,
    /// Items that had been set aside before and that a replay stored or found stored on this day.
    pub replayed: i64,
}

/// Which batches are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchFilter {
    /// Those that came through this door.
    pub door: Option<Door>,
    /// Those that were sent with this key.
    pub key: Option<ApiKeyId>,
}

#[derive(FromRow)]
struct BatchRow {
    id: Uuid,
    door: String,
    stored: i32,
    duplicate: i32,
    quarantined: i32,
    filtered: i32,
    rejected: i32,
    replayed: i32,
    at: DateTime<Utc>,
    key_id: Option<Uuid>,
    origin: Option<String>,
}

impl TryFrom<BatchRow> for Batch {
    type Error = StoreError;
    fn try_from(row: BatchRow) -> Result<Self> {
        Ok(Self {
            id: BatchId::from_uuid(row.id),
            door: row.door.parse()?,
            balance: Balance {
                stored: row.stored.into(),
                duplicate: row.duplicate.into(),
                quarantined: row.quarantined.into(),
                filtered: row.filtered.into(),
                rejected: row.rejected.into(),
            },
            replayed: row.replayed.into(),
            at: row.at,
            sender: Sender { key: row.key_id.map(ApiKeyId::from_uuid), origin: address(row.origin)? },
        })
    }
}

impl Tx {
    /// Accounts for a batch, under an id that its records may name already.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_batch(&mut self, id: BatchId, door: Door, balance: &Balance) -> Result<()> {
        let (project, now, sender) = (self.project_uuid(), self.now(), self.sender());
        sqlx::query!(
            "insert into ingest_batch (project_id, id, door, received, stored, duplicate, quarantined, filtered,
                                       rejected, at, key_id, origin)
             select $1, $2, $3, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10, $11, $12",
            project,
            id.uuid(),
            door.word(),
            balance.received(),
            balance.stored,
            balance.duplicate,
            balance.quarantined,
            balance.filtered,
            balance.rejected,
            now,
            sender.key.map(Id::uuid),
            sender.origin.map(|origin| origin.to_string()),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Accounts for so many items of the quarantine that were replayed, which were received before.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub(super) async fn insert_replay(&mut self, id: BatchId, door: Door, replayed: i64) -> Result<()> {
        let (project, now, sender) = (self.project_uuid(), self.now(), self.sender());
        sqlx::query!(
            "insert into ingest_batch (project_id, id, door, received, stored, duplicate, quarantined, filtered,
                                       rejected, at, replayed, key_id, origin)
             select $1, $2, $3, 0, 0, 0, 0, 0, 0, $4, $5::bigint, $6, $7",
            project,
            id.uuid(),
            door.word(),
            now,
            replayed,
            sender.key.map(Id::uuid),
            sender.origin.map(|origin| origin.to_string()),
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What became of everything that ever came in, through one door or through all (ingest_batch_door_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn balance(&mut self, door: Option<Door>) -> Result<Balance> {
        let project = self.project_uuid();
        let row = sqlx::query!(
            r#"select coalesce(sum(stored), 0)::bigint as "stored!", coalesce(sum(duplicate), 0)::bigint as "duplicate!",
                      coalesce(sum(quarantined), 0)::bigint as "quarantined!",
                      coalesce(sum(filtered), 0)::bigint as "filtered!", coalesce(sum(rejected), 0)::bigint as "rejected!"
               from ingest_batch where project_id = $1 and ($2::text is null or door = $2)"#,
            project,
            door.map(Door::word),
        )
        .fetch_one(self.connection())
        .await?;
        Ok(Balance {
            stored: row.stored,
            duplicate: row.duplicate,
            quarantined: row.quarantined,
            filtered: row.filtered,
            rejected: row.rejected,
        })
    }

    /// What became of what came in on each of these days, both of them too, through each door; a day and a door with
    /// nothing are left out. Days are those of UTC. It reads every batch of these days (ingest_batch_pkey, by the times in
    /// the ids; an id is made within the hour of its batch).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn intake_by_day(&mut self, from: NaiveDate, to: NaiveDate) -> Result<Vec<DayIntake>> {
        let until = begin_of(to.checked_add_days(Days::new(1)).unwrap_or(to));
        let from = begin_of(from);
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            select (at at time zone 'UTC')::date as "day!", door as "door!", sum(stored)::bigint as "stored!",
                   sum(duplicate)::bigint as "duplicate!", sum(quarantined)::bigint as "quarantined!",
                   sum(filtered)::bigint as "filtered!", sum(rejected)::bigint as "rejected!",
                   sum(replayed)::bigint as "replayed!"
            from ingest_batch
            where project_id = $1 and id >= $2 and id < $3 and at >= $4 and at < $5
            group by 1, 2 order by 1 desc, 2
            "#,
            project,
            earliest(from - TimeDelta::hours(1)),
            earliest(until + TimeDelta::hours(1)),
            from,
            until,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(DayIntake {
                day: row.day,
                door: row.door.parse()?,
                balance: Balance {
                    stored: row.stored,
                    duplicate: row.duplicate,
                    quarantined: row.quarantined,
                    filtered: row.filtered,
                    rejected: row.rejected,
                },
                replayed: row.replayed,
            })
        })
        .collect()
    }

    /// A page of batches, newest first (ingest_batch_pkey; ingest_batch_door_idx with a door,
    /// ingest_batch_key_idx with a key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn batches(&mut self, filter: &BatchFilter, page: PageRequest) -> Result<Page<Batch>> {
        let query = batches_query(self.project_uuid(), filter, page);
        self.page::<BatchRow, _>(query, page).await
    }

    /// Batches by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn batches_by_id(&mut self, ids: &[BatchId]) -> Result<Vec<Batch>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            BatchRow,
            "select id, door, stored, duplicate, quarantined, filtered, rejected, replayed, at, key_id, origin
             from ingest_batch where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Batch::try_from)
        .collect()
    }
}

/// The statement of [`Tx::batches`].
pub(super) fn batches_query(project: Uuid, filter: &BatchFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, door, stored, duplicate, quarantined, filtered, rejected, replayed, at, key_id, origin from ingest_batch
         where project_id = ",
    );
    query.push_bind(project);
    if let Some(door) = filter.door {
        query.push(" and door = ").push_bind(door.word());
    }
    if let Some(key) = filter.key {
        query.push(" and key_id = ").push_bind(key.uuid());
    }
    page.push(&mut query, "id");
    query
}
