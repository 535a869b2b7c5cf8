//! A table's rows for looking at plans: in two projects the same number, of which the oldest few differ from all others
//! in whatever is filtered by. So a plan that walks from the newest row to them, or sorts all others, is seen to.

use sqlx::{AssertSqlSafe, PgPool, Row};
use uuid::Uuid;

use crate::ids::{Id, ProjectId};

/// How many rows each table has in each project.
pub(super) const ROWS: u64 = 3000;
/// How many of them, the oldest, are unlike the others.
const FEW: u64 = 5;

/// The id of the nth row of the first project.
pub(super) fn id(n: u64) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 | u128::from(n))
}

/// The same as an id of a kind.
pub(super) fn of<I: Id>(n: u64) -> I {
    I::from_uuid(id(n))
}

/// What stands in a column that is filtered by; what no test filters by is filled in by its type.
pub(super) enum Holds {
    /// One word in few rows, another in all others.
    Words(&'static str, &'static str),
    /// The id of the first row in few rows, that of the second in all others.
    Ids,
    /// What an expression over the row's number `n` says.
    Value(&'static str),
}

/// Fills a table of two projects.
pub(super) async fn fill(owner: &PgPool, projects: [ProjectId; 2], table: &str, held: &[(&str, Holds)]) {
    let columns = sqlx::query(
        "select column_name, udt_name, is_nullable = 'YES' as nullable from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' and column_name <> 'project_id'",
    )
    .bind(table)
    .fetch_all(owner)
    .await
    .expect("the table's columns");
    let (mut names, mut values) = (vec!["project_id".to_owned()], vec!["p.id".to_owned()]);
    for column in &columns {
        let (name, kind): (String, String) = (column.get("column_name"), column.get("udt_name"));
        let value = match held.iter().find(|(held, _)| *held == name).map(|(_, holds)| holds) {
            Some(Holds::Words(few, most)) => format!("case when n <= {FEW} then '{few}' else '{most}' end"),
            Some(Holds::Ids) => format!("pg_temp.id(case when n <= {FEW} then 1 else 2 end)"),
            Some(Holds::Value(expression)) => (*expression).to_owned(),
            None if column.get("nullable") => continue,
            None => by_type(&kind),
        };
        names.push(name);
        values.push(format!("({value})::{kind}"));
    }
    for (held, _) in held {
        assert!(names.iter().any(|name| name == held), "{table} has no column {held}");
    }
    let sql = format!(
        "create or replace function pg_temp.id(n bigint) returns uuid language sql immutable
             return ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;
         insert into {table} ({}) select {}
         from generate_series(1, {ROWS}) n, (values ('{}'::uuid, 0), ('{}'::uuid, 1)) p (id, nth);
         analyze {table}",
        names.join(", "),
        values.join(", "),
        projects[0].uuid(),
        projects[1].uuid(),
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(owner).await.unwrap_or_else(|error| panic!("{table}: {error}"));
}

fn by_type(kind: &str) -> String {
    match kind {
        // The projects' ids differ where a key does not begin with the project.
        "uuid" => "pg_temp.id(n + p.nth * 1000000)",
        "text" => "'v' || n",
        "int2" | "bool" => "0",
        "int4" | "int8" | "float8" => "n",
        "timestamptz" | "date" => "now()",
        "jsonb" | "_text" | "_int4" | "_uuid" => "'{}'",
        "bytea" => "int8send(n + p.nth * 1000000)",
        other => panic!("no test knows what to put into a column of type {other}"),
    }
    .to_owned()
}

/// Lets a table's rows name what is not there and hold what is not valid: the plans are the same.
pub(super) async fn without_checks(owner: &PgPool) {
    let sql = "do $$ declare c record; begin
                   for c in select conrelid::regclass as of, conname from pg_constraint
                            where contype in ('c', 'f') and connamespace = 'public'::regnamespace
                   loop execute format('alter table %s drop constraint %I', c.of, c.conname); end loop;
               end $$";
    sqlx::raw_sql(sql).execute(owner).await.expect("no checks");
}
