//! What a program can check of `ARCHITECTURE.md`.
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

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next() {
            names.insert(name.to_owned());
        }
    }
    names
}

#[test]
fn a_floor_uses_only_the_floors_below_it() {
    let above = |manifest: &str, barred: &[&str]| {
        let names = dependencies(manifest);
        for bar in barred {
            assert!(!names.contains(*bar), "{manifest} must not depend on {bar}");
        }
    };
    above("core/Cargo.toml", &["atr", "atr-workers", "atr-reward", "axum", "async-graphql", "lapin"]);
    above("workers/Cargo.toml", &["atr", "axum", "async-graphql", "sqlx"]);
    above("trainer/reward/Cargo.toml", &["atr", "atr-core", "atr-workers", "sqlx"]);
    above("Cargo.toml", &["sqlx", "lapin"]);
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

#[test]
fn every_path_that_the_architecture_names_is_there() {
    let text = read("ARCHITECTURE.md");
    let mut named = 0;
    for (at, quoted) in text.split('`').enumerate() {
        let place = quoted.split('/').next().unwrap_or_default();
        let is_path = at % 2 == 1
            && !quoted.contains([' ', '<', '('])
            && (root().join(place).is_dir() || quoted.ends_with(".rs") || quoted.ends_with(".toml"))
            && !quoted.starts_with("mod.rs");
        if is_path {
            named += 1;
            assert!(root().join(quoted).exists(), "ARCHITECTURE.md names {quoted}, which is not there");
        }
    }
    assert!(named > 20, "only {named} paths were found in ARCHITECTURE.md");
}

#[test]
fn every_constraint_has_a_name() {
    for file in files("migrations", ".sql") {
        let text = fs::read_to_string(&file).expect("a migration");
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let constrains =
                ["primary key", "unique (", "references ", "check ("].iter().any(|word| line.contains(word));
            let named =
                line.contains("constraint ") || line.starts_with("foreign key") || line.contains("with check (");
            let other =
                line.starts_with("--") || line.starts_with("comment on") || line.starts_with("create unique index");
            assert!(!constrains || named || other, "{}:{}: give the constraint a name: {line}", file.display(), at + 1);
        }
    }
}

#[test]
fn every_column_has_a_comment() {
    for file in files("migrations", ".sql") {
        let text = fs::read_to_string(&file).expect("a migration");
        let mut table = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                table = rest.split_whitespace().next();
            } else if line.starts_with(')') {
                table = None;
            } else if let Some(table) = table {
                let column = line.trim().split(' ').next().unwrap_or_default();
                if !column.is_empty()
                    && column != "--"
                    && column != "constraint"
                    && line.starts_with("    ")
                    && !line.starts_with("     ")
                {
                    let comment = format!("comment on column {table}.{column} is");
                    assert!(text.contains(&comment), "{}: {table}.{column} has no comment", file.display());
                }
            }
        }
    }
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
    assert!(config.contains("SQLX_OFFLINE = { value = \"true\", force = true }"), "queries are checked against .sqlx");
    assert!(!files(".sqlx", ".json").is_empty());
}
