//! The server's process, and what is left to it.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt,
    process::{Child, Command},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use atr_workers::child::die_with_parent;
use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};

use super::error::EmbeddedError;

/// How long a fast shutdown may take (it writes a checkpoint), and then an immediate one.
const SHUTDOWN: Duration = Duration::from_secs(60);

/// Leaves an open file to the command's process, under the number that it has here.
pub(super) fn hand_on(command: &mut Command, file: File) {
    let hand_on = move || Ok(fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty())).map(drop)?);
    #[expect(unsafe_code, reason = "runs between fork and exec: only fcntl, which is safe there")]
    unsafe {
        command.pre_exec(hand_on);
    }
}

/// A server process whose parent is a thread of its own, that lasts as long as it does.
#[derive(Debug)]
pub(super) struct Server {
    pid: Pid,
    exit: Arc<Exit>,
}

#[derive(Debug, Default)]
struct Exit {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Running,
    Stopping,
    Ended,
}

impl Exit {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The value is written whole, so that a panic elsewhere leaves it right.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Spawns the command in a process group of its own (so that a terminal's Ctrl-C reaches this process alone, which
    /// then finishes its work before it stops its database), tied to this process by a fast shutdown.
    pub(super) fn spawn(mut command: Command) -> io::Result<Server> {
        die_with_parent(&mut command, Signal::SIGINT).process_group(0);
        let exit = Arc::new(Exit::default());
        let (announce, announced) = mpsc::channel();
        let seen = Arc::clone(&exit);
        thread::Builder::new().name("postgres-parent".to_owned()).spawn(move || {
            let (announcement, child) = match command.spawn() {
                Ok(child) => (Ok(Pid::from_raw(child.id().cast_signed())), Some(child)),
                Err(error) => (Err(error), None),
            };
            if announce.send(announcement).is_ok()
                && let Some(child) = child
            {
                wait_for(child, &seen);
            }
        })?;
        let pid = announced.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that spawns ended")))?;
        Ok(Server { pid, exit })
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(*self.exit.lock(), State::Ended)
    }

    /// Stops the server and waits until it has ended: fast (clients are cut off, what was committed is written), and
    /// if that does not end, at once (what was committed is recovered at the next start).
    pub(super) fn stop(&self) -> Result<(), EmbeddedError> {
        for signal in [Signal::SIGINT, Signal::SIGQUIT] {
            let mut state = self.exit.lock();
            if !matches!(*state, State::Ended) {
                *state = State::Stopping;
                if let Err(error) = kill(self.pid, signal) {
                    tracing::error!(%error, pid = self.pid(), "could not signal the private PostgreSQL server");
                }
            }
            let is_running = |state: &mut State| !matches!(state, State::Ended);
            let waited = self.exit.ended.wait_timeout_while(state, SHUTDOWN, is_running);
            if !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
                return Ok(());
            }
        }
        Err(EmbeddedError::NotStopped { pid: self.pid() })
    }
}

/// Waits for the server's end and makes it known.
fn wait_for(mut child: Child, exit: &Exit) {
    let pid = Pid::from_raw(child.id().cast_signed());
    // Wait without reaping: while the lock below is not held, the number is this child's, ended or not, so that a
    // signal sent under the same lock cannot reach another process.
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let mut state = exit.lock();
    match child.wait() {
        Ok(_) if matches!(*state, State::Stopping) => {}
        Ok(status) => tracing::error!(%status, %pid, "the private PostgreSQL server ended of itself"),
        Err(error) => tracing::error!(%error, %pid, "could not wait for the private PostgreSQL server"),
    }
    *state = State::Ended;
    exit.ended.notify_all();
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!("{error}");
        }
    }
}
