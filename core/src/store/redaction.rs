//! What a project wants replaced in texts before they are stored.

use std::collections::BTreeSet;

use super::{Result, StoreError, Tx};
use crate::domain::redaction::Pattern;

impl Tx {
    /// What the project this transaction is open for wants replaced; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn redacted_patterns(&mut self) -> Result<Option<BTreeSet<Pattern>>> {
        let project = self.project_uuid();
        sqlx::query_scalar!("select redacted_patterns from project where id = $1", project)
            .fetch_optional(self.connection())
            .await?
            .map(|words| {
                let known = |word: &String| word.parse().map_err(|unknown| StoreError::Corrupt(format!("{unknown}")));
                words.iter().map(known).collect()
            })
            .transpose()
    }

    /// Sets what this project wants replaced.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_redacted_patterns(&mut self, patterns: &BTreeSet<Pattern>) -> Result<()> {
        let words: Vec<String> = patterns.iter().map(|pattern| pattern.word().to_owned()).collect();
        let project = self.project_uuid();
        sqlx::query!("update project set redacted_patterns = $2 where id = $1", project, &words)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
