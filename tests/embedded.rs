//! The private PostgreSQL server, with real processes: as root and not, killed, attached to, interrupted.

mod owner;

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use atr::embedded::{EmbeddedError, EmbeddedPostgres};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, Uid, geteuid, getpgid},
};
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

use self::owner::{OwnerProcess, play_owner_if_asked};

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A folder that every user can pass through.
fn open_folder() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("atr-test-").permissions(Permissions::from_mode(0o755)).tempdir()
}

async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    url.parse::<PgConnectOptions>()?.connect().await
}

async fn ask(url: &str, question: &'static str) -> sqlx::Result<String> {
    let mut connection = connect(url).await?;
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(answer)
}

async fn tell(url: &str, statement: &'static str) -> sqlx::Result<()> {
    let mut connection = connect(url).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    connection.close().await
}

/// The server's process, by its own account.
fn server_process(data: &Path) -> std::io::Result<i32> {
    let text = fs::read_to_string(data.join("cluster/postmaster.pid"))?;
    text.lines().next().and_then(|line| line.parse().ok()).ok_or_else(|| std::io::Error::other(text))
}

/// Waits for what another process brings about, at most a minute.
fn wait_for(what: &str, mut happened: impl FnMut() -> bool) -> Outcome {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !happened() {
        if Instant::now() > deadline {
            return Err(format!("{what}: not within a minute").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

fn is_alive(process: i32) -> bool {
    kill(Pid::from_raw(process), None).is_ok()
}

#[tokio::test]
async fn a_first_start_makes_a_database_that_only_the_socket_reaches() -> Outcome {
    let folder = open_folder()?;
    let data = folder.path().join("new/data");
    let postgres = EmbeddedPostgres::start(&data).await?;
    assert!(postgres.is_owner());
    let url = postgres.url();
    assert_eq!(ask(&url, "SELECT current_database() || ' of ' || current_user").await?, "atr of atr");
    assert_eq!(ask(&url, "SHOW listen_addresses").await?, "");
    assert_eq!(ask(&url, "SHOW fsync").await?, "on");
    assert_eq!(ask(&url, "SHOW server_encoding").await?, "UTF8");
    assert_eq!(ask(&url, "SELECT lower('ÉÑ')").await?, "éñ");
    assert_eq!(fs::metadata(data.join("run"))?.mode() & 0o777, 0o700);

    let server = server_process(&data)?;
    let user = fs::metadata(format!("/proc/{server}"))?.uid();
    assert!(user != 0, "the server runs as root");
    assert_eq!(geteuid().is_root(), user != geteuid().as_raw(), "only root becomes another user");
    let group = getpgid(Some(Pid::from_raw(server)))?;
    assert_ne!(group, getpgid(None)?, "a terminal's Ctrl-C would reach the server");

    postgres.stop().await?;
    assert!(!is_alive(server));
    assert!(connect(&url).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_dropped_server_is_stopped_and_a_dropped_database_is_made_again() -> Outcome {
    let folder = open_folder()?;
    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    let elsewhere = postgres.url().replace(":5432/atr", ":5432/postgres");
    tell(&elsewhere, "DROP DATABASE atr").await?;
    let server = server_process(folder.path())?;
    drop(postgres);
    assert!(!is_alive(server));

    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    assert_eq!(ask(&postgres.url(), "SELECT current_database()::text").await?, "atr");
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn the_server_ends_by_itself_when_its_owner_is_killed_and_the_data_is_found_again() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    let folder = open_folder()?;
    let test = "embedded::the_server_ends_by_itself_when_its_owner_is_killed_and_the_data_is_found_again";
    let owner = OwnerProcess::start(test, folder.path())?.ready()?;
    tell(owner.url(), "CREATE TABLE kept AS SELECT 'first'::text AS word").await?;
    let server = server_process(folder.path())?;
    owner.kill()?;
    wait_for("the end of the server", || !is_alive(server))?;

    // The second time the next start does not wait for the server's end.
    let owner = OwnerProcess::start(test, folder.path())?.ready()?;
    tell(owner.url(), "INSERT INTO kept VALUES ('second')").await?;
    owner.kill()?;
    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    assert!(postgres.is_owner());
    assert_eq!(ask(&postgres.url(), "SELECT string_agg(word, ' ' ORDER BY word) FROM kept").await?, "first second");
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn a_second_start_attaches_and_does_not_stop_the_server() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    let folder = open_folder()?;
    let owner = OwnerProcess::start("embedded::a_second_start_attaches_and_does_not_stop_the_server", folder.path())?
        .ready()?;
    let attached = EmbeddedPostgres::start(folder.path()).await?;
    assert!(!attached.is_owner());
    assert_eq!(&attached.url(), owner.url());
    attached.stop().await?;
    assert_eq!(ask(owner.url(), "SELECT 'still here'").await?, "still here");

    let server = server_process(folder.path())?;
    owner.finish()?;
    assert!(!is_alive(server));
    Ok(())
}

#[tokio::test]
async fn of_two_starts_at_once_on_a_new_folder_one_owns_the_server_and_both_use_it() -> Outcome {
    let folder = open_folder()?;
    let (one, other) = tokio::join!(EmbeddedPostgres::start(folder.path()), EmbeddedPostgres::start(folder.path()));
    let (one, other) = (one?, other?);
    assert!(one.is_owner() != other.is_owner());
    for postgres in [&one, &other] {
        assert_eq!(ask(&postgres.url(), "SELECT 'here'").await?, "here");
    }
    let (attached, owner) = if one.is_owner() { (other, one) } else { (one, other) };
    attached.stop().await?;
    Ok(owner.stop().await?)
}

#[tokio::test]
async fn a_cluster_whose_making_was_interrupted_is_made_anew() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    let folder = open_folder()?;
    let owner = OwnerProcess::start("embedded::a_cluster_whose_making_was_interrupted_is_made_anew", folder.path())?;
    let unfinished = || -> Vec<PathBuf> {
        let entries = fs::read_dir(folder.path()).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("cluster.new-")).collect()
    };
    wait_for("a cluster in the making", || unfinished().iter().any(|path| path.join("PG_VERSION").exists()))?;
    owner.kill()?;
    assert!(!folder.path().join("cluster").exists(), "the making was over too soon to be interrupted");

    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    assert_eq!(ask(&postgres.url(), "SELECT 'whole'").await?, "whole");
    assert_eq!(unfinished(), Vec::<PathBuf>::new());
    Ok(postgres.stop().await?)
}

/// Another program, run by the user that the server runs as.
struct Bystander(Child);

impl Bystander {
    fn of_user(user: u32) -> std::io::Result<Bystander> {
        let mut sleep = Command::new("sleep");
        if geteuid().is_root() {
            sleep.uid(user);
        }
        sleep.arg("3600").current_dir("/").stdin(Stdio::null()).spawn().map(Bystander)
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            panic!("the bystander does not end: {error}");
        }
    }
}

#[tokio::test]
async fn a_killed_server_s_number_may_belong_to_another_program_at_the_next_start() -> Outcome {
    let folder = open_folder()?;
    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    tell(&postgres.url(), "CREATE TABLE kept AS SELECT 'kept'::text AS word").await?;
    let server = server_process(folder.path())?;
    let pid_file = folder.path().join("cluster/postmaster.pid");
    let user = fs::metadata(&pid_file)?.uid();
    kill(Pid::from_raw(server), Signal::SIGKILL)?;
    postgres.stop().await?;

    let mut bystander = Bystander::of_user(user)?;
    let stale = fs::read_to_string(&pid_file)?.replacen(&server.to_string(), &bystander.0.id().to_string(), 1);
    fs::write(&pid_file, stale)?;
    let postgres = EmbeddedPostgres::start(folder.path()).await?;
    assert!(postgres.is_owner());
    assert_eq!(ask(&postgres.url(), "SELECT word FROM kept").await?, "kept");
    assert!(bystander.0.try_wait()?.is_none(), "the other program was taken for a server and ended");
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn a_copied_folder_is_not_taken_for_the_one_that_it_was_copied_from() -> Outcome {
    let (folder, place) = (open_folder()?, open_folder()?);
    EmbeddedPostgres::start(folder.path()).await?.stop().await?;
    let copy = place.path().join("copy");
    assert!(Command::new("cp").arg("-a").arg(folder.path()).arg(&copy).status()?.success());
    let original = EmbeddedPostgres::start(folder.path()).await?;
    for live in ["cluster/postmaster.pid", "owner.lock"] {
        assert!(Command::new("cp").arg("-a").arg(folder.path().join(live)).arg(copy.join(live)).status()?.success());
    }

    let copied = EmbeddedPostgres::start(&copy).await?;
    assert!(copied.is_owner());
    for (postgres, data) in [(&original, folder.path()), (&copied, &copy)] {
        let expected = fs::canonicalize(data.join("cluster"))?;
        assert_eq!(Path::new(&ask(&postgres.url(), "SHOW data_directory").await?), expected);
    }
    copied.stop().await?;
    Ok(original.stop().await?)
}

#[tokio::test]
async fn without_programs_one_line_says_what_to_install() -> Outcome {
    let folder = open_folder()?;
    let nothing = folder.path().join("bin");
    let refused = EmbeddedPostgres::start_with(&folder.path().join("data"), move || vec![nothing]).await;
    let Err(error @ EmbeddedError::NoPrograms) = refused else { return Err(format!("{refused:?}").into()) };
    let line = error.to_string();
    assert!(line.starts_with("no PostgreSQL programs found (15 or newer)"), "{line}");
    assert!(line.contains("`apt-get install postgresql`") && !line.contains('\n'), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_folder_with_other_files_in_it_is_refused_and_left_alone() -> Outcome {
    let folder = open_folder()?;
    fs::create_dir(folder.path().join("run"))?;
    fs::write(folder.path().join("run/precious"), "mine")?;
    let refused = EmbeddedPostgres::start(folder.path()).await;
    let Err(error @ EmbeddedError::InOtherUse { .. }) = refused else { return Err(format!("{refused:?}").into()) };
    assert!(error.to_string().ends_with("give the private database an empty or new folder of its own"), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("run/precious"))?, "mine");
    assert_eq!(fs::read_dir(folder.path())?.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_start_that_fails_says_why_and_leaves_the_folder_usable() -> Outcome {
    let folder = open_folder()?;
    EmbeddedPostgres::start(folder.path()).await?.stop().await?;
    let cluster = folder.path().join("cluster");

    let settings = cluster.join("postgresql.auto.conf");
    let before = fs::read_to_string(&settings)?;
    fs::write(&settings, "work_mem = 'much'\n")?;
    let line = EmbeddedPostgres::start(folder.path()).await.map(|_| ()).unwrap_err().to_string();
    assert!(line.contains("server.log ends with:") && line.contains("work_mem"), "{line}");
    fs::write(&settings, before)?;

    let version = cluster.join("PG_VERSION");
    let before = fs::read_to_string(&version)?;
    fs::write(&version, "9\n")?;
    let line = EmbeddedPostgres::start(folder.path()).await.map(|_| ()).unwrap_err().to_string();
    assert!(line.contains("written by PostgreSQL 9") && line.contains("postgresql-9"), "{line}");
    fs::write(&version, before)?;

    Ok(EmbeddedPostgres::start(folder.path()).await?.stop().await?)
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works_and_leaves_nothing_outside() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    let folder = open_folder()?;
    let data = folder.path().join("long".repeat(40));
    let postgres = EmbeddedPostgres::start(&data).await?;
    let sockets = fs::read_link(data.join("run"))?;
    assert_eq!(fs::metadata(&sockets)?.mode() & 0o777, 0o700);
    let attached = EmbeddedPostgres::start(&data).await?;
    assert!(!attached.is_owner());
    assert_eq!(ask(&attached.url(), "SELECT 'here'").await?, "here");
    postgres.stop().await?;
    assert!(!sockets.exists());

    let test = "embedded::a_path_too_long_for_a_socket_works_and_leaves_nothing_outside";
    let owner = OwnerProcess::start(test, &data)?.ready()?;
    let left_by_the_killed = fs::read_link(data.join("run"))?;
    owner.kill()?;
    let postgres = EmbeddedPostgres::start(&data).await?;
    assert!(!left_by_the_killed.exists());
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn a_path_with_spaces_quotes_and_letters_works_and_the_folder_can_be_moved_to_one_with_commas() -> Outcome {
    let folder = open_folder()?;
    let data = folder.path().join("a \"b\" 'c' %20 é:@?#");
    let postgres = EmbeddedPostgres::start(&data).await?;
    assert_eq!(ask(&postgres.url(), "SELECT 'here'").await?, "here");
    assert!(data.join("run/.s.PGSQL.5432").exists());
    postgres.stop().await?;

    let moved = folder.path().join("a, b");
    fs::rename(&data, &moved)?;
    let postgres = EmbeddedPostgres::start(&moved).await?;
    assert_eq!(ask(&postgres.url(), "SELECT 'here'").await?, "here");
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn a_folder_that_only_its_owner_can_reach_works() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    // As under root's home: no other account gets there.
    let folder = tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir()?;
    let data = folder.path().join("data");
    let test = "embedded::a_folder_that_only_its_owner_can_reach_works";
    let owner = OwnerProcess::start(test, &data)?.ready()?;
    tell(owner.url(), "CREATE TABLE kept AS SELECT 'kept'::text AS word").await?;
    let server = server_process(&data)?;
    owner.kill()?;
    wait_for("the end of the server", || !is_alive(server))?;

    let postgres = EmbeddedPostgres::start(&data).await?;
    assert_eq!(ask(&postgres.url(), "SELECT word FROM kept").await?, "kept");
    let attached = EmbeddedPostgres::start(&data).await?;
    assert!(!attached.is_owner());
    Ok(postgres.stop().await?)
}

#[tokio::test]
async fn an_ordinary_user_runs_the_server_as_itself() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    let folder = open_folder()?;
    let data = folder.path().join("data");
    fs::create_dir(&data)?;
    let user = if geteuid().is_root() { owner::ORDINARY_USER } else { geteuid().as_raw() };
    std::os::unix::fs::chown(&data, Some(user), None)?;
    let test = "embedded::an_ordinary_user_runs_the_server_as_itself";
    let owner = OwnerProcess::start_as_ordinary_user(test, &data)?.ready()?;
    assert_eq!(ask(owner.url(), "SELECT 'here'").await?, "here");
    let server = server_process(&data)?;
    assert_eq!(fs::metadata(format!("/proc/{server}"))?.uid(), user);
    owner.kill()?;
    wait_for("the end of the server", || !is_alive(server))?;

    let owner = OwnerProcess::start_as_ordinary_user(test, &data)?.ready()?;
    assert_eq!(ask(owner.url(), "SELECT 'again'").await?, "again");
    owner.finish()
}

#[tokio::test]
async fn an_ordinary_user_is_refused_another_s_folder() -> Outcome {
    if play_owner_if_asked().await? {
        return Ok(());
    }
    // Root's own folders are another's to everyone but root.
    let folder = if geteuid().is_root() { open_folder()?.keep() } else { PathBuf::from("/usr") };
    let test = "embedded::an_ordinary_user_is_refused_another_s_folder";
    let refused = OwnerProcess::start_as_ordinary_user(test, &folder)?.ready();
    if folder != Path::new("/usr") {
        fs::remove_dir(&folder)?;
    }
    let printed = refused.map(|_| ()).unwrap_err().to_string();
    assert!(printed.contains("NotYours"), "{printed}");
    assert!(printed.contains(&format!("owner: {}", Uid::from_raw(0))), "{printed}");
    Ok(())
}
