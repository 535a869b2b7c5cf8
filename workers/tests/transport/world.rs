//! Workers on a database and, over RabbitMQ, queues of a test's own.

use std::time::Duration;

use atr_core::{
    blobs::Blobs,
    ids::{Id, ProjectId},
    queue::{NewTask, Stage, State, Work},
};
use atr_workers::{Context, Options, RewardModels, Worker};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{broker::Broker, support::Database};

/// The longest that a test waits for anything; on a busy machine much takes long.
pub const PATIENCE: Duration = Duration::from_secs(300);

pub struct World {
    pub db: Database,
    /// The broker that rings; none over Postgres.
    pub broker: Option<Broker>,
    folder: TempDir,
}

/// A worker that runs.
pub struct Running {
    stop: CancellationToken,
    worker: JoinHandle<()>,
}

impl Running {
    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.worker).await.expect("it stops").expect("it ends well");
    }

    /// Ends it without a word, as `kill -9` would.
    pub async fn kill(self) {
        self.worker.abort();
        assert!(self.worker.await.expect_err("it is cut off").is_cancelled());
    }
}

impl World {
    pub async fn over_postgres() -> Self {
        Self { db: Database::create().await, broker: None, folder: tempfile::tempdir().expect("a folder") }
    }

    pub async fn over_rabbitmq() -> Self {
        let world = Self::over_postgres().await;
        let broker = Broker::connect(world.db.store.installation()).await;
        Self { broker: Some(broker), ..world }
    }

    /// A worker of these stages, changed as one likes.
    pub fn worker(&self, stages: &[Stage], change: impl FnOnce(&mut Options)) -> Running {
        let cx = Context {
            store: self.db.store.clone(),
            blobs: Blobs::new(self.folder.path().join("blobs")),
            trainer: self.folder.path().join("none"),
            tesseract: "tesseract".into(),
            work_dir: self.folder.path().join("work"),
            reward_models: RewardModels::default(),
            parsed_facts: Default::default(),
            judge: None,
            delivery: Default::default(),
            fetching: Default::default(),
            cancelled: CancellationToken::new(),
        };
        let mut options = Options {
            stages: stages.to_vec(),
            slots: 2,
            grace: Duration::from_secs(60),
            lease: Options::LEASE,
            broker: self.broker.as_ref().map(Broker::url),
        };
        change(&mut options);
        let stop = CancellationToken::new();
        let worker = tokio::spawn(Worker::new(cx, options).run(stop.clone()));
        Running { stop, worker }
    }

    pub async fn enqueue(&self, project: ProjectId, tasks: impl IntoIterator<Item = impl Into<NewTask>>) {
        let mut tx = self.db.store.begin(project).await.expect("a transaction");
        tx.enqueue_all(tasks).await.expect("enqueued");
        tx.commit().await.expect("committed");
    }

    /// Work that does nothing: of a trace that is not there.
    pub fn verify(&self) -> Work {
        Work::VerifyTrace { trace: self.db.store.ids().make() }
    }

    /// Work that does nothing: of a group that is not there.
    pub fn merge(&self) -> Work {
        Work::MergeChains { group: self.db.store.ids().make() }
    }

    /// Work that dies at once: on an evaluation that is not there.
    pub fn decide(&self) -> Work {
        Work::DecidePromotion { evaluation: self.db.store.ids().make() }
    }

    pub async fn in_state(&self, state: State) -> i64 {
        sqlx::query_scalar("select count(*) from task where state = $1")
            .bind(state.word())
            .fetch_one(&self.db.owner)
            .await
            .expect("the queue")
    }

    /// Waits until a question to the database is answered with yes.
    pub async fn until(&self, what: &str, question: &'static str) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !sqlx::query_scalar::<_, bool>(question).fetch_one(&self.db.owner).await.expect("an answer") {
            assert!(tokio::time::Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until everything is done; nothing may have died.
    pub async fn until_done(&self) {
        let open = "select not exists (select from task where state not in ('succeeded', 'cancelled', 'dead'))";
        self.until("an empty queue", open).await;
        let dead: Vec<String> = sqlx::query_scalar("select errors::text from task where state = 'dead'")
            .fetch_all(&self.db.owner)
            .await
            .expect("the queue");
        assert_eq!(dead, Vec::<String>::new());
    }

    /// Holds the traces back: whatever reads them waits until the transaction ends.
    pub async fn hold_traces(&self) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let mut held = self.db.owner.begin().await.expect("a transaction");
        sqlx::query("lock table error_trace in access exclusive mode").execute(&mut *held).await.expect("locked");
        held
    }

    /// Gives what runs of a stage to a worker that is not there, as if its lease had run out.
    pub async fn steal(&self, stage: Stage) {
        let thief = self.db.store.ids().make::<atr_core::ids::WorkerId>().uuid();
        let stolen = sqlx::query(
            "update task set owner = $1, attempt = attempt + 1, leased_until = now() + interval '1 hour'
             where state = 'running' and stage = $2",
        )
        .bind(thief)
        .bind(stage.word())
        .execute(&self.db.owner)
        .await
        .expect("stolen");
        assert!(stolen.rows_affected() > 0, "nothing ran");
    }

    /// Ends a test: nothing may be laid aside, and the queues go.
    pub async fn end(self) {
        if let Some(broker) = self.broker {
            assert_eq!(broker.laid_aside().await, 0, "messages that nobody could read");
            broker.remove().await;
        }
    }
}
