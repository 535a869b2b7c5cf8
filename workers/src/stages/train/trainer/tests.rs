use std::{
    fs::File,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use nix::{sys::stat::Mode, unistd::mkfifo};

use super::Trainer;

/// Tells this test, when it runs as another process, to start the trainer in this folder and then wait.
const FOLDER: &str = "ATR_TEST_START_TRAINER_IN";

#[tokio::test]
async fn when_the_process_that_started_it_is_killed_the_trainer_ends() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let _trainer = Trainer::start(&folder.join("trainer.sh"), &folder.join("spec.json")).expect("it starts");
        std::future::pending::<()>().await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (pipe, script) = (folder.path().join("pipe"), folder.path().join("trainer.sh"));
    mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
    let text = format!("#!/bin/sh\nexec 3>{}\necho started >&3\nexec sleep 1000\n", pipe.display());
    std::fs::write(&script, text).expect("the script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
    let this = std::env::current_exe().expect("this program's path");
    let name = "stages::train::trainer::tests::when_the_process_that_started_it_is_killed_the_trainer_ends";
    let mut starter = Command::new(this)
        .args([name, "--exact"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("this program again");
    let mut held = File::open(&pipe).expect("the pipe, which the trainer holds open");
    let mut said = [0; 8];
    held.read_exact(&mut said).expect("a word");
    assert_eq!(&said, b"started\n");
    starter.kill().expect("killed");
    starter.wait().expect("its end");
    assert_eq!(held.read_to_end(&mut Vec::new()).expect("the end of the pipe"), 0);
}
