//! Links by which someone signs in once, without a password: who administers makes one for somebody, or somebody asks for one,
//! which is mailed to them.

use std::{net::IpAddr, time::Duration};

use atr_core::{
    domain::{
        access::{Permission, Scopes},
        audit::Action,
        person::{Email, LINK, LinkSecret, Person},
    },
    ids::PersonId,
    queue::Work,
};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    Actor, App, AppError,
    keys::may_give,
    sessions::{SignedIn, Way, count, open},
};

/// So long it takes at least to be answered who asks for a link: longer than what is done where the address is known, so that
/// the time tells nothing either.
const LEAST: Duration = Duration::from_millis(500);

/// A link that was made for someone.
#[derive(Debug, Clone)]
pub struct Linked {
    /// Who signs in by it.
    pub person: Person,
    /// The path of the page to open; shown this once.
    pub path: String,
    /// Until when it is open.
    pub until: DateTime<Utc>,
}

/// Makes a link by which someone signs in, in the place of the one before.
///
/// # Errors
/// If the caller may not, or may not give the person's role away, or there is no such person who signs in.
pub async fn make(app: &App, actor: &Actor, person: PersonId) -> Result<Linked, AppError> {
    actor.may(Permission::Administer)?;
    let missing = || AppError::NotFound { what: "person", name: person.to_string() };
    let secret = LinkSecret::new(app.store.ids().random());
    let mut tx = app.store.begin(actor.project).await?;
    let until = tx.now() + LINK;
    let before = tx.people_by_id(&[person]).await?.pop().ok_or_else(missing)?;
    may_give(actor, before.role, &Scopes::WHOLE)?;
    let gone = || AppError::Conflict(format!("{} does not sign in any more: invite them again", before.email));
    let person = tx.open_link(person, &secret.hash(), until).await?.ok_or_else(gone)?;
    actor.note(&mut tx, Action::LinkMade, person.id, Some(json!(before)), Some(json!(person))).await?;
    tx.commit().await?;
    Ok(Linked { person, path: secret.path(), until })
}

/// Has a link mailed to someone, if they sign in to the project. Whether they do is not told, nor shown by the time that it
/// takes.
///
/// # Errors
/// [`AppError::Conflict`] where no links are mailed; [`AppError::TooOften`] where this was asked too often for them.
pub async fn ask(app: &App, project: &str, email: &str) -> Result<(), AppError> {
    if !app.process.mails_links() {
        return Err(AppError::Conflict("no links are mailed here: ask whoever administers for one".to_owned()));
    }
    let email: Email = email.parse()?;
    app.process.tries.admit(Way::Link, project, &email)?;
    let least = tokio::time::sleep(LEAST);
    let asked = request(app, project, &email).await;
    least.await;
    asked
}

async fn request(app: &App, project: &str, email: &Email) -> Result<(), AppError> {
    let Some(home) = app.store.project_named(project).await? else { return Ok(()) };
    let mut tx = app.store.begin(home.id).await?;
    let known = tx.person_by_email(email).await?.filter(|person| person.deactivated_at.is_none());
    if let Some(person) = known {
        tx.enqueue(Work::MailSignInLink { person: person.id }).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Signs in whose a link is, and uses it up.
///
/// # Errors
/// [`AppError::NotSignedIn`] if it is not open any more.
pub async fn sign_in(app: &App, link: LinkSecret, origin: Option<IpAddr>) -> Result<SignedIn, AppError> {
    let closed = || {
        count(Way::Link, "refused");
        AppError::NotSignedIn("this link was used, is older than fifteen minutes, or another one was made since")
    };
    let hash = link.hash();
    let (project, person) = app.store.linked(&hash).await?.ok_or_else(closed)?;
    let mut tx = app.store.begin(project).await?;
    let person = tx.use_link(person, &hash).await?.ok_or_else(closed)?;
    let home = tx.own_project().await?.ok_or_else(closed)?;
    let (signed_in, _) = open(app, &mut tx, person, home, origin, Action::SignedInByLink).await?;
    tx.commit().await?;
    count(Way::Link, "signed_in");
    Ok(signed_in)
}
