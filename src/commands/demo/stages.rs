//! What the stages of a turn did, by their own records and tasks: what is there now less what was there before it.

use std::collections::{BTreeMap, BTreeSet};

use atr_core::{
    domain::assignment::Assignment,
    store::{ClaimCounts, RecordCounts, Routable, StageWork, Tx},
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// One stage of a turn: what went in, what came out, and why the rest fell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StageReport {
    pub(super) stage: &'static str,
    #[serde(rename = "in")]
    pub(super) went_in: i64,
    #[serde(rename = "out")]
    pub(super) came_out: i64,
    /// Why the rest is not in what came out.
    pub(super) fell: BTreeMap<String, i64>,
    pub(super) seconds: f64,
}

impl StageReport {
    pub(super) fn new(stage: &'static str, went_in: i64, came_out: i64, seconds: f64) -> Self {
        Self { stage, went_in, came_out, fell: BTreeMap::new(), seconds }
    }

    pub(super) fn fell(mut self, why: impl Into<String>, many: i64) -> Self {
        if many > 0 {
            *self.fell.entry(why.into()).or_default() += many;
        }
        self
    }
}

/// What a project holds at a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) records: RecordCounts,
    pub(super) claims: ClaimCounts,
    pub(super) derived: BTreeMap<String, i64>,
}

impl Held {
    pub(super) async fn read(tx: &mut Tx) -> anyhow::Result<Self> {
        Ok(Self {
            records: tx.record_counts().await?,
            claims: tx.claim_counts().await?,
            derived: tx.derived_counts().await?.into_iter().collect(),
        })
    }
}

/// What was there before a turn, and what its stages have done since.
#[derive(Debug, Clone)]
pub(super) struct Since {
    began: DateTime<Utc>,
    before: Held,
}

impl Since {
    pub(super) async fn now(tx: &mut Tx) -> anyhow::Result<Self> {
        Ok(Self { began: tx.now(), before: Held::read(tx).await? })
    }

    /// Claims, records and rows of the turn so far, and its stages' tasks.
    pub(super) async fn read(&self, tx: &mut Tx) -> anyhow::Result<Done> {
        let now = Held::read(tx).await?;
        let before = &self.before;
        let derived = now.derived.iter().map(|(what, many)| {
            let less = before.derived.get(what).copied().unwrap_or(0);
            (what.clone(), many - less)
        });
        Ok(Done {
            claims: ClaimCounts {
                supported: now.claims.supported - before.claims.supported,
                contradicted: now.claims.contradicted - before.claims.contradicted,
                unverifiable: now.claims.unverifiable - before.claims.unverifiable,
                idle: now.claims.idle - before.claims.idle,
            },
            derived: derived.collect(),
            yielded: now.records.reviews_with_yield - before.records.reviews_with_yield,
            consensuses: now.records.consensuses - before.records.consensuses,
            groups: now.records.groups_agreed - before.records.groups_agreed,
            scores: now.records.scores - before.records.scores,
            traces: now.records.traces_scored - before.records.traces_scored,
            work: tx.stage_work_since(self.began).await?,
        })
    }
}

/// What was done since.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) claims: ClaimCounts,
    pub(super) derived: BTreeMap<String, i64>,
    yielded: i64,
    consensuses: i64,
    groups: i64,
    pub(super) scores: i64,
    pub(super) traces: i64,
    work: Vec<StageWork>,
}

impl Done {
    /// From when a stage's first task was enqueued until its last was done; 0 where it had none.
    pub(super) fn seconds(&self, stage: &str) -> f64 {
        self.work.iter().find(|work| work.stage == stage).map_or(0.0, |work| work.seconds)
    }

    fn tasks(&self, stage: &str) -> i64 {
        self.work.iter().find(|work| work.stage == stage).map_or(0, |work| work.tasks)
    }

    /// Claims in, those that facts decide out.
    pub(super) fn verify(&self) -> StageReport {
        let ClaimCounts { supported, contradicted, unverifiable, idle } = self.claims;
        let decided = supported + contradicted;
        StageReport::new("verify", decided + unverifiable + idle, decided, self.seconds("verify"))
            .fell("unverifiable", unverifiable)
            .fell("assert nothing", idle)
    }

    /// Comparisons in, questions whose chains are compared out.
    pub(super) fn consensus(&self) -> StageReport {
        StageReport::new("consensus", self.consensuses, self.groups, self.seconds("consensus"))
            .fell("compared again with later chains or of an earlier turn", self.consensuses - self.groups)
    }

    /// Scores in, traces that have one out.
    pub(super) fn score(&self) -> StageReport {
        StageReport::new("score", self.scores, self.traces, self.seconds("score"))
            .fell("scored again for what came later", self.scores - self.traces)
    }

    /// Reviews in, those that yielded rows or cases out.
    pub(super) fn derive(&self) -> StageReport {
        let reviews = self.tasks("derive");
        StageReport::new("derive", reviews, self.yielded, self.seconds("derive"))
            .fell("yield nothing", reviews - self.yielded)
    }
}

/// What could be routed in, what was given to the one expert out.
pub(super) fn routed(routable: &[Routable], items: &[Assignment], seconds: f64) -> StageReport {
    let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let given: BTreeSet<_> = items.iter().map(|item| item.trace).collect();
    let asked: BTreeSet<_> = routable.iter().filter(|one| given.contains(&one.trace)).map(|one| one.question).collect();
    let left = routable.iter().filter(|one| !given.contains(&one.trace));
    let (again, beyond): (Vec<_>, Vec<_>) = left.partition(|one| asked.contains(&one.question));
    StageReport::new("route", whole(routable.len()), whole(given.len()), seconds)
        .fell("another chain of the question was given", whole(again.len()))
        .fell("beyond the week's capacity", whole(beyond.len()))
}
