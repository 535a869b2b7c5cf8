//! How a project divides its experts' time.

use sqlx::types::Json;

use super::{Result, Tx};
use crate::domain::assignment::RoutingPolicy;

impl Tx {
    /// The policy of the project this transaction is open for; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn routing_policy(&mut self) -> Result<Option<RoutingPolicy>> {
        let project = self.project_uuid();
        let found = sqlx::query_scalar!(
            r#"select routing_policy as "policy: Json<RoutingPolicy>" from project where id = $1"#,
            project
        );
        Ok(found.fetch_optional(self.connection()).await?.map(|found| found.0))
    }

    /// Sets the policy of this project.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_routing_policy(&mut self, policy: &RoutingPolicy) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "update project set routing_policy = $2 where id = $1",
            project,
            Json(policy) as Json<&RoutingPolicy>
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
