//! Rows and files, and the seal.

use std::collections::HashMap;

use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Result, StoreError, Topic, Tx, digest, guard};
use crate::{
    domain::{
        example::ExampleFormat,
        snapshot::{NewSnapshotRow, Seal, SnapshotFile, SnapshotRow, SnapshotStep},
    },
    ids::{ExampleId, Id, SnapshotId, SnapshotRowId, uuids},
    store::{OrdinalRequest, Page, Paging, page::MOST},
};

#[derive(FromRow)]
struct RowRow {
    id: Uuid,
    snapshot_id: Uuid,
    format: String,
    position: i32,
    member_position: i32,
    example_id: Uuid,
    row_hash: Vec<u8>,
}

impl TryFrom<RowRow> for SnapshotRow {
    type Error = StoreError;
    fn try_from(row: RowRow) -> Result<Self> {
        Ok(Self {
            id: SnapshotRowId::from_uuid(row.id),
            snapshot: SnapshotId::from_uuid(row.snapshot_id),
            row: NewSnapshotRow {
                format: row.format.parse()?,
                position: row.position,
                member_position: row.member_position,
                example: ExampleId::from_uuid(row.example_id),
                row_hash: digest(&row.row_hash)?,
            },
        })
    }
}

impl Tx {
    /// Records rows, in one statement, and answers their ids. Call it with some hundreds at a time.
    ///
    /// # Errors
    /// If one of them is recorded already, or the database is out of reach.
    pub async fn record_snapshot_rows(
        &mut self,
        of: SnapshotId,
        rows: &[NewSnapshotRow],
    ) -> Result<Vec<SnapshotRowId>> {
        let (mut ids, mut formats, mut positions) = (vec![], vec![], vec![]);
        let (mut members, mut examples, mut hashes) = (vec![], vec![], vec![]);
        for row in rows {
            ids.push(self.fresh::<SnapshotRowId>().uuid());
            formats.push(row.format.word().to_owned());
            positions.push(row.position);
            members.push(row.member_position);
            examples.push(row.example.uuid());
            hashes.push(row.row_hash.as_bytes().to_vec());
        }
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into snapshot_row (project_id, snapshot_id, format, position, id, member_position, example_id, row_hash)
            select $1, $2, r.format, r.position, r.id, r.member_position, r.example_id, r.row_hash
            from unnest($3::uuid[], $4::text[], $5::integer[], $6::integer[], $7::uuid[], $8::bytea[])
                 as r (id, format, position, member_position, example_id, row_hash)
            "#,
            project,
            of.uuid(),
            &ids,
            &formats,
            &positions,
            &members,
            &examples,
            &hashes,
        )
        .execute(self.connection())
        .await?;
        Ok(ids.into_iter().map(SnapshotRowId::from_uuid).collect())
    }

    /// Records the files of a snapshot.
    ///
    /// # Errors
    /// If one of them is recorded already, or the database is out of reach.
    pub async fn record_snapshot_files(&mut self, of: SnapshotId, files: &[SnapshotFile]) -> Result<()> {
        let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        let bytes: Vec<_> = files.iter().map(|file| file.bytes).collect();
        let digests: Vec<_> = files.iter().map(|file| file.digest.as_bytes().to_vec()).collect();
        let rows: Vec<_> = files.iter().map(|file| file.rows).collect();
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            insert into snapshot_file (project_id, snapshot_id, path, bytes, digest, rows)
            select $1, $2, f.path, f.bytes, f.digest, f.rows
            from unnest($3::text[], $4::bigint[], $5::bytea[], $6::bigint[]) as f (path, bytes, digest, rows)
            "#,
            project,
            of.uuid(),
            &paths,
            &bytes,
            &digests,
            &rows,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Seals a snapshot: from then on it never changes. `false` if it is not curated, or sealed already.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn seal_snapshot(&mut self, id: SnapshotId, seal: &Seal) -> Result<bool> {
        self.changed.insert(Topic::Snapshots);
        let (before, after) = guard(SnapshotStep::Seal);
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update snapshot set state = $3, merkle_root = $4, manifest_hash = $5, sealed_at = $6
             where project_id = $1 and id = $2 and state = any($7)",
            project,
            id.uuid(),
            after,
            seal.merkle_root.as_bytes(),
            seal.manifest_hash.as_bytes(),
            now,
            &before
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A page of the rows of one of a snapshot's files, in order.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_rows(
        &mut self,
        of: SnapshotId,
        format: ExampleFormat,
        page: OrdinalRequest,
    ) -> Result<Page<SnapshotRow>> {
        Ok(page.only(self.rows_of_snapshots(&[of], &format, page).await?))
    }

    /// The same for each of several snapshots (snapshot_row_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn rows_of_snapshots(
        &mut self,
        of: &[SnapshotId],
        format: &ExampleFormat,
        page: OrdinalRequest,
    ) -> Result<HashMap<SnapshotId, Page<SnapshotRow>>> {
        let mut query = snapshot_rows_query(self.project_uuid(), of, *format, page);
        let rows: Vec<RowRow> = query.build_query_as().fetch_all(self.connection()).await?;
        let rows = rows.into_iter().map(SnapshotRow::try_from).collect::<Result<Vec<_>>>()?;
        Ok(page.pages(of, rows.into_iter().map(|row| (row.snapshot, row))))
    }

    /// Rows by id (snapshot_row_id_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_rows_by_id(&mut self, ids: &[SnapshotRowId]) -> Result<Vec<SnapshotRow>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            RowRow,
            "select id, snapshot_id, format, position, member_position, example_id, row_hash
             from snapshot_row where project_id = $1 and id = any($2)",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SnapshotRow::try_from)
        .collect()
    }

    /// The rows that examples became, in any snapshot (snapshot_row_example_idx), by snapshot; of an example no more than
    /// [`MOST`], the newest.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_rows_of_examples(&mut self, examples: &[ExampleId]) -> Result<Vec<SnapshotRow>> {
        let examples = uuids(examples);
        let project = self.project_uuid();
        sqlx::query_as!(
            RowRow,
            r#"
            select r.id as "id!", r.snapshot_id as "snapshot_id!", r.format as "format!",
                   r.position as "position!", r.member_position as "member_position!",
                   r.example_id as "example_id!", r.row_hash as "row_hash!"
            from (select distinct a from unnest($2::uuid[]) as a) as asked
            cross join lateral (
                select t.* from snapshot_row t where t.project_id = $1 and t.example_id = asked.a
                order by t.snapshot_id desc limit $3
            ) r
            order by r.example_id, r.snapshot_id
            "#,
            project,
            &examples,
            MOST
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SnapshotRow::try_from)
        .collect()
    }

    /// The files of a snapshot, by path: a dozen or so.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn snapshot_files(&mut self, of: SnapshotId) -> Result<Vec<SnapshotFile>> {
        Ok(self.files_of_snapshots(&[of]).await?.into_iter().map(|(_, file)| file).collect())
    }

    /// The same for each of several snapshots, told with each file.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn files_of_snapshots(&mut self, of: &[SnapshotId]) -> Result<Vec<(SnapshotId, SnapshotFile)>> {
        let ids: Vec<_> = of.iter().map(|id| id.uuid()).collect();
        let project = self.project_uuid();
        let rows = sqlx::query!(
            "select snapshot_id, path, bytes, digest, rows from snapshot_file
             where project_id = $1 and snapshot_id = any($2) order by snapshot_id, path",
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?;
        let files = rows.into_iter().map(|row| {
            let digest = digest(&row.digest)?;
            let file = SnapshotFile { path: row.path, bytes: row.bytes, digest, rows: row.rows };
            Ok((SnapshotId::from_uuid(row.snapshot_id), file))
        });
        files.collect()
    }
}

/// The statement of [`Tx::rows_of_snapshots`].
pub(in crate::store) fn snapshot_rows_query(
    project: Uuid,
    of: &[SnapshotId],
    format: ExampleFormat,
    page: OrdinalRequest,
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select r.* from unnest(");
    query.push_bind(uuids(of)).push(
        "::uuid[]) as s (id) cross join lateral (
         select id, snapshot_id, format, position, member_position, example_id, row_hash from snapshot_row
         where snapshot_id = s.id and project_id = ",
    );
    query.push_bind(project).push(" and format = ").push_bind(format.word());
    page.push(&mut query, "position");
    query.push(") r");
    page.push_order_of_all(&mut query, "r.position");
    query
}
