//! Which rows two snapshots do not share.

use crate::{
    ids::{ExampleId, Id, SnapshotId, SnapshotRowId},
    store::{Result, Tx},
};

/// A row that another snapshot has not, or has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DifferentRow {
    /// The row.
    pub row: SnapshotRowId,
    /// The format of the file it is in.
    pub format: String,
    /// The example it is.
    pub example: ExampleId,
    /// Whether the other snapshot has the same example with another hash: its weight or its origin changed. If not,
    /// the other snapshot has it not at all.
    pub changed: bool,
}

impl Tx {
    /// The rows of `of` that `other` has not, or has with another hash, in the order of their ids, after one of them,
    /// at most 1,000 (snapshot_row_pkey, snapshot_row_example_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn different_rows(
        &mut self,
        of: SnapshotId,
        other: SnapshotId,
        after: Option<SnapshotRowId>,
    ) -> Result<Vec<DifferentRow>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select r.id, r.format, r.example_id, o.row_hash is not null as "changed!"
            from snapshot_row r
            left join snapshot_row o on o.project_id = $1 and o.example_id = r.example_id and o.snapshot_id = $3
            where r.project_id = $1 and r.snapshot_id = $2 and ($4::uuid is null or r.id > $4)
              and o.row_hash is distinct from r.row_hash
            order by r.id limit 1000
            "#,
            project,
            of.uuid(),
            other.uuid(),
            after.map(Id::uuid),
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| DifferentRow {
            row: SnapshotRowId::from_uuid(row.id),
            format: row.format,
            example: ExampleId::from_uuid(row.example_id),
            changed: row.changed,
        })
        .collect())
    }
}
