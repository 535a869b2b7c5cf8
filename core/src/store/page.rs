//! Keyset pages: by id, which is by time, so that they stay stable while rows come in.

use uuid::Uuid;

/// The most rows one page has.
pub const MOST: i64 = 200;

/// Which rows of a list are asked for. Lists are newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows, at most [`MOST`].
    pub size: i64,
    /// Only rows that come after this one in the list.
    pub after: Option<Uuid>,
    /// Only rows that come before this one in the list.
    pub before: Option<Uuid>,
    /// Take from the end of the list instead of its beginning.
    pub from_end: bool,
}

impl PageRequest {
    /// The first `size` rows, capped at [`MOST`].
    pub fn first(size: i64) -> Self {
        Self { size: size.clamp(0, MOST), after: None, before: None, from_end: false }
    }

    /// The same, after a row.
    pub fn after(self, id: Uuid) -> Self {
        Self { after: Some(id), ..self }
    }
}

/// A page of rows, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether there are rows before the first of these.
    pub has_previous: bool,
    /// Whether there are rows after the last of these.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// Makes a page from what was read with [`PageRequest::limit`], in the order in which it was read.
    pub fn from_read(request: PageRequest, mut rows: Vec<T>) -> Self {
        let more = rows.len() as i64 > request.size;
        rows.truncate(usize::try_from(request.size).unwrap_or(0));
        if request.from_end {
            rows.reverse();
            Self { rows, has_previous: more, has_next: request.before.is_some() }
        } else {
            Self { rows, has_previous: request.after.is_some(), has_next: more }
        }
    }

    /// The same page with every row changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

impl PageRequest {
    /// One row more than asked for, which tells whether there are more.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Appends the keyset condition, order and limit over a UUID column to a statement that has a `where` already.
    pub(crate) fn push(&self, to: &mut sqlx::QueryBuilder<sqlx::Postgres>, column: &str) {
        if let Some(after) = self.after {
            to.push(" and ").push(column).push(" < ").push_bind(after);
        }
        if let Some(before) = self.before {
            to.push(" and ").push(column).push(" > ").push_bind(before);
        }
        to.push(" order by ").push(column).push(if self.from_end { " asc" } else { " desc" });
        to.push(" limit ").push_bind(self.limit());
    }
}
