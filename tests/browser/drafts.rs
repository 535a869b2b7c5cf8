//! What is written outlives the tab it is written in, and the service.

use std::net::TcpListener;

use atr_core::domain::{assignment::Purpose, review::Draft};
use atr_core::ids::{ExpertId, TraceId};

use super::{Visit, chromium::Chromium};
use crate::{
    process::{Installation, Result, Service},
    world::World,
};

/// The program itself, over a database of the test's.
struct Program {
    installation: Installation,
    url: String,
    listen: String,
}

impl Program {
    async fn start(&self) -> Result<Service> {
        self.installation.serve_at(&self.listen, &["--database-url", &self.url]).await
    }

    async fn run(&self, args: &[&str]) -> Result<serde_json::Value> {
        self.installation.run(&[args, &["--database-url", &self.url, "--project", "one"]].concat()).await
    }
}

async fn draft(visit: &Visit, trace: TraceId, expert: ExpertId) -> Option<Draft> {
    let mut tx = visit.world.app.store.begin(visit.world.database.project).await.expect("a transaction");
    tx.draft(trace, expert).await.expect("read")
}

async fn rationale(visit: &Visit, trace: TraceId, expert: ExpertId) -> String {
    draft(visit, trace, expert).await.and_then(|draft| draft.content.rationale).unwrap_or_default()
}

#[tokio::test]
async fn a_draft_survives_the_killed_tab_and_the_killed_server() -> Result {
    let world = World::new().await;
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let program = Program { installation: Installation::new()?, url: world.database.url_of("postgres"), listen };
    let service = program.start().await?;
    let entered = program.run(&["expert", "create", "chemist"]).await?;
    let expert: ExpertId = entered["id"].as_str().ok_or("an id")?.parse()?;
    let invite = ["person", "invite", "chemist@example.org", "--role", "expert", "--expert", &expert.to_string()];
    let invited = program.run(&invite).await?;
    let token = invited["invitation"].as_str().ok_or("an invitation")?;

    let visit = Visit { address: service.address.clone(), world, chromium: Chromium::open().await };
    visit.accept(&format!("/invitation?token={token}")).await;
    visit.text(".who").await;
    let trace = visit.trace("gold", 2).await;
    let item = visit.ask_of(expert, &[trace], Purpose::Single).await[0];
    let page = format!("/week/{item}");

    // The tab goes while one writes; another one has it all.
    let client = &visit.chromium.client;
    let first = client.window().await?;
    let second = client.new_window(true).await?.handle;
    client.switch_to_window(first.clone()).await?;
    visit.go(&page).await;
    visit.keys("r").await;
    visit.keys("Ag is silver").await;
    client.close_window().await?;
    client.switch_to_window(second).await?;
    visit.go(&page).await;
    let written = "return document.forms.review.rationale.value";
    assert_eq!(visit.run(written).await, "Ag is silver");
    visit.until(async || rationale(&visit, trace, expert).await == "Ag is silver").await;

    // The service goes while one writes; that is seen, and what was written is sent to the next one.
    service.kill().await?;
    visit.keys("r").await;
    visit.keys(", Au is gold").await;
    visit.until(async || visit.text("#saving").await.starts_with("Not saved yet")).await;
    visit.chromium.photograph("item-unsaved").await;
    let service = program.start().await?;
    visit.until(async || visit.text("#saving").await == "Saved").await;
    let stands = rationale(&visit, trace, expert).await;
    assert!(stands.contains("Ag is silver") && stands.contains("Au is gold"), "{stands}");
    service.stop().await?;
    visit.close().await;
    Ok(())
}
