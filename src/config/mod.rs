//! What an installation is told: environment variables, and the same names as flags.

use std::{net::SocketAddr, path::PathBuf};

use atr_core::blobs::BucketUrl;
use atr_workers::AmqpUrl;
use clap::{ArgAction, Args, ValueEnum};

/// Where the data is.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The database; without it a private PostgreSQL under the data folder is used
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The folder of everything that is kept on this machine
    #[arg(long, env = "ATR_DATA", global = true, default_value = ".atr", value_name = "FOLDER")]
    pub data: PathBuf,

    /// Where snapshots' files and models' weights are kept, as s3://BUCKET/PREFIX, with credentials, address and region in
    /// the usual AWS_… variables; without it in the data folder
    #[arg(long, env = "ATR_BLOBS", global = true, value_name = "URL")]
    pub blobs: Option<BucketUrl>,

    /// The most database connections a process holds
    #[arg(long, env = "ATR_CONNECTIONS", global = true, default_value_t = 20, value_name = "N",
          value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub connections: u32,

    /// The program that trains the reward model [default: atr-train-reward beside this program]
    #[arg(long, env = "ATR_TRAINER", global = true, value_name = "PROGRAM")]
    pub trainer: Option<PathBuf>,
}

/// How the API is served.
#[derive(Debug, Clone, Args)]
pub struct Serving {
    /// Where to listen
    #[arg(long, env = "ATR_LISTEN", default_value = "127.0.0.1:8321", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub asking: Asking,
}

/// What may be asked of the GraphQL API.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// Whether the GraphQL API tells its schema to who has a key, and suggests names where one is misspelt
    #[arg(long, env = "ATR_INTROSPECTION", action = ArgAction::Set, default_value_t = true, value_name = "BOOL")]
    pub introspection: bool,

    /// Whether browsers get a page at /graphql to try queries in
    #[arg(long = "graphiql", env = "ATR_GRAPHIQL", action = ArgAction::Set, default_value_t = true, value_name = "BOOL")]
    pub page: bool,

    /// How many seconds a query or mutation of the GraphQL API may take
    #[arg(long, env = "ATR_REQUEST_SECONDS", default_value_t = 30, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub request_seconds: u64,
}

impl Default for Asking {
    fn default() -> Self {
        Self { introspection: true, page: true, request_seconds: 30 }
    }
}

/// How work is done.
#[derive(Debug, Clone, Args)]
pub struct Working {
    /// How many batches of tasks to run at once
    #[arg(long, env = "ATR_SLOTS", default_value_t = 6, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub slots: u16,
    #[command(flatten)]
    pub broker: Broker,
}

/// How workers hear of work.
#[derive(Debug, Clone, Args)]
pub struct Broker {
    /// The RabbitMQ broker that tells workers of work, as amqp://user:password@host:5672/%2f; without it the database does
    #[arg(long, env = "AMQP_URL", hide_env_values = true, value_name = "URL")]
    pub amqp_url: Option<AmqpUrl>,
}

/// How long what runs may go on after the first signal.
#[derive(Debug, Clone, Args)]
pub struct Grace {
    /// Seconds that running work and requests get to finish when told to stop
    #[arg(long, env = "ATR_GRACE_SECONDS", default_value_t = 20, value_name = "SECONDS")]
    pub grace_seconds: u64,
}

/// How the log is written, on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What is logged.
#[derive(Debug, Clone, Args)]
pub struct Logging {
    /// What to log, as tracing filters say it: `info`, `atr=debug,sqlx=warn`
    #[arg(long, env = "ATR_LOG", global = true, default_value = "warn", value_name = "FILTER")]
    pub log: String,

    /// How to write the log [default: text on a terminal, json elsewhere]
    #[arg(long, env = "ATR_LOG_FORMAT", global = true, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}
