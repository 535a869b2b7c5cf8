//! Tells people and programs of the weekly review. What is told is noted first, each telling is a task of its own, and nobody is
//! told the same twice unless the answer to the first was lost.

use atr_core::{
    domain::{
        notice::{Notice, NoticeEvent, REMINDED_BEFORE, Recipient},
        review_cycle::{CycleState, ReviewCycle},
    },
    ids::{ExpertId, NoticeId},
    queue::{Claim, Work},
    store::Tx,
};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::{
    Context, StageError,
    notices::{Mail, MailError, WebhookError, webhook},
};

/// Notes whom something of a cycle is told, and asks that they are.
pub(super) async fn notify(cx: &Context, claim: &Claim, name: NaiveDate, event: NoticeEvent) -> Result<(), StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    if let Some(held) = tx.review_cycle_named(name).await? {
        let time = held.cycle.due_at - REMINDED_BEFORE;
        let is_open = held.state() == CycleState::Open;
        if event == NoticeEvent::Due && is_open && tx.now() < time {
            tx.enqueue_at(Work::NotifyCycle { cycle: name, event, at: time }, time).await?;
        } else if is_open != (event == NoticeEvent::Closed) {
            let to = recipients(cx, &mut tx, name, event).await?;
            let new = tx.add_notices(name, event, &to).await?;
            tx.enqueue_all(new.into_iter().map(|notice| Work::DeliverNotice { notice })).await?;
        }
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// Who is told, each with how many items: those who hold some, or in the end who leads; and every program.
async fn recipients(
    cx: &Context,
    tx: &mut Tx,
    name: NaiveDate,
    event: NoticeEvent,
) -> Result<Vec<(Recipient, i64)>, StageError> {
    let held = tx.held_of_cycle(name).await?;
    let all: i64 = held.values().sum();
    if all == 0 && event != NoticeEvent::Closed {
        return Ok(Vec::new());
    }
    let endpoints = tx.webhook_endpoints_in_use().await?;
    let mut to: Vec<_> = endpoints.into_iter().map(|endpoint| (Recipient::Endpoint(endpoint.id), all)).collect();
    if cx.delivery.mail.is_some() {
        if event == NoticeEvent::Closed {
            to.extend(tx.leads().await?.into_iter().map(|lead| (Recipient::Person(lead), all)));
        } else {
            let experts: Vec<ExpertId> = held.keys().copied().collect();
            let people = tx.people_of_experts(&experts).await?.into_iter();
            to.extend(
                people.map(|(person, expert)| (Recipient::Person(person), held.get(&expert).copied().unwrap_or(0))),
            );
        }
    }
    Ok(to)
}

/// Tells someone. No transaction is open meanwhile.
pub(super) async fn deliver(cx: &Context, claim: &Claim, id: NoticeId) -> Result<(), StageError> {
    let mut tx = cx.store.begin_for(claim).await?;
    // Who is gone since is told nothing.
    let mut told = false;
    if let Some(notice) = tx.notice(id).await?.filter(|notice| notice.delivered_at.is_none())
        && let Some(held) = tx.review_cycle_named(notice.cycle).await?
    {
        match notice.to {
            Recipient::Endpoint(endpoint) => {
                if let Some((endpoint, secret)) = tx.webhook_secret(endpoint).await? {
                    let at = tx.now();
                    tx.rollback().await?;
                    let body = body(claim, &notice, &held).to_string();
                    let message = webhook::Message { to: &endpoint.url, secret: &secret, id: id.to_string(), at, body };
                    webhook::deliver(&message, cx.delivery.private_addresses).await.map_err(refused)?;
                    (tx, told) = (cx.store.begin_for(claim).await?, true);
                }
            }
            Recipient::Person(person) => {
                let person = tx.people_by_id(&[person]).await?.pop().filter(|person| person.deactivated_at.is_none());
                if let Some(person) = person {
                    let slug = tx.own_project().await?.map(|project| project.slug).unwrap_or_default();
                    tx.rollback().await?;
                    let mail = mail(cx)?;
                    let (subject, text) = letter(&slug, &notice, &held);
                    mail.send(&id.to_string(), person.email.as_str(), &subject, text).await.map_err(unsent)?;
                    (tx, told) = (cx.store.begin_for(claim).await?, true);
                }
            }
        }
    }
    if told {
        tx.notice_delivered(id).await?;
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// How e-mail is sent.
pub(super) fn mail(cx: &Context) -> Result<&Mail, StageError> {
    cx.delivery.mail.as_ref().ok_or_else(|| {
        let why = "this worker sends no e-mail: set ATR_SMTP_URL and ATR_MAIL_FROM for every worker";
        StageError::Passing(why.to_owned())
    })
}

fn refused(error: WebhookError) -> StageError {
    match error {
        WebhookError::Gone => StageError::Lasting(error.to_string()),
        error => StageError::Passing(error.to_string()),
    }
}

pub(super) fn unsent(error: MailError) -> StageError {
    match error {
        MailError::Passing(_) => StageError::Passing(error.to_string()),
        error => StageError::Lasting(error.to_string()),
    }
}

/// What a program is told. Who did how much is not.
fn body(claim: &Claim, notice: &Notice, held: &ReviewCycle) -> Value {
    let mut data = json!({
        "project": claim.project, "review_cycle": held.id, "cycle": notice.cycle, "opens_at": held.cycle.opens_at,
        "due_at": held.cycle.due_at, "closes_at": held.cycle.closes_at, "held": notice.items,
    });
    if let Some(closed) = &held.closed {
        let mut report = json!(closed.report);
        if let Some(report) = report.as_object_mut() {
            report.remove("experts");
        }
        data["report"] = report;
    }
    json!({ "type": format!("review_cycle.{}", notice.event), "timestamp": notice.created_at, "data": data })
}

/// What a person is told: the subject, and the text.
fn letter(project: &str, notice: &Notice, held: &ReviewCycle) -> (String, String) {
    let cycle = notice.cycle;
    let due = held.cycle.due_at.format("%A %-d %B %Y, %H:%M UTC");
    let items = match notice.items {
        1 => "one item".to_owned(),
        more => format!("{more} items"),
    };
    match notice.event {
        NoticeEvent::Opened => (
            format!("{project}: {items} to review by {due}"),
            format!(
                "The weekly review of {cycle} is open in the project {project}, and {items} wait for you.\nDue: {due}\n"
            ),
        ),
        NoticeEvent::Due => (
            format!("{project}: {items} left to review by {due}"),
            format!(
                "The weekly review of {cycle} in the project {project} is due soon, and {items} are left.\nDue: {due}\n"
            ),
        ),
        NoticeEvent::Closed => {
            let report = held.closed.as_ref().map(|closed| closed.report.clone()).unwrap_or_default();
            let of = report.items;
            let mut text = format!(
                "The weekly review of {cycle} in the project {project} is closed.\n\nItems given out: {}\nJudged: {}\nPassed on: {}\n\
                 Given back: {}\nLeft over: {}\n",
                of.given, of.done, of.passed, of.returned, of.left_over
            );
            for found in report.agreement.iter().filter(|found| found.alpha.is_some()) {
                let [alpha, low, high] = [found.alpha, found.low, found.high].map(Option::unwrap_or_default);
                text += &format!("Agreement on {}: alpha {alpha:.2} ({low:.2} to {high:.2})\n", found.question);
            }
            text += "\nIn full: atr review cycles\n";
            (format!("{project}: the review of {cycle} is closed, {} of {} judged", of.done, of.given), text)
        }
    }
}
