//! Pictures that are read, and those that are not because nothing is there to read them.

use std::{fs, os::unix::fs::PermissionsExt};

use atr_core::{
    domain::attachment::{MediaType, NewAttachedFile, PictureText, ReadingOutcome},
    ids::AttachmentId,
    queue::{Stage, Work},
};

use super::Bench;

/// A GIF of one white dot.
const DOT: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A picture that is attached, and to be read.
async fn attached(bench: &Bench) -> AttachmentId {
    let file = NewAttachedFile {
        blob: bench.cx.blobs.put(DOT).await.expect("stored"),
        sha256: [1; 32],
        media_type: MediaType::Gif,
        byte_count: i64::try_from(DOT.len()).expect("short"),
        width: 1,
        height: 1,
    };
    let mut tx = bench.db.store.begin(bench.db.project).await.expect("a transaction");
    let (attached, _) = tx.insert_attachment(&file).await.expect("attached");
    tx.enqueue(Work::ReadAttachment { attachment: attached.id }).await.expect("enqueued");
    tx.commit().await.expect("committed");
    attached.id
}

async fn newest(bench: &Bench, of: AttachmentId) -> PictureText {
    let mut tx = bench.db.store.begin(bench.db.project).await.expect("a transaction");
    tx.texts_of_attachments(&[of]).await.expect("an answer").pop().expect("a reading")
}

#[tokio::test]
async fn where_the_program_is_not_installed_that_is_noted_and_a_later_reading_holds() {
    let mut bench = Bench::new().await;
    let picture = attached(&bench).await;
    bench.turn(&[Stage::Read]).await;
    let first = newest(&bench, picture).await;
    assert_eq!((first.found.outcome, &first.found.text), (ReadingOutcome::NoProgram, &None));
    let problem = first.found.problem.expect("why");
    assert!(problem.contains("no-tesseract") && problem.contains("No such file"), "{problem}");

    let program = bench.folder.path().join("tesseract");
    let script = "#!/bin/sh\ncase $1 in\n--version) echo tesseract 5;;\n--list-langs) printf 'here:\\neng\\n';;\n*) head -c 7;;\nesac\n";
    fs::write(&program, script).expect("the script");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it can be run");
    bench.cx.tesseract = program;
    let mut tx = bench.db.store.begin(bench.db.project).await.expect("a transaction");
    assert_eq!(tx.unread_attachments(None).await.expect("an answer"), (vec![picture], Some(picture)));
    tx.enqueue(Work::ReadAttachment { attachment: picture }).await.expect("enqueued");
    tx.commit().await.expect("committed");
    bench.turn(&[Stage::Read]).await;
    let second = newest(&bench, picture).await;
    assert_eq!((second.found.outcome, second.found.text.as_deref()), (ReadingOutcome::Read, Some("P5\n1 1")));
    assert_eq!(
        (second.found.program.as_deref(), second.found.languages),
        (Some("tesseract 5"), vec!["eng".to_owned()])
    );
    let mut tx = bench.db.store.begin(bench.db.project).await.expect("a transaction");
    assert_eq!(tx.unread_attachments(None).await.expect("an answer"), (vec![], Some(picture)));
}
