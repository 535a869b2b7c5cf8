use std::path::Path;

use atr_core::{
    domain::{
        example::ExampleFormat,
        lineage::{Direction, LineageFilter},
        snapshot::{DecisionFilter, SnapshotState},
    },
    ids::Kind,
    queue::Stage,
    store::{OrdinalRequest, PageRequest},
};

use super::{
    Bench,
    support::records::{Records, Trace},
};
use crate::{
    StageError,
    stages::snapshot::{rebuild, verify},
};

const ALL: OrdinalRequest = OrdinalRequest { size: 200, after: None, before: None, from_end: false };

/// Some traces that differ, right and wrong ones, and a held-out question.
async fn some(records: &Records<'_>) {
    for (element, right) in [("gold", false), ("silver", true), ("iron", true), ("tin", false)] {
        let question = format!("What is the chemical symbol of {element}?");
        let answer = format!("It is the symbol {}.", &element[..2]);
        let trace = Trace { group: element, query: &question, answer: &answer, ..Trace::default() };
        records.ready(&trace, right).await;
    }
    records.held_out(&Trace { group: "lead", query: "Which metal is called Pb?", ..Trace::default() }, true).await;
}

async fn file(bench: &Bench, project: atr_core::ids::ProjectId, of: atr_core::ids::SnapshotId, path: &str) -> Vec<u8> {
    let mut tx = bench.db.store.begin(project).await.expect("a transaction");
    let files = tx.snapshot_files(of).await.expect("files");
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is not in {files:?}"));
    bench.cx.blobs.get(&file.digest).await.expect("the blob")
}

#[tokio::test]
async fn a_snapshot_is_rebuilt_to_the_same_bytes_after_everything_around_it_has_changed() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let (trace, review) = records
        .ready(&Trace { group: "zinc", query: "Is zinc a metal?", answer: "No.", ..Trace::default() }, false)
        .await;
    let fact = records.fact("Zinc is a metal.").await;
    records.citation(trace, review, fact, "verified").await;
    let frozen = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let sealed = bench.snapshot(records.project, &frozen).await;
    assert_eq!(sealed.state, SnapshotState::Sealed, "{:?}", sealed.error);

    let verification = records.verification(trace).await;
    records.score(trace, verification, 0.9).await;
    records.fact_state(fact, "retracted").await;
    records.review(trace, records.first_expert(), 2, "correct").await;
    records
        .held_out(&Trace { group: "gold", query: "What is the chemical symbol of gold?", ..Trace::default() }, true)
        .await;

    let folder = tempfile::tempdir().expect("a folder");
    let again = folder.path().join("again");
    let written = rebuild(&bench.db.store, records.project, frozen.id, &again).await.expect("it can be rebuilt");
    assert_eq!(Some(written.manifest_hash), sealed.manifest_hash);
    assert_eq!(Some(written.manifest.rows_root), sealed.merkle_root);
    assert_eq!(verify(&again).expect("every hash holds").manifest_hash, written.manifest_hash);
    for made in &written.manifest.files {
        let bytes = std::fs::read(again.join(&made.path)).expect("the file");
        assert_eq!(bytes, file(&bench, records.project, frozen.id, &made.path).await, "{}", made.path);
    }
    let manifest = bench.cx.blobs.get(&written.manifest_hash).await.expect("the manifest's blob");
    assert_eq!(manifest, written.manifest.to_bytes());
}

#[tokio::test]
async fn what_commits_or_changes_between_freezing_curating_and_building_is_in_none_of_the_files() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let zinc = Trace { group: "zinc", query: "Is zinc a metal?", answer: "Yes, it is.", ..Trace::default() };
    let (member, _) = records.ready(&zinc, true).await;
    let neon = Trace { group: "neon", query: "Is neon a gas?", answer: "Yes, a noble one.", ..Trace::default() };
    let newcomer = records.trace(&neon).await;
    let verification = records.verification(newcomer).await;
    records.score(newcomer, verification, 0.5).await;
    // Reviews whose transaction began before the freeze, with smaller ids and times, and commits after it.
    let other = records.expert("expert-2").await;
    let mut late = bench.db.owner.begin().await.expect("a transaction");
    records.review_in(&mut late, member, other, 1, "incorrect").await;
    let review = records.review_in(&mut late, newcomer, records.first_expert(), 1, "correct").await;
    let frozen = bench.freeze(records.project).await;
    late.commit().await.expect("it commits late");
    let judged = serde_json::to_value(Records::judged(&neon, true)).expect("json");
    records.example(newcomer, review, ExampleFormat::Reward, &judged).await;
    bench.turn(&[Stage::Curate]).await;
    let verification = records.verification(member).await;
    records.score(member, verification, -0.9).await;
    bench.turn(&[Stage::Snapshot]).await;

    let sealed = bench.snapshot(records.project, &frozen).await;
    assert_eq!((sealed.state, sealed.members), (SnapshotState::Sealed, 5), "{:?}", sealed.error);
    assert_eq!(
        sealed.counts.as_ref().expect("counts")["kept"],
        5,
        "a contradiction that came late is for the next one"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let again = folder.path().join("again");
    let written = rebuild(&bench.db.store, records.project, frozen.id, &again).await.expect("it can be rebuilt");
    assert_eq!(Some(written.manifest_hash), sealed.manifest_hash);
    for made in &written.manifest.files {
        let bytes = std::fs::read(again.join(&made.path)).expect("the file");
        assert_eq!(bytes, file(&bench, records.project, frozen.id, &made.path).await, "{}", made.path);
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&newcomer.to_string()), "{} names what came late", made.path);
    }
    // The next one has both: the newcomer, and the contradiction.
    let next = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let next = bench.snapshot(records.project, &next).await;
    assert_eq!((next.members, &next.counts.expect("counts")["kept"]), (6, &5.into()));
}

#[tokio::test]
async fn every_row_is_recorded_and_leads_back_to_its_example_review_trace_and_facts() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let frozen = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let rows = tx.snapshot_rows(frozen.id, ExampleFormat::Reward, ALL).await.expect("rows").rows;
    let lines = file(&bench, records.project, frozen.id, "reward.jsonl").await;
    let lines: Vec<serde_json::Value> = lines
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).expect("json"))
        .collect();
    assert_eq!(rows.len(), 4);
    for (row, line) in rows.iter().zip(&lines) {
        assert_eq!(line["row"], row.row.example.to_string());
        assert!(line["weight"].as_f64().is_some_and(|weight| weight > 0.0));
        let of = LineageFilter { of: row.id.into(), direction: Direction::Origins, kind: None };
        let edges = tx.lineage(&of, PageRequest::first(10)).await.expect("edges").rows;
        assert_eq!(edges.iter().map(|e| e.edge.to).collect::<Vec<_>>(), [row.row.example.into()]);
    }
    for (kind, many) in [(Kind::Review, 4), (Kind::Trace, 4), (Kind::Score, 4)] {
        let of = LineageFilter { of: frozen.id.into(), direction: Direction::Origins, kind: Some(kind) };
        assert_eq!(tx.lineage(&of, PageRequest::first(10)).await.expect("edges").rows.len(), many, "{kind:?}");
    }
}

#[tokio::test]
async fn work_whose_lease_was_lost_writes_nothing_and_done_again_writes_it_once() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let frozen = bench.freeze(records.project).await;
    for (stage, tables) in
        [(Stage::Curate, ["curation_decision", "snapshot_row"]), (Stage::Snapshot, ["snapshot_row", "snapshot_file"])]
    {
        let before =
            [records.count(tables[0]).await, records.count(tables[1]).await, records.count("lineage_edge").await];
        let lost = bench.claim(stage).await.expect("a task");
        // As if its lease had run out and it had been taken back.
        sqlx::query("update task set state = 'available', owner = null, leased_until = null where state = 'running'")
            .execute(&bench.db.owner)
            .await
            .expect("the task is taken back");
        let overtaken = bench.run(&lost).await;
        assert!(matches!(overtaken, Err(StageError::LeaseLost(_))), "{overtaken:?}");
        let after =
            [records.count(tables[0]).await, records.count(tables[1]).await, records.count("lineage_edge").await];
        assert_eq!(before, after, "{stage}");
        bench.turn(&[stage]).await;
        // Delivered once more, it does nothing.
        sqlx::query("update task set state = 'available', finished_at = null where stage = $1")
            .bind(stage.word())
            .execute(&bench.db.owner)
            .await
            .expect("the task is delivered again");
        bench.turn(&[stage]).await;
    }
    let sealed = bench.snapshot(records.project, &frozen).await;
    assert_eq!(sealed.state, SnapshotState::Sealed);
    assert_eq!(records.count("curation_decision").await, 4);
    assert!(!Path::new(&bench.cx.work_dir).join("snapshots").join(frozen.id.to_string()).exists());
}

#[tokio::test]
async fn why_a_member_fell_is_recorded_and_stands_in_the_files() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let question = "Is mercury a liquid at room temperature?";
    let (disputed, _) =
        records.ready(&Trace { group: "hg", query: question, answer: "No.", ..Trace::default() }, false).await;
    let other = records.expert("expert-2").await;
    records.review(disputed, other, 1, "correct").await;
    // A training trace that asks what is held out.
    let held_out = Trace { group: "lead", query: "Which metal is called Pb?", answer: "Zinc.", ..Trace::default() };
    records.ready(&held_out, false).await;
    let frozen = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let fell = DecisionFilter { kept: Some(false), reason: None };
    let fell = tx.decisions(frozen.id, &fell, ALL).await.expect("decisions").rows;
    let reasons: Vec<_> = fell.iter().map(|d| (d.decision.stage.as_str(), d.decision.reason.as_str())).collect();
    assert_eq!(reasons, [("settlement", "experts_disagree"), ("decontamination", "held_out_question")]);
    assert_eq!(fell[0].trace, disputed);
    let decisions = String::from_utf8(file(&bench, records.project, frozen.id, "decisions.jsonl").await).expect("text");
    assert!(decisions.contains(&disputed.to_string()) && decisions.lines().count() == 2, "{decisions}");
    let sealed = bench.snapshot(records.project, &frozen).await;
    assert_eq!(sealed.counts.expect("counts")["kept"], 4);
}

#[tokio::test]
async fn one_correction_of_several_wrong_chains_is_one_row_behind_which_all_of_them_stand() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    let mut behind = Vec::new();
    for answer in ["It is silver, Ag.", "It must be iron."] {
        behind.push(records.ready(&Trace { answer, ..Trace::default() }, false).await);
    }
    let frozen = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let mut tx = bench.db.store.begin(records.project).await.expect("a transaction");
    let sft = tx.snapshot_rows(frozen.id, ExampleFormat::Sft, ALL).await.expect("rows").rows;
    let reward = tx.snapshot_rows(frozen.id, ExampleFormat::Reward, ALL).await.expect("rows").rows;
    assert_eq!((sft.len(), reward.len()), (1, 2));
    let of = LineageFilter { of: sft[0].id.into(), direction: Direction::Origins, kind: Some(Kind::Example) };
    assert_eq!(tx.lineage(&of, PageRequest::first(10)).await.expect("edges").rows.len(), 2);

    let provenance = file(&bench, records.project, frozen.id, "provenance.jsonl").await;
    let rows: Vec<serde_json::Value> = String::from_utf8(provenance)
        .expect("text")
        .lines()
        .map(|line| serde_json::from_str(line).expect("json"))
        .collect();
    let merged = rows.iter().find(|row| row["format"] == "sft").expect("the row's provenance");
    let texts = |ids: Vec<String>| serde_json::json!(ids);
    assert_eq!(merged["traces"], texts(behind.iter().map(|(trace, _)| trace.to_string()).collect()));
    assert_eq!(merged["reviews"], texts(behind.iter().map(|(_, review)| review.to_string()).collect()));
    assert_eq!(merged["human_written"], true);
    assert!(merged["tags"].as_array().is_some_and(|tags| tags.contains(&"human-written".into())), "{merged}");

    let sealed = bench.snapshot(records.project, &frozen).await;
    let manifest = bench.cx.blobs.get(&sealed.manifest_hash.expect("sealed")).await.expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("json");
    let rowless = &manifest["counts"]["rowless"];
    assert_eq!(rowless["sft"], serde_json::json!({"merged": 1}));
    assert_eq!(rowless["stepwise"], serde_json::json!({"not_derived": 2}));
}

#[tokio::test]
async fn a_correction_by_a_program_is_no_persons() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    sqlx::query("update expert set kind = 'program'").execute(&bench.db.owner).await.expect("a script reviews");
    records.ready(&Trace::default(), false).await;
    let frozen = bench.freeze(records.project).await;
    bench.turn(&[Stage::Curate, Stage::Snapshot]).await;
    let lines = String::from_utf8(file(&bench, records.project, frozen.id, "provenance.jsonl").await).expect("text");
    assert!(lines.contains("program-written") && !lines.contains("human-written"), "{lines}");
    assert!(!lines.contains("\"human_written\":true"), "{lines}");
}

#[tokio::test]
async fn a_recipe_that_cannot_be_followed_fails_the_snapshot_with_its_reason() {
    let bench = Bench::new().await;
    let records = Records::new(&bench.db, "p").await;
    some(&records).await;
    let recipe = serde_json::json!({"version": 99});
    let new = atr_core::domain::snapshot::NewSnapshot {
        name: Some("odd".to_owned()),
        recipe_hash: atr_core::hash::of_json(&recipe),
        recipe,
        seed: 1,
    };
    let atr_core::store::Freeze::Frozen(frozen) =
        bench.db.store.freeze_snapshot(records.project, &new, |_| None).await.expect("an answer")
    else {
        panic!("traces are ready")
    };
    bench.turn(&[Stage::Curate]).await;
    let failed = bench.snapshot(records.project, &frozen).await;
    assert_eq!(failed.state, SnapshotState::Failed);
    assert!(failed.error.is_some_and(|error| error.contains("the recipe cannot be read")));
}
