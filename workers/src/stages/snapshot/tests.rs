use std::fs;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::stages::curate::{Reason, Recipe, Stage};

fn inputs() -> Inputs {
    Inputs {
        snapshot: "snp_1".to_owned(),
        project: "prj_1".to_owned(),
        parent: None,
        recipe: Recipe::default(),
        stages: vec![StageCount { stage: Stage::ExactDuplicates, entered: 12, left: 10 }],
        membership_root: blake3::hash(b"membership"),
    }
}

fn build(built_at: &str) -> Build {
    Build { program: "0.1.0".to_owned(), built_at: built_at.to_owned() }
}

fn entry(id: &str, row: impl Into<Row>) -> Entry {
    let row = row.into();
    let provenance = Provenance {
        format: row.format(),
        row: id.to_owned(),
        candidates: vec![format!("candidate of {id}")],
        traces: vec!["trc_1".to_owned()],
        reviews: Vec::new(),
        facts: vec!["fct_1".to_owned(), "fct_2".to_owned()],
        group: "gold".to_owned(),
        domain: "chemistry".to_owned(),
        language: "en".to_owned(),
        source: "assistant".to_owned(),
        model_version: "model-1".to_owned(),
        reviewer: "reviewer-1".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
        human_written: false,
        weight: 1.25,
        tags: vec!["model-written".to_owned()],
    };
    Entry { row, provenance }
}

fn sft(question: &str, answer: &str) -> SftRow {
    let message = |role, content: &str| Message { role, content: content.to_owned() };
    SftRow { messages: vec![message(Role::User, question), message(Role::Assistant, answer)] }
}

fn preference() -> PreferenceRow {
    let [prompt, chosen, rejected] = ["Symbol of gold?", "Au", "Gd"].map(str::to_owned);
    PreferenceRow { prompt, chosen, rejected }
}

fn stepwise(labels: &[bool]) -> StepwiseRow {
    let completions = vec!["2 + 3 = 5".to_owned(), "5 * 2 = 12".to_owned()];
    StepwiseRow { prompt: "(2 + 3) * 2?".to_owned(), completions, labels: labels.to_vec() }
}

fn reward(id: &str) -> RewardRow {
    RewardRow {
        row: id.to_owned(),
        group: "gold".to_owned(),
        prompt: "Symbol of gold?".to_owned(),
        completion: "Au".to_owned(),
        steps: vec!["The Latin name is aurum.".to_owned()],
        domain: "chemistry".to_owned(),
        label: true,
        weight: 1.5,
        mean_logprob: Some(-0.25),
        min_logprob: None,
        agreement: Some(0.75),
        chains: Some(4),
    }
}

fn entries() -> Vec<Entry> {
    let kto = KtoRow { prompt: "Symbol of gold?".to_owned(), completion: "Gd".to_owned(), label: false };
    vec![
        entry("r1", sft("Symbol of gold?", "Au")),
        entry("r2", preference()),
        entry("r3", kto),
        entry("r4", stepwise(&[true, false])),
        entry("r5", reward("r5")),
        entry("r6", sft("Why “Au”?", "From aurum.\nIt is Latin.")),
    ]
}

fn fell() -> Vec<Fell> {
    let line = |id: &str, reason: Reason| Fell {
        id: id.to_owned(),
        stage: reason.stage().expect("a reason to fall"),
        reason,
        words: "says the same as r1".to_owned(),
    };
    vec![line("c8", Reason::ExactDuplicate), line("c9", Reason::ExactDuplicate)]
}

fn write_to(dir: &Path) -> Written {
    write(dir, inputs(), entries(), fell(), &build("2026-11-01T00:00:00Z")).expect("a snapshot")
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).expect("dir").map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn read(path: &Path) -> RecordBatch {
    let file = fs::File::open(path).expect("file");
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("parquet").build().expect("reader");
    reader.next().expect("a batch").expect("a batch")
}

#[test]
fn equal_rows_give_equal_bytes_whenever_they_are_written() {
    let dir = tempfile::tempdir().expect("dir");
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let first = write_to(&a);
    let second = write(&b, inputs(), entries(), fell(), &build("2027-01-01T00:00:00Z")).expect("a snapshot");
    assert_eq!(first, second);
    assert_eq!(names(&a), names(&b));
    for name in names(&a).iter().filter(|name| *name != BUILD) {
        assert_eq!(fs::read(a.join(name)).expect("a"), fs::read(b.join(name)).expect("b"), "{name}");
    }
}

#[test]
fn the_bytes_of_this_writer_version_are_known() {
    let dir = tempfile::tempdir().expect("dir");
    let written = write_to(&dir.path().join("a"));
    let mut bytes = blake3::Hasher::new();
    written.manifest.files.iter().for_each(|file| {
        bytes.update(file.blake3.as_bytes());
    });
    // When this fails, equal membership gives other bytes than snapshots already made: if that is meant, raise
    // WRITER_VERSION, which changes the bytes and never the root of the rows.
    assert_eq!(bytes.finalize().to_hex().as_str(), FILES);
    assert_eq!(written.manifest.rows_root.to_hex().as_str(), ROWS_ROOT);
}

#[test]
fn training_files_hold_training_columns_only_and_provenance_keeps_their_order() {
    let dir = tempfile::tempdir().expect("dir");
    let dir = dir.path().join("a");
    write_to(&dir);
    let columns = |name: &str| -> Vec<String> {
        read(&dir.join(format!("{name}.parquet"))).schema().fields().iter().map(|f| f.name().clone()).collect()
    };
    assert_eq!(columns("sft"), ["messages"]);
    assert_eq!(columns("preference"), ["prompt", "chosen", "rejected"]);
    assert_eq!(columns("kto"), ["prompt", "completion", "label"]);
    assert_eq!(columns("stepwise"), ["prompt", "completions", "labels"]);
    let provenance = read(&dir.join("provenance.parquet"));
    let column = |name: &str| -> Vec<String> {
        let column = provenance.column_by_name(name).expect("column").as_string::<i32>();
        column.iter().map(|value| value.expect("text").to_owned()).collect()
    };
    assert_eq!(column("format"), ["sft", "preference", "kto", "stepwise", "reward", "sft"]);
    assert_eq!(column("row"), ["r1", "r2", "r3", "r4", "r5", "r6"]);
}

#[test]
fn parquet_and_json_lines_hold_the_same_rows() {
    let dir = tempfile::tempdir().expect("dir");
    let dir = dir.path().join("a");
    write_to(&dir);
    let lines = |name: &str| fs::read_to_string(dir.join(name)).expect("lines");
    let messages = read(&dir.join("sft.parquet"));
    let second = messages.column(0).as_list::<i32>().value(1);
    let texts = second.as_struct().column_by_name("content").expect("content").as_string::<i32>();
    assert_eq!((texts.value(0), texts.value(1)), ("Why “Au”?", "From aurum.\nIt is Latin."));
    assert_eq!(
        lines("sft.jsonl").lines().nth(1),
        Some(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Why “Au”?\"},{\"role\":\"assistant\",\"content\":\"From aurum.\\nIt is Latin.\"}]}"
        )
    );
    let labels =
        read(&dir.join("stepwise.parquet")).column_by_name("labels").expect("labels").as_list::<i32>().value(0);
    assert_eq!(labels.as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false)]);
    let rewards = read(&dir.join("reward.parquet"));
    let number = |name: &str| rewards.column_by_name(name).expect("column").as_primitive::<Float64Type>().iter().next();
    assert_eq!((number("weight"), number("min_logprob")), (Some(Some(1.5)), Some(None)));
    assert_eq!(
        lines("reward.jsonl").trim_end(),
        "{\"row\":\"r5\",\"group\":\"gold\",\"prompt\":\"Symbol of gold?\",\"completion\":\"Au\",\
         \"steps\":[\"The Latin name is aurum.\"],\"domain\":\"chemistry\",\"label\":true,\"weight\":1.5,\
         \"mean_logprob\":-0.25,\"min_logprob\":null,\"agreement\":0.75,\"chains\":4}"
    );
}

#[test]
fn the_manifest_counts_what_was_written_and_names_no_time() {
    let dir = tempfile::tempdir().expect("dir");
    let dir = dir.path().join("a");
    let written = write_to(&dir);
    let rows = |format| written.manifest.counts.rows[&format];
    assert_eq!([Format::Sft, Format::Kto, Format::Reward].map(rows), [2, 1, 1]);
    assert_eq!(written.manifest.counts.fell[&Reason::ExactDuplicate], 2);
    let text = fs::read_to_string(dir.join(MANIFEST)).expect("manifest");
    assert!(!text.contains("2026"), "{text}");
    let verified = verify(&dir).expect("as written");
    assert_eq!((verified.manifest, verified.manifest_hash), (written.manifest, written.manifest_hash));
}

#[test]
fn kept_candidates_without_a_row_are_counted_and_must_make_up_what_was_kept() {
    let parent = tempfile::tempdir().expect("dir");
    let written = |name: &str, merged: u64| {
        let dir = parent.path().join(name);
        let mut writer = Writer::create(&dir, inputs()).expect("writer");
        writer.row(entry("r1", sft("Symbol of gold?", "Au"))).expect("row");
        (0..merged).for_each(|_| writer.rowless(Format::Sft, Rowless::Merged));
        (0..4).for_each(|_| writer.rowless(Format::Sft, Rowless::NotDerived));
        writer.finish(&build("2026-11-01T00:00:00Z")).expect("a snapshot");
        verify(&dir)
    };
    let counted = written("all", 5).expect("one row and nine reasons for ten that were kept").manifest.counts;
    assert_eq!(counted.rowless[&Format::Sft], [(Rowless::Merged, 5), (Rowless::NotDerived, 4)].into());
    let missing = Mismatch::Count { what: "sft rows and reasons".to_owned(), expected: 10, found: 9 };
    assert_eq!(written("one too few", 4), Err(vec![missing]));
}

#[test]
fn any_changed_byte_is_found() {
    let parent = tempfile::tempdir().expect("dir");
    let dir = parent.path().join("a");
    write_to(&dir);
    for name in names(&dir).into_iter().filter(|name| name != BUILD) {
        let path = dir.join(&name);
        let good = fs::read(&path).expect("file");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(&path, &bad).expect("spoilt");
        assert!(verify(&dir).is_err(), "{name} was spoilt and nobody saw");
        fs::write(&path, &good).expect("mended");
    }
    fs::write(dir.join("extra.jsonl"), "{}\n").expect("extra");
    assert_eq!(verify(&dir), Err(vec![Mismatch::Unexpected("extra.jsonl".to_owned())]));
    fs::remove_file(dir.join("extra.jsonl")).expect("removed");
    fs::remove_file(dir.join("kto.jsonl")).expect("removed");
    assert!(matches!(verify(&dir).expect_err("missing")[..], [Mismatch::Unreadable { .. }]));
}

#[test]
fn a_manifest_that_was_changed_along_with_its_file_no_longer_fits_the_rows() {
    let parent = tempfile::tempdir().expect("dir");
    let dir = parent.path().join("a");
    let Written { mut manifest, .. } = write_to(&dir);
    let forged = fs::read_to_string(dir.join("kto.jsonl")).expect("rows").replace("false", "true");
    fs::write(dir.join("kto.jsonl"), &forged).expect("forged");
    let file = manifest.files.iter_mut().find(|file| file.path == "kto.jsonl").expect("file");
    (file.bytes, file.blake3) = (forged.len() as u64, blake3::hash(forged.as_bytes()));
    fs::write(dir.join(MANIFEST), manifest.to_bytes()).expect("forged");
    assert!(matches!(verify(&dir).expect_err("forged")[..], [Mismatch::RowsRoot { .. }]));
}

#[test]
fn a_row_that_no_trainer_could_use_is_refused() {
    let parent = tempfile::tempdir().expect("dir");
    let refused = |entry: Entry| {
        let mut writer = Writer::create(&parent.path().join("a"), inputs()).expect("writer");
        writer.row(entry).expect_err("refused").to_string()
    };
    assert_eq!(refused(entry("r", stepwise(&[true]))), "a stepwise row must have one label for each step");
    let same = PreferenceRow { rejected: "Au".to_owned(), ..preference() };
    assert_eq!(refused(entry("r", same)), "a preference row must prefer one answer to another");
    let weightless = RewardRow { weight: f64::NAN, ..reward("r") };
    assert_eq!(refused(entry("r", weightless)), "a reward row must have a weight above 0");
    assert_eq!(refused(entry("r", reward("s"))), "row r: its provenance names another row or format");
    assert!(names(parent.path()).iter().all(|name| name.starts_with('.')), "nothing may look like a snapshot");
}

#[test]
fn a_format_that_the_recipe_does_not_ask_for_is_refused() {
    let parent = tempfile::tempdir().expect("dir");
    let mut inputs = inputs();
    inputs.recipe.formats.remove(&Format::Sft);
    let mut writer = Writer::create(&parent.path().join("a"), inputs).expect("writer");
    assert!(matches!(writer.row(entry("r", sft("a", "b"))), Err(WriteError::Format { format: Format::Sft, .. })));
}

#[test]
fn a_writer_that_died_leaves_nothing_in_the_way_and_a_living_one_is_not_disturbed() {
    let parent = tempfile::tempdir().expect("dir");
    let dir = parent.path().join("a");
    let mut first = Writer::create(&dir, inputs()).expect("writer");
    first.row(entry("r1", sft("Symbol of gold?", "Au"))).expect("row");
    assert!(matches!(Writer::create(&dir, inputs()), Err(WriteError::Busy(_))));
    drop(first);
    assert_eq!(names(parent.path()), [".a.partial"]);
    let written = write_to(&dir);
    assert_eq!(verify(&dir).expect("whole").manifest_hash, written.manifest_hash);
    assert_eq!(names(parent.path()), ["a"]);
}

#[test]
fn writing_again_what_is_there_changes_nothing_and_something_else_is_not_overwritten() {
    let parent = tempfile::tempdir().expect("dir");
    let dir = parent.path().join("a");
    let first = write_to(&dir);
    let again = write_to(&dir);
    assert!(!first.was_there && again.was_there);
    assert_eq!(first.manifest_hash, again.manifest_hash);
    let other = write(&dir, inputs(), entries().into_iter().take(1), fell(), &build("2026-11-01T00:00:00Z"));
    assert!(matches!(other, Err(WriteError::Differs(_))));
    assert_eq!(verify(&dir).expect("untouched").manifest_hash, first.manifest_hash);
    assert_eq!(names(parent.path()), ["a"]);
}

#[test]
fn many_rows_become_row_groups_that_a_reader_can_stream() {
    let parent = tempfile::tempdir().expect("dir");
    let dir = parent.path().join("a");
    let rows = (0..20_000).map(|i| {
        let row = KtoRow { prompt: format!("Question {i}?"), completion: "An answer.".to_owned(), label: i % 2 == 0 };
        entry(&format!("r{i}"), row)
    });
    write(&dir, inputs(), rows, [], &build("2026-11-01T00:00:00Z")).expect("a snapshot");
    let file = fs::File::open(dir.join("kto.parquet")).expect("file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("parquet");
    let groups: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [16_384, 3_616]);
    assert!(reader.metadata().row_groups().iter().all(|group| group.column(0).statistics().is_some()));
    verify(&dir).expect("whole");
}

const ROWS_ROOT: &str = "0fed99ad9ae8bae1e419dcbecb133037319b98f081de7418510dbcc305f695af";
const FILES: &str = "8bd85b92ed2e3e6281d936511b43f006bb604266feeaf47c971012c53ed2a4b4";
