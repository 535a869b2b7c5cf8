//! Signing in and out, and what one sees before that.

use atr_core::domain::access::Role;

use super::{PASSWORD, Visit};

#[tokio::test]
async fn who_is_invited_chooses_a_password_and_comes_back_to_where_they_wanted_to_go() {
    let visit = Visit::of_a_stranger().await;
    let invitation = visit.invitation("someone@example.org", Role::Auditor).await;
    visit.go(&invitation).await;
    visit.look("invitation").await;
    visit.fill("#password", PASSWORD).await;
    visit.fill("#again", "another walk by the sea").await;
    visit.press("form button").await;
    assert!(visit.text("[role=alert]").await.contains("another one than the first"));
    visit.fill("#password", PASSWORD).await;
    visit.fill("#again", PASSWORD).await;
    visit.press("form button").await;
    assert!(visit.text(".who").await.contains("someone@example.org"));
    visit.arrives("/traces").await;

    visit.press(".who button").await;
    visit.arrives("/sign-in").await;
    visit.look("sign-in").await;
    visit.go("/traces?domain=law").await;
    visit.arrives("/sign-in?next=%2Ftraces%3Fdomain%3Dlaw").await;
    visit.fill("#email", "someone@example.org").await;
    visit.fill("#password", "guess after guess").await;
    visit.fill("#project", "one").await;
    visit.press("form button").await;
    assert!(visit.text("[role=alert]").await.contains("the address or the password is wrong"));
    visit.look("sign-in-refused").await;
    visit.fill("#password", PASSWORD).await;
    visit.press("form button").await;
    assert!(visit.text(".who").await.contains("auditor"));
    visit.arrives("/traces?domain=law").await;
    visit.close().await;
}

#[tokio::test]
async fn what_is_not_there_or_not_for_ones_role_has_a_page_that_says_so() {
    let visit = Visit::of(Role::Curator).await;
    visit.text(".who").await;
    visit.go("/nowhere").await;
    assert_eq!(visit.text("h1").await, "There is nothing here");
    visit.look("not-found").await;
    visit.close().await;
}
