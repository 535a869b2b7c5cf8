//! What the database holds once nothing is left to do, beside what senders were told.

use std::{collections::HashMap, time::Duration};

use atr_core::{
    ids::{Id, TraceId},
    queue::State,
};
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{PgConnection, Row, postgres::PgRow};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    history::{Change, History, Standing},
    patience::Result,
    records::Acknowledged,
};

/// With nothing finished for so long, although leases end after a minute, what is left is stuck.
const STILL: Duration = Duration::from_secs(120);

/// What was found.
#[derive(Debug, Default)]
pub struct Audit {
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    pub stuck: Vec<String>,
    pub illegal: Vec<String>,
    /// Of how many tasks.
    pub illegal_histories: usize,
    /// What else must not be.
    pub wrong: Vec<String>,
    /// How often tasks took each step.
    pub steps: HashMap<&'static str, u64>,
}

/// Waits until nothing is left to do, or nothing gets done.
pub async fn drain(database: &mut PgConnection) -> Result<()> {
    let (mut since, mut ended_before) = (Instant::now(), -1);
    loop {
        let (open, ended): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where state not in ('succeeded', 'cancelled', 'dead')),
                    count(*) filter (where state in ('succeeded', 'cancelled', 'dead')) from task",
        )
        .fetch_one(&mut *database)
        .await?;
        if ended != ended_before {
            (since, ended_before) = (Instant::now(), ended);
        }
        if open == 0 || since.elapsed() > STILL {
            return Ok(());
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// Looks at everything.
pub async fn audit(database: &mut PgConnection, acknowledged: &Acknowledged) -> Result<Audit> {
    let rows = sqlx::query("select external_id, id from error_trace").fetch_all(&mut *database).await?;
    let mut stored = vec![];
    for row in rows {
        stored.push((row.try_get("external_id")?, TraceId::from_uuid(row.try_get("id")?).to_string()));
    }
    let records = acknowledged.beside(&stored);
    let mut audit = Audit { lost: records.lost, doubled: records.doubled, wrong: records.wrong, ..Audit::default() };

    let history = history(database).await?;
    audit.steps = history.steps().clone();
    audit.illegal_histories = history.illegal_histories();
    audit.illegal = history.illegal().iter().map(|illegal| format!("task {}: {}", illegal.task, illegal.why)).collect();
    for (task, state) in history.stuck() {
        let errors: Option<String> = sqlx::query_scalar("select stage || ' ' || errors::text from task where id = $1")
            .bind(task)
            .fetch_optional(&mut *database)
            .await?;
        audit.stuck.push(format!("task {task} is {state}: {}", errors.unwrap_or_default()));
    }
    audit.stuck.extend(told(database, UNDONE).await?);
    audit.doubled.extend(told(database, DONE_TWICE).await?);
    audit.wrong.extend(told(database, UNBALANCED).await?);
    Ok(audit)
}

/// Traces of which something was not done.
const UNDONE: &str = "
    select t.external_id || ' was not verified, scored and compared' from error_trace t
    where not exists (select from verification v where v.project_id = t.project_id and v.trace_id = t.id)
       or not exists (select from score s where s.project_id = t.project_id and s.trace_id = t.id)
       or not exists (select from consensus c where c.project_id = t.project_id and c.chain_group_id = t.chain_group_id)";

/// Results that are there twice: no fact changed, so each trace is verified once.
const DONE_TWICE: &str = "
    select 'trace ' || trace_id || ' was verified ' || count(*) || ' times' from verification
    group by trace_id having count(*) > 1
    union all
    select 'trace ' || trace_id || ' was scored ' || count(*) || ' times from the same inputs' from score
    group by trace_id, inputs_hash having count(*) > 1";

const UNBALANCED: &str = "
    select 'batch ' || id || ' is not balanced' from ingest_batch
    where received <> stored + duplicate + quarantined + filtered + rejected
    union all
    select b.stored || ' traces were stored by batches, ' || t.traces || ' are there, with ' || k.keys || ' keys'
    from (select coalesce(sum(stored), 0) as stored from ingest_batch where door = 'traces') b,
         (select count(*) as traces from error_trace) t, (select count(*) as keys from trace_key) k
    where b.stored <> t.traces or k.keys <> t.traces";

async fn told(database: &mut PgConnection, question: &'static str) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(question).fetch_all(database).await?)
}

/// Goes through every change of every task, up to what is there now.
async fn history(database: &mut PgConnection) -> Result<History> {
    let mut history = History::default();
    let mut rows = sqlx::query("select * from campaign.change order by id").fetch(&mut *database);
    while let Some(row) = rows.try_next().await? {
        history.read(&Change {
            task: row.try_get("task")?,
            work: row.try_get("work")?,
            max_attempts: row.try_get("max_attempts")?,
            before: standing(&row, "before")?,
            after: standing(&row, "after")?,
            by: row.try_get("by")?,
            at: row.try_get("at")?,
        });
    }
    drop(rows);
    let mut held = HashMap::new();
    let rows = sqlx::query(
        "select id as task, state as state_now, owner as owner_now, attempt as attempt_now, leased_until as lease_now
         from task",
    )
    .fetch_all(database)
    .await?;
    for row in rows {
        let task: Uuid = row.try_get("task")?;
        held.insert(task, standing(&row, "now")?.ok_or("a task without a state")?);
    }
    history.end(&held);
    Ok(history)
}

fn standing(row: &PgRow, when: &str) -> Result<Option<Standing>> {
    let Some(state) = row.try_get::<Option<String>, _>(format!("state_{when}").as_str())? else { return Ok(None) };
    Ok(Some(Standing {
        state: state.parse::<State>()?,
        owner: row.try_get(format!("owner_{when}").as_str())?,
        attempt: row.try_get(format!("attempt_{when}").as_str())?,
        leased_until: row.try_get::<Option<DateTime<Utc>>, _>(format!("lease_{when}").as_str())?,
    }))
}
