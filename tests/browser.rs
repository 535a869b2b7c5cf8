//! Pages in a real browser: Chromium, driven by WebDriver. Each is checked by axe-core and photographed into
//! `target/screens/`, wide and narrow, light and dark.

mod adjudication;
mod chromium;
mod curating;
mod desk;
mod drafts;
mod editor;
mod leading;
mod learning;
mod signing_in;
mod traces;
mod week;

use std::path::Path;

use atr::app::{Actor, people};
use atr_core::domain::{access::Role, person::NewPerson};
use fantoccini::Locator;
use serde_json::{Value, json};

use self::chromium::Chromium;
use crate::world::World;

const PASSWORD: &str = "a long walk by the sea";
const AXE: &str = include_str!(concat!(env!("ATR_NPM"), "/axe-core/axe.min.js"));

/// A browser before a service.
struct Visit {
    world: World,
    address: String,
    chromium: Chromium,
}

impl Visit {
    /// Someone who has not signed in.
    async fn of_a_stranger() -> Self {
        Self::to(World::over_http().await).await
    }

    async fn to(world: World) -> Self {
        let address = world.serve().await.expect("a service");
        Self { world, address, chromium: Chromium::open().await }
    }

    /// The link of an invitation to this project.
    async fn invitation(&self, email: &str, role: Role) -> String {
        let wanted = NewPerson::parse(email, role, None).expect("an address");
        let actor = Actor::local(self.world.database.project);
        let invited = people::invite(&self.world.app, &actor, wanted).await.expect("invited");
        format!("/invitation?token={}", invited.invitation)
    }

    /// Someone who chose a password and is signed in.
    async fn of(role: Role) -> Self {
        let visit = Self::of_a_stranger().await;
        let invitation = visit.invitation("someone@example.org", role).await;
        visit.accept(&invitation).await;
        visit
    }

    /// Chooses a password by the link of an invitation.
    async fn accept(&self, invitation: &str) {
        self.go(invitation).await;
        self.fill("#password", PASSWORD).await;
        self.fill("#again", PASSWORD).await;
        self.press("form button").await;
    }

    async fn go(&self, path: &str) {
        self.chromium.client.goto(&format!("{}{path}", self.address)).await.expect("the page");
    }

    async fn fill(&self, what: &str, with: &str) {
        let field = self.chromium.client.wait().for_element(Locator::Css(what)).await.expect(what);
        field.clear().await.expect(what);
        field.send_keys(with).await.expect(what);
    }

    /// Presses a button or follows a link.
    async fn press(&self, what: &str) {
        let button = self.chromium.client.wait().for_element(Locator::Css(what)).await.expect(what);
        button.click().await.expect(what);
    }

    /// What stands there.
    async fn text(&self, what: &str) -> String {
        loop {
            let found = self.chromium.client.wait().for_element(Locator::Css(what)).await.expect(what);
            match found.text().await {
                // Something else was put in its place since it was found.
                Err(error) if error.is_stale_element_reference() => {}
                read => return read.expect(what),
            }
        }
    }

    /// How many there are of it.
    async fn count(&self, what: &str) -> usize {
        self.chromium.client.find_all(Locator::Css(what)).await.expect(what).len()
    }

    /// Waits until it is so.
    async fn until(&self, is_so: impl AsyncFn() -> bool) {
        for _ in 0..100 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("waited in vain at {}", self.path().await);
    }

    /// Waits until one has come to an address: a press does not wait for where it leads.
    async fn arrives(&self, path: &str) {
        self.until(async || self.path().await == path).await;
        assert_eq!(self.path().await, path);
    }

    /// The path that the browser is at.
    async fn path(&self) -> String {
        let url = self.chromium.client.current_url().await.expect("an address");
        url.as_str().strip_prefix(&self.address).expect("the service's").to_owned()
    }

    /// Holds the page against axe-core, and photographs it: wide and narrow, light and dark.
    async fn look(&self, name: &str) {
        for scheme in ["light", "dark"] {
            for width in [1280, 375] {
                self.chromium.show(width, scheme).await;
                self.is_accessible(&format!("{name} at {width} px, {scheme}")).await;
                let wide = self.run("return document.documentElement.scrollWidth").await;
                assert!(wide.as_i64() <= Some(width), "{name} is wider than {width} px: {wide}");
                self.chromium.photograph(&format!("{name}-{width}-{scheme}")).await;
            }
        }
        self.chromium.show(1280, "light").await;
        let complaints = self.chromium.complaints().await;
        assert!(complaints.is_empty(), "{name}: the browser complains: {complaints:#?}");
    }

    async fn run(&self, script: &str) -> Value {
        self.chromium.client.execute(script, vec![]).await.expect("a script's result")
    }

    async fn is_accessible(&self, what: &str) {
        self.chromium.client.execute(AXE, vec![]).await.expect("axe-core");
        let check = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then(
                (found) => done(found.violations.map((v) => ({
                    id: v.id, help: v.help, nodes: v.nodes.map((n) => n.html + ' ' + n.failureSummary) }))),
                (error) => done(String(error)));";
        let found = self.chromium.client.execute_async(check, vec![]).await.expect("axe-core's findings");
        assert_eq!(found, json!([]), "{what}: {found:#}");
    }

    async fn close(self) {
        self.chromium.close().await;
    }
}

/// Where photographs go.
fn screens() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/screens"))
}
