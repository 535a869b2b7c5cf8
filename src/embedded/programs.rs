//! Which PostgreSQL programs this machine has, and which of them to use.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::error::EmbeddedError;

/// The oldest major version that the schema is written for.
const OLDEST: u32 = 15;

/// The server's programs of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    bin: PathBuf,
    major: u32,
}

impl Programs {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    /// The programs in a folder, if it holds all that are needed and they run.
    fn in_folder(bin: &Path) -> Option<Programs> {
        if !["postgres", "initdb", "createdb"].iter().all(|name| bin.join(name).is_file()) {
            return None;
        }
        let major = major_version(&output(&bin.join("postgres"), "--version")?)?;
        Some(Programs { bin: bin.to_owned(), major })
    }
}

/// The folders in which this machine may keep PostgreSQL's programs: where `pg_config` says, where distributions put
/// them, and those of `PATH`.
pub fn usual_places() -> Vec<PathBuf> {
    let on_path: Vec<PathBuf> = env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let mut places = Vec::new();
    if let Some(said) = on_path.iter().find_map(|folder| output(&folder.join("pg_config"), "--bindir")) {
        places.push(PathBuf::from(said.trim()));
    }
    // Debian and Ubuntu; then Red Hat's and SUSE's packages, Alpine, and builds from source.
    places.extend(versioned("/usr/lib/postgresql", "", "bin"));
    places.extend(versioned("/usr", "pgsql-", "bin"));
    places.extend(versioned("/usr/lib", "postgresql", "bin"));
    places.extend(versioned("/usr/libexec", "postgresql", ""));
    places.push(PathBuf::from("/usr/local/pgsql/bin"));
    places.extend(versioned("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"));
    places.extend(versioned("/opt/homebrew/opt", "postgresql@", "bin"));
    places.extend(on_path);
    places
}

/// The programs to run for a new cluster (the newest), or for one that the major version `written_by` has written.
pub(super) fn choose(places: &[PathBuf], written_by: Option<u32>, cluster: &Path) -> Result<Programs, EmbeddedError> {
    let mut seen = BTreeSet::new();
    let found: Vec<Programs> = places
        .iter()
        .filter_map(|place| fs::canonicalize(place).ok())
        .filter(|place| seen.insert(place.clone()))
        .filter_map(|place| Programs::in_folder(&place))
        .filter(|programs| programs.major >= OLDEST)
        .collect();
    pick(found, written_by, cluster)
}

fn pick(found: Vec<Programs>, written_by: Option<u32>, cluster: &Path) -> Result<Programs, EmbeddedError> {
    let versions: BTreeSet<u32> = found.iter().map(Programs::major).collect();
    let Some(newest) = versions.last().copied() else { return Err(EmbeddedError::NoPrograms) };
    let wanted = written_by.unwrap_or(newest);
    found.into_iter().find(|programs| programs.major == wanted).ok_or_else(|| EmbeddedError::OtherVersion {
        cluster: cluster.to_owned(),
        wrote: wanted,
        found: versions.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    })
}

/// The entries of `parent` named `prefix` and a version number, each with `child` appended.
fn versioned(parent: &str, prefix: &str, child: &str) -> Vec<PathBuf> {
    // A folder that is not there is a place where nothing is installed.
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let name = entry.file_name();
            name.to_str()
                .and_then(|name| name.strip_prefix(prefix))
                .is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
        })
        .map(|entry| entry.path().join(child))
        .collect()
}

fn output(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The major version in what `postgres --version` prints.
fn major_version(printed: &str) -> Option<u32> {
    let version = printed.split_once("(PostgreSQL) ")?.1;
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Programs> {
        majors.iter().map(|&major| Programs { bin: PathBuf::from(format!("/pg/{major}/bin")), major }).collect()
    }

    #[test]
    fn the_major_version_is_read_from_releases_betas_and_distributions() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL) 17\n"), Some(17));
        assert_eq!(major_version("something else 17.1\n"), None);
    }

    #[test]
    fn a_new_cluster_gets_the_newest_programs() -> Result<(), EmbeddedError> {
        assert_eq!(pick(installed(&[15, 18, 16]), None, Path::new("/data"))?.major(), 18);
        Ok(())
    }

    #[test]
    fn an_old_cluster_gets_the_programs_that_wrote_it() -> Result<(), EmbeddedError> {
        assert_eq!(pick(installed(&[15, 18, 16]), Some(16), Path::new("/data"))?.major(), 16);
        Ok(())
    }

    #[test]
    fn a_cluster_whose_programs_are_gone_is_refused_by_name() {
        let message = pick(installed(&[15, 18]), Some(16), Path::new("/data")).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("written by PostgreSQL 16, and only 15, 18 is installed"), "{message}");
        assert!(message.contains("apt-get install postgresql-16"), "{message}");
    }
}
