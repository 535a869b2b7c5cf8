//! The GraphQL editor.

use atr_core::domain::access::Role;

use super::Visit;

#[tokio::test]
async fn the_editor_is_part_of_the_program_and_loads_nothing_from_elsewhere() {
    let visit = Visit::of(Role::Auditor).await;
    visit.text(".who").await;
    visit.go("/graphql").await;
    visit.until(async || visit.count(".graphiql-execute-button").await == 1).await;
    let loaded = "return performance.getEntriesByType('resource').map((one) => new URL(one.name).origin)
        .filter((origin) => origin !== location.origin && origin !== 'null')";
    assert_eq!(visit.run(loaded).await, serde_json::json!([]), "nothing comes from elsewhere");
    visit.chromium.photograph("graphql-editor").await;
    let complaints = visit.chromium.complaints().await;
    assert!(complaints.is_empty(), "{complaints:#?}");
    visit.close().await;
}
