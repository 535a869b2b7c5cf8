//! Two tenants: what is one's is nothing to the other.

use std::collections::BTreeSet;

use atr::app::{Actor, keys};
use atr_core::{
    domain::{
        access::Role,
        evaluation::{NewPromotion, PromotionDecision},
        model::Artefact,
        snapshot::NewSnapshot,
        training::{NewJob, Trained, TrainingBackend, TrainingMethod},
    },
    ids::ProjectId,
    store::Freeze,
};
use serde_json::{Value, json};

use super::{ask, calls, everything};
use crate::world::{
    World,
    records::{Records, Trace},
};

async fn admin_of(world: &World, project: ProjectId) -> String {
    let wanted = keys::Wanted::of("admin", Role::Admin);
    keys::create(&world.app, &Actor::local(project), wanted).await.expect("a key").secret
}

pub async fn operator_of(world: &World, project: ProjectId) -> String {
    let wanted = keys::Wanted::of("operator", Role::Operator);
    keys::create(&world.app, &Actor::local(project), wanted).await.expect("a key").secret
}

/// A project with a record of nearly every kind.
pub(super) async fn furnished(world: &World) -> ProjectId {
    let records = Records::new(&world.database, "furnished").await;
    let (trace, review) = records.ready(&Trace::default(), true).await;
    records.held_out(&Trace { group: "held out", ..Trace::default() }, true).await;
    let fact = records.fact("The symbol of gold is Au.").await;
    records.citation(trace, review, fact, "verified").await;
    let recipe = json!({});
    let new = NewSnapshot { name: None, recipe_hash: blake3::hash(b""), recipe, seed: 1 };
    let Freeze::Frozen(snapshot) =
        world.app.store.freeze_snapshot(records.project, &new, |_| None).await.expect("an answer")
    else {
        panic!("a trace is ready")
    };
    let mut tx = world.app.store.begin(records.project).await.expect("a transaction");
    let job = tx
        .add_job(&NewJob {
            snapshot: snapshot.id,
            base_model: None,
            method: TrainingMethod::Reward,
            backend: TrainingBackend::Local,
            seed: 7,
            hyperparameters: json!({}),
        })
        .await
        .expect("a job");
    tx.start_job(job.id).await.expect("started");
    let artefact = Artefact { digest: blake3::hash(b"weights"), bytes: 7 };
    let trained = Trained { artefact, metadata: json!({}) };
    let model = tx.succeed_job(job.id, 1, &trained).await.expect("ended").expect("a model");
    let promotion = NewPromotion {
        model,
        evaluation: None,
        previous_model: None,
        decision: PromotionDecision::Promoted,
        reason: "test".to_owned(),
        gate: json!({}),
        key: None,
    };
    tx.add_promotion(&promotion).await.expect("a promotion");
    tx.commit().await.expect("a commit");
    let key = admin_of(world, records.project).await;
    let invite = r#"mutation { invitePerson(input: {email: "x@example.org", role: ADMIN}) { status } }"#;
    assert_eq!(ask(world, &key, invite).await["data"]["invitePerson"]["status"], "DONE");
    for answer in ["a", "b"] {
        // The second is set aside, because it contradicts the first.
        let send = format!(
            r#"mutation {{ recordTraces(items: [{{external_id: "t", model: "m", query: "q", answer: "{answer}"}}]) {{ status }} }}"#
        );
        assert_eq!(ask(world, &key, &send).await["data"]["recordTraces"]["status"], "DONE");
    }
    records.project
}

/// The ids of all that lists tell.
pub(super) async fn listed(world: &World, key: &str, ids: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for query in calls::queries().await.iter().filter(|query| query.allowed.contains(&Role::Admin)) {
        let answer = ask(world, key, &query.with(ids)).await;
        let edges = answer["data"][&query.field]["edges"].as_array().cloned().unwrap_or_default();
        found.extend(edges.iter().filter_map(|edge| edge["cursor"].as_str().map(str::to_owned)));
    }
    found
}

#[tokio::test]
async fn a_stranger_sees_nothing_of_a_project_and_changes_nothing_in_it() {
    let world = World::new().await;
    let project = furnished(&world).await;
    let (owner, stranger) = (admin_of(&world, project).await, admin_of(&world, world.database.project).await);

    let theirs: Vec<String> = listed(&world, &owner, &[]).await.into_iter().collect();
    let kinds: BTreeSet<&str> = theirs.iter().filter_map(|id| id.split('_').next()).collect();
    let expected = [
        "aud", "bat", "cas", "cit", "exm", "exp", "fct", "grp", "job", "key", "mdl", "prm", "psn", "qua", "rev", "scr",
        "snp", "src", "trc", "tsk", "ver",
    ];
    assert_eq!(kinds, BTreeSet::from(expected));

    // Asked for by its id or through any list, nothing is there.
    for id in &theirs {
        let node = format!(r#"{{ node(id: "{id}") {{ id }} nodes(ids: ["{id}"]) {{ id }} }}"#);
        assert_eq!(ask(&world, &owner, &node).await["data"]["node"]["id"], json!(id));
        assert_eq!(ask(&world, &stranger, &node).await, json!({"data": {"node": null, "nodes": [null]}}));
    }
    for query in calls::queries().await.iter().filter(|query| query.allowed.contains(&Role::Admin)) {
        let answer = ask(&world, &stranger, &query.with(&theirs)).await.to_string();
        assert!(!theirs.iter().any(|id| answer.contains(id.as_str())), "{}: {answer}", query.field);
    }

    // Whatever is done to it is done to nothing.
    let before = everything(&world, Some(project)).await;
    for mutation in calls::mutations().await.iter().filter(|mutation| mutation.allowed.contains(&Role::Admin)) {
        let document = mutation.with(&theirs);
        let answer = ask(&world, &stranger, &document).await;
        let status = &answer["data"][&mutation.field]["status"];
        if theirs.iter().any(|id| document.contains(id.as_str())) && !mutation.field.starts_with("record") {
            assert_eq!(status, &Value::from("NOT_FOUND"), "{}: {answer:#}", mutation.field);
        }
    }
    assert_eq!(everything(&world, Some(project)).await, before);
}
