//! What `atr` does before anyone has told it anything, and what it says where it is told wrongly.

use atr_core::{
    clock::Clock,
    ids::Ids,
    store::{Connect, StartError, Store, migrate},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};

use crate::process::{Installation, Result};

#[tokio::test]
async fn the_first_key_is_shown_once_and_again_only_where_there_is_none() -> Result {
    let here = Installation::new()?;
    let first = here.up(&[]).await?;
    assert!(first.first_key.is_some());
    first.stop().await?;
    let second = here.up(&[]).await?;
    assert_eq!(second.first_key, None);
    // As a version that made the project alone, and was killed before it made the key, left it.
    let mut owner = here.database().await?;
    raw_sql("delete from api_key").execute(&mut owner).await?;
    owner.close().await?;
    second.stop().await?;
    let third = here.up(&[]).await?;
    assert!(third.first_key.is_some());
    assert_eq!(here.read(&["--json", "project", "list"]).await?.lines().count(), 1);
    third.stop().await?;
    let told = here.read(&["key", "list", "--project", "nowhere"]).await.expect_err("no such project").to_string();
    for word in ["--project", "`nowhere`", "atr project list", "atr project create"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    Ok(())
}

async fn start(url: &str) -> std::result::Result<(), StartError> {
    let clock = Clock::system();
    let connect = Connect { url: url.to_owned(), connections: 1, ids: Ids::from_system(clock.clone()), clock };
    Store::connect(connect).await?.close().await;
    Ok(())
}

// On a server of its own: roles are the whole server's.
#[tokio::test]
async fn a_role_that_no_policy_binds_is_refused() -> Result {
    let here = Installation::new()?;
    let held = here.hold_database().await?;
    let url = held.url();
    let error = start(&url).await.expect_err("nobody migrated");
    assert!(matches!(error, StartError::Schema { found: 0, .. }), "{error:?}");
    migrate(&url).await?;
    start(&url).await?;
    let mut owner: PgConnection = held.connect().await?;
    for (attribute, said) in [("superuser", "is a superuser"), ("bypassrls", "has BYPASSRLS")] {
        raw_sql(AssertSqlSafe(format!("alter role atr_app {attribute}"))).execute(&mut owner).await?;
        let error = start(&url).await.expect_err(attribute);
        assert!(matches!(error, StartError::Role { why, .. } if why == said), "{error:?}");
        raw_sql(AssertSqlSafe(format!("alter role atr_app no{attribute}"))).execute(&mut owner).await?;
        start(&url).await?;
    }
    owner.close().await?;
    held.stop().await
}
