//! Runs a training job. A job that fails is an outcome and ends its task well; only what may pass (the trainer cannot
//! be started, the database is out of reach) is tried again, as the job's next attempt.

use std::{
    path::{Component, Path, PathBuf},
    time::Duration,
};

use atr_core::{
    domain::{
        lineage::{Edge, Relation},
        model::Artefact,
        snapshot::{Snapshot, SnapshotFile},
        training::{Trained, TrainingJob},
    },
    hash::Digest,
    queue::{Claim, Work},
};
use atr_reward::{
    RewardModel,
    spec::{Event, ModelFile},
};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    specification::specify,
    trainer::{Line, Trainer},
};
use crate::{Context, StageError};

/// Lines are recorded together when so many wait, or this long after the last time.
const FLUSH_LINES: usize = 64;
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// How an attempt ended.
enum Ended {
    Trained(Trained),
    /// Why there is no model.
    Failed(String),
    /// The job was given up, or another attempt runs.
    Overtaken,
}

/// Runs the job of a claim.
pub(crate) async fn run(cx: &Context, claim: &Claim) -> Result<(), StageError> {
    let Work::RunJob { job: id } = claim.work else {
        return Err(StageError::Lasting(format!("train does not do {:?}", claim.work)));
    };
    let mut tx = cx.store.begin_for(claim).await?;
    let Some(attempt) = tx.start_job(id).await? else {
        // It ended already, or is not there: nothing is left to do.
        tx.succeed(claim).await?;
        return Ok(tx.commit().await?);
    };
    tx.commit().await?;

    let folder = cx.work_dir.join("jobs").join(id.to_string());
    let attempt = Attempt { cx, claim, number: attempt, dir: folder.join(attempt.to_string()) };
    let ended = match attempt.run().await {
        // The last time that it is tried: the job must not wait for ever.
        Err(StageError::Passing(why)) if claim.attempt >= claim.max_attempts => Ended::Failed(why),
        Err(error) => return Err(error),
        Ok(ended) => ended,
    };
    let mut tx = cx.store.begin_for(claim).await?;
    match ended {
        Ended::Overtaken => {}
        Ended::Failed(why) => {
            tracing::warn!(job = %id, why, "a training job failed");
            tx.fail_job(id, attempt.number, &why).await?;
        }
        Ended::Trained(made) => {
            // Where it is not recorded, the job was given up at the last moment.
            if let Some(model) = tx.succeed_job(id, attempt.number, &made).await? {
                let job = tx.job(id).await?.ok_or_else(|| StageError::Lasting(format!("there is no job {id}")))?;
                let mut edges = vec![
                    Edge::new(model, Relation::WasDerivedFrom, job.asked.snapshot),
                    Edge::new(model, Relation::WasGeneratedBy, id),
                    Edge::new(id, Relation::Used, job.asked.snapshot),
                ];
                edges.extend(job.asked.base_model.map(|base| Edge::new(id, Relation::Used, base)));
                tx.note_lineage(&edges).await?;
                tx.enqueue(Work::EvaluateJob { job: id }).await?;
            }
        }
    }
    tx.succeed(claim).await?;
    tx.commit().await?;
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await {
        tracing::warn!(%error, folder = %folder.display(), "a job has ended, but its working files are left");
    }
    Ok(())
}

struct Attempt<'a> {
    cx: &'a Context,
    claim: &'a Claim,
    number: i32,
    /// Where it works; no other attempt does.
    dir: PathBuf,
}

impl Attempt<'_> {
    async fn run(&self) -> Result<Ended, StageError> {
        let (job, snapshot, files) = self.read().await?;
        let base = match job.asked.base_model {
            None => None,
            Some(id) => self.cx.store.begin_for(self.claim).await?.models_by_id(&[id]).await?.pop(),
        };
        let (inputs, output) = (self.dir.join("inputs"), self.dir.join("output"));
        let blobs = &self.cx.blobs;
        let file = |digest: &Digest| blobs.file(digest, &inputs);
        let (spec, read) = match specify(&job, self.number, &snapshot, &files, base.as_ref(), file, &output) {
            Ok(specified) => specified,
            Err(why) => return Ok(Ended::Failed(why)),
        };
        let spec = json!(spec);
        let mut tx = self.cx.store.begin_for(self.claim).await?;
        if !tx.specify_job(job.id, self.number, &spec).await? {
            return Ok(Ended::Overtaken);
        }
        tx.commit().await?;
        for digest in read {
            blobs.bring(&digest, &inputs).await?;
        }
        tokio::fs::create_dir_all(&output).await?;
        let path = self.dir.join("spec.json");
        tokio::fs::write(&path, spec.to_string()).await?;
        let program = &self.cx.trainer;
        let mut trainer = Trainer::start(program, &path).map_err(|error| {
            StageError::Passing(format!("the trainer {} cannot be started: {error}", program.display()))
        })?;
        match self.listen(&job, &mut trainer).await? {
            Heard::Ended(ended) => Ok(ended),
            Heard::Finished(model, metrics) => match trainer.end().await? {
                (status, _) if status.success() => self.store(&output, model, metrics).await,
                (status, said) => Ok(Ended::Failed(format!("the trainer said that it finished, but {status}; {said}"))),
            },
            Heard::Nothing => {
                let (status, said) = trainer.end().await?;
                let said =
                    if said.is_empty() { "it said nothing".to_owned() } else { format!("its last words: {said}") };
                Ok(Ended::Failed(format!("the trainer ended without a model ({status}); {said}")))
            }
        }
    }

    async fn read(&self) -> Result<(TrainingJob, Snapshot, Vec<SnapshotFile>), StageError> {
        let Work::RunJob { job: id } = self.claim.work else {
            return Err(StageError::Lasting(format!("train does not do {:?}", self.claim.work)));
        };
        let gone = |what: &str| StageError::Lasting(format!("{what} of the job {id} is gone"));
        let mut tx = self.cx.store.begin_for(self.claim).await?;
        let job = tx.job(id).await?.ok_or_else(|| gone("the record"))?;
        let snapshot = tx.snapshot(job.asked.snapshot).await?.ok_or_else(|| gone("the snapshot"))?;
        let files = tx.snapshot_files(snapshot.id).await?;
        Ok((job, snapshot, files))
    }

    /// Records what a trainer reports, until it says how it ended or says no more.
    async fn listen(&self, job: &TrainingJob, trainer: &mut Trainer) -> Result<Heard, StageError> {
        let mut waiting = Vec::new();
        let mut recorded = 0;
        let mut tick = interval(FLUSH_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Heard::Nothing;
        loop {
            let line = tokio::select! {
                line = trainer.line() => line,
                _ = tick.tick() => {
                    // Also without a line: so a job that was given up stops a trainer that is silent.
                    if !self.flush(job, &mut recorded, &mut waiting).await? {
                        return Ok(Heard::Ended(Ended::Overtaken));
                    }
                    continue;
                }
            };
            match line {
                None => break,
                Some(Err(garbage)) => {
                    heard = Heard::Ended(Ended::Failed(garbage.to_string()));
                    break;
                }
                Some(Ok(Line { event, json })) => {
                    waiting.push(json);
                    match event {
                        Event::Started { .. } | Event::Progress { .. } => {}
                        Event::Failed { error } => heard = Heard::Ended(Ended::Failed(error)),
                        Event::Finished { model, metrics } => heard = Heard::Finished(model, json!(metrics)),
                    }
                }
            }
            if waiting.len() >= FLUSH_LINES && !self.flush(job, &mut recorded, &mut waiting).await? {
                return Ok(Heard::Ended(Ended::Overtaken));
            }
        }
        if !self.flush(job, &mut recorded, &mut waiting).await? {
            return Ok(Heard::Ended(Ended::Overtaken));
        }
        Ok(heard)
    }

    /// Records the lines that wait; `false` if this attempt no longer counts.
    async fn flush(
        &self,
        job: &TrainingJob,
        recorded: &mut i32,
        waiting: &mut Vec<serde_json::Value>,
    ) -> Result<bool, StageError> {
        let mut tx = self.cx.store.begin_for(self.claim).await?;
        let current = tx.record_job_events(job.id, self.number, *recorded, waiting).await?;
        tx.commit().await?;
        *recorded += i32::try_from(waiting.len()).unwrap_or(i32::MAX);
        waiting.clear();
        Ok(current)
    }

    /// Takes what a trainer made, if it is what the trainer said, and can be used.
    async fn store(&self, output: &Path, model: ModelFile, metrics: serde_json::Value) -> Result<Ended, StageError> {
        let path = Path::new(&model.path);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Ok(Ended::Failed(format!("the trainer's model `{}` is not in its output folder", model.path)));
        }
        let bytes = match tokio::fs::read(output.join(path)).await {
            Ok(bytes) => bytes,
            Err(error) => {
                return Ok(Ended::Failed(format!("the trainer's model {} cannot be read: {error}", model.path)));
            }
        };
        let digest = blake3::hash(&bytes);
        if digest.to_string() != model.blake3 {
            return Ok(Ended::Failed(format!(
                "the trainer's model {} has the BLAKE3 {digest}, and the trainer said {}",
                model.path, model.blake3
            )));
        }
        if let Err(error) = RewardModel::load(&bytes) {
            return Ok(Ended::Failed(format!("the trainer's model {} cannot be used: {error}", model.path)));
        }
        let length =
            i64::try_from(bytes.len()).map_err(|_| StageError::Lasting("the model is too large".to_owned()))?;
        self.cx.blobs.put(bytes).await?;
        Ok(Ended::Trained(Trained {
            artefact: Artefact { digest, bytes: length },
            metadata: json!({ "training": metrics }),
        }))
    }
}

/// What a trainer's report came to.
enum Heard {
    Finished(ModelFile, serde_json::Value),
    Ended(Ended),
    Nothing,
}
