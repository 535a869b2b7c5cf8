//! People who sign in.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use atr_core::domain::person::NewPerson;
use chrono::{DateTime, Utc};

use super::{id, payload};
use crate::{
    app::{Actor, App, AppError, links, people},
    graphql::{person::Person, session::session, words::Role},
};

payload! {
    /// What became of an invitation.
    InvitePersonPayload {
        /// Who is invited, and by what they choose a password.
        invited: InvitedPerson
    }
}

payload! {
    /// What became of a link that was to be made.
    MakeSignInLinkPayload {
        /// The link, and whom it is for.
        made: SignInLink
    }
}

payload! {
    /// What became of someone who signs in no more.
    DeactivatePersonPayload {
        /// Who.
        person: Person
    }
}

/// Someone who is invited.
#[derive(Debug, SimpleObject)]
pub struct InvitedPerson {
    /// Who.
    person: Person,
    /// What they send to `/v1/session/invitation` with the password that they choose, once, within seven days. It is shown
    /// this once: give it to nobody but them.
    invitation: String,
}

/// A link by which someone signs in, once.
#[derive(Debug, SimpleObject)]
pub struct SignInLink {
    /// Whom it is for.
    person: Person,
    /// The address that they open in a browser; or its path, where the service is not told at which address people reach it
    /// (`ATR_PUBLIC_URL`). It is shown this once: give it to nobody but them.
    link: String,
    /// Until when it is open.
    until: DateTime<Utc>,
}

/// Someone to be invited.
#[derive(Debug, InputObject)]
pub struct InvitePersonInput {
    /// The e-mail address they sign in with.
    email: String,
    /// What they may do; INGEST is for programs.
    role: Role,
    /// The expert whose reviews they write; the role EXPERT needs one.
    expert: Option<ID>,
}

/// Mutations of who signs in.
#[derive(Debug, Default)]
pub struct PeopleMutation;

#[Object]
impl PeopleMutation {
    /// Invites someone to choose a password and sign in; again, to choose another one, or with another role: then their
    /// sessions end. For administrators.
    async fn invite_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: InvitePersonInput,
    ) -> Result<InvitePersonPayload> {
        let session = session(ctx)?;
        let invited = invite(&session.app, &session.actor, input).await;
        InvitePersonPayload::of(invited, |people::Invited { person, invitation }| InvitedPerson {
            person: Person(person),
            invitation,
        })
    }

    /// Makes a link by which someone signs in once, within fifteen minutes, without a password; the one before is open no more.
    /// For administrators.
    async fn make_sign_in_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom it is for.")] person: ID,
    ) -> Result<MakeSignInLinkPayload> {
        let session = session(ctx)?;
        let result = match id("person", &person) {
            Ok(person) => links::make(&session.app, &session.actor, person).await,
            Err(refusal) => Err(refusal),
        };
        MakeSignInLinkPayload::of(result, |links::Linked { person, path, until }| SignInLink {
            person: Person(person),
            link: session.app.process.address(&path).unwrap_or(path),
            until,
        })
    }

    /// Lets someone sign in no more, and ends their sessions. For administrators.
    async fn deactivate_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] person: ID,
    ) -> Result<DeactivatePersonPayload> {
        let session = session(ctx)?;
        let result = match id("person", &person) {
            Ok(person) => people::deactivate(&session.app, &session.actor, person).await,
            Err(refusal) => Err(refusal),
        };
        DeactivatePersonPayload::of(result, Person)
    }
}

async fn invite(app: &App, actor: &Actor, input: InvitePersonInput) -> Result<people::Invited, AppError> {
    let expert = input.expert.as_ref().map(|expert| id("expert", expert)).transpose()?;
    people::invite(app, actor, NewPerson::parse(&input.email, input.role.into(), expert)?).await
}
