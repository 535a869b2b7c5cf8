//! Who may do what.

use super::words;

words! {
    /// What the bearer of a key is here for.
    Role {
        /// Runs the installation: every project, and all that an admin may.
        Operator = "operator",
        /// Runs a project: all in it.
        Admin = "admin",
        /// Keeps the facts.
        Curator = "curator",
        /// Makes snapshots, trains and promotes.
        Engineer = "engineer",
        /// Reviews.
        Expert = "expert",
        /// Sends traces.
        Ingest = "ingest",
        /// Looks.
        Reader = "reader",
    }
}

/// What can be permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read the project's records.
    Read,
    /// Send traces.
    Ingest,
    /// Enter sources and facts, and retract them.
    Curate,
    /// Review.
    Review,
    /// Ask for snapshots, jobs, promotions and roll-backs.
    Train,
    /// Make keys and experts, route, and tend the queue.
    Administer,
    /// Make projects and enter any of them.
    Operate,
}

impl Role {
    /// Whether the role permits it.
    pub fn may(self, what: Permission) -> bool {
        use Permission::{Curate, Ingest, Operate, Read, Review, Train};
        match self {
            Self::Operator => true,
            Self::Admin => what != Operate,
            Self::Curator => matches!(what, Read | Curate),
            Self::Engineer => matches!(what, Read | Train),
            Self::Expert => matches!(what, Read | Review),
            Self::Ingest => matches!(what, Ingest),
            Self::Reader => matches!(what, Read),
        }
    }
}
