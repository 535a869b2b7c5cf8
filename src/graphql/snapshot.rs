//! Snapshots.

use async_graphql::{Context, ID, InputObject, Json, Object, Result};
use atr_at_hand::at_hand;
use atr_core::{
    domain::snapshot,
    ids::{SnapshotId, TrainingJobId},
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    curation::{CurationDecision, DecisionCount, SnapshotFile, SnapshotMember, SnapshotRow},
    fault::OrFault,
    loading::{self, DecisionCountsOf, DecisionsIn, FilesOf, JobsOf, MembersIn, RowsIn, children, found, maybe},
    paging::{Connection, PageArgs, connect},
    scalars::{Int64, IntoId},
    session::reading,
    training::TrainingJob,
    words::{ExampleFormat, SnapshotState},
};

/// A snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot(pub(super) snapshot::Snapshot);

/// A snapshot.
#[at_hand]
#[Object]
impl Snapshot {
    /// Its id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into_id()
    }

    /// The name that people use.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The newest sealed snapshot when it was frozen.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Snapshot>> {
        maybe(ctx, self.0.parent).await
    }

    /// How far it is.
    async fn state(&self) -> SnapshotState {
        self.0.state.into()
    }

    /// Order, thresholds and versions of the pipeline.
    async fn recipe(&self) -> Json<&Value> {
        Json(&self.0.recipe)
    }

    /// BLAKE3 of the canonical recipe.
    async fn recipe_hash(&self) -> String {
        self.0.recipe_hash.to_hex().to_string()
    }

    /// Seed of every random choice in it.
    async fn seed(&self) -> Int64 {
        Int64(self.0.seed)
    }

    /// BLAKE3 over what was frozen, in order.
    async fn membership_root(&self) -> String {
        self.0.membership_root.to_hex().to_string()
    }

    /// Merkle root over its rows, once sealed.
    async fn merkle_root(&self) -> Option<String> {
        self.0.merkle_root.map(|digest| digest.to_hex().to_string())
    }

    /// BLAKE3 of its manifest, once sealed: the manifest's bytes are in the blob store under it.
    async fn manifest_hash(&self) -> Option<String> {
        self.0.manifest_hash.map(|digest| digest.to_hex().to_string())
    }

    /// What went in, what came out and why the rest fell, once curated.
    async fn counts(&self) -> Option<Json<&Value>> {
        self.0.counts.as_ref().map(Json)
    }

    /// Why it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// When its membership was frozen.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its files were complete.
    async fn sealed_at(&self) -> Option<DateTime<Utc>> {
        self.0.sealed_at
    }

    /// How many reviewed traces were frozen.
    async fn member_count(&self) -> i32 {
        self.0.members
    }

    /// The frozen traces, first to last.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<SnapshotMember>> {
        let page = PageArgs { first, last, after, before }.by_place()?;
        let page = loading::page(ctx, MembersIn(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.position.to_string()))
    }

    /// What became of each member, first to last.
    async fn decisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<CurationDecisionFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<CurationDecision>> {
        let page = PageArgs { first, last, after, before }.by_place()?;
        let filter = filter.unwrap_or_default().read();
        let page = loading::page(ctx, DecisionsIn(self.0.id, (filter,), page)).await?;
        Ok(connect(page, |record| record.0.decision.position.to_string()))
    }

    /// The rows of the file of one format, first to last.
    async fn rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The format of the file.")] format: ExampleFormat,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<SnapshotRow>> {
        let page = PageArgs { first, last, after, before }.by_place()?;
        let page = loading::page(ctx, RowsIn(self.0.id, (format.into(),), page)).await?;
        Ok(connect(page, |record| record.0.row.position.to_string()))
    }

    /// Its files; `atr snapshot pull` writes them into a folder.
    async fn files(&self, ctx: &Context<'_>) -> Result<Vec<SnapshotFile>> {
        children(ctx, FilesOf(self.0.id)).await
    }

    /// How many members each stage of the pipeline kept or dropped, by reason.
    async fn decision_counts(&self, ctx: &Context<'_>) -> Result<Vec<DecisionCount>> {
        children(ctx, DecisionCountsOf(self.0.id)).await
    }

    /// Training jobs on it, newest first.
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<TrainingJob>> {
        let page = PageArgs { first, last, after, before }.by_id::<TrainingJobId>()?;
        let page = loading::page(ctx, JobsOf(self.0.id, (), page)).await?;
        Ok(connect(page, |record| record.0.id.to_string()))
    }
}

/// Which decisions are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct CurationDecisionFilter {
    /// Only those that kept, or only those that dropped.
    kept: Option<bool>,
    /// Only for this reason, by name.
    reason: Option<String>,
}

impl CurationDecisionFilter {
    fn read(self) -> snapshot::DecisionFilter {
        snapshot::DecisionFilter { kept: self.kept, reason: self.reason }
    }
}

/// Which records are wanted; a field that is not given excludes nothing.
#[derive(Debug, Default, InputObject)]
pub struct SnapshotFilter {
    /// Only in this state.
    state: Option<SnapshotState>,
    /// Only of this name.
    name: Option<String>,
}

impl SnapshotFilter {
    fn read(self) -> Result<snapshot::SnapshotFilter> {
        Ok(snapshot::SnapshotFilter { state: self.state.map(Into::into), name: self.name })
    }
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct SnapshotQuery;

#[Object]
impl SnapshotQuery {
    /// A snapshot by its id; null if this project has none of that id.
    async fn snapshot(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<Snapshot>> {
        found::<SnapshotId, _>(ctx, &id).await
    }

    /// Snapshots, newest first.
    async fn snapshots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that meet all of these.")] filter: Option<SnapshotFilter>,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<Snapshot>> {
        let page = PageArgs { first, last, after, before }.by_id::<SnapshotId>()?;
        let filter = filter.unwrap_or_default().read()?;
        let mut tx = reading(ctx).await?;
        let page = tx.snapshots(&filter, page).await.or_fault()?;
        Ok(connect(page.map(Snapshot), |record| record.0.id.to_string()))
    }
}
