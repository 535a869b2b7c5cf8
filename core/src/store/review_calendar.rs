//! When the project's weekly review opens and is due.

use sqlx::types::Json;

use super::{Result, Tx};
use crate::domain::calendar::ReviewCalendar;

impl Tx {
    /// The calendar of the project this transaction is open for; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn review_calendar(&mut self) -> Result<Option<ReviewCalendar>> {
        let project = self.project_uuid();
        let found = sqlx::query_scalar!(
            r#"select review_calendar as "calendar: Json<ReviewCalendar>" from project where id = $1"#,
            project
        );
        Ok(found.fetch_optional(self.connection()).await?.map(|found| found.0))
    }

    /// Sets the calendar of this project.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_review_calendar(&mut self, calendar: &ReviewCalendar) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "update project set review_calendar = $2 where id = $1",
            project,
            Json(calendar) as Json<&ReviewCalendar>
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
