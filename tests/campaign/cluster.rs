//! The whole that faults are done to: PostgreSQL, RabbitMQ, API servers and workers, each behind a proxy where it is spoken to.

use std::{path::Path, sync::Arc, time::Duration};

use rand::rngs::StdRng;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tokio::{process::Command, sync::Mutex, time::timeout};

use crate::{
    broker::{self, Broker},
    child::{tail, tied},
    database::{self, Database},
    faults::{SERVERS, WORKERS},
    messages::Doubler,
    patience::{PATIENCE, Result, until},
    program::{Plan, Program},
    proxy::Proxy,
};

/// What a worker that is told to stop gets to finish: too little, so that it hands back.
const GRACE_SECONDS: &str = "1";
/// Connections of a program: of all together fewer than the database takes.
const CONNECTIONS: &str = "10";

/// Everything that runs. It ends when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    // In the order in which they end.
    pub servers: Vec<(Program, Arc<Proxy>)>,
    pub workers: Vec<Program>,
    pub database: Mutex<Database>,
    pub database_proxy: Proxy,
    pub broker: Mutex<Broker>,
    pub broker_proxy: Proxy,
    pub doubler: Mutex<Doubler>,
    /// The database's address for its owner.
    pub owner_url: String,
    /// The key of those who send traces.
    pub key: String,
}

impl Cluster {
    /// Starts everything in a folder that every user can enter.
    pub async fn start(folder: &Path, random: &mut StdRng) -> Result<Arc<Self>> {
        let (database_proxy, broker_proxy) = (Proxy::start().await?, Proxy::start().await?);
        let database = Database::start(&folder.join("postgres"), &database_proxy).await?;
        let broker = Broker::start(&folder.join("rabbitmq"), &broker_proxy, random).await?;
        let owner_url = database.url()?;
        let data = folder.join("data");
        let key = prepare(folder, &data, &owner_url).await?;

        let plan = |name: String, args: &[&str], proxy: Option<Arc<Proxy>>| Plan {
            args: [args, &["--connections", CONNECTIONS, "--grace-seconds", GRACE_SECONDS]]
                .concat()
                .iter()
                .map(|arg| (*arg).to_owned())
                .collect(),
            database_url: database::through(&database_proxy, &name),
            amqp_url: broker::through(&broker_proxy),
            data: data.clone(),
            name,
            proxy,
        };
        let mut servers = vec![];
        for which in 0..SERVERS {
            let proxy = Arc::new(Proxy::start().await?);
            let args = ["serve", "--listen", "127.0.0.1:0"];
            servers.push((Program::start(plan(server(which), &args, Some(Arc::clone(&proxy)))), proxy));
        }
        let workers = (0..WORKERS).map(|which| Program::start(plan(worker(which), &["work"], None))).collect();
        let (database, broker) = (Mutex::new(database), Mutex::new(broker));
        let doubler = Mutex::default();
        Ok(Arc::new(Self { servers, workers, database, database_proxy, broker, broker_proxy, doubler, owner_url, key }))
    }

    /// Waits until every API server answers that it is ready.
    pub async fn ready(&self, client: &reqwest::Client) -> Result {
        for (_, proxy) in &self.servers {
            let url = format!("http://{}/readyz", proxy.address());
            until("a server that is ready", PATIENCE, async || {
                let answer = timeout(Duration::from_secs(10), client.get(&url).send()).await;
                Ok(answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status().is_success())).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// The ends of processes that nobody asked for.
    pub fn ended_by_themselves(&self) -> Vec<String> {
        let servers = self.servers.iter().map(|(server, _)| server);
        servers.chain(&self.workers).flat_map(Program::ended_by_itself).collect()
    }
}

fn server(which: usize) -> String {
    format!("server_{which}")
}

fn worker(which: usize) -> String {
    format!("worker_{which}")
}

/// Makes the schema, what watches it, a role for each program, a project and its key.
async fn prepare(folder: &Path, data: &Path, owner_url: &str) -> Result<String> {
    run(folder, data, owner_url, &["migrate"]).await?;
    let mut owner = database::connect(owner_url).await?;
    sqlx::raw_sql(include_str!("history.sql")).execute(&mut owner).await?;
    for name in (0..SERVERS).map(server).chain((0..WORKERS).map(worker)) {
        sqlx::raw_sql(AssertSqlSafe(format!("create role {name} login in role atr_app"))).execute(&mut owner).await?;
    }
    run(folder, data, owner_url, &["project", "create", "default"]).await?;
    let made = run(folder, data, owner_url, &["key", "create", "sender", "--role", "ingest"]).await?;
    Ok(made["secret"].as_str().ok_or("a key without its secret")?.to_owned())
}

/// Runs a command of the program to its end, and answers the last line that it wrote.
async fn run(folder: &Path, data: &Path, owner_url: &str, args: &[&str]) -> Result<Value> {
    let log = folder.join("prepare.log");
    let mut command: Command = tied(env!("CARGO_BIN_EXE_atr"), &log)?;
    command.env("DATABASE_URL", owner_url).args(["--json", "--data"]).arg(data).args(args);
    command.stdout(std::process::Stdio::piped());
    let output = timeout(PATIENCE, command.spawn()?.wait_with_output())
        .await
        .map_err(|_| format!("{args:?} does not end"))??;
    if !output.status.success() {
        return Err(format!("atr {args:?} failed ({}):\n{}", output.status, tail(&log)).into());
    }
    let said = String::from_utf8(output.stdout)?;
    Ok(serde_json::from_str(said.lines().last().unwrap_or("null"))?)
}
