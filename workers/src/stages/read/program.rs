//! The program `tesseract`, run on a picture: with no shell, one thread, bounded in time and in what it may say. It is killed
//! when it takes too long, when it says too much, and when this is dropped or its process ends.

use std::{io, path::Path, process::Stdio, time::Duration};

use atr_core::domain::attachment::{Found, ReadingOutcome};
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    runtime::Handle,
    time::timeout,
};

use crate::child::{ParentThread, die_with_parent};

/// How long it may take to say what it is.
const SHORT: Duration = Duration::from_secs(10);
/// The most bytes of text that are kept of one picture.
const MOST_TEXT: usize = 1 << 20;
/// The most bytes that are kept of what it says of itself.
const MOST_SAID: usize = 16 << 10;
/// The most characters that are kept of why it failed.
const MOST_PROBLEM: usize = 500;
/// The most sets of language data that it reads with at once: each takes its time.
const MOST_LANGUAGES: usize = 6;

/// What it is told of the surroundings: where programs, libraries and its language data are.
const KEPT: [&str; 3] = ["PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX"];

/// The program as it is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its name and version: `tesseract 5.3.0`.
    pub version: String,
    /// The language data it reads with: all that is there, English first.
    pub languages: Vec<String>,
}

/// What a run came to.
struct Ran {
    success: bool,
    /// The beginning of what it wrote, and whether it went on.
    said: Vec<u8>,
    more: bool,
    /// The beginning of what it complained of.
    errors: Vec<u8>,
}

/// Asks the program what it is.
///
/// # Errors
/// If it cannot be started, does not answer, or has no language data.
pub async fn installed(program: &Path) -> io::Result<Installed> {
    let version = told(program, "--version").await?;
    let listed = told(program, "--list-langs").await?;
    let version = version.lines().next().unwrap_or_default().trim().to_owned();
    // The first line says where they are. What is no language finds which way is up, formulas, or whole scripts.
    let is_language = |name: &&str| !["osd", "equ"].contains(name) && !name.contains('/') && !name.is_empty();
    let mut languages: Vec<String> =
        listed.lines().skip(1).map(str::trim).filter(is_language).map(str::to_owned).collect();
    languages.sort_by_key(|name| (name != "eng", name.clone()));
    languages.truncate(MOST_LANGUAGES);
    if languages.is_empty() {
        return Err(io::Error::other("it has no language data"));
    }
    Ok(Installed { version, languages })
}

async fn told(program: &Path, option: &str) -> io::Result<String> {
    let ran = timeout(SHORT, run(program, &[option], &[], MOST_SAID)).await;
    let ran = ran.unwrap_or_else(|_| Err(io::Error::other(format!("it does not answer {option}"))))?;
    if !ran.success {
        return Err(io::Error::other(format!("it fails on {option}: {}", problem(&ran.errors))));
    }
    Ok(String::from_utf8_lossy(&ran.said).into_owned())
}

/// Reads a picture, a portable graymap, within so long.
pub(super) async fn read(program: &Path, installed: Installed, graymap: Vec<u8>, patience: Duration) -> Found {
    let Installed { version, languages } = installed;
    let data = languages.join("+");
    let ran = timeout(patience, run(program, &["stdin", "stdout", "-l", &data], &graymap, MOST_TEXT)).await;
    let ended = |outcome| Found { outcome, text: None, cut: false, program: Some(version), languages, problem: None };
    match ran {
        Err(_) => ended(ReadingOutcome::TimedOut),
        Ok(Err(error)) => Found { problem: Some(error.to_string()), ..ended(ReadingOutcome::Failed) },
        Ok(Ok(ran)) if !ran.success => Found { problem: Some(problem(&ran.errors)), ..ended(ReadingOutcome::Failed) },
        Ok(Ok(Ran { said, more, .. })) => {
            // A character that was cut through is left away; NUL is kept by no database, and pages end with a form feed.
            let whole: String = said.utf8_chunks().map(|chunk| chunk.valid()).collect();
            let text = whole.replace(['\0', '\u{c}'], "").trim().to_owned();
            match text.is_empty() {
                true => ended(ReadingOutcome::NoText),
                false => Found { text: Some(text), cut: more, ..ended(ReadingOutcome::Read) },
            }
        }
    }
}

/// The beginning of what it complained of.
fn problem(errors: &[u8]) -> String {
    let said = String::from_utf8_lossy(errors).replace('\0', "");
    let said: String = said.trim().chars().take(MOST_PROBLEM).collect();
    if said.is_empty() { "it ended with an error and said nothing".to_owned() } else { said }
}

/// Runs it to its end, or until it has said more than `most` bytes.
async fn run(program: &Path, arguments: &[&str], input: &[u8], most: usize) -> io::Result<Ran> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        // This process holds secrets that are nothing to it.
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| KEPT.iter().any(|kept| name == kept)))
        // Of several threads it makes little, and other work runs beside it.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    die_with_parent(command.as_std_mut(), Signal::SIGKILL);
    let runtime = Handle::current();
    let (mut child, _parent): (Child, ParentThread) = ParentThread::spawn(move || {
        let _inside = runtime.enter();
        command.spawn()
    })?;
    let piped = |what| move || io::Error::other(format!("it has no standard {what}"));
    let mut stdin = child.stdin.take().ok_or_else(piped("input"))?;
    let stdout = child.stdout.take().ok_or_else(piped("output"))?;
    let stderr = child.stderr.take().ok_or_else(piped("error"))?;
    let give = async {
        // It may end without having heard all of it; why, its status says.
        let _ = stdin.write_all(input).await;
        drop(stdin);
    };
    let hear = async {
        let (said, more) = beginning(stdout, most).await?;
        if more {
            child.start_kill()?;
        }
        io::Result::Ok((said, more))
    };
    let ((), heard, errors) = tokio::join!(give, hear, drained(stderr));
    let (said, more) = heard?;
    let status = child.wait().await?;
    Ok(Ran { success: more || status.success(), said, more, errors: errors? })
}

/// Up to `most` bytes, and whether there are more.
async fn beginning(from: impl AsyncRead + Unpin, most: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    from.take(most as u64 + 1).read_to_end(&mut bytes).await?;
    let more = bytes.len() > most;
    bytes.truncate(most);
    Ok((bytes, more))
}

/// The beginning of all that is written.
async fn drained(mut from: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let read = from.read(&mut piece).await?;
        if read == 0 {
            return Ok(kept);
        }
        let room = MOST_SAID.saturating_sub(kept.len());
        kept.extend_from_slice(&piece[..read.min(room)]);
    }
}

#[cfg(test)]
mod tests;
