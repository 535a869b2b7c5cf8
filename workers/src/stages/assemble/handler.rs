//! Reads the spans of quiet traces, puts each together, and stores what the project keeps.

use std::collections::{BTreeSet, HashMap};

use atr_core::{
    domain::{
        intake::{Balance, Door},
        keep_rule::KeepRule,
        new_trace::{NewTrace, TraceInput},
        span::SpanTraceId,
    },
    queue::{Claim, Work},
    store::{Assembled, Revision},
};
use chrono::{DateTime, TimeDelta, Utc};

use super::rules::{
    compose::{Composed, Evaluation, compose},
    keep::keeps,
    names::EVALUATION,
    span::{Record, Span},
};
use crate::{Context, StageError};

/// The most spans of a trace that are read, and the most events.
const SPANS: i64 = 5000;

/// The most bytes of each of the two that are read of a trace.
const BYTES: i64 = 32 << 20;

/// For so long after a trace was first kept late spans revise it: a day less than spans are kept.
const OPEN: TimeDelta = TimeDelta::days(6);

/// Puts traces together, in one transaction.
pub(crate) async fn run(cx: &Context, claims: &[Claim]) -> Result<(), StageError> {
    let Some(first) = claims.first() else { return Ok(()) };
    let mut tx = cx.store.begin_for(first).await?;
    let traces: BTreeSet<SpanTraceId> = claims
        .iter()
        .filter_map(|claim| match claim.work {
            Work::AssembleTrace { spans } => Some(spans),
            _ => None,
        })
        .collect();
    let traces: Vec<SpanTraceId> = traces.into_iter().collect();
    let Some(rule) = tx.keep_rule().await? else {
        return Err(StageError::Lasting("the project is not there".to_owned()));
    };
    let mut revisions: HashMap<SpanTraceId, Revision> =
        tx.newest_revisions(&traces).await?.into_iter().map(|revision| (revision.spans_of, revision)).collect();
    let mut staged = tx.staged_spans(&traces, SPANS, BYTES).await?;
    let mut events = tx.staged_events(&traces, SPANS, BYTES).await?;
    let partial = tx.partial_traces(&traces).await?;
    let found_bad = tx.found_bad(&traces).await?;
    let mut assembled = Vec::with_capacity(traces.len());
    for trace in traces {
        let unreadable = |error| StageError::Lasting(format!("what is staged of {trace} cannot be decoded: {error}"));
        let spans = staged.remove(&trace).unwrap_or_default();
        let spans = spans.iter().map(|span| Span::decode(span)).collect::<Result<Vec<_>, _>>();
        let records = events.remove(&trace).unwrap_or_default();
        let records = records.iter().map(|record| Record::decode(record)).collect::<Result<Vec<_>, _>>();
        let (spans, rest) = joined(spans.map_err(unreadable)?, records.map_err(unreadable)?);
        let before = revisions.remove(&trace);
        let count = i32::try_from(spans.len()).unwrap_or(i32::MAX);
        let kept = if partial.contains(&trace) {
            // What is left is not the whole.
            Err("late".to_owned())
        } else {
            decide(&rule, trace, (&spans, &rest), before.as_ref(), found_bad.contains(&trace), tx.now())
        };
        assembled.push(Assembled { spans_of: trace, spans: count, before, kept });
    }
    let outcomes = tx.record_assembled(&assembled).await?;
    tx.remove_old_spans().await?;
    tx.remove_old_events().await?;
    tx.forget_partial_traces().await?;
    tx.succeed_all(claims).await?;
    tx.commit().await?;
    count(&outcomes.iter().collect());
    Ok(())
}

/// Adds what records tell to the spans they tell it of, in the order of their time; evaluations whose span is not there
/// are of the whole trace.
fn joined(mut spans: Vec<Span>, mut records: Vec<Record>) -> (Vec<Span>, Vec<Evaluation>) {
    records.sort_by_key(|record| record.at);
    let mut rest = vec![];
    for record in records {
        match spans.iter_mut().find(|span| record.span.as_ref() == Some(&span.id)) {
            Some(span) => span.events.push(record.event),
            None if record.event.name == EVALUATION => rest.extend(Evaluation::read(&record.event.attributes)),
            None => {}
        }
    }
    (spans, rest)
}

/// The error trace that is to be stored, or the rule that leaves it out.
fn decide(
    rule: &KeepRule,
    trace: SpanTraceId,
    (spans, evaluations): (&[Span], &[Evaluation]),
    before: Option<&Revision>,
    found_bad: bool,
    now: DateTime<Utc>,
) -> Result<NewTrace, String> {
    // The first of its spans are removed, or will be soon: what came since is not the whole.
    if before.is_some_and(|before| before.since + OPEN < now) {
        return Err("late".to_owned());
    }
    let composed = compose(spans, evaluations).ok_or("no_text")?;
    // What was kept once is kept when it changes.
    if before.is_none() && !keeps(rule, &trace, &composed, found_bad) {
        return Err("not_sampled".to_owned());
    }
    let named = |revision: i32| match revision {
        1 => trace.to_string(),
        more => format!("{trace}#{more}"),
    };
    let build = |revision: i32| storable(&composed, named(revision), now);
    match before {
        None => build(1),
        Some(before) => {
            let same = build(before.revision)?;
            if same.content_hash() == before.hash { Ok(same) } else { build(before.revision + 1) }
        }
    }
}

/// The trace as it can be stored. What is not well formed and may be left out is left out: nobody waits for an answer.
fn storable(composed: &Composed, external_id: String, now: DateTime<Utc>) -> Result<NewTrace, String> {
    let mut input = TraceInput { external_id: Some(external_id), ..composed.trace.clone() };
    loop {
        let refused = match NewTrace::try_from(input.clone()).and_then(|trace| trace.check_time(now).map(|()| trace)) {
            Ok(trace) => return Ok(trace),
            Err(refused) => refused,
        };
        let left_out = match refused.field.as_str() {
            "language" => input.language.take().is_some(),
            "licence" => input.licence.take().is_some(),
            "occurred_at" => input.occurred_at.take().is_some(),
            "domain" => input.domain.take().is_some(),
            "source" => input.source.take().is_some(),
            "group" => input.group.take().is_some(),
            field if field.starts_with("steps") => input.steps.take().is_some(),
            field if field.starts_with("signals") => input.signals.take().is_some(),
            _ => false,
        };
        tracing::warn!(field = refused.field, why = refused.message, left_out, "spans tell what cannot be stored");
        if !left_out {
            return Err("unreadable".to_owned());
        }
    }
}

fn count(balance: &Balance) {
    for (status, items) in balance.by_status() {
        let labels = [("door", Door::Assembled.word()), ("status", status)];
        metrics::counter!("atr_ingest_items_total", &labels).increment(items.unsigned_abs());
    }
}
