//! API keys. The secret is shown once and never stored: the table holds its hash.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, Store, StoreError, Topic, Tx};
use crate::{
    domain::{
        access::{Permission, Role, Scopes},
        audit::Deed,
    },
    hash::Digest,
    ids::{ApiKeyId, ExpertId, Id, PersonId, ProjectId, uuids},
};

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// What of it.
    pub scopes: Scopes,
    /// The expert whose reviews it writes.
    pub expert: Option<ExpertId>,
    /// How many requests a minute it is answered; `None` is the server's own bound.
    pub requests_per_minute: Option<i32>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// The key in whose place it is made.
    pub replaces: Option<ApiKeyId>,
    /// Whose session it is.
    pub person: Option<PersonId>,
    /// How the secret begins.
    pub prefix: String,
    /// BLAKE3 of the secret.
    pub token_hash: Digest,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// How its secret begins; `None` for keys made before there were prefixes.
    pub prefix: Option<String>,
    /// What its bearer may do.
    pub role: Role,
    /// What of it.
    pub scopes: Scopes,
    /// The expert whose reviews it writes.
    pub expert: Option<ExpertId>,
    /// How many requests a minute it is answered; `None` is the server's own bound.
    pub requests_per_minute: Option<i32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The key in whose place it was made.
    pub replaces: Option<ApiKeyId>,
    /// Whose session it is; `None` for a program's key.
    pub person: Option<PersonId>,
}

#[derive(FromRow)]
struct KeyRow {
    id: Uuid,
    name: String,
    prefix: Option<String>,
    role: String,
    scopes: Option<Vec<String>>,
    expert_id: Option<Uuid>,
    requests_per_minute: Option<i32>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    replaces_id: Option<Uuid>,
    person_id: Option<Uuid>,
}

fn scopes(stored: Option<Vec<String>>) -> Result<Scopes> {
    let scopes = stored.map(|words| words.iter().map(|word| word.parse()).collect::<Result<Vec<Permission>, _>>());
    Ok(Scopes::stored(scopes.transpose()?))
}

impl TryFrom<KeyRow> for KeyRecord {
    type Error = StoreError;
    fn try_from(row: KeyRow) -> Result<Self> {
        Ok(Self {
            id: ApiKeyId::from_uuid(row.id),
            name: row.name,
            prefix: row.prefix,
            role: row.role.parse()?,
            scopes: scopes(row.scopes)?,
            expert: row.expert_id.map(ExpertId::from_uuid),
            requests_per_minute: row.requests_per_minute,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
            replaces: row.replaces_id.map(ApiKeyId::from_uuid),
            person: row.person_id.map(PersonId::from_uuid),
        })
    }
}

/// Whom a secret belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The key.
    pub key: ApiKeyId,
    /// Its project.
    pub project: ProjectId,
    /// Its role.
    pub role: Role,
    /// What it is narrowed to.
    pub scopes: Scopes,
    /// Its expert.
    pub expert: Option<ExpertId>,
    /// How many requests a minute it is answered; `None` is the server's own bound.
    pub requests_per_minute: Option<i32>,
}

impl Store {
    /// Stores the first key, in one transaction with the project that it is at home in: the one with this slug, or the
    /// first there is, or else a new one, and with the audit entry that `noted` makes of it. `false`, and nothing is
    /// stored, if there is a key, be it withdrawn.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_first_key(
        &self,
        slug: &str,
        project: &str,
        key: &NewKey,
        noted: impl FnOnce(ProjectId, &KeyRecord) -> Deed,
    ) -> Result<bool> {
        let home = match self.project_named(slug).await? {
            Some(home) => Some(home),
            None => self.projects(None, 1).await?.pop(),
        };
        let mut tx = self.begin(home.as_ref().map_or_else(|| self.ids.make(), |home| home.id)).await?;
        // Of several processes at their first start one makes it, and the others see it.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended('first key', 0))").execute(tx.connection()).await?;
        if sqlx::query_scalar!(r#"select has_key() as "has!""#).fetch_one(tx.connection()).await? {
            return Ok(false);
        }
        if home.is_none() {
            tx.insert_project(slug, project).await?;
        }
        let made = tx.insert_key(key).await?;
        let deed = noted(tx.project(), &made);
        tx.add_audit_entry(&deed).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Looks a secret up by its hash (api_key_token_hash_key), and notes that it is used; `None` if there is no such key,
    /// or it is revoked or has expired. How long it takes tells at most of a hash, and whoever tries secrets cannot steer
    /// their hashes.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn authenticate(&self, token_hash: &Digest) -> Result<Option<Authenticated>> {
        let Some(row) = sqlx::query!(
            r#"select key_id as "key_id!", project_id as "project_id!", role as "role!", scopes, expert_id,
                      requests_per_minute
               from authenticate($1, $2)"#,
            token_hash.as_bytes().as_slice(),
            self.clock.now(),
        )
        .fetch_optional(&self.pool)
        .await?
        else {
            return Ok(None);
        };
        Ok(Some(Authenticated {
            key: ApiKeyId::from_uuid(row.key_id),
            project: ProjectId::from_uuid(row.project_id),
            role: row.role.parse()?,
            scopes: scopes(row.scopes)?,
            expert: row.expert_id.map(ExpertId::from_uuid),
            requests_per_minute: row.requests_per_minute,
        }))
    }
}

impl Tx {
    /// Stores a key.
    ///
    /// # Errors
    /// If the database refuses (an unknown expert is `api_key_expert_fkey`) or is out of reach.
    pub async fn insert_key(&mut self, key: &NewKey) -> Result<KeyRecord> {
        let id: ApiKeyId = self.fresh();
        let (project, created_at) = (self.project_uuid(), self.now());
        let scopes =
            key.scopes.listed().map(|scopes| scopes.iter().map(|scope| scope.word().to_owned()).collect::<Vec<_>>());
        sqlx::query_as!(
            KeyRow,
            "insert into api_key (project_id, id, name, prefix, role, scopes, expert_id, requests_per_minute, token_hash,
                                  created_at, expires_at, replaces_id, person_id)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             returning id, name, prefix, role, scopes, expert_id, requests_per_minute, created_at, expires_at, revoked_at,
                       last_used_at, replaces_id, person_id",
            project,
            id.uuid(),
            key.name,
            key.prefix,
            key.role.word(),
            scopes.as_deref(),
            key.expert.map(Id::uuid),
            key.requests_per_minute,
            key.token_hash.as_bytes().as_slice(),
            created_at,
            key.expires_at,
            key.replaces.map(Id::uuid),
            key.person.map(Id::uuid),
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// Lets a key work until then and no longer; one that ends earlier stays as it is.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn end_key(&mut self, key: ApiKeyId, at: DateTime<Utc>) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "update api_key set expires_at = $3
             where project_id = $1 and id = $2 and (expires_at is null or expires_at > $3)",
            project,
            key.uuid(),
            at
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Withdraws a key; `false` if it is not there or was withdrawn before.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn revoke_key(&mut self, key: ApiKeyId) -> Result<bool> {
        self.changed.insert(Topic::Keys);
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update api_key set revoked_at = $3 where project_id = $1 and id = $2 and revoked_at is null",
            project,
            key.uuid(),
            now
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A page of keys, newest first (api_key_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn keys(&mut self, page: PageRequest) -> Result<Page<KeyRecord>> {
        let query = keys_query(self.project_uuid(), page);
        self.page::<KeyRow, _>(query, page).await
    }

    /// Keys by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn keys_by_id(&mut self, ids: &[ApiKeyId]) -> Result<Vec<KeyRecord>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            KeyRow,
            "select id, name, prefix, role, scopes, expert_id, requests_per_minute, created_at, expires_at, revoked_at,
                    last_used_at, replaces_id, person_id
             from api_key where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(KeyRecord::try_from)
        .collect()
    }
}

/// The statement of [`Tx::keys`].
pub(super) fn keys_query(project: Uuid, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, name, prefix, role, scopes, expert_id, requests_per_minute, created_at, expires_at, revoked_at,
                last_used_at, replaces_id, person_id
         from api_key where project_id = ",
    );
    query.push_bind(project);
    page.push(&mut query, "id");
    query
}
