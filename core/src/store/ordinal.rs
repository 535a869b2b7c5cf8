//! Keyset pages of what has a place in an order (members, decisions, rows, events), first to last.

use std::{collections::HashMap, hash::Hash};

use sqlx::{Postgres, QueryBuilder};

use super::page::{MOST, Page};

/// Which rows of an ordered list are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrdinalRequest {
    /// How many rows, at most [`MOST`].
    pub size: i64,
    /// Only rows after this place.
    pub after: Option<i32>,
    /// Only rows before this place.
    pub before: Option<i32>,
    /// Take from the end of the list instead of its beginning.
    pub from_end: bool,
}

impl OrdinalRequest {
    /// The first `size` rows, capped at [`MOST`].
    pub fn first(size: i64) -> Self {
        Self { size: size.clamp(0, MOST), after: None, before: None, from_end: false }
    }

    /// The same, after a place.
    pub fn after(self, place: i32) -> Self {
        Self { after: Some(place), ..self }
    }

    /// Appends the keyset condition, order and limit to a statement that has a `where` already.
    pub(crate) fn push(&self, to: &mut QueryBuilder<Postgres>, column: &str) {
        if let Some(after) = self.after {
            to.push(" and ").push(column).push(" > ").push_bind(after);
        }
        if let Some(before) = self.before {
            to.push(" and ").push(column).push(" < ").push_bind(before);
        }
        to.push(" order by ").push(column).push(if self.from_end { " desc" } else { " asc" });
        // One row more than asked for, which tells whether there are more.
        to.push(" limit ").push_bind(self.size + 1);
    }

    /// The order of the whole of a statement that reads such a page for each of several parents, in a lateral join.
    pub(crate) fn push_order(&self, to: &mut QueryBuilder<Postgres>, column: &str) {
        to.push(" order by ").push(column).push(if self.from_end { " desc" } else { " asc" });
    }

    /// Makes a page for each parent from what was read in that order.
    pub(crate) fn pages<P: Copy + Eq + Hash, T>(
        &self,
        parents: &[P],
        rows: impl IntoIterator<Item = (P, T)>,
    ) -> HashMap<P, Page<T>> {
        let mut of: HashMap<P, Vec<T>> = parents.iter().map(|parent| (*parent, Vec::new())).collect();
        for (parent, row) in rows {
            of.entry(parent).or_default().push(row);
        }
        of.into_iter().map(|(parent, rows)| (parent, self.page(rows))).collect()
    }

    /// The page of a parent that was asked for alone.
    pub(crate) fn only<P, T>(&self, pages: HashMap<P, Page<T>>) -> Page<T> {
        pages.into_values().next().unwrap_or_else(|| self.page(Vec::new()))
    }

    /// Makes a page from what was read with [`Self::push`].
    pub(crate) fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let more = rows.len() as i64 > self.size;
        rows.truncate(usize::try_from(self.size).unwrap_or(0));
        if self.from_end {
            rows.reverse();
            Page { rows, has_previous: more, has_next: self.before.is_some() }
        } else {
            Page { rows, has_previous: self.after.is_some(), has_next: more }
        }
    }
}
