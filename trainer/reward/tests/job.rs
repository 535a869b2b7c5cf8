//! The trainer as a training backend sees it: a program that reads a specification and says lines of JSON.

use std::path::Path;
use std::process::{Command, Output};

use atr_reward::RewardModel;
use atr_reward::spec::Event;
use serde_json::{Value, json};

/// A snapshot's reward rows: the likelier answer is the true one.
fn lines(groups: usize) -> String {
    let mut lines = String::new();
    for group in 0..groups {
        for (chain, label) in [(0, true), (1, false), (2, group % 3 == 0)] {
            let row = json!({
                "row": format!("{group}-{chain}"), "group": format!("g{group}"), "prompt": format!("Question {group}?"),
                "completion": if label { "yes" } else { "no" }, "steps": ["It is so."], "domain": "units",
                "label": label, "weight": 1.0, "mean_logprob": if label { -0.2 } else { -1.5 }, "min_logprob": null,
                "agreement": 0.5, "chains": 3,
            });
            lines.push_str(&format!("{row}\n"));
        }
    }
    lines
}

fn spec(folder: &Path, rows: &str) -> Value {
    let location = folder.join("train.jsonl");
    std::fs::write(&location, rows).expect("the rows are written");
    json!({
        "version": 1, "job": "job_1", "attempt": 1, "method": "reward",
        "snapshot": {"id": "snp_1", "root": "00", "files": [{
            "path": "reward.jsonl", "location": location, "blake3": blake3::hash(rows.as_bytes()).to_hex().as_str(),
            "rows": rows.lines().count(),
        }]},
        "base_model": null, "hyperparameters": {}, "seed": 17, "output": folder.join("out"),
    })
}

fn trainer(folder: &Path, spec: &Value) -> (Output, Vec<Event>) {
    let path = folder.join("spec.json");
    std::fs::write(&path, spec.to_string()).expect("the specification is written");
    let output =
        Command::new(env!("CARGO_BIN_EXE_atr-train-reward")).arg("--spec").arg(&path).output().expect("it runs");
    let said = String::from_utf8(output.stdout.clone()).expect("it says text");
    let events = said.lines().map(|line| serde_json::from_str(line).expect("each line is an event")).collect();
    (output, events)
}

fn failure(spec: &Value, folder: &Path) -> String {
    let (output, events) = trainer(folder, spec);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.join("out/model.atr-reward").exists(), "a run that failed leaves no model");
    match events.last() {
        Some(Event::Failed { error }) => error.clone(),
        other => panic!("the last line is {other:?}"),
    }
}

#[test]
fn a_job_ends_with_a_model_that_can_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, events) = trainer(folder.path(), &spec(folder.path(), &lines(20)));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(events[0], Event::Started { rows: 60, groups: 20, positives: 27 });
    assert!(events.iter().filter(|e| matches!(e, Event::Progress { .. })).count() > 5);
    let Some(Event::Finished { model, metrics }) = events.last() else { panic!("it did not finish: {events:?}") };
    let bytes = std::fs::read(folder.path().join("out").join(&model.path)).expect("the model is there");
    assert_eq!((model.path.as_str(), model.bytes), ("model.atr-reward", bytes.len() as u64));
    assert_eq!(model.blake3, blake3::hash(&bytes).to_hex().as_str());
    assert!(metrics.cv_auroc.is_some_and(|a| a > 0.9));
    assert!(RewardModel::load(&bytes).is_ok());
    let left: Vec<_> = std::fs::read_dir(folder.path().join("out")).expect("the folder is there").collect();
    assert_eq!(left.len(), 1, "nothing but the model is left");
}

#[test]
fn the_same_job_gives_the_same_model_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let spec = spec(folder.path(), &lines(15));
    let finished = |events: Vec<Event>| events.last().cloned();
    assert_eq!(finished(trainer(folder.path(), &spec).1), finished(trainer(folder.path(), &spec).1));
}

#[test]
fn rows_that_are_not_the_snapshots_are_not_trained_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = spec(folder.path(), &lines(15));
    wrong["snapshot"]["files"][0]["blake3"] = json!("00");
    assert!(failure(&wrong, folder.path()).contains("reward.jsonl is not the file of the snapshot"));
    let mut short = spec(folder.path(), &lines(15));
    short["snapshot"]["files"][0]["rows"] = json!(46);
    assert!(failure(&short, folder.path()).contains("holds 45 rows and should hold 46"));
    let mut gone = spec(folder.path(), &lines(15));
    gone["snapshot"]["files"][0]["location"] = json!(folder.path().join("nowhere"));
    assert!(failure(&gone, folder.path()).contains("nowhere cannot be read"));
}

#[test]
fn rows_that_cannot_be_trained_on_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(failure(&spec(folder.path(), ""), folder.path()).contains("no reward rows"));
    let only_true: String =
        lines(5).lines().filter(|l| l.contains("\"label\":true")).map(|l| format!("{l}\n")).collect();
    assert!(failure(&spec(folder.path(), &only_true), folder.path()).contains("labelled true"));
    let broken = format!("{}not a row\n", lines(1));
    assert!(failure(&spec(folder.path(), &broken), folder.path()).contains("reward.jsonl, line 4"));
}

#[test]
fn a_hyperparameter_that_is_not_known_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut unknown = spec(folder.path(), &lines(15));
    unknown["hyperparameters"] = json!({"learning_rate": 0.1});
    assert!(failure(&unknown, folder.path()).contains("`learning_rate`"));
    let mut wild = spec(folder.path(), &lines(15));
    wild["hyperparameters"] = json!({"folds": 1});
    assert!(failure(&wild, folder.path()).contains("`folds` must be a whole number from 2 to 20"));
}

#[test]
fn a_specification_for_another_trainer_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut other = spec(folder.path(), &lines(15));
    other["method"] = json!("sft");
    assert!(failure(&other, folder.path()).contains("asks for `sft`"));
    let mut newer = spec(folder.path(), &lines(15));
    newer["version"] = json!(2);
    assert!(failure(&newer, folder.path()).contains("version 2"));
    let mut without = spec(folder.path(), &lines(15));
    without["snapshot"]["files"][0]["path"] = json!("sft.parquet");
    assert!(failure(&without, folder.path()).contains("names no file `reward.jsonl`"));
    assert!(failure(&json!({}), folder.path()).contains("not a job specification"));
}
