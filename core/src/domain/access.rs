//! Who may do what.

use super::{Rejection, words};

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
        Trainer = "trainer",
        /// Reviews, and reads nothing but what that takes.
        Expert = "expert",
        /// Sends traces.
        Ingest = "ingest",
        /// Reads everything, and changes nothing.
        Auditor = "auditor",
    }
}

words! {
    /// What can be permitted. A key's scopes are some of these.
    Permission {
        /// Read the project's records.
        Read = "read",
        /// Send traces.
        Ingest = "ingest",
        /// Enter sources and facts, and retract them.
        Curate = "curate",
        /// Review, and read what a judgement is made with: traces, facts, and one's own items and reviews.
        Review = "review",
        /// Ask for snapshots, jobs, promotions and roll-backs.
        Train = "train",
        /// Read who may enter, and what was done by whom.
        Audit = "audit",
        /// Make keys and experts, route, and tend the queue.
        Administer = "administer",
        /// Make projects and enter any of them.
        Operate = "operate",
    }
}

impl Role {
    /// Whether the role permits it.
    pub fn may(self, what: Permission) -> bool {
        use Permission::{Audit, Curate, Ingest, Operate, Read, Review, Train};
        match self {
            Self::Operator => true,
            Self::Admin => what != Operate,
            Self::Curator => matches!(what, Read | Curate),
            Self::Trainer => matches!(what, Read | Train),
            Self::Expert => matches!(what, Review),
            Self::Ingest => matches!(what, Ingest),
            Self::Auditor => matches!(what, Read | Audit),
        }
    }
}

/// What a key is narrowed to: its role's permissions, or some of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Option<Vec<Permission>>);

impl Scopes {
    /// All that the role permits.
    pub const WHOLE: Self = Self(None);

    /// Some of what the role permits: at least one, each once, in order.
    ///
    /// # Errors
    /// If there are none, or the role does not permit one.
    pub fn of(role: Role, mut scopes: Vec<Permission>) -> Result<Self, Rejection> {
        if scopes.is_empty() {
            return Err(Rejection::new("scopes", "give at least one, or leave it out for all that the role permits"));
        }
        if let Some(beyond) = scopes.iter().find(|scope| !role.may(**scope)) {
            let message = format!("the role {role} does not permit `{beyond}`: leave it out or choose another role");
            return Err(Rejection::new("scopes", message));
        }
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Self(Some(scopes)))
    }

    /// As they are stored.
    pub(crate) fn stored(scopes: Option<Vec<Permission>>) -> Self {
        Self(scopes)
    }

    /// The permissions it is narrowed to; `None` is all of the role's.
    pub fn listed(&self) -> Option<&[Permission]> {
        self.0.as_deref()
    }

    /// Whether it leaves the permission in.
    pub fn leave(&self, what: Permission) -> bool {
        self.0.as_ref().is_none_or(|scopes| scopes.contains(&what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_everything_and_changes_nothing() {
        let may: Vec<_> = Permission::ALL.iter().filter(|what| Role::Auditor.may(**what)).collect();
        assert_eq!(may, [&Permission::Read, &Permission::Audit]);
    }

    #[test]
    fn scopes_narrow_a_role_and_never_widen_it() {
        use Permission::{Administer, Audit, Read};
        let narrowed = Scopes::of(Role::Admin, vec![Audit, Read, Read]).expect("an admin may both");
        assert_eq!(narrowed.listed(), Some(&[Read, Audit][..]));
        assert!(narrowed.leave(Read) && !narrowed.leave(Administer));
        assert!(Scopes::WHOLE.leave(Administer));
        assert_eq!(Scopes::of(Role::Auditor, vec![Read, Administer]).expect_err("it may not").field, "scopes");
        assert_eq!(Scopes::of(Role::Auditor, vec![]).expect_err("none").field, "scopes");
    }
}
