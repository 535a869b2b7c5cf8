//! Redaction at the doors: what a project wants replaced is replaced before anything of it is stored.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        Rejection,
        access::Permission,
        audit::Action,
        intake::Door,
        redaction::{Pattern, Redact, Redactor},
    },
    store::Tx,
};
use serde_json::json;

use super::{Actor, App, AppError};

/// What is replaced in the project that is acted in.
///
/// # Errors
/// If the caller may not, or there is no such project.
pub async fn patterns(app: &App, actor: &Actor) -> Result<BTreeSet<Pattern>, AppError> {
    actor.may(Permission::Read)?;
    patterns_of(&mut app.store.begin(actor.project).await?).await
}

/// Sets what is replaced in what comes in from then on. What is stored already stays as it is.
///
/// # Errors
/// If the caller may not, or there is no such project.
pub async fn set_patterns(
    app: &App,
    actor: &Actor,
    patterns: BTreeSet<Pattern>,
) -> Result<BTreeSet<Pattern>, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.hold_settings().await?;
    let before = patterns_of(&mut tx).await?;
    if before != patterns {
        tx.set_redacted_patterns(&patterns).await?;
        let (before, after) = (Some(json!(before)), Some(json!(patterns)));
        actor.note(&mut tx, Action::RedactionChanged, actor.project, before, after).await?;
        tx.commit().await?;
    }
    Ok(patterns)
}

async fn patterns_of(tx: &mut Tx) -> Result<BTreeSet<Pattern>, AppError> {
    let project = tx.project().to_string();
    tx.redacted_patterns().await?.ok_or(AppError::NotFound { what: "project", name: project })
}

/// What redacts for the project that a transaction is open for.
pub(super) async fn redactor(tx: &mut Tx) -> Result<Redactor, AppError> {
    Ok(Redactor::new(patterns_of(tx).await?))
}

/// Redacts a batch that came through a door, and counts what was replaced.
pub(super) async fn redacted<T: Redact>(
    tx: &mut Tx,
    door: Door,
    mut items: Vec<Result<T, Rejection>>,
) -> Result<Vec<Result<T, Rejection>>, AppError> {
    let mut redactor = redactor(tx).await?;
    if !redactor.is_idle() {
        items.iter_mut().flatten().for_each(|item| item.redact(&mut redactor));
        count(door, &redactor);
    }
    Ok(items)
}

/// Counts what was replaced.
pub(super) fn count(door: Door, redactor: &Redactor) {
    for (pattern, parts) in redactor.replaced() {
        let labels = [("door", door.word()), ("pattern", pattern.word())];
        metrics::counter!("atr_redactions_total", &labels).increment(*parts);
    }
}
