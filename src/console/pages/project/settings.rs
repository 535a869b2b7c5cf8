//! What a project keeps, when its weeks open, what is replaced at its doors, and what each role may do.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        access::{Permission, Role},
        assignment::{PolicyChange, RoutingPolicy},
        calendar::{CalendarChange, ReviewCalendar, Weekday},
        keep_rule::{KeepRule, KeepRuleChange},
        redaction::Pattern,
    },
    store::Project,
};
use axum::{Form, extract::State, response::Response};
use serde::Deserialize;

use crate::{
    app::{AppError, projects, redaction, review_calendar, routing_policy},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::sign_in::refusing,
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/project", May::Do(Permission::Audit), page),
        Door::post("/project/keep-rule", May::Do(Permission::Administer), keep),
        Door::post("/project/calendar", May::Do(Permission::Administer), calendar),
        Door::post("/project/routing", May::Do(Permission::Administer), route),
        Door::post("/project/redaction", May::Do(Permission::Administer), redact),
    ]
}

#[derive(askama::Template)]
#[template(path = "project.html")]
struct Page<'a> {
    frame: &'a Frame,
    set: &'a Set,
    weekdays: &'static [Weekday],
    patterns: &'static [Pattern],
    roles: &'static [Role],
    permissions: &'static [Permission],
    may_administer: bool,
    refused: Option<&'a str>,
}

impl Page<'_> {
    /// Whether a role permits it.
    fn may(&self, role: &Role, what: &Permission) -> bool {
        role.may(*what)
    }
}

/// How a project is set.
struct Set {
    project: Project,
    keep: KeepRule,
    calendar: ReviewCalendar,
    routing: RoutingPolicy,
    redacted: BTreeSet<Pattern>,
}

impl Set {
    async fn read(state: &AppState, visitor: &Visitor) -> Result<Self, Fault> {
        let keep = projects::keep_rule(&state.app, &visitor.actor).await?;
        let redacted = redaction::patterns(&state.app, &visitor.actor).await?;
        let mut tx = state.app.store.begin(visitor.actor.project).await?;
        let project = tx.own_project().await?.ok_or_else(Fault::not_found)?;
        let calendar = review_calendar::calendar(&mut tx).await?;
        Ok(Self { project, keep, calendar, routing: routing_policy::policy(&mut tx).await?, redacted })
    }
}

fn shown(visitor: &Visitor, set: &Set, refused: Option<&str>) -> Response {
    written(&Page {
        frame: &visitor.frame,
        set,
        weekdays: Weekday::ALL,
        patterns: Pattern::ALL,
        roles: Role::ALL,
        permissions: Permission::ALL,
        may_administer: visitor.actor.may(Permission::Administer).is_ok(),
        refused,
    })
}

async fn page(State(state): State<AppState>, visitor: Visitor) -> Result<Response, Fault> {
    Ok(shown(&visitor, &Set::read(&state, &visitor).await?, None))
}

/// Where one comes to after a change, or the page again with what was wrong.
async fn after<T>(state: &AppState, visitor: &Visitor, changed: Result<T, AppError>) -> Result<Response, Fault> {
    match changed {
        Ok(_) => Ok(see_other("/project")),
        Err(error) => {
            let set = Set::read(state, visitor).await?;
            refusing(error, |refused| shown(visitor, &set, Some(refused)))
        }
    }
}

/// The form of the keep rule.
#[derive(Debug, Deserialize)]
struct Keep {
    quiet_seconds: String,
    keep_below: String,
    keep_share: String,
    #[serde(default)]
    keep_flagged: String,
}

async fn keep(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Keep>) -> Result<Response, Fault> {
    let changed = async {
        let quiet = sent.quiet_seconds.trim().parse();
        let quiet =
            quiet.map_err(|_| AppError::invalid("quiet_seconds", "is no whole number: give one up to 3,600"))?;
        let change = KeepRuleChange {
            quiet_seconds: Some(quiet),
            keep_below: Some(share("keep_below", &sent.keep_below)?),
            keep_flagged: Some(!sent.keep_flagged.is_empty()),
            keep_share: Some(share("keep_share", &sent.keep_share)?),
        };
        projects::change_keep_rule(&state.app, &visitor.actor, change).await
    };
    after(&state, &visitor, changed.await).await
}

/// The form of the calendar.
#[derive(Debug, Deserialize)]
struct Calendar {
    time_zone: String,
    opens_on: String,
    opens_at: String,
    due_on: String,
    due_at: String,
}

async fn calendar(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(sent): Form<Calendar>,
) -> Result<Response, Fault> {
    let changed = async {
        let day = |field: &str, text: &str| {
            text.parse().map_err(|_| AppError::invalid(field, "is no day of the week: choose one of the list"))
        };
        let change = CalendarChange {
            time_zone: Some(sent.time_zone.trim().to_owned()),
            opens_on: Some(day("opens_on", &sent.opens_on)?),
            opens_at: Some(sent.opens_at.clone()),
            due_on: Some(day("due_on", &sent.due_on)?),
            due_at: Some(sent.due_at.clone()),
        };
        review_calendar::change(&state.app, &visitor.actor, change).await
    };
    after(&state, &visitor, changed.await).await
}

/// The form of how experts' time is divided.
#[derive(Debug, Deserialize)]
struct Routing {
    double_blind_share: String,
    gold_share: String,
    exploration_share: String,
    domain_floor: String,
}

async fn route(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Routing>) -> Result<Response, Fault> {
    let changed = async {
        let change = PolicyChange {
            double_blind_share: Some(share("double_blind_share", &sent.double_blind_share)?),
            gold_share: Some(share("gold_share", &sent.gold_share)?),
            exploration_share: Some(share("exploration_share", &sent.exploration_share)?),
            domain_floor: Some(share("domain_floor", &sent.domain_floor)?),
        };
        routing_policy::change_policy(&state.app, &visitor.actor, change).await
    };
    after(&state, &visitor, changed.await).await
}

/// A share, as it is typed.
fn share(field: &str, text: &str) -> Result<f64, AppError> {
    text.trim().parse().map_err(|_| AppError::invalid(field, "is no number: give one from 0 to 1"))
}

/// A box for each pattern, named by it.
async fn redact(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    let wanted = sent.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    let changed = redaction::set_patterns(&state.app, &visitor.actor, wanted).await;
    after(&state, &visitor, changed).await
}
