//! Making, withdrawing and recognising API keys.

use std::net::IpAddr;

use atr_core::{
    domain::{
        access::{Permission, Role, Scopes},
        audit::Action,
    },
    hash::{Digest, hex},
    ids::{ApiKeyId, ExpertId, Ids},
    store::{Authenticated, KeyRecord, NewKey, Page, PageRequest, Tx},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Actor, App, AppError};

/// A key to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// Some of it; without them all of it.
    pub scopes: Option<Vec<Permission>>,
    /// The expert whose reviews it writes; a key for an expert needs one.
    pub expert: Option<ExpertId>,
    /// How many requests a minute a server answers it; without it the server's own bound.
    pub requests_per_minute: Option<i32>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Wanted {
    /// A key that may do all of a role, for ever.
    pub fn of(name: &str, role: Role) -> Self {
        let name = name.to_owned();
        Self { name, role, scopes: None, expert: None, requests_per_minute: None, expires_at: None }
    }
}

/// A new key and its secret, which is shown this once.
#[derive(Debug, Clone)]
pub struct Made {
    /// The key.
    pub key: KeyRecord,
    /// What its bearer sends.
    pub secret: String,
}

/// The longest that a key may go on beside the one in its place: 30 days.
pub const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);

/// A secret: `atr_`, 8 hex digits that may be shown, `_`, and 256 bits of entropy as 64 hex digits.
pub(super) struct Secret {
    pub(super) prefix: String,
    pub(super) whole: String,
}

impl Secret {
    pub(super) fn new(ids: &Ids) -> Self {
        let prefix = format!("atr_{}", hex(&ids.random::<4>()));
        let whole = format!("{prefix}_{}", hex(&ids.random::<32>()));
        Self { prefix, whole }
    }
}

/// The hash under which a secret is stored.
pub fn token_hash(secret: &str) -> Digest {
    blake3::hash(secret.as_bytes())
}

/// Makes a key.
///
/// # Errors
/// If the caller may not, or may not give that role away.
pub async fn create(app: &App, actor: &Actor, wanted: Wanted) -> Result<Made, AppError> {
    actor.may(Permission::Administer)?;
    if wanted.name.trim().is_empty() || wanted.name.chars().count() > 200 || wanted.name.contains('\0') {
        return Err(AppError::invalid("name", "say in 1 to 200 characters what the key is for"));
    }
    if wanted.role == Role::Expert && wanted.expert.is_none() {
        return Err(AppError::invalid("expert", "a key with the role expert names the expert whose reviews it writes"));
    }
    to_come(app.store.clock().now(), wanted.expires_at)?;
    if wanted.requests_per_minute.is_some_and(|bound| !(1..=1_000_000).contains(&bound)) {
        return Err(AppError::invalid("requests_per_minute", "give a number from 1 to 1,000,000"));
    }
    let scopes = match wanted.scopes {
        Some(scopes) => Scopes::of(wanted.role, scopes)?,
        None => Scopes::WHOLE,
    };
    may_give(actor, wanted.role, &scopes)?;
    let secret = Secret::new(app.store.ids());
    let key = NewKey {
        name: wanted.name.trim().to_owned(),
        role: wanted.role,
        scopes,
        expert: wanted.expert,
        requests_per_minute: wanted.requests_per_minute,
        expires_at: wanted.expires_at,
        replaces: None,
        person: None,
        prefix: secret.prefix,
        token_hash: token_hash(&secret.whole),
    };
    let mut tx = app.store.begin(actor.project).await?;
    let key = tx.insert_key(&key).await.map_err(|error| match (error.constraint(), wanted.expert) {
        (Some("api_key_expert_fkey"), Some(expert)) => AppError::NotFound { what: "expert", name: expert.to_string() },
        _ => error.into(),
    })?;
    actor.note(&mut tx, Action::KeyCreated, key.id, None, Some(state(&key))).await?;
    tx.commit().await?;
    Ok(Made { key, secret: secret.whole })
}

/// A key ends, if it does, after it was made.
fn to_come(now: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) -> Result<(), AppError> {
    match expires_at {
        Some(at) if at <= now => Err(AppError::invalid("expires_at", "give a time in the future")),
        _ => Ok(()),
    }
}

/// Nobody gives away more than they have: neither an operator's key nor what their own key is narrowed to leave out.
pub(super) fn may_give(actor: &Actor, role: Role, scopes: &Scopes) -> Result<(), AppError> {
    Permission::ALL.iter().filter(|what| role.may(**what) && scopes.leave(**what)).try_for_each(|what| actor.may(*what))
}

/// What the audit log holds of a key.
fn state(key: &KeyRecord) -> Value {
    json!({
        "name": key.name, "role": key.role, "scopes": key.scopes.listed(), "expert": key.expert,
        "requests_per_minute": key.requests_per_minute, "expires_at": key.expires_at, "revoked_at": key.revoked_at,
    })
}

/// Makes a key in the place of another, with the same rights, and lets that one go on for `overlap`, so that whoever uses
/// it can change over.
///
/// # Errors
/// If the caller may not, or might not make such a key, there is no such key that still works, or the overlap is out of
/// its range: up to [`LONGEST_OVERLAP`].
pub async fn rotate(
    app: &App,
    actor: &Actor,
    key: ApiKeyId,
    overlap: TimeDelta,
    expires_at: Option<DateTime<Utc>>,
) -> Result<Made, AppError> {
    actor.may(Permission::Administer)?;
    if !(TimeDelta::zero()..=LONGEST_OVERLAP).contains(&overlap) {
        return Err(AppError::invalid("overlap_seconds", "give a time of up to 30 days, 2,592,000 seconds"));
    }
    let mut tx = app.store.begin(actor.project).await?;
    let now = tx.now();
    to_come(now, expires_at)?;
    let old = working(&mut tx, key).await?;
    if old.person.is_some() {
        let message = format!("{key} is someone's session, which ends by itself: they sign in anew");
        return Err(AppError::Conflict(message));
    }
    may_give(actor, old.role, &old.scopes)?;
    let secret = Secret::new(app.store.ids());
    let new = NewKey {
        name: old.name.clone(),
        role: old.role,
        scopes: old.scopes.clone(),
        expert: old.expert,
        requests_per_minute: old.requests_per_minute,
        // As long as the old one was made for.
        expires_at: expires_at.or_else(|| old.expires_at.map(|at| now + (at - old.created_at))),
        replaces: Some(key),
        person: None,
        prefix: secret.prefix,
        token_hash: token_hash(&secret.whole),
    };
    let made = tx.insert_key(&new).await?;
    tx.end_key(key, now + overlap).await?;
    let after = json!({ "in_its_place": made.id, "ends": now + overlap });
    actor.note(&mut tx, Action::KeyRotated, key, Some(state(&old)), Some(after)).await?;
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(Made { key: made, secret: secret.whole })
}

/// A key of the project that works.
async fn working(tx: &mut Tx, key: ApiKeyId) -> Result<KeyRecord, AppError> {
    let now = tx.now();
    let found = tx.keys_by_id(&[key]).await?.pop();
    found
        .filter(|found| found.revoked_at.is_none() && found.expires_at.is_none_or(|at| at > now))
        .ok_or_else(|| AppError::NotFound { what: "working key", name: key.to_string() })
}

/// Makes an operator's key where the installation has none yet, in one transaction with the project that it is at home
/// in: the one with this slug, or the first there is, or else a new one. Answers its secret, or `None` if any key was ever
/// made: whoever made it can make others.
///
/// # Errors
/// If the database is out of reach.
pub async fn create_first(app: &App, slug: &str, project: &str) -> Result<Option<String>, AppError> {
    let secret = Secret::new(app.store.ids());
    let key = NewKey {
        name: "first key".to_owned(),
        role: Role::Operator,
        scopes: Scopes::WHOLE,
        expert: None,
        requests_per_minute: None,
        expires_at: None,
        replaces: None,
        person: None,
        prefix: secret.prefix,
        token_hash: token_hash(&secret.whole),
    };
    let noted =
        |project, key: &KeyRecord| Actor::local(project).deed(Action::KeyCreated, key.id, None, Some(state(key)));
    Ok(app.store.insert_first_key(slug, project, &key, noted).await?.then_some(secret.whole))
}

/// Withdraws a key. Whoever may not make an operator's key may not withdraw one either: it opens every project, and only
/// has its home in this one.
///
/// # Errors
/// If the caller may not, or there is no such key that was not withdrawn yet.
pub async fn revoke(app: &App, actor: &Actor, key: ApiKeyId) -> Result<(), AppError> {
    actor.may(Permission::Administer)?;
    let missing = || AppError::NotFound { what: "working key", name: key.to_string() };
    let mut tx = app.store.begin(actor.project).await?;
    let found = tx.keys_by_id(&[key]).await?.pop().ok_or_else(missing)?;
    if found.role == Role::Operator {
        actor.may(Permission::Operate)?;
    }
    if !tx.revoke_key(key).await? {
        return Err(missing());
    }
    actor.note(&mut tx, Action::KeyRevoked, key, Some(state(&found)), None).await?;
    tx.commit().await?;
    app.process.recognised.forget();
    Ok(())
}

/// A page of keys, people's sessions among them.
///
/// # Errors
/// If the caller may not.
pub async fn list(app: &App, actor: &Actor, page: PageRequest) -> Result<Page<KeyRecord>, AppError> {
    actor.may(Permission::Audit)?;
    Ok(app.store.begin(actor.project).await?.keys(page).await?)
}

/// Whom a secret that came from an address belongs to; `None` if it is not, or no longer, a key: what was found a second
/// ago still holds. An operator may enter another project by its slug.
///
/// # Errors
/// If a project is named that the key may not enter or that is not there, or the key asks too often.
pub async fn recognise(
    app: &App,
    secret: &str,
    project: Option<&str>,
    origin: Option<IpAddr>,
) -> Result<Option<Actor>, AppError> {
    let hash = token_hash(secret);
    let now = app.store.clock().now();
    let found = match app.process.recognised.get(&hash, now) {
        Some(found) => found,
        None => {
            let Some(found) = app.store.authenticate(&hash).await? else { return Ok(None) };
            app.process.recognised.keep(hash, found.clone(), now);
            found
        }
    };
    let actor = entering(app, found, project, origin).await?;
    app.process.rates.admit(&actor)?;
    Ok(Some(actor))
}

/// The same by the hash of the secret, as it is now, and not counted as a request of its bearer's: for whoever asks again
/// later and need not keep the secret itself.
///
/// # Errors
/// As [`recognise`], but for asking too often.
pub async fn recognise_hash(
    app: &App,
    hash: &Digest,
    project: Option<&str>,
    origin: Option<IpAddr>,
) -> Result<Option<Actor>, AppError> {
    let Some(found) = app.store.authenticate(hash).await? else { return Ok(None) };
    entering(app, found, project, origin).await.map(Some)
}

/// Who acts by a key, in its project or in another that it may enter.
async fn entering(
    app: &App,
    found: Authenticated,
    project: Option<&str>,
    origin: Option<IpAddr>,
) -> Result<Actor, AppError> {
    let mut actor = Actor {
        project: found.project,
        role: found.role,
        scopes: found.scopes,
        key: Some(found.key),
        requests_per_minute: found.requests_per_minute,
        expert: found.expert,
        origin,
    };
    if let Some(slug) = project {
        let named = app.store.project_named(slug).await?;
        match named {
            Some(named) if named.id == actor.project => {}
            Some(named) if actor.may(Permission::Operate).is_ok() => actor.project = named.id,
            // The same answer whether or not it exists: others' projects are not told.
            _ => return Err(AppError::NotFound { what: "project", name: format!("`{slug}` for this key") }),
        }
    }
    Ok(actor)
}
