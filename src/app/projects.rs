//! Making and finding projects.

use atr_core::{
    domain::{
        access::Permission,
        audit::Action,
        keep_rule::{KeepRule, KeepRuleChange},
    },
    ids::ProjectId,
    store::{Page, PageRequest, Project, Tx},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Makes a project.
///
/// # Errors
/// If the caller may not, the slug has not the right form, or it is taken.
pub async fn create(app: &App, actor: &Actor, slug: &str, name: &str) -> Result<Project, AppError> {
    actor.may(Permission::Operate)?;
    make(app, actor, app.store.ids().make(), slug, name).await
}

/// Makes a project by a command on this machine, where there may be none yet to act in.
///
/// # Errors
/// If the slug has not the right form or is taken.
pub async fn create_here(app: &App, slug: &str, name: &str) -> Result<Project, AppError> {
    let id = app.store.ids().make();
    make(app, &Actor::local(id), id, slug, name).await
}

async fn make(app: &App, actor: &Actor, id: ProjectId, slug: &str, name: &str) -> Result<Project, AppError> {
    let form = slug.len() <= 63
        && slug.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !form {
        return Err(AppError::invalid(
            "slug",
            "use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit",
        ));
    }
    if name.trim().is_empty() || name.chars().count() > 200 || name.contains('\0') {
        return Err(AppError::invalid("name", "give a name of 1 to 200 characters"));
    }
    let mut tx = app.store.begin(id).await?;
    let project = tx.insert_project(slug, name.trim()).await.map_err(|error| match error.constraint() {
        Some("project_slug_key") => {
            AppError::Conflict(format!("there is a project named {slug} already: choose another slug"))
        }
        _ => error.into(),
    })?;
    let after = json!({ "slug": project.slug, "name": project.name });
    actor.note(&mut tx, Action::ProjectCreated, project.id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(project)
}

/// Sets at how many unfinished tasks nothing more is taken in for the project that is acted in.
///
/// # Errors
/// If the caller may not, or the number is out of its range.
pub async fn set_max_backlog(app: &App, actor: &Actor, tasks: i32) -> Result<Project, AppError> {
    actor.may(Permission::Operate)?;
    if !(1..=10_000_000).contains(&tasks) {
        return Err(AppError::invalid("tasks", "give a number of tasks from 1 to 10,000,000"));
    }
    let mut tx = app.store.begin(actor.project).await?;
    let missing = || AppError::NotFound { what: "project", name: actor.project.to_string() };
    tx.hold_settings().await?;
    let before = tx.own_project().await?.ok_or_else(missing)?.max_backlog;
    let project = tx.set_max_backlog(tasks).await?.ok_or_else(missing)?;
    actor.note(&mut tx, Action::BacklogBoundSet, actor.project, Some(json!(before)), Some(json!(tasks))).await?;
    tx.commit().await?;
    app.process.backlogs.forget(actor.project);
    Ok(project)
}

/// The rule of which traces that spans make are kept, in the project that is acted in.
///
/// # Errors
/// If the caller may not, or there is no such project.
pub async fn keep_rule(app: &App, actor: &Actor) -> Result<KeepRule, AppError> {
    actor.may(Permission::Read)?;
    keep_rule_of(&mut app.store.begin(actor.project).await?).await
}

/// The rule of the project that a transaction is open for.
pub(super) async fn keep_rule_of(tx: &mut Tx) -> Result<KeepRule, AppError> {
    let project = tx.project().to_string();
    tx.keep_rule().await?.ok_or(AppError::NotFound { what: "project", name: project })
}

/// Changes that rule; what is not given stays. Traces that are assembled from then on are held against it.
///
/// # Errors
/// If the caller may not, or a value is out of its range.
pub async fn change_keep_rule(app: &App, actor: &Actor, change: KeepRuleChange) -> Result<KeepRule, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    tx.hold_settings().await?;
    let before = keep_rule_of(&mut tx).await?;
    let rule = before.with(change)?;
    if rule != before {
        tx.set_keep_rule(&rule).await?;
        actor.note(&mut tx, Action::KeepRuleChanged, actor.project, Some(json!(before)), Some(json!(rule))).await?;
        tx.commit().await?;
    }
    Ok(rule)
}

/// A page of every project, newest first, or of the one with this slug.
///
/// # Errors
/// If the caller may not.
pub async fn list(app: &App, actor: &Actor, slug: Option<&str>, page: PageRequest) -> Result<Page<Project>, AppError> {
    actor.may(Permission::Operate)?;
    Ok(app.store.projects_page(slug, page).await?)
}

/// The project with this slug.
///
/// # Errors
/// If there is none.
pub async fn named(app: &App, slug: &str) -> Result<Project, AppError> {
    app.store
        .project_named(slug)
        .await?
        .ok_or_else(|| AppError::NotFound { what: "project", name: format!("`{slug}`") })
}
