//! Signing in at a provider of OpenID Connect. Nobody registers themselves: who comes from there was invited here, and is known by
//! who they are to the provider, or the first time by an address that it says is theirs.

use std::net::IpAddr;

use atr_core::{
    domain::{
        audit::Action,
        person::{Identity, Person},
    },
    store::Tx,
};
use serde_json::json;

use super::{
    App, AppError,
    sessions::{SignedIn, Way, count, open},
};
use crate::oidc::{Answer, Begun, Identified, OidcError, Provider};

const NOBODY: AppError = AppError::NotSignedIn(
    "nobody with your address signs in to this project: ask whoever administers it to invite you, by the address that the \
     provider knows you by",
);

fn provider(app: &App) -> Result<&Provider, AppError> {
    let none = || AppError::NotFound { what: "provider", name: "of single sign-on here".to_owned() };
    app.process.provider.as_ref().ok_or_else(none)
}

/// Begins to sign someone in: the address to send their browser to, and what it is to keep.
///
/// # Errors
/// If there is no provider, or it does not answer.
pub async fn begin(app: &App) -> Result<(String, Begun), AppError> {
    provider(app)?.begin(app.store.clock(), app.store.ids()).await.map_err(refused)
}

/// Signs in whom the provider sends back.
///
/// # Errors
/// [`AppError::NotSignedIn`], with what to do; if there is no provider, or it does not answer.
pub async fn finish(
    app: &App,
    begun: Option<Begun>,
    answer: Answer,
    project: &str,
    origin: Option<IpAddr>,
) -> Result<SignedIn, AppError> {
    let provider = provider(app)?;
    let done = async {
        let identified = provider.finish(app.store.clock(), begun, answer).await.map_err(refused)?;
        sign_in(app, identified, project, origin).await
    };
    let done = done.await;
    count(Way::Oidc, if done.is_ok() { "signed_in" } else { "refused" });
    done
}

async fn sign_in(
    app: &App,
    identified: Identified,
    project: &str,
    origin: Option<IpAddr>,
) -> Result<SignedIn, AppError> {
    let home = app.store.project_named(project).await?.ok_or(NOBODY)?;
    let mut tx = app.store.begin(home.id).await?;
    let Identified { issuer, subject, email } = identified;
    let identity = Identity { issuer, subject };
    let known = tx.hold_identified(&identity).await?;
    let is_known = known.is_some();
    let person = match known {
        Some(person) => person,
        None => {
            let email = email.ok_or(AppError::NotSignedIn(
                "the provider does not say that your address is yours: have it verified there, or sign in in another way",
            ))?;
            let person = tx.person_by_email(&email).await?.ok_or(NOBODY)?;
            bind(&mut tx, person, &identity).await?
        }
    };
    if person.deactivated_at.is_some() {
        return Err(NOBODY);
    }
    let after = json!(person.identity);
    let (bound, id) = (!is_known, person.id);
    let (signed_in, actor) = open(app, &mut tx, person, home, origin, Action::SignedInByOidc).await?;
    if bound {
        actor.note(&mut tx, Action::IdentityBound, id, None, Some(after)).await?;
    }
    tx.commit().await?;
    Ok(signed_in)
}

/// Notes who someone is to the provider, the first time that they come from there.
async fn bind(tx: &mut Tx, person: Person, identity: &Identity) -> Result<Person, AppError> {
    const ANOTHER: AppError = AppError::NotSignedIn(
        "another account of the provider signs in with your address here: ask whoever administers the project to invite you \
         again, and this one may",
    );
    if person.deactivated_at.is_some() {
        return Err(NOBODY);
    }
    match tx.bind_identity(person.id, identity).await {
        Ok(bound) => bound.ok_or(ANOTHER),
        // Someone else came with this account at the same time.
        Err(error) if error.constraint() == Some("person_oidc_key") => Err(ANOTHER),
        Err(error) => Err(error.into()),
    }
}

/// Why someone is not signed in, for them; the rest goes to the log.
fn refused(error: OidcError) -> AppError {
    let said = match &error {
        OidcError::Provider(_) => return AppError::Provider(error),
        OidcError::Foreign(_) => {
            "this sign-in was begun in another browser, more than ten minutes ago, or another one was begun since: begin again"
        }
        OidcError::Declined(_) => "the provider did not sign you in: try again, or sign in in another way",
        OidcError::Invalid(_) => {
            "what the provider says of you could not be verified: begin again; if that does not help, tell whoever runs the \
             service"
        }
    };
    tracing::warn!(%error, "a sign-in at the provider of single sign-on is refused");
    AppError::NotSignedIn(said)
}
