//! Grounding sources.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Entered, Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::grounding::{NewSource, Source, TrustTier},
    ids::{Id, SourceId, uuids},
    queue::{NewTask, Work},
};

/// Which sources are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFilter {
    /// The one with this curator's id.
    pub external_id: Option<String>,
    /// Those of this publisher.
    pub publisher: Option<String>,
    /// Those trusted so far.
    pub trust_tier: Option<TrustTier>,
}

#[derive(FromRow)]
struct SourceRow {
    id: Uuid,
    external_id: String,
    publisher: String,
    title: String,
    url: Option<String>,
    doi: Option<String>,
    licence: String,
    trust_tier: String,
    retrieved_at: Option<DateTime<Utc>>,
    refresh_hours: Option<i32>,
    content_hash: Vec<u8>,
    created_at: DateTime<Utc>,
}

impl TryFrom<SourceRow> for Source {
    type Error = StoreError;
    fn try_from(row: SourceRow) -> Result<Self> {
        Ok(Self {
            id: SourceId::from_uuid(row.id),
            external_id: row.external_id,
            publisher: row.publisher,
            title: row.title,
            url: row.url,
            doi: row.doi,
            licence: row.licence,
            trust_tier: row.trust_tier.parse()?,
            retrieved_at: row.retrieved_at,
            refresh_hours: row.refresh_hours,
            content_hash: super::entered::stored_hash(&row.content_hash)?,
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// Enters sources, in one statement. Under an external id that is taken (before, by another transaction that
    /// commits meanwhile, or earlier in the list) the first stays. What stands there comes back, in the order given.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_sources(&mut self, sources: &[NewSource]) -> Result<Vec<Entered<SourceId>>> {
        if sources.is_empty() {
            return Ok(vec![]);
        }
        let made: Vec<SourceId> = sources.iter().map(|_| self.fresh()).collect();
        let ids = uuids(&made);
        let external: Vec<_> = sources.iter().map(|source| source.external_id.clone()).collect();
        let publishers: Vec<_> = sources.iter().map(|source| source.publisher.clone()).collect();
        let titles: Vec<_> = sources.iter().map(|source| source.title.clone()).collect();
        let urls: Vec<_> = sources.iter().map(|source| source.url.clone()).collect();
        let dois: Vec<_> = sources.iter().map(|source| source.doi.clone()).collect();
        let licences: Vec<_> = sources.iter().map(|source| source.licence.clone()).collect();
        let tiers: Vec<_> = sources.iter().map(|source| source.trust_tier.word().to_owned()).collect();
        let retrieved: Vec<_> = sources.iter().map(|source| source.retrieved_at).collect();
        let refreshed: Vec<_> = sources.iter().map(|source| source.refresh_hours).collect();
        let hashes: Vec<_> = sources.iter().map(|source| source.content_hash().as_bytes().to_vec()).collect();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into grounding_source (project_id, id, external_id, publisher, title, url, doi, licence, trust_tier,
                                          retrieved_at, refresh_hours, content_hash, created_at)
            select $1, t.id, t.external_id, t.publisher, t.title, t.url, t.doi, t.licence, t.trust_tier,
                   t.retrieved_at, t.refresh_hours, t.content_hash, $2
            from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                        $10::text[], $11::timestamptz[], $12::int[], $13::bytea[])
                 with ordinality as t (id, external_id, publisher, title, url, doi, licence, trust_tier, retrieved_at,
                                       refresh_hours, content_hash, place)
            -- In one order everywhere, so that transactions with the same ids wait for each other and never in a ring.
            order by t.external_id, t.place
            on conflict (project_id, external_id) do nothing
            "#,
            project,
            now,
            &ids,
            &external,
            &publishers,
            &titles,
            &urls as &[Option<String>],
            &dois as &[Option<String>],
            &licences,
            &tiers,
            &retrieved as &[Option<DateTime<Utc>>],
            &refreshed as &[Option<i32>],
            &hashes,
        )
        .execute(self.connection())
        .await?;
        // A statement of its own: it sees what another transaction committed while the insertion waited for it.
        let standing: HashMap<_, _> = sqlx::query!(
            "select external_id, id, content_hash from grounding_source where project_id = $1 and external_id = any($2)",
            project,
            &external
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.external_id, (row.id, row.content_hash)))
        .collect();
        let entered: Vec<Entered<SourceId>> = super::entered::entered(&external, &ids, &standing)?;
        let due = sources.iter().zip(&entered).filter(|(_, entered)| entered.new).filter_map(|(source, entered)| {
            let due = source.retrieved_at.unwrap_or(now) + TimeDelta::hours(source.refresh_hours?.into());
            Some(NewTask::at(Work::RefreshSource { source: entered.id }, due, now))
        });
        self.enqueue_all(due.collect::<Vec<_>>()).await?;
        Ok(entered)
    }

    /// A page of sources, newest first (grounding_source_pkey; grounding_source_external_key with a curator's id).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sources(&mut self, filter: &SourceFilter, page: PageRequest) -> Result<Page<Source>> {
        let query = sources_query(self.project_uuid(), filter, page);
        self.page::<SourceRow, _>(query, page).await
    }

    /// Sources by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sources_by_id(&mut self, ids: &[SourceId]) -> Result<Vec<Source>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            SourceRow,
            "select id, external_id, publisher, title, url, doi, licence, trust_tier, retrieved_at, refresh_hours, content_hash,
                    created_at
             from grounding_source where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Source::try_from)
        .collect()
    }

    /// The ids of sources by their curator's ids (grounding_source_external_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sources_named(&mut self, external_ids: &[String]) -> Result<HashMap<String, SourceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            "select external_id, id from grounding_source where project_id = $1 and external_id = any($2)",
            project,
            external_ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.external_id, SourceId::from_uuid(row.id)))
        .collect())
    }

    /// The sources at web addresses, by address; of several at one the oldest (grounding_source_url_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sources_at(&mut self, urls: &[String]) -> Result<HashMap<String, SourceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select distinct on (url) url as "url!", id from grounding_source
            where project_id = $1 and url = any($2) order by url, id
            "#,
            project,
            urls
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.url, SourceId::from_uuid(row.id)))
        .collect())
    }

    /// The sources with DOIs (in lower case), by DOI; of several with one the oldest (grounding_source_doi_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn sources_with_doi(&mut self, dois: &[String]) -> Result<HashMap<String, SourceId>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select distinct on (lower(doi)) lower(doi) as "doi!", id from grounding_source
            where project_id = $1 and doi is not null and lower(doi) = any($2) order by lower(doi), id
            "#,
            project,
            dois
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.doi, SourceId::from_uuid(row.id)))
        .collect())
    }
}

/// The statement of [`Tx::sources`].
pub(super) fn sources_query(project: Uuid, filter: &SourceFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, external_id, publisher, title, url, doi, licence, trust_tier, retrieved_at, refresh_hours, content_hash,
                created_at
         from grounding_source where project_id = ",
    );
    query.push_bind(project);
    if let Some(external_id) = &filter.external_id {
        query.push(" and external_id = ").push_bind(external_id.clone());
    }
    if let Some(publisher) = &filter.publisher {
        query.push(" and publisher = ").push_bind(publisher.clone());
    }
    if let Some(tier) = filter.trust_tier {
        query.push(" and trust_tier = ").push_bind(tier.word());
    }
    page.push(&mut query, "id");
    query
}
