//! How far bodies got that are sent under a key. The row moves on in the transaction of each batch.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{Result, StoreError, Tx};
use crate::{
    domain::intake::{ItemOutcome, Position},
    hash,
};

/// So long after it was last used a key is forgotten.
pub const KEY_KEPT: TimeDelta = TimeDelta::hours(24);
/// How many forgotten keys are removed at a time.
const REMOVED: i64 = 20;

/// Which body: the path it is sent to, and the key its sender gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Under<'a> {
    /// The path.
    pub route: &'a str,
    /// The key.
    pub key: &'a str,
}

/// How far a body got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// Up to where it is accounted for.
    pub position: Position,
    /// Whether that is its end.
    pub done: bool,
}

/// What became of lines, each with its number.
pub type Answers = Vec<(u64, ItemOutcome)>;

impl Tx {
    /// Takes hold of a body for the request `holder`, until it lets go or rests for a minute; tells how far it got.
    /// `None` while another request goes on with it. A body that is done needs no hold.
    ///
    /// Keys that were not used for [`KEY_KEPT`] are removed meanwhile, this one among them (ingest_key_used_idx).
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn hold_ingest_key(&mut self, under: Under<'_>, holder: Uuid) -> Result<Option<Got>> {
        let (project, now) = (self.project_uuid(), self.now());
        sqlx::query!(
            "with mine as (
                 select route, key from ingest_key where project_id = $1 and route = $2 and key = $3 and used_at < $4
                 for update skip locked
             ), oldest as (
                 select route, key from ingest_key where project_id = $1 and used_at < $4
                 order by used_at limit $5 for update skip locked
             )
             delete from ingest_key k using (select * from mine union select * from oldest) o
             where k.project_id = $1 and k.route = o.route and k.key = o.key",
            project,
            under.route,
            under.key,
            now - KEY_KEPT,
            REMOVED,
        )
        .execute(self.connection())
        .await?;
        let begin = Position::default();
        let row = sqlx::query!(
            "insert into ingest_key (project_id, route, key, done, position, lines, chain, holder, held_until, used_at)
             values ($1, $2, $3, false, 0, 0, $4, $5, now() + interval '1 minute', $6)
             on conflict on constraint ingest_key_pkey do update
                 set holder = excluded.holder, held_until = excluded.held_until, used_at = excluded.used_at
                 where ingest_key.done or ingest_key.held_until <= now()
             returning done, position, lines, chain",
            project,
            under.route,
            under.key,
            begin.chain.as_bytes().as_slice(),
            holder,
            now,
        )
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| got(row.done, row.position, row.lines, &row.chain)).transpose()
    }

    /// How far a body got; `None` if nothing is known of it.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn ingest_key(&mut self, under: Under<'_>) -> Result<Option<Got>> {
        let (project, since) = (self.project_uuid(), self.now() - KEY_KEPT);
        let row = sqlx::query!(
            "select done, position, lines, chain from ingest_key
             where project_id = $1 and route = $2 and key = $3 and used_at >= $4",
            project,
            under.route,
            under.key,
            since,
        )
        .fetch_optional(self.connection())
        .await?;
        row.map(|row| got(row.done, row.position, row.lines, &row.chain)).transpose()
    }

    /// Moves on to a place, keeps what became of the lines before it, and holds on. False if `holder` has lost its hold:
    /// then nothing of the batch may be committed.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn advance_ingest_key(
        &mut self,
        under: Under<'_>,
        holder: Uuid,
        to: &Position,
        answers: &[(u64, &ItemOutcome)],
    ) -> Result<bool> {
        if !self.move_ingest_key(under, holder, to, false).await? {
            return Ok(false);
        }
        let Some((first, _)) = answers.first() else { return Ok(true) };
        let project = self.project_uuid();
        sqlx::query!(
            "insert into ingest_answer (project_id, route, key, line, outcomes) values ($1, $2, $3, $4, $5)",
            project,
            under.route,
            under.key,
            number(*first)?,
            serde_json::to_vec(answers)?,
        )
        .execute(self.connection())
        .await?;
        Ok(true)
    }

    /// Notes that a body ended at a place. False if `holder` has lost its hold.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn finish_ingest_key(&mut self, under: Under<'_>, holder: Uuid, at: &Position) -> Result<bool> {
        self.move_ingest_key(under, holder, at, true).await
    }

    async fn move_ingest_key(&mut self, under: Under<'_>, holder: Uuid, to: &Position, done: bool) -> Result<bool> {
        let (project, now) = (self.project_uuid(), self.now());
        let moved = sqlx::query!(
            "update ingest_key set done = $5, position = $6, lines = $7, chain = $8, used_at = $9,
                                   held_until = now() + interval '1 minute'
             where project_id = $1 and route = $2 and key = $3 and holder = $4 and not done",
            project,
            under.route,
            under.key,
            holder,
            done,
            number(to.bytes)?,
            number(to.lines)?,
            to.chain.as_bytes().as_slice(),
            now,
        )
        .execute(self.connection())
        .await?;
        Ok(moved.rows_affected() == 1)
    }

    /// Lets go of a body, for another request to go on with it.
    ///
    /// # Errors
    /// If the database refuses or is out of reach.
    pub async fn let_go_of_ingest_key(&mut self, under: Under<'_>, holder: Uuid) -> Result<()> {
        let project = self.project_uuid();
        sqlx::query!(
            "update ingest_key set held_until = now()
             where project_id = $1 and route = $2 and key = $3 and holder = $4",
            project,
            under.route,
            under.key,
            holder,
        )
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What became of the lines of the next batch after a line; `None` after the last (ingest_answer_pkey).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn ingest_answers_after(&mut self, under: Under<'_>, line: u64) -> Result<Option<Answers>> {
        let project = self.project_uuid();
        let stored = sqlx::query_scalar!(
            "select outcomes from ingest_answer where project_id = $1 and route = $2 and key = $3 and line > $4
             order by line limit 1",
            project,
            under.route,
            under.key,
            number(line)?,
        )
        .fetch_optional(self.connection())
        .await?;
        Ok(stored.map(|stored| serde_json::from_slice(&stored)).transpose()?)
    }
}

fn number(count: u64) -> Result<i64> {
    i64::try_from(count).map_err(|_| StoreError::Corrupt(format!("{count} is more than any body has")))
}

fn got(done: bool, position: i64, lines: i64, chain: &[u8]) -> Result<Got> {
    let chain = hash::from_bytes(chain).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(Got { position: Position { bytes: position.unsigned_abs(), lines: lines.unsigned_abs(), chain }, done })
}
