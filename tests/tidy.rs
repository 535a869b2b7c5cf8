//! What a program can check of `ARCHITECTURE.md` and of the page on security.
#![allow(missing_docs, reason = "the names of tests say what they are")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder whose name ends so.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder's entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} below {folder}");
    found
}

/// Fails for each file that contains one of the words.
fn none_says(files: &[PathBuf], words: &[&str], why: &str) {
    let mut offenders = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).expect("a text file");
        for word in words {
            if let Some(at) = text.lines().position(|line| line.contains(word)) {
                offenders.push(format!("{}:{}: {word}", file.display(), at + 1));
            }
        }
    }
    assert!(offenders.is_empty(), "{why}:\n{}", offenders.join("\n"));
}

/// What a manifest's crate is built with, whatever the target; with `tests` also what its tests are built with.
fn dependencies(manifest: &str, tests: bool) -> BTreeSet<String> {
    let text = read(manifest);
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches([']', ' ']);
            // `[dependencies.name]` is a section of its own.
            let (list, one) = match section.rsplit_once("dependencies.") {
                Some((before, name)) => (format!("{before}dependencies"), Some(name)),
                None => (section.to_owned(), None),
            };
            let read = list.ends_with("dependencies") && !list.starts_with("workspace");
            let read = read && (tests || !list.ends_with("dev-dependencies"));
            inside = read && one.is_none();
            names.extend(one.filter(|_| read).map(str::to_owned));
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next() {
            names.insert(name.to_owned());
        }
    }
    assert!(!names.is_empty(), "{manifest} names no dependency");
    names
}

#[test]
fn a_floor_uses_only_the_floors_below_it() {
    let bar = |manifest: &str, tests: bool, barred: &[&str]| {
        let names = dependencies(manifest, tests);
        for bar in barred {
            assert!(!names.contains(*bar), "{manifest} must not depend on {bar}");
        }
    };
    // Tests of a floor may look at the database as its owner, but not at what is above them.
    bar("core/Cargo.toml", true, &["atr", "atr-workers", "atr-reward", "axum", "async-graphql", "lapin"]);
    bar("workers/Cargo.toml", true, &["atr", "axum", "async-graphql"]);
    bar("workers/Cargo.toml", false, &["sqlx"]);
    bar("trainer/reward/Cargo.toml", true, &["atr", "atr-core", "atr-workers", "sqlx"]);
    bar("Cargo.toml", false, &["sqlx", "lapin"]);
}

#[test]
fn what_the_floors_offer_is_documented() {
    for library in ["core/src/lib.rs", "workers/src/lib.rs", "trainer/reward/src/lib.rs"] {
        let denies = read(library).lines().any(|line| line == "#![deny(missing_docs)]");
        assert!(denies, "{library} must deny missing_docs");
    }
}

#[test]
fn sql_is_in_core_alone() {
    for folder in ["src", "workers/src", "trainer/reward/src"] {
        // Tests look at the database as its owner.
        let shipped: Vec<PathBuf> =
            files(folder, ".rs").into_iter().filter(|path| !path.to_string_lossy().contains("/tests/")).collect();
        none_says(&shipped, &["sqlx::", "query!(", "QueryBuilder"], "SQL belongs to core/src/store and core/src/queue");
    }
    let rest: Vec<PathBuf> = files("core/src", ".rs")
        .into_iter()
        .filter(|path| {
            !path.starts_with(root().join("core/src/store")) && !path.starts_with(root().join("core/src/queue"))
        })
        .collect();
    none_says(&rest, &["sqlx::query", "QueryBuilder"], "SQL belongs to core/src/store and core/src/queue");
}

#[test]
fn only_the_transport_speaks_to_a_broker() {
    let transport = root().join("workers/src/transport");
    for folder in ["src", "core/src", "workers/src"] {
        let others: Vec<PathBuf> =
            files(folder, ".rs").into_iter().filter(|path| !path.starts_with(&transport)).collect();
        none_says(&others, &["lapin"], "only workers/src/transport may use a broker's client");
    }
}

#[test]
fn use_cases_return_neither_http_nor_graphql_types() {
    none_says(&files("src/app", ".rs"), &["axum", "async_graphql", "http::"], "src/app knows no door");
}

/// What the architecture quotes and is no path: crates, programs, types, a role, and a file of every room.
const NO_PATHS: &[&str] =
    &["atr", "atr-at-hand", "atr-core", "atr-reward", "atr-workers", "atr-train-reward", "atr_app", "Tx", "mod.rs"];

#[test]
fn every_path_that_the_architecture_names_is_there() {
    let text = read("ARCHITECTURE.md");
    let drawn: BTreeSet<usize> = text.match_indices("```").map(|(at, _)| at).collect();
    assert_eq!(drawn.len(), 2, "one drawing, whose quotes are no names");
    let prose = text.split("```").step_by(2).collect::<String>();
    let mut named = 0;
    for quoted in prose.split('`').skip(1).step_by(2).filter(|quoted| !NO_PATHS.contains(quoted)) {
        named += 1;
        assert!(root().join(quoted).exists(), "ARCHITECTURE.md names {quoted}, which is not there");
    }
    assert!(named > 20, "only {named} paths were found in ARCHITECTURE.md");
}

#[test]
fn every_test_that_the_page_on_security_names_is_there() {
    let sources: String = ["tests", "core", "src", "workers"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .map(|file| fs::read_to_string(file).expect("a text file"))
        .collect();
    let page = read("docs/security.md");
    // Names of tests are sentences; what else stands between ticks is not.
    let named: BTreeSet<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches('_').count() > 2 && !name.contains(char::is_uppercase))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {missing:?}");
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    // Split, so that this file does not find itself.
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore"), concat!("FIX", "ME")];
    for folder in ["src", "core", "workers", "trainer", "tests"] {
        none_says(&files(folder, ".rs"), &words, "finish it or take it out");
    }
}

#[test]
fn builds_do_not_depend_on_a_database_that_happens_to_be_there() {
    let config = read(".cargo/config.toml");
    for setting in [
        "SQLX_OFFLINE = { value = \"true\", force = true }",
        "SQLX_OFFLINE_DIR = { value = \".sqlx\", relative = true, force = true }",
    ] {
        assert!(config.lines().any(|line| line == setting), "queries are checked against .sqlx: {setting}");
    }
    assert!(!files(".sqlx", ".json").is_empty());
}
