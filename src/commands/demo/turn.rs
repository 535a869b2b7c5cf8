//! One turn of the loop: facts, traces and reviews through the doors; then a snapshot, a job, an evaluation and the
//! gate.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use atr_core::{
    domain::{
        evaluation::Evaluation,
        expert::Expert,
        snapshot::{Snapshot, SnapshotState},
        training::{JobState, TrainingJob},
    },
    ids::TraceId,
    queue::State,
    store::{AssignmentFilter, PageRequest, TraceFilter},
};
use atr_workers::stages::curate::Recipe;
use chrono::{Datelike, TimeDelta};
use serde_json::{Value, json};

use super::{
    data::{Data, Fact, Split},
    report::Report,
    reviewer,
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
        self.facts(turn, report).await?;
        self.traces(turn, report).await?;
        self.review(turn, report).await?;
        let snapshot = self.snapshot(turn, report).await?;
        let (job, evaluation) = self.train(&snapshot, report).await?;
        self.promotion(turn, &snapshot, &job, &evaluation, report).await
    }

    async fn facts(&self, turn: u32, report: &mut Report) -> anyhow::Result<()> {
        let began = Instant::now();
        let facts = self.data.facts_of(turn);
        let lines = self.source_lines(&facts).chain(facts.iter().map(|fact| fact_line(fact)));
        let account = self.client.ingest("grounding", ndjson(lines)).await?;
        self.drained().await?;
        report.door("facts", &account, began.elapsed())
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

    async fn traces(&self, turn: u32, report: &mut Report) -> anyhow::Result<()> {
        let began = Instant::now();
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
        let account = self.client.ingest("traces", ndjson(lines)).await?;
        report.door("traces", &account, began.elapsed())?;
        let began = Instant::now();
        self.drained().await?;
        report.verified(self.app, self.actor, began.elapsed()).await
    }

    /// The week's items first, as they were routed; then the rest, since a script does not tire.
    async fn review(&self, turn: u32, report: &mut Report) -> anyhow::Result<()> {
        let began = Instant::now();
        // Each turn is a week: the first this week, the second the next.
        let today = self.app.store.clock().now().date_naive();
        let monday = today - TimeDelta::days(i64::from(today.weekday().num_days_from_monday()));
        let week = monday + TimeDelta::weeks(i64::from(turn - 1));
        let cycle = route_reviews::route(self.app, self.actor, Some(week)).await?;
        self.drained().await?;
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let filter = AssignmentFilter { expert: Some(self.expert.id), cycle: Some(cycle) };
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
        report.routed(&items, |trace| traces.get(&trace).cloned(), self.data, began.elapsed())?;

        let began = Instant::now();
        let rank: HashMap<&str, i32> =
            items.iter().filter_map(|item| Some((traces.get(&item.trace)?.as_str(), item.rank))).collect();
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
                // The facts behind held-out questions are not in the store, and are cited nowhere.
                if question.split == Split::Train {
                    review["citations"] = json!([{ "fact": question.fact }]);
                }
                (place, review)
            })
            .collect();
        reviews.sort_by_key(|(place, _)| *place);
        let account = self.reviewer.ingest("reviews", ndjson(reviews.into_iter().map(|(_, review)| review))).await?;
        self.drained().await?;
        report.door("reviews", &account, began.elapsed())?;
        report.derived(self.app, self.actor).await
    }

    async fn snapshot(&self, turn: u32, report: &mut Report) -> anyhow::Result<Snapshot> {
        let began = Instant::now();
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
        report.snapshot(&mut tx, &snapshot, began.elapsed()).await?;
        Ok(snapshot)
    }

    async fn train(&self, snapshot: &Snapshot, report: &mut Report) -> anyhow::Result<(TrainingJob, Evaluation)> {
        let began = Instant::now();
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
        report.trained(&mut tx, &job, began.elapsed()).await?;
        Ok((job, evaluation))
    }

    async fn promotion(
        &self,
        turn: u32,
        snapshot: &Snapshot,
        job: &TrainingJob,
        evaluation: &Evaluation,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let model = job.produced_model.context("the job made no model")?;
        let promotion = tx.promotions_of_models(&[model]).await?.pop().context("the gate did not decide")?;
        report.measured(turn, snapshot, job, evaluation, &promotion)
    }

    /// What became of everything that came in, by door.
    pub(super) async fn balance(&self) -> anyhow::Result<BTreeMap<&'static str, atr_core::domain::intake::Balance>> {
        let mut tx = self.app.store.begin(self.actor.project).await?;
        let mut doors = BTreeMap::new();
        for door in atr_core::domain::intake::Door::ALL {
            doors.insert(door.word(), tx.balance(Some(*door)).await?);
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

    /// Waits until every task of the project is done.
    async fn drained(&self) -> anyhow::Result<()> {
        loop {
            let depth = self.app.store.begin(self.actor.project).await?.queue_depth().await?;
            if let Some(dead) = depth.iter().find(|depth| depth.state == State::Dead) {
                bail!("{} tasks of the stage {} died: see the log above", dead.tasks, dead.stage);
            }
            let open = [State::Available, State::Scheduled, State::Running, State::Retryable];
            if !depth.iter().any(|depth| open.contains(&depth.state)) {
                return Ok(());
            }
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

fn ndjson(lines: impl Iterator<Item = Value>) -> String {
    lines.map(|line| format!("{line}\n")).collect()
}
