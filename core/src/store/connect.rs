//! Connecting, migrating, and refusing to run as a role that the policies do not bind.

use std::time::Duration;

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
};
use uuid::Uuid;

use super::{Result, Tx, change};
use crate::{
    clock::Clock,
    ids::{Ids, ProjectId},
    queue::Bell,
};

/// The role that programs run as; migrations make it.
const ROLE: &str = "atr_app";

/// SQLSTATE invalid_parameter_value: the start-up options name a role that is not there; migrations make it.
const NO_SUCH_VALUE: &str = "22023";
/// SQLSTATE insufficient_privilege.
const NOT_ALLOWED: &str = "42501";
/// SQLSTATE undefined_function: nothing was migrated here, though another database of the server was.
const NO_SUCH_FUNCTION: &str = "42883";

/// How long a connection is taken to be good after it answered.
const TRUSTED: Duration = Duration::from_secs(1);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Why a program cannot start on this database.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be read.
    #[error("DATABASE_URL cannot be read: {0}; it looks like postgres://user@host:5432/name")]
    Address(#[source] sqlx::Error),
    /// The database is out of reach.
    #[error("cannot connect to the database: {0}")]
    Connect(#[source] sqlx::Error),
    /// The schema is older than this program.
    #[error("the database's schema is at step {found} and this program needs {needed}: run `atr migrate`")]
    Schema {
        /// The newest step found.
        found: i64,
        /// The newest step this program knows.
        needed: i64,
    },
    /// The role would see every tenant.
    #[error(
        "the database role {role} {why}, so row-level policies do not bind it: use a role that is a member of atr_app"
    )]
    Role {
        /// The role that connections run as.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The login may not act as the role of programs.
    #[error(
        "the database login {login} may not act as {ROLE}: run `grant {ROLE} to {login}` as the database's owner, or use \
         the login of a member"
    )]
    Login {
        /// The login.
        login: String,
    },
    /// The database does not say whether it is fit.
    #[error("cannot ask the database for its role and schema: {0}")]
    Ask(#[source] sqlx::Error),
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The server is too old.
    #[error("PostgreSQL {0} is too old: 15 or newer is needed")]
    Version(u32),
}

/// How to connect.
#[derive(Debug, Clone)]
pub struct Connect {
    /// `postgres://…`
    pub url: String,
    /// The most connections to hold.
    pub connections: u32,
    /// The clock of everything done through the store.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
}

/// Brings the schema up to date, as the database's owner. Safe to run at once from several programs.
///
/// # Errors
/// If the database is out of reach, too old, or a step fails.
pub async fn migrate(url: &str) -> Result<(), StartError> {
    let (mut connection, _) = reach(url).await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await.map_err(StartError::Connect)
}

/// Which PostgreSQL answers at an address.
///
/// # Errors
/// If none does, or it is too old.
pub async fn server_version(url: &str) -> Result<u32, StartError> {
    let (connection, version) = reach(url).await?;
    connection.close().await.map_err(StartError::Connect)?;
    Ok(version)
}

async fn reach(url: &str) -> Result<(PgConnection, u32), StartError> {
    let options: PgConnectOptions = url.parse().map_err(StartError::Address)?;
    let connection = PgConnection::connect_with(&options).await.map_err(StartError::Connect)?;
    let version = connection.server_version_num().unwrap_or(0) / 10_000;
    if version < 15 { Err(StartError::Version(version)) } else { Ok((connection, version)) }
}

/// The database, as programs see it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) bell: Bell,
    pub(crate) changes: Bell,
    installation: Uuid,
}

impl Store {
    /// Connects, and checks schema and role.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn connect(how: Connect) -> Result<Self, StartError> {
        let options: PgConnectOptions = how.url.parse().map_err(StartError::Address)?;
        // The role as a start-up option, so that RESET ROLE comes back to it. Plans are made anew for each execution: one
        // that was kept from when a table was empty, or for another tenant's size, is the wrong one for good (measured:
        // seconds instead of milliseconds to claim a batch, until the next ANALYZE). And none is compiled: what is asked
        // for here is short, whatever it is thought to cost (measured: 345 ms to compile a claim of 1 ms).
        let settings = [("role", ROLE), ("plan_cache_mode", "force_custom_plan"), ("jit", "off")];
        let options = options.options(settings).application_name("atr");
        let login = options.get_username().to_owned();
        let pool = PgPoolOptions::new()
            .max_connections(how.connections)
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    // One that was given back answered then: what served a moment ago is not asked again for each use.
                    if meta.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await
            .map_err(|error| refused(error, login))?;
        check_role(&pool).await?;
        check_schema(&pool).await?;
        let installation = sqlx::query_scalar!("select id from installation").fetch_one(&pool).await;
        let installation = installation.map_err(StartError::Connect)?;
        let (bell, changes) = (Bell::for_stages(pool.clone()), change::bell(pool.clone()));
        Ok(Self { pool, clock: how.clock, ids: how.ids, bell, changes, installation })
    }

    /// Opens a transaction for one project.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn begin(&self, project: ProjectId) -> Result<Tx> {
        Tx::begin(self, project, "").await
    }

    /// Opens a transaction for one project that sees the database as it is at its first statement, however long it
    /// takes (REPEATABLE READ).
    ///
    /// # Errors
    /// If the database is out of reach.
    pub async fn begin_frozen(&self, project: ProjectId) -> Result<Tx> {
        Tx::begin(self, project, "isolation level repeatable read").await
    }

    /// What names this installation among those that share a broker.
    pub fn installation(&self) -> Uuid {
        self.installation
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where ids come from.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Rings for what was enqueued and changed, and closes every connection after those in use are given back.
    pub async fn close(&self) {
        self.bell.flush(&self.pool).await;
        self.changes.flush(&self.pool).await;
        self.pool.close().await;
    }
}

/// Why the server let nobody in. It checks the role of the start-up options after the login.
fn refused(error: sqlx::Error, login: String) -> StartError {
    let about_role = error.as_database_error().filter(|refusal| refusal.message().contains(ROLE));
    match about_role.and_then(|refusal| refusal.code()).as_deref() {
        Some(NO_SUCH_VALUE) => StartError::Schema { found: 0, needed: newest_step() },
        Some(NOT_ALLOWED) => StartError::Login { login },
        _ => StartError::Connect(error),
    }
}

fn newest_step() -> i64 {
    MIGRATIONS.iter().map(|step| step.version).max().unwrap_or(0)
}

async fn check_role(pool: &PgPool) -> Result<(), StartError> {
    let role = sqlx::query!(
        r#"
        select r.rolname as "name!", r.rolsuper as "superuser!", r.rolbypassrls as "bypasses!",
               exists (select from pg_class c
                       where c.relowner = r.oid and c.relnamespace = 'public'::regnamespace) as "owns!"
        from pg_roles r where r.rolname = current_user
        "#
    )
    .fetch_one(pool)
    .await
    .map_err(StartError::Ask)?;
    let why = if role.superuser {
        "is a superuser"
    } else if role.bypasses {
        "has BYPASSRLS"
    } else if role.owns {
        "owns tables"
    } else {
        return Ok(());
    };
    Err(StartError::Role { role: role.name, why })
}

async fn check_schema(pool: &PgPool) -> Result<(), StartError> {
    let needed = newest_step();
    let found = match sqlx::query_scalar!(r#"select schema_step() as "step!""#).fetch_one(pool).await {
        Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some(NO_SUCH_FUNCTION) => 0,
        answer => answer.map_err(StartError::Ask)?,
    };
    if found < needed { Err(StartError::Schema { found, needed }) } else { Ok(()) }
}
