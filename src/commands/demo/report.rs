//! What the demo says: in words as it goes, or one JSON object at the end.

use std::{collections::BTreeMap, time::Duration};

use atr_core::{
    domain::{
        evaluation::{Evaluation, Interval, MeasureName, Promotion},
        intake::Balance,
        judgement::Assignment,
        snapshot::Snapshot,
        training::TrainingJob,
    },
    ids::TraceId,
    store::{Project, Tx},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::data::{Data, Split};
use crate::{
    app::{Actor, App},
    commands::{client::Account, output::Output},
};

/// One stage of a turn: what went in, what came out, and why the rest fell.
#[derive(Debug, Clone, Serialize)]
struct StageReport {
    stage: &'static str,
    #[serde(rename = "in")]
    went_in: i64,
    #[serde(rename = "out")]
    came_out: i64,
    /// Why the rest is not in what came out.
    fell: BTreeMap<String, i64>,
    seconds: f64,
}

impl StageReport {
    fn of_door(stage: &'static str, account: &Account, took: Duration) -> Self {
        let counts = [
            ("duplicate", account.duplicates),
            ("quarantined", account.quarantined),
            ("filtered", account.filtered),
            ("rejected", account.rejected),
        ];
        let fell = counts.into_iter().filter(|(_, n)| *n > 0).map(|(why, n)| (why.to_owned(), whole(n))).collect();
        Self {
            stage,
            went_in: whole(account.received),
            came_out: whole(account.stored),
            fell,
            seconds: took.as_secs_f64(),
        }
    }
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Collects what happened.
#[derive(Debug)]
pub(super) struct Report {
    out: Output,
    project: String,
    turns: Vec<Value>,
    stages: Vec<StageReport>,
    notes: serde_json::Map<String, Value>,
    table: Vec<String>,
    balance: Value,
    balanced: bool,
}

impl Report {
    pub(super) fn new(out: Output, project: &Project, data: &Data) -> anyhow::Result<Self> {
        let report = Self {
            out,
            project: project.slug.clone(),
            turns: vec![],
            stages: vec![],
            notes: serde_json::Map::new(),
            table: vec![],
            balance: Value::Null,
            balanced: false,
        };
        let held_out = data.questions.values().filter(|question| question.split == Split::HeldOut).count();
        report.say(&format!(
            "Project {}: {} questions about facts that can be looked up, {} of them held out; {} recorded answers of\n\
             {} ({}, SHA-256 {}…).\n\
             What is trained here is the reward model, which then judges and routes the answers of the model that erred;\n\
             that model itself is not trained. The verdicts are made by a script from the fact table, in place of an expert.",
            project.slug,
            data.questions.len(),
            held_out,
            data.answers.len(),
            data.recording.model,
            data.recording.quantisation,
            &data.recording.sha256[..12],
        ))?;
        Ok(report)
    }

    fn say(&self, text: &str) -> anyhow::Result<()> {
        if self.out.is_json() { Ok(()) } else { self.out.line(text) }
    }

    pub(super) fn turn(&mut self, turn: u32) -> anyhow::Result<()> {
        self.say(&format!(
            "\nTurn {turn}\n  {:10} {:>6} {:>6} {:>8}  why the rest is not in it",
            "stage", "in", "out", "seconds"
        ))
    }

    /// What a door took in, and what it said of lines that it did not.
    pub(super) fn door(&mut self, stage: &'static str, account: &Account, took: Duration) -> anyhow::Result<()> {
        self.stage(StageReport::of_door(stage, account, took))?;
        for error in account.errors.iter().take(3) {
            self.say(&format!("             line {}: {}: {}", error.line, error.field, error.message))?;
        }
        Ok(())
    }

    fn stage(&mut self, stage: StageReport) -> anyhow::Result<()> {
        let fell: Vec<String> = stage.fell.iter().map(|(why, n)| format!("{n} {why}")).collect();
        self.say(&format!(
            "  {:10} {:>6} {:>6} {:>8.1}  {}",
            stage.stage,
            stage.went_in,
            stage.came_out,
            stage.seconds,
            fell.join(", ")
        ))?;
        self.stages.push(stage);
        Ok(())
    }

    /// What the verifier found of the claims of all traces so far.
    pub(super) async fn verified(&mut self, app: &App, actor: &Actor, took: Duration) -> anyhow::Result<()> {
        let counts = app.store.begin(actor.project).await?.claim_counts().await?;
        let came_out = counts.supported + counts.contradicted;
        let fell = BTreeMap::from([
            ("unverifiable".to_owned(), counts.unverifiable),
            ("assert nothing".to_owned(), counts.idle),
        ]);
        let went_in = came_out + counts.unverifiable + counts.idle;
        self.notes.insert("claims".to_owned(), json!(counts));
        self.stage(StageReport { stage: "verify", went_in, came_out, fell, seconds: took.as_secs_f64() })?;
        self.say(&format!(
            "             of {went_in} claims so far facts support {} and contradict {}",
            counts.supported, counts.contradicted
        ))
    }

    pub(super) fn routed(
        &mut self,
        items: &[Assignment],
        external_id: impl Fn(TraceId) -> Option<String>,
        data: &Data,
        took: Duration,
    ) -> anyhow::Result<()> {
        let n = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let seconds = took.as_secs_f64();
        self.stage(StageReport { stage: "route", went_in: n, came_out: n, fell: BTreeMap::new(), seconds })?;
        let first: Vec<String> = items
            .iter()
            .take(3)
            .filter_map(|item| {
                let id = external_id(item.trace)?;
                let question = data.questions.get(id.rsplit_once('/')?.0)?;
                Some(format!("             {}. {} ({})", item.rank, question.question, item.reason.words))
            })
            .collect();
        self.say(&first.join("\n"))
    }

    pub(super) async fn derived(&mut self, app: &App, actor: &Actor) -> anyhow::Result<()> {
        let counts = app.store.begin(actor.project).await?.derived_counts().await?;
        let words: Vec<String> = counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
        self.say(&format!("  derive     so far {}", words.join(", ")))?;
        self.notes.insert("derived".to_owned(), json!(counts.into_iter().collect::<BTreeMap<_, _>>()));
        Ok(())
    }

    pub(super) async fn snapshot(&mut self, tx: &mut Tx, snapshot: &Snapshot, took: Duration) -> anyhow::Result<()> {
        let decisions = tx.decision_counts(snapshot.id).await?;
        let kept: i64 = decisions.iter().filter(|count| count.reason == "kept").map(|count| count.members).sum();
        let fell = decisions
            .iter()
            .filter(|count| count.reason != "kept")
            .map(|count| (count.reason.replace('_', " "), count.members))
            .collect();
        let seconds = took.as_secs_f64();
        self.stage(StageReport { stage: "snapshot", went_in: snapshot.members.into(), came_out: kept, fell, seconds })?;
        let files = tx.snapshot_files(snapshot.id).await?;
        let hex =
            |digest: &Option<_>| digest.map_or_else(String::new, |digest: atr_core::hash::Digest| digest.to_string());
        let root = hex(&snapshot.merkle_root);
        self.say(&format!(
            "             {} “{}”, {} files, Merkle root {}…",
            snapshot.id,
            snapshot.name,
            files.len(),
            root.get(..16).unwrap_or_default()
        ))?;
        self.notes.insert(
            "snapshot".to_owned(),
            json!({
                "id": snapshot.id, "name": snapshot.name, "parent": snapshot.parent, "members": snapshot.members,
                "kept": kept, "membership_root": snapshot.membership_root.to_string(), "merkle_root": root,
                "manifest_hash": hex(&snapshot.manifest_hash),
            }),
        );
        Ok(())
    }

    pub(super) async fn trained(&mut self, tx: &mut Tx, job: &TrainingJob, took: Duration) -> anyhow::Result<()> {
        let specification = job.specification.as_ref();
        let rows = specification.and_then(|spec| spec["snapshot"]["files"][0]["rows"].as_i64()).unwrap_or(0);
        let seconds = took.as_secs_f64();
        self.stage(StageReport { stage: "train", went_in: rows, came_out: 1, fell: BTreeMap::new(), seconds })?;
        if let Some(model) = job.produced_model
            && let Some(model) = tx.models_by_id(&[model]).await?.pop()
        {
            self.notes.insert("model".to_owned(), json!({ "id": model.id, "name": model.name }));
        }
        Ok(())
    }

    pub(super) fn measured(
        &mut self,
        turn: u32,
        snapshot: &Snapshot,
        job: &TrainingJob,
        evaluation: &Evaluation,
        promotion: &Promotion,
    ) -> anyhow::Result<()> {
        let decided = &promotion.of;
        self.say(&format!("  gate       {}: {}", decided.decision, decided.reason))?;
        for measure in &evaluation.of.measures.measures {
            let show = |interval: Option<Interval>| {
                interval.map_or_else(
                    || format!("{:^22}", "–"),
                    |of| format!("{:.3} ({:.3} to {:.3})", of.value, of.low, of.high),
                )
            };
            self.table.push(format!(
                "  {turn}     {:20} {:22}  {:22}  {}",
                words(measure.name),
                show(measure.before),
                show(Some(measure.after)),
                measure
                    .difference
                    .map_or_else(String::new, |of| format!("{:+.3} ({:+.3} to {:+.3})", of.value, of.low, of.high)),
            ));
        }
        let mut turned = json!({
            "turn": turn,
            "stages": std::mem::take(&mut self.stages),
            "job": { "id": job.id, "state": job.state, "snapshot": snapshot.id },
            "evaluation": {
                "id": evaluation.id, "cases": evaluation.of.cases, "questions": evaluation.of.questions,
                "cases_hash": evaluation.of.cases_hash.to_string(), "measures": evaluation.of.measures,
            },
            "promotion": { "id": promotion.id, "decision": decided.decision, "reason": decided.reason },
        });
        if let Some(object) = turned.as_object_mut() {
            object.append(&mut self.notes);
        }
        self.turns.push(turned);
        Ok(())
    }

    pub(super) fn balance(&mut self, doors: &BTreeMap<&'static str, Balance>) -> anyhow::Result<()> {
        self.say("\nEverything that came in (received = stored + duplicate + quarantined + filtered + rejected)")?;
        let mut rows = serde_json::Map::new();
        self.balanced = true;
        for (door, of) in doors {
            let sum = of.stored + of.duplicate + of.quarantined + of.filtered + of.rejected;
            self.balanced &= sum == of.received();
            self.say(&format!(
                "  {door:10} {:>6} = {} + {} + {} + {} + {}",
                of.received(),
                of.stored,
                of.duplicate,
                of.quarantined,
                of.filtered,
                of.rejected
            ))?;
            let mut row = json!(of);
            row["received"] = json!(of.received());
            rows.insert((*door).to_owned(), row);
        }
        self.balance = Value::Object(rows);
        Ok(())
    }

    pub(super) fn finish(&mut self, took: Duration) -> anyhow::Result<()> {
        if self.out.is_json() {
            let summary = json!({
                "project": self.project, "turns": self.turns, "balance": self.balance, "seconds": took.as_secs_f64(),
            });
            return self.out.line(&summary.to_string());
        }
        self.say(&format!(
            "\nOn the held-out questions, whose facts are in no snapshot and not in the store (95 % intervals by bootstrap)\n  \
             turn  {:20} {:22}  {:22}  difference",
            "measure", "before", "after"
        ))?;
        self.say(&self.table.join("\n"))?;
        self.say(&format!("\nThe loop turned twice in {:.0} seconds.", took.as_secs_f64()))
    }

    pub(super) fn invite(&self, address: &str, project: &str, key: &str, first: Option<&str>) -> anyhow::Result<()> {
        self.say(&format!(
            "\nThe service goes on until Ctrl-C:\n  GraphQL, with GraphiQL for browsers   {address}/graphql\n  \
             health, readiness, metrics            {address}/healthz  /readyz  /metrics\n  \
             a key to the project {project}, shown this once: {key}"
        ))?;
        match first {
            Some(first) => self.say(&format!("  the operator's first key, shown this once: {first}")),
            None => Ok(()),
        }
    }
}

fn words(name: MeasureName) -> &'static str {
    match name {
        MeasureName::Auroc => "AUROC",
        MeasureName::AurocWithinDomain => "… within a domain",
        MeasureName::PickAccuracy => "right when it picks",
        MeasureName::PickRandom => "… a random chain",
        MeasureName::PickLikeliest => "… the likeliest",
        MeasureName::Oracle => "… the best there is",
        MeasureName::RegressionsCaught => "mistakes caught",
    }
}
