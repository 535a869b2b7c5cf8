//! Projects: the tenants.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Page, PageRequest, Paging, Result, Store, Tx};
use crate::ids::{Id, ProjectId};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// The short name that addresses and commands use.
    pub slug: String,
    /// The name that people read.
    pub name: String,
    /// At so many unfinished tasks nothing more is taken in.
    pub max_backlog: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

struct ProjectRow {
    id: Uuid,
    slug: String,
    name: String,
    max_backlog: i32,
    created_at: DateTime<Utc>,
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: ProjectId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            max_backlog: row.max_backlog,
            created_at: row.created_at,
        }
    }
}

impl Store {
    /// The project with this slug (project_slug_key).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn project_named(&self, slug: &str) -> Result<Option<Project>> {
        let found = sqlx::query_as!(
            ProjectRow,
            r#"select id as "id!", slug as "slug!", name as "name!", max_backlog as "max_backlog!",
                      created_at as "created_at!" from find_project($1)"#,
            slug
        );
        Ok(found.fetch_optional(&self.pool).await?.map(Project::from))
    }

    /// Projects in the order of their making, at most 1,000, after one of them.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn projects(&self, after: Option<ProjectId>, most: i32) -> Result<Vec<Project>> {
        let found = sqlx::query_as!(
            ProjectRow,
            r#"select id as "id!", slug as "slug!", name as "name!", max_backlog as "max_backlog!",
                      created_at as "created_at!"
               from list_projects($1, $2)"#,
            after.map(Id::uuid),
            most
        );
        Ok(found.fetch_all(&self.pool).await?.into_iter().map(Project::from).collect())
    }

    /// A page of projects, newest first, or of the one with this slug (project_pkey; project_slug_key with a slug).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn projects_page(&self, slug: Option<&str>, page: PageRequest) -> Result<Page<Project>> {
        if let Some(slug) = slug {
            let within = |project: &Project| {
                let id = project.id.uuid();
                page.after.is_none_or(|after| id < after) && page.before.is_none_or(|before| id > before)
            };
            return Ok(page.page(self.project_named(slug).await?.into_iter().filter(within).collect()));
        }
        let rows = sqlx::query!(
            r#"select id as "id!", slug as "slug!", name as "name!", max_backlog as "max_backlog!",
                      created_at as "created_at!"
               from projects_page($1, $2, $3, $4)"#,
            page.after,
            page.before,
            page.from_end,
            // One row more than asked for, which tells whether there are more.
            i32::try_from(page.size + 1).unwrap_or(i32::MAX),
        )
        .fetch_all(&self.pool)
        .await?;
        let projects = rows.into_iter().map(|row| Project {
            id: ProjectId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            max_backlog: row.max_backlog,
            created_at: row.created_at,
        });
        Ok(page.page(projects.collect()))
    }
}

impl Tx {
    /// Makes the project that this transaction is open for. A slug that is taken is a constraint error named
    /// `project_slug_key`.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn insert_project(&mut self, slug: &str, name: &str) -> Result<Project> {
        let (id, created_at) = (self.project_uuid(), self.now());
        let made = sqlx::query_as!(
            ProjectRow,
            "insert into project (id, slug, name, created_at) values ($1, $2, $3, $4)
             returning id, slug, name, max_backlog, created_at",
            id,
            slug,
            name,
            created_at
        );
        Ok(made.fetch_one(self.connection()).await?.into())
    }

    /// The project this transaction is open for; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn own_project(&mut self) -> Result<Option<Project>> {
        let project = self.project_uuid();
        let found = sqlx::query_as!(
            ProjectRow,
            "select id, slug, name, max_backlog, created_at from project where id = $1",
            project
        );
        Ok(found.fetch_optional(self.connection()).await?.map(Project::from))
    }

    /// Holds the project's settings until this transaction ends: whoever changes them at the same time waits, and then reads
    /// what this one wrote.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn hold_settings(&mut self) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!("select id from project where id = $1 for no key update", project)
            .fetch_optional(self.connection())
            .await?;
        Ok(())
    }

    /// Sets at how many unfinished tasks nothing more is taken in for this project; `None` if there is no such project.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn set_max_backlog(&mut self, tasks: i32) -> Result<Option<Project>> {
        let project = self.project_uuid();
        sqlx::query!("update project set max_backlog = $2 where id = $1", project, tasks)
            .execute(self.connection())
            .await?;
        self.own_project().await
    }
}
