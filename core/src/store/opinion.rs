//! Opinions: what of the newest reviews can be compared.

use chrono::{DateTime, Utc};

use super::{Result, Tx};
use crate::{
    domain::agreement::reviews::Opinion,
    ids::{self, ExpertId, Id, TraceId},
};

/// Which reviews are compared. What is `None` does not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpinionFilter {
    /// Those of traces of this domain.
    pub domain: Option<String>,
    /// Those given at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Those given before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Tx {
    /// What holds of the newest `most` reviews: the highest revision among them of each expert on each trace, abstentions
    /// too (review_pkey, by time).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn opinions(&mut self, filter: &OpinionFilter, most: i64) -> Result<Vec<Opinion>> {
        let project = self.project_uuid();
        sqlx::query!(
            r#"
            select distinct on (r.trace_id, r.expert_id)
                   r.trace_id as "trace_id!", r.expert_id as "expert_id!", r.verdict as "verdict!", r.severity,
                   r.suspect_step, r.flaw_labels as "flaw_labels!"
            from (
                select * from review
                where project_id = $1 and ($2::uuid is null or id >= $2) and ($3::uuid is null or id < $3)
                order by id desc limit $5
            ) r
            join error_trace t on t.project_id = $1 and t.id = r.trace_id
            where $4::text is null or t.domain = $4
            order by r.trace_id, r.expert_id, r.revision desc
            "#,
            project,
            filter.since.map(ids::earliest),
            filter.until.map(ids::earliest),
            filter.domain.as_deref(),
            most,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| {
            Ok(Opinion {
                trace: TraceId::from_uuid(row.trace_id),
                expert: ExpertId::from_uuid(row.expert_id),
                verdict: row.verdict.parse()?,
                severity: row.severity.map(|word| word.parse()).transpose()?,
                suspect_step: row.suspect_step,
                flaw_labels: row.flaw_labels,
            })
        })
        .collect()
    }
}
