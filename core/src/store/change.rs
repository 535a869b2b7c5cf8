//! That something changed: told to every process after the commit, by project and topic alone. Who hears it reads what
//! there is; a word that is lost costs no more than the time until it is looked for anyway.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use uuid::Uuid;

use super::{Place, Result, Store, Tx};
use crate::{
    domain::words,
    ids::{Id, ProjectId},
    queue::{Bell, next},
};

const CHANNEL: &str = "atr_change";

/// Between two words of one process. What changes often, as tasks do, is told together.
const PAUSE: Duration = Duration::from_millis(150);

words! {
    /// What may change.
    Topic {
        /// Tasks: how many there are in each state.
        Tasks = "tasks",
        /// Items of the weekly review.
        Assignments = "assignments",
        /// Training jobs, and what their trainers report.
        Jobs = "jobs",
        /// The states of snapshots.
        Snapshots = "snapshots",
        /// API keys: one was withdrawn.
        Keys = "keys",
    }
}

/// Something of a topic changed in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Change {
    /// Where.
    pub project: ProjectId,
    /// What.
    pub topic: Topic,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.topic, self.project)
    }
}

impl FromStr for Change {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (topic, project) = text.split_once(' ').ok_or(())?;
        Ok(Self { project: project.parse().map_err(drop)?, topic: topic.parse().map_err(drop)? })
    }
}

/// The bell that rings for changes.
pub(super) fn bell(pool: PgPool) -> Bell {
    Bell::start(pool, CHANNEL, PAUSE)
}

impl Store {
    /// Tells, soon, that tasks of these projects changed: for what is done outside of a [`Tx`].
    pub(crate) fn tasks_changed(&self, projects: impl IntoIterator<Item = ProjectId>) {
        let projects: BTreeSet<ProjectId> = projects.into_iter().collect();
        self.changes.ring(projects.into_iter().map(|project| Change { project, topic: Topic::Tasks }));
    }

    /// Ends when the store is closed.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.pool.close_event()
    }
}

impl Tx {
    /// The place before all that is still to come: before what the oldest transaction writes that runs now.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn place_now<I: Id>(&mut self) -> Result<Place<I>> {
        let oldest = sqlx::query_scalar!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xmin!""#)
            .fetch_one(self.connection())
            .await?;
        Ok(Place { xact: oldest, at: I::from_uuid(Uuid::nil()) })
    }
}

/// Hears of changes, from whichever process they are told, on a connection of its own beside the pool's.
#[derive(Debug)]
pub struct ChangeListener(PgListener);

impl ChangeListener {
    /// Starts to listen.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn start(store: &Store) -> Result<Self> {
        let own = PgPoolOptions::new().max_connections(1).connect_lazy_with((*store.pool.connect_options()).clone());
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Waits for the next change. After a broken connection it listens again by itself, and answers `None`: words may
    /// have been missed, so look at everything.
    ///
    /// # Errors
    /// If the database stays out of reach.
    pub async fn heard(&mut self) -> Result<Option<Change>> {
        next(&mut self.0).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, ids::Ids};

    #[test]
    fn what_is_told_is_what_is_heard() {
        let project = Ids::seeded(Clock::system(), 1).make();
        for topic in Topic::ALL {
            let change = Change { project, topic: *topic };
            assert_eq!(change.to_string().parse(), Ok(change));
        }
        for text in ["", "tasks", "tasks x", "nothing prj_00000000000000000000000000"] {
            assert_eq!(text.parse::<Change>(), Err(()), "{text}");
        }
    }
}
