//! Mails someone a link by which they sign in, as they asked. Its secret is made as it is mailed, and only its hash is kept.

use atr_core::{
    domain::person::{LINK, LinkSecret},
    ids::PersonId,
    queue::Claim,
};
use chrono::{DateTime, Utc};

use super::notices::{mail as mailer, unsent};
use crate::{Context, StageError};

/// Makes a link, in the place of the one before, and mails it. No transaction is open while it is sent: what could not be
/// sent is made anew.
pub(super) async fn mail(cx: &Context, claim: &Claim, person: PersonId) -> Result<(), StageError> {
    let mail = mailer(cx)?;
    let public = cx.delivery.public_url.as_ref().ok_or_else(|| {
        let why = "this worker does not know where links lead: set ATR_PUBLIC_URL for every worker";
        StageError::Passing(why.to_owned())
    })?;
    let secret = LinkSecret::new(cx.store.ids().random());
    let mut tx = cx.store.begin_for(claim).await?;
    let until = tx.now() + LINK;
    // Who is gone since gets none.
    if let Some(person) = tx.open_link(person, &secret.hash(), until).await? {
        let project = tx.own_project().await?.map(|project| project.name).unwrap_or_default();
        tx.commit().await?;
        let (subject, text) = letter(&project, &public.at(&secret.path()), until);
        let id = format!("{}.{}", claim.id, claim.attempt);
        mail.send(&id, person.email.as_str(), &subject, text).await.map_err(unsent)?;
        tx = cx.store.begin_for(claim).await?;
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    Ok(())
}

/// The subject, and the text.
fn letter(project: &str, link: &str, until: DateTime<Utc>) -> (String, String) {
    let until = until.format("%H:%M UTC on %A %-d %B %Y");
    (
        format!("{project}: your link to sign in"),
        format!(
            "You, or someone else, asked to sign in to {project} with this address. This link does it, once, until {until}:\n\n\
             {link}\n\n\
             If you did not ask for it, ignore it: nobody signs in without it.\n"
        ),
    )
}
