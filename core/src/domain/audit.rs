//! The audit log: who did what, when, from where; each entry chained to the one before, so that one that is changed or
//! taken away shows.
//!
//! An entry's hash covers the hash before it, its place, time and action, and a commitment to the rest: BLAKE3 over a salt
//! of its own and what may be personal (who, from where, on what). Without its salt an entry tells nothing, and the chain
//! still holds.

use std::net::IpAddr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{access::Role, words};
use crate::{
    hash::{self, Digest},
    ids::{ApiKeyId, AuditEntryId, ProjectId},
};

words! {
    /// What was done.
    Action {
        /// A project was made.
        ProjectCreated = "project.created",
        /// The bound of a project's unfinished tasks was set.
        BacklogBoundSet = "project.backlog_bound_set",
        /// The rule of which assembled traces are kept was changed.
        KeepRuleChanged = "project.keep_rule_changed",
        /// When the weekly review opens and is due was changed.
        ReviewCalendarChanged = "project.review_calendar_changed",
        /// How experts' time is divided was changed.
        RoutingPolicyChanged = "project.routing_policy_changed",
        /// How much each term of the reward counts was changed.
        RewardFormulaSet = "project.reward_formula_set",
        /// What is replaced in texts before they are stored was changed.
        RedactionChanged = "project.redaction_changed",
        /// A key was made.
        KeyCreated = "key.created",
        /// A key was made in another's place, which ends soon.
        KeyRotated = "key.rotated",
        /// A key was withdrawn.
        KeyRevoked = "key.revoked",
        /// Someone was invited to sign in.
        PersonInvited = "person.invited",
        /// Someone signs in no more.
        PersonDeactivated = "person.deactivated",
        /// Someone chose a password, by their invitation.
        PasswordChosen = "person.password_chosen",
        /// A link was made by which someone signs in, once.
        LinkMade = "person.link_made",
        /// Someone signed in by their password.
        SignedIn = "person.signed_in",
        /// Someone signed in by a link.
        SignedInByLink = "person.signed_in_by_link",
        /// Someone signed in at the provider of OpenID Connect.
        SignedInByOidc = "person.signed_in_by_oidc",
        /// Who someone is to the provider was noted, as they signed in there for the first time.
        IdentityBound = "person.identity_bound",
        /// Someone signed out.
        SignedOut = "person.signed_out",
        /// An expert was entered.
        ExpertEntered = "expert.entered",
        /// What of an expert may change was changed.
        ExpertChanged = "expert.changed",
        /// An expert gave back an item that they held.
        AssignmentReturned = "assignment.returned",
        /// An expert took an item that others had left.
        AssignmentTaken = "assignment.taken",
        /// How answers are to be judged was written.
        GuidelineWritten = "guideline.written",
        /// What is known of a trace was entered.
        GoldEntered = "gold.entered",
        /// A gold item is asked about no more.
        GoldRetired = "gold.retired",
        /// What experts disagreed on was decided.
        Adjudicated = "review.adjudicated",
        /// A week's items were to be routed.
        ReviewsRouted = "reviews.routed",
        /// A program is told of the weekly review.
        WebhookAdded = "webhook.added",
        /// A program is told of it no more.
        WebhookRemoved = "webhook.removed",
        /// A fact was vouched for, put in doubt or retracted.
        FactStateChanged = "fact.state_changed",
        /// A copy of a source was sent.
        SourceCopyKept = "source.copy_kept",
        /// A source was to be fetched.
        SourceFetchAsked = "source.fetch_asked",
        /// After how many hours a source is to be read again was said.
        SourceRefreshSet = "source.refresh_set",
        /// A snapshot was asked for.
        SnapshotRequested = "snapshot.requested",
        /// A training job was asked for.
        JobStarted = "job.started",
        /// A training job was given up.
        JobCancelled = "job.cancelled",
        /// A model was brought into use by hand.
        ModelPromoted = "model.promoted",
        /// The model before was brought into use again.
        ModelRolledBack = "model.rolled_back",
        /// A dead task was tried again.
        TaskReplayed = "task.replayed",
        /// Dead tasks were tried again together.
        TasksReplayed = "tasks.replayed",
        /// Items of the quarantine were tried again.
        QuarantineReplayed = "quarantine.replayed",
        /// Items of the quarantine were discarded.
        QuarantineDiscarded = "quarantine.discarded",
        /// Pictures without a reading were to be read.
        PicturesReread = "pictures.reread",
        /// A waiting task was given up.
        TaskCancelled = "task.cancelled",
        /// A stage was paused.
        StagePaused = "stage.paused",
        /// A paused stage was let go on.
        StageResumed = "stage.resumed",
    }
}

/// Something done, by whom and from where: an entry to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The key it was done with; none for a command beside the database.
    pub key: Option<ApiKeyId>,
    /// As what.
    pub role: Role,
    /// The address it was asked from; none for a command beside the database.
    pub origin: Option<IpAddr>,
    /// What.
    pub action: Action,
    /// On what: an id, or the word of what has none.
    pub subject: String,
    /// The hash of what the subject was like before ([`state_hash`]); none where it was not there.
    pub before: Option<Digest>,
    /// The hash of what it is like since; none where it is no more.
    pub after: Option<Digest>,
}

/// The hash by which an entry names a state of its subject.
pub fn state_hash(state: &impl Serialize) -> Digest {
    hash::of_json(state)
}

/// An entry of a project's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// Its place in its project's log, from 1 on, without a gap.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub deed: Deed,
    /// The hash of the entry before; of the first one, 32 zero bytes.
    pub previous: Digest,
    /// Its own hash.
    pub hash: Digest,
}

/// The hash before the first entry.
pub const BEGINNING: Digest = Digest::from_bytes([0; 32]);

/// The salt of an entry.
pub type Salt = [u8; 32];

/// The hash of an entry, which binds it to the one before.
pub fn link(
    previous: &Digest,
    project: ProjectId,
    sequence: i64,
    at: DateTime<Utc>,
    action: Action,
    commitment: &Digest,
) -> Digest {
    hash::of_json(&serde_json::json!({
        "previous": previous.to_hex().as_str(), "project": project, "sequence": sequence,
        "at": at.to_rfc3339_opts(SecondsFormat::Micros, true), "action": action,
        "commitment": commitment.to_hex().as_str(),
    }))
}

/// The commitment to who did it, from where and on what.
pub fn commitment(salt: &Salt, deed: &Deed) -> Digest {
    let hex = |digest: &Option<Digest>| digest.map(|digest| digest.to_hex().to_string());
    let committed = serde_json::json!({
        "key": deed.key, "role": deed.role, "origin": deed.origin, "subject": deed.subject,
        "before": hex(&deed.before), "after": hex(&deed.after),
    });
    blake3::Hasher::new().update(salt).update(hash::of_json(&committed).as_bytes()).finalize()
}

/// Where a log ends: what a later look at the log is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The place of the last entry; 0 of an empty log.
    pub sequence: i64,
    /// Its hash.
    pub hash: Digest,
}

/// Follows a log from its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    project: ProjectId,
    head: Head,
}

impl Chain {
    /// At the beginning of a project's log.
    pub fn new(project: ProjectId) -> Self {
        Self { project, head: Head { sequence: 0, hash: BEGINNING } }
    }

    /// How far it was followed.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Goes on to the next entry, with its salt.
    ///
    /// # Errors
    /// In words, how the entry is not what follows.
    pub fn follow(&mut self, entry: &AuditEntry, salt: &Salt) -> Result<(), String> {
        let next = self.head.sequence + 1;
        if entry.sequence != next {
            return Err(format!("entry {next} is missing: entry {} follows {}", entry.sequence, self.head.sequence));
        }
        if entry.previous != self.head.hash {
            return Err(format!("entry {next} does not follow from the one before it, which was changed or replaced"));
        }
        let commitment = commitment(salt, &entry.deed);
        if link(&entry.previous, self.project, next, entry.at, entry.deed.action, &commitment) != entry.hash {
            return Err(format!("entry {next} was changed since it was written"));
        }
        self.head = Head { sequence: next, hash: entry.hash };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    use super::*;
    use crate::ids::Id;

    fn project() -> ProjectId {
        ProjectId::from_uuid(uuid::Uuid::from_u128(1))
    }

    /// A log of so many entries, each with its salt.
    fn log(entries: u8) -> Vec<(AuditEntry, Salt)> {
        let mut head = Chain::new(project()).head();
        let mut log = vec![];
        for place in 1..=entries {
            let deed = Deed {
                key: None,
                role: Role::Admin,
                origin: Some(IpAddr::from([10, 0, 0, place])),
                action: Action::KeyRevoked,
                subject: format!("key {place}"),
                before: None,
                after: Some(state_hash(&place)),
            };
            let salt = [place; 32];
            let at = Utc.timestamp_opt(1_800_000_000 + i64::from(place), 0).single().expect("a time");
            let sequence = i64::from(place);
            let hash = link(&head.hash, project(), sequence, at, deed.action, &commitment(&salt, &deed));
            let id = AuditEntryId::from_uuid(uuid::Uuid::from_u128(u128::from(place)));
            log.push((AuditEntry { id, sequence, at, deed, previous: head.hash, hash }, salt));
            head = Head { sequence, hash };
        }
        log
    }

    fn followed(log: &[(AuditEntry, Salt)]) -> Result<Head, String> {
        let mut chain = Chain::new(project());
        for (entry, salt) in log {
            chain.follow(entry, salt)?;
        }
        Ok(chain.head())
    }

    proptest! {
        #[test]
        fn whatever_is_changed_or_taken_away_before_the_end_shows(entries in 2_u8..20, at in 0_usize..20, how in 0..7) {
            let mut log = log(entries);
            let at = at % (log.len() - 1);
            prop_assert_eq!(followed(&log).expect("whole").sequence, i64::from(entries));
            let entry = &mut log[at].0;
            match how {
                0 => { log.remove(at); }
                1 => entry.deed.subject.push('!'),
                2 => entry.deed.origin = None,
                3 => entry.deed.after = None,
                4 => entry.deed.role = Role::Operator,
                5 => entry.at += chrono::TimeDelta::microseconds(1),
                _ => log.swap(at, at + 1),
            }
            prop_assert!(followed(&log).is_err());
        }
    }

    #[test]
    fn an_entry_that_is_rewritten_with_its_hash_does_not_fit_the_next() {
        let mut log = log(3);
        let (entry, salt) = &mut log[1];
        entry.deed.subject = "another".to_owned();
        let anew = commitment(salt, &entry.deed);
        entry.hash = link(&entry.previous, project(), entry.sequence, entry.at, entry.deed.action, &anew);
        assert!(followed(&log).expect_err("it shows").contains("entry 3"));
    }
}
