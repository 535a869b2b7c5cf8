//! How many records a second a bare client of PostgreSQL stores: run by `benches/ingest`, on the server that
//! `ATR_TEST_SERVER` names.
//!
//! Its arguments: `merge`, for the work that the doors do (COPY to staging tables, INSERT … ON CONFLICT into the tables of
//! records, their tasks and the account of the batch, under the same role and policies); `commit`, for the same work by one
//! statement a record; or `copy`, for binary COPY into three plain tables; a file of traces, a line each; how many of them a
//! commit; how many connections. What is sent is written before the clock starts.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{sync::Arc, time::Instant};

use atr_core::{
    domain::new_trace::NewTrace,
    ids::{BatchId, Id, StepId, TaskId, TraceId},
    queue::Work,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::Database;
use uuid::Uuid;

/// What COPY reads: <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".
struct Rows(Vec<u8>);

impl Rows {
    fn new() -> Self {
        let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
        bytes.extend([0; 8]);
        Self(bytes)
    }

    fn row(&mut self, fields: &[Option<Vec<u8>>]) {
        self.0.extend(i16::try_from(fields.len()).expect("few columns").to_be_bytes());
        for field in fields {
            let length = field.as_ref().map_or(-1, |bytes| i32::try_from(bytes.len()).expect("a short field"));
            self.0.extend(length.to_be_bytes());
            self.0.extend(field.iter().flatten());
        }
    }

    fn ended(mut self) -> Vec<u8> {
        self.0.extend((-1_i16).to_be_bytes());
        self.0
    }
}

fn text(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| text.as_bytes().to_vec())
}

fn number(value: &Value) -> Option<Vec<u8>> {
    value.as_f64().map(|number| number.to_be_bytes().to_vec())
}

fn id(id: Uuid) -> Option<Vec<u8>> {
    Some(id.as_bytes().to_vec())
}

fn json(value: &Value, otherwise: &str) -> Option<Vec<u8>> {
    let text = if value.is_null() { otherwise.to_owned() } else { value.to_string() };
    Some([&[1], text.as_bytes()].concat())
}

/// A transaction's worth: what goes into each table, and how many records that are.
struct Prepared {
    tables: Vec<(String, Vec<u8>)>,
    records: i64,
}

const TRACE: &str = "id uuid, external_id text, split text, pillar text, domain text, language text, query text, answer text, \
                     confidence float8, signals jsonb, labels jsonb, attachments jsonb, source text, licence text, \
                     hash bytea, context jsonb, task uuid, work jsonb, unique_key text";
const STEP: &str = "trace_id uuid, ordinal integer, id uuid, step_key text, kind text, text text, span_id text, \
                    called_by_span_id text, mean_logprob float8";

fn prepared(db: &Database, lines: &[&str], plain: bool) -> Prepared {
    let (mut traces, mut steps, mut tasks) = (Rows::new(), Rows::new(), Rows::new());
    for line in lines {
        let trace = NewTrace::parse(line.as_bytes()).expect("a trace");
        let hash = trace.content_hash().as_bytes().to_vec();
        let of = serde_json::to_value(&trace).expect("a trace serialises");
        let name: TraceId = db.store.ids().make();
        let work = Work::VerifyTrace { trace: name };
        let task = id(db.store.ids().make::<TaskId>().uuid());
        let all = of["steps"].as_array().cloned().unwrap_or_default();
        for (ordinal, step) in (0_i32..).zip(&all) {
            let ordinal = Some(ordinal.to_be_bytes().to_vec());
            let (kind, said, sure) = (text(&step["kind"]), text(&step["text"]), number(&step["mean_logprob"]));
            steps.row(&if plain {
                vec![id(name.uuid()), ordinal, kind, said, sure]
            } else {
                let (span, caller) = (text(&step["span_id"]), text(&step["called_by_span_id"]));
                let own = id(db.store.ids().make::<StepId>().uuid());
                vec![id(name.uuid()), ordinal, own, text(&step["id"]), kind, said, span, caller, sure]
            });
        }
        if plain {
            tasks.row(&[id(name.uuid())]);
            traces.row(&[
                id(name.uuid()),
                text(&of["model"]),
                text(&of["query"]),
                text(&of["answer"]),
                json(&of["signals"], "{}"),
            ]);
        } else {
            traces.row(&[
                id(name.uuid()),
                text(&of["external_id"]),
                text(&of["split"]),
                text(&of["pillar"]),
                text(&of["domain"]),
                text(&of["language"]),
                text(&of["query"]),
                text(&of["answer"]),
                number(&of["confidence"]),
                json(&of["signals"], "{}"),
                json(&of["flaw_labels"], "[]"),
                json(&of["attachments"], "[]"),
                text(&of["source"]),
                text(&of["licence"]),
                Some(hash),
                json(&of["context"], "[]"),
                task,
                json(&serde_json::to_value(&work).expect("work serialises"), "{}"),
                Some(work.unique_key().into_bytes()),
            ]);
        }
    }
    let copy = |table: &str, rows: Rows| (format!("copy {table} from stdin (format binary)"), rows.ended());
    let tables = if plain {
        vec![copy("plain_trace", traces), copy("plain_step", steps), copy("plain_task (trace_id)", tasks)]
    } else {
        vec![copy("came_trace", traces), copy("came_step", steps)]
    };
    Prepared { tables, records: i64::try_from(lines.len()).expect("a count") }
}

/// From the staging tables into the tables of records.
const MERGE: &str = "
insert into trace_key (project_id, external_id, trace_id, content_hash)
select $project, external_id, id, hash from came_trace order by external_id on conflict do nothing;
insert into error_trace (project_id, id, external_id, model_version_id, split, pillar, domain, language, query, answer,
                         confidence, signals, flaw_labels, attachments, source, licence, circular_support, content_hash,
                         batch_id, received_at, context)
select $project, id, external_id, $model, split, pillar, domain, language, query, answer, confidence, signals,
       array(select jsonb_array_elements_text(labels)), attachments, source, licence, false, hash, $batch, now(), context
from came_trace on conflict do nothing;
insert into reasoning_step (project_id, trace_id, ordinal, id, step_key, kind, text, rests_on, span_id, called_by_span_id,
                            mean_logprob)
select $project, trace_id, ordinal, id, step_key, kind, text, '{}', span_id, called_by_span_id, mean_logprob
from came_step on conflict do nothing;
insert into task (id, project_id, stage, work, state, priority, unique_key, attempt, max_attempts, run_at, errors, created_at)
select task, $project, 'verify', work, 'available', 0, unique_key, 0, 5, now(), '[]', now()
from came_trace order by unique_key on conflict do nothing;
insert into ingest_batch (project_id, id, door, received, stored, duplicate, quarantined, filtered, rejected, at)
values ($project, $batch, 'traces', $records, $records, 0, 0, 0, 0, now());";

/// A record by itself, in one statement and one commit: the parameters are a trace and its steps.
const ONE: &str = "
with of as (select * from jsonb_to_record($1) as of (id uuid, external_id text, split text, pillar text, domain text, language text,
    query text, answer text, confidence float8, signals jsonb, source text, licence text, hash bytea, task uuid, batch uuid, work jsonb,
    unique_key text)),
key as (insert into trace_key (project_id, external_id, trace_id, content_hash)
    select $2, external_id, id, hash from of on conflict do nothing),
trace as (insert into error_trace (project_id, id, external_id, model_version_id, split, pillar, domain, language, query, answer,
        confidence, signals, flaw_labels, attachments, source, licence, circular_support, content_hash, batch_id, received_at, context)
    select $2, id, external_id, $3, split, pillar, domain, language, query, answer, confidence, signals, '{}', '[]', source, licence,
        false, hash, batch, now(), '[]' from of on conflict do nothing),
step as (insert into reasoning_step (project_id, trace_id, ordinal, id, step_key, kind, text, rests_on, mean_logprob)
    select $2, trace_id, ordinal, id, step_key, kind, text, '{}', mean_logprob
    from jsonb_to_recordset($4) as s (trace_id uuid, ordinal integer, id uuid, step_key text, kind text, text text, mean_logprob float8)
    on conflict do nothing),
todo as (insert into task (id, project_id, stage, work, state, priority, unique_key, attempt, max_attempts, run_at, errors, created_at)
    select task, $2, 'verify', work, 'available', 0, unique_key, 0, 5, now(), '[]', now() from of on conflict do nothing)
insert into ingest_batch (project_id, id, door, received, stored, duplicate, quarantined, filtered, rejected, at)
select $2, batch, 'traces', 1, 1, 0, 0, 0, 0, now() from of";

/// A record for [`ONE`].
fn single(db: &Database, line: &str) -> (Value, Value) {
    let trace = NewTrace::parse(line.as_bytes()).expect("a trace");
    let name: TraceId = db.store.ids().make();
    let work = Work::VerifyTrace { trace: name };
    let mut of = serde_json::to_value(&trace).expect("a trace serialises");
    let mut steps = of["steps"].take();
    for (ordinal, step) in steps.as_array_mut().into_iter().flatten().enumerate() {
        step["step_key"] = step["id"].take();
        step["id"] = db.store.ids().make::<StepId>().uuid().to_string().into();
        step["trace_id"] = name.uuid().to_string().into();
        step["ordinal"] = ordinal.into();
    }
    of["id"] = name.uuid().to_string().into();
    of["hash"] = format!("\\x{}", trace.content_hash().to_hex()).into();
    of["task"] = db.store.ids().make::<TaskId>().uuid().to_string().into();
    of["batch"] = db.store.ids().make::<BatchId>().uuid().to_string().into();
    of["unique_key"] = work.unique_key().into();
    of["work"] = serde_json::to_value(&work).expect("work serialises");
    (of, steps)
}

/// What a client does again and again.
enum Commit {
    Batch(Prepared),
    One(Value, Value),
}

struct Client {
    connection: PgConnection,
    project: Uuid,
    model: Uuid,
    plain: bool,
}

impl Client {
    async fn new(db: &Database, model: Uuid, plain: bool) -> Self {
        let options = db.owner.connect_options();
        let mut connection = PgConnection::connect_with(&options).await.expect("a connection");
        let setup = format!(
            "set role atr_app; select set_config('atr.project', '{}', false); create temporary table came_trace ({TRACE}) on commit delete rows;
             create temporary table came_step ({STEP}) on commit delete rows",
            db.project.uuid()
        );
        if !plain {
            sqlx::raw_sql(AssertSqlSafe(setup)).execute(&mut connection).await.expect("staging tables");
        }
        Self { connection, project: db.project.uuid(), model, plain }
    }

    async fn commit(&mut self, batch: BatchId, what: &Commit) {
        match what {
            Commit::Batch(what) => self.store(batch, what).await,
            Commit::One(trace, steps) => {
                let one = sqlx::query(ONE).bind(trace).bind(self.project).bind(self.model).bind(steps);
                one.execute(&mut self.connection).await.expect("stored");
            }
        }
    }

    async fn store(&mut self, batch: BatchId, what: &Prepared) {
        let begin = format!("begin; select set_config('atr.project', '{}', true)", self.project);
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut self.connection).await.expect("begun");
        for (copy, bytes) in &what.tables {
            let mut copying = self.connection.copy_in_raw(copy).await.expect("COPY");
            copying.send(bytes.as_slice()).await.expect("sent");
            copying.finish().await.expect("copied");
        }
        if !self.plain {
            let merge = MERGE
                .replace("$project", &format!("'{}'::uuid", self.project))
                .replace("$model", &format!("'{}'::uuid", self.model))
                .replace("$batch", &format!("'{}'::uuid", batch.uuid()))
                .replace("$records", &what.records.to_string());
            sqlx::raw_sql(AssertSqlSafe(merge)).execute(&mut self.connection).await.expect("merged");
        }
        sqlx::raw_sql("commit").execute(&mut self.connection).await.expect("committed");
    }
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mode, file, at_once, connections] = args.as_slice() else { panic!("MODE FILE RECORDS CONNECTIONS") };
    let plain = mode == "copy";
    let lines = std::fs::read_to_string(file).expect("the records");
    let lines: Vec<&str> = lines.lines().collect();
    let db = Database::create().await;
    let model: Uuid = sqlx::query_scalar(
        "insert into model_version (project_id, id, kind, name, metadata, created_at)
         values ($1, gen_random_uuid(), 'language_model', 'bare', '{}', now()) returning id",
    )
    .bind(db.project.uuid())
    .fetch_one(&db.owner)
    .await
    .expect("a model");
    sqlx::raw_sql(
        "create table plain_trace (id uuid primary key, model text not null, query text not null, answer text not null, signals jsonb not null);
         create table plain_step (trace_id uuid not null references plain_trace (id), ordinal integer not null, kind text not null,
             text text not null, mean_logprob float8, primary key (trace_id, ordinal));
         create table plain_task (id bigserial primary key, trace_id uuid not null, available_at timestamptz not null default now());
         checkpoint",
    )
    .execute(&db.owner)
    .await
    .expect("plain tables");
    let at_once = at_once.parse().expect("how many a commit");
    let work: Vec<Commit> = if mode == "commit" {
        lines.iter().map(|line| single(&db, line)).map(|(trace, steps)| Commit::One(trace, steps)).collect()
    } else {
        lines.chunks(at_once).map(|some| Commit::Batch(prepared(&db, some, plain))).collect()
    };
    let work = Arc::new(std::sync::Mutex::new(work));
    let mut clients = vec![];
    for _ in 0..connections.parse().expect("how many connections") {
        clients.push(Client::new(&db, model, plain).await);
    }
    let ids = db.store.ids().clone();
    let began = Instant::now();
    let running: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let (work, ids) = (Arc::clone(&work), ids.clone());
            tokio::spawn(async move {
                loop {
                    let next = work.lock().expect("no panic").pop();
                    let Some(next) = next else { break };
                    client.commit(ids.make(), &next).await;
                }
            })
        })
        .collect();
    for client in running {
        client.await.expect("a client");
    }
    let rate = lines.len() as f64 / began.elapsed().as_secs_f64();
    let table = if plain { "plain_trace" } else { "error_trace" };
    let stored: i64 = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(&db.owner)
        .await
        .expect("a count");
    assert_eq!(stored, i64::try_from(lines.len()).expect("a count"), "every record is stored");
    println!("{rate}");
}
