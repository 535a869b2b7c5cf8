//! Taking in spans and events, as OTLP has them.

mod events;
mod redact;
mod spans;

pub use self::{events::of as events_of, spans::of as spans_of};

use std::{collections::BTreeSet, time::Duration};

use atr_core::{
    domain::{
        access::Permission,
        intake::{BatchOutcome, Door, ItemOutcome},
        span::SpanTraceId,
    },
    store::Tx,
};

use opentelemetry_proto::tonic::{logs::v1::ResourceLogs, trace::v1::ResourceSpans};

use super::{Actor, App, AppError, backlog, count_items, projects::keep_rule_of, redaction};

/// Stages a batch of spans, in one transaction with the tasks that put their traces together once they are quiet, and
/// says what became of each. Taking the same in again changes nothing.
///
/// # Errors
/// If the caller may not, the project's backlog is full, or the database is out of reach; then nothing of it was stored.
pub async fn stage_spans(app: &App, actor: &Actor, mut sent: Vec<ResourceSpans>) -> Result<BatchOutcome, AppError> {
    let (mut tx, quiet) = begin(app, actor).await?;
    let mut redactor = redaction::redactor(&mut tx).await?;
    if !redactor.is_idle() {
        redact::spans(&mut sent, &mut redactor);
        redaction::count(Door::Spans, &redactor);
    }
    let items = spans_of(sent);
    let outcome = tx.stage_spans(&items, quiet).await?;
    tx.commit().await?;
    took_in(app, actor, &outcome, items.iter().map(|item| item.as_ref().ok().map(|span| span.trace)));
    Ok(outcome)
}

/// Stages a batch of log records in the same way; those that tell nothing of a model are counted as filtered.
///
/// # Errors
/// As [`stage_spans`].
pub async fn stage_events(app: &App, actor: &Actor, mut sent: Vec<ResourceLogs>) -> Result<BatchOutcome, AppError> {
    let (mut tx, quiet) = begin(app, actor).await?;
    let mut redactor = redaction::redactor(&mut tx).await?;
    if !redactor.is_idle() {
        redact::logs(&mut sent, &mut redactor);
        redaction::count(Door::Spans, &redactor);
    }
    let items = events_of(sent);
    let outcome = tx.stage_events(&items, quiet).await?;
    tx.commit().await?;
    took_in(app, actor, &outcome, items.iter().map(|item| item.as_ref().ok()?.as_ref()?.trace));
    Ok(outcome)
}

/// Begins once the caller may; says too for how long nothing of a trace may come before it is put together.
async fn begin(app: &App, actor: &Actor) -> Result<(Tx, Duration), AppError> {
    actor.may(Permission::Ingest)?;
    backlog::admit(app, actor.project).await?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.sent_by(actor.sender());
    let rule = keep_rule_of(&mut tx).await?;
    Ok((tx, Duration::from_secs(rule.quiet_seconds.unsigned_abs().into())))
}

/// Counts what became of a batch; each trace of which something was stored is a task at most.
fn took_in(app: &App, actor: &Actor, outcome: &BatchOutcome, traces: impl Iterator<Item = Option<SpanTraceId>>) {
    count_items(Door::Spans, &outcome.items);
    let stored = traces.zip(&outcome.items).filter(|(_, became)| matches!(became, ItemOutcome::Stored(_)));
    let tasks: BTreeSet<SpanTraceId> = stored.filter_map(|(trace, _)| trace).collect();
    backlog::enqueued(app, actor.project, i64::try_from(tasks.len()).unwrap_or(i64::MAX));
}
