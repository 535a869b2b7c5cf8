//! Child processes that end with this one, however it ends.

use std::{
    io,
    os::unix::process::{CommandExt, parent_id},
    process::Command,
    sync::mpsc,
    thread,
};

use nix::{
    errno::Errno,
    sys::{prctl::set_pdeathsig, signal::Signal},
};

/// Has the kernel send `signal` to the command's process when the *thread* that spawns it ends: that thread must
/// outlast the process. What the process starts itself is not tied.
pub fn die_with_parent(command: &mut Command, signal: Signal) -> &mut Command {
    let parent = std::process::id();
    let tie = move || {
        set_pdeathsig(signal)?;
        // Whoever died before the line above sends no signal any more.
        if parent_id() == parent { Ok(()) } else { Err(io::Error::from_raw_os_error(Errno::ESRCH as i32)) }
    };
    // After std's own change of user, which would clear the signal.
    #[expect(unsafe_code, reason = "runs between fork and exec: only prctl and getppid, which are safe there")]
    unsafe {
        command.pre_exec(tie)
    }
}

/// A thread that does nothing but be the parent of a process. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct ParentThread {
    _ends: mpsc::Sender<()>,
}

impl ParentThread {
    /// Spawns a process on a thread of its own: one that the runtime may end at any time is no parent to be tied to.
    pub(crate) fn spawn<C: Send + 'static>(
        spawn: impl FnOnce() -> io::Result<C> + Send + 'static,
    ) -> io::Result<(C, Self)> {
        let (ends, ended) = mpsc::channel();
        let (announce, announced) = mpsc::channel();
        thread::Builder::new().name("parent".to_owned()).spawn(move || {
            if announce.send(spawn()).is_ok() {
                let _ = ended.recv();
            }
        })?;
        let child = announced.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that spawns ended")))?;
        Ok((child, Self { _ends: ends }))
    }
}
