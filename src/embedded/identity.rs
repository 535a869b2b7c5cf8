//! As whom the server runs. PostgreSQL refuses to run as root, and as another user it may be unable to reach the data
//! folder, so that root has to choose.

use std::{
    fmt,
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use nix::unistd::{Uid, User, geteuid};

use super::error::{During, EmbeddedError};

/// The user that the server's programs run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Whoever started this process.
    Caller,
    /// Root becomes another account for good.
    Account { uid: u32, gid: u32 },
    /// Root stays the owner of the files, without its powers: a user namespace in which root appears as another
    /// account (one that the system knows, since `initdb` looks its name up).
    Namespace { uid: u32, gid: u32 },
}

impl Identity {
    /// For a cluster that exists: its owner, who must be able to reach it.
    pub(super) fn of_cluster(cluster: &Path, postgres: &Path) -> Result<Identity, EmbeddedError> {
        let owner = fs::metadata(cluster).during("read", cluster)?;
        let identity = match (geteuid().is_root(), owner.uid()) {
            (true, 0) => {
                accounts(cluster).into_iter().next().map(Identity::in_namespace).ok_or(unreachable(cluster, &[]))?
            }
            (true, uid) => Identity::Account { uid, gid: owner.gid() },
            (false, uid) if uid == geteuid().as_raw() => Identity::Caller,
            (false, uid) => return Err(EmbeddedError::NotYours { folder: cluster.to_owned(), owner: uid }),
        };
        if identity.reaches(cluster, postgres) { Ok(identity) } else { Err(unreachable(cluster, &[identity])) }
    }

    /// For a new cluster: the first identity that can work in `empty`, an empty folder, which becomes its own.
    pub(super) fn for_new_cluster(empty: &Path, postgres: &Path) -> Result<Identity, EmbeddedError> {
        if !geteuid().is_root() {
            return Ok(Identity::Caller);
        }
        let accounts = accounts(empty);
        let namespace = accounts.first().copied().map(Identity::in_namespace);
        let tried: Vec<Identity> =
            accounts.into_iter().map(|(uid, gid)| Identity::Account { uid, gid }).chain(namespace).collect();
        for identity in &tried {
            identity.give(empty)?;
            if identity.reaches(empty, postgres) {
                return Ok(identity.clone());
            }
        }
        Err(unreachable(empty, &tried))
    }

    fn in_namespace((uid, gid): (u32, u32)) -> Identity {
        Identity::Namespace { uid, gid }
    }

    /// Makes a folder this identity's alone.
    pub(super) fn give(&self, folder: &Path) -> Result<(), EmbeddedError> {
        let (uid, gid) = match *self {
            Identity::Caller => (None, None),
            Identity::Account { uid, gid } => (Some(uid), Some(gid)),
            Identity::Namespace { .. } => (Some(0), Some(0)),
        };
        chown(folder, uid, gid).during("change the owner of", folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700)).during("change the mode of", folder)
    }

    /// A command that runs `program` as this identity: without standard input, in `/`, in no language, and without
    /// the variables by which PostgreSQL's programs would be sent elsewhere.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match *self {
            Identity::Caller => Command::new(program),
            Identity::Account { uid, gid } => {
                // Also drops the supplementary groups.
                let mut command = Command::new(program);
                command.uid(uid).gid(gid);
                command
            }
            Identity::Namespace { uid, gid } => {
                // Without --fork, unshare becomes the program: the process keeps its id and its parent.
                let mut command = Command::new("unshare");
                command
                    .args(["--user", &format!("--map-user={uid}"), &format!("--map-group={gid}"), "--"])
                    .arg(program);
                command
            }
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).env("LC_ALL", "C").current_dir("/");
        command
    }

    /// Whether this identity can enter a folder and run a program: asked of the system, since modes, access lists
    /// and security modules all have a say.
    fn reaches(&self, folder: &Path, program: &Path) -> bool {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", r#"cd "$1" && exec "$2" --version"#, "sh"]).arg(folder).arg(program);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |uid: u32| match User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(user)) => user.name,
            _ => uid.to_string(),
        };
        match *self {
            Identity::Caller => f.write_str("the caller"),
            Identity::Account { uid, .. } => f.write_str(&name(uid)),
            Identity::Namespace { uid, .. } => write!(f, "root as {} in a user namespace", name(uid)),
        }
    }
}

fn unreachable(folder: &Path, tried: &[Identity]) -> EmbeddedError {
    let tried = match tried {
        [] => "none, since there is neither `postgres` nor `nobody`".to_owned(),
        tried => tried.iter().map(Identity::to_string).collect::<Vec<_>>().join(", "),
    };
    EmbeddedError::Unreachable { folder: folder.to_owned(), tried }
}

/// The accounts that root may become, best first: PostgreSQL's own, that of whoever's folder this is (root by sudo,
/// at work in a person's home), and the one that owns nothing.
fn accounts(folder: &Path) -> Vec<(u32, u32)> {
    let named = |name: &str| User::from_name(name).ok().flatten();
    let owner = folder
        .ancestors()
        .filter_map(|ancestor| fs::metadata(ancestor).ok())
        .find(|metadata| metadata.uid() != 0)
        .and_then(|metadata| User::from_uid(Uid::from_raw(metadata.uid())).ok().flatten());
    [named("postgres"), owner, named("nobody")]
        .into_iter()
        .flatten()
        .map(|user| (user.uid.as_raw(), user.gid.as_raw()))
        .collect()
}
