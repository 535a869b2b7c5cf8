//! Making, withdrawing and recognising API keys.

use atr_core::{
    domain::access::{Permission, Role},
    hash::Digest,
    ids::{ApiKeyId, ExpertId},
    store::{KeyRecord, NewKey, Page, PageRequest},
};
use chrono::{DateTime, Utc};

use super::{Actor, App, AppError};

/// A key to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// The expert whose reviews it writes; a key for an expert needs one.
    pub expert: Option<ExpertId>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A new key and its secret, which is shown this once.
#[derive(Debug, Clone)]
pub struct Made {
    /// The key.
    pub key: KeyRecord,
    /// What its bearer sends.
    pub secret: String,
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
    if wanted.role == Role::Operator {
        actor.may(Permission::Operate)?;
    }
    if wanted.name.trim().is_empty() || wanted.name.chars().count() > 200 || wanted.name.contains('\0') {
        return Err(AppError::invalid("name", "say in 1 to 200 characters what the key is for"));
    }
    if wanted.role == Role::Expert && wanted.expert.is_none() {
        return Err(AppError::invalid("expert", "a key with the role expert names the expert whose reviews it writes"));
    }
    if wanted.expires_at.is_some_and(|at| at <= app.store.clock().now()) {
        return Err(AppError::invalid("expires_at", "give a time in the future"));
    }
    let secret = format!("atr_{}", app.store.ids().secret());
    let mut tx = app.store.begin(actor.project).await?;
    let key = NewKey {
        name: wanted.name.trim().to_owned(),
        role: wanted.role,
        expert: wanted.expert,
        expires_at: wanted.expires_at,
        token_hash: token_hash(&secret),
    };
    let key = tx.insert_key(&key).await.map_err(|error| match (error.constraint(), wanted.expert) {
        (Some("api_key_expert_fkey"), Some(expert)) => AppError::NotFound { what: "expert", name: expert.to_string() },
        _ => error.into(),
    })?;
    tx.commit().await?;
    Ok(Made { key, secret })
}

/// Makes an operator's key where the installation has none yet, in one transaction with the project that it is at home
/// in: the one with this slug, or the first there is, or else a new one. Answers its secret, or `None` if any key was ever
/// made: whoever made it can make others.
///
/// # Errors
/// If the database is out of reach.
pub async fn create_first(app: &App, slug: &str, project: &str) -> Result<Option<String>, AppError> {
    let secret = format!("atr_{}", app.store.ids().secret());
    let key = NewKey {
        name: "first key".to_owned(),
        role: Role::Operator,
        expert: None,
        expires_at: None,
        token_hash: token_hash(&secret),
    };
    Ok(app.store.insert_first_key(slug, project, &key).await?.then_some(secret))
}

/// Withdraws a key. Whoever may not make an operator's key may not withdraw one either: it opens every project, and only
/// has its home in this one.
///
/// # Errors
/// If the caller may not, or there is no such key that still works.
pub async fn revoke(app: &App, actor: &Actor, key: ApiKeyId) -> Result<(), AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    if tx.keys_by_id(&[key]).await?.iter().any(|found| found.role == Role::Operator) {
        actor.may(Permission::Operate)?;
    }
    if !tx.revoke_key(key).await? {
        return Err(AppError::NotFound { what: "working key", name: key.to_string() });
    }
    Ok(tx.commit().await?)
}

/// A page of keys.
///
/// # Errors
/// If the caller may not.
pub async fn list(app: &App, actor: &Actor, page: PageRequest) -> Result<Page<KeyRecord>, AppError> {
    actor.may(Permission::Administer)?;
    Ok(app.store.begin(actor.project).await?.keys(page).await?)
}

/// Whom a secret belongs to; `None` if it is not, or no longer, a key. An operator may enter another project by its
/// slug.
///
/// # Errors
/// If a project is named that the key may not enter, or that is not there.
pub async fn recognise(app: &App, secret: &str, project: Option<&str>) -> Result<Option<Actor>, AppError> {
    recognise_hash(app, &token_hash(secret), project).await
}

/// The same by the hash of the secret: for whoever asks again later and need not keep the secret itself.
///
/// # Errors
/// As [`recognise`].
pub async fn recognise_hash(app: &App, hash: &Digest, project: Option<&str>) -> Result<Option<Actor>, AppError> {
    let Some(found) = app.store.authenticate(hash).await? else { return Ok(None) };
    let mut actor = Actor { project: found.project, role: found.role, key: Some(found.key), expert: found.expert };
    if let Some(slug) = project {
        let named = app.store.project_named(slug).await?;
        match named {
            Some(named) if named.id == actor.project => {}
            Some(named) if actor.role.may(Permission::Operate) => actor.project = named.id,
            // The same answer whether or not it exists: others' projects are not told.
            _ => return Err(AppError::NotFound { what: "project", name: format!("`{slug}` for this key") }),
        }
    }
    Ok(Some(actor))
}
