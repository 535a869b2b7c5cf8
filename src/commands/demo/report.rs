//! What the demo says: in words as it goes, or one JSON object at the end.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use atr_core::{
    domain::{
        assignment::Assignment,
        evaluation::{Evaluation, Promotion, PromotionDecision},
        snapshot::Snapshot,
        training::TrainingJob,
    },
    ids::TraceId,
    store::{Project, Tx},
};
use atr_workers::stages::snapshot::{Manifest, Rowless};
use serde_json::{Value, json};

use super::{
    account::Accounted,
    data::{Data, Split},
    stages::{Done, StageReport},
};
use crate::commands::{client::Account, measured, output::Output};

fn of_door(stage: &'static str, account: &Account, took: Duration) -> StageReport {
    StageReport::new(stage, whole(account.received), whole(account.stored), took.as_secs_f64())
        .fell("duplicate", whole(account.duplicates))
        .fell("quarantined", whole(account.quarantined))
        .fell("filtered", whole(account.filtered))
        .fell("rejected", whole(account.rejected))
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
    /// Lines that were sent, by door.
    sent: BTreeMap<&'static str, i64>,
    held_out: Vec<String>,
    trained_on: Vec<String>,
    balance: Value,
}

impl Report {
    pub(super) fn new(out: Output, project: &Project, data: &Data) -> anyhow::Result<Self> {
        let report = Self {
            out,
            project: project.slug.clone(),
            turns: vec![],
            stages: vec![],
            notes: serde_json::Map::new(),
            sent: BTreeMap::new(),
            held_out: vec![],
            trained_on: vec![],
            balance: Value::Null,
        };
        let held_out = data.questions.values().filter(|question| question.split == Split::HeldOut).count();
        report.say(&format!(
            "Project {}: {} questions about facts that can be looked up, {} of them held out; {} recorded answers of\n\
             {} ({}, SHA-256 {}…).\n\
             What is trained here is the reward model, which then judges and routes the answers of the model that erred;\n\
             that model itself is not trained. The verdicts are made by a script from the fact table, in place of an expert;\n\
             of the steps it judges only those that arithmetic or the fact's own sentence decides, so stepwise rows are few.",
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

    /// What a door took in of so many lines, and what it said of those that it did not.
    pub(super) fn door(
        &mut self,
        (stage, door): (&'static str, &'static str),
        lines: usize,
        account: &Account,
        took: Duration,
    ) -> anyhow::Result<()> {
        *self.sent.entry(door).or_default() += i64::try_from(lines)?;
        self.stage(of_door(stage, account, took))?;
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

    /// What was found of the traces before anyone reviewed them.
    pub(super) fn judged(&mut self, done: &Done) -> anyhow::Result<()> {
        self.notes.insert("claims".to_owned(), json!(done.claims));
        self.stage(done.verify())?;
        self.say(&format!(
            "             of the claims facts support {} and contradict {}",
            done.claims.supported, done.claims.contradicted
        ))?;
        self.stage(done.consensus())?;
        self.stage(done.score())
    }

    pub(super) fn routed(
        &mut self,
        stage: StageReport,
        items: &[Assignment],
        external_id: impl Fn(TraceId) -> Option<String>,
        data: &Data,
    ) -> anyhow::Result<()> {
        self.stage(stage)?;
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

    pub(super) fn derived(&mut self, done: &Done) -> anyhow::Result<()> {
        self.stage(done.derive())?;
        let words: Vec<String> = done.derived.iter().map(|(what, n)| format!("{n} {what}")).collect();
        self.say(&format!("             {}", words.join(", ")))?;
        self.notes.insert("derived".to_owned(), json!(done.derived));
        Ok(())
    }

    pub(super) async fn snapshot(
        &mut self,
        tx: &mut Tx,
        snapshot: &Snapshot,
        manifest: &Manifest,
        done: &Done,
    ) -> anyhow::Result<()> {
        let decisions = tx.decision_counts(snapshot.id).await?;
        let kept: i64 = decisions.iter().filter(|count| count.reason == "kept").map(|count| count.members).sum();
        let curated = StageReport::new("curate", snapshot.members.into(), kept, done.seconds("curate"));
        let fell = decisions.iter().filter(|count| count.reason != "kept");
        self.stage(fell.fold(curated, |stage, count| stage.fell(count.reason.replace('_', " "), count.members)))?;

        let rows: u64 = manifest.counts.rows.values().sum();
        let merged: u64 = manifest.counts.rowless.values().filter_map(|why| why.get(&Rowless::Merged)).sum();
        let seconds = done.seconds("snapshot");
        self.stage(
            StageReport::new("snapshot", whole(rows + merged), whole(rows), seconds)
                .fell("say the same as an earlier row", whole(merged)),
        )?;
        let formats: Vec<String> =
            manifest.counts.rows.iter().map(|(format, rows)| format!("{rows} {}", format.name())).collect();
        let hex =
            |digest: &Option<_>| digest.map_or_else(String::new, |digest: atr_core::hash::Digest| digest.to_string());
        let root = hex(&snapshot.merkle_root);
        self.say(&format!(
            "             rows: {}\n             {} “{}”, {} files, Merkle root {}…",
            formats.join(", "),
            snapshot.id,
            snapshot.name,
            manifest.files.len(),
            root.get(..16).unwrap_or_default()
        ))?;
        self.notes.insert(
            "snapshot".to_owned(),
            json!({
                "id": snapshot.id, "name": snapshot.name, "parent": snapshot.parent, "members": snapshot.members,
                "kept": kept, "rows": manifest.counts.rows, "rowless": manifest.counts.rowless,
                "membership_root": snapshot.membership_root.to_string(), "merkle_root": root,
                "manifest_hash": hex(&snapshot.manifest_hash),
            }),
        );
        Ok(())
    }

    /// The rows that the trainer was given and those that it says it read, and the model that it made.
    pub(super) async fn trained(&mut self, tx: &mut Tx, job: &TrainingJob, done: &Done) -> anyhow::Result<()> {
        let given = job.specification.as_ref().and_then(|spec| spec["snapshot"]["files"][0]["rows"].as_i64());
        let model = job.produced_model.context("the job made no model")?;
        let model = tx.models_by_id(&[model]).await?.pop().context("the model is gone")?;
        let read = model.metadata["training"]["rows"].as_i64();
        let (given, read) = (given.context("the job names no rows")?, read.context("the trainer told no rows")?);
        self.stage(StageReport::new("train", given, read, done.seconds("train")).fell("not read", given - read))?;
        self.notes.insert("model".to_owned(), json!({ "id": model.id, "name": model.name }));
        Ok(())
    }

    pub(super) fn measured(
        &mut self,
        turn: u32,
        snapshot: &Snapshot,
        job: &TrainingJob,
        evaluation: &Evaluation,
        (held_out, done): (i64, &Done),
        promotion: &Promotion,
    ) -> anyhow::Result<()> {
        let cases = i64::from(evaluation.of.cases);
        let seconds = done.seconds("evaluate");
        self.stage(StageReport::new("evaluate", held_out, cases, seconds).fell("trained on", held_out - cases))?;
        let decided = &promotion.of;
        let promoted = i64::from(decided.decision == PromotionDecision::Promoted);
        let seconds = done.seconds("promote");
        self.stage(StageReport::new("promote", 1, promoted, seconds).fell(decided.decision.word(), 1 - promoted))?;
        self.say(&format!("             {}: {}", decided.decision, decided.reason))?;
        let before = measured::baseline(evaluation.of.measures.baseline).unwrap_or("nothing is before");
        self.held_out.push(format!("  {turn}     {before}"));
        let in_turn = |row: String| format!("  {turn}     {row}");
        self.held_out.extend(measured::held_out_rows(&evaluation.of.measures).map(in_turn));
        self.trained_on.extend(measured::regression_rows(&evaluation.of.measures).map(in_turn));
        let mut turned = json!({
            "turn": turn,
            "stages": std::mem::take(&mut self.stages),
            "job": { "id": job.id, "state": job.state, "snapshot": snapshot.id },
            "evaluation": measured::evaluation(evaluation),
            "promotion": measured::promotion(promotion),
        });
        if let Some(object) = turned.as_object_mut() {
            object.append(&mut self.notes);
        }
        self.turns.push(turned);
        Ok(())
    }

    /// What became of all that was sent. Fails where that is not what the tables hold.
    pub(super) fn balance(&mut self, doors: Vec<Accounted>) -> anyhow::Result<()> {
        self.say("\nEverything that was sent (received = stored + duplicate + quarantined + filtered + rejected)")?;
        let mut rows = serde_json::Map::new();
        for door in doors {
            let door = Accounted { sent: self.sent.get(door.door).copied().unwrap_or(0), ..door };
            door.check()?;
            let of = door.became;
            self.say(&format!(
                "  {:10} {:>6} = {} + {} + {} + {} + {}",
                door.door, door.sent, of.stored, of.duplicate, of.quarantined, of.filtered, of.rejected
            ))?;
            let mut row = json!(of);
            row["received"] = json!(of.received());
            row["sent"] = json!(door.sent);
            row["kept"] = json!(door.kept);
            rows.insert(door.door.to_owned(), row);
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
             turn  {}",
            measured::header()
        ))?;
        self.say(&self.held_out.join("\n"))?;
        self.say(&format!(
            "\nOn corrected wrong answers, which were trained on (turn 2: by the model after it, not by the one before): what\n\
             was learnt, not what would be known of new questions\n  turn  {}",
            measured::header()
        ))?;
        self.say(&self.trained_on.join("\n"))?;
        self.say(&format!("\nThe loop turned twice in {:.0} seconds.", took.as_secs_f64()))
    }

    pub(super) fn invite(&self, address: &str, project: &str, key: &str, first: Option<&str>) -> anyhow::Result<()> {
        self.say(&format!(
            "\nThe service goes on until Ctrl-C:\n  GraphQL, with GraphiQL for browsers   {address}/graphql\n  \
             health, readiness, metrics            {address}/healthz  /readyz  /metrics\n  \
             every door, as OpenAPI describes it   {address}/openapi.json\n  \
             a key to the project {project}, shown this once: {key}"
        ))?;
        match first {
            Some(first) => self.say(&format!("  the operator's first key, shown this once: {first}")),
            None => Ok(()),
        }
    }
}
