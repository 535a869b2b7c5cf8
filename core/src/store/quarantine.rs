//! Quarantined items: well-formed input that contradicts what is stored, kept whole for a person to look at.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    clock::begin_of,
    domain::intake::{Door, Resolution},
    ids::{BatchId, Id, QuarantinedId, earliest, uuids},
};

/// An item to be set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct NewQuarantined {
    /// The door it came through.
    pub door: Door,
    /// The sender's id.
    pub external_id: Option<String>,
    /// Why it is set aside.
    pub reason: String,
    /// The field that is at odds.
    pub field: String,
    /// The whole item.
    pub content: Value,
}

/// An item that was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// Its id.
    pub id: QuarantinedId,
    /// The door it came through.
    pub door: Door,
    /// The sender's id.
    pub external_id: Option<String>,
    /// Why it was set aside.
    pub reason: String,
    /// The field that is at odds.
    pub field: String,
    /// The whole item.
    pub content: Value,
    /// The batch that brought it.
    pub batch: BatchId,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The field that the latest replay failed on, and why; none before the first.
    pub problem: Option<(String, String)>,
    /// How it left the quarantine; none while it waits there.
    pub resolved: Option<Resolved>,
}

/// How an item left the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// How.
    pub resolution: Resolution,
    /// The id of the record that it became or repeats; none where it was discarded.
    pub became: Option<String>,
    /// Why it was discarded.
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which quarantined items are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuarantineFilter {
    /// Those that came through this door.
    pub door: Option<Door>,
    /// Those with this sender's id.
    pub external_id: Option<String>,
    /// Those that were set aside for this field.
    pub field: Option<String>,
    /// Those that came on this day, in UTC (by their ids, which begin with the time).
    pub day: Option<NaiveDate>,
    /// Those that left the quarantine, or those that wait there.
    pub resolved: Option<bool>,
}

#[derive(FromRow)]
struct QuarantinedRow {
    id: Uuid,
    door: String,
    external_id: Option<String>,
    reason: String,
    field: String,
    content: Value,
    batch_id: Uuid,
    received_at: DateTime<Utc>,
    problem_field: Option<String>,
    problem: Option<String>,
    resolution: Option<String>,
    became: Option<String>,
    discard_reason: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
}

impl TryFrom<QuarantinedRow> for Quarantined {
    type Error = StoreError;
    fn try_from(row: QuarantinedRow) -> Result<Self> {
        let resolved = match (row.resolution, row.resolved_at) {
            (Some(resolution), Some(at)) => {
                let (became, reason) = (row.became, row.discard_reason);
                Some(Resolved { resolution: resolution.parse()?, became, reason, at })
            }
            _ => None,
        };
        Ok(Self {
            id: QuarantinedId::from_uuid(row.id),
            door: row.door.parse()?,
            external_id: row.external_id,
            reason: row.reason,
            field: row.field,
            content: row.content,
            batch: BatchId::from_uuid(row.batch_id),
            received_at: row.received_at,
            problem: row.problem_field.zip(row.problem),
            resolved,
        })
    }
}

impl Tx {
    /// Sets items aside, in one statement; the ids come back in the order of the items.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn quarantine(&mut self, batch: BatchId, items: &[NewQuarantined]) -> Result<Vec<QuarantinedId>> {
        if items.is_empty() {
            return Ok(vec![]);
        }
        let made: Vec<QuarantinedId> = items.iter().map(|_| self.fresh()).collect();
        let ids = uuids(&made);
        let doors: Vec<_> = items.iter().map(|item| item.door.word().to_owned()).collect();
        let external: Vec<_> = items.iter().map(|item| item.external_id.clone()).collect();
        let reasons: Vec<_> = items.iter().map(|item| item.reason.clone()).collect();
        let fields: Vec<_> = items.iter().map(|item| item.field.clone()).collect();
        let contents: Vec<_> = items.iter().map(|item| item.content.clone()).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into quarantined_item (project_id, id, door, external_id, reason, field, content, batch_id,
                                           received_at)
             select $1, t.id, t.door, t.external_id, t.reason, t.field, t.content, $2, $3
             from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[])
                  as t (id, door, external_id, reason, field, content)",
            project,
            batch.uuid(),
            now,
            &ids,
            &doors,
            &external as &[Option<String>],
            &reasons,
            &fields,
            &contents,
        )
        .execute(self.connection())
        .await?;
        Ok(made)
    }

    /// A page of quarantined items, newest first (quarantined_item_pkey; with a filter the index
    /// of it: by door, sender's id, field, open or resolved).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn quarantined(&mut self, filter: &QuarantineFilter, page: PageRequest) -> Result<Page<Quarantined>> {
        let query = quarantined_query(self.project_uuid(), filter, page);
        self.page::<QuarantinedRow, _>(query, page).await
    }

    /// Quarantined items by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn quarantined_by_id(&mut self, ids: &[QuarantinedId]) -> Result<Vec<Quarantined>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            QuarantinedRow,
            "select id, door, external_id, reason, field, content, batch_id, received_at, problem_field, problem,
                    resolution, became, discard_reason, resolved_at
             from quarantined_item where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Quarantined::try_from)
        .collect()
    }
}

/// The statement of [`Tx::quarantined`].
pub(super) fn quarantined_query(project: Uuid, filter: &QuarantineFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, door, external_id, reason, field, content, batch_id, received_at, problem_field, problem, resolution,
                became, discard_reason, resolved_at
         from quarantined_item
         where project_id = ",
    );
    query.push_bind(project);
    if let Some(door) = filter.door {
        query.push(" and door = ").push_bind(door.word());
    }
    if let Some(external_id) = &filter.external_id {
        query.push(" and external_id = ").push_bind(external_id.clone());
    }
    if let Some(field) = &filter.field {
        query.push(" and field = ").push_bind(field.clone());
    }
    if let Some(day) = filter.day {
        query.push(" and id >= ").push_bind(earliest(begin_of(day)));
        if let Some(next) = day.checked_add_days(Days::new(1)) {
            query.push(" and id < ").push_bind(earliest(begin_of(next)));
        }
    }
    match filter.resolved {
        Some(true) => drop(query.push(" and resolution is not null")),
        Some(false) => drop(query.push(" and resolution is null")),
        None => {}
    }
    page.push(&mut query, "id");
    query
}
