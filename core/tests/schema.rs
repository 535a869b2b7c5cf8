//! What every table of the schema must be, also one that comes later: looked up in a migrated database.

use std::{collections::BTreeMap, fs, path::Path};

use sqlx::{AssertSqlSafe, Connection, PgConnection, query_as, query_scalar, raw_sql};

use crate::support::Database;

/// Tables that no column of time can partition, and why they need not be.
const NOT_BY_TIME: &[(&str, &str)] = &[
    ("audit_entry", "few: what people did; each entry follows from the one before"),
    ("audit_salt", "few: one an entry of the audit log"),
    ("api_key", "few, and a secret is looked up without its project"),
    ("expert", "few, named by handle"),
    ("person", "few, named by address"),
    ("model_version", "few, named by people"),
    ("project", "few, named by slug"),
    ("snapshot", "few, named by people; its rows are by the snapshot's time"),
    ("grounding_fact", "knowledge: an old entry is as much in use as a new one"),
    ("fact_word", "a vocabulary: a word is in it once, whenever a fact had it first"),
    ("fact_word_sample", "knowledge: an old fact is searched as a new one"),
    ("fact_conflict", "a pair of facts conflicts once, whenever this was found"),
    ("judge_opinion", "unique by its prompt, whenever it was asked: the same is not paid for twice"),
    ("grounding_source", "knowledge: an old entry is as much in use as a new one"),
    ("source_copy", "unique by its content, whenever it came"),
    ("guideline", "few: what leads wrote, named by domain and version"),
    ("notice", "few: a few a week for each who is told"),
    ("feedback_key", "a sender's name holds for ever"),
    ("ingest_answer", "a sender's key, whenever it was used; a day later it is removed"),
    ("ingest_key", "a sender's key, whenever it was used; a day later it is removed"),
    ("chain_group_key", "a sender's name holds for ever"),
    ("review_cycle", "few: one a week"),
    ("reward_formula", "few: what leads set, named by version"),
    ("review_key", "a sender's name holds for ever"),
    ("trace_key", "a sender's name holds for ever"),
    ("attachment", "unique by its content, whenever it came"),
    ("staged_event", "unique by its content, whenever it came; what is long assembled is removed"),
    ("staged_span", "unique by its sender's ids, whenever it came; what is long assembled is removed"),
    ("partial_trace", "unique by its sender's ids, whenever it came; what is a month old is removed"),
    ("broker", "one row"),
    ("doorbell", "two rows a stage"),
    ("installation", "one row"),
    ("leader", "a row a role"),
    ("stage_pause", "few: an operator's doing"),
    ("task", "work that waits is unique by name, whenever it was enqueued; what is long done is removed"),
];

async fn tables(db: &Database) -> Vec<String> {
    query_scalar(
        "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
         and relname <> '_sqlx_migrations' order by relname",
    )
    .fetch_all(&db.owner)
    .await
    .expect("the tables")
}

/// Whether the table can be made anew, keys and all, with partitions by ranges of the column.
async fn can_be_partitioned(connection: &mut PgConnection, table: &str, column: &str) -> bool {
    let mut tried = connection.begin().await.expect("a transaction");
    let sql = format!("create table partitioned (like {table} including all) partition by range ({column})");
    let done = raw_sql(AssertSqlSafe(sql)).execute(&mut *tried).await;
    tried.rollback().await.expect("rolled back");
    match done {
        Ok(_) => true,
        // feature_not_supported: a unique key lacks the column.
        Err(sqlx::Error::Database(refused)) if refused.code().as_deref() == Some("0A000") => false,
        Err(error) => panic!("{table} by {column}: {error}"),
    }
}

#[tokio::test]
async fn what_grows_can_be_partitioned_by_time_with_the_keys_it_has() {
    let db = Database::create().await;
    let mut connection = db.owner.acquire().await.expect("a connection");
    let mut excused: BTreeMap<_, _> = NOT_BY_TIME.iter().copied().collect();
    let mut faults = vec![];
    for table in tables(&db).await {
        // Ids begin with the time of their making; a project's is no time of its records.
        let columns: Vec<String> = query_scalar(
            "select column_name::text from information_schema.columns where table_name = $1 and table_schema = 'public'
             and (udt_name = 'uuid' and is_nullable = 'NO' and column_name <> 'project_id' or udt_name = 'date')",
        )
        .bind(&table)
        .fetch_all(&db.owner)
        .await
        .expect("the columns");
        let mut by = vec![];
        for column in columns {
            if can_be_partitioned(&mut connection, &table, &column).await {
                by.push(column);
            }
        }
        match (by.as_slice(), excused.remove(table.as_str())) {
            ([], None) => faults.push(format!("{table}: its unique keys share no column of time")),
            ([by, ..], Some(why)) => faults.push(format!("{table} can be partitioned by {by}, though: {why}")),
            _ => {}
        }
    }
    faults.extend(excused.keys().map(|table| format!("{table} is excused and is not there")));
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn every_table_and_column_says_what_it_is() {
    let db = Database::create().await;
    let silent: Vec<String> = query_scalar(
        "select c.relname || coalesce('.' || a.attname, '') from pg_class c
         left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations'
           and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)
         order by 1",
    )
    .fetch_all(&db.owner)
    .await
    .expect("the columns");
    assert_eq!(silent, Vec::<String>::new(), "give each a comment, and its table too");
}

#[tokio::test]
async fn every_constraint_was_given_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let migrations: String = fs::read_dir(folder)
        .expect("the migrations")
        .map(|step| fs::read_to_string(step.expect("a step").path()).expect("a text file"))
        .collect();
    let words: Vec<&str> = migrations.split(|c: char| c != '_' && !c.is_alphanumeric()).collect();
    let db = Database::create().await;
    // Not-null constraints have names of their own from PostgreSQL 18 on, and nobody is told them.
    let constraints: Vec<(String, String)> = query_as(
        "select conrelid::regclass::text, conname::text from pg_constraint
         where connamespace = 'public'::regnamespace and contype <> 'n'
           and conrelid <> '_sqlx_migrations'::regclass order by 1, 2",
    )
    .fetch_all(&db.owner)
    .await
    .expect("the constraints");
    let unnamed: Vec<_> =
        constraints.iter().filter(|(_, name)| !words.windows(2).any(|pair| pair == ["constraint", name])).collect();
    assert_eq!(unnamed, Vec::<&(String, String)>::new(), "say `constraint NAME`");
}
