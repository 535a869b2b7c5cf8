//! Whatever is changed through the API stands in the audit log.

use atr_core::ids::Id;

use super::{ask, calls, everything, tenants};
use crate::world::World;

#[tokio::test]
async fn each_mutation_that_does_something_is_in_the_audit_log() {
    let world = World::new().await;
    let project = tenants::furnished(&world).await;
    let key = tenants::operator_of(&world, project).await;
    let ids: Vec<String> = tenants::listed(&world, &key, &[]).await.into_iter().collect();
    let entries = async || -> i64 {
        sqlx::query_scalar("select count(*) from audit_entry where project_id = $1 or action = 'project.created'")
            .bind(project.uuid())
            .fetch_one(&world.database.owner)
            .await
            .expect("a count")
    };
    let mut noted = vec![];
    let mutations = calls::mutations().await;
    // What comes in in bulk is accounted for by its batches; what lies on an expert's own desk is no change of anything yet.
    let desk = ["openAssignment", "saveReviewDraft", "discardReviewDraft"];
    let bulk = |field: &str| field.starts_with("record") || field == "compareChains";
    let noted_ones = |field: &str| !bulk(field) && !desk.contains(&field);
    for mutation in mutations.iter().filter(|mutation| noted_ones(&mutation.field)) {
        let (before, stood) = (entries().await, everything(&world, None).await);
        let answer = ask(&world, &key, &mutation.with(&ids)).await;
        let added = entries().await - before;
        if answer["data"][&mutation.field]["status"] == "DONE" {
            assert_eq!(added, 1, "{}: {answer:#}", mutation.field);
            noted.push(mutation.field.as_str());
        } else {
            assert_eq!(added, 0, "{}: {answer:#}", mutation.field);
            assert_eq!(everything(&world, None).await, stood, "{}: {answer:#}", mutation.field);
        }
    }
    // Those that the records of this project let through; the others were refused above.
    noted.sort_unstable();
    assert!(noted.len() >= 14, "{noted:?}");
}
