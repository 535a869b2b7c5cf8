//! Keyset pages: by id, which is by time, so that they stay stable while rows come in.

use std::{collections::HashMap, hash::Hash};

use sqlx::{FromRow, Postgres, QueryBuilder, postgres::PgRow};
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::ids::{Id, uuids};

/// The most rows one page has.
pub const MOST: i64 = 200;

/// Which rows of a list are asked for, by what orders them: nearly always their id. Lists are newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest<K = Uuid> {
    /// How many rows, at most [`MOST`].
    pub size: i64,
    /// Only rows that come after this one in the list.
    pub after: Option<K>,
    /// Only rows that come before this one in the list.
    pub before: Option<K>,
    /// Take from the end of the list instead of its beginning.
    pub from_end: bool,
}

impl<K> PageRequest<K> {
    /// The first `size` rows, capped at [`MOST`].
    pub fn first(size: i64) -> Self {
        Self { size: size.clamp(0, MOST), after: None, before: None, from_end: false }
    }

    /// The same, after a row.
    pub fn after(self, key: K) -> Self {
        Self { after: Some(key), ..self }
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
    /// The same page with every row changed.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            rows: self.rows.into_iter().map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

/// What orders the rows of a list.
pub(crate) trait Key: Copy {
    /// Appends its value: as many as the list's columns.
    fn push(self, to: &mut QueryBuilder<Postgres>);
}

impl Key for Uuid {
    fn push(self, to: &mut QueryBuilder<Postgres>) {
        to.push_bind(self);
    }
}

impl Key for i32 {
    fn push(self, to: &mut QueryBuilder<Postgres>) {
        to.push_bind(self);
    }
}

/// A request for a page by a key that orders the rows, of a statement that has a `where` already.
pub(crate) trait Paging: Copy {
    /// What orders the rows.
    type Key: Key;
    /// Whether the greatest key comes first.
    const GREATEST_FIRST: bool;

    /// How many rows, after which key, before which, and whether from the end.
    fn bounds(self) -> (i64, Option<Self::Key>, Option<Self::Key>, bool);

    /// Appends the keyset condition, order and limit over the key's columns, with commas between them.
    fn push(self, to: &mut QueryBuilder<Postgres>, columns: &str) {
        self.push_bounds(to, columns);
        self.push_order(to, columns);
    }

    /// Appends the keyset condition alone.
    fn push_bounds(self, to: &mut QueryBuilder<Postgres>, columns: &str) {
        let (_, after, before, _) = self.bounds();
        let (beyond, within) = if Self::GREATEST_FIRST { ("<", ">") } else { (">", "<") };
        for (key, side) in [(after, beyond), (before, within)] {
            if let Some(key) = key {
                to.push(format_args!(" and ({columns}) {side} ("));
                key.push(to);
                to.push(")");
            }
        }
    }

    /// Appends the order and limit alone.
    fn push_order(self, to: &mut QueryBuilder<Postgres>, columns: &str) {
        let (size, _, _, _) = self.bounds();
        self.push_order_of_all(to, columns);
        // One row more than asked for, which tells whether there are more.
        to.push(" limit ").push_bind(size + 1);
    }

    /// Appends the order of the whole of a statement that reads such a page for each of several parents, in a lateral join.
    fn push_order_of_all(self, to: &mut QueryBuilder<Postgres>, columns: &str) {
        let (_, _, _, from_end) = self.bounds();
        let way = if from_end == Self::GREATEST_FIRST { "asc" } else { "desc" };
        for (at, column) in columns.split(", ").enumerate() {
            to.push(format_args!("{} {column} {way}", if at == 0 { " order by" } else { "," }));
        }
    }

    /// Makes a page for each parent of what was read in that order.
    fn pages<P: Copy + Eq + Hash, T>(
        self,
        parents: &[P],
        rows: impl IntoIterator<Item = (P, T)>,
    ) -> HashMap<P, Page<T>> {
        let mut of: HashMap<P, Vec<T>> = parents.iter().map(|parent| (*parent, Vec::new())).collect();
        for (parent, row) in rows {
            of.entry(parent).or_default().push(row);
        }
        of.into_iter().map(|(parent, rows)| (parent, self.page(rows))).collect()
    }

    /// Makes a page of what was read so, in the order in which it was read.
    fn page<T>(self, mut rows: Vec<T>) -> Page<T> {
        let (size, after, before, from_end) = self.bounds();
        let more = rows.len() as i64 > size;
        rows.truncate(usize::try_from(size).unwrap_or(0));
        if from_end {
            rows.reverse();
            Page { rows, has_previous: more, has_next: before.is_some() }
        } else {
            Page { rows, has_previous: after.is_some(), has_next: more }
        }
    }
}

impl<K: Key> Paging for PageRequest<K> {
    type Key = K;
    const GREATEST_FIRST: bool = true;
    fn bounds(self) -> (i64, Option<K>, Option<K>, bool) {
        (self.size, self.after, self.before, self.from_end)
    }
}

/// What a record is found by from its parent, in a list by id.
pub(crate) struct Branch<'a> {
    /// The columns read, and from where.
    pub(crate) select: &'a str,
    /// The column that names the project.
    pub(crate) project: &'a str,
    /// The column that names the parent; an index on it and the id serves the page.
    pub(crate) parent: &'a str,
    /// The column of the id.
    pub(crate) id: &'a str,
}

impl Branch<'_> {
    /// The statement of a page for each of several parents, which reads no more of any of them than its page.
    pub(crate) fn query(&self, project: Uuid, parents: &[Uuid], page: PageRequest) -> QueryBuilder<Postgres> {
        let Branch { select, project: of, parent, id } = self;
        let mut query = QueryBuilder::new("select r.* from (select distinct p as id from unnest(");
        query.push_bind(parents.to_vec()).push("::uuid[]) p) as asked cross join lateral (");
        query
            .push(select)
            .push(" where ")
            .push(parent)
            .push(" = asked.id and ")
            .push(of)
            .push(" = ")
            .push_bind(project);
        page.push(&mut query, id);
        query.push(") r");
        page.push_order_of_all(&mut query, "r.id");
        query
    }
}

impl Tx {
    /// Reads a page for each of several parents; `parent` tells whose a record is.
    pub(crate) async fn page_of_each<R, T, P>(
        &mut self,
        branch: &Branch<'_>,
        parents: &[P],
        page: PageRequest,
        parent: impl Fn(&T) -> Option<P>,
    ) -> Result<HashMap<P, Page<T>>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
        T: TryFrom<R>,
        StoreError: From<T::Error>,
        P: Id + Eq + Hash,
    {
        let mut query = branch.query(self.project_uuid(), &uuids(parents), page);
        let rows: Vec<R> = query.build_query_as().fetch_all(self.connection()).await?;
        let records = rows.into_iter().map(T::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(page.pages(parents, records.into_iter().filter_map(|record| Some((parent(&record)?, record)))))
    }

    /// Reads a page with a statement that ends with the request's condition, order and limit.
    pub(crate) async fn page<R, T>(&mut self, mut query: QueryBuilder<Postgres>, page: impl Paging) -> Result<Page<T>>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
        T: TryFrom<R>,
        StoreError: From<T::Error>,
    {
        let rows: Vec<R> = query.build_query_as().fetch_all(self.connection()).await?;
        Ok(page.page(rows.into_iter().map(T::try_from).collect::<Result<_, _>>()?))
    }
}
