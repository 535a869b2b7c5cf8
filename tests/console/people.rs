//! People and the project, as those who run it see them.

use atr_core::domain::access::Role;
use axum::http::StatusCode;
use serde_json::json;

use super::{get, place, post, text};
use crate::panel::Panel;

#[tokio::test]
async fn a_lead_sees_loads_and_agreement_and_how_experts_did_on_gold() {
    let panel = Panel::of(2).await;
    let world = &panel.world;
    for name in ["a", "b"] {
        let trace = panel.trace(name).await;
        let gold = format!(r#"enterGoldItem(trace: "{trace}", verdict: INCORRECT, suspectStep: 1)"#);
        assert_eq!(panel.admin_does(&gold, "status").await["status"], "DONE");
        panel.judges(0, trace, json!({"verdict": "incorrect", "suspect_step": 1})).await;
        panel.judges(1, trace, json!({"verdict": if name == "a" { "correct" } else { "incorrect" }})).await;
    }
    let page = text(get(world, "/people", Some(&panel.admin)).await).await;
    for said in ["expert-0", "every field", "2 of 2", "1 of 2"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(world, "/people/agreement?counted=true", Some(&auditor)).await).await;
    let verdicts =
        page.split("Is the answer right?").nth(1).and_then(|rest| rest.split("</tr>").next()).expect("a row");
    assert!(
        verdicts.ends_with("<td class=\"number\">2</td><td class=\"number\">2</td><td class=\"number\">4</td>"),
        "{verdicts}"
    );
    let page = text(get(world, "/people", Some(&auditor)).await).await;
    assert!(page.contains("expert-0") && !page.contains("Gold items right") && !page.contains("2 of 2"), "{page}");

    let (expert, own) = &panel.experts[0];
    let at = format!("/people/{expert}");
    for (key, tells) in [(&panel.admin, true), (own, true), (&auditor, false)] {
        let page = text(get(world, &at, Some(key)).await).await;
        assert_eq!(page.contains("How reliable they are"), tells, "{page}");
    }
    let other = get(world, &at, Some(&panel.experts[1].1)).await;
    assert_eq!(other.status(), StatusCode::NOT_FOUND, "experts learn nothing of each other");
}

#[tokio::test]
async fn an_administrator_enters_an_expert_says_when_they_are_away_and_invites_them() {
    let panel = Panel::of(0).await;
    let world = &panel.world;
    let refused = post(world, "/people", Some(&panel.admin), "handle=Someone%40example.org&weekly_capacity=5").await;
    assert!(refused.status().is_client_error());
    assert!(text(refused).await.contains("is no pseudonym"));
    let entered =
        post(world, "/people", Some(&panel.admin), "handle=chemist&domains=chemistry%2C+metallurgy&weekly_capacity=5")
            .await;
    let at = place(&entered);
    let change = "domains=chemistry&languages=en&weekly_capacity=7&active=yes&away=2026-12-24+2027-01-02";
    assert_eq!(place(&post(world, &at, Some(&panel.admin), change).await), at);
    let page = text(get(world, &at, Some(&panel.admin)).await).await;
    assert!(page.contains("2026-12-24") && page.contains("<dd>7</dd>") && !page.contains("metallurgy"), "{page}");
    let wrong = post(world, &at, Some(&panel.admin), &change.replace("2027-01-02", "soon")).await;
    assert!(wrong.status().is_client_error() && text(wrong).await.contains("away:"));

    let expert = at.trim_start_matches("/people/");
    let form = format!("email=someone%40example.org&role=expert&expert={expert}");
    let invited = post(world, "/people/accounts", Some(&panel.admin), &form).await;
    assert_eq!(invited.status(), StatusCode::OK);
    let page = text(invited).await;
    assert!(page.contains("/invitation?token=inv_") && page.contains("someone@example.org"), "{page}");
    let page = text(get(world, "/people/accounts", Some(&panel.admin)).await).await;
    assert!(page.contains("was invited; the link holds until") && !page.contains("inv_"), "once: {page}");
    let person = page.split("name=\"person\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = format!("person={}", person.expect("a person"));
    assert_eq!(place(&post(world, "/people/accounts/deactivate", Some(&panel.admin), &form).await), "/people/accounts");
    let page = text(get(world, "/people/accounts", Some(&panel.admin)).await).await;
    assert!(page.contains("signs in no more since"), "{page}");
}

#[tokio::test]
async fn an_administrator_sets_the_project_and_it_stands_in_the_audit_log() {
    let panel = Panel::of(0).await;
    let world = &panel.world;
    let admin = Some(&*panel.admin);
    let keep = "quiet_seconds=30&keep_below=0.5&keep_share=0.25&keep_flagged=yes";
    assert_eq!(place(&post(world, "/project/keep-rule", admin, keep).await), "/project");
    let calendar = "time_zone=Europe%2FBerlin&opens_on=tuesday&opens_at=08%3A00&due_on=friday&due_at=17%3A00";
    assert_eq!(place(&post(world, "/project/calendar", admin, calendar).await), "/project");
    assert_eq!(place(&post(world, "/project/redaction", admin, "email=yes&card=yes").await), "/project");
    let shares = "double_blind_share=0.3&gold_share=0.05&exploration_share=0.1&domain_floor=0.5";
    assert_eq!(place(&post(world, "/project/routing", admin, shares).await), "/project");
    let wrong = post(world, "/project/routing", admin, &shares.replace("0.3", "3")).await;
    assert!(text(wrong).await.contains("double_blind_share"));
    let told = text(post(world, "/project/webhooks", admin, "url=https%3A%2F%2Fhooks.example.org%2Fa").await).await;
    assert!(told.contains("whsec_") && told.contains("hooks.example.org/a"), "{told}");
    let told = text(get(world, "/project/webhooks", admin).await).await;
    assert!(!told.contains("whsec_"), "the secret is shown once: {told}");
    let endpoint = told.split("value=\"whk_").nth(1).and_then(|rest| rest.split('"').next()).expect("an endpoint");
    let removed = post(world, "/project/webhooks/remove", admin, &format!("endpoint=whk_{endpoint}")).await;
    assert_eq!(place(&removed), "/project/webhooks");
    assert!(text(get(world, "/project/webhooks", admin).await).await.contains("Nothing is sent anywhere."));
    let page = text(get(world, "/project", admin).await).await;
    for said in [
        "name=\"keep_share\" type=\"number\" min=\"0\" max=\"1\" step=\"any\" required value=\"0.25\"",
        "value=\"Europe/Berlin\"",
        "<option selected>tuesday</option>",
        "name=\"email\" value=\"yes\" checked",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let wrong = post(world, "/project/keep-rule", admin, &keep.replace("0.25", "2")).await;
    assert!(wrong.status().is_client_error() && text(wrong).await.contains("keep_share: is 2"));

    let made = text(post(world, "/project/keys", admin, "name=sender&role=ingest&days=30").await).await;
    let secret = made.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a secret").to_owned();
    let line = json!({"external_id": "t", "model": "m", "query": "Q?", "answer": "A."});
    assert_eq!(world.send_lines(&secret, "traces", &[line]).await[0]["status"], "stored", "it works");
    let page = text(get(world, "/project/keys", admin).await).await;
    assert!(page.contains("sender") && !page.contains(&secret), "once: {page}");
    let of_sender = page.split("sender</strong>").nth(1).expect("the key");
    let key = of_sender.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let withdrawn = post(world, "/project/keys/withdraw", admin, &format!("key={key}")).await;
    assert_eq!(place(&withdrawn), "/project/keys");
    assert!(text(get(world, "/project/keys", admin).await).await.contains("withdrawn"));

    let text_of = "domain=chemistry&text=%23+First%0A%0ALook+at+the+*units*.%0A%0A%3Cscript%3Ex%3C%2Fscript%3E";
    assert_eq!(place(&post(world, "/project/guidelines", admin, text_of).await), "/project/guidelines");
    let expert = world.key(Role::Expert, Some(super::expert(world).await)).await;
    let page = text(get(world, "/project/guidelines", Some(&expert)).await).await;
    assert!(page.contains("First Look at the units.") && !page.contains("Audit log"), "who judges reads them: {page}");
    let one = page.split("href=\"/project/guidelines/").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
    let page = text(get(world, &format!("/project/guidelines/{one}"), Some(&expert)).await).await;
    assert!(page.contains("chemistry, version 1"), "{page}");
    assert!(
        page.contains("<h2>First</h2>\n<p>Look at the <em>units</em>.</p>\n<p>&lt;script&gt;x"),
        "Markdown: {page}"
    );

    let auditor = world.key(Role::Auditor, None).await;
    let page = text(get(world, "/project/audit", Some(&auditor)).await).await;
    for action in ["project.keep_rule_changed", "project.redaction_changed", "key.revoked", "guideline.written"] {
        assert!(page.matches(action).count() > 1, "{action}: {page}");
    }
    let page = text(get(world, &format!("/project/audit?subject={key}"), Some(&auditor)).await).await;
    assert_eq!(page.matches("<th scope=\"row\">").count(), 2, "made and withdrawn: {page}");
    let page = text(get(world, "/project", Some(&auditor)).await).await;
    assert!(page.contains("<fieldset disabled>") && !page.contains(">Save<"), "who only reads: {page}");
}
