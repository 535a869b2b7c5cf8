//! The audit log: what people do is in it, and what is done to the log shows.

use atr::app::{
    Actor,
    audit::{Finding, verify},
    keys,
};
use atr_core::domain::access::Role;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

use crate::world::World;

async fn found(world: &World) -> Finding {
    verify(&world.app, &Actor::local(world.database.project), None).await.expect("read")
}

/// A world in which a few things were done.
async fn lived_in() -> World {
    let world = World::new().await;
    let admin = world.key(Role::Admin, None).await;
    for share in ["0.2", "0.3", "0.4"] {
        let change = format!("mutation {{ changeKeepRule(keepShare: {share}) {{ status }} }}");
        assert_eq!(world.graphql(&admin, &change).await["data"]["changeKeepRule"]["status"], "DONE");
    }
    world
}

#[tokio::test]
async fn what_is_done_stands_in_the_log_with_who_did_it_and_what_it_changed() {
    let world = lived_in().await;
    let auditor = world.key(Role::Auditor, None).await;
    let log = world
        .graphql(
            &auditor,
            "{ auditEntries(filter: {action: KEEP_RULE_CHANGED}) { edges { node {
                 sequence role subject beforeHash afterHash previousHash hash key { name role } } } } }",
        )
        .await;
    let entries = log["data"]["auditEntries"]["edges"].as_array().unwrap_or_else(|| panic!("{log:#}"));
    assert_eq!(entries.len(), 3);
    for pair in entries.windows(2) {
        let (newer, older) = (&pair[0]["node"], &pair[1]["node"]);
        assert_eq!(newer["beforeHash"], older["afterHash"], "each change begins where the last one ended");
        assert_eq!(newer["previousHash"], older["hash"]);
        assert_eq!(newer["key"], json!({"name": "test", "role": "ADMIN"}));
        assert_eq!(newer["subject"], json!(world.database.project));
    }
}

#[tokio::test]
async fn an_entry_that_is_changed_or_taken_away_shows() {
    let forgeries = [
        ("update audit_entry set role = 'operator' where sequence = 2", 1),
        ("update audit_entry set at = at + interval '1 second' where sequence = 3", 2),
        ("update audit_entry set origin = '192.0.2.1' where sequence = 4", 3),
        ("update audit_salt set salt = decode(repeat('00', 32), 'hex') where sequence = 1", 0),
        ("delete from audit_salt where sequence = 2", 1),
        ("delete from audit_salt where sequence = 2; delete from audit_entry where sequence = 2", 1),
    ];
    for (forgery, sound) in forgeries {
        let world = lived_in().await;
        let Finding::Whole(head) = found(&world).await else { panic!("nothing was done to it yet") };
        assert_eq!(head.sequence, 4);
        world.database.owner.execute(forgery).await.expect("the owner can");
        let Finding::Broken { whole, why } = found(&world).await else { panic!("{forgery}: nothing shows") };
        assert_eq!(whole.sequence, sound, "{forgery}: {why}");
    }
}

#[tokio::test]
async fn entries_taken_from_the_end_show_against_the_end_that_was_noted() {
    let world = lived_in().await;
    let Finding::Whole(head) = found(&world).await else { panic!("nothing was done to it yet") };
    let cut = "delete from audit_salt where sequence = 4; delete from audit_entry where sequence = 4";
    world.database.owner.execute(cut).await.expect("the owner can");
    assert!(matches!(found(&world).await, Finding::Whole(_)), "by itself the rest is a log");
    let actor = Actor::local(world.database.project);
    let Finding::Broken { whole, why } = verify(&world.app, &actor, Some(head)).await.expect("read") else {
        panic!("the noted end is gone")
    };
    assert_eq!(whole.sequence, 3, "{why}");
    // Something else in its place does not hide it.
    keys::create(&world.app, &actor, keys::Wanted::of("another", Role::Auditor)).await.expect("a key");
    let Finding::Broken { whole, .. } = verify(&world.app, &actor, Some(head)).await.expect("read") else {
        panic!("another entry stands at the noted end")
    };
    assert_eq!(whole.sequence, 3);
}

#[tokio::test]
async fn programs_add_to_the_log_and_can_neither_change_nor_empty_it() {
    let world = lived_in().await;
    for attempt in [
        "update audit_entry set role = 'operator'",
        "delete from audit_entry",
        "truncate audit_entry cascade",
        "update audit_salt set salt = salt",
        "delete from audit_salt",
    ] {
        let mut tx = world.database.owner.begin().await.expect("a transaction");
        tx.execute("set local role atr_app").await.expect("the programs' role");
        let refused = tx.execute(AssertSqlSafe(attempt)).await.expect_err(attempt);
        assert!(refused.to_string().contains("permission denied"), "{attempt}: {refused}");
    }
}

#[tokio::test]
async fn things_done_at_the_same_time_stand_in_the_log_one_after_the_other() {
    let world = World::new().await;
    let actor = Actor::local(world.database.project);
    let make =
        async |n: usize| keys::create(&world.app, &actor, keys::Wanted::of(&format!("key {n}"), Role::Auditor)).await;
    let made = futures_util::future::join_all((0..12).map(make)).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    let Finding::Whole(head) = found(&world).await else { panic!("each follows from the one before") };
    assert_eq!(head.sequence, 12);
}
