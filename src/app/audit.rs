//! The audit log: reading it, and holding it against what it says of itself.

use atr_core::{
    domain::{
        access::Permission,
        audit::{AuditEntry, Chain, Head},
    },
    store::{AuditFilter, Page, PageRequest},
};

use super::{Actor, App, AppError};

/// How a log was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Each entry follows from the one before, up to here.
    Whole(Head),
    /// Whole up to here; what comes next does not follow.
    Broken {
        /// The last entry that is as it was written.
        whole: Head,
        /// In words, what is wrong with the next.
        why: String,
    },
}

/// Follows the project's log from its beginning to its end, and through the end that an earlier look found: without
/// one, entries that were taken away from the end do not show.
///
/// # Errors
/// If the caller may not, or the database is out of reach.
pub async fn verify(app: &App, actor: &Actor, earlier: Option<Head>) -> Result<Finding, AppError> {
    actor.may(Permission::Audit)?;
    let mut chain = Chain::new(actor.project);
    let broken = |whole, why| Ok(Finding::Broken { whole, why });
    loop {
        // A page a transaction, so that a long log holds back no clean-up of the database.
        let entries = app.store.begin(actor.project).await?.audit_chain(chain.head().sequence).await?;
        if entries.is_empty() {
            break;
        }
        for (entry, salt) in &entries {
            let whole = chain.head();
            if let Err(why) = chain.follow(entry, salt) {
                return broken(whole, why);
            }
            if earlier.is_some_and(|earlier| earlier.sequence == entry.sequence && earlier.hash != entry.hash) {
                return broken(whole, format!("entry {} is not the one that was there before", entry.sequence));
            }
        }
    }
    match earlier {
        Some(earlier) if earlier.sequence > chain.head().sequence => {
            let why = format!("it ends here, and once had {} entries", earlier.sequence);
            broken(chain.head(), why)
        }
        _ => Ok(Finding::Whole(chain.head())),
    }
}

/// A page of the log, newest first.
///
/// # Errors
/// If the caller may not.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &AuditFilter,
    page: PageRequest,
) -> Result<Page<AuditEntry>, AppError> {
    actor.may(Permission::Audit)?;
    Ok(app.store.begin(actor.project).await?.audit_entries(filter, page).await?)
}
