//! `/project/audit`: what was done by whom.

use atr_core::{
    domain::{
        access::Permission,
        audit::{Action, AuditEntry},
    },
    ids::{ApiKeyId, AuditEntryId},
    store::AuditFilter,
};
use axum::{
    extract::{Query, State},
    response::Response,
};
use serde::Deserialize;

use super::keys::names;
use crate::{
    app::audit,
    console::{
        door::{Door, May, Visitor},
        fault::Fault,
        frame::{Frame, written},
        pages::paging::{Asked, Beside, base},
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![Door::get("/project/audit", May::Do(Permission::Audit), list)]
}

/// What restricts the list.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    action: String,
    #[serde(default)]
    subject: String,
    #[serde(flatten)]
    page: Asked,
}

#[derive(askama::Template)]
#[template(path = "audit.html")]
struct Page<'a> {
    frame: &'a Frame,
    wanted: &'a Wanted,
    actions: &'static [Action],
    /// Each with the name of its key, where that is one of this project.
    rows: Vec<(AuditEntry, Option<String>)>,
    beside: Beside,
}

async fn list(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fault> {
    let subject = Some(wanted.subject.trim().to_owned()).filter(|subject| !subject.is_empty());
    let filter = AuditFilter { action: wanted.action.parse().ok(), subject, key: None };
    let page = audit::list(&state.app, &visitor.actor, &filter, wanted.page.request::<AuditEntryId>()).await?;
    let keys: Vec<ApiKeyId> = page.rows.iter().filter_map(|entry| entry.deed.key).collect();
    let mut tx = state.app.store.begin(visitor.actor.project).await?;
    let keys = tx.keys_by_id(&keys).await?;
    let names = names(&mut tx, &keys).await?;
    let restricted = [("action", &*wanted.action), ("subject", &wanted.subject)];
    let beside = Beside::of(&page, &base("/project/audit", &restricted), |entry| entry.id);
    let row = |entry: AuditEntry| {
        let name = entry.deed.key.and_then(|key| names.get(&key).cloned());
        (entry, name)
    };
    let rows = page.rows.into_iter().map(row).collect();
    Ok(written(&Page { frame: &visitor.frame, wanted: &wanted, actions: Action::ALL, rows, beside }))
}
