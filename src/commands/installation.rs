//! Opening an installation: its database (private or given), its blobs, its first project and key.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use atr_core::{
    blobs::Blobs,
    clock::Clock,
    ids::Ids,
    store::{Connect, Project, Store, migrate},
};

use atr_workers::{notices::Delivery, stages::judge::Judge};

use crate::{
    app::{Actor, App, AppError, Process, keys, projects},
    config::{Fetching, Place},
    embedded::EmbeddedPostgres,
};

/// The slug of the project that the first start makes.
pub(crate) const FIRST_PROJECT: &str = "default";

/// The program that reads the text in pictures, found where programs are.
pub(crate) const TESSERACT: &str = "tesseract";

/// How many projects are listed to choose from.
const MOST_NAMED: i32 = 20;

/// How long the end of the process waits for the database's connections to be given back.
const CLOSING: Duration = Duration::from_secs(5);

/// An installation that is open.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) app: App,
    /// The private database, if there is one; it stops when this is dropped.
    pub(crate) postgres: Option<EmbeddedPostgres>,
}

/// What to do about a schema that is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Bring it up to date.
    Migrate,
    /// Refuse to start, unless the database is private to this installation.
    Expect,
}

/// The address of the database, and the private server behind it if none was given.
pub(crate) async fn database(place: &Place) -> anyhow::Result<(String, Option<EmbeddedPostgres>)> {
    match &place.database_url {
        Some(url) => Ok((url.clone(), None)),
        None => {
            let folder = data_folder(place)?.join("postgres");
            let server = EmbeddedPostgres::start(&folder).await?;
            Ok((server.url(), Some(server)))
        }
    }
}

/// The data folder, made if it is not there, as an absolute path.
pub(crate) fn data_folder(place: &Place) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&place.data).with_context(|| format!("cannot make the folder {}", place.data.display()))?;
    place.data.canonicalize().with_context(|| format!("cannot use the folder {}", place.data.display()))
}

/// Where blobs are kept: as told, or in the data folder.
pub(crate) fn blobs(place: &Place) -> anyhow::Result<Blobs> {
    match &place.blobs {
        Some(url) => Ok(Blobs::in_bucket(url)?),
        None => Ok(Blobs::new(data_folder(place)?.join("blobs"))),
    }
}

impl Installation {
    pub(crate) async fn open(place: &Place, schema: Schema, process: Process) -> anyhow::Result<Self> {
        let blobs = blobs(place)?;
        let (url, postgres) = database(place).await?;
        if schema == Schema::Migrate || postgres.is_some() {
            migrate(&url).await?;
        }
        let clock = Clock::system();
        let ids = Ids::from_system(clock.clone());
        let store = Store::connect(Connect { url, connections: place.connections, clock, ids }).await?;
        let app = App { store, blobs, process: Arc::new(process) };
        Ok(Self { app, postgres })
    }

    /// Opens an installation for one command, and closes it however the command ends.
    pub(crate) async fn lend<T>(
        place: &Place,
        command: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        Self::lend_to(place, Process::default(), command).await
    }

    /// Opens an installation for one command of a process that knows something by itself, and closes it likewise.
    pub(crate) async fn lend_to<T>(
        place: &Place,
        process: Process,
        command: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let installation = Self::open(place, Schema::Expect, process).await?;
        let done = command(&installation).await;
        installation.close().await?;
        done
    }

    /// What the stages work with.
    pub(crate) fn context(
        &self,
        place: &Place,
        delivery: Delivery,
        fetching: Fetching,
        judge: Option<Judge>,
    ) -> anyhow::Result<atr_workers::Context> {
        Ok(atr_workers::Context {
            store: self.app.store.clone(),
            blobs: self.app.blobs.clone(),
            trainer: trainer(place)?,
            tesseract: TESSERACT.into(),
            work_dir: data_folder(place)?.join("work"),
            reward_models: atr_workers::RewardModels::default(),
            parsed_facts: Default::default(),
            judge,
            delivery,
            fetching: fetching.into(),
            cancelled: tokio_util::sync::CancellationToken::new(),
        })
    }

    /// Where there is no key yet: an operator's key, and a project to be at home in; its secret is answered this once.
    pub(crate) async fn first_key(&self) -> anyhow::Result<Option<String>> {
        Ok(keys::create_first(&self.app, FIRST_PROJECT, "Default").await?)
    }

    /// Who acts in the project that a command names, or in the only one there is.
    pub(crate) async fn actor(&self, slug: Option<&str>) -> anyhow::Result<Actor> {
        Ok(Actor::local(self.project(slug).await?.id))
    }

    /// The project that a command names, or the only one there is.
    async fn project(&self, slug: Option<&str>) -> anyhow::Result<Project> {
        if let Some(slug) = slug {
            return projects::named(&self.app, slug).await.map_err(|error| match error {
                AppError::NotFound { .. } => anyhow::anyhow!(
                    "there is no project `{slug}`, which the command names (--project): `atr project list` shows those \
                     there are, `atr project create` makes one"
                ),
                error => error.into(),
            });
        }
        let mut there = self.app.store.projects(None, MOST_NAMED).await?;
        if let Some(first) = there.iter().position(|project| project.slug == FIRST_PROJECT) {
            return Ok(there.swap_remove(first));
        }
        let slugs: Vec<&str> = there.iter().map(|project| project.slug.as_str()).collect();
        match slugs.as_slice() {
            [] => anyhow::bail!("there is no project yet: `atr up` makes the first one, or `atr project create NAME`"),
            [_] => Ok(there.remove(0)),
            several => anyhow::bail!("there are several projects: say which with --project ({})", several.join(", ")),
        }
    }

    pub(crate) async fn close(self) -> anyhow::Result<()> {
        // A dropped transaction is rolled back once its statement has ended, and that may wait for another's lock.
        if tokio::time::timeout(CLOSING, self.app.store.close()).await.is_err() {
            tracing::warn!("a statement goes on in the database; it is left to end there, and is not committed");
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await?;
        }
        Ok(())
    }
}

/// The reward trainer: as told, or beside this program.
pub(crate) fn trainer(place: &Place) -> anyhow::Result<PathBuf> {
    match &place.trainer {
        Some(program) => Ok(program.clone()),
        None => Ok(std::env::current_exe()?.with_file_name("atr-train-reward")),
    }
}
