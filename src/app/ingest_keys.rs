//! Bodies that are sent under a key: taken in once, however often and in however many pieces they are sent.

use atr_core::{
    domain::intake::{BatchOutcome, Position},
    ids::ProjectId,
    store::{Answers, Got, Tx, Under},
};
use uuid::Uuid;

use super::{App, AppError};

/// A request's hold of a body. Dropped before it has ended, it is let go, so that the sender can go on at once.
#[derive(Debug)]
pub struct Hold {
    app: App,
    project: ProjectId,
    route: &'static str,
    key: String,
    holder: Uuid,
    held: bool,
}

/// Where a batch ends, with the numbers of its lines.
#[derive(Debug)]
pub struct Advance<'a> {
    /// The body.
    pub hold: &'a Hold,
    /// Up to where it is accounted for with this batch.
    pub to: Position,
    /// The number of each line of the batch.
    pub numbers: &'a [u64],
}

/// Takes hold of a body, and says how far it got.
///
/// # Errors
/// [`AppError::Conflict`] while another request goes on with it; or if the database is out of reach.
pub async fn hold(app: &App, project: ProjectId, route: &'static str, key: String) -> Result<(Hold, Got), AppError> {
    let holder = app.store.ids().make::<atr_core::ids::BatchId>();
    let holder = atr_core::ids::Id::uuid(holder);
    let mut tx = app.store.begin(project).await?;
    let got = tx.hold_ingest_key(Under { route, key: &key }, holder).await?;
    tx.commit().await?;
    let got = got.ok_or_else(|| {
        AppError::Conflict(
            "another request under this Idempotency-Key is not at its end: send it again later".to_owned(),
        )
    })?;
    let held = !got.done;
    Ok((Hold { app: app.clone(), project, route, key, holder, held }, got))
}

/// How far a body got; `None` if nothing is known of its key.
///
/// # Errors
/// If the database is out of reach.
pub async fn progress(app: &App, project: ProjectId, route: &str, key: &str) -> Result<Option<Got>, AppError> {
    Ok(app.store.begin(project).await?.ingest_key(Under { route, key }).await?)
}

/// Moves a body on, in the transaction of the batch that takes it there.
///
/// # Errors
/// [`AppError::Conflict`] if another request goes on with it now; or if the database is out of reach. Then nothing of the
/// batch may be committed.
pub(super) async fn advance(
    tx: &mut Tx,
    advance: Option<&Advance<'_>>,
    outcome: &BatchOutcome,
) -> Result<(), AppError> {
    let Some(Advance { hold, to, numbers }) = advance else { return Ok(()) };
    let answers: Vec<_> = numbers.iter().copied().zip(&outcome.items).collect();
    let moved = tx.advance_ingest_key(hold.under(), hold.holder, to, &answers).await?;
    if moved { Ok(()) } else { Err(lost()) }
}

fn lost() -> AppError {
    AppError::Conflict("another request goes on under this Idempotency-Key: ask how far it got".to_owned())
}

impl Hold {
    fn under(&self) -> Under<'_> {
        Under { route: self.route, key: &self.key }
    }

    /// Notes that the body ended here.
    ///
    /// # Errors
    /// As [`advance`].
    pub async fn finish(&mut self, at: &Position) -> Result<(), AppError> {
        if self.held {
            let mut tx = self.app.store.begin(self.project).await?;
            if !tx.finish_ingest_key(self.under(), self.holder, at).await? {
                return Err(lost());
            }
            tx.commit().await?;
            self.held = false;
        }
        Ok(())
    }

    /// What became of the lines of the next batch after a line, as it was answered before.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn answers_after(&self, line: u64) -> Result<Option<Answers>, AppError> {
        Ok(self.app.store.begin(self.project).await?.ingest_answers_after(self.under(), line).await?)
    }

    /// Lets go of the body before its end.
    ///
    /// # Errors
    /// If the database is out of reach; then it is let go by itself after a minute.
    pub async fn let_go(&mut self) -> Result<(), AppError> {
        if std::mem::take(&mut self.held) {
            let mut tx = self.app.store.begin(self.project).await?;
            tx.let_go_of_ingest_key(self.under(), self.holder).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

impl Drop for Hold {
    /// A request that its sender gave up ends wherever it stands.
    fn drop(&mut self) {
        let (true, Ok(runtime)) = (std::mem::take(&mut self.held), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let (app, project, route, holder) = (self.app.clone(), self.project, self.route, self.holder);
        let mut left = Self { app, project, route, key: std::mem::take(&mut self.key), holder, held: true };
        runtime.spawn(async move {
            if let Err(error) = left.let_go().await {
                error.log();
            }
        });
    }
}
