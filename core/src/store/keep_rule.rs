//! The project's rule of which traces are kept.

use super::{Result, Tx};
use crate::domain::keep_rule::KeepRule;

impl Tx {
    /// The rule of the project this transaction is open for; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn keep_rule(&mut self) -> Result<Option<KeepRule>> {
        let project = self.project_uuid();
        let found = sqlx::query_as!(
            KeepRule,
            "select quiet_seconds, keep_below, keep_flagged, keep_share from project where id = $1",
            project
        );
        Ok(found.fetch_optional(self.connection()).await?)
    }

    /// Sets the rule of this project.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_keep_rule(&mut self, rule: &KeepRule) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "update project set quiet_seconds = $2, keep_below = $3, keep_flagged = $4, keep_share = $5 where id = $1",
            project,
            rule.quiet_seconds,
            rule.keep_below,
            rule.keep_flagged,
            rule.keep_share,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
