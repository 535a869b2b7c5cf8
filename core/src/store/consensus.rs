//! What the chains of a group agree on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::judgement::Consensus,
    hash,
    ids::{ChainGroupId, ConsensusId, Id, TraceId, uuids},
};

#[derive(FromRow)]
struct ConsensusRow {
    id: Uuid,
    chain_group_id: Uuid,
    agreed_answer: String,
    confidence: f64,
    chains: i32,
    agreement: serde_json::Value,
    dissenters: Vec<Uuid>,
    entropy: Option<f64>,
    representative_id: Option<Uuid>,
    confidences: serde_json::Value,
    divergences: serde_json::Value,
    inputs_hash: Vec<u8>,
    at: DateTime<Utc>,
}

impl TryFrom<ConsensusRow> for Consensus {
    type Error = StoreError;
    fn try_from(row: ConsensusRow) -> Result<Self> {
        Ok(Self {
            id: ConsensusId::from_uuid(row.id),
            group: ChainGroupId::from_uuid(row.chain_group_id),
            agreed_answer: row.agreed_answer,
            confidence: row.confidence,
            chains: row.chains,
            agreement: serde_json::from_value::<BTreeMap<TraceId, f64>>(row.agreement)?,
            dissenters: row.dissenters.into_iter().map(TraceId::from_uuid).collect(),
            entropy: row.entropy,
            representative: row.representative_id.map(TraceId::from_uuid),
            confidences: serde_json::from_value(row.confidences)?,
            divergences: serde_json::from_value(row.divergences)?,
            inputs_hash: hash::from_bytes(&row.inputs_hash)
                .map_err(|_| StoreError::Corrupt("a consensus's hash is not 32 bytes long".to_owned()))?,
            at: row.at,
        })
    }
}

impl Tx {
    /// Stores what a group agrees on.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_consensus(&mut self, found: &Consensus) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into consensus (project_id, id, chain_group_id, agreed_answer, confidence, chains, agreement,
                                   dissenters, inputs_hash, at, entropy, representative_id, confidences, divergences)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            "#,
            project,
            found.id.uuid(),
            found.group.uuid(),
            found.agreed_answer,
            found.confidence,
            found.chains,
            serde_json::to_value(&found.agreement)?,
            &uuids(&found.dissenters),
            found.inputs_hash.as_bytes().as_slice(),
            found.at,
            found.entropy,
            found.representative.map(Id::uuid),
            serde_json::to_value(&found.confidences)?,
            serde_json::to_value(&found.divergences)?,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The newest consensus of each group that has one (consensus_group_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn latest_consensus_of_groups(&mut self, groups: &[ChainGroupId]) -> Result<Vec<Consensus>> {
        let (project, groups) = (self.project_uuid(), uuids(groups));
        sqlx::query_as!(
            ConsensusRow,
            r#"
            select c.id, c.chain_group_id, c.agreed_answer, c.confidence, c.chains, c.agreement, c.dissenters,
                   c.entropy, c.representative_id, c.confidences, c.divergences, c.inputs_hash, c.at
            from unnest($2::uuid[]) g (id), lateral (
                select * from consensus where project_id = $1 and chain_group_id = g.id order by id desc limit 1
            ) c
            "#,
            project,
            &groups
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Consensus::try_from)
        .collect()
    }

    /// Consensus records by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn consensus_by_id(&mut self, ids: &[ConsensusId]) -> Result<Vec<Consensus>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            ConsensusRow,
            "select id, chain_group_id, agreed_answer, confidence, chains, agreement, dissenters, entropy,
                    representative_id, confidences, divergences, inputs_hash, at
             from consensus where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Consensus::try_from)
        .collect()
    }

    /// A page of consensus records, newest first; of one group by consensus_group_idx.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn consensuses(&mut self, group: Option<ChainGroupId>, page: PageRequest) -> Result<Page<Consensus>> {
        let query = consensuses_query(self.project_uuid(), group, page);
        self.page::<ConsensusRow, _>(query, page).await
    }
}

/// The statement of [`Tx::consensuses`].
pub(super) fn consensuses_query(
    project: Uuid,
    group: Option<ChainGroupId>,
    page: PageRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select * from consensus where project_id = ");
    query.push_bind(project);
    if let Some(group) = group {
        query.push(" and chain_group_id = ").push_bind(group.uuid());
    }
    page.push(&mut query, "id");
    query
}
