//! The quarantine: trying what was set aside again, as it came or mended, and discarding it.

use std::collections::{BTreeMap, BTreeSet};

use atr_core::{
    domain::{
        Rejection,
        access::Permission,
        audit::Action,
        check,
        feedback::NewFeedback,
        grounding::NewGrounding,
        intake::{Balance, BatchOutcome, Door, ItemOutcome, Resolution},
        new_trace::NewTrace,
        redaction::Redact,
        review::NewReview,
    },
    ids::QuarantinedId,
    store::{Quarantined, Resolved, Tx},
};
use serde_json::{Value, json};

use super::{Actor, App, AppError, backlog, record_grounding::may_vouch, redaction};

/// The most items that are replayed or discarded in one transaction.
pub const MOST: usize = 100;

/// The most characters of a reason.
const REASON: usize = 500;

/// What became of a page of items.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReplayedPage {
    /// How many are stored now, or had been.
    pub replayed: usize,
    /// How many stay, each with its problem.
    pub kept: usize,
    /// The last that was looked at, to go on after; `None` where no more wait.
    pub last: Option<QuarantinedId>,
}

/// Tries items of the quarantine again, in one transaction, by the parser and the store of the door that each came
/// through; one of them in mended form, where that is given. What becomes of each is answered in the order of the ids:
/// stored, duplicate, or quarantined still, with what is wrong now. What left the quarantine before is answered as it
/// was then. For administrators.
///
/// # Errors
/// If the caller may not, there are too many ids or one is not there, a mended form is given for several or for what
/// left the quarantine, the project's backlog is full, or the database is out of reach; then nothing was changed.
pub async fn replay(
    app: &App,
    actor: &Actor,
    ids: &[QuarantinedId],
    mended: Option<&Value>,
) -> Result<Vec<ItemOutcome>, AppError> {
    actor.may(Permission::Administer)?;
    let wanted = distinct(ids)?;
    if mended.is_some() && wanted.len() != 1 {
        return Err(AppError::invalid("mended", "is the mended form of one item: give one id with it"));
    }
    backlog::admit(app, actor.project).await?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.sent_by(actor.sender());
    let held = hold(&mut tx, &wanted).await?;
    if let (Some(_), Some(Resolved { resolution, .. })) = (mended, held.first().and_then(|item| item.resolved.as_ref()))
    {
        let message = format!("the item {} left the quarantine: it is {resolution}, and cannot be mended", held[0].id);
        return Err(AppError::Conflict(message));
    }
    let mut became: BTreeMap<QuarantinedId, ItemOutcome> = BTreeMap::new();
    let mut open: BTreeMap<Door, Vec<&Quarantined>> = BTreeMap::new();
    for item in &held {
        match &item.resolved {
            Some(resolved) => drop(became.insert(item.id, as_it_was(resolved))),
            None => open.entry(item.door).or_default().push(item),
        }
    }
    if open.is_empty() {
        return Ok(in_order(ids, &became));
    }
    let (mut stored, mut replayed) = (vec![], 0);
    for (door, items) in open {
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        let lines: Vec<_> = items.iter().map(|item| mended.unwrap_or(&item.content).to_string()).collect();
        let outcome = replay_of(&mut tx, actor, door, &ids, &lines).await?;
        for (id, outcome) in ids.into_iter().zip(outcome.items.iter().cloned()) {
            replayed += usize::from(is_resolved(&outcome));
            became.insert(id, outcome);
        }
        stored.push((door, outcome));
    }
    let subject = match &wanted[..] {
        [one] => one.to_string(),
        several => format!("{} items", several.len()),
    };
    let after = json!({ "replayed": replayed, "mended": mended.is_some() });
    actor.note(&mut tx, Action::QuarantineReplayed, subject, None, Some(after)).await?;
    tx.commit().await?;
    for (door, outcome) in &stored {
        backlog::took_in(app, actor.project, outcome);
        count(*door, &outcome.items);
    }
    Ok(in_order(ids, &became))
}

/// Tries the next hundred items that wait in the quarantine again, or those of one door, oldest first.
///
/// # Errors
/// As [`replay`].
pub async fn replay_open(
    app: &App,
    actor: &Actor,
    door: Option<Door>,
    after: Option<QuarantinedId>,
) -> Result<ReplayedPage, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let ids = tx.open_quarantined(door, after, MOST as i64).await?;
    tx.commit().await?;
    let Some(last) = ids.last().copied() else { return Ok(ReplayedPage::default()) };
    let outcomes = replay(app, actor, &ids, None).await?;
    let replayed = outcomes.iter().filter(|outcome| is_resolved(outcome)).count();
    Ok(ReplayedPage { replayed, kept: outcomes.len() - replayed, last: Some(last) })
}

/// Marks items of the quarantine as discarded, for a reason; they stay to be looked at. What was discarded before stays
/// as it is. The items come back in the order of the ids. For administrators.
///
/// # Errors
/// If the caller may not, there are too many ids or one is not there, the reason is empty or too long, or one of the
/// items was stored; then nothing was changed.
pub async fn discard(
    app: &App,
    actor: &Actor,
    ids: &[QuarantinedId],
    reason: &str,
) -> Result<Vec<Quarantined>, AppError> {
    actor.may(Permission::Administer)?;
    let reason = check::text("reason", reason.trim().to_owned(), REASON)?;
    let wanted = distinct(ids)?;
    let mut tx = app.store.begin(actor.project).await?;
    let held = hold(&mut tx, &wanted).await?;
    if let Some((id, resolved)) = held.iter().find_map(|item| {
        let resolved = item.resolved.as_ref().filter(|resolved| resolved.resolution != Resolution::Discarded)?;
        Some((item.id, resolved))
    }) {
        let message = format!("the item {id} left the quarantine: it is {}; leave it out", resolved.resolution);
        return Err(AppError::Conflict(message));
    }
    if tx.discard_quarantined(&wanted, &reason).await? > 0 {
        for item in held.iter().filter(|item| item.resolved.is_none()) {
            let after = Some(json!({ "reason": reason }));
            actor.note(&mut tx, Action::QuarantineDiscarded, item.id, None, after).await?;
        }
    }
    let now: BTreeMap<_, _> = tx.quarantined_by_id(&wanted).await?.into_iter().map(|item| (item.id, item)).collect();
    tx.commit().await?;
    Ok(ids.iter().filter_map(|id| now.get(id).cloned()).collect())
}

fn in_order(ids: &[QuarantinedId], became: &BTreeMap<QuarantinedId, ItemOutcome>) -> Vec<ItemOutcome> {
    ids.iter().filter_map(|id| became.get(id).cloned()).collect()
}

fn is_resolved(outcome: &ItemOutcome) -> bool {
    matches!(outcome, ItemOutcome::Stored(_) | ItemOutcome::Duplicate(_))
}

/// What became of an item when it left the quarantine.
fn as_it_was(resolved: &Resolved) -> ItemOutcome {
    let became = resolved.became.clone().unwrap_or_default();
    match resolved.resolution {
        Resolution::Stored => ItemOutcome::Stored(became),
        Resolution::Duplicate => ItemOutcome::Duplicate(became),
        Resolution::Discarded => {
            let why = resolved.reason.as_deref().unwrap_or_default();
            let message = format!("it was discarded ({why}): send it through its door if it is to be stored after all");
            ItemOutcome::Rejected { field: ".".to_owned(), message }
        }
    }
}

/// Counts what was tried again, apart from what comes in.
fn count(door: Door, outcomes: &[ItemOutcome]) {
    for (status, items) in outcomes.iter().collect::<Balance>().by_status() {
        if items > 0 {
            metrics::counter!("atr_replayed_items_total", "door" => door.word(), "status" => status)
                .increment(items.unsigned_abs());
        }
    }
}

fn distinct(ids: &[QuarantinedId]) -> Result<Vec<QuarantinedId>, AppError> {
    let distinct: BTreeSet<_> = ids.iter().copied().collect();
    if distinct.is_empty() || ids.len() > MOST {
        return Err(AppError::invalid("ids", format!("give 1 to {MOST} ids at once")));
    }
    Ok(distinct.into_iter().collect())
}

async fn hold(tx: &mut Tx, wanted: &[QuarantinedId]) -> Result<Vec<Quarantined>, AppError> {
    let held = tx.hold_quarantined(wanted).await?;
    match wanted.iter().find(|id| !held.iter().any(|item| item.id == **id)) {
        Some(missing) => Err(AppError::NotFound { what: "quarantined item", name: missing.to_string() }),
        None => Ok(held),
    }
}

/// Takes lines of one door in again, for these items of the quarantine.
async fn replay_of(
    tx: &mut Tx,
    actor: &Actor,
    door: Door,
    ids: &[QuarantinedId],
    lines: &[String],
) -> Result<BatchOutcome, AppError> {
    Ok(match door {
        Door::Traces => {
            let items = read(tx, door, lines, NewTrace::parse).await?;
            tx.replay_traces(ids, &items).await?
        }
        Door::Reviews => {
            let items = read(tx, door, lines, NewReview::parse).await?;
            tx.replay_reviews(ids, &items, actor.expert).await?
        }
        Door::Grounding => {
            let items = read(tx, door, lines, NewGrounding::parse).await?;
            tx.replay_grounding(ids, &items, may_vouch(actor)?).await?
        }
        Door::Feedback => {
            let items = read(tx, door, lines, NewFeedback::parse).await?;
            tx.replay_feedback(ids, &items).await?
        }
        // Spans are read by OpenTelemetry's door alone, and a trace is assembled again whenever spans come.
        Door::Spans | Door::Assembled => {
            let items = ids.iter().map(|id| ItemOutcome::Quarantined {
                id: id.to_string(),
                field: "door".to_owned(),
                message: "telemetry is not replayed: let its sender send it again, or discard the item".to_owned(),
            });
            BatchOutcome { items: items.collect(), batch: None }
        }
    })
}

/// Reads lines as their door does, with what the project wants replaced.
async fn read<T: Redact>(
    tx: &mut Tx,
    door: Door,
    lines: &[String],
    parse: impl Fn(&[u8]) -> Result<T, Rejection>,
) -> Result<Vec<Result<T, Rejection>>, AppError> {
    redaction::redacted(tx, door, lines.iter().map(|line| parse(line.as_bytes())).collect()).await
}
