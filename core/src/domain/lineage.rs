//! Lineage: what rests on what, in the terms of W3C PROV.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::words;
use crate::ids::{AnyId, Kind};

words! {
    /// How a later thing rests on an earlier one.
    Relation {
        /// It was made from it.
        WasDerivedFrom = "wasDerivedFrom",
        /// It read it.
        Used = "used",
        /// It is what that activity made.
        WasGeneratedBy = "wasGeneratedBy",
    }
}

/// An edge to be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// The later thing.
    pub from: AnyId,
    /// How.
    pub relation: Relation,
    /// What it rests on.
    pub to: AnyId,
}

impl Edge {
    /// `from` rests on `to`.
    pub fn new(from: impl Into<AnyId>, relation: Relation, to: impl Into<AnyId>) -> Self {
        Self { from: from.into(), relation, to: to.into() }
    }
}

/// An edge as noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineageEdge {
    /// What rests on what.
    pub edge: Edge,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// An edge's place among those of a thing: two things may be related in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The thing at the other end.
    pub far: Uuid,
    /// How they are related.
    pub relation: Relation,
}

impl LineageEdge {
    /// Its place among those of the thing from which one looks this way.
    pub fn place(&self, direction: Direction) -> Place {
        let Edge { from, relation, to } = self.edge;
        let far = match direction {
            Direction::Origins => to,
            Direction::Dependents => from,
        };
        Place { far: far.uuid, relation }
    }
}

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What does this rest on?
    Origins,
    /// What rests on this?
    Dependents,
}

/// Which edges are asked for.
#[derive(Debug, Clone, Copy)]
pub struct LineageFilter {
    /// The thing.
    pub of: AnyId,
    /// Which way to look from it.
    pub direction: Direction,
    /// Only things of this kind at the other end.
    pub kind: Option<Kind>,
}
