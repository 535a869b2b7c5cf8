//! `atr migrate`: the schema, as the database's owner.

use serde_json::json;

use super::{installation::database, output::Output};
use crate::config::Place;

pub(crate) async fn run(place: &Place, out: Output) -> anyhow::Result<()> {
    let (url, postgres) = database(place).await?;
    atr_core::store::migrate(&url).await?;
    if let Some(postgres) = postgres {
        postgres.stop().await?;
    }
    out.result(&json!({ "migrated": true }), || "The schema is up to date.".to_owned())
}
