//! How a claimed task ends. Each is a guarded update on (id, owner, attempt) that must change exactly one row.

use std::{collections::HashMap, time::Duration};

use super::Claim;
use crate::{
    ids::Id,
    store::{Result, Store, StoreError, Topic, Tx},
};

/// Why an attempt failed, and what is to come of it. Decided where the knowledge is: in the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later: tried again after a pause, until the attempts are used up.
    Passing(String),
    /// It will never work as it stands: dead at once.
    Lasting(String),
}

/// The pause before the next attempt: doubles from two seconds to ten minutes, with a jitter of up to half of it so
/// that what failed together does not come back together. `chance` is in 0..1.
pub fn backoff(attempt: i16, chance: f64) -> Duration {
    let doubled = 2f64.powi(i32::from(attempt.clamp(1, 16))).min(600.0);
    Duration::from_secs_f64(doubled * (0.5 + 0.5 * chance.clamp(0.0, 1.0)))
}

impl Tx {
    /// Marks the task as done, in the transaction that wrote its results.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it is no longer held: then the transaction must not be committed.
    pub async fn succeed(&mut self, claim: &Claim) -> Result<()> {
        self.succeed_all(std::slice::from_ref(claim)).await
    }

    /// Marks several tasks as done, in the transaction that wrote their results.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if one of them is no longer held: then the transaction must not be committed.
    pub async fn succeed_all(&mut self, claims: &[Claim]) -> Result<()> {
        self.changed.insert(Topic::Tasks);
        let ids: Vec<_> = claims.iter().map(|claim| claim.id.uuid()).collect();
        let owners: Vec<_> = claims.iter().map(|claim| claim.owner.uuid()).collect();
        let attempts: Vec<_> = claims.iter().map(|claim| claim.attempt).collect();
        let done: HashMap<_, _> = sqlx::query!(
            r#"
            update task t set state = 'succeeded', owner = null, leased_until = null, finished_at = now()
            from unnest($1::uuid[], $2::uuid[], $3::smallint[]) as held (id, owner, attempt)
            where t.id = held.id and t.owner = held.owner and t.attempt = held.attempt and t.state = 'running'
            returning t.id, exists (
                select from task w
                where w.project_id = t.project_id and w.stage = t.stage and w.unique_key = t.unique_key
                  and w.state in ('available', 'scheduled', 'retryable')
            ) as "twin!"
            "#,
            &ids,
            &owners,
            &attempts,
        )
        .fetch_all(self.connection())
        .await?
        .into_iter()
        .map(|row| (row.id, row.twin))
        .collect();
        for claim in claims {
            match done.get(&claim.id.uuid()) {
                None => return Err(StoreError::LeaseLost(claim.id)),
                // The same work waited for this one to end.
                Some(true) => {
                    self.rings.insert(claim.work.stage());
                }
                Some(false) => {}
            }
        }
        Ok(())
    }
}

impl Store {
    /// Records a failed attempt: the task is tried again after `pause`, or dead.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it is no longer held.
    pub async fn fail(&self, claim: &Claim, failure: &Failure, pause: Duration) -> Result<()> {
        let (text, lasting) = match failure {
            Failure::Passing(text) => (text, false),
            Failure::Lasting(text) => (text, true),
        };
        let dead = lasting || claim.attempt >= claim.max_attempts;
        // The same work may have been enqueued anew meanwhile; that task then does it, and this one is cancelled.
        let done = sqlx::query!(
            r#"
            update task t
            set state = case
                    when $5 then 'dead'
                    when exists (
                        select from task o
                        where o.project_id = t.project_id and o.stage = t.stage and o.unique_key = t.unique_key
                          and o.state in ('available', 'scheduled', 'retryable')
                    ) then 'cancelled'
                    else 'retryable'
                end,
                finished_at = case
                    when $5 or exists (
                        select from task o
                        where o.project_id = t.project_id and o.stage = t.stage and o.unique_key = t.unique_key
                          and o.state in ('available', 'scheduled', 'retryable')
                    ) then now()
                end,
                owner = null, leased_until = null, run_at = now() + $6 * interval '1 second',
                errors = t.errors || jsonb_build_object('attempt', $3::smallint, 'error', $4::text, 'at', now())
            where t.id = $1 and t.owner = $2 and t.attempt = $3 and t.state = 'running'
            "#,
            claim.id.uuid(),
            claim.owner.uuid(),
            claim.attempt,
            text.chars().filter(|c| *c != '\0').take(4000).collect::<String>(),
            dead,
            pause.as_secs_f64(),
        )
        .execute(&self.pool)
        .await?;
        exactly_one(done.rows_affected(), claim)?;
        self.bell.ring([claim.work.stage()]);
        self.tasks_changed([claim.project]);
        Ok(())
    }

    /// Hands a task back unfinished, as if it had not been claimed: for a worker that is told to stop.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if it is no longer held.
    pub async fn hand_back(&self, claim: &Claim) -> Result<()> {
        let done = sqlx::query!(
            r#"
            update task t
            set state = case when w.twin then 'cancelled' else 'available' end,
                finished_at = case when w.twin then now() end,
                attempt = t.attempt - 1, owner = null, leased_until = null
            from (
                select exists (
                    select from task o join task mine on mine.id = $1
                    where o.project_id = mine.project_id and o.stage = mine.stage and o.unique_key = mine.unique_key
                      and o.state in ('available', 'scheduled', 'retryable')
                ) as twin
            ) w
            where t.id = $1 and t.owner = $2 and t.attempt = $3 and t.state = 'running'
            "#,
            claim.id.uuid(),
            claim.owner.uuid(),
            claim.attempt,
        )
        .execute(&self.pool)
        .await?;
        exactly_one(done.rows_affected(), claim)?;
        self.bell.ring([claim.work.stage()]);
        self.tasks_changed([claim.project]);
        Ok(())
    }
}

fn exactly_one(rows: u64, claim: &Claim) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost(claim.id)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_pause_is_bounded_and_never_nothing(attempt: i16, chance in 0.0..1.0f64) {
            let pause = backoff(attempt, chance).as_secs_f64();
            prop_assert!((1.0..=600.0).contains(&pause), "{}", pause);
        }
    }
}
