//! The audit log. Entries are written one after the other: a project's log is locked until the transaction that adds to
//! it ends, which only what people do waits for, never what comes in in bulk.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::audit::{Action, AuditEntry, BEGINNING, Deed, Salt, commitment, link},
    hash::{self, Digest},
    ids::{ApiKeyId, AuditEntryId, Id, uuids},
};

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Those of this action.
    pub action: Option<Action>,
    /// Those on this subject.
    pub subject: Option<String>,
    /// Those of this key.
    pub key: Option<ApiKeyId>,
}

#[derive(FromRow)]
struct EntryRow {
    id: Uuid,
    sequence: i64,
    at: DateTime<Utc>,
    key_id: Option<Uuid>,
    role: String,
    origin: Option<String>,
    action: String,
    subject: String,
    before_hash: Option<Vec<u8>>,
    after_hash: Option<Vec<u8>>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

fn digest(bytes: &[u8]) -> Result<Digest> {
    hash::from_bytes(bytes).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// An address as it is stored.
pub(super) fn address(text: Option<String>) -> Result<Option<IpAddr>> {
    let read = |text: String| text.parse().map_err(|error| StoreError::Corrupt(format!("an address: {error}")));
    text.map(read).transpose()
}

impl TryFrom<EntryRow> for AuditEntry {
    type Error = StoreError;
    fn try_from(row: EntryRow) -> Result<Self> {
        Ok(Self {
            id: AuditEntryId::from_uuid(row.id),
            sequence: row.sequence,
            at: row.at,
            deed: Deed {
                key: row.key_id.map(ApiKeyId::from_uuid),
                role: row.role.parse()?,
                origin: address(row.origin)?,
                action: row.action.parse()?,
                subject: row.subject,
                before: row.before_hash.as_deref().map(digest).transpose()?,
                after: row.after_hash.as_deref().map(digest).transpose()?,
            },
            previous: digest(&row.previous_hash)?,
            hash: digest(&row.hash)?,
        })
    }
}

impl Tx {
    /// Adds to the project's log what this transaction does.
    ///
    /// # Errors
    /// If the database refuses or is out of reach; [`StoreError::Conflict`] where this transaction sees the log as it was
    /// before another one added to it.
    pub async fn add_audit_entry(&mut self, deed: &Deed) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        let at = DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('audit:' || $1::uuid::text, 0))", project)
            .fetch_one(self.connection())
            .await?;
        let last = sqlx::query!(
            "select sequence, hash from audit_entry where project_id = $1 order by sequence desc limit 1",
            project
        )
        .fetch_optional(self.connection())
        .await?;
        let (sequence, previous) = match last {
            Some(last) => (last.sequence + 1, digest(&last.hash)?),
            None => (1, BEGINNING),
        };
        let salt: Salt = self.salt();
        let hash = link(&previous, self.project(), sequence, at, deed.action, &commitment(&salt, deed));
        let id: AuditEntryId = self.fresh();
        sqlx::query!(
            "insert into audit_entry (project_id, sequence, id, at, key_id, role, origin, action, subject, before_hash,
                                      after_hash, previous_hash, hash)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            project,
            sequence,
            id.uuid(),
            at,
            deed.key.map(Id::uuid),
            deed.role.word(),
            deed.origin.map(|origin| origin.to_string()),
            deed.action.word(),
            deed.subject,
            deed.before.as_ref().map(|digest| digest.as_bytes().as_slice()),
            deed.after.as_ref().map(|digest| digest.as_bytes().as_slice()),
            previous.as_bytes().as_slice(),
            hash.as_bytes().as_slice(),
        )
        .execute(self.connection())
        .await
        .map_err(|error| match StoreError::from(error) {
            StoreError::Constraint { constraint, source } if constraint == "audit_entry_pkey" => {
                StoreError::Conflict(source)
            }
            other => other,
        })?;
        sqlx::query!(
            "insert into audit_salt (project_id, sequence, salt) values ($1, $2, $3)",
            project,
            sequence,
            salt.as_slice()
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of the log, newest first (audit_entry_id_key; audit_entry_action_idx, audit_entry_subject_idx or
    /// audit_entry_key_idx with a filter).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn audit_entries(&mut self, filter: &AuditFilter, page: PageRequest) -> Result<Page<AuditEntry>> {
        let query = audit_entries_query(self.project_uuid(), filter, page);
        self.page::<EntryRow, _>(query, page).await
    }

    /// Entries by id (audit_entry_id_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn audit_entries_by_id(&mut self, ids: &[AuditEntryId]) -> Result<Vec<AuditEntry>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            EntryRow,
            "select id, sequence, at, key_id, role, origin, action, subject, before_hash, after_hash, previous_hash, hash
             from audit_entry where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(AuditEntry::try_from)
        .collect()
    }

    /// The next thousand entries of the log after a place, oldest first, each with its salt (audit_entry_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn audit_chain(&mut self, after: i64) -> Result<Vec<(AuditEntry, Salt)>> {
        let project = self.project_uuid();
        let rows = sqlx::query!(
            r#"select e.id, e.sequence, e.at, e.key_id, e.role, e.origin, e.action, e.subject, e.before_hash,
                      e.after_hash, e.previous_hash, e.hash, s.salt as "salt?"
               from audit_entry e left join audit_salt s using (project_id, sequence)
               where e.project_id = $1 and e.sequence > $2 order by e.sequence limit 1000"#,
            project,
            after
        )
        .fetch_all(self.connection())
        .await?;
        let entries = rows.into_iter().map(|row| {
            // Without its salt an entry is told as changed, which it was.
            let salt = row.salt.and_then(|salt| salt.try_into().ok()).unwrap_or_default();
            let entry = EntryRow {
                id: row.id,
                sequence: row.sequence,
                at: row.at,
                key_id: row.key_id,
                role: row.role,
                origin: row.origin,
                action: row.action,
                subject: row.subject,
                before_hash: row.before_hash,
                after_hash: row.after_hash,
                previous_hash: row.previous_hash,
                hash: row.hash,
            };
            Ok((entry.try_into()?, salt))
        });
        entries.collect()
    }
}

/// The statement of [`Tx::audit_entries`].
pub(super) fn audit_entries_query(project: Uuid, filter: &AuditFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, sequence, at, key_id, role, origin, action, subject, before_hash, after_hash, previous_hash, hash
         from audit_entry where project_id = ",
    );
    query.push_bind(project);
    if let Some(action) = filter.action {
        query.push(" and action = ").push_bind(action.word());
    }
    if let Some(subject) = &filter.subject {
        query.push(" and subject = ").push_bind(subject.clone());
    }
    if let Some(key) = filter.key {
        query.push(" and key_id = ").push_bind(key.uuid());
    }
    page.push(&mut query, "id");
    query
}
