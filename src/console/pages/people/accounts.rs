//! `/people/accounts`: who signs in, and the invitation of someone else.

use atr_core::{
    domain::{
        access::{Permission, Role},
        person::{NewPerson, Person},
    },
    ids::{ExpertId, PersonId},
};
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;

use crate::{
    app::{AppError, links, people},
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
        Door::get("/people/accounts", May::Do(Permission::Audit), list),
        Door::post("/people/accounts", May::Do(Permission::Administer), invite),
        Door::post("/people/accounts/link", May::Do(Permission::Administer), make_link),
        Door::post("/people/accounts/deactivate", May::Do(Permission::Administer), deactivate),
    ]
}

/// The form of an invitation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    email: String,
    role: String,
    expert: String,
}

#[derive(askama::Template)]
#[template(path = "accounts.html")]
struct Page<'a> {
    frame: &'a Frame,
    listed: Listed,
    roles: Vec<Role>,
    may_administer: bool,
    sent: &'a Sent,
    /// The link that was just made: shown this once.
    link: Option<Link<'a>>,
    refused: Option<&'a str>,
}

/// A link that was just made, and what is said of it.
struct Link<'a> {
    about: &'static str,
    address: &'a str,
}

/// What is read for the page.
struct Listed {
    rows: Vec<(Person, Option<String>)>,
    beside: Beside,
    /// Whom an invitation can name: id and pseudonym.
    experts: Vec<(ExpertId, String)>,
}

impl Listed {
    async fn read(state: &AppState, visitor: &Visitor, asked: &Asked) -> Result<Self, Fault> {
        let page = people::list(&state.app, &visitor.actor, asked.request::<PersonId>()).await?;
        let mut tx = state.app.store.begin(visitor.actor.project).await?;
        let named: Vec<ExpertId> = page.rows.iter().filter_map(|person| person.expert).collect();
        let handles = handles::of(&mut tx, &named).await?;
        let experts = handles::choice(&mut tx).await?;
        let beside = Beside::of(&page, &base("/people/accounts", &[]), |person| person.id);
        let row = |person: Person| {
            let handle = person.expert.and_then(|expert| handles.get(&expert).cloned());
            (person, handle)
        };
        let rows = page.rows.into_iter().map(row).collect();
        Ok(Self { rows, beside, experts })
    }
}

fn shown(visitor: &Visitor, listed: Listed, sent: &Sent, link: Option<Link<'_>>, refused: Option<&str>) -> Response {
    let may = |what| visitor.actor.may(what).is_ok();
    let may_administer = may(Permission::Administer);
    // Those that a person can have and that the visitor may give.
    let given = |role: &&Role| **role != Role::Ingest && (**role != Role::Operator || may(Permission::Operate));
    let roles = Role::ALL.iter().filter(given).copied().collect();
    written(&Page { frame: &visitor.frame, listed, roles, may_administer, sent, link, refused })
}

async fn list(State(state): State<AppState>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    let listed = Listed::read(&state, &visitor, &asked).await?;
    Ok(shown(&visitor, listed, &Sent::default(), None, None))
}

async fn invite(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Fault> {
    let invited = invited(&state, &visitor, &sent).await;
    let listed = Listed::read(&state, &visitor, &Asked::default()).await?;
    match invited {
        Ok(invitation) => {
            let address = address(&state, &headers, &format!("/invitation?token={invitation}"));
            let link = Link { about: visitor.frame.t.accounts_link, address: &address };
            Ok(shown(&visitor, listed, &Sent::default(), Some(link), None))
        }
        Err(error) => refusing(error, |refused| shown(&visitor, listed, &sent, None, Some(refused))),
    }
}

/// The address of a page, as people reach it; where that is not known, as the visitor does.
fn address(state: &AppState, headers: &HeaderMap, path: &str) -> String {
    let as_visited = || {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let scheme = if state.secure_cookies { "https" } else { "http" };
        format!("{scheme}://{host}{path}")
    };
    state.app.process.address(path).unwrap_or_else(as_visited)
}

/// The secret of an invitation.
async fn invited(state: &AppState, visitor: &Visitor, sent: &Sent) -> Result<String, AppError> {
    let role: Role = sent.role.parse().map_err(|_| AppError::invalid("role", "is no role: choose one of the list"))?;
    let expert = match sent.expert.trim() {
        "" => None,
        expert => {
            Some(expert.parse().map_err(|_| AppError::invalid("expert", "is no expert: choose one of the list"))?)
        }
    };
    let wanted = NewPerson::parse(&sent.email, role, expert)?;
    Ok(people::invite(&state.app, &visitor.actor, wanted).await?.invitation)
}

/// The form by which something is done about someone.
#[derive(Debug, Deserialize)]
struct Named {
    person: String,
}

async fn make_link(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(sent): Form<Named>,
) -> Result<Response, Fault> {
    let person: PersonId = sent.person.parse().map_err(|_| Fault::not_found())?;
    let made = links::make(&state.app, &visitor.actor, person).await?;
    let listed = Listed::read(&state, &visitor, &Asked::default()).await?;
    let address = address(&state, &headers, &made.path);
    let link = Link { about: visitor.frame.t.accounts_made_link, address: &address };
    Ok(shown(&visitor, listed, &Sent::default(), Some(link), None))
}

async fn deactivate(
    State(state): State<AppState>,
    visitor: Visitor,
    Form(sent): Form<Named>,
) -> Result<Response, Fault> {
    let person: PersonId = sent.person.parse().map_err(|_| Fault::not_found())?;
    people::deactivate(&state.app, &visitor.actor, person).await?;
    Ok(see_other("/people/accounts"))
}
