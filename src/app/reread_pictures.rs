//! Having pictures read that were not: where the program that reads came later, or failed.

use atr_core::{
    domain::{access::Permission, audit::Action},
    ids::AttachmentId,
    queue::{Enqueued, Work},
};
use serde_json::json;

use super::{Actor, App, AppError};

/// What became of a page of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reread {
    /// How many are to be read.
    pub enqueued: usize,
    /// The last that was looked at, to go on after; `None` at the end.
    pub last: Option<AttachmentId>,
}

/// Of the next thousand pictures of the project, oldest first, has those read that were never read or whose newest reading
/// ended without the program, too late or with an error.
///
/// # Errors
/// If the caller may not, or the database is out of reach.
pub async fn reread(app: &App, actor: &Actor, after: Option<AttachmentId>) -> Result<Reread, AppError> {
    actor.may(Permission::Administer)?;
    let mut tx = app.store.begin(actor.project).await?;
    let (unread, last) = tx.unread_attachments(after).await?;
    let work = unread.into_iter().map(|attachment| Work::ReadAttachment { attachment });
    let made = tx.enqueue_all(work).await?;
    let enqueued = made.iter().filter(|made| matches!(made, Enqueued::New(_))).count();
    let after = Some(json!({ "enqueued": enqueued }));
    actor.note(&mut tx, Action::PicturesReread, actor.project, None, after).await?;
    tx.commit().await?;
    Ok(Reread { enqueued, last })
}
