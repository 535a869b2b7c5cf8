//! One turn of the loop: facts, traces and reviews through the doors; then a snapshot, a job, an evaluation and the
//! gate.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use atr_core::{
    domain::{
        evaluation::{CasePurpose, Evaluation},
        expert::Expert,
        intake::Door,
        snapshot::{Snapshot, SnapshotState},
        training::{JobState, TrainingJob},
    },
    ids::TraceId,
    queue::State,
    store::{AssignmentFilter, PageRequest, TraceFilter},
};
use atr_workers::stages::{curate::Recipe, snapshot::Manifest};
use chrono::{Datelike, TimeDelta};
use serde_json::{Value, json};

use super::{
    account::Accounted,
    data::{Data, Fact, Split},
    report::Report,
    reviewer,
    stages::{self, Since},
    steps,
};
use crate::{
    app::{
        Actor, App,
        request_snapshot::{SnapshotRequest, request_snapshot},
        route_reviews,
        start_job::{JobRequest, start_job},
    },
    commands::client::Client,
};

/// How long stages may take to finish what was begun.
const PATIENCE: Duration = Duration::from_secs(600);

/// Seed of snapshots and jobs.
const SEED: u64 = 20_261_101;

/// What turns the loop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turner<'a> {
    pub(super) app: &'a App,
    pub(super) actor: &'a Actor,
    pub(super) client: &'a Client,
    pub(super) reviewer: &'a Client,
    pub(super) data: &'a Data,
    pub(super) expert: &'a Expert,
}

impl Turner<'_> {
    pub(super) async fn turn(&self, turn: u32, report: &mut Report) -> anyhow::Result<()> {
        report.turn(turn)?;
        let since = Since::now(&mut self.app.store.begin(self.actor.project).await?).await?;
        self.facts(turn, report).await?;
        self.traces(turn, &since, report).await?;
        self.review(turn, &since, report).await?;
        let snapshot = self.snapshot(turn, &since, report).await?;
        let (job, evaluation) = self.train(&snapshot, &since, report).await?;
        self.promotion(turn, &since, (&snapshot, &job, &evaluation), report).await
    }

    /// Sends lines through a door and tells what became of them.
    async fn send(
        &self,
        by: &Client,
        (stage, door): (&'static str, &'static str),
        lines: Vec<Value>,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let began = Instant::now();
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let account = by.ingest(door, body).await?;
        report.door((stage, door), lines.len(), &account, began.elapsed())?;
        self.drained().await
    }

    async fn facts(&self, turn: u32, report: &mut Report) -> anyhow::Result<()> {
        let facts = self.data.facts_of(turn);
        let lines = self.source_lines(&facts).chain(facts.iter().map(|fact| fact_line(fact)));
        self.send(self.client, ("facts", "grounding"), lines.collect(), report).await
    }

    fn source_lines<'a>(&'a self, facts: &[&'a Fact]) -> impl Iterator<Item = Value> + use<'a> {
        let used: Vec<String> = facts.iter().map(|fact| fact.source.clone()).collect();
        self.data.sources.iter().filter(move |source| used.contains(&source.id)).map(|source| {
            json!({
                "kind": "source", "external_id": source.id, "publisher": source.publisher, "title": source.title,
                "url": source.url, "licence": source.licence,
            })
        })
    }

    async fn traces(&self, turn: u32, since: &Since, report: &mut Report) -> anyhow::Result<()> {
        let recording = &self.data.recording;
        let lines = self.data.answers_of(turn).map(|(answer, question)| {
            json!({
                "external_id": external_id(&answer.question, answer.chain),
                "model": format!("{} {}", recording.model, recording.quantisation),
                "query": question.question,
                "answer": answer.answer,
                "steps": answer.steps.iter().map(|step| json!({ "text": step })).collect::<Vec<_>>(),
                "group": question.id,
                "split": if question.split == Split::HeldOut { "held_out" } else { "train" },
                "pillar": question.pillar,
                "domain": question.domain,
                "language": "en",
                "confidence": answer.mean_logprob.exp(),
                "signals": {
                    "mean_logprob": answer.mean_logprob, "min_logprob": answer.min_logprob,
                    "tokens": answer.tokens,
                },
                "source": "atr demo",
                "licence": recording.model_licence,
            })
        });
        self.send(self.client, ("traces", "traces"), lines.collect(), report).await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        report.judged(&since.read(&mut tx).await?)
    }

    /// The week's items first, as they were routed; then the rest, since a script does not tire.
    async fn review(&self, turn: u32, since: &Since, report: &mut Report) -> anyhow::Result<()> {
        // Each turn is a week: the first this week, the second the next.
        let today = self.app.store.clock().now().date_naive();
        let monday = today - TimeDelta::days(i64::from(today.weekday().num_days_from_monday()));
        let week = monday + TimeDelta::weeks(i64::from(turn - 1));
        let routable = self.app.store.begin(self.actor.project).await?.routable_traces(i64::MAX).await?;
        let cycle = route_reviews::route(self.app, self.actor, Some(week)).await?;
        self.drained().await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let filter = AssignmentFilter { expert: Some(self.expert.id), cycle: Some(cycle), state: None };
        let mut items = Vec::new();
        let mut page = PageRequest::first(atr_core::store::page::MOST);
        loop {
            let read = tx.assignments(&filter, page).await?;
            items.extend(read.rows);
            match items.last() {
                Some(last) if read.has_next => page = page.after(atr_core::ids::Id::uuid(last.id)),
                _ => break,
            }
        }
        items.sort_by_key(|item| item.rank);
        let traces = self.external_ids().await?;
        let seconds = since.read(&mut tx).await?.seconds("route");
        let stage = stages::routed(&routable, &items, seconds);
        report.routed(stage, &items, |trace| traces.get(&trace).cloned(), self.data)?;
        tx.rollback().await?;

        let rank: HashMap<&str, i32> =
            items.iter().filter_map(|item| Some((traces.get(&item.trace)?.as_str(), item.rank))).collect();
        let facts: HashMap<&str, &Fact> = self.data.facts.iter().map(|fact| (fact.id.as_str(), fact)).collect();
        let mut reviews: Vec<(i32, Value)> = self
            .data
            .answers_of(turn)
            .map(|(answer, question)| {
                let trace = external_id(&answer.question, answer.chain);
                let place = rank.get(trace.as_str()).copied().unwrap_or(i32::MAX);
                let right = reviewer::is_right(&answer.answer, &question.answer);
                let mut review = json!({
                    "external_id": format!("review of {trace}"),
                    "trace_external_id": trace,
                    "expert": self.expert.handle,
                    "verdict": if right { "correct" } else { "incorrect" },
                    "rationale": "compared with the fact table by the demo's script",
                });
                if !right {
                    review["corrected_answer"] = json!(reviewer::right_answer(&question.answer));
                }
                let fact = facts.get(question.fact.as_str());
                if let Some(at) = fact.and_then(|fact| steps::first_flawed(&answer.steps, fact, &question.answer)) {
                    review["suspect_step"] = json!(at);
                }
                // The facts behind held-out questions are not in the store, and are cited nowhere.
                if question.split == Split::Train {
                    review["citations"] = json!([{ "fact": question.fact }]);
                }
                (place, review)
            })
            .collect();
        reviews.sort_by_key(|(place, _)| *place);
        let reviews = reviews.into_iter().map(|(_, review)| review).collect();
        self.send(self.reviewer, ("review", "reviews"), reviews, report).await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        report.derived(&since.read(&mut tx).await?)
    }

    async fn snapshot(&self, turn: u32, since: &Since, report: &mut Report) -> anyhow::Result<Snapshot> {
        let mut recipe = Recipe::default();
        // What the demo's sources say of their terms: their facts are cited, their text is not copied.
        recipe.licences.allowed.extend(self.data.sources.iter().map(|source| source.licence.clone()));
        recipe.licences.allowed.insert(self.data.recording.model_licence.clone());
        recipe.seed = SEED;
        let wanted = SnapshotRequest { name: Some(format!("turn-{turn}")), recipe: Some(recipe) };
        let asked = request_snapshot(self.app, self.actor, wanted).await?;
        self.drained().await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let snapshot = tx.snapshot(asked.id).await?.context("the snapshot is gone")?;
        ensure!(
            snapshot.state == SnapshotState::Sealed,
            "the snapshot is {}: {}",
            snapshot.state,
            snapshot.error.as_deref().unwrap_or("see the log")
        );
        let manifest = self.app.blobs.get(&snapshot.manifest_hash.context("a sealed snapshot has a manifest")?).await?;
        let manifest: Manifest = serde_json::from_slice(&manifest).context("the manifest")?;
        let done = since.read(&mut tx).await?;
        report.snapshot(&mut tx, &snapshot, &manifest, &done).await?;
        Ok(snapshot)
    }

    async fn train(
        &self,
        snapshot: &Snapshot,
        since: &Since,
        report: &mut Report,
    ) -> anyhow::Result<(TrainingJob, Evaluation)> {
        let seed = i64::try_from(SEED)?;
        let wanted =
            JobRequest { snapshot: snapshot.id, base_model: None, seed, hyperparameters: serde_json::Map::new() };
        let asked = start_job(self.app, self.actor, wanted).await?;
        self.drained().await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let job = tx.job(asked.id).await?.context("the job is gone")?;
        ensure!(
            job.state == JobState::Succeeded,
            "the job is {}: {}",
            job.state,
            job.error.as_deref().unwrap_or("see the log")
        );
        let model = job.produced_model.context("the job made no model")?;
        let evaluation = tx.evaluations_of_models(&[model]).await?.pop().context("the model was not evaluated")?;
        let done = since.read(&mut tx).await?;
        report.trained(&mut tx, &job, &done).await?;
        Ok((job, evaluation))
    }

    async fn promotion(
        &self,
        turn: u32,
        since: &Since,
        (snapshot, job, evaluation): (&Snapshot, &TrainingJob, &Evaluation),
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let model = job.produced_model.context("the job made no model")?;
        let promotion = tx.promotions_of_models(&[model]).await?.pop().context("the gate did not decide")?;
        let held_out = tx.standing_cases(CasePurpose::HeldOut).await?.len();
        let done = since.read(&mut tx).await?;
        report.measured(turn, snapshot, job, evaluation, (i64::try_from(held_out)?, &done), &promotion)
    }

    /// What became of everything that came in, by door, and what is kept of it.
    pub(super) async fn balance(&self) -> anyhow::Result<Vec<Accounted>> {
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let held = tx.record_counts().await?;
        let mut doors = Vec::new();
        for door in Door::ALL {
            let kept = match door {
                Door::Traces => held.traces,
                Door::Reviews => held.reviews,
                Door::Grounding => held.sources + held.facts,
                // The demo sends no spans, and has no users.
                Door::Spans | Door::Assembled | Door::Feedback => continue,
            };
            doors.push(Accounted { door: door.word(), sent: 0, became: tx.balance(Some(*door)).await?, kept });
        }
        Ok(doors)
    }

    async fn external_ids(&self) -> anyhow::Result<HashMap<TraceId, String>> {
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let mut ids = HashMap::new();
        let mut page = PageRequest::first(atr_core::store::page::MOST);
        loop {
            let read = tx.traces(&TraceFilter::default(), page).await?;
            let last = read.rows.last().map(|trace| trace.id);
            ids.extend(read.rows.into_iter().filter_map(|trace| Some((trace.id, trace.external_id?))));
            match last {
                Some(last) if read.has_next => page = page.after(atr_core::ids::Id::uuid(last)),
                _ => return Ok(ids),
            }
        }
    }

    /// Waits until every task of the project is done that is not put off to a later day.
    async fn drained(&self) -> anyhow::Result<()> {
        let done = tokio::time::timeout(PATIENCE, self.all_done()).await;
        done.with_context(|| format!("the stages have not finished in {} s: see the log", PATIENCE.as_secs()))?
    }

    async fn all_done(&self) -> anyhow::Result<()> {
        loop {
            let mut tx = self.app.store.begin(self.actor.project).await?;
            let depth = tx.queue_depth().await?;
            if let Some(dead) = depth.iter().find(|depth| depth.state == State::Dead) {
                bail!("{} tasks of the stage {} died: see the log above", dead.tasks, dead.stage);
            }
            // What the weekly review has yet to do at its times is not waited for.
            if tx.unfinished_within(PATIENCE).await? == 0 {
                return Ok(());
            }
            tx.rollback().await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub(super) fn external_id(question: &str, chain: u32) -> String {
    format!("{question}/{chain}")
}

fn fact_line(fact: &Fact) -> Value {
    let mut line = json!({
        "kind": "fact", "external_id": fact.id, "source": fact.source, "domain": fact.domain,
        "subject": fact.subject, "statement": fact.statement,
    });
    if let Some(from) = &fact.valid_from {
        line["valid_from"] = json!(from);
    }
    line
}
