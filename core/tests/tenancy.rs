//! One tenant does not see another, whatever statement a program sends: the policies alone see to it.

use atr_core::ids::{Id, ProjectId};
use sqlx::{AssertSqlSafe, Connection, PgConnection, query, query_as, query_scalar, raw_sql};
use uuid::Uuid;

use crate::support::Database;

/// The tables whose rows belong to a project. Tasks are every worker's.
async fn tenants_tables(db: &Database) -> Vec<String> {
    query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'project_id'
         where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> 'task'
         order by 1",
    )
    .fetch_all(&db.owner)
    .await
    .expect("the tables")
}

/// A row of a project, with something in every column that must hold something.
async fn row(db: &Database, table: &str, project: ProjectId) -> String {
    let columns: Vec<(String, String)> = query_as(
        "select column_name::text, udt_name::text from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_nullable = 'NO' and is_generated = 'NEVER'
           and column_name <> 'project_id'",
    )
    .bind(table)
    .fetch_all(&db.owner)
    .await
    .expect("the columns");
    let (mut names, mut values) = ("project_id".to_owned(), format!("'{}'", project.uuid()));
    for (name, kind) in columns {
        names += &format!(", {name}");
        values += match kind.as_str() {
            "uuid" => ", gen_random_uuid()",
            "timestamptz" | "date" => ", now()",
            "int2" | "int4" | "int8" | "float8" => ", 0",
            "bool" => ", false",
            "text" => ", 'x'",
            "bytea" => ", uuid_send(gen_random_uuid())",
            "jsonb" | "_text" | "_int4" | "_uuid" => ", '{}'",
            other => panic!("no test knows what to put into {table}.{name} of type {other}"),
        };
    }
    format!("insert into {table} ({names}) values ({values})")
}

/// Opens a project for the transaction, or none.
async fn open(connection: &mut PgConnection, project: &str) {
    query("select set_config('atr.project', $1, true)").bind(project).execute(connection).await.expect("set");
}

async fn seen(connection: &mut PgConnection, table: &str) -> Vec<Uuid> {
    let key = if table == "project" { "id" } else { "project_id" };
    let sql = format!("select {key} from {table}");
    query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap_or_else(|error| panic!("{table}: {error}"))
}

#[tokio::test]
async fn every_table_with_a_project_is_closed_to_other_projects() {
    let db = Database::create().await;
    let closed: Vec<String> = query_scalar(
        "select c.relname::text from pg_class c join pg_policies p on p.schemaname = 'public' and p.tablename = c.relname
         where c.relnamespace = 'public'::regnamespace and c.relrowsecurity and p.permissive = 'PERMISSIVE'
           and p.cmd = 'ALL' and p.qual = '(project_id = atr_project())' and p.with_check = p.qual
         order by 1",
    )
    .fetch_all(&db.owner)
    .await
    .expect("the policies");
    assert_eq!(closed, tenants_tables(&db).await);
}

#[tokio::test]
async fn a_statement_that_names_no_project_finds_the_rows_of_its_own_alone_and_none_where_none_is_open() {
    let db = Database::create().await;
    let projects = [db.project, db.add_project("two").await];
    let tables = tenants_tables(&db).await;
    let sql = "do $$ declare c record; begin
                   for c in select conrelid::regclass as of, conname from pg_constraint
                            where contype in ('c', 'f') and connamespace = 'public'::regnamespace
                   loop execute format('alter table %s drop constraint %I', c.of, c.conname); end loop;
               end $$";
    raw_sql(sql).execute(&db.owner).await.expect("no checks");
    for table in &tables {
        for project in projects {
            let row = row(&db, table, project).await;
            raw_sql(AssertSqlSafe(row)).execute(&db.owner).await.unwrap_or_else(|error| panic!("{table}: {error}"));
        }
    }
    let mut program = db.owner.begin().await.expect("a transaction");
    query("set local role atr_app").execute(&mut *program).await.expect("as programs");
    for table in tables.iter().map(String::as_str).chain(["project"]) {
        assert_eq!(seen(&mut program, table).await, Vec::<Uuid>::new(), "{table}, with no project opened yet");
    }
    for table in tables.iter().map(String::as_str).chain(["project"]) {
        for project in projects {
            open(&mut program, &project.uuid().to_string()).await;
            assert_eq!(seen(&mut program, table).await, [project.uuid()], "{table}");
        }
        open(&mut program, "").await;
        assert_eq!(seen(&mut program, table).await, Vec::<Uuid>::new(), "{table}, with none open any more");
    }
}

#[tokio::test]
async fn another_projects_row_cannot_be_written() {
    let db = Database::create().await;
    let other = db.add_project("two").await;
    let mut program = db.owner.begin().await.expect("a transaction");
    query("set local role atr_app").execute(&mut *program).await.expect("as programs");
    open(&mut program, &db.project.uuid().to_string()).await;
    for table in tenants_tables(&db).await {
        let mut tried = program.begin().await.expect("a savepoint");
        let done = raw_sql(AssertSqlSafe(row(&db, &table, other).await)).execute(&mut *tried).await;
        tried.rollback().await.expect("back to the savepoint");
        let refused = done.expect_err("another project's row").to_string();
        assert!(refused.contains("violates row-level security policy"), "{table}: {refused}");
    }
}
