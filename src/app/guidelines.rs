//! Writing how answers are to be judged.

use atr_core::domain::{
    access::Permission,
    audit::Action,
    guideline::{Guideline, NewGuideline},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// Writes the next version of a domain's guideline, or of the one for all domains that have none of their own.
///
/// # Errors
/// If the caller may not, a field is at fault, or someone else writes it at the same time.
pub async fn write(app: &App, actor: &Actor, domain: Option<String>, text: String) -> Result<Guideline, AppError> {
    actor.may(Permission::Administer)?;
    let new = NewGuideline::new(domain, text)?;
    let mut tx = app.store.begin(actor.project).await?;
    let written = tx.write_guideline(&new).await.map_err(|error| match error.constraint() {
        Some("guideline_version_key") => {
            AppError::Conflict("someone else wrote a version at the same time: read it, then write yours".to_owned())
        }
        _ => error.into(),
    })?;
    let after = json!({"domain": written.domain, "version": written.version, "text": written.text});
    actor.note(&mut tx, Action::GuidelineWritten, written.id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(written)
}
