//! As whom the server runs. PostgreSQL refuses to run as root, and as another user it may be unable to reach the data
//! folder, so that root has to choose.

use std::{
    fmt,
    fs::{self, File, Permissions},
    os::{
        fd::AsRawFd,
        unix::{
            fs::{MetadataExt, PermissionsExt, chown},
            process::CommandExt,
        },
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::unistd::{Uid, User, geteuid};

use super::{
    error::{During, EmbeddedError},
    process::hand_on,
};

/// The user that the server's programs run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Whoever started this process.
    Caller,
    /// Root becomes another account for good.
    Account { uid: u32, gid: u32 },
    /// The same where the account cannot pass through the folders above, as in root's home: root opens the folders
    /// and hands them on, and the account names them by their descriptors.
    Handed { uid: u32, gid: u32 },
}

impl Identity {
    /// For a cluster that exists: its owner, who must be able to reach it.
    pub(super) fn of_cluster(cluster: &Path, postgres: &Path) -> Result<Identity, EmbeddedError> {
        let owner = fs::metadata(cluster).during("read", cluster)?;
        let tried = match (geteuid().is_root(), owner.uid()) {
            (true, uid) if uid != 0 => Identity::of_account((uid, owner.gid())).to_vec(),
            (false, uid) if uid == geteuid().as_raw() => vec![Identity::Caller],
            (_, uid) => return Err(EmbeddedError::NotYours { folder: cluster.to_owned(), owner: uid }),
        };
        let found = tried.iter().find(|identity| identity.reaches(cluster, postgres)).cloned();
        found.ok_or_else(|| unreachable(cluster, &tried))
    }

    /// For a new cluster: the first identity that can work in `empty`, an empty folder, which becomes its own.
    pub(super) fn for_new_cluster(empty: &Path, postgres: &Path) -> Result<Identity, EmbeddedError> {
        if !geteuid().is_root() {
            return Ok(Identity::Caller);
        }
        let mut tried: Vec<Identity> = accounts(empty).into_iter().flat_map(Identity::of_account).collect();
        tried.sort_by_key(|identity| matches!(identity, Identity::Handed { .. }));
        for identity in &tried {
            identity.give(empty)?;
            if identity.reaches(empty, postgres) {
                return Ok(identity.clone());
            }
        }
        Err(unreachable(empty, &tried))
    }

    /// The ways for root to become an account, the plain one first.
    fn of_account((uid, gid): (u32, u32)) -> [Identity; 2] {
        [Identity::Account { uid, gid }, Identity::Handed { uid, gid }]
    }

    /// Makes a folder this identity's alone.
    pub(super) fn give(&self, folder: &Path) -> Result<(), EmbeddedError> {
        let (uid, gid) = match *self {
            Identity::Caller => (None, None),
            Identity::Account { uid, gid } | Identity::Handed { uid, gid } => (Some(uid), Some(gid)),
        };
        chown(folder, uid, gid).during("change the owner of", folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700)).during("change the mode of", folder)
    }

    /// A command that runs `program` as this identity: without standard input, in `/`, in no language, and without
    /// the variables by which PostgreSQL's programs would be sent elsewhere.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match *self {
            Identity::Caller => Command::new(program),
            Identity::Account { uid, gid } | Identity::Handed { uid, gid } => {
                // Also drops the supplementary groups.
                let mut command = Command::new(program);
                command.uid(uid).gid(gid);
                command
            }
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).env("LC_ALL", "C").current_dir("/");
        command
    }

    /// How a command of this identity names a folder. The link of an open descriptor leads to the folder itself, past
    /// what lies above it.
    pub(super) fn name(&self, folder: &Path, command: &mut Command) -> Result<PathBuf, EmbeddedError> {
        let Identity::Handed { .. } = self else { return Ok(folder.to_owned()) };
        let open = File::open(folder).during("open", folder)?;
        let name = format!("/proc/self/fd/{}", open.as_raw_fd());
        hand_on(command, open);
        Ok(PathBuf::from(name))
    }

    /// Whether this identity can enter a folder and run a program: asked of the system, since modes, access lists
    /// and security modules all have a say.
    fn reaches(&self, folder: &Path, program: &Path) -> bool {
        let mut command = self.command(Path::new("/bin/sh"));
        let Ok(named) = self.name(folder, &mut command) else { return false };
        command.args(["-c", r#"cd "$1" && exec "$2" --version"#, "sh"]).arg(named).arg(program);
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
            Identity::Handed { uid, .. } => write!(f, "{} with the folder handed on", name(uid)),
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
