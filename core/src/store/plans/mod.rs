//! How the lists are read: with every filter alone, whether few rows match it or nearly all, and from wherever a page
//! begins, a page costs a page. The statements are the store's own, run as programs run them, under the policies.

mod access;
mod branches;
mod followed;
mod grounding;
mod intake;
mod judgement;
mod learning;
mod queue;
mod routing;
mod rows;
mod snapshot;
#[path = "../../../tests/support/mod.rs"]
mod support;
mod trace;

use std::collections::HashMap;

use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, Execute, Postgres, QueryBuilder};
use uuid::Uuid;

use self::{
    rows::{Holds, ROWS, fill, id, without_checks},
    support::Database,
};
use super::{OrdinalRequest, PageRequest};
use crate::ids::Id;

type Statement = QueryBuilder<Postgres>;

/// How many rows a page has here.
const PAGE: i64 = 10;
/// The most rows a page may read: some more than it has, and no share of a table.
const MOST: f64 = 100.0;
/// The same where a page is merged of the first rows of each kind: each kind may give a page.
const MOST_MERGED: f64 = 1000.0;

/// A list with some filter, and the statements of pages from its beginning, middle and end.
struct Listing {
    name: String,
    statements: Vec<Statement>,
}

fn by_id(name: impl Into<String>, statement: impl Fn(PageRequest) -> Statement) -> Listing {
    by_key(name, id(ROWS / 2), statement)
}

fn by_key<K: Copy>(name: impl Into<String>, middle: K, statement: impl Fn(PageRequest<K>) -> Statement) -> Listing {
    let first = PageRequest::first(PAGE);
    let end = PageRequest { from_end: true, ..first };
    let before = PageRequest { before: Some(middle), ..end };
    Listing { name: name.into(), statements: [first, first.after(middle), end, before].map(statement).into() }
}

fn by_place(name: impl Into<String>, statement: impl Fn(OrdinalRequest) -> Statement) -> Listing {
    let middle = i32::try_from(ROWS / 2).expect("a place");
    let first = OrdinalRequest::first(PAGE);
    let end = OrdinalRequest { from_end: true, ..first };
    let before = OrdinalRequest { before: Some(middle), ..end };
    Listing { name: name.into(), statements: [first, first.after(middle), end, before].map(statement).into() }
}

/// What the nodes of a plan did.
#[derive(Default)]
struct Reading {
    /// Rows taken from tables and indexes.
    rows: f64,
    /// The most rows that went into a sort.
    sorted: f64,
    /// Tables and indexes read from end to end.
    scanned: Vec<String>,
}

/// The columns of every index.
type Indexes = HashMap<String, Vec<String>>;

impl Reading {
    fn add(&mut self, node: &Json, indexes: &Indexes) {
        let number = |node: &Json, field: &str| node[field].as_f64().unwrap_or(0.0);
        let kind = node["Node Type"].as_str().expect("a node's type");
        let removed = number(node, "Rows Removed by Filter") + number(node, "Rows Removed by Index Recheck");
        if let Some(table) = node["Relation Name"].as_str() {
            self.rows += (number(node, "Actual Rows") + removed) * number(node, "Actual Loops");
            if kind == "Seq Scan" {
                self.scanned.push(table.to_owned());
            }
        }
        if let Some(index) = node["Index Name"].as_str() {
            // A condition on a later column does not narrow what is read where an earlier one has none.
            let condition = node["Index Cond"].as_str().unwrap_or("");
            let named =
                |column: &String| condition.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|w| w == column);
            let columns = &indexes[index];
            if columns.iter().take_while(|column| named(column)).count() != columns.iter().filter(|c| named(c)).count()
            {
                self.scanned.push(index.to_owned());
            }
        }
        for child in node["Plans"].as_array().into_iter().flatten() {
            if kind == "Sort" {
                self.sorted = self.sorted.max(number(child, "Actual Rows"));
            }
            self.add(child, indexes);
        }
    }
}

/// Two projects whose tables are full.
struct Library {
    db: Database,
    indexes: Indexes,
}

impl Library {
    async fn fill(tables: &[(&str, &[(&str, Holds)])]) -> Self {
        let db = Database::create().await;
        let projects = [db.project, db.add_project("two").await];
        without_checks(&db.owner).await;
        for (table, held) in tables {
            fill(&db.owner, projects, table, held).await;
        }
        let indexes = sqlx::query_as(
            "select c.relname::text, array_agg(a.attname::text order by a.attnum) from pg_index i
             join pg_class c on c.oid = i.indexrelid join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'public'::regnamespace group by c.relname",
        );
        let indexes: Vec<(String, Vec<String>)> = indexes.fetch_all(&db.owner).await.expect("the indexes");
        Self { db, indexes: indexes.into_iter().collect() }
    }

    async fn read(&self, statement: &mut Statement) -> (Reading, Json) {
        let sql = format!("explain (analyze, costs off, timing off, format json) {}", statement.sql().as_str());
        let arguments = statement.build().take_arguments().expect("arguments that can be sent").expect("arguments");
        let mut tx = self.db.store.begin(self.db.project).await.expect("a transaction");
        let plan: Json =
            sqlx::query_scalar_with(AssertSqlSafe(sql), arguments).fetch_one(tx.connection()).await.expect("a plan");
        let mut reading = Reading::default();
        reading.add(&plan[0]["Plan"], &self.indexes);
        (reading, plan)
    }

    /// Every page reads at most so many rows, whatever its filter finds.
    async fn expect_few_rows(&self, most: f64, listings: impl IntoIterator<Item = Listing>) {
        self.expect(listings, |reading| reading.rows <= most && reading.scanned.is_empty()).await;
    }

    /// No page scans a table or sorts more than a few rows, though it may walk an index past rows that do not match.
    async fn expect_an_index(&self, listings: impl IntoIterator<Item = Listing>) {
        self.expect(listings, |reading| reading.sorted <= MOST && reading.scanned.is_empty()).await;
    }

    async fn expect(&self, listings: impl IntoIterator<Item = Listing>, holds: impl Fn(&Reading) -> bool) {
        let mut faults = String::new();
        for Listing { name, statements } in listings {
            for (page, mut statement) in statements.into_iter().enumerate() {
                let (reading, plan) = self.read(&mut statement).await;
                if !holds(&reading) {
                    let Reading { rows, sorted, scanned } = reading;
                    faults += &format!(
                        "{name}, page {page}: read {rows} rows, sorted {sorted}, scanned {scanned:?}\n{plan:#}\n"
                    );
                }
            }
        }
        assert!(faults.is_empty(), "{faults}");
    }

    fn project(&self) -> Uuid {
        self.db.project.uuid()
    }
}

/// The few and the many of a column of ids.
const FEW_AND_MANY: [u64; 2] = [1, 2];
