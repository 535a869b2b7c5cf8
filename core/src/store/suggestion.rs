//! What the machine suggested of items of the weekly review.

use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::{assignment::Assignment, suggestion::Suggestion},
    ids::{AssignmentId, Id, uuids},
};

impl Tx {
    /// Notes what the machine suggests of an item, unless that was noted before (suggestion_pkey).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn note_suggestion(&mut self, of: &Assignment, suggestion: Suggestion) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "insert into suggestion (project_id, cycle, expert_id, trace_id, verdict, suspect_step, at)
             values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint suggestion_pkey do nothing",
            project,
            of.cycle,
            of.expert.uuid(),
            of.trace.uuid(),
            suggestion.verdict.map(|verdict| verdict.word().to_owned()),
            suggestion.suspect_step,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What was suggested of items; those of which nothing was are left out (assignment_id_idx, suggestion_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn suggestions_of_assignments(&mut self, of: &[AssignmentId]) -> Result<Vec<(AssignmentId, Suggestion)>> {
        let (project, of) = (self.project_uuid(), uuids(of));
        sqlx::query_as!(
            SuggestionRow,
            "select a.id, s.verdict, s.suspect_step
             from assignment a
             join suggestion s using (project_id, cycle, expert_id, trace_id)
             where a.project_id = $1 and a.id = any($2)",
            project,
            &of,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(SuggestionRow::read)
        .collect()
    }
}

struct SuggestionRow {
    id: Uuid,
    verdict: Option<String>,
    suspect_step: Option<i32>,
}

impl SuggestionRow {
    fn read(self) -> Result<(AssignmentId, Suggestion)> {
        let verdict = self.verdict.map(|word| word.parse()).transpose().map_err(StoreError::from)?;
        Ok((AssignmentId::from_uuid(self.id), Suggestion { verdict, suspect_step: self.suspect_step }))
    }
}
