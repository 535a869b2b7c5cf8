use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::*;

/// A program that says it is tesseract, and does what a script says with a picture.
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("tesseract");
    let text = format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'tesseract 5.0.0'; echo ' leptonica';;\n\
         --list-langs) printf 'List of languages (5):\\nosd\\ndeu\\nscript/Latin\\neng\\nequ\\n';;\n*) {script};;\nesac\n"
    );
    fs::write(&path, text).expect("the script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
    path
}

async fn read_by(script: &str) -> Found {
    let folder = tempfile::tempdir().expect("a folder");
    let program = program(folder.path(), script);
    let installed = installed(&program).await.expect("it is there");
    read(&program, installed, b"P5\n1 1\n255\n\0".to_vec(), Duration::from_secs(30)).await
}

#[tokio::test]
async fn it_says_its_version_and_the_languages_it_reads_english_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = installed(&program(folder.path(), "true")).await.expect("it is there");
    let expected =
        Installed { version: "tesseract 5.0.0".to_owned(), languages: vec!["eng".to_owned(), "deu".to_owned()] };
    assert_eq!(found, expected);
    let none = installed(&folder.path().join("none")).await.unwrap_err();
    assert_eq!(none.kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn what_it_writes_is_the_text_without_what_ends_a_page() {
    // It is given the picture, and the languages by name.
    let found = read_by(r#"printf '%s of ' "$4"; head -c 2; printf '\n\f'"#).await;
    assert_eq!((found.outcome, found.text.as_deref()), (ReadingOutcome::Read, Some("eng+deu of P5")));
    assert_eq!((found.cut, found.program.as_deref()), (false, Some("tesseract 5.0.0")));
    let found = read_by(r"printf ' \n\f'").await;
    assert_eq!((found.outcome, found.text), (ReadingOutcome::NoText, None));
}

#[tokio::test]
async fn it_is_told_nothing_of_the_surroundings_but_where_things_are() {
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "this process knows more");
    let told = read_by("env").await.text.expect("its surroundings");
    assert!(told.lines().any(|line| line == "OMP_THREAD_LIMIT=1"), "{told}");
    let more = |line: &&str| {
        !["PATH=", "LD_LIBRARY_PATH=", "OMP_THREAD_LIMIT=", "PWD=", "_=", "SHLVL="]
            .iter()
            .any(|known| line.starts_with(known))
    };
    assert_eq!(told.lines().filter(more).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_text_without_end_is_cut_and_what_writes_it_is_killed() {
    let found = read_by("exec yes 'one more line'").await;
    assert_eq!((found.outcome, found.cut), (ReadingOutcome::Read, true));
    let length = found.text.expect("a text").len();
    assert!((MOST_TEXT - 20..=MOST_TEXT).contains(&length), "{length}");
}

#[tokio::test]
async fn what_takes_too_long_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let program = program(folder.path(), &format!("exec 3>{}; echo started >&3; exec sleep 1000", pipe.display()));
    let installed = installed(&program).await.expect("it is there");
    // It holds the pipe open as long as it lives.
    let said = tokio::task::spawn_blocking(move || fs::read_to_string(pipe));
    let found = read(&program, installed, vec![], Duration::from_secs(5)).await;
    assert_eq!((found.outcome, found.text), (ReadingOutcome::TimedOut, None));
    assert_eq!(said.await.expect("it ends").expect("the pipe"), "started\n");
}

#[tokio::test]
async fn where_it_fails_what_it_said_is_told() {
    let found = read_by("echo 'Error in pixReadMem: unknown format' >&2; exit 1").await;
    assert_eq!(found.outcome, ReadingOutcome::Failed);
    assert_eq!(found.problem.as_deref(), Some("Error in pixReadMem: unknown format"));
}
