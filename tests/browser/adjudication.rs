//! Disagreements, and who decides them.

use atr_core::domain::access::Role;
use serde_json::json;

use super::Visit;

#[tokio::test]
async fn a_disagreement_is_decided_by_who_sees_what_was_said_and_not_by_whom() {
    let visit = Visit::of(Role::Admin).await;
    visit.text(".who").await;
    visit.go("/adjudications").await;
    visit.look("adjudications-none").await;
    let admin = visit.world.key(Role::Admin, None).await;
    for handle in ["chemist", "physicist"] {
        let enter =
            format!(r#"mutation {{ createExpert(input: {{handle: "{handle}", weeklyCapacity: 5}}) {{ status }} }}"#);
        assert_eq!(visit.world.graphql(&admin, &enter).await["data"]["createExpert"]["status"], "DONE");
    }
    let trace = visit.trace("gold", 3).await;
    let reviews = [
        json!({"trace": trace, "expert": "chemist", "verdict": "incorrect", "suspect_step": 1, "rationale": "Ag is silver."}),
        json!({"trace": trace, "expert": "physicist", "verdict": "correct", "rationale": "It is close enough."}),
    ];
    let stored = visit.world.send_lines(&admin, "reviews", &reviews).await;
    let ids = stored.iter().map(|one| one["id"].as_str().expect("an id").parse().expect("an id")).collect();
    let mut tx = visit.world.app.store.begin(visit.world.database.project).await.expect("a transaction");
    tx.open_adjudications(&[(trace, ids)]).await.expect("opened");
    tx.commit().await.expect("a commit");

    visit.go("/adjudications").await;
    visit.look("adjudications").await;
    visit.press(".rows a").await;
    visit.until(async || visit.path().await.starts_with("/adjudications/adj_")).await;
    let page = visit.text("#content").await;
    assert!(page.contains("Ag is silver.") && page.contains("It is close enough."), "{page}");
    assert!(!page.contains("chemist") && !page.contains("physicist"), "who said it is not told: {page}");
    visit.look("adjudication").await;
    visit.press("input[value=incorrect]").await;
    visit.fill("#suspect", "1").await;
    visit.fill("#rationale", "Au stands in every table.").await;
    visit.press("form.card button").await;
    visit.arrives("/adjudications").await;
    assert_eq!(visit.text("#content .card").await, "Experts disagree on nothing.");
    visit.go("/adjudications?show=decided").await;
    visit.press(".rows a").await;
    visit.until(async || visit.path().await.starts_with("/adjudications/adj_")).await;
    assert!(visit.text("#content").await.contains("Au stands in every table."));
    assert_eq!(visit.count("form.card").await, 0, "it is decided once");
    visit.look("adjudication-decided").await;
    visit.close().await;
}
