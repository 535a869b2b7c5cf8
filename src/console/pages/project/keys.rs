//! `/project/keys`: what programs come with.

use std::collections::HashMap;

use atr_core::{
    domain::access::{Permission, Role},
    ids::{ApiKeyId, ExpertId, PersonId},
    store::{KeyRecord, Tx},
};
use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};
use chrono::{DateTime, Days, Utc};
use serde::Deserialize;

use crate::{
    app::{AppError, keys},
    console::{
        door::{Door, May, Visitor, see_other},
        fault::Fault,
        frame::{Frame, written},
        pages::{
            handles,
            paging::{Asked, Beside, base},
            sign_in::refusing,
        },
    },
    http::AppState,
};

pub(super) fn doors() -> Vec<Door> {
    vec![
        Door::get("/project/keys", May::Do(Permission::Audit), list),
        Door::post("/project/keys", May::Do(Permission::Administer), create),
        Door::post("/project/keys/withdraw", May::Do(Permission::Administer), withdraw),
    ]
}

/// The form of a new key.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    name: String,
    role: String,
    expert: String,
    /// After how many days it ends; nothing is never.
    days: String,
}

#[derive(askama::Template)]
#[template(path = "keys.html")]
struct Page<'a> {
    frame: &'a Frame,
    listed: Listed,
    roles: Vec<Role>,
    may_administer: bool,
    sent: &'a Sent,
    /// The secret of the key that was just made: shown this once.
    secret: Option<&'a str>,
    refused: Option<&'a str>,
}

/// What is read for the page.
struct Listed {
    /// Each with what it is called, and the pseudonym of its expert.
    rows: Vec<(KeyRecord, String, Option<String>)>,
    beside: Beside,
    /// Whom a key can name: id and pseudonym.
    experts: Vec<(ExpertId, String)>,
    now: DateTime<Utc>,
}

impl Listed {
    async fn read(state: &AppState, visitor: &Visitor, asked: &Asked) -> Result<Self, Fault> {
        let page = keys::list(&state.app, &visitor.actor, asked.request::<ApiKeyId>()).await?;
        let mut tx = state.app.store.begin(visitor.actor.project).await?;
        let named: Vec<ExpertId> = page.rows.iter().filter_map(|key| key.expert).collect();
        let handles = handles::of(&mut tx, &named).await?;
        let experts = handles::choice(&mut tx).await?;
        let beside = Beside::of(&page, &base("/project/keys", &[]), |key| key.id);
        let names = names(&mut tx, &page.rows).await?;
        let row = |key: KeyRecord| {
            let handle = key.expert.and_then(|expert| handles.get(&expert).cloned());
            let name = names.get(&key.id).cloned().unwrap_or_default();
            (key, name, handle)
        };
        let rows = page.rows.into_iter().map(row).collect();
        Ok(Self { rows, beside, experts, now: tx.now() })
    }

    /// Whether a key opens anything still.
    fn works(&self, key: &KeyRecord) -> bool {
        key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > self.now)
    }
}

/// What keys are called: a program's by what it is for, a session by the address of whoever signed in.
pub(super) async fn names(tx: &mut Tx, keys: &[KeyRecord]) -> Result<HashMap<ApiKeyId, String>, Fault> {
    let people: Vec<PersonId> = keys.iter().filter_map(|key| key.person).collect();
    let people = tx.people_by_id(&people).await?;
    let emails: HashMap<_, _> = people.into_iter().map(|person| (person.id, person.email.to_string())).collect();
    let name = |key: &KeyRecord| {
        let email = key.person.and_then(|person| emails.get(&person).cloned());
        (key.id, email.unwrap_or_else(|| key.name.clone()))
    };
    Ok(keys.iter().map(name).collect())
}

fn shown(visitor: &Visitor, listed: Listed, sent: &Sent, secret: Option<&str>, refused: Option<&str>) -> Response {
    let may = |what| visitor.actor.may(what).is_ok();
    let given = |role: &&Role| **role != Role::Operator || may(Permission::Operate);
    let roles = Role::ALL.iter().filter(given).copied().collect();
    let may_administer = may(Permission::Administer);
    written(&Page { frame: &visitor.frame, listed, roles, may_administer, sent, secret, refused })
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let listed = Listed::read(&state, &visitor, &asked).await?;
    Ok(shown(&visitor, listed, &Sent::default(), None, None))
}

async fn create(State(state): State<AppState>, visitor: Visitor, Form(sent): Form<Sent>) -> Result<Response, Fault> {
    let made = created(&state, &visitor, &sent).await;
    let listed = Listed::read(&state, &visitor, &Asked::default()).await?;
    match made {
        Ok(secret) => Ok(shown(&visitor, listed, &Sent::default(), Some(&secret), None)),
        Err(error) => refusing(error, |refused| shown(&visitor, listed, &sent, None, Some(refused))),
    }
}

/// The secret of a new key.
async fn created(state: &AppState, visitor: &Visitor, sent: &Sent) -> Result<String, AppError> {
    let role: Role = sent.role.parse().map_err(|_| AppError::invalid("role", "is no role: choose one of the list"))?;
    let expert = match sent.expert.trim() {
        "" => None,
        expert => {
            Some(expert.parse().map_err(|_| AppError::invalid("expert", "is no expert: choose one of the list"))?)
        }
    };
    let expires_at = match sent.days.trim() {
        "" => None,
        days => {
            let wrong = || AppError::invalid("days", "is no number of days from 1 to 3,650");
            let days = days.parse().ok().filter(|days| (1..=3650).contains(days)).ok_or_else(wrong)?;
            state.app.store.clock().now().checked_add_days(Days::new(days))
        }
    };
    let wanted = keys::Wanted { expert, expires_at, ..keys::Wanted::of(&sent.name, role) };
    Ok(keys::create(&state.app, &visitor.actor, wanted).await?.secret)
}

/// The form by which a key is withdrawn.
#[derive(Debug, Deserialize)]
struct Withdrawn {
    key: String,
}

async fn withdraw(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(sent): Form<Withdrawn>,
) -> Result<Response, Fault> {
    let key: ApiKeyId = sent.key.parse().map_err(|_| Fault::not_found())?;
    keys::revoke(&state.app, &visitor.actor, key).await?;
    Ok(see_other("/project/keys"))
}
