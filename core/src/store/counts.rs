//! Counts over a project, for people who want to know how much there is.

use super::{Result, Tx};

/// How many claims the newest verifications found, by what the facts say of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct ClaimCounts {
    /// A fact says the same.
    pub supported: i64,
    /// A fact says otherwise.
    pub contradicted: i64,
    /// No fact decides.
    pub unverifiable: i64,
    /// They assert nothing that a fact could decide.
    pub idle: i64,
}

impl Tx {
    /// Counts the claims of every verification of this project (claim_pkey, one pass).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn claim_counts(&mut self) -> Result<ClaimCounts> {
        let project = self.project_uuid();
        Ok(sqlx::query_as!(
            ClaimCounts,
            r#"
            select count(*) filter (where verdict = 'supported') as "supported!",
                   count(*) filter (where verdict = 'contradicted') as "contradicted!",
                   count(*) filter (where verdict = 'unverifiable' and check_worthy) as "unverifiable!",
                   count(*) filter (where verdict = 'unverifiable' and not check_worthy) as "idle!"
            from claim where project_id = $1
            "#,
            project
        )
        .fetch_one(self.connection())
        .await?)
    }

    /// Counts examples by format and evaluation cases by purpose (example_pkey, evaluation_case_purpose_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn derived_counts(&mut self) -> Result<Vec<(String, i64)>> {
        let project = self.project_uuid();
        Ok(sqlx::query!(
            r#"
            select format || ' rows' as "what!", count(*) as "many!" from example where project_id = $1 group by format
            union all
            select purpose || ' cases', count(*) from evaluation_case where project_id = $1 group by purpose
            order by 1
            "#,
            project
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.what, row.many))
        .collect())
    }
}
