//! People who sign in. Their passwords are kept as hashes that nothing but a sign-in reads.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, Store, StoreError, Topic, Tx};
use crate::{
    domain::person::{Email, Identity, NewPerson, Person},
    hash::Digest,
    ids::{ExpertId, Id, PersonId, ProjectId, uuids},
};

#[derive(FromRow)]
struct PersonRow {
    id: Uuid,
    email: String,
    role: String,
    expert_id: Option<Uuid>,
    has_password: bool,
    invitation_expires_at: Option<DateTime<Utc>>,
    link_expires_at: Option<DateTime<Utc>>,
    oidc_issuer: Option<String>,
    oidc_subject: Option<String>,
    created_at: DateTime<Utc>,
    deactivated_at: Option<DateTime<Utc>>,
}

impl TryFrom<PersonRow> for Person {
    type Error = StoreError;
    fn try_from(row: PersonRow) -> Result<Self> {
        Ok(Self {
            id: PersonId::from_uuid(row.id),
            email: row.email.parse().map_err(|_| StoreError::Corrupt("an e-mail address".to_owned()))?,
            role: row.role.parse()?,
            expert: row.expert_id.map(ExpertId::from_uuid),
            has_password: row.has_password,
            invited_until: row.invitation_expires_at,
            link_until: row.link_expires_at,
            identity: row.oidc_issuer.zip(row.oidc_subject).map(|(issuer, subject)| Identity { issuer, subject }),
            created_at: row.created_at,
            deactivated_at: row.deactivated_at,
        })
    }
}

impl Store {
    /// Whose an open invitation is, by the hash of its secret (person_invitation_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn invited(&self, invitation: &Digest) -> Result<Option<(ProjectId, PersonId)>> {
        let row = sqlx::query!(
            r#"select project_id as "project_id!", person_id as "person_id!" from invited($1, $2)"#,
            invitation.as_bytes().as_slice(),
            self.clock.now(),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (ProjectId::from_uuid(row.project_id), PersonId::from_uuid(row.person_id))))
    }

    /// Whose an open link is, by the hash of its secret (person_link_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn linked(&self, link: &Digest) -> Result<Option<(ProjectId, PersonId)>> {
        let row = sqlx::query!(
            r#"select project_id as "project_id!", person_id as "person_id!" from linked($1, $2)"#,
            link.as_bytes().as_slice(),
            self.clock.now(),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| (ProjectId::from_uuid(row.project_id), PersonId::from_uuid(row.person_id))))
    }
}

impl Tx {
    /// Invites someone until then: a new person, or one that is known by the address, who gets the role that is said now,
    /// and signs in again if they did no more. The invitation before is open no more, nor is a link; another
    /// account of the provider may sign in as them.
    ///
    /// # Errors
    /// If the database refuses (an unknown expert is `person_expert_fkey`) or is out of reach.
    pub async fn invite(&mut self, person: &NewPerson, invitation: &Digest, until: DateTime<Utc>) -> Result<Person> {
        let id: PersonId = self.fresh();
        let (project, created_at) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            PersonRow,
            r#"insert into person (project_id, id, email, role, expert_id, invitation_hash, invitation_expires_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict on constraint person_email_key do update
                set role = excluded.role, expert_id = excluded.expert_id, invitation_hash = excluded.invitation_hash,
                    invitation_expires_at = excluded.invitation_expires_at, link_hash = null, link_expires_at = null,
                    oidc_issuer = null, oidc_subject = null, deactivated_at = null
             returning id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                       link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at"#,
            project,
            id.uuid(),
            person.email.as_str(),
            person.role.word(),
            person.expert.map(Id::uuid),
            invitation.as_bytes().as_slice(),
            until,
            created_at,
        )
        .fetch_one(self.connection())
        .await?
        .try_into()
    }

    /// Someone by their address (person_email_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"select id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                      link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at
               from person where project_id = $1 and email = $2"#,
            project,
            email.as_str()
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Someone who signs in by their address, and the hash of the password that they chose (person_email_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn person_signing_in(&mut self, email: &Email) -> Result<Option<(PersonId, String)>> {
        let project = self.project_uuid();
        let row = sqlx::query!(
            r#"select id, password_hash as "password_hash!" from person
               where project_id = $1 and email = $2 and password_hash is not null and deactivated_at is null"#,
            project,
            email.as_str(),
        )
        .fetch_optional(self.connection())
        .await?;
        Ok(row.map(|row| (PersonId::from_uuid(row.id), row.password_hash)))
    }

    /// Someone who signs in by a password with this hash, held so until the transaction ends: they are not deactivated, given
    /// another role or another password meanwhile. `None` where that has happened.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn hold_person(&mut self, id: PersonId, password_hash: &str) -> Result<Option<Person>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"select id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                      link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at
               from person where project_id = $1 and id = $2 and password_hash = $3 and deactivated_at is null
               for share"#,
            project,
            id.uuid(),
            password_hash,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Takes the hash of a chosen password in the place of an open invitation, and closes their link; `false` if the
    /// invitation is not open any more.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn accept_invitation(&mut self, id: PersonId, invitation: &Digest, password_hash: &str) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update person set password_hash = $4, invitation_hash = null, invitation_expires_at = null,
                    link_hash = null, link_expires_at = null
             where project_id = $1 and id = $2 and invitation_hash = $3 and invitation_expires_at > $5
               and deactivated_at is null",
            project,
            id.uuid(),
            invitation.as_bytes().as_slice(),
            password_hash,
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Opens a link until then by which someone signs in once, in the place of the one before. `None` if they sign in no more.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn open_link(&mut self, id: PersonId, link: &Digest, until: DateTime<Utc>) -> Result<Option<Person>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"update person set link_hash = $3, link_expires_at = $4
               where project_id = $1 and id = $2 and deactivated_at is null
               returning id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                         link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at"#,
            project,
            id.uuid(),
            link.as_bytes().as_slice(),
            until,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Uses up an open link, and holds whose it is until the transaction ends. `None` if it is not open any more.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn use_link(&mut self, id: PersonId, link: &Digest) -> Result<Option<Person>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query_as!(
            PersonRow,
            r#"update person set link_hash = null, link_expires_at = null
               where project_id = $1 and id = $2 and link_hash = $3 and link_expires_at > $4 and deactivated_at is null
               returning id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                         link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at"#,
            project,
            id.uuid(),
            link.as_bytes().as_slice(),
            now,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Who someone is whom the provider knows by this, held until the transaction ends (person_oidc_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn hold_identified(&mut self, identity: &Identity) -> Result<Option<Person>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"select id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                      link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at
               from person where project_id = $1 and oidc_issuer = $2 and oidc_subject = $3
               for share"#,
            project,
            identity.issuer,
            identity.subject,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Notes who someone is to the provider, and holds them until the transaction ends. `None` if they are somebody there
    /// already, or sign in no more.
    ///
    /// # Errors
    /// If the database refuses (another person is that: `person_oidc_key`) or is out of reach.
    pub async fn bind_identity(&mut self, id: PersonId, identity: &Identity) -> Result<Option<Person>> {
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"update person set oidc_issuer = $3, oidc_subject = $4
               where project_id = $1 and id = $2 and oidc_subject is null and deactivated_at is null
               returning id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                         link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at"#,
            project,
            id.uuid(),
            identity.issuer,
            identity.subject,
        )
        .fetch_optional(self.connection())
        .await?
        .map(Person::try_from)
        .transpose()
    }

    /// Lets someone sign in no more; `false` if they did not any more.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn deactivate_person(&mut self, id: PersonId) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        let done = sqlx::query!(
            "update person set deactivated_at = $3, invitation_hash = null, invitation_expires_at = null,
                    link_hash = null, link_expires_at = null
             where project_id = $1 and id = $2 and deactivated_at is null",
            project,
            id.uuid(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends every session of someone (api_key_person_idx).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn end_sessions(&mut self, id: PersonId) -> Result<()> {
        self.changed.insert(Topic::Keys);
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "update api_key set revoked_at = $3 where project_id = $1 and person_id = $2 and revoked_at is null",
            project,
            id.uuid(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A page of people, newest first (person_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn people(&mut self, page: PageRequest) -> Result<Page<Person>> {
        let query = people_query(self.project_uuid(), page);
        self.page::<PersonRow, _>(query, page).await
    }

    /// People by id.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn people_by_id(&mut self, ids: &[PersonId]) -> Result<Vec<Person>> {
        let ids = uuids(ids);
        let project = self.project_uuid();
        sqlx::query_as!(
            PersonRow,
            r#"select id, email, role, expert_id, password_hash is not null as "has_password!", invitation_expires_at,
                      link_expires_at, oidc_issuer, oidc_subject, created_at, deactivated_at
               from person where project_id = $1 and id = any($2)"#,
            project,
            &ids
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(Person::try_from)
        .collect()
    }
}

/// The statement of [`Tx::people`].
pub(super) fn people_query(project: Uuid, page: PageRequest) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(
        "select id, email, role, expert_id, password_hash is not null as has_password, invitation_expires_at, link_expires_at,
                oidc_issuer, oidc_subject, created_at, deactivated_at
         from person where project_id = ",
    );
    query.push_bind(project);
    page.push(&mut query, "id");
    query
}
