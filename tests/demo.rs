//! The demo, whole: the loop turned twice, as a newcomer runs it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::process::{Installation, Result};

/// The trainer of this workspace, as it is now: `cargo test` of this crate alone does not build it.
fn trainer() -> PathBuf {
    let built = std::process::Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "atr-reward", "--bin", "atr-train-reward"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the trainer does not build");
    Path::new(env!("CARGO_BIN_EXE_atr")).with_file_name("atr-train-reward")
}

/// Each stage has its row, in the order of the loop.
const STAGES: [&str; 13] = [
    "facts",
    "traces",
    "verify",
    "consensus",
    "score",
    "route",
    "review",
    "derive",
    "curate",
    "snapshot",
    "train",
    "evaluate",
    "promote",
];
/// The answers to held-out questions, and those questions.
const HELD_OUT: (i64, i64) = (684, 171);

/// The turns of a run, after what holds of every run was checked.
fn turns(run: &Value) -> (&Value, &Value) {
    let turns = run["turns"].as_array().expect("turns");
    let [first, second] = turns.as_slice() else { panic!("{} turns", turns.len()) };
    for (n, turn) in [(1, first), (2, second)] {
        assert_eq!(turn["turn"], n);
        assert_eq!(turn["job"]["state"], "succeeded", "{turn:#}");
        assert_eq!(turn["job"]["snapshot"], turn["snapshot"]["id"]);
        let stages: Vec<&str> = list(&turn["stages"]).iter().map(|stage| text(&stage["stage"])).collect();
        assert_eq!(stages, STAGES);
        for stage in list(&turn["stages"]) {
            let count = |name: &str| stage[name].as_i64().expect("a count");
            let fell: i64 = stage["fell"].as_object().expect("reasons").values().filter_map(Value::as_i64).sum();
            assert_eq!(count("in"), count("out") + fell, "{stage:#}");
            assert!(count("in") > 0 && (count("out") > 0 || stage["stage"] == "promote"), "{stage:#}");
            assert!(stage["seconds"].as_f64() > Some(0.0), "{stage:#}");
        }
        let rows = |format: &str| turn["snapshot"]["rows"][format].as_i64().expect("rows");
        for format in ["sft", "preference", "kto", "stepwise", "reward"] {
            let rowless: i64 = turn["snapshot"]["rowless"][format]
                .as_object()
                .into_iter()
                .flat_map(|why| why.values())
                .filter_map(Value::as_i64)
                .sum();
            assert_eq!(Some(rows(format) + rowless), turn["snapshot"]["kept"].as_i64(), "{format}");
        }
        assert_eq!(
            (turn["evaluation"]["cases"].as_i64(), turn["evaluation"]["questions"].as_i64()),
            (Some(HELD_OUT.0), Some(HELD_OUT.1))
        );
        let measures = list(&turn["evaluation"]["measures"]["measures"]);
        for name in ["auroc", "pick_accuracy", "pick_random", "pick_likeliest", "brier"] {
            assert!(measures.iter().any(|measure| measure["name"] == name), "{name} is not measured: {measures:#?}");
        }
        for measure in measures {
            for interval in
                ["before", "after", "difference"].map(|name| &measure[name]).into_iter().filter(|of| !of.is_null())
            {
                let bound = |name: &str| interval[name].as_f64().expect("a number");
                let (low, value, high) = (bound("low"), bound("value"), bound("high"));
                assert!(low <= value && value <= high, "{measure:#}");
            }
        }
        let decision = text(&turn["promotion"]["decision"]);
        assert!(["promoted", "refused"].contains(&decision), "{decision}");
        assert!(!text(&turn["promotion"]["reason"]).is_empty());
    }
    assert_eq!(first["snapshot"]["parent"], Value::Null);
    assert_eq!(second["snapshot"]["parent"], first["snapshot"]["id"]);
    for hash in ["membership_root", "merkle_root", "manifest_hash"] {
        assert_ne!(first["snapshot"][hash], second["snapshot"][hash], "{hash}");
    }
    let doors = run["balance"].as_object().expect("doors");
    assert_eq!(doors.keys().collect::<Vec<_>>(), ["grounding", "reviews", "traces"]);
    for (door, balance) in doors {
        let count = |name: &str| balance[name].as_i64().expect("a count");
        let became = ["stored", "duplicate", "quarantined", "filtered", "rejected"].map(count);
        assert_eq!(count("sent"), became.iter().sum::<i64>(), "{door}");
        assert_eq!(count("kept"), count("stored"), "{door}");
        assert!(count("stored") > 0, "{door}");
    }
    (first, second)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// What of a turn does not depend on ids and the clock.
fn what_repeats(turn: &Value) -> Value {
    // How often something is agreed or scored anew depends on what came in while it was waiting.
    let anew = |stage: &Value| ["consensus", "score"].contains(&text(&stage["stage"]));
    let stages: Vec<Value> = list(&turn["stages"])
        .iter()
        .map(|stage| match anew(stage) {
            true => json!({ "stage": stage["stage"], "out": stage["out"] }),
            false => {
                json!({ "stage": stage["stage"], "in": stage["in"], "out": stage["out"], "fell": stage["fell"] })
            }
        })
        .collect();
    json!({
        "stages": stages, "claims": turn["claims"], "derived": turn["derived"],
        "members": turn["snapshot"]["members"], "kept": turn["snapshot"]["kept"],
        "cases": turn["evaluation"]["cases"], "questions": turn["evaluation"]["questions"],
        "cases_hash": turn["evaluation"]["cases_hash"],
        "decision": turn["promotion"]["decision"],
    })
}

/// Of a job and of its model the command line shows the measures before and after and the gate's decision.
async fn what_was_measured_is_shown(installation: &Installation, run: &Value) -> Result {
    let project = text(&run["project"]);
    // Where the demo keeps its data.
    let data = installation.data().join("demo");
    let at = data.to_str().ok_or("a path that is no text")?;
    for turn in list(&run["turns"]) {
        let asked = [("job", &turn["job"]["id"]), ("model", &turn["model"]["id"])];
        for (what, id) in asked {
            let args = [what, "show", text(id), "--project", project, "--data", at];
            let shown = installation.run(&args).await?;
            assert_eq!(list(&shown["evaluations"]), [turn["evaluation"].clone()], "{what}");
            assert_eq!(list(&shown["promotions"])[..1], [turn["promotion"].clone()], "{what}");
            let words = installation.read(&args).await?;
            assert!(words.contains("AUROC"), "{words}");
            assert!(words.contains(text(&turn["promotion"]["reason"])), "{words}");
            let auroc = &list(&turn["evaluation"]["measures"]["measures"])[0];
            for at in ["before", "after", "difference"] {
                let interval = ["value", "low", "high"].map(|bound| auroc[at][bound].as_f64().unwrap_or(f64::NAN));
                for bound in interval {
                    assert!(words.contains(&format!("{bound:.3}")), "{at} {bound}: {words}");
                }
            }
        }
    }
    Ok(())
}

/// The texts of a field in a file of the demo's data, of the lines that are asked for.
fn demo_data(file: &str, field: &str, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo").join(file);
    let lines = std::fs::read_to_string(path).expect("the demo's data");
    let lines = lines.lines().map(|line| serde_json::from_str(line).expect("json"));
    lines.filter(wanted).map(|line: Value| text(&line[field]).to_owned()).collect()
}

/// The held-out part, read from one end of the loop to the other: no more facts are in the store than stand behind
/// the other questions, no held-out question is in a row of a snapshot, and each snapshot is built again to the same
/// bytes.
async fn nothing_held_out_was_told_or_trained_on(installation: &Installation, run: &Value) -> Result {
    let data = installation.data().join("demo");
    let at = data.to_str().ok_or("a path that is no text")?;
    let project = text(&run["project"]);
    let held_out = |line: &Value| line["split"] == "held_out";
    let facts = demo_data("questions.jsonl", "fact", held_out);
    let questions = demo_data("questions.jsonl", "question", held_out);
    assert_eq!(questions.len(), usize::try_from(HELD_OUT.1)?);
    // Every other fact was told, with the sources that state them, and no more than those.
    let other = |line: &Value| !facts.iter().any(|id| line["id"] == *id);
    let sources: BTreeSet<String> = demo_data("facts.jsonl", "source", other).into_iter().collect();
    let told = demo_data("facts.jsonl", "id", other).len() + sources.len();
    assert_eq!(run["balance"]["grounding"]["kept"], json!(told));
    for turn in list(&run["turns"]) {
        let id = text(&turn["snapshot"]["id"]);
        let folder = installation.data().join(format!("pulled-{id}"));
        let to = folder.to_str().ok_or("a path that is no text")?;
        installation.run(&["snapshot", "pull", id, to, "--project", project, "--data", at]).await?;
        let mut rows = 0;
        for file in ["sft", "preference", "kto", "stepwise", "reward", "provenance"] {
            let lines = std::fs::read_to_string(folder.join(format!("{file}.jsonl")))?;
            rows += lines.lines().count();
            // As JSON holds them, in quotation marks and with their escapes.
            for question in &questions {
                assert!(!lines.contains(&serde_json::to_string(question)?), "{file} of {id}: {question}");
            }
        }
        assert!(rows > 1000, "{rows} rows were looked through");
        let verified =
            installation.run(&["snapshot", "verify", id, "--rebuild", "--project", project, "--data", at]).await?;
        assert_eq!((&verified["verified"], &verified["rebuilt"]), (&json!(true), &json!(true)), "{verified:#}");
    }
    Ok(())
}

/// What was learnt is written out, checked, taken back and brought into use again from the command line.
async fn what_was_learnt_is_in_hand(installation: &Installation, run: &Value) -> Result {
    let (data, folder) = (installation.data().join("demo"), installation.data().with_file_name("pulled"));
    let (at, to) = (data.to_str().ok_or("no text")?, folder.to_str().ok_or("no text")?);
    let place = ["--project", text(&run["project"]), "--data", at];
    let told = async |args: &[&str]| installation.run(&[args, &place[..]].concat()).await;
    let turn = &list(&run["turns"])[0];
    let (snapshot, model) = (text(&turn["snapshot"]["id"]), text(&turn["model"]["id"]));

    let pulled = told(&["snapshot", "pull", snapshot, to]).await?;
    let manifest = std::fs::read(folder.join("manifest.json"))?;
    assert_eq!(blake3::hash(&manifest).to_string(), text(&turn["snapshot"]["manifest_hash"]));
    assert_eq!(pulled["files"].as_u64(), Some(std::fs::read_dir(&folder)?.count() as u64));
    let again = installation.end(&[&["snapshot", "pull", snapshot, to], &place[..]].concat()).await?;
    assert!(again.code == Some(1) && again.complained.contains("is there already"), "{again:?}");
    let verified = told(&["snapshot", "verify", snapshot, "--rebuild"]).await?;
    assert_eq!((&verified["verified"], &verified["rebuilt"]), (&json!(true), &json!(true)));

    let settings = ["--base-model", model, "--hyperparameters", "{\"folds\": 3}"];
    let job = told(&[&["job", "start", snapshot][..], &settings].concat()).await?;
    assert_eq!(job["state"], "queued");
    assert_eq!(told(&["job", "cancel", text(&job["id"])]).await?["state"], "cancelled");
    let twice = installation.end(&[&["job", "cancel", text(&job["id"])], &place[..]].concat()).await?;
    assert!(twice.code == Some(1) && twice.complained.contains("has ended"), "{twice:?}");

    let models = installation.read(&[&["--json", "model", "list"], &place[..]].concat()).await?;
    let models = models.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let which = |in_use: bool| {
        let of = |model: &&Value| model["in_use"] == json!(in_use) && !model["artefact"].is_null();
        models.iter().find(of).map_or("", |model| text(&model["id"]))
    };
    let (used, spare) = (which(true), which(false));
    assert_eq!(told(&["model", "promote", spare, "--reason", "by hand"]).await?["model"], json!(spare));
    assert_eq!(told(&["model", "show", spare]).await?["in_use"], json!(true));
    assert_eq!(told(&["model", "roll-back", "--reason", "by hand"]).await?["model"], json!(used));
    assert_eq!(told(&["model", "show", spare]).await?["in_use"], json!(false));
    Ok(())
}

#[tokio::test]
async fn the_demo_turns_the_loop_twice_and_shows_the_same_when_it_is_run_again() -> Result {
    let trainer = trainer();
    let trainer = trainer.to_str().ok_or("a path that is no text")?;
    let installation = Installation::new()?;
    let demo = ["demo", "--exit", "--listen", "127.0.0.1:0", "--trainer", trainer];
    let once = installation.run(&demo).await?;
    let again = installation.run(&demo).await?;
    assert_ne!(once["project"], again["project"]);
    let ((first, second), (first_again, second_again)) = (turns(&once), turns(&again));
    assert_eq!(what_repeats(first), what_repeats(first_again));
    assert_eq!(what_repeats(second), what_repeats(second_again));
    for (turn, same) in [(first, first_again), (second, second_again)] {
        // Ids order the rows that are trained on and the questions that are resampled, and differ from run to run.
        let measures = |of: &Value| list(&of["evaluation"]["measures"]["measures"]).to_vec();
        for (one, other) in measures(turn).iter().zip(measures(same)) {
            assert_eq!(one["name"], other["name"]);
            let value = |of: &Value| of["after"]["value"].as_f64().expect("a value");
            assert!((value(one) - value(&other)).abs() < 0.03, "{one} {other}");
        }
    }
    assert_eq!(once["balance"], again["balance"]);
    // What models are held against is the same in every turn and run.
    assert_eq!(first["evaluation"]["cases_hash"], second["evaluation"]["cases_hash"]);
    what_was_measured_is_shown(&installation, &once).await?;
    nothing_held_out_was_told_or_trained_on(&installation, &once).await?;
    what_was_learnt_is_in_hand(&installation, &once).await
}
