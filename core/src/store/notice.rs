//! What was told of the weekly review, and to whom.

use chrono::NaiveDate;

use super::{Result, StoreError, Tx};
use crate::{
    domain::notice::{Notice, NoticeEvent, Recipient},
    ids::{ExpertId, Id, NoticeId, PersonId, WebhookEndpointId, uuids},
};

impl Tx {
    /// Notes what is to be told of a cycle, each with how many items it is about; what someone was told already is left out
    /// (notice_once). Answers those that are new.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn add_notices(
        &mut self,
        cycle: NaiveDate,
        event: NoticeEvent,
        to: &[(Recipient, i64)],
    ) -> Result<Vec<NoticeId>> {
        let (project, now) = (self.project_uuid(), self.now());
        let ids: Vec<NoticeId> = to.iter().map(|_| self.fresh()).collect();
        let endpoint = |to: &Recipient| if let Recipient::Endpoint(id) = to { Some(id.uuid()) } else { None };
        let person = |to: &Recipient| if let Recipient::Person(id) = to { Some(id.uuid()) } else { None };
        let new = sqlx::query_scalar!(
            r#"
            insert into notice (project_id, id, cycle, event, endpoint_id, person_id, items, created_at)
            select $1, t.id, $2, $3, t.endpoint_id, t.person_id, t.items, $8
            from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[]) as t (id, endpoint_id, person_id, items)
            on conflict on constraint notice_once do nothing
            returning id
            "#,
            project,
            cycle,
            event.word(),
            &uuids(&ids),
            &to.iter().map(|(to, _)| endpoint(to)).collect::<Vec<_>>() as &[Option<uuid::Uuid>],
            &to.iter().map(|(to, _)| person(to)).collect::<Vec<_>>() as &[Option<uuid::Uuid>],
            &to.iter().map(|(_, items)| *items).collect::<Vec<_>>(),
            now,
        )
        .fetch_all(self.connection())
        .await?;
        Ok(new.into_iter().map(NoticeId::from_uuid).collect())
    }

    /// A notice; `None` if there is none of that id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn notice(&mut self, id: NoticeId) -> Result<Option<Notice>> {
        let project = self.project_uuid();
        let found = sqlx::query!(
            "select cycle, event, endpoint_id, person_id, items, created_at, delivered_at from notice
             where project_id = $1 and id = $2",
            project,
            id.uuid(),
        )
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = found else { return Ok(None) };
        let to = match (row.endpoint_id, row.person_id) {
            (Some(id), None) => Recipient::Endpoint(WebhookEndpointId::from_uuid(id)),
            (None, Some(id)) => Recipient::Person(PersonId::from_uuid(id)),
            _ => return Err(StoreError::Corrupt(format!("notice {id} is for nobody, or for two"))),
        };
        Ok(Some(Notice {
            id,
            cycle: row.cycle,
            event: row.event.parse()?,
            to,
            items: row.items,
            created_at: row.created_at,
            delivered_at: row.delivered_at,
        }))
    }

    /// Notes that someone was told.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn notice_delivered(&mut self, id: NoticeId) -> Result<()> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "update notice set delivered_at = $3 where project_id = $1 and id = $2 and delivered_at is null",
            project,
            id.uuid(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Who signs in as these experts, and did so once; of an expert nobody does there is none. A project has few people
    /// (api_key_person_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn people_of_experts(&mut self, experts: &[ExpertId]) -> Result<Vec<(PersonId, ExpertId)>> {
        let (project, experts) = (self.project_uuid(), uuids(experts));
        Ok(sqlx::query!(
            r#"select id, expert_id as "expert_id!" from person
               where project_id = $1 and expert_id = any($2) and deactivated_at is null
                 and exists (select from api_key k where k.project_id = $1 and k.person_id = person.id)
               order by id"#,
            project,
            &experts,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (PersonId::from_uuid(row.id), ExpertId::from_uuid(row.expert_id)))
        .collect())
    }

    /// Those who sign in to administer, and did so once (api_key_person_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn leads(&mut self) -> Result<Vec<PersonId>> {
        let project = self.project_uuid();
        let found = sqlx::query_scalar!(
            "select id from person
             where project_id = $1 and role in ('admin', 'operator') and deactivated_at is null
               and exists (select from api_key k where k.project_id = $1 and k.person_id = person.id) order by id",
            project,
        )
        .fetch_all(self.connection())
        .await?;
        Ok(found.into_iter().map(PersonId::from_uuid).collect())
    }
}
