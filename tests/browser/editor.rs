//! The GraphQL editor.

use atr_core::domain::access::Role;
use fantoccini::key::Key;

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
    // What it does as it runs, it does under the page's policy.
    visit.press("[aria-label='Show Documentation Explorer']").await;
    visit.until(async || visit.count(".graphiql-doc-explorer").await == 1).await;
    visit.press(".graphiql-query-editor .CodeMirror-line").await;
    visit.keys("{ tra").await;
    visit.keys(&char::from(Key::Escape).to_string()).await;
    visit.chromium.photograph("graphql-editor-docs").await;
    for dialog in ["Open settings dialog", "Open short keys dialog"] {
        visit.press(&format!("[aria-label='{dialog}']")).await;
        visit.until(async || visit.count("[role=dialog]").await == 1).await;
        visit.chromium.photograph(&format!("graphql-editor-{}", dialog.replace(' ', "-"))).await;
        visit.press("[role=dialog] [aria-label='Close dialog'], [role=dialog] .graphiql-dialog-close").await;
        visit.until(async || visit.count("[role=dialog]").await == 0).await;
    }
    let complaints = visit.chromium.complaints().await;
    assert!(complaints.iter().all(|one| !one.contains("Content Security Policy")), "{complaints:#?}");
    visit.close().await;
}
