//! What the weekly review chooses among: it costs what is asked for, however much is stored.

use sqlx::{Arguments, Encode, Postgres, QueryBuilder, Type, postgres::PgArguments};
use uuid::Uuid;

use super::{
    Library, Listing, MOST, PAGE,
    rows::{Holds::Value, ROWS, id},
};

fn listing<'q, A>(name: &str, statement: &str, project: Uuid, argument: A) -> Listing
where
    A: Encode<'q, Postgres> + Type<Postgres> + 'q,
{
    let mut arguments = PgArguments::default();
    arguments.add(project).expect("an argument that can be sent");
    arguments.add(argument).expect("an argument that can be sent");
    Listing { name: name.to_owned(), statements: vec![QueryBuilder::with_arguments(statement, arguments)] }
}

#[tokio::test]
async fn what_is_open_and_what_was_reviewed_last_are_read_from_the_newest_on() {
    // The older half is reviewed.
    let all = Library::fill(&[
        ("error_trace", &[]),
        ("score", &[("trace_id", Value("pg_temp.id(n)"))]),
        ("review", &[("trace_id", Value("pg_temp.id((n + 1) / 2)"))]),
        ("reasoning_step", &[("trace_id", Value("pg_temp.id((n + 4) / 5)"))]),
        ("consensus", &[]),
        ("trace_revision", &[("error_trace_id", Value("pg_temp.id(n)"))]),
    ])
    .await;
    let project = all.project();
    let open = listing("open", include_str!("../routable_open.sql"), project, PAGE);
    let reviewed = listing("reviewed", include_str!("../routable_reviewed.sql"), project, PAGE);
    let some: Vec<Uuid> = [1, 2, 3, ROWS / 2, ROWS].map(id).into();
    let known = listing("known", include_str!("../routable.sql"), project, some);
    all.expect_few_rows(MOST, [open, reviewed, known]).await;
}
