//! Lineage edges: what rests on what, indexed both ways.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx, page::Key};
use crate::{
    domain::lineage::{Direction, Edge, LineageEdge, LineageFilter, Place},
    ids::{AnyId, Kind},
};

#[derive(FromRow)]
struct EdgeRow {
    from_kind: String,
    from_id: Uuid,
    to_kind: String,
    to_id: Uuid,
    relation: String,
    at: DateTime<Utc>,
}

pub(super) fn any_id(prefix: &str, uuid: Uuid) -> Result<AnyId> {
    let kind = Kind::ALL.iter().find(|kind| kind.prefix() == prefix);
    let kind = kind.ok_or_else(|| StoreError::Corrupt(format!("`{prefix}` is the prefix of no kind")))?;
    Ok(AnyId { kind: *kind, uuid })
}

impl TryFrom<EdgeRow> for LineageEdge {
    type Error = StoreError;
    fn try_from(row: EdgeRow) -> Result<Self> {
        let edge = Edge {
            from: any_id(&row.from_kind, row.from_id)?,
            relation: row.relation.parse()?,
            to: any_id(&row.to_kind, row.to_id)?,
        };
        Ok(Self { edge, at: row.at })
    }
}

impl Key for Place {
    fn push(self, to: &mut QueryBuilder<Postgres>) {
        to.push_bind(self.far).push(", ").push_bind(self.relation.word());
    }
}

impl Tx {
    /// Notes edges, in one statement; those already noted stay as they are.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn note_lineage(&mut self, edges: &[Edge]) -> Result<()> {
        let (mut from_kinds, mut from_ids, mut to_kinds, mut to_ids, mut relations) =
            (vec![], vec![], vec![], vec![], vec![]);
        for edge in edges {
            from_kinds.push(edge.from.kind.prefix().to_owned());
            from_ids.push(edge.from.uuid);
            to_kinds.push(edge.to.kind.prefix().to_owned());
            to_ids.push(edge.to.uuid);
            relations.push(edge.relation.word().to_owned());
        }
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            r#"
            insert into lineage_edge (project_id, from_kind, from_id, to_kind, to_id, relation, at)
            select $1, e.from_kind, e.from_id, e.to_kind, e.to_id, e.relation, $7
            from unnest($2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[])
                 as e (from_kind, from_id, to_kind, to_id, relation)
            on conflict do nothing
            "#,
            project,
            &from_kinds,
            &from_ids,
            &to_kinds,
            &to_ids,
            &relations,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of the edges of one thing, the newest thing at the other end first, of one thing by relation
    /// (lineage_edge_pkey for origins, lineage_edge_to_idx for dependents).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn lineage(&mut self, filter: &LineageFilter, page: PageRequest<Place>) -> Result<Page<LineageEdge>> {
        let query = lineage_query(self.project_uuid(), filter, page);
        self.page::<EdgeRow, _>(query, page).await
    }
}

/// The statement of [`Tx::lineage`]. The indexes order the far ends by kind first: the first of each kind are merged, so
/// that a snapshot's many edges are never sorted whole.
pub(super) fn lineage_query(project: Uuid, filter: &LineageFilter, page: PageRequest<Place>) -> QueryBuilder<Postgres> {
    let (near, far) = match filter.direction {
        Direction::Origins => ("from", "to"),
        Direction::Dependents => ("to", "from"),
    };
    let kinds: Vec<&str> = match filter.kind {
        Some(kind) => vec![kind.prefix()],
        None => Kind::ALL.iter().map(|kind| kind.prefix()).collect(),
    };
    let mut query = QueryBuilder::new("select found.* from unnest(");
    query.push_bind(kinds).push("::text[]) as of_kind (kind) cross join lateral (");
    query.push("select from_kind, from_id, to_kind, to_id, relation, at from lineage_edge where project_id = ");
    query.push_bind(project);
    query.push(format_args!(" and {near}_kind = ")).push_bind(filter.of.kind.prefix());
    query.push(format_args!(" and {near}_id = ")).push_bind(filter.of.uuid);
    query.push(format_args!(" and {far}_kind = of_kind.kind"));
    let order = format!("{far}_id, relation");
    page.push(&mut query, &order);
    query.push(") as found");
    page.push_order(&mut query, &order);
    query
}
