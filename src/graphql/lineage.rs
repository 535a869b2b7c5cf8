//! What rests on what.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use atr_at_hand::Leaf;
use atr_at_hand::at_hand;
use atr_core::{
    domain::lineage,
    ids::{AnyId, Kind},
};
use chrono::{DateTime, Utc};

use super::{
    fault::{OrFault, invalid},
    node::{Node, node_of},
    paging::{Connection, PageArgs, connect},
    scalars::any_id,
    session::reading,
    words::Relation,
};

/// A thing and one that it rests on: no record but the tie of two, and so without an id.
#[derive(Debug, Clone)]
pub struct LineageEdge(pub(super) lineage::LineageEdge);

/// A thing and one that it rests on: no record but the tie of two, and so without an id.
#[at_hand]
#[Object]
impl LineageEdge {
    /// The id of the later thing.
    async fn from_id(&self) -> ID {
        ID(self.0.edge.from.to_string())
    }

    /// The later thing; null where things of its kind are not read by id.
    async fn from(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node_of(ctx, self.0.edge.from).await
    }

    /// How the later thing rests on the earlier one.
    async fn relation(&self) -> Relation {
        self.0.edge.relation.into()
    }

    /// The id of what it rests on.
    async fn to_id(&self) -> ID {
        ID(self.0.edge.to.to_string())
    }

    /// What it rests on; null where things of its kind are not read by id.
    async fn to(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        node_of(ctx, self.0.edge.to).await
    }

    /// When it was noted.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// Which way to look from a thing.
#[derive(Enum, Leaf, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What does it rest on?
    Origins,
    /// What rests on it?
    Dependents,
}

/// Where to look for lineage.
#[derive(Debug, InputObject)]
pub struct LineageInput {
    /// The thing's id.
    of: ID,
    /// Which way to look from it.
    direction: Direction,
    /// Only things at the other end whose ids begin with this prefix: `trc`, `rev`, `fct` and so on.
    kind: Option<String>,
}

fn kind(prefix: &str) -> Result<Kind> {
    let known = Kind::ALL.iter().find(|kind| kind.prefix() == prefix);
    known.copied().ok_or_else(|| invalid("from.kind", "give the prefix of an id, such as trc"))
}

/// The place that a cursor tells: the thing at the other end, and how it is related.
fn place(cursor: &str) -> Option<lineage::Place> {
    let (far, relation) = cursor.split_once('.')?;
    let far: AnyId = far.parse().ok()?;
    Some(lineage::Place { far: far.uuid, relation: relation.parse().ok()? })
}

/// Reads of this file's records.
#[derive(Debug, Default)]
pub struct LineageQuery;

#[Object]
impl LineageQuery {
    /// What a thing rests on, or what rests on it, one step far; the newest thing at the other end first.
    async fn lineage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From where to look, and which way.")] from: LineageInput,
        #[graphql(desc = "How many records from the beginning of the list, at most 100; 20 where nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "How many records from the end of the list, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only records after the one with this cursor.")] after: Option<String>,
        #[graphql(desc = "Only records before the one with this cursor.")] before: Option<String>,
    ) -> Result<Connection<LineageEdge>> {
        let page = PageArgs { first, last, after, before }.by(place)?;
        let of = any_id("from.of", &from.of)?;
        let direction = match from.direction {
            Direction::Origins => lineage::Direction::Origins,
            Direction::Dependents => lineage::Direction::Dependents,
        };
        let filter = lineage::LineageFilter { of, direction, kind: from.kind.as_deref().map(kind).transpose()? };
        let mut tx = reading(ctx).await?;
        let page = tx.lineage(&filter, page).await.or_fault()?;
        Ok(connect(page.map(LineageEdge), |record| {
            let far = match from.direction {
                Direction::Origins => record.0.edge.to,
                Direction::Dependents => record.0.edge.from,
            };
            format!("{far}.{}", record.0.edge.relation)
        }))
    }
}
