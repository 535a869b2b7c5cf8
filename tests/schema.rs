//! The published GraphQL schema: what programs rely on. It needs no database.

use serde_json::Value;

const PUBLISHED: &str = include_str!("../schemas/schema.graphql");

#[test]
fn the_published_schema_is_the_one_that_is_served() {
    assert!(
        atr::graphql::sdl() == PUBLISHED,
        "the schema has changed: if that is meant, write it with `atr schema graphql > schemas/schema.graphql`"
    );
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
