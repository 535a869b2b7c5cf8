//! Doorbells over a broker: who relays them, what the relay saw, and how often it rang.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Stage;
use crate::{
    domain::words,
    ids::{Id, WorkerId},
    store::{Result, Store},
    trace_context::TraceContext,
};

/// The role of the one worker that publishes doorbells.
const RELAY: &str = "relay";
/// How long a relay may say nothing before it is taken to be gone.
const SILENCE: f64 = 15.0;

words! {
    /// Which of a stage's tasks a doorbell rings for. Claims look at the priority by themselves: a lane lets a worker hear
    /// of what is urgent past all that is not.
    Lane {
        /// A priority below 0.
        Urgent = "urgent",
        /// The others.
        Usual = "usual",
    }
}

/// What waits of a stage in one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The stage.
    pub stage: Stage,
    /// The lane.
    pub lane: Lane,
    /// How many tasks.
    pub tasks: i64,
    /// The trace context of the oldest that has one.
    pub trace: Option<TraceContext>,
}

/// What the relay last saw of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broker {
    /// It takes doorbells.
    Up,
    /// It does not, and work is found by looking for it.
    Down {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        error: String,
    },
    /// No worker relays: none runs, or none knows of the broker.
    Unattended,
}

/// How often the broker was told of a stage's tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The stage.
    pub stage: Stage,
    /// How many doorbells it confirmed in all.
    pub doorbells: i64,
    /// When it confirmed the last.
    pub last: DateTime<Utc>,
}

impl Store {
    /// Takes the relay's lease, or renews it; `false` while another worker has it.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn lead_relay(&self, worker: WorkerId, lease: Duration) -> Result<bool> {
        let led = sqlx::query_scalar!(
            r#"
            insert into leader (role, owner, leased_until)
            values ($1, $2, clock_timestamp() + $3 * interval '1 second')
            on conflict (role) do update set owner = excluded.owner, leased_until = excluded.leased_until
                where leader.owner = excluded.owner or leader.leased_until < clock_timestamp()
            returning owner
            "#,
            RELAY,
            worker.uuid(),
            lease.as_secs_f64(),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(led.is_some())
    }

    /// Gives the relay's lease back, so that another worker need not wait for its end.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn resign_relay(&self, worker: WorkerId) -> Result<()> {
        sqlx::query!("delete from leader where role = $1 and owner = $2", RELAY, worker.uuid())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Notes that the broker is up, or why it is not; only the worker that relays is heeded.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn note_broker(&self, worker: WorkerId, error: Option<&str>) -> Result<()> {
        sqlx::query!(
            r#"
            insert into broker (up, since, seen_at, error)
            select $3::text is null, now(), now(), left($3, 500) from leader where role = $1 and owner = $2
            on conflict (one) do update
                set since = case when broker.up = excluded.up then broker.since else excluded.since end,
                    up = excluded.up, seen_at = excluded.seen_at, error = excluded.error
            "#,
            RELAY,
            worker.uuid(),
            error,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// What the relay last saw of the broker.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn broker(&self) -> Result<Broker> {
        let seen = sqlx::query!(
            r#"select up, since, error from broker where seen_at > now() - $1 * interval '1 second'"#,
            SILENCE
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(match seen {
            None => Broker::Unattended,
            Some(row) if row.up => Broker::Up,
            Some(row) => Broker::Down { since: row.since, error: row.error.unwrap_or_default() },
        })
    }

    /// Notes doorbells that the broker confirmed.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn note_announced(&self, rung: &[(Stage, Lane, i64)]) -> Result<()> {
        let stages: Vec<String> = rung.iter().map(|(stage, _, _)| stage.word().to_owned()).collect();
        let lanes: Vec<String> = rung.iter().map(|(_, lane, _)| lane.word().to_owned()).collect();
        let doorbells: Vec<i64> = rung.iter().map(|(_, _, doorbells)| *doorbells).collect();
        sqlx::query!(
            r#"
            insert into doorbell (stage, lane, rung, announced_at)
            select r.stage, r.lane, r.rung, now() from unnest($1::text[], $2::text[], $3::bigint[]) as r (stage, lane, rung)
            on conflict (stage, lane) do update
                set rung = doorbell.rung + excluded.rung, announced_at = excluded.announced_at
            "#,
            &stages,
            &lanes,
            &doorbells,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How often the broker was told of each stage's tasks; a stage it never was told of is not named.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn announced(&self) -> Result<Vec<Announced>> {
        sqlx::query!(
            r#"
            select stage, sum(rung)::bigint as "doorbells!", max(announced_at) as "last!"
            from doorbell group by stage order by stage
            "#
        )
        .fetch_all(&self.pool)
        .await?
        .into_iter()
        .map(|row| Ok(Announced { stage: row.stage.parse()?, doorbells: row.doorbells, last: row.last }))
        .collect()
    }
}
