//! Keyset pages of what has a place in an order (members, decisions, rows, events), first to last.

use std::collections::HashMap;

use super::page::{MOST, Page, Paging};

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

    /// The page of a parent that was asked for alone.
    pub(crate) fn only<P, T>(self, pages: HashMap<P, Page<T>>) -> Page<T> {
        pages.into_values().next().unwrap_or_else(|| self.page(Vec::new()))
    }
}

impl Paging for OrdinalRequest {
    type Key = i32;
    const GREATEST_FIRST: bool = false;
    fn bounds(self) -> (i64, Option<i32>, Option<i32>, bool) {
        (self.size, self.after, self.before, self.from_end)
    }
}
