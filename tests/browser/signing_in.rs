//! Signing in and out, and what one sees before that.

use atr::app::{Actor, Process, links, people};
use atr_core::domain::{access::Role, person::NewPerson};

use tokio::net::TcpListener;

use super::{PASSWORD, Visit, chromium::Chromium};
use crate::{issuer::Issuer, world::World};

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
async fn a_link_signs_in_once_at_the_press_of_a_button_and_who_has_none_asks_for_one() {
    let mails = Process {
        public_url: Some("https://atr.example.org".parse().expect("an address")),
        sends_mail: true,
        ..Process::default()
    };
    let visit = Visit::to(World::of_process(mails).await).await;
    let (app, actor) = (&visit.world.app, Actor::local(visit.world.database.project));
    let wanted = NewPerson::parse("someone@example.org", Role::Auditor, None).expect("an address");
    let person = people::invite(app, &actor, wanted).await.expect("invited").person;
    let made = links::make(app, &actor, person.id).await.expect("a link");
    let link = made.path.as_str();
    visit.go(link).await;
    visit.look("sign-in-link").await;
    visit.press("form button").await;
    assert!(visit.text(".who").await.contains("someone@example.org"));
    visit.arrives("/traces").await;

    visit.press(".who button").await;
    visit.arrives("/sign-in").await;
    visit.go(link).await;
    visit.press("form button").await;
    assert!(visit.text("[role=alert]").await.contains("this link was used"));
    visit.press("main a.button").await;
    visit.arrives("/sign-in").await;
    visit.look("sign-in-with-links").await;
    visit.fill("#email", "someone@example.org").await;
    visit.fill("#project", "one").await;
    visit.press("button[formaction]").await;
    assert!(visit.text("main [role=status]").await.contains("a link is on its way"));
    visit.look("sign-in-asked").await;
    visit.close().await;
}

#[tokio::test]
async fn who_signs_in_at_a_provider_of_another_site_comes_back_signed_in() {
    let issuer = Issuer::of("someone@example.org").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let process = Process { provider: Some(issuer.provider(&address)), ..Process::default() };
    let world = World::of_process(process).await;
    issuer.goes_by(&world.database.clock);
    let address = world.serve_on(listener).expect("a service");
    let visit = Visit { world, address, chromium: Chromium::open().await };
    visit.invitation("someone@example.org", Role::Auditor).await;

    visit.go("/traces?domain=law").await;
    visit.arrives("/sign-in?next=%2Ftraces%3Fdomain%3Dlaw").await;
    visit.look("sign-in-with-provider").await;
    visit.fill("#project", "one").await;
    visit.press("a[data-provider]").await;
    visit.press("form[action='/page'] button").await;
    assert!(visit.text(".who").await.contains("someone@example.org"));
    visit.arrives("/traces?domain=law").await;
    visit.press(".who button").await;
    visit.arrives("/sign-in").await;

    issuer.inner().declines = Some("access_denied");
    visit.press("a[data-provider]").await;
    visit.press("form[action='/page'] button").await;
    assert!(visit.text("[role=alert]").await.contains("the provider did not sign you in"));
    visit.look("sign-in-refused-by-provider").await;
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
