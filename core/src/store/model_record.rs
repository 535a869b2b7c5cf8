//! How often models were right, by what experts found of their answers.

use super::{Result, Tx};
use crate::ids::{Id, ModelVersionId};

/// What became of a model's judged answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelRecord {
    /// The model.
    pub model: ModelVersionId,
    /// How many of its answers all who judged them found right.
    pub right: i64,
    /// How many were judged alike by all who judged them.
    pub judged: i64,
}

impl Tx {
    /// The records of models that answered what the newest `most` judgements are of (review_pkey; error_trace_pkey,
    /// review_trace_idx). Answers that experts judge differently are left out, and gold items, which were chosen by what is
    /// known of them.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn model_records(&mut self, most: i64) -> Result<Vec<ModelRecord>> {
        let project = self.project_uuid();
        Ok(sqlx::query_file!("src/store/model_record.sql", project, most)
            .fetch_all(self.connection())
            .await?
            .into_iter()
            .map(|row| ModelRecord {
                model: ModelVersionId::from_uuid(row.model),
                right: row.right,
                judged: row.judged,
            })
            .collect())
    }
}
