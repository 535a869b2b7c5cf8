//! What an installation is told: environment variables, and the same names as flags.

use std::{convert::Infallible, fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

use atr_core::{blobs::BucketUrl, domain::public_url::PublicUrl};
use atr_workers::{
    AmqpUrl,
    notices::{Delivery, Mail, MailError},
    stages::judge::{CALLS_PER_DAY, Endpoint, EndpointError, EndpointSettings, Judge, PATIENCE},
};
use clap::{ArgAction, Args, ValueEnum};
use ipnet::IpNet;
use reqwest::Url;

use crate::{
    app::rates::REQUESTS_PER_MINUTE,
    oidc::{Issuer, Provider},
};

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

    /// The certificate to serve TLS with, and those that vouch for it, as PEM; without one behind a proxy that does
    #[arg(long, env = "ATR_TLS_CERT", requires = "tls_key", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key, as PEM
    #[arg(long, env = "ATR_TLS_KEY", requires = "tls_cert", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Whether people reach the service over TLS alone, by a proxy that speaks it: their sessions' cookies go over nothing
    /// else then, as they do where a certificate is given
    #[arg(long, env = "ATR_SECURE_COOKIES")]
    pub secure_cookies: bool,

    /// How many requests a minute a key is answered by this process, where it has no bound of its own
    #[arg(long, env = "ATR_REQUESTS_PER_MINUTE", default_value_t = REQUESTS_PER_MINUTE, value_name = "N")]
    pub requests_per_minute: NonZeroU32,

    /// The networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8,::1/128
    #[arg(long, env = "ATR_TRUSTED_PROXIES", value_delimiter = ',', value_name = "NETWORK")]
    pub trusted_proxies: Vec<IpNet>,

    /// Where to take OTLP over gRPC, or `off` [default: 127.0.0.1:4317, or nowhere if something else listens there]
    #[arg(long, env = "ATR_OTLP_GRPC_LISTEN", value_name = "ADDRESS")]
    pub otlp_grpc_listen: Option<GrpcListen>,

    /// The most bytes that an attachment has
    #[arg(long, env = "ATR_ATTACHMENT_BYTES", default_value_t = 20 << 20, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1..=256 << 20))]
    pub attachment_bytes: u32,

    #[command(flatten)]
    pub asking: Asking,
}

/// Where gRPC is served, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrpcListen {
    /// Nowhere.
    Off,
    /// Here.
    At(SocketAddr),
}

impl FromStr for GrpcListen {
    type Err = String;

    /// A variable that is set to nothing is as good as `off`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "off" => Ok(Self::Off),
            address => address.parse().map(Self::At).map_err(|error| format!("{error}: give ADDRESS:PORT, or off")),
        }
    }
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
    #[command(flatten)]
    pub notifying: Notifying,
    #[command(flatten)]
    pub fetching: Fetching,
    #[command(flatten)]
    pub judging: Judging,
}

/// Whether sources are read again by this service itself.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Fetching {
    /// Whether workers fetch grounding sources from their addresses: when someone asks, and when a source is due; without it their copies
    /// are sent
    #[arg(long, env = "ATR_FETCH_SOURCES")]
    pub fetch_sources: bool,

    /// Whether sources may be fetched also from addresses that are not of the public internet: from this machine, and its own networks
    #[arg(long, env = "ATR_FETCH_PRIVATE_ADDRESSES", requires = "fetch_sources")]
    pub fetch_private_addresses: bool,
}

impl From<Fetching> for atr_workers::Fetching {
    fn from(told: Fetching) -> Self {
        Self { on: told.fetch_sources, private_addresses: told.fetch_private_addresses }
    }
}

/// Where people reach the console.
#[derive(Debug, Clone, Args)]
pub struct Reached {
    /// The address at which people reach the console, such as https://atr.example.org: links that are mailed or printed
    /// begin with it, and a provider of single sign-on sends people back there
    #[arg(long, env = "ATR_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
}

/// The provider of OpenID Connect at which people sign in.
#[derive(Debug, Clone, Args)]
pub struct SingleSignOn {
    /// The provider of OpenID Connect at which people may sign in, as it names itself, such as
    /// https://login.example.org/realms/staff; tell it to send people back to PUBLIC_URL/sign-in/oidc/callback
    #[arg(long, env = "ATR_OIDC_ISSUER", requires_all = ["oidc_client_id", "public_url"], value_name = "URL")]
    pub oidc_issuer: Option<Issuer>,

    /// What the provider knows this service by
    #[arg(long, env = "ATR_OIDC_CLIENT_ID", requires = "oidc_issuer", value_name = "ID")]
    pub oidc_client_id: Option<String>,

    /// The secret by which the provider tells this service from others; public clients have none
    #[arg(
        long,
        env = "ATR_OIDC_CLIENT_SECRET",
        hide_env_values = true,
        requires = "oidc_issuer",
        value_name = "SECRET"
    )]
    pub oidc_client_secret: Option<Hidden>,

    /// What people call the provider: "Sign in with …"
    #[arg(long, env = "ATR_OIDC_NAME", default_value = "single sign-on", value_name = "NAME")]
    pub oidc_name: String,
}

impl SingleSignOn {
    /// The provider, where there is one.
    ///
    /// # Errors
    /// If the address to come back to is none.
    pub fn provider(&self, reached: &Reached) -> anyhow::Result<Option<Provider>> {
        let told = (self.oidc_issuer.as_ref(), self.oidc_client_id.as_ref(), reached.public_url.as_ref());
        let (Some(issuer), Some(client_id), Some(public)) = told else { return Ok(None) };
        let secret = self.oidc_client_secret.as_ref().map(|Hidden(secret)| secret.clone());
        Provider::new(issuer.clone(), client_id.clone(), secret, self.oidc_name.clone(), public).map(Some)
    }
}

/// What nothing prints.
#[derive(Clone)]
pub struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

impl FromStr for Hidden {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// How e-mail is sent.
#[derive(Debug, Clone, Args)]
pub struct Mailing {
    /// The server that takes e-mail, as smtps://user:password@mail.example.org, or with STARTTLS as
    /// smtp://user:password@mail.example.org:587?tls=required; without it no e-mail is sent
    #[arg(long, env = "ATR_SMTP_URL", hide_env_values = true, requires = "mail_from", value_name = "URL")]
    pub smtp_url: Option<Hidden>,

    /// Whom e-mail is from, as an address or `Name <address>`
    #[arg(long, env = "ATR_MAIL_FROM", requires = "smtp_url", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
}

/// How people and programs are told of the weekly review.
#[derive(Debug, Clone, Args)]
pub struct Notifying {
    #[command(flatten)]
    pub mailing: Mailing,

    /// Whether webhooks may go to addresses that are not of the public internet: to this machine, and to its own networks
    #[arg(long, env = "ATR_WEBHOOK_PRIVATE_ADDRESSES")]
    pub webhook_private_addresses: bool,
}

impl Notifying {
    /// What workers deliver notices and links by.
    ///
    /// # Errors
    /// If one of the addresses is none.
    pub fn delivery(&self, reached: &Reached) -> Result<Delivery, MailError> {
        let Mailing { smtp_url, mail_from } = &self.mailing;
        let mail = smtp_url.as_ref().zip(mail_from.as_ref());
        let mail = mail.map(|(Hidden(url), from)| Mail::new(url, from)).transpose()?;
        Ok(Delivery { mail, private_addresses: self.webhook_private_addresses, public_url: reached.public_url.clone() })
    }
}

/// Who is asked about claims that the rules leave open.
#[derive(Debug, Clone, Args)]
pub struct Judging {
    /// The base of an API that is compatible with OpenAI's, such as https://api.example.org/v1: a model there is asked about claims
    /// that facts were found for and no rule decides; without it none is
    #[arg(long, env = "ATR_JUDGE_URL", requires = "judge_model", value_name = "URL")]
    pub judge_url: Option<Url>,

    /// The model that is asked, as that API knows it
    #[arg(long, env = "ATR_JUDGE_MODEL", requires = "judge_url", value_name = "NAME")]
    pub judge_model: Option<String>,

    /// The key that is sent with each call, where that API wants one
    #[arg(long, env = "ATR_JUDGE_KEY", hide_env_values = true, requires = "judge_url", value_name = "KEY")]
    pub judge_key: Option<Hidden>,

    /// The most calls a day and project, counted before they are sent
    #[arg(long, env = "ATR_JUDGE_CALLS_PER_DAY", default_value_t = CALLS_PER_DAY, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub judge_calls_per_day: u32,
}

impl Judging {
    /// Who is asked, if anyone.
    ///
    /// # Errors
    /// If the address or the key is none.
    pub fn judge(&self) -> Result<Option<Judge>, EndpointError> {
        let Some((url, model)) = self.judge_url.as_ref().zip(self.judge_model.as_ref()) else { return Ok(None) };
        let settings = EndpointSettings {
            url: url.clone(),
            model: model.clone(),
            key: self.judge_key.as_ref().map(|Hidden(key)| key.clone()),
            calls_per_day: self.judge_calls_per_day,
            patience: PATIENCE,
        };
        Ok(Some(Judge::Endpoint(Endpoint::new(settings)?)))
    }
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
