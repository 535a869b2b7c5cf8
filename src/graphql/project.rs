//! Projects and keys.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use atr_at_hand::at_hand;
use atr_core::{
    domain::keep_rule,
    ids::{ApiKeyId, ProjectId},
    store,
};
use chrono::{DateTime, Utc};

use super::{
    expert::Expert,
    fault::OrFault,
    loading::{found, maybe},
    paging::{Connection, PageArgs, connect},
    person::Person,
    scalars::IntoId,
    session::{apart, reading},
    words::{Role, Scope},
};

/// A tenant.
#[derive(Debug, Clone)]
pub struct Project(pub(super) store::Project);

/// A tenant.
#[at_hand]
#[Object]
impl Project {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The short name that addresses and commands use.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The name that people read.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// At so many unfinished tasks nothing more is taken in.
    async fn max_backlog(&self) -> i32 {
        self.0.max_backlog
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// Which of the traces that spans make are kept: what is uncertain, what is flagged, and a share of the rest.
#[derive(Debug, SimpleObject)]
pub struct KeepRule {
    /// For so many seconds no span of a trace may come before the trace is put together.
    quiet_seconds: i32,
    /// A trace whose confidence is below this is kept, 0 to 1.
    keep_below: f64,
    /// Whether a trace is kept that something says is wrong.
    keep_flagged: bool,
    /// The share of all other traces that is kept, 0 to 1.
    keep_share: f64,
}

impl From<keep_rule::KeepRule> for KeepRule {
    fn from(of: keep_rule::KeepRule) -> Self {
        let keep_rule::KeepRule { quiet_seconds, keep_below, keep_flagged, keep_share } = of;
        Self { quiet_seconds, keep_below, keep_flagged, keep_share }
    }
}

/// A key, without its secret.
#[derive(Debug, Clone)]
pub struct Key(pub(super) store::KeyRecord);

/// A key, without its secret.
#[at_hand]
#[Object]
impl Key {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How its secret begins, by which a leaked one is told; null for keys made before there were prefixes.
    async fn prefix(&self) -> Option<&str> {
        self.0.prefix.as_deref()
    }

    /// What its bearer may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// What of it; null where it is narrowed to nothing less.
    async fn scopes(&self) -> Option<Vec<Scope>> {
        Some(self.0.scopes.listed()?.iter().map(|scope| (*scope).into()).collect())
    }

    /// How many requests a minute a server answers it; null where it is the server's own bound.
    async fn requests_per_minute(&self) -> Option<i32> {
        self.0.requests_per_minute
    }

    /// When it was last used, to the minute; null where it never was.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// The key in whose place it was made.
    async fn replaces(&self, ctx: &Context<'_>) -> Result<Option<Box<Key>>> {
        Ok(maybe(ctx, self.0.replaces).await?.map(Box::new))
    }

    /// Whose session it is; null for a program's key.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>> {
        maybe(ctx, self.0.person).await
    }

    /// The expert whose reviews it writes.
    async fn expert(&self, ctx: &Context<'_>) -> Result<Option<Expert>> {
        maybe(ctx, self.0.expert).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it stops working.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was withdrawn.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// The project that is asked.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>> {
        Ok(reading(ctx).await?.own_project().await.or_fault()?.map(Project))
    }

    /// Which of the traces that spans make are kept, in the project that is asked.
    async fn keep_rule(&self, ctx: &Context<'_>) -> Result<KeepRule> {
        let (session, _apart) = apart(ctx).await?;
        Ok(crate::app::projects::keep_rule(&session.app, &session.actor).await.or_fault()?.into())
    }

    /// Every project of this installation, newest first; for operators.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the one with this short name.")] slug: Option<String>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let page = PageArgs { first, last, after, before }.by_id::<ProjectId>()?;
        let (session, _apart) = apart(ctx).await?;
        let page = crate::app::projects::list(&session.app, &session.actor, slug.as_deref(), page).await.or_fault()?;
        Ok(connect(page.map(Project), |record| record.0.id.to_string()))
    }

    /// An API key by its id; null if this project has none of that id. For auditors and administrators.
    async fn key(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Key>> {
        found::<ApiKeyId, _>(ctx, &id).await
    }

    /// API keys, newest first, people's sessions among them; for auditors and administrators.
    async fn keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Key>> {
        let page = PageArgs { first, last, after, before }.by_id::<ApiKeyId>()?;
        let (session, _apart) = apart(ctx).await?;
        let page = crate::app::keys::list(&session.app, &session.actor, page).await.or_fault()?;
        Ok(connect(page.map(Key), |record| record.0.id.to_string()))
    }
}
