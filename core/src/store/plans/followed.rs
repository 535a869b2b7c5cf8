//! What is followed: from wherever a reader goes on, a look costs what it finds.

use sqlx::{Arguments, QueryBuilder, postgres::PgArguments};
use uuid::Uuid;

use super::{
    FEW_AND_MANY, Library, Listing, MOST, PAGE,
    rows::{Holds::Ids, ROWS, id},
};

/// A statement after the beginning, the middle and the end.
fn looks(name: String, statement: &str, project: Uuid, of: Uuid, place: impl Fn(&mut PgArguments, u64)) -> Listing {
    let look = |after: u64| {
        let mut arguments = PgArguments::default();
        for added in [arguments.add(project), arguments.add(of), arguments.add(after as i64)] {
            added.expect("an argument that can be sent");
        }
        place(&mut arguments, after);
        arguments.add(PAGE).expect("an argument that can be sent");
        QueryBuilder::with_arguments(statement, arguments)
    };
    Listing { name, statements: [0, ROWS / 2, ROWS].map(look).into() }
}

#[tokio::test]
async fn a_look_at_what_is_followed_reads_what_came_since() {
    let all = Library::fill(&[("assignment", &[("expert_id", Ids)]), ("job_event", &[("job_id", Ids)])]).await;
    let project = all.project();
    let assigned = FEW_AND_MANY.map(|n| {
        let statement = include_str!("../assignment_followed.sql");
        looks(format!("assignments of {n}"), statement, project, id(n), |arguments, after| {
            arguments.add(id(after)).expect("an argument that can be sent");
        })
    });
    all.expect_few_rows(MOST, assigned).await;
    let reported = FEW_AND_MANY.map(|n| {
        let statement = include_str!("../job_event_followed.sql");
        looks(format!("lines of {n}"), statement, project, id(n), |arguments, after| {
            for part in [after as i32, after as i32] {
                arguments.add(part).expect("an argument that can be sent");
            }
        })
    });
    all.expect_few_rows(MOST, reported).await;
}
