//! Drafts of reviews, on the desk of the expert who writes them.

use atr_core::{
    domain::review::{Draft, DraftContent},
    ids::TraceId,
    store::{Saved, Tx},
};

use super::{Actor, App, AppError, assignments::own_desk};

/// Saves what the caller has written of a trace's review. `from` is the version it was made from, 0 where there was none:
/// what was saved elsewhere since is never overwritten, and comes back.
///
/// # Errors
/// If the caller is no expert, or there is no such trace.
pub async fn save(
    app: &App,
    actor: &Actor,
    trace: TraceId,
    from: i32,
    content: &DraftContent,
) -> Result<Saved, AppError> {
    let expert = own_desk(actor)?;
    if from < 0 {
        return Err(AppError::invalid("from", format!("is {from}: give the version it was made from, or 0")));
    }
    let mut tx = app.store.begin(actor.project).await?;
    let saved = tx.save_draft(trace, expert, from, content).await.map_err(|error| match error.constraint() {
        Some("review_draft_trace_fkey") => AppError::NotFound { what: "trace", name: trace.to_string() },
        _ => error.into(),
    })?;
    if let Saved::Kept(_) = saved {
        // Whoever writes is at it.
        tx.touch_assignment(trace, expert).await?;
        tx.commit().await?;
    }
    Ok(saved)
}

/// What the caller has written of a trace's review; nothing where they are no expert.
///
/// # Errors
/// If the caller may not read what a judgement is made with.
pub async fn read(tx: &mut Tx, actor: &Actor, trace: TraceId) -> Result<Option<Draft>, AppError> {
    actor.may_consult()?;
    let Some(expert) = actor.expert else { return Ok(None) };
    Ok(tx.draft(trace, expert).await?)
}

/// Discards what the caller has written of a trace's review; tells whether there was anything.
///
/// # Errors
/// If the caller is no expert.
pub async fn discard(app: &App, actor: &Actor, trace: TraceId) -> Result<bool, AppError> {
    let expert = own_desk(actor)?;
    let mut tx = app.store.begin(actor.project).await?;
    let was = tx.discard_draft(trace, expert).await?;
    tx.commit().await?;
    Ok(was)
}
