//! People who sign in.

use async_graphql::{Context, ID, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::person, ids::PersonId};
use chrono::{DateTime, Utc};

use super::{
    expert::Expert,
    fault::OrFault,
    loading::{found, maybe},
    paging::{Connection, PageArgs, connect},
    scalars::IntoId,
    session::apart,
    words::Role,
};

/// Someone who signs in.
#[derive(Debug, Clone)]
pub struct Person(pub(super) person::Person);

/// Someone who signs in.
#[at_hand]
#[Object]
impl Person {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The address they sign in with.
    async fn email(&self) -> &str {
        self.0.email.as_str()
    }

    /// What they may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The expert whose reviews they write.
    async fn expert(&self, ctx: &Context<'_>) -> Result<Option<Expert>> {
        maybe(ctx, self.0.expert).await
    }

    /// Whether they chose a password yet.
    async fn has_password(&self) -> bool {
        self.0.has_password
    }

    /// Until when an invitation is open by which they choose one; null where none is.
    async fn invited_until(&self) -> Option<DateTime<Utc>> {
        self.0.invited_until
    }

    /// Until when a link is open by which they sign in, once; null where none is.
    async fn link_until(&self) -> Option<DateTime<Utc>> {
        self.0.link_until
    }

    /// The provider of OpenID Connect at which they signed in first; null where they signed in at none.
    async fn oidc_issuer(&self) -> Option<&str> {
        self.0.identity.as_ref().map(|identity| identity.issuer.as_str())
    }

    /// Who they are to it.
    async fn oidc_subject(&self) -> Option<&str> {
        self.0.identity.as_ref().map(|identity| identity.subject.as_str())
    }

    /// When they were invited first.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Since when they sign in no more; null while they do.
    async fn deactivated_at(&self) -> Option<DateTime<Utc>> {
        self.0.deactivated_at
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct PersonQuery;

#[Object]
impl PersonQuery {
    /// Someone who signs in by their id; null if this project has none of that id. For auditors and administrators.
    async fn person(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Person>> {
        found::<PersonId, _>(ctx, &id).await
    }

    /// People who sign in, newest first; for auditors and administrators.
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Person>> {
        let page = PageArgs { first, last, after, before }.by_id::<PersonId>()?;
        let (session, _apart) = apart(ctx).await?;
        let page = crate::app::people::list(&session.app, &session.actor, page).await.or_fault()?;
        Ok(connect(page.map(Person), |record| record.0.id.to_string()))
    }
}
