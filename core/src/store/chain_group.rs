//! Groups of chains: several answers to one query.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, Tx};
use crate::{
    domain::trace::ChainGroup,
    ids::{ChainGroupId, Id, uuids},
};

/// Which groups are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChainGroupFilter {
    /// The one with this name.
    pub key: Option<String>,
}

#[derive(FromRow)]
struct GroupRow {
    id: Uuid,
    group_key: String,
    query: String,
    created_at: DateTime<Utc>,
}

impl From<GroupRow> for ChainGroup {
    fn from(row: GroupRow) -> Self {
        Self { id: ChainGroupId::from_uuid(row.id), key: row.group_key, query: row.query, created_at: row.created_at }
    }
}

impl Tx {
    /// Makes sure that groups of these names are there, each with the query given beside it if it is new; returns all
    /// of them as they are stored. Safe at once with other transactions: rows are made in the order of their names.
    /// No name may be given twice.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_chain_groups(&mut self, groups: &[(&str, &str)]) -> Result<Vec<ChainGroup>> {
        if groups.is_empty() {
            return Ok(vec![]);
        }
        let ids: Vec<_> = groups.iter().map(|_| self.fresh::<ChainGroupId>().uuid()).collect();
        let (keys, queries): (Vec<&str>, Vec<&str>) = groups.iter().copied().unzip();
        let (project, now) = (self.project_uuid(), self.now());
        let mut found = sqlx::query_as!(
            GroupRow,
            "with taken as (
                 insert into chain_group_key (project_id, group_key, chain_group_id)
                 select $1, t.group_key, t.id from unnest($3::uuid[], $4::text[]) as t (id, group_key)
                 order by t.group_key
                 on conflict on constraint chain_group_key_pkey do nothing
                 returning chain_group_id
             )
             insert into chain_group (project_id, id, group_key, query, created_at)
             select $1, t.id, t.group_key, t.query, $2
             from unnest($3::uuid[], $4::text[], $5::text[]) as t (id, group_key, query)
             where t.id in (select chain_group_id from taken)
             returning id, group_key, query, created_at",
            project,
            now,
            &ids,
            &keys as &[&str],
            &queries as &[&str],
        )
        .fetch_all(self.connection())
        .await?;
        if found.len() < keys.len() {
            // A statement of its own: what another transaction committed meanwhile is visible only to a new one.
            let known = sqlx::query_as!(
                GroupRow,
                "select id, group_key, query, created_at from chain_group
                 where project_id = $1 and group_key = any($2) and id <> all($3)",
                project,
                &keys as &[&str],
                &ids,
            )
            .fetch_all(self.connection())
            .await?;
            found.extend(known);
        }
        Ok(found.into_iter().map(ChainGroup::from).collect())
    }

    /// A page of groups, newest first (chain_group_pkey; chain_group_name_idx with a name).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn chain_groups(&mut self, filter: &ChainGroupFilter, page: PageRequest) -> Result<Page<ChainGroup>> {
        let query = chain_groups_query(self.project_uuid(), filter, page);
        self.page::<GroupRow, _>(query, page).await
    }

    /// Groups by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn chain_groups_by_id(&mut self, ids: &[ChainGroupId]) -> Result<Vec<ChainGroup>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            GroupRow,
            "select id, group_key, query, created_at from chain_group where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(ChainGroup::from)
        .collect())
    }
}

/// The statement of [`Tx::chain_groups`].
pub(super) fn chain_groups_query(
    project: Uuid,
    filter: &ChainGroupFilter,
    page: PageRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select id, group_key, query, created_at from chain_group where project_id = ");
    query.push_bind(project);
    if let Some(key) = &filter.key {
        query.push(" and group_key = ").push_bind(key.clone());
    }
    page.push(&mut query, "id");
    query
}
