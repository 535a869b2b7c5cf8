//! Experts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::expert::{Expert, ExpertChange, Handle, NewExpert},
    ids::{ExpertId, Id, uuids},
};

/// Which experts are asked for. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpertFilter {
    /// Those to whom items are routed, or those to whom none are.
    pub active: Option<bool>,
    /// Those who judge this domain: because they name it, or because they name none.
    pub domain: Option<String>,
}

#[derive(FromRow)]
struct ExpertRow {
    id: Uuid,
    handle: String,
    kind: String,
    domains: Vec<String>,
    languages: Vec<String>,
    weekly_capacity: i32,
    active: bool,
    away: serde_json::Value,
    created_at: DateTime<Utc>,
}

impl TryFrom<ExpertRow> for Expert {
    type Error = StoreError;
    fn try_from(row: ExpertRow) -> Result<Self> {
        Ok(Self {
            id: ExpertId::from_uuid(row.id),
            handle: row.handle.parse().map_err(|_| StoreError::Corrupt(format!("the handle `{}`", row.handle)))?,
            kind: row.kind.parse()?,
            domains: row.domains,
            languages: row.languages,
            weekly_capacity: row.weekly_capacity,
            active: row.active,
            away: serde_json::from_value(row.away)?,
            created_at: row.created_at,
        })
    }
}

impl Tx {
    /// Enters an expert, active. A handle that is taken is a constraint error named `expert_handle_key`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_expert(&mut self, expert: &NewExpert) -> Result<Expert> {
        let id: ExpertId = self.fresh();
        let (project, created_at) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into expert (project_id, id, handle, kind, domains, languages, weekly_capacity, active, created_at)
             values ($1, $2, $3, $8, $4, $5, $6, true, $7)",
            project,
            id.uuid(),
            expert.handle.as_str(),
            &expert.domains,
            &expert.languages,
            expert.weekly_capacity,
            created_at,
            expert.kind.word(),
        )
        .execute(self.connection())
        .await?;
        Ok(Expert {
            id,
            handle: expert.handle.clone(),
            kind: expert.kind,
            domains: expert.domains.clone(),
            languages: expert.languages.clone(),
            weekly_capacity: expert.weekly_capacity,
            active: true,
            away: vec![],
            created_at,
        })
    }

    /// Changes what of an expert may change; `None` if there is no such expert.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn update_expert(&mut self, id: ExpertId, change: &ExpertChange) -> Result<Option<Expert>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            ExpertRow,
            "update expert set domains = coalesce($3, domains), languages = coalesce($4, languages),
                    weekly_capacity = coalesce($5, weekly_capacity), active = coalesce($6, active),
                    away = coalesce($7, away)
             where project_id = $1 and id = $2
             returning id, handle, kind, domains, languages, weekly_capacity, active, away, created_at",
            project,
            id.uuid(),
            change.domains.as_deref(),
            change.languages.as_deref(),
            change.weekly_capacity,
            change.active,
            change.away.as_ref().map(serde_json::to_value).transpose()?,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Expert::try_from)
        .transpose()
    }

    /// A page of experts, newest first (expert_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn experts(&mut self, filter: &ExpertFilter, page: PageRequest) -> Result<Page<Expert>> {
        let query = experts_query(self.project_uuid(), filter, page);
        self.page::<ExpertRow, _>(query, page).await
    }

    /// Experts by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn experts_by_id(&mut self, ids: &[ExpertId]) -> Result<Vec<Expert>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            ExpertRow,
            "select id, handle, kind, domains, languages, weekly_capacity, active, away, created_at
             from expert where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Expert::try_from)
        .collect()
    }

    /// The ids of experts by their handles (expert_handle_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn experts_named(&mut self, handles: &[Handle]) -> Result<HashMap<Handle, ExpertId>> {
        let names: Vec<_> = handles.iter().map(|handle| handle.as_str().to_owned()).collect();
        let project = self.project_uuid();
        let found: HashMap<_, _> =
            sqlx::query!("select handle, id from expert where project_id = $1 and handle = any($2)", project, &names)
                .fetch_all(self.connection())
                .await?
                .into_iter()
                .map(|row| (row.handle, ExpertId::from_uuid(row.id)))
                .collect();
        Ok(handles.iter().filter_map(|handle| Some((handle.clone(), *found.get(handle.as_str())?))).collect())
    }

    /// Makes transactions that number reviews of the same experts wait for each other, until this one ends.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn lock_experts(&mut self, experts: &[ExpertId]) -> Result<()> {
        let ids = uuids(experts);
        let project = self.project_uuid();
        // Not as strong as to keep others from referring to the expert.
        sqlx::query!(
            "select id from expert where project_id = $1 and id = any($2) order by id for no key update",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?;
        Ok(())
    }
}

/// The statement of [`Tx::experts`].
pub(super) fn experts_query(project: Uuid, filter: &ExpertFilter, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, handle, kind, domains, languages, weekly_capacity, active, away, created_at from expert
         where project_id = ",
    );
    query.push_bind(project);
    if let Some(active) = filter.active {
        query.push(" and active = ").push_bind(active);
    }
    if let Some(domain) = &filter.domain {
        query.push(" and (domains = '{}' or ").push_bind(domain.clone()).push(" = any(domains))");
    }
    page.push(&mut query, "id");
    query
}
