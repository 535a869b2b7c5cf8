use std::{
    collections::BTreeSet,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use atr_core::{
    domain::{
        assignment::Assignment,
        evaluation::{Baseline, EvaluationFilter, MeasureName, PromotionDecision, PromotionFilter},
        model::ModelKind,
        snapshot::SnapshotState,
        training::{JobState, NewJob, TrainingBackend, TrainingJob, TrainingMethod},
    },
    ids::{ProjectId, SnapshotId},
    queue::{Claim, Stage, Work},
    store::{ModelFilter, OrdinalRequest, PageRequest},
};

use super::{
    Bench,
    support::records::{Records, Trace},
};
use crate::StageError;

/// The trainer of this workspace, as it is now: `cargo test` of this crate alone does not build it.
pub(super) fn trainer() -> PathBuf {
    let tests = std::env::current_exe().expect("this program's path");
    let folder = tests.parent().and_then(Path::parent).expect("…/deps/this");
    let built = std::process::Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "atr-reward", "--bin", "atr-train-reward"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the trainer does not build");
    folder.join("atr-train-reward")
}

/// A trainer that does what a script says; the specification is `$2`.
fn script(bench: &Bench, text: &str) -> PathBuf {
    let path = bench.folder.path().join("trainer.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("the script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    path
}

/// Sums, right ones and wrong ones that can be told by their words; the answering model is equally sure of all.
pub(super) async fn sums(records: &Records<'_>, from: u32, held_out: bool) {
    for a in from..from + 32 {
        let b = a % 7 + 2;
        for right in [true, false] {
            let question = format!("What is {a} plus {b}?");
            let answer = if right { format!("It is {}.", a + b) } else { format!("Perhaps it is {}, or more.", a + 3) };
            let group = format!("sum-{a}");
            let trace = Trace {
                group: &group,
                query: &question,
                answer: &answer,
                domain: "arithmetic",
                mean_logprob: -0.3,
                ..Trace::default()
            };
            if held_out {
                records.held_out(&trace, right).await;
            } else {
                records.ready(&trace, right).await;
            }
        }
    }
}

pub(super) async fn sealed(bench: &Bench, project: ProjectId) -> SnapshotId {
    let frozen = bench.freeze(project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let sealed = bench.snapshot(project, &frozen).await;
    assert_eq!(sealed.state, SnapshotState::Sealed, "{:?}", sealed.error);
    sealed.id
}

pub(super) async fn ask(bench: &Bench, project: ProjectId, snapshot: SnapshotId) -> TrainingJob {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    let new = NewJob {
        snapshot,
        base_model: None,
        method: TrainingMethod::Reward,
        backend: TrainingBackend::Local,
        seed: 7,
        hyperparameters: serde_json::json!({}),
    };
    let job = tx.add_job(&new).await.expect("a job");
    tx.enqueue(Work::RunJob { job: job.id }).await.expect("a task");
    tx.commit().await.expect("a commit");
    job
}

/// A job on the snapshot of one trace, and its task, claimed.
async fn claimed(bench: &Bench) -> (ProjectId, TrainingJob, Claim) {
    let records = Records::new(&bench.db, "p").await;
    records.ready(&Trace::default(), true).await;
    let snapshot = sealed(bench, records.project).await;
    let job = ask(bench, records.project, snapshot).await;
    (records.project, job, bench.claim(Stage::Train).await.expect("a task"))
}

async fn now(bench: &Bench, project: ProjectId, job: &TrainingJob) -> TrainingJob {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.job(job.id).await.expect("an answer").expect("the job")
}

#[tokio::test]
async fn a_snapshot_becomes_a_model_in_use_and_one_that_is_no_better_is_refused() {
    let mut bench = Bench::new().await;
    bench.cx.trainer = trainer();
    let records = Records::new(&bench.db, "p").await;
    sums(&records, 10, false).await;
    sums(&records, 100, true).await;
    let snapshot = sealed(&bench, records.project).await;

    let job = ask(&bench, records.project, snapshot).await;
    bench.turn(&[Stage::Train, Stage::Evaluate, Stage::Promote]).await;
    let job = now(&bench, records.project, &job).await;
    assert_eq!((job.state, job.attempt), (JobState::Succeeded, 1), "{:?}", job.error);
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let end = OrdinalRequest { from_end: true, ..OrdinalRequest::first(1) };
    for (end, event) in [(OrdinalRequest::first(1), "started"), (end, "finished")] {
        let events = tx.job_events(job.id, 1, end).await.expect("events").rows;
        assert_eq!(events.iter().map(|e| e.event["event"].clone()).collect::<Vec<_>>(), [event]);
    }
    let evaluation = tx.evaluations(&EvaluationFilter::default(), PageRequest::first(1)).await.expect("an answer");
    let evaluation = &evaluation.rows[0].of;
    assert_eq!((evaluation.cases, evaluation.questions), (64, 32));
    assert_eq!((evaluation.measures.baseline, evaluation.baseline_model), (Baseline::Likelihood, None));
    let auroc = evaluation.measures.get(MeasureName::Auroc).expect("measured");
    assert!(auroc.after.value > auroc.before.expect("likelihoods are there").value, "{auroc:?}");
    let first = tx.promotions(&PromotionFilter::default(), PageRequest::first(1)).await.expect("an answer").rows;
    let in_use = tx.model_in_use().await.expect("an answer").unwrap_or_else(|| panic!("{first:?}"));
    assert_eq!((in_use.name.as_str(), Some(in_use.id)), ("reward-1", job.produced_model));
    drop(tx);
    assert!(bench.claim(Stage::Score).await.is_some_and(|claim| claim.work == Work::ScoreAll { after: None }));

    // The same rows and seed again: the same model, which is no better than itself.
    ask(&bench, records.project, snapshot).await;
    bench.turn(&[Stage::Train, Stage::Evaluate, Stage::Promote]).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let promotions = tx.promotions(&PromotionFilter::default(), PageRequest::first(10)).await.expect("an answer").rows;
    let decisions: Vec<_> = promotions.iter().map(|p| p.of.decision).collect();
    assert_eq!(decisions, [PromotionDecision::Refused, PromotionDecision::Promoted]);
    assert!(promotions[0].of.reason.contains("auroc did not rise"), "{}", promotions[0].of.reason);
    assert_eq!(tx.model_in_use().await.expect("an answer").map(|model| model.id), Some(in_use.id));
}

/// The questions of a week's items, first come first, and the models that chose them.
async fn week(bench: &Bench, project: ProjectId, monday: &str) -> Vec<Assignment> {
    let cycle = monday.parse().expect("a day");
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.enqueue(Work::RouteCycle { cycle }).await.expect("a task");
    tx.commit().await.expect("a commit");
    bench.turn(&[Stage::Route]).await;
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    tx.assignments_of_cycle(cycle).await.expect("the items")
}

#[tokio::test]
async fn what_was_learnt_changes_what_experts_are_shown_first() {
    let mut bench = Bench::new().await;
    bench.cx.trainer = trainer();
    let records = Records::new(&bench.db, "p").await;
    sums(&records, 10, false).await;
    sums(&records, 100, true).await;
    // Not reviewed yet: one like all the wrong answers, one like the right ones, and one that is a bit of both.
    let mut waiting = Vec::new();
    for (a, answer) in [(60, "Perhaps it is 63, or more."), (61, "It is 65."), (62, "Perhaps it is 66.")] {
        let (group, query) = (format!("sum-{a}"), format!("What is {a} plus 4?"));
        let trace = Trace {
            group: &group,
            query: &query,
            answer,
            domain: "arithmetic",
            mean_logprob: -0.3,
            ..Trace::default()
        };
        let id = records.trace(&trace).await;
        let verification = records.verification(id).await;
        records.score(id, verification, 0.0).await;
        waiting.push(id);
    }
    let before = week(&bench, records.project, "2026-11-02").await;
    let asked: BTreeSet<_> = before.iter().map(|item| item.trace).collect();
    assert_eq!(asked, waiting.iter().copied().collect());
    assert!(before.iter().all(|item| item.reward_model.is_none()));

    let snapshot = sealed(&bench, records.project).await;
    ask(&bench, records.project, snapshot).await;
    bench.turn(&[Stage::Train, Stage::Evaluate, Stage::Promote]).await;
    while let Some(claim) = bench.claim(Stage::Score).await {
        bench.run(&claim).await.expect("it can be scored");
    }
    let after = week(&bench, records.project, "2026-11-09").await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let model = tx.model_in_use().await.expect("an answer").expect("the model was promoted").id;
    assert!(after.iter().all(|item| item.reward_model == Some(model)));
    let place = |trace| after.iter().position(|item| item.trace == trace).expect("it is given out");
    assert!(place(waiting[0]) < place(waiting[1]), "what is like wrong answers comes before what is like right ones");
    let chance = |items: &[Assignment], trace| {
        items.iter().find(|item| item.trace == trace).and_then(|item| item.reason.chance_wrong).expect("a chance")
    };
    assert!(
        chance(&after, waiting[0]) - chance(&after, waiting[1])
            > chance(&before, waiting[0]) - chance(&before, waiting[1])
    );
}

#[tokio::test]
async fn a_trainer_that_fails_crashes_or_talks_nonsense_fails_the_job_and_not_the_task() {
    let mut bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    records.ready(&Trace::default(), true).await;
    let snapshot = sealed(&bench, records.project).await;
    let empty = blake3::hash(b"");
    let finished = |path: &str, hash: &str| {
        format!(
            r#"echo '{{"event":"finished","model":{{"path":"{path}","blake3":"{hash}","bytes":0}},"metrics":{{"cv_auroc":null,"cv_log_loss":null,"cv_pick_accuracy":null,"train_log_loss":0.1,"l2":1.0,"hashed_scale":1.0,"rows":1,"groups":1}}}}'"#
        )
    };
    let in_output = "cd \"$(dirname \"$2\")/output\"";
    for (text, why) in [
        ("echo 'no memory' >&2; exit 3".to_owned(), "exit status: 3); its last words: no memory"),
        ("kill -9 $$".to_owned(), "signal: 9"),
        ("exit 0".to_owned(), "ended without a model"),
        ("echo 'Epoch 1/3'".to_owned(), "a line that is no event"),
        ("head -c 100000 /dev/zero | tr '\\0' x".to_owned(), "a line of more than"),
        (r#"echo '{"event":"failed","error":"one class only"}'; exit 1"#.to_owned(), "one class only"),
        (finished("model", &empty.to_string()), "cannot be read"),
        (finished("../../model", &empty.to_string()), "is not in its output folder"),
        (format!("{in_output}; echo x > model; {}", finished("model", &empty.to_string())), "and the trainer said"),
        (format!("{in_output}; : > model; {}", finished("model", &empty.to_string())), "cannot be used"),
        (format!("{in_output}; : > model; {}; exit 4", finished("model", &empty.to_string())), "exit status: 4"),
    ] {
        bench.cx.trainer = script(&bench, &text);
        let job = ask(&bench, records.project, snapshot).await;
        bench.turn(&[Stage::Train]).await;
        let job = now(&bench, records.project, &job).await;
        assert_eq!(job.state, JobState::Failed, "{text}");
        let error = job.error.unwrap_or_default();
        assert!(error.contains(why), "{text}: {error}");
        assert!(bench.claim(Stage::Evaluate).await.is_none(), "{text}");
    }
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let made = ModelFilter { kind: Some(ModelKind::RewardModel) };
    assert_eq!(tx.models(&made, PageRequest::first(10)).await.expect("an answer").rows, []);
}

#[tokio::test]
async fn a_trainer_that_cannot_be_started_is_tried_again_and_in_the_end_fails_the_job() {
    let bench = Bench::new().await;
    let (project, job, mut claim) = claimed(&bench).await;
    assert!(matches!(bench.run(&claim).await, Err(StageError::Passing(why)) if why.contains("cannot be started")));
    let waiting = now(&bench, project, &job).await;
    assert_eq!((waiting.state, waiting.attempt), (JobState::Running, 1));
    claim.max_attempts = claim.attempt;
    bench.run(&claim).await.expect("the job has failed, the task has not");
    let failed = now(&bench, project, &job).await;
    assert_eq!((failed.state, failed.attempt), (JobState::Failed, 2));
}

/// A trainer that writes to a pipe that it starts, and whose child keeps that pipe open until both are killed.
async fn silent(bench: &mut Bench) -> std::fs::File {
    let pipe = bench.folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    bench.cx.trainer = script(bench, &format!("exec 3>{}; sleep 1000 & echo started >&3; wait", pipe.display()));
    // Opened for writing too, so that opening it does not wait for the trainer.
    std::fs::File::options().read(true).write(true).open(&pipe).expect("the pipe")
}

/// Reads `started` from the pipe, without holding up the runtime.
async fn started(pipe: &std::fs::File) {
    let mut pipe = pipe.try_clone().expect("the pipe again");
    let read = tokio::task::spawn_blocking(move || {
        let mut word = [0; 8];
        pipe.read_exact(&mut word).map(|()| word)
    });
    assert_eq!(&read.await.expect("the thread").expect("a word"), b"started\n");
}

/// Waits until nobody holds the pipe open for writing any more.
async fn all_killed(bench: &Bench, pipe: std::fs::File) {
    let path = bench.folder.path().join("pipe");
    let ended = tokio::task::spawn_blocking(move || {
        let mut reader = std::fs::File::options().read(true).custom_flags_nonblocking().open(path)?;
        drop(pipe);
        nix::fcntl::fcntl(&reader, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::empty()))?;
        reader.read_to_end(&mut Vec::new())
    });
    assert_eq!(ended.await.expect("the thread").expect("the end of the pipe"), 0);
}

trait NonBlocking {
    fn custom_flags_nonblocking(&mut self) -> &mut Self;
}

impl NonBlocking for std::fs::OpenOptions {
    fn custom_flags_nonblocking(&mut self) -> &mut Self {
        std::os::unix::fs::OpenOptionsExt::custom_flags(self, nix::fcntl::OFlag::O_NONBLOCK.bits())
    }
}

#[tokio::test]
async fn when_the_work_is_dropped_the_trainer_and_all_that_it_started_are_killed() {
    let mut bench = Bench::new().await;
    let pipe = silent(&mut bench).await;
    let (project, job, claim) = claimed(&bench).await;
    tokio::select! {
        ended = bench.run(&claim) => panic!("{ended:?}"),
        () = started(&pipe) => {}
    }
    all_killed(&bench, pipe).await;
    // The next worker takes the job up as its next attempt.
    bench.cx.trainer = script(&bench, "exit 1");
    bench.run(&claim).await.expect("a failed job is an outcome");
    let job = now(&bench, project, &job).await;
    assert_eq!((job.state, job.attempt), (JobState::Failed, 2));
}

#[tokio::test]
async fn a_job_that_is_given_up_stops_its_trainer() {
    let mut bench = Bench::new().await;
    let pipe = silent(&mut bench).await;
    let (project, job, claim) = claimed(&bench).await;
    let give_up = async {
        started(&pipe).await;
        let mut tx = bench.db.store.begin(project).await.expect("a transaction");
        assert!(tx.cancel_job(job.id).await.expect("an answer"));
        tx.commit().await.expect("a commit");
    };
    let (ran, ()) = tokio::join!(bench.run(&claim), give_up);
    ran.expect("a job that was given up is an outcome");
    all_killed(&bench, pipe).await;
    assert_eq!(now(&bench, project, &job).await.state, JobState::Cancelled);
}
