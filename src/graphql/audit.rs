//! The audit log.

use async_graphql::{Context, ID, InputObject, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{domain::audit, ids::AuditEntryId, store::AuditFilter};
use chrono::{DateTime, Utc};

use super::{
    fault::OrFault,
    loading::{found, maybe},
    paging::{Connection, PageArgs, connect},
    project::Key,
    scalars::{Int64, IntoId, maybe_id},
    session::apart,
    words::{AuditAction, Role},
};

/// Something that was done, by whom and from where. Each entry is chained to the one before it by its hash.
#[derive(Debug, Clone)]
pub struct AuditEntry(pub(super) audit::AuditEntry);

/// Something that was done, by whom and from where. Each entry is chained to the one before it by its hash.
#[at_hand]
#[Object]
impl AuditEntry {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// Its place in the project's log, from 1 on, without a gap.
    async fn sequence(&self) -> Int64 {
        Int64(self.0.sequence)
    }

    /// When it was done.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What was done.
    async fn action(&self) -> AuditAction {
        self.0.deed.action.into()
    }

    /// On what: an id, or the word of what has none.
    async fn subject(&self) -> &str {
        &self.0.deed.subject
    }

    /// The key it was done with; null for a command beside the database, and for an operator's key of another project.
    async fn key(&self, ctx: &Context<'_>) -> Result<Option<Key>> {
        maybe(ctx, self.0.deed.key).await
    }

    /// The id of that key; null for a command beside the database.
    async fn key_id(&self) -> Option<ID> {
        self.0.deed.key.map(IntoId::into_id)
    }

    /// As what it was done.
    async fn role(&self) -> Role {
        self.0.deed.role.into()
    }

    /// The address it was asked from; null for a command beside the database.
    async fn origin(&self) -> Option<String> {
        self.0.deed.origin.map(|origin| origin.to_string())
    }

    /// The hash of the subject's state before; null where it was not there.
    async fn before_hash(&self) -> Option<String> {
        self.0.deed.before.map(|hash| hash.to_hex().to_string())
    }

    /// The hash of the subject's state since; null where it is no more.
    async fn after_hash(&self) -> Option<String> {
        self.0.deed.after.map(|hash| hash.to_hex().to_string())
    }

    /// The hash of the entry before; of the first one, zeros.
    async fn previous_hash(&self) -> String {
        self.0.previous.to_hex().to_string()
    }

    /// Its own hash.
    async fn hash(&self) -> String {
        self.0.hash.to_hex().to_string()
    }
}

/// Which entries are asked for: those that meet all of these.
#[derive(Debug, Default, InputObject)]
pub struct AuditEntryFilter {
    /// Those of this action.
    action: Option<AuditAction>,
    /// Those on this subject.
    subject: Option<String>,
    /// Those of this key.
    key: Option<ID>,
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// An entry of the audit log by its id; null if this project has none of that id. For auditors and administrators.
    async fn audit_entry(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<AuditEntry>> {
        found::<AuditEntryId, _>(ctx, &id).await
    }

    /// The audit log, newest first. For auditors and administrators.
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<AuditEntryFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<AuditEntry>> {
        let page = PageArgs { first, last, after, before }.by_id::<AuditEntryId>()?;
        let AuditEntryFilter { action, subject, key } = filter.unwrap_or_default();
        let key = maybe_id("filter.key", key.as_ref())?;
        let filter = AuditFilter { action: action.map(Into::into), subject, key };
        let (session, _apart) = apart(ctx).await?;
        let page = crate::app::audit::list(&session.app, &session.actor, &filter, page).await.or_fault()?;
        Ok(connect(page.map(AuditEntry), |record| record.0.id.to_string()))
    }
}
