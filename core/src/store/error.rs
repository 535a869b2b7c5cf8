//! What can go wrong in the store.

/// The result of a store call.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A fault of the store. Expected refusals are not faults: calls return them as data.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A named constraint refused the write.
    #[error("the database refused: {constraint}")]
    Constraint {
        /// The constraint's name in the schema.
        constraint: String,
        /// The database's error.
        #[source]
        source: sqlx::Error,
    },
    /// Two transactions were in each other's way; doing it again is safe and likely to work.
    #[error("another transaction was in the way; try again")]
    Conflict(#[source] sqlx::Error),
    /// The database is out of reach or failed.
    #[error("the database could not do it")]
    Database(#[source] sqlx::Error),
    /// A record holds what this program cannot read.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
    /// A task's lease is no longer held: another worker has it, or it was cancelled.
    #[error("the lease of task {0} is lost")]
    LeaseLost(crate::ids::TaskId),
}

impl StoreError {
    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Conflict(_) => true,
            Self::Database(error) => matches!(
                error,
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)
            ),
            Self::Constraint { .. } | Self::Corrupt(_) | Self::LeaseLost(_) => false,
        }
    }

    /// The name of the constraint that refused, if one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { constraint, .. } => Some(constraint),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(db) = error.as_database_error() {
            if let Some(constraint) = db.constraint() {
                return Self::Constraint { constraint: constraint.to_owned(), source: error };
            }
            // serialization_failure, deadlock_detected
            if matches!(db.code().as_deref(), Some("40001" | "40P01")) {
                return Self::Conflict(error);
            }
        }
        Self::Database(error)
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<crate::domain::UnknownWord> for StoreError {
    fn from(error: crate::domain::UnknownWord) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<std::convert::Infallible> for StoreError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
