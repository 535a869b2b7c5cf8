//! Signing in and out. A session is a key of the person's that ends by itself: what holds for keys holds for it.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use atr_core::{
    domain::{
        access::Scopes,
        audit::Action,
        person::{Email, NewPassword, Person, SESSION},
    },
    hash::{self, Digest},
    ids::{ApiKeyId, ProjectId},
    store::{NewKey, Project, Tx},
};
use chrono::{DateTime, Utc};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::DefaultClock};
use quick_cache::sync::Cache;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{
    Actor, App, AppError,
    keys::{Secret, token_hash},
    rates,
};

/// By what someone signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// The password that they chose.
    Password,
    /// A link that was made for them.
    Link,
    /// An account of theirs at the provider of OpenID Connect.
    Oidc,
}

impl Way {
    fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Link => "link",
            Self::Oidc => "oidc",
        }
    }

    /// How often a minute it may be tried for someone. Links come by mail: more of them would be a nuisance. Who comes from the
    /// provider is not someone yet.
    fn tries(self) -> NonZeroU32 {
        const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
        const LINKS: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
        match self {
            Self::Password | Self::Oidc => TRIES,
            Self::Link => LINKS,
        }
    }
}

/// Counts what became of signing in.
pub(super) fn count(by: Way, result: &'static str) {
    metrics::counter!("atr_sign_ins_total", "by" => by.word(), "result" => result).increment(1);
}

/// How many people's tries are counted at once; those tried least make room.
const COUNTED: usize = 10_000;
/// How many passwords this process hashes at once: each takes 19 MiB and some time of a core.
static HASHING: Semaphore = Semaphore::const_new(2);

/// How often it was tried to sign in as whom.
pub struct Tries {
    clock: DefaultClock,
    /// By the hash of the way, the project and the address, which may be as long as they like.
    of: Cache<Digest, Arc<DefaultDirectRateLimiter>>,
}

impl Default for Tries {
    fn default() -> Self {
        Self { clock: DefaultClock::default(), of: Cache::new(COUNTED) }
    }
}

impl std::fmt::Debug for Tries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tries").field("people", &self.of.len()).finish()
    }
}

impl Tries {
    /// Lets someone try, or says when to try again.
    pub(super) fn admit(&self, by: Way, project: &str, email: &Email) -> Result<(), AppError> {
        let whom = hash::of_json(&(by, project, email));
        let made = || Ok::<_, AppError>(Arc::new(RateLimiter::direct(Quota::per_minute(by.tries()))));
        let limit = self.of.get_or_insert_with(&whom, made)?;
        rates::admit(&limit, &self.clock, by.tries()).inspect_err(|_| count(by, "too_often"))
    }
}

/// Someone who signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// Where.
    pub project: Project,
    /// What their browser sends.
    pub secret: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Signs someone in to a project. Whether the address, the project or the password is wrong is not told, nor shown by the
/// time that it takes.
///
/// # Errors
/// [`AppError::NotSignedIn`]; [`AppError::TooOften`] where this was tried too often as them.
pub async fn sign_in(
    app: &App,
    project: &str,
    email: &str,
    password: String,
    origin: Option<IpAddr>,
) -> Result<SignedIn, AppError> {
    let email: Email = email.parse()?;
    app.process.tries.admit(Way::Password, project, &email)?;
    let home = app.store.project_named(project).await?;
    let known = match &home {
        Some(home) => app.store.begin(home.id).await?.person_signing_in(&email).await?,
        None => None,
    };
    let refused = || {
        count(Way::Password, "refused");
        AppError::NotSignedIn("the address or the password is wrong, or nobody of that address signs in here")
    };
    let is_theirs = is_password(password, known.as_ref().map(|(_, hash)| hash.clone())).await?;
    let (true, Some(home), Some((person, hash))) = (is_theirs, home, known) else { return Err(refused()) };
    let mut tx = app.store.begin(home.id).await?;
    let person = tx.hold_person(person, &hash).await?.ok_or_else(refused)?;
    let (signed_in, _) = open(app, &mut tx, person, home, origin, Action::SignedIn).await?;
    tx.commit().await?;
    count(Way::Password, "signed_in");
    Ok(signed_in)
}

/// Takes the password that someone who is invited chooses, in the place of the invitation, and signs them in. Their other
/// sessions end.
///
/// # Errors
/// [`AppError::NotSignedIn`] if the invitation is not open any more.
pub async fn accept(
    app: &App,
    invitation: &str,
    password: NewPassword,
    origin: Option<IpAddr>,
) -> Result<SignedIn, AppError> {
    let closed = || AppError::NotSignedIn("this invitation was used, or is older than seven days: ask for another one");
    let hash = token_hash(invitation);
    let (project, person) = app.store.invited(&hash).await?.ok_or_else(closed)?;
    let password_hash = hashed(app.store.ids().random(), password).await?;
    let mut tx = app.store.begin(project).await?;
    if !tx.accept_invitation(person, &hash, &password_hash).await? {
        return Err(closed());
    }
    tx.end_sessions(person).await?;
    let person = tx.hold_person(person, &password_hash).await?.ok_or_else(closed)?;
    let home = tx.own_project().await?.ok_or_else(closed)?;
    let (signed_in, _) = open(app, &mut tx, person, home, origin, Action::PasswordChosen).await?;
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(signed_in)
}

/// Opens a session, and notes it in the audit log as their own deed; and who acts in it.
pub(super) async fn open(
    app: &App,
    tx: &mut Tx,
    person: Person,
    project: Project,
    origin: Option<IpAddr>,
    action: Action,
) -> Result<(SignedIn, Actor), AppError> {
    let until = tx.now() + SESSION;
    let secret = Secret::new(app.store.ids());
    let key = NewKey {
        name: "session".to_owned(),
        role: person.role,
        scopes: Scopes::WHOLE,
        expert: person.expert,
        requests_per_minute: None,
        expires_at: Some(until),
        replaces: None,
        person: Some(person.id),
        prefix: secret.prefix,
        token_hash: token_hash(&secret.whole),
    };
    let key = tx.insert_key(&key).await?;
    let actor = of(project.id, &person, key.id, origin);
    actor.note(tx, action, person.id, None, Some(json!({ "session": key.id, "until": until }))).await?;
    Ok((SignedIn { person, project, secret: secret.whole, until }, actor))
}

/// Who acts in a session.
fn of(project: ProjectId, person: &Person, key: ApiKeyId, origin: Option<IpAddr>) -> Actor {
    Actor {
        project,
        role: person.role,
        scopes: Scopes::WHOLE,
        key: Some(key),
        requests_per_minute: None,
        expert: person.expert,
        origin,
    }
}

/// Who someone is in their session, where they are at home, and until when; `None` for a program's key.
///
/// # Errors
/// If the database is out of reach.
pub async fn current(app: &App, actor: &Actor) -> Result<Option<(Person, Project, DateTime<Utc>)>, AppError> {
    let mut tx = app.store.begin(actor.project).await?;
    let Some(key) = actor.key else { return Ok(None) };
    let Some(key) = tx.keys_by_id(&[key]).await?.pop() else { return Ok(None) };
    let (Some(person), Some(until)) = (key.person, key.expires_at) else { return Ok(None) };
    let person = tx.people_by_id(&[person]).await?.pop();
    Ok(person.zip(tx.own_project().await?).map(|(person, project)| (person, project, until)))
}

/// Ends the session that someone acts in.
///
/// # Errors
/// [`AppError::Conflict`] for a program's key, which is withdrawn by who administers.
pub async fn sign_out(app: &App, actor: &Actor) -> Result<(), AppError> {
    let no_session =
        || AppError::Conflict("this is a program's key and no session: `atr key revoke` withdraws it".to_owned());
    let key = actor.key.ok_or_else(no_session)?;
    let mut tx = app.store.begin(actor.project).await?;
    let person = tx.keys_by_id(&[key]).await?.pop().and_then(|key| key.person).ok_or_else(no_session)?;
    if tx.revoke_key(key).await? {
        actor.note(&mut tx, Action::SignedOut, person, None, Some(json!({ "session": key }))).await?;
    }
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(())
}

/// The hash of a password: Argon2id with 19 MiB and two passes, as OWASP's Password Storage Cheat Sheet has it.
async fn hashed(salt: [u8; 16], password: NewPassword) -> Result<String, AppError> {
    computed(move || Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?.to_string())).await
}

/// Whether it is the password that was hashed so. Without a hash it is none, after as long a time.
async fn is_password(password: String, hash: Option<String>) -> Result<bool, AppError> {
    computed(move || {
        let Some(hash) = hash else {
            Argon2::default().hash_password_with_salt(password.as_bytes(), &[0; 16])?;
            return Ok(false);
        };
        let hash = PasswordHash::new(&hash)?;
        match Argon2::default().verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    })
    .await
}

/// Runs what takes some time of a core, beside what else runs.
async fn computed<T: Send + 'static>(
    what: impl FnOnce() -> password_hash::Result<T> + Send + 'static,
) -> Result<T, AppError> {
    let _turn = HASHING.acquire().await.expect("never closed");
    let done = tokio::task::spawn_blocking(what).await.map_err(AppError::hashing)?;
    done.map_err(AppError::hashing)
}
