//! Claiming: what it costs does not grow with what waits, nor with what other projects did.

use sqlx::{Arguments, QueryBuilder, postgres::PgArguments};

use super::{
    Library, Listing,
    rows::Holds::{Value, Words},
};

fn claim(stage: &str) -> Listing {
    let mut arguments = PgArguments::default();
    for added in
        [arguments.add(stage), arguments.add(10_i64), arguments.add(uuid::Uuid::nil()), arguments.add(60.0_f64)]
    {
        added.expect("an argument that can be sent");
    }
    let statement = QueryBuilder::with_arguments(include_str!("../../queue/claim.sql"), arguments);
    Listing { name: format!("a claim of {stage}"), statements: vec![statement] }
}

#[tokio::test]
async fn a_claim_reads_what_it_may_take_and_steps_over_all_else() {
    for (few, most) in [("available", "succeeded"), ("succeeded", "available")] {
        let all = Library::fill(&[(
            "task",
            &[
                ("stage", Words("promote", "verify")),
                ("state", Words(few, most)),
                ("attempt", Value("0")),
                ("max_attempts", Value("10")),
                ("unique_key", Value("n::text")),
            ],
        )])
        .await;
        // One project has only what is done.
        sqlx::query("update task set state = 'succeeded' where project_id <> $1")
            .bind(all.project())
            .execute(&all.db.owner)
            .await
            .expect("done");
        sqlx::query("analyze task").execute(&all.db.owner).await.expect("analyzed");
        all.expect_few_rows(300.0, ["promote", "verify", "route"].map(claim)).await;
    }
}
