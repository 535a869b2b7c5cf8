//! Starting on a database that is not as it should be: what is told, and what to do about it.

use atr_core::store::{Connect, StartError, Store, migrate};
use sqlx::{AssertSqlSafe, raw_sql};

use crate::support::Database;

async fn start(db: &Database, user: &str) -> Result<(), StartError> {
    let (clock, ids) = (db.store.clock().clone(), db.store.ids().clone());
    let store = Store::connect(Connect { url: db.url_of(user), connections: 1, clock, ids }).await?;
    store.close().await;
    Ok(())
}

async fn owner(db: &Database, statements: String) {
    raw_sql(AssertSqlSafe(statements)).execute(&db.owner).await.expect("done as the owner");
}

#[tokio::test]
async fn a_login_that_may_not_act_as_atr_app_is_told_what_to_grant() {
    let db = Database::create().await;
    // Logins belong to the whole server: a name that no other run uses.
    let login = format!("atr_stranger_{}", std::process::id());
    owner(&db, format!("drop role if exists {login}; create role {login} login")).await;
    let told = start(&db, &login).await.map_err(|error| error.to_string());
    owner(&db, format!("grant atr_app to {login}")).await;
    let granted = start(&db, &login).await.map_err(|error| error.to_string());
    owner(&db, format!("drop role {login}")).await;
    let told = told.expect_err("no member of atr_app");
    assert!(told.contains(&format!("grant atr_app to {login}")), "{told}");
    assert_eq!(granted, Ok(()));
}

#[tokio::test]
async fn a_database_that_nobody_migrated_is_told_to_be_at_step_0() {
    let db = Database::create().await;
    owner(&db, "drop schema public cascade; create schema public; grant usage on schema public to public".into()).await;
    let error = start(&db, "postgres").await.expect_err("nothing is there");
    assert!(matches!(error, StartError::Schema { found: 0, .. }), "{error:?}");
    migrate(&db.url_of("postgres")).await.expect("the schema");
    start(&db, "postgres").await.expect("a schema and a role as they should be");
}

#[tokio::test]
async fn a_question_that_the_database_refuses_is_not_taken_for_a_schema_that_is_behind() {
    let db = Database::create().await;
    owner(&db, "revoke execute on function schema_step from public".into()).await;
    let error = start(&db, "postgres").await.expect_err("it may not ask");
    assert!(!matches!(error, StartError::Schema { .. }), "{error:?}");
    let told = format!("{error:#}");
    assert!(told.contains("permission denied for function schema_step"), "{told}");
}

#[tokio::test]
async fn a_role_that_owns_tables_is_refused_since_no_policy_binds_it() {
    let db = Database::create().await;
    owner(&db, "create table notes (line text); alter table notes owner to atr_app".into()).await;
    let error = start(&db, "postgres").await.expect_err("an owner");
    assert!(matches!(&error, StartError::Role { role, why: "owns tables" } if role == "atr_app"), "{error:?}");
}
