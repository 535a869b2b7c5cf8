//! Guidelines, version by version.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, StoreError, Tx};
use crate::{
    domain::guideline::{Guideline, NewGuideline},
    ids::{GuidelineId, Id, uuids},
};

#[derive(FromRow)]
struct GuidelineRow {
    id: Uuid,
    domain: String,
    version: i32,
    text: String,
    written_at: DateTime<Utc>,
}

impl TryFrom<GuidelineRow> for Guideline {
    type Error = StoreError;
    fn try_from(row: GuidelineRow) -> Result<Self> {
        Ok(Self {
            id: GuidelineId::from_uuid(row.id),
            domain: row.domain,
            version: row.version,
            text: row.text,
            written_at: row.written_at,
        })
    }
}

impl Tx {
    /// Writes the next version of a domain's guideline. Of two that are written at once the second is a constraint error
    /// named `guideline_version_key`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn write_guideline(&mut self, new: &NewGuideline) -> Result<Guideline> {
        let id: GuidelineId = self.fresh();
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            GuidelineRow,
            "insert into guideline (project_id, id, domain, version, text, written_at)
             select $1, $2, $3, coalesce(max(g.version), 0) + 1, $4, $5
             from guideline g where g.project_id = $1 and g.domain = $3
             returning id, domain, version, text, written_at",
            project,
            id.uuid(),
            &new.domain,
            &new.text,
            now,
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// The guideline that holds for a domain: the newest version of its own, else of the one for all
    /// (guideline_version_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn guideline_for(&mut self, domain: &str) -> Result<Option<Guideline>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            GuidelineRow,
            "select id, domain, version, text, written_at from guideline
             where project_id = $1 and domain = any(array[$2, ''])
             order by domain = '' , version desc limit 1",
            project,
            domain,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Guideline::try_from)
        .transpose()
    }

    /// Versions of guidelines by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn guidelines_by_id(&mut self, ids: &[GuidelineId]) -> Result<Vec<Guideline>> {
        let (project, ids) = (self.project_uuid(), uuids(ids));
        sqlx::query_as!(
            GuidelineRow,
            "select id, domain, version, text, written_at from guideline where project_id = $1 and id = any($2)",
            project,
            &ids,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Guideline::try_from)
        .collect()
    }

    /// A page of the versions of all guidelines, newest first (guideline_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn guidelines(&mut self, page: PageRequest) -> Result<Page<Guideline>> {
        let mut query = QueryBuilder::new("select * from guideline where project_id = ");
        query.push_bind(self.project_uuid());
        page.push(&mut query, "id");
        self.page::<GuidelineRow, _>(query, page).await
    }
}
