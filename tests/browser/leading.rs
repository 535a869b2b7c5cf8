//! People and the project, as those who run it look at them.

use atr_core::domain::access::Role;

use super::Visit;

#[tokio::test]
async fn a_lead_enters_an_expert_and_invites_them() {
    let visit = Visit::of(Role::Admin).await;
    visit.text(".who").await;
    visit.go("/people").await;
    visit.press(".ask summary").await;
    visit.fill("#handle", "chemist").await;
    visit.fill("#domains", "chemistry, metallurgy").await;
    visit.look("people-enter").await;
    visit.press(".ask button").await;
    visit.until(async || visit.path().await.starts_with("/people/exp_")).await;
    visit.fill("#away", "2026-12-24 2027-01-02").await;
    visit.press("form.card > button").await;
    visit.until(async || visit.count("dd time").await == 2).await;
    visit.look("expert").await;
    visit.go("/people").await;
    assert_eq!(visit.count("tbody th a").await, 1);
    visit.look("people").await;
    visit.go("/people/agreement").await;
    visit.text("#counted table").await;
    visit.look("agreement").await;
    visit.go("/people/weeks").await;
    visit.look("weeks-none").await;
    visit.go("/people/accounts").await;
    visit.press(".ask summary").await;
    visit.fill("#email", "chemist@example.org").await;
    visit.run("document.querySelector('#role').value = 'curator'").await;
    visit.press(".ask button").await;
    assert!(visit.text(".done code").await.contains("/invitation?token=inv_"));
    visit.look("accounts").await;
    visit.close().await;
}

#[tokio::test]
async fn an_administrator_sets_the_project_and_reads_what_was_done() {
    let visit = Visit::of(Role::Admin).await;
    visit.text(".who").await;
    visit.go("/project").await;
    visit.fill("#time_zone", "Europe/Berlin").await;
    visit.press("form[action='/project/calendar'] button").await;
    visit.until(async || visit.count("#time_zone[value='Europe/Berlin']").await == 1).await;
    visit.look("project").await;
    visit.go("/project/keys").await;
    visit.press(".ask summary").await;
    visit.fill("#name", "sender of the serving stack").await;
    visit.run("document.querySelector('#role').value = 'ingest'").await;
    visit.press(".ask button").await;
    assert!(visit.text(".done code").await.starts_with("atr_"));
    visit.look("keys").await;
    visit.go("/project/guidelines").await;
    visit.press(".ask summary").await;
    visit
        .fill(
            "#text",
            "Look at *units* first, then at numbers.\n\n## What to look for\n\n- one unit throughout\n- no digit lost",
        )
        .await;
    visit.press(".ask button").await;
    visit.until(async || visit.count(".rows > li").await == 1).await;
    visit.look("guidelines").await;
    visit.press(".rows a.what").await;
    visit.until(async || visit.count(".prose ul li").await == 2).await;
    visit.look("guideline").await;
    visit.go("/project/audit").await;
    assert!(visit.text("tbody").await.contains("someone@example.org"), "by whom");
    visit.look("audit").await;
    visit.fill("#subject", "nothing").await;
    visit.press("form.filters button").await;
    visit.until(async || visit.text("#list").await == "No entry is like that.").await;
    visit.close().await;
}
