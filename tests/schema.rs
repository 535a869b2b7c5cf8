//! The published schemas: what programs rely on. They need no database.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

/// Runs `atr --json schema`.
fn printed(args: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_atr")).args(["--json", "schema"]).args(args).output().expect("atr runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Names of schemas, and their files.
fn published() -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let lines = printed(&[]);
    let listed = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    listed.map(|one| (text(&one["name"]), text(&one["file"]))).collect()
}

#[test]
fn the_published_schemas_are_those_of_what_is_read_and_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut files = BTreeSet::new();
    for (name, file) in published() {
        let kept = fs::read_to_string(folder.join(&file)).unwrap_or_default();
        // Not assert_eq: nobody reads two thousand lines twice.
        assert!(
            printed(&[&name]) == kept,
            "schemas/{file} is out of date: if the change is meant, write it with `atr schema --all schemas`"
        );
        files.insert(file);
    }
    let there = fs::read_dir(folder).expect("schemas").map(|entry| entry.expect("an entry").file_name());
    let there: BTreeSet<String> = there.map(|name| name.to_string_lossy().into_owned()).collect();
    assert_eq!(there, files);
}

#[test]
fn every_field_of_a_json_schema_says_what_it_is() {
    let mut silent = Vec::new();
    for (name, file) in published() {
        if file.ends_with(".json") {
            let schema: Value = serde_json::from_str(&printed(&[&name])).expect("JSON");
            undescribed(&schema, &name, &mut silent);
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

fn undescribed(schema: &Value, place: &str, silent: &mut Vec<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        // What tells the forms of a record apart is described where they are.
        if field["description"].is_null() && field["const"].is_null() {
            silent.push(format!("{place}/{name}"));
        }
        undescribed(field, &format!("{place}/{name}"), silent);
    }
    let parts = [&schema["$defs"], &schema["components"]["schemas"]];
    for (name, part) in parts.into_iter().filter_map(Value::as_object).flatten() {
        undescribed(part, &format!("{place}/{name}"), silent);
    }
    for (at, form) in schema["oneOf"].as_array().into_iter().flatten().enumerate() {
        // One that only asks for a field repeats it without its description.
        if form["type"] == "object" {
            undescribed(form, &format!("{place}/{at}"), silent);
        }
    }
}

#[tokio::test]
async fn everything_in_the_schema_says_what_it_is() {
    const ALL: &str = "{ __schema { types { name description
        fields(includeDeprecated: true) { name description args { name description } }
        enumValues(includeDeprecated: true) { name description } inputFields { name description } } } }";
    let answer = atr::graphql::api().execute(ALL).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let schema = answer.data.into_json().expect("the schema as JSON");
    let types = schema["__schema"]["types"].as_array().expect("types");
    assert!(types.len() > 100, "{} types", types.len());
    let mut silent = Vec::new();
    // Introspection and the scalars of the language describe themselves.
    let built_in = |name: &str| name.starts_with("__") || ["ID", "String", "Int", "Float", "Boolean"].contains(&name);
    for kind in types.iter().filter(|kind| !kind["name"].as_str().is_some_and(built_in)) {
        say(&mut silent, "", kind);
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

/// What async-graphql says where no reason is given.
const NO_REASON: &str = "No longer supported";

#[tokio::test]
async fn what_is_deprecated_says_what_to_use_instead() {
    const ALL: &str =
        "{ __schema { types { name fields(includeDeprecated: true) { name isDeprecated deprecationReason }
        enumValues(includeDeprecated: true) { name isDeprecated deprecationReason } } } }";
    let answer = atr::graphql::api().execute(ALL).await;
    let schema = answer.data.into_json().expect("the schema as JSON");
    let mut silent = Vec::new();
    let mut seen = 0;
    for kind in schema["__schema"]["types"].as_array().expect("types") {
        for part in ["fields", "enumValues"].iter().flat_map(|parts| kind[parts].as_array().into_iter().flatten()) {
            seen += 1;
            let reason = part["deprecationReason"].as_str().unwrap_or_default();
            if part["isDeprecated"] == true && (reason.is_empty() || reason == NO_REASON) {
                silent.push(format!("{}.{}", kind["name"], part["name"]));
            }
        }
    }
    assert!(seen > 500, "{seen} fields and values");
    assert!(silent.is_empty(), "deprecated without a reason: {silent:#?}");
}

fn say(silent: &mut Vec<String>, within: &str, what: &Value) {
    let place = format!("{within}/{}", what["name"].as_str().unwrap_or_default());
    if what["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
        silent.push(place.clone());
    }
    for parts in ["fields", "args", "enumValues", "inputFields"] {
        for part in what[parts].as_array().into_iter().flatten() {
            say(silent, &place, part);
        }
    }
}
