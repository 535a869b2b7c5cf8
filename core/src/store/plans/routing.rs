//! What the weekly review chooses among: it costs what is asked for, however much is stored.

use chrono::NaiveDate;
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
async fn the_free_slot_that_is_worth_most_is_found_among_many_of_which_most_were_taken_again() {
    let all = Library::fill(&[
        ("error_trace", &[]),
        ("review", &[("trace_id", Value("pg_temp.id(n)")), ("expert_id", Value("pg_temp.id(2)"))]),
        (
            "assignment",
            &[
                ("expert_id", Value("pg_temp.id(2)")),
                ("trace_id", Value("pg_temp.id(n)")),
                ("cycle", Value("'2026-11-23'")),
                ("value", Value("-n")),
                ("purpose", Value("'single'")),
                ("slot", Value("1")),
                ("state", Value("'returned'")),
                ("ended_at", Value("now()")),
                ("refilled", Value("n % 10 <> 0")),
            ],
        ),
    ])
    .await;
    let mut arguments = PgArguments::default();
    arguments.add(all.project()).expect("a project");
    arguments.add("2026-11-23".parse::<NaiveDate>().expect("a date")).expect("a cycle");
    arguments.add(id(1)).expect("an expert");
    for _ in ["domains", "languages"] {
        arguments.add(Vec::<String>::new()).expect("any");
    }
    let free = QueryBuilder::with_arguments(include_str!("../free_slot.sql"), arguments);
    all.expect_few_rows(MOST, [Listing { name: "free".to_owned(), statements: vec![free] }]).await;
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
