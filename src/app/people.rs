//! People: inviting them to sign in, and letting them do so no more.

use atr_core::{
    domain::{
        access::{Permission, Role, Scopes},
        audit::Action,
        person::{INVITATION, NewPerson, Person},
    },
    hash::hex,
    ids::PersonId,
    store::{Page, PageRequest},
};
use serde_json::json;

use super::{
    Actor, App, AppError,
    keys::{may_give, token_hash},
};

/// Someone who is invited.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Who.
    pub person: Person,
    /// The secret by which they choose a password, once; shown this once.
    pub invitation: String,
}

/// Invites someone to choose a password and sign in with it. Who is known by the address gets the role that is said now; their
/// sessions end, and the password that they have goes on until they choose another one.
///
/// # Errors
/// If the caller may not, or may not give that role away, or there is no such expert.
pub async fn invite(app: &App, actor: &Actor, wanted: NewPerson) -> Result<Invited, AppError> {
    actor.may(Permission::Administer)?;
    may_give(actor, wanted.role, &Scopes::WHOLE)?;
    let invitation = format!("inv_{}", hex(&app.store.ids().random::<32>()));
    let mut tx = app.store.begin(actor.project).await?;
    let until = tx.now() + INVITATION;
    let known = tx.person_by_email(&wanted.email).await?;
    known.iter().try_for_each(|known| above(actor, known))?;
    let person = tx.invite(&wanted, &token_hash(&invitation), until).await.map_err(|error| {
        match (error.constraint(), wanted.expert) {
            (Some("person_expert_fkey"), Some(expert)) => {
                AppError::NotFound { what: "expert", name: expert.to_string() }
            }
            _ => error.into(),
        }
    })?;
    tx.end_sessions(person.id).await?;
    let before = known.map(|known| json!(known));
    actor.note(&mut tx, Action::PersonInvited, person.id, before, Some(json!(person))).await?;
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(Invited { person, invitation })
}

/// Lets someone sign in no more, and ends their sessions.
///
/// # Errors
/// If the caller may not, or there is no such person who signs in.
pub async fn deactivate(app: &App, actor: &Actor, person: PersonId) -> Result<Person, AppError> {
    actor.may(Permission::Administer)?;
    let missing = || AppError::NotFound { what: "person", name: person.to_string() };
    let mut tx = app.store.begin(actor.project).await?;
    let before = tx.people_by_id(&[person]).await?.pop().ok_or_else(missing)?;
    above(actor, &before)?;
    if !tx.deactivate_person(person).await? {
        return Err(AppError::Conflict(format!("{} does not sign in any more", before.email)));
    }
    tx.end_sessions(person).await?;
    let after = tx.people_by_id(&[person]).await?.pop().ok_or_else(missing)?;
    actor.note(&mut tx, Action::PersonDeactivated, person, Some(json!(before)), Some(json!(after))).await?;
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(after)
}

/// Operators are for operators to change: they enter every project, and only have their home in this one.
fn above(actor: &Actor, person: &Person) -> Result<(), AppError> {
    if person.role == Role::Operator { actor.may(Permission::Operate) } else { Ok(()) }
}

/// A page of people.
///
/// # Errors
/// If the caller may not.
pub async fn list(app: &App, actor: &Actor, page: PageRequest) -> Result<Page<Person>, AppError> {
    actor.may(Permission::Audit)?;
    Ok(app.store.begin(actor.project).await?.people(page).await?)
}
